"""Two editors at once: what a form posts, merged with what was saved since it was opened.

A form carries, signed, a digest of every value that it showed. Of each field that comes back three
values are known then: the one that was seen, the one that is posted, the one that stands in the row
now. What was not touched takes the row's value, what did not move meanwhile stays as posted, sets
are merged, and where both changed the editor is asked (a `Conflict`).

This happens to the posted data, before any form looks at them: from then on Django's own "has it
changed?" compares with the row as it stands. Used by `forms`; the caller holds the row locked.
"""

import base64
import dataclasses
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.utils import timezone

SEEN = "seen"
CHOICE = "choice"  # the answer to a conflict: "mine:" or "theirs:" and the digest of what was shown
MINE, THEIRS = "mine", "theirs"
_DIGEST_SIZE = 6  # bytes: they meet by chance once in 2^48


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two values for one field; `shown` is the digest of the row's, `theirs`.

    For a whole row of a formset (the name "") `theirs` is the row, which this editor deletes and a
    colleague changed, or None: a colleague deleted it.
    """

    theirs: Any
    shown: str


@dataclass(slots=True)
class Merged:
    """What became of one row's posted values: the names of the fields that are the editor's now,
    the conflicts by field, the names of the untouched fields that moved meanwhile, and what the
    form shown again is to carry as seen."""

    edited: list[str] = dataclasses.field(default_factory=list)
    conflicts: dict[str, Conflict] = dataclasses.field(default_factory=dict)
    followed: list[str] = dataclasses.field(default_factory=list)
    seen: dict[str, Any] = dataclasses.field(default_factory=dict)


# What was seen, sealed --------------------------------------------------------------------------


def seal(values: dict, salt: str, opened: datetime | None = None) -> str:
    """`values` as one signed text; `opened` is when the form was first shown (None: now)."""
    opened = opened or timezone.now()
    signer = signing.Signer(salt=f"{__name__}:{salt}")
    return signer.sign_object([opened.timestamp(), values], compress=True)


def unseal(text: str | None, salt: str) -> tuple[datetime | None, dict]:
    """What `seal` was given. (None, {}) where the text is missing or somebody else's: then nothing
    is known to have been seen, and whatever differs from the row is asked about."""
    signer = signing.Signer(salt=f"{__name__}:{salt}")
    try:
        opened, values = signer.unsign_object(text or "")
    except signing.BadSignature:
        return None, {}
    return datetime.fromtimestamp(opened, UTC), values


def seen_values(fields: dict[str, forms.Field], values: dict) -> dict[str, Any]:
    """What a form that shows `values` is to remember: a digest each, and of a set its members."""
    return {name: _remembered(plain(fields[name], values.get(name))) for name in fields}


def _remembered(value):
    return value if isinstance(value, list) else digest(value)


def digest(value) -> str:
    """Eight characters for a plain value."""
    content = json.dumps(value).encode()
    return base64.b64encode(hashlib.blake2b(content, digest_size=_DIGEST_SIZE).digest()).decode()


# Values in one shape ----------------------------------------------------------------------------


def plain(field: forms.Field, value) -> str | list[str]:
    """A row's value or a cleaned one as text, alike for what a browser cannot tell apart; a set as
    the sorted ids of its members."""
    if isinstance(field, forms.ModelMultipleChoiceField):
        return sorted(str(getattr(member, "pk", member)) for member in value or [])
    if value is None or value is False or value == "":
        return ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(microsecond=0).isoformat()
    if isinstance(field, forms.ModelChoiceField):
        return str(getattr(value, "pk", value))
    text = str(value)
    return field.plain(text) if hasattr(field, "plain") else text


def _plain_posted(field: forms.Field, posted) -> str | list[str]:
    if isinstance(field, forms.ModelChoiceField):  # asked of the database once, by the form
        return plain(field, posted)
    if not posted or (isinstance(posted, list) and not any(posted)):
        return ""
    if not isinstance(field, forms.FileField):
        try:
            return plain(field, field.clean(posted))
        except ValidationError:
            pass
    return f"?{posted!r}"  # like no value that a row can have; the form says what is wrong with it


# The merge --------------------------------------------------------------------------------------


def merge(fields: dict, values: dict, seen: dict, data, files, prefix: str = "") -> Merged:
    """Rewrite `data`, a mutable QueryDict, for one row; `prefix` stands before each field's name.

    `values` are the row's, by field; `seen` is as `seen_values` gave it, {} where it is not known.
    """
    merged = Merged()
    for name, field in fields.items():
        place, base, theirs = prefix + name, seen.get(name), values.get(name)
        row = plain(field, theirs)
        ours = _posted(field, data, files, place)
        is_touched = ours is not None and _remembered(ours) != base
        is_moved = _remembered(row) != base
        merged.seen[name] = _remembered(row)
        if not is_touched or ours == row:
            put(data, field, place, theirs)
            if is_moved and not is_touched and base is not None:
                merged.followed.append(name)
            continue
        merged.edited.append(name)
        if is_moved and isinstance(row, list) and base is not None:
            put(data, field, place, _merged_set(base, ours, row))
        elif is_moved:
            shown = digest(row)
            choice = chosen(data, f"{place}-{CHOICE}", shown)
            if choice == THEIRS:
                put(data, field, place, theirs)
                merged.edited.remove(name)
            elif choice is None:
                merged.conflicts[name] = Conflict(theirs, shown)
                merged.seen[name] = base
    return merged


def is_touched(fields: dict, seen: dict, data, files=None) -> bool:
    """Whether one of the posted values is not what was seen."""
    posted = {name: _posted(field, data, files or {}, name) for name, field in fields.items()}
    return any(
        value is not None and _remembered(value) != seen.get(name) for name, value in posted.items()
    )


def _posted(field, data, files, place):
    """None where nothing was sent back, as for a file that stays."""
    if field.widget.value_omitted_from_data(data, files, place):
        return None
    return _plain_posted(field, field.widget.value_from_datadict(data, files, place))


def _merged_set(base: list[str], ours: list[str], row: list[str]) -> list[str]:
    added, removed = set(ours) - set(base), set(base) - set(ours)
    return sorted(set(row) - removed | added)


def chosen(data, place: str, shown: str) -> str | None:
    """The editor's answer, if it was given to what was shown."""
    side, _colon, of = data.get(place, "").partition(":")
    return side if side in (MINE, THEIRS) and of == shown else None


def put(data, field: forms.Field, place: str, value) -> None:
    """Write a row's value into posted data as a browser sends it back untouched."""
    _put(data, field.widget, place, field.prepare_value(value))


def _put(data, widget, place, value):
    widget = getattr(widget, "widget", widget)  # within what adds links to it
    if isinstance(widget, forms.MultiWidget):
        pieces = widget.decompress(value)
        for ending, part, piece in zip(widget.widgets_names, widget.widgets, pieces, strict=True):
            _put(data, part, place + ending, piece)
    elif isinstance(widget, forms.CheckboxInput):
        data.pop(place, None)
        if value:
            data[place] = "on"
    elif isinstance(widget, forms.SelectMultiple):
        data.setlist(place, [str(member) for member in value or []])
    elif isinstance(widget, forms.Select):
        data[place] = "" if value is None else str(value)
    elif not widget.needs_multipart_form:  # a file is not sent back
        text = widget.format_value(value)
        data[place] = "" if text is None else str(text)
