"""Seed files: bytes in, a plain mapping or one clear refusal out."""

import time

from django.test import SimpleTestCase

from articles.importing.seedfile import SeedError, line_of, name_of, parse, parse_plain


def seed(text: str) -> bytes:
    return f"---\n{text}\n---\n".encode()


class ParseTests(SimpleTestCase):
    def test_leaves_every_scalar_text_but_null(self):
        metadata = parse(
            seed('a: NO\nb: 017\nc: 2023-13-45\nd: ~\ne:\nf: "null"\ng: [1.0, yes, null]')
        ).metadata
        self.assertEqual(
            metadata,
            {
                "a": "NO",
                "b": "017",
                "c": "2023-13-45",
                "d": None,
                "e": None,
                "f": "null",
                "g": ["1.0", "yes", None],
            },
        )

    def test_reads_line_ends_and_byte_order_marks_of_every_kind(self):
        plain = seed('a: "x"\nb:\n  - y')
        for content in (plain.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + plain):
            self.assertEqual(parse(content), parse(plain))

    def test_tells_a_fence_from_dashes_inside_a_value(self):
        parsed = parse(seed('a: "x --- y"\nb: >\n  one\n  ---\n  two'))
        self.assertEqual(parsed.metadata, {"a": "x --- y", "b": "one --- two\n"})

    def test_keeps_the_text_below(self):
        self.assertEqual(parse(seed("a: x") + b"\nwords\n").body, "words")


class PlainTests(SimpleTestCase):
    def test_read_the_same_without_fences(self):
        text = b'a: NO\nb:\n  - "x --- y"\n  - ~\n'
        fenced = parse(b"---\n" + text + b"---\n")
        for content in (text, text.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + text, text[:-1]):
            self.assertEqual(parse_plain(content), fenced)

    def test_count_lines_from_the_first(self):
        content = b"a: x\nb:\n  - c: d\n    e: f\n"
        for path, line in {("a",): 1, ("b", 0, "e"): 4, ("missing",): 1}.items():
            self.assertEqual(line_of(content, path), line, path)


class RefusalTests(SimpleTestCase):
    def assert_refused(self, content: bytes, line: int, field: str, reason: str, parse=parse):
        with self.assertRaises(SeedError) as caught:
            parse(content)
        (problem,) = caught.exception.problems
        self.assertEqual((problem.line, problem.field), (line, field), problem)
        self.assertIn(reason, problem.reason)

    def test_names_the_line_and_the_field(self):
        cases = [
            (b"a: x\n", 1, "front matter", "does not begin with it"),
            (b"\n---\na: x\n---\n", 1, "front matter", "does not begin with it"),
            (b"---\na: x\n", 2, "front matter", "no end"),
            (b"---\na: x\n ---\n", 3, "front matter", "no end"),
            (b"---\n---\n", 1, "front matter", "empty"),
            (b"", 1, "front matter", "does not begin with it"),
            (seed("- a"), 2, "front matter", "key: value"),
            (seed("just text"), 2, "front matter", "key: value"),
            (seed("a: x\nb:\n  - c: d\n    e: f: g"), 5, "b[0]", "double quotes"),
            (seed("a: x\nb: y\na: z"), 4, "a", "first in line 2"),
            (seed("a: &x y\nb: *x"), 2, "a", "anchor"),
            (seed("a: *x"), 2, "a", "alias"),
            (seed("a: !!python/object:os.system x"), 2, "a", "tag"),
            (seed("? [a]\n: b"), 2, "front matter", "expected text"),
            (seed("a: x\n...\nb: y"), 4, "front matter", "document"),
            (seed("a: x\nb: c\x80d"), 3, "front matter", "U+0080"),
            (b"---\na: x\nb: \xff\n---\n", 3, "file", "0xff"),
            (b"---\na: " + b"x" * 1024 * 1024 + b"\n---\n", 1, "file", "at most 1,048,576"),
            (seed("a: " + "[" * 20 + "]" * 20), 2, "a" + "[0]" * 11, "deeper"),
            (seed("a: [" + "x," * 20_001 + "]"), 2, "a[19998]", "more than 20,000"),
        ]
        for content, line, field, reason in cases:
            with self.subTest(content[:40]):
                self.assert_refused(content, line, field, reason)

    def test_names_them_in_plain_files_too(self):
        cases = [
            (b"", 1, "file", "empty"),
            (b"- a", 1, "file", "key: value"),
            (b"a: x\nb: c: d", 2, "file", "double quotes"),
            (b"a: x\na: y", 2, "a", "first in line 1"),
            (b"a: &x y\nb: *x", 1, "a", "anchor"),
            (b"a: x\n---\nb: y", 2, "file", "document"),
            (b"a: x\nb: c\xc2\x80d", 2, "file", "U+0080"),
            (b"a: \xff", 1, "file", "0xff"),
            (b"a: [" + b"x," * 20_001 + b"]", 1, "a[19998]", "more than 20,000"),
        ]
        for content, line, field, reason in cases:
            with self.subTest(content[:40]):
                self.assert_refused(content, line, field, reason, parse=parse_plain)

    def test_stays_quick_on_what_kills_other_parsers(self):
        """390 KB of brackets crash libyaml's composer; chained merges take it a minute."""
        merges = "\n".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}" for n in range(1, 40))
        for content in (seed("a: " + "[" * 390_000), seed("a0: &a0 {x: y}\n" + merges)):
            begun = time.process_time()
            with self.assertRaises(SeedError):
                parse(content)
            # No limit of speed, only of growth: the defect takes minutes or the process.
            self.assertLess(time.process_time() - begun, 5)


class LineOfTests(SimpleTestCase):
    content = seed("a: x\nb:\n  - c: d\n    e:\n      - f\n      - g")

    def test_finds_keys_entries_and_missing_ones(self):
        for path, line in {
            ("a",): 2,
            ("b",): 3,
            ("b", 0): 4,
            ("b", 0, "e"): 5,
            ("b", 0, "e", 1): 7,
            ("b", 0, "missing"): 4,
            ("missing",): 2,
        }.items():
            self.assertEqual(line_of(self.content, path), line, path)

    def test_paths_read_like_addresses(self):
        self.assertEqual(name_of(("b", 0, "e", 1)), "b[0].e[1]")
        self.assertEqual(name_of(()), "front matter")
