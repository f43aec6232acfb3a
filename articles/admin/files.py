"""What a run did with one file: each value before and after, what was wrong, what waits."""

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.utils.translation import gettext_lazy as _

from ..importing.state import values_changed
from ..models import ImportedFile, ImportRun, Proposal
from .comparison import label, side_by_side
from .filters import ArticleFilter, FailingFilter, ProposedFilter, RunFilter
from .widgets import EMPTY, RecordAdmin, link_to_change, list_address, span

NAMED_FIELDS = 5  # in a column; the rest are counted
# Long texts, and the file that stood before: no page shows them.
HEAVY = [
    "content_before",
    *(f"article__{name}" for name in ("body", "excerpt", "note", "featured_content")),
]


@admin.register(ImportedFile)
class ImportedFileAdmin(RecordAdmin):
    list_display = ["path", "outcome_badge", "of_article", "summary", "of_run"]
    list_filter = ["outcome", FailingFilter, ProposedFilter, RunFilter, ArticleFilter]
    search_fields = ["path"]
    ordering = ["-pk"]
    list_select_related = ["article", "run"]
    fields = ["path", "outcome_badge", "of_article", "of_run", "left_alone"]
    readonly_fields = fields

    def get_queryset(self, request):
        rows = super().get_queryset(request)
        return rows.select_related("article", "run").defer(*HEAVY)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        file = self.get_object(request, unquote(object_id))
        if file is not None and self.has_view_permission(request, file):
            extra_context = {**(extra_context or {}), **_contents(file)}
        return super().change_view(request, object_id, form_url, extra_context)

    @admin.display(description=_("outcome"), ordering="outcome")
    def outcome_badge(self, file):
        return span(file.outcome, file.get_outcome_display())

    @admin.display(description=_("article"))
    def of_article(self, file):
        return link_to_change(file.article) if file.article else EMPTY

    @admin.display(description=_("import run"), ordering="run")
    def of_run(self, file):
        return link_to_change(file.run)

    @admin.display(description=_("left as it was"))
    def left_alone(self, file):
        """What an editor had changed; of a run taken back, the reasons in words."""
        is_import = file.run.kind == ImportRun.Kind.IMPORT
        return ", ".join(label(name) if is_import else name for name in file.kept) or EMPTY

    @admin.display(description=_("what happened"))
    def summary(self, file):
        return summary(file)


def summary(file) -> str:
    """The fields that changed, or what was wrong, short enough for a column."""
    if file.problems:
        line, field, _code, reason = file.problems[0]
        return f"{line}: {field}: {reason}"
    names = [label(name) for name in file.changes]
    if file.outcome == ImportedFile.Outcome.KEPT:
        return ", ".join(file.kept)
    more = len(names) - NAMED_FIELDS
    shown = ", ".join(names[:NAMED_FIELDS])
    if more > 0:
        shown = _("%(names)s and %(count)s more") % {"names": shown, "count": more}
    if waiting := conflicts(file):
        named = _("waits for an editor: %(names)s") % {"names": ", ".join(waiting[:NAMED_FIELDS])}
        shown = f"{shown}; {named}" if shown else str(named)
    return shown or EMPTY


def conflicts(file) -> list[str]:
    """The fields for which the file's value waits for an editor."""
    return [
        label(_name(item, field))
        for item, field, *_values, after in file.conflicts
        if after is not None
    ]


def _contents(file) -> dict:
    return {
        "changes": [
            (label(name), *side_by_side(name, before, after))
            for name, before, after in values_changed(file.changes)
        ],
        "raised": [_raised(*move) for move in file.conflicts],
        "proposals_url": file.article_id and list_address(Proposal, article=file.article_id),
    }


def _raised(item, field, base, before, after) -> tuple:
    """A row for one move of a proposal, see `importing.proposals.Move`."""
    name = _name(item, field)
    if after is None:
        return label(name), *side_by_side(name, base, before), _("settled: they agree again")
    event = _("waits for an editor") if before is None else _("replaces what waited")
    return label(name), *side_by_side(name, base, after), event


def _name(item, field) -> str:
    """As `state.values_changed` writes it."""
    return f"related[{item[0]}].{field}" if item else field
