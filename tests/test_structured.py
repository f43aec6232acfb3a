"""What pages say they are, in schema.org's terms: the truth, whole, and safe in a page."""

import json
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.test import SimpleTestCase, TestCase, override_settings

from articles import structured
from articles.models import Article, Topic

from .corpus import FOLDER, needs_corpus
from .factories import NOON, make_article, make_image, make_provider, make_related_item
from .heads import Told

# The types that are used, and which of their properties (those of schema.org 28).
TERMS = {
    name: set(properties.split())
    for name, properties in {
        "Organization": "name url logo description",
        "WebSite": "name url inLanguage publisher potentialAction",
        "SearchAction": "target query-input",
        "EntryPoint": "urlTemplate",
        "WebPage": "name url description isPartOf publisher mainEntity datePublished mentions",
        "CollectionPage": "name url description isPartOf publisher mainEntity about breadcrumb",
        "ItemList": "itemListElement",
        "BreadcrumbList": "itemListElement",
        "ListItem": "position url name item",
        "Thing": "name url description",
        "NewsArticle": "headline url description mainEntityOfPage isPartOf author publisher image "
        "datePublished dateModified about isBasedOn mentions",
        "VideoObject": "name url description thumbnailUrl uploadDate publisher",
        "CreativeWork": "name url description image datePublished publisher",
        "ImageObject": "url width height caption creditText",
    }.items()
}
ADDRESSES = {"@id", "url", "item", "logo", "thumbnailUrl", "mainEntityOfPage", "urlTemplate"}
MOMENTS = {"datePublished", "dateModified", "uploadDate"}

HOSTILE = "</script><!--<script> ]]> &lt;b&gt; \u2028 \u2029 \\ \" ' \U0001f4f0"


def parts(value, name=""):
    """Every value in a document, from the outside in, with the name of the property it is of."""
    yield name, value
    if isinstance(value, dict):
        for key, each in value.items():
            yield from parts(each, key)
    elif isinstance(value, list):
        for each in value:
            yield from parts(each, name)


class TellingTestCase(TestCase):
    def told(self, address) -> Told:
        return Told(self.client.get(address))

    def node(self, article) -> dict:
        return self.told(article.get_absolute_url()).nodes[2]


class EveryPageTests(TellingTestCase):
    @classmethod
    def setUpTestData(cls):
        full = {"topics": [HOSTILE[:50], "Harbours"], "excerpt": HOSTILE, "title": HOSTILE}
        provider = make_provider(HOSTILE, "quay.example", description=HOSTILE, logo=make_image())
        for number, fields in enumerate(
            [
                *({}, {"body": HOSTILE}, {"type": "video"}, {"type": "podcast"}),
                *({"web_url": "", "type": "video"}, {"web_url": "javascript:alert(1)"}),
                *({"provider": None, "source": "newsroom"}, {"provider": None}),
                {"provider": make_provider("Bare", "bare"), "excerpt": "", "topics": ()},
            ]
        ):
            article = make_article(
                **{"slug": f"story-{number}", "provider": provider, **full, **fields},
                images=[make_image(alt_text=HOSTILE, credit=HOSTILE)] if number < 6 else [],
            )
            make_related_item(article, title=HOSTILE, provider=provider)
            make_related_item(article, web_url="", provider=None, published_at=None)
            make_related_item(article, type="video", provider=None, published_at=None)
        wider = Topic.objects.get(name="Harbours")
        Topic.objects.exclude(pk=wider.pk).update(description=HOSTILE, parent=wider)
        cls.addresses = [
            *("/", "/latest/", "/search/?q=harbour", "/topics/", "/topics/harbours/"),
            *("/archive/", f"/archive/{article.published_at:%Y}/"),
            *(f"/archive/{article.published_at:{form}}/" for form in ("%Y/%m", "%Y/%m/%d")),
            *("/providers/", provider.get_absolute_url(), "/providers/bare/", "/api/"),
            *(article.get_absolute_url() for article in Article.objects.all()),
        ]

    def documents(self):
        for address in self.addresses:
            (document,) = self.told(address).data
            yield address, document

    def test_uses_the_terms_of_schema_org(self):
        for address, document in self.documents():
            self.assertEqual(document.pop("@context"), "https://schema.org")
            for node in document["@graph"]:
                for _name, value in parts(node):
                    if isinstance(value, dict):
                        properties = {key for key in value if not key.startswith("@")}
                        if "@type" in value:
                            unknown = properties - TERMS[value["@type"]]
                        else:  # a mention of another node of this document
                            unknown = properties
                            self.assertIn(value["@id"], [n.get("@id") for n in document["@graph"]])
                        self.assertEqual((address, unknown), (address, set()))

    def test_leaves_out_what_is_not_known(self):
        for address, document in self.documents():
            for name, value in parts(document):
                with self.subTest(address, name=name):
                    self.assertNotIn(value, (None, "", [], {}))

    def test_writes_whole_addresses_and_moments(self):
        found = set()
        for address, document in self.documents():
            for name, value in parts(document):
                if name in ADDRESSES and isinstance(value, str):
                    with self.subTest(address, name=name):
                        self.assertIn(urlsplit(value).scheme, ("http", "https"))
                        self.assertTrue(urlsplit(value).netloc)
                        found.add(name)
                elif name in MOMENTS:
                    self.assertIsNotNone(datetime.fromisoformat(value).tzinfo)
                    found.add(name)
        self.assertEqual(found, ADDRESSES | MOMENTS)

    def test_nothing_in_a_text_ends_the_element(self):
        for address in self.addresses:
            page = self.client.get(address).content.decode()
            self.assertEqual(page.count("</script>"), page.count("<script"))
            data = page.partition("ld+json")[2].partition("</script>")[0]
            for letter in "<&\u2028\u2029":
                self.assertNotIn(letter, data)


