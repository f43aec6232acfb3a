"""The archive: published articles by the day on which their source published them, in the site's
time zone. Of its years, months and days it is said which have stories, not how many: the first one
is found in an index, and to count them costs more with each."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from django.db import connection
from django.db.models import DateTimeField, QuerySet, Subquery
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


def months(articles: QuerySet) -> list[date]:
    """The first days of the months that have some of the articles, ascending. At most three
    queries: for the first and last day; years; months."""
    ends = _ends(articles)
    if ends is None:
        return []
    first, last = (day_of(at) for at in ends)
    years = having(articles, firsts(date(first.year, 1, 1), 12, last.year - first.year + 1))
    # Each year by itself: those between two of them have nothing.
    spans = [span for year in years for span in pairwise(firsts(year, 1, 12))]
    return _having(articles, spans)


def having(articles: QuerySet, days: Sequence[date]) -> list[date]:
    """Those of these ascending days from which up to the next of them there is one of the articles;
    never the last. One query."""
    return _having(articles, list(pairwise(days)))


def _having(articles: QuerySet, spans: Sequence[tuple[date, date]]) -> list[date]:
    """The first days of the spans, as `between` has them, in which there is one of the articles."""
    if not spans:
        return []
    since, until = (
        RawSQL(f"span.{name}", [], output_field=DateTimeField()) for name in ("since", "until")
    )
    within = articles.filter(published_at__gte=since, published_at__lt=until)
    inner, wanted = within.order_by().values("pk").query.sql_with_params()
    values = ", ".join(["(%s, %s, %s)"] * len(spans))
    adapt = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        # Each span is looked up in the index of the public list, up to the first that is there.
        cursor.execute(
            f"WITH span (place, since, until) AS (VALUES {values}) "
            f"SELECT place FROM span WHERE EXISTS ({inner}) ORDER BY place",
            [
                part
                for place, span in enumerate(spans)
                for part in (place, *(adapt(start_of(day)) for day in span))
            ]
            + [*wanted],
        )
        return [spans[place][0] for (place,) in cursor.fetchall()]


def beside(first: date, following: date) -> tuple[date | None, date | None]:
    """The last day with a story before `first`, and the first from `following` on. One query."""
    before = _stories().filter(published_at__lt=start_of(first)).order_by("-published_at")
    after = _stories().filter(published_at__gte=start_of(following)).order_by("published_at")
    nearest = [Subquery(rows.values("published_at")[:1]) for rows in (before, after)]
    # Of any row at all: without one there is nothing to be near to.
    found = Article.objects.order_by().values_list(*nearest).first() or (None, None)
    return tuple(at and day_of(at) for at in found)


def _ends(articles: QuerySet) -> tuple[datetime, datetime] | None:
    """When the first and the last of the articles were published, or None. One query."""
    rows = between(articles, FIRST, LAST).values("published_at")
    found = [Subquery(rows.order_by(way)[:1]) for way in ("published_at", "-published_at")]
    ends = Article.objects.order_by().values_list(*found).first()
    return None if ends is None or ends[0] is None else ends


def between(articles: QuerySet, first: date, following: date) -> QuerySet:
    """Those of the articles that are of these days, the last one excluded."""
    return articles.filter(published_at__gte=start_of(first), published_at__lt=start_of(following))


def _stories():
    return between(Article.objects.published(), FIRST, LAST)
