"""What search engines are told: of published articles alone, and the truth about whose words."""

import xml.etree.ElementTree as ET
from datetime import timedelta
from unittest import mock

from django.db import OperationalError, connection
from django.test import TestCase, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.models import Article

from .factories import make_article, make_topic

NAMES = {
    "s": "http://www.sitemaps.org/schemas/sitemap/0.9",
    "n": "http://www.google.com/schemas/sitemap-news/0.9",
}


class SitemapTestCase(TestCase):
    def tree(self, address):
        response = self.client.get(address)
        self.assertEqual(response.status_code, 200, address)
        return ET.fromstring(response.content)

    def addresses(self, address):
        found = self.tree(address).findall(".//s:loc", NAMES)
        return [loc.text.removeprefix("http://testserver") for loc in found]


class SitemapTests(SitemapTestCase):
    def test_the_index_leads_to_every_page_that_has_something(self):
        article = make_article(body="Ours.", topics=["Harbours"])
        make_article(excerpt="Theirs alone.")
        make_topic("Empty")
        found = [self.addresses(address) for address in self.addresses("/sitemap.xml")]
        self.assertEqual(
            found,
            [
                ["/", "/latest/", "/topics/", "/providers/"],
                [article.get_absolute_url()],
                ["/topics/harbours/"],
                ["/providers/harbour-post/"],
            ],
        )

    def test_a_map_of_nothing_is_none(self):
        self.assertEqual(self.addresses("/sitemap.xml"), ["/sitemap-pages.xml"])
        for section in ("articles", "topics", "nonsense"):
            self.assertEqual(self.client.get(f"/sitemap-{section}.xml").status_code, 404)

    def test_says_when_a_page_came(self):
        article = make_article(body="Ours.")
        lastmod = self.tree("/sitemap-articles.xml").find(".//s:lastmod", NAMES).text
        self.assertEqual(lastmod, f"{article.publish_from:%Y-%m-%d}")

    def test_costs_the_same_for_one_and_for_fifty(self):
        costs = []
        for _count in (1, 49):
            for _number in range(_count):
                make_article(body="Ours.", topics=["Harbours"])
            with CaptureQueriesContext(connection) as queries:
                self.addresses("/sitemap-articles.xml")
                self.addresses("/sitemap.xml")
                self.addresses("/news-sitemap.xml")
            costs.append(len(queries))
        self.assertEqual(costs[0], costs[1])

    def test_an_unchanged_one_is_not_sent_twice_and_a_withdrawal_is_told(self):
        make_article(body="Ours.")
        gone = make_article(body="Ours.")
        for address in ("/sitemap-articles.xml", "/news-sitemap.xml", "/robots.txt"):
            first = self.client.get(address)
            self.assertFalse(first.has_header("Last-Modified"))
            again = self.client.get(address, headers={"If-None-Match": first["ETag"]})
            self.assertEqual(again.status_code, 304)
        tag = self.client.get("/sitemap-articles.xml")["ETag"]
        Article.objects.filter(pk=gone.pk).update(status="withdrawn")
        again = self.client.get("/sitemap-articles.xml", headers={"If-None-Match": tag})
        self.assertNotContains(again, gone.slug)


class NewsTests(SitemapTestCase):
    def test_lists_two_days_newest_first(self):
        now = timezone.now()
        old = now - timedelta(days=3)
        new = [
            make_article(body="Ours.", title=f"{n} < & more", publish_from=now - timedelta(hours=n))
            for n in (30, 1)
        ]
        make_article(body="Ours.", publish_from=old)
        make_article(publish_from=now - timedelta(hours=2))  # a third party's words alone
        found = self.addresses("/news-sitemap.xml")
        self.assertEqual(found, [article.get_absolute_url() for article in reversed(new)])
        titles = self.tree("/news-sitemap.xml").findall(".//n:title", NAMES)
        self.assertEqual([title.text for title in titles], ["1 < & more", "30 < & more"])
        names = self.tree("/news-sitemap.xml").findall(".//n:name", NAMES)
        self.assertEqual({name.text for name in names}, {"Newsroom"})

    def test_lists_a_thousand_at_most(self):
        with mock.patch("articles.sitemaps.NEWS_LIMIT", 2):
            for _number in range(3):
                make_article(body="Ours.", publish_from=timezone.now())
            self.assertEqual(len(self.addresses("/news-sitemap.xml")), 2)


class PolicyTests(SitemapTestCase):
    NOINDEX = '<meta name="robots" content="noindex, follow">'

    def test_a_page_of_anothers_words_is_no_result(self):
        theirs, ours = make_article(), make_article(body="Ours.")
        self.assertContains(self.client.get(theirs.get_absolute_url()), self.NOINDEX)
        self.assertNotContains(self.client.get(ours.get_absolute_url()), "noindex")

    def test_a_page_of_our_own_is_one_without_a_text_below_its_excerpt(self):
        own = make_article(source="newsroom", provider=None)
        self.assertNotContains(self.client.get(own.get_absolute_url()), "noindex")
        self.assertEqual(self.addresses("/sitemap-articles.xml"), [own.get_absolute_url()])

    @override_settings(INDEX_EXCERPTS=True)
    def test_unless_the_newsroom_says_so(self):
        theirs = make_article()
        self.assertNotContains(self.client.get(theirs.get_absolute_url()), "noindex")
        self.assertEqual(self.addresses("/sitemap-articles.xml"), [theirs.get_absolute_url()])


class TextTests(TestCase):
    def test_robots_may_read_all_but_the_admin_and_find_the_maps(self):
        text = self.client.get("/robots.txt").content.decode()
        self.assertIn("Disallow: /admin/\n", text)
        self.assertIn("Sitemap: http://testserver/sitemap.xml\n", text)
        self.assertNotIn("Disallow: /\n", text)

    def test_security_names_a_contact_or_is_missing(self):
        address = "/.well-known/security.txt"
        self.assertEqual(self.client.get(address).status_code, 404)
        with override_settings(SECURITY_CONTACT="mailto:desk@news.example"):
            text = self.client.get(address).content.decode()
        self.assertIn("Contact: mailto:desk@news.example\n", text)
        expires = text.partition("Expires: ")[2][:10]
        self.assertGreater(expires, f"{timezone.now() + timedelta(days=120):%Y-%m-%d}")


class HealthTests(TestCase):
    def test_answers_while_the_database_does(self):
        for address in ("/healthz", "/readyz"):
            response = self.client.get(address)
            self.assertEqual((response.status_code, response.content), (200, b"ok\n"))
            self.assertIn("no-store", response["Cache-Control"])

    def test_is_alive_and_not_ready_while_it_does_not(self):
        with mock.patch.object(connection, "cursor", side_effect=OperationalError("gone")):
            self.assertEqual(self.client.get("/healthz").status_code, 200)
            response = self.client.get("/readyz")
        self.assertContains(response, "does not answer", status_code=503)
        self.assertNotContains(response, "gone", status_code=503)
