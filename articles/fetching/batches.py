"""Pictures fetched in the background: for a while at a time, so that other tasks have their turn.

What is wanted stands in the rows; what a batch hands to the next is only which hosts to leave
alone. The queue it waits in is the business of `articles.tasks`.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.utils import timezone

from ..importing import lock
from ..models import Image
from .taking import FIRST_WAIT, Manners, fetch_all, next_try_at, wanting

SECONDS = 30.0  # after which a batch begins with no further picture
BUSY = timedelta(minutes=1)  # until one looks again whether another fetch has ended
_CHUNK = 200  # rows in memory at once


class Next(NamedTuple):
    """When to go on, and the hosts to leave alone then."""

    at: datetime
    resting: list[str]


def fetch_batch(resting: Collection[str] = (), seconds: float = SECONDS) -> Next | None:
    """Fetch for about so many seconds what is wanted, but nothing of the hosts that rest.

    Returns when the next batch is due, None where nothing is left to do. Raises FetchingOff, and
    what storage and database raise.
    """
    manners = Manners(resting=set(resting))
    try:
        with lock.exclusive(of="fetch"):
            numbers = list(wanting().values_list("pk", flat=True))
            report = fetch_all(_loaded(numbers), seconds=seconds, manners=manners)
    except lock.ImportRunning:
        return Next(timezone.now() + BUSY, sorted(resting))
    if report.is_cut_short:
        return Next(timezone.now(), sorted(manners.resting))
    moments = [next_try_at()]
    if report.resting:
        moments.append(timezone.now() + FIRST_WAIT)
    due = min(filter(None, moments), default=None)
    return due and Next(due, [])


def _loaded(numbers: Sequence[int]) -> Iterator[Image]:
    for start in range(0, len(numbers), _CHUNK):
        chunk = numbers[start : start + _CHUNK]
        rows = Image.objects.only("url", "site").in_bulk(chunk)
        yield from (rows[number] for number in chunk if number in rows)
