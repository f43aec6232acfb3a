"""Possible duplicates: two articles with one link, or with headlines that say nearly the same.

Looked for wherever an article comes or changes: by `importing.pipeline` for a batch, by `revisions`
for what people do, by the command `find_duplicates` for what is there. Nothing is ever merged by
this: an editor decides (`merging`).
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Q

from . import likeness
from .models import Article, DuplicatePair

# A change of these can make two articles alike, or tell them apart.
WATCHED = frozenset(["title", "published_at", "web_url", "original_url", "provider"])

CHUNK = 500  # articles looked at together
# A link that more articles have is that of a page that moves on (a live report, a site's front
# page), and says nothing about two of them.
MAX_SAME_LINK = 5
# "How to watch the": words that more headlines of a fortnight begin or end with.
MAX_SAME_WORDS = 50
# One outlet's articles of one headline are a column and no story, where they are of so many days or
# so many altogether.
COLUMN_DAYS, COLUMN_SIZE = 3, 6

Pair = tuple[int, int]  # numbers of two articles, the smaller first


def open():
    """Pairs that wait for an answer, newest first."""
    return DuplicatePair.objects.open()


def look_again(numbers: Iterable[int]) -> int:
    """Find the duplicates of articles (their numbers) that are new or have changed.

    Those found earlier that are none any more go, unless somebody has answered. What is in the
    trash is found as well: it counts as soon as it is restored. Returns how many are new. At most
    a dozen queries for each CHUNK of articles, however many others there are.
    """
    ordered = sorted(set(numbers))
    found = 0
    for start in range(0, len(ordered), CHUNK):
        with transaction.atomic():
            found += _look(set(ordered[start : start + CHUNK]))
    return found


@dataclass(slots=True)
class _Story:
    """What is compared of an article."""

    pk: int
    at: datetime
    link_key: int | None
    first: int | None
    last: int | None
    title: str
    outlet: tuple[str, str] | None
    words: likeness.Words
    names: frozenset[str]


def _look(numbers: set[int]) -> int:
    looked_at = _stories(pk__in=numbers)
    links, firsts, lasts = _wanted(looked_at.values())
    crowded = _crowded("link_key", links, MAX_SAME_LINK)
    links -= crowded
    firsts -= _crowded("title_first", firsts, MAX_SAME_WORDS)
    lasts -= _crowded("title_last", lasts, MAX_SAME_WORDS)
    alike = Q(link_key__in=links) | Q(title_first__in=firsts) | Q(title_last__in=lasts)
    others = looked_at | _stories(alike)
    found: dict[Pair, list[bool]] = defaultdict(lambda: [False, False])
    for pair in _same_links(looked_at, others, links):
        found[pair][0] = True
    titled, columns = _same_titles(looked_at, others)
    for pair in titled:
        found[pair][1] = True
    return _keep(numbers, found, columns, crowded)


def _stories(*conditions, **filters) -> dict[int, _Story]:
    """The articles that meet the conditions, by number. One query."""
    rows = Article.objects.order_by().filter(*conditions, **filters)
    values = rows.values_list(
        *("pk", "published_at", "link_key", "title_first", "title_last", "title"),
        *("provider__name", "provider__domain"),
    )
    found = {}
    for *columns, name, domain in values:
        outlet = None if name is None else (name, domain)
        words = likeness.words(columns[-1])
        found[columns[0]] = _Story(*columns, outlet, words, likeness.names(outlet))
    return found


def _wanted(stories: Iterable[_Story]) -> tuple[set[int], set[int], set[int]]:
    """The links of these stories and the keys of headlines like theirs."""
    links, firsts, lasts = set(), set(), set()
    for story in stories:
        if story.link_key is not None:
            links.add(story.link_key)
        near = likeness.title_keys_near(story.title, story.at)
        firsts.update(near[0])
        lasts.update(near[1])
    return links, firsts, lasts


def _crowded(column: str, keys: set[int], limit: int) -> set[int]:
    """Those of the keys that more than `limit` articles have. One query."""
    rows = Article.objects.order_by().filter(**{f"{column}__in": keys}).values(column)
    crowds = rows.annotate(count=Count("pk")).filter(count__gt=limit)
    return set(crowds.values_list(column, flat=True))


def _same_links(looked_at, others, links) -> Iterable[Pair]:
    sharing = _grouped(others, "link_key")
    for story in looked_at.values():
        if story.link_key in links:
            yield from (
                _pair(story, other) for other in sharing[story.link_key] if other.pk != story.pk
            )


def _same_titles(looked_at, others) -> tuple[set[Pair], list[set[int]]]:
    """Pairs with headlines alike, and the columns: articles of one outlet that share a name."""
    begins, ends = _grouped(others, "first"), _grouped(others, "last")
    found, columns = set(), []
    for story in looked_at.values():
        firsts, lasts = likeness.title_keys_near(story.title, story.at)
        near = [other for key in firsts for other in begins[key]]
        near += [other for key in lasts for other in ends[key]]
        alike = {other.pk: other for other in near if _are_alike(story, other)}
        named = [o for o in alike.values() if (o.words, o.outlet) == (story.words, story.outlet)]
        days = {each.at.date() for each in (story, *named)}
        if len(days) >= COLUMN_DAYS or len(named) + 1 >= COLUMN_SIZE:
            columns.append({each.pk for each in (story, *named)})
        found.update(_pair(story, other) for other in alike.values())
    return {pair for pair in found if not any(set(pair) <= column for column in columns)}, columns


def _are_alike(story: _Story, other: _Story) -> bool:
    if story.pk == other.pk or abs(story.at - other.at) > likeness.NEAR:
        return False
    names = story.names | other.names
    ours, theirs = (likeness.without_outlet(each.words, names) for each in (story, other))
    return likeness.alike(ours, theirs, story.outlet == other.outlet)


def _grouped(stories: dict[int, _Story], name: str) -> dict[int, list[_Story]]:
    groups = defaultdict(list)
    for story in stories.values():
        groups[getattr(story, name)].append(story)
    return groups


def _pair(story: _Story, other: _Story) -> Pair:
    return (min(story.pk, other.pk), max(story.pk, other.pk))


def _keep(numbers: set[int], found: dict[Pair, list[bool]], columns, crowded: set[int]) -> int:
    """Write what was found over what is kept of the articles with these numbers."""
    if crowded:
        same = DuplicatePair.objects.filter(is_same_link=True, resolution="")
        many = same.filter(first__link_key__in=crowded, second__link_key__in=crowded)
        many.filter(is_alike_title=True).update(is_same_link=False)
        many.filter(is_alike_title=False).delete()
    concerned = numbers.union(*columns)
    kept = DuplicatePair.objects.filter(Q(first__in=concerned) | Q(second__in=concerned))
    over, moved = [], defaultdict(list)
    for row in kept:
        pair = (row.first_id, row.second_id)
        signs = found.pop(pair, None)
        if row.resolution:
            continue
        if signs is None:
            is_column = any(set(pair) <= column for column in columns)
            if not numbers.isdisjoint(pair) or (is_column and not row.is_same_link):
                over.append(row.pk)
        elif signs != [row.is_same_link, row.is_alike_title]:
            moved[tuple(signs)].append(row.pk)
    if over:
        DuplicatePair.objects.filter(pk__in=over).delete()
    for (link, title), pks in moved.items():
        rows = DuplicatePair.objects.filter(pk__in=pks)
        rows.update(is_same_link=link, is_alike_title=title)
    rows = [
        DuplicatePair(first_id=first, second_id=second, is_same_link=link, is_alike_title=title)
        for (first, second), (link, title) in found.items()
    ]
    DuplicatePair.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)
