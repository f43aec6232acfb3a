"""Images: one row a picture, however many items it serves, described once for all of them."""

from collections.abc import Iterable
from typing import NamedTuple

from django.core.files.storage import default_storage
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from .. import weblinks
from .fields import BroughtBy

RENDITIONS = "renditions/"  # the folder, in the storage of all pictures


class Shown(NamedTuple):
    """A file of a picture as others are told of it; px, or None where its size is not known."""

    url: str  # as the storage gives it, perhaps only a path
    width: int | None
    height: int | None


class Served:
    """A picture with a file as pages show it, by its `served`, `width`, `height` and `address`: no
    query, and nothing is asked of the storage."""

    @property
    def tone(self) -> str:
        """Its mean colour, "#rrggbb", which stands in its place while it loads; "" for none."""
        return self.served.get("tone", "")

    def sizes(self, shape: str) -> list[tuple[int, int]]:
        """(width, height) in px of what is made of it in a shape of `scaling`, the smallest first;
        of the whole picture where that needs no crop. Empty where nothing is made."""
        return self._made("sizes", shape)[1]

    def rendition(self, shape: str, width: int, suffix: str) -> str:
        """The address of one of `sizes`."""
        return self.addresses(shape, [width], suffix)[0]

    def addresses(self, shape: str, widths: list[int], suffix: str) -> list[str]:
        """The addresses of several."""
        start = self._folder + self._made("sizes", shape)[0]
        return [f"{start}-{width}.{suffix}" for width in widths]

    def plain(self, shape: str, width: int) -> Shown:
        """For every browser and machine: the JPEG or PNG of at most that many px (of the smallest
        where all are larger), or the file itself where none is made."""
        shape, sizes = self._made("plain_sizes", shape)
        if not sizes:
            return Shown(self.address, self.width, self.height)
        wide, high = next((each for each in reversed(sizes) if each[0] <= width), sizes[0])
        return Shown(f"{self._folder}{shape}-{wide}.{self.served['plain']}", wide, high)

    def plain_sizes(self, shape: str) -> list[tuple[int, int]]:
        """Those of which there is a JPEG or PNG."""
        return self._made("plain_sizes", shape)[1]

    @property
    def for_machines(self) -> Shown:
        """What other sites and readers' programs are told of it: 1,200 px wide at most."""
        return self.plain("whole", 1200)

    def _made(self, kind: str, shape: str) -> tuple[str, list[tuple[int, int]]]:
        made = self.served.get(kind, {})
        shape = shape if shape in made else "whole"
        return shape, [tuple(size) for size in made.get(shape, [])]

    @property
    def _folder(self) -> str:
        # One call for the folder instead of one for each file: public addresses are not signed.
        return default_storage.url(RENDITIONS + self.served["at"]) + "/"


class ImageQuerySet(models.QuerySet):
    def delete(self):
        """Their files and the renditions of these go with them, once it is certain."""
        with transaction.atomic():
            _remove_files_of(self)
            return super().delete()

    delete.alters_data = True
    delete.queryset_only = True


class Image(Served, models.Model):
    """A picture: a link to where the feed found it, a file of our own, or both.

    Readers are shown files of ours only; without one, pages show a stand-in. They are shown its
    renditions where those are made (see `articles/renditions.py`), until then the file itself.
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
    # What must stay in view where a place shows less than the whole picture.
    focus_x = models.PositiveSmallIntegerField(
        _("focal point, from the left"), default=50, help_text=_("Percent of the width.")
    )
    focus_y = models.PositiveSmallIntegerField(
        _("focal point, from the top"), default=50, help_text=_("Percent of the height.")
    )
    # How fetching its file from the link went, see `articles.fetching`. A failure without a next
    # try is for good; a try without a failure brought a file.
    fetch_failures = models.PositiveSmallIntegerField(
        _("failed fetches"), default=0, editable=False, help_text=_("In a row.")
    )
    fetch_error = models.CharField(_("why it failed"), max_length=300, blank=True, editable=False)
    fetch_tried_at = models.DateTimeField(_("last fetch"), null=True, blank=True, editable=False)
    fetch_next_at = models.DateTimeField(_("next fetch"), null=True, blank=True, editable=False)
    # What a page needs to know of its renditions, so that a list asks no more queries for them:
    # "of" what they were made, "at" which folder, "tone", "plain" (the suffix of its JPEG or PNG),
    # "sizes" and "plain_sizes" (shape -> [[width, height], ...]). Empty: none are made yet.
    served = models.JSONField(default=dict, editable=False, blank=True)
    brought_by = BroughtBy()

    objects = ImageQuerySet.as_manager()

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
            models.CheckConstraint(
                condition=Q(focus_x__lte=100, focus_y__lte=100), name="image_focus_is_inside"
            ),
        ]

    def __str__(self):
        return self.alt_text or self.file.name or self.url

    def describe_fetching(self) -> str:
        """How fetching the file went, in a sentence or two; "" for what is not fetched at all.

        The reason itself stays as it was recorded, in English.
        """
        if not self.fetch_tried_at:
            return _("Not fetched yet.") if self.url and not self.file else ""
        tried_at = date_format(timezone.localtime(self.fetch_tried_at), "DATETIME_FORMAT")
        if not self.fetch_failures:
            if self.file:
                return _("Fetched on %(when)s.") % {"when": tried_at}
            return _("Fetched on %(when)s; its file was taken away since.") % {"when": tried_at}
        failed = ngettext(
            "Not fetched: %(why)s. Tried once, on %(when)s.",
            "Not fetched: %(why)s. Tried %(count)s times, last on %(when)s.",
            self.fetch_failures,
        ) % {"why": self.fetch_error, "count": self.fetch_failures, "when": tried_at}
        if not self.fetch_next_at:
            return f"{failed} {_('It will not be tried again.')}"
        next_at = date_format(timezone.localtime(self.fetch_next_at), "DATETIME_FORMAT")
        return f"{failed} {_('It will be tried again from %(when)s on.') % {'when': next_at}}"

    @property
    def is_portrait(self) -> bool:
        return bool(self.width and self.height and self.height > self.width)

    @property
    def address(self) -> str:
        """Of its file, as the storage gives it."""
        return self.file.url

    def delete(self, **options):
        """Its file and its renditions go with it, once it is certain."""
        with transaction.atomic():
            _remove_files_of(Image.objects.filter(pk=self.pk))
            return super().delete(**options)

    delete.alters_data = True


def remove_on_commit(names: Iterable[str]) -> None:
    """Remove files of pictures from the storage if this transaction succeeds. A storage that fails
    is logged: what is left lies under a name that nobody knows."""
    names = [name for name in names if name]
    if names:
        # No partial: Django logs what fails by its name, which that has not.
        transaction.on_commit(lambda: _remove(names), robust=True)


def _remove_files_of(images) -> None:
    rows = images.order_by()
    own = rows.exclude(file="").values_list("file", flat=True)
    made = rows.exclude(renditions=None).values_list("renditions__file", flat=True)
    remove_on_commit([*own, *made])


def _remove(names: list[str]) -> None:
    used = set(Image.objects.filter(file__in=names).values_list("file", flat=True))
    for name in names:
        if name not in used:
            default_storage.delete(name)
    for folder in {name.rpartition("/")[0] for name in names if name.startswith(RENDITIONS)}:
        default_storage.delete(folder)  # empty by now
