"""Articles out as seeds: the delivered bytes, edited lines, and what was written here."""

import os
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from django.core.files.base import ContentFile
from django.test import TestCase, override_settings
from PIL import Image as Picture

from articles.importing import state
from articles.importing.apply import with_all_that_merges
from articles.importing.export import export_seeds, folder_name
from articles.importing.pipeline import import_seeds
from articles.models import Article, ArticleImage, Delivery, Image, Tombstone
from tests.factories import (
    NOON,
    make_article,
    make_editor,
    make_image,
    make_provider,
    make_related_item,
)
from tests.importing.seedtexts import seed

NAME = "2026-03-01-bells.md"


class ExportCase(TestCase):
    def setUp(self):
        temporary = TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)

    def deliver(self, content: bytes, name=NAME, source="feed") -> Article:
        with TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            report = import_seeds([Path(folder)], source)
        self.assertEqual(report.failures, [])
        return Article.objects.get(source=source, stem=path.name.rpartition(".")[0])

    def export(self, source="feed", name=NAME) -> bytes:
        report = export_seeds(self.folder, source)
        self.assertEqual(report.failures, [])
        return (self.folder / name).read_bytes()


class DeliveredTests(ExportCase):
    def test_comes_back_byte_for_byte_at_its_own_path(self):
        content = b"\xef\xbb\xbf" + seed(("category", "zebra: 1\ncategory")).replace(b"\n", b"\r\n")
        self.deliver(content, "a/b/2026-03-01-bells.txt")
        self.assertEqual(self.export(name="a/b/2026-03-01-bells.txt"), content)

    def test_a_file_that_is_there_already_keeps_its_time(self):
        self.deliver(seed())
        self.export()
        os.utime(self.folder / NAME, (1, 1))
        report = export_seeds(self.folder, "feed")
        self.assertEqual((report.written, report.unchanged), (0, 1))
        self.assertEqual((self.folder / NAME).stat().st_mtime, 1)

    def test_leaves_out_what_lies_in_the_trash_and_other_sources(self):
        self.deliver(seed())
        self.deliver(seed(), "2026-03-01-other.md", source="other")
        trashed = self.deliver(seed(), "2026-03-01-gone.md")
        Article.objects.filter(pk=trashed.pk).update(status=Article.Status.TRASHED)
        export_seeds(self.folder, "feed")
        self.assertEqual([path.name for path in self.folder.rglob("*.md")], [NAME])

    def test_each_source_has_a_folder_of_its_own_if_none_is_named(self):
        for source in ("feed", "../up", ".."):
            self.deliver(seed(), source=source)
        report = export_seeds(self.folder)
        names = sorted(path.parent.name for path in self.folder.rglob("*.md"))
        self.assertEqual(names, sorted(map(folder_name, ("feed", "../up", ".."))))
        self.assertEqual(report.written, 3)

    def test_never_writes_outside_the_folder(self):
        self.deliver(seed())
        for path in ("../../x.md", "/etc/x.md", "a/../../../x.md", "..", "//", "./x.md"):
            Delivery.objects.update(path=path)
            report = export_seeds(self.folder / "in", "feed")
            self.assertEqual(report.failures, [])
        self.assertEqual([path.name for path in self.folder.iterdir()], ["in"])

    def test_a_link_out_of_the_folder_is_not_followed(self):
        self.deliver(seed(), "a/2026-03-01-bells.md")
        with TemporaryDirectory() as elsewhere:
            (self.folder / "a").symlink_to(elsewhere)
            report = export_seeds(self.folder, "feed")
            self.assertEqual(list(Path(elsewhere).iterdir()), [])
        self.assertIn("leads out of the folder", report.failures[0][1])

    def test_one_that_cannot_be_written_fails_alone(self):
        self.deliver(seed())
        self.deliver(seed(), "2026-03-01-other.md")
        (self.folder / NAME).mkdir()
        report = export_seeds(self.folder, "feed")
        self.assertEqual([path for path, _ in report.failures], [NAME])
        self.assertEqual((self.folder / "2026-03-01-other.md").read_bytes(), seed())

    def test_costs_the_same_queries_for_one_article_and_for_many(self):
        self.deliver(seed())
        # The count, other names in two, a chunk in eight, the look for another chunk, and topics'
        # and organizations' files.
        with self.assertNumQueries(13):
            export_seeds(self.folder, "feed")
        for number in range(20):
            self.deliver(seed(), f"2026-03-01-more-{number}.md")
        with self.assertNumQueries(13):
            export_seeds(self.folder, "feed")


