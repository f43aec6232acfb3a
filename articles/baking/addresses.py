"""What there is to bake: every public address without a query, and of what its page is made.

    rows  ->  plan(ground)  ->  Plan

Reads whole tables, column by column and without making models of them: a few queries, whatever the
number of articles, and about 50 ms for a thousand of them.
"""

import json
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from hashlib import blake2b
from itertools import chain
from typing import Any

from django.db import connection
from django.urls import reverse

from .. import archive
from ..api.original import PER_PAGE
from ..editions import columns_seen
from ..feeds import FORMATS
from ..models import (
    Article,
    ArticleImage,
    Delivery,
    Image,
    ImportedFile,
    OldAddress,
    Provider,
    ProviderAlias,
    RelatedImage,
    RelatedItem,
    Revision,
    Tombstone,
    Topic,
    TopicAlias,
    TopicAssignment,
)
from ..models.article import WORDS
from ..models.image import RENDITIONS
from ..sitemaps import MAPS

# Addresses with a path that are no page of the site: they tell how the newsroom runs, are for one
# reader, or mean nothing without a query.
NEVER = frozenset(["preview", "oembed", "alive", "ready"])
# Pages of which any change may show on any, and which are few: of each edition.
OF_ALL = (
    *("front", "latest", "search", "archive", "topics", "providers", "openapi", "api"),
    *("api_articles", "api_topics", "api_providers", "sitemap_index", "robots"),
)
ALWAYS = ""  # the digest of what is made again each time: it changes as time goes by
# What may have readers' pages depend on it, of tables that hold more than that.
_OF_CHANGES = {
    Revision: ("article_id", "at", "changes"),
    ImportedFile: ("article_id", "run_id", "changes"),
    Delivery: ("article_id", "path", "digest"),
}


@dataclass(frozen=True)
class Listed:
    """A page of the original JSON: its number, its articles, and whether there is a next one."""

    number: int
    articles: tuple[int, ...]
    has_more: bool


@dataclass
class Plan:
    """`pages` maps each address to the digest of what it is made of. Of `optional` ones the site
    may say 404: they are no pages then."""

    pages: dict[str, str] = field(default_factory=dict)
    optional: set[str] = field(default_factory=set)
    originals: dict[str, Listed] = field(default_factory=dict)  # of `pages`, those made of items
    items: dict[int, str] = field(default_factory=dict)  # article -> the digest of its item there
    # What of the media storage a public page may name: files, and folders of renditions.
    files: set[str] = field(default_factory=set)
    folders: set[str] = field(default_factory=set)

    def may_show(self, name: str) -> bool:
        return name in self.files or (
            name.startswith(RENDITIONS) and name.rpartition("/")[0] in self.folders
        )


def plan(ground: str, edition: str) -> Plan:
    """What to bake of the edition that readers see now, whose name is `edition`. `ground` is a text
    that stands for all that pages depend on besides the rows; about thirty queries."""
    made = Plan()
    _Planning(made, ground, edition).run()
    return made


def digest(*parts) -> str:
    return blake2b(repr(parts).encode(), digest_size=12).hexdigest()


