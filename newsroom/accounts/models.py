"""What is kept of attempts to log in: how many failed since when, and nothing once it is over."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Attempts(models.Model):
    """Failed attempts that are counted together, see `throttle`. A name that no login has is kept
    as a fingerprint alone, in `key`: it may be a password in the wrong field."""

    class Kind(models.TextChoices):
        PAIR = "pair", _("one login from one address")
        ACCOUNT = "account", _("one login from anywhere")
        ADDRESS = "address", _("any login from one address")
        BROWSER = "browser", _("one login from a browser that it was used in")

    key = models.CharField(max_length=64, unique=True)
    kind = models.CharField(_("counted"), max_length=7, choices=Kind)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        related_name="+",
        verbose_name=_("user"),
    )
    # Of IPv6 the network, as a household or an office has it.
    address = models.GenericIPAddressField(_("address"), null=True)
    failures = models.PositiveIntegerField(_("failures"), default=0)
    since = models.DateTimeField(_("since"), default=timezone.now, db_index=True)

    class Meta:
        ordering = ["-since", "-pk"]
        verbose_name = _("failed attempts to log in")
        verbose_name_plural = _("failed attempts to log in")

    def __str__(self):
        whose = self.user.get_username() if self.user else self.address or "–"
        return f"{self.get_kind_display()}: {whose}"
