"""What the head of a page tells machines: its name, its one address, its picture, what it is.

Made by the views, printed by `templates/articles/_head.html`. Formats: https://ogp.me/,
https://www.rfc-editor.org/rfc/rfc6596 (canonical), X's cards, `structured` for JSON-LD.

The canonical address of an article is our own page, of a third party's excerpt too: it is no copy
of theirs, and who carries excerpts is asked for `noindex`, not for a canonical link elsewhere
(https://developers.google.com/search/docs/crawling-indexing/canonicalization-troubleshooting).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext as _

from . import structured
from .models import Article, Provider, Topic
from .models.image import Shown

NOINDEX = "noindex, follow"
DESCRIPTION = 200  # characters
LARGE = (600, 315)  # px; a smaller picture stands small beside the text

# The land that OpenGraph wants beside the language, where a setting names the language alone.
_LANDS = {"ar": "AR", "de": "DE", "en": "US"}


@dataclass(frozen=True, kw_only=True)
class Head:
    """`title` is the page's own, without the site's name; `address` is whole, and "" on a page of
    which machines are told nothing, a preview."""

    title: str
    description: str
    address: str = ""
    robots: str = ""
    is_article: bool = False  # one of ours, see `structured`
    published: datetime | None = None
    modified: datetime | None = None
    tags: tuple[str, ...] = ()
    picture: Shown | None = None
    picture_alt: str = ""
    oembed: str = ""  # the address that describes this page, without its format
    nodes: list[dict] = field(default_factory=list)

    @property
    def full_title(self) -> str:
        name = settings.SITE_NAME
        return name if self.title == name else f"{self.title} – {name}"

    @property
    def short_description(self) -> str:
        return Truncator(self.description).chars(DESCRIPTION)

    @property
    def locale(self) -> str:
        return locale()

    @property
    def card(self) -> str:
        """A wide picture stands above the text, any other beside it."""
        width, height = (self.picture.width, self.picture.height) if self.picture else (None, None)
        is_large = width and width >= LARGE[0] and height >= LARGE[1] and width > height
        return "summary_large_image" if is_large else "summary"

    @property
    def json_ld(self) -> SafeString:
        return structured.document(self.nodes)


def locale() -> str:
    """As OpenGraph writes it, language and land; "" where no land is known."""
    language, _sign, land = to_locale(get_language()).partition("_")
    land = land or _LANDS.get(language, "")
    return f"{language}_{land}" if len(land) == 2 else ""  # four letters name a script


# Lists ------------------------------------------------------------------------------------------


def front(request: HttpRequest, stories: Iterable[Article]) -> Head:
    described = _("News from many outlets, chosen by editors.")
    return listing(request, settings.SITE_NAME, described, stories)


def latest(request: HttpRequest, page: Iterable[Article]) -> Head:
    described = _("All stories, newest first.")
    return listing(request, _titled(request, _("Latest")), described, page, query=_place(request))


def search(request: HttpRequest, text: str, asked: Mapping[str, object], rows: Iterable) -> Head:
    """`asked` are the parameters that were understood. What a reader asked for is no result to lead
    others to."""
    title = f"{text} – {_('Search')}" if text else _("Search")
    described = _("All stories, by words, topic, provider, type and date.")
    return listing(request, title, described, rows, query=asked, is_indexable=False)


def archive(request: HttpRequest, title: str, description: str, steps, rows=()) -> Head:
    """`steps` lead from the archive's first page to this one, as (name, path)."""
    trail = [(_("Archive"), reverse("articles:archive")), *steps]
    title = _titled(request, f"{title} – {trail[0][0]}" if steps else title)
    return listing(request, title, description, rows, query=_place(request), trail=trail)


def topics(request: HttpRequest, rows: Iterable[Topic]) -> Head:
    return listing(request, _("Topics"), _("All topics with their stories."), rows)


