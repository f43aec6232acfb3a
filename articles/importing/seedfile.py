"""Seed files: bytes in, a plain mapping out. Judges nothing about what the fields say.

`parse` is for files with front matter, `parse_plain` for those that are YAML from their first line.

The front matter between `---` lines is read with python-frontmatter, through a handler of our own
that hands its text to libyaml's event parser and builds the mapping from the events. Seeds are
untrusted: no tags, anchors or aliases, no key twice, bounded size, depth and number of nodes, and
every scalar stays text until `importing.records` reads it (so `NO` is a topic, not False).
"""

import re
from codecs import BOM_UTF8
from dataclasses import dataclass

import frontmatter
import yaml
from frontmatter.default_handlers import BaseHandler
from yaml import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

try:
    from yaml.cyaml import CParser as EventParser
except ImportError:  # PyYAML was built without libyaml: slower, the same events
    from yaml import Loader as EventParser

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 12
MAX_NODES = 20_000
MAX_SHOWN = 500  # characters of a file's own words in a report

_OPENING = re.compile(r"---[ \t]*\n")
_CLOSING = re.compile(r"\n---[ \t]*$", re.MULTILINE)
NULLS = frozenset(["", "~", "null", "Null", "NULL"])
_NOT_YAML = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# A path into the mapping: keys and list places, for example ("related", 1, "title").
Path = tuple[str | int, ...]


def printable(text: str, limit: int) -> str:
    """A file's own words for a line of a report: what would move a terminal's cursor, or what no
    database takes, is spelled out; what is longer than `limit` is cut."""
    if len(text) > limit:
        text = f"{text[:limit]}…"
    if text.isprintable():
        return text
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text
    )


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a seed file: the line (from 1), the field, what was expected, and a
    code that names the kind of mistake for machines. One line of printable text, whatever keys and
    tags the file has."""

    line: int
    field: str
    reason: str
    code: str = "invalid"

    def __post_init__(self):
        object.__setattr__(self, "field", printable(self.field, MAX_SHOWN))
        object.__setattr__(self, "reason", printable(self.reason, MAX_SHOWN))

    def __str__(self):
        return f"{self.line}: {self.field}: {self.reason}"


class SeedError(Exception):
    """A seed that cannot be taken, with every problem found in it.

    Not a ValueError: python-frontmatter takes those for "no front matter here".
    """

    def __init__(self, problems: list[Problem]):
        self.problems = problems
        super().__init__("; ".join(map(str, problems)))


@dataclass(frozen=True, slots=True)
class SeedFile:
    metadata: dict  # text, None, lists and mappings of the same
    body: str  # what stands below the front matter, almost always ""


def parse(content: bytes) -> SeedFile:
    """The front matter and body of one file; raises SeedError with the line."""
    text = _decode(content)
    if not text.startswith("---"):
        # Looked at here because python-frontmatter drops blank lines above, and the count is off.
        raise _no_front_matter()
    metadata, body = frontmatter.parse(text, handler=_SeedHandler())
    return SeedFile(metadata, body)


def parse_plain(content: bytes) -> SeedFile:
    """The mapping of a file that is YAML without fences, whose body is ""; refuses like `parse`."""
    return SeedFile(_Builder(_decode(content), first_line=1, root="file").mapping(), "")


def is_fenced(content: bytes) -> bool:
    """Whether a file begins as one with front matter does."""
    return content.removeprefix(BOM_UTF8).startswith(b"---")


def line_of(content: bytes, path: Path) -> int:
    """The line (from 1) of `path` in a file that parses; of its nearest parent if it is missing."""
    lines: dict[Path, int] = {}
    if is_fenced(content):
        frontmatter.parse(_decode(content), handler=_SeedHandler(lines))
    else:
        _Builder(_decode(content), lines, first_line=1).mapping()
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


def name_of(path: Path) -> str:
    """A path as editors read it: ("related", 1, "title") is `related[1].title`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "front matter"


def fences(text: str) -> tuple[int, int, int]:
    """Where the front matter begins and ends, and where what is below it begins."""
    opening = _OPENING.match(text)
    if not opening:
        raise _no_front_matter()
    # From the opening line's own end on: between the two fences there may be nothing.
    closing = _CLOSING.search(text, opening.end() - 1)
    if not closing:
        last = text.count("\n") + 1
        reason = "it has no end; expected a line “---” after it"
        raise _refusal(last, "front matter", reason, "front-matter")
    return opening.end(), closing.start() + 1, closing.end()


def _decode(content: bytes) -> str:
    if len(content) > MAX_BYTES:
        raise _refusal(1, "file", f"{len(content):,} bytes; expected at most {MAX_BYTES:,}", "size")
    try:
        # "utf-8-sig" drops a byte order mark, which would hide the opening fence.
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = content[error.start]
        reason = f"byte 0x{byte:02x} is not UTF-8; expected UTF-8"
        raise _refusal(line, "file", reason, "encoding") from error


def _refusal(line: int, field: str, reason: str, code: str) -> SeedError:
    return SeedError([Problem(line, field, reason, code)])


