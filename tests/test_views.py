"""The readers' pages: what each shows, in which order, and what it answers to odd addresses."""

from datetime import timedelta
from html.parser import HTMLParser

from django.test import Client, TestCase
from django.urls import reverse

from articles import urls
from articles.models import Topic

from .factories import NOON, make_article, make_image, make_provider, make_related_item

VOID = {"meta", "link", "img", "input", "br", "hr"}


class Outline(HTMLParser):
    """Reads a page: its headings in order, its links, its ids; notes every tag out of place."""

    def __init__(self, html):
        super().__init__()
        self.open, self.problems, self.headings, self.links, self.ids = [], [], [], [], []
        self.tags = []
        self.feed(html)
        self.close()
        self.problems += [f"{tag} is never closed" for tag in self.open]

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append((tag, attrs))
        if tag not in VOID:
            self.open.append(tag)
        if tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
            self.headings.append(int(tag[1]))
        if tag == "a":
            self.links.append(attrs["href"])
        if "id" in attrs:
            self.ids.append(attrs["id"])

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"{tag} closes something else")


def outline(response) -> Outline:
    return Outline(response.content.decode())


def titles(articles):
    return [article.headline for article in articles]


class FrontTests(TestCase):
    def get(self):
        return self.client.get(reverse("articles:front"))

    def test_is_led_by_the_best_story_with_a_picture(self):
        picture = make_image()
        make_article(title="Old", heat=999, images=[picture], published_at=NOON - timedelta(days=9))
        make_article(title="Hot", heat=99)
        make_article(title="Warm", heat=95, images=[picture])
        make_article(title="Cool", heat=50, images=[picture])
        self.assertEqual(self.get().context["lead"].headline, "Warm")

    def test_is_led_by_the_best_where_none_has_a_picture(self):
        make_article(title="Hot", heat=99)
        make_article(title="Newest", images=[make_image(file="", url="https://other.example/x")])
        self.assertEqual(self.get().context["lead"].headline, "Hot")

    def test_shows_each_once_in_the_order_of_its_score(self):
        for number in range(30):
            make_article(title=f"Story {number}", images=[make_image()] if number == 27 else [])
        context = self.get().context
        shown = [*context["seconds"], *context["features"], *context["briefs"]]
        self.assertEqual(context["lead"].headline, "Story 27")
        self.assertEqual(
            titles(shown), [f"Story {number}" for number in range(29, 4, -1) if number != 27]
        )

    def test_says_whether_there_is_more(self):
        for _ in range(25):
            make_article()
        self.assertContains(self.get(), "All stories")
        make_article()
        self.assertContains(self.get(), "More stories")

    def test_says_so_when_nothing_is_published(self):
        self.assertContains(self.get(), "No stories yet")

    def test_links_to_topics_by_weight(self):
        make_article(topics=["Climate", "Oceans"])
        make_article(topics=["Oceans"])
        self.assertEqual([topic.name for topic in self.get().context["topics"]][0], "Oceans")


class LatestTests(TestCase):
    def get(self, query=""):
        return self.client.get(reverse("articles:latest") + query)

    def test_lists_newest_first_25_a_page(self):
        for number in range(27):
            make_article(title=f"Story {number}")
        first = self.get()
        self.assertEqual(titles(first.context["page"])[0], "Story 26")
        self.assertNotContains(first, 'rel="prev"')
        older = self.get(first.context["older"].removeprefix("/latest/"))
        self.assertEqual(titles(older.context["page"]), ["Story 1", "Story 0"])
        self.assertContains(older, '<link rel="prev" href="/latest/">')
        self.assertNotContains(older, 'rel="next"')

    def test_says_so_when_nothing_is_published(self):
        self.assertContains(self.get(), "No stories yet")

    def test_what_it_could_be_filtered_by_leads_to_the_search(self):
        make_article()
        for query, target in {
            "?q=night+%26+day&page=2": "/search/?q=night+%26+day",
            "?topic=x&from=2026-01-01&utm=y": "/search/?topic=x&from=2026-01-01",
            "?q=&topic=&type=video": "/search/?type=video",
            "?provider=%0d%0aSet-Cookie:x": "/search/?provider=%0D%0ASet-Cookie%3Ax",
        }.items():
            with self.subTest(query):
                response = self.get(query)
                self.assertRedirects(response, target, 301, fetch_redirect_response=False)
        self.assertEqual(self.get("?q=&utm=y").status_code, 200)


