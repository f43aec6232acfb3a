"""Undoing: a decision taken back by its token, all of it or nothing."""

from datetime import timedelta
from unittest import mock

from django.core.exceptions import ValidationError
from django.test import TestCase
from django.utils import timezone

from articles import revisions, undoing
from articles.decisions import decide
from articles.importing import state
from articles.models import Article, Revision
from tests.admin.desk import HEADLINE, make_user
from tests.factories import NOON, make_article, make_editor
from tests.importing.test_pipeline import ImportTestCase

VERDICT = ("published: true", "published: false")


class UndoingTests(TestCase):
    def setUp(self):
        self.editor, self.colleague = make_editor(), make_editor("colleague")

    def refused(self, token, by=None) -> str:
        before = list(Article.objects.order_by("pk").values())
        count = Revision.objects.count()
        with self.assertRaises(ValidationError) as caught:
            undoing.undo(token, by or self.editor)
        self.assertEqual(list(Article.objects.order_by("pk").values()), before)
        self.assertEqual(Revision.objects.count(), count)
        return " ".join(caught.exception.messages)

    def token_of(self, pk, status):
        return undoing.token([decide(pk, status, self.editor, reason="So").decision])

    def test_puts_the_status_its_moment_and_who_decided_back(self):
        article = make_article(is_published=False)
        token = self.token_of(article.pk, "published")
        (undone,) = undoing.undo(token, self.editor)
        article.refresh_from_db()
        self.assertEqual(undone, article)
        self.assertEqual(article.status, "held")
        self.assertIsNone(article.publish_from)
        self.assertIsNone(article.decided_at)
        self.assertIsNone(article.decided_by)

    def test_an_earlier_decision_stands_again(self):
        article = make_article(decided_at=NOON, decided_by=self.colleague)
        undoing.undo(self.token_of(article.pk, "withdrawn"), self.editor)
        article.refresh_from_db()
        self.assertTrue(article.is_published())
        self.assertEqual((article.decided_at, article.decided_by), (NOON, self.colleague))

    def test_is_a_revision_of_its_own_and_can_be_undone_too(self):
        article = make_article(is_published=False)
        undoing.undo(self.token_of(article.pk, "published"), self.colleague)
        undone, decided = revisions.timeline(article)
        self.assertEqual((undone.row.by, undone.row.kind), (self.colleague, "restore"))
        self.assertIn("Undone: Decided", undone.row.comment)
        self.assertEqual(undone.changes["status"], decided.changes["status"][::-1])
        undoing.undo(undoing.token([undone.row]), self.editor)
        article.refresh_from_db()
        self.assertTrue(article.is_published())
        self.assertEqual(article.decided_by, self.editor)

    def test_several_are_one_deed(self):
        first, second = make_article(), make_article(is_published=False)
        made = [decide(first.pk, "held", self.editor), decide(second.pk, "published", self.editor)]
        token = undoing.token([article.decision for article in made])
        decide(second.pk, "withdrawn", self.colleague, reason="So")
        self.assertIn(second.headline, self.refused(token))
        first.refresh_from_db()
        self.assertEqual(first.status, "held")

    def test_out_of_the_trash(self):
        article = make_article()
        undoing.undo(self.token_of(article.pk, "trashed"), self.editor)
        article.refresh_from_db()
        self.assertTrue(article.is_published())

    def test_is_refused_where_somebody_decided_since(self):
        article = make_article(is_published=False)
        token = self.token_of(article.pk, "held")  # the feed's own verdict, now an editor's
        undoing.undo(token, self.editor)
        self.assertIn("changed since", self.refused(token))
        token = self.token_of(article.pk, "review")
        decide(article.pk, "held", self.colleague)
        self.assertIn("changed since", self.refused(token))

    def test_other_fields_may_have_changed(self):
        article = make_article(is_published=False)
        token = self.token_of(article.pk, "review")
        Article.objects.update(title="Another", heat=5)
        undoing.undo(token, self.editor)
        article.refresh_from_db()
        self.assertEqual((article.status, article.title), ("held", "Another"))

    def test_a_forged_token_and_an_old_one_are_refused(self):
        token = self.token_of(make_article().pk, "held")
        for forged in ("", "x", token[:-1], "[1]" + token):
            self.assertIn("not whole", self.refused(forged))
        later = timezone.now() + timedelta(days=1, seconds=1)
        with mock.patch("time.time", return_value=later.timestamp()):
            self.assertIn("more than a day", self.refused(token))

    def test_what_was_deleted_since_is_refused(self):
        article = make_article()
        token = self.token_of(article.pk, "trashed")
        article.delete()
        self.assertIn("deleted", self.refused(token))

    def test_what_readers_see_needs_the_permission(self):
        editor = make_user("change_article", "view_article")
        for before, after in ((True, "held"), (False, "published")):
            token = self.token_of(make_article(is_published=before).pk, after)
            self.assertIn("publisher", self.refused(token, editor))
        token = self.token_of(make_article(is_published=False).pk, "review")
        undoing.undo(token, editor)


class EveryFieldTests(ImportTestCase):
    """Not decisions alone: any revision."""

    def test_words_and_lists(self):
        self.run_import()
        before, editor = self.whole(), make_editor()
        with revisions.recording(self.article.pk, editor, Revision.Kind.EDIT):
            Article.objects.update(title="Ours", body="Words")
            self.article.related_items.all().delete()
            self.article.image_uses.all().delete()
            self.article.topics.clear()
        token = undoing.token(Revision.objects.all())
        undoing.undo(token, editor)
        self.assertEqual(self.whole(), before)

    def test_what_a_delivery_changed_since_is_refused_and_follows_the_feed(self):
        self.run_import()
        editor = make_editor()
        token = undoing.token([decide(self.article.pk, "withdrawn", editor, reason="So").decision])
        self.run_import(HEADLINE)
        undoing.undo(token, editor)
        self.assertEqual(self.article.title, HEADLINE[1])
        self.assertEqual(self.article.status, "published")
        self.run_import(VERDICT)  # nobody has decided: the feed's verdict counts again
        self.assertEqual(self.article.status, "held")

    def whole(self):
        return state.whole(revisions.load(self.article.pk))
