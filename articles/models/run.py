"""Import runs and what each did to each file: the newsroom's memory of its deliveries."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Max, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ImportRunQuerySet(models.QuerySet):
    def outdated(self, days: int, at=None):
        """Runs that ended more than `days` ago; a run that still goes on is never among them."""
        at = timezone.now() if at is None else at
        return self.filter(finished_at__lt=at - timedelta(days=days))


class ImportRun(models.Model):
    """One import of a source: who, when, with which options, and what came of it.

    Counts are of files. A run that died in the middle stays RUNNING until the next one finds it.
    """

    class Kind(models.TextChoices):
        IMPORT = "import", _("Import")
        UNDO = "undo", _("Undo")

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        FINISHED = "finished", _("Finished")
        INTERRUPTED = "interrupted", _("Interrupted")

    source = models.CharField(_("source"), max_length=100)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices, default=Kind.IMPORT)
    state = models.CharField(
        _("state"), max_length=20, choices=State.choices, default=State.RUNNING
    )
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    delivered_at = models.DateTimeField(
        _("delivered"), null=True, blank=True, help_text=_("When the feed delivered, if not now.")
    )
    operator = models.CharField(_("run by"), max_length=150, blank=True)
    options = models.JSONField(_("options"), default=dict, blank=True)
    undoes = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="undone_by",
        verbose_name=_("takes back"),
    )

    created = models.PositiveIntegerField(_("created"), default=0)
    updated = models.PositiveIntegerField(_("updated"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    skipped = models.PositiveIntegerField(
        _("in the trash"), default=0, help_text=_("Files of articles that editors threw away.")
    )
    failed = models.PositiveIntegerField(_("failed"), default=0)
    conflicts = models.PositiveIntegerField(
        _("conflicts"), default=0, help_text=_("Values that an editor and the feed both changed.")
    )
    missing = models.PositiveIntegerField(
        _("missing"),
        null=True,
        blank=True,
        help_text=_("Articles that the source no longer holds."),
    )

    filled = models.JSONField(
        default=list,
        editable=False,
        help_text=_("Shared rows that lacked a size or a logo and got it: [kind, number]."),
    )

    objects = ImportRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("import run")
        verbose_name_plural = _("import runs")
        ordering = ["-pk"]
        permissions = [("undo_importrun", _("Can take back import runs"))]
        indexes = [
            # The last whole import of each source.
            models.Index(
                fields=["source", "id"],
                condition=Q(kind="import", state="finished"),
                name="import_run_last",
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.pk}: {self.source}"

    def get_absolute_url(self):
        return reverse("admin:articles_importrun_change", args=[self.pk])

    @property
    def duration(self) -> timedelta | None:
        return self.finished_at - self.started_at if self.finished_at else None

    @property
    def total(self) -> int:
        return self.created + self.updated + self.unchanged + self.skipped + self.failed


class ImportedFileQuerySet(models.QuerySet):
    def failing(self):
        """Files that failed in the last whole import of their source: a later one that reads them
        well, or no longer holds them, takes them off."""
        whole = ImportRun.objects.filter(kind=ImportRun.Kind.IMPORT, state=ImportRun.State.FINISHED)
        last = whole.order_by().values("source").annotate(last=Max("pk")).values("last")
        return self.filter(outcome=ImportedFile.Outcome.FAILED, run__in=last)


class ImportedFile(models.Model):
    """What one run did with one file. Files in which nothing changed are only counted.

    `changes` holds each field's value before and after, as `importing.state.difference` writes it;
    with the file that stood before, it is all that taking the run back needs.
    """

    class Outcome(models.TextChoices):
        CREATED = "created", _("Created")
        UPDATED = "updated", _("Updated")
        UNCHANGED = "unchanged", _("Nothing to change")
        SKIPPED = "skipped", _("In the trash")
        FAILED = "failed", _("Failed")
        REVERTED = "reverted", _("Taken back")
        REMOVED = "removed", _("Removed")
        KEPT = "kept", _("Left as it is")

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="files")
    article = models.ForeignKey(
        "articles.Article",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="imports",
        verbose_name=_("article"),
        db_constraint=False,
    )
    path = models.CharField(_("path"), max_length=1000)
    outcome = models.CharField(_("outcome"), max_length=20, choices=Outcome.choices)
    changes = models.JSONField(_("changes"), default=dict, blank=True)
    conflicts = models.JSONField(_("conflicts"), default=list, blank=True)
    problems = models.JSONField(_("problems"), default=list, blank=True)
    kept = models.JSONField(
        _("kept"), default=list, blank=True, help_text=_("What an editor had changed, and stays.")
    )

    # The delivery as it stood before this run, to go back to.
    path_before = models.CharField(max_length=1000, blank=True)
    content_before = models.BinaryField(null=True)
    delivered_at_before = models.DateTimeField(null=True)
    run_before = models.BigIntegerField(null=True)

    objects = ImportedFileQuerySet.as_manager()

    class Meta:
        verbose_name = _("imported file")
        verbose_name_plural = _("imported files")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(path=""), name="imported_file_has_a_path"),
        ]
        indexes = [
            # The few that failed, of a run with a hundred thousand files.
            models.Index(
                fields=["run", "id"], condition=Q(outcome="failed"), name="imported_file_failed"
            ),
        ]

    def __str__(self):
        return self.path


class ProposalQuerySet(models.QuerySet):
    def open(self):
        return self.filter(resolution="")


class Proposal(models.Model):
    """A value that the feed sent for a field which an editor had changed: ours stays, this waits.

    `field` is the article's, or the related item's where one is named; "status" stands for a
    takedown of an article that an editor keeps public. Values are as `importing.state` writes them.
    """

    class Resolution(models.TextChoices):
        OPEN = "", _("Open")
        ACCEPTED = "accepted", _("Accepted")
        REJECTED = "rejected", _("Rejected")
        SETTLED = "settled", _("Settled by the feed or an edit")

    article = models.ForeignKey(
        "articles.Article", models.CASCADE, related_name="proposals", verbose_name=_("article")
    )
    related_item = models.ForeignKey(
        "articles.RelatedItem",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="proposals",
        verbose_name=_("related item"),
    )
    field = models.CharField(_("field"), max_length=50)
    base = models.JSONField(_("before"), null=True, help_text=_("What the editor had changed."))
    theirs = models.JSONField(_("the feed's"), null=True)
    run = models.ForeignKey(
        ImportRun,
        models.SET_NULL,
        null=True,
        related_name="proposals",
        verbose_name=_("import run"),
    )
    proposed_at = models.DateTimeField(_("proposed"), default=timezone.now)
    resolution = models.CharField(
        _("resolution"),
        max_length=20,
        choices=Resolution.choices,
        default=Resolution.OPEN,
        blank=True,
    )
    resolved_at = models.DateTimeField(_("resolved"), null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("resolved by"),
    )

    objects = ProposalQuerySet.as_manager()

    class Meta:
        verbose_name = _("proposal")
        verbose_name_plural = _("proposals")
        ordering = ["-proposed_at", "-pk"]
        constraints = [
            # One waits for a field: a newer delivery replaces it. (NULL is no value, so two.)
            models.UniqueConstraint(
                fields=["article", "field"],
                condition=Q(resolution="", related_item__isnull=True),
                name="proposal_open_once_for_a_field",
            ),
            models.UniqueConstraint(
                fields=["related_item", "field"],
                condition=Q(resolution="", related_item__isnull=False),
                name="proposal_open_once_for_a_related_field",
            ),
        ]
        indexes = [
            # The desk: what waits, newest first.
            models.Index(
                fields=["-proposed_at"], condition=Q(resolution=""), name="proposal_open_newest"
            ),
        ]

    def __str__(self):
        return f"{self.article}: {self.field}"
