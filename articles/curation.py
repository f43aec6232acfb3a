"""The front page: which stories stand on it, and what editors pin to its places.

Reads published articles and pins, orders them by `ranking`. Called by `views` for readers and by
the admin, which shows editors the very same page.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import FilteredRelation, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .cursors import newest
from .models import Article, Pin
from .models.article import ArticleQuerySet
from .models.pin import PLACES
from .ranking import Candidate, arranged, ranked, score
from .roles import NOT_A_PUBLISHER, PUBLISH

CANDIDATES = 200  # the newest stories, among which the front page is ordered
SECONDS, FEATURES = 4, 6  # how many stories follow the lead beside it, and below with a picture
LEADS_LOOKED_AT = 6  # the best few, of which the first with a picture leads
UP, DOWN = -1, 1

_COLUMNS = ("heat", "decided_at", "source", "published_at", "publish_from", "stem")


# What stands there ------------------------------------------------------------------------------


def front_page(count: int, loaded=ArticleQuerySet.for_listing) -> tuple[list, bool]:
    """The first `count` stories of the front page, and whether there are more. One query, whatever
    the number of articles, and those of `loaded`, which makes a listing's load of a queryset.

    Pinned ones stand at their places; a pinned one that readers may not see leaves its place to
    the rest. What leads is the best with a picture of the first few, unless one is pinned there.
    """
    rows = _candidates()
    pinned = {pk: place for pk, place, *_columns in rows if place is not None}
    free = [candidate(pk, *columns) for pk, place, *columns in rows if place is None]
    best = ranked(free, timezone.now(), **scale())[: count + 1]
    wanted = [*pinned, *(story.pk for story in best)]
    # Asked again: what was withdrawn between the two queries is not shown.
    found = loaded(Article.objects.published_among(wanted))
    stories = {story.pk: story for story in found}
    places = {place: stories[pk] for pk, place in pinned.items() if pk in stories}
    rest = [stories[story.pk] for story in best if story.pk in stories]
    page = arranged(places, rest if 1 in places else _led_by_a_picture(rest))
    return page[:count], len(page) > count


def points(article: Article, at: datetime) -> float:
    """What the article's place is ordered by, unless it is pinned."""
    columns = (getattr(article, name) for name in _COLUMNS)
    return score(candidate(article.pk, *columns), at, **scale())


def candidate(pk, heat, decided_at, source, published_at, publish_from, stem) -> Candidate:
    is_chosen = decided_at is not None or source == Article.NEWSROOM
    return Candidate(pk, heat, is_chosen, published_at, publish_from, stem)


def scale() -> dict[str, float]:
    return {"base": settings.SEEDS_THRESHOLD, "half_life": settings.FRONT_HALF_LIFE}


def _candidates() -> list[tuple]:
    """(pk, place or None, the columns) of the newest public stories and of all that are public and
    pinned. One query."""
    latest = newest(Article.objects.published()).values("pk")[:CANDIDATES]
    # In a subquery of its own: SQLite cuts no part of a union short.
    latest = Article.objects.filter(pk__in=latest).order_by().values("pk")
    pinned = Pin.objects.lasting().order_by().values("article")
    is_lasting = Q(pin__until__isnull=True) | Q(pin__until__gt=Now())
    rows = Article.objects.published_among(latest.union(pinned))
    rows = rows.annotate(held=FilteredRelation("pin", condition=is_lasting))
    return list(rows.values_list("pk", "held__place", *_COLUMNS))


def _led_by_a_picture(stories: list[Article]) -> list[Article]:
    pictured = (story for story in stories[:LEADS_LOOKED_AT] if story.picture)
    lead = next(pictured, None)
    return stories if lead is None else [lead, *(story for story in stories if story is not lead)]


# What editors do --------------------------------------------------------------------------------
#
# Each deed is one transaction in which all pins are locked; there are at most PLACES of them. All
# raise ValidationError, with a reason for the editor, where they must not be done.