class TopicAndProviderTests(TestCase):
    def test_topic_lists_its_stories(self):
        make_article(title="Reef", topics=["Oceans"])
        make_article(title="Tram", topics=["Transport"])
        response = self.client.get("/topics/oceans/")
        self.assertEqual(titles(response.context["page"]), ["Reef"])

    def test_topic_is_introduced_and_leads_to_those_around_it_that_readers_know(self):
        for name, parent in [
            ("Nature", ""),
            ("Oceans", "Nature"),
            ("Deep sea", "Oceans"),
            ("Coral reefs", "Oceans"),
            ("Secret bays", "Oceans"),
            ("Tides", "Deep sea"),
        ]:
            make_article(topics=[name], is_published=name != "Secret bays")
            Topic.objects.filter(name=name).update(parent=Topic.objects.filter(name=parent).first())
        Topic.objects.filter(name="Oceans").update(description="All <that> is salt.")
        Topic.objects.filter(name="Coral reefs").update(short_name="Reefs")
        response = self.client.get("/topics/oceans/")
        self.assertEqual([topic.name for topic in response.context["wider"]], ["Nature"])
        narrower = [topic.name for topic in response.context["narrower"]]
        self.assertEqual(narrower, ["Coral reefs", "Deep sea"])
        self.assertContains(response, "All &lt;that&gt; is salt.", 3)  # for machines too
        self.assertContains(response, '<a href="/topics/nature/"><bdi>Nature</bdi></a>')
        self.assertContains(response, '<a href="/topics/coral-reefs/"><bdi>Reefs</bdi></a>')
        self.assertNotContains(response, "Secret")
        self.assertNotContains(self.client.get("/topics/nature/"), "Deep sea</bdi></a></li>")

    def test_old_address_leads_to_the_survivors_page_for_good(self):
        article = make_article(topics=["Oceans"])
        Topic.objects.get().aliases.create(name="Seas", slug="seas")
        article.provider.aliases.create(name="Old", slug="old")
        for old, new in [
            ("/topics/seas/", "/topics/oceans/"),
            ("/providers/old/", article.provider.get_absolute_url()),
        ]:
            self.assertRedirects(self.client.get(old), new, status_code=301)
            self.assertEqual(self.client.head(old).status_code, 301)

    def test_topics_are_known_by_what_is_published(self):
        make_article(topics=["Oceans", "Arts"])
        make_article(topics=["Oceans"])
        make_article(topics=["Oceans", "Secrets"], is_published=False)
        branches = self.client.get("/topics/").context["branches"]
        self.assertEqual([topic.name for topic, _ in branches], ["Arts", "Oceans"])

    def test_provider_is_introduced_above_its_stories(self):
        provider = make_provider(logo=make_image(file="images/logo.png"), description="Of the sea.")
        make_article(title="Port", provider=provider)
        make_article(title="Other", provider=make_provider("Other", "other.example"))
        response = self.client.get(provider.get_absolute_url())
        self.assertEqual(titles(response.context["page"]), ["Port"])
        self.assertContains(response, "images/logo.png")
        self.assertContains(response, "Of the sea.")
        self.assertIn("https://harbourpost.example/", outline(response).links)

    def test_providers_are_known_by_what_is_published(self):
        make_article(provider=make_provider("zephyr", "z.example"))
        make_article(provider=make_provider("Alpha", "a.example"))
        make_article(provider=make_provider("Alpha", "a.example"), is_published=False)
        make_article(provider=make_provider("Hidden", "h.example"), is_published=False)
        providers = self.client.get("/providers/").context["providers"]
        self.assertEqual([p.name for p in providers], ["Alpha", "zephyr"])

    def test_empty_indexes_say_so(self):
        self.assertContains(self.client.get("/topics/"), "No topics yet")
        self.assertContains(self.client.get("/providers/"), "No providers yet")


