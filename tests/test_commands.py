"""Staff's commands: what they print and how they end."""

import json
import subprocess
import sys
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

from django.conf import settings
from django.core.management import CommandError, call_command
from django.core.management.base import OutputWrapper
from django.db import OperationalError
from django.test import TestCase, override_settings

from articles.importing.lock import ImportRunning
from articles.management.commands.import_seeds import Progress
from articles.models import Article, ImportRun
from tests.importing.seedtexts import seed


class ImportSeedsTests(TestCase):
    def call(self, *arguments):
        """What the command printed (output, errors) and its exit status."""
        out, err = StringIO(), StringIO()
        try:
            call_command("import_seeds", *arguments, stdout=out, stderr=err)
        except SystemExit as stop:
            return out.getvalue(), err.getvalue(), stop.code
        return out.getvalue(), err.getvalue(), 0

    def test_imports_the_projects_own_seeds_all_of_them_twice(self):
        files = [path for path in (settings.BASE_DIR / "seeds").iterdir() if path.is_file()]
        out, err, status = self.call()
        self.assertIn(f"{len(files)} created, 0 updated, 0 unchanged, 0 failed", out)
        self.assertEqual((err, status), ("", 0))
        self.assertIn(f"0 created, 0 updated, {len(files)} unchanged, 0 failed", self.call()[0])

    def test_names_path_line_and_field_and_ends_with_1(self):
        with TemporaryDirectory() as folder:
            bad = Path(folder) / "bad.txt"
            bad.write_bytes(seed(("quality: 60", "quality: x")))
            out, err, status = self.call(folder, "--source", "feed")
        self.assertEqual(err, f"{bad}:9: quality: 'x'; expected a whole number\n")
        self.assertIn("1 failed", out)
        self.assertEqual(status, 1)

    def test_takes_a_single_file_of_any_name_and_a_source(self):
        with TemporaryDirectory() as folder:
            path = Path(folder) / "story.seed"
            path.write_bytes(seed())
            self.call(str(path), "--source", "feed")
        self.assertEqual(Article.objects.get().source, "feed")

    def test_refuses_a_path_that_is_not_there(self):
        with self.assertRaisesMessage(CommandError, "no such file or folder") as raised:
            self.call("nowhere")
        self.assertEqual(raised.exception.returncode, 3)

    def test_an_option_that_is_none_is_no_conflict(self):
        command = [sys.executable, settings.BASE_DIR / "manage.py", "import_seeds", "--none"]
        ended = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual(ended.returncode, 3)
        self.assertIn("unrecognized arguments: --none", ended.stderr)

    def test_says_that_a_dry_run_wrote_nothing(self):
        self.assertIn("Dry run, nothing written: 33 created", self.call("--dry-run")[0])
        self.assertFalse(Article.objects.exists())


class Files:
    """A folder of seeds and two commands over it; for a TestCase."""

    def setUp(self):
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name) / "in"
        self.folder.mkdir()

    def write(self, *changes, name="2026-03-01-bells.md"):
        (self.folder / name).write_bytes(seed(*changes))

    def call(self, *arguments, command="import_seeds"):
        out, err = StringIO(), StringIO()
        paths = [str(self.folder), "--source", "feed"] if command == "import_seeds" else []
        try:
            call_command(command, *paths, *arguments, stdout=out, stderr=err)
        except SystemExit as stop:
            return out.getvalue(), err.getvalue(), stop.code
        except CommandError as error:
            return str(error), "", error.returncode
        return out.getvalue(), err.getvalue(), 0


