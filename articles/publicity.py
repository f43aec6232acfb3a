"""What follows from an article's status and window: since when readers could see it, and since when
it is withdrawn.

Pure; called through `Article.follow`, and by `importing.upsert` for new rows, at every change of a
status or a window. What readers see now is `models.article`'s rule, not this.
"""

from datetime import datetime
from typing import Any

# The columns that `following` gives, in its order.
FOLLOWING = ("withdrawn_at", "withdrawal_reason", "first_public_at")


def following(
    status: str,
    publish_from: datetime | None,
    publish_until: datetime | None,
    *,
    at: datetime,
    now: datetime,
    withdrawn_at: datetime | None = None,
    withdrawal_reason: str = "",
    first_public_at: datetime | None = None,
) -> dict[str, Any]:
    """The columns FOLLOWING after a change to this status and window, from what stood in them.

    `at` is the moment that the change counts from (a feed may deliver late), `now` the one at which
    it is written. All moments are aware.
    """
    is_published = status == "published"
    return {
        "withdrawn_at": (withdrawn_at or at) if status == "withdrawn" else None,
        "withdrawal_reason": "" if is_published else withdrawal_reason,
        "first_public_at": first_public(
            first_public_at, is_published, publish_from, publish_until, now
        ),
    }


def first_public(
    known: datetime | None,
    is_published: bool,
    begins: datetime | None,
    ends: datetime | None,
    now: datetime,
) -> datetime | None:
    """The first moment at which readers see the article, if nothing changes after `now`; None where
    they never do.

    `known` is what this gave at the last change. What has come by `now` has happened and stays;
    what was still to come is planned anew, from the status and the window (None: no end) that
    stand from now on. So nothing need be written when time alone makes an article public: readers
    see it, or saw it before, exactly if this moment has come.
    """
    if known is not None and known <= now:
        return known
    if not is_published or begins is None:
        return None
    begins = max(begins, now)
    return begins if ends is None or begins < ends else None
