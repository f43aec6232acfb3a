"""Rewriting: a seed file with some of its values replaced, line by line; the rest byte for byte.

Knows YAML and nothing of what seeds mean: `seedtext` says which values a file shall hold. What is
written is read back before it is handed out. No ORM.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import yaml

from . import spans
from .seedfile import EventParser, SeedError, parse
from .spans import Layout, Scalar, Sequence, Span

# What stands in double quotes only, and as an escape: controls, and what YAML takes for a line end
# or a byte order mark.
_ESCAPED = re.compile('["\\\\\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]')
_SHORT_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_MAX_KEY = 1000  # characters of a key before its colon; libyaml takes 1,024
_STEP = 2  # columns by which a value stands to the right of its key

Styles = Mapping[str, str]  # key to the style in which its texts are written, "" or '"'


class RewriteError(Exception):
    """What was written does not read back as it should."""


class _Unusual(Exception):
    """A file laid out in a way that is not rewritten line by line."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry of a list that stood at `place` in the file's own list, perhaps changed since."""

    place: int
    value: Any


def rewritten(content: bytes, wanted: dict, styles: Styles) -> bytes:
    """The file, which parses, with `wanted` for its mapping.

    `wanted` is shaped as SeedFile.metadata is. Numbers, flags and moments (datetimes, UTC) may
    stand for their text; a list that shall change holds `Kept` entries and new ones; a new key is
    written behind the one before it. Where the file has no habit of its own, new texts take the
    style that `styles` names for their key, else double quotes. Raises RewriteError.
    """
    layout = spans.layout(content)
    expected = plain(wanted), parse(content).body
    for attempt in (_by_lines, _anew):
        try:
            result = attempt(layout, wanted, styles).encode()
            seed = parse(result)
        except (_Unusual, SeedError):
            continue
        if (seed.metadata, seed.body) == expected:
            return result
    raise RewriteError("it cannot be written so that it reads back as it should")


def written(mapping: dict, styles: Styles) -> bytes:
    """A new file with `mapping` for its front matter. Raises RewriteError."""
    front = _Writer(styles, _STEP, "\n").front_matter(mapping)
    result = f"---\n{front}---\n".encode()
    try:
        seed = parse(result)
    except SeedError as error:
        raise RewriteError(str(error)) from error
    if seed.metadata != plain(mapping):
        raise RewriteError("it cannot be written so that it reads back as it should")
    return result


def plain(value):
    """A value as the file reads back: text, None, lists and mappings."""
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    if isinstance(value, Kept):
        return plain(value.value)
    return value if value is None else _text(value)


