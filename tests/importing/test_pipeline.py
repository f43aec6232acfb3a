"""The importing from end to end: files in, rows out, and again, and after an editor was there."""

import os
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

from django.core.files.storage import default_storage
from django.db import IntegrityError, connection
from django.test import TestCase, override_settings
from django.test.utils import CaptureQueriesContext
from PIL import Image as Picture

from articles.importing import upsert
from articles.importing.pipeline import Options, import_seeds
from articles.models import Article, Delivery, Image, ImportRun, Provider, RelatedItem, Topic
from tests.factories import NOON, make_editor
from tests.importing.seedtexts import seed


class ImportTestCase(TestCase):
    def setUp(self):
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def write(self, *changes, name="2026-03-01-bells.md", content=None):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if content is not None else seed(*changes))
        return path

    def run_import(self, *changes, name="2026-03-01-bells.md", **options):
        if changes or not list(self.folder.iterdir()):
            self.write(*changes, name=name)
        return import_seeds([self.folder], "feed", Options(**options))

    def assert_counts(self, report, created=0, updated=0, unchanged=0, failed=0):
        counts = report.created, report.updated, report.unchanged, report.failed
        self.assertEqual(counts, (created, updated, unchanged, failed), report.failures)

    @property
    def article(self):
        return Article.objects.get(source="feed", stem="2026-03-01-bells")


class CreateTests(ImportTestCase):
    def test_lands_a_seed_whole(self):
        self.assert_counts(self.run_import(), created=1)
        article = self.article
        self.assertEqual(article.slug, "2026-03-01-bells")
        self.assertEqual(article.provider.domain, "post.example")
        self.assertEqual(sorted(article.topics.names()), ["Culture", "Transport"])
        self.assertEqual(article.images.get().width, 1200)
        self.assertEqual(article.related_items.get().provider.name, "Radio")
        self.assertTrue(article.is_published())
        self.assertEqual(article.publish_from, article.published_at)

    def test_keeps_the_file_byte_for_byte(self):
        content = seed(("category: news", "category: news\nmood: calm")).replace(b"\n", b"\r\n")
        self.write(content=content)
        report = self.run_import()
        self.assertEqual(bytes(Delivery.objects.get().content), content)
        self.assertEqual(dict(report.unknown_keys), {"mood": 1})

    def test_holds_what_the_feed_does_not_publish_and_withdraws_what_it_removed(self):
        for change, status in (
            (("published: true", "published: false"), "held"),
            (("published: true\n", ""), "held"),
            (("published: true", "published: true\nremoved: true"), "withdrawn"),
        ):
            name = f"2026-03-01-{status}-{len(change[1])}.md"
            self.write(change, name=name)
            import_seeds([self.folder / name], "feed")
            article = Article.objects.get(stem=Path(name).stem)
            self.assertEqual(article.status, status)
            self.assertFalse(article.is_published())

    @override_settings(SEEDS_UNSCORED="publish")
    def test_publishes_the_unscored_where_the_operator_says_so(self):
        self.run_import(("published: true\n", ""))
        self.assertTrue(self.article.is_published())

    def test_reads_known_files_again_when_the_operator_changes_the_rule(self):
        self.run_import(("published: true\n", ""))
        with override_settings(SEEDS_UNSCORED="publish"):
            self.assert_counts(self.run_import(), updated=1)
        self.assertTrue(self.article.is_published())

    def test_one_stem_in_two_sources_is_two_articles_with_two_addresses(self):
        path = self.write()
        import_seeds([path], "feed")
        import_seeds([path], "other")
        slugs = sorted(Article.objects.values_list("slug", flat=True))
        self.assertEqual(slugs, ["2026-03-01-bells", "2026-03-01-bells-2"])

    def test_shares_providers_pictures_and_topics(self):
        for number in range(3):
            self.write(name=f"2026-03-0{number + 1}-story.md")
        self.run_import()
        counts = (Provider.objects.count(), Image.objects.count(), Topic.objects.count())
        self.assertEqual(counts, (2, 1, 2))

    def test_costs_as_many_queries_for_thirty_files_as_for_two(self):
        def queries(folder, files):
            for number in range(files):
                own = ("post.example/bells", f"post.example/{folder}/{number}")
                title = ("bells are tuned", f"{folder} are tuned by {number}")
                self.write(own, own, title, name=f"{folder}/2026-01-01-{folder}-{number}.md")
            with CaptureQueriesContext(
                connection,
            ) as captured:
                import_seeds([self.folder / folder], "feed")
            return len(captured)

        queries("first", 2)
        self.assertEqual(queries("few", 2), queries("many", 30))


