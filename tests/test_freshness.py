"""Whether imports still come: the command's exit status, and the desk's line."""

from datetime import timedelta
from io import StringIO

from django.core.management import CommandError, call_command
from django.test import TestCase, override_settings
from django.urls import reverse
from django.utils import timezone

from articles import freshness
from articles.models import ImportRun

from .factories import make_editor

NOW = timezone.now()


def make_run(hours, **fields):
    defaults = {"source": "seeds", "state": "finished", "unchanged": 1}
    return ImportRun.objects.create(finished_at=NOW - timedelta(hours=hours), **defaults | fields)


class LastImportTests(TestCase):
    def test_is_one_that_went_through_and_read_something(self):
        self.assertIsNone(freshness.last_import())
        last = make_run(9)
        make_run(8, unchanged=0, failed=5)
        make_run(7, unchanged=0)  # an empty folder
        make_run(6, state="interrupted")
        make_run(5, kind="undo")
        self.assertEqual(freshness.last_import(), last.finished_at)

    def test_stale_is_longer_ago_than_allowed(self):
        last = NOW - timedelta(hours=6)
        self.assertFalse(freshness.is_stale(last, NOW, 6))
        self.assertTrue(freshness.is_stale(last, NOW, 5))
        self.assertFalse(freshness.is_stale(last, NOW, 0))
        self.assertFalse(freshness.is_stale(None, NOW, 1))


class CommandTests(TestCase):
    def status(self, **options):
        self.err = StringIO()
        try:
            call_command("check_freshness", stdout=StringIO(), stderr=self.err, **options)
        except SystemExit as end:
            return end.code
        except CommandError as error:
            self.err.write(str(error))
            return error.returncode
        return 0

    def test_says_it_by_its_exit_status(self):
        self.assertEqual(self.status(), 3)
        self.assertIn("IMPORT_FRESH_HOURS", self.err.getvalue())
        with override_settings(IMPORT_FRESH_HOURS=5):
            self.assertEqual(self.status(), 1)
            make_run(6)
            self.assertEqual(self.status(), 1)
            self.assertIn("expected one within 5", self.err.getvalue())
            self.assertEqual(self.status(hours=7), 0)
            make_run(1)
            self.assertEqual(self.status(), 0)


class DeskTests(TestCase):
    def test_warns_where_imports_are_expected(self):
        make_run(6)
        self.client.force_login(make_editor())
        for hours, is_said in ((5, True), (9, False), (0, False)):
            with override_settings(IMPORT_FRESH_HOURS=hours):
                page = self.client.get(reverse("admin:index"))
            self.assertEqual(b"No import has gone through since" in page.content, is_said, hours)
