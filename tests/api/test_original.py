"""The original sites' JSON: their shape and order, an editor's values in it, and nothing else."""

import json
import random
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.db import connection
from django.test import TestCase, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as PropertyTestCase

from articles.api.document import document
from articles.decisions import decide
from articles.importing.pipeline import import_seeds
from articles.importing.seedfile import parse
from articles.models import Article, Delivery, Image, Topic, TopicAssignment
from articles.workflow import merge_providers
from tests.api.checking import check
from tests.corpus import FOLDER, needs_corpus
from tests.factories import (
    NOON,
    make_article,
    make_editor,
    make_image,
    make_provider,
    make_topic,
)
from tests.importing.seedtexts import seed
from tests.importing.test_own import deliver
from tests.promises import trials
from tests.test_corpus import rows

FIRST = "/api/news/index.json"
EMBED = (
    '<iframe width="800" height="500" frameborder="0" src="https://www.youtube.com/embed/abc_-9"'
    ' allow="autoplay; encrypted-media" allowfullscreen></iframe>'
)
ITEM = {
    "path": "_news/2026-03-01-bells.md",
    "title": "Tram bells are tuned",
    "excerpt": "The depot tunes every bell.",
    "sourceUrl": None,
    "webUrl": "https://post.example/bells",
    "originalUrl": "https://post.example/bells",
    "featuredContent": None,
    "highlight": None,
    "heat": 80,
    "tags": None,
    "images": [
        {
            "url": "https://post.example/bells.jpg",
            "width": 1200,
            "height": 675,
            "title": None,
            "attribution": None,
            "isCached": True,
        }
    ],
    "content": "",
    "type": "article",
    "ampWebUrl": None,
    "cdnAmpWebUrl": None,
    "publishedDateTime": "2026-03-01T09:30:00Z",
    "updatedDateTime": None,
    "provider": {
        "name": "Post",
        "domain": "Post.example",
        "images": None,
        "publishers": None,
        "authors": None,
    },
    "locale": "en-us",
    "categories": ["news"],
    "topics": ["Transport", "Culture"],
}


class OriginalTestCase(TestCase):
    def page(self, address=FIRST):
        response = self.client.get(address)
        self.assertEqual(response.status_code, 200, response.content[:200])
        return response.json()

    def item(self):
        (item,) = self.page()["value"]
        return item


