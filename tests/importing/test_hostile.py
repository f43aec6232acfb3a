"""Seeds gone wrong in every way a mutation finds: refused with a line, or stored; never a crash."""

import random
from pathlib import Path
from tempfile import TemporaryDirectory

from django.test import TestCase

from articles.importing.pipeline import import_seeds
from articles.models import Article
from tests.importing.seedtexts import seed

PIECES = [
    *(b'"', b"'", b"\n", b"\r", b": ", b"- ", b"[", b"{", b"&a ", b"*a", b"!!x ", b"---\n", b"..."),
    *(b"\x00", b"\x80", b"\xff", b"\xc2\x85", b"\xe2\x80\xa8", b"\xef\xbb\xbf", b"\xed\xa0\x80"),
    *(b'"\\0"', b'"\\ud800"', b'"\\uffff"', b"\\", b"%", b"@", b"`", b"|", b">", b"#", b"? ", b"~"),
    *(b"<<: *a", b"2023-13-45", b"9" * 400, b"-1", b"0b_", b"NO", b"\xf0\x9f\x8e\x89", b"\t"),
    *(b"<script>", b"javascript:", b"\xe2\x80\xae", b"https://[", b"http://a:99999/", b" " * 50),
]
MUTANTS = 600


def mutant(rnd: random.Random) -> bytes:
    content = bytearray(seed())
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


class MutantTests(TestCase):
    def test_are_stored_or_refused_with_a_line_and_a_field_and_good_files_land(self):
        rnd = random.Random(2026)
        with TemporaryDirectory() as name:
            folder = Path(name)
            for number in range(MUTANTS):
                (folder / f"2026-01-01-mutant-{number}.md").write_bytes(mutant(rnd))
                if number % 10 == 0:
                    (folder / f"2026-01-01-good-{number}.md").write_bytes(seed())
            report = import_seeds([folder], "feed")
            again = import_seeds([folder], "feed")
        self.assertEqual(report.total, MUTANTS + MUTANTS // 10)
        self.assertEqual(Article.objects.filter(stem__contains="good").count(), MUTANTS // 10)
        self.assertGreater(report.failed, MUTANTS // 4)
        self.assertGreater(report.created, MUTANTS // 10 + MUTANTS // 6)
        for _, problem in report.failures:
            self.assertGreaterEqual(problem.line, 1)
            self.assertTrue(problem.field and problem.reason)
            # The database refuses nothing that validation let through.
            self.assertNotEqual(problem.field, "database", problem)
        self.assertEqual((again.created, again.updated), (0, 0))
        # What was stored can be shown.
        for address in ("/", "/latest/", "/providers/", "/topics/"):
            self.assertEqual(self.client.get(address).status_code, 200)
        for article in Article.objects.published()[:100]:
            self.assertEqual(self.client.get(article.get_absolute_url()).status_code, 200)
