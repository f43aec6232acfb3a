"""The benchmarks measure what they say: seeds are seeds, the plain way stores the same rows."""

from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from django.db import transaction
from django.test import SimpleTestCase, TestCase, override_settings
from django.utils import timezone

from articles.importing import records, seedfile
from articles.importing.pipeline import import_seeds
from articles.models import (
    Article,
    ArticleImage,
    Delivery,
    Proposal,
    Provider,
    RelatedImage,
    RelatedItem,
)
from benchmarks import __main__ as whole
from benchmarks import bake, desk, importing, pages, plain, seeds
from benchmarks.hugo import site
from benchmarks.stock.settings import TEMPLATES as STOCK_TEMPLATES

from .factories import make_article, make_image, make_provider, make_related_item


def read(content: bytes) -> records.ArticleRecord:
    return records.read(seedfile.parse(content), content)


def meaning(content: bytes) -> str:
    return records.meaning(seedfile.parse(content))


class SeedsTests(SimpleTestCase):
    def test_are_read_without_a_problem_or_an_unknown_key(self):
        read_ones = [read(seeds.seed(number)[1]) for number in range(300)]
        self.assertEqual({record.unknown_keys for record in read_ones}, {()})
        self.assertEqual({record.type for record in read_ones}, {"article", "video"})
        self.assertIn(None, {record.feed_published for record in read_ones})
        self.assertGreater(sum(len(record.related) for record in read_ones), 300)

    def test_are_the_same_for_the_same_number_and_others_for_another_series(self):
        self.assertEqual(seeds.seed(7), seeds.seed(7))
        self.assertNotEqual(seeds.seed(7), seeds.seed(7, key=2))

    def test_have_a_name_each(self):
        self.assertEqual(len({seeds.seed(number)[0] for number in range(300)}), 300)

    def test_a_delivery_of_new_secured_moves_every_file_and_no_meaning(self):
        for number in range(50):
            first, again = seeds.seed(number), seeds.seed(number, again=seeds.SECURED)
            self.assertEqual(first[0], again[0])
            self.assertNotEqual(first[1], again[1])
            self.assertEqual(meaning(first[1]), meaning(again[1]))

    def test_a_delivery_of_new_scores_moves_a_share_of_the_files(self):
        moved = [
            number
            for number in range(200)
            if meaning(seeds.seed(number)[1]) != meaning(seeds.seed(number, again=seeds.SCORES)[1])
        ]
        self.assertTrue(30 < len(moved) < 90, len(moved))

    def test_writes_the_next_delivery_over_the_last(self):
        with TemporaryDirectory() as folder:
            seeds.write(Path(folder), 3)
            before = {path.name: path.read_bytes() for path in Path(folder).iterdir()}
            seeds.write(Path(folder), 3, again=seeds.SECURED)
            after = {path.name: path.read_bytes() for path in Path(folder).iterdir()}
        self.assertEqual(before.keys(), after.keys())
        self.assertFalse(set(before.values()) & set(after.values()))


class HugoTests(SimpleTestCase):
    def test_a_seed_names_its_lists_and_is_else_as_it_was(self):
        for number in range(50):
            content = seeds.seed(number)[1]
            more = site.with_lists(content)
            lists = seedfile.parse(more).metadata
            wanted = [lists.pop(name) for name in ("outlets", "years", "months", "days")]
            self.assertEqual(lists, seedfile.parse(content).metadata)
            record = read(content)
            day = f"{record.published_at:%Y-%m-%d}"
            self.assertEqual(wanted, [[record.provider.name], [day[:4]], [day[:7]], [day]])

    def test_ratios_are_to_the_mean_of_what_it_took(self):
        ours, theirs = bake.Measured(12, 30, ""), [bake.Measured(2, 5, ""), bake.Measured(4, 7, "")]
        said = bake.against(1_000, ours, theirs)
        self.assertIn("4.0 times what Hugo takes, 5.0 times its CPU", said)
        self.assertIn("not measured", bake.against(1_000, ours, []))


class PlainTests(TestCase):
    def stored(self):
        """What both ways store, without what only one of them knows."""
        return [
            list(Article.objects.order_by("stem").values_list("stem", *records.MACHINE_COLUMNS)),
            list(
                Article.objects.order_by("stem").values_list(
                    *("title", "excerpt", "published_at", "provider__name", "web_url", "status"),
                    *("publish_from", "slug"),
                )
            ),
            sorted(Article.objects.values_list("stem", "topics__name")),
            sorted(ArticleImage.objects.values_list("article__stem", "image__url", "position")),
            sorted(RelatedItem.objects.values_list("article__stem", "position", "title")),
            sorted(RelatedImage.objects.values_list("related_item__title", "image__url")),
            sorted(Provider.objects.values_list("name", "domain", "logo__url"), key=str),
            [
                bytes(each)
                for each in Delivery.objects.order_by("path").values_list("content", flat=True)
            ],
        ]

    def test_stores_what_the_importing_stores(self):
        with TemporaryDirectory() as name:
            seeds.write(Path(name), 40)
            with transaction.atomic():
                self.assertEqual(import_seeds([Path(name)], "feed").created, 40)
                expected = self.stored()
                transaction.set_rollback(True)
            plain.import_folder(Path(name), "feed")
            self.assertEqual(self.stored(), expected)
            plain.import_folder(Path(name), "feed")
            self.assertEqual(self.stored(), expected)