class EditedTests(ExportCase):
    def test_only_the_line_of_the_edit_differs(self):
        article = self.deliver(seed())
        article.title = 'Bells "tuned"'
        article.save()
        expected = seed(('title: "Tram bells are tuned"', 'title: "Bells \\"tuned\\""'))
        self.assertEqual(self.export(), expected)

    def test_what_editors_decided_and_wrote_stands_in_the_newsrooms_own_key(self):
        article = self.deliver(seed())
        article.decide(Article.Status.WITHDRAWN, make_editor(), NOON)
        article.body, article.note = "We *heard* them.\n", "Ask the depot."
        article.save()
        own = (
            "newsroom:\n  status: withdrawn\n  publishFrom: 2026-03-01T09:30:00Z\n"
            '  body: "We *heard* them.\\n"\n  note: "Ask the depot."\n'
        )
        last = 'secured: "AAAA;BBBB"\n'
        self.assertEqual(self.export(), seed((last, last + own)))

    def test_what_a_feed_writes_there_is_kept_like_any_other_words_of_its_own(self):
        content = seed(("secured", "newsroom:\n  status: published\nsecured"))
        article = self.deliver(content)
        self.assertEqual(self.export(), content)
        Article.objects.filter(pk=article.pk).update(note="Ours")
        expected = content.replace(
            b"  status: published\n", b'  status: published\n  note: "Ours"\n'
        )
        self.assertEqual(self.export(), expected)

    def test_the_feeds_own_verdicts_are_none_of_the_newsrooms_words(self):
        self.deliver(seed())
        changed = seed(("published: true", "published: false"), ("heat: 80", "heat: 2"))
        self.deliver(changed)
        self.assertEqual(self.export(), changed)

    def test_another_providers_logo_does_not_stay(self):
        logo = "\n  images:\n    - url: https://post.example/logo.png"
        article = self.deliver(seed(("domain: Post.example", "domain: Post.example" + logo)))
        article.provider = make_provider()
        article.save()
        expected = seed(
            ("name: Post", "name: Harbour Post"), ("Post.example", "harbourpost.example")
        )
        self.assertEqual(self.export(), expected)

    def test_a_related_item_whose_link_changed_keeps_what_the_feed_said_beside_it(self):
        article = self.deliver(seed(("    quality: 20", "    quality: 20\n    extra: kept")))
        article.related_items.update(web_url="https://radio.example/again")
        self.assertEqual(
            self.export(),
            seed(
                ("    quality: 20", "    quality: 20\n    extra: kept"),
                ("https://radio.example/why", "https://radio.example/again"),
            ),
        )

    def test_what_no_seed_can_say_fails_by_name_and_writes_nothing(self):
        article = self.deliver(seed())
        Article.objects.filter(pk=article.pk).update(web_url="javascript:alert(1)")
        report = export_seeds(self.folder, "feed")
        self.assertEqual(report.failures[0][0], NAME)
        self.assertIn("webUrl", report.failures[0][1])
        self.assertFalse((self.folder / NAME).exists())

    def test_a_picture_of_another_sources_site_is_left_out_and_said(self):
        article = self.deliver(seed())
        image = make_image(url="/away.png", site="other", file="")
        ArticleImage.objects.create(article=article, image=image, position=5)
        report = export_seeds(self.folder, "feed")
        self.assertEqual(report.left_out, [(NAME, "/away.png")])
        self.assertEqual((self.folder / NAME).read_bytes(), seed())


