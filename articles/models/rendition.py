"""Renditions: a picture in one width and form, as pages show it. See `articles/renditions.py`."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Rendition(models.Model):
    """A file that can be made again at any time from the picture's own."""

    image = models.ForeignKey("articles.Image", models.CASCADE, related_name="renditions")
    shape = models.CharField(
        _("shape"), max_length=10, help_text=_("What it shows of the picture.")
    )
    form = models.CharField(_("format"), max_length=10)
    width = models.PositiveIntegerField(_("width"), help_text=_("Pixels."))
    height = models.PositiveIntegerField(_("height"), help_text=_("Pixels."))
    # Its folder has a name by chance: it cannot be guessed, whatever is known of the picture.
    file = models.CharField(_("file"), max_length=200, unique=True)
    bytes = models.PositiveIntegerField(_("bytes"))

    class Meta:
        verbose_name = _("rendition")
        verbose_name_plural = _("renditions")
        ordering = ["image", "shape", "form", "width"]
        default_permissions = ()  # made of pictures, by nobody
        constraints = [
            models.UniqueConstraint(
                fields=["image", "shape", "form", "width"], name="rendition_made_once"
            ),
            models.CheckConstraint(
                condition=models.Q(width__gt=0, height__gt=0, bytes__gt=0),
                name="rendition_is_something",
            ),
        ]

    def __str__(self):
        return self.file
