"""What the list of articles asks beside its rows, in one query: what its filters offer to choose
from, and whether a deed of the editor's has not come to its end."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import F, TextField
from django.db.models.functions import Cast
from django.utils.dateparse import parse_datetime

from .. import bulk
from ..models import Article, Topic
from .choices import colleagues

_ARTICLES = Article._meta.db_table
# Each of which millions of rows may have is found from the one before, in the index.
_SOURCES = f"""
    WITH RECURSIVE known (source) AS (
        SELECT MIN(source) FROM {_ARTICLES} UNION ALL
        SELECT (SELECT MIN(source) FROM {_ARTICLES} WHERE source > known.source)
        FROM known WHERE known.source IS NOT NULL
    ) SELECT source, source FROM known WHERE source IS NOT NULL"""
_MOMENTS = (
    f"SELECT CAST({{}}(published_at) AS text), '' FROM {_ARTICLES} WHERE published_at IS NOT NULL"
)


@dataclass(frozen=True)
class Offers:
    """Choices are (value, label), sorted by label; moments are aware, None where there is no
    article; `deed` is (the number of the BulkAction, its deed)."""

    topics: list[tuple[str, str]]
    colleagues: list[tuple[str, str]]
    sources: list[tuple[str, str]]
    newest: datetime | None
    oldest: datetime | None
    deed: tuple[int, str] | None


def offers(request) -> Offers:
    """Asked once for each request."""
    if not hasattr(request, "_article_offers"):
        request._article_offers = _ask(request.user)
    return request._article_offers


def _ask(user) -> Offers:
    name = get_user_model().USERNAME_FIELD
    parts = {
        "topic": _texts(Topic.objects.all(), "name"),
        "colleague": _texts(colleagues().exclude(pk=user.pk), name),
        "deed": _texts(bulk.unfinished(user), "deed"),
        "source": (_SOURCES, ()),
        "newest": (_MOMENTS.format("MAX"), ()),
        "oldest": (_MOMENTS.format("MIN"), ()),
    }
    # Each in a table of its own, since SQLite has no parentheses around the parts of a union.
    sql = " UNION ALL ".join(
        f"SELECT '{kind}', * FROM ({part}) t" for kind, (part, _) in parts.items()
    )
    values = [value for _, more in parts.values() for value in more]
    found = {kind: [] for kind in parts}
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        for kind, value, label in cursor.fetchall():
            found[kind].append((value, label))
    deeds = [(int(number), deed) for number, deed in found["deed"]]
    return Offers(
        *(sorted(found[kind], key=_by_label) for kind in ("topic", "colleague", "source")),
        *(_moment(found[kind][0][0]) for kind in ("newest", "oldest")),
        max(deeds, default=None),
    )


def _texts(rows, label):
    """SQL and parameters of each row's number and `label`."""
    columns = {"value": Cast("pk", TextField()), "text": F(label)}
    return rows.order_by().values(**columns).query.sql_with_params()


def _by_label(choice):
    return choice[1].casefold(), choice


def _moment(text):
    """A moment as the databases write it: SQLite without its time zone, which is UTC."""
    at = text and parse_datetime(text)
    return at.replace(tzinfo=UTC) if at and at.tzinfo is None else at or None
