"""A backup is a backup: taken while an import runs, and restored, it says what the newsroom said at
one moment, in every table; and whatever is wrong with it changes nothing."""

import json
import random
import stat
from pathlib import Path

from django.test import SimpleTestCase

from articles.backups.archive import Reader, opened
from tests.importing.feed import Feed
from tests.promises.processes import Databases


def contents(path: Path) -> dict[str, list]:
    """Every row of every table; what a column of JSON says, however it is written."""
    with opened(path) as archive:
        return {
            name: [[_plain(value) for value in row] for row in archive.rows(name)]
            for name in archive.manifest.tables
        }


def _plain(value):
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


class BackupTests(Databases, SimpleTestCase):
    def setUp(self):
        super().setUp()
        self.media = self.folder / "media"
        (self.media / "images").mkdir(parents=True)
        (self.media / "images" / "bell.jpg").write_bytes(b"a bell")
        self.environment = {"MEDIA_ROOT": str(self.media)}
        rnd = random.Random(18)
        feed = Feed(rnd, 8)
        self.first = feed.deliver(self.folder / "first")
        feed.move()
        feed.items = Feed(rnd, 12).items | feed.items
        self.second = feed.deliver(self.folder / "second")
        self.manage("import_seeds", self.first, "--source", "feed", "-v0")
        self.file = self.folder / "backup.zip"

    def backup_during_an_import(self, *options) -> tuple[str, str]:
        status, out = self.run_process(
            "-m", "tests.promises.backing_up", self.file, self.second, *options
        )
        self.assertEqual(status, 0)
        return json.loads(out)

    def refused(self, *arguments) -> str:
        status, _, said = self.run_to_end("manage.py", "restore", *arguments)
        self.assertEqual(status, 3, said)
        return said

    def test_taken_during_an_import_it_gives_one_moment_back(self):
        before, after = self.backup_during_an_import()
        self.assertNotEqual(before, after)
        self.assertEqual(stat.S_IMODE(self.file.stat().st_mode), 0o600)
        self.assertIn("--replace", self.refused(self.file))
        self.assertEqual(self.digest(), after)
        (self.media / "images" / "bell.jpg").write_bytes(b"another bell")
        self.manage("restore", self.file, "--replace")
        self.assertEqual(self.digest(), before)
        self.assertEqual((self.media / "images" / "bell.jpg").read_bytes(), b"a bell")
        self.assertEqual([path.name for path in self.media.iterdir()], ["images"])
        again = self.folder / "again.zip"
        self.manage("backup", again)
        self.assertEqual(contents(again), contents(self.file))
        self.assertEqual(self.manage("rebuild_search"), "0 articles had other words")

    def test_the_twin_mixes_two_moments(self):
        """Rows name others that came between, and the newsroom stays as it is."""
        _, after = self.backup_during_an_import("--loose")
        self.assertIn("Nothing was restored", self.refused(self.file, "--replace"))
        self.assertEqual(self.digest(), after)

    def test_a_damaged_one_changes_nothing(self):
        self.manage("backup", self.file)
        with opened(self.file) as archive:
            self.assertIsInstance(archive, Reader)
        content, before = self.file.read_bytes(), self.digest()
        self.file.write_bytes(content[:-100])
        self.assertIn("no whole backup", self.refused(self.file, "--replace"))
        place = content.index(b"a bell")
        self.file.write_bytes(content[:place] + b"A" + content[place + 1 :])
        self.assertIn("no whole backup", self.refused(self.file, "--replace"))
        self.assertEqual(self.digest(), before)
