"""What the feed proposes where an editor had changed a value: the desk's list, and its answers."""

from django.contrib import admin, messages
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import DataError, IntegrityError
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from ..importing import state
from ..importing.proposals import accept, reject
from ..models import Proposal, Revision
from ..revisions import recording
from ..roles import NOT_A_PUBLISHER, RESOLVE, may_change
from .comparison import label, side_by_side
from .filters import ArticleFilter, ResolutionFilter, RunFilter
from .widgets import EMPTY, RecordAdmin, link_to_change, moment, span

ACCEPT, REJECT = "accept", "reject"
NAMED = 10  # proposals in one message; the rest are counted
HEAVY = [
    f"article__{name}" for name in ("body", "note", "featured_content", "amp_url", "cdn_amp_url")
]


def with_what_stands(proposals):
    """The queryset with the rows that hold the value which stands here, in one query."""
    return proposals.select_related(
        "article__provider", "related_item__provider", "run", "resolved_by"
    )


class Answers:
    """For an admin that can resolve proposals: each in a transaction of its own, each said."""

    def answer(self, request, numbers, verb):
        """Accept or reject the proposals with these numbers (`verb`: ACCEPT or REJECT)."""
        done, gone, failures = [], [], []
        for pk in numbers:
            proposal = with_what_stands(Proposal.objects).filter(pk=pk).first()
            if proposal is None:
                gone.append("")
                continue
            name = name_of(proposal)
            if verb == ACCEPT and not may_change(request.user, proposal.article):
                failures.append(f"{name} ({NOT_A_PUBLISHER})")
                continue
            try:
                with recording(proposal.article_id, request.user, Revision.Kind.PROPOSAL):
                    (accept if verb == ACCEPT else reject)(proposal, request.user)
            except ObjectDoesNotExist:  # resolved, or its article deleted, in the same moment
                gone.append(name)
            except (ValidationError, DataError, IntegrityError) as error:
                failures.append(f"{name} ({error})")
            else:
                done.append(name)
                self._note(request, proposal, verb)
        self._say(request, verb, done, gone, failures)

    def _note(self, request, proposal, verb):
        told = {
            ACCEPT: _("Accepted the feed’s value: %(field)s."),
            REJECT: _("Kept ours against the feed’s value: %(field)s."),
        }
        self.log_change(request, proposal.article, told[verb] % {"field": field_of(proposal)})

    def _say(self, request, verb, done, gone, failures):
        if done and verb == ACCEPT:
            text = ngettext(
                "The feed’s value is taken: %(names)s",
                "%(count)s of the feed’s values are taken: %(names)s",
                len(done),
            )
            self._message(request, text, done, messages.SUCCESS)
        elif done:
            text = ngettext(
                "Ours is kept: %(names)s", "%(count)s of ours are kept: %(names)s", len(done)
            )
            self._message(request, text, done, messages.SUCCESS)
        if gone:
            text = ngettext(
                "%(count)s had been resolved meanwhile, by a colleague or the feed. %(names)s",
                "%(count)s had been resolved meanwhile, by colleagues or the feed. %(names)s",
                len(gone),
            )
            self._message(request, text, gone, messages.WARNING)
        if failures:
            text = ngettext(
                "%(count)s could not be taken: %(names)s",
                "%(count)s could not be taken: %(names)s",
                len(failures),
            )
            self._message(request, text, failures, messages.ERROR)

    def _message(self, request, text, names, level):
        shown = [name for name in names if name][:NAMED]
        if len(names) > NAMED:
            shown.append("…")
        values = {"count": len(names), "names": ", ".join(shown)}
        self.message_user(request, text % values, level)


class FieldFilter(admin.SimpleListFilter):
    title = _("field")
    parameter_name = "field"

    def lookups(self, request, model_admin):
        names = Proposal.objects.open().order_by().values_list("field", flat=True).distinct()
        return sorted(((name, label(name)) for name in names), key=lambda pair: pair[1])

    def queryset(self, request, queryset):
        return queryset if self.value() is None else queryset.filter(field=self.value())


