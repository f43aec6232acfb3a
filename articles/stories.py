"""What lists show of an article, as plain records: one query however many there are, and none of
the cost of whole rows, which lists have no use for.

A record answers to the names that templates, `heads` and `structured` know of an `Article`. Read by
`lists`, `curation` and the article's page (`related`); whoever asks says which articles.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import NamedTuple

from django.core.files.storage import default_storage
from django.db.models import Aggregate, Exists, JSONField, OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONArray
from django.db.models.query import ValuesListIterable
from django.urls import get_script_prefix, get_urlconf, reverse

from .models import Article, ArticleImage, Provider, RelatedImage, RelatedItem, TopicAssignment
from .models.image import Served
from .weblinks import link
from .wording import readable

# Records ------------------------------------------------------------------------------------------


class Picture(Served):
    """A picture that has a file."""

    def __init__(self, file: str, width: int | None, height: int | None, alt_text: str, served):
        self.file, self.width, self.height, self.alt_text = file, width, height, alt_text
        # SQLite has JSON within JSON as text.
        self.served = json.loads(served) if isinstance(served, str) else served

    @property
    def address(self) -> str:
        return default_storage.url(self.file)


class Outlet(NamedTuple):
    display_name: str
    domain: str
    slug: str
    logo: Picture | None

    website = Provider.website

    def get_absolute_url(self) -> str:
        return _address("articles:provider", self.slug)


class Label(NamedTuple):
    """A topic as a story carries it."""

    name: str
    slug: str

    def get_absolute_url(self) -> str:
        return _address("articles:topic", self.slug)


@dataclass(slots=True, eq=False)
class Story:
    pk: int
    source: str
    stem: str
    slug: str
    headline: str
    summary: str
    body: str
    published_at: datetime
    is_video: bool
    link_key: int | None
    hidden_related: list[str]
    provider: Outlet | None
    picture: Picture | None
    topics: list[Label]
    # Given by who knows more: `coverage.Outlets`, `search.Found`.
    also_at: object = None
    found: object = None

    def get_absolute_url(self) -> str:
        return _address("articles:detail", self.slug)


@dataclass(slots=True, eq=False)
class Related:
    """A related item; `page_here` as `ArticleQuerySet.for_detail` has it."""

    headline: str
    summary: str
    link: str
    type: str
    published_at: datetime | None
    link_key: int | None
    page_here: str | None
    provider: Outlet | None
    picture: Picture | None

    identity = RelatedItem.identity

    @property
    def is_video(self) -> bool:
        return self.type == "video"


def _address(view: str, slug: str) -> str:
    return _around_slug(view, get_script_prefix(), get_urlconf()).replace("slug", slug)


@lru_cache(maxsize=64)
def _around_slug(view: str, _prefix: str, _urlconf: str | None) -> str:
    """A slug is nothing that an address would have to escape, so one answer serves all."""
    return reverse(view, args=["slug"])


# Queries ------------------------------------------------------------------------------------------


class _Gathered(Aggregate):
    """A JSON list of what a group has, in no order."""

    function = "JSON_GROUP_ARRAY"
    output_field = JSONField()

    def as_postgresql(self, compiler, connection, **more):
        return self.as_sql(compiler, connection, function="JSONB_AGG", **more)


def _of_picture(path: str) -> JSONArray:
    names = ("file", "width", "height", "alt_text", "served")
    return JSONArray(*(f"{path}{name}" for name in names), output_field=JSONField())


def _first_picture(uses: QuerySet) -> Subquery:
    shown = uses.exclude(image__file="").order_by("position", "pk")
    return Subquery(shown.values_list(_of_picture("image__"))[:1])


_OUTLET = ("provider__name", "provider__domain", "provider__slug", "provider__logo__file")
_LOGO = tuple(f"provider__logo__{name}" for name in ("width", "height", "alt_text", "served"))


def listed(articles: QuerySet) -> QuerySet:
    """The same articles, as Story. Where they have to be sorted and are many, ask for their numbers
    first: a database may gather all of this for each that it sorts."""
    rows = articles.values_list(*_columns())
    rows._iterable_class = _Stories
    return rows


@cache
def _columns() -> tuple:
    """Put together once: that takes as long as asking."""
    return (
        *("pk", "source", "stem", "slug", "title", "excerpt", "body", "published_at", "type"),
        *("link_key", "hidden_related"),
        *_beside().values(),
        *_OUTLET,
        *_LOGO,
    )


@cache
def _beside() -> dict[str, Subquery]:
    topics = TopicAssignment.objects.filter(content_object=OuterRef("pk")).order_by()
    told = _Gathered(JSONArray("pk", "tag__name", "tag__slug", output_field=JSONField()))
    return {
        "found_picture": _first_picture(ArticleImage.objects.filter(article=OuterRef("pk"))),
        "found_topics": Subquery(
            topics.values("content_object").annotate(told=told).values("told")
        ),
    }


def with_beside(articles: QuerySet) -> QuerySet:
    """The same rows of Article, with what `picture_of` and `topics_of` read of them. As `listed`,
    it is for the rows of one page."""
    return articles.annotate(**_beside())


def picture_of(article: Article) -> Picture | None:
    return Picture(*article.found_picture) if article.found_picture else None


def topics_of(article: Article) -> list[Label]:
    return _labels(article.found_topics)


def in_order(numbers: Sequence[int]) -> list[Story]:
    """Those of these articles that are public now, in the order of their numbers. One query."""
    found = {story.pk: story for story in listed(Article.objects.published_among(numbers))}
    return [found[pk] for pk in numbers if pk in found]


class _Stories(ValuesListIterable):
    def __iter__(self):
        return map(_story, super().__iter__())


def _story(row: tuple) -> Story:
    pk, source, stem, slug, title, excerpt, body, at, kind, key, hidden, picture, topics, *of = row
    return Story(
        *(pk, source, stem, slug, readable(title), readable(excerpt), body, at, kind == "video"),
        *(key, hidden, _outlet(*of)),
        Picture(*picture) if picture else None,
        _labels(topics),
    )


def _labels(topics) -> list[Label]:
    """As they were given."""
    return [Label(name, slug) for _pk, name, slug in sorted(topics)] if topics else []


def _outlet(name, domain, slug, file, *of_logo) -> Outlet | None:
    if slug is None:
        return None
    return Outlet(readable(name), domain, slug, Picture(file, *of_logo) if file else None)


def related(article: Article) -> list[Related]:
    """All related items of the article, in order. One query."""
    # Each looked up by itself: asked for by its status too, SQLite reads all that are public.
    public = Article.objects.published().filter(pk=OuterRef("pk"))
    here = Article.objects.filter(Exists(public), link_key=OuterRef("link_key"))
    here = Subquery(here.order_by("-published_at", "pk").values("slug")[:1])
    rows = RelatedItem.objects.filter(article=article.pk).order_by("position", "pk")
    return [_related(*row) for row in rows.values_list(here, *_columns_of_related())]


@cache
def _columns_of_related() -> tuple:
    return (
        *("title", "excerpt", "web_url", "original_url", "type", "published_at", "link_key"),
        _first_picture(RelatedImage.objects.filter(related_item=OuterRef("pk"))),
        *_OUTLET,
        *_LOGO,
    )


def _related(here, title, excerpt, web_url, original_url, kind, at, key, picture, *of) -> Related:
    outward = link(web_url, original_url)
    shown = Picture(*picture) if picture else None
    values = (readable(title), readable(excerpt), outward, kind, at, key, here)
    return Related(*values, _outlet(*of), shown)
