"""What machines read is always well formed: feeds, sitemaps, JSON and JSON-LD of a newsroom in
which every text is hostile; and each text comes out as it went in."""

import json
import random
import re
from unittest import mock
from urllib.parse import urlsplit
from xml.etree import ElementTree

import feedparser
import pytest
from django.core.exceptions import ValidationError
from django.test import SimpleTestCase, TestCase
from django.utils import timezone

from articles import feeds, wording
from articles.models import Article, Provider, Topic
from articles.shared_forms import LineField, ParagraphsField
from articles.wording import NOT_STORABLE, readable
from tests import hostile
from tests.factories import make_editor
from tests.promises import IS_FULL

JSON_LD = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)
ALL = 100_000


def strings() -> list[str]:
    """A sample of the naughty strings and of the HTML, or all of them."""
    texts = [*hostile.read("naughty_strings"), *hostile.payloads()]
    texts = [text for text in dict.fromkeys(texts) if text.strip()]
    if IS_FULL:
        return texts
    odd = [text for text in texts if NOT_STORABLE.search(text) or not text.isprintable()]
    return [*odd[:20], *random.Random(2026).sample(texts, 25)]


@hostile.needs_hostile
@pytest.mark.corpus
class DeliveredTextTests(TestCase):
    """Through the import and out of every door for machines."""

    @classmethod
    def setUpTestData(cls):
        texts = list(dict.fromkeys(strings()))
        cls.texts = hostile.storable(texts)
        cls.refused = [text for text in texts if NOT_STORABLE.search(text)]
        hostile.make_newsroom(cls.texts, make_editor())
        Article.objects.update(status=Article.Status.PUBLISHED, publish_from="2026-03-01T12:00Z")

    def setUp(self):
        self.headlines = {article.headline for article in Article.objects.published()}
        self.assertEqual(Article.objects.filter(source="feed").count(), len(self.texts))

    def test_a_text_is_stored_unchanged_or_refused_by_name(self):
        self.assertTrue(self.refused)
        report = hostile.deliver([*self.refused, "A good one"], "other")
        problems = [problem for path, problem in report.failures if "-other-" in path]
        self.assertEqual({problem.code for problem in problems}, {"control-character"})
        for problem in problems:
            self.assertRegex(problem.reason, r"control character U\+[0-9A-F]{4}; expected")
        stored = set(Article.objects.values_list("excerpt", flat=True))
        self.assertLessEqual({*self.texts, "A good one"}, stored)

    def feed(self, address):
        """The entries of one that nothing is wrong with."""
        with mock.patch.object(feeds, "ENTRIES", ALL):
            answer = self.client.get(address)
        self.assertEqual(answer.status_code, 200, address)
        if address.endswith("json"):
            return json.loads(answer.content)["items"]
        ElementTree.fromstring(answer.content)
        read = feedparser.parse(answer.content, sanitize_html=False, resolve_relative_uris=False)
        self.assertFalse(read.bozo, read.get("bozo_exception"))
        return read.entries

    def titles(self, answer):
        """Of an XML feed, as an XML parser reads them: feedparser guesses what is HTML."""
        root = ElementTree.fromstring(answer)
        items = [each for each in root.iter() if each.tag.split("}")[-1] in ("item", "entry")]
        return {part.text for item in items for part in item if part.tag.split("}")[-1] == "title"}

    def test_every_feed_parses_and_says_each_headline(self):
        for form in feeds.FORMATS:
            self.assertEqual(len(self.feed(f"/feed.{form}")), Article.objects.published().count())
        with mock.patch.object(feeds, "ENTRIES", ALL):
            for form in ("atom", "rss"):
                self.assertEqual(
                    self.titles(self.client.get(f"/feed.{form}").content), self.headlines
                )
        self.assertEqual({item["title"] for item in self.feed("/feed.json")}, self.headlines)

    def test_the_feeds_of_hostile_topics_and_providers_parse(self):
        rows = [*Topic.objects.with_published(), *Provider.objects.with_published()]
        for number, row in enumerate(rows if IS_FULL else rows[:: len(rows) // 6]):
            form = list(feeds.FORMATS)[number % 3]
            self.assertTrue(self.feed(f"{row.get_absolute_url()}feed.{form}"), row)

    def test_every_sitemap_parses(self):
        index = ElementTree.fromstring(self.client.get("/sitemap.xml").content)
        found = [urlsplit(each.text) for each in index.iter() if each.tag.endswith("}loc")]
        self.assertGreaterEqual(len(found), 4)
        for address in (parts.path for parts in found):
            self.assertGreater(len(ElementTree.fromstring(self.client.get(address).content)), 0)
        Article.objects.update(publish_from=timezone.now())
        root = ElementTree.fromstring(self.client.get("/news-sitemap.xml").content)
        titles = {each.text.strip() for each in root.iter() if each.tag.endswith("}title")}
        self.assertLessEqual(titles, self.headlines)
        self.assertGreater(len(titles), 20)

    def test_the_api_parses_and_says_each_text(self):
        told, address = [], "/api/v1/articles/?limit=100"
        while address:
            page = json.loads(self.client.get(address).content)
            told += page["items"]
            address = page["next"] and page["next"].removeprefix("http://testserver")
        self.assertEqual({item["title"] for item in told}, self.headlines)
        self.assertEqual(
            {item["excerpt"] for item in told}, {readable(t) or None for t in self.texts}
        )
        for name in ("topics", "providers"):
            rows = json.loads(self.client.get(f"/api/v1/{name}/").content)["items"]
            self.assertGreater(len(rows), 20)
        address = "/api/news/index.json"
        while address:
            page = json.loads(self.client.get(address).content)
            address = page["nextPage"] and f"/api/news/page/{page['nextPage']}/index.json"
            self.assertTrue(page["value"])

    def test_every_page_has_json_ld_that_parses(self):
        rows = list(Article.objects.published())
        pages = ["/", "/latest/", "/topics/", "/providers/"]
        for article in rows if IS_FULL else rows[::8]:
            address = article.get_absolute_url()
            page = self.client.get(address).content.decode()
            (told,) = JSON_LD.findall(page)
            nodes = json.loads(told)["@graph"]
            names = [node.get("headline") or node.get("name") for node in nodes]
            self.assertIn(article.headline, names)
            told = self.client.get("/oembed", {"url": f"http://testserver{address}"}).json()
            self.assertEqual(told["title"], article.headline)
            more = {"url": f"http://testserver{address}", "format": "xml"}
            root = ElementTree.fromstring(self.client.get("/oembed", more).content)
            self.assertEqual(root.findtext("title"), article.headline)
        for address in pages:
            (told,) = JSON_LD.findall(self.client.get(address).content.decode())
            json.loads(told)

    def test_the_twin_is_broken(self):
        """Without the rule for control characters one headline breaks the whole feed."""
        Article.objects.filter(pk=Article.objects.published()[0].pk).update(title="a\x01b")
        with (
            mock.patch.object(wording, "_INVISIBLE", re.compile("(?!)")),
            mock.patch.object(feeds, "ENTRIES", ALL),
            self.assertRaises(Exception),  # noqa: B017 (the writer's own)
        ):
            self.client.get("/feed.atom")


@hostile.needs_hostile
@pytest.mark.corpus
class TypedTextTests(SimpleTestCase):
    """What an editor types: stored as it was typed, but for line ends and edge spaces, or refused
    with a sentence."""

    def test_every_string(self):
        line, text = LineField(required=False), ParagraphsField(required=False)
        refused = 0
        for typed in [*hostile.read("naughty_strings"), *hostile.payloads(), "\ud800", "a\x00"]:
            for field in (line, text):
                try:
                    stored = field.clean(typed)
                except ValidationError as error:
                    refused += 1
                    self.assertRegex(typed, NOT_STORABLE)
                    self.assertTrue("".join(error.messages))
                else:
                    self.assertNotRegex(stored, NOT_STORABLE)
                    self.assertEqual(field.plain(stored), field.plain(typed))
        self.assertGreater(refused, 50)
