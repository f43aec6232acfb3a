"""The API, version 1: published articles, topics and providers, for reading.

Answers are JSON with an ETag of their content, open to scripts of any site. What an address cannot
mean is said in a 400: {"errors": {parameter: [sentence, ...]}}.
"""

import re
from functools import wraps

from django.db.models import Count, QuerySet
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import conditional_page, require_safe

from .. import heads
from ..coverage import related_coverage
from ..cursors import BadCursor, cursor_of, following, newest
from ..filters import ArticleFilters
from ..lists import known_providers, known_topics
from ..models import Article, TopicAssignment
from ..views import seen_at
from . import resources
from .document import DEFAULT_LIMIT, MAX_LIMIT, PARAMETERS, SLUG, document

OPEN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag",
}
ASKED_BEFORE = OPEN | {
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "If-None-Match",
    "Access-Control-Max-Age": "86400",
    "Allow": "GET, HEAD, OPTIONS",
}


class BadQuestion(Exception):
    """`errors` maps a parameter to what is wrong with it."""

    def __init__(self, errors: dict[str, list[str]]):
        super().__init__(errors)
        self.errors = errors


def for_any_site(view):
    """The view's answers may be read by the scripts of any site."""

    # For reading: any other method is a 405 whoever asks, and no forgery.
    @csrf_exempt
    @wraps(view)
    def answer(request, *args, **kwargs):
        if request.method == "OPTIONS":
            return HttpResponse(status=204, headers=ASKED_BEFORE)
        response = view(request, *args, **kwargs)
        for name, value in OPEN.items():
            response[name] = value
        return response

    return answer


def open_to_all(view):
    """For reading, by anybody's script: data, or None or Http404 for what is missing; a question
    that cannot be answered is a 400. A response goes out as it is."""

    @for_any_site
    @require_safe
    @conditional_page
    @wraps(view)
    def read(request, *args, **kwargs):
        try:
            found = view(request, *args, **kwargs)
        except BadQuestion as bad:
            return _json({"errors": bad.errors}, status=400)
        except Http404:
            found = None
        if found is None:
            return _refusal("There is no such thing here.", 404)
        return found if isinstance(found, HttpResponse) else _json(found)

    return read


@open_to_all
def articles(request):
    known(request, {*PARAMETERS, "limit", "after"})
    filters = ArticleFilters(request.GET, queryset=Article.objects.published())
    if not filters.form.is_valid():
        raise BadQuestion(filters.form.errors)
    rows = newest(filters.qs.for_listing())
    if "after" in request.GET:
        try:
            rows = following(rows, request.GET["after"])
        except BadCursor as error:
            text = "This is no cursor. Take `next` from the page before."
            raise BadQuestion({"after": [text]}) from error
    limit = limit_of(request)
    page = list(rows[: limit + 1])
    more = len(page) > limit
    del page[limit:]
    return {
        "items": [resources.article(row, request.build_absolute_uri) for row in page],
        "next": _next(request, page[-1]) if more else None,
    }


@open_to_all
def article(request, slug):
    known(request, ())
    # Asked only for what can be one: the path takes any text, so that whatever is missing is told
    # as the API tells it.
    if not re.fullmatch(SLUG, slug):
        return None
    row = Article.objects.published().for_detail().filter(slug=slug).first()
    if row is None:
        return _moved_or_gone(slug)
    return resources.article_in_full(row, related_coverage(row), request.build_absolute_uri)


def _moved_or_gone(slug: str) -> HttpResponse:
    """As `views.gone_or_missing` answers at the page of that name: who keeps a copy of an article
    learns in the same way that it is to go."""
    survivor = seen_at(slug)
    if survivor is None:
        return _refusal("It was here, and is no longer.", 410)
    return redirect("articles:api_article", slug=survivor.slug, permanent=True)


@open_to_all
def topics(request):
    known(request, ())
    public = TopicAssignment.objects.filter(content_object__in=Article.objects.published())
    stories = _counted(public, "tag")
    rows = list(known_topics().filter(pk__in=stories))
    slugs = {row.pk: row.slug for row in rows}
    return {
        "items": [
            resources.topic(row, request.build_absolute_uri)
            | {
                "articles": stories[row.pk],
                "description": row.description or None,
                "wider": slugs.get(row.parent_id),
            }
            for row in rows
        ]
    }


@open_to_all
def providers(request):
    known(request, ())
    stories = _counted(Article.objects.published().exclude(provider=None), "provider")
    return {
        "items": [
            resources.provider(row, request.build_absolute_uri)
            | {"articles": stories[row.pk], "description": row.description or None}
            for row in known_providers().filter(pk__in=stories)
        ]
    }


def _counted(public: QuerySet, whose: str) -> dict[int, int]:
    """How many of these rows there are of each number in that column: asked of the numbers alone,
    since grouped by names as well it takes ten times as long. One query."""
    return dict(public.order_by().values_list(whose).annotate(Count("pk")))


@open_to_all
def openapi(request):
    known(request, ())
    return document(request.build_absolute_uri(reverse("articles:api")))


@require_safe
@conditional_page
def manual(request):
    """The document as a page to read."""
    described = document(request.build_absolute_uri(reverse("articles:api")))
    head = heads.page(
        request,
        _("API"),
        _("Published articles, topics and providers as JSON: addresses, parameters, answers."),
    )
    return render(request, "articles/api.html", {"document": described, "head": head})


def limit_of(request) -> int:
    text = request.GET.get("limit", str(DEFAULT_LIMIT))
    is_number = text.isascii() and text.isdecimal() and len(text) < 9
    if not is_number or not 1 <= int(text) <= MAX_LIMIT:
        raise BadQuestion({"limit": [f"Ask for 1 to {MAX_LIMIT} articles."]})
    return int(text)


def known(request, names) -> None:
    """A parameter that is not known would look like a filter that found everything."""
    wrong = {name: ["There is no such parameter."] for name in request.GET if name not in names}
    if wrong:
        raise BadQuestion(wrong)


def _next(request, last: Article) -> str:
    query = request.GET.copy()
    query["after"] = cursor_of(last)
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")


def _refusal(sentence: str, status: int) -> HttpResponse:
    return _json({"errors": {"": [sentence]}}, status=status)


def _json(data, status=200):
    return JsonResponse(data, status=status, json_dumps_params={"ensure_ascii": False})
