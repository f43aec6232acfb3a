"""Two values side by side, the words that differ marked. Plain values in, safe HTML out; no query.

Values are as `importing.state` remembers them: text, numbers, moments as text, lists of text,
providers as (name, domain), pictures as (link, site).
"""

import re
from difflib import SequenceMatcher

from django.utils.dateparse import parse_datetime
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ..models import Article, RelatedItem
from .widgets import exact_moment

EMPTY = "–"
# Beyond it every word would be compared with thousands of others while an editor waits.
MAX_WORDS = 1500
# Less than this in common and marked words would only speckle the text: it is shown as new.
MIN_ALIKE = 0.3

_WORDS = re.compile(r"\w+|\s+|[^\w\s]")
_MOMENTS = ("published_at", "publish_from", "publish_until")
_RELATED = "related["


def label(name: str, model=Article) -> str:
    """A field's name as `state.values_changed` gives it, as editors know it."""
    if name.startswith(_RELATED):
        inside = name.removeprefix(_RELATED)
        if inside.endswith("]"):  # it came or went, whole
            return _("related item %(link)s") % {"link": inside[:-1]}
        where, _dot, field = inside.rpartition("].")
        return f"{_('related item')} {where}: {label(field, RelatedItem)}"
    special = {
        "lead": _("leading copy"),
        "merged_into_id": _("merged into"),
        "topics": _("topics"),
        "images": _("pictures"),
        "related": _("related items"),
        "related (order)": _("order of related items"),
    }
    if name in special:
        return special[name]
    known = {field.name: field.verbose_name for field in model._meta.concrete_fields}
    return str(known.get(name, name))


def text_of(name: str, value) -> str | list[str]:
    """A plain value as editors read it: one text, or one text for each part of a list."""
    field = name.rpartition("].")[2]
    if value is None or value in ("", []):
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if field in _MOMENTS:
        at = parse_datetime(value)
        return exact_moment(at) if at else value
    if field == "merged_into_id":
        return _("article %(number)s") % {"number": value}
    if field == "status":
        return str(dict(Article.Status.choices).get(value, value))
    if field == "provider":
        return _named(*value)
    if field == "lead":
        return [_named(*value[:2]), *value[2:]]
    if field == "images":
        return [f"{link} ({site})" if site else str(link) for link, site in value]
    if isinstance(value, (list, tuple)):
        return [str(part) for part in value]
    return str(value)


def _named(name: str, domain: str) -> str:
    return f"{name} ({domain})" if domain else name


def side_by_side(
    name: str, before, after, tags: tuple[str, str] = ("del", "ins")
) -> tuple[SafeString, SafeString]:
    """Both values as HTML, with <del> around what only the first has and <ins> around what only the
    second has, or the elements `tags`."""
    gone, new = tags
    was, now = text_of(name, before), text_of(name, after)
    if isinstance(was, list) or isinstance(now, list):
        was, now = ([text] if isinstance(text, str) and text else text or [] for text in (was, now))
        return _listed(gone, was, now), _listed(new, now, was)
    pieces = _pieces(was, now)
    return (
        _joined(gone, [(same, text) for same, text, _other in pieces]),
        _joined(new, [(same, text) for same, _other, text in pieces]),
    )


def _listed(tag: str, texts: list[str], others: list[str]) -> SafeString:
    if not texts:
        return EMPTY
    rows = ([format_html("{}", text) if text in others else _mark(tag, text)] for text in texts)
    return format_html('<ul class="values">{}</ul>', format_html_join("", "<li>{}</li>", rows))


def _joined(tag: str, pieces) -> SafeString:
    html = format_html_join(
        "", "{}", ([text if same else _mark(tag, text)] for same, text in pieces if text)
    )
    return html or EMPTY


def _mark(tag: str, text: str) -> SafeString:
    return format_html("<{0}>{1}</{0}>", tag, text)


def _pieces(was: str, now: str) -> list[tuple[bool, str, str]]:
    """(alike?, text before, text after) in order; what differs in one run of words is one piece."""
    old, new = _WORDS.findall(was), _WORDS.findall(now)
    if was == now:
        return [(True, was, now)]
    if max(len(old), len(new)) > MAX_WORDS:
        return [(False, was, now)]
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < MIN_ALIKE:
        return [(False, was, now)]
    pieces: list[tuple[bool, str, str]] = []
    opcodes = matcher.get_opcodes()
    for number, (kind, start, end, new_start, new_end) in enumerate(opcodes):
        before, after = "".join(old[start:end]), "".join(new[new_start:new_end])
        between = 0 < number < len(opcodes) - 1
        same = kind == "equal" and not (between and before.isspace())
        if pieces and not same and not pieces[-1][0]:
            _same, earlier, later = pieces.pop()
            before, after = earlier + before, later + after
        pieces.append((same, before, after))
    return pieces
