"""What every page tells machines: its one address, its name and picture, where its links lead."""

from datetime import timedelta
from urllib.parse import urlsplit

from django.test import TestCase, override_settings
from django.urls import resolve
from django.utils import timezone, translation

from articles import weblinks
from articles.models import Article, ImportedFile, ImportRun, Revision
from articles.revisions import recording

from .doors import ask, crawl
from .factories import (
    NOON,
    make_article,
    make_image,
)
from .heads import Told
from .test_published_only import Pair, small_pages

SITE = "http://testserver"


def is_whole(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme in ("http", "https") and parts.netloc != ""


class EveryPageTests(TestCase):
    """All that is asked of a page is asked of each new one, too."""

    @classmethod
    def setUpTestData(cls):
        pair = Pair(0)
        with small_pages():
            pair.world.make(hidden=True)
            Article.objects.filter(slug="public-1").update(body="Ours.")
            questions = [each for each in pair.doors.questions() if each.method == "GET"]
            answers = crawl(questions, lambda each: ask(pair.client, each))
        cls.pages = {
            question.address: answer
            for question, answer in answers.items()
            if answer.status == 200 and answer.header("Content-Type").startswith("text/html")
        }

    def told(self, *, previews=False):
        """Every page there is as (address, name of its pattern, what it tells)."""
        for address, answer in self.pages.items():
            name = resolve(address.partition("?")[0]).url_name
            if (name == "preview") is previews:
                yield address, name, Told(answer)

    def test_names_one_whole_address_that_names_itself(self):
        for address, _name, told in self.told():
            with self.subTest(address):
                (canonical,) = told.links["canonical"]
                self.assertTrue(canonical.startswith(f"{SITE}/"), canonical)
                with small_pages():
                    again = Told(self.client.get(canonical.removeprefix(SITE)))
                self.assertEqual(again.links["canonical"], [canonical])
                self.assertEqual(again.title, told.title)

    def test_has_what_a_card_takes(self):
        for address, _name, told in self.told():
            with self.subTest(address):
                cards = [each for each in told.meta.items() if each[0].startswith("og:")]
                once = {key: value for key, (value,) in cards}
                self.assertEqual([once["og:url"]], told.links["canonical"])
                self.assertEqual(once["og:site_name"], "Newsroom")
                self.assertEqual(once["og:locale"], "en_US")
                self.assertIn(once["og:type"], ("website", "article"))
                self.assertTrue(told.title.startswith(once["og:title"]))
                self.assertEqual([once["og:description"]], told.meta["description"])
                self.assertTrue(all(once.values()))
                self.assertIn(told.meta["twitter:card"][0], ("summary", "summary_large_image"))

    def test_says_what_it_is(self):
        for address, _name, told in self.told():
            with self.subTest(address):
                self.assertEqual(len(told.data), 1)
                kinds = [node["@type"] for node in told.nodes]
                self.assertEqual(kinds[:2], ["Organization", "WebSite"])
                self.assertEqual(len(kinds), 3)
                self.assertEqual([told.nodes[2]["url"]], told.links["canonical"])

    def test_a_preview_tells_machines_nothing(self):
        for address, _name, told in self.told(previews=True):
            with self.subTest(address):
                self.assertTrue(told.title)
                self.assertEqual(told.meta["robots"], ["noindex, nofollow"])
                self.assertEqual(told.data, [])
                self.assertNotIn("canonical", told.links)
                self.assertEqual([key for key in told.meta if ":" in key], [])
                self.assertEqual([key for key in told.links if "oembed" in key], [])

    def test_a_list_that_was_asked_for_is_no_result(self):
        for address, name, told in self.told():
            if name in ("latest", "topic", "provider", "archive_day", "search"):
                with self.subTest(address):
                    self.assertEqual("robots" in told.meta, name == "search")

    def test_says_of_each_link_that_it_leads_out(self):
        found = 0
        for address, _name, told in self.told():
            with self.subTest(address):
                for target, rel in told.anchors:
                    if is_whole(target):
                        found += 1
                        self.assertEqual(rel, weblinks.OUTWARD)
        self.assertGreater(found, 10)

    def test_a_page_that_is_missing_or_gone_claims_no_address(self):
        Article.objects.filter(slug="public-2").update(status="withdrawn")
        for address in ("/articles/missing/", "/articles/public-2/", "/nowhere/"):
            told = Told(self.client.get(address))
            self.assertTrue(told.title)
            self.assertEqual((told.data, told.links.get("canonical")), ([], None))


class AddressTests(TestCase):
    def canonical(self, address):
        (canonical,) = Told(self.client.get(address)).links["canonical"]
        return canonical.removeprefix(SITE)

    def test_drops_what_makes_no_other_page(self):
        for number in range(26):
            published_at = NOON + timedelta(minutes=number)
            article = make_article(topics=["Harbours"], published_at=published_at)
        own = article.get_absolute_url()
        older = self.client.get("/latest/").context["older"]
        for address, canonical in {
            f"{own}?utm_source=x": own,
            "/?x=1": "/",
            "/topics/harbours/?x=1": "/topics/harbours/",
            f"{older}&x=1": older,
            "/latest/?q=&topic=": "/latest/",
            "/archive/2026/03/?x=1": "/archive/2026/03/",
            "/search/?topic=harbours&q=a+%26+b&x=1": "/search/?q=a+%26+b&topic=harbours",
        }.items():
            self.assertEqual(self.canonical(address), canonical)

    def test_of_anothers_excerpt_is_our_page(self):
        article = make_article(web_url="https://harbourpost.example/1")
        self.assertEqual(self.canonical(article.get_absolute_url()), article.get_absolute_url())


class ArticleTests(TestCase):
    def told(self, **fields):
        return Told(self.client.get(make_article(**fields).get_absolute_url()))

    def test_shows_the_picture_that_readers_are_shown_in_its_size(self):
        theirs = make_image(file="", url="https://other.example/x.jpg", width=9, height=9)
        ours = make_image(file="images/a.jpg", width=1200, height=675, alt_text="A “quay”")
        told = self.told(images=[theirs, ours])
        pictures = {key: value for key, value in told.meta.items() if "image" in key}
        self.assertEqual(
            pictures,
            {
                "og:image": [f"{SITE}/media/images/a.jpg"],
                "og:image:width": ["1200"],
                "og:image:height": ["675"],
                "og:image:alt": ["A “quay”"],
            },
        )
        self.assertEqual(told.meta["twitter:card"], ["summary_large_image"])

    def test_has_no_picture_that_readers_have_not(self):
        told = self.told(images=[make_image(file="", url="https://other.example/x.jpg")])
        self.assertNotIn("og:image", told.meta)
        self.assertEqual(told.meta["twitter:card"], ["summary"])

    @override_settings(USE_THOUSAND_SEPARATOR=True)
    def test_writes_sizes_as_machines_read_them(self):
        told = self.told(images=[make_image(width=12000, height=6750)])
        self.assertEqual(told.meta["og:image:width"], ["12000"])

    def test_a_picture_that_is_small_tall_or_of_no_known_size_stands_beside_the_text(self):
        for width, height in ((599, 400), (600, 314), (800, 801), (None, None)):
            told = self.told(images=[make_image(width=width, height=height)])
            self.assertEqual(told.meta["twitter:card"], ["summary"], (width, height))

    def test_is_an_article_where_it_holds_words_of_ours(self):
        theirs = self.told(topics=["Harbours"])
        self.assertEqual(theirs.meta["og:type"], ["website"])
        self.assertEqual([key for key in theirs.meta if key.startswith("article:")], [])
        ours = self.told(body="Ours.", topics=["Tides", "Harbours"])
        self.assertEqual(ours.meta["og:type"], ["article"])
        self.assertEqual(ours.meta["article:published_time"], [NOON.isoformat()])
        self.assertEqual(ours.meta["article:section"], ["Harbours"])
        self.assertEqual(ours.meta["article:tag"], ["Harbours", "Tides"])
        self.assertNotIn("article:modified_time", ours.meta)

    def test_leads_to_what_describes_it(self):
        told = self.told(slug="quay")
        for kind, form in (("application/json+oembed", "json"), ("text/xml+oembed", "xml")):
            (address,) = told.links[f"alternate {kind}"]
            self.assertTrue(is_whole(address))
            self.assertIn(f"format={form}", address)
            answer = self.client.get(address.removeprefix(SITE))
            self.assertContains(answer, "Story number")


class ChangeTests(TestCase):
    """When an article says it was changed: as readers would say, and no more often."""

    def setUp(self):
        self.article = make_article(body="Ours.")

    def modified(self):
        told = Told(self.client.get(self.article.get_absolute_url()))
        stated = told.node("NewsArticle")["dateModified"]
        (tag,) = told.meta.get("article:modified_time", [None])
        self.assertEqual(tag, None if stated == NOON.isoformat() else stated)
        return stated

    def edit(self, at, **changes):
        Revision.objects.create(article=self.article, at=at, kind="edit", changes=changes)

    def test_as_long_as_nobody_changed_it_when_it_came(self):
        self.assertEqual(self.modified(), NOON.isoformat())

    def test_by_an_editor(self):
        first, last = NOON + timedelta(hours=1), NOON + timedelta(hours=2)
        self.edit(last, body=["Our.", "Ours."])
        self.edit(first, title=["A", "B"])
        self.assertEqual(self.modified(), last.isoformat())

    def test_not_by_what_readers_do_not_read(self):
        self.edit(NOON + timedelta(hours=1), note=["", "For colleagues."], assigned_to=[None, 1])
        Article.objects.update(updated_at=timezone.now())
        self.assertEqual(self.modified(), NOON.isoformat())

    def test_not_before_readers_saw_it(self):
        self.edit(NOON - timedelta(hours=1), body=["", "Ours."])
        self.assertEqual(self.modified(), NOON.isoformat())

    def test_by_a_delivery(self):
        at = NOON + timedelta(hours=3)
        run = ImportRun.objects.create(source="seeds")
        ImportRun.objects.update(started_at=at)
        ImportedFile.objects.create(
            run=run,
            article=self.article,
            path="x",
            outcome="updated",
            changes={"title": ["A", "B"]},
        )
        self.assertEqual(self.modified(), at.isoformat())

    def test_as_edits_are_recorded(self):
        before = timezone.now()
        with recording(self.article.pk, None, Revision.Kind.EDIT):
            Article.objects.filter(pk=self.article.pk).update(body="Ours, mended.")
        self.assertGreaterEqual(self.modified(), before.isoformat())


class LocaleTests(TestCase):
    def test_names_a_land_where_one_is_known(self):
        for language, locale in {
            "de": "de_DE",
            "ar": "ar_AR",
            "pt-br": "pt_BR",
            "en-gb": "en_GB",
            "zh-hans": None,
            "fr": None,
        }.items():
            with translation.override(language), self.subTest(language):
                told = Told(self.client.get("/"))
                self.assertEqual(told.meta.get("og:locale", [None]), [locale])


class OutwardTests(TestCase):
    def test_links_of_our_own_text_are_vouched_for(self):
        article = make_article(body="[There](https://quay.example/).")
        told = Told(self.client.get(article.get_absolute_url()))
        rels = dict(told.anchors)
        self.assertEqual(rels["https://quay.example/"], "noopener")
        self.assertEqual(rels[article.link], "external noopener")
