"""The topic and organization files behind topics and providers, kept whole."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class TaxonomyDelivery(models.Model):
    """The last accepted file at one place of one feed, byte for byte.

    Like `Delivery` for articles: the base of the merge, and what an export gives back.
    """

    class Kind(models.TextChoices):
        TOPIC = "topic", _("Topic")
        ORGANIZATION = "organization", _("Organization")

    source = models.CharField(_("source"), max_length=100)
    # 600 characters in all: PostgreSQL's index takes 2,704 bytes, and one of them may be four.
    path = models.CharField(_("path"), max_length=500, help_text=_("Within the imported folder."))
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    name = models.CharField(_("name"), max_length=200, help_text=_("As delivered."))
    domain = models.CharField(_("domain"), max_length=500, blank=True)
    content = models.BinaryField(_("file"))
    digest = models.CharField(
        max_length=32,
        help_text=_("Of the bytes and of how they are read: the same digest needs no parsing."),
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
        verbose_name = _("topic or organization file")
        verbose_name_plural = _("topic and organization files")
        ordering = ["source", "path"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "path"], name="taxonomy_delivery_once_at_a_place"
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=["topic", "organization"]),
                name="taxonomy_delivery_kind_is_known",
            ),
        ]

    def __str__(self):
        return self.path
