"""Two articles merged into one: what comes along, where readers are led, and how it is undone."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.test import TestCase
from django.utils import timezone

from articles import duplicates, undoing
from articles.decisions import decide
from articles.importing.pipeline import Options, import_seeds
from articles.merging import ask_again, merge, tell_apart
from articles.models import Article, DuplicatePair
from tests.factories import make_article, make_editor, make_image, make_member
from tests.importing.test_pipeline import ImportTestCase
from tests.test_duplicates import look, make_copy


class MergingTestCase(TestCase):
    def setUp(self):
        self.editor = make_editor()
        self.stays, self.goes = make_copy(outlet="Post"), make_copy()
        look()

    def merge(self, stays=None, goes=None, by=None):
        stays, goes = stays or self.stays, goes or self.goes
        return merge(stays.pk, goes.pk, by or self.editor)

    def reload(self):
        for article in (self.stays, self.goes):
            article.refresh_from_db()

    def leads_to(self, article):
        """The address, or the status where there is none."""
        response = self.client.get(article.get_absolute_url())
        return response.url if response.status_code == 301 else response.status_code


class MergeTests(MergingTestCase):
    def test_the_one_that_goes_lies_in_the_trash(self):
        self.merge()
        self.reload()
        self.assertEqual(self.goes.status, "trashed")
        self.assertEqual(self.goes.merged_into, self.stays)
        self.assertTrue(self.stays.is_published())
        self.assertEqual(duplicates.open().count(), 0)
        pair = DuplicatePair.objects.get()
        self.assertEqual((pair.resolution, pair.resolved_by), ("merged", self.editor))

    def test_fills_in_what_the_survivor_lacks(self):
        picture = make_image()
        rich = make_article(topics=["Harbours"], images=[picture], body="Our words", note="Call")
        self.merge(goes=rich)
        self.reload()
        self.assertEqual((self.stays.body, self.stays.note), ("Our words", "Call"))
        self.assertEqual([topic.name for topic in self.stays.topics.all()], ["Harbours"])
        self.assertEqual(self.stays.picture, picture)
        revision = self.stays.revisions.get()
        self.assertEqual((revision.kind, revision.by), ("merge", self.editor))
        self.assertEqual(set(revision.changes), {"body", "note", "topics", "images"})

    def test_and_touches_nothing_else(self):
        own = make_article(topics=["Trams"], images=[make_image()], body="Words", note="Mine")
        other = make_article(topics=["Harbours"], images=[make_image()], body="Theirs", note="x")
        before = Article.objects.filter(pk=own.pk).values().get()
        self.merge(own, other)
        self.assertEqual(Article.objects.filter(pk=own.pk).values().get(), before)
        self.assertEqual([topic.name for topic in own.topics.all()], ["Trams"])
        self.assertEqual(own.image_uses.count(), 1)
        self.assertFalse(own.revisions.exists())

    def test_is_refused_where_one_is_gone_or_in_the_trash(self):
        for status in ("stays", "goes"):
            article = getattr(self, status)
            decide(article.pk, "trashed", self.editor)
            with self.assertRaisesMessage(ValidationError, "lies in the trash"):
                self.merge()
            decide(article.pk, "held", self.editor, is_restoring=True)
        with self.assertRaisesMessage(ValidationError, "is gone"):
            self.merge(goes=self.stays)
        pk = self.goes.pk
        self.goes.delete()
        with self.assertRaisesMessage(ValidationError, "is gone"):
            merge(self.stays.pk, pk, self.editor)

    def test_is_a_publishers(self):
        editor = make_member("Editor", "colleague")
        Article.objects.update(status="held")
        with self.assertRaisesMessage(ValidationError, "Only a publisher"):
            self.merge(by=editor)
        for deed in (tell_apart, ask_again):
            with self.assertRaisesMessage(ValidationError, "Only a publisher"):
                deed(DuplicatePair.objects.get().pk, editor)
        publisher = make_member("Publisher")
        tell_apart(DuplicatePair.objects.get().pk, publisher)
        self.merge(by=publisher)


class RedirectTests(MergingTestCase):
    def test_leads_readers_to_the_survivor_while_they_may_see_it(self):
        self.merge()
        self.assertEqual(self.leads_to(self.goes), self.stays.get_absolute_url())
        response = self.client.get(self.goes.get_absolute_url())
        self.assertEqual(response["Cache-Control"], "no-cache")
        Article.objects.filter(pk=self.stays.pk).update(status="held")
        self.assertIn(self.leads_to(self.goes), (404, 410))

    def test_tells_nothing_of_what_was_never_public(self):
        now = timezone.now()
        for never in (
            {"is_published": False},
            {"is_published": False, "status": "review", "publish_from": now - timedelta(days=1)},
            {"publish_from": now + timedelta(days=1)},
        ):
            goes = make_article(**never)
            self.merge(goes=goes)
            self.assertEqual(self.leads_to(goes), 404)

    def test_from_one_to_the_next(self):
        self.merge()
        last = make_article()
        self.merge(last, self.stays)
        for article in (self.goes, self.stays):
            self.assertEqual(self.leads_to(article), last.get_absolute_url())
        decide(self.stays.pk, "published", self.editor, is_restoring=True)
        self.assertEqual(self.leads_to(self.goes), self.stays.get_absolute_url())

    def test_ends_with_the_restoring(self):
        self.merge()
        decide(self.goes.pk, "held", self.editor, is_restoring=True)
        self.reload()
        self.assertIsNone(self.goes.merged_into)
        self.assertIn(self.leads_to(self.goes), (404, 410))
        decide(self.goes.pk, "trashed", self.editor)
        self.assertIn(self.leads_to(self.goes), (404, 410))
        self.assertEqual(duplicates.open().count(), 0)

    def test_ends_with_the_survivor(self):
        self.merge()
        self.stays.delete()
        self.assertIn(self.leads_to(self.goes), (404, 410))


class UndoTests(MergingTestCase):
    def test_parts_them_again_and_asks_again(self):
        Article.objects.filter(pk=self.goes.pk).update(body="Our words")
        revisions = self.merge()
        self.assertEqual(len(revisions), 2)
        undoing.undo(undoing.token(revisions), self.editor)
        self.reload()
        self.assertTrue(self.goes.is_published())
        self.assertIsNone(self.goes.merged_into)
        self.assertEqual((self.stays.body, self.goes.body), ("", "Our words"))
        self.assertEqual(duplicates.open().count(), 1)

    def test_what_was_restored_already_is_refused(self):
        revisions = self.merge()
        decide(self.goes.pk, "held", self.editor, is_restoring=True)
        with self.assertRaisesMessage(ValidationError, "changed since"):
            undoing.undo(undoing.token(revisions), self.editor)
        self.assertEqual(duplicates.open().count(), 1)


class VerdictTests(MergingTestCase):
    def test_is_for_good_until_somebody_asks_again(self):
        pair = tell_apart(DuplicatePair.objects.get().pk, self.editor)
        look()
        self.assertEqual(duplicates.open().count(), 0)
        ask_again(pair.pk, self.editor)
        self.assertEqual(duplicates.open().get(), pair)


class DeliveriesTests(ImportTestCase):
    def setUp(self):
        super().setUp()
        self.run_import()
        self.stays, self.editor = make_article(), make_editor()
        merge(self.stays.pk, self.article.pk, self.editor)

    def test_pass_over_what_was_merged_away(self):
        self.assertEqual(self.run_import(("heat: 80", "heat: 90")).skipped, 1)
        self.assertEqual(self.article.merged_into, self.stays)

    def test_revive_it_on_its_own(self):
        import_seeds([self.folder], "feed", Options(is_revival=True))
        self.write(("heat: 80", "heat: 90"))
        import_seeds([self.folder], "feed", Options(is_revival=True))
        self.assertEqual((self.article.status, self.article.merged_into), ("published", None))
