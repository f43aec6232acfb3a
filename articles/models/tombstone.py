"""Tombstones: what was deleted for good stays deleted, whatever the feed delivers."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .fields import ByteOrderedCharField


class Tombstone(models.Model):
    """The identity of an article that was deleted: its next delivery is passed over."""

    source = models.CharField(_("source"), max_length=100)
    stem = ByteOrderedCharField(_("stem"), max_length=255)
    title = models.CharField(_("headline"), max_length=500)
    slug = models.SlugField(
        _("address"),
        max_length=200,
        blank=True,
        editable=False,
        help_text=_("Where readers saw it; blank where they never did."),
    )
    deleted_at = models.DateTimeField(_("deleted"), default=timezone.now)
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("deleted by"),
    )

    class Meta:
        verbose_name = _("deleted article")
        verbose_name_plural = _("deleted articles")
        ordering = ["-deleted_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["source", "stem"], name="tombstone_source_and_stem"),
        ]
        indexes = [
            # A reader asks for an address that is gone.
            models.Index(fields=["slug"], condition=~Q(slug=""), name="tombstone_slug"),
        ]

    def __str__(self):
        return self.title

    @classmethod
    def bury(cls, articles) -> None:
        """Keep the identity of articles that are about to be deleted."""
        cls.objects.bulk_create(
            [
                cls(
                    source=article.source,
                    stem=article.stem,
                    title=article.title,
                    slug=article.slug if article.was_public() else "",
                )
                for article in articles
            ],
            ignore_conflicts=True,
        )