class ItemTests(OriginalTestCase):
    def test_says_what_the_seed_says_in_their_shape(self):
        deliver("feed")
        self.assertEqual(self.item(), ITEM)
        self.assertEqual(list(self.item()), list(ITEM))  # in their order

    def test_says_what_an_editor_has_made_of_it(self):
        deliver("feed")
        article = Article.objects.get()
        article.title, article.excerpt = "Bells in tune", ""
        article.provider = make_provider("Courier", "courier.example")
        article.save()
        article.topics.remove(*article.topics.filter(name="Culture"))
        article.topics.add(make_topic("Bells"))
        article.image_uses.all().delete()
        article.image_uses.create(image=make_image(width=800, height=600))
        item = self.item()
        self.assertEqual(
            (item["title"], item["excerpt"], item["provider"]["name"], item["topics"]),
            ("Bells in tune", "", "Courier", ["Transport", "Bells"]),
        )
        (picture,) = item["images"]
        self.assertEqual((picture["width"], picture["isCached"]), (800, False))
        self.assertTrue(picture["url"].startswith("http"))

    def test_leaves_out_what_the_feed_says_elsewhere_of_what_was_changed(self):
        amp = "ampWebUrl: https://amp.example/\ncdnAmpWebUrl: https://cdn.example/\n"
        more = f"highlight: bells\nsourceUrl: https://post.example/bells.json\n{amp}"
        deliver("feed", ("quality: 60\n", more), ("isCached: true", "title: Bells"))
        words, addresses = ("highlight",), ("sourceUrl", "ampWebUrl", "cdnAmpWebUrl")
        whole = self.item()
        self.assertEqual(whole["images"][0]["title"], "Bells")
        for name in (*words, *addresses):
            self.assertIsNotNone(whole[name])
        Article.objects.update(excerpt="Other words.")
        item = self.item()
        self.assertEqual({name: item[name] for name in addresses}, {n: whole[n] for n in addresses})
        self.assertEqual((item["highlight"], item["images"][0]["title"]), (None, None))
        Article.objects.update(excerpt=whole["excerpt"], original_url="https://radio.example/")
        item = self.item()
        self.assertEqual({name: item[name] for name in addresses}, dict.fromkeys(addresses))
        self.assertEqual((item["highlight"], item["images"]), ("bells", whole["images"]))

    def test_keeps_an_edited_link_that_the_feed_spells_as_its_source(self):
        deliver("feed", ("webUrl", "sourceUrl"))
        Article.objects.update(web_url="https://radio.example/")
        item = self.item()
        self.assertEqual((item["webUrl"], item["sourceUrl"]), ("https://radio.example/",) * 2)

    def test_gives_a_picture_the_credit_that_it_has_here(self):
        deliver("feed", ("isCached: true", "attribution: A. Bell"))
        self.assertEqual(self.item()["images"][0]["attribution"], "A. Bell")
        Image.objects.update(credit="B. Bell")
        self.assertEqual(self.item()["images"][0]["attribution"], "B. Bell")
        Image.objects.update(credit="")
        self.assertIsNone(self.item()["images"][0]["attribution"])

    def test_of_a_provider_merged_into_another_names_that_one_with_its_logo(self):
        deliver("feed", ("  domain: Post.example\n", "  domain: p\n  images: [{url: /a.jpg}]\n"))
        self.assertEqual(self.item()["provider"]["images"][0]["url"], "/a.jpg")
        survivor = make_provider("The Post", "post.example", logo=make_image(url=""))
        merge_providers(survivor, [Article.objects.get().provider], make_editor())
        provider = self.item()["provider"]
        self.assertEqual((provider["name"], provider["domain"]), ("The Post", "post.example"))
        (logo,) = provider["images"]
        self.assertEqual(logo["url"], f"http://testserver{survivor.logo.file.url}")

    def test_of_a_renamed_topic_tells_the_name_in_its_place(self):
        deliver("feed")
        Topic.objects.filter(name="Transport").update(name="Traffic")
        self.assertEqual(self.item()["topics"], ["Traffic", "Culture"])

    def test_knows_no_key_but_theirs(self):
        more = 'note: "Ours"\nquality: 1\nsecret: "S3CRET"\nnewsroom:\n  note: "S3CRET"\n'
        deliver("feed", ("quality: 60\n", more), ('"AAAA;BBBB"', '"S3CRET;S3CRET"'))
        Article.objects.update(note="S3CRET", withdrawal_reason="S3CRET")
        response = self.client.get(FIRST)
        self.assertNotContains(response, "S3CRET")
        self.assertEqual(self.item().keys(), ITEM.keys())

    def test_keeps_what_only_the_seed_knows_and_no_other_type(self):
        extra = 'locale: "de-de"\ntags: [a, {b: c}, "\\x01"]\nhighlight: {a: b}\n'
        extra += "updatedDateTime: 2026-03-02T01:00:00+02:00\nsourceUrl: {a: b}\n"
        deliver("feed", ("quality: 60\n", extra))
        item = self.item()
        self.assertEqual(item["locale"], "de-de")
        self.assertEqual((item["tags"], item["highlight"], item["sourceUrl"]), (["a"], None, None))
        self.assertEqual(item["updatedDateTime"], "2026-03-01T23:00:00Z")

    def test_has_null_for_each_list_that_is_empty(self):
        deliver("feed", ("quality: 60\n", "tags: []\n"))
        article = Article.objects.get()
        article.topics.clear()
        article.image_uses.all().delete()
        item = self.item()
        self.assertEqual((item["topics"], item["images"], item["tags"]), (None, None, None))

    def test_our_own_words_are_its_content_as_safe_html(self):
        deliver("feed")
        Article.objects.update(body="*Ours* <script>alert(1)</script>")
        content = self.item()["content"]
        self.assertIn("<em>Ours</em>", content)
        self.assertNotIn("<script", content)

    def test_tells_nothing_of_what_stands_below_a_seed_but_a_blank_line(self):
        whole = seed()
        for end, content in {
            b"---\n\n": "",
            b"---\nUNSEEN\n": "",
            b"---\nUNSEEN\r\n\r\n": "\r\n",
            b"---\r\r\n": "",
            b"---": "",
            # Ends that only a part of what reads a file takes for white space.
            b"---\xe2\x80\x83\n": "",
            b"---\x0c\n": "",
        }.items():
            with self.subTest(end), TemporaryDirectory() as name:
                (Path(name) / "2026-03-01-bells.md").write_bytes(whole.removesuffix(b"---\n") + end)
                self.assertEqual(import_seeds([Path(name)], "feed").failures, [])
                self.assertEqual(self.item()["content"], content)
        windows = whole.replace(b"\n", b"\r\n") + b"\r\n"
        Delivery.objects.update(content=windows)
        self.assertEqual(self.item()["content"], "\r\n")

    def test_passes_on_the_one_embed_code_that_is_known(self):
        codes = [EMBED, EMBED.replace("youtube.com", "evil.example"), "<script>1</script>"]
        codes.append(EMBED.replace("allowfullscreen", 'onload="x()" allowfullscreen'))
        codes.append(EMBED + "<script>1</script>")
        deliver("feed")
        for code, told in zip(codes, [EMBED, *[None] * 4], strict=True):
            Article.objects.update(featured_content=code)
            self.assertEqual(self.item()["featuredContent"], told)

    def test_an_address_that_nobody_looked_at_is_one_or_is_not_told(self):
        wrong = "".join(f'{key}: "javascript:alert(1)"\n' for key in ("ampWebUrl", "sourceUrl"))
        deliver("feed", ("quality: 60\n", wrong))
        self.assertEqual((self.item()["ampWebUrl"], self.item()["sourceUrl"]), (None, None))

    @override_settings(TIME_ZONE="America/Los_Angeles")
    def test_tells_moments_in_the_sites_time(self):
        deliver("feed")
        self.assertEqual(self.item()["publishedDateTime"], "2026-03-01T01:30:00-08:00")

    def test_our_own_story_has_their_shape(self):
        article = make_article(
            source=Article.NEWSROOM,
            provider=None,
            images=[make_image(url="")],
            topics=["Ports"],
            web_url="",
            body="Ours.",
        )
        item = self.item()
        self.assertEqual(item.keys(), ITEM.keys())
        ours = {"name": "Newsroom", "domain": "testserver"}
        self.assertEqual(item["provider"], ITEM["provider"] | ours)
        here = f"http://testserver{article.get_absolute_url()}"
        self.assertEqual((item["webUrl"], item["originalUrl"]), (here, here))
        self.assertEqual(item["topics"], ["Ports"])
        self.assertEqual(item["path"], f"_news/{article.stem}.md")
        self.assertIn(Image.objects.get().file.url, item["images"][0]["url"])

    def test_a_file_that_no_longer_parses_is_told_from_the_row(self):
        deliver("feed")
        Delivery.objects.update(content=b"---\nno: [end\n---\n")
        item = self.item()
        self.assertEqual(
            (item["title"], item["images"][0]["width"]), ("Tram bells are tuned", 1200)
        )


