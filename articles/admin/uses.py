"""What uses a row, said before it is deleted: counts with links, in a fixed number of queries."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.db.models import Count, OuterRef, ProtectedError, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponseRedirect
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from .widgets import link_to_change, link_to_list

NAMED = 50  # rows on the page; the rest are counted


def count_of(rows, by):
    """How many of `rows` point at the outer row through the foreign key `by`, as a subquery."""
    counts = rows.filter(**{by: OuterRef("pk")}).order_by().values(by).annotate(n=Count("pk"))
    return Coalesce(Subquery(counts.values("n")), 0)


@dataclass(frozen=True)
class Use:
    """One way in which rows are used: `rows` point at them through the foreign key `by`."""

    text: str  # "%(count)s articles", lazy and by number
    rows: Callable[[], QuerySet]
    by: str
    holds: bool = False  # what is used so cannot be deleted
    goes: str = ""  # the name of what is deleted along
    linked: tuple | None = None  # (model, name of the filter of its list[, other filters])

    def counts(self, objs) -> dict[int, int]:
        """Number of the row to how many use it so. One query."""
        rows = self.rows().filter(**{f"{self.by}__in": objs}).order_by()
        return dict(rows.values_list(self.by).annotate(n=Count("pk")))

    def line(self, pk: int, count: int):
        text = self.text % {"count": count}
        if self.linked is None:
            return text
        model, name, *more = self.linked
        return link_to_list(model, text, **{name: pk}, **(more[0] if more else {}))


class UsedBy:
    """For an admin: the stock confirmation lists every row that would go; this says what uses
    each, and refuses where something would lose by it."""

    used_in: list[Use] = []
    advice = ""  # what to do where it is refused

    def get_deleted_objects(self, objs, request):
        """As Django's own: nested lines, counts of what goes, missing permissions, and the lines of
        what stands in the way."""
        numbers = [obj.pk for obj in objs]
        counts = [(use, use.counts(self._among(objs, numbers))) for use in self.used_in]
        held = {pk for use, found in counts if use.holds for pk in found}
        lacking = set() if self.has_delete_permission(request) else {self.opts.verbose_name}
        totals = Counter({self.opts.verbose_name_plural: len(numbers)})
        for use, found in counts:
            if use.goes and found:
                totals[use.goes] += sum(found.values())
        lines = self._lines([obj for obj in objs if obj.pk not in held], counts)
        protected = self._lines([obj for obj in objs if obj.pk in held], counts)
        return lines, totals, lacking, protected

    def _among(self, objs, numbers):
        """A query where there are many: a statement holds only so many numbers."""
        return objs.order_by().values("pk") if isinstance(objs, QuerySet) else numbers

    def _lines(self, objs, counts) -> list:
        lines = []
        for obj in objs[:NAMED]:
            lines.append(
                format_html("{}: {}", capfirst(self.opts.verbose_name), link_to_change(obj))
            )
            found = [use.line(obj.pk, uses[obj.pk]) for use, uses in counts if obj.pk in uses]
            lines += [found] if found else []
        more = len(objs) - NAMED
        return lines + ([_("and %(count)s more") % {"count": more}] if more > 0 else [])

    def render_delete_form(self, request, context):
        context["advice"] = self.advice
        return super().render_delete_form(request, context)

    def delete_view(self, request, object_id, extra_context=None):
        try:
            return super().delete_view(request, object_id, extra_context)
        except ProtectedError:  # a delivery was faster
            self._say_used(request)
            return HttpResponseRedirect(request.get_full_path())

    def _say_used(self, request):
        text = _("Nothing was deleted: it has come into use meanwhile. Look again.")
        self.message_user(request, text, messages.WARNING)
