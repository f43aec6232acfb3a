"""In which order stories stand on the front page, beside those that editors pinned.

    score = log2(1 + heat) - age / half-life

A story loses one point in each half-life, and gains one where its heat doubles: of two of the same
heat the newer leads, and twice the heat makes up for one half-life. That is the logarithm of a heat
that halves again and again, so it orders alike, and no number vanishes however old the story.

Pure: values in, an order out. Called by `curation`.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from math import log2
from typing import NamedTuple, TypeVar

Story = TypeVar("Story")


class Candidate(NamedTuple):
    """What the order looks at. Moments are aware."""

    pk: int
    heat: int | None  # -1 up; None: not scored
    is_chosen: bool  # an editor decided that it is public, or wrote it
    published_at: datetime  # there
    publish_from: datetime  # here
    stem: str


def weight(candidate: Candidate, base: int) -> int:
    """The heat that counts, 0 up. `base`, the heat at which a feed publishes, is that of a story
    without a score, and the least for what an editor chose: no machine has judged the one, a person
    has judged the other."""
    if candidate.heat is None:
        return base
    return max(candidate.heat, base if candidate.is_chosen else 0)


def born(candidate: Candidate) -> datetime:
    """The moment from which a story ages: when it was published there or here, whichever came
    first. A moment in the future keeps nothing young, and neither does publishing again."""
    return min(candidate.published_at, candidate.publish_from)


def score(candidate: Candidate, at: datetime, *, base: int, half_life: float) -> float:
    """The story's points at the aware moment `at`; `half_life` in hours, above 0."""
    age = (at - born(candidate)).total_seconds() / 3600
    return log2(1 + weight(candidate, base)) - age / half_life


def ranked(
    candidates: Iterable[Candidate], at: datetime, *, base: int, half_life: float
) -> list[Candidate]:
    """The best first, whatever order they come in; of equal points the newer, then by stem."""

    def key(candidate):
        points = score(candidate, at, base=base, half_life=half_life)
        return -points, -candidate.published_at.timestamp(), candidate.stem, candidate.pk

    return sorted(candidates, key=key)


def arranged(pinned: Mapping[int, Story], rest: Iterable[Story]) -> list[Story]:
    """Each pinned story at its place, counted from 1, and the rest in order between them. Where
    there are too few to fill what lies between, the pinned ones close up."""
    waiting, page = dict(pinned), []
    for story in rest:
        while len(page) + 1 in waiting:
            page.append(waiting.pop(len(page) + 1))
        page.append(story)
    return page + [waiting[place] for place in sorted(waiting)]
