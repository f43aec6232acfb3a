"""Pins: what editors keep at a place of the front page, for a while or until they let go."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

PLACES = 10  # the lead, three beside it, six with a picture below


class PinQuerySet(models.QuerySet):
    def lasting(self, at: datetime | None = None):
        """Pins that have not ended at the aware moment `at`; None: the moment the query runs."""
        at = Now() if at is None else at
        return self.filter(Q(until__isnull=True) | Q(until__gt=at))


class Pin(models.Model):
    """An article's place, from 1. It holds no place while readers may not see the article."""

    place = models.PositiveSmallIntegerField(_("place"), unique=True)
    article = models.OneToOneField("articles.Article", models.CASCADE, related_name="pin")
    until = models.DateTimeField(_("until"), null=True, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("who"),
    )
    at = models.DateTimeField(_("when"), default=timezone.now)

    objects = PinQuerySet.as_manager()

    class Meta:
        verbose_name = _("pin on the front page")
        verbose_name_plural = _("front page")
        ordering = ["place"]
        default_permissions = ()  # who publishes, pins
        constraints = [
            models.CheckConstraint(
                condition=Q(place__gte=1, place__lte=PLACES), name="pin_place_is_on_the_page"
            ),
        ]

    def __str__(self):
        return f"{self.place}: {self.article}"

    def has_ended(self, at: datetime) -> bool:
        return self.until is not None and self.until <= at
