"""The readers' pages. Every one of them starts from `Article.objects.published()`, and a topic or
provider without a published article is as missing as one that never was. The one exception is the
preview, for who was given a link to it.

Reads the models through `for_listing` and `for_detail`, hands plain lists to `templates/articles/`.
"""

from collections import Counter

from django.conf import settings
from django.core.paginator import EmptyPage, Page, Paginator
from django.db.models import BigIntegerField, Count, Q, Value
from django.db.models.functions import Lower
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from .curation import front_page
from .filters import ArticleFilters
from .models import Article, Provider, RelatedItem, Tombstone, Topic
from .previews import article_of

SECONDS, FEATURES = 3, 6  # how many stories follow it beside it, and below it with a picture
FRONT_TOPICS = 16
MERGED_MAX_AGE = 3600  # seconds


@require_safe
def front(request):
    """What editors pinned and the rest by its score: one leads, a few follow with pictures, the
    others in brief."""
    stories, has_more = front_page(settings.STORIES_PER_PAGE)
    lead, *others = stories or [None]
    context = {
        "lead": lead,
        "seconds": others[:SECONDS],
        "features": others[SECONDS : SECONDS + FEATURES],
        "briefs": others[SECONDS + FEATURES :],
        "has_more": has_more,
        "topics": topics_of(stories)[:FRONT_TOPICS],
    }
    return render(request, "articles/front.html", context)


@require_safe
def latest(request):
    filters = ArticleFilters(
        request.GET, queryset=Article.objects.published().newest_first().for_listing()
    )
    context = {"filters": filters, "page": page_of(request, filters.qs)}
    return render(request, "articles/article_list.html", context)


@require_safe
def detail(request, slug):
    article = Article.objects.published().for_detail().filter(slug=slug).first()
    if article is None:
        return gone_or_missing(request, slug)
    return render(request, "articles/article_detail.html", around_article(article))


@require_safe
def preview(request, token):
    """For who was given a link: one article as it would look. Everything else on the page is what
    readers see, and a link that shows nothing is as missing as any page."""
    article = article_of(token)
    if article is None:
        raise Http404("No such preview.")
    return preview_page(request, article)


@require_safe
def topics(request):
    context = {"topics": known_topics().order_by(Lower("name"), "pk")}
    return render(request, "articles/topic_list.html", context)


@require_safe
def topic(request, slug):
    known = Topic.objects.with_published()
    topic = known.filter(slug=slug).first()
    if topic is None:
        return to_survivor(known, slug)
    articles = Article.objects.published().about(topic).newest_first().for_listing()
    context = {"topic": topic, "page": page_of(request, articles), **around(topic)}
    return render(request, "articles/topic_detail.html", context)


@require_safe
def providers(request):
    context = {"providers": known_providers()}
    return render(request, "articles/provider_list.html", context)


@require_safe
def provider(request, slug):
    known = Provider.objects.with_published().select_related("logo")
    provider = known.filter(slug=slug).first()
    if provider is None:
        return to_survivor(known, slug)
    articles = Article.objects.published().filter(provider=provider).newest_first().for_listing()
    context = {"provider": provider, "page": page_of(request, articles)}
    return render(request, "articles/provider_detail.html", context)


def gone_or_missing(request, slug: str) -> HttpResponse:
    """Where readers have seen an article at that address: for good to the one into which it was
    merged, if they see that, else 410, the same for all. Http404 where they never did, whatever
    stands there. One query, and one for each merging on the way.

    Browsers ask a redirect again after a while, since merging can be undone.
    """
    here = Article.objects.once_public().filter(slug=slug).order_by()
    nobody = Value(None, output_field=BigIntegerField())
    buried = Tombstone.objects.filter(slug=slug).order_by().values_list(nobody)
    found = list(here.values_list("merged_into_id").union(buried, all=True))
    if not found:
        raise Http404("No article was ever here.")
    survivor = _seen_survivor(found[0][0])
    if survivor is None:
        return render(request, "410.html", status=410)
    answer = redirect(survivor, permanent=True)
    patch_cache_control(answer, max_age=MERGED_MAX_AGE)
    return answer


def _seen_survivor(pk: int | None) -> Article | None:
    met = set()
    while pk is not None and pk not in met:
        met.add(pk)
        article = Article.objects.filter(pk=pk).defer("body", "note").first()
        if article is None or article.is_published():
            return article
        pk = article.merged_into_id
    return None


def to_survivor(known, slug: str) -> HttpResponse:
    """For good to the page of the topic or provider into which that of the old address was merged.

    `known` are those that readers know of: a survivor that they do not is as missing as any.
    """
    return redirect(get_object_or_404(known, aliases__slug=slug), permanent=True)


def around(topic: Topic) -> dict:
    """The wider topic, or None, and the narrower ones, those that readers know of. One query."""
    known = Topic.objects.with_published().filter(Q(parent=topic) | Q(pk=topic.parent_id))
    topics = list(known.order_by(Lower("name"), "pk"))
    return {
        "wider": next((other for other in topics if other.pk == topic.parent_id), None),
        "narrower": [other for other in topics if other.pk != topic.parent_id],
    }


def topics_of(stories: list[Article]) -> list[Topic]:
    """The topics of these stories, the most frequent first. No query: the stories carry them.

    Counting all published stories instead would cost the front page more than all the rest of it.
    """
    carried = Counter(topic for story in stories for topic in story.topics.all())
    return sorted(carried, key=lambda topic: (-carried[topic], topic.name))


def around_article(article: Article) -> dict:
    """The context of an article's page; the article loaded by `for_detail`."""
    return {
        "article": article,
        "related": related_coverage(article),
        "is_indexable": settings.INDEX_EXCERPTS or article.body != "",
    }


def preview_page(request, article: Article, **context) -> HttpResponse:
    """The article's page with a banner, for nobody else: no cache keeps it, no crawler lists it,
    and no link on it tells where it was followed from. `context` is for the banner."""
    around = around_article(article) | {"is_indexable": False}
    context = around | {"is_public": article.is_published()} | context
    response = render(request, "articles/preview.html", context)
    response["Cache-Control"] = "private, no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def related_coverage(article: Article) -> list[RelatedItem]:
    """The related items in order, without those that an editor hides and those that lead where the
    article or an earlier item already does. Feeds deliver both; rows keep them. Items without a
    link all stay."""
    met, hidden, items = {article.link_key}, set(article.hidden_related), []
    for item in article.related_items.all():
        if (item.link_key is not None and item.link_key in met) or item.identity in hidden:
            continue
        met.add(item.link_key)
        items.append(item)
    return items


def known_topics():
    """Topics with a published article; `stories` counts those."""
    published = Article.objects.published()
    # One join: filtered first, so that Count sees published articles only.
    return Topic.objects.filter(assignments__content_object__in=published).annotate(
        stories=Count("assignments")
    )


def known_providers():
    """Providers with a published article, by name; `stories` counts those."""
    published = Article.objects.published()
    return (
        Provider.objects.filter(articles__in=published)
        .annotate(stories=Count("articles"))
        .select_related("logo")
        .order_by(Lower("name"), "domain", "pk")
    )


def page_of(request, articles) -> Page:
    """The page that `?page=` asks for, from 1. Raises Http404 for what is no page of this list."""
    number = request.GET.get("page", "1")
    if not (number.isascii() and number.isdecimal() and len(number) <= 9):
        raise Http404("No such page.")
    try:
        return Paginator(articles, settings.STORIES_PER_PAGE).page(int(number))
    except EmptyPage as error:
        raise Http404("No such page.") from error