def _text(value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        fraction = f".{value.microsecond:06}".rstrip("0") if value.microsecond else ""
        return f"{value:%Y-%m-%dT%H:%M:%S}{fraction}Z"
    return str(value)


# Line by line -----------------------------------------------------------------------------------

Edit = tuple[int, int, str]  # from, to, the text instead


def _by_lines(layout: Layout, wanted: dict, styles: Styles) -> str:
    return _Lines(layout, styles).all(wanted)


def _anew(layout: Layout, wanted: dict, styles: Styles) -> str:
    """The fences and what stands around them as they were; all between written anew."""
    writer = _Writer(styles | layout.styles, _dash_step(layout.root), layout.line_end)
    front = writer.front_matter(wanted)
    return layout.text[: layout.start] + front + layout.text[layout.end :]


def _dash_step(mapping: spans.Mapping) -> int:
    """How far to the right of its key this file's lists stand."""
    for item in mapping.items.values():
        if isinstance(item.value, Sequence) and not item.value.is_flow:
            return item.value.column - mapping.column
    return _STEP


class _Lines:
    def __init__(self, layout: Layout, styles: Styles):
        self.layout, self.text = layout, layout.text
        self.writer = _Writer(styles | layout.styles, _dash_step(layout.root), layout.line_end)

    def all(self, wanted: dict) -> str:
        edits = self.mapping(self.layout.root, wanted)
        return self.applied(edits, 0, len(self.text))

    def applied(self, edits: Iterable[Edit], start: int, end: int) -> str:
        """The text from `start` to `end` with the edits made."""
        parts, place = [], start
        for first, last, text in sorted(edits, key=lambda edit: edit[:2]):
            if first < place or last > end:
                raise _Unusual
            parts += [self.text[place:first], text]
            place = last
        parts.append(self.text[place:end])
        return "".join(parts)

    def value(self, span: Span, value, key: str) -> list[Edit] | None:
        """The edits that turn one value into another; None where it has to be written anew."""
        if plain(value) == span.plain() and not _is_moved(value):
            return []
        if isinstance(span, Scalar) and not isinstance(value, (dict, list, type(None))):
            return [self.scalar(span, value, key)]
        if isinstance(span, spans.Mapping) and isinstance(value, dict) and value:
            return None if span.is_flow else self.mapping(span, value)
        if isinstance(span, Sequence) and isinstance(value, list) and value:
            return None if span.is_flow else self.sequence(span, value, key)
        return None

    def scalar(self, span: Scalar, value, key: str) -> Edit:
        style = self.writer.style_of(key, value) if span.value is None else span.style
        text = self.writer.scalar(value, style)
        is_glued = span.start == span.end and not self.text[span.start - 1].isspace()
        return span.start, span.end, f" {text}" if is_glued else text

    # Mappings

    def mapping(self, span: spans.Mapping, wanted: dict) -> list[Edit]:
        if span.is_flow or not span.items.keys() & wanted.keys():
            raise _Unusual
        edits: list[Edit] = []
        for key, item in span.items.items():
            if key not in wanted:
                edits.append(self.removal(item, key))
            else:
                edits += self.item(span, item, key, wanted[key])
        return edits + self.additions(span, wanted)

    def item(self, mapping: spans.Mapping, item, key: str, value) -> list[Edit]:
        edits = self.value(item.value, value, key)
        if edits is not None:
            return edits
        if isinstance(item.value, (spans.Mapping, Sequence)) and item.value.is_flow and value:
            return [(item.value.start, item.value.end, self.writer.flow(value, key))]
        lines = self.writer.item(key, value, mapping.column)
        return [(item.start, item.value.end, self.writer.line_end.join(lines))]

    def removal(self, item, key: str) -> Edit:
        start = self.layout.line_start(item.start)
        if self.text[start : item.start].strip(" "):
            # The first key of a list's entry shares its line with the dash.
            return item.start, item.value.end, f"{self.writer.key(key)}: null"
        end = self.layout.line_after(item.value.end)
        if self.is_blank_above(start):
            while (
                end < self.layout.end and not self.text[end : self.layout.line_after(end)].strip()
            ):
                end = self.layout.line_after(end)
        return start, end, ""

    def additions(self, span: spans.Mapping, wanted: dict) -> list[Edit]:
        """New keys, each below the one before it in `wanted`."""
        edits: dict[int, str] = {}
        kept = [key for key in wanted if key in span.items]
        anchor = kept[0]
        for key, value in wanted.items():
            if key in span.items:
                anchor = key
                continue
            line_end = self.writer.line_end
            lines = line_end.join(self.writer.item(key, value, span.column))
            is_set_off = isinstance(value, (dict, list)) and self.has_air(span)
            text = (line_end if is_set_off else "") + " " * span.column + lines + line_end
            place = self.layout.line_after(span.items[anchor].value.end)
            edits[place] = edits.get(place, "") + text
        return [(place, place, text) for place, text in edits.items()]

    def has_air(self, span: spans.Mapping) -> bool:
        """Whether this file sets its lists and mappings off by a blank line."""
        return any(
            not isinstance(item.value, Scalar)
            and self.is_blank_above(self.layout.line_start(item.start))
            for item in span.items.values()
        )

    def is_blank_above(self, line: int) -> bool:
        above = self.layout.line_above(line)
        return above >= self.layout.start and not self.text[above:line].strip()

    # Lists

    def sequence(self, span: Sequence, wanted: list, key: str) -> list[Edit]:
        """One edit for the whole list, made of its entries' own lines."""
        regions = list(self.regions(span))
        parts: list[str] = []
        for number, entry in enumerate(wanted):
            is_last = number == len(wanted) - 1
            if not isinstance(entry, Kept):
                parts.append(self.entry(span, entry, key))
                continue
            start, end = regions[entry.place]
            own = span.entries[entry.place]
            edits = self.value(own, entry.value, key)
            if edits is None:
                parts.append(self.entry(span, entry.value, key))
            else:
                parts.append(self.applied(edits, start, end))
            if not is_last and entry.place + 1 < len(regions):
                parts.append(self.text[end : regions[entry.place + 1][0]])  # blank lines, comments
        return [(regions[0][0], regions[-1][1], "".join(parts))]

    def regions(self, span: Sequence):
        """From the start of each entry's first line to the end of its last."""
        dash = re.compile(rf"[ ]{{{span.column}}}-(?=\s)")
        place = self.layout.line_start(span.start)
        for entry in span.entries:
            # What stands above the dash is blank or a comment.
            while not dash.match(self.text, place):
                if place > entry.start:
                    raise _Unusual
                place = self.layout.line_after(place)
            end = self.layout.line_after(entry.end)
            yield place, end
            place = end

    def entry(self, span: Sequence, value, key: str) -> str:
        indent = " " * span.column
        lines = self.writer.entry(value, span.column, key)
        return indent + "".join(line + self.writer.line_end for line in lines)


def _is_moved(value) -> bool:
    """Whether a list's entries stand elsewhere, or are others, though they read the same."""
    if isinstance(value, list):
        places = [entry.place if isinstance(entry, Kept) else None for entry in value]
        is_listed = any(place is not None for place in places)
        return is_listed and places != list(range(len(places))) or any(map(_is_moved, value))
    if isinstance(value, dict):
        return any(map(_is_moved, value.values()))
    return isinstance(value, Kept) and _is_moved(value.value)


# New text ---------------------------------------------------------------------------------------


class _Writer:
    """YAML as seeds are written: a key's first line without its indent, the others with it."""

    def __init__(self, styles: Styles, dash_step: int, line_end: str):
        self.styles, self.dash_step, self.line_end = styles, max(dash_step, 0), line_end

    def front_matter(self, mapping: dict) -> str:
        lines: list[str] = []
        for key, value in mapping.items():
            is_large = isinstance(value, (dict, list)) and value
            if lines and (is_large or lines[-1].startswith((" ", "-"))):
                lines.append("")
            lines += self.item(key, value, 0)
        return "".join(line + self.line_end for line in lines)

    def item(self, key: str, value, column: int) -> list[str]:
        name = self.key(key)
        opening = f"{name}:" if len(name) <= _MAX_KEY else f"? {name}{self.line_end}{' ' * column}:"
        if isinstance(value, dict) and value:
            lines = self.items(value, column + _STEP)
            return [opening, " " * (column + _STEP) + lines[0], *lines[1:]]
        if isinstance(value, list) and value:
            inner = column + self.dash_step
            lines = [line for entry in value for line in self.indented_entry(entry, inner, key)]
            return [opening, *lines]
        return [f"{opening} {self.flow(value, key) if value is not None else 'null'}"]

    def items(self, mapping: dict, column: int) -> list[str]:
        lines: list[str] = []
        for key, value in mapping.items():
            first, *others = self.item(key, value, column)
            lines += [" " * column + first if lines else first, *others]
        return lines

    def indented_entry(self, value, column: int, key: str) -> list[str]:
        first, *others = self.entry(value, column, key)
        return [" " * column + first, *others]

    def entry(self, value, column: int, key: str) -> list[str]:
        if isinstance(value, Kept):
            value = value.value
        if isinstance(value, dict) and value:
            first, *others = self.items(value, column + _STEP)
            return [f"- {first}", *others]
        return [f"- {self.flow(value, key) if value is not None else 'null'}"]

    def flow(self, value, key: str) -> str:
        """On one line."""
        if isinstance(value, Kept):
            value = value.value
        if isinstance(value, dict):
            items = (f"{self.key(name)}: {self.flow(part, '')}" for name, part in value.items())
            return "{" + ", ".join(items) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(self.flow(part, "") for part in value) + "]"
        return "null" if value is None else self.scalar(value, self.style_of(key, value))

    def style_of(self, key: str, value) -> str:
        return self.styles.get(key, '"' if isinstance(value, str) else "")

    def key(self, key: str) -> str:
        return key if _PLAIN_KEY.fullmatch(key) else _quoted(key)

    def scalar(self, value, style: str) -> str:
        text = _text(value)
        if not isinstance(value, str):
            return f"{style}{text}{style}" if style in ("'", '"') and style else text
        if style == "" and _reads_as_itself(text):
            return text
        if style == "'" and not _ESCAPED.search(text.replace('"', "").replace("\\", "")):
            return "'" + text.replace("'", "''") + "'"
        return _quoted(text)


def _quoted(text: str) -> str:
    return '"' + _ESCAPED.sub(_escape, text) + '"'


def _escape(found: re.Match) -> str:
    character = found.group()
    code = ord(character)
    return _SHORT_ESCAPES.get(character) or (f"\\x{code:02X}" if code < 256 else f"\\u{code:04X}")


def _reads_as_itself(text: str) -> bool:
    """Whether a text may stand without quotes: one line that every reader of YAML, those that know
    numbers, dates and `NO` for False included, takes for that text."""
    if not text[:1].isalnum() or _ESCAPED.search(text) or set(text) & set(",[]{}"):
        return False
    kind = _resolver.resolve(yaml.ScalarNode, text, (True, False))
    if kind != _resolver.DEFAULT_SCALAR_TAG:
        return False
    try:
        events = list(yaml.parse(f"- {text}\n", Loader=EventParser))
    except yaml.YAMLError:
        return False
    scalars = [event for event in events if type(event) is yaml.ScalarEvent]
    return len(events) == 7 and len(scalars) == 1 and scalars[0].value == text


_resolver = yaml.resolver.Resolver()
