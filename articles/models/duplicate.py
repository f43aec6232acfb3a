"""Two articles that may be one story, until somebody has said whether they are."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class DuplicatePairQuerySet(models.QuerySet):
    def open(self):
        """Those that wait for an answer: neither article lies in the trash, and nobody has said
        that they are two stories. Two that were merged wait again once both are out of the trash.
        """
        alive = self.exclude(first__status="trashed").exclude(second__status="trashed")
        return alive.exclude(resolution=DuplicatePair.Resolution.DIFFERENT)

    def of(self, article):
        return self.filter(Q(first=article) | Q(second=article))


class DuplicatePair(models.Model):
    """Kept by `articles.duplicates`; what somebody has decided is never asked again."""

    class Resolution(models.TextChoices):
        OPEN = "", _("Open")
        DIFFERENT = "different", _("Not a duplicate")
        MERGED = "merged", _("Merged")

    # Without a constraint: an article that is deleted while an import finds its copy must not
    # bring the import down. Every query joins both, so a row without one is never seen.
    first = models.ForeignKey(
        "articles.Article",
        models.CASCADE,
        related_name="+",
        db_constraint=False,
        verbose_name=_("article"),
    )
    second = models.ForeignKey(
        "articles.Article",
        models.CASCADE,
        related_name="+",
        db_constraint=False,
        verbose_name=_("other article"),
    )
    is_same_link = models.BooleanField(_("same link"))
    is_alike_title = models.BooleanField(_("headlines alike"))
    found_at = models.DateTimeField(_("found"), default=timezone.now)
    resolution = models.CharField(
        _("resolution"), max_length=20, choices=Resolution.choices, blank=True, editable=False
    )
    resolved_at = models.DateTimeField(_("resolved"), null=True, blank=True, editable=False)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("resolved by"),
    )

    objects = DuplicatePairQuerySet.as_manager()

    class Meta:
        verbose_name = _("possible duplicate")
        verbose_name_plural = _("possible duplicates")
        default_permissions = ()  # who sees articles sees these; deciding has its own
        ordering = ["-found_at", "-pk"]
        indexes = [
            # The list as it opens, and the desk's count.
            models.Index(
                F("found_at").desc(),
                F("id").desc(),
                condition=~Q(resolution="different"),
                name="duplicate_open",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="duplicate_pair_once"),
            models.CheckConstraint(
                condition=Q(first__lt=F("second")), name="duplicate_pair_in_order"
            ),
        ]

    def __str__(self):
        return f"“{self.first.headline}” / “{self.second.headline}”"

    @property
    def is_open(self) -> bool:
        """The rule of `DuplicatePairQuerySet.open` for one row. Both articles loaded."""
        statuses = {self.first.status, self.second.status}
        return self.resolution != self.Resolution.DIFFERENT and "trashed" not in statuses
