"""Articles: the published rule, said twice and held together; addresses; decisions."""

from datetime import timedelta
from itertools import product

from django.db import IntegrityError, transaction
from django.test import SimpleTestCase, TestCase
from django.utils import timezone

from articles.models import Article
from tests.factories import NOON, make_article, make_editor, make_provider

HOUR = timedelta(hours=1)


class PublishedRuleTests(TestCase):
    def test_says_the_same_for_a_row_and_for_a_queryset(self):
        """Every status, with every moment on either side of the limits and on them."""
        cases = 0
        moments = (NOON - HOUR, NOON, NOON + HOUR)
        for status, begins, ends in product(
            Article.Status.values, (None, *moments), (None, *moments)
        ):
            if (status == "published" and begins is None) or (begins and ends and ends <= begins):
                continue  # what the database refuses
            article = make_article(status=status, publish_from=begins, publish_until=ends)
            for at in (*moments, NOON - 2 * HOUR, NOON + 2 * HOUR):
                found = Article.objects.published(at).filter(pk=article.pk).exists()
                self.assertEqual(found, article.is_published(at), (status, begins, ends, at))
                expected = status == "published" and begins <= at and (ends is None or at < ends)
                self.assertEqual(found, expected, (status, begins, ends, at))
                cases += 1
        self.assertGreater(cases, 150)

    def test_is_asked_when_the_query_runs_not_when_it_was_built(self):
        later = timezone.now() + timedelta(milliseconds=150)
        make_article(status="published", publish_from=later)
        built_early = Article.objects.published()
        self.assertFalse(built_early.exists())
        while timezone.now() <= later + timedelta(milliseconds=10):
            pass
        self.assertTrue(built_early.all().exists())


class OursTests(TestCase):
    def test_says_the_same_for_a_row_and_for_a_queryset(self):
        for source, provider, body, is_ours in (
            ("seeds", make_provider(), "", False),
            ("seeds", None, "", False),
            ("seeds", make_provider(), "Ours.", True),
            ("newsroom", None, "", True),
            ("newsroom", make_provider(), "", False),
            ("newsroom", make_provider(), "Ours.", True),
        ):
            article = make_article(source=source, provider=provider, body=body)
            with self.subTest(source=source, provider=provider, body=body):
                self.assertEqual(article.is_ours, is_ours)
                self.assertEqual(Article.objects.ours().filter(pk=article.pk).exists(), is_ours)


class NewestFirstTests(TestCase):
    def test_breaks_a_tie_by_stem_in_byte_order(self):
        for stem in ("b", "a-b", "a", "aB"):
            make_article(stem=stem, published_at=NOON)
        make_article(stem="z", published_at=NOON + HOUR)
        stems = [article.stem for article in Article.objects.newest_first()]
        self.assertEqual(stems, ["z", "a", "a-b", "aB", "b"])


class ConstraintTests(TestCase):
    def assert_refused(self, **fields):
        with self.assertRaises(IntegrityError), transaction.atomic():
            make_article(**fields)

    def test_refuse_what_can_never_be(self):
        self.assert_refused(status="public")
        self.assert_refused(status="published", publish_from=None)
        self.assert_refused(publish_from=NOON, publish_until=NOON)
        self.assert_refused(title="")
        self.assert_refused(stem="", slug="a")
        self.assert_refused(quality=-1)
        self.assert_refused(heat=-2)

    def test_refuse_one_identity_twice_in_a_source(self):
        make_article(source="a", stem="same", slug="1")
        make_article(source="b", stem="same", slug="2")
        self.assert_refused(source="a", stem="same", slug="3")


class DecideTests(TestCase):
    def test_publishes_at_once_and_remembers_who(self):
        article, editor = make_article(is_published=False), make_editor()
        article.decide("published", editor, NOON)
        article.save()
        self.assertTrue(Article.objects.published(NOON).filter(pk=article.pk).exists())
        self.assertEqual((article.decided_by, article.decided_at), (editor, NOON))


class SlugTests(SimpleTestCase):
    def slug(self, stem, title="Tram bells", taken=()):
        return Article.slug_for(stem, title, NOON, taken)

    def test_is_the_stem_where_that_is_date_and_slug(self):
        self.assertEqual(self.slug("2020-02-27-odd_one-"), "2020-02-27-odd_one")

    def test_is_date_and_title_elsewhere(self):
        self.assertEqual(self.slug("000_bbbb"), "2026-03-01-tram-bells")
        self.assertEqual(self.slug("x", title="القطار"), "2026-03-01-x")

    def test_gets_a_number_where_it_is_taken(self):
        self.assertEqual(self.slug("2020-02-27-a", taken={"2020-02-27-a"}), "2020-02-27-a-2")