class PagesTests(OriginalTestCase):
    @classmethod
    def setUpTestData(cls):
        for number in range(51):
            make_article(
                topics=["Ports"] if number % 2 else [],
                stem=f"2026-03-01-{number:02}",
                published_at=NOON - timedelta(minutes=number),
            )

    def test_hold_25_the_newest_first(self):
        pages = [self.page(f"/api/news/page/{number}/index.json") for number in (1, 2, 3)]
        self.assertEqual(self.page(), pages[0])
        self.assertEqual([len(page["value"]) for page in pages], [25, 25, 1])
        self.assertEqual([page["page"] for page in pages], [1, 2, 3])
        self.assertEqual([page["nextPage"] for page in pages], [2, 3, None])
        paths = [item["path"] for page in pages for item in page["value"]]
        self.assertEqual(paths, [f"_news/2026-03-01-{number:02}.md" for number in range(51)])

    def test_of_a_topic_hold_its_own(self):
        first, second = (
            self.page("/api/news/ports/index.json"),
            self.page("/api/news/ports/page/1/index.json"),
        )
        self.assertEqual(first, second)
        self.assertEqual({tuple(item["topics"]) for item in first["value"]}, {("Ports",)})
        self.assertEqual((len(first["value"]), first["nextPage"]), (25, None))
        topic = make_topic("Ports")
        topic.aliases.create(slug="harbours")
        self.assertEqual(self.page("/api/news/harbours/index.json"), first)

    def test_none_lies_beyond_the_last(self):
        for address in (
            *("page/4/", "page/0/", "page/01/", "page/-1/", "page/x/", "page/9999999999/"),
            *("page/٢/", "page/+1/", "page/1%0A/", f"page/{'9' * 400}/", "por%00ts/", "a b/"),
            *("missing/", "missing/page/1/", "ports/page/2/", "ports/page/x/"),
        ):
            with self.subTest(address):
                response = self.client.get(f"/api/news/{address}index.json")
                self.assertEqual((response.status_code, list(response.json())), (404, ["errors"]))
                self.assertEqual(response["Access-Control-Allow-Origin"], "*")

    def test_of_a_topic_called_page_have_their_addresses_too(self):
        Article.objects.first().topics.add(make_topic("Page"))
        first = self.page("/api/news/page/index.json")
        self.assertEqual(self.page("/api/news/page/page/1/index.json"), first)
        self.assertEqual(len(first["value"]), 1)

    def test_cost_the_same_whatever_they_hold(self):
        def cost(address):
            with CaptureQueriesContext(connection) as queries:
                self.page(address)
            return len(queries)

        self.assertEqual(cost("/api/news/page/1/index.json"), 4)
        self.assertEqual(cost("/api/news/page/3/index.json"), 4)
        self.assertEqual(cost("/api/news/ports/index.json"), 5)

    def test_are_open_to_scripts_and_tagged_by_their_content(self):
        first = self.client.get(FIRST)
        self.assertEqual(first["Access-Control-Allow-Origin"], "*")
        self.assertEqual(first["Content-Type"], "application/json")
        again = self.client.get(FIRST, headers={"If-None-Match": first["ETag"]})
        self.assertEqual(again.status_code, 304)
        # A cache's trick, on files that never looked at it.
        self.assertEqual(self.page(FIRST + "?v=1"), first.json())


