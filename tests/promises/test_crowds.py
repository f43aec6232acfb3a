"""Writers wait, they do not fail: editors, readers and an import at one database at once, and
nobody is told that it is locked."""

import json
import random

from django.test import SimpleTestCase

from tests.databases import only_on
from tests.importing.feed import Feed
from tests.promises import trials
from tests.promises.crowd import READERS, WRITERS
from tests.promises.processes import Databases


class CrowdTests(Databases, SimpleTestCase):
    def setUp(self):
        super().setUp()
        self.environment = {"MEDIA_ROOT": str(self.folder / "m")}
        feed = Feed(random.Random(16), 40)
        self.seeds = [feed.deliver(self.folder / "one")]
        feed.move()
        self.seeds.append(feed.deliver(self.folder / "two"))

    def crowd(self, seconds: float, *options) -> dict:
        command = ["-m", "tests.promises.crowd", seconds, *self.seeds, *options]
        process = self.start(*command)
        out, err = process.communicate(timeout=240)
        self.assertEqual(process.returncode, 0, err)
        return json.loads(out)

    def test_everybody_waits_and_nobody_fails(self):
        told = self.crowd(trials(2, 60))
        self.assertEqual(told["errors"], [])
        names = {"import 0"} | {f"write {n}" for n in range(WRITERS)}
        self.assertEqual(names | {f"read {n}" for n in range(READERS)}, told["done"].keys())
        # The last thing that each wrote stands there.
        last = [str(told["done"][f"write {number}"] - 1) for number in range(WRITERS)]
        self.assertEqual(told["notes"], last)

    @only_on("sqlite")
    def test_the_twin_is_told_that_it_is_locked(self):
        """With transactions that begin as readers, and no waiting."""
        errors = self.crowd(trials(2, 10), "--impatient")["errors"]
        self.assertTrue([each for each in errors if "database is locked" in each], errors)
