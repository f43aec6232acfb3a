"""What an article must have before readers see it, and what it should have."""

from django.core.exceptions import ValidationError
from django.test import SimpleTestCase, TestCase

from articles import checklist
from articles.decisions import decide
from articles.models import Article

from .factories import make_article, make_editor, make_image

Status = Article.Status


def held(**fields):
    return make_article(is_published=False, **fields)


def advice_of(article):
    return {item.key: item.advice for item in checklist.missing(checklist.of(article))}


class RequiredTests(SimpleTestCase):
    def advice(self, key, **fields):
        fields = {"title": "The harbour reopens", "excerpt": "Ships are back.", **fields}
        items = checklist.required(Article(source="seeds", **fields))
        return {item.key: item.advice for item in items}[key]

    def test_a_headline_has_a_word(self):
        for title in ("Tram bells", "東京", "2026"):
            self.assertEqual(self.advice("title", title=title), "")
        for title in ("", "…", "\u200b", "&nbsp;"):
            with self.subTest(title):
                self.assertIn("Write a headline", self.advice("title", title=title))

    def test_what_comes_from_a_source_has_a_link(self):
        for name in ("web_url", "original_url"):
            self.assertEqual(self.advice("link", **{name: "https://post.example/a"}), "")
        for url in ("", "javascript:alert(1)", "https://bank.example@evil.example/"):
            self.assertIn("Give the link", self.advice("link", web_url=url))

    def test_what_was_written_here_needs_none_unless_it_credits_somebody(self):
        own = {"source": Article.NEWSROOM, "title": "x"}
        for fields, count in (({}, 0), ({"provider_id": 1}, 1)):
            items = checklist.required(Article(**own, **fields))
            self.assertEqual([i.holds for i in items if i.key == "link"], [not count])

    def test_an_excerpt_says_something(self):
        for excerpt in (
            "Ships are back.",
            "The harbour reopens after a week.",
            "港が再開した",
            "Reopens at noon",
        ):
            with self.subTest(excerpt):
                self.assertEqual(self.advice("words", excerpt=excerpt), "")
        for excerpt, told in (
            ("", "there is neither"),
            (" \u200b … ", "there is neither"),
            ("Placeholder.", "one word"),
            ("The harbour reopens", "repeats"),
            ("THE HARBOUR  reopens!", "repeats"),
            ("The harbour…", "repeats"),
        ):
            with self.subTest(excerpt):
                self.assertIn(told, self.advice("words", excerpt=excerpt))

    def test_our_words_do_instead(self):
        self.assertEqual(self.advice("words", excerpt="", body="Our own report."), "")

    def test_names_what_is_unsafe_in_our_words(self):
        self.assertEqual(self.advice("safe", body="[All](https://x.example) is *well*."), "")
        told = self.advice(
            "safe", body="One\n<b>two</b>\n[x](javascript:alert(1)) ![y](https://z/)"
        )
        for text in ("line 2 has HTML (<b>)", "line 3 links to “javascript:", "line 3 shows"):
            self.assertIn(text, told)
        told = self.advice("safe", body="<b>\n\n" * 9)
        self.assertIn("line 5 has", told)
        self.assertTrue(told.endswith("and 6 more."))


class RecommendedTests(TestCase):
    def test_a_topic_and_a_picture_with_its_text(self):
        complete = make_article(topics=["Climate"], images=[make_image(alt_text="A tram")])
        self.assertEqual(advice_of(complete), {})
        bare = advice_of(make_article())
        self.assertEqual(list(bare), ["topic", "picture"])
        self.assertEqual(bare["picture"], "Add a picture.")
        linked = advice_of(make_article(topics=["A"], images=[make_image(file="")]))
        self.assertIn("Upload the picture", linked["picture"])
        silent = advice_of(make_article(topics=["A"], images=[make_image(alt_text=" ")]))
        self.assertIn("Say what the picture shows", silent["picture"])

    def test_costs_no_query_where_all_is_loaded(self):
        make_article(topics=["Climate"], images=[make_image()])
        for rows in (Article.objects.for_detail(), Article.objects.for_listing()):
            article = rows.get()
            article.body = ""
            with self.assertNumQueries(0):
                checklist.of(article)

    def test_many_are_loaded_in_two_queries(self):
        articles = [make_article(topics=["A"], images=[make_image()]) for _number in range(5)]
        with self.assertNumQueries(2):
            checklist.load(articles)
        with self.assertNumQueries(0):
            for article in articles:
                checklist.of(article)


class DecidingTests(TestCase):
    def setUp(self):
        self.editor = make_editor()

    def test_publishing_without_what_is_required_is_refused_with_every_reason(self):
        article = held(excerpt="", web_url="")
        with self.assertRaises(ValidationError) as caught:
            decide(article.pk, Status.PUBLISHED, self.editor)
        self.assertEqual(len(caught.exception.messages), 2)
        article.refresh_from_db()
        self.assertEqual((article.status, article.decided_at), (Status.HELD, None))
        self.assertFalse(article.revisions.exists())

    def test_what_is_recommended_blocks_nothing(self):
        self.assertIsNotNone(decide(held().pk, Status.PUBLISHED, self.editor))

    def test_other_decisions_ask_nothing(self):
        article = make_article(excerpt="", web_url="")
        for status in (Status.HELD, Status.REVIEW, Status.WITHDRAWN, Status.TRASHED):
            self.assertIsNotNone(decide(article.pk, status, self.editor, reason="A forgery"))

    def test_what_is_published_already_stays_so(self):
        article = make_article(excerpt="")
        Article.objects.update(decided_at=article.publish_from)
        self.assertIsNone(decide(article.pk, Status.PUBLISHED, self.editor))
