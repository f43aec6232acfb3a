"""The disk below PostgreSQL is full, rows, log and all: an import says so, readers' pages come or a
plain 503 does, and once there is room the same import ends as one that never met a full disk."""

import json
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from unittest import SkipTest

from django.test import SimpleTestCase

from tests.databases import only_on
from tests.importing.feed import Feed
from tests.promises import trials
from tests.promises.processes import Processes
from tests.promises.servers import SmallServer, why_not

MEGABYTES = 320  # a database of its own for each room, and the log of making it
ROOMS = range(100_000, 2_100_000, 200_000)  # an import of 400 files takes more


@only_on("postgresql")
class FullServersTests(Processes, SimpleTestCase):
    def setUp(self):
        if reason := why_not():
            raise SkipTest(reason)
        self.folder = Path(self.enterContext(TemporaryDirectory()))
        seeds = Feed(Random(8), 400).deliver(self.folder / "seeds")
        self.server = self.enterContext(SmallServer(MEGABYTES))
        self.url = self.server.url("postgres")
        self.manage("migrate", "-v", "0")
        self.command = ["manage.py", "import_seeds", seeds, "--source", "feed"]

    def new_database(self, name: str) -> None:
        """From now on everything uses that one, empty, on the small server."""
        self.server.sql(f"CREATE DATABASE {name} TEMPLATE postgres")
        self.addCleanup(self.server.sql, f"DROP DATABASE {name}")
        self.url = self.server.url(name)

    def test_an_import_says_so_and_the_next_one_completes_it(self):
        self.new_database("never_full")
        self.manage(*self.command[1:])
        expected = self.digest()
        for room in Random(8).sample(ROOMS, trials(1, len(ROOMS))):
            with self.subTest(room=room):
                self.new_database(f"room_for_{room}")
                self.server.fill(room)
                status, _out, err = self.run_to_end(*self.command)
                self.assertEqual(status, 3, err)
                self.assertRegex(err, "run it again")
                self.assertLessEqual(set(self.pages()), {200, 503})
                self.server.make_room()
                self.assertEqual(self.pages(), [200] * len(PAGES))
                self.manage(*self.command[1:])
                self.assertEqual(self.digest(), expected)

    def pages(self) -> list[int]:
        status, out = self.run_process("-c", ASKED, *PAGES)
        self.assertEqual(status, 0)
        return json.loads(out.splitlines()[-1])


PAGES = ["/", "/latest/", "/feed.atom", "/sitemap.xml"]
ASKED = """
import json, sys, django
django.setup()
from django.test import Client
ask = Client(raise_request_exception=False, SERVER_NAME="localhost")
print(json.dumps([ask.get(page).status_code for page in sys.argv[1:]]))
"""
