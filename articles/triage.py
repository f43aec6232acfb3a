"""The triage queue: articles that wait for an editor's decision, newest first, read by place.

A queue is what nobody has decided yet (held), or what an editor sent to review; narrowed by source,
provider and topic. A place in it is an article: what follows is found from there by an index, so
the thousandth costs what the first does. Called by the admin.
"""

from dataclasses import dataclass, replace

from django.db import transaction
from django.db.models import Q

from .decisions import decide
from .models import Article

FOLLOWING = 8  # articles shown beside the one at hand
Status = Article.Status
STATUSES = (Status.HELD, Status.REVIEW)


class AlreadyDecided(Exception):
    """Somebody was faster; `article` is as it stands now."""

    def __init__(self, article: Article):
        super().__init__(article.pk)
        self.article = article


@dataclass(frozen=True)
class Queue:
    """Which articles wait. `provider` and `topic` are rows' numbers; -1 means no row at all."""

    status: str = Status.HELD
    source: str = ""
    provider: int | None = None
    topic: int | None = None

    @property
    def articles(self):
        """All of them, newest first."""
        if self.status == Status.HELD:
            rows = Article.objects.undecided()
        else:
            rows = Article.objects.filter(status=self.status)
        if self.source:
            rows = rows.filter(source=self.source)
        if self.provider is not None:
            rows = rows.filter(provider=self.provider)
        if self.topic is not None:
            rows = rows.about(self.topic)
        return rows.newest_first()

    @property
    def is_narrowed(self) -> bool:
        return self != Queue(self.status)

    def with_status(self, status: str) -> "Queue":
        return replace(self, status=status)

    def from_place(self, place: Article):
        """The article `place` itself, if it still waits, and those after it."""
        later = Q(stem__gt=place.stem) | Q(stem=place.stem, pk__gte=place.pk)
        # Said twice, since databases read a range from an index, and no alternative.
        rows = self.articles.filter(published_at__lte=place.published_at)
        return rows.filter(Q(published_at__lt=place.published_at) | later)

    def before_place(self, place: Article):
        """Those before the article `place`, the nearest first."""
        earlier = Q(stem__lt=place.stem) | Q(stem=place.stem, pk__lt=place.pk)
        rows = self.articles.filter(published_at__gte=place.published_at)
        return rows.filter(Q(published_at__gt=place.published_at) | earlier).reverse()

    def has_waiting(self, article: Article) -> bool:
        """Whether it waits for this queue's decision, whatever the queue is narrowed to."""
        is_decided = self.status == Status.HELD and article.decided_at is not None
        return article.status == self.status and not is_decided


@dataclass(frozen=True)
class View:
    """A queue, looked at from one place. `missed` is the article that was asked for and waits no
    longer."""

    article: Article | None
    following: list[Article]
    previous: Article | None
    missed: Article | None = None


def look(queue: Queue, at: int | None = None) -> View:
    """The queue from the article numbered `at`, or from the one that follows its place; from the
    top where there is none. Costs four queries and what `for_listing` loads."""
    place = Article.objects.filter(pk=at).select_related("decided_by").first() if at else None
    shown = _load(queue.from_place(place)) if place else []
    if not shown:
        shown = _load(queue.articles)
    article, following = (shown[0], shown[1:]) if shown else (None, [])
    missed = place if place is not None and (article is None or place.pk != article.pk) else None
    previous = queue.before_place(article).only("pk").first() if article else None
    return View(article, following, previous, missed)


def decide_waiting(queue: Queue, pk: int, status: str, by) -> Article:
    """Decide about an article that still waits in `queue`; see `decisions.decide`, whose revision
    it carries as `decision`.

    Raises AlreadyDecided where it waits no longer: a key pressed twice, or in a tab left open since
    yesterday, must not overrule a colleague.
    """
    with transaction.atomic():
        article = Article.objects.select_for_update().get(pk=pk)
        if not queue.has_waiting(article):
            raise AlreadyDecided(article)
        decided = decide(pk, status, by)
        if decided is None:
            raise AlreadyDecided(article)
        return decided


def _load(rows) -> list[Article]:
    # Of the long texts a colleague's note is read here.
    rows = rows.for_listing().defer(None).defer("body", "featured_content")
    return list(rows[: FOLLOWING + 1])
