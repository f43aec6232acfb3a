"""The feeds: well formed, stable, and of published articles alone."""

from datetime import timedelta

import feedparser
from django.db import connection
from django.test import TestCase, override_settings
from django.test.utils import CaptureQueriesContext

from articles.models import Article

from .factories import NOON, make_article, make_image, make_provider, make_topic

FORMS = ("atom", "rss", "json")
AWKWARD = 'Fish & chips <b>"now"</b> &amp; later – שלום'


class FeedTestCase(TestCase):
    def read(self, address, **headers):
        """The feed in feedparser's words; the JSON one as it is."""
        response = self.client.get(address, headers=headers)
        self.assertEqual(response.status_code, 200, address)
        if ".json" in address:
            return response.json()
        feed = feedparser.parse(response.content, sanitize_html=False, resolve_relative_uris=False)
        self.assertFalse(feed.bozo, feed.get("bozo_exception"))
        return feed


class ContentTests(FeedTestCase):
    def setUp(self):
        self.article = make_article(
            title=AWKWARD, excerpt=AWKWARD, topics=["Harbours"], images=[make_image()]
        )

    def test_each_format_tells_the_story(self):
        headline = self.article.headline
        for form in ("atom", "rss"):
            with self.subTest(form):
                entry = self.read(f"/feed.{form}").entries[0]
                self.assertEqual(entry.title, headline)
                self.assertIn("&lt;b&gt;", entry.summary)  # text, which is no markup
                self.assertEqual(entry.author, "Harbour Post")
                self.assertEqual([tag.term for tag in entry.tags], ["Harbours"])
                self.assertEqual(entry.link, f"http://testserver{self.article.get_absolute_url()}")
                self.assertEqual(entry.published_parsed[:5], NOON.timetuple()[:5])
        item = self.read("/feed.json")["items"][0]
        self.assertEqual((item["title"], item["summary"]), (headline, self.article.summary))
        self.assertEqual(item["external_url"], self.article.link)
        self.assertEqual(item["content_text"], self.article.summary)
        self.assertIn("/media/images/", item["image"])

    def test_our_own_words_are_safe_html(self):
        Article.objects.update(body="Ours, *really*. <script>alert(1)</script>")
        for form in ("atom", "rss"):
            content = self.read(f"/feed.{form}").entries[0].content[-1].value
            self.assertIn("<em>really</em>", content)
            self.assertNotIn("<script", content)
        self.assertIn("<em>really</em>", self.read("/feed.json")["items"][0]["content_html"])

    def test_the_id_stays_whatever_moves(self):
        ids = {form: self.ids(form) for form in FORMS}
        self.assertTrue(all(found[0].startswith("urn:uuid:") for found in ids.values()))
        Article.objects.update(slug="elsewhere", title="New", published_at=NOON)
        with override_settings(ALLOWED_HOSTS=["other.example"]):
            self.client.defaults["HTTP_HOST"] = "other.example"
            self.assertEqual({form: self.ids(form) for form in FORMS}, ids)

    def ids(self, form):
        feed = self.read(f"/feed.{form}")
        return [item["id"] for item in (feed["items"] if form == "json" else feed.entries)]

    def test_what_was_published_here_last_comes_first(self):
        late = make_article(published_at=NOON - timedelta(days=9), publish_from=NOON)
        Article.objects.filter(pk=self.article.pk).update(publish_from=NOON - timedelta(days=1))
        titles = [entry.title for entry in self.read("/feed.atom").entries]
        self.assertEqual(titles, [late.headline, self.article.headline])


