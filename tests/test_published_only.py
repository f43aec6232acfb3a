"""Nothing unpublished is ever seen: no word of it, and no trace that it is there.

Every address of `articles.urls` must be known here; a new one fails until it is added to ADDRESSES.
"""

import re
from datetime import timedelta

from django.test import TestCase, override_settings
from django.urls import URLPattern, get_resolver, reverse
from django.utils import timezone

from articles import previews, urls
from articles.feeds import FORMATS
from articles.models import Article, Pin, PreviewLink, Topic
from articles.sitemaps import MAPS

from .factories import (
    NOON,
    make_article,
    make_editor,
    make_image,
    make_provider,
    make_related_item,
    make_topic,
)

CANARY = "canary"
SLUGS = {
    "detail": ["public-1", *(f"canary-{number}" for number in range(11)), "missing"],
    "topic": ["shared", "old-shared", "canary-0", "canary-5", "canary-old-0", "missing"],
    "provider": [
        *("shared-outlet", "old-shared-outlet", "canary-outlet-0", "canary-outlet-5"),
        *("canary-old-outlet-0", "missing"),
    ],
}
LATEST_QUERIES = [
    *("?page=2", "?page=3", "?page=0", "?q=canary", "?q=story&page=2", "?topic=shared"),
    *("?topic=canary-0", "?provider=canary", "?provider=shared", "?provider=canary-outlet-1"),
    *("?type=video", "?type=article", "?from=2020-01-01&to=2999-12-31", "?to=2020-01-01"),
]
FEED_QUERIES = ["", "?q=canary", "?topic=shared", "?topic=canary-0", "?provider=canary"]
API_QUERIES = [*FEED_QUERIES, "?type=video", "?after=x", "?limit=7&provider=shared"]
PAGES = ["", "?page=2", "?page=3"]
# Name of the pattern -> the addresses to ask for.
ADDRESSES = {
    "front": lambda: [reverse("articles:front")],
    "feed": lambda: [
        reverse("articles:feed", args=[form]) + query for form in FORMATS for query in FEED_QUERIES
    ],
    "topic_feed": lambda: [
        reverse("articles:topic_feed", args=[slug, form])
        for slug in SLUGS["topic"]
        for form in FORMATS
    ],
    "provider_feed": lambda: [
        reverse("articles:provider_feed", args=[slug, form])
        for slug in SLUGS["provider"]
        for form in FORMATS
    ],
    "api": lambda: [reverse("articles:api")],
    "openapi": lambda: [reverse("articles:openapi")],
    "api_articles": lambda: [
        reverse("articles:api_articles") + query for query in ["?limit=100", *API_QUERIES]
    ],
    "api_article": lambda: [
        reverse("articles:api_article", args=[slug]) for slug in SLUGS["detail"]
    ],
    "api_topics": lambda: [reverse("articles:api_topics")],
    "api_providers": lambda: [reverse("articles:api_providers")],
    "sitemap_index": lambda: [reverse("articles:sitemap_index")],
    "sitemap": lambda: [
        reverse("articles:sitemap", args=[section]) + page
        for section in (*MAPS, "missing")
        for page in ("", "?p=2", "?p=x")
    ],
    "news_sitemap": lambda: [reverse("articles:news_sitemap")],
    "robots": lambda: [reverse("articles:robots")],
    "security": lambda: [reverse("articles:security")],
    "alive": lambda: [reverse("articles:alive")],
    "ready": lambda: [reverse("articles:ready")],
    "latest": lambda: [reverse("articles:latest") + query for query in ["", *LATEST_QUERIES]],
    "detail": lambda: [reverse("articles:detail", args=[slug]) for slug in SLUGS["detail"]],
    # What a link to a public article shows, and tokens that are none.
    "preview": lambda: [
        *(previews.address_of(link) for link in public_links()),
        *(reverse("articles:preview", args=[token]) for token in ("missing", "canary-0", "1")),
    ],
    "topics": lambda: [reverse("articles:topics")],
    "topic": lambda: [
        reverse("articles:topic", args=[slug]) + page for slug in SLUGS["topic"] for page in PAGES
    ],
    "providers": lambda: [reverse("articles:providers")],
    "provider": lambda: [
        reverse("articles:provider", args=[slug]) + page
        for slug in SLUGS["provider"]
        for page in PAGES
    ],
}


def public_links():
    return PreviewLink.objects.filter(article__slug__startswith="public").order_by("pk")


def public_names(patterns=urls.urlpatterns):
    """The names of all patterns, those of included ones too."""
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield pattern.name
        else:
            yield from public_names(pattern.url_patterns)


