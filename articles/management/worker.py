"""Takes tasks from the queue in the database and does them. Run by `manage.py run_worker`.

The library claims and runs them, each in one worker at a time. What it leaves open is added here,
for any number of workers on any number of machines with one database:

- A worker that dies takes nothing along. Each holds a lock that ends with its process; a task that
  is marked as running by one whose lock is free goes back into the queue.
- What fails is tried again, each time after a longer pause, ATTEMPTS times in all. Dying counts.
- What is done is forgotten after KEPT_DAYS.
"""

import fcntl
import hashlib
import logging
import os
import time
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import OperationalError, connection
from django.utils import timezone
from django.utils.crypto import get_random_string
from django_tasks import TaskResultStatus as Status
from django_tasks_db.management.commands import db_worker
from django_tasks_db.models import DBTaskResult

ATTEMPTS = 6
KEPT_DAYS = 14
INTERVAL = 1.0  # seconds between two looks into an empty queue
_ROUND = 20  # tasks between two looks for what others left
LOOK_AFTER = 15.0  # seconds between two such looks

logger = logging.getLogger(__name__)


def pause(attempts: int) -> timedelta:
    """How long a task waits after it failed for the `attempts`-th time: half a minute, then four
    times as long each time, two hours at most."""
    return timedelta(seconds=min(30 * 4 ** (attempts - 1), 7200))


class Worker(db_worker.Worker):
    """`work` does what waits, then waits for more, until it is told to stop (`configure_signals`):
    by a first SIGTERM after the task in hand, by a second one at once."""

    def __init__(self, interval: float = INTERVAL):
        super().__init__(
            queue_names=["*"],
            excluded_queue_names=[],
            interval=interval,
            batch=True,  # one round ends where nothing waits
            backend_name="default",
            startup_delay=False,
            max_tasks=_ROUND,
            worker_id=get_random_string(32),
        )
        self._looked = self._pruned = float("-inf")

    def work(self, *, until_empty: bool = False) -> int:
        """Returns how many tasks were begun, failed ones among them."""
        begun = 0
        with _locks() as locks:
            if not locks.take(self.worker_id):
                raise RuntimeError("another worker has the same number")
            while self.running:
                self._look_after(locks)
                self._run_tasks = 0
                self.run()
                begun += self._run_tasks
                if self._run_tasks:
                    continue
                if until_empty:
                    break
                time.sleep(self.interval)
        return begun

    def _look_after(self, locks) -> None:
        now = time.monotonic()
        if now - self._looked < LOOK_AFTER:
            return
        self._looked = now
        locks.keep(self.worker_id)
        take_over(locks, self.worker_id)
        try_again()
        if now - self._pruned > 3600:
            self._pruned = now
            prune()


def take_over(locks, own: str) -> int:
    """Put back what dead workers had in hand; returns how many tasks.

    Called between two tasks of the worker `own`: what is marked as its own was left by a failure
    to say that it ended. (Its lock is not asked for: a process is never in its own way.)
    """
    count = 0
    running = DBTaskResult.objects.running().only("worker_ids", "started_at", "task_path")
    for row in running:
        worker = row.worker_ids[-1]
        if worker != own and not locks.is_free(worker):
            continue
        logger.warning("A worker died in the task %s (%s)", row.pk, row.task_path)
        # Only as it was found: another worker may have put it back, and begun it anew.
        same = DBTaskResult.objects.running().filter(pk=row.pk, started_at=row.started_at)
        values = {"status": Status.READY}
        if len(row.worker_ids) >= ATTEMPTS:
            why = f"The worker died in it, {ATTEMPTS} times."
            values = {"status": Status.FAILED, "finished_at": timezone.now(), "traceback": why}
        count += same.update(**values)
    return count


def try_again() -> int:
    """Put back what failed, for later; returns how many tasks."""
    count = 0
    failed = DBTaskResult.objects.failed().filter(
        # Fewer attempts than there may be: one that has no more is never looked at again.
        **{f"worker_ids__{ATTEMPTS - 1}__isnull": True}
    )
    for row in failed.only("worker_ids", "finished_at"):
        due = row.finished_at + pause(len(row.worker_ids))
        same = DBTaskResult.objects.failed().filter(pk=row.pk, finished_at=row.finished_at)
        count += same.update(status=Status.READY, run_after=due)
    return count


def prune(at: datetime | None = None) -> int:
    """Forget what was done, or failed for good, more than KEPT_DAYS ago; returns how many tasks."""
    limit = (at or timezone.now()) - timedelta(days=KEPT_DAYS)
    return DBTaskResult.objects.finished().filter(finished_at__lt=limit).delete()[0]


# Locks that end with their process --------------------------------------------------------------


@contextmanager
def _locks():
    """The workers' locks, each known by its worker's name. One database is one set of them."""
    locks = _Advisory() if connection.vendor == "postgresql" else _FileRanges()
    try:
        yield locks
    finally:
        locks.close()


def _number(name: str) -> int:
    """The same in every process; two names that share one are less likely than a broken disk."""
    return int.from_bytes(hashlib.sha256(f"worker {name}".encode()).digest()[:8]) >> 2


class _Advisory:
    """Of a session of PostgreSQL: its own, for the usual ones are closed when they are old."""

    def __init__(self):
        self.session = connection.copy()
        self.session.settings_dict["OPTIONS"].pop("pool", None)

    def take(self, name: str) -> bool:
        return self._ask("SELECT pg_try_advisory_lock(%s)", name)

    def keep(self, name: str) -> None:
        """Take it anew where the server has forgotten it, being started again."""
        try:
            self._ask("SELECT %s::bigint", name)
        except OperationalError:
            self.session.close()
            self.take(name)

    def is_free(self, name: str) -> bool:
        if not self.take(name):
            return False
        self._ask("SELECT pg_advisory_unlock(%s)", name)
        return True

    def close(self) -> None:
        self.session.close()

    def _ask(self, question: str, name: str):
        with self.session.cursor() as cursor:
            cursor.execute(question, [_number(name)])
            return cursor.fetchone()[0]


class _FileRanges:
    """Of single bytes of one file beside SQLite's. Nothing is written to it."""

    def __init__(self):
        self.file = None
        if not connection.is_in_memory_db():  # which no other process can see
            path = f"{connection.settings_dict['NAME']}.worker-lock"
            self.file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)

    def take(self, name: str) -> bool:
        return self._set(fcntl.LOCK_EX | fcntl.LOCK_NB, name)

    def keep(self, name: str) -> None:
        """The system forgets none."""

    def is_free(self, name: str) -> bool:
        return self.take(name) and self._set(fcntl.LOCK_UN, name)

    def close(self) -> None:
        if self.file is not None:
            os.close(self.file)

    def _set(self, how: int, name: str) -> bool:
        if self.file is None:
            return True
        try:
            fcntl.lockf(self.file, how, 1, _number(name))
        except (BlockingIOError, PermissionError):
            return False
        return True
