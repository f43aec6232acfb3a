"""The readers' lists: latest, topics, providers, the archive and the search. Like all their pages
(see `views`), each starts from `Article.objects.published()`, and a topic or provider without a
published article is as missing as one that never was.

Lists by time are paged by cursor, see `cursors`; what is ranked by number, since a score is no
place in time. Nothing is in the order of its rows' numbers: a hidden article may have brought a
topic long before a public one.
"""

from dataclasses import replace
from datetime import date
from functools import partial
from itertools import groupby
from operator import attrgetter

from django.conf import settings
from django.core.paginator import EmptyPage, Page, Paginator
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Lower
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from . import archive as days
from . import cursors, heads
from .filters import ArticleFilters, SearchFilters
from .models import Article, Provider, Topic
from .search import by_relevance, found, in_time, numbers_of, read, suggestion
from .stories import in_order, listed

FOUND = 1000  # stories: as many are ranked, and counted
FILTERS = tuple(ArticleFilters.base_filters)
ASKED = (*SearchFilters.base_filters, "page")  # what the search reads of an address
PLACE = ("after", "before")


# By time ----------------------------------------------------------------------------------------


@require_safe
def latest(request):
    """All stories. An address with filters is from when this list had them: it leads to the
    search."""
    asked = _without_blanks(request.GET, FILTERS)
    if asked:
        return redirect(f"{reverse('articles:search')}?{asked.urlencode()}", permanent=True)
    stories = listed(Article.objects.published())
    head = partial(heads.latest, request)
    return story_list(request, "articles/article_list.html", stories, head)


@require_safe
def topics(request):
    topics = list(known_topics())
    context = {"branches": branches(topics), "head": heads.topics(request, topics)}
    return render(request, "articles/topic_list.html", context)


@require_safe
def topic(request, slug):
    """The stories that were given this very topic. Those of narrower ones are a link away: feeds
    and editors give a story the wider topic as well where it is about that."""
    known = Topic.objects.with_published()
    topic, wider, narrower = kin(known, slug)
    if topic is None:
        return to_survivor(known, slug)
    articles = listed(Article.objects.published().about(topic))
    head = partial(heads.topic, request, topic, wider)
    around = {"topic": topic, "wider": wider, "narrower": narrower}
    return story_list(request, "articles/topic_detail.html", articles, head, **around)


@require_safe
def providers(request):
    providers = list(known_providers())
    context = {"providers": providers, "head": heads.providers(request, providers)}
    return render(request, "articles/provider_list.html", context)


@require_safe
def provider(request, slug):
    known = Provider.objects.with_published().select_related("logo")
    provider = known.filter(slug=slug).first()
    if provider is None:
        return to_survivor(known, slug)
    articles = listed(Article.objects.published().filter(provider=provider))
    head = partial(heads.provider, request, provider)
    return story_list(request, "articles/provider_detail.html", articles, head, provider=provider)


def story_list(
    request, template: str, articles, head, query=None, asked=(), or_else=None, **context
) -> HttpResponse:
    """A page of the articles, newest first, as `page` in the template's context; each with what
    was found in it, where there was a query. `head` makes the page's of its articles; `asked` are
    the parameters besides its place that the page depends on; `or_else` answers for an empty list.

    Http404 for what is no page of this list. A list's first page has one address, without a cursor:
    what comes to the same leads there. So does, for good, an address that asks for a page by its
    number, as these lists had them once: what stood on it has moved on with each new story.
    """
    if "page" in request.GET:
        first = _address(request, asked, page=None, after=None, before=None)
        return redirect(first, permanent=True)
    try:
        page = page_of(request, articles)
    except cursors.FirstPage:
        return redirect(_address(request, asked, after=None, before=None))
    if or_else and not page:
        return or_else()
    if asked:
        page = replace(page, articles=in_order([article.pk for article in page]))
    if query:
        for story in page:
            story.found = found(story, query)
    context |= {"page": page, "head": head(page), **_beside(request, asked, page)}
    return render(request, template, context)


def page_of(request, articles) -> cursors.Page:
    """The page for which the address has a cursor. Http404 for what is none of this list, and
    cursors.FirstPage."""
    after, before = request.GET.get("after"), request.GET.get("before")
    try:
        if after is not None and before is not None:
            raise Http404("A page comes after one place or before one.")
        return cursors.page(articles, settings.STORIES_PER_PAGE, after, before)
    except cursors.BadCursor as error:
        raise Http404("There is no such place in this list.") from error
    except cursors.NoSuchPage as error:
        raise Http404("This list ends before that place.") from error


