"""No seed file stops an import: each is stored, or refused as `path:line: field: reason`, and every
good file between the bad ones lands."""

import json
import random
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

import frontmatter
import pytest
from django.test import SimpleTestCase, TestCase

from articles.importing import records, seedfile
from articles.importing.pipeline import import_seeds
from articles.importing.seedfile import SeedError, SeedFile
from articles.models import Article
from tests.corpus import FOLDER, needs_corpus
from tests.importing.seedtexts import PLAIN, seed
from tests.promises import trials

PIECES = [
    *(b'"', b"'", b"\n", b"\r", b": ", b"- ", b"[", b"{", b"&a ", b"*a", b"!!x ", b"---\n", b"..."),
    *(b"\x00", b"\x80", b"\xff", b"\xc2\x85", b"\xe2\x80\xa8", b"\xef\xbb\xbf", b"\xed\xa0\x80"),
    *(b'"\\0"', b'"\\ud800"', b'"\\uffff"', b"\\", b"%", b"@", b"`", b"|", b">", b"#", b"? ", b"~"),
    *(b"<<: *a", b"2023-13-45", b"9" * 400, b"-1", b"0b_", b"NO", b"\xf0\x9f\x8e\x89", b"\t"),
    *(b"<script>", b"javascript:", b"\xe2\x80\xae", b"https://[", b"http://a:99999/", b" " * 50),
]
GOOD_EVERY = 10  # a good file after so many bad ones


def mutant(rnd: random.Random, whole: bytes) -> bytes:
    content = bytearray(whole)
    for _ in range(rnd.randint(1, 2)):
        place, other = rnd.randrange(len(content)), rnd.randrange(len(content))
        match rnd.randrange(4):
            case 0:
                del content[place : place + rnd.randint(1, 8)]
            case 1:
                content[place:place] = content[other : other + rnd.randint(1, 200)]
            case 2:
                content[place] = rnd.randrange(256)
            case 3:
                content[place:place] = rnd.choice(PIECES)
    return bytes(content)


