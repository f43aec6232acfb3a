"""Deliveries out of a git repository: every commit in order, each at its own time."""

import os
import subprocess
from datetime import UTC, datetime
from io import StringIO
from unittest import mock

from django.core.management import CommandError, call_command

from articles.importing import history, upsert
from articles.importing.pipeline import Options
from articles.models import Article, Delivery, ImportRun
from tests.importing.test_pipeline import ImportTestCase
from tests.importing.test_undo import OTHER_LEAD


class HistoryTests(ImportTestCase):
    def setUp(self):
        super().setUp()
        self.git("init", "-q", "-b", "main")
        self.hour = 0

    def git(self, *arguments):
        moment = f"2024-05-01T{getattr(self, 'hour', 0):02}:00:00+02:00"
        identity = {
            f"GIT_{who}_{what}": value
            for who in ("AUTHOR", "COMMITTER")
            for what, value in (("NAME", "feed"), ("EMAIL", "feed@example.org"), ("DATE", moment))
        }
        environment = os.environ | identity | {"GIT_CONFIG_GLOBAL": os.devnull}
        command = ["git", "-C", str(self.folder), *arguments]
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return ended.stdout.strip()

    def commit(self, *changes, name="_news/2026-03-01-bells.md"):
        if changes or name:
            self.write(*(changes or (("tuned", "tuned"),)), name=name)
        self.hour += 1
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "delivery\nof seeds")
        return self.git("rev-parse", "HEAD")

    def replay(self, **options):
        return list(history.replay(self.folder, "feed", Options(), **options))

    def test_each_commit_is_a_delivery_of_its_own_time(self):
        self.commit()
        self.commit(("heat: 80", "heat: 90"))
        (first, created), (second, updated) = self.replay()
        self.assert_counts(created, created=1)
        self.assert_counts(updated, updated=1)
        self.assertEqual(first.at, datetime(2024, 4, 30, 23, tzinfo=UTC))
        article = self.article
        self.assertEqual((article.created_at, article.updated_at), (first.at, second.at))
        self.assertEqual(Delivery.objects.get().delivered_at, second.at)
        runs = ImportRun.objects.order_by("pk").values_list("delivered_at", "options")
        self.assertEqual(list(runs), [(c.at, {"commit": c.hash}) for c in (first, second)])

    def test_has_pictures_fetched_once_after_all_commits(self):
        self.commit()
        self.commit(("heat: 80", "heat: 90"))
        with mock.patch.object(history.tasks, "fetch_soon") as asked:
            self.assertEqual(len(self.replay()), 2)
        asked.assert_called_once_with()

    def test_takes_seeds_wherever_they_lie_and_nothing_else(self):
        self.write(content=b"# A site", name="README.md")
        self.write(content=b"x", name="_news/images/a.jpg")
        self.write(content=b"x", name="_news/.hidden.md")
        (self.folder / "_news/link.md").symlink_to("../README.md")
        self.commit(name="site/_posts/2026-03-02-more \u00fc.md")
        ((commit, report),) = self.replay()
        self.assert_counts(report, created=1)
        self.assertEqual(commit.files[0].name, "site/_posts/2026-03-02-more \u00fc.md")

    def test_takes_the_folders_it_is_told(self):
        self.commit(name="stories/2026-03-01-bells.md")
        self.assertEqual(self.replay(), [])
        ((_, report),) = self.replay(folders=("stories",))
        self.assert_counts(report, created=1)

    def test_goes_on_where_it_stopped(self):
        self.commit()
        self.replay()
        self.commit(*OTHER_LEAD)
        ((_, report),) = self.replay()
        self.assert_counts(report, updated=1)
        self.assertEqual(self.replay(), [])
        self.assertFalse(self.article.is_oscillating)

    def test_goes_on_with_the_commit_that_was_broken_off(self):
        self.commit()
        self.commit(("heat: 80", "heat: 90"))
        write = upsert.write
        results = [write, mock.Mock(side_effect=KeyboardInterrupt)]
        with (
            mock.patch.object(upsert, "write", lambda *args: results.pop(0)(*args)),
            self.assertRaises(KeyboardInterrupt),
        ):
            self.replay()
        ((_, report),) = self.replay()
        self.assert_counts(report, updated=1)
        self.assertEqual(self.article.heat, 90)

    def test_begins_after_the_commit_it_is_told(self):
        first = self.commit()
        self.commit(name="_news/2026-03-02-more.md")
        ((_, report),) = self.replay(since=first)
        self.assert_counts(report, created=1)
        with self.assertRaisesMessage(history.GitError, "nonsense: no commit of"):
            self.replay(since="nonsense")
        with self.assertRaisesMessage(history.GitError, "--output=x: no commit of"):
            self.replay(since="--output=x")

    def test_a_merge_brings_what_the_branch_brought(self):
        self.commit()
        self.git("checkout", "-q", "-b", "side")
        self.commit(name="_news/2026-03-02-more.md")
        self.git("checkout", "-q", "main")
        self.commit(name="_news/2026-03-03-other.md")
        self.git("merge", "-q", "--no-ff", "-m", "merge", "side")
        self.assertEqual([report.created for _, report in self.replay()], [1, 1, 1])

    def test_a_moved_or_deleted_file_leaves_its_article_alone(self):
        self.commit()
        self.git("mv", "_news/2026-03-01-bells.md", "_news/2026-03-01-bells.txt")
        self.commit(name="")
        self.git("rm", "-q", "_news/2026-03-01-bells.txt")
        self.commit(name="")
        first, second = self.replay()
        self.assert_counts(second[1], unchanged=1)
        self.assertTrue(self.article.is_published())

    def test_a_file_too_large_fails_alone(self):
        self.write(content=b"x" * (2 << 20), name="_news/2026-03-00-large.md")
        self.commit()
        ((_, report),) = self.replay()
        self.assert_counts(report, created=1, failed=1)
        self.assertEqual(report.failures[0][1].code, "size")

    def test_says_what_is_no_repository(self):
        self.commit()
        with self.assertRaises(history.GitError):
            list(history.replay(self.folder / "_news/none", "feed", Options()))

    def test_the_command_shows_each_commit(self):
        self.commit()
        newest = self.commit(("heat: 80", "heat: 90"))
        out = StringIO()
        command = ["import_seeds", "--git", str(self.folder), "--source", "feed"]
        call_command(*command, "--dry-run", stdout=out)
        self.assertEqual(out.getvalue().count("Dry run, nothing written: 1 created"), 2)
        self.assertFalse(Article.objects.exists())
        out = StringIO()
        call_command(*command, stdout=out)
        self.assertIn(f"{newest[:12]} of 2024-05-01 00:00: 0 created, 1 updated", out.getvalue())
        out = StringIO()
        call_command(*command, "--format", "json", stdout=out)
        self.assertEqual(out.getvalue().strip(), "[]")
        with self.assertRaises(CommandError) as raised:
            call_command("import_seeds", "--since", "x")
        self.assertEqual(raised.exception.returncode, 3)
