"""Pictures that a worker fetches: when a task is queued, what one does, what comes after it."""

from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

from django.core.management import call_command
from django.test import override_settings
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from articles import tasks
from articles.decisions import decide
from articles.fetching import batches, taking
from articles.fetching.batches import fetch_batch
from articles.importing.lock import ImportRunning
from articles.importing.pipeline import import_seeds
from articles.importing.report import Options
from articles.management.worker import Worker
from articles.models import Article, Image
from tests.factories import make_article, make_editor
from tests.importing.seedtexts import seed
from tests.test_worker import OPEN, QUEUED

from .hostile import answer
from .test_taking import JPEG, FetchingTestCase, remote


class BatchesTestCase(FetchingTestCase):
    """A web that stands still: `self.time` passes by what is slept, and by `self.takes` seconds
    for each look at the clock."""

    def setUp(self):
        super().setUp()
        self.time, self.takes = 0.0, 0.0
        fetching = partial(taking.fetch_all, by=self.web.client)
        manners = partial(taking.Manners, now=self.now, sleep=self.sleep)
        self.enterContext(mock.patch.object(batches, "fetch_all", fetching))
        self.enterContext(mock.patch.object(batches, "Manners", manners))

    def now(self):
        self.time += self.takes
        return self.time

    def sleep(self, seconds):
        self.time += seconds

    def asked(self) -> list[str]:
        return [head.split()[1] for head in self.server.asked]

    def links(self, number, host="pictures.example") -> list[Image]:
        return [remote(self.server.url(f"/picture?{host}{n}", host)) for n in range(number)]


class BatchTests(BatchesTestCase):
    def test_takes_what_readers_see_first_and_then_nothing_is_left(self):
        (held,) = self.links(1, "held.example")
        (shown,) = self.links(1, "shown.example")
        make_article(images=[held], is_published=False)
        make_article(images=[shown])
        self.assertIsNone(fetch_batch())
        self.assertEqual(self.asked(), ["/picture?shown.example0", "/picture?held.example0"])

    def test_stops_when_its_time_is_up_and_goes_on_at_once(self):
        make_article(images=self.links(5))
        following = fetch_batch(seconds=2.5)  # a host is asked once a second
        self.assertEqual(len(self.asked()), 3)
        self.assertLessEqual(following.at, timezone.now())
        self.assertIsNone(fetch_batch(following.resting))
        self.assertEqual(len(set(self.asked())), 5)

    def test_hosts_that_fail_are_left_alone_by_the_next_batch_too(self):
        self.server.answers["/picture"] = answer(status="500 Oops")
        self.server.answers["/there"] = answer(JPEG)
        there = [remote(self.server.url(f"/there?{n}", "there.example")) for n in range(5)]
        make_article(images=[*self.links(taking.PATIENCE + 2, "away.example"), *there])
        following = fetch_batch(seconds=taking.PATIENCE - 0.5)
        self.assertEqual(following.resting, ["away.example"])
        self.assertEqual(self.web.resolved.count("away.example"), taking.PATIENCE)
        following = fetch_batch(following.resting)
        self.assertEqual(self.web.resolved.count("away.example"), taking.PATIENCE)
        self.assertEqual(self.web.resolved.count("there.example"), len(there))
        # An hour later, those that failed are due and the others are asked for.
        self.assertAlmostEqual(
            following.at, timezone.now() + taking.FIRST_WAIT, delta=timedelta(minutes=1)
        )
        self.assertEqual(following.resting, [])

    def test_comes_back_when_what_failed_is_due(self):
        self.server.answers["/picture"] = answer(status="404 Not Found")
        (image,) = self.links(1)
        make_article(images=[image])
        following = fetch_batch()
        image.refresh_from_db()
        self.assertEqual(following, (image.fetch_next_at, []))

    def test_does_not_come_back_for_what_failed_for_good(self):
        make_article(images=[remote("http://10.0.0.1/a.jpg")])
        self.assertIsNone(fetch_batch())

    def test_waits_for_another_fetch(self):
        make_article(images=self.links(1))
        busy = mock.patch.object(batches.lock, "exclusive", side_effect=ImportRunning("process 4"))
        with busy:
            following = fetch_batch(["away.example"])
        self.assertEqual((following.resting, self.asked()), (["away.example"], []))
        self.assertGreater(following.at, timezone.now())

    def test_rows_are_read_some_at_a_time(self):
        images = self.links(5)
        numbers = [image.pk for image in reversed(images)]
        with mock.patch.object(batches, "_CHUNK", 2), self.assertNumQueries(3):
            rows = list(batches._loaded([*numbers, numbers[0] + 1]))  # one has gone meanwhile
        self.assertEqual(rows, images[::-1])


