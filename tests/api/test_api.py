"""The API: what it answers is what its document says, for published articles alone."""

import base64
import json
from datetime import timedelta
from urllib.parse import urlsplit

from django.db import connection
from django.test import Client, TestCase
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as PropertyTestCase
from openapi_spec_validator import validate

from articles.cursors import cursor_of
from articles.models import Article
from tests.api.checking import check
from tests.factories import (
    NOON,
    make_article,
    make_image,
    make_provider,
    make_related_item,
    make_topic,
)

ARTICLES = "/api/v1/articles/"


def make_full(number=0, **fields):
    outlet = make_provider(f"Outlet {number}", f"outlet-{number}.example")
    article = make_article(
        topics=["Climate", f"Topic {number}"],
        images=[make_image(alt_text="A quay.")],
        body="Ours, *really*. <script>alert(1)</script>",
        provider=outlet,
        heat=80,
        **fields,
    )
    make_related_item(article, images=[make_image()])
    make_related_item(article, published_at=None, provider=None, web_url="", excerpt="More.")
    return article


class ApiTestCase(TestCase):
    def get(self, address, status=200):
        response = self.client.get(address)
        self.assertEqual(response.status_code, status, response.content[:500])
        return response.json()

    def walk(self, address):
        """The slugs of all pages, following `next`."""
        slugs = []
        while address:
            page = self.get(address)
            slugs += [item["slug"] for item in page["items"]]
            address = page["next"]
        return slugs


class DocumentTests(ApiTestCase):
    def setUp(self):
        self.document = self.get("/api/openapi.json")

    def test_is_valid(self):
        validate(self.document)

    def check(self, path, data, status="200"):
        check(self.document, path, data, status)

    def test_says_what_is_answered(self):
        article = make_full()
        bare = make_article(provider=None, web_url="", excerpt="", type="podcast", heat=None)
        topic = make_topic("Climate")
        topic.parent = make_topic("Topic 0")
        topic.save()
        self.check("/v1/articles/", self.get(ARTICLES))
        self.check("/v1/articles/", self.get(ARTICLES + "?limit=1"))
        for row in (article, bare):
            self.check("/v1/articles/{slug}/", self.get(f"{ARTICLES}{row.slug}/"))
        self.check("/v1/topics/", self.get("/api/v1/topics/"))
        self.check("/v1/providers/", self.get("/api/v1/providers/"))
        self.check("/v1/articles/", self.get(ARTICLES + "?limit=0", 400), "400")
        self.check("/v1/articles/{slug}/", self.get(f"{ARTICLES}nowhere/", 404), "404")
        Article.objects.update(status="withdrawn")
        self.check("/v1/articles/{slug}/", self.get(f"{ARTICLES}{bare.slug}/", 410), "410")

    def test_has_a_page_to_read(self):
        page = self.client.get("/api/")
        self.assertContains(page, "GET http://testserver/api/v1/articles/")
        self.assertContains(page, "/api/openapi.json")

    def test_names_every_address_of_the_api(self):
        make_full()
        for path in self.document["paths"]:
            address = urlsplit(self.document["servers"][0]["url"]).path + path
            slug = Article.objects.get().slug
            address = address.replace("{slug}", slug).replace("{topic}", "climate")
            self.get(address.replace("{page}", "1"))