class DetailTests(TestCase):
    def get(self, **fields):
        return self.client.get(make_article(**fields).get_absolute_url())

    def test_quotes_the_source_where_we_wrote_nothing(self):
        response = self.get(excerpt="Their words.", web_url="https://harbourpost.example/1")
        self.assertContains(
            response, '<blockquote cite="https://harbourpost.example/1" dir="auto">'
        )
        self.assertContains(response, "In the words of <bdi>Harbour Post</bdi>")
        self.assertNotContains(response, "standfirst")

    def test_makes_the_excerpt_a_standfirst_above_our_words(self):
        response = self.get(excerpt="Their words.", body="Our **own**.")
        self.assertContains(response, '<p class="standfirst" dir="auto">Their words.</p>')
        self.assertContains(response, "<p>Our <strong>own</strong>.</p>")
        self.assertNotContains(response, "blockquote")

    def test_leads_to_the_full_story(self):
        response = self.get(web_url="https://www.harbourpost.example/1?a=1&b=2")
        self.assertContains(response, "Read on at <bdi>Harbour Post</bdi>")
        self.assertIn("https://www.harbourpost.example/1?a=1&b=2", outline(response).links)

    def test_leads_nowhere_unsafe(self):
        response = self.get(web_url="javascript:alert(1)", original_url="")
        self.assertNotContains(response, "javascript:")
        self.assertNotContains(response, "Read on")

    def test_marks_videos_and_never_embeds_them(self):
        response = self.get(type="video", featured_content="<iframe src='https://v.example'>")
        self.assertContains(response, '<span class="mark">Video</span>')
        self.assertContains(response, "Watch at")
        self.assertNotContains(response, "iframe")

    def test_escapes_what_the_feed_wrote(self):
        hostile = "<script>alert(1)</script> &lt;b&gt; \" '"
        response = self.get(title=hostile, excerpt=hostile, topics=["<i>"], body=hostile)
        self.assertContains(response, "&lt;script&gt;alert(1)&lt;/script&gt; &lt;b&gt; &quot;")
        self.assertNotContains(response, "<script>")
        self.assertNotContains(response, "<i>")

    def test_shows_a_picture_of_ours_with_its_size(self):
        picture = make_image(file="images/a.jpg", alt_text="A “port”", credit="Somebody's")
        response = self.get(images=[make_image(file="", url="https://o.example/x.jpg"), picture])
        (image,) = [attrs for tag, attrs in outline(response).tags if tag == "img"]
        self.assertEqual(
            (image["alt"], image["width"], image["height"]), ("A “port”", "1200", "675")
        )
        self.assertContains(response, "Somebody&#x27;s")
        self.assertNotContains(response, "o.example")

    def test_names_the_newsroom_where_no_provider_is(self):
        response = self.get(provider=None, web_url="", excerpt="Ours.")
        self.assertContains(response, '<span class="source-name">Newsroom</span>')
        self.assertNotContains(response, "blockquote")

    def test_shows_other_coverage_once(self):
        article = make_article(web_url="https://harbourpost.example/own")
        for title, url in (
            ("Itself", "https://harbourpost.example/own"),
            ("First", "https://other.example/1"),
            ("Again", "https://other.example/1"),
            ("Linkless", ""),
            ("Linkless too", ""),
        ):
            make_related_item(article, title=title, web_url=url)
        response = self.client.get(article.get_absolute_url())
        self.assertEqual(titles(response.context["related"]), ["First", "Linkless", "Linkless too"])
        self.assertContains(response, "Related coverage")

    def test_names_no_outlet_for_other_coverage_of_unknown_origin(self):
        article = make_article()
        make_related_item(article, provider=None, published_at=NOON)
        response = self.client.get(article.get_absolute_url())
        self.assertNotContains(response, '<span class="source-name">Newsroom</span>')


class EveryPageTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        for number in range(27):
            article = make_article(
                slug=f"story-{number}",
                title="باحثون" if number % 5 == 0 else "A & B <i>",
                body="# Ours\n\nwords" if number % 2 else "",
                topics=["Oceans", "Climate"],
                images=[make_image()] if number % 3 else [],
                type="video" if number % 4 == 0 else "article",
                related=2,
            )
        for name, parent in (("Oceans", "Nature"), ("Climate", "Oceans")):
            make_article(topics=[parent])
            parent = Topic.objects.get(name=parent)
            Topic.objects.filter(name=name).update(parent=parent, description="All & <more>.")
        cls.addresses = [
            *("/", "/latest/", cls.older("/latest/"), "/search/", "/search/?q=a"),
            *("/search/?q=nowhere", "/search/?q=x&from=x&topic=gone&type=x&sort=x"),
            *("/archive/", "/archive/2026/", "/archive/2026/03/", "/archive/2026/03/01/"),
            *("/archive/1999/", "/archive/2026/13/", "/archive/2026/02/30/"),
            *("/topics/", "/topics/oceans/", "/providers/", article.provider.get_absolute_url()),
            *("/articles/story-1/", "/articles/story-2/", "/articles/missing/"),
        ]

    @staticmethod
    def older(address):
        return Client().get(address).context["older"]

    def pages(self):
        return [(address, outline(self.client.get(address))) for address in self.addresses]

    def test_nests_its_tags_and_repeats_no_id(self):
        for address, page in self.pages():
            with self.subTest(address):
                self.assertEqual(page.problems, [])
                self.assertEqual(len(page.ids), len(set(page.ids)))

    def test_has_one_h1_and_skips_no_level(self):
        for address, page in self.pages():
            with self.subTest(address):
                self.assertEqual(page.headings.count(1), 1)
                self.assertEqual(page.headings[0], 1)
                for before, after in zip(page.headings, page.headings[1:], strict=False):
                    self.assertLessEqual(after, before + 1)

    def test_names_its_language_and_has_landmarks(self):
        for address, page in self.pages():
            with self.subTest(address):
                self.assertEqual(page.tags[0], ("html", {"lang": "en", "dir": "ltr"}))
                for landmark in ("header", "nav", "main", "footer"):
                    self.assertIn(landmark, [tag for tag, _ in page.tags])

    def test_asks_nothing_of_others_and_runs_no_script_in_the_page(self):
        for address, page in self.pages():
            with self.subTest(address):
                for tag, attrs in page.tags:
                    if tag == "script" and attrs != {"type": "application/ld+json"}:
                        self.assertTrue(attrs["src"].startswith("/static/"))
                    self.assertFalse([name for name in attrs if name.startswith("on")])
                    for name in ("src", "srcset", "style", "onclick"):
                        self.assertFalse(attrs.get(name, "/").startswith(("http", "//")))
                    known = ("alternate", "canonical", "prev", "next")
                    if tag == "link" and attrs["rel"] not in known:
                        self.assertTrue(attrs["href"].startswith("/static/"))

    def test_describes_itself_and_its_pictures(self):
        for address, page in self.pages():
            with self.subTest(address):
                metas = {attrs.get("name"): attrs.get("content") for _, attrs in page.tags}
                self.assertTrue(metas["description"])
                for tag, attrs in page.tags:
                    if tag == "img":
                        self.assertIn("alt", attrs)

    def test_marks_where_the_reader_is(self):
        for address in ("/", "/latest/", "/topics/", "/providers/"):
            self.assertContains(self.client.get(address), f'href="{address}" aria-current="page"')

    def test_answers_get_and_head_only(self):
        for address in self.addresses:
            with self.subTest(address):
                status = self.client.get(address).status_code
                head = self.client.head(address)
                self.assertEqual((head.status_code, head.content), (status, b""))
                for method in ("post", "put", "patch", "delete"):
                    self.assertEqual(getattr(self.client, method)(address).status_code, 405)

    def test_sets_no_cookie(self):
        for address in self.addresses:
            self.assertEqual(self.client.get(address).cookies, {})

    def test_has_a_slash_at_the_end_of_its_address(self):
        for pattern in urls.urlpatterns:
            route = str(pattern.pattern)
            is_file = "." in route.rpartition("/")[2]
            is_service = route in ("healthz", "readyz", "oembed")
            self.assertTrue(route == "" or route.endswith("/") or is_file or is_service)