class PublishedOnlyTests(OriginalTestCase):
    def test_an_empty_site_has_a_first_page(self):
        make_article(is_published=False, topics=["Ports"])
        self.assertEqual(self.page(), {"page": 1, "value": [], "nextPage": None})
        self.assertEqual(self.client.get("/api/news/ports/index.json").status_code, 404)

    def test_what_is_withdrawn_is_gone_at_the_next_request(self):
        deliver("feed")
        tag = self.client.get(FIRST)["ETag"]
        decide(Article.objects.get().pk, "withdrawn", make_editor(), reason="So")
        response = self.client.get(FIRST, headers={"If-None-Match": tag})
        self.assertEqual((response.status_code, response.json()["value"]), (200, []))


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)
UNREAD = ("category", "locale", "highlight", "tags", "updatedDateTime", "sourceUrl")


class AnythingTests(PropertyTestCase):
    """Keys that no import reads, with whatever a feed writes there."""

    @given(st.dictionaries(st.sampled_from(UNREAD), ANYTHING), ANYTHING, ANYTHING)
    def test_is_told_in_the_one_shape(self, extra, title, is_cached):
        def line(key, value):
            return f"{key}: {json.dumps(value, ensure_ascii=False)}\n"

        lines = "".join(line(*each) for each in extra.items())
        picture = f"    {line('isCached', is_cached)}    {line('title', title)}"
        content = seed(("category: news\n", lines), ("    isCached: true\n", picture))
        article = make_article(
            title=ITEM["title"],
            excerpt=ITEM["excerpt"],
            images=[make_image(url=ITEM["images"][0]["url"])],
        )
        Delivery.objects.create(article=article, path="bells.md", content=content)
        answer = self.client.get(FIRST)
        self.assertNotIn(b"AAAA;BBBB", answer.content)
        check(document("https://news.example/api/"), "/news/index.json", answer.json())


