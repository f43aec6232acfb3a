"""Revisions of an article: recorded, told as one timeline with its imports, compared, restored.

A person's change is a `Revision`. What an import changed stands in its `ImportedFile` and is not
kept twice. Those records go after IMPORT_RECORD_DAYS; from then on the timeline knows people's
changes alone, an older state is known as far as what is left says, and a value of which nothing is
left was set "before" that day.

Merging providers or topics is no revision: older values are told under the names that are meant now
(`importing.aliases`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from . import duplicates, tasks
from .importing import state
from .importing.aliases import canonical_changes, load_aliases
from .importing.apply import apply, with_all_that_merges
from .importing.records import MACHINE_COLUMNS
from .importing.references import References
from .models import Article, Image, ImportedFile, Revision

# Restoring words must never publish anything, nor withdraw it, nor move it; scores follow the feed.
NOT_RESTORED = frozenset(
    [*state.DECISION_COLUMNS, *MACHINE_COLUMNS]
    + ["publish_until", "is_kept_public", "withdrawal_reason", "merged_into_id", "hidden_related"]
    + ["slug"]
)
# Beside the changes of a decision, for `undoing`: who had decided before, and who does now. It is
# told by the entry itself.
DECIDED = "decided"
NOT_TOLD = frozenset(["lead", DECIDED])
Outcome = ImportedFile.Outcome


@dataclass(frozen=True, slots=True)
class Entry:
    """One step of an article's life: a Revision or, of a run, an ImportedFile."""

    row: Revision | ImportedFile
    at: datetime
    changes: dict[str, Any]

    @property
    def key(self) -> str:
        """As addresses name it: "r12", "i34"."""
        return f"{'i' if self.is_import else 'r'}{self.row.pk}"

    @property
    def is_import(self) -> bool:
        return isinstance(self.row, ImportedFile)

    @property
    def is_creation(self) -> bool:
        if self.is_import:
            return self.row.outcome == Outcome.CREATED
        return self.row.kind == Revision.Kind.CREATED


# Recording --------------------------------------------------------------------------------------


def record(article: Article, changes: dict, by, kind: str, comment: str = "") -> Revision:
    """Keep one change, in the caller's transaction, which holds the article's row locked.

    `changes` is as `state.difference` writes it. Whatever a person changed, it ends here: so this
    is where possible duplicates are looked for again, the hub is told, and pictures are fetched.
    """
    if kind == Revision.Kind.CREATED or not duplicates.WATCHED.isdisjoint(changes):
        duplicates.look_again([article.pk])
    tasks.announce({article.pk: (changes, kind == Revision.Kind.CREATED)})
    tasks.follow_changes(changes.keys(), kind == Revision.Kind.CREATED)
    last = article.imports.aggregate(last=Max("pk"))["last"] or 0
    return Revision.objects.create(
        article=article, by=by, kind=kind, changes=changes, comment=comment, last_import=last
    )


def decided(article: Article) -> list:
    """Who decided about the article and when, as DECIDED keeps it: [ISO 8601 or None, number]."""
    return [state.plain(article.decided_at), article.decided_by_id]


@contextmanager
def recording(pk: int, by, kind: str, comment: str = "") -> Iterator[None]:
    """Keep what happens inside to the article as one revision, if anything does.

    One transaction around it all, with the article's row locked from its start. What it costs
    does not grow with the rows that hang on the article.
    """
    with transaction.atomic():
        article = load(pk)
        before = article and state.whole(article)
        yield
        article = article and with_all_that_merges(Article.objects.filter(pk=pk)).first()
        if article is None:
            return
        changes = state.difference(before, state.whole(article))
        if changes:
            record(article, changes, by, kind, comment)


def load(pk: int) -> Article | None:
    """The article with all that a state holds, its row locked; None where it is gone."""
    if not Article.objects.select_for_update().filter(pk=pk).exists():
        return None
    # Read after the lock: what was committed while waiting for it is seen.
    return with_all_that_merges(Article.objects.filter(pk=pk)).first()


# Telling ----------------------------------------------------------------------------------------


