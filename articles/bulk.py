"""One deed on many articles: chosen, then done one by one, with what happened to each on record.

The choice is kept when it is made, so that it stays what the editor saw although the deed itself
changes what a filter finds. Each article has a transaction of its own, in which its outcome is
written too: whenever a process dies, the record says what was done, and `go_on` does the rest.
"""

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from .checklist import published_without
from .decisions import decide
from .deeds import assign, retopic
from .models import Article, BulkAction, BulkItem
from .tasks import gathering
from .wording import readable

SECONDS = 8  # of one request's work; the rest is asked for again, so no request grows too long
RECORD_DAYS = 14
_BATCH = 500

Deed = BulkAction.Deed
Outcome = BulkItem.Outcome
Status = Article.Status

logger = logging.getLogger(__name__)


def choose(
    by, deed: str, articles: QuerySet, filters: str = "", choices: dict[str, Any] | None = None
) -> BulkAction:
    """Keep which articles the deed is for. Nothing is done to them yet.

    `filters` is the query of the list they were chosen in, `choices` what the deed has to be told;
    None: it waits for that (`begin`). Clears away records that are too old.
    """
    now = timezone.now()
    BulkAction.objects.filter(chosen_at__lt=now - timedelta(days=RECORD_DAYS)).delete()
    with transaction.atomic():
        action = BulkAction(by=by, deed=deed, filters=filters)
        if choices is not None:
            action.choices, action.began_at = choices, now
        action.save()
        rows = articles.prefetch_related(None).values_list("pk", "title").iterator(_BATCH)
        chunk = []
        for pk, title in rows:
            chunk.append(BulkItem(action=action, article_id=pk, title=readable(title)[:500]))
            if len(chunk) == _BATCH:
                BulkItem.objects.bulk_create(chunk)
                chunk.clear()
        BulkItem.objects.bulk_create(chunk)
    return action


def begin(action: BulkAction, choices: dict[str, Any]) -> None:
    """Let the deed begin, with what it has to be told."""
    action.choices, action.began_at = choices, timezone.now()
    action.save(update_fields=["choices", "began_at"])


def go_on(action: BulkAction, seconds: float | None = None) -> bool:
    """Work on what waits, for about so many seconds (None: SECONDS). Returns whether all is done.

    Whatever goes wrong with one article is written beside it and stops no other. Two who go on with
    one action at once share the work. Raises OperationalError and InterfaceError where the database
    is away, in use for too long, or full: what was not done is still waiting then.
    """
    end = time.monotonic() + (SECONDS if seconds is None else seconds)
    waiting = action.items.filter(outcome=Outcome.WAITING).order_by("pk")
    with gathering():
        while numbers := list(waiting.values_list("pk", flat=True)[:_BATCH]):
            for number in numbers:
                if time.monotonic() >= end:
                    return False
                _do(action, number)
    return True


def counts(action: BulkAction) -> dict[int, int]:
    """How many articles had each outcome. One query."""
    rows = action.items.order_by("outcome").values_list("outcome")
    return dict(rows.annotate(Count("pk")))


def unfinished(by) -> QuerySet:
    """The editor's deeds that began and still have articles waiting, the newest first."""
    began = BulkAction.objects.filter(by=by, began_at__isnull=False)
    waiting = BulkItem.objects.filter(action=OuterRef("pk"), outcome=Outcome.WAITING)
    return began.filter(Exists(waiting))


def _do(action: BulkAction, number: int) -> None:
    with transaction.atomic():
        items = BulkItem.objects.select_for_update().filter(pk=number, outcome=Outcome.WAITING)
        item = items.first()
        if item is None:  # another request was faster
            return
        try:
            with transaction.atomic():
                item.outcome, item.reason = _done(action, item)
        except ValidationError as error:
            item.outcome, item.reason = Outcome.REFUSED, " ".join(error.messages)
        except Article.DoesNotExist:
            item.outcome = Outcome.GONE
        except (OperationalError, InterfaceError):
            raise  # of the database, not of this article: it goes on waiting
        except Exception as error:
            logger.exception("%s of article %s failed", action.deed, item.article_id)
            item.outcome, item.reason = Outcome.FAILED, _unexpected(error)
        item.save(update_fields=["outcome", "reason"])


def _unexpected(error: Exception) -> str:
    return _("Something went wrong that the server’s log tells more of (%(kind)s).") % {
        "kind": type(error).__name__
    }


def _done(action: BulkAction, item: BulkItem) -> tuple[int, str]:
    """The outcome of the deed on one article, and what to say of it."""
    if item.article_id is None:
        raise Article.DoesNotExist
    deed, fields = _DEEDS[action.deed]
    article = deed(item.article_id, action.by, action.choices)
    if article is None:
        return Outcome.SAME, ""
    names = [str(Article._meta.get_field(name).verbose_name) for name in fields]
    message = [{"changed": {"fields": names}}]
    LogEntry.objects.log_actions(
        action.by_id, [article], CHANGE, change_message=message, single_object=True
    )
    note = published_without(article) if action.deed == Deed.PUBLISH else ""
    return Outcome.CHANGED, note


def _decides(status: str, **how) -> tuple[Callable, tuple[str, ...]]:
    return (lambda pk, by, choices: decide(pk, status, by, **how, **choices)), ("status",)


def _assign(pk, by, choices):
    to = choices["to"] and get_user_model().objects.filter(pk=choices["to"]).first()
    if choices["to"] and to is None:
        raise ValidationError(_("The colleague’s account is gone."))
    return assign(pk, by, to=to)


# What each deed does with an article's number, the editor and the choices; the fields it changes.
_DEEDS = {
    Deed.PUBLISH: _decides(Status.PUBLISHED),
    Deed.HOLD: _decides(Status.HELD),
    Deed.REVIEW: _decides(Status.REVIEW),
    Deed.WITHDRAW: _decides(Status.WITHDRAWN),  # `reason` is its choice
    Deed.TRASH: _decides(Status.TRASHED),
    Deed.RESTORE: _decides(Status.HELD, is_restoring=True),
    Deed.RETOPIC: (lambda pk, by, choices: retopic(pk, by, **choices), ("topics",)),
    Deed.ASSIGN: (_assign, ("assigned_to",)),
}
