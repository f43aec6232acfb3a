"""Several rows of one thing become one: the action of the providers' and of the topics' list."""

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ObjectDoesNotExist
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from ..roles import MERGE

MAX_MERGED = 50  # rows at once: as many as an editor can look through


class Merging:
    """For a list whose rows can be merged. `merge(survivor, others, by=user)` does the work."""

    actions = ["merge_into"]

    def with_what_moves(self, queryset):
        """Annotated with what `what_moves` counts."""
        return queryset

    def what_moves(self, row) -> dict:
        """Column heading to what that row brings along."""
        raise NotImplementedError

    def has_merge_permission(self, request):
        return request.user.has_perm(MERGE)

    @admin.action(description=_("Merge into…"), permissions=["merge"])
    def merge_into(self, request, queryset):
        """Asks which row survives; then merges the others into it."""
        rows = list(self.with_what_moves(queryset)[: MAX_MERGED + 1])
        if not 2 <= len(rows) <= MAX_MERGED:
            text = _("Select two or more to merge, and at most %(limit)s.") % {"limit": MAX_MERGED}
            self.message_user(request, text, messages.WARNING)
            return None
        chosen = request.POST.get("survivor", "")
        survivor = next((row for row in rows if str(row.pk) == chosen), None)
        if survivor is None:
            return self._ask(request, rows, is_unanswered="confirmed" in request.POST)
        others = [row for row in rows if row is not survivor]
        try:
            self.merge(survivor, others, by=request.user)
        except ObjectDoesNotExist:
            text = _("Nothing was merged: one of them has been deleted meanwhile. Look again.")
            self.message_user(request, text, messages.ERROR)
            return None
        text = ngettext(
            "%(count)s was merged into %(survivor)s.",
            "%(count)s were merged into %(survivor)s.",
            len(others),
        )
        values = {"count": len(others), "survivor": f"“{survivor}”"}
        self.message_user(request, text % values, messages.SUCCESS)
        return None

    def _ask(self, request, rows, is_unanswered):
        columns = [(row, self.what_moves(row)) for row in rows]
        context = {
            **self.admin_site.each_context(request),
            "title": _("Merge %(things)s") % {"things": self.opts.verbose_name_plural},
            "opts": self.opts,
            "media": self.media,
            "is_unanswered": is_unanswered,
            "headings": list(columns[0][1]),
            "rows": [(row, list(moves.values())) for row, moves in columns],
            "checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/articles/merge.html", context)
