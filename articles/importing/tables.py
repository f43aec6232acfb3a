"""Tables of keys: how a mapping's keys are spelled, which fields they become, how each is read.

A table in and a mapping: the fields' values out, with every problem and its path. No ORM. The
tables themselves stand in `records` and `taxonomy`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .seedfile import MAX_SHOWN, Path, Problem, SeedError, line_of, name_of, printable
from .values import Unexpected, shown

MAX_LIST = 1000  # entries


MAPPING, MAPPINGS, LIST = "a mapping", "a list of mappings", "a list of texts"


@dataclass(frozen=True, slots=True)
class Key:
    """One seed key: how it is spelled, which field it becomes, how its value is read.

    With a `shape`, `read` takes what `read_keys` takes (a mapping, its path and the log).
    """

    name: str
    field: str
    read: Callable
    shape: str = ""
    older: tuple[str, ...] = ()  # spellings of years past; the first one present counts
    is_required: bool = False
    is_machine: bool = False  # always follows the feed, whatever an editor wrote there


class Log:
    """What reading one seed turned up."""

    def __init__(self):
        self.problems: list[tuple[Path, str, str]] = []  # path, code, reason
        self.unknown_keys: set[str] = set()

    def raise_problems(self, content: bytes) -> None:
        """Raise SeedError, with the lines of the file `content`, if there are any."""
        if self.problems:
            raise SeedError(
                [
                    Problem(line_of(content, path), name_of(path), why, code)
                    for path, code, why in self.problems
                ]
            )


class Table:
    """The keys of one kind of mapping, and those that are known and of no use here (`kept`)."""

    def __init__(self, keys: tuple[Key, ...], kept: frozenset[str] = frozenset()):
        self.keys = keys
        self.kept = kept
        self.expected = kept | {key.name for key in keys}

    def unknown(self, mapping: dict) -> set[str]:
        """The keys of a mapping that are not read and not kept."""
        if mapping.keys() <= self.expected:
            return set()
        read = {spelling(key, mapping) for key in self.keys}
        return mapping.keys() - read - self.kept


def spelling(key: Key, mapping: dict) -> str:
    """How the mapping spells a key; as today where it has none."""
    if key.name in mapping:
        return key.name
    return next((older for older in key.older if older in mapping), key.name)


def read_keys(table: Table, mapping: dict, path: Path, log: Log) -> dict[str, Any]:
    """Field to value for every key of the table; problems go to the log, with their path."""
    values: dict[str, Any] = {}
    for key in table.keys:
        name = spelling(key, mapping) if key.older else key.name
        value = mapping.get(name)
        try:
            if value is None and key.is_required:
                raise Unexpected("missing", f"missing; expected {key.shape or 'a value'}")
            if not key.shape:
                values[key.field] = key.read(value)
            else:
                values[key.field] = _read_shape(key, value, (*path, name), log)
        except Unexpected as problem:
            log.problems.append(((*path, name), *problem.args))
            values[key.field] = None
    for name in table.unknown(mapping):
        place = printable(name_of((*path, name)), MAX_SHOWN)
        log.unknown_keys.add(re.sub(r"\[\d+\]", "[]", place))
    return values


def _read_shape(key: Key, value, path: Path, log: Log):
    if key.shape == MAPPING:
        return None if value is None else _read_mapping(key, value, path, log)
    if value is None:
        return ()
    if not isinstance(value, list):
        raise Unexpected("type", f"{shown(value)}; expected {key.shape}")
    if len(value) > MAX_LIST:
        raise Unexpected("size", f"{len(value):,} entries; expected at most {MAX_LIST:,}")
    return tuple(
        _read_entry(key, entry, (*path, place), log)
        for place, entry in enumerate(value)
        if entry is not None  # a null in a list is no entry
    )


def _read_entry(key: Key, entry, path: Path, log: Log):
    try:
        if key.shape == LIST:
            return key.read(entry)
        return _read_mapping(key, entry, path, log)
    except Unexpected as problem:
        log.problems.append((path, *problem.args))
        return None


def _read_mapping(key: Key, value, path: Path, log: Log):
    if not isinstance(value, dict):
        raise Unexpected("type", f"{shown(value)}; expected {MAPPING}")
    return key.read(value, path, log)
