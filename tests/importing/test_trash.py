"""Deleted stays deleted, whatever the feed delivers; and what is missing is only reported."""

from unittest import mock

from articles.importing import upsert
from articles.importing.pipeline import import_seeds
from articles.models import Article, ImportedFile, Tombstone
from tests.factories import NOON, make_editor
from tests.importing.test_pipeline import ImportTestCase


class TrashTests(ImportTestCase):
    changed = ("Tram bells are tuned", "Bells")

    def setUp(self):
        super().setUp()
        self.run_import()

    def trash(self):
        article = self.article
        article.decide("trashed", make_editor(), NOON)
        article.save()

    def test_what_lies_in_the_trash_is_passed_over(self):
        self.trash()
        report = self.run_import(self.changed)
        self.assertEqual((report.skipped, report.total), (1, 1))
        self.assertEqual((self.article.status, self.article.title[:4]), ("trashed", "Tram"))
        self.assertFalse(ImportedFile.objects.filter(run=report.run_id).exists())

    def test_what_was_deleted_is_passed_over(self):
        for delete in (lambda: self.article.delete(), lambda: Article.objects.all().delete()):
            delete()
            report = self.run_import(self.changed)
            self.assertEqual((report.skipped, Article.objects.count()), (1, 0))
            self.run_import(self.changed, is_revival=True)
            self.assertEqual(self.article.title, "Bells")

    def test_revived_it_follows_the_feed_as_if_new(self):
        self.trash()
        report = self.run_import(self.changed, is_revival=True)
        self.assertEqual((report.updated, report.skipped), (1, 0))
        article = self.article
        self.assertEqual((article.title, article.status), ("Bells", "published"))
        self.assertIsNone(article.decided_at)

    def test_revived_even_where_the_file_is_the_same(self):
        self.trash()
        self.run_import(is_revival=True)
        self.assertTrue(self.article.is_published())

    def test_a_revived_tombstone_is_gone(self):
        self.article.delete()
        self.assertEqual(Tombstone.objects.get().title, "Tram bells are tuned")
        self.assert_counts(self.run_import(is_revival=True), created=1)
        self.assertFalse(Tombstone.objects.exists())

    def test_another_source_may_deliver_the_same_name(self):
        self.article.delete()
        self.assertEqual(import_seeds([self.folder], "other").created, 1)


class MissingTests(ImportTestCase):
    def test_what_the_source_no_longer_holds_is_listed_and_stays(self):
        for name in ("2026-03-01-bells.md", "2026-03-02-gone.md", "2026-03-03-thrown.md"):
            self.write(name=name)
        self.run_import()
        article = Article.objects.get(stem="2026-03-03-thrown")
        article.decide("trashed", make_editor(), NOON)
        article.save()
        for name in ("2026-03-02-gone.md", "2026-03-03-thrown.md"):
            (self.folder / name).unlink()
        self.assertIsNone(self.run_import().missing)
        report = self.run_import(is_missing_reported=True)
        self.assertEqual(report.missing, ["2026-03-02-gone"])
        self.assertTrue(Article.objects.get(stem="2026-03-02-gone").is_published())


class MeanwhileTests(ImportTestCase):
    """An editor deletes or throws away between the reading of a batch and its writing."""

    def run_import_while(self, act, *changes):
        known = upsert.known_articles

        def then_act(source, stems):
            found = known(source, stems)
            act(Article.objects.all())
            return found

        with mock.patch.object(upsert, "known_articles", then_act):
            return self.run_import(*changes)

    def test_it_stays_deleted(self):
        for change in (("heat: 80", "heat: 81"), ("AAAA;BBBB", "CCCC;DDDD")):
            self.run_import(is_revival=True)
            self.run_import_while(lambda articles: articles.delete(), change)
            self.assertFalse(Article.objects.exists())

    def test_it_stays_in_the_trash(self):
        self.run_import()
        report = self.run_import_while(
            lambda articles: articles.update(status="trashed"), ("heat: 80", "heat: 81")
        )
        self.assertEqual((report.skipped, self.article.heat), (1, 80))
