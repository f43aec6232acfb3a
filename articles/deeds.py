"""What an editor does to an article from the list, besides deciding: its topics, whose it is.

Each deed is one transaction, keeps a revision, and tells whether anything changed. Called by `bulk`
and the admin.
"""

from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from .models import Article, Revision, Topic, TopicAssignment
from .revisions import record
from .roles import may_change


def retopic(pk: int, by, *, add: Collection[int] = (), take: Collection[int] = ()):
    """Give the article the topics `add` and take the topics `take` from it, by their numbers.

    Returns the article, or None where it stood like that already. Raises Article.DoesNotExist where
    it is gone, ValidationError where a topic to add is, or where readers see the article and `by`
    is no publisher.
    """
    with transaction.atomic():
        article = Article.objects.select_for_update().get(pk=pk)
        before = _topics(pk)
        missing = set(add) - before.keys()
        if len(before) == len(before.keys() - set(take)) and not missing:
            return None
        if not may_change(by, article):
            raise ValidationError(_("What readers see only a publisher changes."))
        if Topic.objects.filter(pk__in=missing).count() < len(missing):
            raise ValidationError(_("A topic that it should get has been deleted or merged."))
        TopicAssignment.objects.filter(content_object=pk, tag__in=take).delete()
        TopicAssignment.objects.bulk_create(
            TopicAssignment(content_object=article, tag_id=number) for number in sorted(missing)
        )
        Article.objects.filter(pk=pk).update(updated_at=timezone.now())
        names = [sorted(before.values()), sorted(_topics(pk).values())]
        record(article, {"topics": names}, by, Revision.Kind.EDIT)
        return article


def _topics(pk: int) -> dict[int, str]:
    rows = TopicAssignment.objects.filter(content_object=pk)
    return dict(rows.values_list("tag", "tag__name"))


def assign(pk: int, by, *, to):
    """Make the article the business of the user `to`, or nobody's (None).

    Returns the article, or None where it was so already. Raises Article.DoesNotExist.
    """
    with transaction.atomic():
        article = Article.objects.select_for_update().get(pk=pk)
        if article.assigned_to_id == (to and to.pk):
            return None
        article.assigned_to = to
        article.save(update_fields=["assigned_to"])
        note_assignment(article, by)
        return article


def note_assignment(article: Article, by) -> None:
    """Keep as a revision whose the article is now; in the transaction that wrote it."""
    to = article.assigned_to
    comment = _("to %(who)s") % {"who": to.get_username()} if to else _("to nobody")
    record(article, {}, by, Revision.Kind.ASSIGNMENT, comment)