@override_settings(STORAGES={"default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}})
class WrittenHereTests(ExportCase):
    def make(self, **fields):
        fields.setdefault("stem", "2026-03-01-ours")
        return make_article(source=Article.NEWSROOM, **fields)

    def round_trip(self):
        """Export everything, forget it, import it again; the states before and after."""
        before = self.states()
        report = export_seeds(self.folder, Article.NEWSROOM)
        self.assertEqual(report.failures, [])
        Article.objects.all().delete()
        Image.objects.all().delete()
        Tombstone.objects.all().delete()
        report = import_seeds([self.folder], Article.NEWSROOM)
        self.assertEqual(report.failures, [])
        return before, self.states()

    def states(self):
        result = {}
        for article in with_all_that_merges(Article.objects.all()):
            values = state.of_article(article)
            values["related"] = list(values["related"].items())
            del values["feed_published"]  # no feed has spoken yet
            pictures = [
                (image.alt_text, image.credit, image.width, bool(image.file))
                + (image.focus_x, image.focus_y)
                for image in (use.image for use in article.image_uses.all())
            ]
            words = ("slug", "publish_until", "is_kept_public", "body", "note")
            values |= {name: getattr(article, name) for name in words}
            values |= {"is_decided": article.decided_at is not None, "images": pictures}
            result[article.stem] = values
        return result

    def picture(self, **fields) -> Image:
        output = BytesIO()
        Picture.new("RGB", (40, 30), "teal").save(output, "PNG")
        image = Image(width=40, height=30, **fields)
        image.file.save("harbour é.png", ContentFile(output.getvalue()))
        return image

    def test_imports_again_to_the_same_state(self):
        self.picture(alt_text="none of theirs")
        article = self.make(
            topics=["Climate", "NO", "a: b"],
            images=[
                self.picture(alt_text='A "harbour"', credit="Harbour Post"),
                self.picture(focus_x=0, focus_y=100),
                make_image(file=""),
            ],
            related=2,
            publish_until=NOON + timedelta(days=9, microseconds=5),
            decided_at=NOON,
            body="# Ours\n\n---\nmore\r\n",
            note="For\tcolleagues \u2028 only ",
            slug="2026-03-01-ours-2",
            is_kept_public=True,
        )
        make_related_item(article, provider=None, published_at=None, web_url="", position=7)
        self.make(stem="2026-03-02-draft", is_published=False, provider=None, excerpt="")
        self.make(
            stem="2026-03-02-planned",
            is_published=False,
            status=Article.Status.REVIEW,
            publish_from=NOON + timedelta(days=1),
            decided_at=NOON,
        )
        self.make(
            stem="2026-03-03-gone",
            status=Article.Status.WITHDRAWN,
            decided_at=NOON,
            type="video",
            web_url="",
        )
        before, after = self.round_trip()
        self.assertEqual(len(before), 4)
        self.assertEqual(after, before)

    def test_reads_as_seeds_do(self):
        article = self.make(topics=["Climate"], title="Ours", excerpt="", decided_at=NOON)
        article.body = "We saw it."
        article.save()
        self.assertEqual(
            self.export(Article.NEWSROOM, "2026-03-01-ours.md").decode(),
            f"""---
category: news
title: "Ours"
publishedDateTime: {article.published_at:%Y-%m-%dT%H:%M:%SZ}
type: article
webUrl: "{article.web_url}"
published: true

provider:
  name: Harbour Post
  domain: harbourpost.example

topics:
  - Climate

newsroom:
  status: published
  publishFrom: 2026-03-01T12:00:00Z
  body: "We saw it."
---
""",
        )

    def test_a_second_export_and_import_change_nothing(self):
        self.make(topics=["Climate"], images=[self.picture(alt_text="x")], decided_at=NOON)
        self.round_trip()
        path = self.folder / "2026-03-01-ours.md"
        content, stamps = path.read_bytes(), self.stamps()
        report = export_seeds(self.folder, Article.NEWSROOM)
        self.assertEqual((report.unchanged, report.edited, report.pictures), (1, [], 0))
        self.assertEqual(path.read_bytes(), content)
        again = import_seeds([self.folder], Article.NEWSROOM)
        self.assertEqual((again.unchanged, again.total), (1, 1))
        self.assertEqual(self.stamps(), stamps)

    def test_an_import_over_what_was_written_here_changes_nothing(self):
        self.make(topics=["Climate"], decided_at=NOON, body="Ours.")
        stamps = self.stamps()
        export_seeds(self.folder, Article.NEWSROOM)
        again = import_seeds([self.folder], Article.NEWSROOM)
        self.assertEqual((again.unchanged, again.total), (1, 1))
        self.assertEqual(self.stamps(), stamps)
        self.assertFalse(Delivery.objects.exists())

    def test_an_edit_of_what_was_imported_again_differs_in_its_line_alone(self):
        self.make(decided_at=NOON, body="Ours.", note="A note.")
        self.round_trip()
        before = (self.folder / "2026-03-01-ours.md").read_text()
        Article.objects.update(body="Ours: more.", note="")
        after = self.export(Article.NEWSROOM, "2026-03-01-ours.md").decode()
        expected = before.replace('"Ours."', '"Ours: more."').replace('  note: "A note."\n', "")
        self.assertEqual(after, expected)

    def stamps(self):
        return list(Article.objects.values_list("pk", "updated_at"))


class PictureFilesTests(ExportCase):
    def test_a_delivered_picture_taken_in_is_written_beside_where_none_lies(self):
        article = self.deliver(seed(("https://post.example/bells.jpg", "/img/bells.png")))
        image = article.images.get()
        image.file.save("bells.png", ContentFile(b"pixels"))
        self.assertEqual(export_seeds(self.folder, "feed").pictures, 1)
        self.assertEqual((self.folder / "img/bells.png").read_bytes(), b"pixels")
        (self.folder / "img/bells.png").write_bytes(b"the original")
        self.assertEqual(export_seeds(self.folder, "feed").pictures, 0)
        self.assertEqual((self.folder / "img/bells.png").read_bytes(), b"the original")
