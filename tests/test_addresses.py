"""An article's address is permanent: another one leaves the old one leading to it."""

from datetime import timedelta

from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles import undoing
from articles.decisions import decide
from articles.models import Article, OldAddress, Revision
from articles.revisions import NOT_RESTORED

from .factories import NOON, make_article, make_editor, make_member
from .importing.test_own import deliver
from .test_admin import address, fields_of


class AddressTestCase(TestCase):
    def setUp(self):
        self.editor = make_editor()
        self.client.force_login(self.editor)

    def move(self, article, slug, **fields):
        page = address("change", "article", article.pk)
        data = fields_of(self.client.get(page)) | {"slug": slug} | fields
        response = self.client.post(page, data)
        article.refresh_from_db()
        return response

    def assertLeads(self, slug, article):
        response = self.client.get(f"/articles/{slug}/")
        self.assertRedirects(response, article.get_absolute_url(), 301)

    def assertAnswers(self, slug, status):
        self.assertEqual(self.client.get(f"/articles/{slug}/").status_code, status)


class MovingTests(AddressTestCase):
    def test_where_readers_saw_it_the_old_one_leads_to_the_new_one(self):
        article = make_article(slug="bells")
        self.assertEqual(self.move(article, "tram-bells").status_code, 302)
        self.assertLeads("bells", article)
        self.move(article, "the-bells")
        for slug in ("bells", "tram-bells"):
            self.assertLeads(slug, article)

    def test_where_they_never_did_the_old_one_is_missing(self):
        for fields in (
            {"is_published": False},
            {"publish_from": timezone.now() + timedelta(days=1)},
        ):
            article = make_article(slug="bells", **fields)
            self.move(article, f"tram-bells-{article.pk}")
            self.assertFalse(OldAddress.objects.exists())
            decide(article.pk, "published", self.editor)
            self.assertAnswers("bells", 404)

    def test_one_that_it_left_as_it_was_published_is_missing(self):
        article = make_article(slug="working-title", is_published=False)
        self.move(article, "bells", status="published")
        self.assertAnswers("bells", 200)
        self.assertAnswers("working-title", 404)

    def test_back_again_the_other_one_leads_on(self):
        article = make_article(slug="bells")
        self.move(article, "tram-bells")
        self.move(article, "bells")
        self.assertLeads("tram-bells", article)
        self.assertEqual(OldAddress.objects.get().slug, "tram-bells")

    def test_is_gone_with_its_article_and_back_with_it(self):
        article = make_article(slug="bells")
        self.move(article, "tram-bells")
        decide(article.pk, "withdrawn", self.editor, reason="So")
        self.assertAnswers("bells", 410)
        decide(article.pk, "published", self.editor)
        self.assertLeads("bells", article)
        article.delete()
        self.assertAnswers("bells", 410)

    def test_leads_to_the_survivor_of_a_merging(self):
        article, survivor = make_article(slug="bells"), make_article()
        self.move(article, "tram-bells")
        decide(article.pk, "trashed", self.editor)
        Article.objects.filter(pk=article.pk).update(merged_into=survivor)
        self.assertLeads("bells", survivor)

    def test_costs_two_queries_more_than_a_missing_page(self):
        article = make_article(slug="bells")
        self.move(article, "tram-bells")
        self.client.logout()
        with CaptureQueriesContext(connection) as queries:
            self.client.get("/articles/bells/")
        # Not there; was it ever; what is there now.
        self.assertEqual(len(queries), 3)

    def test_a_new_headline_source_or_date_leaves_it_alone(self):
        article = make_article(slug="bells")
        self.move(article, "bells", title="Another", published_at_0="2020-01-01", source="other")
        self.assertEqual((article.title, article.slug), ("Another", "bells"))


class RecordTests(AddressTestCase):
    def test_the_history_tells_it(self):
        self.move(make_article(slug="bells"), "tram-bells")
        self.assertEqual(Revision.objects.get().changes, {"slug": ["bells", "tram-bells"]})

    def test_taking_back_a_decision_that_came_with_it_moves_it_back(self):
        article = make_article(slug="bells")
        self.move(article, "tram-bells", status="held")
        self.assertAnswers("bells", 410)
        undoing.undo(undoing.token(list(Revision.objects.all())), self.editor)
        article.refresh_from_db()
        self.assertEqual(article.slug, "bells")
        self.assertAnswers("bells", 200)
        self.assertLeads("tram-bells", article)

    def test_restoring_an_older_text_does_not_move_it(self):
        self.assertIn("slug", NOT_RESTORED)

    def test_an_editor_moves_what_is_not_public_and_nothing_else(self):
        self.client.force_login(make_member("Editor", "ed"))
        held, public = make_article(is_published=False), make_article()
        self.move(held, "moved")
        self.assertEqual(held.slug, "moved")
        page = self.client.get(address("change", "article", public.pk))
        self.assertNotContains(page, 'name="slug"')


class FreeTests(AddressTestCase):
    def refuses(self, slug):
        article = make_article()
        response = self.move(article, slug)
        self.assertEqual(response.status_code, 200)
        self.assertNotEqual(article.slug, slug)
        return response.context["adminform"].form.errors["slug"]

    def test_another_articles_old_one_or_a_deleted_ones_is_refused(self):
        self.move(make_article(slug="bells"), "tram-bells")
        make_article(slug="gone").delete()
        for slug in ("bells", "gone"):
            self.assertIn("Readers have seen another article there", self.refuses(slug)[0])
        self.assertTrue(self.refuses("tram-bells"))  # taken
        self.assertTrue(self.refuses("not an address"))
        self.assertTrue(self.refuses(""))

    def test_a_delivery_gets_one_where_readers_saw_nothing_else(self):
        self.move(make_article(slug="2026-03-01-bells"), "bells")
        make_article(slug="2026-03-01-bells-2", source="other").delete()
        deliver("feed")
        self.assertEqual(Article.objects.get(source="feed").slug, "2026-03-01-bells-3")

    def test_what_comes_back_comes_back_to_its_own(self):
        deliver("feed")
        self.move(Article.objects.get(), "bells")
        Article.objects.get().delete()
        self.assertAnswers("bells", 410)
        deliver("feed", is_revival=True)
        again = Article.objects.get()
        self.assertEqual(again.slug, "2026-03-01-bells")
        self.assertAnswers(again.slug, 200)
        self.assertLeads("bells", again)

    def test_one_written_here_takes_none_that_readers_saw(self):
        make_article(slug="2026-03-01-bells").delete()
        page = address("add")
        data = fields_of(self.client.get(page)) | {
            "title": "Bells",
            "published_at_0": f"{NOON:%Y-%m-%d}",
            "published_at_1": "12:00",
            "excerpt": "The depot tunes its bells.",
        }
        self.client.post(page, data)
        self.assertEqual(Article.objects.get().slug, "2026-03-01-bells-2")