def _beside(request, asked, page: cursors.Page) -> dict:
    """The addresses of the pages beside a page, "" where there is none."""
    newer = older = ""
    if page.newer is not None:
        newer = _address(request, asked, after=None, before=page.newer or None)
    if page.older is not None:
        older = _address(request, asked, after=page.older, before=None)
    return {"newer": newer, "older": older}


def _address(request, asked, **changed) -> str:
    """This one with other parameters; None takes one away. Of its own it keeps those that are
    `asked` of it and its place: what means nothing here is on no page, so that a cache may leave it
    out of its keys."""
    query = QueryDict(mutable=True)
    for name, values in request.GET.lists():
        if name in (*asked, *PLACE):
            query.setlist(name, values)
    for name, value in changed.items():
        query.pop(name, None)
        if value is not None:
            query[name] = value
    return f"{request.path}?{query.urlencode()}" if query else request.path


def _without_blanks(asked: QueryDict, names) -> QueryDict:
    kept = QueryDict(mutable=True)
    for name in names:
        values = [value for value in asked.getlist(name) if value.strip()]
        if values:
            kept.setlist(name, values)
    return kept


# Topics and providers -----------------------------------------------------------------------------


def to_survivor(known, slug: str) -> HttpResponse:
    """For good to the page of the topic or provider into which that of the old address was merged.

    `known` are those that readers know of: a survivor that they do not is as missing as any.
    """
    return redirect(get_object_or_404(known, aliases__slug=slug), permanent=True)


def known_topics() -> QuerySet:
    """Topics with a published article, by name. How many they have is not said: to count them costs
    more with each, and says little beside a name."""
    return Topic.objects.with_published().order_by(Lower("name"), "slug")


def known_providers() -> QuerySet:
    """Providers with a published article, by name, likewise."""
    rows = Provider.objects.with_published().select_related("logo")
    return rows.order_by(Lower("name"), "domain", "slug")


def branches(topics: list[Topic]) -> list[tuple[Topic, list]]:
    """The topics as trees: (topic, its narrower ones likewise) pairs, each list in the order of
    `topics`. One whose wider topic is not among them stands at the top."""
    below: dict[int | None, list[Topic]] = {}
    here = {topic.pk for topic in topics}
    for topic in topics:
        below.setdefault(topic.parent_id if topic.parent_id in here else None, []).append(topic)

    def grow(pk):
        return [(topic, grow(topic.pk)) for topic in below.get(pk, ())]

    return grow(None)


# The topic of an address and all that are wider; a set, so that no circle goes on for ever.
_LINE = (
    "WITH RECURSIVE line (id, parent_id) AS (SELECT id, parent_id FROM articles_topic "
    "WHERE slug = %s UNION SELECT wider.id, wider.parent_id FROM articles_topic AS wider "
    "JOIN line ON wider.id = line.parent_id) SELECT id FROM line"
)


def kin(known: QuerySet, slug: str) -> tuple[Topic | None, list[Topic], list[Topic]]:
    """The topic of that address, the wider ones from the widest down, and the narrower ones, as far
    as they are `known`: what lies above one that is not is left out. One query."""
    near = known.filter(Q(pk__in=RawSQL(_LINE, [slug])) | Q(parent__slug=slug))
    rows = {row.pk: row for row in near.order_by(Lower("name"), "slug")}
    topic = next((row for row in rows.values() if row.slug == slug), None)
    if topic is None:
        return None, [], []
    wider, above = [], rows.pop(topic.pk).parent_id
    while above in rows:
        wider.insert(0, rows.pop(above))
        above = wider[0].parent_id
    return topic, wider, [row for row in rows.values() if row.parent_id == topic.pk]


# The archive --------------------------------------------------------------------------------------


@require_safe
def archive(request):
    """All years that have stories, the newest first, and their months."""
    described = _("All stories by the day on which their sources published them.")
    head = heads.archive(request, _("Archive"), described, [])
    return render(request, "articles/archive.html", {"years": years_and_months(), "head": head})


def years_and_months() -> list[tuple[date, list[date]]]:
    """(first day, the first days of its months) of all years and months that have stories, the
    newest year first. At most three queries."""
    months = groupby(days.months(Article.objects.published()), attrgetter("year"))
    return [(date(year, 1, 1), list(within)) for year, within in months][::-1]


@require_safe
def archive_year(request, year):
    span = days.span_of(year)
    months = days.having(Article.objects.published(), days.firsts(span[0], 1, 12)) if span else []
    if not months:
        return nothing_then(request, span, f"{year:04}")
    title = date_format(span[0], "Y")
    described = _("The stories of %(year)s, by month.") % {"year": title}
    context = {
        "head": heads.archive(request, title, described, [(title, request.path)]),
        "year": span[0],
        "months": months,
        **neighbours(span),
    }
    return render(request, "articles/archive_year.html", context)