def by_hand() -> list[bytes]:
    """Each key with each kind of value that does not belong there, and whole files gone wrong."""
    texts = [
        "[1, 2]",
        "{a: b}",
        '"\\0"',
        '"\\ud800"',
        "x" * 3000,
        "!!python/name:os.system",
        "&a b",
    ]
    numbers = ["-2", "1e9", "0x10", "1_000", "٣", "99999999999", "3.5", "[1]", "true"]
    moments = ["2023-13-45T00:00:00Z", "yesterday", "0b_", "+99:99", "2026-02-30", "12", "[2026]"]
    links = [
        "javascript:alert(1)",
        "http://",
        "https://[",
        "//x",
        "data:text/html,x",
        "http://a@b/",
    ]
    wrong = {
        "title": [*texts, '""', "   "],
        "excerpt": [*texts[:4], texts[5], "x" * 20_000],
        "publishedDateTime": [*moments, '""', *texts],
        "originalUrl": [*links, *texts],
        "webUrl": [*links, *texts],
        "type": texts,
        "quality": [*numbers, "-1"],
        "heat": numbers,
        "published": ["yes", "1", "[true]", "2", "{a: b}", "*a"],
        "topics": ["x", "{a: b}", "[[x]]", "[{a: b}]", '["\\0"]', f"[{'x' * 200}]"],
    }
    found = [
        seed((line, f"{key}: {value}"))
        for key, values in wrong.items()
        for line in [next(line for line in PLAIN.split("\n") if line.startswith(f"{key}:"))]
        for value in values
        if key != "topics"
    ]
    found += [
        seed(("topics:\n  - Transport\n  - Culture", f"topics: {v}")) for v in wrong["topics"]
    ]
    found += [
        seed((f"    {line}", f"    {key}: {value}"))
        for (key, line), value in product(
            [("width", "width: 1200"), ("height", "height: 675")], [*numbers, "0"]
        )
    ]
    shapes = ["x", "[x]", "{a: [b]}", "7", "[[a]]", "*a", "!!set {a}"]
    found += [
        seed(("category: news", f"{key}: {value}"))
        for key, value in product(("removed", "featuredContent", "ampWebUrl"), shapes)
    ]
    found += [
        seed((f"\n{key}:\n", f"\n{key}: {value}\nold:\n"))
        for key, value in product(("provider", "images", "related"), shapes)
    ]
    found += [
        b"",
        b"\n",
        b"---",
        b"---\n---\n",
        b"---\n- a\n---\n",
        b"---\n[]\n---\n",
        b"---\nx\n---\n",
    ]
    found += [
        b"\xff\xfe-\x00",
        b"x" * (seedfile.MAX_BYTES + 1),
        b"---\n" + b"[" * 390_000 + b"\n---\n",
    ]
    found += [b"---\n" + b"a: {" * 5_000 + b"\n---\n", b"---\na: &a [*a]\n---\n"]
    found += [b"---\n" + b"".join(b"k%d: v\n" % n for n in range(30_000)) + b"---\n"]
    found += [
        b"---\na: 1\n---\n---\nb: 2\n---\n",
        b"---\na: 1\na: 2\n---\n",
        b"---\n? [a]\n: b\n---\n",
    ]
    # Keys and tags are quoted in reports, which a terminal shows and a database keeps.
    found += [
        f"---\n{key}: x\n{key}: y\n---\n".encode()
        for key in (
            '"\\0"',
            '"\\e[2J"',
            '"a\\nb"',
            '"' + "x" * 5_000 + '"',
            '"\\uffff"',
            "!%1b%00 a",
        )
    ]
    found += [seed(("category: news", '"\\0": {"\\e[2J": x}'))]
    chain = "".join(f"a{n}: &a{n}\n  <<: [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 30))
    found += [f"---\na0: &a0 {{x: y}}\n{chain}---\n".encode()]
    return found


class GoneWrong:
    """For a TestCase: imports bad files with good ones between them."""

    def violations(self, bad: list[bytes]) -> list[str]:
        with TemporaryDirectory() as name:
            folder = Path(name)
            good = 0
            for number, content in enumerate(bad):
                (folder / f"2026-01-01-{number:06}-bad.md").write_bytes(content)
                if number % GOOD_EVERY == 0:
                    (folder / f"2026-01-01-{number:06}-good.md").write_bytes(seed())
                    good += 1
            try:
                report = import_seeds([folder], "feed")
                again = import_seeds([folder], "feed")
            except Exception as error:  # noqa: BLE001 (any of them is what must not happen)
                return [f"stopped by {error!r}"]
        wrong = []
        if Article.objects.filter(stem__endswith="good").count() != good:
            wrong.append("not every good file landed")
        if report.total != len(bad) + good:
            wrong.append("not every file was counted")
        for path, problem in report.failures:
            # The database refuses nothing that validation let through.
            if (
                problem.line < 1
                or not (problem.field and problem.reason)
                or problem.code == "database"
                or not str(problem).isprintable()
            ):
                wrong.append(f"{path}:{problem}")
        if (again.created, again.updated) != (0, 0):
            wrong.append("the second import wrote")
        self.report = report
        return wrong

    def naive(self):
        """The twin: read as the library reads by default."""

        def parse(content):
            metadata, body = frontmatter.parse(content.decode())
            return SeedFile(metadata, body)

        return mock.patch.multiple(seedfile, parse=parse)


class MutantTests(GoneWrong, TestCase):
    def test_mutated_seeds(self):
        rnd = random.Random(2026)
        wholes = [seed(), *corpus_files()]
        count = trials(600, 20_000)
        self.assertEqual(
            self.violations([mutant(rnd, rnd.choice(wholes)) for _ in range(count)]), []
        )
        # Neither all refused nor all let through: the mutants are what they should be.
        self.assertGreater(self.report.failed, count // 10)
        self.assertGreater(self.report.created, count // 10 + count // 8)
        # What was stored can be shown.
        for address in ("/", "/latest/", "/providers/", "/topics/"):
            self.assertEqual(self.client.get(address).status_code, 200)
        for article in Article.objects.published()[:100]:
            self.assertEqual(self.client.get(article.get_absolute_url()).status_code, 200)

    def test_seeds_broken_by_hand(self):
        bad = by_hand()
        self.assertGreaterEqual(len(bad), 150)
        self.assertEqual(self.violations(bad), [])
        self.assertGreater(self.report.failed, 120)

    def test_files_with_names_gone_wrong(self):
        with TemporaryDirectory() as name:
            folder = Path(name)
            for odd in ("a\nb", "\x1b[2J", "\x01", "\x7f", "\x9b", "\udcff", "good", "bücher 🎉"):
                (folder / f"2026-01-01-{odd}.md").write_bytes(seed())
            report = import_seeds([folder], "feed")
        self.assertEqual((report.created, report.failed), (2, 6))
        for path, problem in report.failures:
            self.assertTrue(f"{path}:{problem}".isprintable())
            self.assertIn("its name", problem.reason)

    def test_a_report_that_quotes_a_file_as_it_is_is_noticed(self):
        def as_it_is(text, limit):
            return text

        with mock.patch.object(seedfile, "printable", as_it_is):
            bad = [b'---\n"a\\nb": x\n"a\\nb": y\n---\n']
            self.assertTrue(self.violations(bad))

    def test_the_twin_stops(self):
        with self.naive():
            self.assertTrue(self.violations([seed(("2026-03-01T09", "2026-13-45T09"))]))


@needs_corpus
@pytest.mark.corpus
class YamlSuiteTests(GoneWrong, TestCase):
    """The public YAML test suite, each case as a whole front matter and as a value in a seed."""

    def cases(self):
        return json.loads((FOLDER.parent / "hostile/yaml_suite.json").read_text())

    def test_every_case(self):
        bad = []
        for case in self.cases():
            bad.append(f"---\n{case['yaml']}\n---\n".encode("utf-8", "surrogatepass"))
            inner = "\n".join("  " + line for line in case["yaml"].split("\n"))
            whole = seed(("category: news", f"category: news\nodd:\n{inner}"))
            bad.append(whole)
        self.assertEqual(len(bad), 804)
        self.assertEqual(self.violations(bad), [])


class DefaultLoaderTests(SimpleTestCase):
    """What the defence is there for: each of these raises something that is no refusal."""

    def test_the_library_by_default_raises_what_nobody_expects(self):
        for text in ("a: 2023-13-45", "a: !!timestamp +99:99", "a: 0b_", "? [a]\n: b"):
            with self.assertRaises(Exception) as raised:
                frontmatter.parse(f"---\n{text}\n---\n")
            self.assertNotIsInstance(raised.exception, SeedError, text)
            with self.assertRaises(SeedError):
                records.of_content(f"---\n{text}\n---\n".encode())


def corpus_files() -> list[bytes]:
    if not FOLDER.is_dir():
        return []
    folders = sorted([*FOLDER.glob("*/_news"), *FOLDER.glob("*/_posts")])
    files = [path for folder in folders for path in sorted(folder.rglob("*.md"))]
    return [path.read_bytes() for path in files]
