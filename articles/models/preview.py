"""Preview links: for a while, somebody without an account sees one article before it is public."""

import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


def new_secret() -> str:
    return secrets.token_urlsafe(16)


class PreviewLinkQuerySet(models.QuerySet):
    def open(self):
        """Neither revoked nor over."""
        return self.filter(revoked_at__isnull=True, expires_at__gt=timezone.now())


class PreviewLink(models.Model):
    """Its address holds `secret` and a signature of it (`articles.previews`)."""

    article = models.ForeignKey("articles.Article", models.CASCADE, related_name="preview_links")
    secret = models.CharField(
        _("secret"),
        max_length=40,
        unique=True,
        default=new_secret,
        editable=False,
        help_text=_("128 random bits: nobody guesses them who has only the key for signing."),
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("made by"),
    )
    made_at = models.DateTimeField(_("made"), default=timezone.now)
    expires_at = models.DateTimeField(_("until"))
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    objects = PreviewLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("preview link")
        verbose_name_plural = _("preview links")
        default_permissions = ()  # changing the article is what it takes
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=models.F("made_at")), name="preview_ends_after_it_begins"
            ),
        ]

    def __str__(self):
        return f"{self.article}, {self.made_at:%Y-%m-%d %H:%M}"

    @property
    def is_open(self) -> bool:
        return self.revoked_at is None and self.expires_at > timezone.now()