def pin(pk: int, by, *, place: int | None = None, until: datetime | None = None) -> Pin:
    """Pin a published article to a place (None: where it is pinned, else the first free one), and
    move what is pinned there one down. Raises Article.DoesNotExist where it is gone."""
    now = timezone.now()
    if until is not None and until <= now:
        raise ValidationError(_("The moment until which it is pinned has passed."))
    with transaction.atomic():
        article = Article.objects.select_for_update().get(pk=pk)
        _check_published(article, now)
        return _pin(article, by, place, until, now)


def _pin(article, by, place, until, now) -> Pin:
    with _arranging(by) as pins:
        pk = article.pk
        own = next((pin for pin in pins if pin.article_id == pk), None)
        others = {pin.place: pin for pin in pins if pin is not own and not pin.has_ended(now)}
        if place is None:
            place = own.place if own else _first_free(others)
        new = Pin(place=place, article=article, until=until, by=by, at=now)
        new.clean_fields(exclude=["article", "by"])
        _write(pins, [new, *_made_room(others, place)])
    return new


def unpin(pk: int, by) -> bool:
    """Let go of an article's place; whether it had one."""
    with _arranging(by):
        return bool(Pin.objects.filter(article=pk).delete()[0])


def move(pk: int, by, step: int) -> bool:
    """Move a pinned article one place UP or DOWN, changing places with what is pinned there.
    Returns whether it moved: beyond the first and the last place lies nothing."""
    with _arranging(by) as pins:
        own = next((pin for pin in pins if pin.article_id == pk), None)
        if own is None:
            raise ValidationError(_("It is not pinned any more."))
        place = own.place + step
        if not 1 <= place <= PLACES:
            return False
        for pin in pins:
            if pin.place == place:
                pin.place = own.place
        own.place = place
        _write(pins, pins)
        return True


def take_over(survivor: Article, other: Article) -> None:
    """What was pinned for `other`, which is merged into `survivor`, is pinned for that one, unless
    it is pinned itself. In the caller's transaction."""
    if not Pin.objects.filter(article=survivor).exists():
        Pin.objects.filter(article=other).update(article=survivor)


@contextmanager
def _arranging(by) -> Iterator[list[Pin]]:
    """A transaction with all pins, locked, in the order of their places. Whoever locks articles as
    well has done so before."""
    if not by.has_perm(PUBLISH):
        raise ValidationError(NOT_A_PUBLISHER)
    try:
        with transaction.atomic():
            yield list(Pin.objects.select_for_update().order_by("place"))
    except IntegrityError as error:
        text = _("A colleague has just arranged the front page. Look again.")
        raise ValidationError(text) from error


def _check_published(article: Article, now: datetime) -> None:
    if article.status != Article.Status.PUBLISHED:
        raise ValidationError(_("Publish it first: only what is published can be pinned."))
    if article.publish_until and article.publish_until <= now:
        raise ValidationError(_("It has expired: readers would not see it."))


def _first_free(others: dict[int, Pin]) -> int:
    return next((place for place in range(1, PLACES + 1) if place not in others), PLACES)


def _made_room(others: dict[int, Pin], place: int) -> list[Pin]:
    """The other pins, those from `place` to the next free one moved down by one."""
    free = next((number for number in range(place, PLACES + 1) if number not in others), None)
    if free is None:
        raise ValidationError(
            _("Every place from %(place)s down is pinned. Unpin a story first."),
            params={"place": place},
        )
    for number in range(place, free):
        others[number].place += 1
    return list(others.values())


def _write(before: Iterable[Pin], after: Iterable[Pin]) -> None:
    """All anew: rows that change places would stand in each other's way."""
    Pin.objects.filter(pk__in=[pin.pk for pin in before]).delete()
    for pin in after:
        pin.pk = None
        pin._state.adding = True
    Pin.objects.bulk_create(after)
