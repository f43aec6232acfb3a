"""The list's actions: an editor decides about many articles at once, each on its own."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from ..models import BulkAction
from .bulk import Bulk

Deed = BulkAction.Deed


class Decisions(Bulk):
    """For the article's admin."""

    actions = ["publish_now", "hold", "send_to_review", "withdraw", "retopic", "assign"]

    @admin.action(description=_("Publish now"), permissions=["publish"])
    def publish_now(self, request, queryset):
        return self.do_to_all(request, queryset, Deed.PUBLISH)

    @admin.action(description=_("Hold"), permissions=["change"])
    def hold(self, request, queryset):
        return self.do_to_all(request, queryset, Deed.HOLD)

    @admin.action(description=_("Send to review"), permissions=["change"])
    def send_to_review(self, request, queryset):
        return self.do_to_all(request, queryset, Deed.REVIEW)

    @admin.action(description=_("Withdraw"), permissions=["publish"])
    def withdraw(self, request, queryset):
        """For the reason that is posted along, as `reason`; without one it is asked for."""
        reason = request.POST.get("reason")
        choices = {"reason": reason} if reason else {}
        return self.do_to_all(request, queryset, Deed.WITHDRAW, **choices)

    @admin.action(description=_("Change topics…"), permissions=["change"])
    def retopic(self, request, queryset):
        return self.do_to_all(request, queryset, Deed.RETOPIC)

    @admin.action(description=_("Assign…"), permissions=["change"])
    def assign(self, request, queryset):
        return self.do_to_all(request, queryset, Deed.ASSIGN)
