"""Around the article's form: the copies to choose from, its imports, what it costs."""

from datetime import timedelta

from django.utils import timezone

from articles.models import ImportedFile, ImportRun, Lead
from tests.admin.desk import HEADLINE, OTHER_COPY, DeskTestCase, make_user
from tests.factories import make_article
from tests.test_admin import address, fields_of


class SourcesTests(DeskTestCase):
    def choose(self, **data):
        url = address("sources", "article", self.article.pk)
        return self.client.post(url, data, follow=True)

    def courier(self):
        return Lead.objects.get(domain="courier.example")

    def test_names_the_copies(self):
        self.make_swaps()
        page = self.form_of(self.article)
        for text in ("swaps between copies", "Courier", "https://courier.example/bells", "2 times"):
            self.assertContains(page, text)

    def test_is_absent_where_the_feed_is_steady(self):
        self.run_import()
        self.run_import(*OTHER_COPY)
        self.assertNotContains(self.form_of(self.article), "swaps between copies")

    def test_keeps_one_copy_and_follows_again(self):
        self.make_swaps()
        self.assertTrue(self.article.is_oscillating)
        response = self.choose(keep=self.courier().pk)
        article = self.article
        self.assertEqual((article.provider.name, article.pinned_lead), ("Courier", self.courier()))
        self.assertFalse(article.is_oscillating)
        self.assertRedirects(response, address("change", "article", article.pk))
        self.assertContains(response, "Follow the feed</button>")
        self.choose(follow=1)
        article = self.article
        self.assertEqual((article.provider.name, article.pinned_lead), ("Post", None))

    def test_follows_what_it_follows_already(self):
        self.make_swaps()
        self.assertIn("already", self.messages_of(self.choose(follow=1))[0])

    def test_lets_it_be(self):
        self.make_swaps()
        self.choose(dismiss=1)
        self.assertFalse(self.article.is_oscillating)
        self.assertEqual(Lead.objects.count(), 2)

    def test_a_copy_that_is_gone_is_said(self):
        self.make_swaps()
        for number in ("999999", "x", ""):
            self.assertIn("no longer known", self.messages_of(self.choose(keep=number))[0])
        self.assertIsNone(self.article.pinned_lead)

    def test_needs_the_permission_to_change(self):
        self.make_swaps()
        self.client.force_login(make_user("view_article"))
        page = self.form_of(self.article)
        self.assertContains(page, "Courier")
        self.assertNotContains(page, "Keep this one")
        self.assertEqual(self.choose(keep=self.courier().pk).status_code, 403)
        self.assertIsNone(self.article.pinned_lead)

    def test_the_list_finds_them(self):
        self.make_swaps()
        make_article()
        url = address("changelist")
        shown = self.client.get(f"{url}?oscillating=yes").context["cl"].result_list
        self.assertEqual(list(shown), [self.article])
        self.choose(keep=self.courier().pk)
        for query, count in (("yes", 0), ("pinned", 1)):
            shown = self.client.get(f"{url}?oscillating={query}").context["cl"].result_list
            self.assertEqual(len(shown), count)


class KeepPublicTests(DeskTestCase):
    def test_is_an_editors_choice_and_no_decision_about_the_status(self):
        self.run_import()
        page = self.form_of(self.article)
        self.assertContains(page, "Keep public if the feed takes it down")
        url = address("change", "article", self.article.pk)
        self.client.post(url, fields_of(page) | {"is_kept_public": "on"})
        article = self.article
        self.assertTrue(article.is_kept_public)
        self.assertIsNone(article.decided_at)
        self.run_import(("published: true", "published: true\nremoved: true"))
        self.assertTrue(self.article.is_published())


class ImportsTests(DeskTestCase):
    def test_links_to_each_import(self):
        self.run_import()
        self.run_import(HEADLINE)
        page = self.form_of(self.article)
        for file in ImportedFile.objects.all():
            self.assertContains(page, address("change", "importedfile", file.pk))
            self.assertContains(page, file.run.get_absolute_url())
        self.assertContains(page, "<td>headline</td>")

    def test_shows_the_last_20(self):
        article = make_article()
        run = ImportRun.objects.create(source="feed")
        for number in range(25):
            ImportedFile.objects.create(run=run, article=article, path=f"{number}.md")
        page = self.form_of(article)
        self.assertContains(page, "/admin/articles/importedfile/", count=21 + 1)
        self.assertContains(page, f"{address('changelist', 'importedfile')}?article={article.pk}")

    def test_the_form_costs_the_same_whatever_came_of_the_article(self):
        self.make_swaps()
        article = self.article
        url = address("change", "article", article.pk)
        few = self.queries_of(url)
        for number in range(20):
            at = timezone.now() + timedelta(minutes=number)
            Lead.objects.create(article=article, link=f"https://x.example/{number}", last_at=at)
            run = ImportRun.objects.create(source="feed")
            ImportedFile.objects.create(run=run, article=article, path=f"{number}.md")
        self.assertEqual(self.queries_of(url), few)