@OPEN
@QUEUED
class QueueTests(BatchesTestCase):
    def work(self):
        return Worker().work(until_empty=True)

    def import_links(self, *urls, **options):
        with TemporaryDirectory() as folder, self.captureOnCommitCallbacks(execute=True):
            for number, url in enumerate(urls):
                content = seed(("https://post.example/bells.jpg", url))
                (Path(folder) / f"story-{number}.md").write_bytes(content)
            return import_seeds([Path(folder)], "feed", Options(**options))

    def queued(self):
        return DBTaskResult.objects.filter(task_path=tasks.fetch_pictures.module_path)

    def test_an_import_queues_one_task_whatever_it_brings(self):
        report = self.import_links(*(self.server.url(f"/picture?{n}") for n in range(3)))
        self.assertEqual((report.created, self.queued().count(), self.asked()), (3, 1, []))
        self.work()
        self.assertEqual(Image.objects.filter(file="").count(), 0)
        self.assertEqual(len(self.asked()), 3)
        self.assertEqual(self.queued().count(), 1)

    def test_a_dry_run_queues_none(self):
        self.import_links(self.server.url(), is_dry_run=True)
        self.assertFalse(self.queued().exists())

    def test_further_imports_join_the_task_that_waits(self):
        for n in range(3):
            self.import_links(self.server.url(f"/picture?{n}"))
        self.assertEqual(self.queued().count(), 1)

    def test_tasks_follow_each_other_until_all_is_done(self):
        self.takes = 10.0  # three looks at the clock, and a batch is over
        make_article(images=self.links(5))
        with self.captureOnCommitCallbacks(execute=True):
            tasks.fetch_soon()
        self.assertGreater(self.work(), 2)
        self.assertEqual(len(set(self.asked())), 5)
        self.assertEqual(len(self.asked()), 5)

    def test_what_fails_is_tried_again_without_anybodys_doing(self):
        self.server.answers["/picture"] = answer(status="404 Not Found")
        self.import_links(self.server.url())
        self.assertEqual(self.work(), 1)
        waiting = self.queued().get(status="READY")
        self.assertEqual(waiting.run_after, Image.objects.get().fetch_next_at)
        # What comes meanwhile does not wait for it, and leaves no second one.
        self.import_links(self.server.url(), self.server.url("/picture?other"))
        self.assertEqual((self.work(), len(self.asked())), (1, 2))
        self.assertEqual(self.queued().get(status="READY").run_after, waiting.run_after)

    def test_an_editors_decision_queues_one(self):
        (image,) = self.links(1)
        article = make_article(images=[image], status=Article.Status.WITHDRAWN)
        self.assertEqual(list(taking.wanting()), [])
        with self.captureOnCommitCallbacks(execute=True):
            decide(article.pk, Article.Status.PUBLISHED, make_editor())
        self.work()
        image.refresh_from_db()
        self.assertTrue(image.file)

    def test_words_alone_queue_none(self):
        with self.captureOnCommitCallbacks(execute=True):
            tasks.follow_changes(["title", "body"], is_new=False)
        self.assertFalse(self.queued().exists())

    def test_off_nothing_is_queued_and_what_waits_asks_nobody(self):
        with override_settings(FETCH_IMAGES=False):
            self.import_links(self.server.url())
            self.assertFalse(self.queued().exists())
        self.import_links(self.server.url("/picture?other"))
        with override_settings(FETCH_IMAGES=False):
            self.assertEqual(self.work(), 1)
        self.assertEqual(self.web.dialled, [])

    def test_the_command_that_works_ends_though_something_waits_for_later(self):
        self.server.answers["/picture"] = answer(status="404 Not Found")
        self.import_links(self.server.url())
        with mock.patch.object(Worker, "configure_signals"):
            call_command("run_worker", until_empty=True, verbosity=0)
        self.assertEqual(self.queued().filter(status="READY").count(), 1)


class WithoutAQueueTests(BatchesTestCase):
    def test_nobody_waits_for_other_sites(self):
        make_article(images=self.links(1))
        with self.captureOnCommitCallbacks(execute=True):
            tasks.fetch_soon()
        self.assertEqual(self.web.dialled, [])
