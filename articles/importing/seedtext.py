"""States back into seeds: the delivered file with what editors changed in it, or a new file.

The reverse of `records`. A value that nobody changed keeps its lines; what no key of a seed can say
goes under a key of the newsroom's own (`records.OWN`). What is written is read back, and has to
come to the state it was written from. No ORM.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from .. import weblinks
from . import state
from .records import (
    ARTICLE_COLUMNS,
    ITEM_COLUMNS,
    NO_WORDS,
    OWN,
    ImageKey,
    ImageRecord,
    OwnPicture,
    OwnWords,
    key_for,
    read,
    with_value,
)
from .rewriting import Kept, RewriteError, plain, rewritten, written
from .seedfile import SeedError, parse
from .state import State

# Texts that seeds write without quotes where YAML lets them.
_STYLES = {
    key_for(kind, name): ""
    for kind, name in [
        ("article", "type"),
        ("article", "topics"),
        ("provider", "name"),
        ("provider", "domain"),
        ("own", "status"),
        ("own", "slug"),
    ]
} | {"category": ""}

_RELATED = key_for("article", "related")
_UNREAD = ("secured", OWN)


class ExportError(Exception):
    """An article that no seed can be written for; the text says what stands in the way."""


@dataclass(frozen=True)
class Surroundings:
    """What a state only names: pictures and providers' logos, by their keys."""

    images: Mapping[ImageKey, ImageRecord] = field(default_factory=dict)
    logos: Mapping[tuple[str, str], ImageRecord] = field(default_factory=dict)


def exported(
    content: bytes,
    source: str,
    ours: State,
    around: Surroundings,
    words: OwnWords = NO_WORDS,
    said: OwnWords = NO_WORDS,
) -> bytes:
    """The delivered file, with what differs in `ours`, the row's state, written into it.

    `words` are the newsroom's own now, `said` what the file has made of them already. The very same
    bytes where nothing differs. Raises SeedError for a file that does not parse and ExportError.
    """
    seed = parse(content)
    base = state.of_record(read(seed, content), source)
    scribe = _Scribe(source, around)
    wanted = scribe.article(seed.metadata, base, ours)
    wanted = _with_words(wanted, words, said)
    if wanted == seed.metadata:
        _check(base, ours)
        return content
    try:
        result = rewritten(content, wanted, _STYLES)
    except RewriteError as error:
        raise ExportError(str(error)) from error
    return _checked(result, source, ours)


def new_seed(source: str, ours: State, around: Surroundings, words: OwnWords, verdict: bool):
    """A seed (bytes) for an article that no feed delivered. Raises ExportError."""
    scribe = _Scribe(source, around)
    mapping = {"category": "news", **scribe.new("article", ours, ARTICLE_COLUMNS)}
    mapping = with_value("article", "feed_published", mapping, verdict)
    if ours["topics"]:
        mapping = with_value("article", "topics", mapping, list(ours["topics"]))
    if ours["related"]:
        related = [scribe.new("item", item, ITEM_COLUMNS) for item in ours["related"].values()]
        mapping = with_value("article", "related", mapping, related)
    # Single values first, as feeds have them.
    mapping = dict(sorted(mapping.items(), key=lambda item: isinstance(item[1], (dict, list))))
    mapping = _with_words(mapping, words, NO_WORDS)
    # Its presence says that this is the newsroom's own, which may have no provider.
    mapping.setdefault(OWN, {})
    try:
        result = written(mapping, _STYLES)
    except RewriteError as error:
        raise ExportError(str(error)) from error
    return _checked(result, source, ours | {"feed_published": verdict})


def told_alone(
    content: bytes | None, source: str, ours: State, around: Surroundings
) -> tuple[dict, State]:
    """What the delivered file says with what differs in `ours` (of `state.alone`), and the state
    that it says without; what a new file would say, and `ours`, where none was delivered.

    A mapping as `seedfile` gives it, without related items and without what is nobody's to read:
    `secured`, and the newsroom's own key. Raises SeedError for a file that does not parse.
    """
    scribe = _Scribe(source, around)
    if content is None:
        mapping, base, said = scribe.new("article", ours, ARTICLE_COLUMNS), ours, ()
    else:
        seed = parse(content)
        seed.metadata.pop(_RELATED, None)  # a long read, and not told
        base = state.of_record(read(seed, content), source)
        mapping = scribe.item("article", seed.metadata, base, ours, ARTICLE_COLUMNS)
        said = base["topics"]
    mapping = scribe.with_list(mapping, "article", "topics", {"topics": said}, ours, scribe.topics)
    return plain({key: mapping[key] for key in mapping if key not in _UNREAD}), base


