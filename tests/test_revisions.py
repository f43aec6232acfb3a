"""Revisions: recorded where something changed, told with the imports, restored, blamed."""

from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles import revisions
from articles.decisions import decide
from articles.importing import journal, state
from articles.importing.apply import with_all_that_merges
from articles.importing.undo import undo_import
from articles.models import Article, ArticleImage, ImportRun, Revision
from articles.workflow import merge_topics
from tests.admin.desk import EXCERPT, HEADLINE
from tests.factories import make_article, make_editor, make_image, make_topic
from tests.importing.test_pipeline import ImportTestCase


class RevisionsTestCase(ImportTestCase):
    def setUp(self):
        super().setUp()
        self.editor = make_editor()

    def edit(self, **fields):
        with revisions.recording(self.article.pk, self.editor, Revision.Kind.EDIT):
            Article.objects.filter(pk=self.article.pk).update(**fields)

    def told(self):
        return revisions.timeline(self.article)

    def now(self):
        article = with_all_that_merges(Article.objects).get(pk=self.article.pk)
        return state.whole(article)

    def kinds(self):
        return [e.row.outcome if e.is_import else e.row.kind for e in self.told()]


class RecordingTests(RevisionsTestCase):
    def test_keeps_who_and_what(self):
        self.run_import()
        self.edit(title="Ours", body="Words")
        (revision,) = Revision.objects.all()
        self.assertEqual((revision.by, revision.kind), (self.editor, "edit"))
        self.assertEqual(
            revision.changes, {"title": ["Tram bells are tuned", "Ours"], "body": ["", "Words"]}
        )

    def test_nothing_changed_is_no_revision(self):
        self.run_import()
        self.edit(title="Tram bells are tuned")
        self.assertFalse(Revision.objects.exists())

    def test_what_fails_is_no_revision(self):
        self.run_import()
        pk = self.article.pk
        with (
            self.assertRaises(ZeroDivisionError),
            revisions.recording(pk, self.editor, Revision.Kind.EDIT),
        ):
            Article.objects.filter(pk=pk).update(title="Half")
            raise ZeroDivisionError
        self.assertFalse(Revision.objects.exists())
        self.assertEqual(self.article.title, "Tram bells are tuned")

    def test_costs_the_same_for_many_related_items(self):
        counts = []
        for related in (1, 20):
            pk = make_article(related=related, topics=["Climate"], images=[make_image()]).pk
            with (
                CaptureQueriesContext(connection) as queries,
                revisions.recording(pk, self.editor, Revision.Kind.EDIT),
            ):
                Article.objects.filter(pk=pk).update(note="Ours")
            counts.append(len(queries))
        self.assertEqual(counts[0], counts[1])

    def test_a_decision_is_one(self):
        article = make_article(is_published=False)
        decide(article.pk, "review", self.editor)
        decide(article.pk, "review", self.editor)  # is so already
        (revision,) = article.revisions.all()
        self.assertEqual(revision.changes["status"], ["held", "review"])
        (entry,) = revisions.timeline(article)
        self.assertEqual(entry.changes, {"status": ["held", "review"]})

    def test_an_import_writes_none(self):
        self.run_import()
        self.run_import(HEADLINE)
        self.assertFalse(Revision.objects.exists())


class TimelineTests(RevisionsTestCase):
    def test_tells_people_and_imports_in_the_order_they_came(self):
        self.run_import()
        self.edit(note="One")
        self.run_import(EXCERPT)
        self.edit(note="Two")
        self.assertEqual(self.kinds(), ["edit", "updated", "edit", "created"])

    def test_a_long_run_that_began_before_an_edit_and_ended_after_it(self):
        self.run_import()
        self.edit(excerpt="Ours")
        ImportRun.objects.update(started_at=timezone.now() + timedelta(hours=1))
        self.assertEqual(self.kinds(), ["edit", "created"])

    def test_an_undo_is_an_entry(self):
        self.run_import()
        self.run_import(HEADLINE)
        undo_import(ImportRun.objects.first())
        self.assertEqual(self.kinds(), ["reverted", "updated", "created"])

    def test_costs_the_same_for_many(self):
        self.run_import()
        article = self.article
        for number in range(20):
            self.edit(note=str(number))
        with self.assertNumQueries(4):
            self.assertEqual(len(revisions.timeline(article)), 21)


