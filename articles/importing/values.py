"""Readers of one value of a seed: text or None in, the value or `Unexpected` out. No ORM.

Each takes what stands behind a key, as `seedfile` gives it (every scalar is text); those that take
a limit first give back such a reader. Used by `records` and `taxonomy`, in their tables of keys.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime

from .. import weblinks
from ..wording import NOT_STORABLE

MAX_EXCERPT = 16 * 1024  # bytes: what follows cleans HTML at a cost that grows with the square
OWN_STATUSES = ("held", "review", "published", "withdrawn")


class Unexpected(Exception):
    """A value that is not what its key holds: (the problem's code, what it is and what was
    expected)."""


def shown(value) -> str:
    if isinstance(value, (list, dict)):
        return "a list" if isinstance(value, list) else "a mapping"
    found = repr(value)
    return found if len(found) <= 60 else found[:57] + "..."


def text(limit: int, required: bool = False) -> Callable:
    def read(value) -> str:
        if value is None:
            value = ""
        if not isinstance(value, str):
            raise Unexpected("type", f"{shown(value)}; expected text")
        # What is printable is storable, and that is known sooner.
        if not value.isprintable() and (found := NOT_STORABLE.search(value)):
            code = f"U+{ord(found.group()):04X}"
            reason = f"control character {code}; expected text without it"
            raise Unexpected("control-character", reason)
        if len(value) > limit:
            reason = f"{len(value):,} characters; expected at most {limit:,}"
            raise Unexpected("size", reason)
        if required and not value.strip():
            raise Unexpected("missing", "blank; expected text")
        return value

    return read


_excerpt_text = text(MAX_EXCERPT)


def excerpt(value) -> str:
    found = _excerpt_text(value)
    if len(found.encode()) > MAX_EXCERPT:
        raise Unexpected("size", f"longer than {MAX_EXCERPT:,} bytes")
    return found


def name(limit: int, required: bool = False) -> Callable:
    read = text(limit, required)
    return lambda value: read(value).strip()


_url_text = text(weblinks.MAX_LENGTH)
_image_url_text = text(weblinks.MAX_LENGTH, required=True)


def url(value) -> str:
    found = _url_text(value).strip()
    if found and not weblinks.normalise(found):
        reason = f"{shown(found)}; expected an http:// or https:// address"
        raise Unexpected("address", reason)
    return found


def loose_url(value) -> str:
    """For addresses that are kept and never linked to."""
    return _url_text(value).strip()


def image_url(value) -> str:
    found = weblinks.normalise_image(_image_url_text(value))
    if not found:
        reason = f"{shown(value)}; expected an http(s) address or a path"
        raise Unexpected("address", reason)
    if len(found) > weblinks.MAX_LENGTH:
        reason = f"longer than {weblinks.MAX_LENGTH:,} characters when written in ASCII"
        raise Unexpected("size", reason)
    return found


_WHOLE = re.compile(r"[+-]?[0-9]{1,9}")


def number(least: int, most: int | None = None) -> Callable:
    def read(value) -> int | None:
        if value is None:
            return None
        if not isinstance(value, str) or not _WHOLE.fullmatch(value.strip()):
            raise Unexpected("number", f"{shown(value)}; expected a whole number")
        found = int(value)
        if found < least:
            raise Unexpected("number", f"{value}; expected a whole number from {least}")
        if most is not None and found > most:
            raise Unexpected("number", f"{value}; expected a whole number up to {most}")
        return found

    return read


_type_name = name(50)


def kind(value) -> str:
    return _type_name(value) or "article"


def flag(value) -> bool | None:
    if value is None:
        return None
    word = value.strip().lower() if isinstance(value, str) else ""
    if word not in ("true", "false"):
        raise Unexpected("type", f"{shown(value)}; expected true or false")
    return word == "true"


def own_status(value) -> str:
    status = name(20)(value)
    if status and status not in OWN_STATUSES:
        expected = ", ".join(OWN_STATUSES)
        raise Unexpected("status", f"{shown(value)}; expected one of {expected}")
    return status


def slug(value) -> str:
    found = name(200)(value)
    if found and not re.fullmatch(r"[A-Za-z0-9_-]+", found):
        raise Unexpected("address", f"{shown(value)}; expected letters, digits and hyphens")
    return found


_MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}([Tt ]\d{2}:\d{2}(:\d{2}([.]\d{1,6})?)?"
    r"( ?([Zz]|[+]\d{2}:\d{2})|-\d{2}:\d{2})?)?",
    re.ASCII,
)


def moment(value) -> datetime | None:
    if value is None:
        return None
    found = value.strip() if isinstance(value, str) else ""
    try:
        if not _MOMENT.fullmatch(found):
            raise ValueError
        at = datetime.fromisoformat(found.upper().replace(" +", "+").replace(" Z", "Z"))
        if at.tzinfo is not UTC:
            at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
        if not 1900 <= at.year <= 2199:
            raise ValueError
    except (ValueError, OverflowError):
        expected = "a moment from 1900 to 2199 such as 2023-07-04T19:20:00Z"
        raise Unexpected("moment", f"{shown(value)}; expected {expected}") from None
    return at