def timeline(article: Article) -> list[Entry]:
    """Everything that is known to have changed the article, newest first. Four queries."""
    aliases = load_aliases()
    rows = list(article.revisions.select_related("by").order_by("-pk"))
    imports = article.imports.filter(
        outcome__in=[Outcome.CREATED, Outcome.UPDATED, Outcome.REVERTED]
    )
    files = list(imports.select_related("run").defer("content_before").order_by("-pk"))
    entries = []
    while rows or files:
        if files and (not rows or files[0].pk > rows[0].last_import):
            row = files.pop(0)
            at = row.run.started_at
        else:
            row = rows.pop(0)
            at = row.at
        changes = {name: change for name, change in row.changes.items() if name not in NOT_TOLD}
        if changes or not isinstance(row, ImportedFile) or row.outcome == Outcome.CREATED:
            entries.append(Entry(row, at, canonical_changes(changes, aliases)))
    return entries


def known_since(article: Article, at: datetime | None = None) -> datetime | None:
    """The moment before which imports may have changed the article without a record being left;
    None where its whole life is known."""
    limit = (at or timezone.now()) - timedelta(days=settings.IMPORT_RECORD_DAYS)
    return limit if article.created_at < limit and article.source != Article.NEWSROOM else None


def state_at(now: state.State, entries: list[Entry], key: str) -> state.State:
    """The state that the entry `key` left. `now` is the article's whole state, `entries` its
    timeline. Raises KeyError where there is no such entry."""
    for entry in entries:
        before, after = (_known(side) for side in state.around(now, entry.changes))
        if entry.key == key:
            return after
        now = before
    raise KeyError(key)


def _known(of: state.State) -> state.State:
    """Without the related items of which only the place in the list is on record."""
    return of | {"related": {key: item for key, item in of["related"].items() if item}}


def blame(now: state.State, entries: list[Entry]) -> dict[str, Entry | None]:
    """For each field of the whole state `now`, the entry that set what stands; None where no record
    of that is left. Related items are one field."""
    found: dict[str, Entry | None] = {}
    for entry in entries:
        for name, change in entry.changes.items():
            if name in now and name not in found:
                found[name] = entry if _stands(now, name, change) else None
    first = next((entry for entry in entries if entry.is_creation), None)
    return {name: found.get(name, first) for name in now}


def _stands(now: state.State, name: str, change) -> bool:
    if name != "related":
        return state.plain(now[name]) == change[1]
    return [list(key) for key in now["related"]] == change["order"][1]


# Restoring --------------------------------------------------------------------------------------


def to_restore(now: state.State, then: state.State) -> state.State:
    """What stands after `then` is restored over `now`."""
    return then | {name: now[name] for name in NOT_RESTORED}


def restore(article: Article, key: str, by) -> bool:
    """Put the article back to what the entry `key` left, as a new revision.

    Its status, the time it is public and the feed's scores stay: restoring never publishes
    anything. Pictures that were deleted since stay away. Returns whether anything changed; raises
    KeyError where there is no such entry, Article.DoesNotExist where the article is gone.
    """
    with transaction.atomic():
        row = load(article.pk)
        if row is None:
            raise Article.DoesNotExist
        now, entries = state.whole(row), timeline(row)
        target = to_restore(now, state_at(now, entries, key))
        uploads = _uploads_left(target)
        target = _without_lost_uploads(target, uploads)
        references = References.of_states([target])
        references.images.update(uploads)
        changes = state.difference(now, target)
        if not changes:
            return False
        apply(row, now, target, references, timezone.now())
        entry = next(entry for entry in entries if entry.key == key)
        record(row, changes, by, Revision.Kind.RESTORE, comment=f"{entry.at:%Y-%m-%d %H:%M} UTC")
        return True


def _uploads_left(target: state.State) -> dict[tuple[str, str], int]:
    """Pictures without a link are known by their number; those that are still there."""
    items = (target, *target["related"].values())
    numbers = {int(key[1]) for item in items for key in item["images"] if not key[0]}
    kept = Image.objects.filter(pk__in=numbers).values_list("pk", flat=True)
    return {("", str(pk)): pk for pk in kept}


def _without_lost_uploads(target: state.State, uploads: dict) -> state.State:
    def left(item):
        return item | {"images": tuple(k for k in item["images"] if k[0] or k in uploads)}

    related = {key: left(item) for key, item in target["related"].items()}
    return left(target) | {"related": related}
