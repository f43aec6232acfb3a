"""One deed on many articles: each on its own, and all of it on record."""

from datetime import timedelta
from unittest import mock

from django.contrib.admin.models import LogEntry
from django.core.exceptions import ValidationError
from django.db import OperationalError, connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles import bulk, deeds
from articles.models import Article, BulkAction, BulkItem, Revision, Topic

from .factories import NOON, make_article, make_editor, make_topic

Deed = BulkAction.Deed
Outcome = BulkItem.Outcome
Status = Article.Status


class BulkTestCase(TestCase):
    def setUp(self):
        self.editor = make_editor()

    def make_held(self, count):
        return [make_article(is_published=False) for _number in range(count)]

    def choose(self, deed, articles=None, choices=None):
        articles = Article.objects.order_by("pk") if articles is None else articles
        return bulk.choose(self.editor, deed, articles, choices=choices or {})

    def outcomes(self, action):
        return [(row.outcome, row.reason) for row in action.items.order_by("pk")]


class WorkingTests(BulkTestCase):
    def test_says_of_each_what_happened(self):
        held, silent, over, gone, done = self.make_held(5)
        Article.objects.filter(pk=silent.pk).update(excerpt="")
        Article.objects.filter(pk=over.pk).update(publish_until=NOON)
        Article.objects.filter(pk=done.pk).update(
            status=Status.PUBLISHED, publish_from=NOON, decided_at=NOON
        )
        action = self.choose(Deed.PUBLISH)
        gone.delete()
        self.assertTrue(bulk.go_on(action))
        found = self.outcomes(action)
        kinds = [outcome for outcome, _reason in found]
        self.assertEqual(
            kinds,
            [Outcome.CHANGED, Outcome.REFUSED, Outcome.REFUSED, Outcome.GONE, Outcome.SAME],
        )
        self.assertIn("Published, but not complete.", found[0][1])
        self.assertIn("there is neither", found[1][1])
        self.assertIn("has passed", found[2][1])
        self.assertEqual(bulk.counts(action), {2: 2, 3: 1, 4: 1, 5: 1})
        self.assertEqual(LogEntry.objects.get().object_id, str(held.pk))
        self.assertEqual(held.revisions.get().by, self.editor)

    def test_what_is_not_expected_of_one_stops_no_other_and_is_logged(self):
        self.make_held(3)
        action = self.choose(Deed.HOLD)
        real, calls = bulk.decide, []

        def fails_once(pk, *args, **how):
            calls.append(real(pk, *args, **how))
            if len(calls) == 2:
                raise RuntimeError("a disk is full")
            return calls[-1]

        with (
            mock.patch("articles.bulk.decide", fails_once),
            self.assertLogs("articles.bulk", "ERROR"),
        ):
            self.assertTrue(bulk.go_on(action))
        kinds = [outcome for outcome, _reason in self.outcomes(action)]
        self.assertEqual(kinds, [Outcome.CHANGED, Outcome.FAILED, Outcome.CHANGED])
        self.assertIn("RuntimeError", self.outcomes(action)[1][1])
        # What it had written of that article is taken back.
        self.assertEqual(Article.objects.filter(decided_at__isnull=True).count(), 1)
        self.assertEqual(Revision.objects.count(), 2)

    def test_with_the_database_away_what_was_not_done_goes_on_waiting(self):
        self.make_held(3)
        action = self.choose(Deed.REVIEW)
        real, calls = bulk.decide, []

        def away_once(pk, *args, **how):
            calls.append(pk)
            if len(calls) == 2:
                raise OperationalError("database is locked")
            return real(pk, *args, **how)

        with mock.patch("articles.bulk.decide", away_once), self.assertRaises(OperationalError):
            bulk.go_on(action)
        self.assertEqual(bulk.counts(action), {Outcome.CHANGED: 1, Outcome.WAITING: 2})
        self.assertTrue(bulk.go_on(action))
        self.assertEqual(bulk.counts(action), {Outcome.CHANGED: 3})

    def test_dies_between_two_articles_and_goes_on(self):
        self.make_held(5)
        action = self.choose(Deed.PUBLISH)
        real, calls = bulk._do, []

        def dies(*args):
            calls.append(args)
            if len(calls) == 3:
                raise KeyboardInterrupt
            real(*args)

        with mock.patch("articles.bulk._do", dies), self.assertRaises(KeyboardInterrupt):
            bulk.go_on(action)
        self.assertEqual(bulk.counts(action), {Outcome.CHANGED: 2, Outcome.WAITING: 3})
        self.assertEqual(Article.objects.published().count(), 2)
        self.assertEqual(bulk.unfinished(self.editor).get(), action)
        self.assertTrue(bulk.go_on(action))
        self.assertEqual(bulk.counts(action), {Outcome.CHANGED: 5})
        self.assertEqual(Revision.objects.count(), 5)
        self.assertFalse(bulk.unfinished(self.editor).exists())

    def test_dies_amid_an_article_and_leaves_nothing_of_it(self):
        (article,) = self.make_held(1)
        action = self.choose(Deed.PUBLISH)
        with (
            mock.patch.object(BulkItem, "save", side_effect=KeyboardInterrupt),
            self.assertRaises(KeyboardInterrupt),
        ):
            bulk.go_on(action)
        article.refresh_from_db()
        self.assertEqual(article.status, Status.HELD)
        self.assertFalse(article.revisions.exists())

    def test_stops_when_the_time_is_up(self):
        self.make_held(3)
        action = self.choose(Deed.PUBLISH)
        self.assertFalse(bulk.go_on(action, seconds=0))
        self.assertEqual(bulk.counts(action), {Outcome.WAITING: 3})

    def test_two_who_go_on_do_each_article_once(self):
        self.make_held(3)
        action = self.choose(Deed.PUBLISH)
        real = bulk._do

        def overtaken(*args):
            real(*args)
            real(*args)

        with mock.patch("articles.bulk._do", overtaken):
            bulk.go_on(action)
        self.assertEqual(Revision.objects.count(), 3)
        self.assertEqual(bulk.counts(action), {Outcome.CHANGED: 3})

    def test_the_choice_stays_what_it_was(self):
        """Although the deed itself empties the list that it was chosen in."""
        self.make_held(3)
        action = self.choose(Deed.PUBLISH, Article.objects.filter(status=Status.HELD).for_listing())
        late = make_article(is_published=False)
        bulk.go_on(action)
        late.refresh_from_db()
        self.assertEqual((Article.objects.published().count(), late.status), (3, Status.HELD))

    def test_an_article_costs_the_same_whatever_the_others_are(self):
        costs = []
        for count in (1, 20):
            action = self.choose(Deed.HOLD, Article.objects.filter(pk__in=self.pks(count)))
            with CaptureQueriesContext(connection) as queries:
                bulk.go_on(action)
            costs.append(len(queries) / count)
        self.assertLessEqual(costs[1], costs[0])

    def pks(self, count):
        return [article.pk for article in self.make_held(count)]

    def test_old_records_go(self):
        old = self.choose(Deed.HOLD)
        limit = timezone.now() - timedelta(days=bulk.RECORD_DAYS, minutes=1)
        BulkAction.objects.update(chosen_at=limit)
        kept = self.choose(Deed.HOLD)
        self.assertEqual(list(BulkAction.objects.all()), [kept])
        self.assertNotEqual(old, kept)

    def test_what_waits_for_its_choices_is_not_unfinished(self):
        bulk.choose(self.editor, Deed.ASSIGN, Article.objects.all())
        self.assertFalse(bulk.unfinished(self.editor).exists())


