"""Text as feeds really deliver it, made fit to read. Pure functions, no ORM.

Feeds write HTML entities, zero-width and direction marks into plain text. Rows keep that text as
delivered (an export must be able to give it back); whatever is shown goes through `readable`.
"""

import html
import re
import unicodedata

from django.utils.text import slugify

_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f"  # controls, not tab
    "\u00ad\u200b\u2060\ufeff"  # soft hyphen, zero-width space and joiners that only glue words
    "\u200e\u200f\u202a-\u202e\u2066-\u2069"  # direction marks: <bdi> and dir="auto" do their work
    "\ufffe\uffff]"
)
_SLUG = re.compile("[a-z0-9]+(-[a-z0-9]+)*")
# What XML 1.0 cannot hold at all, whatever the escape (https://www.w3.org/TR/xml/#charsets): in one
# headline it would break a whole feed, and PostgreSQL stores no NUL.
NOT_STORABLE = re.compile("[\u0000-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff\ufffe\uffff]")


def readable(text: str) -> str:
    """One line of plain text: entities decoded (twice, as feeds escape twice), spaces folded.

    The result is text, never HTML: templates escape it like any other.
    """
    if "&" in text:
        text = html.unescape(html.unescape(text))
    return " ".join(_INVISIBLE.sub("", text).split())


def slug_of(text: str, fallback: str = "", max_length: int = 200) -> str:
    """An ASCII slug, 1 to `max_length` characters, cut at a hyphen where that keeps most of it.

    A text without one Latin letter or digit gives the slug of `fallback`, or "item".
    """
    if len(text) <= max_length and _SLUG.fullmatch(text):
        return text  # as most names of files are; the long way costs ten times as much
    slug = slugify(unicodedata.normalize("NFKD", readable(text))).strip("-_")
    if not slug:
        return slug_of(fallback, max_length=max_length) if fallback else "item"
    if len(slug) > max_length:
        cut = slug[:max_length]
        slug = cut.rsplit("-", 1)[0] if "-" in cut[max_length // 2 :] else cut
    return slug.strip("-_")


def first_free(slug: str, taken, max_length: int = 200) -> str:
    """`slug`, or `slug-2`, `slug-3`...: the first that is not in the container `taken`."""
    candidate, number = slug, 2
    while candidate in taken:
        ending = f"-{number}"
        candidate = slug[: max_length - len(ending)] + ending
        number += 1
    return candidate