class StateAtTests(RevisionsTestCase):
    def test_every_state_that_was_is_found_again(self):
        self.run_import()
        states = [self.now()]
        for step in range(6):
            if step % 2:
                self.edit(body=f"Words {step}", title=f"Ours {step}")
            else:
                self.run_import((HEADLINE[0], f"Theirs {step}"), ("An explanation.", f"E {step}"))
            states.append(self.now())
        entries = self.told()
        self.assertEqual(len(entries), len(states))
        found = [revisions.state_at(self.now(), entries, e.key) for e in reversed(entries)]
        self.assertEqual(found, states)

    def test_names_that_were_merged_away_are_told_as_they_are_meant(self):
        self.run_import()
        self.edit(note="One")
        survivor, other = make_topic("Trams"), make_topic("Transport")
        merge_topics(survivor, [other], self.editor)
        entries = self.told()
        then = revisions.state_at(self.now(), entries, entries[-1].key)
        self.assertEqual(then["topics"], ("Culture", "Trams"))


class RestoreTests(RevisionsTestCase):
    def restore(self, place):
        entries = self.told()
        return revisions.restore(self.article, entries[place].key, self.editor)

    def test_brings_the_words_back_as_a_new_revision(self):
        self.run_import()
        self.edit(title="Ours", body="Words")
        self.assertTrue(self.restore(-1))
        article = self.article
        self.assertEqual((article.title, article.body), ("Tram bells are tuned", ""))
        self.assertEqual(self.kinds(), ["restore", "edit", "created"])
        self.assertTrue(self.restore(1))
        self.assertEqual(self.article.body, "Words")

    def test_never_publishes_or_withdraws_and_keeps_scores(self):
        self.run_import()
        self.edit(title="Ours")
        decide(self.article.pk, "withdrawn", self.editor, reason="Wrong bells")
        Article.objects.update(heat=5)
        self.restore(-1)
        article = self.article
        self.assertEqual((article.title, article.heat), ("Tram bells are tuned", 5))
        self.assertEqual((article.status, article.withdrawal_reason), ("withdrawn", "Wrong bells"))

    def test_brings_lists_back(self):
        self.run_import()
        before = self.now()
        with revisions.recording(self.article.pk, self.editor, Revision.Kind.EDIT):
            self.article.related_items.all().delete()
            self.article.image_uses.all().delete()
            self.article.topics.clear()
        self.restore(-1)
        self.assertEqual(self.now(), before)

    def test_an_uploaded_picture_comes_back_unless_it_was_deleted(self):
        article = make_article()
        pk, kept, gone = article.pk, make_image(url=""), make_image(url="")
        with revisions.recording(pk, self.editor, Revision.Kind.EDIT):
            for image in (kept, gone):
                ArticleImage.objects.create(article=article, image=image)
        with revisions.recording(pk, self.editor, Revision.Kind.EDIT):
            article.image_uses.all().delete()
        gone.delete()
        key = revisions.timeline(article)[1].key
        self.assertTrue(revisions.restore(article, key, self.editor))
        self.assertEqual([use.image for use in article.image_uses.all()], [kept])

    def test_what_stands_already_is_no_revision(self):
        self.run_import()
        self.assertFalse(self.restore(0))
        self.assertFalse(Revision.objects.exists())

    def test_what_nobody_knows_is_refused(self):
        self.run_import()
        for key in ("r1", "i0", "", None):
            with self.assertRaises(KeyError):
                revisions.restore(self.article, key, self.editor)


class BlameTests(RevisionsTestCase):
    def blame(self):
        return revisions.blame(self.now(), self.told())

    def test_names_who_or_which_delivery_set_what_stands(self):
        self.run_import()
        self.edit(body="Words")
        self.run_import(EXCERPT)
        found = self.blame()
        created, edit, updated = reversed(self.told())
        self.assertEqual(
            [found[name] for name in ("title", "body", "excerpt", "topics", "related")],
            [created, edit, updated, created, created],
        )

    def test_what_was_cleared_away_is_not_blamed_on_another(self):
        self.run_import()
        self.edit(excerpt="Ours")
        self.edit(excerpt="The depot tunes every bell.")
        self.run_import(EXCERPT)
        later = timezone.now() + timedelta(days=400)
        journal.prune(later)
        self.assertEqual(self.kinds(), ["edit", "edit"])
        found = self.blame()
        self.assertIsNone(found["excerpt"])
        self.assertIsNone(found["title"])
        self.assertIsNotNone(revisions.known_since(self.article, later))