def _checked(content: bytes, source: str, ours: State) -> bytes:
    try:
        record = read(parse(content), content)
    except SeedError as error:
        raise ExportError(f"what stands here no seed may say: {error}") from error
    _check(state.of_record(record, source), ours)
    return content


def _check(now: State, ours: State) -> None:
    wrong = [name for name in now if not _is_same(name, now[name], ours[name])]
    if wrong:
        raise ExportError(f"a seed cannot say what stands here: {', '.join(wrong)}")


def _is_same(name: str, now, ours) -> bool:
    if name == "related":
        return list(now.items()) == list(ours.items())
    return now == ours


# The newsroom's own words -----------------------------------------------------------------------


def _with_words(mapping: dict, words: OwnWords, said: OwnWords) -> dict:
    if words == said:
        return mapping
    own = mapping.get(OWN)
    own = own if isinstance(own, dict) else {}
    for column in fields(OwnWords):
        value = getattr(words, column.name)
        if value == getattr(said, column.name):
            continue
        if column.name == "pictures":
            value = [_own_picture(picture) for picture in value]
        own = with_value("own", column.name, own, value or None)
    # Always the last key: it is the newsroom's, below all that is the feed's.
    return mapping | {OWN: own} if own else {k: v for k, v in mapping.items() if k != OWN}


def _own_picture(picture: OwnPicture) -> dict:
    mapping: dict = {}
    for column in fields(OwnPicture):
        value = getattr(picture, column.name)
        mapping = with_value("own picture", column.name, mapping, None if value == "" else value)
    return mapping


# What the feed's keys say -----------------------------------------------------------------------


class _Scribe:
    """Writes states into plain mappings as `rewriting` takes them."""

    def __init__(self, source: str, around: Surroundings):
        self.source, self.around = source, around

    def article(self, mapping: dict, base: State, ours: State) -> dict:
        mapping = self.item("article", mapping, base, ours, ARTICLE_COLUMNS)
        mapping = self.with_list(mapping, "article", "topics", base, ours, self.topics)
        return self.with_list(mapping, "article", "related", base, ours, self.related)

    def item(self, kind: str, mapping: dict, base: State, ours: State, columns) -> dict:
        for name in columns:
            if name == "provider":
                mapping = self.with_provider(kind, mapping, base[name], ours[name])
            elif ours[name] != base[name]:
                mapping = with_value(kind, name, mapping, ours[name])
        return self.with_list(mapping, kind, "images", base, ours, self.images)

    def new(self, kind: str, ours: State, columns) -> dict:
        blank = dict.fromkeys(columns) | {name: "" for name in columns if ours[name] == ""}
        blank |= {name: False for name in columns if ours[name] is False}
        return self.item(kind, {}, blank | {"images": ()}, ours, columns)

    def with_provider(self, kind: str, mapping: dict, base, ours) -> dict:
        if base == ours:
            return mapping
        if ours is None:
            return with_value(kind, "provider", mapping, None)
        provider = mapping.get(key_for(kind, "provider"))
        provider = provider if isinstance(provider, dict) else {}
        for number, name in enumerate(("name", "domain")):
            was = base[number] if base else ""
            if ours[number] != was:
                provider = with_value("provider", name, provider, ours[number])
        # The logo is the provider's: it does not stay behind with another one's name.
        logo = self.around.logos.get(ours)
        logos = [self.new_image(logo)] if logo else None
        delivered = provider.get(key_for("provider", "images"))
        if not (logo and _shows(delivered, logo)):
            provider = with_value("provider", "images", provider, logos)
        return with_value(kind, "provider", mapping, provider)

    def with_list(self, mapping: dict, kind: str, name: str, base, ours, arrange) -> dict:
        if _is_same(name, base[name], ours[name]):
            return mapping
        delivered = mapping.get(key_for(kind, name)) or []
        entries = arrange(delivered, base[name], ours[name])
        return with_value(kind, name, mapping, entries or None)

    def topics(self, delivered: list, base: tuple, ours: tuple) -> list:
        """Those that stay keep their places; a new one takes the place of one that went."""
        added = [name for name in ours if name not in base]
        entries: list = []
        for place, text in enumerate(delivered):
            if text is None or text.strip() in ours:
                entries.append(Kept(place, text))
            elif added:
                entries.append(Kept(place, added.pop(0)))
        return entries + added

    def images(self, delivered: list, base: tuple, ours: tuple) -> list:
        places: dict[ImageKey, int] = {}
        twice = []
        for place, entry in enumerate(delivered):
            key = entry and self.image_key(entry)
            if entry is None or (key in places and key in ours):
                twice.append(place)
            else:
                places.setdefault(key, place)
        order = [
            Kept(places[key], delivered[places[key]])
            if key in places
            else self.new_image(self.around.images[key])
            for key in ours
        ]
        return _arranged(order, delivered, twice)

    def related(self, delivered: list, base: dict, ours: dict) -> list:
        present = [place for place, entry in enumerate(delivered) if entry is not None]
        place_of = dict(zip(base, present, strict=True))
        origins = _origins(base, ours)
        order: list = []
        for key, item in ours.items():
            origin = origins.get(key)
            if origin is None:
                order.append(self.new("item", item, ITEM_COLUMNS))
                continue
            place = place_of[origin]
            value = self.item("item", delivered[place], base[origin], item, ITEM_COLUMNS)
            order.append(Kept(place, value))
        nulls = [place for place, entry in enumerate(delivered) if entry is None]
        return _arranged(order, delivered, nulls)

    def image_key(self, entry: dict) -> ImageKey:
        url = weblinks.normalise_image(entry[key_for("image", "url", entry)])
        return ImageRecord(url).key(self.source)

    def new_image(self, image: ImageRecord) -> dict:
        mapping: dict = {}
        for name in ("url", "width", "height", "credit"):
            mapping = with_value("image", name, mapping, getattr(image, name) or None)
        return mapping


