"""Records: a seed's mapping in, validated frozen dataclasses out. No ORM.

The seed's camelCase keys stand here only, in one table from key to field; what is a column, what a
machine writes and what is compared are all derived from it. A record holds what the newsroom uses;
keys it does not use, known or not, stay in the file itself, which `models.Delivery` keeps.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import blake2b
from json import dumps
from typing import Any

from .. import weblinks
from ..wording import NOT_STORABLE
from .seedfile import Path, Problem, SeedError, SeedFile, line_of, name_of, parse

MAX_EXCERPT = 16 * 1024  # bytes: what follows cleans HTML at a cost that grows with the square
MAX_LIST = 1000

ImageKey = tuple[str, str]  # (URL, the source it is relative to or "")


@dataclass(frozen=True, slots=True)
class ImageRecord:
    url: str  # absolute, or "/path" on the sender's own site
    width: int | None = None  # px, from 1; both or neither
    height: int | None = None
    credit: str = ""

    def key(self, source: str) -> ImageKey:
        return self.url, source if self.url.startswith("/") else ""


@dataclass(frozen=True, slots=True)
class ProviderRecord:
    name: str
    domain: str  # lower case
    logo: ImageRecord | None = field(default=None, compare=False)

    @property
    def key(self) -> tuple[str, str]:
        return self.name, self.domain


@dataclass(frozen=True, slots=True)
class ItemRecord:
    """What articles and related items have in common; a related item is just this."""

    title: str
    excerpt: str
    published_at: datetime | None  # UTC
    type: str
    provider: ProviderRecord | None
    web_url: str
    original_url: str
    amp_url: str
    cdn_amp_url: str
    quality: int | None  # 0 up
    images: tuple[ImageRecord, ...]


@dataclass(frozen=True, slots=True)
class ArticleRecord(ItemRecord):
    """What one seed says."""

    heat: int | None  # -1 up
    feed_published: bool | None  # None: not scored yet
    feed_removed: bool
    featured_content: str
    topics: tuple[str, ...]  # sorted: their order means nothing
    related: tuple[ItemRecord, ...]
    unknown_keys: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class OwnPicture:
    url: str
    alt_text: str


@dataclass(frozen=True, slots=True)
class OwnWords:
    """What editors decided and wrote, which no key of a feed can say. Blank: nothing said."""

    status: str = ""  # one of OWN_STATUSES: an editor's decision
    publish_from: datetime | None = None
    publish_until: datetime | None = None
    is_kept_public: bool = False
    slug: str = ""
    body: str = ""
    note: str = ""
    pictures: tuple[OwnPicture, ...] = ()


NO_WORDS = OwnWords()
OWN_STATUSES = ("held", "review", "published", "withdrawn")
MAX_OWN_TEXT = 64 * 1024  # characters


# Readers of one value ---------------------------------------------------------------------------


class _Unexpected(Exception):
    """A value that is not what its key holds: (the problem's code, what it is and what was
    expected)."""


def _shown(value) -> str:
    if isinstance(value, (list, dict)):
        return "a list" if isinstance(value, list) else "a mapping"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _text(limit: int, required: bool = False) -> Callable:
    def read(value) -> str:
        if value is None:
            value = ""
        if not isinstance(value, str):
            raise _Unexpected("type", f"{_shown(value)}; expected text")
        # What is printable is storable, and that is known sooner.
        if not value.isprintable() and (found := NOT_STORABLE.search(value)):
            code = f"U+{ord(found.group()):04X}"
            reason = f"control character {code}; expected text without it"
            raise _Unexpected("control-character", reason)
        if len(value) > limit:
            reason = f"{len(value):,} characters; expected at most {limit:,}"
            raise _Unexpected("size", reason)
        if required and not value.strip():
            raise _Unexpected("missing", "blank; expected text")
        return value

    return read


_excerpt_text = _text(MAX_EXCERPT)


def _excerpt(value) -> str:
    text = _excerpt_text(value)
    if len(text.encode()) > MAX_EXCERPT:
        raise _Unexpected("size", f"longer than {MAX_EXCERPT:,} bytes")
    return text


def _name(limit: int, required: bool = False) -> Callable:
    read = _text(limit, required)
    return lambda value: read(value).strip()


_url_text = _text(weblinks.MAX_LENGTH)
_image_url_text = _text(weblinks.MAX_LENGTH, required=True)


def _url(value) -> str:
    url = _url_text(value).strip()
    if url and not weblinks.normalise(url):
        reason = f"{_shown(url)}; expected an http:// or https:// address"
        raise _Unexpected("address", reason)
    return url


def _loose_url(value) -> str:
    """For addresses that are kept and never linked to."""
    return _url_text(value).strip()


def _image_url(value) -> str:
    url = weblinks.normalise_image(_image_url_text(value))
    if not url:
        reason = f"{_shown(value)}; expected an http(s) address or a path"
        raise _Unexpected("address", reason)
    if len(url) > weblinks.MAX_LENGTH:
        reason = f"longer than {weblinks.MAX_LENGTH:,} characters when written in ASCII"
        raise _Unexpected("size", reason)
    return url


_WHOLE = re.compile(r"[+-]?[0-9]{1,9}")


def _number(least: int) -> Callable:
    def read(value) -> int | None:
        if value is None:
            return None
        if not isinstance(value, str) or not _WHOLE.fullmatch(value.strip()):
            raise _Unexpected("number", f"{_shown(value)}; expected a whole number")
        number = int(value)
        if number < least:
            raise _Unexpected("number", f"{value}; expected a whole number from {least}")
        return number

    return read


_type_name = _name(50)


def _type(value) -> str:
    return _type_name(value) or "article"


def _flag(value) -> bool | None:
    if value is None:
        return None
    word = value.strip().lower() if isinstance(value, str) else ""
    if word not in ("true", "false"):
        raise _Unexpected("type", f"{_shown(value)}; expected true or false")
    return word == "true"


def _own_status(value) -> str:
    status = _name(20)(value)
    if status and status not in OWN_STATUSES:
        expected = ", ".join(OWN_STATUSES)
        raise _Unexpected("status", f"{_shown(value)}; expected one of {expected}")
    return status


def _slug(value) -> str:
    slug = _name(200)(value)
    if slug and not re.fullmatch(r"[A-Za-z0-9_-]+", slug):
        raise _Unexpected("address", f"{_shown(value)}; expected letters, digits and hyphens")
    return slug


_MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}([Tt ]\d{2}:\d{2}(:\d{2}([.]\d{1,6})?)?"
    r"( ?([Zz]|[+]\d{2}:\d{2})|-\d{2}:\d{2})?)?",
    re.ASCII,
)


def _moment(value) -> datetime | None:
    if value is None:
        return None
    text = value.strip() if isinstance(value, str) else ""
    try:
        if not _MOMENT.fullmatch(text):
            raise ValueError
        moment = datetime.fromisoformat(text.upper().replace(" +", "+").replace(" Z", "Z"))
        if moment.tzinfo is not UTC:
            moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        if not 1900 <= moment.year <= 2199:
            raise ValueError
    except (ValueError, OverflowError):
        expected = "a moment from 1900 to 2199 such as 2023-07-04T19:20:00Z"
        raise _Unexpected("moment", f"{_shown(value)}; expected {expected}") from None
    return moment


# The table of keys ------------------------------------------------------------------------------

MAPPING, MAPPINGS, LIST = "a mapping", "a list of mappings", "a list of texts"


@dataclass(frozen=True, slots=True)
class _Key:
    """One seed key: how it is spelled, which field it becomes, how its value is read.

    With a `shape`, `read` takes what `_read_keys` takes (a mapping, its path and the log).
    """

    name: str
    field: str
    read: Callable
    shape: str = ""
    older: tuple[str, ...] = ()  # spellings of years past; the first one present counts
    is_required: bool = False
    is_machine: bool = False  # always follows the feed, whatever an editor wrote there


class _Log:
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


class _Table:
    """The keys of one kind of mapping, and those that are known and of no use here (`kept`)."""

    def __init__(self, keys: tuple[_Key, ...], kept: frozenset[str] = frozenset()):
        self.keys = keys
        self.kept = kept
        self.expected = kept | {key.name for key in keys}

    def unknown(self, mapping: dict) -> set[str]:
        """The keys of a mapping that are not read and not kept."""
        if mapping.keys() <= self.expected:
            return set()
        read = {_spelling(key, mapping) for key in self.keys}
        return mapping.keys() - read - self.kept


def _spelling(key: _Key, mapping: dict) -> str:
    """How the mapping spells a key; as today where it has none."""
    if key.name in mapping:
        return key.name
    return next((older for older in key.older if older in mapping), key.name)


def _read_keys(table: _Table, mapping: dict, path: Path, log: _Log) -> dict[str, Any]:
    """Field to value for every key of the table; problems go to the log, with their path."""
    values: dict[str, Any] = {}
    for key in table.keys:
        name = _spelling(key, mapping) if key.older else key.name
        value = mapping.get(name)
        try:
            if value is None and key.is_required:
                raise _Unexpected("missing", f"missing; expected {key.shape or 'a value'}")
            if not key.shape:
                values[key.field] = key.read(value)
            else:
                values[key.field] = _read_shape(key, value, (*path, name), log)
        except _Unexpected as problem:
            log.problems.append(((*path, name), *problem.args))
            values[key.field] = None
    for name in table.unknown(mapping):
        log.unknown_keys.add(re.sub(r"\[\d+\]", "[]", name_of((*path, name))))
    return values


def _read_shape(key: _Key, value, path: Path, log: _Log):
    if key.shape == MAPPING:
        return None if value is None else _read_mapping(key, value, path, log)
    if value is None:
        return ()
    if not isinstance(value, list):
        raise _Unexpected("type", f"{_shown(value)}; expected {key.shape}")
    if len(value) > MAX_LIST:
        raise _Unexpected("size", f"{len(value):,} entries; expected at most {MAX_LIST:,}")
    return tuple(
        _read_entry(key, entry, (*path, place), log)
        for place, entry in enumerate(value)
        if entry is not None  # a null in a list is no entry
    )


def _read_entry(key: _Key, entry, path: Path, log: _Log):
    try:
        if key.shape == LIST:
            return key.read(entry)
        return _read_mapping(key, entry, path, log)
    except _Unexpected as problem:
        log.problems.append((path, *problem.args))
        return None


def _read_mapping(key: _Key, value, path: Path, log: _Log):
    if not isinstance(value, dict):
        raise _Unexpected("type", f"{_shown(value)}; expected {MAPPING}")
    return key.read(value, path, log)


def _read_image(mapping, path, log) -> ImageRecord:
    values = _read_keys(_IMAGE, mapping, path, log)
    if values["width"] is None or values["height"] is None:
        values["width"] = values["height"] = None  # half a size reserves no space
    return ImageRecord(**values)


def _read_provider(mapping, path, log) -> ProviderRecord:
    values = _read_keys(_PROVIDER, mapping, path, log)
    logos = values.pop("images")
    domain = (values["domain"] or "").lower()
    return ProviderRecord(values["name"], domain, logos[0] if logos else None)


def _read_related(mapping, path, log) -> ItemRecord:
    values = _read_keys(_ITEM, mapping, path, log)
    return ItemRecord(**values | {"images": _each_once(values["images"])})


def _read_own_picture(mapping, path, log) -> "OwnPicture":
    return OwnPicture(**_read_keys(_OWN_PICTURE, mapping, path, log))


_IMAGE_KEYS = (
    _Key("url", "url", _image_url),
    _Key("width", "width", _number(1)),
    _Key("height", "height", _number(1)),
    _Key("attribution", "credit", _text(300)),
)
_PROVIDER_KEYS = (
    _Key("name", "name", _name(200, required=True)),
    _Key("domain", "domain", _name(500), older=("id",)),
    _Key("images", "images", _read_image, MAPPINGS),
)
_ITEM_KEYS = (
    _Key("title", "title", _text(500, required=True)),
    _Key("excerpt", "excerpt", _excerpt, older=("abstract",)),
    _Key("publishedDateTime", "published_at", _moment),
    _Key("type", "type", _type),
    _Key("provider", "provider", _read_provider, MAPPING),
    _Key("webUrl", "web_url", _url, older=("sourceUrl", "url")),
    _Key("originalUrl", "original_url", _url),
    _Key("ampWebUrl", "amp_url", _loose_url, older=("ampUrl",), is_machine=True),
    _Key("cdnAmpWebUrl", "cdn_amp_url", _loose_url, older=("cdnAmpUrl",), is_machine=True),
    _Key("quality", "quality", _number(0), is_machine=True),
    _Key("images", "images", _read_image, MAPPINGS),
)
_ARTICLE_KEYS = (
    *(
        replace(key, is_required=True) if key.field in ("published_at", "provider") else key
        for key in _ITEM_KEYS
    ),
    _Key("heat", "heat", _number(-1), older=("score",), is_machine=True),
    _Key("published", "feed_published", _flag, is_machine=True),
    _Key("removed", "feed_removed", lambda value: bool(_flag(value)), is_machine=True),
    _Key("featuredContent", "featured_content", _excerpt),
    _Key("topics", "topics", _name(100, required=True), LIST),
    _Key("related", "related", _read_related, MAPPINGS),
)
# Known and of no use here, so no warning. `secured` is opaque: never looked at, never compared.
_KEPT = frozenset(
    ["category", "updatedDateTime", "highlight", "locale", "tags", "secured", "sourceUrl"]
)
_IMAGE_KEPT = frozenset(["isCached", "title", "quality"])

# What the newsroom says of its own articles, under one key of its own that no feed is heard on.
OWN = "newsroom"
_IMAGE = _Table(_IMAGE_KEYS, _IMAGE_KEPT)
_PROVIDER = _Table(_PROVIDER_KEYS)
_ITEM = _Table(_ITEM_KEYS, _KEPT)
_ARTICLE = _Table(_ARTICLE_KEYS, _KEPT | {OWN})

_OWN_PICTURE_KEYS = (
    _Key("url", "url", _image_url),
    _Key("altText", "alt_text", _text(500)),
)
_OWN_KEYS = (
    _Key("status", "status", _own_status),
    _Key("publishFrom", "publish_from", _moment),
    _Key("publishUntil", "publish_until", _moment),
    _Key("keepPublic", "is_kept_public", lambda value: bool(_flag(value))),
    _Key("slug", "slug", _slug),
    _Key("body", "body", _text(MAX_OWN_TEXT)),
    _Key("note", "note", _text(MAX_OWN_TEXT)),
    _Key("pictures", "pictures", _read_own_picture, MAPPINGS),
)
_OWN = _Table(_OWN_KEYS)
_OWN_PICTURE = _Table(_OWN_PICTURE_KEYS)
# The newsroom may publish an article of nobody else's.
_OWN_ARTICLE = _Table(
    tuple(
        replace(key, is_required=False) if key.field == "provider" else key for key in _ARTICLE_KEYS
    ),
    _ARTICLE.kept,
)

_LISTS = ("images", "topics", "related")
ITEM_COLUMNS = tuple(key.field for key in _ITEM_KEYS if key.field not in _LISTS)
ARTICLE_COLUMNS = tuple(key.field for key in _ARTICLE_KEYS if key.field not in _LISTS)
MACHINE_COLUMNS = frozenset(key.field for key in _ARTICLE_KEYS if key.is_machine)


# From outside -----------------------------------------------------------------------------------


def read(seed: SeedFile, content: bytes) -> ArticleRecord:
    """The record of a parsed seed; raises SeedError with every problem, each with its line.

    `content`, the file's bytes, is looked at only to find those lines.
    """
    log = _Log()
    has_own_words = isinstance(seed.metadata.get(OWN), dict)
    table = _OWN_ARTICLE if has_own_words else _ARTICLE
    values = _read_keys(table, seed.metadata, (), log)
    if seed.body.strip():
        log.unknown_keys.add("text below the front matter")
    log.raise_problems(content)
    values["images"] = _each_once(values["images"])
    values["topics"] = tuple(sorted(set(values["topics"])))
    return ArticleRecord(**values, unknown_keys=tuple(sorted(log.unknown_keys)))


def of_content(content: bytes) -> ArticleRecord:
    """The record of a file's bytes; raises SeedError."""
    return read(parse(content), content)