class AddressTests(FeedTestCase):
    def test_of_a_topic_a_provider_and_a_search(self):
        outlet = make_provider("Tide", "tide.example")
        make_article(title="Tides", topics=["Harbours"], provider=outlet)
        make_article(title="Trams")
        for address in ("/topics/harbours/feed", "/providers/tide/feed", "/feed.atom?q=tides"):
            address = address if "?" in address else f"{address}.atom"
            with self.subTest(address):
                feed = self.read(address)
                self.assertEqual([entry.title for entry in feed.entries], ["Tides"])
                links = {link.rel: link.href for link in feed.feed.links}
                self.assertEqual(links["self"], f"http://testserver{address}")

    def test_follow_a_merged_topic(self):
        make_article(topics=["Harbours"])
        make_topic("Harbours").aliases.create(name="Ports", slug="ports")
        response = self.client.get("/topics/ports/feed.rss")
        self.assertRedirects(response, "/topics/harbours/feed.rss", status_code=301)

    def test_say_what_is_wrong_with_a_search(self):
        response = self.client.get("/feed.atom?from=yesterday&topic=nowhere")
        self.assertEqual(response.status_code, 400)
        self.assertContains(response, "from: Enter a date", status_code=400)

    def test_leave_out_of_a_search_what_no_feed_can_hold(self):
        make_article(title="Tides")
        for form in ("atom", "rss"):
            feed = self.read(f"/feed.{form}?q=%01tid%0Bes%EF%BF%BE")
            self.assertEqual(feed.feed.title, "Newsroom: tides")
            self.assertEqual(len(feed.entries), 1)

    def test_of_nothing_are_missing_or_empty(self):
        make_topic("Nothing")
        self.assertEqual(self.client.get("/topics/nothing/feed.atom").status_code, 404)
        self.assertEqual(self.client.get("/feed.txt").status_code, 404)
        for form in ("atom", "rss"):
            self.assertEqual(self.read(f"/feed.{form}").entries, [])

    def test_pages_name_their_feeds(self):
        make_article(topics=["Harbours"])
        for page, feed in (
            ("/", "/feed.atom"),
            ("/search/?q=story", "/feed.atom?q=story"),
            ("/topics/harbours/", "/topics/harbours/feed.atom"),
            ("/providers/harbour-post/", "/providers/harbour-post/feed.atom"),
        ):
            self.assertContains(self.client.get(page), f'type="application/atom+xml" href="{feed}"')


class CostTests(FeedTestCase):
    def test_fifty_stories_cost_what_one_costs(self):
        make_article(topics=["A"], images=[make_image()], body="x")
        few = {form: self.cost(form) for form in FORMS}
        for number in range(49):
            outlet = make_provider(f"P{number}", f"p{number}.example")
            make_article(topics=["A"], images=[make_image()], body="x", provider=outlet)
        self.assertEqual({form: self.cost(form) for form in FORMS}, few)
        self.assertEqual(set(few.values()), {3})

    def cost(self, form):
        with CaptureQueriesContext(connection) as queries:
            self.read(f"/feed.{form}")
        return len(queries)


class RepeatingTests(FeedTestCase):
    def test_an_unchanged_feed_is_not_sent_twice(self):
        articles = [make_article(), make_article()]
        for form in FORMS:
            with self.subTest(form):
                first = self.client.get(f"/feed.{form}")
                self.assertFalse(first.has_header("Last-Modified"))
                again = {"If-None-Match": first["ETag"]}
                answer = self.client.get(f"/feed.{form}", headers=again)
                self.assertEqual((answer.status_code, answer.content), (304, b""))
                # A withdrawal moves no newest date, and is told all the same.
                Article.objects.filter(pk=articles[0].pk).update(status="withdrawn")
                answer = self.client.get(f"/feed.{form}", headers=again)
                self.assertEqual(answer.status_code, 200)
                Article.objects.filter(pk=articles[0].pk).update(status="published")

    @override_settings(WEBSUB_HUB="https://hub.example/")
    def test_a_hub_is_named(self):
        for form in ("atom", "rss"):
            links = self.read(f"/feed.{form}").feed.links
            hubs = [link.href for link in links if link.rel == "hub"]
            self.assertEqual(hubs, ["https://hub.example/"])
        self.assertEqual(self.read("/feed.json")["hubs"][0]["url"], "https://hub.example/")
        self.assertIn('rel="hub"', self.client.get("/feed.atom")["Link"])
