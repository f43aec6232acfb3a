"""Paging by cursor: each page costs what the first costs, and a page's address stays right while
articles come and go. A cursor says where the last (or first) article of a page stood, and nothing
that readers do not know already."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Q, QuerySet

from .models import Article
from .wording import NOT_STORABLE

ORDER = ("-published_at", "stem", "source")
_END = datetime(9999, 12, 31, tzinfo=UTC)
_REVERSED = ("published_at", "-stem", "-source")


class BadCursor(ValueError):
    """It was not made here, or was cut."""


class NoSuchPage(ValueError):
    """Nothing older than its cursor is left."""


class FirstPage(Exception):
    """What was asked for is the list's first page, which has an address of its own."""


@dataclass(frozen=True)
class Page:
    """Articles in ORDER, and the cursors of the pages beside it: None where there is none, and ""
    for the first page, which needs none."""

    articles: list[Article]
    newer: str | None = None
    older: str | None = None

    def __iter__(self):
        return iter(self.articles)

    def __len__(self):
        return len(self.articles)


def page(
    articles: QuerySet, size: int, after: str | None = None, before: str | None = None
) -> Page:
    """The Page of those after one cursor, or before the other, or the first. Queries: one for the
    articles; one more after a cursor, two more before one.

    Raises BadCursor, NoSuchPage, and FirstPage where nothing newer is left out.
    """
    if before is not None:
        rows = _preceding(articles, before).order_by(*_REVERSED)[: size + 1]
        rows = list(rows)[size - 1 :: -1] if len(rows) > size else []
        if not rows:
            raise FirstPage
        has_older = following(articles, cursor_of(rows[-1])).order_by().exists()
    else:
        rows = articles if after is None else following(articles, after)
        rows = list(newest(rows)[: size + 1])
        has_older = len(rows) > size
        del rows[size:]
    older = cursor_of(rows[-1]) if has_older else None
    if after is None and before is None:
        return Page(rows, None, older)
    # Asked with the cursor itself, not the first row: where none follows, it says where we are.
    first = cursor_of(rows[0]) if rows else str(after)
    newer = _preceding(articles, first).order_by(*_REVERSED).values_list("pk", flat=True)
    ahead = len(newer[: size + 1])
    if not ahead:
        raise FirstPage
    if not rows:
        raise NoSuchPage
    return Page(rows, first if ahead > size else "", older)


def newest(articles: QuerySet) -> QuerySet:
    """In ORDER. The bound says nothing, but leads SQLite to the list's index: without statistics of
    its rows it would rather sort all that are public."""
    return articles.filter(published_at__lte=_END).order_by(*ORDER)


def cursor_of(article: Article) -> str:
    """ASCII, fit for an address as it is."""
    parts = [article.published_at.isoformat(), article.stem, article.source]
    text = json.dumps(parts, separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def following(articles: QuerySet, cursor: str) -> QuerySet:
    """The articles of the queryset that follow, in ORDER. Raises BadCursor."""
    at, stem, source = _read(cursor)
    here = Q(published_at=at)
    later = Q(stem__gt=stem) | Q(stem=stem, source__gt=source)
    # Said twice: by the first alone a database finds the place in its index.
    return articles.filter(published_at__lte=at).filter(Q(published_at__lt=at) | here & later)


def _preceding(articles: QuerySet, cursor: str) -> QuerySet:
    """Those that come before it."""
    at, stem, source = _read(cursor)
    here = Q(published_at=at)
    sooner = Q(stem__lt=stem) | Q(stem=stem, source__lt=source)
    return articles.filter(published_at__gte=at).filter(Q(published_at__gt=at) | here & sooner)


def _read(cursor):
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        at, stem, source = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        moment = datetime.fromisoformat(at)
        known = isinstance(stem, str) and isinstance(source, str) and moment.tzinfo is not None
        moment = moment.astimezone(UTC)
        known = known and not NOT_STORABLE.search(stem + source)
    except (ValueError, TypeError, binascii.Error, RecursionError, OverflowError) as error:
        raise BadCursor(cursor) from error
    if not known:
        raise BadCursor(cursor)
    return moment, stem, source