def hidden_states():
    """Six that readers have never seen, and five that they have: these alone are GONE."""
    now = timezone.now()
    day = timedelta(days=1)
    published = Article.Status.PUBLISHED
    return [
        {"status": Article.Status.HELD},
        {"status": Article.Status.REVIEW, "publish_from": now - day},
        {"status": Article.Status.WITHDRAWN, "publish_from": now - day},
        {"status": Article.Status.TRASHED, "publish_from": now - day},
        {"status": published, "publish_from": now + day},
        {"status": published, "publish_from": now - 2 * day, "publish_until": now - day},
        *({"first_public_at": now - 2 * day, **state} for state in once_public(now, day)),
    ]


def once_public(now, day):
    published = Article.Status.PUBLISHED
    return [
        {"status": Article.Status.HELD},
        {"status": Article.Status.WITHDRAWN, "publish_from": now - 2 * day},
        {"status": Article.Status.TRASHED, "publish_from": now - 2 * day},
        {"status": published, "publish_from": now - 2 * day, "publish_until": now - day},
        {"status": published, "publish_from": now + day},
    ]


GONE = {f"/articles/canary-{number}/" for number in range(6, 11)}


def make_public_articles():
    """Two pages of them, sharing a provider, a topic and a picture; returns the picture."""
    shared = make_image(alt_text="Shared", credit="Shared")
    outlet = make_provider("Shared Outlet", "shared.example", logo=make_image())
    outlet.aliases.create(name="Shared", domain="old.example", slug="old-shared-outlet")
    make_topic("Shared").aliases.create(name="Common", slug="old-shared")
    for number in range(30):
        article = make_article(
            slug=f"public-{number}",
            provider=outlet,
            topics=["Shared"],
            images=[shared],
            related=2,
        )
        # Other coverage of which there is an article here too: hidden ones, and a public one.
        for link in [*range(len(hidden_states())), "both"]:
            url = f"https://elsewhere.example/{link}"
            make_related_item(article, title="Elsewhere", web_url=url, provider=outlet)
    make_article(slug="public-both", provider=outlet, web_url="https://elsewhere.example/both")
    previews.make(Article.objects.get(slug="public-1"), None)
    return shared


def make_hidden_articles(shared):
    """Each state twice: with public company, and with a provider, topic and picture of its own."""
    outlet = make_provider("Shared Outlet", "shared.example")
    for number, state in enumerate(hidden_states()):
        own = make_provider(
            f"Canary Outlet {number}",
            f"canary{number}.example",
            description=CANARY,
            logo=make_image(file="images/canary-logo.jpg"),
        )
        text = f"Canary story {number}"
        picture = make_image(file="images/canary.jpg", alt_text=CANARY, credit=CANARY)
        for slug, provider, topic, image in (
            (f"canary-{number}", own, f"Canary {number}", picture),
            (f"canary-shared-{number}", outlet, "Shared", shared),
        ):
            article = make_article(
                is_published=False,
                slug=slug,
                stem=slug,
                title=text,
                excerpt=text,
                body=text,
                note=text,
                featured_content=text,
                web_url=f"http://www.elsewhere.example/{number if provider is own else 'both'}/",
                original_url="https://canary.example/",
                amp_url="https://canary.example/",
                cdn_amp_url="https://canary.example/",
                heat=9999,
                type="video" if number % 2 else "article",
                published_at=timezone.now(),
                provider=provider,
                topics=[topic],
                images=[image, picture] if image is shared else [image],
                **state,
            )
            make_related_item(article, title=text, excerpt=text, provider=own, images=[picture])
            if article.status not in previews.HIDDEN:
                previews.make(article, None)
        # Merged rows lead to the hidden ones, which lie around the public topic.
        own.aliases.create(name=text, slug=f"canary-old-outlet-{number}")
        topic = make_topic(f"Canary {number}")
        topic.aliases.create(name=text, slug=f"canary-old-{number}")
        topic.description, topic.parent = CANARY, make_topic("Shared")
        topic.save()
    for place, article in enumerate(Article.objects.filter(slug__startswith="canary-")[:10], 1):
        Pin.objects.create(place=place, article=article)
    parent = make_topic("Canary 0")
    Topic.objects.filter(pk=parent.pk).update(parent=None)
    Topic.objects.filter(name="Shared").update(parent=parent)


class AddressesTests(TestCase):
    def test_are_all_known_here(self):
        self.assertEqual(set(public_names()), set(ADDRESSES))

    def test_live_beside_nothing_but_admin_and_media(self):
        others = {
            str(pattern.pattern)
            for pattern in get_resolver().url_patterns
            if getattr(pattern, "urlconf_module", None) is not urls
        }
        self.assertEqual(
            {other.lstrip("^").split("/")[0] for other in others} - {"media"}, {"admin"}
        )


