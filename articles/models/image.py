"""Images: one row a picture, however many items it serves, described once for all of them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .. import weblinks
from .fields import BroughtBy


class Image(models.Model):
    """A picture: a link to where the feed found it, a file of our own, or both.

    Readers are shown files of ours only; without one, pages show a stand-in.
    """

    url = models.CharField(
        _("link"),
        max_length=weblinks.MAX_LENGTH,
        blank=True,
        help_text=_("Where the feed found it. Blank for a picture uploaded here."),
    )
    site = models.CharField(
        _("sender's site"),
        max_length=100,
        blank=True,
        help_text=_("The source whose site the link is relative to; blank for a whole link."),
    )
    file = models.ImageField(_("file"), upload_to="images/", max_length=200, blank=True)
    width = models.PositiveIntegerField(_("width"), null=True, blank=True, help_text=_("Pixels."))
    height = models.PositiveIntegerField(_("height"), null=True, blank=True, help_text=_("Pixels."))
    alt_text = models.CharField(
        _("alternative text"),
        max_length=500,
        blank=True,
        help_text=_("What the picture shows, for those who cannot see it. Used everywhere."),
    )
    credit = models.CharField(_("credit"), max_length=300, blank=True)
    brought_by = BroughtBy()

    class Meta:
        verbose_name = _("image")
        verbose_name_plural = _("images")
        ordering = ["-pk"]
        constraints = [
            # The import's look-up, and the promise that one picture is described once.
            models.UniqueConstraint(
                fields=["url", "site"], condition=~Q(url=""), name="image_link_once"
            ),
            models.CheckConstraint(
                condition=~Q(url="") | ~Q(file=""), name="image_has_a_link_or_a_file"
            ),
            models.CheckConstraint(
                condition=Q(width__isnull=True, height__isnull=True)
                # Said out loud: a CHECK that comes to NULL, as NULL > 0 does, lets the row in.
                | Q(width__isnull=False, height__isnull=False, width__gt=0, height__gt=0),
                name="image_size_is_whole",
            ),
        ]

    def __str__(self):
        return self.alt_text or self.file.name or self.url

    @property
    def is_portrait(self) -> bool:
        return bool(self.width and self.height and self.height > self.width)
