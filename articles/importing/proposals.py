"""Conflicts become proposals: ours stays public, the feed's value waits for an editor.

`record` is the import's; `accept` and `reject` are the editor's, from the admin.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from ..models import Article, Proposal, RelatedItem
from . import state
from .apply import apply, with_all_that_merges
from .merge import Conflict
from .records import keyed
from .references import References

# One change to an article's open proposals, as an import run remembers it: the related item's key
# or None, the field, what the editor had changed, the value that waited before or None, and the one
# that waits now or None.
Move = list[Any]


def record(
    article: Article,
    conflicts: Iterable[Conflict],
    theirs: state.State,
    merged: state.State,
    run_id: int | None,
    at: datetime,
) -> list[Move]:
    """Open, renew or settle the article's proposals. Returns what moved, for the run to remember.

    A proposal is settled where the feed and the row agree again, and where the feed goes back to
    what the editor had changed in the first place. Costs no query where nothing moves and the open
    proposals are loaded as `article.open_proposals`.
    """
    rows = keyed(article.related_items.all())
    key_of = {row.pk: key for key, row in rows.items()}
    waiting = {(key_of.get(p.related_item_id), p.field): p for p in article.open_proposals}
    moves = []
    for conflict in conflicts:
        base, value = state.plain(conflict.base), state.plain(conflict.theirs)
        proposal = waiting.pop((conflict.item, conflict.field), None)
        if proposal is None:
            Proposal.objects.create(
                article=article,
                related_item=rows[conflict.item] if conflict.item else None,
                field=conflict.field,
                base=base,
                theirs=value,
                run_id=run_id,
                proposed_at=at,
            )
            moves.append([_listed(conflict.item), conflict.field, base, None, value])
        elif value == proposal.base:
            moves.append(_settle(proposal, conflict.item, at))
        elif value != proposal.theirs:
            before, proposal.theirs = proposal.theirs, value
            proposal.run_id, proposal.proposed_at = run_id, at
            proposal.save(update_fields=["theirs", "run", "proposed_at"])
            moves.append([_listed(conflict.item), conflict.field, proposal.base, before, value])
    for (item, field), proposal in waiting.items():
        said, stands = _value(theirs, item, field), _value(merged, item, field)
        if said == stands:
            moves.append(_settle(proposal, item, at))
    return moves


def take_back(article_id: int, moves: Iterable[Move], run_id: int | None, since: datetime) -> None:
    """Put the article's open proposals back to where they were before `moves`. What an editor has
    decided `since` then stays decided."""
    items = RelatedItem.objects.filter(article=article_id).select_related("provider")
    rows = keyed(items)
    for item, field, base, before, after in moves:
        row = rows.get(tuple(item)) if item else None
        if item and row is None:
            continue
        found = Proposal.objects.filter(article=article_id, related_item=row, field=field)
        waiting = found.open().first()
        if after is None and waiting is None:
            decided = found.exclude(resolution=Proposal.Resolution.SETTLED)
            if not decided.filter(resolved_at__gte=since).exists():
                Proposal.objects.create(
                    article_id=article_id,
                    related_item=row,
                    field=field,
                    base=base,
                    theirs=before,
                    run_id=run_id,
                )
        elif waiting is not None and waiting.theirs == after:
            if before is None:
                waiting.delete()
            else:
                waiting.theirs = before
                waiting.save(update_fields=["theirs"])


def accept(proposal: Proposal, by) -> None:
    """Take the feed's value; from now on the field follows the feed again. Raises
    Proposal.DoesNotExist if somebody has resolved it meanwhile."""
    with transaction.atomic():
        proposal = _locked(proposal)
        article = with_all_that_merges(Article.objects).get(pk=proposal.article_id)
        ours = state.of_article(article)
        if proposal.field == "status":
            article.decide(proposal.theirs, by=by, at=timezone.now())
            article.is_kept_public = False
            article.save()
        else:
            item = _key_of(article, proposal.related_item_id)
            target = with_value(ours, item, proposal.field, proposal.theirs)
            references = References.of_states([target])
            apply(article, ours, target, references, timezone.now())
        _resolve(proposal, Proposal.Resolution.ACCEPTED, by)


def reject(proposal: Proposal, by) -> None:
    """Leave what stands here. Raises Proposal.DoesNotExist if it has been resolved meanwhile."""
    with transaction.atomic():
        _resolve(_locked(proposal), Proposal.Resolution.REJECTED, by)


def with_value(of: state.State, item: tuple | None, field: str, value) -> state.State:
    """The state with one plain value put in."""
    value = state.restored(field, value)
    if item is None:
        return of | {field: value}
    changed = of["related"][item] | {field: value}
    return of | {"related": of["related"] | {item: changed}}


def _locked(proposal: Proposal) -> Proposal:
    # The article first, as the import takes them: two who wait for each other never end.
    Article.objects.select_for_update().get(pk=proposal.article_id)
    return Proposal.objects.open().select_for_update(of=("self",)).get(pk=proposal.pk)


def _resolve(proposal: Proposal, resolution: str, by) -> None:
    proposal.resolution, proposal.resolved_by = resolution, by
    proposal.resolved_at = timezone.now()
    proposal.save(update_fields=["resolution", "resolved_by", "resolved_at"])


def _settle(proposal: Proposal, item: tuple | None, at: datetime) -> Move:
    proposal.resolution, proposal.resolved_at = Proposal.Resolution.SETTLED, at
    proposal.save(update_fields=["resolution", "resolved_at"])
    return [_listed(item), proposal.field, proposal.base, proposal.theirs, None]


def _key_of(article: Article, related_item_id: int | None) -> tuple | None:
    rows = keyed(article.related_items.all())
    return next((key for key, row in rows.items() if row.pk == related_item_id), None)


def _value(of: state.State, item: tuple | None, field: str):
    holder = of if item is None else of["related"].get(item, {})
    return holder.get(field)


def _listed(item: tuple | None) -> list | None:
    return list(item) if item else None
