"""Two articles about one story become one, or are two stories for good. Called by the admin.

The one that goes lies in the trash, with all that was written about it; its address leads readers
to the survivor as long as they may see that one (`views`). Out of the trash it stands on its own.
"""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .curation import take_over
from .decisions import decide
from .models import Article, ArticleImage, DuplicatePair, Revision, TopicAssignment
from .revisions import recording
from .roles import MERGE, RESOLVE

Resolution = DuplicatePair.Resolution

NOT_YOURS = _("Only a publisher may do that.")


def merge(survivor: int, other: int, by) -> list[Revision]:
    """Merge the article with the number `other` into the one with the number `survivor`.

    Our words, the note, topics and pictures fill in where the survivor has none; all else of it
    stays as it is. Returns the revisions, one or two, for `undoing.token`. Raises ValidationError,
    with a reason, where one of them is gone, lies in the trash or may not be taken from readers.
    """
    if not by.has_perm(MERGE):
        raise ValidationError(NOT_YOURS)
    with transaction.atomic():
        rows = Article.objects.filter(pk__in=[survivor, other]).order_by("pk")
        found = {row.pk: row for row in rows.select_for_update()}
        if len(found) < 2:
            raise ValidationError(_("Nothing was merged: one of the two is gone. Look again."))
        for row in found.values():
            if row.status == Article.Status.TRASHED:
                text = _("Nothing was merged: “%(headline)s” lies in the trash.")
                raise ValidationError(text, params={"headline": row.headline})
        stays, goes = found[survivor], found[other]
        before = stays.revisions.count()
        with recording(survivor, by, Revision.Kind.MERGE, f"“{goes.headline}”"[:300]):
            _fill_in(stays, goes)
        filled = list(stays.revisions.all()[: stays.revisions.count() - before])
        take_over(stays, goes)
        gone = _lead_on(goes, stays, by)
        _resolve(_pair_of(stays, goes), Resolution.MERGED, by)
        return [gone, *filled]


def tell_apart(pair: int, by) -> DuplicatePair:
    """The two are two stories: nobody is asked again, whatever is delivered.

    Raises DuplicatePair.DoesNotExist where it is none any more.
    """
    if not by.has_perm(RESOLVE):
        raise ValidationError(NOT_YOURS)
    with transaction.atomic():
        row = DuplicatePair.objects.select_for_update().get(pk=pair)
        _resolve(row, Resolution.DIFFERENT, by)
        return row


def ask_again(pair: int, by) -> DuplicatePair:
    """Take `tell_apart` back."""
    if not by.has_perm(RESOLVE):
        raise ValidationError(NOT_YOURS)
    with transaction.atomic():
        row = DuplicatePair.objects.select_for_update().get(pk=pair)
        row.resolution, row.resolved_at, row.resolved_by = Resolution.OPEN, None, None
        row.save(update_fields=["resolution", "resolved_at", "resolved_by"])
        return row


def _fill_in(stays: Article, goes: Article) -> None:
    filled = [name for name in ("body", "note") if not getattr(stays, name) and getattr(goes, name)]
    for name in filled:
        setattr(stays, name, getattr(goes, name))
    has_topics, has_pictures = stays.topic_assignments.exists(), stays.image_uses.exists()
    topics = [] if has_topics else goes.topic_assignments.values_list("tag", flat=True)
    pictures = [] if has_pictures else goes.image_uses.values_list("image", "position")
    TopicAssignment.objects.bulk_create(
        TopicAssignment(content_object=stays, tag_id=topic) for topic in topics
    )
    ArticleImage.objects.bulk_create(
        ArticleImage(article=stays, image_id=image, position=place) for image, place in pictures
    )
    if filled or topics or pictures:
        stays.save(update_fields=[*filled, "updated_at"])


def _lead_on(goes: Article, stays: Article, by) -> Revision:
    """Into the trash, its address leading to the survivor; one revision."""
    revision = decide(goes.pk, Article.Status.TRASHED, by).decision
    Article.objects.filter(pk=goes.pk).update(merged_into=stays)
    revision.kind, revision.comment = Revision.Kind.MERGE, f"→ “{stays.headline}”"[:300]
    revision.changes["merged_into_id"] = [None, stays.pk]
    revision.save(update_fields=["kind", "comment", "changes"])
    return revision


def _pair_of(one: Article, other: Article) -> DuplicatePair:
    first, second = sorted([one, other], key=lambda row: row.pk)
    signs = {"is_same_link": False, "is_alike_title": False}
    return DuplicatePair.objects.get_or_create(first=first, second=second, defaults=signs)[0]


def _resolve(pair: DuplicatePair, resolution: str, by) -> None:
    pair.resolution, pair.resolved_by = resolution, by
    pair.resolved_at = timezone.now()
    pair.save(update_fields=["resolution", "resolved_by", "resolved_at"])
