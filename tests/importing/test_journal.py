"""Every run is a record: who, what, how many, and for each file what it did."""

from datetime import timedelta
from unittest import mock

from django.test import override_settings
from django.utils import timezone

from articles.importing import journal, lock, upsert
from articles.importing.state import values_changed
from articles.models import Article, ImportedFile, ImportRun
from tests.importing.test_pipeline import ImportTestCase


class JournalTests(ImportTestCase):
    def test_a_run_says_who_ran_what_and_what_came_of_it(self):
        self.write(("quality: 60", "quality: x"), name="bad.md")
        self.write()
        report = self.run_import(operator="desk", recorded={"paths": ["in"]}, is_revival=True)
        run = ImportRun.objects.get()
        self.assertEqual(report.run_id, run.pk)
        self.assertEqual((run.source, run.operator, run.state), ("feed", "desk", "finished"))
        self.assertEqual(run.options, {"paths": ["in"], "revive": True})
        self.assertEqual((run.created, run.failed, run.total), (1, 1, 2))
        self.assertGreaterEqual(run.duration, timedelta(0))

    def test_a_file_says_what_it_changed(self):
        self.run_import()
        report = self.run_import(
            ("Tram bells are tuned", "Bells"), ("Why bells ring", "Why?"), ("  - Culture\n", "")
        )
        created, updated = ImportedFile.objects.all()
        self.assertEqual((created.outcome, created.changes), ("created", {}))
        self.assertEqual((updated.run_id, updated.article), (report.run_id, self.article))
        self.assertEqual(
            list(values_changed(updated.changes)),
            [
                ("title", "Tram bells are tuned", "Bells"),
                ("topics", ["Culture", "Transport"], ["Transport"]),
                ("related[https://radio.example/why].title", "Why bells ring", "Why?"),
            ],
        )

    def test_a_failed_file_has_its_problems_with_code_and_line(self):
        self.run_import(("quality: 60", "quality: x"))
        file = ImportedFile.objects.get()
        self.assertEqual(file.outcome, "failed")
        self.assertEqual(file.problems, [[9, "quality", "number", "'x'; expected a whole number"]])

    def test_a_run_in_which_nothing_changed_has_no_files(self):
        self.run_import()
        report = self.run_import()
        run = ImportRun.objects.get(pk=report.run_id)
        self.assertEqual((run.unchanged, run.files.count()), (1, 0))

    def test_a_run_that_breaks_is_closed_and_what_it_had_written_stays(self):
        for number in range(3):
            self.write(name=f"2026-03-0{number + 1}-story.md")
        write, calls = upsert.write, []

        def break_down(*arguments):
            calls.append(1)
            if len(calls) == 2:
                raise OSError("the disk is full")
            return write(*arguments)

        with (
            mock.patch("articles.importing.pipeline.BATCH", 1),
            mock.patch.object(upsert, "write", break_down),
            self.assertRaisesMessage(OSError, "the disk is full"),
        ):
            self.run_import()
        run = ImportRun.objects.get()
        self.assertEqual((run.state, run.created, Article.objects.count()), ("interrupted", 1, 1))
        self.assertIsNotNone(run.finished_at)

    def test_the_next_run_closes_one_that_died_without_a_word(self):
        dead = ImportRun.objects.create(source="feed")
        self.run_import()
        dead.refresh_from_db()
        self.assertEqual(dead.state, "interrupted")

    @override_settings(IMPORT_RECORD_DAYS=30)
    def test_records_are_pruned_after_their_days(self):
        now = timezone.now()
        self.run_import()
        old = ImportRun.objects.get()
        ImportRun.objects.update(finished_at=now - timedelta(days=31))
        young = ImportRun.objects.create(source="feed", finished_at=now - timedelta(days=29))
        self.run_import(("heat: 80", "heat: 81"))
        self.assertFalse(ImportRun.objects.filter(pk=old.pk).exists())
        self.assertTrue(ImportRun.objects.filter(pk=young.pk).exists())
        self.assertEqual(self.article.heat, 81)
        self.assertEqual(journal.prune(now + timedelta(days=60)), 2)
        self.assertFalse(ImportedFile.objects.exists())

    def test_says_who_runs_while_another_import_does(self):
        with (
            mock.patch.object(lock, "_take_file", _held),
            mock.patch.object(lock, "_take_advisory", _held),
            self.assertRaisesMessage(lock.ImportRunning, "process 4711"),
        ):
            self.run_import()
        self.assertFalse(ImportRun.objects.exists())


def _held(of, is_last_try):
    raise lock.ImportRunning("process 4711")
