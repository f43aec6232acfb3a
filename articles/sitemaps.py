"""What search engines are told: the sitemaps, robots.txt and security.txt.

Formats: https://www.sitemaps.org/protocol.html,
https://developers.google.com/search/docs/crawling-indexing/sitemaps/news-sitemap,
https://www.rfc-editor.org/rfc/rfc9309, https://www.rfc-editor.org/rfc/rfc9116.

A page that holds a third party's excerpt and nothing of ours is no result to lead anybody to: it is
`noindex`, and in no sitemap, unless INDEX_EXCERPTS says otherwise.
"""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps import views as stock
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import conditional_page, require_safe

from .models import Article, Provider, Topic

NEWS_SPAN = timedelta(days=2)  # what Google reads of a news sitemap, and at most so many
NEWS_LIMIT = 1000
SECURITY_TEXT_DAYS = 180


def indexable():
    """The published articles that search engines may list."""
    articles = Article.objects.published()
    return articles if settings.INDEX_EXCERPTS else articles.ours()


class ArticleMap(Sitemap):
    limit = 5000

    def items(self):
        rows = indexable().order_by("publish_from", "pk")
        return rows.only("slug", "publish_from")

    def lastmod(self, article):
        return article.publish_from


class TopicMap(Sitemap):
    limit = 5000

    def items(self):
        return Topic.objects.with_published().order_by("slug").only("slug")


class ProviderMap(Sitemap):
    limit = 5000

    def items(self):
        return Provider.objects.with_published().order_by("slug").only("slug")


class PageMap(Sitemap):
    def items(self):
        return ["front", "latest", "topics", "providers"]

    def location(self, name):
        return reverse(f"articles:{name}")


MAPS = {"pages": PageMap, "articles": ArticleMap, "topics": TopicMap, "providers": ProviderMap}


@require_safe
@conditional_page
def index(request):
    # A sitemap of nothing is none: its schema asks for one address at least.
    maps = {name: each for name, each in MAPS.items() if each().paginator.count}
    return _without_date(stock.index(request, maps, sitemap_url_name="articles:sitemap"))


@require_safe
@conditional_page
def sitemap(request, section):
    answer = stock.sitemap(request, MAPS, section)
    if not answer.context_data["urlset"]:
        raise Http404("Nothing to list.")
    return _without_date(answer)


def _without_date(response):
    """Rendered, and without a date of its own: a withdrawal moves the content and no date."""
    # A plain response: `conditional_page` has no say in one that renders itself.
    kept = {name: response[name] for name in ("Content-Type", "X-Robots-Tag")}
    return HttpResponse(response.rendered_content, headers=kept)


class NewsMap(Sitemap):
    """What was published in the last two days, newest first."""

    limit = NEWS_LIMIT

    def items(self):
        since = timezone.now() - NEWS_SPAN
        rows = indexable().filter(publish_from__gte=since).order_by("-publish_from", "-pk")
        return list(rows.only("slug", "title", "publish_from")[:NEWS_LIMIT])

    def get_urls(self, page=1, site=None, protocol=None):
        named = {"publication": settings.SITE_NAME, "language": get_language()}
        return [url | named for url in super().get_urls(page, site, protocol)]


@require_safe
@conditional_page
def news(request):
    template = "articles/news_sitemap.xml"
    return _without_date(stock.sitemap(request, {"news": NewsMap}, template_name=template))


@require_safe
@conditional_page
def robots(request):
    lines = [
        "User-agent: *",
        f"Disallow: {reverse('admin:index')}",
        "",
        *(
            f"Sitemap: {request.build_absolute_uri(reverse(f'articles:{name}'))}"
            for name in ("sitemap_index", "news_sitemap")
        ),
    ]
    return _text(lines)


@require_safe
@conditional_page
def security(request):
    """Whom to tell of a hole. 404 where the newsroom names nobody."""
    if not settings.SECURITY_CONTACT:
        raise Http404("No contact is named.")
    # To the month, so that the text is the same for a while.
    today = datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    expires = today + timedelta(days=SECURITY_TEXT_DAYS)
    return _text(
        [
            f"Contact: {settings.SECURITY_CONTACT}",
            f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
            f"Canonical: {request.build_absolute_uri()}",
            f"Preferred-Languages: {get_language()}",
        ]
    )


def _text(lines):
    return HttpResponse("\n".join([*lines, ""]), content_type="text/plain; charset=utf-8")
