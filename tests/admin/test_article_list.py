"""The editors' list of articles: what it asks for however many rows, choices and filters it has."""

from articles.models import Image
from tests.factories import NOON, make_article, make_image, make_provider
from tests.test_admin import AdminTestCase, address

from .desk import make_user

LIST = address("changelist")


class ArticleListTests(AdminTestCase):
    # As an address asks -> what it may cost for who may do everything: session, user, what there is
    # to choose from, how many, the rows; and one for each row that is followed from elsewhere.
    COSTS = {
        "": 5,
        "?q=story": 5,
        "?o=4.-7": 5,
        "?p=2": 5,
        "?topic=1": 5,
        "?status__exact=held": 5,
        "?public=now&picture=yes&type=article&decided=no": 5,
        "?assigned=me&source=seeds&published=2026": 5,
        "?oscillating=yes": 5,
        "?provider__id__exact=1": 6,
    }

    def costs(self):
        return {query: self.queries_of(LIST + query) for query in self.COSTS}

    def fill(self, number):
        make_user(f"permission-{number}")
        make_article(
            title=f"Story {number}",
            source=f"feed-{number}",
            provider=make_provider(f"Outlet {number}", f"outlet-{number}.example"),
            topics=["Climate", f"Topic {number}"],
            images=[make_image(), make_image()],
            assigned_to=self.editor,
            decided_by=self.editor,
        )

    def test_costs_the_same_for_1_row_and_for_60(self):
        self.fill(0)
        one = self.costs()
        for number in range(1, 60):
            self.fill(number)
        self.assertEqual(self.costs(), one)
        self.assertEqual(one, self.COSTS)

    def test_offers_every_source_colleague_and_topic_and_the_years_there_are(self):
        make_user("colleague")
        make_article(source="b", topics=["Zeal", "apples"], published_at=NOON)
        make_article(source="a", published_at=NOON.replace(year=2021))
        make_article(source="a", published_at=NOON.replace(year=2019))
        page = self.client.get(LIST)
        offered = {spec.title: spec.lookup_choices for spec in page.context["cl"].filter_specs}
        self.assertEqual(offered["source"], [("a", "a"), ("b", "b")])
        self.assertEqual([name for _, name in offered["topic"]], ["apples", "Zeal"])
        self.assertEqual([who for who, _ in offered["assigned to"][:2]], ["me", "nobody"])
        self.assertEqual([name for _, name in offered["assigned to"][2:]], ["colleague"])
        moments = [value for value, _ in offered["published there"]]
        self.assertEqual((moments[0], moments[-1]), (f"{NOON:%Y-%m}", "2019"))

    def test_offers_nothing_where_there_is_no_article(self):
        page = self.client.get(LIST)
        self.assertEqual(page.status_code, 200)
        self.assertNotContains(page, "By published there")

    def test_shows_a_page_in_the_order_asked_for(self):
        for number in range(120):
            make_article(title=f"Story {number:03}", heat=number, status="held")
        rows = self.client.get(LIST + "?o=8&p=2").context["cl"].result_list
        self.assertEqual([row.heat for row in rows], list(range(50, 100)))

    def test_shows_the_first_picture_that_has_a_file_and_the_topics(self):
        link, shown = make_image(), make_image()
        Image.objects.filter(pk=link.pk).update(file="")
        Image.objects.filter(pk=shown.pk).update(file="images/shown.jpg", alt_text="A ferry")
        make_article(topics=["Trains", "Ferries"], images=[link, shown])
        page = self.client.get(LIST)
        self.assertContains(page, 'alt="A ferry"')
        self.assertContains(page, "Ferries, Trains")