class TableTests(SimpleTestCase):
    def bench(self, **seconds):
        names = ("parse", "read", "plain", "start", "new", "same", "secured", "scores", "hash")
        bench = importing.Bench(None, None)
        for name in (*names, "many new", "many hash", "many same"):
            value = seconds.get(name.replace(" ", "_"), 1.0)
            bench.results[name] = [importing.Measured(value, value / 2, 50, "")] * 3
        return bench

    def test_takes_ratios_of_medians_and_scales_the_plain_way(self):
        bench = self.bench(parse=2.0, new=3.0, plain=4.0)
        text = "\n".join(importing.table(bench, 10_000, 1_000, 0))
        self.assertIn("| 40.00 (40.00..40.00) | 20.00 | 250 | 20.00 × A |", text)
        self.assertIn("1.50 × A | at most 1.5 × A: kept; 8 times as fast", text)
        self.assertIn("(13.3): kept", text)

    def test_says_what_was_missed(self):
        bench = self.bench(parse=1.0, new=2.0, plain=1.0, many_same=2.0)
        text = "\n".join(importing.table(bench, 10_000, 1_000, 100_000))
        self.assertIn(
            "at most 1.5 × A: missed; 8 times as fast as the plain way (5.0): missed", text
        )
        self.assertIn("2.00 × B (1.00 after start) | at most 1.3 × B: missed", text)


class DeskTests(TestCase):
    """The benchmark of the editors' pages, on the smallest newsroom that has everything."""

    def test_scatters_what_editors_wait_for_and_asks_for_every_page(self):
        with TemporaryDirectory() as name:
            seeds.write(Path(name), 300)
            import_seeds([Path(name)], "feed")
        desk.scatter()
        now = timezone.now()
        for rows in (
            Article.objects.undecided(),
            Article.objects.filter(status="review"),
            Article.objects.oscillating(),
            Article.objects.scheduled(now),
            Article.objects.published_lately(now).wanting_a_picture(),
            Proposal.objects.open(),
        ):
            self.assertTrue(rows.exists(), rows.query)
        with patch.object(desk, "TIMES", 1), override_settings(ALLOWED_HOSTS=["localhost"]):
            found = desk.measure()
        self.assertEqual(len(found), 8)
        self.assertGreater(min(found.values()), 0)

    def test_says_what_was_missed(self):
        few, many = {"desk": 20.0, "form, 3": 50.0}, {"desk": 40.0, "form, 9": 301.0}
        lines = list(desk.table(few, many, (1000, 100_000)))
        self.assertEqual(lines[2], "| desk | 20 | 40 | 2.00 | 300 ms: kept |")
        self.assertEqual(lines[3], "| form, 9 | 50 | 301 | 6.02 | 300 ms: missed |")


class StockTests(TestCase):
    """What our pages are compared with says the same."""

    def test_says_what_our_pages_say(self):
        for number in range(3):
            article = make_article(
                slug=f"story-{number}",
                title="A & <b>",
                body="Our *words*." if number else "",
                type="video" if number == 2 else "article",
                topics=["Climate", "Tides"],
                images=[make_image(alt_text='A "train"')] if number else [],
                provider=None if number == 1 else article_provider(),
            )
            for _item in range(4 * number):
                make_related_item(article, images=[make_image()], excerpt="Its words.")
        addresses = ("/latest/", *(f"/articles/story-{number}/" for number in range(3)))
        ours = [pages.plain(self.client.get(each).content.decode()) for each in addresses]
        with override_settings(ROOT_URLCONF=pages.STOCK, TEMPLATES=STOCK_TEMPLATES):
            stock = [pages.plain(self.client.get(each).content.decode()) for each in addresses]
        self.assertEqual(ours, stock)
        self.assertIn("A &amp; &lt;b&gt;", ours[0])


def article_provider():
    return make_provider("Harbour & Post", "harbourpost.example", logo=make_image())


class WholeTests(SimpleTestCase):
    def line(self, name, *costs):
        return whole._line([(name, cost) for cost in costs])

    def test_says_what_was_kept_and_what_was_missed(self):
        small, same, large = (3, 10.0, 50_000), (3, 11.0, 50_000), (3, 13.0, 50_000)
        self.assertEqual(
            self.line("latest", small, same),
            "| latest | 3 | 10.0 | 11.0 | 1.10 | 50 | at most 1.2 times: kept |",
        )
        self.assertIn("at most 1.2 times: missed", self.line("latest", small, large))
        self.assertIn("1.5 times: kept", self.line("article list", small, large))
        self.assertIn("1.5 times: missed", self.line("article list", small, (7, 13.0, 50_000)))
        self.assertIn("100 kB: missed", self.line("article form", small, (3, 9.0, 100_001)))
        self.assertIn("5 ms: missed", self.line("search, a rare word", small, same))
