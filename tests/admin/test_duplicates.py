"""Possible duplicates at the desk: the list, the two side by side, and the answers."""

from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from articles import duplicates
from articles.models import Article, DuplicatePair
from tests.admin.test_clusters import PanelTestCase, page_of
from tests.factories import make_article, make_member
from tests.test_admin import address, fields_of
from tests.test_duplicates import HEADLINE, look, make_copy

LIST = address("changelist", "duplicatepair")


def pages(pair):
    return address("change", "duplicatepair", pair.pk), reverse(
        "admin:articles_duplicatepair_resolve", args=[pair.pk]
    )


class PairTestCase(PanelTestCase):
    def setUp(self):
        super().setUp()
        self.one, self.other = make_copy(outlet="Post"), make_copy(f"{HEADLINE} today")
        look()
        self.pair = DuplicatePair.objects.get()
        self.page, self.resolve = pages(self.pair)

    def answer(self, **data):
        return self.client.post(self.resolve, data, follow=True)


class ListTests(PairTestCase):
    def test_shows_both_with_outlet_and_status_newest_first(self):
        make_copy("Quite another one for you", outlet="Post")
        make_copy("Quite another one for you", is_published=False)
        look()
        page = self.client.get(LIST)
        for text in ("Post", "Courier", "Held", "Published", "headlines alike"):
            self.assertContains(page, text)
        rows = page.context["cl"].result_list
        self.assertEqual([row.first.title for row in rows], ["Quite another one for you", HEADLINE])

    def test_opens_with_what_waits_and_finds_the_rest(self):
        self.answer(different=1)
        self.assertEqual(len(self.client.get(LIST).context["cl"].result_list), 0)
        for query in ("?resolution=different", "?resolution=all"):
            page = self.client.get(LIST + query)
            self.assertEqual(len(page.context["cl"].result_list), 1)
            self.assertContains(page, "Not a duplicate")
        Article.objects.filter(pk=self.one.pk).update(status="trashed")
        self.assertEqual(len(self.client.get(LIST).context["cl"].result_list), 0)

    def test_tells_many_apart_at_once(self):
        data = {"action": "not_duplicates", "_selected_action": [self.pair.pk]}
        page = self.client.post(LIST, data, follow=True)
        self.assertContains(page, "1 pair is two stories, for good.")
        self.assertFalse(duplicates.open().exists())

    def test_searches_and_costs_the_same_for_many(self):
        def cost():
            with CaptureQueriesContext(connection) as queries:
                self.assertContains(self.client.get(LIST + "?q=ships"), HEADLINE)
            return len(queries)

        cost()  # content types are cached after the first
        one = cost()
        for number in range(20):
            for outlet in "AB":
                make_copy(f"{HEADLINE} and {number} boats", outlet=f"{outlet}{number}")
        look()
        self.assertGreater(DuplicatePair.objects.count(), 20)
        self.assertEqual(cost(), one)


class PageTests(PairTestCase):
    def test_compares_the_two(self):
        page = self.client.get(self.page)
        self.assertContains(page, "today</ins>")
        self.assertContains(page, "Keep this one, merge the other into it", count=2)
        self.assertContains(page, "two stories, for good")

    def test_merges_and_offers_to_undo_it(self):
        page = self.answer(survivor=self.other.pk)
        self.assertContains(page, "lies in the trash")
        self.assertEqual(page.request["PATH_INFO"], page_of("change", self.other))
        self.one.refresh_from_db()
        self.assertEqual(self.one.merged_into, self.other)
        self.assertEqual(LogEntry.objects.count(), 2)
        self.assertContains(self.client.get(page_of("change", self.one)), "It was merged into")
        self.assertContains(self.client.get(page_of("history", self.one)), "Merged")
        self.press_undo(page)
        self.one.refresh_from_db()
        self.assertTrue(self.one.is_published())
        self.assertTrue(duplicates.open().exists())

    def test_tells_them_apart_and_asks_again(self):
        page = self.answer(different=1)
        self.assertContains(page, "nobody is asked again")
        self.assertContains(page, "Ask again")
        self.assertNotContains(self.client.get(self.page), "merge the other into it")
        self.assertEqual(LogEntry.objects.count(), 2)
        self.assertContains(self.answer(again=1), "waits for an answer again")
        self.assertTrue(duplicates.open().exists())

    def test_says_why_nothing_was_merged(self):
        Article.objects.filter(pk=self.one.pk).update(status="trashed")
        self.assertContains(self.answer(survivor=self.one.pk), "lies in the trash")
        self.assertNotContains(self.client.get(self.page), "merge the other into it")
        for number in (make_article().pk, "x", ""):
            self.assertEqual(self.answer(survivor=number).status_code, 404)

    def test_an_address_alone_does_nothing_and_a_wrong_one_is_missing(self):
        self.client.get(self.resolve)
        self.assertTrue(duplicates.open().exists())
        for url in (self.page, self.resolve):
            wrong = url.replace(f"/{self.pair.pk}/", "/99999/")
            self.assertIn(self.client.get(wrong).status_code, (302, 404))


class RightsTests(PairTestCase):
    def test_everybody_who_reads_articles_sees_them_and_publishers_answer(self):
        for role, answers in (("Importer", False), ("Editor", False), ("Publisher", True)):
            self.client.force_login(make_member(role, f"a {role}"))
            self.assertEqual(self.client.get(LIST).status_code, 200)
            page = self.client.get(self.page)
            for text in ("merge the other into it", "two stories, for good"):
                self.assertEqual(text in page.content.decode(), answers, role)
            if not answers:
                for data in ({"survivor": self.one.pk}, {"different": 1}, {"again": 1}):
                    self.assertEqual(self.answer(**data).status_code, 403)
        self.assertTrue(duplicates.open().exists())
        self.answer(survivor=self.one.pk)
        self.assertFalse(duplicates.open().exists())


class FormTests(PairTestCase):
    def test_each_names_the_other(self):
        for article in (self.one, self.other):
            page = self.client.get(page_of("change", article))
            self.assertContains(page, "Possible duplicate of")
            self.assertContains(page, self.page)
        self.answer(different=1)
        page = self.client.get(page_of("change", self.one))
        self.assertNotContains(page, "Possible duplicate of")

    def test_found_on_saving(self):
        article = make_copy("Quite another one here", is_published=False)
        url = page_of("change", article)
        data = fields_of(self.client.get(url)) | {"title": HEADLINE}
        self.assertContains(self.client.post(url, data, follow=True), "Possible duplicates")
        self.assertContains(self.client.get(url), "Possible duplicate of")
