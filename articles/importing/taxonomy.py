"""Topic and organization files: a mapping in, validated frozen records out. No ORM.

Topic files (`_data/topics/NN-slug.yaml`) are YAML without fences and name their wider topic;
organization files (`_data/organizations/<domain>.md`) have front matter. Both say what they are
with the key `taxonomy`, which no article has. Read by `taxonomy_rows`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from . import seedfile, values
from .records import ImageRecord, read_image
from .seedfile import Problem, SeedError, SeedFile, line_of, name_of
from .tables import LIST, MAPPINGS, Key, Log, Table, read_keys

TOPIC, ORGANIZATION = "topic", "organization"
_PLAIN = (".yaml", ".yml")
_FOLDERS = frozenset(["_data", "topics", "organizations"])


@dataclass(frozen=True, slots=True)
class TopicRecord:
    """What one topic file says; a topic of which nothing is said has the defaults."""

    name: str
    short_name: str = ""
    parent: str = ""  # the wider topic's name, or ""
    description: str = ""
    keywords: tuple[str, ...] = ()
    hashtags: tuple[str, ...] = ()
    images: tuple[ImageRecord, ...] = ()
    unknown_keys: tuple[str, ...] = field(default=(), compare=False)

    kind = TOPIC

    @property
    def key(self) -> tuple[str, str]:
        return self.name, ""

    @property
    def image(self) -> ImageRecord | None:
        return largest(self.images)


@dataclass(frozen=True, slots=True)
class OrganizationRecord:
    """What one organization file says of a provider."""

    name: str
    domain: str  # lower case
    other_names: tuple[str, ...] = ()  # of the same domain
    description: str = ""
    images: tuple[ImageRecord, ...] = ()
    unknown_keys: tuple[str, ...] = field(default=(), compare=False)

    kind = ORGANIZATION

    @property
    def key(self) -> tuple[str, str]:
        return self.name, self.domain

    @property
    def image(self) -> ImageRecord | None:
        return largest(self.images)


TaxonomyRecord = TopicRecord | OrganizationRecord


def looks_like_one(path: str) -> bool:
    """Whether a file's path says that it is one. Only a hint, for reading these before articles."""
    # Asked of every file of a run, known ones too.
    return path.lower().endswith(_PLAIN) or not _FOLDERS.isdisjoint(path.split("/")[:-1])


def parse(path: str, content: bytes) -> SeedFile | None:
    """The parsed file, or None for one that says nothing of `taxonomy`: an article, or no seed.

    Raises SeedError for a file that begins like one and cannot be read.
    """
    if seedfile.is_fenced(content):
        # Looked for in the bytes first: an article is not parsed twice.
        seed = seedfile.parse(content) if b"taxonomy" in content else None
        return seed if seed and "taxonomy" in seed.metadata else None
    if not path.lower().endswith(_PLAIN):
        return None
    seed = seedfile.parse_plain(content)
    if "taxonomy" not in seed.metadata:
        why = "missing; expected “topic” or “organization” in a file without front matter"
        raise SeedError([Problem(1, "taxonomy", why, "missing")])
    return seed


def read(seed: SeedFile, content: bytes) -> TaxonomyRecord:
    """The record of a parsed file; raises SeedError with every problem, each with its line."""
    kind = seed.metadata.get("taxonomy")
    if kind not in (TOPIC, ORGANIZATION):
        shown = repr(kind) if isinstance(kind, str) else "no text"
        why = f"{shown[:60]}; expected “topic” or “organization”"
        raise SeedError([Problem(line_of(content, ("taxonomy",)), "taxonomy", why, "type")])
    table, make = _SHAPES[kind]
    log = Log()
    values = read_keys(table, _with_pictures(seed.metadata), (), log)
    if seed.body.strip():
        log.unknown_keys.add("text below the front matter")
    if log.problems:
        raise SeedError(
            [
                Problem(line_of(content, path), name_of(path), why, code)
                for path, code, why in log.problems
            ]
        )
    for name in ("keywords", "hashtags", "other_names"):
        if name in values:
            values[name] = tuple(dict.fromkeys(filter(None, values[name])))
    return make(**values, unknown_keys=tuple(sorted(log.unknown_keys)))


def largest(images: Iterable[ImageRecord]) -> ImageRecord | None:
    """The picture with the most pixels; the first of equals, or of those without a size."""
    return max(images, key=lambda image: (image.width or 0) * (image.height or 0), default=None)


def loops(parents: Mapping[str, str]) -> set[str]:
    """The names that lie above themselves, in a mapping from a name to its parent's or ""."""
    found: set[str] = set()
    done: set[str] = set()
    for name in parents:
        trail: dict[str, None] = {}
        while name and name not in done and name not in trail:
            trail[name] = None
            name = parents.get(name, "")
        if name in trail:
            names = list(trail)
            found.update(names[names.index(name) :])
        done.update(trail)
    return found


def _with_pictures(metadata: dict) -> dict:
    """Topic files list pictures by their address alone; here each becomes a mapping of it."""
    images = metadata.get("images")
    if not isinstance(images, list):
        return metadata
    return metadata | {
        "images": [{"url": image} if isinstance(image, str) else image for image in images]
    }


_TOPIC_KEYS = (
    Key("name", "name", values.name(100, required=True), is_required=True),
    Key("shortname", "short_name", values.name(100)),
    Key("parent", "parent", values.name(100)),
    Key("description", "description", values.excerpt),
    Key("keywords", "keywords", values.name(200), LIST),
    Key("hashtags", "hashtags", values.name(200), LIST),
    Key("images", "images", read_image, MAPPINGS),
)
_ORGANIZATION_KEYS = (
    Key("name", "name", values.name(200, required=True), is_required=True),
    Key(
        "domain",
        "domain",
        lambda value: values.name(500, required=True)(value).lower(),
        is_required=True,
    ),
    Key("otherNames", "other_names", values.name(200), LIST),
    Key("description", "description", values.excerpt),
    Key("images", "images", read_image, MAPPINGS),
)
_KEPT = frozenset(["taxonomy", "_id"])
_SHAPES = {
    TOPIC: (Table(_TOPIC_KEYS, _KEPT | {"services"}), TopicRecord),
    ORGANIZATION: (Table(_ORGANIZATION_KEYS, _KEPT), OrganizationRecord),
}
