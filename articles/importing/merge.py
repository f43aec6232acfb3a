"""The three-way merge: what the feed said last, what it says now, what stands here. No ORM.

An import never overrules an editor: a value that nobody touched follows the feed, a value that an
editor changed stays. That needs no mark on the row: it was touched if it is not what the last
accepted delivery (the base) said.
"""

from collections.abc import Callable, Mapping
from typing import Any


def merge_values(
    base: Mapping[str, Any],
    theirs: Mapping[str, Any],
    ours: Mapping[str, Any],
    machine: frozenset[str] = frozenset(),
) -> tuple[dict[str, Any], list[str]]:
    """What to change in `ours`, and the names of edits that stayed though the feed moved on.

    The three have the same names. Those in `machine` always follow the feed.
    """
    changes, kept = {}, []
    for name, value in theirs.items():
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
    The order is the feed's, unless an editor reordered the list: then new items come last.
    """
    stays = [key for key in ours if key in theirs or key not in base or is_touched(key)]
    added = [key for key in theirs if key not in base and key not in ours]
    if [key for key in ours if key in base] != [key for key in base if key in ours]:
        return stays + added
    present = {*stays, *added}
    follows = [key for key in theirs if key in present]
    return follows + [key for key in stays if key not in theirs]
