"""The queue and its worker: what is tried again, taken over, forgotten; and when a task is done."""

from datetime import timedelta
from io import StringIO
from unittest import mock

from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import TestCase, override_settings
from django.utils import timezone
from django_tasks import TaskResultStatus as Status
from django_tasks import task
from django_tasks_db.models import DBTaskResult

from articles.management.worker import ATTEMPTS, KEPT_DAYS, Worker, pause, prune, take_over
from articles.tasks import later

done = []
# Within a test's transaction, the connection is none that could be closed.
OPEN = mock.patch(
    "django_tasks_db.management.commands.db_worker.close_old_connections", lambda: None
)
QUEUED = override_settings(TASKS={"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}})


@task()
def do(name: str) -> None:
    done.append(name)
    if name == "fails":
        raise ValueError("no such thing")


class Locks:
    """Instead of the true ones: `free` are the workers that are said to be dead."""

    def __init__(self, free):
        self.free = free

    def is_free(self, name):
        return name in self.free


@OPEN
class LaterTests(TestCase):
    def setUp(self):
        done.clear()

    def taken_back(self):
        with transaction.atomic():
            later(do, "never")
            transaction.set_rollback(True)

    def test_at_once_means_after_the_commit(self):
        with self.captureOnCommitCallbacks(execute=True):
            later(do, "one")
            self.assertEqual(done, [])
            self.taken_back()
        self.assertEqual(done, ["one"])

    def test_at_once_a_failure_is_logged_and_stops_nobody(self):
        logged = self.assertLogs("django_tasks", "ERROR")
        with logged as logs, self.captureOnCommitCallbacks(execute=True):
            later(do, "fails")
            later(do, "two")
        self.assertIn("no such thing", logs.output[0])
        self.assertEqual(done, ["fails", "two"])

    @QUEUED
    def test_queued_it_waits_for_a_worker(self):
        later(do, "one")
        later(do, "tomorrow", at=timezone.now() + timedelta(days=1))
        self.taken_back()
        self.assertEqual(done, [])
        self.assertEqual(Worker().work(until_empty=True), 1)
        self.assertEqual(done, ["one"])


@OPEN
@QUEUED
class WorkerTests(TestCase):
    def setUp(self):
        done.clear()

    def row(self):
        return DBTaskResult.objects.get()

    def test_tries_again_after_longer_and_longer_pauses_but_not_for_ever(self):
        later(do, "fails")
        for number in range(1, ATTEMPTS + 1):
            with self.assertLogs("django_tasks", "ERROR"):
                self.assertEqual(Worker().work(until_empty=True), 1)
            self.assertEqual(len(done), number)
            self.assertEqual(self.row().status, Status.FAILED)
            self.assertIn("no such thing", self.row().traceback)
            failed = self.row().finished_at
            self.assertEqual(Worker().work(until_empty=True), 0)
            if number < ATTEMPTS:
                self.assertEqual(self.row().status, Status.READY)
                self.assertEqual(self.row().run_after, failed + pause(number))
                DBTaskResult.objects.update(run_after=timezone.now())
        self.assertEqual(self.row().status, Status.FAILED)
        pauses = [pause(number) for number in range(1, 9)]
        self.assertEqual(pauses, sorted(pauses))
        self.assertEqual((pauses[0].seconds, pauses[-1].seconds), (30, 7200))

    def claimed(self, times=1):
        later(do, "one")
        row = self.row()
        for _ in range(times):
            row.claim("first")
        return row

    def test_takes_over_what_a_dead_one_had_in_hand(self):
        self.claimed()
        self.assertEqual(take_over(Locks(free=["first"]), "second"), 1)
        self.assertEqual(self.row().status, Status.READY)

    def test_leaves_what_a_living_one_has_in_hand(self):
        self.claimed()
        self.assertEqual(take_over(Locks(free=[]), "second"), 0)
        self.assertEqual(self.row().status, Status.RUNNING)

    def test_takes_up_what_it_could_not_say_the_end_of(self):
        self.claimed()
        self.assertEqual(take_over(Locks(free=[]), "first"), 1)

    def test_a_task_that_kills_its_workers_ends(self):
        self.claimed(ATTEMPTS)
        self.assertEqual(take_over(Locks(free=["first"]), "second"), 1)
        self.assertEqual(self.row().status, Status.FAILED)
        self.assertEqual(Worker().work(until_empty=True), 0)

    def test_what_is_done_is_forgotten_in_time(self):
        later(do, "one")
        Worker().work(until_empty=True)
        now = timezone.now()
        self.assertEqual(prune(now + timedelta(days=KEPT_DAYS - 1)), 0)
        later(do, "waits")
        self.assertEqual(prune(now + timedelta(days=KEPT_DAYS + 1)), 1)
        self.assertEqual(self.row().status, Status.READY)

    def test_the_command_does_what_waits(self):
        later(do, "one")
        out = StringIO()
        with mock.patch.object(Worker, "configure_signals"):  # they are the test runner's
            call_command("run_worker", until_empty=True, stdout=out)
        self.assertEqual((done, out.getvalue()), (["one"], "1 tasks\n"))


class CommandTests(TestCase):
    def test_refuses_where_nothing_is_queued(self):
        with self.assertRaisesRegex(CommandError, "TASKS=database"):
            call_command("run_worker", until_empty=True)
