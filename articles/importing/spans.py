"""Spans: where each value of a seed file stands, so that an export can rewrite that value alone.

Read from libyaml's event marks, for a file that `seedfile.parse` has taken. All offsets are in
characters of the file as decoded, byte order mark and line ends included.
"""

import re
from bisect import bisect_left
from dataclasses import dataclass, field

import yaml

from .seedfile import NULLS, EventParser, fences

# Every character that ends a line for YAML 1.1.
BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Scalar:
    start: int
    end: int  # of what it says: no comment, and no blank line below a block of text
    style: str  # "" plain, "'", '"', "|" or ">"
    value: str | None

    def plain(self) -> str | None:
        return self.value


@dataclass(frozen=True, slots=True)
class Sequence:
    start: int
    end: int
    column: int  # of the dashes
    is_flow: bool  # written [like, this]
    entries: list["Span"]

    def plain(self) -> list:
        return [entry.plain() for entry in self.entries]


@dataclass(frozen=True, slots=True)
class Item:
    """A key and its value."""

    start: int
    value: "Span"


@dataclass(frozen=True, slots=True)
class Mapping:
    start: int
    end: int
    column: int  # of the keys
    is_flow: bool  # written {like: this}
    items: dict[str, Item]

    def plain(self) -> dict:
        return {key: item.value.plain() for key, item in self.items.items()}


Span = Scalar | Sequence | Mapping


@dataclass(frozen=True)
class Layout:
    """A decoded file and where its parts stand."""

    text: str
    start: int  # of the text between the fences
    end: int
    root: Mapping
    # How the first text of each key is written; of a list's entries by the list's key.
    styles: dict[str, str] = field(default_factory=dict)

    @property
    def line_end(self) -> str:
        """How this file ends its lines, by its first."""
        return "\r\n" if self.text[: self.text.index("\n")].endswith("\r") else "\n"

    def line_start(self, place: int) -> int:
        """The first character of the line in which `place`, which ends no line, stands."""
        last = 0
        for found in BREAK.finditer(self.text, max(0, self.text.rfind("\n", 0, place)), place):
            last = found.end()
        return last

    def line_above(self, line: int) -> int:
        """The first character of the line above the one that begins at `line`."""
        end = line - (2 if self.text.endswith("\r\n", 0, line) else 1)
        return self.line_start(end)

    def line_after(self, place: int) -> int:
        """The first character of the line below `place`."""
        found = BREAK.search(self.text, place)
        return found.end() if found else len(self.text)


def layout(content: bytes) -> Layout:
    """Where everything stands in a file that parses."""
    text = content.decode()
    mark = len(_BOM) if text.startswith(_BOM) else 0
    # What the parser was given: python-frontmatter folds line ends and strips.
    folded = text[mark:].replace("\r\n", "\n").rstrip()
    start, end, _ = fences(folded)
    # Where the folded text lacks a carriage return, in the folded text's own count.
    folds = [
        found.start() - number for number, found in enumerate(re.finditer("\r\n", text[mark:]))
    ]

    def place(index: int) -> int:
        return mark + index + bisect_left(folds, index)

    reader = _Reader(folded[start:end], start, place)
    return Layout(text, place(start), place(end), reader.root(), reader.styles)


class _Reader:
    def __init__(self, front: str, offset: int, place):
        self.front, self.offset, self.place = front, offset, place
        self.styles: dict[str, str] = {}
        # libyaml takes a byte order mark away before it counts.
        self.skipped = int(front.startswith(_BOM) and EventParser is not yaml.Loader)

    def root(self) -> Mapping:
        self.next = EventParser(self.front).get_event
        self.next()
        self.next()
        return self.value(self.next(), "")

    def at(self, mark) -> int:
        return self.place(self.offset + self.skipped + mark.index)

    def value(self, event, key: str) -> Span:
        if type(event) is yaml.ScalarEvent:
            scalar = self.scalar(event)
            if scalar.value is not None:
                self.styles.setdefault(key, scalar.style)
            return scalar
        if type(event) is yaml.MappingStartEvent:
            return self.mapping(event)
        return self.sequence(event, key)

    def scalar(self, event) -> Scalar:
        style, end = event.style or "", event.end_mark.index
        if style in ("|", ">"):
            # The mark stands below the blank lines that follow. They belong to the text only where
            # its header keeps them; the last line end is the line's.
            start = event.start_mark.index + self.skipped
            written = self.front[start : end + self.skipped]
            is_kept = "+" in BREAK.split(written, maxsplit=1)[0]
            end = event.start_mark.index
            end += len(written.removesuffix("\n") if is_kept else written.rstrip())
        value = None if event.implicit[0] and event.value in NULLS else event.value
        end = self.place(self.offset + self.skipped + end)
        return Scalar(self.at(event.start_mark), end, style, value)

    def mapping(self, opened) -> Mapping:
        items: dict[str, Item] = {}
        start, is_flow = self.at(opened.start_mark), bool(opened.flow_style)
        end = start
        while type(event := self.next()) is not yaml.MappingEndEvent:
            value = self.value(self.next(), event.value)
            items[event.value] = Item(self.at(event.start_mark), value)
            end = max(self.at(event.end_mark), value.end)
        if is_flow:
            end = self.at(event.end_mark)
        return Mapping(start, end, opened.start_mark.column, is_flow, items)

    def sequence(self, opened, key: str) -> Sequence:
        entries: list[Span] = []
        start, is_flow = self.at(opened.start_mark), bool(opened.flow_style)
        end = self.at(opened.end_mark)
        while type(event := self.next()) is not yaml.SequenceEndEvent:
            entries.append(self.value(event, key))
            end = entries[-1].end
        if is_flow:
            end = self.at(event.end_mark)
        return Sequence(start, end, opened.start_mark.column, is_flow, entries)