class DocumentTests(SimpleTestCase):
    def check(self, text):
        written = structured.document([{"name": text}])
        self.assertEqual(json.loads(written)["@graph"], [{"name": text}])
        self.assertFalse(set(written) & set("<>&\u2028\u2029"))

    def test_gives_every_text_back(self):
        self.check(HOSTILE)

    @needs_corpus
    def test_gives_back_what_was_made_to_break_out(self):
        folder = FOLDER.parent / "hostile"
        texts = json.loads((folder / "naughty_strings.json").read_text())
        texts += [row["p"] for row in json.loads((folder / "html_payloads.json").read_text())]
        self.assertGreater(len(texts), 1000)
        for text in texts:
            self.check(text)


class ArticleTests(TellingTestCase):
    def test_with_words_of_ours_is_a_news_article_of_ours_based_on_its_source(self):
        article = make_article(
            title="Quay rebuilt",
            excerpt="In short.",
            body="Ours.",
            topics=["Tides", "Harbours"],
            images=[make_image(file="images/q.jpg", alt_text="A quay", credit="A. Quay")],
            web_url="https://harbourpost.example/1",
            published_at=NOON - timedelta(days=2),
        )
        address = f"http://testserver{article.get_absolute_url()}"
        newsroom = {"@id": "http://testserver/#newsroom"}
        self.assertEqual(
            self.node(article),
            {
                "@type": "NewsArticle",
                "@id": f"{address}#article",
                "url": address,
                "mainEntityOfPage": address,
                "headline": "Quay rebuilt",
                "description": "In short.",
                "author": newsroom,
                "publisher": newsroom,
                "datePublished": NOON.isoformat(),
                "dateModified": NOON.isoformat(),
                "image": {
                    "@type": "ImageObject",
                    "url": "http://testserver/media/images/q.jpg",
                    "width": 1200,
                    "height": 675,
                    "caption": "A quay",
                    "creditText": "A. Quay",
                },
                "about": [
                    {"@type": "Thing", "name": name, "url": f"http://testserver/topics/{slug}/"}
                    for name, slug in (("Harbours", "harbours"), ("Tides", "tides"))
                ],
                "isBasedOn": {
                    "@type": "NewsArticle",
                    "url": "https://harbourpost.example/1",
                    "datePublished": (NOON - timedelta(days=2)).isoformat(),
                    "publisher": {
                        "@type": "Organization",
                        "name": "Harbour Post",
                        "url": "https://harbourpost.example/",
                    },
                },
                "isPartOf": {"@id": "http://testserver/#site"},
            },
        )

    def test_with_anothers_excerpt_is_a_page_about_an_article_of_theirs(self):
        article = make_article(
            title="Quay rebuilt",
            excerpt="Their words.",
            web_url="https://harbourpost.example/1",
            published_at=NOON - timedelta(days=2),
        )
        node = self.node(article)
        self.assertEqual(node["@type"], "WebPage")
        self.assertEqual(node["publisher"], {"@id": "http://testserver/#newsroom"})
        self.assertEqual(node["datePublished"], NOON.isoformat())
        self.assertNotIn("author", node)
        self.assertEqual(
            node["mainEntity"],
            {
                "@type": "NewsArticle",
                "headline": "Quay rebuilt",
                "url": "https://harbourpost.example/1",
                "description": "Their words.",
                "datePublished": (NOON - timedelta(days=2)).isoformat(),
                "publisher": {
                    "@type": "Organization",
                    "name": "Harbour Post",
                    "url": "https://harbourpost.example/",
                },
            },
        )

    @override_settings(INDEX_EXCERPTS=True)
    def test_stays_theirs_where_search_engines_may_list_it(self):
        self.assertEqual(self.node(make_article())["@type"], "WebPage")

    def test_of_a_video_is_a_page_about_a_video(self):
        article = make_article(
            type="video", title="Tides", images=[make_image(file="images/t.jpg")]
        )
        video = self.node(article)["mainEntity"]
        self.assertEqual(video["@type"], "VideoObject")
        self.assertEqual(video["name"], "Tides")
        self.assertEqual(video["thumbnailUrl"], "http://testserver/media/images/t.jpg")
        self.assertEqual(video["uploadDate"], article.published_at.isoformat())

    def test_of_a_kind_that_only_the_feed_knows_is_a_work_of_some_kind(self):
        work = self.node(make_article(type="podcast"))["mainEntity"]
        self.assertEqual(work["@type"], "CreativeWork")

    def test_of_our_own_is_ours_and_based_on_no_other(self):
        own = {"source": "newsroom", "provider": None}
        node = self.node(make_article(**own, web_url=""))
        self.assertEqual(node["@type"], "NewsArticle")
        self.assertNotIn("isBasedOn", node)
        address = "https://quay.example/report"
        self.assertEqual(self.node(make_article(**own, web_url=address))["isBasedOn"], address)

    def test_came_when_readers_first_saw_it(self):
        first = NOON - timedelta(days=1)
        article = make_article(body="Ours.", first_public_at=first, publish_from=NOON)
        self.assertEqual(self.node(article)["datePublished"], first.isoformat())

    def test_mentions_the_other_coverage_that_the_page_shows(self):
        article = make_article(hidden_related=["hidden.example"])
        for title, link in (
            ("Shown", "https://other.example/1"),
            ("Hidden", "https://hidden.example/"),
            ("Again", article.web_url),
            ("Linkless", ""),
        ):
            make_related_item(article, title=title, web_url=link, provider=make_provider())
        (mention,) = self.node(article)["mentions"]
        self.assertEqual(mention["headline"], "Shown")
        self.assertEqual(mention["url"], "https://other.example/1")
        self.assertEqual(mention["publisher"]["name"], "Harbour Post")

    def test_mentions_ten_at_most(self):
        article = make_article(related=12)
        self.assertEqual(len(self.node(article)["mentions"]), 10)


