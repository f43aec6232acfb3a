"""Headlines that say nearly the same. Pure functions, no ORM.

Read by `models.article`, which keeps what `title_keys` gives so that those that may be alike are
found by an index, and by `duplicates`, which asks `alike` of each that was found.
"""

import re
import unicodedata
from datetime import datetime, timedelta
from difflib import SequenceMatcher

from . import weblinks
from .wording import readable

NEAR = timedelta(weeks=2)  # copies of one story are published at most this far apart

Words = tuple[str, ...]

MIN_WORDS = 4  # "Morning briefing" is the name of a column, and no headline
MIN_WORDS_TO_DIFFER = 6  # in fewer, one word is too much of what they say
EDGE = 3  # words at each end; of six, one that differs leaves those at one end alone
_SMALL = 3  # letters: "is", "the", "GM"
_MIN_ALIKE = 0.6  # of two words: a typo, another form
_MAX_NAME = 6  # words of an outlet's name at the end of a headline

_WORD = re.compile(r"\w+")
_APOSTROPHES = re.compile("['’‘ʼ`´]")
_MARKS = re.compile("[\u0300-\u036f™®©]")


def words(title: str) -> Words:
    """A headline's words: no capitals, no accents, no punctuation, no quotes."""
    text = unicodedata.normalize("NFD", readable(title))
    text = _APOSTROPHES.sub("", _MARKS.sub("", text))
    return tuple(_WORD.findall(unicodedata.normalize("NFKC", text).casefold()))


def title_keys(title: str, at: datetime) -> tuple[int | None, int | None]:
    """Numbers of 64 bits for a headline's first words and its last, at about that time.

    Of two that are `alike` and NEAR, at least one is the same at one place, where the other's
    `title_keys_near` are asked for. None for a headline of less than MIN_WORDS.
    """
    return next(iter(_keys(words(title), _fortnight(at), _fortnight(at))), (None, None))


def title_keys_near(title: str, at: datetime) -> tuple[list[int], list[int]]:
    """The first of `title_keys` that headlines like this one have which are NEAR, and the last."""
    found = _keys(words(title), _fortnight(at - NEAR), _fortnight(at + NEAR))
    return [first for first, _ in found], [last for _, last in found]


def _keys(found: Words, since: int, until: int) -> list[tuple[int, int]]:
    if len(found) < MIN_WORDS:
        return []
    ends = " ".join(found[:EDGE]), " ".join(found[-EDGE:])
    return [
        tuple(weblinks.number(f"{fortnight} {end}") for end in ends)
        for fortnight in range(since, until + 1)
    ]


def _fortnight(at: datetime) -> int:
    return int(at.timestamp() // NEAR.total_seconds())


def names(provider: tuple[str, str] | None) -> frozenset[str]:
    """How a headline may name its outlet (name, domain): "guardian", "theguardiancom"."""
    if provider is None:
        return frozenset()
    name, domain = provider
    domain = domain.removeprefix("www.")
    texts = (name, name.lower().removeprefix("the "), domain, domain.partition(".")[0])
    return frozenset("".join(words(text)) for text in texts) - {""}


def without_outlet(found: Words, names: frozenset[str]) -> Words:
    """Without the outlet's name at the end, where that leaves a headline: "... | The Post"."""
    for count in range(min(_MAX_NAME, len(found) - MIN_WORDS), 0, -1):
        if "".join(found[-count:]) in names:
            return found[:-count]
    return found


def alike(one: Words, other: Words, is_one_outlet: bool) -> bool:
    """Whether two headlines say the same, but for at most one word.

    A number never differs ("Day 45", "Day 46"). One outlet's headlines are often made from a
    pattern ("Robots market 2020"): of those only a small word differs, or the form of one.
    """
    if min(len(one), len(other)) < MIN_WORDS:
        return False
    if one == other:
        return True
    if max(len(one), len(other)) < MIN_WORDS_TO_DIFFER:
        return False
    gone, new = _difference(one, other)
    if len(gone) > 1 or len(new) > 1:
        return False
    was, now = "".join(gone), "".join(new)
    if _has_number(was) or _has_number(now):
        return False
    return not is_one_outlet or _is_small(was, now)


def _difference(one: Words, other: Words) -> tuple[Words, Words]:
    """What stands between the words that both begin with and those that both end with."""
    shortest = min(len(one), len(other))
    start = 0
    while start < shortest and one[start] == other[start]:
        start += 1
    end = 0
    while end < shortest - start and one[-1 - end] == other[-1 - end]:
        end += 1
    return one[start : len(one) - end], other[start : len(other) - end]


def _is_small(was: str, now: str) -> bool:
    if max(len(was), len(now)) <= _SMALL:
        return True
    return bool(was and now) and SequenceMatcher(None, was, now).ratio() >= _MIN_ALIKE


def _has_number(word: str) -> bool:
    return any(letter.isdigit() for letter in word)
