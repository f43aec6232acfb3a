"""Records: a seed's mapping in, validated frozen dataclasses out. No ORM.

The seed's camelCase keys stand here only, in one table from key to field; what is a column, what a
machine writes and what is compared are all derived from it. A record holds what the newsroom uses;
keys it does not use, known or not, stay in the file itself, which `models.Delivery` keeps.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import blake2b
from json import JSONEncoder
from typing import Any

from .. import weblinks
from . import values
from .seedfile import SeedFile, parse
from .tables import LIST, MAPPING, MAPPINGS, Key, Log, Table, read_keys, spelling

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
    alt_text: str = ""
    focus_x: int | None = None  # percent from the left and from the top; None: the middle
    focus_y: int | None = None


@dataclass(frozen=True, slots=True)
class OwnWords:
    """What editors decided and wrote, which no key of a feed can say. Blank: nothing said."""

    status: str = ""  # one of OWN_STATUSES: an editor's decision
    publish_from: datetime | None = None
    publish_until: datetime | None = None
    is_kept_public: bool = False
    withdrawal_reason: str = ""
    slug: str = ""
    body: str = ""
    note: str = ""
    pictures: tuple[OwnPicture, ...] = ()


NO_WORDS = OwnWords()
MAX_OWN_TEXT = 64 * 1024  # characters


# The tables of keys ------------------------------------------------------------------------------


def read_image(mapping, path, log) -> ImageRecord:
    found = read_keys(_IMAGE, mapping, path, log)
    if found["width"] is None or found["height"] is None:
        found["width"] = found["height"] = None  # half a size reserves no space
    return ImageRecord(**found)


def _read_provider(mapping, path, log) -> ProviderRecord:
    found = read_keys(_PROVIDER, mapping, path, log)
    logos = found.pop("images")
    domain = (found["domain"] or "").lower()
    return ProviderRecord(found["name"], domain, logos[0] if logos else None)


def _read_related(mapping, path, log) -> ItemRecord:
    found = read_keys(_ITEM, mapping, path, log)
    return ItemRecord(**found | {"images": _each_once(found["images"])})


def _read_own_picture(mapping, path, log) -> "OwnPicture":
    return OwnPicture(**read_keys(_OWN_PICTURE, mapping, path, log))


_IMAGE_KEYS = (
    Key("url", "url", values.image_url),
    Key("width", "width", values.number(1)),
    Key("height", "height", values.number(1)),
    Key("attribution", "credit", values.text(300)),
)
_PROVIDER_KEYS = (
    Key("name", "name", values.name(200, required=True)),
    Key("domain", "domain", values.name(500), older=("id",)),
    Key("images", "images", read_image, MAPPINGS),
)
_ITEM_KEYS = (
    Key("title", "title", values.text(500, required=True)),
    Key("excerpt", "excerpt", values.excerpt, older=("abstract",)),
    Key("publishedDateTime", "published_at", values.moment),
    Key("type", "type", values.kind),
    Key("provider", "provider", _read_provider, MAPPING),
    Key("webUrl", "web_url", values.url, older=("sourceUrl", "url")),
    Key("originalUrl", "original_url", values.url),
    Key("ampWebUrl", "amp_url", values.loose_url, older=("ampUrl",), is_machine=True),
    Key("cdnAmpWebUrl", "cdn_amp_url", values.loose_url, older=("cdnAmpUrl",), is_machine=True),
    Key("quality", "quality", values.number(0), is_machine=True),
    Key("images", "images", read_image, MAPPINGS),
)
_ARTICLE_KEYS = (
    *(
        replace(key, is_required=True) if key.field in ("published_at", "provider") else key
        for key in _ITEM_KEYS
    ),
    Key("heat", "heat", values.number(-1), older=("score",), is_machine=True),
    Key("published", "feed_published", values.flag, is_machine=True),
    Key("removed", "feed_removed", lambda value: bool(values.flag(value)), is_machine=True),
    Key("featuredContent", "featured_content", values.excerpt),
    Key("topics", "topics", values.name(100, required=True), LIST),
    Key("related", "related", _read_related, MAPPINGS),
)
# Known and of no use here, so no warning. `secured` is opaque: never looked at, never compared.
_KEPT = frozenset(
    ["category", "updatedDateTime", "highlight", "locale", "tags", "secured", "sourceUrl"]
)
_IMAGE_KEPT = frozenset(["isCached", "title", "quality"])

# What the newsroom says of its own articles, under one key of its own that no feed is heard on.
OWN = "newsroom"
_IMAGE = Table(_IMAGE_KEYS, _IMAGE_KEPT)
_PROVIDER = Table(_PROVIDER_KEYS)
_ITEM = Table(_ITEM_KEYS, _KEPT)
_ARTICLE = Table(_ARTICLE_KEYS, _KEPT | {OWN})

_OWN_PICTURE_KEYS = (
    Key("url", "url", values.image_url),
    Key("altText", "alt_text", values.text(500)),
    Key("focusX", "focus_x", values.number(0, 100)),
    Key("focusY", "focus_y", values.number(0, 100)),
)
_OWN_KEYS = (
    Key("status", "status", values.own_status),
    Key("publishFrom", "publish_from", values.moment),
    Key("publishUntil", "publish_until", values.moment),
    Key("keepPublic", "is_kept_public", lambda value: bool(values.flag(value))),
    Key("withdrawalReason", "withdrawal_reason", values.text(500)),
    Key("slug", "slug", values.slug),
    Key("body", "body", values.text(MAX_OWN_TEXT)),
    Key("note", "note", values.text(MAX_OWN_TEXT)),
    Key("pictures", "pictures", _read_own_picture, MAPPINGS),
)
_OWN = Table(_OWN_KEYS)
_OWN_PICTURE = Table(_OWN_PICTURE_KEYS)
# The newsroom may publish an article of nobody else's.
_OWN_ARTICLE = Table(
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
    log = Log()
    has_own_words = isinstance(seed.metadata.get(OWN), dict)
    table = _OWN_ARTICLE if has_own_words else _ARTICLE
    found = read_keys(table, seed.metadata, (), log)
    if seed.body.strip():
        log.unknown_keys.add("text below the front matter")
    log.raise_problems(content)
    found["images"] = _each_once(found["images"])
    found["topics"] = tuple(sorted(set(found["topics"])))
    return ArticleRecord(**found, unknown_keys=tuple(sorted(log.unknown_keys)))


def of_content(content: bytes) -> ArticleRecord:
    """The record of a file's bytes; raises SeedError."""
    return read(parse(content), content)