class ImportOptionsTests(Files, TestCase):
    def edited(self):
        """An article whose headline an editor has changed, and a delivery that changes it too."""
        self.write()
        self.call()
        Article.objects.update(title="Ours")
        self.write(("Tram bells are tuned", "Bells"), ("heat: 80", "heat: 81"))

    def test_shows_each_change_before_it_happens(self):
        self.edited()
        out, err, status = self.call("--dry-run", "--diff")
        path = self.folder / "2026-03-01-bells.md"
        self.assertTrue(
            out.startswith(
                f"updated {path}\n  heat\n  - 80\n  + 81\n  title: kept an editor's words\n"
            ),
            out,
        )
        self.assertEqual((err, status), ("", 2))
        self.assertEqual(Article.objects.get().heat, 80)
        self.assertEqual(ImportRun.objects.count(), 1)

    def test_ends_with_2_where_a_conflict_waits(self):
        self.edited()
        out, _, status = self.call()
        self.assertIn("1 conflict waits for an editor", out)
        self.assertEqual(status, 2)
        self.assertEqual(self.call()[2], 0)  # known by now

    def test_tells_machines_everything_in_one_document(self):
        self.edited()
        self.write(("quality: 60", "quality: x"), name="bad.md")
        out, err, status = self.call("--format", "json", "--report-missing")
        document = json.loads(out)
        self.assertEqual((err, status), ("", 1))
        self.assertEqual(document["run"], ImportRun.objects.first().pk)
        self.assertEqual((document["updated"], document["failed"]), (1, 1))
        self.assertEqual(document["missing"], [])
        good, bad = document["files"]
        self.assertEqual(good["changes"], [{"field": "heat", "before": 80, "after": 81}])
        self.assertEqual(good["kept"], ["title"])
        (problem,) = bad["problems"]
        self.assertEqual((problem["line"], problem["code"]), (9, "number"))

    def test_writes_failed_files_where_they_can_be_mended_and_imported(self):
        self.write(("quality: 60", "quality: x"), name="2026-03-01-bad.md")
        self.write()
        back = self.folder.parent / "back"
        self.assertEqual(self.call("--errors-to", str(back))[2], 1)
        (file,) = back.iterdir()
        self.assertIn(b"# newsroom: number: quality: 'x'", file.read_bytes())
        file.write_bytes(file.read_bytes().replace(b"\nquality: x", b"\nquality: 60"))
        out = StringIO()
        call_command("import_seeds", str(back), "--source", "feed", stdout=out)
        self.assertIn("1 created", out.getvalue())

    def test_lists_what_is_missing_and_revives_what_was_deleted(self):
        self.write()
        self.write(name="2026-03-02-gone.md")
        self.call()
        (self.folder / "2026-03-02-gone.md").unlink()
        self.assertIn("no longer in the source: 2026-03-02-gone", self.call("--report-missing")[0])
        Article.objects.get(stem="2026-03-01-bells").delete()
        self.assertIn("1 in the trash", self.call()[0])
        self.assertIn("1 created", self.call("--revive")[0])

    def test_says_that_the_feed_took_something_down(self):
        self.write()
        self.call()
        self.write(("published: true", "published: true\nremoved: true"))
        self.assertIn("taken down by the feed, withdrawn: ", self.call()[0])

    def test_ends_with_3_where_it_could_not_run(self):
        self.assertEqual(self.call("--source", " ")[2], 3)
        with mock.patch(
            "articles.importing.upsert.known_articles", side_effect=OperationalError("no such host")
        ):
            out, _, status = self.call("--dry-run")
            self.assertEqual(status, 0)  # no file, no query
            self.write()
            out, _, status = self.call("--dry-run")
        self.assertEqual(status, 3)
        self.assertIn("The database refused: no such host. What was imported", out)
        with mock.patch(
            "articles.importing.lock.exclusive", side_effect=ImportRunning("process 4711")
        ):
            out, _, status = self.call()
        self.assertEqual(status, 3)
        self.assertIn("process 4711", out)

    def test_shows_how_fast_and_how_long_yet(self):
        stream = StringIO()
        progress = Progress(OutputWrapper(stream))
        progress.start -= 10
        progress(200, 1000)
        progress(1000, 1000)
        self.assertRegex(stream.getvalue(), "200 of 1,000 files, 20 a second, 0:40 left")
        self.assertRegex(stream.getvalue(), "1,000 of 1,000 files, 100 a second +\n$")


