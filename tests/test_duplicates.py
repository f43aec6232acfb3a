"""Possible duplicates: found wherever an article comes or changes, and asked about once."""

from datetime import timedelta
from io import StringIO

from django.core.management import call_command
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from articles import duplicates, revisions
from articles.digest import state_digest
from articles.importing.undo import undo_import
from articles.merging import tell_apart
from articles.models import Article, DuplicatePair, ImportRun, Revision
from tests.factories import NOON, make_article, make_editor, make_provider
from tests.importing.test_pipeline import ImportTestCase

HEADLINE = "The port plugs in all of its ships"
SAME_LINK, ALIKE, BOTH = (True, False), (False, True), (True, True)


def look():
    duplicates.look_again(Article.objects.values_list("pk", flat=True))


def found():
    """{(first, second): signs} of what waits."""
    rows = duplicates.open().select_related("first", "second")
    return {(row.first, row.second): (row.is_same_link, row.is_alike_title) for row in rows}


def make_copy(title=HEADLINE, outlet="Courier", **fields):
    fields.setdefault("published_at", NOON)
    provider = make_provider(outlet, f"{outlet.lower()}.example")
    return make_article(title=title, provider=provider, **fields)


class FindingTests(TestCase):
    def setUp(self):
        self.article = make_copy(outlet="Post")

    def signs(self, **fields):
        other = make_copy(**fields)
        look()
        signs = found().get((self.article, other))
        other.delete()
        return signs

    def test_one_page_under_two_links(self):
        link = f"http://www.harbourpost.example/{self.article.web_url.rpartition('/')[2]}/?utm_id=1"
        self.assertEqual(self.signs(title="Quite another one here", web_url=link), SAME_LINK)
        self.assertEqual(self.signs(title="Short", web_url="", original_url=link), SAME_LINK)
        self.assertEqual(
            self.signs(web_url=link, published_at=NOON - timedelta(days=99)), SAME_LINK
        )
        self.assertEqual(self.signs(web_url=link), BOTH)

    def test_headlines_alike_within_two_weeks(self):
        two_weeks, moment = timedelta(days=14), timedelta(seconds=1)
        for title in (HEADLINE, HEADLINE.upper(), f"{HEADLINE} | Courier", f"“{HEADLINE}”"):
            self.assertEqual(self.signs(title=title), ALIKE, title)
        for near in (two_weeks, -two_weeks):
            self.assertEqual(self.signs(published_at=NOON + near), ALIKE)
        for far in (two_weeks + moment, -two_weeks - moment):
            self.assertIsNone(self.signs(published_at=NOON + far))
        self.assertEqual(self.signs(title=HEADLINE.replace("ships", "boats")), ALIKE)
        self.assertIsNone(self.signs(title=HEADLINE.replace("all of its", "none of their")))

    def test_no_link_is_no_link_in_common(self):
        self.article.web_url = ""
        self.article.save()
        self.assertIsNone(self.signs(title="Quite another one here", web_url=""))

    def test_a_column_of_every_day_is_none(self):
        for day in range(5):
            at = {"published_at": NOON + timedelta(days=day)}
            for title in ("Morning briefing", "What you need to know this morning"):
                make_copy(title=title, outlet="Post", **at)
                look()  # as they come
            if day == 1:  # as yet, it may be a copy
                self.assertEqual(len(found()), 1)
        self.assertEqual(found(), {})

    def test_a_page_that_many_lead_to_says_nothing(self):
        for number in range(duplicates.MAX_SAME_LINK + 1):
            make_copy(title=f"Report {number}", web_url="https://live.example/")
            look()
            pairs = found()
            if number == 1:
                self.assertEqual(list(pairs.values()), [SAME_LINK])
        self.assertEqual(pairs, {})

    def test_what_is_in_the_trash_does_not_count_until_it_is_restored(self):
        other = make_copy(is_published=False, status=Article.Status.TRASHED)
        look()
        self.assertEqual(found(), {})
        Article.objects.filter(pk=other.pk).update(status="held")
        self.assertEqual(found(), {(self.article, other): ALIKE})

    def test_what_is_no_duplicate_any_more_goes(self):
        other = make_copy()
        look()
        Article.objects.filter(pk=other.pk).update(title_first=None, title_last=None)
        other.title = "Quite another one here"
        other.save()
        duplicates.look_again([other.pk])
        self.assertFalse(DuplicatePair.objects.exists())

    def test_what_an_editor_told_apart_is_never_asked_again(self):
        make_copy(web_url=self.article.web_url)
        look()
        pair = DuplicatePair.objects.get()
        tell_apart(pair.pk, make_editor())
        Article.objects.update(title="Quite another one here")
        look()
        Article.objects.update(title=HEADLINE)
        look()
        self.assertEqual(found(), {})
        self.assertEqual(DuplicatePair.objects.get(), pair)

    def test_a_pair_is_kept_once_and_goes_with_an_article(self):
        other = make_copy()
        look()
        look()
        self.assertEqual(DuplicatePair.objects.count(), 1)
        other.delete()
        self.assertEqual(DuplicatePair.objects.count(), 0)

    def test_costs_the_same_for_many(self):
        costs = []
        for number, count in enumerate((3, 60)):
            rows = [
                make_copy(
                    title=f"{HEADLINE} {number} {n // 2}", web_url=f"https://a.example/{number}/{n}"
                )
                for n in range(count)
            ]
            with CaptureQueriesContext(connection) as queries:
                duplicates.look_again([row.pk for row in rows])
            costs.append(len(queries))
        self.assertEqual(costs[0], costs[1])
        self.assertLess(costs[1], 15)
        self.assertEqual(DuplicatePair.objects.count(), 31)


