"""The article's page: its video, other coverage, its neighbours, how it is passed on."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from django.test import RequestFactory, TestCase, override_settings

from articles import coverage
from articles.models import Article
from articles.views import preview_page

from .factories import NOON, make_article, make_image, make_provider, make_related_item
from .test_views import outline

ID = "e7WdYb1-uKs"
FRAME = f'<iframe src="https://www.youtube.com/embed/{ID}" onload="alert(1)"></iframe>'
HIDDEN = (
    {"status": "held"},
    {"status": "withdrawn"},
    {"status": "trashed"},
    {"publish_until": NOON + timedelta(days=1)},
    {"publish_from": NOON + timedelta(days=36500)},
)


class PageTestCase(TestCase):
    def page(self, article):
        return self.client.get(article.get_absolute_url())


class VideoTests(PageTestCase):
    def video(self, **fields):
        fields = {"type": "video", "featured_content": FRAME} | fields
        return self.page(make_article(**fields))

    def test_is_a_link_to_its_page_that_script_may_make_a_player(self):
        response = self.video(title='A "quoted" one', images=[make_image(alt_text="A train")])
        tags = outline(response).tags
        (figure,) = [attrs for tag, attrs in tags if "data-player" in attrs]
        player = f"https://www.youtube-nocookie.com/embed/{ID}?autoplay=1&rel=0"
        self.assertEqual((figure["data-player"], figure["data-title"]), (player, 'A "quoted" one'))
        self.assertIn(f"https://www.youtube.com/watch?v={ID}", outline(response).links)
        self.assertContains(response, "Watch at <bdi>youtube.com</bdi>")
        self.assertContains(response, 'alt="A train"')

    def test_never_shows_what_the_feed_sent(self):
        response = self.video()
        self.assertNotContains(response, "iframe")
        self.assertNotContains(response, "onload")
        self.assertContains(response, "picture-none")  # in place of a picture of ours

    def test_of_another_host_is_a_link_alone(self):
        for fields in (
            {"featured_content": '<iframe src="https://stranger.example/1"></iframe>'},
            {"type": "article"},
        ):
            response = self.video(**fields)
            self.assertNotContains(response, "data-player")
            self.assertNotContains(response, "stranger")
            self.assertIn(" at <bdi>Harbour Post</bdi>", response.content.decode())

    @override_settings(VIDEO_HOSTS=[])
    def test_opens_no_player_where_none_is_allowed(self):
        self.assertNotContains(self.video(), "youtube")


class RelatedTests(PageTestCase):
    def test_a_long_list_is_folded(self):
        article = make_article(related=6)
        self.assertNotContains(self.page(article), "<details")
        make_related_item(article, position=7, title="The seventh", excerpt="Its words.")
        self.assertContains(self.page(article), "1 more report<")
        make_related_item(article, position=8, title="The eighth")
        text = self.page(article).content.decode().partition("<main")[2]
        before, folded = text.split("<details>")
        self.assertNotIn("The seventh", before)
        for text in ("2 more reports", "The seventh", "Its words.", "The eighth"):
            self.assertIn(text, folded)


class OutletsTests(TestCase):
    def also_at(self, article):
        coverage.name_outlets([article])
        return article.also_at and (article.also_at.first, article.also_at.more)

    def add(self, article, *names, **fields):
        for name in names:
            make_related_item(article, provider=make_provider(name, "a.example"), **fields)

    def test_names_two_and_counts_the_others_each_once(self):
        article = make_article()
        self.assertIsNone(self.also_at(article))
        self.add(article, "One", "One")
        self.assertEqual(self.also_at(article), (["One"], 0))
        self.add(article, "Two", "Three", "Two", "Four")
        self.assertEqual(self.also_at(article), (["One", "Two"], 2))

    def test_leaves_out_its_own_outlet_and_what_has_none(self):
        article = make_article()
        make_related_item(article, provider=article.provider)
        make_related_item(article, provider=None)
        self.assertIsNone(self.also_at(article))

    def test_leaves_out_what_the_page_leaves_out(self):
        article = make_article(web_url="https://a.example/1")
        self.add(article, "Itself", web_url="http://a.example/1")
        self.add(article, "Hidden", web_url="https://b.example/2")
        self.add(article, "First", web_url="https://b.example/3")
        self.add(article, "Again", web_url="https://b.example/3")
        hidden = article.related_items.get(provider__name="Hidden")
        article.hidden_related = [hidden.identity]
        self.assertEqual(self.also_at(article), (["First"], 0))

    def test_stand_on_the_front_page(self):
        article = make_article()
        self.add(article, "A & B", "Two", "Three", "Four")
        response = self.client.get("/")
        self.assertContains(response, "Also at <bdi>A &amp; B</bdi>, <bdi>Two</bdi> and 2 more</a>")
        self.assertIn(f"{article.get_absolute_url()}#related", outline(response).links)

    def test_cost_one_query(self):
        articles = [make_article(related=3) for _ in range(5)]
        with self.assertNumQueries(1):
            coverage.name_outlets(articles)


class NeighboursTests(PageTestCase):
    def beside(self, article):
        return [each and each.title for each in coverage.neighbours(article)]

    def test_are_those_of_the_list(self):
        for number, minutes in enumerate((0, 1, 1, 1, 2)):
            at = NOON + timedelta(minutes=minutes)
            make_article(title=f"Story {number}", stem=f"stem-{number}", published_at=at)
        listed = list(Article.objects.newest_first())
        titles = [None, *(article.title for article in listed), None]
        for place, article in enumerate(listed):
            self.assertEqual(self.beside(article), [titles[place], titles[place + 2]])

    def test_stand_on_the_page(self):
        older, article, newer = (make_article(title=f"Story <{name}>") for name in "abc")
        response = self.page(article)
        self.assertContains(response, f'rel="prev" href="{newer.get_absolute_url()}"')
        self.assertContains(response, f'rel="next" href="{older.get_absolute_url()}"')
        self.assertContains(response, "Story &lt;a&gt;")
        self.assertNotContains(self.page(newer), 'rel="prev"')

    def test_are_public_ones_only(self):
        first = make_article(title="First")
        for fields in HIDDEN:
            make_article(title="Hidden", **fields)
        last = make_article(title="Last")
        self.assertEqual(self.beside(first), ["Last", None])
        self.assertEqual(self.beside(last), [None, "First"])
        for hidden in Article.objects.filter(title="Hidden"):
            self.assertEqual(self.beside(hidden), ["Last", "First"])


class ShareTests(PageTestCase):
    def test_by_the_lasting_address_and_by_mail(self):
        article = make_article(title="Rock & roll? 100% “ja”\r\nBcc: x@example.org")
        response = self.page(article)
        address = f"http://testserver{article.get_absolute_url()}"
        self.assertContains(
            response, f'<a href="{article.get_absolute_url()}" dir="ltr">{address}</a>'
        )
        (letter,) = [link for link in outline(response).links if link.startswith("mailto:")]
        self.assertTrue(letter.startswith("mailto:?subject=Rock%20%26%20roll%3F%20100%25%20"))
        said = parse_qs(urlsplit(letter).query, strict_parsing=True)
        self.assertEqual(said, {"subject": [article.headline], "body": [address]})
        self.assertNotIn("%0A", letter)

    def test_a_preview_is_not_shared(self):
        article = make_article(is_published=False)
        response = preview_page(RequestFactory().get("/"), article)
        self.assertNotIn("mailto:", response.content.decode())
