"""The three-way merge: what the feed said last, what it says now, what stands here. No ORM.

An import never overrules an editor: a value that nobody touched follows the feed, a value that an
editor changed stays. That needs no mark on the row: it was touched if it is not what the last
accepted delivery (the base) said. Where both changed it differently, ours stays and the feed's
becomes a conflict, for an editor to look at. Lists are merged item by item.

Taking a run back is the same merge: base is what the run left, theirs what it had found.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Conflict:
    """A value that both sides changed. `item` is the related item's key, or None."""

    item: tuple | None
    field: str
    base: Any
    theirs: Any

    @property
    def name(self) -> str:
        """As editors read it: "title", or "related[https://...].title"."""
        return f"related[{self.item[0]}].{self.field}" if self.item else self.field


def merge_states(
    base: Mapping, theirs: Mapping, ours: Mapping, machine: Collection[str] = (), held=()
) -> tuple[dict[str, Any], list[Conflict]]:
    """The state that stands afterwards, and the conflicts. See `importing.state` for the shape.

    Columns in `machine` always follow the feed; names in `held` stay as they are, without a word.
    """
    merged, conflicts = dict(ours), []
    names = [name for name in theirs if name not in ("topics", "images", "related", *held)]
    changes, kept = merge_values(base, theirs, ours, machine, names)
    merged |= changes
    conflicts += [Conflict(None, name, base[name], theirs[name]) for name in kept]
    merged["topics"] = tuple(sorted(_merged_keys(base, theirs, ours, "topics")))
    if "images" not in held:
        merged["images"] = tuple(_merged_keys(base, theirs, ours, "images"))
    merged["related"] = _merge_related(base, theirs, ours, machine, conflicts)
    return merged, conflicts


def _merged_keys(base, theirs, ours, name) -> list:
    lists = (dict.fromkeys(side[name]) for side in (base, theirs, ours))
    return merge_lists(*lists, is_touched=lambda key: False)


def _merge_related(base, theirs, ours, machine, conflicts: list[Conflict]) -> dict:
    was, now, here = base["related"], theirs["related"], ours["related"]
    order = merge_lists(was, now, here, is_touched=lambda key: here[key] != was[key])
    merged = {}
    for key in order:
        if key not in here:
            merged[key] = now[key]
        elif key not in now or now[key] is None:
            merged[key] = here[key]
        else:
            item_base = was.get(key) or now[key]
            names = [name for name in now[key] if name != "images"]
            changes, kept = merge_values(item_base, now[key], here[key], machine, names)
            images = tuple(_merged_keys(item_base, now[key], here[key], "images"))
            merged[key] = here[key] | changes | {"images": images}
            conflicts += [Conflict(key, name, item_base[name], now[key][name]) for name in kept]
    return merged


def merge_values(
    base: Mapping, theirs: Mapping, ours: Mapping, machine: Collection[str] = (), names=None
) -> tuple[dict[str, Any], list[str]]:
    """What to change in `ours`, and the names of edits that stayed though the feed moved on.

    Looks at `names`, by default all that `theirs` has. Those in `machine` always follow the feed.
    """
    changes, kept = {}, []
    for name in theirs if names is None else names:
        value = theirs[name]
        if value == ours[name]:
            continue
        if name in machine or ours[name] == base[name]:
            changes[name] = value
        elif value != base[name]:
            kept.append(name)
    return changes, kept


def merge_lists(base: Mapping, theirs: Mapping, ours: Mapping, is_touched: Callable) -> list:
    """The keys that the list holds afterwards, in order.

    The three map a key to an item. The feed's additions and removals are taken, and so are the
    editors'; an item that the feed drops stays if `is_touched(key)` says an editor changed it.
    The order is the feed's, and what only stands here keeps its place behind what it stood behind;
    but where an editor reordered the list, that order stays and new items come last.
    """
    stays = [key for key in ours if key in theirs or key not in base or is_touched(key)]
    added = [key for key in theirs if key not in base and key not in ours]
    if [key for key in ours if key in base] != [key for key in base if key in ours]:
        return stays + added
    present = {*stays, *added}
    merged = [key for key in theirs if key in present]
    for place, key in enumerate(stays):
        if key in theirs:
            continue
        if place:
            merged.insert(merged.index(stays[place - 1]) + 1, key)
        elif any(other in theirs for other in stays):
            merged.insert(0, key)
        else:  # nothing is left that it stood beside
            merged.append(key)
    return merged
