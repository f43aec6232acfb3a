"""The audit log: every deed of an editor is in it, and nobody can change it."""

from django.contrib.admin.models import ADDITION, DELETION, LogEntry
from django.contrib.auth import get_user_model
from django.urls import reverse

from articles.models import Article
from tests.admin.desk import DeskTestCase, make_user
from tests.factories import make_article, make_provider, make_topic
from tests.test_admin import address

LIST = "/admin/admin/logentry/"


class ReadingTests(DeskTestCase):
    def note(self, article, flag=ADDITION):
        LogEntry.objects.log_actions(self.editor.pk, [article], flag, "Done so.")

    def test_says_who_did_what(self):
        article = make_article(title="Bells <b>")
        self.note(article)
        page = self.client.get(LIST)
        self.assertContains(page, f'<a href="{address("change", "article", article.pk)}">')
        for text in ("Bells &lt;b&gt;", "Done so.", "editor", "Addition"):
            self.assertContains(page, text)

    def test_leads_nowhere_from_what_was_deleted(self):
        article = make_article(title="Gone")
        self.note(article, DELETION)
        page = self.client.get(LIST)
        self.assertContains(page, "Gone")
        self.assertNotContains(page, address("change", "article", article.pk))

    def test_costs_the_same_however_many_entries(self):
        self.note(make_article())
        few = self.queries_of(LIST)
        for _number in range(20):
            self.note(make_article())
        self.assertEqual(self.queries_of(LIST), few)

    def test_odd_text_in_a_search_finds_nothing(self):
        self.assertEqual(self.client.get(LIST + "?q=%00x").status_code, 200)

    def test_needs_the_permission_to_read_it(self):
        self.client.force_login(make_user("change_article"))
        self.assertEqual(self.client.get(LIST).status_code, 403)
        self.client.force_login(make_user("view_logentry"))
        self.assertEqual(self.client.get(LIST).status_code, 200)


class ChangingTests(DeskTestCase):
    def test_nobody_can(self):
        LogEntry.objects.log_actions(self.editor.pk, [make_article()], ADDITION, "Done so.")
        entry = LogEntry.objects.get()
        self.assertEqual(self.client.get(f"{LIST}{entry.pk}/change/").status_code, 200)
        for page in (f"{entry.pk}/change/", f"{entry.pk}/delete/", "add/"):
            answer = self.client.post(LIST + page, {"post": "yes", "change_message": "Else"})
            self.assertEqual(answer.status_code, 403, page)
        data = {"action": "delete_selected", "_selected_action": [entry.pk], "post": "yes"}
        self.client.post(LIST, data)
        self.assertEqual(LogEntry.objects.get().change_message, "Done so.")

    def test_a_user_who_stands_in_it_cannot_be_deleted(self):
        writer = get_user_model().objects.create(username="writer")
        LogEntry.objects.log_actions(writer.pk, [make_article()], ADDITION, "Done so.")
        url = reverse("admin:auth_user_delete", args=[writer.pk])
        self.assertEqual(self.client.post(url, {"post": "yes"}).status_code, 403)
        self.assertTrue(LogEntry.objects.filter(user=writer).exists())


class WritingTests(DeskTestCase):
    def test_each_action_of_the_lists_writes_it(self):
        held = {"is_published": False}
        trashed = {**held, "status": Article.Status.TRASHED}
        for name, fields in {
            "publish_now": held,
            "hold": {},
            "send_to_review": {},
            "withdraw": {},
            "move_to_trash": {},
            "restore": trashed,
            "delete_for_good": trashed,
        }.items():
            with self.subTest(name):
                article = make_article(**fields)
                query = "?status__exact=trashed" if fields is trashed else ""
                self.act("article", name, article, query=query, confirmed="yes", reason="So")
                entry = LogEntry.objects.get(object_id=article.pk)
                self.assertEqual(entry.user, self.editor)

    def test_merging_writes_it_for_each_row(self):
        for model, rows in (
            ("provider", [make_provider("A", "a.example"), make_provider("B", "b.example")]),
            ("topic", [make_topic("A"), make_topic("B")]),
        ):
            with self.subTest(model):
                LogEntry.objects.all().delete()
                self.act(model, "merge_into", *rows, survivor=rows[0].pk, confirmed="yes")
                self.assertEqual(LogEntry.objects.count(), 2)

    def test_answering_the_feed_and_taking_a_run_back_write_it(self):
        proposal = self.make_conflict()
        self.act("proposal", "keep_ours", proposal)
        self.client.post(address("undo", "importrun", self.last_run.pk))
        types = set(LogEntry.objects.values_list("content_type__model", flat=True))
        self.assertEqual(types, {"article", "importrun"})
