"""Leads: the copies of one story between which a feed swaps, and which of them it was when."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ..wording import readable


class Lead(models.Model):
    """One copy of an article's story: which provider's, at which link, and the file that said so.

    Kept from the moment that a feed first swaps one for another. One that comes a second time makes
    the article oscillate, and an editor may pin it.
    """

    article = models.ForeignKey("articles.Article", models.CASCADE, related_name="leads")
    provider_name = models.CharField(_("provider"), max_length=200, blank=True)
    domain = models.CharField(_("domain"), max_length=500, blank=True)
    link = models.TextField(_("link"), blank=True)
    content = models.BinaryField(_("file"))
    arrivals = models.PositiveIntegerField(
        _("arrivals"), default=1, help_text=_("How often it became the lead.")
    )
    last_at = models.DateTimeField(_("last delivered"))

    class Meta:
        verbose_name = _("lead")
        verbose_name_plural = _("leads")
        ordering = ["-last_at", "-pk"]

    def __str__(self):
        name = readable(self.provider_name)
        return f"{name} ({self.domain})" if self.domain else name or self.link