def _no_front_matter() -> SeedError:
    reason = "the file does not begin with it; expected “---”"
    return _refusal(1, "front matter", reason, "front-matter")


class _SeedHandler(BaseHandler):
    """python-frontmatter's handler for seeds: strict fences, bounded events.

    With `lines` given, notes there the line of every path it meets.
    """

    def __init__(self, lines: dict[Path, int] | None = None):
        # The base class would compile a boundary pattern that is not used here.
        self.lines = lines

    def detect(self, text):
        return True

    def split(self, text):
        start, end, below = fences(text)
        return text[start:end], text[below:]

    def load(self, fm, **kwargs):
        return _Builder(fm, self.lines).mapping()


class _Builder:
    """One mapping out of libyaml's events. Line numbers are the file's: a fence is line 1.

    `root` is what the mapping itself is called where something is wrong with it.
    """

    def __init__(
        self,
        text: str,
        lines: dict[Path, int] | None = None,
        first_line: int = 2,
        root: str = "front matter",
    ):
        self.text = text
        self.lines = lines
        self.root = root
        self.trail: list[str | int] = []
        self.nodes = 0
        self.offset = first_line  # libyaml counts lines from 0

    def mapping(self) -> dict:
        try:
            self.next = EventParser(self.text).get_event
            self.next()  # the stream's start
            if type(self.next()) is StreamEndEvent:
                raise _refusal(
                    1, self.root, "it is empty; expected “key: value” lines", "front-matter"
                )
            event = self.next()
            if type(event) is not MappingStartEvent:
                raise self.refused(event, "expected “key: value” lines", "front-matter")
            mapping = self.value(event)
            self.next()  # the document's end
            event = self.next()
            if type(event) is not StreamEndEvent:
                raise self.refused(event, "a second document begins; expected one", "front-matter")
            return mapping
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = (mark.line if mark else 0) + self.offset
            raise _refusal(line, self.where(), _advice(error.problem), "yaml") from error
        except yaml.YAMLError as error:
            raise self.unreadable() from error

    def value(self, event):
        """The text, None, list or mapping that begins with `event`."""
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise self.refused(event, f"more than {MAX_NODES:,} values; expected fewer", "size")
        if self.lines is not None:
            self.lines[tuple(self.trail)] = event.start_mark.line + self.offset
        kind = type(event)
        if kind is AliasEvent:
            raise self.refused(event, "an alias (*name); expected the value itself", "alias")
        if event.anchor is not None:
            raise self.refused(event, "an anchor (&name); expected none", "alias")
        if event.tag is not None:
            raise self.refused(event, f"a tag ({event.tag}); expected none", "tag")
        if kind is ScalarEvent:
            text = event.value
            return None if text in NULLS and event.implicit[0] else text
        if len(self.trail) >= MAX_DEPTH:
            raise self.refused(event, f"nested deeper than {MAX_DEPTH}; expected less", "size")
        return self.items(event) if kind is MappingStartEvent else self.entries()

    def items(self, start) -> dict:
        mapping: dict = {}
        key_events: dict = {}
        trail, next_event = self.trail, self.next
        while type(event := next_event()) is not MappingEndEvent:
            if type(event) is not ScalarEvent:
                reason = "a key that is a list, mapping or alias; expected text"
                raise self.refused(event, reason, "key")
            key = event.value
            trail.append(key)
            if event.anchor is not None or event.tag is not None:
                raise self.refused(event, "a key with an anchor or tag; expected text", "key")
            if key in mapping:
                first = key_events[key].start_mark.line + self.offset
                reason = f"the key stands twice (first in line {first}); expected once"
                raise self.refused(event, reason, "duplicate-key")
            key_events[key] = event
            mapping[key] = self.value(next_event())
            if self.lines is not None:
                # An error is at the key, not at the value.
                self.lines[tuple(trail)] = event.start_mark.line + self.offset
            trail.pop()
        return mapping

    def entries(self) -> list:
        entries: list = []
        next_event = self.next
        while type(event := next_event()) is not SequenceEndEvent:
            self.trail.append(len(entries))
            entries.append(self.value(event))
            self.trail.pop()
        return entries

    def refused(self, event, reason: str, code: str) -> SeedError:
        line = event.start_mark.line + self.offset
        return _refusal(line, self.where(), reason, code)

    def where(self) -> str:
        return name_of(tuple(self.trail)) if self.trail else self.root

    def unreadable(self) -> SeedError:
        """A character that YAML does not allow: libyaml counts bytes, editors count lines."""
        found = _NOT_YAML.search(self.text)
        if not found:
            return _refusal(1, self.root, "it cannot be read as YAML", "yaml")
        line = self.text.count("\n", 0, found.start()) + self.offset
        code = f"U+{ord(found.group()):04X}"
        reason = f"control character {code}; expected text without it"
        return _refusal(line, self.root, reason, "control-character")


def _advice(problem: str | None) -> str:
    """libyaml's word for what is wrong, and what to write instead where the cause is known."""
    reason = problem or "it cannot be read as YAML"
    if "mapping values are not allowed" in reason:
        return "a “: ” inside text without quotes; expected the text in double quotes"
    return f"{reason}; expected YAML"
