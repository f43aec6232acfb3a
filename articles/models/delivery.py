"""Deliveries: the seed file behind an article, kept whole."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Delivery(models.Model):
    """The last accepted seed of an article, byte for byte.

    It is what keeps every key of a seed, known or not, and it is the base of the merge: what the
    feed said last, against which an edit and a newer delivery are told apart. It lies in a table of
    its own so that no list reads it.
    """

    article = models.OneToOneField(
        "articles.Article", models.CASCADE, primary_key=True, related_name="delivery"
    )
    path = models.CharField(_("path"), max_length=1000, help_text=_("Within the imported folder."))
    content = models.BinaryField(_("file"))
    digest = models.CharField(
        max_length=32,
        help_text=_("Of the bytes and of how they are read: the same digest needs no parsing."),
    )
    meaning = models.CharField(
        max_length=32, help_text=_("Of what the fields say, `secured` left out.")
    )
    delivered_at = models.DateTimeField(_("delivered"), default=timezone.now)
    # The run that brought what it says. No constraint: it outlives the run's record.
    run = models.ForeignKey(
        "articles.ImportRun",
        models.DO_NOTHING,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        indexes = [
            # What the import asks about every file, without reading the file that is kept.
            models.Index(fields=["article", "digest", "meaning"], name="delivery_fingerprints"),
        ]

    def __str__(self):
        return self.path