@admin.register(Proposal)
class ProposalAdmin(Answers, RecordAdmin):
    actions = ["accept_theirs", "keep_ours"]
    list_display = ["headline", "what", "ours", "feeds", "proposed"]
    list_display_links = ["what"]
    list_filter = [ResolutionFilter, FieldFilter, "article__source", ArticleFilter, RunFilter]
    search_fields = ["article__title", "article__stem"]
    ordering = ["-proposed_at", "-pk"]
    fields = ["headline", "what", "ours", "feeds", "before", "proposed", "outcome"]
    readonly_fields = fields

    def get_list_display(self, request):
        is_closed = ResolutionFilter.parameter_name in request.GET
        return [*self.list_display, *(["outcome"] if is_closed else [])]

    def get_queryset(self, request):
        return with_what_stands(super().get_queryset(request)).defer(*HEAVY)

    def has_resolve_permission(self, request):
        return request.user.has_perm(RESOLVE)

    @admin.action(description=_("Accept the feed’s value"), permissions=["resolve"])
    def accept_theirs(self, request, queryset):
        self.answer(request, list(queryset.values_list("pk", flat=True)), ACCEPT)

    @admin.action(description=_("Keep ours"), permissions=["resolve"])
    def keep_ours(self, request, queryset):
        self.answer(request, list(queryset.values_list("pk", flat=True)), REJECT)

    # Columns

    @admin.display(description=_("article"), ordering="article__title")
    def headline(self, proposal):
        headline = Truncator(proposal.article.headline).chars(80) or EMPTY
        return format_html(
            '<bdi class="story">{}</bdi>', link_to_change(proposal.article, headline)
        )

    @admin.display(description=_("field"), ordering="field")
    def what(self, proposal):
        return field_of(proposal)

    @admin.display(description=_("ours, here now"))
    def ours(self, proposal):
        return _cell(_("Ours, here now"), compared(proposal)[0])

    @admin.display(description=_("the feed’s"))
    def feeds(self, proposal):
        return _cell(_("The feed’s"), compared(proposal)[1])

    @admin.display(description=_("before the edit"))
    def before(self, proposal):
        return side_by_side(proposal.field, proposal.base, proposal.base)[0]

    @admin.display(description=_("proposed"), ordering="proposed_at")
    def proposed(self, proposal):
        at = moment(proposal.proposed_at)
        if proposal.run is None:
            return at
        return format_html('{}<div class="quiet">{}</div>', at, link_to_change(proposal.run))

    @admin.display(description=_("resolution"), ordering="resolution")
    def outcome(self, proposal):
        badge = span(proposal.resolution or "open", proposal.get_resolution_display())
        if not proposal.resolved_at:
            return badge
        when = [proposal.resolved_by, moment(proposal.resolved_at)]
        text = ", ".join(str(part) for part in when if part)
        return format_html('{} <span class="state-moment">{}</span>', badge, text)


def _cell(name, value):
    """A narrow screen shows the cells below each other, each with its name."""
    return format_html('<div class="value"><span class="cell-name">{}</span>{}</div>', name, value)


def field_of(proposal) -> str:
    """The field as editors know it, with the related item it belongs to."""
    if proposal.related_item is None:
        return label(proposal.field)
    name = Truncator(proposal.related_item.headline).chars(60)
    field = label(proposal.field, type(proposal.related_item))
    return _("related “%(name)s”: %(field)s") % {"name": name, "field": field}


def name_of(proposal) -> str:
    return f"“{Truncator(proposal.article.headline).chars(80)}”, {field_of(proposal)}"


def compared(proposal) -> tuple:
    """What stands here and what the feed proposes, as HTML."""
    return side_by_side(proposal.field, stands(proposal), proposal.theirs)


def stands(proposal):
    """The plain value that stands here now."""
    row = proposal.related_item or proposal.article
    if proposal.field == "provider":
        return [row.provider.name, row.provider.domain] if row.provider else None
    return state.plain(getattr(row, proposal.field))
