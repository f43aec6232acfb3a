"""The trash: two steps to deletion, a way back from each, and what the feed may bring again."""

from django.contrib.admin.models import DELETION, LogEntry
from django.utils import timezone

from articles.models import Article, Tombstone
from tests.admin.desk import HEADLINE, DeskTestCase, make_user
from tests.factories import NOON, make_article
from tests.test_admin import address, fields_of

Status = Article.Status
IN_TRASH = "?status__exact=trashed"


def make_trashed(**fields):
    return make_article(is_published=False, status=Status.TRASHED, decided_at=NOON, **fields)


class MovingTests(DeskTestCase):
    def shown(self, query=""):
        return list(self.client.get(address("changelist") + query).context["cl"].result_list)

    def test_the_list_leaves_the_trash_out_until_asked(self):
        kept, trashed = make_article(), make_trashed()
        self.assertEqual(self.shown(), [kept])
        self.assertEqual(self.shown(IN_TRASH), [trashed])
        self.assertEqual(self.shown("?status__exact=published"), [kept])

    def test_the_action_moves_there(self):
        article = make_article()
        response = self.act("article", "move_to_trash", article)
        article.refresh_from_db()
        self.assertEqual((article.status, article.decided_by), (Status.TRASHED, self.editor))
        self.assertEqual(self.messages_of(response), ["1 article is now: In the trash."])

    def test_the_forms_button_moves_there(self):
        article = make_article()
        page = self.form_of(article)
        self.assertContains(page, "Move to the trash")
        self.assertNotContains(page, address("delete", "article", article.pk))
        url = address("trash", "article", article.pk)
        self.assertContains(page, f'action="{url}"')
        self.client.get(url)
        self.assertTrue(Article.objects.get().is_published())
        self.assertRedirects(self.client.post(url), address("changelist"))
        self.assertEqual(Article.objects.get().status, Status.TRASHED)

    def test_the_stock_deletion_is_gone(self):
        article = make_article()
        self.assertNotContains(self.client.get(address("changelist")), "delete_selected")
        self.act("article", "delete_selected", article, post="yes")
        response = self.client.post(address("delete", "article", article.pk), {"post": "yes"})
        self.assertRedirects(response, address("change", "article", article.pk))
        self.assertTrue(Article.objects.exists())

    def test_each_list_offers_what_can_be_done_there(self):
        make_article()
        make_trashed()
        page = self.client.get(address("changelist"))
        self.assertContains(page, 'value="publish_now"')
        self.assertNotContains(page, 'value="delete_for_good"')
        page = self.client.get(address("changelist") + IN_TRASH)
        self.assertNotContains(page, 'value="publish_now"')
        self.assertContains(page, 'value="restore"')

    def test_publishing_refuses_what_was_thrown_away_meanwhile(self):
        article = make_trashed(title="Old news")
        for name in ("publish_now", "hold", "send_to_review", "withdraw"):
            with self.subTest(name):
                response = self.act("article", name, article, reason="A forgery")
                article.refresh_from_db()
                self.assertEqual(article.status, Status.TRASHED)
                self.assertIn("in the trash. Restore it first.", self.messages_of(response)[0])

    def test_all_that_the_list_shows_leaves_the_trash_alone(self):
        article, trashed = make_article(), make_trashed()
        response = self.act("article", "hold", article, select_across="1")
        self.assertEqual(self.messages_of(response), ["1 article is now: Held."])
        trashed.refresh_from_db()
        self.assertEqual(trashed.decided_at, NOON)

    def test_the_form_gives_no_status_to_what_is_in_the_trash(self):
        article = make_trashed()
        page = self.form_of(article)
        self.assertContains(page, "This article is in the trash")
        data = fields_of(page) | {"note": "Mine"}
        url = address("change", "article", article.pk)
        self.assertEqual(self.client.post(url, data | {"status": "published"}).status_code, 200)
        self.assertEqual(self.client.post(url, data).status_code, 302)
        article.refresh_from_db()
        self.assertEqual((article.status, article.note), (Status.TRASHED, "Mine"))

    def test_the_form_offers_no_trash_as_a_status(self):
        article = make_article()
        page = self.form_of(article)
        self.assertNotContains(page, 'value="trashed"')
        url = address("change", "article", article.pk)
        response = self.client.post(url, fields_of(page) | {"status": "trashed"})
        self.assertEqual(response.status_code, 200)

    def test_is_no_part_of_what_providers_and_topics_count(self):
        make_article(topics=["Climate"])
        make_trashed(topics=["Climate"])
        for model in ("provider", "topic"):
            self.assertContains(self.client.get(address("changelist", model)), '">1</a>', count=2)

    def test_needs_the_permission_to_change(self):
        article = make_article(is_published=False)
        url = address("trash", "article", article.pk)
        self.client.force_login(make_user("view_article"))
        self.assertNotContains(self.form_of(article), "Move to the trash")
        self.assertEqual(self.client.post(url).status_code, 403)
        self.act("article", "move_to_trash", article)
        self.assertEqual(Article.objects.get().status, Status.HELD)
        self.client.force_login(make_user("change_article"))
        self.assertEqual(self.client.post(url).status_code, 302)
        self.assertEqual(Article.objects.get().status, Status.TRASHED)