def read_own(seed: SeedFile, content: bytes, record: ArticleRecord) -> OwnWords:
    """The newsroom's own words in one of its own seeds; raises SeedError like `read`.

    Never called for a feed's: a feed does not speak for the newsroom.
    """
    log = Log()
    mapping = seed.metadata.get(OWN)
    words = NO_WORDS
    if not isinstance(mapping, (dict, type(None))):
        reason = f"{values.shown(mapping)}; expected {MAPPING}"
        log.problems.append(((OWN,), "type", reason))
    elif mapping:
        words = OwnWords(**read_keys(_OWN, mapping, (OWN,), log))
        if words.status == "published" and words.publish_from is None:
            words = replace(words, publish_from=record.published_at)
        begins, ends = words.publish_from, words.publish_until
        if begins and ends and ends <= begins:
            reason = "not after the moment it is public from; expected a later one"
            log.problems.append(((OWN, "publishUntil"), "moment", reason))
    log.raise_problems(content)
    return words


_ORDERED = JSONEncoder(sort_keys=True, check_circular=False)


def meaning(seed: SeedFile) -> str:
    """A digest (32 hex digits) of what the seed says, known keys and unknown ones alike.

    Left out: `secured`, which changes at every delivery and says nothing; the order of keys and of
    topics; line ends and quoting, which the parser has already taken away.
    """
    metadata = {key: value for key, value in seed.metadata.items() if key != "secured"}
    if isinstance(metadata.get("topics"), list):
        metadata["topics"] = sorted(map(str, metadata["topics"]))
    text = _ORDERED.encode([metadata, seed.body])
    return blake2b(text.encode(), digest_size=16).hexdigest()


def keyed(items) -> dict[tuple, Any]:
    """Related items (records or rows) by what tells them apart: the link, or headline and provider
    where there is none; and by occurrence, since a list may hold one link twice."""
    counts: dict[tuple, int] = {}
    result = {}
    for item in items:
        link = weblinks.link(item.web_url, item.original_url)
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
    return spelling(key, mapping or {})


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
