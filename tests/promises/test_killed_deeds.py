"""Publishing many, merging and fetching can die anywhere: nothing is half done, and done again they
end where those end that were never killed. On databases and in processes of their own."""

import json
import random

from django.test import SimpleTestCase

from tests.promises import IS_FULL
from tests.promises.deeds import WHAT
from tests.promises.processes import Databases

LEAST = 20  # moments that each takes


class KilledDeedsTests(Databases, SimpleTestCase):
    def setUp(self):
        super().setUp()
        self.environment = {"FETCH_IMAGES": "on", "RENDITIONS": "by-command"}
        self.media = self.folder / "media"
        self.renew("1")
        self.do("make")

    def renew(self, name: str) -> None:
        self.environment = self.environment | {"MEDIA_ROOT": str(self.media / name)}

    def do(self, *arguments) -> dict:
        status, out = self.run_process("-m", "tests.promises.deeds", *arguments)
        self.assertEqual(status, 0)
        return json.loads(out or "{}")

    def killed(self, what: str, moment, *options) -> dict:
        """What the next run tells."""
        self.begin_anew()
        status, _ = self.run_process("-m", "tests.promises.deeds", what, moment, *options)
        self.assertEqual(status, -9)
        return self.do(what)

    def begin_anew(self) -> None:
        self.new_database()
        self.renew(str(self.number))

    def test_killed_at_any_moment_it_is_whole_and_goes_on(self):
        self.rnd = random.Random(8)
        for what in WHAT:
            for moment in self.moments(what):
                with self.subTest(what, moment=moment):
                    told = self.killed(what, moment)
                    self.assertEqual((told["half"], told["left"]), ([], 0))
                    if IS_FULL:
                        self.assertEqual(told["all"], self.expected)

    def moments(self, what: str) -> list[int]:
        if not IS_FULL:
            return [self.rnd.randrange(1, LEAST)]
        self.begin_anew()
        told = self.do(what)
        self.expected = told["all"]
        return self.rnd.sample(range(1, told["moments"] + 1), 25)

    def test_the_twin_is_left_with_half_a_deed(self):
        """Without transactions an article is public, and no history says who did that."""
        self.assertNotEqual(self.killed("publish", "after-write", "--loose")["half"], [])
