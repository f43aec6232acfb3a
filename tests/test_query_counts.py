"""Twenty rows cost what one costs, on every page readers see."""

from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from articles.models import Topic

from .factories import make_article, make_image, make_provider, make_related_item, make_topic


def make_full_article(number: int):
    """An article with everything a page may show, from a provider of its own."""
    provider = make_provider(f"Outlet {number}", f"outlet-{number}.example", logo=make_image())
    article = make_article(
        slug=f"full-{number}",
        body="Our *words*.",
        provider=provider,
        topics=["Climate", f"Topic {number}"],
        images=[make_image(), make_image()],
    )
    for _ in range(number):
        make_related_item(article, images=[make_image()])
    return article


class PublicPagesTests(TestCase):
    # Address -> what it may cost.
    COSTS = {
        "/": 4,  # what to choose from; articles, pictures, topics
        "/latest/": 5,  # topics to choose from; count, articles, pictures, topics
        "/latest/?q=story&topic=climate&provider=outlet&type=article&from=2020-01-01": 6,
        "/topics/": 1,
        "/topics/climate/": 6,  # the topic, those around it; count, articles, pictures, topics
        "/providers/": 1,
        "/providers/outlet-1/": 5,
    }

    def cost(self, address: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            self.assertEqual(self.client.get(address).status_code, 200)
        return len(queries)

    def test_cost_the_same_for_one_row_and_for_twenty(self):
        make_full_article(1)
        climate = make_topic("Climate")
        climate.parent = make_topic("Topic 1")
        climate.save()
        one = {address: self.cost(address) for address in self.COSTS}
        for number in range(2, 21):
            article = make_full_article(number)
            if number % 2:
                article.provider = make_provider("Outlet 1", "outlet-1.example")
                article.save()
            Topic.objects.filter(name=f"Topic {number}").update(parent=climate)
        twenty = {address: self.cost(address) for address in self.COSTS}
        self.assertEqual(one, twenty)
        self.assertEqual(one, self.COSTS)

    def test_article_costs_five_however_many_related_items(self):
        make_full_article(1)
        make_full_article(20)
        self.assertEqual(self.cost("/articles/full-1/"), 5)
        self.assertEqual(self.cost("/articles/full-20/"), 5)

    def test_missing_or_gone_article_costs_one_more_to_look_whether_it_was_there(self):
        make_article(slug="gone", status="withdrawn")
        for address in ("/articles/missing/", "/articles/gone/"):
            with self.subTest(address), self.assertNumQueries(2):
                self.client.get(address)

    def test_missing_topic_or_provider_costs_one_more_to_look_for_an_old_address(self):
        for address in ("/topics/missing/", "/providers/missing/"):
            with self.subTest(address), self.assertNumQueries(2):
                self.client.get(address)
