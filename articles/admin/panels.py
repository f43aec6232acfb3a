"""Around the article's form: what waits for an answer, the copies to choose from, its imports.

Each panel costs one query however many rows it has, and its buttons post to addresses of their own:
what an editor has typed into the form is no part of that.
"""

from django.contrib.admin.utils import unquote
from django.http import HttpResponseRedirect
from django.urls import reverse

from ..models import ImportedFile, Proposal
from ..roles import RESOLVE
from .clusters import Clusters
from .duplicates import PossibleDuplicates
from .files import summary
from .proposals import ACCEPT, REJECT, Answers, compared, field_of, with_what_stands
from .sources import Sources, copies_of
from .widgets import list_address, moment, own_row, pages_of_a_row, span, whole_number

PROPOSALS_SHOWN = 50
IMPORTS_SHOWN = 20


class Panels(Answers, Sources, PossibleDuplicates, Clusters):
    """For the article's admin."""

    def get_urls(self):
        views = {"proposals": self.proposals_view, "sources": self.sources_view}
        return pages_of_a_row(self, views) + super().get_urls()

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if change and obj is not None:
            context.update(_contents(obj), may_resolve=request.user.has_perm(RESOLVE))
        return super().render_change_form(request, context, add, change, form_url, obj)

    def proposals_view(self, request, object_id):
        """POST: `accept` or `reject` with the number of one of the article's proposals."""
        article = own_row(self, request, unquote(object_id), RESOLVE)
        for verb in (ACCEPT, REJECT):
            number = whole_number(request.POST.get(verb))
            if number is not None and _is_not_anothers(article, number):
                self.answer(request, [number], verb)
        return _back_to(article)

    def sources_view(self, request, object_id):
        article = own_row(self, request, unquote(object_id), RESOLVE)
        self.choose_source(request, article, request.POST)
        return _back_to(article)


def _is_not_anothers(article, number) -> bool:
    return not Proposal.objects.filter(pk=number).exclude(article=article).exists()


def _back_to(article):
    return HttpResponseRedirect(reverse("admin:articles_article_change", args=[article.pk]))


def _contents(article) -> dict:
    proposals = with_what_stands(article.proposals.open())[: PROPOSALS_SHOWN + 1]
    waiting = [
        {
            "pk": row.pk,
            "field": field_of(row),
            "sides": compared(row),
            "run": row.run,
            "at": moment(row.proposed_at),
        }
        for row in proposals
    ]
    return {
        "waiting": waiting[:PROPOSALS_SHOWN],
        "more_waiting": len(waiting) > PROPOSALS_SHOWN,
        "proposals_url": list_address(Proposal, article=article.pk),
        "copies": copies_of(article),
        "imports": [
            (row, span(row.outcome, row.get_outcome_display()), summary(row), moment(_came(row)))
            for row in _imports(article)
        ],
        "imports_url": list_address(ImportedFile, article=article.pk),
    }


def _imports(article):
    rows = article.imports.select_related("run").defer("content_before")
    return rows.order_by("-pk")[:IMPORTS_SHOWN]


def _came(row):
    return row.run.delivered_at or row.run.started_at
