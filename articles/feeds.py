"""Feeds of the published articles: Atom, RSS 2.0 and JSON Feed 1.1, of the site, of each topic and
provider, and of any search.

Formats: https://www.rfc-editor.org/rfc/rfc4287, https://www.rssboard.org/rss-specification,
https://www.jsonfeed.org/version/1.1/. What was published here last stands first, whenever its
source published it: a reader who looks in daily misses nothing that an editor let through late.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.http import HttpResponse, HttpResponseBadRequest, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import feedgenerator
from django.utils.html import escape
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import conditional_page, require_safe

from . import prose
from .filters import ArticleFilters
from .models import Article, Provider, Topic

ENTRIES = 50
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)  # when a feed without a story last changed


@dataclass(frozen=True)
class Entry:
    """One article as a feed tells it. Texts are plain but for `html`; addresses are whole."""

    id: str
    url: str
    title: str
    summary: str
    html: str  # the newsroom's own words, "" where it has none
    published: datetime
    source_name: str
    source_url: str
    outward: str  # where to read on
    topics: tuple[str, ...]
    picture: str  # its address, or ""


@dataclass(frozen=True)
class Listing:
    """What a feed is of: its title, the page of the same stories, its own address."""

    title: str
    description: str
    page: str
    own: str


# The addresses ----------------------------------------------------------------------------------


@require_safe
@conditional_page
def latest(request, form):
    """All stories, or those that the filters of the search find."""
    filters = ArticleFilters(request.GET, queryset=Article.objects.published())
    if not filters.form.is_valid():
        # A list without the filter would look like an answer to it.
        problems = [
            f"{name}: {problem}"
            for name, problems in filters.form.errors.items()
            for problem in problems
        ]
        return HttpResponseBadRequest("\n".join(problems), content_type="text/plain; charset=utf-8")
    words = filters.form.cleaned_data.get("q")
    title = f"{settings.SITE_NAME}: {words}" if words else settings.SITE_NAME
    query = _asked(request)
    page = f"{reverse('articles:search')}?{query}" if query else reverse("articles:latest")
    described = _("News from many outlets, chosen by editors.")
    return _answer(request, form, filters.qs, title, described, page, query)


def _asked(request) -> str:
    """The filters of the address, and nothing else that stands there: the feed repeats them."""
    query = QueryDict(mutable=True)
    for name, values in request.GET.lists():
        if name in ArticleFilters.base_filters:
            query.setlist(name, values)
    return query.urlencode()


@require_safe
@conditional_page
def topic(request, slug, form):
    known = Topic.objects.with_published()
    topic = known.filter(slug=slug).first()
    if topic is None:
        return _to_survivor(known, slug, "articles:topic_feed", form)
    described = topic.description or _("Stories about %(name)s.") % {"name": topic.name}
    articles = Article.objects.published().about(topic)
    title = f"{topic.name} – {settings.SITE_NAME}"
    return _answer(request, form, articles, title, described, topic.get_absolute_url())


@require_safe
@conditional_page
def provider(request, slug, form):
    known = Provider.objects.with_published()
    provider = known.filter(slug=slug).first()
    if provider is None:
        return _to_survivor(known, slug, "articles:provider_feed", form)
    name = provider.display_name
    described = provider.description or _("Stories from %(name)s.") % {"name": name}
    articles = Article.objects.published().filter(provider=provider)
    title = f"{name} – {settings.SITE_NAME}"
    return _answer(request, form, articles, title, described, provider.get_absolute_url())


def _to_survivor(known, slug, name, form):
    """What was merged away is followed under the address that it had."""
    survivor = get_object_or_404(known, aliases__slug=slug)
    return redirect(name, slug=survivor.slug, form=form, permanent=True)


def _answer(request, form, articles, title, description, page, query=""):
    own = f"{request.path}?{query}" if query else request.path
    listing = Listing(
        title=title,
        description=description,
        page=request.build_absolute_uri(page),
        own=request.build_absolute_uri(own),
    )
    rows = articles.order_by("-publish_from", "-pk").for_feed()[:ENTRIES]
    entries = [entry_of(article, request.build_absolute_uri) for article in rows]
    response = FORMATS[form](listing, entries)
    if settings.WEBSUB_HUB:
        response["Link"] = f'<{settings.WEBSUB_HUB}>; rel="hub", <{listing.own}>; rel="self"'
    return response


def entry_of(article: Article, whole) -> Entry:
    """`whole` makes a whole address of a path. No query, if the article is loaded `for_feed`."""
    provider, picture = article.provider, article.picture
    return Entry(
        id=article.urn,
        url=whole(article.get_absolute_url()),
        title=article.headline,
        summary=article.summary,
        html=prose.render(article.body) if article.body else "",
        published=article.publish_from,
        source_name=provider.display_name if provider else settings.SITE_NAME,
        source_url=provider.website if provider else "",
        outward=article.link,
        topics=tuple(sorted(topic.name for topic in article.topics.all())),
        picture=whole(picture.for_machines.url) if picture else "",
    )


# Atom and RSS -----------------------------------------------------------------------------------


class _Newsroom:
    """With the WebSub link, where the newsroom has a hub (https://www.w3.org/TR/websub/)."""

    def latest_post_date(self):
        """The same at every asking: Django's own gives an empty feed the present moment."""
        return max((item["pubdate"] for item in self.items), default=LONG_AGO)

    def add_root_elements(self, handler):
        super().add_root_elements(handler)
        if settings.WEBSUB_HUB:
            self.add_hub(handler)


class AtomFeed(_Newsroom, feedgenerator.Atom1Feed):
    def add_hub(self, handler):
        handler.addQuickElement("link", "", {"rel": "hub", "href": settings.WEBSUB_HUB})

    def add_item_elements(self, handler, item):
        super().add_item_elements(handler, item)
        entry = item["entry"]
        if entry.html:
            handler.addQuickElement("content", entry.html, {"type": "html"})
        if entry.outward:
            handler.addQuickElement("link", "", {"rel": "via", "href": entry.outward})


class RssFeed(_Newsroom, feedgenerator.Rss201rev2Feed):
    def add_hub(self, handler):
        handler.addQuickElement("atom:link", "", {"rel": "hub", "href": settings.WEBSUB_HUB})

    def rss_attributes(self):
        more = {
            "xmlns:content": "http://purl.org/rss/1.0/modules/content/",
            "xmlns:dc": "http://purl.org/dc/elements/1.1/",
        }
        return super().rss_attributes() | more

    def add_item_elements(self, handler, item):
        super().add_item_elements(handler, item)
        entry = item["entry"]
        handler.addQuickElement("dc:creator", entry.source_name)
        if entry.html:
            handler.addQuickElement("content:encoded", entry.html)
        if entry.outward:
            handler.addQuickElement("dc:source", entry.outward)


def _xml(kind):
    def answer(listing: Listing, entries: list[Entry]) -> HttpResponse:
        feed = kind(
            title=listing.title,
            link=listing.page,
            description=listing.description,
            subtitle=listing.description,
            language=get_language(),
            feed_url=listing.own,
            feed_guid=listing.own,
        )
        for entry in entries:
            feed.add_item(
                entry=entry,
                title=entry.title,
                link=entry.url,
                description=escape(entry.summary or entry.title),  # both formats read HTML here
                unique_id=entry.id,
                unique_id_is_permalink=False,
                pubdate=entry.published,
                updateddate=entry.published,
                author_name=entry.source_name if kind is AtomFeed else None,
                author_link=entry.source_url or None,
                categories=entry.topics,
            )
        response = HttpResponse(content_type=feed.content_type)
        feed.write(response, "utf-8")
        return response

    return answer


# JSON Feed --------------------------------------------------------------------------------------


def _json(listing: Listing, entries: list[Entry]) -> HttpResponse:
    data = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": listing.title,
        "description": listing.description,
        "home_page_url": listing.page,
        "feed_url": listing.own,
        "language": get_language(),
        "items": [_json_item(entry) for entry in entries],
    }
    if settings.WEBSUB_HUB:
        data["hubs"] = [{"type": "WebSub", "url": settings.WEBSUB_HUB}]
    response = JsonResponse(data, json_dumps_params={"ensure_ascii": False})
    response["Content-Type"] = "application/feed+json; charset=utf-8"
    return response


def _json_item(entry: Entry) -> dict:
    author = {"name": entry.source_name, "url": entry.source_url}
    item = {
        "id": entry.id,
        "url": entry.url,
        "external_url": entry.outward,
        "title": entry.title,
        "summary": entry.summary,
        "date_published": entry.published.isoformat(),
        "authors": [{name: value for name, value in author.items() if value}],
        "tags": list(entry.topics),
        "image": entry.picture,
        # One of the two has to be there; a story without words of ours has the source's.
        **(
            {"content_html": entry.html}
            if entry.html
            else {"content_text": entry.summary or entry.title}
        ),
    }
    return {name: value for name, value in item.items() if value}


FORMATS = {"atom": _xml(AtomFeed), "rss": _xml(RssFeed), "json": _json}
