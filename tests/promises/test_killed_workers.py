"""A worker can die anywhere: what it had in hand is done by the next one. And no two workers have
one task in hand at once. On a database and in processes of their own.

The twins stand in `tests/test_worker.py`: with locks that say nothing, a worker takes what another
has in hand, or leaves what a dead one had.
"""

import os
import signal
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from unittest import mock

from django.test import SimpleTestCase

from tests.promises.processes import Databases


class KilledWorkersTests(Databases, SimpleTestCase):
    def setUp(self):
        queue = mock.patch.dict(os.environ, TASKS="database")
        queue.start()
        self.addCleanup(queue.stop)
        super().setUp()

    def manage(self, *arguments):
        # The queue's own tables are all that these tasks need.
        return super().manage(*arguments, "django_tasks_database")

    @contextmanager
    def working(self, *names):
        process = self.start("-m", "tests.promises.working", self.folder, *names)
        try:
            yield process
        finally:
            process.kill()
            process.communicate()

    def log(self):
        path = self.folder / "log"
        return path.read_text().splitlines() if path.exists() else []

    def wait_for(self, line, *workers):
        end = time.monotonic() + 60
        while line not in self.log():
            for worker in workers:
                self.assertIsNone(worker.poll(), "the worker ended")
            self.assertLess(time.monotonic(), end, f"waited a minute for {line!r}")
            time.sleep(0.02)

    def let_go(self, name):
        (self.folder / f"go-{name}").touch()

    def test_nothing_is_lost_and_nothing_done_twice_at_once(self):
        with ExitStack() as stack:
            dying = stack.enter_context(self.working("block-x"))
            self.wait_for("block-x began", dying)
            one = stack.enter_context(self.working("note-one"))
            self.wait_for("note-one", one, dying)  # it looked around before, and let block-x be
            self.assertEqual(self.log(), ["block-x began", "note-one"])

            dying.kill()
            dying.wait()
            self.let_go("block-x")
            self.wait_for("block-x ended", one)

            names = [f"note-{number}" for number in range(30)]
            other = stack.enter_context(self.working(*names, "block-y"))
            self.wait_for("block-y began", one, other)
            # Told to stop, each ends what it has in hand.
            for worker in (one, other):
                worker.send_signal(signal.SIGTERM)
            self.let_go("block-y")
            for worker in (one, other):
                _out, err = worker.communicate(timeout=60)
                self.assertEqual((worker.returncode, "Traceback" in err), (0, False), err)
        expected = Counter(["note-one", "block-y began", "block-y ended", *names])
        expected.update({"block-x began": 2, "block-x ended": 1})
        self.assertEqual(Counter(self.log()), expected)
