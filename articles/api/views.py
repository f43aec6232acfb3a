"""The API, version 1: published articles, topics and providers, for reading.

Answers are JSON with an ETag of their content, open to scripts of any site. What an address cannot
mean is said in a 400: {"errors": {parameter: [sentence, ...]}}.
"""

from functools import wraps

from django.db.models.functions import Lower
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import conditional_page, require_safe

from ..filters import ArticleFilters
from ..models import Article
from ..views import known_providers, known_topics, related_coverage
from . import resources
from .cursors import ORDER, BadCursor, after, cursor_of
from .document import DEFAULT_LIMIT, MAX_LIMIT, PARAMETERS, document

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


def open_to_all(view):
    """For reading, by anybody's script; a question that cannot be answered is a 400."""

    @require_safe
    @conditional_page
    def read(request, *args, **kwargs):
        try:
            found = view(request, *args, **kwargs)
        except BadQuestion as bad:
            return _json({"errors": bad.errors}, status=400)
        if found is None:
            return _json({"errors": {"": ["There is no such thing here."]}}, status=404)
        return _json(found)

    @wraps(view)
    def answer(request, *args, **kwargs):
        if request.method == "OPTIONS":
            return HttpResponse(status=204, headers=ASKED_BEFORE)
        response = read(request, *args, **kwargs)
        for name, value in OPEN.items():
            response[name] = value
        return response

    return answer


@open_to_all
def articles(request):
    known(request, {*PARAMETERS, "limit", "after"})
    filters = ArticleFilters(request.GET, queryset=Article.objects.published())
    if not filters.form.is_valid():
        raise BadQuestion(filters.form.errors)
    rows = filters.qs.for_listing().order_by(*ORDER)
    if "after" in request.GET:
        try:
            rows = after(rows, request.GET["after"])
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
    row = Article.objects.published().for_detail().filter(slug=slug).first()
    if row is None:
        return None
    return resources.article_in_full(row, related_coverage(row), request.build_absolute_uri)


@open_to_all
def topics(request):
    known(request, ())
    rows = known_topics().select_related("parent").order_by(Lower("name"), "pk")
    public = {row.pk for row in rows}
    return {
        "items": [
            resources.topic(row, request.build_absolute_uri)
            | {
                "articles": row.stories,
                "description": row.description or None,
                "wider": row.parent.slug if row.parent_id in public else None,
            }
            for row in rows
        ]
    }


@open_to_all
def providers(request):
    known(request, ())
    return {
        "items": [
            resources.provider(row, request.build_absolute_uri)
            | {"articles": row.stories, "description": row.description or None}
            for row in known_providers()
        ]
    }


@open_to_all
def openapi(request):
    known(request, ())
    return document(request.build_absolute_uri(reverse("articles:api")))


@require_safe
@conditional_page
def manual(request):
    """The document as a page to read."""
    described = document(request.build_absolute_uri(reverse("articles:api")))
    return render(request, "articles/api.html", {"document": described})


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


def _json(data, status=200):
    return JsonResponse(data, status=status, json_dumps_params={"ensure_ascii": False})
