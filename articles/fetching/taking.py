"""Which pictures are fetched and in what order, how it went, and when one is tried again.

All state stands in the rows, so a run that was stopped goes on where it was: what has a file is
done, what failed waits for its next try. Nothing here holds a transaction while a host is asked.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from itertools import islice
from time import monotonic, sleep

from django.conf import settings
from django.db.models import Case, F, Max, Min, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils import timezone

from .. import renditions
from ..importing import pictures
from ..models import Article, ArticleImage, Image
from . import client, decoding
from .client import Client, FetchError
from .guard import Refused, Target

FIRST_WAIT = timedelta(hours=1)  # after a failure; after each further one four times as long
LONGEST_WAIT = timedelta(days=30)
PAUSE = 1.0  # seconds between two questions to one host
PATIENCE = 3  # failures of a host in a row, after which it is left alone for the rest of a run
_AHEAD = 200  # pictures among which one is sought whose host may be asked now

OFF = (
    "Fetching is off: this newsroom asks no other site for pictures. Switch it on with the "
    "environment variable FETCH_IMAGES=on."
)


class FetchingOff(Exception):
    """The setting FETCH_IMAGES is off; the text says how it is switched on."""


class Outcome(Enum):
    TAKEN = "fetched"
    FAILED = "failed and will be tried again"
    GIVEN_UP = "failed for good"
    NOTHING = "not wanted any more"  # it has a file, or is gone, or waits


@dataclass
class Report:
    """What a run did; `resting` are pictures of hosts that failed too often to be asked again."""

    outcomes: Counter = field(default_factory=Counter)
    resting: int = 0
    waiting: int = 0
    is_cut_short: bool = False  # its time was up before its pictures were

    def __str__(self):
        counts = [
            f"{self.outcomes[outcome]:,} {outcome.value}"
            for outcome in Outcome
            if self.outcomes[outcome] or outcome is not Outcome.NOTHING
        ]
        counts += [f"{self.resting:,} left because their hosts failed"] if self.resting else []
        counts += [f"{self.waiting:,} wait for a later try"] if self.waiting else []
        return ", ".join(counts)


# What is wanted ---------------------------------------------------------------------------------


def wanting(*, source: str = "", is_retry: bool = False, is_anew: bool = False) -> QuerySet[Image]:
    """Pictures with a link and no file that are to be fetched now, the most wanted first.

    Those of published articles, then those that stand beside them (of related items, logos,
    topics), then those of articles that wait for an editor; newer ones first. What nothing uses,
    and what was withdrawn or thrown away, is not fetched, nor is what was fetched once and lost
    its file: somebody took it away. `is_retry`: also what waits for a later try; `is_anew`: also
    what failed for good. `source`: of that feed's articles alone.
    """
    due = Q(fetch_tried_at=None) | Q(fetch_next_at__lte=timezone.now())
    if is_retry:
        due |= Q(fetch_next_at__isnull=False)
    if is_anew:
        due |= Q(fetch_failures__gt=0, fetch_next_at=None)
    feeds = {"source": source} if source else {}
    public = Article.objects.published().filter(**feeds)
    waiting = Article.objects.filter(
        Q(status__in=[Article.Status.HELD, Article.Status.REVIEW])
        | Q(pk__in=Article.objects.scheduled(timezone.now()).values("pk")),
        **feeds,
    )
    places = [
        _used(public, "image_uses__image"),
        _used(public, "related_items__image_uses__image")
        | _used(public, "provider__logo")
        | _used(public, "related_items__provider__logo")
        | _used(public, "topic_assignments__tag__image"),
        _used(waiting, "image_uses__image"),
    ]
    uses = ArticleImage.objects.filter(image=OuterRef("pk")).order_by().values("image")
    newest = uses.annotate(newest=Max("article__published_at"))
    return (
        Image.objects.filter(due, file="")
        .exclude(url="")
        .alias(
            place=Case(*(When(found, then=Value(n)) for n, found in enumerate(places))),
            newest=Subquery(newest.values("newest")),
        )
        .exclude(place=None)
        .order_by("place", F("newest").desc(nulls_last=True), "-pk")
    )


def waiting_count(source: str = "") -> int:
    """How many pictures failed and wait for their next try."""
    return _waiting(source).count()


def next_try_at() -> datetime | None:
    """When the first of those is due; None where none waits."""
    return _waiting().aggregate(first=Min("fetch_next_at"))["first"]


def _waiting(source: str = "") -> QuerySet[Image]:
    return wanting(source=source, is_retry=True).filter(fetch_next_at__gt=timezone.now())


def _used(articles: QuerySet[Article], path: str) -> Q:
    # Asked once for all pictures. Asked for each, SQLite looks through all articles for each.
    return Q(pk__in=articles.filter(**{f"{path}__isnull": False}).values(path))


# One picture ------------------------------------------------------------------------------------


def fetch_one(image_id: int, *, is_forced: bool = False, by: Client = client.CLIENT) -> Outcome:
    """Fetch one picture's file, if it is wanted and due (`is_forced`: due or not).

    For a task in the background as for a run. What goes wrong with the picture is recorded in its
    row; raises FetchingOff while fetching is off, and what storage and database raise.
    """
    return _fetch(image_id, is_forced, by)[0]


def _fetch(image_id: int, is_forced: bool, by: Client) -> tuple[Outcome, FetchError | None]:
    if not settings.FETCH_IMAGES:
        raise FetchingOff(OFF)
    image = Image.objects.filter(pk=image_id, file="").exclude(url="").first()
    if image is None or not (is_forced or _is_due(image)):
        return Outcome.NOTHING, None
    try:
        content = by.get(by.guard.target(image.url, image.site))
        picture = decoding.rewritten(content)
    except FetchError as error:
        return _record(image, error), error
    except (Refused, pictures.PictureError) as error:
        return _record(image, failure := FetchError(str(error), is_final=True)), failure
    how_it_went = {
        "fetch_failures": 0,
        "fetch_error": "",
        "fetch_tried_at": timezone.now(),
        "fetch_next_at": None,
    }
    with renditions.together():  # a run that ends leaves nothing undone
        is_kept = pictures.keep(image, *picture, **how_it_went)
    return (Outcome.TAKEN if is_kept else Outcome.NOTHING), None


def _is_due(image: Image) -> bool:
    if image.fetch_tried_at is None:
        return True
    return image.fetch_next_at is not None and image.fetch_next_at <= timezone.now()


def _record(image: Image, error: FetchError) -> Outcome:
    now, failures = timezone.now(), min(image.fetch_failures + 1, 32_767)
    next_at = None if error.is_final else now + wait_after(failures, error.wait)
    # Not where an editor has given it a file meanwhile.
    is_wanted = Image.objects.filter(pk=image.pk, file="").update(
        fetch_failures=failures,
        fetch_error="".join(sign if sign.isprintable() else " " for sign in str(error))[:300],
        fetch_tried_at=now,
        fetch_next_at=next_at,
    )
    if not is_wanted:
        return Outcome.NOTHING
    return Outcome.FAILED if next_at else Outcome.GIVEN_UP


def wait_after(failures: int, asked_for: int | None = None) -> timedelta:
    """How long to wait after so many failures in a row; at least the seconds that a host asked
    for."""
    grown = min(FIRST_WAIT * 4 ** min(failures - 1, 10), LONGEST_WAIT)
    return max(grown, timedelta(seconds=asked_for or 0))


# Many pictures ----------------------------------------------------------------------------------


@dataclass
class Manners:
    """How hosts are treated during one run: a pause between two questions, and rest for a host
    that fails `PATIENCE` times in a row or asks for some."""

    pause: float = PAUSE
    now: Callable[[], float] = monotonic
    sleep: Callable[[float], None] = sleep
    resting: set[str] = field(default_factory=set)
    _ready_at: dict[str, float] = field(default_factory=dict)
    _failures: Counter = field(default_factory=Counter)

    def is_resting(self, host: str) -> bool:
        return host in self.resting

    def seconds_until_ready(self, host: str) -> float:
        return self._ready_at.get(host, 0) - self.now()

    def note(self, host: str, error: FetchError | None) -> None:
        self._ready_at[host] = self.now() + self.pause
        if error is None or not error.is_hosts:
            self._failures[host] = 0
            return
        self._failures[host] += 1
        if error.wait or self._failures[host] >= PATIENCE:
            self.resting.add(host)


def fetch_all(
    images: Iterable[Image],
    *,
    limit: int | None = None,
    seconds: float | None = None,
    by: Client = client.CLIENT,
    manners: Manners | None = None,
    report: Report | None = None,
    on_each: Callable[[Image, Outcome, str], None] = lambda image, outcome, why: None,
) -> Report:
    """Fetch pictures in about their order, each host in its own time; `limit`: ask for so many;
    `seconds`: begin with none after that time.

    Calls `on_each` after each with why it failed. Returns the report, which is kept up to date all
    along: a caller that gives one has it whatever ends the run.
    """
    manners, report = manners or Manners(), report or Report()
    coming = ((image, host_of(image, by)) for image in images)
    queue = deque(islice(coming, _AHEAD))
    end = None if seconds is None else manners.now() + seconds
    asked = 0
    while queue and (limit is None or asked < limit):
        image, host = _next(queue, manners)
        if end is not None and manners.now() >= end:
            report.is_cut_short = True
            break
        queue.extend(islice(coming, 1))
        if host and manners.is_resting(host):
            report.resting += 1
            continue
        outcome, error = _fetch(image.pk, True, by)
        if host and outcome is not Outcome.NOTHING:
            manners.note(host, error)
        report.outcomes[outcome] += 1
        asked += 1
        on_each(image, outcome, str(error or ""))
    return report


def host_of(image: Image, by: Client = client.CLIENT) -> str:
    """The host that is asked first for a picture; "" where none is."""
    try:
        target: Target = by.guard.target(image.url, image.site)
    except Refused:
        return ""
    return target.host


def _next(queue: deque, manners: Manners) -> tuple[Image, str]:
    """Take the first whose host may be asked now (or is not asked at all), or wait for one."""
    while True:
        waits = []
        for place, (_image, host) in enumerate(queue):
            wait = 0 if not host or manners.is_resting(host) else manners.seconds_until_ready(host)
            if wait <= 0:
                found = queue[place]
                del queue[place]
                return found
            waits.append(wait)
        manners.sleep(min(waits))