@override_settings(DEBUG=False, INDEX_EXCERPTS=True)
class PublishedOnlyTests(TestCase):
    def answers(self):
        """Address -> status, headers and body of the answer."""
        answers = {}
        for addresses in ADDRESSES.values():
            for address in addresses():
                response = self.client.get(address)
                body = b"".join(response) if response.streaming else response.content
                answers[address] = (response.status_code, sorted(response.items()), body)
        return answers

    def gone(self):
        """What every address answers at which readers have seen an article that is hidden now."""
        make_article(slug="any", status=Article.Status.WITHDRAWN)
        response = self.client.get("/articles/any/")
        self.assertEqual(response.status_code, 410)
        return 410, sorted(response.items()), response.content

    def test_hidden_articles_change_no_byte_of_any_answer(self):
        shared = make_public_articles()
        before = self.answers()
        make_hidden_articles(shared)
        after, gone = self.answers(), self.gone()
        for address, answer in before.items():
            with self.subTest(address):
                self.assertEqual(after[address], gone if address in GONE else answer)

    def test_hidden_articles_are_in_no_answer(self):
        make_hidden_articles(make_public_articles())
        for address, (_, headers, body) in self.answers().items():
            with self.subTest(address):
                # What the reader asked for may stand in the form again, and in the page's links.
                if CANARY not in address.partition("?")[2]:
                    self.assertNotIn(CANARY, f"{headers}{body.decode()}".lower())
                self.assertNotIn("canary story", body.decode().lower())

    def test_hidden_article_answers_like_a_missing_one_or_like_any_that_is_gone(self):
        """Like a missing one in every byte, unless readers have seen it: then its own address tells
        that, in the same bytes for all of them, and nothing more."""
        make_hidden_articles(make_public_articles())
        answers, gone = self.answers(), self.gone()
        for name, slugs in SLUGS.items():
            missing = answers[reverse(f"articles:{name}", args=["missing"])]
            self.assertEqual(missing[0], 404)
            for slug in slugs:
                if CANARY in slug:
                    with self.subTest(name=name, slug=slug):
                        address = reverse(f"articles:{name}", args=[slug])
                        self.assertEqual(answers[address], gone if address in GONE else missing)

    def test_deleted_for_good_answers_as_before(self):
        make_hidden_articles(make_public_articles())
        before = self.answers()
        Article.objects.filter(slug__startswith="canary").delete()
        self.assertEqual(self.answers(), before)

    def test_a_preview_link_shows_its_hidden_article_and_no_other(self):
        make_hidden_articles(make_public_articles())
        links = PreviewLink.objects.exclude(pk__in=public_links())
        hidden = Article.objects.filter(slug__startswith=CANARY)
        self.assertEqual(len(links), hidden.exclude(status__in=previews.HIDDEN).count())
        for link in links:
            with self.subTest(link.article.slug):
                page = self.client.get(previews.address_of(link)).content.decode().lower()
                number = link.article.slug.rpartition("-")[2]
                told = re.findall(r"canary (?:story|outlet) (\d+)", page)
                self.assertEqual(set(told), {number})
                # Nor does a word of it leave the page by a link to where it is not public.
                self.assertNotIn(f'href="/articles/{link.article.slug}', page)

    def test_editors_see_what_readers_see(self):
        make_hidden_articles(make_public_articles())
        self.client.force_login(make_editor())
        self.assertEqual(self.client.get("/articles/canary-0/").status_code, 404)
        self.assertEqual(self.client.get("/articles/canary-6/").status_code, 410)

    def test_an_old_address_leads_to_what_readers_know_of_and_nowhere_else(self):
        make_hidden_articles(make_public_articles())
        for name, old, new in (
            ("topic", "old-shared", "shared"),
            ("provider", "old-shared-outlet", "shared-outlet"),
        ):
            response = self.client.get(reverse(f"articles:{name}", args=[old]))
            target = reverse(f"articles:{name}", args=[new])
            self.assertRedirects(response, target, status_code=301)
            Article.objects.update(status=Article.Status.WITHDRAWN)
            response = self.client.get(reverse(f"articles:{name}", args=[old]))
            self.assertEqual(response.status_code, 404)
            Article.objects.filter(slug__startswith="public").update(
                status=Article.Status.PUBLISHED
            )

    def test_a_related_item_leads_to_the_public_article_about_it_and_to_no_hidden_one(self):
        make_hidden_articles(make_public_articles())
        page = self.client.get("/articles/public-1/").content.decode()
        self.assertEqual(page.count("Our page on this story:"), 1)
        self.assertIn('href="/articles/public-both/"', page)
        Article.objects.filter(slug="canary-0").update(status="published", publish_from=NOON)
        page = self.client.get("/articles/public-1/").content.decode()
        self.assertEqual(page.count("Our page on this story:"), 2)

    def test_public_twin_of_the_hidden_articles_is_seen(self):
        """The canary sings where it should: the test would notice."""
        make_article(slug="canary-0", title="Canary story 0", topics=["Canary 0"])
        for address in ("/", "/latest/", "/articles/canary-0/", "/topics/", "/topics/canary-0/"):
            with self.subTest(address):
                self.assertIn("canary", self.client.get(address).content.decode().lower())