class ArticlesTests(ApiTestCase):
    def test_tell_a_story_with_whole_addresses(self):
        article = make_full()
        item = self.get(ARTICLES)["items"][0]
        self.assertEqual(item["url"], f"http://testserver{article.get_absolute_url()}")
        self.assertEqual(item["id"], article.urn)
        self.assertEqual([topic["name"] for topic in item["topics"]], ["Climate", "Topic 0"])
        self.assertEqual(item["images"][0]["alt"], "A quay.")
        self.assertTrue(item["images"][0]["url"].startswith("http://testserver/media/"))
        full = self.get(f"{ARTICLES}{article.slug}/")
        self.assertIn("<em>really</em>", full["body_html"])
        self.assertNotIn("<script", full["body_html"])
        self.assertEqual(len(full["related"]), 2)

    def test_are_found_by_the_lists_filters(self):
        make_full(1, title="Tides rise")
        make_full(2, title="Trams ring", type="video")
        for query, title in {
            "q=tides": "Tides rise",
            "topic=topic-2": "Trams ring",
            "provider=outlet-1": "Tides rise",
            "type=video": "Trams ring",
        }.items():
            with self.subTest(query):
                items = self.get(f"{ARTICLES}?{query}")["items"]
                self.assertEqual([item["title"] for item in items], [title])
        self.assertEqual(self.get(f"{ARTICLES}?from=2030-01-01")["items"], [])

    def test_say_what_is_wrong_with_a_question(self):
        for query, name in {
            "from=soon": "from",
            "topic=nowhere": "topic",
            "limit=0": "limit",
            "limit=101": "limit",
            "limit=x": "limit",
            "after=x": "after",
            "after=": "after",
            "page=2": "page",
            "colour=red": "colour",
        }.items():
            with self.subTest(query):
                errors = self.get(f"{ARTICLES}?{query}", 400)["errors"]
                self.assertEqual(list(errors), [name])
                self.assertTrue(errors[name][0])

    def test_a_filter_without_a_value_is_left_out(self):
        make_full()
        found = self.get(f"{ARTICLES}?q=&topic=&provider=&type=&from=&to=")
        self.assertEqual(len(found["items"]), 1)

    def test_whatever_is_missing_is_told_as_json(self):
        for text in ("nowhere", "%00", "ü", "a%20b", "%F2%9E%B8%A1", "x.json", "x" * 300):
            with self.subTest(text):
                self.assertEqual(list(self.get(f"{ARTICLES}{text}/", 404)), ["errors"])

    def test_cost_the_same_for_one_and_for_thirty(self):
        costs = []
        for numbers in (range(1), range(1, 30)):
            for number in numbers:
                make_full(number)
            found = {}
            for address in (
                *(ARTICLES, "/api/v1/topics/", "/api/v1/providers/"),
                f"{ARTICLES}{Article.objects.first().slug}/",
            ):
                with CaptureQueriesContext(connection) as queries:
                    self.get(address)
                found[address.count("/")] = len(queries)
            costs.append(found)
        self.assertEqual(costs[0], costs[1])


class PagingTests(ApiTestCase):
    def setUp(self):
        # Of one second, of one file's name from two sources, and apart.
        self.rows = [
            make_article(published_at=NOON, stem=f"2026-03-01-{letter}", slug=f"same-{letter}")
            for letter in "abcd"
        ]
        for source in ("one", "two"):
            make_article(published_at=NOON, stem="2026-03-01-b", slug=f"b-{source}", source=source)
        for number in range(3):
            make_article(published_at=NOON - timedelta(hours=number))

    def test_walks_past_each_article_once_whatever_the_limit(self):
        all_at_once = self.walk(f"{ARTICLES}?limit=100")
        self.assertEqual(len(set(all_at_once)), 9)
        for limit in (1, 2, 3, 4, 9):
            with self.subTest(limit):
                self.assertEqual(self.walk(f"{ARTICLES}?limit={limit}"), all_at_once)

    def test_keeps_its_place_while_articles_come_and_go(self):
        page = self.get(f"{ARTICLES}?limit=3")
        rest = self.walk(page["next"])
        make_article(published_at=NOON + timedelta(days=1))
        Article.objects.filter(slug=page["items"][-1]["slug"]).update(status="withdrawn")
        self.assertEqual(self.walk(page["next"]), rest)

    def test_keeps_the_filters(self):
        for article in Article.objects.filter(published_at=NOON):
            article.title = "Bells"
            article.save()
        self.assertEqual(len(self.walk(f"{ARTICLES}?q=bells&limit=2")), 7)

    def test_a_cursor_tells_no_number_of_a_row(self):
        article = self.rows[0]
        before = cursor_of(article)
        article.pk += 1000
        self.assertEqual(cursor_of(article), before)