@needs_corpus
@pytest.mark.corpus
class CorpusTests(OriginalTestCase):
    def pages(self, start="/api/news/"):
        number = 1
        while number:
            page = self.page(f"{start}page/{number}/index.json")
            yield page
            number = page["nextPage"]

    @override_settings(SEEDS_UNSCORED="publish", TIME_ZONE="America/Los_Angeles")
    def test_every_page_of_a_site_is_what_the_site_itself_published(self):
        expected = rows("update-stream/public_list_at_07.tsv")
        last = FOLDER / "SmartableAI+microsoft-power-apps/api/news/page/6/index.json"
        for deliveries in ([7], range(8)):
            Article.objects.all().delete_unburied()
            for number in deliveries:
                import_seeds([FOLDER / f"update-stream/0{number}/_news"], "powerapps")
            pages = list(self.pages())
            self.assertEqual(pages[-1], json.loads(last.read_bytes()))
            names = ("path", "publishedDateTime", "heat", "type")
            found = [
                [str(place), str(page["page"]), *(str(item[name]) for name in names)]
                for place, (page, item) in enumerate(
                    ((page, item) for page in pages for item in page["value"]), 1
                )
            ]
            self.assertEqual(found, [list(row.values()) for row in expected])

    def test_every_item_of_every_site_has_their_keys_and_types(self):
        """All that nine sites ever delivered, published."""
        folders = [*FOLDER.glob("*/_news"), *FOLDER.glob("*/_posts")]
        self.assertEqual(len(folders), 9)
        folders += [FOLDER / "given/seeds", *(FOLDER / "history/detale+ai").iterdir()]
        for number, folder in enumerate(folders):
            import_seeds([folder], f"feed-{number}")
        told, text = self.walk()
        self.assertEqual(len(told), Article.objects.count())
        for item in told:
            self.assertEqual(list(item), list(ITEM))
            self.assertTrue(item["title"].strip() and item["path"].startswith("_"))
        for delivery in Delivery.objects.all():
            secured = parse(bytes(delivery.content)).metadata.get("secured")
            if secured:
                self.assertNotIn(secured[:20], text)
        for topic in set(TopicAssignment.objects.values_list("tag__slug", flat=True)):
            self.assertTrue(list(self.pages(f"/api/news/{topic}/")))

    def walk(self):
        """Everything, published and held against the document: the items, and the whole text."""
        Article.objects.update(status="published", publish_from=timezone.now())
        described = document("https://news.example/api/")
        items = []
        for page in self.pages():
            check(described, "/news/page/{page}/index.json", page)
            items += page["value"]
        return items, json.dumps(items)

    def test_hostile_text_is_told_as_text_and_as_no_embed_code(self):
        hostile = FOLDER.parent / "hostile"
        texts = json.loads((hostile / "naughty_strings.json").read_text())
        texts += [case["p"] for case in json.loads((hostile / "html_payloads.json").read_text())]
        random.Random(2026).shuffle(texts)
        texts = texts[: trials(400, len(texts))]
        with TemporaryDirectory() as name:
            for number, text in enumerate(texts):
                (Path(name) / f"{number}.md").write_bytes(seed_full_of(text))
            report = import_seeds([Path(name)], "feed")
        self.assertGreater(report.created, len(texts) * 0.8)
        told, whole = self.walk()
        self.assertNotIn("AAAA;BBBB", whole)
        for item in told:
            text = texts[int(item["path"].removeprefix("_news/").removesuffix(".md"))]
            self.assertEqual((item["title"], item["excerpt"]), (f"Text {text}", text))
            self.assertEqual((item["images"][0]["title"], item["featuredContent"]), (text, None))

    @override_settings(SEEDS_UNSCORED="publish")
    def test_a_topics_list_agrees_with_that_of_another_site_of_the_same_stories(self):
        """They differ in what is each site’s own: scores, where its logos lie, its blank line."""
        import_seeds([FOLDER / "update-stream/07/_news"], "powerapps")
        other = json.loads(
            (FOLDER / "everyday-cc+powerapps/api/news/canvas-apps/index.json").read_bytes()
        )
        page = self.page("/api/news/canvas-apps/index.json")
        self.assertEqual(list(page), list(other))
        here = {item["path"] for item in page["value"]}
        theirs = [item for item in other["value"] if item["path"] in here]
        there = {item["path"] for item in theirs}
        ours = [item for item in page["value"] if item["path"] in there]
        self.assertGreater(len(ours), 3)
        for item in (*ours, *theirs):
            for name in ("heat", "content"):
                del item[name]
            del item["provider"]["images"][0]["url"]
        self.assertEqual(ours, theirs)


def seed_full_of(text: str) -> bytes:
    value = json.dumps(text, ensure_ascii=False).replace("\x7f", "\\x7F")
    keys = ("highlight", "locale", "sourceUrl", "updatedDateTime", "ampWebUrl", "featuredContent")
    return seed(
        ('"Tram bells are tuned"', f'"Text {value[1:]}'),
        ('"The depot tunes every bell."', value),
        ("category: news", f"category: {value}\ntags: [{value}]"),
        ("    isCached: true", f"    isCached: {value}\n    title: {value}"),
        ("secured", "\n".join([*(f"{key}: {value}" for key in keys), "secured"])),
    )