class UndoImportTests(Files, TestCase):
    def test_takes_a_run_back_and_names_what_it_kept(self):
        self.write()
        self.call()
        self.write(("Tram bells are tuned", "Bells"), ("heat: 80", "heat: 81"))
        self.call()
        Article.objects.update(heat=5, title="Ours")
        run = str(ImportRun.objects.first().pk)
        out, _, status = self.call(run, "--dry-run", command="undo_import")
        self.assertTrue(out.startswith("Dry run, nothing written: 1 put back, 0 removed"), out)
        self.assertEqual(Article.objects.get().title, "Ours")
        out, _, status = self.call(run, "--diff", command="undo_import")
        self.assertIn("kept: 2026-03-01-bells.md: title was changed since", out)
        self.assertEqual(status, 2)
        self.assertEqual(self.call(run, command="undo_import")[2], 3)
        self.assertEqual(self.call("999", command="undo_import")[2], 3)

    def test_ends_with_0_where_all_went_back(self):
        empty = self.call(command="state_digest")[0]
        self.write()
        self.call()
        self.assertNotEqual(self.call(command="state_digest")[0], empty)
        out, _, status = self.call(str(ImportRun.objects.get().pk), command="undo_import")
        self.assertEqual((out, status), ("0 put back, 1 removed\n", 0))
        self.assertEqual(self.call(command="state_digest")[0], empty)

    def test_shows_what_the_digest_is_made_of(self):
        self.write()
        self.call()
        kinds = [
            json.loads(line)[0]
            for line in self.call("--lines", command="state_digest")[0].splitlines()
        ]
        self.assertEqual(sorted(set(kinds)), ["article", "image", "provider", "topic"])


class ExportSeedsTests(TestCase):
    def call(self, *arguments):
        """What the command printed (output, errors) and its exit status."""
        out, err = StringIO(), StringIO()
        try:
            call_command("export_seeds", *arguments, stdout=out, stderr=err)
        except SystemExit as stop:
            return out.getvalue(), err.getvalue(), stop.code
        return out.getvalue(), err.getvalue(), 0

    def setUp(self):
        temporary = TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)
        call_command("import_seeds", stdout=StringIO())

    def test_writes_the_projects_own_seeds_back_byte_for_byte(self):
        out, err, status = self.call(str(self.folder), "--source", "seeds")
        self.assertIn("33 written, 0 unchanged, 0 failed", out)
        self.assertEqual((err, status), ("", 0))
        for path in filter(Path.is_file, (settings.BASE_DIR / "seeds").iterdir()):
            self.assertEqual((self.folder / path.name).read_bytes(), path.read_bytes())
        self.assertIn(
            "0 written, 33 unchanged", self.call(str(self.folder), "--source", "seeds")[0]
        )

    def test_names_what_failed_and_what_was_edited_and_ends_with_1(self):
        failing, edited = Article.objects.order_by("pk")[:2]
        Article.objects.filter(pk=failing.pk).update(web_url="ftp://x.example/")
        Article.objects.filter(pk=edited.pk).update(title="Other words")
        out, err, status = self.call(str(self.folder))
        self.assertIn(f"{self.folder}/seeds/{failing.delivery.path}: ", err)
        self.assertIn(f"edited since its delivery: seeds/{edited.delivery.path}\n", out)
        self.assertIn("32 written, 0 unchanged, 1 failed", out)
        self.assertEqual(status, 1)

    def test_could_not_run_without_such_a_source_or_without_a_folder(self):
        (self.folder / "file").touch()
        for arguments in ([str(self.folder), "--source", "none"], [str(self.folder / "file")]):
            with self.assertRaises(CommandError) as refusal:
                self.call(*arguments)
            self.assertEqual(refusal.exception.returncode, 3)


@override_settings(DEBUG=True)
class QuickstartTests(TestCase):
    def call(self):
        out = StringIO()
        with mock.patch("articles.management.commands.quickstart.call_command") as call:
            call_command("quickstart", "127.0.0.1:8123", stdout=out)
        return out.getvalue(), [args.args[0] for args in call.call_args_list]

    def test_sets_up_once_and_serves_each_time(self):
        out, called = self.call()
        self.assertEqual(called, ["migrate", "runserver"])
        self.assertIn("33 created", out)
        password = out.split("password: ")[1].split(" ")[0]
        self.assertTrue(self.client.login(username="editor", password=password))
        again, called = self.call()
        self.assertIn("33 unchanged", again)
        self.assertNotIn("shown this once", again)
        self.assertTrue(self.client.login(username="editor", password=password))

    @override_settings(DEBUG=False)
    def test_is_not_for_production(self):
        with self.assertRaisesMessage(CommandError, "application server"):
            call_command("quickstart")
