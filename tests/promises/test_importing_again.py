"""Importing again changes nothing: twice, shuffled, in parts, two at once; no write beyond
`secured` and the run's own record."""

import random
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from articles.digest import state_digest
from articles.importing import pipeline
from articles.importing.pipeline import import_seeds
from articles.importing.upsert import known_articles
from articles.models import Article, ImportedFile
from tests.importing.feed import Feed
from tests.promises import trials


class AgainTests(TestCase):
    def setUp(self):
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.rnd = random.Random(6)
        self.feed = Feed(self.rnd, trials(60, 1_000))
        self.first = self.feed.deliver(self.folder / "first")
        import_seeds([self.first], "feed")

    def violations(self, paths) -> list[str]:
        before = state_digest(), dict(Article.objects.values_list("pk", "updated_at"))
        files = ImportedFile.objects.count()
        with CaptureQueriesContext(connection) as captured:
            report = import_seeds(paths, "feed")
        wrong = [
            query["sql"][:100]
            for query in captured
            if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))
            and "articles_importrun" not in query["sql"][:40]
            and not query["sql"].startswith('UPDATE "articles_delivery" SET "path"')
        ]
        after = state_digest(), dict(Article.objects.values_list("pk", "updated_at"))
        if after != before or ImportedFile.objects.count() != files:
            wrong.append("something moved")
        if (report.created, report.updated, report.failed) != (0, 0, 0):
            wrong.append(str(report))
        return wrong

    def test_twice(self):
        self.assertEqual(self.violations([self.first]), [])

    def test_with_another_secured_in_other_folders_and_another_order(self):
        again = self.folder / "again"
        for place, path in enumerate(sorted(self.feed.deliver(self.folder / "x").iterdir())):
            moved = again / f"{self.rnd.randrange(1000)}" / path.name
            moved.parent.mkdir(parents=True, exist_ok=True)
            ending = b"\r\n" if place % 2 else b"\n"
            moved.write_bytes(path.read_bytes().replace(b"\n", ending))
        self.assertEqual(self.violations([again]), [])

    def test_shuffled_and_in_parts(self):
        files = list(self.first.iterdir())
        self.rnd.shuffle(files)
        middle = len(files) // 2
        self.assertEqual(self.violations(files[:middle]), [])
        self.assertEqual(self.violations(files[middle:]), [])

    def test_in_another_order_from_the_start_the_same_comes_of_it(self):
        before = state_digest()
        Article.objects.all().delete_unburied()
        files = list(self.first.iterdir())
        self.rnd.shuffle(files)
        for start in range(0, len(files), 7):
            import_seeds(files[start : start + 7], "feed")
        self.assertEqual(state_digest(), before)

    def test_the_twin_writes(self):
        """Without the fingerprints every file is merged anew."""

        def forgetful(source, stems):
            known = known_articles(source, stems)
            return {stem: pipeline.Known(one.article_id, "", "") for stem, one in known.items()}

        with mock.patch.object(pipeline.upsert, "known_articles", forgetful):
            self.assertTrue(self.violations([self.first]))