def topic(request: HttpRequest, row: Topic, wider: list[Topic], page: Iterable[Article]) -> Head:
    """`wider` are the wider topics that readers know of, the widest first."""
    steps = [(each.name, each.get_absolute_url()) for each in (*wider, row)]
    return listing(
        request,
        _titled(request, row.name),
        row.description or _("Stories about %(name)s, newest first.") % {"name": row.name},
        page,
        query=_place(request),
        about=structured.topic(row),
        trail=[(_("Topics"), reverse("articles:topics")), *steps],
    )


def providers(request: HttpRequest, rows: Iterable[Provider]) -> Head:
    return listing(request, _("Providers"), _("The outlets whose stories are told here."), rows)


def provider(request: HttpRequest, row: Provider, page: Iterable[Article]) -> Head:
    name = row.display_name
    return listing(
        request,
        _titled(request, name),
        row.description or _("Stories from %(name)s, newest first.") % {"name": name},
        page,
        query=_place(request),
        about=structured.outlet(row, request.build_absolute_uri),
        trail=[(_("Providers"), reverse("articles:providers")), (name, row.get_absolute_url())],
    )


def listing(
    request: HttpRequest,
    title: str,
    description: str,
    rows: Iterable,
    *,
    query: Mapping[str, object] | None = None,
    is_indexable: bool = True,
    about: dict | None = None,
    trail: Iterable[tuple[str, str]] = (),
) -> Head:
    """A page that lists `rows`, which have pages here.

    `query` are the parameters that make it another list: all others are dropped from its address.
    `about` is a node of `structured`; `trail` leads to the page, as (name, path).
    """
    whole = request.build_absolute_uri
    more = {
        "@type": "CollectionPage",
        "about": about,
        "breadcrumb": structured.trail(trail, whole) if trail else None,
        "mainEntity": structured.items(rows, whole),
    }
    head = page(request, title, description, query, **more)
    return head if is_indexable else replace(head, robots=NOINDEX)


def _titled(request: HttpRequest, name: str) -> str:
    """A page of a list, told apart from its first."""
    return _("%(name)s (older stories)") % {"name": name} if _place(request) else name


def _place(request: HttpRequest) -> dict:
    """The cursor that asks for this page; none for the first."""
    return {name: request.GET[name] for name in ("after", "before") if name in request.GET}


# Other pages ------------------------------------------------------------------------------------


def page(request: HttpRequest, title: str, description: str, query=None, **more) -> Head:
    """Any page; `more` are further properties of its node, see `structured.page`."""
    whole = request.build_absolute_uri
    told = {name: value for name, value in (query or {}).items() if value}
    address = whole(request.path + (f"?{urlencode(told)}" if told else ""))
    node = structured.page(address, title, description, whole, **more)
    nodes = [*structured.site(whole), node]
    return Head(title=title, description=description, address=address, nodes=nodes)


def article(request: HttpRequest, row: Article, related: Iterable) -> Head:
    """The page of a published article, loaded `for_page` and `with_last_change`; its related
    items as the page shows them. No query."""
    whole = request.build_absolute_uri
    address = whole(row.get_absolute_url())
    published, picture = structured.public_since(row), row.picture
    changes = [at for at in (row.edited_at, row.delivered_at) if at and at > published]
    modified = max(changes, default=None)
    node = structured.article(row, related, address, modified, whole)
    return Head(
        title=row.headline,
        description=row.summary or row.headline,
        address=address,
        robots="" if settings.INDEX_EXCERPTS or row.is_ours else NOINDEX,
        is_article=row.is_ours,
        published=published,
        modified=modified,
        tags=tuple(topic.name for topic in structured.sorted_topics(row)),
        picture=picture and structured.shown(picture, whole),
        picture_alt=picture.alt_text if picture else "",
        oembed=whole(reverse("articles:oembed")) + "?" + urlencode({"url": address}),
        nodes=[*structured.site(whole), node],
    )


def unlisted(row: Article) -> Head:
    """Of an article's preview: its name, for the reader's window, and nothing for machines."""
    return Head(
        title=row.headline, description=row.summary or row.headline, robots="noindex, nofollow"
    )
