"""The readers' front page and articles; `lists` has the rest. Every page starts from
`Article.objects.published()`. The one exception is the preview, for who was given a link to it.

Reads the models through `stories` and `for_page`, hands plain lists to `templates/articles/`.
"""

from collections import Counter

from django.conf import settings
from django.db.models import BigIntegerField, OuterRef, Subquery, Value
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from . import heads
from .coverage import name_outlets, neighbours, related_coverage
from .curation import FEATURES, SECONDS, front_page
from .models import Article, OldAddress, Tombstone
from .previews import article_of
from .stories import Label, Story, listed, related

FRONT_TOPICS = 16


@require_safe
def front(request):
    """What editors pinned and the rest by its score: one leads, a few follow with pictures, the
    others in brief."""
    stories, has_more = front_page(settings.STORIES_PER_PAGE, listed)
    name_outlets(stories[: 1 + SECONDS + FEATURES])
    lead, *others = stories or [None]
    context = {
        "lead": lead,
        "seconds": others[:SECONDS],
        "features": others[SECONDS : SECONDS + FEATURES],
        "briefs": others[SECONDS + FEATURES :],
        "has_more": has_more,
        "topics": topics_of(stories)[:FRONT_TOPICS],
        "head": heads.front(request, stories),
    }
    return render(request, "articles/front.html", context)


@require_safe
def detail(request, slug):
    articles = Article.objects.published().filter(slug=slug).order_by()
    article = articles.for_page().with_last_change().first()
    if article is None:
        return gone_or_missing(request, slug)
    context = around_article(article)
    context["head"] = heads.article(request, article, context["related"])
    return render(request, "articles/article_detail.html", context)


@require_safe
def preview(request, token):
    """For who was given a link: one article as it would look. Everything else on the page is what
    readers see, and a link that shows nothing is as missing as any page."""
    article = article_of(token)
    if article is None:
        raise Http404("No such preview.")
    return preview_page(request, article)


def gone_or_missing(request, slug: str) -> HttpResponse:
    """Where readers have seen an article at that address: for good to what it is now, if they see
    that, else 410, the same for all. Raises Http404 where they never did. Costs as `seen_at`.
    """
    survivor = seen_at(slug)
    if survivor is None:
        return render(request, "410.html", status=410)
    return redirect(survivor, permanent=True)


def seen_at(slug: str) -> Article | None:
    """Of what readers have seen at that address and see there no more: the article itself where it
    has another address, or that into which it was merged, if they see that, else None. Raises
    Http404 where they have seen none, whatever stands there. One query, and one for each merging on
    the way.
    """
    here = Article.objects.once_public().filter(slug=slug).order_by()
    nobody = Value(None, output_field=BigIntegerField())
    buried = Tombstone.objects.filter(slug=slug).order_by().values_list(nobody)
    named = Article.objects.filter(source=OuterRef("source"), stem=OuterRef("stem"))
    left = OldAddress.objects.filter(slug=slug).order_by()
    left = left.values_list(Subquery(named.order_by().values("pk")))
    found = {pk for (pk,) in here.values_list("merged_into_id").union(buried, left, all=True)}
    if not found:
        raise Http404("No article was ever here.")
    return _seen_survivor(max(found - {None}, default=None))


def _seen_survivor(pk: int | None) -> Article | None:
    met = set()
    while pk is not None and pk not in met:
        met.add(pk)
        article = Article.objects.filter(pk=pk).defer("body", "note").first()
        if article is None or article.is_published():
            return article
        pk = article.merged_into_id
    return None


def topics_of(stories: list[Story]) -> list[Label]:
    """The topics of these stories, the most frequent first. No query: the stories carry them.

    Counting all published stories instead would cost the front page more than all the rest of it.
    """
    carried = Counter(topic for story in stories for topic in story.topics)
    return sorted(carried, key=lambda topic: (-carried[topic], topic.name))


def around_article(article: Article) -> dict:
    """The context of an article's page; the article loaded by `for_page`. Two queries."""
    newer, older = neighbours(article)
    return {
        "article": article,
        "related": related_coverage(article, related(article)),
        "newer": newer,
        "older": older,
    }


def preview_page(request, article: Article, **context) -> HttpResponse:
    """The article's page with a banner, for nobody else: no cache keeps it, no crawler lists it,
    and no link on it tells where it was followed from. `context` is for the banner."""
    around = around_article(article) | {"head": heads.unlisted(article)}
    context = around | {"is_public": article.is_published()} | context
    response = render(request, "articles/preview.html", context)
    response["Cache-Control"] = "private, no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