class CursorFuzzTests(PropertyTestCase):
    @given(st.text(max_size=80))
    def test_whatever_stands_in_the_address_is_answered(self, text):
        response = self.client.get(ARTICLES, {"after": text})
        self.assertIn(response.status_code, (200, 400))

    @given(st.lists(st.one_of(st.text(max_size=9), st.integers(), st.none()), max_size=4))
    def test_whatever_a_cursor_holds_is_answered(self, parts):
        cursor = base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()
        response = self.client.get(ARTICLES, {"after": cursor})
        self.assertEqual(response.status_code, 400)


class OpenTests(ApiTestCase):
    def test_scripts_of_other_sites_may_read(self):
        for address, status in ((ARTICLES, 200), (f"{ARTICLES}?limit=0", 400)):
            response = self.client.get(address)
            self.assertEqual(response.status_code, status)
            self.assertEqual(response["Access-Control-Allow-Origin"], "*")
        asked = self.client.options(ARTICLES)
        self.assertEqual(asked.status_code, 204)
        self.assertIn("If-None-Match", asked["Access-Control-Allow-Headers"])
        self.assertFalse(asked.has_header("Access-Control-Allow-Credentials"))

    def test_nothing_is_written(self):
        browser = Client(enforce_csrf_checks=True)
        for method in ("POST", "PUT", "PATCH", "DELETE", "QUERY"):
            self.assertEqual(browser.generic(method, ARTICLES).status_code, 405)

    def test_an_unchanged_answer_is_not_sent_twice_and_a_withdrawal_is_told(self):
        article = make_full()
        for address in (ARTICLES, f"{ARTICLES}{article.slug}/", "/api/v1/topics/", "/api/"):
            first = self.client.get(address)
            again = self.client.get(address, headers={"If-None-Match": first["ETag"]})
            self.assertEqual((again.status_code, again.content), (304, b""))
        tag = self.client.get(ARTICLES)["ETag"]
        Article.objects.update(status="withdrawn")
        again = self.client.get(ARTICLES, headers={"If-None-Match": tag})
        self.assertEqual(again.json(), {"items": [], "next": None})
        self.assertEqual(self.client.get(f"{ARTICLES}{article.slug}/").status_code, 410)


class GoneTests(ApiTestCase):
    """An article's address answers as its page does."""

    def test_what_readers_have_seen_is_gone_and_what_they_have_not_is_missing(self):
        seen, unseen = make_article(), make_article(is_published=False)
        Article.objects.filter(pk=seen.pk).update(status="withdrawn")
        for article, status in ((seen, 410), (unseen, 404)):
            address = f"{ARTICLES}{article.slug}/"
            self.assertEqual(list(self.get(address, status)), ["errors"])
            answer = self.client.get(address)
            self.assertEqual(answer["Access-Control-Allow-Origin"], "*")
            self.assertEqual(self.client.get(article.get_absolute_url()).status_code, status)
        seen.delete()
        self.get(f"{ARTICLES}{seen.slug}/", 410)

    def test_what_was_merged_leads_to_the_other_while_readers_see_that(self):
        goes, stays = make_article(), make_article()
        Article.objects.filter(pk=goes.pk).update(status="trashed", merged_into=stays)
        answer = self.client.get(f"{ARTICLES}{goes.slug}/")
        self.assertRedirects(answer, f"{ARTICLES}{stays.slug}/", status_code=301)
        self.assertEqual(answer["Cache-Control"], "no-cache")
        self.assertEqual(answer["Access-Control-Allow-Origin"], "*")
        Article.objects.filter(pk=stays.pk).update(status="held")
        self.get(f"{ARTICLES}{goes.slug}/", 410)

    def test_costs_one_more_to_look_whether_it_was_there(self):
        make_article(slug="gone", status="withdrawn")
        for slug in ("gone", "missing"):
            with self.assertNumQueries(2):
                self.client.get(f"{ARTICLES}{slug}/")
