"""Pictures that lie beside the seeds: taken in, or told why not, while the import goes on."""

import os
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

from django.core.files.base import ContentFile
from django.core.management import call_command
from django.test import TestCase

from articles.importing import pictures
from articles.importing.pipeline import import_seeds
from articles.models import Article, Image
from tests import picturing

from .seedtexts import seed

LINK = "https://post.example/bells.jpg"


class BesideTests(TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(TemporaryDirectory()))
        self.count = 0

    def deliver(self, content: bytes | None, link="/images/bells.jpg", name="images/bells.jpg"):
        """A seed that names a picture, and that picture beside it."""
        self.count += 1
        (self.folder / f"story-{self.count}.md").write_bytes(seed((LINK, link)))
        if content is not None:
            path = self.folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)

    def take(self):
        return import_seeds([self.folder], "post.example")

    def test_an_honest_one_is_kept_without_what_it_says_of_itself(self):
        self.deliver(picturing.talkative("JPEG"))
        report = self.take()
        self.assertEqual((report.pictures, report.refused_pictures), (1, []))
        with Image.objects.get().file.open() as file:
            self.assertEqual(picturing.metadata_in(file.read()), [])

    def test_each_hostile_one_is_a_line_and_the_import_goes_on(self):
        hostile = picturing.hostile()
        for number, content in enumerate(hostile.values()):
            self.deliver(content, f"/images/{number}.jpg", f"images/{number}.jpg")
        self.deliver(picturing.plain(), "/images/last.jpg", "images/last.jpg")
        report = self.take()
        self.assertEqual((report.created, report.failed), (len(hostile) + 1, 0))
        self.assertEqual(report.pictures, 1)
        self.assertEqual(len(report.refused_pictures), len(hostile))
        lines = str(report).splitlines()
        for number, name in enumerate(hostile):
            with self.subTest(name):
                path = (self.folder / f"images/{number}.jpg").resolve()
                (line,) = [each for each in lines if f"{path}: " in each]
                self.assertTrue(line.isprintable())
                self.assertFalse(Image.objects.get(url=f"/images/{number}.jpg").file)

    def test_no_picture_is_opened_in_this_process(self):
        self.deliver(picturing.plain())
        with mock.patch("PIL.Image.open", side_effect=AssertionError("opened here")):
            self.assertEqual(self.take().pictures, 1)

    def test_the_command_shows_the_line_and_ends_well(self):
        self.deliver(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "/a.svg", "a.svg")
        out = StringIO()
        call_command("import_seeds", self.folder, source="post.example", stdout=out)
        self.assertIn("a.svg: expected a picture in JPEG, PNG, WEBP", out.getvalue())

    def test_names_that_no_file_can_have_stop_nothing(self):
        for link in ("/a%00b.jpg", f"/{'n' * 900}.jpg", "/%ff%fe.jpg", "/circle/a.jpg"):
            self.deliver(None, link)
        (self.folder / "circle").symlink_to("circle")
        self.deliver(picturing.plain())
        report = self.take()
        self.assertEqual((report.created, report.pictures), (5, 1))
        self.assertEqual(report.refused_pictures, [])

    def test_nothing_outside_the_folder_is_taken(self):
        with TemporaryDirectory() as elsewhere:
            outside = Path(elsewhere, "secret.jpg")
            outside.write_bytes(picturing.plain())
            (self.folder / "link.jpg").symlink_to(outside)
            up = os.path.relpath(outside, self.folder)
            for link in ("/link.jpg", f"/{up}", f"/images/../{up}"):
                self.deliver(None, link)
            self.assertEqual(self.take().pictures, 0)
        self.assertEqual(Article.objects.count(), 3)

    def test_one_that_cannot_be_read_is_a_line(self):
        self.deliver(picturing.plain())
        error = PermissionError(13, "Permission denied")
        with mock.patch.object(pictures, "_content", side_effect=error):
            ((path, why),) = self.take().refused_pictures
        self.assertTrue(path.endswith("images/bells.jpg"))
        self.assertEqual(why, "it cannot be read (Permission denied)")

    def test_the_line_can_be_printed_whatever_the_file_is_called(self):
        name = b"images/\xff\n.jpg"
        self.deliver(None, "/images/%FF%0A.jpg")
        (self.folder / "images").mkdir()
        Path(os.fsdecode(os.fsencode(self.folder) + b"/" + name)).write_bytes(b"no")
        self.assertTrue(all(line.isprintable() for line in str(self.take()).splitlines()))

    def test_what_an_editor_has_uploaded_stays(self):
        self.deliver(None)
        self.take()
        image = Image.objects.get()
        image.file.save("theirs.jpg", ContentFile(picturing.plain()))
        self.deliver(picturing.plain(colour="red"))
        self.assertEqual(self.take().pictures, 0)
        self.assertIn("theirs", Image.objects.get().file.name)
