"""The search: what it finds, in which order, and that its index is right whoever writes."""

import random
from datetime import timedelta
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

from django.core.management import call_command
from django.db import connection, models
from django.test import SimpleTestCase, TestCase, TransactionTestCase
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from articles import editions, search
from articles.folding import words
from articles.importing.pipeline import import_seeds
from articles.importing.undo import undo_import
from articles.models import Article, ImportRun
from articles.search import Phrase, read

from .factories import NOON, make_article
from .importing.feed import Feed


def found(text, articles=None):
    articles = Article.objects.published() if articles is None else articles
    rows = search.matching(articles, read(text))
    numbers = search.by_relevance(rows, read(text), 1000)
    titles = dict(Article.objects.values_list("pk", "title"))
    return [titles[pk] for pk in numbers]


class FoldingTests(SimpleTestCase):
    def test_knows_no_case_accents_or_marks(self):
        for text, expected in {
            "Événement à l’Élysée": "evenement a l elysee",
            "STRASSE Straße": "strasse strasse",
            "Łódź, Tromsø & Æsir": "lodz tromso aesir",
            "COVID-19 at 3.5%": "covid 19 at 3 5",
            "أحمد مُحَمَّد ٢٠٢٦": "احمد محمد 2026",
            "שָׁלוֹם": "שלום",
            "北京大学 2": "北 京 大 学 2",
            "한국 हिन्दी": "한국 हिन्दी",
            "ﬁne_print": "fine print",
            "İstanbul": "istanbul",
            "…!": "",
        }.items():
            with self.subTest(text):
                self.assertEqual(words(text), expected.split())

    @given(st.text())
    def test_folds_the_folded_to_itself(self, text):
        once = words(text)
        self.assertEqual(words(" ".join(once)), once)


class ReadTests(SimpleTestCase):
    def test_keeps_together_what_is_quoted_or_has_no_space(self):
        for text, phrases in {
            "night train": [Phrase(("night",)), Phrase(("train",), True)],
            '"night train" alps': [Phrase(("night", "train")), Phrase(("alps",), True)],
            "“Night train”": [Phrase(("night", "train"))],
            "covid-19": [Phrase(("covid", "19"), True)],
            'open "quote and': [Phrase(("open",)), Phrase(("quote", "and"))],
            '"" - * ( ': [],
        }.items():
            with self.subTest(text):
                self.assertEqual(list(read(text).phrases), phrases)


class MatchingTests(TestCase):
    def setUp(self):
        make_article(title="Night train", excerpt="Across the Alps &amp; on to <b>Milan</b>.")
        make_article(
            title="Train your &eacute;l&egrave;ves", body="At *night*, in the [Alps](/x/)."
        )

    def test_looks_at_headline_excerpt_and_our_own_words_as_readers_see_them(self):
        both = ["Night train", "Train your &eacute;l&egrave;ves"]
        self.assertCountEqual(found("night alps"), both)
        self.assertEqual(found("eleves"), both[1:])
        self.assertEqual(found("Élèves"), both[1:])
        self.assertEqual(found("amp"), [])
        self.assertEqual(found("milan"), both[:1])

    def test_wants_every_word(self):
        self.assertEqual(found("night milan"), ["Night train"])
        self.assertEqual(found("night oslo"), [])

    def test_finds_quoted_words_only_where_they_stand_together(self):
        self.assertEqual(found('"night train"'), ["Night train"])
        self.assertEqual(found('"train night"'), [])
        # The end of one text and the beginning of the next are not together.
        self.assertEqual(found('"train across"'), [])

    def test_takes_the_last_word_as_begun_unless_a_quote_ends_it(self):
        self.assertEqual(found("mila"), ["Night train"])
        self.assertEqual(found('"mila"'), [])
        self.assertEqual(found("mila night"), [])

    def test_finds_nothing_where_no_word_is(self):
        for text in ("", "!!!", '"', "* - ()"):
            self.assertEqual(found(text), [])

    def test_finds_every_word_of_a_text_by_itself(self):
        text = (
            "E-Mail 1e5 0x1f 1,000 3d 007 a.b.c x@y.example http://z.example/?q=1 ½ हिन्दी 北京 한국"
        )
        article = make_article(title="Odd", excerpt=text)
        for chunk in [*text.split(), *words(text)]:
            with self.subTest(chunk):
                self.assertIn(article.title, found(f'"{chunk}"'))

    def test_no_text_is_too_long_for_the_index(self):
        many = " ".join(f"{number:x}" for number in range(200_000))
        signs = "".join(chr(number) for number in range(0x20000, 0x2A000)) * 3
        for text in (many, signs, "x" * 1_000_000, "é" * 1_000_000):
            make_article(title="Long", excerpt=text, body=text[:200_000])
        self.assertEqual(found("1a2b"), ["Long"])