def _arranged(order: list, delivered: list, loose: list[int]) -> list:
    """The entries in order; those at the `loose` places, which say nothing (nulls, a picture named
    again), stay behind the entry they stood behind, or go where the list was put in a new order."""
    places = [entry.place for entry in order if isinstance(entry, Kept)]
    if places != sorted(places):
        return order
    behind: dict[int, list[Kept]] = {}
    for place in loose:
        above = max((other for other in places if other < place), default=-1)
        behind.setdefault(above, []).append(Kept(place, delivered[place]))
    entries: list = behind.get(-1, [])
    for entry in order:
        entries.append(entry)
        if isinstance(entry, Kept):
            entries += behind.get(entry.place, ())
    return entries


def _origins(base: dict, ours: dict) -> dict[tuple, tuple]:
    """For each related item of ours, which of the delivered ones it was: the very same, one with
    the same link, or, where an editor changed the link, the one it has most in common with."""
    left = dict(base)
    origins: dict[tuple, tuple] = {}

    def match(is_origin) -> None:
        for key, item in ours.items():
            if key not in origins:
                candidates = [other for other in left if is_origin(other, left[other], key, item)]
                if candidates:
                    best = max(candidates, key=lambda other: _likeness(left[other], item))
                    origins[key] = best
                    del left[best]

    match(lambda other, was, key, item: other == key and was == item)
    match(lambda other, was, key, item: other[:-1] == key[:-1] and was == item)
    match(lambda other, was, key, item: other[:-1] == key[:-1])
    match(lambda other, was, key, item: _likeness(was, item) >= 2)
    return origins


def _likeness(was: State, item: State) -> int:
    """How many of the telling values two related items share."""
    names = ("title", "excerpt", "published_at", "provider", "web_url", "original_url", "images")
    return sum(was[name] == item[name] for name in names if item[name])


def _shows(images, logo: ImageRecord) -> bool:
    """Whether a provider's delivered pictures begin with that logo."""
    first = images[0] if isinstance(images, list) and images else None
    if not isinstance(first, dict):
        return False
    return weblinks.normalise_image(first.get(key_for("image", "url")) or "") == logo.url
