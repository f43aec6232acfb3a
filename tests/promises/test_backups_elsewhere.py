"""A backup goes from one kind of database to another and back; one that does not fit is refused,
and `--check` says so without changing anything."""

import json
import re
import zipfile
from contextlib import nullcontext
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import SimpleTestCase, TestCase, override_settings

from articles.backups import restoring, saving, tables
from articles.models import Article
from tests.databases import only_on
from tests.factories import make_article
from tests.promises import only_in_full
from tests.promises.processes import Databases
from tests.promises.test_backups import contents


class CheckTests(TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(TemporaryDirectory()))
        disk = settings.STORAGES | {"default": {"BACKEND": "articles.storage.FileSystemStorage"}}
        media = str(self.folder / "media")
        self.enterContext(override_settings(MEDIA_ROOT=media, STORAGES=disk))
        # The tests' own transaction is one moment already.
        self.enterContext(mock.patch.object(saving, "one_moment", nullcontext))
        make_article(title="The bells")
        self.file = self.folder / "backup.zip"
        saving.save(self.file)

    def told(self, file, *options) -> str:
        out = StringIO()
        call_command("restore", str(file), *options, stdout=out)
        return out.getvalue()

    def refused(self, file, *options) -> str:
        with self.assertRaises(CommandError) as raised:
            self.told(file, *options)
        self.assertEqual(raised.exception.returncode, 3)
        return str(raised.exception)

    def changed(self, **told) -> Path:
        """The same backup, whose manifest tells something else."""
        path = self.folder / "changed.zip"
        with zipfile.ZipFile(self.file) as old, zipfile.ZipFile(path, "w") as new:
            for name in old.namelist():
                content = old.read(name)
                if name == "manifest.json":
                    content = json.dumps(json.loads(content) | told).encode()
                new.writestr(name, content)
        return path

    def later(self) -> Path:
        with zipfile.ZipFile(self.file) as archive:
            known = json.loads(archive.read("manifest.json"))["migrations"]
        return self.changed(migrations=[*known, ["articles", "9999_not_invented"]])

    def test_a_whole_one_is_said_to_be_whole_and_nothing_is_changed(self):
        Article.objects.update(title="Since then")
        self.assertRegex(self.told(self.file, "--check"), r"^Whole: [0-9,]+ rows, 0 files of 20")
        self.assertEqual(Article.objects.get().title, "Since then")

    def test_a_newer_one_is_refused_by_what_is_newer(self):
        for options in (["--check"], ["--replace"], []):
            with self.subTest(options):
                said = self.refused(self.later(), *options)
                self.assertIn("a newer version of the newsroom", said)
                self.assertIn("articles 9999_not_invented", said)
                self.assertIn("update first", said)
        said = self.refused(self.changed(format=2), "--check")
        self.assertIn("the layout 2, and this version of the newsroom reads 1", said)
        self.assertTrue(Article.objects.filter(title="The bells").exists())

    def test_an_older_one_is_told_the_way(self):
        with zipfile.ZipFile(self.file) as archive:
            known = json.loads(archive.read("manifest.json"))["migrations"]
        ours = [key for key in known if key[0] == "articles"]
        older = self.changed(migrations=[key for key in known if key != ours[-1]])
        said = self.refused(older, "--check")
        self.assertIn(f"applied since: articles {ours[-1][1]}", said)
        self.assertIn(f"migrate articles {ours[-2][1]}", said)

    def test_what_is_no_backup_is_refused(self):
        for name, content in (("none.zip", b""), ("text.zip", b"PK no"), ("cut.zip", None)):
            path = self.folder / name
            path.write_bytes(self.file.read_bytes()[:-50] if content is None else content)
            with self.subTest(name):
                self.assertIn("no whole backup", self.refused(path, "--check"))
        self.assertIn("No such file", self.refused(self.folder / "missing.zip", "--check"))

    def test_the_twin_takes_what_it_does_not_know(self):
        """A restore that does not ask would call it whole."""
        later = self.later()
        with mock.patch.object(restoring, "_models_for"):
            self.assertIn("Whole", self.told(later, "--check"))
        with mock.patch.object(tables, "models_at", return_value=[]):
            self.assertNotIn("newer", self.refused(later, "--check"))


class AcrossDatabasesTests(Databases, SimpleTestCase):
    """From PostgreSQL to a file of SQLite and back, every value of every table. Run where there is
    a server; the file is migrated, which takes its time: in full."""

    @only_on("postgresql")
    @only_in_full
    def test_there_and_back_every_value_is_the_same(self):
        self.environment = {"MEDIA_ROOT": str(self.folder / "media")}
        self.manage("import_seeds", "--verbosity", "0")
        here, digest = self.url, self.digest()
        first, second, third = (self.folder / f"{n}.zip" for n in (1, 2, 3))
        self.manage("backup", first)

        self.url = f"sqlite:///{self.folder}/other.sqlite3"
        self.manage("migrate", "--verbosity", "0")
        self.manage("restore", first)
        self.assertEqual(self.digest(), digest)
        self.manage("backup", second)

        self.url = here
        self.new_database()
        self.manage("restore", second, "--replace")
        self.assertEqual(self.digest(), digest)
        self.manage("backup", third)
        self.assertEqual(contents(second), contents(third))
        told, expected = contents(third), contents(first)
        self.assertEqual(told.keys(), expected.keys())
        for name in told:
            self.assertEqual(_same(told[name]), _same(expected[name]), name)


def _same(rows: list) -> list:
    """SQLite keeps microseconds as they are, and flags as numbers."""
    return sorted(re.sub(r"\bTrue\b", "1", re.sub(r"\bFalse\b", "0", repr(row))) for row in rows)