def read_own(seed: SeedFile, content: bytes, record: ArticleRecord) -> OwnWords:
    """The newsroom's own words in one of its own seeds; raises SeedError like `read`.

    Never called for a feed's: a feed does not speak for the newsroom.
    """
    log = _Log()
    mapping = seed.metadata.get(OWN)
    words = NO_WORDS
    if not isinstance(mapping, (dict, type(None))):
        reason = f"{_shown(mapping)}; expected {MAPPING}"
        log.problems.append(((OWN,), "type", reason))
    elif mapping:
        words = OwnWords(**_read_keys(_OWN, mapping, (OWN,), log))
        if words.status == "published" and words.publish_from is None:
            words = replace(words, publish_from=record.published_at)
        begins, ends = words.publish_from, words.publish_until
        if begins and ends and ends <= begins:
            reason = "not after the moment it is public from; expected a later one"
            log.problems.append(((OWN, "publishUntil"), "moment", reason))
    log.raise_problems(content)
    return words


def meaning(seed: SeedFile) -> str:
    """A digest (32 hex digits) of what the seed says, known keys and unknown ones alike.

    Left out: `secured`, which changes at every delivery and says nothing; the order of keys and of
    topics; line ends and quoting, which the parser has already taken away.
    """
    metadata = {key: value for key, value in seed.metadata.items() if key != "secured"}
    if isinstance(metadata.get("topics"), list):
        metadata["topics"] = sorted(map(str, metadata["topics"]))
    text = dumps([metadata, seed.body], sort_keys=True, ensure_ascii=True)
    return blake2b(text.encode(), digest_size=16).hexdigest()


