"""The archive: published articles by the day on which their source published them, in the site's
time zone; counted by year, month and day."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from django.db import connection
from django.db.models import DateTimeField, Subquery
from django.db.models.expressions import RawSQL
from django.utils import timezone

from .models import Article

FIRST, LAST = date(1900, 1, 1), date(2999, 12, 31)  # where counting in time zones never overflows


def start_of(day: date) -> datetime:
    """Midnight in the site's time zone, aware."""
    return timezone.make_aware(datetime.combine(day, time.min))


def day_of(moment: datetime) -> date:
    return timezone.localdate(moment)


def span_of(year: int, month: int | None = None, day: int | None = None):
    """The first day of that year, month or day and the day after its last; None where there is no
    such date, or not in the archive."""
    try:
        first = date(year, 1 if month is None else month, 1 if day is None else day)
    except ValueError:
        return None
    if not FIRST <= first <= LAST:
        return None
    if day is not None:
        return first, first + timedelta(days=1)
    return first, firsts(first, 12 if month is None else 1, 1)[-1]


def firsts(first: date, months: int, count: int) -> list[date]:
    """The first days of `count` spans of so many months each, from the one that begins at `first`;
    and the day after the last of them."""
    start = first.year * 12 + first.month - 1
    places = range(start, start + months * count + 1, months)
    return [date(place // 12, place % 12 + 1, 1) for place in places]


def counts(days: Sequence[date]) -> list[int]:
    """How many stories from each of these days up to the next of them; ascending days, so one
    number less than there are days. One query."""
    edges = [start_of(day) for day in days]
    spans = list(zip(edges, edges[1:], strict=False))
    if not spans:
        return []
    since, until = (
        RawSQL(f"span.{name}", [], output_field=DateTimeField()) for name in ("since", "until")
    )
    stories = Article.objects.published(timezone.now()).filter(
        published_at__gte=since, published_at__lt=until
    )
    inner, wanted = stories.order_by().values("pk").query.sql_with_params()
    values = ", ".join(["(%s, %s, %s)"] * len(spans))
    adapt = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        # Each span is looked up in the index of the public list, which holds all that is asked.
        cursor.execute(
            f"WITH span (place, since, until) AS (VALUES {values}) "
            f"SELECT (SELECT count(*) FROM ({inner}) AS story) FROM span ORDER BY place",
            [
                *(part for place, span in enumerate(spans) for part in (place, *map(adapt, span))),
                *wanted,
            ],
        )
        return [count for (count,) in cursor.fetchall()]


def newest_day() -> date | None:
    """The last day with a story. One query."""
    return _day(_stories().order_by("-published_at"))


def oldest_day() -> date | None:
    """The first day with a story. One query."""
    return _day(_stories().order_by("published_at"))


def beside(first: date, following: date) -> tuple[date | None, date | None]:
    """The last day with a story before `first`, and the first from `following` on. One query."""
    before = _stories().filter(published_at__lt=start_of(first)).order_by("-published_at")
    after = _stories().filter(published_at__gte=start_of(following)).order_by("published_at")
    nearest = [Subquery(rows.values("published_at")[:1]) for rows in (before, after)]
    # Of any row at all: without one there is nothing to be near to.
    found = Article.objects.order_by().values_list(*nearest).first() or (None, None)
    return tuple(at and day_of(at) for at in found)


def between(first: date, following: date):
    """The stories of these days, the last one excluded."""
    return Article.objects.published().filter(
        published_at__gte=start_of(first), published_at__lt=start_of(following)
    )


def _stories():
    return between(FIRST, LAST)


def _day(rows) -> date | None:
    moment = rows.values_list("published_at", flat=True).first()
    return None if moment is None else day_of(moment)