class RelevanceTests(TestCase):
    def test_headline_before_excerpt_before_our_words_then_the_newest(self):
        later = NOON + timedelta(days=1)
        make_article(title="Own", body="A tide.", published_at=later)
        make_article(title="Told", excerpt="A tide.", published_at=later)
        make_article(title="Old tide", excerpt="x", published_at=NOON)
        make_article(title="New tide", excerpt="x", published_at=NOON + timedelta(hours=1))
        self.assertEqual(found("tide"), ["New tide", "Old tide", "Told", "Own"])

    def test_words_together_and_as_typed_come_first(self):
        for title in (
            "Change of climate",
            "Climate change",
            "Climate changes",
            "Climate: a change",
        ):
            make_article(title=title, excerpt="x", published_at=NOON)
        self.assertEqual(found("climate change")[0], "Climate change")
        self.assertEqual(found("climate change")[1], "Climate changes")
        make_article(title="Article", excerpt="x", published_at=NOON + timedelta(days=1))
        make_article(title="Art", excerpt="x", published_at=NOON)
        self.assertEqual(found("art"), ["Art", "Article"])

    def test_what_is_hidden_moves_nothing(self):
        for number in range(12):
            words = ("tide " * (number % 4 + 1), "reef " * (number % 3 + 1))
            make_article(title=f"{number} {words[number % 2]}", excerpt=f"{words[0]} {words[1]}")
        before = found("tide reef")
        self.assertEqual(len(before), 12)
        for number in range(40):
            make_article(title="Tide", excerpt="tide " * number, is_published=False)
        self.assertEqual(found("tide reef"), before)


class HostileTests(TestCase):
    def test_no_text_raises(self):
        make_article(title="Night train")
        pieces = ['"', "'", "*", "(", ")", ":", "^", "-", "+", "{", "}", "\\", "%", "&", "|", "!"]
        pieces += [
            "<->",
            "NEAR",
            "AND",
            "OR",
            "NOT",
            "words_title",
            "rowid",
            "night",
            "é",
            "北",
            ";",
        ]
        pieces += ["\0", "\u200f", "\ud7ff", "\U0001f600", "½", "١", " ", " "]
        rng = random.Random(5)
        for _ in range(300):
            text = "".join(rng.choices(pieces, k=rng.randint(1, 9)))
            with self.subTest(text):
                found(text)
                search.suggestion(Article.objects.published(), text)

    def test_words_of_the_databases_own_are_words(self):
        make_article(title="And or not near")
        for text in ("and", "NOT", "near(", "or OR", "not:near", "words_title:and"):
            with self.subTest(text):
                self.assertEqual(len(found(text)), "words" not in text)


class MarkedTests(SimpleTestCase):
    def test_marks_what_was_found_and_escapes_all_else(self):
        for text, query, expected in (
            ("Night <b>Train</b>", "train", "Night &lt;b&gt;<mark>Train</mark>&lt;/b&gt;"),
            ("Événements & co", "evenement", "<mark>Événements</mark> &amp; co"),
            ("Night train, train", '"night train"', "<mark>Night train</mark>, train"),
            ("a b c a", "a b", "<mark>a b</mark> c <mark>a</mark>"),
            ("nothing", "else", "nothing"),
            ("<script>", "script", "&lt;<mark>script</mark>&gt;"),
            ("北京大学", "京大", "北<mark>京大</mark>学"),
        ):
            with self.subTest(query):
                self.assertEqual(search.marked(text, read(query)), expected)

    def test_cuts_a_long_text_around_the_first_place(self):
        text = "one two three " * 40 + "tides & reefs " + "four five six " * 40
        part = search.snippet(text, read("tides"))
        self.assertRegex(part, r"^…[^…]* <mark>tides</mark> &amp; reefs four [^…]*…$")
        self.assertLess(len(part), 270)
        for text in ("北" * 500 + "京" + "北" * 500, "x" * 1000 + " tides"):
            self.assertIn("<mark>", search.snippet(text, read("tides" if "x" in text else "京")))


class SuggestionTests(TestCase):
    def test_is_a_word_of_a_headline_that_readers_see(self):
        make_article(title="Climate of the Alps")
        make_article(title="Climates", is_published=False)
        self.assertEqual(self.of("climte alps"), "climate alps")
        self.assertIsNone(self.of("climate"))
        self.assertIsNone(self.of("nowhere"))

    def test_is_never_a_word_of_what_is_hidden(self):
        make_article(title="Merger", is_published=False)
        later = timezone.now() + timedelta(days=1)
        make_article(title="Merger", publish_from=later)
        make_article(title="Merger", publish_until=timezone.now() - timedelta(minutes=1))
        self.assertIsNone(self.of("mergr"))
        Article.objects.update(publish_until=None, publish_from=NOON, status="published")
        self.assertEqual(self.of("mergr"), "merger")

    def of(self, text):
        return search.suggestion(Article.objects.published(), text)


