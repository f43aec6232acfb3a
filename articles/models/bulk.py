"""What an editor did to many articles at once: which were chosen, and what happened to each."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class BulkAction(models.Model):
    """One deed on the articles that were chosen when it was asked for, whatever a list shows since.

    Its items are worked one by one (`articles.bulk`); what is still waiting when a process dies is
    seen as such, and goes on from there.
    """

    class Deed(models.TextChoices):
        PUBLISH = "publish", _("Publish now")
        HOLD = "hold", _("Hold")
        REVIEW = "review", _("Send to review")
        WITHDRAW = "withdraw", _("Withdraw")
        TRASH = "trash", _("Move to the trash")
        RESTORE = "restore", _("Restore")
        RETOPIC = "retopic", _("Change topics")
        ASSIGN = "assign", _("Assign")

    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("who")
    )
    deed = models.CharField(_("deed"), max_length=20, choices=Deed.choices)
    choices = models.JSONField(
        _("choices"), default=dict, help_text=_("What the deed was told: see `articles.deeds`.")
    )
    filters = models.TextField(
        _("filters"), blank=True, help_text=_("The query of the list it was chosen in.")
    )
    chosen_at = models.DateTimeField(_("chosen"), default=timezone.now)
    began_at = models.DateTimeField(
        _("began"), null=True, blank=True, help_text=_("None: it waits for its choices.")
    )

    class Meta:
        verbose_name = _("bulk action")
        verbose_name_plural = _("bulk actions")
        default_permissions = ()  # changing the article is what it takes
        ordering = ["-pk"]

    def __str__(self):
        return self.get_deed_display()


class BulkItem(models.Model):
    class Outcome(models.IntegerChoices):
        """In the order in which they are told: what needs the editor comes first."""

        FAILED = 1, _("Failed")
        REFUSED = 2, _("Refused")
        GONE = 3, _("Deleted meanwhile")
        CHANGED = 4, _("Changed")
        SAME = 5, _("So already")
        WAITING = 9, _("Not done yet")

    action = models.ForeignKey(BulkAction, models.CASCADE, related_name="items", db_index=False)
    article = models.ForeignKey(
        "articles.Article", models.SET_NULL, null=True, related_name="+", verbose_name=_("article")
    )
    title = models.CharField(_("headline"), max_length=500)
    outcome = models.PositiveSmallIntegerField(
        _("outcome"), choices=Outcome.choices, default=Outcome.WAITING
    )
    reason = models.TextField(_("reason"), blank=True)

    class Meta:
        verbose_name = _("article of a bulk action")
        verbose_name_plural = _("articles of a bulk action")
        default_permissions = ()  # changing the article is what it takes
        ordering = ["outcome", "reason", "pk"]
        indexes = [
            # What is left to do, and the counts.
            models.Index(fields=["action", "outcome", "id"], name="bulk_item_outcome"),
        ]

    def __str__(self):
        return self.title
