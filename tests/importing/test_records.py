"""Records: what a seed's keys become, and every problem with its path."""

from datetime import UTC, datetime

from django.test import SimpleTestCase

from articles.importing import records, seedfile
from articles.importing.seedfile import SeedError
from tests.importing.seedtexts import record, seed


def problems(*changes) -> list[str]:
    try:
        record(*changes)
    except SeedError as error:
        return [str(problem) for problem in error.problems]
    return []


class ReadTests(SimpleTestCase):
    def test_reads_every_field(self):
        article = record()
        self.assertEqual(article.published_at, datetime(2026, 3, 1, 9, 30, tzinfo=UTC))
        self.assertEqual((article.quality, article.heat), (60, 80))
        self.assertEqual((article.feed_published, article.feed_removed), (True, False))
        self.assertEqual(article.provider.key, ("Post", "post.example"))
        self.assertEqual(article.topics, ("Culture", "Transport"))
        self.assertEqual(article.images[0].url, "https://post.example/bells.jpg")
        self.assertEqual(article.related[0].provider.name, "Radio")

    def test_a_missing_score_or_verdict_is_none_not_nought(self):
        article = record(("quality: 60\nheat: 80\npublished: true\n", ""))
        self.assertEqual((article.quality, article.heat, article.feed_published), (None,) * 3)

    def test_understands_older_spellings(self):
        older = record(
            ("excerpt:", "abstract:"),
            ("heat:", "score:"),
            ("webUrl:", "sourceUrl:"),
            ("  domain:", "  id:"),
            ("type: article", "type: article\nampUrl: https://a.example/amp\ncdnAmpUrl:"),
        )
        self.assertEqual(older.excerpt, record().excerpt)
        self.assertEqual((older.heat, older.web_url), (80, record().web_url))
        self.assertEqual(older.provider.domain, "post.example")
        self.assertEqual((older.amp_url, older.cdn_amp_url), ("https://a.example/amp", ""))
        self.assertEqual(older.unknown_keys, ())

    def test_takes_nulls_where_lists_are_expected(self):
        article = record(
            ("  - Transport\n", "  -\n"),
            ("images:\n  - url", "tags:\n  - x: y\nimages:\nold:\n  - url"),
        )
        self.assertEqual((article.topics, article.images), (("Culture",), ()))

    def test_names_unknown_keys_wherever_they_stand(self):
        article = record(
            ("category: news", "category: news\nmood: calm"), ("    quality: 20", "    rank: 1")
        )
        self.assertEqual(article.unknown_keys, ("mood", "related[].rank"))

    def test_gathers_every_problem_with_line_and_path(self):
        found = problems(
            ('title: "Tram bells are tuned"', 'title: " "'),
            ("2026-03-01T09:30:00Z", "2026-02-30T09:30:00Z"),
            ('webUrl: "https://post.example/bells"', 'webUrl: "javascript:alert(1)"'),
            ("quality: 60", "quality: 1e9"),
            ("heat: 80", "heat: -2"),
            ("published: true", "published: maybe"),
            ("width: 1200", "width: 0"),
            ("  - Culture", "  - [x]"),
            ('"Why bells ring"', '"Why \\x07 bells"'),
            ("    quality: 20", "    quality: [20]"),
        )
        self.assertEqual(
            [line.split(":")[:2] for line in found],
            [
                ["3", " title"],
                ["5", " publishedDateTime"],
                ["7", " webUrl"],
                ["9", " quality"],
                ["20", " images[0].width"],
                ["10", " heat"],
                ["11", " published"],
                ["17", " topics[1]"],
                ["24", " related[0].title"],
                ["32", " related[0].quality"],
            ],
        )
        self.assertIn("expected a whole number from -1", found[5])

    def test_refuses_what_is_missing_or_of_another_shape(self):
        for change, expected in {
            ('title: "Tram bells are tuned"\n', ""): "title: blank",
            ("publishedDateTime: 2026-03-01T09:30:00Z\n", ""): "publishedDateTime: missing",
            ("provider:\n  name: Post\n  domain: Post.example\n", ""): "provider: missing",
            ("topics:\n  - Transport\n  - Culture", "topics: Transport"): "topics: 'Transport'",
            ("images:\n  - url", "images:\n  - x\n  - url"): "images[0]: 'x'; expected a mapping",
            ("Tram bells are tuned", "x" * 501): "title: 501 characters; expected at most 500",
            ("The depot", "é" * 9000): "excerpt: longer than 16,384 bytes",
            ("bells.jpg", "x" * 2048): "images[0].url: 2,069 characters",
            ("bells.jpg", "é" * 400): "images[0].url: longer than 2,048 characters when",
        }.items():
            with self.subTest(change[0][:30]):
                (found,) = problems(change)
                self.assertIn(expected, found)

    def test_reads_moments_of_every_usual_form(self):
        for text in (
            "2026-03-01T09:30:00Z",
            "2026-03-01 09:30:00",
            "2026-03-01T10:30:00+01:00",
            '"2026-03-01T09:30:00.000Z"',
            "2026-03-01t09:30z",
        ):
            article = record(("2026-03-01T09:30:00Z", text))
            self.assertEqual(article.published_at, record().published_at, text)

    def test_refuses_moments_that_are_none(self):
        for text in ("0001-01-01T00:00:00+14:00", "2026-13-01", "yesterday", "20260301", "[]"):
            self.assertTrue(problems(("2026-03-01T09:30:00Z", text)), text)


class MeaningTests(SimpleTestCase):
    def meaning(self, content: bytes) -> str:
        return records.meaning(seedfile.parse(content))

    def test_does_not_see_secured_order_quotes_or_line_ends(self):
        plain = self.meaning(seed())
        for content in (
            seed(("AAAA;BBBB", "CCCC;DDDD")),
            seed(("  - Transport\n  - Culture", "  - Culture\n  - Transport")),
            seed(("quality: 60\nheat: 80", "heat: 80\nquality: 60")),
            seed(('"Tram bells are tuned"', "Tram bells are tuned")),
            seed().replace(b"\n", b"\r\n"),
        ):
            self.assertEqual(self.meaning(content), plain)

    def test_sees_every_other_change_known_key_or_not(self):
        plain = self.meaning(seed())
        for change in (("quality: 20", "quality: 21"), ("isCached: true", "isCached: false")):
            self.assertNotEqual(self.meaning(seed(change)), plain)
        self.assertNotEqual(self.meaning(seed() + b"\nwords"), plain)


class KeyedTests(SimpleTestCase):
    def test_tells_one_link_twice_and_items_without_a_link_apart(self):
        item = record().related[0]
        keys = list(records.keyed([item, item]))
        self.assertEqual(keys, [("https://radio.example/why", 1), ("https://radio.example/why", 2)])
        bare = record(('webUrl: "https://radio.example/why"', 'webUrl: ""')).related
        self.assertEqual(
            list(records.keyed(bare)), [("Why bells ring", "Radio", "radio.example", 1)]
        )
