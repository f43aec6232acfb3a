"""Text as readers look for it: its words without case, accents and marks. Pure functions, no ORM.

What is indexed, what is asked and what is marked on the page pass through here alike, so that both
databases find the same, whatever they know of languages. Chinese and Japanese write no spaces:
there each character is a word, and what stands together is asked for together.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from .prose import plain
from .wording import readable

MAX_LENGTH = 50_000  # characters of one text that are looked at: PostgreSQL takes no more than 1 MB

_ALONE = "\u3041-\u3096\u30a1-\u30fa\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
# Signs that belong to the letter before, where Python's \w ends a word.
_SIGNS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a"
    "\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u0900-\u0903\u093a-\u0963"
    "\u0981-\u0983\u09bc-\u09cd\u0a01-\u0a03\u0a3c-\u0a4d\u0a81-\u0a83\u0abc-\u0acd\u0b01-\u0b03"
    "\u0b3c-\u0b4d\u0bbe-\u0bcd\u0c00-\u0c04\u0c3e-\u0c56\u0c81-\u0c83\u0cbc-\u0cd6\u0d00-\u0d03"
    "\u0d3b-\u0d4d\u0dca-\u0ddf\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ecd"
)
_LETTER = rf"[^\W_{_ALONE}]"
_WORD = re.compile(rf"[{_ALONE}]|{_LETTER}+(?:[{_SIGNS}]+{_LETTER}*)*")
_PLAIN_WORD = re.compile("[a-z0-9]+")
# Taken away. Those of India's and Thailand's scripts are vowels and stay.
_ACCENTS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670]"
)
_LETTERS = str.maketrans(
    dict(zip("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789", strict=True))
    | {"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"}
)


def fold(word: str) -> str:
    """A word without case and accents: "Événement" gives "evenement", "Straße" "strasse"."""
    return word.lower() if word.isascii() else _fold(word)


@lru_cache(maxsize=4096)
def _fold(word: str) -> str:
    parts = unicodedata.normalize("NFKD", word.casefold()).translate(_LETTERS)
    bare = unicodedata.normalize("NFKC", _ACCENTS.sub("", parts)).casefold()
    return "".join(_WORD.findall(bare))


def words(text: str) -> list[str]:
    """The folded words of a readable text, in order."""
    if text.isascii():
        return _PLAIN_WORD.findall(text[:MAX_LENGTH].lower())
    return list(filter(None, map(fold, _WORD.findall(text, 0, MAX_LENGTH))))


def located(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, folded word) of each word: where it stands in the text, and how it is found."""
    for match in _WORD.finditer(text, 0, MAX_LENGTH):
        word = fold(match.group())
        if word:
            yield match.start(), match.end(), word


def searchable(text: str) -> str:
    """A text as feeds deliver it, as its words for the index, with one space between them."""
    return " ".join(words(readable(text)))


def words_of(title: str, excerpt: str, body: str) -> tuple[str | None, str | None, str | None]:
    """Of an article's three texts as its row has them; None where there is no word in one."""
    texts = (title, excerpt, plain(body))
    return tuple(searchable(text) or None for text in texts)
