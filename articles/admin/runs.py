"""Import runs in the admin: what came of each, and taking one back."""

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import Count
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from ..importing.lock import ImportRunning
from ..importing.undo import CannotUndo, undo_import
from ..models import ImportedFile, ImportRun, Proposal
from ..roles import UNDO_RUN
from .files import conflicts
from .filters import HasConflictsFilter, HasFailuresFilter
from .widgets import (
    EMPTY,
    RecordAdmin,
    link_to_change,
    list_address,
    moment,
    own_row,
    pages_of_a_row,
    span,
)

Outcome = ImportedFile.Outcome
SHOWN = 50  # failures, conflicts and kept things on one page; the rest is a link or a number
# About 2.5 ms each, and an application server gives a page half a minute at most.
UNDONE_HERE = 5000  # files of a run; for more there is the command


@admin.register(ImportRun)
class ImportRunAdmin(RecordAdmin):
    list_display = [
        "number",
        "source",
        "state_badge",
        "began_and_lasted",
        "failures",
        "in_conflict",
        "created",
        "updated",
        "unchanged",
        "skipped",
    ]
    list_filter = ["source", "state", "kind", HasFailuresFilter, HasConflictsFilter]
    search_fields = ["source", "operator"]
    ordering = ["-pk"]
    fields = [
        "source",
        "kind",
        "state_badge",
        "began",
        "ended",
        "delivered",
        "operator",
        "given",
        "taken_back",
        "missing",
    ]

    def get_urls(self):
        return pages_of_a_row(self, {"undo": self.undo_view}) + super().get_urls()

    def get_readonly_fields(self, request, obj=None):
        return self.fields

    def get_fields(self, request, obj=None):
        shown = list(self.fields)
        for name, value in (
            ("delivered", obj and obj.delivered_at),
            ("given", obj and obj.options),
            ("missing", obj and obj.missing is not None),
            ("taken_back", obj and (obj.undoes_id or obj.undone_by.exists())),
        ):
            if not value:
                shown.remove(name)
        return shown

    # One run's page

    def change_view(self, request, object_id, form_url="", extra_context=None):
        run = self.get_object(request, unquote(object_id))
        if run is not None and self.has_view_permission(request, run):
            extra_context = {**(extra_context or {}), **_contents(run)}
            extra_context["may_undo"] = request.user.has_perm(UNDO_RUN) and _can_be_undone(run)
        return super().change_view(request, object_id, form_url, extra_context)

    def undo_view(self, request, object_id):
        """GET shows what taking the run back would do, POST does it."""
        run = own_row(self, request, unquote(object_id), UNDO_RUN)
        if run.files.count() > UNDONE_HERE:
            return self._too_many(request, run)
        is_dry_run = request.method != "POST"
        try:
            report = undo_import(
                run, is_dry_run=is_dry_run, operator=request.user.get_username()[:150]
            )
        except (CannotUndo, ImportRunning) as error:
            self.message_user(request, _refusal(error), messages.ERROR)
            return HttpResponseRedirect(run.get_absolute_url())
        if is_dry_run:
            return self._confirmation(request, run, report)
        self._say_what_was_kept(request, run, report)
        undo = ImportRun.objects.get(pk=report.run_id)
        self.log_change(request, run, str(_("Taken back by run %(run)s.") % {"run": undo.pk}))
        return HttpResponseRedirect(undo.get_absolute_url())

    def _too_many(self, request, run):
        text = _(
            "This run has more files than can be taken back while a page waits. On the server: "
            "manage.py undo_import %(run)s --dry-run shows it, and without --dry-run does it."
        )
        self.message_user(request, text % {"run": run.pk}, messages.WARNING)
        return HttpResponseRedirect(run.get_absolute_url())

    def _confirmation(self, request, run, report):
        context = {
            **self.admin_site.each_context(request),
            "title": _("Take this run back?"),
            "subtitle": str(run),
            "opts": self.opts,
            "media": self.media,
            "original": run,
            "report": report,
            "kept": report.kept[:SHOWN],
            "more_kept": max(len(report.kept) - SHOWN, 0),
        }
        return TemplateResponse(request, "admin/articles/importrun/undo.html", context)

    def _say_what_was_kept(self, request, run, report):
        done = _("Run %(run)s is taken back: %(reverted)s put back, %(removed)s removed.")
        values = {"run": run.pk, "reverted": report.reverted, "removed": report.removed}
        self.message_user(request, done % values, messages.SUCCESS)
        if report.kept:
            lines = format_html_join("", "<li>{}: {}</li>", report.kept[:SHOWN])
            if len(report.kept) > SHOWN:
                more = _("and %(count)s more") % {"count": len(report.kept) - SHOWN}
                lines += format_html("<li>{}</li>", more)
            text = format_html("{}<ul>{}</ul>", _("Kept as it is:"), lines)
            self.message_user(request, text, messages.WARNING)

    # Columns and fields

    @admin.display(description=_("run"), ordering="pk")
    def number(self, run):
        return f"{run.get_kind_display()} {run.pk}"

    @admin.display(description=_("state"), ordering="state")
    def state_badge(self, run):
        return span(run.state, run.get_state_display())

    @admin.display(description=_("started"), ordering="started_at")
    def began(self, run):
        return moment(run.started_at)

    @admin.display(description=_("started"), ordering="started_at")
    def began_and_lasted(self, run):
        rest = ", ".join(part for part in (duration(run.duration), run.operator) if part)
        return format_html('{}<div class="quiet">{}</div>', moment(run.started_at), rest)

    @admin.display(description=_("ended"))
    def ended(self, run):
        if run.finished_at is None:
            return EMPTY
        after = _("after %(time)s") % {"time": duration(run.duration)}
        return f"{moment(run.finished_at)}, {after}"

    @admin.display(description=_("delivered"))
    def delivered(self, run):
        return moment(run.delivered_at)

    @admin.display(description=_("failed"), ordering="failed")
    def failures(self, run):
        return span("failed", run.failed) if run.failed else run.failed

    @admin.display(description=_("conflicts"), ordering="conflicts")
    def in_conflict(self, run):
        return span("open", run.conflicts) if run.conflicts else run.conflicts

    @admin.display(description=_("options"))
    def given(self, run):
        return format_html_join("", "<div>{}: {}</div>", map(_option, run.options.items()))

    @admin.display(description=_("taken back"))
    def taken_back(self, run):
        if run.undoes_id:
            return format_html("{} {}", _("takes back"), link_to_change(run.undoes))
        undos = ([_("by"), link_to_change(undo)] for undo in run.undone_by.all())
        return format_html_join("", "<div>{} {}</div>", undos)