class ListTests(TellingTestCase):
    def addresses(self, page):
        return [item["url"] for item in page["mainEntity"]["itemListElement"]]

    def test_lists_what_it_shows_in_order(self):
        for number in range(27):
            make_article(slug=f"story-{number}")
        page = self.told(self.client.get("/latest/").context["older"]).nodes[2]
        self.assertEqual(page["@type"], "CollectionPage")
        shown = [f"http://testserver/articles/story-{number}/" for number in (1, 0)]
        self.assertEqual(self.addresses(page), shown)
        self.assertEqual([i["position"] for i in page["mainEntity"]["itemListElement"]], [1, 2])
        self.assertEqual(len(self.addresses(self.told("/").nodes[2])), 25)

    def test_an_empty_one_lists_nothing(self):
        for address in ("/", "/latest/", "/topics/", "/providers/"):
            self.assertNotIn("mainEntity", self.told(address).nodes[2])

    def test_a_topic_lies_below_the_wider_one_that_readers_know(self):
        make_article(topics=["Tides"])
        make_article(topics=["Sea"], is_published=False)
        Topic.objects.filter(name="Tides").update(parent=Topic.objects.get(name="Sea"))

        def steps():
            page = self.told("/topics/tides/").nodes[2]
            self.assertEqual(page["about"], {"@type": "Thing", "name": "Tides"})
            return [step["name"] for step in page["breadcrumb"]["itemListElement"]]

        self.assertEqual(steps(), ["Topics", "Tides"])
        make_article(topics=["Sea"])
        self.assertEqual(steps(), ["Topics", "Sea", "Tides"])

    def test_a_provider_is_what_its_page_is_about(self):
        logo = make_image(file="images/logo.png", width=72, height=72)
        article = make_article(provider=make_provider(logo=logo, description="Of the sea."))
        page = self.told(article.provider.get_absolute_url()).nodes[2]
        self.assertEqual(
            page["about"],
            {
                "@type": "Organization",
                "name": "Harbour Post",
                "url": "https://harbourpost.example/",
                "description": "Of the sea.",
                "logo": {
                    "@type": "ImageObject",
                    "url": "http://testserver/media/images/logo.png",
                    "width": 72,
                    "height": 72,
                },
            },
        )

    def test_the_search_that_is_named_searches(self):
        make_article(title="Quay rebuilt")
        make_article(title="Tram delayed")
        action = self.told("/").node("WebSite")["potentialAction"]
        template = action["target"]["urlTemplate"]
        address = template.removeprefix("http://testserver").replace(
            "{search_term_string}", "rebuilt"
        )
        found = self.client.get(address)
        self.assertContains(found, "Quay <mark>rebuilt</mark>")
        self.assertNotContains(found, "Tram delayed")
