"""A person's last deeds, taken back: what revisions changed is put back, as new revisions.

Called by the admin with a token that a message or a panel carried to the editor and back. Unlike
restoring (`revisions.restore`), which brings words back and never touches what is public, undoing
puts back exactly what was changed, the status too.
"""

from collections.abc import Iterable

from django.core import signing
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from .importing import state
from .importing.aliases import canonical_changes, load_aliases
from .importing.apply import apply
from .importing.references import References
from .models import Article, Revision
from .revisions import DECIDED, decided, load, record
from .roles import NOT_A_PUBLISHER, may_change, may_decide

MAX_AGE = 24 * 60 * 60  # seconds for which a token is good
_SALT = "articles.undoing"
# Two who change two parts of one of these do not stand in each other's way.
SETS = frozenset(["hidden_related"])


def token(revisions: Iterable[Revision]) -> str:
    """What `undo` takes these revisions back by: signed text, fit for an address or a form.

    Revisions of one deed; at most one of each article.
    """
    return signing.dumps([revision.pk for revision in revisions], salt=_SALT, compress=True)


def undo(token: str, by) -> list[Article]:
    """Put back what the token's revisions changed, all of it or nothing, in one transaction.

    Returns the articles as they are then, each with its new revision. Raises ValidationError, with
    a reason for the editor, where the token is forged or older than a day, where somebody or a
    delivery has changed one of the values since, and where `by` is no publisher and
    readers would see it.
    """
    numbers = _numbers(token)
    with transaction.atomic():
        found = Revision.objects.filter(pk__in=numbers).order_by("article_id", "pk")
        revisions = list(found)
        if len(revisions) != len(numbers):
            raise _gone()
        # In one order always, so that two who undo never wait for each other.
        return [_take_back(revision, by) for revision in revisions]


def _numbers(token: str) -> list[int]:
    try:
        return signing.loads(token, salt=_SALT, max_age=MAX_AGE)
    except signing.SignatureExpired as error:
        raise ValidationError(
            _("Nothing was undone: that was more than a day ago. The history can restore it.")
        ) from error
    except signing.BadSignature as error:
        raise ValidationError(_("Nothing was undone: the address is not whole.")) from error


def _take_back(revision: Revision, by) -> Article:
    article = load(revision.article_id)
    if article is None:
        raise _gone()
    changes = dict(revision.changes)
    decision = changes.pop(DECIDED, None)
    changes = canonical_changes(changes, load_aliases())
    ours = state.whole(article)
    target = _put_back(ours, changes)
    if target is None or (decision and decided(article) != decision[1]):
        raise _changed_since(article)
    is_same = article.status == target["status"]
    if not (
        may_change(by, article) if is_same else may_decide(by, article.status, target["status"])
    ):
        raise ValidationError(NOT_A_PUBLISHER)
    now = timezone.now()
    told = state.difference(ours, target)
    if decision:
        told[DECIDED] = decision[::-1]
        _decide_as(article, *decision[0])
    apply(article, ours, target, References.of_states([target]), now)
    comment = _("Undone: %(what)s, %(at)s UTC") % {
        "what": revision.get_kind_display(),
        "at": f"{revision.at:%Y-%m-%d %H:%M}",
    }
    record(article, told, by, Revision.Kind.RESTORE, str(comment))
    return article


def _gone() -> ValidationError:
    return ValidationError(_("Nothing was undone: the article has been deleted since."))


def _changed_since(article: Article) -> ValidationError:
    return ValidationError(
        _(
            "Nothing was undone: “%(headline)s” has been changed since, by a colleague or a "
            "delivery. Its history says what."
        ),
        params={"headline": article.headline},
    )


def _put_back(ours: state.State, changes: dict) -> state.State | None:
    """The state before the changes; None where one of them does not stand any more."""
    before, after = state.around(ours, changes)
    target = dict(ours)
    for name in changes:
        if name in SETS:
            target[name] = _without(ours[name], before[name], after[name])
            if target[name] is None:
                return None
        elif name in ours and ours[name] == after[name]:
            target[name] = before[name]
        else:
            return None
    return target


def _without(now: list, before: list, after: list) -> list | None:
    """What was added goes and what was taken out comes back; what else is in the set stays."""
    added = [part for part in after if part not in before]
    gone = [part for part in before if part not in after]
    if not set(added) <= set(now) or set(gone) & set(now):
        return None
    return [part for part in now if part not in added] + gone


def _decide_as(article: Article, at: str | None, by_id: int | None) -> None:
    """Who decided last, and when: nobody, where the article is to follow the feed again."""
    article.decided_at, article.decided_by_id = at and parse_datetime(at), by_id
    article.save(update_fields=["decided_at", "decided_by"])