class RestoringTests(DeskTestCase):
    def test_goes_back_to_held_by_the_editors_decision(self):
        by_action, by_button = make_trashed(), make_trashed()
        self.act("article", "restore", by_action, query=IN_TRASH)
        url = address("trash", "article", by_button.pk)
        response = self.client.post(url, {"restore": "1"})
        self.assertRedirects(response, address("change", "article", by_button.pk))
        for article in (by_action, by_button):
            article.refresh_from_db()
            self.assertEqual((article.status, article.decided_by), (Status.HELD, self.editor))
            self.assertGreater(article.decided_at, NOON)

    def test_leaves_alone_what_a_colleague_has_restored_and_published(self):
        article = make_article()
        url = address("trash", "article", article.pk)
        response = self.client.post(url, {"restore": "1"}, follow=True)
        self.assertIn("not in the trash any more", self.messages_of(response)[0])
        self.assertTrue(Article.objects.get().is_published())


class DeletingTests(DeskTestCase):
    def test_the_action_asks_first(self):
        article = make_trashed(title="Old news")
        page = self.act("article", "delete_for_good", article, query=IN_TRASH)
        self.assertContains(page, "Delete for good?")
        self.assertContains(page, "Old news")
        self.assertTrue(Article.objects.exists())
        self.assertContains(page, f'name="_selected_action" value="{article.pk}"')

    def test_the_action_deletes_and_notes_by_whom(self):
        article = make_trashed(source="feed", stem="2026-03-01-bells")
        response = self.act("article", "delete_for_good", article, query=IN_TRASH, confirmed="yes")
        self.assertFalse(Article.objects.exists())
        tombstone = Tombstone.objects.get(source="feed", stem="2026-03-01-bells")
        self.assertEqual(tombstone.deleted_by, self.editor)
        self.assertIn("1 article is deleted for good", self.messages_of(response)[0])
        self.assertEqual(LogEntry.objects.get(action_flag=DELETION).user, self.editor)

    def test_the_page_deletes_what_is_in_the_trash_with_all_that_belongs_to_it(self):
        article = self.make_conflict().article
        self.edit(status=Status.TRASHED, decided_at=timezone.now())
        url = address("delete", "article", article.pk)
        self.assertContains(self.form_of(article), url)
        self.assertContains(self.client.get(url), "Delete for good?")
        self.assertTrue(Article.objects.exists())
        response = self.client.post(url, {"confirmed": "yes"})
        self.assertRedirects(response, address("changelist") + IN_TRASH)
        self.assertFalse(Article.objects.exists())
        self.assertEqual(Tombstone.objects.get().deleted_by, self.editor)

    def test_leaves_alone_what_a_colleague_has_restored(self):
        article = make_article()
        data = {"action": "delete_for_good", "_selected_action": [article.pk], "confirmed": "yes"}
        self.client.post(address("changelist") + IN_TRASH, data)
        self.assertTrue(Article.objects.exists())

    def test_needs_the_permission_to_delete(self):
        article = make_trashed()
        url = address("delete", "article", article.pk)
        self.client.force_login(make_user("change_article"))
        self.assertNotContains(self.form_of(article), "Delete for good")
        page = self.client.get(address("changelist") + IN_TRASH)
        self.assertNotContains(page, "delete_for_good")
        self.act("article", "delete_for_good", article, query=IN_TRASH, confirmed="yes")
        for method in (self.client.get, self.client.post):
            self.assertEqual(method(url).status_code, 403)
        self.assertTrue(Article.objects.exists())
        self.client.force_login(make_user("change_article", "delete_article"))
        self.assertEqual(self.client.post(url).status_code, 302)
        self.assertFalse(Article.objects.exists())


class TombstoneTests(DeskTestCase):
    def test_the_feed_may_bring_it_again(self):
        self.run_import()
        self.article.delete()
        self.assert_counts(self.run_import(HEADLINE))
        self.assertFalse(Article.objects.exists())
        tombstone = Tombstone.objects.get()
        page = self.client.get(address("changelist", "tombstone"))
        self.assertContains(page, "Tram bells are tuned")
        response = self.act("tombstone", "let_return", tombstone)
        self.assertIn("1 article comes back", self.messages_of(response)[0])
        self.assert_counts(self.run_import(HEADLINE), created=1)

    def test_needs_the_permission_to_delete(self):
        make_article().delete()
        self.client.force_login(make_user("view_tombstone", "change_article"))
        page = self.client.get(address("changelist", "tombstone"))
        self.assertNotContains(page, "let_return")
        self.act("tombstone", "let_return", Tombstone.objects.get())
        self.assertTrue(Tombstone.objects.exists())

    def test_the_list_costs_the_same_for_1_row_and_for_20(self):
        url = address("changelist", "tombstone")
        make_article().delete()
        few = self.queries_of(url)
        for _number in range(20):
            make_article().delete()
        Tombstone.objects.update(deleted_by=self.editor)
        self.assertEqual(self.queries_of(url), few)
