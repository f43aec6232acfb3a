"""Twenty rows cost what one costs, on every page readers see."""

from datetime import timedelta

from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from articles.models import Provider, Topic

from .databases import only_on
from .factories import NOON, make_article, make_image, make_provider, make_related_item, make_topic


def make_full_article(number: int):
    """An article with everything a page may show, from a provider of its own."""
    provider = make_provider(f"Outlet {number}", f"outlet-{number}.example", logo=make_image())
    article = make_article(
        slug=f"full-{number}",
        published_at=NOON + timedelta(minutes=number),
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
        "/": 3,  # what to choose from; stories; outlets of other coverage
        "/latest/": 1,  # the stories
        "/search/": 1,  # topics to choose from
        # The topic; how many, which, stories; topics to choose from.
        "/search/?q=story&topic=climate&provider=outlet&type=article&from=2020-01-01": 5,
        "/search/?q=story&sort=newest": 4,
        "/search/?q=stroy": 4,  # how many; what may have been meant, and whether it is there
        "/topics/": 1,
        "/topics/climate/": 2,  # the topic and those around it; stories
        "/providers/": 1,
        "/providers/outlet-1/": 2,
        "/archive/": 3,  # the first day and the last; years; months
        "/archive/2026/": 2,  # months, the nearest days before and after
        "/archive/2026/03/": 2,
        "/archive/2026/03/01/": 2,  # the stories; the nearest days
        "/archive/1999/": 2,
    }

    def cost(self, address: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            self.assertIn(self.client.get(address).status_code, (200, 404))
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

    def test_a_page_further_on_costs_one_more_wherever_it_is(self):
        """Whether anything stands before it. None counts what is in the list."""
        for number in range(80):
            make_article(published_at=NOON + timedelta(minutes=number), topics=["Climate"])
        for address, cost in (
            ("/latest/", 2),
            ("/topics/climate/", 3),
            ("/archive/2026/03/01/", 3),
        ):
            for _page in range(3):
                with CaptureQueriesContext(connection) as queries:
                    older = self.client.get(address).context["older"]
                self.assertLessEqual(len(queries), cost, address)
                self.assertFalse([q for q in queries.captured_queries if "COUNT(" in q["sql"]])
                address = older or address

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


class PlansTests(TestCase):
    """SQLite has no statistics here: what it reads by the status, it reads whole."""

    def plans_of(self, address: str) -> list[str]:
        with CaptureQueriesContext(connection) as queries:
            self.client.get(address)
        plans = []
        with connection.cursor() as cursor:
            for query in queries.captured_queries:
                cursor.execute("EXPLAIN QUERY PLAN " + query["sql"])
                plans.append("\n".join(row[-1] for row in cursor.fetchall()))
        return plans

    @only_on("sqlite")  # PostgreSQL reads a small table without an index
    def test_pages_of_related_items_are_found_by_their_links(self):
        make_full_article(1)
        for address in ("/articles/full-1/", "/api/v1/articles/full-1/"):
            with self.subTest(address):
                plans = "\n".join(self.plans_of(address))
                self.assertRegex(plans, r"INDEX article_link_key\b")
                self.assertNotRegex(plans, r"INDEX article_schedule\b")

    @only_on("sqlite")
    def test_lists_are_read_in_their_order(self):
        make_full_article(1)
        for address in ("/latest/", "/api/v1/articles/", "/"):
            with self.subTest(address):
                plans = "\n".join(self.plans_of(address))
                self.assertRegex(plans, r"SEARCH \w+ USING INDEX \w+ \(.*published_at<\?\)")
                self.assertNotRegex(plans, r"INDEX article_schedule\b")

    @only_on("sqlite")
    def test_a_provider_is_known_by_its_own_articles(self):
        plan = Provider.objects.with_published().explain()
        self.assertNotRegex(plan, r"INDEX article_(schedule|admin_status|public_\w+)\b")
