"""An import can die anywhere: killed at any statement, the next run ends where one that was never
killed ends. And two at once never interleave. On files of their own, or databases, in processes of
their own: nothing here is simulated but the moment."""

import random

from django.test import SimpleTestCase

from tests.importing.feed import Feed
from tests.promises import trials
from tests.promises.processes import Databases


class KilledImportsTests(Databases, SimpleTestCase):
    def setUp(self):
        super().setUp()
        rnd = random.Random(5)
        feed = Feed(rnd, 60)
        self.seeds = feed.deliver(self.folder / "first")
        self.dying(0)  # every trial begins with a newsroom that knows the first delivery
        feed.move()
        feed.items = Feed(rnd, 90).items | feed.items  # new ones among those that change
        self.seeds = feed.deliver(self.folder / "second")
        self.new_database()
        status, out = self.dying(0)
        self.assertEqual(status, 0)
        self.statements, self.expected = int(out), self.digest()
        self.rnd = rnd

    def dying(self, statement: int, *options) -> tuple[int, str]:
        return self.run_process("-m", "tests.promises.dying", self.seeds, statement, *options)

    def differs(self, statement: int, *options) -> bool:
        """Whether an import killed at that statement, and run again, fails or ends elsewhere."""
        self.new_database()
        status, _ = self.dying(statement, *options)
        self.assertEqual(status, -9)
        status, _ = self.run_process(
            "manage.py", "import_seeds", self.seeds, "--source", "feed", "--verbosity", "0"
        )
        return status != 0 or self.digest() != self.expected

    def test_killed_at_any_statement_the_next_run_ends_the_same(self):
        moments = self.rnd.sample(range(1, self.statements), trials(2, 100))
        self.assertEqual([moment for moment in moments if self.differs(moment)], [])

    def test_the_twin_is_left_with_half_a_file(self):
        """Without transactions a file is half here, and its fingerprint says that it is whole."""
        moments = range(self.statements // 2, self.statements, 25)  # of which many will do
        self.assertTrue(any(self.differs(moment, "--loose") for moment in moments))


class TwoAtOnceTests(Databases, SimpleTestCase):
    def setUp(self):
        super().setUp()
        self.seeds = Feed(random.Random(7), 300).deliver(self.folder / "seeds")
        self.command = ["manage.py", "import_seeds", self.seeds, "--source", "feed"]

    def test_the_second_waits_or_says_who_runs(self):
        self.new_database()
        alone = [self.start(*self.command), self.start(*self.command)]
        said = [process.communicate(timeout=120)[1] for process in alone]
        statuses = [process.returncode for process in alone]
        if statuses != [0, 0]:  # unless the first was so fast that there was no second
            self.assertEqual(sorted(statuses), [0, 3])
            refused = said[statuses.index(3)]
            self.assertRegex(refused, r"Another import runs already: \w[\w ]* \d+\. ")
        self.new_database()
        patient = [self.start(*self.command, "--wait", "60") for _ in range(2)]
        printed = sorted(process.communicate(timeout=120)[0] for process in patient)
        self.assertEqual([process.returncode for process in patient], [0, 0])
        self.assertIn("0 created, 0 updated, 300 unchanged", printed[0])
        self.assertIn("300 created, 0 updated, 0 unchanged", printed[1])