class AgainTests(ImportTestCase):
    def test_changes_nothing_where_nothing_changed(self):
        self.run_import()
        with CaptureQueriesContext(connection) as captured:
            self.assert_counts(self.run_import(), unchanged=1)
        writes = [q["sql"] for q in captured if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
        self.assertEqual(len(writes), 1)  # the run's own record
        self.assertTrue(writes[0].startswith('INSERT INTO "articles_importrun"'))

    def test_stores_a_new_secured_and_touches_nothing_else(self):
        self.run_import()
        before = self.article.updated_at
        self.assert_counts(self.run_import(("AAAA;BBBB", "CCCC;DDDD")), unchanged=1)
        self.assertEqual(self.article.updated_at, before)
        self.assertIn(b"CCCC;DDDD", bytes(Delivery.objects.get().content))

    def test_follows_the_feed_where_nobody_touched(self):
        self.run_import()
        report = self.run_import(
            ("Tram bells are tuned", "Tram bells are in tune"),
            ("name: Post", "name: Courier"),
            ("heat: 80", "heat: 90"),
            ("  - Culture", "  - Music"),
            ("bells.jpg", "other.jpg"),
            ("An explanation.", "A better one."),
        )
        self.assert_counts(report, updated=1)
        article = self.article
        self.assertEqual(article.title, "Tram bells are in tune")
        self.assertEqual((article.provider.name, article.heat), ("Courier", 90))
        self.assertEqual(sorted(article.topics.names()), ["Music", "Transport"])
        self.assertEqual(article.images.get().url, "https://post.example/other.jpg")
        self.assertEqual(article.related_items.get().excerpt, "A better one.")
        self.assertEqual(article.slug, "2026-03-01-bells")

    def test_follows_the_verdict_both_ways_and_a_takedown_at_once(self):
        self.run_import()
        self.run_import(("published: true", "published: false"))
        self.assertEqual(self.article.status, "held")
        self.run_import(("published: true", "published:  true"))
        self.assertTrue(self.article.is_published())
        self.run_import(("published: true", "published: true\nremoved: true"))
        self.assertEqual(self.article.status, "withdrawn")

    def test_takes_a_moved_folder_as_the_same_file(self):
        self.run_import()
        (self.folder / "2026-03-01-bells.md").unlink()
        self.write(name="archive/2026-03-01-bells.md")
        self.assert_counts(import_seeds([self.folder], "feed"), unchanged=1)


class EditorTests(ImportTestCase):
    """What an editor did stays, whatever the feed says next."""

    def edit(self, **fields):
        Article.objects.filter(pk=self.article.pk).update(**fields)

    def test_keeps_edited_words_and_takes_the_rest(self):
        self.run_import()
        self.edit(title="Bells in tune", body="Our own words.", note="Check the date.")
        report = self.run_import(
            ("Tram bells are tuned", "Tram bells were tuned"), ("The depot", "A depot")
        )
        article = self.article
        self.assertEqual(article.title, "Bells in tune")
        self.assertEqual(article.excerpt, "A depot tunes every bell.")
        self.assertEqual((article.body, article.note), ("Our own words.", "Check the date."))
        self.assertEqual([name for _, name in report.kept], ["title"])
        # And still, at the delivery after that.
        self.run_import(("Tram bells are tuned", "Tram bells rang"))
        self.assertEqual(self.article.title, "Bells in tune")

    def test_keeps_a_decision_against_the_verdict(self):
        self.run_import(("published: true", "published: false"))
        article = self.article
        article.decide("published", make_editor(), NOON)
        article.save()
        self.run_import(("published: true", "published: false"), ("heat: 80", "heat: 10"))
        self.assertEqual((self.article.status, self.article.heat), ("published", 10))
        self.assertEqual(self.article.publish_from, NOON)

    def test_a_takedown_withdraws_even_what_an_editor_published_until_one_says_so_again(self):
        self.run_import()
        article, editor = self.article, make_editor()
        article.decide("published", editor, NOON)
        article.save()
        removed = ("published: true", "published: true\nremoved: true")
        self.run_import(removed)
        self.assertEqual(self.article.status, "withdrawn")
        article = self.article
        article.decide("published", editor, NOON)
        article.save()
        self.run_import(removed, ("heat: 80", "heat: 81"))
        self.assertEqual(self.article.status, "published")

    def test_keeps_edited_lists(self):
        self.run_import()
        article = self.article
        article.topics.set([Topic.objects.get(name="Culture"), Topic.objects.create(name="Local")])
        article.image_uses.all().delete()
        article.related_items.update(title="Why do bells ring?")
        RelatedItem.objects.create(article=article, position=1, title="Ours", web_url="")
        self.run_import(("An explanation.", "A better one."), ("  - Culture", "  - Music"))
        self.assertEqual(sorted(article.topics.names()), ["Local", "Music"])
        self.assertFalse(article.image_uses.exists())
        items = list(article.related_items.values_list("title", "excerpt"))
        self.assertEqual(items, [("Why do bells ring?", "A better one."), ("Ours", "")])

    def test_an_edited_related_item_outlives_its_place_in_the_feed(self):
        self.run_import()
        self.article.related_items.update(title="Why do bells ring?")
        self.run_import(("https://radio.example/why", "https://radio.example/other"))
        titles = set(self.article.related_items.values_list("title", flat=True))
        self.assertEqual(titles, {"Why do bells ring?", "Why bells ring"})


class FailureTests(ImportTestCase):
    def test_a_bad_file_fails_alone_and_is_named_with_its_line(self):
        self.write(("quality: 60", "quality: high"), name="bad.md")
        self.write(name="good.md")
        report = self.run_import()
        self.assert_counts(report, created=1, failed=1)
        ((path, problem),) = report.failures
        self.assertTrue(path.endswith("bad.md"))
        self.assertEqual(str(problem), "9: quality: 'high'; expected a whole number")

    def test_a_file_that_the_database_refuses_leaves_nothing_behind(self):
        for name in ("a", "b", "c"):
            self.write(("- Transport", f"- Topic {name}"), name=f"2026-01-01-{name}.md")
        create = upsert._create

        def refuse_b(arrival, seeds, references):
            numbers = create(arrival, seeds, references)
            if any(seed.stem.endswith("b") for seed in seeds):
                raise IntegrityError("no b")
            return numbers

        with mock.patch.object(upsert, "_create", refuse_b):
            report = self.run_import()
        self.assert_counts(report, created=2, failed=1)
        self.assertEqual(report.failures[0][1].reason, "no b")
        self.assertFalse(Article.objects.filter(stem="2026-01-01-b").exists())
        self.assertFalse(Topic.objects.filter(name="Topic b").exists())
        self.assertEqual(RelatedItem.objects.count(), 2)

    def test_a_folder_that_may_not_be_read_is_no_silence(self):
        self.write(name="closed/2026-03-02-inside.md")
        self.write()
        closed, scandir = str(self.folder / "closed"), os.scandir

        def guarded(path):
            if os.fspath(path).rstrip("/") == closed:
                raise PermissionError
            return scandir(path)

        with mock.patch.object(os, "scandir", guarded):
            report = self.run_import()
        self.assert_counts(report, created=1, failed=1)
        self.assertEqual(report.failures[0][0], closed)
        self.assertIn("it cannot be read", report.failures[0][1].reason)

    def test_a_name_that_is_no_text_fails_alone(self):
        self.write()
        with open(os.fsencode(self.folder) + b"/2026-03-01-\xff.md", "wb") as file:
            file.write(seed())
        report = self.run_import()
        self.assert_counts(report, created=1, failed=1)
        ((path, problem),) = report.failures
        self.assertTrue(path.endswith("2026-03-01-\ufffd.md"))
        self.assertEqual(problem.code, "encoding")
        self.assertEqual(ImportRun.objects.get().failed, 1)

    def test_a_file_that_turns_bad_leaves_its_article_as_it_was(self):
        self.run_import()
        report = self.run_import(("quality: 60", "quality: x"), ("Tram bells", "Bells"))
        self.assert_counts(report, failed=1)
        self.assertEqual(self.article.title, "Tram bells are tuned")

    def test_two_files_of_one_name_are_not_both_taken(self):
        self.write(name="a/same.md")
        self.write(("Tram bells", "Bells"), name="b/same.txt")
        report = self.run_import()
        self.assert_counts(report, created=1, failed=1)
        self.assertIn("the same name as", report.failures[0][1].reason)

    def test_a_delivery_does_not_take_over_what_was_written_here(self):
        Article.objects.create(
            source="feed", stem="2026-03-01-bells", slug="x", title="Ours", published_at=NOON
        )
        self.assert_counts(self.run_import(), failed=1)
        self.assertEqual(self.article.title, "Ours")

    def test_a_dry_run_reports_the_same_and_writes_nothing(self):
        self.write(("quality: 60", "quality: x"), name="bad.md")
        self.write()
        self.assert_counts(self.run_import(is_dry_run=True), created=1, failed=1)
        rows = [model.objects.count() for model in (Article, Provider, Image, Topic, Delivery)]
        self.assertEqual(rows, [0] * 5)
        self.assert_counts(self.run_import(), created=1, failed=1)

    def test_passes_over_hidden_files_and_pictures(self):
        for name in (".hidden.md", ".git/config", "images/a.jpg"):
            self.write(content=b"x", name=name)
        self.assert_counts(self.run_import(), created=0)


class PictureTests(ImportTestCase):
    local = ("https://post.example/bells.jpg", "/images/bells.jpg")

    def picture(self, name="images/bells.jpg", form="JPEG", size=(40, 30), **options):
        output = BytesIO()
        Picture.new("RGB", size, "red").save(output, form, **options)
        self.write(content=output.getvalue(), name=name)

    def test_takes_in_a_picture_beside_the_seeds_without_its_metadata(self):
        exif = Picture.Exif()
        exif[0x010E] = "where it was taken"
        self.picture(exif=exif)
        self.assertEqual(self.run_import(self.local).pictures, 1)
        image = Image.objects.get()
        self.assertEqual((image.width, image.height, image.site), (40, 30, "feed"))
        with default_storage.open(image.file.name) as file:
            content = file.read()
        self.assertNotIn(b"where it was taken", content)
        self.assertEqual(self.run_import().pictures, 0)

    def test_keeps_two_senders_pictures_of_one_name_apart(self):
        path = self.write(self.local)
        import_seeds([path], "feed")
        import_seeds([path], "other")
        self.assertEqual(Image.objects.count(), 2)

    def test_leaves_what_is_broken_outside_or_no_picture(self):
        outside = self.folder.parent / "outside.jpg"
        outside.write_bytes(b"x")
        self.addCleanup(outside.unlink)
        for name, url in {
            "2026-03-01-a.md": "/images/broken.jpg",
            "2026-03-01-b.md": "/../outside.jpg",
            "2026-03-01-c.md": "/images/vector.svg",
            "2026-03-01-d.md": "/images/link.jpg",
        }.items():
            self.write((self.local[0], url), name=name)
        self.write(content=b"\xff\xd8 no picture", name="images/broken.jpg")
        self.write(content=b"<svg/>", name="images/vector.svg")
        (self.folder / "images/link.jpg").symlink_to(outside)
        report = self.run_import()
        self.assertEqual((report.pictures, len(report.refused_pictures)), (0, 2))