@require_safe
def archive_month(request, year, month):
    span = days.span_of(year, month)
    ends = range(span[0].toordinal(), span[1].toordinal() + 1) if span else ()
    dates = [date.fromordinal(number) for number in ends]
    told = days.having(Article.objects.published(), dates)
    if not told:
        return nothing_then(request, span, f"{year:04}-{month:02}")
    title = date_format(dates[0], "YEAR_MONTH_FORMAT")
    described = _("The stories of %(month)s, by day.") % {"month": title}
    context = {
        "head": heads.archive(request, title, described, _steps(dates[0], 2)),
        "month": dates[0],
        "days": told,
        **neighbours(span),
    }
    return render(request, "articles/archive_month.html", context)


@require_safe
def archive_day(request, year, month, day):
    span = days.span_of(year, month, day)
    asked = f"{year:04}-{month:02}-{day:02}"
    if span is None:
        return nothing_then(request, span, asked)
    stories = listed(days.between(Article.objects.published(), *span))
    title = date_format(span[0])
    described = _("The stories of %(day)s.") % {"day": title}
    head = partial(heads.archive, request, title, described, _steps(span[0], 3))
    context = {"day": span[0], "or_else": partial(nothing_then, request, span, asked)}
    return story_list(
        request, "articles/archive_day.html", stories, head, **context, **neighbours(span)
    )


def _steps(day: date, count: int) -> list[tuple[str, str]]:
    """The first of its year, its month and itself, as (name, path)."""
    parts = (day.year, day.month, day.day)
    ways = zip(("Y", "F", "j"), ("year", "month", "day"), range(1, count + 1), strict=False)
    return [
        (date_format(day, form), reverse(f"articles:archive_{kind}", args=parts[:number]))
        for form, kind, number in ways
    ]


def neighbours(span) -> dict:
    """The nearest days with stories before the span and after it, or None. One query."""
    return dict(zip(("day_before", "day_after"), days.beside(*span), strict=True))


def nothing_then(request, span, asked: str) -> HttpResponse:
    """404, with the nearest days that have stories: the dates go on for ever, and no crawler shall
    follow them. Without a span there is no such date at all."""
    context = {"asked": asked, "is_date": span is not None, **(neighbours(span) if span else {})}
    return render(request, "articles/archive_missing.html", context, status=404)


# The search ---------------------------------------------------------------------------------------


@require_safe
def search(request):
    filters = SearchFilters(request.GET, queryset=Article.objects.published())
    query = read(filters.text)
    feed = _without_blanks(request.GET, FILTERS)
    head = partial(heads.search, request, filters.text, feed.dict())
    context = {"filters": filters, "feed": feed.urlencode(), "most": FOUND, "head": head([])}
    if not (filters.is_asked and filters.form.is_valid()):
        return render(request, "articles/search.html", context)
    articles = filters.qs
    if filters.text:
        numbers = numbers_of(articles, query, FOUND + 1)
        articles, context["total"] = in_time(articles, query, numbers, FOUND), len(numbers)
    else:
        context["total"] = articles.order_by()[: FOUND + 1].count()
    if not context["total"]:
        context["meant"] = _meant(request, suggestion(filters.qs, filters.text))
        return render(request, "articles/search.html", context)
    if filters.text and filters.is_by_relevance:
        return _ranked(request, by_relevance(articles, query, FOUND), query, context)
    del context["head"]
    # Their places first: what is found is sorted whole.
    places = articles.only("published_at", "stem", "source")
    return story_list(request, "articles/search.html", places, head, query, ASKED, **context)


def _ranked(request, numbers, query, context) -> HttpResponse:
    page = numbered_page(request, numbers)
    # Asked again who is public: a moment has passed.
    page.object_list = in_order(page.object_list)
    for story in page:
        story.found = found(story, query)
    if page.has_previous():
        number = page.previous_page_number()
        context["newer"] = _address(request, ASKED, page=number if number > 1 else None)
    if page.has_next():
        context["older"] = _address(request, ASKED, page=page.next_page_number())
    return render(request, "articles/search.html", {"page": page, **context})


def numbered_page(request, rows) -> Page:
    """The page that `?page=` asks for, from 1. Http404 for what is no page of this list."""
    number = request.GET.get("page", "1")
    if not (number.isascii() and number.isdecimal() and len(number) <= 9):
        raise Http404("No such page.")
    try:
        return Paginator(rows, settings.STORIES_PER_PAGE).page(int(number))
    except EmptyPage as error:
        raise Http404("No such page.") from error


def _meant(request, text: str | None) -> tuple[str, str] | None:
    """What may have been meant, and the address that asks for it."""
    return None if text is None else (text, _address(request, ASKED, q=text, page=None))