class ImportedTests(ImportTestCase):
    OTHER = "2026-03-01-bells-too.md"
    OTHERS_WORDS = (
        ("post.example/bells", "courier.example/bells"),
        ("post.example/bells", "courier.example/bells"),
        ("name: Post", "name: Courier"),
        ("domain: Post.example", "domain: courier.example"),
    )

    def test_found_with_the_delivery_and_once(self):
        self.write(name=self.OTHER)
        self.run_import(("heat: 80", "heat: 80"))
        self.assertEqual(list(found().values()), [BOTH])
        self.run_import()
        self.assertEqual(DuplicatePair.objects.count(), 1)

    def test_found_when_a_later_delivery_makes_them_alike(self):
        self.write(("Tram bells are tuned", "Nobody"), *self.OTHERS_WORDS, name=self.OTHER)
        self.run_import(("heat: 80", "heat: 80"))
        self.assertEqual(found(), {})
        self.write(*self.OTHERS_WORDS, name=self.OTHER)
        self.run_import()
        self.assertEqual(list(found().values()), [ALIKE])
        undo_import(ImportRun.objects.first())
        self.assertEqual(found(), {})

    def test_what_did_not_change_costs_nothing(self):
        self.write(name=self.OTHER)
        self.run_import(("heat: 80", "heat: 80"))
        DuplicatePair.objects.all().delete()
        for change in (("heat: 80", "heat: 81"), ("AAAA;BBBB", "CCCC;DDDD")):
            with CaptureQueriesContext(connection) as queries:
                self.run_import(change)
            self.assertFalse([q for q in queries if "duplicatepair" in q["sql"]])
        self.assertFalse(DuplicatePair.objects.exists())

    def test_a_dry_run_leaves_none(self):
        self.write(name=self.OTHER)
        self.run_import(("heat: 80", "heat: 80"), is_dry_run=True)
        self.assertFalse(DuplicatePair.objects.exists())

    def test_a_run_is_not_taken_back_over_an_editors_word(self):
        self.write(name=self.OTHER)
        self.run_import(("heat: 80", "heat: 80"))
        tell_apart(DuplicatePair.objects.get().pk, make_editor())
        report = undo_import(ImportRun.objects.first())
        self.assertEqual(len(report.kept), 2)
        self.assertIn("duplicates", report.kept[0][1])
        self.assertEqual(Article.objects.count(), 2)


class PeoplesTests(TestCase):
    def test_found_when_somebody_changes_a_headline_and_no_other_field(self):
        article, other = make_copy("Quite another one"), make_copy()
        editor = make_editor()
        with revisions.recording(article.pk, editor, Revision.Kind.EDIT):
            Article.objects.filter(pk=article.pk).update(note="x")
        self.assertFalse(DuplicatePair.objects.exists())
        with revisions.recording(article.pk, editor, Revision.Kind.EDIT):
            article.title = HEADLINE
            article.save(update_fields=["title"])
        self.assertEqual(found(), {(article, other): ALIKE})


class CommandTests(TestCase):
    def test_finds_what_was_there_before(self):
        make_copy()
        make_copy()
        for expected in ("1 new, 1 waiting\n", "0 new, 1 waiting\n"):
            out = StringIO()
            call_command("find_duplicates", stdout=out)
            self.assertEqual(out.getvalue(), expected)


class DigestTests(TestCase):
    def test_knows_an_editors_word_and_not_what_was_found(self):
        make_copy()
        make_copy()
        before = state_digest()
        look()
        self.assertEqual(state_digest(), before)
        tell_apart(DuplicatePair.objects.get().pk, make_editor())
        self.assertNotEqual(state_digest(), before)
