"""States: an article as plain values, alike from a record and from a row. No ORM.

What `merge` compares, `apply` writes, an import run remembers and an undo goes back to. A state
maps each column to its value (the provider to its key) and holds three lists: `topics` (names,
sorted), `images` (keys, in order) and `related` (key to the item's own state, in order). A row's
state also holds the DECISION_COLUMNS, which no record has; a whole one the EDITOR_COLUMNS too.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from .records import (
    ARTICLE_COLUMNS,
    ITEM_COLUMNS,
    ArticleRecord,
    ItemRecord,
    keyed,
)

State = dict[str, Any]

LISTS = ("topics", "images", "related")
DECISION_COLUMNS = ("status", "publish_from", "is_oscillating")
EDITOR_COLUMNS = (
    *("publish_until", "is_kept_public", "withdrawal_reason", "merged_into_id", "hidden_related"),
    *("body", "note", "slug"),
)
_MOMENTS = ("published_at", "publish_from", "publish_until")


def of_record(record: ArticleRecord, source: str) -> State:
    """What a delivery of `source` says."""
    state = _columns(record, ARTICLE_COLUMNS)
    state["topics"] = record.topics
    state["images"] = tuple(image.key(source) for image in record.images)
    state["related"] = {
        key: of_item_record(item, source) for key, item in keyed(record.related).items()
    }
    return state


def of_item_record(record: ItemRecord, source: str) -> State:
    state = _columns(record, ITEM_COLUMNS)
    state["images"] = tuple(image.key(source) for image in record.images)
    return state


def of_article(article) -> State:
    """What stands in the row and in the rows around it.

    Costs no query if `image_uses__image`, `topic_assignments__tag` and `related_items` with their
    providers and pictures are loaded.
    """
    state = alone(article)
    state["related"] = {
        key: of_item(item) for key, item in keyed(article.related_items.all()).items()
    }
    return state


def alone(article) -> State:
    """`of_article` without its related items, which need not be loaded."""
    state = _columns(article, (*ARTICLE_COLUMNS, *DECISION_COLUMNS))
    state["topics"] = tuple(sorted(row.tag.name for row in article.topic_assignments.all()))
    state["images"] = image_keys(article)
    return state


def whole(article) -> State:
    """`of_article` with what only editors write: what revisions tell apart. Costs no more."""
    return of_article(article) | {name: getattr(article, name) for name in EDITOR_COLUMNS}


def of_item(item) -> State:
    state = _columns(item, ITEM_COLUMNS)
    state["images"] = image_keys(item)
    return state


def image_keys(owner) -> tuple:
    """The pictures of a row, in order. One without a link has its number for a name."""
    return tuple(image_key(use.image) for use in owner.image_uses.all())


def image_key(image) -> tuple[str, str]:
    return (image.url, image.site) if image.url else ("", str(image.pk))


def _columns(item, names) -> State:
    state = {name: getattr(item, name) for name in names}
    provider = item.provider
    state["provider"] = (provider.name, provider.domain) if provider else None
    return state


# Differences, as an import run remembers them ---------------------------------------------------


def difference(before: State, after: State) -> dict[str, Any]:
    """What changed from one state to the other, in JSON's own types; {} if nothing did.

    A column and the lists `topics` and `images` map to [before, after]. `related` maps to
    {"order": [keys before, keys after], "items": [[key, before or None, after or None], ...]} with
    the items that came, went or changed.
    """
    changes: dict[str, Any] = {}
    for name, value in after.items():
        if name != "related" and value != before[name]:
            changes[name] = [plain(before[name]), plain(value)]
    was, now = before["related"], after["related"]
    items = [
        [list(key), plain(was.get(key)), plain(now.get(key))]
        for key in (was | now)
        if was.get(key) != now.get(key)
    ]
    orders = [[list(key) for key in was], [list(key) for key in now]]
    if items or orders[0] != orders[1]:
        changes["related"] = {"order": orders, "items": items}
    return changes


def values_changed(changes: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """(name, value before, value after) of each change that `difference` found, as people read it:
    related items field by field, and by their headline where they came or went."""
    for name, change in changes.items():
        if name != "related":
            yield name, *change
            continue
        for key, before, after in change["items"]:
            where = f"related[{key[0]}]"
            if before is None or after is None:
                yield where, before and before["title"], after and after["title"]
                continue
            for field, value in after.items():
                if value != before[field]:
                    yield f"{where}.{field}", before[field], value
        if not change["items"]:
            yield "related (order)", *[[key[0] for key in keys] for keys in change["order"]]


def around(now: State, changes: dict[str, Any]) -> tuple[State, State]:
    """The states before and after `changes`, as far as they say; the rest as it stands `now`."""
    before, after = dict(now), dict(now)
    for name, change in changes.items():
        if name == "related":
            before["related"], after["related"] = _related_around(now["related"], change)
        else:
            before[name], after[name] = (restored(name, value) for value in change)
    return before, after


def _related_around(now: dict, change: dict) -> tuple[dict, dict]:
    changed = {
        _key(key): [value and _restored_item(value) for value in values]
        for key, *values in change["items"]
    }
    sides = []
    for side, order in enumerate(change["order"]):
        keys = [_key(key) for key in order]
        sides.append({key: changed[key][side] if key in changed else now.get(key) for key in keys})
    return sides[0], sides[1]


def _restored_item(values: dict) -> State:
    return {name: restored(name, value) for name, value in values.items()}


def _key(parts: list) -> tuple:
    return tuple(parts)


def plain(value):
    """A value in JSON's own types: moments as ISO 8601 text, tuples as lists."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, (tuple, list)):
        return [plain(part) for part in value]
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    return value


def restored(name: str, value):
    """The value of column or list `name` that `plain` wrote."""
    if name in _MOMENTS:
        return datetime.fromisoformat(value) if value else None
    if name == "images":
        return tuple(tuple(key) for key in value)
    if name in ("topics", "provider"):
        return tuple(value) if value is not None else None
    return value
