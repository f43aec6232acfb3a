"""What stands around a story: other coverage of it, and the stories beside it in the list.

Reads what readers may see. Called by `views` and the API.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q, Subquery

from .models import Article, RelatedItem

OUTLETS_NAMED = 2


def related_coverage(article: Article, items: Iterable | None = None) -> list:
    """The related `items` in order (None: the article's own, as rows), without those that an editor
    hides and those that lead where the article or an earlier item already does. Feeds deliver both;
    rows keep them. Items without a link all stay."""
    return _shown(article, article.related_items.all() if items is None else items)


@dataclass(frozen=True)
class Outlets:
    """Whose coverage a story has besides its own outlet's: the `first` ones by name, and how many
    `more`."""

    first: list[str]
    more: int


def name_outlets(stories: Sequence) -> None:
    """Give each story `also_at`: the Outlets of its related coverage, or None where there are none.
    One query for all of them."""
    items = RelatedItem.objects.filter(
        article__in=[story.pk for story in stories], provider__isnull=False
    )
    items = items.select_related("provider").only(
        *("article", "position", "link_key", "title", "web_url", "original_url"),
        *("provider__name", "provider__domain", "provider__slug"),
    )
    by_story = {}
    for item in items:
        by_story.setdefault(item.article_id, []).append(item)
    for story in stories:
        story.also_at = _outlets(story, _shown(story, by_story.get(story.pk, ())))


def neighbours(article: Article) -> tuple[Article | None, Article | None]:
    """The public stories that stand beside it in the list, whether it is public or not: the next
    newer one and the next older one, with what a link says. One query."""
    rows = Article.objects.published().newest_first().values("pk")
    at, stem, pk = article.published_at, article.stem, article.pk
    before = Q(stem__lt=stem) | Q(stem=stem, pk__lt=pk)
    after = Q(stem__gt=stem) | Q(stem=stem, pk__gt=pk)
    # Said twice, since databases read a range from an index, and no alternative.
    newer = rows.filter(published_at__gte=at).filter(Q(published_at__gt=at) | before)
    older = rows.filter(published_at__lte=at).filter(Q(published_at__lt=at) | after)
    first, next_one = (Subquery(each[:1]) for each in (newer.reverse(), older))
    beside = Article.objects.filter(Q(pk=first) | Q(pk=next_one)).order_by()
    found = {
        _is_newer(row, article): row for row in beside.only("published_at", "stem", "slug", "title")
    }
    return found.get(True), found.get(False)


def _is_newer(row: Article, article: Article) -> bool:
    """Whether the row stands before the article in `newest_first`."""
    if row.published_at != article.published_at:
        return row.published_at > article.published_at
    return (row.stem, row.pk) < (article.stem, article.pk)


def _shown(article: Article, items: Iterable[RelatedItem]) -> list[RelatedItem]:
    met, hidden, shown = {article.link_key}, set(article.hidden_related), []
    for item in items:
        is_met = item.link_key is not None and item.link_key in met
        if is_met or (hidden and item.identity in hidden):
            continue
        met.add(item.link_key)
        shown.append(item)
    return shown


def _outlets(story: Article, items: list[RelatedItem]) -> Outlets | None:
    own = story.provider.display_name if story.provider else None
    names = list(dict.fromkeys(item.provider.display_name for item in items))
    names = [name for name in names if name != own]
    if not names:
        return None
    return Outlets(names[:OUTLETS_NAMED], len(names[OUTLETS_NAMED:]))
