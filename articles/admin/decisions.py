"""The list's actions: an editor decides about many articles at once, each on its own."""

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from ..models import Article

NAMED_FAILURES = 10  # of each reason; the rest are counted
# What `Article.decide` sets.
DECISION = {"status", "publish_from", "decided_at", "decided_by"}


class Decisions:
    """For the article's admin."""

    actions = ["publish_now", "hold", "send_to_review", "withdraw"]

    @admin.action(description=_("Publish now"), permissions=["change"])
    def publish_now(self, request, queryset):
        self.decide(request, queryset, Article.Status.PUBLISHED)

    @admin.action(description=_("Hold"), permissions=["change"])
    def hold(self, request, queryset):
        self.decide(request, queryset, Article.Status.HELD)

    @admin.action(description=_("Send to review"), permissions=["change"])
    def send_to_review(self, request, queryset):
        self.decide(request, queryset, Article.Status.REVIEW)

    @admin.action(description=_("Withdraw"), permissions=["change"])
    def withdraw(self, request, queryset):
        self.decide(request, queryset, Article.Status.WITHDRAWN)

    def decide(self, request, queryset, status, is_restoring=False):
        """Each article in a transaction of its own, so that one refused leaves the others done."""
        changed, same, failures = 0, 0, {}
        for pk in list(queryset.values_list("pk", flat=True)):
            try:
                with transaction.atomic():
                    article = Article.objects.select_for_update().filter(pk=pk).first()
                    if article is None:  # deleted since the list was shown
                        continue
                    self._check_trash(article, status, is_restoring)
                    if self._decide_one(request, article, status):
                        changed += 1
                    else:
                        same += 1
            except ValidationError as error:
                failures.setdefault(" ".join(error.messages), []).append(article.headline)
        self._report(request, Article.Status(status).label, changed, same, failures)

    def _check_trash(self, article, status, is_restoring):
        is_trashed = article.status == Article.Status.TRASHED
        if is_restoring and not is_trashed:
            raise ValidationError(_("It is not in the trash any more."))
        if is_trashed and not is_restoring and status != Article.Status.TRASHED:
            raise ValidationError(_("It is in the trash. Restore it first."))

    def _decide_one(self, request, article, status) -> bool:
        """False where an editor has decided just so already; a feed's verdict is no decision."""
        now = timezone.now()
        publishes = status == Article.Status.PUBLISHED
        if publishes and article.publish_until and article.publish_until <= now:
            raise ValidationError(
                _("“Publish until” has passed. Clear it or set a later one first.")
            )
        public_later = publishes and article.publish_from and article.publish_from > now
        if article.status == status and article.decided_at and not public_later:
            return False
        if public_later:
            article.publish_from = now
        article.decide(status, by=request.user, at=now)
        article.validate_constraints()
        article.save(update_fields={*DECISION, "updated_at"})
        message = [{"changed": {"fields": [str(Article._meta.get_field("status").verbose_name)]}}]
        self.log_change(request, article, message)
        return True

    def _report(self, request, label, changed, same, failures):
        if changed:
            text = ngettext(
                "%(count)s article is now: %(label)s.",
                "%(count)s articles are now: %(label)s.",
                changed,
            )
            values = {"count": changed, "label": label}
            self.message_user(request, text % values, messages.SUCCESS)
        if same:
            text = ngettext(
                "%(count)s article was so already: %(label)s.",
                "%(count)s articles were so already: %(label)s.",
                same,
            )
            self.message_user(request, text % {"count": same, "label": label}, messages.INFO)
        for why, headlines in failures.items():
            text = ngettext(
                "%(count)s article was not changed: %(why)s – %(headlines)s",
                "%(count)s articles were not changed: %(why)s – %(headlines)s",
                len(headlines),
            )
            named = [f"“{headline}”" for headline in headlines[:NAMED_FAILURES]]
            if len(headlines) > NAMED_FAILURES:
                named.append("…")
            values = {"count": len(headlines), "why": why, "headlines": ", ".join(named)}
            self.message_user(request, text % values, messages.ERROR)