class _Planning:
    def __init__(self, made: Plan, ground: str, edition: str):
        self.made, self.ground, self.edition = made, ground, edition

    def run(self) -> None:
        self.read()
        self.whole_site()
        self.articles()
        self.topics()
        self.providers()
        self.days()
        self.gone()

    def add(self, path: str, *parts) -> None:
        self.made.pages[path] = digest(self.ground, *parts)

    # Rows -----------------------------------------------------------------------------------------

    def read(self) -> None:
        rows = Article.objects.published().newest_first()
        columns = ("pk", "slug", "title", "published_at", "stem", "source", "link_key", "provider")
        self.public = list(rows.values_list(*columns))
        self.places = {row[0]: place for place, row in enumerate(self.public)}
        self.here: dict[Any, list[str]] = defaultdict(list)  # where readers find a page's story
        for _pk, slug, *_others, link_key, _provider in self.public:
            self.here[link_key].append(slug)
        images, served = self.images()
        logos = _Table(Provider)
        self.outlets = {row[0]: digest(row, images.get(logos.of(row, "logo_id"))) for row in logos}
        tags = _Table(Topic)
        self.tags = {row[0]: digest(row, images.get(tags.of(row, "image_id"))) for row in tags}
        self.parents = {row[0]: tags.of(row, "parent_id") for row in tags}
        parts: dict[int, list] = {pk: [] for pk in self.places}
        shown: set[int] = set()
        outlets: set[int | None] = set()

        stories = _Table(Article, WORDS, only="status = 'published'")
        for row in stories:
            if row[0] in parts:
                outlet = stories.of(row, "provider_id")
                outlets.add(outlet)
                parts[row[0]] += (row, self.outlets.get(outlet))
        uses = _Table(ArticleImage)
        for row in uses:
            if (pk := uses.of(row, "article_id")) in parts:
                shown.add(image := uses.of(row, "image_id"))
                parts[pk] += (row, images[image])
        items, of_item = _Table(RelatedItem), {}
        self.elsewhere: dict[int, list] = defaultdict(list)  # what its related items lead to here
        for row in items:
            if (pk := items.of(row, "article_id")) in parts:
                of_item[row[0]] = pk
                outlets.add(outlet := items.of(row, "provider_id"))
                parts[pk] += (row, self.outlets.get(outlet))
                self.elsewhere[pk] += self.here.get(items.of(row, "link_key"), ())
        uses = _Table(RelatedImage)
        for row in uses:
            if (pk := of_item.get(uses.of(row, "related_item_id"))) is not None:
                shown.add(image := uses.of(row, "image_id"))
                parts[pk] += (row, images[image])
        self.by_tag: dict[int, list[int]] = defaultdict(list)
        given = _Table(TopicAssignment)
        for row in given:
            if (pk := given.of(row, "content_object_id")) in parts:
                self.by_tag[tag := given.of(row, "tag_id")].append(pk)
                parts[pk] += (row, self.tags[tag])
        for model in (Revision, ImportedFile):
            for row in _rows(model, _OF_CHANGES[model]):
                if row[0] in parts:
                    parts[row[0]].append(row)
        self.digests = {pk: digest(each) for pk, each in parts.items()}
        deliveries = {row[0]: row for row in _rows(Delivery, _OF_CHANGES[Delivery])}
        self.made.items = {
            pk: digest(self.ground, each, deliveries.get(pk)) for pk, each in self.digests.items()
        }
        logos_shown = {logos.of(row, "logo_id") for row in logos if row[0] in outlets}
        for pk in shown | logos_shown - {None}:
            file, folder = served[pk]
            self.made.files.add(file)
            self.made.folders.add(folder)

    @staticmethod
    def images() -> tuple[dict[int, str], dict[int, tuple[str, str]]]:
        """Of each picture a digest; and its file, and the folder of what is made of it."""
        table, digests, served = _Table(Image), {}, {}
        for row in table:
            digests[row[0]] = digest(row)
            told = table.of(row, "served")
            told = json.loads(told) if isinstance(told, str) else told
            served[row[0]] = table.of(row, "file"), f"{RENDITIONS}{told.get('at', '')}"
        return digests, served

    # Pages ----------------------------------------------------------------------------------------

    def whole_site(self) -> None:
        for name in OF_ALL:
            self.add(reverse(f"articles:{name}"), self.edition)
        for form in FORMATS:
            self.add(reverse("articles:feed", args=[form]), self.edition)
        sections = [reverse("articles:sitemap", args=[name]) for name in MAPS]
        for path in (*sections, reverse("articles:security")):
            self.add(path, self.edition)
            self.made.optional.add(path)
        self.made.pages[reverse("articles:news_sitemap")] = ALWAYS
        self.newest = [row[0] for row in self._as_lists_stand()]
        self.original([], (), self.newest)

    def _as_lists_stand(self) -> list[tuple]:
        """As `cursors.ORDER` has it: of one moment and stem by source, not by number."""
        rows = sorted(self.public, key=lambda row: (row[4], row[5]))
        return sorted(rows, key=lambda row: row[3], reverse=True)

    def articles(self) -> None:
        page, data = _address("detail"), _address("api_article")
        names = [None, *(row[1:3] for row in self.public), None]
        for place, (pk, slug, *_others) in enumerate(self.public):
            beside = (names[place], names[place + 2])
            self.add(page(slug), self.digests[pk], beside, self.elsewhere.get(pk))
            self.add(data(slug), self.digests[pk])

    def topics(self) -> None:
        slugs = dict(Topic.objects.order_by().values_list("pk", "slug"))
        order = {pk: place for place, pk in enumerate(self.newest)}
        below = defaultdict(list)
        for pk, parent in self.parents.items():
            below[parent].append(pk)
        known = {slugs[pk] for pk in self.by_tag}
        other: dict[int, list[str]] = defaultdict(list)
        aliases = TopicAlias.objects.exclude(slug="").order_by("slug")
        for slug, pk in aliases.values_list("slug", "topic"):
            if slug not in known and pk in self.by_tag:
                other[pk].append(slug)
        for pk, articles in self.by_tag.items():
            articles.sort(key=order.__getitem__)
            around = [
                (each, self.tags[each], each in self.by_tag)
                for each in chain(self._above(pk), below[pk])
            ]
            told = (self.tags[pk], around, [self.digests[each] for each in articles])
            self._with_feeds("topic", slugs[pk], *told)
            for slug in other[pk]:
                self._with_feeds("topic", slug, slugs[pk])
            self.original([slugs[pk], *other[pk]], (self.tags[pk],), articles)

    def _above(self, pk: int) -> Iterator[int]:
        met = {pk}
        above = self.parents[pk]
        while above is not None and above not in met:
            met.add(above)
            yield above
            above = self.parents.get(above)

    def providers(self) -> None:
        stories = defaultdict(list)
        for pk, *_others, provider in self.public:
            if provider is not None:
                stories[provider].append(self.digests[pk])
        slugs = dict(Provider.objects.order_by().values_list("pk", "slug"))
        known = {slugs[pk] for pk in stories}
        for pk, articles in stories.items():
            self._with_feeds("provider", slugs[pk], self.outlets[pk], articles)
        aliases = ProviderAlias.objects.exclude(slug="")
        for slug, pk in aliases.values_list("slug", "provider"):
            if slug not in known and pk in stories:
                self._with_feeds("provider", slug, slugs[pk])

    def _with_feeds(self, name: str, slug: str, *told) -> None:
        basis = digest(told)
        self.add(_address(name)(slug), basis)
        for form in FORMATS:
            self.add(_address(f"{name}_feed", form)(slug), basis)

    def original(self, slugs: list[str], told: tuple, articles: list[int]) -> None:
        """The pages of all news, or of a topic's under each of its slugs."""
        starts = range(0, len(articles), PER_PAGE)
        parts = [tuple(articles[start : start + PER_PAGE]) for start in starts] or [()]
        for number, part in enumerate(parts, 1):
            listed = Listed(number, part, number < len(parts))
            basis = (told, number, listed.has_more, [self.made.items[pk] for pk in part])
            for args in [[slug] for slug in slugs] or [[]]:
                kind = "original_topic" if args else "original"
                paths = [reverse(f"articles:{kind}_page", args=[*args, str(number)])]
                if number == 1:
                    paths.append(reverse(f"articles:{kind}", args=args))
                for path in paths:
                    self.add(path, basis)
                    self.made.originals[path] = listed

    def days(self) -> None:
        stories: dict[date, list[str]] = defaultdict(list)
        for pk, _slug, _title, published_at, *_others in self.public:
            day = archive.day_of(published_at)
            if archive.FIRST <= day < archive.LAST:
                stories[day].append(self.digests[pk])
        days = sorted(stories)
        for kind, length in (("year", 1), ("month", 2), ("day", 3)):
            spans: dict[tuple, list[date]] = defaultdict(list)
            for day in days:
                spans[(day.year, day.month, day.day)[:length]].append(day)
            for args, within in spans.items():
                before, after = bisect_left(days, within[0]), bisect_left(days, within[-1])
                beside = (days[before - 1] if before else None, days[after + 1 : after + 2])
                counts = [(day, len(stories[day])) for day in within]
                told = stories[within[0]] if kind == "day" else counts
                self.add(reverse(f"articles:archive_{kind}", args=args), beside, told)

    # What was elsewhere, or is gone ---------------------------------------------------------------

    def gone(self) -> None:
        """Where readers have seen an article, and see another or none."""
        rows = Article.objects.once_public().order_by()
        once = dict(rows.values_list("slug", "merged_into"))
        left: dict[str, int | None] = {}
        named: dict[tuple, int] = {}
        old = list(OldAddress.objects.order_by().values_list("slug", "source", "stem"))
        if old:
            wanted = Article.objects.filter(stem__in=[stem for _slug, _source, stem in old])
            keys = wanted.order_by().values_list("source", "stem", "pk")
            named = {(source, stem): pk for source, stem, pk in keys}
        left = {slug: named.get((source, stem)) for slug, source, stem in old}
        buried = Tombstone.objects.exclude(slug="").order_by().values_list("slug", flat=True)
        seen = {row[1] for row in self.public}
        merged = Article.objects.filter(merged_into__isnull=False).order_by()
        self.merged = dict(merged.values_list("pk", "merged_into"))
        page, data = _address("detail"), _address("api_article")
        for slug in {*once, *left, *buried} - seen:
            target = max(filter(None, (once.get(slug), left.get(slug))), default=None)
            told = self._survivor(target)
            self.add(page(slug), told)
            self.add(data(slug), told)

    def _survivor(self, pk: int | None) -> str | None:
        met: set[int] = set()
        while pk is not None and pk not in met and pk not in self.places:
            met.add(pk)
            pk = self.merged.get(pk)
        return self.public[self.places[pk]][1] if pk in self.places else None


class _Table:
    """All rows of a model, by the columns of which readers see anything; the key comes first."""

    def __init__(self, model, leave_out: Iterable[str] = (), only: str = ""):
        seen = columns_seen(model)
        key = model._meta.pk.column
        columns = [key, *(name for name in seen if name != key and name not in leave_out)]
        self._places = {name: place for place, name in enumerate(columns)}
        self._rows = _rows(model, columns, only)

    def __iter__(self):
        return iter(self._rows)

    def of(self, row: tuple, column: str):
        return row[self._places[column]]


def _rows(model, columns: Iterable[str], only: str = "") -> list[tuple]:
    """As the database's driver gives them, in the order of their keys."""
    quote = connection.ops.quote_name
    where = f" WHERE {only}" if only else ""
    names = ", ".join(map(quote, columns))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {names} FROM {quote(model._meta.db_table)}{where} "
            f"ORDER BY {quote(model._meta.pk.column)}"
        )
        return cursor.fetchall()


@lru_cache(100)
def _address(name: str, *more: str) -> Callable[[str], str]:
    """slug -> path, without asking Django for each."""
    before, after = reverse(f"articles:{name}", args=["slug-of-it", *more]).split("slug-of-it")
    return lambda slug: f"{before}{slug}{after}"