class RetopicTests(BulkTestCase):
    def setUp(self):
        super().setUp()
        self.article = make_article(topics=["Climate", "Trams"])
        self.climate, self.trams, self.bells = map(make_topic, ("Climate", "Trams", "Bells"))

    def names(self):
        return sorted(self.article.topics.names())

    def test_adds_and_takes_away_and_keeps_a_revision(self):
        done = deeds.retopic(
            self.article.pk, self.editor, add=[self.bells.pk], take=[self.climate.pk]
        )
        self.assertEqual(done, self.article)
        self.assertEqual(self.names(), ["Bells", "Trams"])
        revision = self.article.revisions.get()
        self.assertEqual(revision.changes, {"topics": [["Climate", "Trams"], ["Bells", "Trams"]]})
        self.assertEqual((revision.by, revision.kind), (self.editor, Revision.Kind.EDIT))

    def test_what_stands_like_that_already_is_left_alone(self):
        done = deeds.retopic(
            self.article.pk, self.editor, add=[self.trams.pk], take=[self.bells.pk]
        )
        self.assertIsNone(done)
        self.assertFalse(self.article.revisions.exists())

    def test_a_topic_that_is_gone_is_said(self):
        number = self.bells.pk
        Topic.objects.filter(pk=number).delete()
        with self.assertRaises(ValidationError):
            deeds.retopic(self.article.pk, self.editor, add=[number], take=[self.trams.pk])
        self.assertEqual(self.names(), ["Climate", "Trams"])


class AssignTests(BulkTestCase):
    def test_is_kept_as_a_revision_and_touches_nothing_else(self):
        article, colleague = make_article(), make_editor("colleague")
        updated = article.updated_at
        self.assertEqual(deeds.assign(article.pk, self.editor, to=colleague), article)
        article.refresh_from_db()
        self.assertEqual((article.assigned_to, article.updated_at), (colleague, updated))
        self.assertIsNone(article.decided_at)
        revision = article.revisions.get()
        self.assertEqual((revision.kind, revision.comment), ("assignment", "to colleague"))
        self.assertIsNone(deeds.assign(article.pk, self.editor, to=colleague))
        deeds.assign(article.pk, self.editor, to=None)
        self.assertEqual(article.revisions.first().comment, "to nobody")

    def test_counts_for_the_colleague_outside_the_trash(self):
        make_article(assigned_to=self.editor, status=Status.TRASHED)
        mine = make_article(assigned_to=self.editor)
        make_article()
        self.assertEqual(list(Article.objects.assigned_to(self.editor)), [mine])

    def test_an_account_that_is_gone_is_said(self):
        make_article()
        action = self.choose(Deed.ASSIGN, choices={"to": 99})
        bulk.go_on(action)
        self.assertEqual(
            self.outcomes(action), [(Outcome.REFUSED, "The colleague’s account is gone.")]
        )
