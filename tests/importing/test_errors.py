"""Failing files come back with their reasons where they belong, and can be mended in place."""

from pathlib import Path
from tempfile import TemporaryDirectory

from django.test import SimpleTestCase

from articles.importing import errors, records
from articles.importing.journal import FileResult
from articles.importing.seedfile import MAX_BYTES, Problem, SeedError
from tests.importing.seedtexts import seed


def returned(content: bytes) -> bytes:
    try:
        records.of_content(content)
    except SeedError as error:
        return errors.marked(content, error.problems)
    raise AssertionError("nothing is wrong with it")


class MarkedTests(SimpleTestCase):
    def test_a_comment_stands_above_each_line_at_fault(self):
        lines = returned(seed(("quality: 60", "quality: x"), ("width: 1200", "width: 0"))).split(
            b"\n"
        )
        self.assertEqual(
            lines[8:10],
            [b"# newsroom: number: quality: 'x'; expected a whole number", b"quality: x"],
        )
        self.assertIn(
            b"# newsroom: number: images[0].width: 0; expected a whole number from 1", lines
        )

    def test_mended_it_is_read_with_the_comments_in_it(self):
        for broken, mended in (
            (("quality: 60", "quality: x"), (b"quality: x", b"quality: 60")),
            (("width: 1200", "width: 0"), (b"width: 0", b"width: 1200")),
            (
                ('title: "Tram bells are tuned"\n', ""),
                (b"category", b'title: "Tram bells are tuned"\ncategory'),
            ),
            (
                ('title: "Tram bells', "title: Tram: bells"),
                (b"title: Tram: bells", b'title: "Tram bells'),
            ),
        ):
            for ending in (b"\n", b"\r\n"):
                content = seed(broken).replace(b"\n", ending)
                back = returned(content)
                self.assertEqual(back.count(b"\n"), back.count(ending))
                self.assertIn(b"# newsroom: ", back)
                self.assertEqual(
                    records.of_content(back.replace(*mended)), records.of_content(seed())
                )

    def test_what_concerns_the_whole_file_stands_below_the_fence(self):
        back = returned(seed(("provider:\n  name: Post\n  domain: Post.example\n", "")))
        self.assertTrue(back.startswith(b"---\n# newsroom: missing: provider: "))

    def test_a_file_without_front_matter_begins_with_the_reason(self):
        self.assertTrue(returned(b"Hello.\n").startswith(b"# newsroom: front-matter: "))

    def test_a_reason_that_quotes_the_file_stays_one_line(self):
        back = errors.marked(b"---\na: b\n---\n", [Problem(2, "a", "'x\ny: z'; expected", "type")])
        self.assertEqual(back, b"---\n# newsroom: type: a: 'x\\ny: z'; expected\na: b\n---\n")

    def test_a_part_of_a_file_is_never_taken_for_the_whole(self):
        with TemporaryDirectory() as name:
            problem = Problem(1, "file", "too large", "size")
            result = FileResult(
                "x", "a/b.md", "failed", problems=[problem], content=b"x" * (MAX_BYTES + 1)
            )
            errors.write(Path(name), result)
            self.assertEqual(
                (Path(name) / "a/b.md").read_bytes(), b"# newsroom: size: file: too large\n"
            )
