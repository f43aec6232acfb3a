"""Staff's commands: what they print and how they end."""

from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import TestCase, override_settings

from articles.models import Article
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
        with self.assertRaisesMessage(CommandError, "no such file or folder"):
            self.call("nowhere")

    def test_says_that_a_dry_run_wrote_nothing(self):
        self.assertIn("Dry run, nothing written: 33 created", self.call("--dry-run")[0])
        self.assertFalse(Article.objects.exists())


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
