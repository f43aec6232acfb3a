"""The list's actions: an editor decides about many articles at once, each on its own."""

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from ..decisions import decide
from ..models import Article
from ..wording import readable

NAMED_FAILURES = 10  # of each reason; the rest are counted


class Decisions:
    """For the article's admin."""

    actions = ["publish_now", "hold", "send_to_review", "withdraw"]

    @admin.action(description=_("Publish now"), permissions=["publish"])
    def publish_now(self, request, queryset):
        self.decide(request, queryset, Article.Status.PUBLISHED)

    @admin.action(description=_("Hold"), permissions=["change"])
    def hold(self, request, queryset):
        self.decide(request, queryset, Article.Status.HELD)

    @admin.action(description=_("Send to review"), permissions=["change"])
    def send_to_review(self, request, queryset):
        self.decide(request, queryset, Article.Status.REVIEW)

    @admin.action(description=_("Withdraw"), permissions=["publish"])
    def withdraw(self, request, queryset):
        """For the reason that is posted along, as `reason`."""
        reason = request.POST.get("reason", "")
        self.decide(request, queryset, Article.Status.WITHDRAWN, reason=reason)

    def decide(self, request, queryset, status, is_restoring=False, reason=""):
        """Each article in a transaction of its own, so that one refused leaves the others done."""
        how = {"is_restoring": is_restoring, "reason": reason}
        changed, same, failures = 0, 0, {}
        for pk, title in list(queryset.values_list("pk", "title")):
            try:
                article = decide(pk, status, request.user, **how)
            except Article.DoesNotExist:  # deleted since the list was shown
                continue
            except ValidationError as error:
                failures.setdefault(" ".join(error.messages), []).append(readable(title))
                continue
            if article is None:
                same += 1
            else:
                changed += 1
                fields = [str(Article._meta.get_field("status").verbose_name)]
                self.log_change(request, article, [{"changed": {"fields": fields}}])
        self._report(request, Article.Status(status).label, changed, same, failures)

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
