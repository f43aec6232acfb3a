"""oEmbed: what another site shows of an article of ours, and of none that readers do not see."""

import xml.etree.ElementTree as ET

from django.test import TestCase
from django.urls import reverse

from articles.models import Article, OldAddress

from .factories import make_article, make_image


class OembedTestCase(TestCase):
    def ask(self, url="http://testserver/articles/quay/", **more):
        query = {"url": url, **more} if url is not None else more
        return self.client.get(reverse("articles:oembed"), query)


class AnswerTests(OembedTestCase):
    def test_tells_title_source_and_picture(self):
        make_article(
            slug="quay",
            title="Quay &amp; <i>",
            images=[make_image(file="images/q.jpg", width=800, height=450)],
        )
        expected = {
            "type": "link",
            "version": "1.0",
            "title": "Quay & <i>",
            "author_name": "Harbour Post",
            "author_url": "https://harbourpost.example/",
            "provider_name": "Newsroom",
            "provider_url": "http://testserver/",
            "thumbnail_url": "http://testserver/media/images/q.jpg",
            "thumbnail_width": 800,
            "thumbnail_height": 450,
        }
        answer = self.ask()
        self.assertEqual(answer["Content-Type"], "application/json")
        self.assertEqual(answer.json(), expected)
        answer = self.ask(format="xml")
        self.assertEqual(answer["Content-Type"], "text/xml; charset=utf-8")
        told = ET.fromstring(answer.content)
        self.assertEqual(told.tag, "oembed")
        self.assertEqual(
            {each.tag: each.text for each in told},
            {name: str(value) for name, value in expected.items()},
        )

    def test_is_the_newsrooms_where_it_holds_words_of_ours(self):
        make_article(slug="quay", body="Ours.")
        self.assertEqual(self.ask().json()["author_name"], "Newsroom")
        self.assertEqual(self.ask().json()["author_url"], "http://testserver/")

    def test_names_nobody_where_the_outlet_is_not_known(self):
        make_article(slug="quay", provider=None)
        self.assertFalse({"author_name", "author_url"} & set(self.ask().json()))

    def test_shows_the_picture_where_there_is_room_for_it(self):
        make_article(slug="quay", images=[make_image(width=800, height=450)])
        for more, is_shown in (
            ({"maxwidth": "800", "maxheight": "450"}, True),
            ({"maxwidth": "799"}, False),
            ({"maxheight": "449"}, False),
        ):
            keys = {key for key in self.ask(**more).json() if key.startswith("thumbnail")}
            self.assertEqual(len(keys), 3 if is_shown else 0)

    def test_shows_no_picture_of_unknown_size_or_of_anothers_site(self):
        pictures = [
            make_image(file="", url="https://other.example/x.jpg"),
            make_image(width=None, height=None),
        ]
        make_article(slug="quay", images=pictures)
        self.assertNotIn("thumbnail_url", self.ask().json())

    def test_knows_the_address_as_people_paste_it(self):
        make_article(slug="quay")
        for url in (
            "https://testserver/articles/quay/?utm_source=x#part",
            "HTTP://TESTSERVER/articles/quay/",
            " http://testserver/articles/quay/ ",
        ):
            self.assertEqual(self.ask(url).status_code, 200, url)

    def test_follows_an_article_that_moved_or_was_merged(self):
        article = make_article(slug="dock", title="Dock")
        OldAddress.objects.create(slug="quay", source=article.source, stem=article.stem)
        self.assertEqual(self.ask().json()["title"], "Dock")
        survivor = make_article(title="Pier")
        Article.objects.filter(pk=article.pk).update(status="trashed", merged_into=survivor)
        for slug in ("quay", "dock"):
            answer = self.ask(f"http://testserver/articles/{slug}/")
            self.assertEqual(answer.json()["title"], "Pier")
        Article.objects.filter(pk=survivor.pk).update(status="held")
        self.assertEqual(self.ask().status_code, 404)

    def test_costs_three_queries(self):
        make_article(slug="quay", topics=["Tides"], images=[make_image(), make_image()])
        with self.assertNumQueries(3):
            self.ask()


class RefusalTests(OembedTestCase):
    def test_is_404_for_whatever_is_no_published_article_in_the_same_words(self):
        make_article(slug="quay", is_published=False)
        make_article(slug="gone", status="withdrawn")
        make_article(slug="seen", topics=["Tides"])
        answers = set()
        here = "http://testserver"
        for url in (
            *(f"{here}/articles/{slug}/" for slug in ("quay", "gone", "missing", "\0", "x" * 3000)),
            *(f"{here}/", f"{here}/topics/tides/", f"{here}/articles/seen", "/articles/seen/"),
            *("http://other.example/articles/seen/", f"{here}.example/articles/seen/"),
            *("http://x@testserver/articles/seen/", f"{here}:81/articles/seen/"),
            *("ftp://testserver/articles/seen/", "http://[", "x"),
        ):
            answer = self.ask(url)
            self.assertEqual(answer.status_code, 404, url)
            answers.add((answer.content, tuple(sorted(answer.items()))))
        self.assertEqual(len(answers), 1)
        self.assertEqual(self.ask("http://testserver/articles/seen/").status_code, 200)

    def test_is_501_for_another_format_whatever_is_asked_about(self):
        make_article(slug="quay")
        for url in ("http://testserver/articles/quay/", "http://testserver/articles/missing/"):
            self.assertEqual(self.ask(url, format="yaml").status_code, 501)

    def test_is_400_for_no_question(self):
        self.assertEqual(self.ask(None).status_code, 400)
        self.assertEqual(self.ask("").status_code, 400)
        for size in ("", "-1", "x", "1.5", "٣", "9" * 10):
            self.assertEqual(self.ask(maxwidth=size).status_code, 400, size)
            self.assertEqual(self.ask(maxheight=size).status_code, 400, size)

    def test_a_withdrawal_is_told_at_once(self):
        article = make_article(slug="quay")
        tag = self.ask()["ETag"]
        headers = {"If-None-Match": tag}
        address = f"{reverse('articles:oembed')}?url=http://testserver/articles/quay/"
        self.assertEqual(self.client.get(address, headers=headers).status_code, 304)
        article.status = "withdrawn"
        article.save()
        self.assertEqual(self.client.get(address, headers=headers).status_code, 404)

    def test_is_open_to_the_scripts_of_any_site(self):
        make_article(slug="quay")
        address = f"{reverse('articles:oembed')}?url=http://testserver/articles/quay/"
        for answer in (self.ask(), self.ask("x"), self.client.options(address)):
            self.assertEqual(answer["Access-Control-Allow-Origin"], "*")
        head = self.client.head(address)
        self.assertEqual((head.status_code, head.content), (200, b""))
        self.assertEqual(self.client.post(address).status_code, 405)
