"""Revisions: who changed an article, when, and every value before and after."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Revision(models.Model):
    """One change that a person made to an article. What an import changed stands in its
    `ImportedFile` already and is not kept twice; `articles.revisions` shows both as one timeline.
    """

    class Kind(models.TextChoices):
        CREATED = "written", _("Written here")
        EDIT = "edit", _("Edited")
        DECISION = "decision", _("Decided")
        PROPOSAL = "proposal", _("Feed’s value accepted")
        SOURCE = "source", _("Source chosen")
        MERGE = "merge", _("Merged")
        ASSIGNMENT = "assignment", _("Assigned")
        RESTORE = "restore", _("Restored")

    article = models.ForeignKey("articles.Article", models.CASCADE, related_name="revisions")
    at = models.DateTimeField(_("when"), default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("who"),
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    changes = models.JSONField(
        _("changes"), default=dict, help_text=_("As `importing.state.difference` writes them.")
    )
    comment = models.CharField(_("comment"), max_length=300, blank=True)
    # The article's newest ImportedFile at that moment, or 0. A run has one moment for all of its
    # files, so clocks cannot tell what came first; this can.
    last_import = models.BigIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("revision")
        verbose_name_plural = _("revisions")
        ordering = ["-pk"]

    def __str__(self):
        return f"{self.article}: {self.get_kind_display()}"