def keyed(items) -> dict[tuple, Any]:
    """Related items (records or rows) by what tells them apart: the link, or headline and provider
    where there is none; and by occurrence, since a list may hold one link twice."""
    counts: dict[tuple, int] = {}
    result = {}
    for item in items:
        link = weblinks.normalise(item.web_url) or weblinks.normalise(item.original_url)
        provider = (item.provider.name, item.provider.domain) if item.provider else ()
        key = (link,) if link else (item.title, *provider)
        counts[key] = counts.get(key, 0) + 1
        result[(*key, counts[key])] = item
    return result


def _each_once(images: tuple[ImageRecord, ...]) -> tuple[ImageRecord, ...]:
    """A list of pictures may name one twice; the article carries it once."""
    return tuple({image.url: image for image in images}.values()) if images else ()


# For writing back -------------------------------------------------------------------------------

_TABLES = {
    "article": _ARTICLE,
    "item": _ITEM,
    "provider": _PROVIDER,
    "image": _IMAGE,
    "own": _OWN,
    "own picture": _OWN_PICTURE,
}


def key_for(kind: str, field: str, mapping: dict | None = None) -> str:
    """How a mapping of that kind (see `_TABLES`) spells a field, or would spell it."""
    key = next(key for key in _TABLES[kind].keys if key.field == field)
    return _spelling(key, mapping or {})


def with_value(kind: str, field: str, mapping: dict, value) -> dict:
    """A copy of the mapping in which a field has this value; None takes its key away.

    A key that it lacks comes where the table of keys has it.
    """
    name = key_for(kind, field, mapping)
    if value is None:
        return {key: part for key, part in mapping.items() if key != name}
    if name in mapping:
        return mapping | {name: value}
    fields = [key.field for key in _TABLES[kind].keys]
    above = {key_for(kind, other, mapping) for other in fields[: fields.index(field)]}
    place = max((place for place, key in enumerate(mapping, 1) if key in above), default=0)
    items = list(mapping.items())
    return dict([*items[:place], (name, value), *items[place:]])
