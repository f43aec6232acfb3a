"""An editor's decisions about articles: published, held, in review, withdrawn, in the trash.

The one way to a status that a person chose; called by the admin for one article and for many.
Publishing asks the `checklist` first. The feed's verdicts are `importing.upsert`'s.
"""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from . import checklist
from .importing.state import plain
from .models import Article, Pin, Revision
from .publicity import FOLLOWING
from .revisions import DECIDED, decided, record
from .roles import NOT_A_PUBLISHER, may_decide
from .wording import NOT_STORABLE

# What `Article.decide` sets.
DECISION = frozenset(
    ["status", "publish_from", "merged_into", "decided_at", "decided_by", *FOLLOWING]
)
# Of these, what a revision keeps.
_TOLD = ("status", "publish_from", "merged_into_id", "withdrawal_reason")
# No decision breaks a rule that is about these alone, and checking them costs more than the rest.
_UNTOUCHED = {field.name for field in Article._meta.concrete_fields} - {*DECISION, "publish_until"}

SAY_WHY = _("Say why it is withdrawn: colleagues will ask.")


def decide(
    pk: int, status: str, by, *, is_restoring: bool = False, reason: str = ""
) -> Article | None:
    """Set an article's status, in a transaction of its own; `is_restoring` takes it out of the
    trash first. Withdrawing needs a `reason`, one line for colleagues of at most 500 characters.

    Returns the article, its new revision as `decision` (what `undoing.token` takes), or None where
    somebody has decided just so already (a feed's verdict is no decision). Raises
    Article.DoesNotExist where it is gone, and ValidationError, with a reason for the editor, where
    it must not be, `by` not being a publisher among them.
    """
    with transaction.atomic():
        article = Article.objects.select_for_update().get(pk=pk)
        _check_trash(article, status, is_restoring)
        if not may_decide(by, article.status, status):
            raise ValidationError(NOT_A_PUBLISHER)
        now = timezone.now()
        publishes = status == Article.Status.PUBLISHED
        withdraws = status == Article.Status.WITHDRAWN
        if publishes and article.publish_until and article.publish_until <= now:
            raise ValidationError(
                _("“Publish until” has passed. Clear it or set a later one first.")
            )
        public_later = publishes and article.publish_from and article.publish_from > now
        reason = _clean(reason)
        is_new_reason = reason and reason != article.withdrawal_reason
        is_same = article.status == status and article.decided_at
        if is_same and not public_later and not (withdraws and is_new_reason):
            return None
        if withdraws and not reason:
            raise ValidationError(SAY_WHY)
        if publishes:
            checklist.check(article)
        before = {name: getattr(article, name) for name in _TOLD}
        before_decided = decided(article)
        if public_later:
            article.publish_from = now
        article.decide(status, by=by, at=now, reason=reason)
        article.validate_constraints(exclude=_UNTOUCHED)
        article.save(update_fields={*DECISION, "updated_at"})
        if status == Article.Status.TRASHED:
            # Restored, it would lead a stranger's page.
            Pin.objects.filter(article=article).delete()
        changes = {
            name: [plain(value), plain(getattr(article, name))]
            for name, value in before.items()
            if value != getattr(article, name)
        }
        changes[DECIDED] = [before_decided, decided(article)]
        article.decision = record(article, changes, by, Revision.Kind.DECISION)
        return article


def lacks_a_reason(status: str, before: str, reason: str) -> bool:
    """Whether a change of status from `before` is a withdrawal that nobody explains."""
    return status == Article.Status.WITHDRAWN != before and not reason.strip()


def _clean(reason: str) -> str:
    reason = " ".join(NOT_STORABLE.sub(" ", reason).split())
    return Article._meta.get_field("withdrawal_reason").clean(reason, None)


def _check_trash(article: Article, status: str, is_restoring: bool) -> None:
    is_trashed = article.status == Article.Status.TRASHED
    if is_restoring and not is_trashed:
        raise ValidationError(_("It is not in the trash any more."))
    if is_trashed and not is_restoring and status != Article.Status.TRASHED:
        raise ValidationError(_("It is in the trash. Restore it first."))