class IndexTests(TransactionTestCase):
    """The index after every kind of writer."""

    def found(self, text):
        """Of all articles, made public for it: PostgreSQL's index holds no others."""
        self.check()
        Article.objects.update(status="published", publish_from=NOON)
        return found(text)

    def check(self):
        """Raises if the index and the rows differ."""
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO articles_search (articles_search, rank) "
                    "VALUES ('integrity-check', 1)"
                )
        rows = Article.objects.values_list("title", "excerpt", "body", *search.WORDS)
        for title, excerpt, body, *texts in rows:
            self.assertEqual(tuple(texts), search.words_of(title, excerpt, body))

    def test_follows_save_however_the_row_was_loaded(self):
        article = make_article(title="First")
        article.title = "Second"
        article.save()
        self.assertEqual((self.found("first"), self.found("second")), ([], ["Second"]))
        article.title = "Third"
        article.save(update_fields=["title"])
        self.assertEqual(self.found("third"), ["Third"])
        for load in (Article.objects.for_listing(), Article.objects.only("title")):
            article = load.get()
            article.title += " again"
            article.save()
            self.assertEqual(self.found("again"), [article.title])
        Article.objects.for_listing().get().delete()
        self.assertEqual(self.found("third"), [])

    def test_follows_a_delivery_a_changed_one_and_undo(self):
        feed = Feed(random.Random(1), size=1)
        (item,) = feed.items.values()
        with TemporaryDirectory() as folder:
            for title, excerpt in (("Bells ring", "At noon."), ("Bells rest", "At night.")):
                item |= {"title": title, "excerpt": excerpt}
                report = import_seeds([feed.deliver(Path(folder))], "feed")
                self.assertEqual((report.failed, report.total), (0, 1))
                self.assertEqual(self.found(title), [title])
                self.assertEqual(self.found(f'"{excerpt}"'), [title])
        self.assertEqual(self.found("noon"), [])
        undo_import(ImportRun.objects.order_by("pk").last())
        self.assertEqual((self.found("noon"), self.found("rest")), (["Bells ring"], []))

    def test_comes_back_when_a_migration_remakes_the_table(self):
        make_article(title="Before")
        field = Article._meta.get_field("note")
        other = models.CharField(max_length=9000, blank=True)
        other.set_attributes_from_name("note")
        other.model = Article
        editions.pause()  # as a migration does
        with connection.schema_editor() as editor:
            editor.alter_field(Article, field, other, strict=False)
        try:
            make_article(title="Between")
            call_command("migrate", verbosity=0)
            make_article(title="After")
            self.assertEqual(found("before") + found("between"), ["Before", "Between"])
            self.assertEqual(self.found("after"), ["After"])
        finally:
            editions.pause()
            with connection.schema_editor() as editor:
                editor.alter_field(Article, other, field, strict=False)
            call_command("migrate", verbosity=0)
        self.assertEqual(self.found("before"), ["Before"])

    def test_is_made_of_what_is_there_and_goes_without_a_trace(self):
        make_article(title="Kept &amp; found")
        try:
            call_command("migrate", "articles", "0017", verbosity=0)
            tables = connection.introspection.table_names()
            self.assertEqual([name for name in tables if "search" in name], [])
        finally:
            call_command("migrate", verbosity=0)
        self.assertEqual(self.found("kept"), ["Kept &amp; found"])

    def test_is_rebuilt(self):
        make_article(title="Right")
        make_article(title="Wrong")
        Article.objects.filter(title="Wrong").update(words_title="stale")
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:  # as if it had never been indexed
                cursor.execute(
                    "INSERT INTO articles_search (articles_search) VALUES ('delete-all')"
                )
            self.assertEqual(found("right"), [])
        for expected in ("1 articles had other words", "0 articles had other words"):
            out = StringIO()
            call_command("rebuild_search", stdout=out)
            self.assertEqual(out.getvalue().strip(), expected)
        self.assertEqual((self.found("right"), self.found("wrong")), (["Right"], ["Wrong"]))


class ManyTests(TestCase):
    """What more articles match than are ranked is looked for along the list, by the same words."""

    def setUp(self):
        for number, title in enumerate(
            ["Harbour", "Old harbour lights", "The harbours", "Ha rbour"]
        ):
            make_article(title=title, published_at=NOON + timedelta(minutes=number))
        make_article(title="Boats", excerpt="In the harbour of Kiel.", body="A *pier* 100% full_y.")
        make_article(title="Secret harbour", is_published=False)

    def test_finds_the_same_either_way(self):
        public = Article.objects.published()
        for text in (
            "harbour",
            '"harbour"',
            "harbour lights",
            '"old harbour"',
            "of k",
            "pier 100%",
            "_",
        ):
            query = read(text)
            numbers = search.numbers_of(public, query, 100)
            few = search.in_time(public, query, numbers, 100)
            many = search.in_time(public, query, numbers, -1) if query else few
            with self.subTest(text):
                self.assertEqual(
                    set(numbers), set(search.matching(public, query).values_list("pk", flat=True))
                )
                self.assertEqual({row.pk for row in few}, set(numbers))
                self.assertEqual({row.pk for row in many}, set(numbers))

    def test_the_newest_are_ranked_and_more_are_said_to_be_there(self):
        with mock.patch("articles.lists.FOUND", 2):
            page = self.client.get("/search/?q=harbour")
        self.assertContains(page, "More than 2 stories")
        found = [story.headline for story in page.context["page"].object_list]
        self.assertEqual(found, ["The harbours", "Boats"])
        self.assertNotContains(page, "Secret")