def duration(time) -> str:
    """A timedelta in the units that matter; "–" for a run that has not ended."""
    if time is None:
        return EMPTY
    seconds = time.total_seconds()
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds:.2f} s"
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02} h" if hours else f"{minutes}:{seconds:02} min"


def _option(option):
    name, value = option
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    return name, _("yes") if value is True else value


def _can_be_undone(run) -> bool:
    """As far as can be said beforehand; `undo_import` decides."""
    is_over = run.state != ImportRun.State.RUNNING
    undone = run.undone_by.filter(state=ImportRun.State.FINISHED).exists()
    return run.kind == ImportRun.Kind.IMPORT and is_over and not undone


def _refusal(error) -> str:
    if isinstance(error, ImportRunning):
        return _("An import runs (%(who)s). Try again when it has ended.") % {"who": error}
    return _("Not taken back: %(why)s.") % {"why": error}


# What a run did, never more than a page of it ---------------------------------------------------


def _contents(run) -> dict:
    """The run's counts, each with a link to its files, its first failures and conflicts. Costs four
    queries, whatever the number of files."""
    files = run.files.only("run", "path", "problems", "conflicts").order_by("pk")
    recorded = dict(run.files.order_by().values_list("outcome").annotate(n=Count("pk")))
    failures = list(files.filter(outcome=Outcome.FAILED)[: SHOWN + 1])
    conflicting = list(files.exclude(conflicts=[])[: SHOWN + 1])
    all_files = list_address(ImportedFile, run=run.pk)
    return {
        "outcomes": [
            (
                span(outcome, Outcome(outcome).label),
                count,
                f"{all_files}&outcome__exact={outcome}",
            )
            for outcome, count in sorted(recorded.items())
        ],
        # Files without a record: nothing came of them.
        "counted": [
            (Outcome(name).label, max(count - recorded.get(name, 0), 0))
            for name, count in (("unchanged", run.unchanged), ("skipped", run.skipped))
        ],
        "files_url": all_files,
        "failures": failures[:SHOWN],
        "more_failures": len(failures) > SHOWN,
        "failures_url": f"{all_files}&outcome__exact=failed",
        "conflicting": [
            (file, ", ".join(conflicts(file)) or _("settled")) for file in conflicting[:SHOWN]
        ],
        "more_conflicts": len(conflicting) > SHOWN,
        "conflicts_url": f"{all_files}&conflicts=yes",
        "proposals_url": list_address(Proposal, run=run.pk),
        "waiting": run.proposals.open().count() if run.conflicts else 0,
    }
