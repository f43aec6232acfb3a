"""The list's actions beyond one page: asked for, worked through, and told article by article.

An action keeps its articles first (`articles.bulk`). What needs a choice asks on a page of its own;
then the work begins, and the editor comes back to the same filtered list with what happened. Work
that takes longer than a request may goes on from the page of the action.
"""

from itertools import groupby

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy

from .. import bulk
from ..models import Article, BulkAction, BulkItem
from .choices import FORMS
from .offers import offers
from .widgets import moment, span, whole_number

CHANGE_ARTICLE = "articles.change_article"
GOING_ON = "going-on"  # in the address of an action's page: a script goes on with the work
PER_PAGE = 100
REASONS_NAMED, HEADLINES_NAMED = 5, 10  # in messages; the page of the action has them all
Deed = BulkAction.Deed
Outcome = BulkItem.Outcome

# The pages --------------------------------------------------------------------------------------


class Bulk:
    """For the article's admin."""

    def get_urls(self):
        view = self.admin_site.admin_view(self.bulk_view)
        return [
            path("bulk/<int:number>/", view, name="articles_article_bulk"),
            *super().get_urls(),
        ]

    def changelist_view(self, request, extra_context=None):
        if request.method == "GET" and request.user.has_perm(CHANGE_ARTICLE):
            self._remind(request)
        return super().changelist_view(request, extra_context)

    def _remind(self, request):
        if (unfinished := offers(request).deed) is not None:
            number, deed = unfinished
            text = _("“%(deed)s” has not come to its end.") % {"deed": Deed(deed).label}
            address = reverse("admin:articles_article_bulk", args=[number])
            link = format_html('{} <a href="{}">{}</a>', text, address, _("Go on"))
            self.message_user(request, link, messages.WARNING)

    def do_to_all(self, request, queryset, deed, **choices):
        """For an action of the list. Returns where to go; None is back to the list."""
        is_asking = deed in FORMS and not choices
        told = None if is_asking else choices
        action = bulk.choose(request.user, deed, queryset, request.GET.urlencode(), told)
        return HttpResponseRedirect(_address(action)) if is_asking else self._work(request, action)

    def _work(self, request, action):
        if not bulk.go_on(action):
            return HttpResponseRedirect(f"{_address(action)}?{GOING_ON}=1")
        self._tell(request, action)
        return None

    def bulk_view(self, request, number):
        """GET asks what the deed has to be told, or tells what happened to each article; POST
        begins, or goes on."""
        if not request.user.has_perm(CHANGE_ARTICLE):
            raise PermissionDenied
        action = get_object_or_404(BulkAction, pk=number, by=request.user)
        if action.began_at is None:
            return self._ask(request, action)
        if request.method == "POST":
            return self._work(request, action) or HttpResponseRedirect(_list_of(action))
        return self._bulk_page(request, action, "bulk", _contents(request, action))

    def _ask(self, request, action):
        data = request.POST if request.method == "POST" else None
        form = FORMS[action.deed](data, admin_site=self.admin_site)
        if form.is_valid():
            bulk.begin(action, form.choices_of_deed())
            return self._work(request, action) or HttpResponseRedirect(_list_of(action))
        context = {"form": form, "count": action.items.count(), "media": self.media + form.media}
        return self._bulk_page(request, action, "bulk_choices", context)

    def _bulk_page(self, request, action, name, context):
        context = {
            **self.admin_site.each_context(request),
            "title": action.get_deed_display(),
            "opts": self.opts,
            "media": self.media,
            "action": action,
            "list_url": _list_of(action),
            **context,
        }
        return TemplateResponse(request, f"admin/articles/article/{name}.html", context)

    def _tell(self, request, action):
        """In a few messages, with a link to what happened to each."""
        counts = bulk.counts(action)
        for outcome, level in _LEVELS.items():
            if count := counts.get(outcome):
                self.message_user(request, _summary(action, outcome, count), level)
        for text in _warnings(action):
            self.message_user(request, text, messages.WARNING)
        for text in _refusals(action):
            self.message_user(request, text, messages.ERROR)
        if sum(counts.values()) > 1:
            link = format_html('<a href="{}">{}</a>', _address(action), _("What happened to each"))
            self.message_user(request, link, messages.INFO)


# What happened, in words ------------------------------------------------------------------------

_BADGES = {
    Outcome.FAILED: "failed",
    Outcome.REFUSED: "withdrawn",
    Outcome.CHANGED: "published",
    Outcome.WAITING: "review",
}
_LEVELS = {
    Outcome.CHANGED: messages.SUCCESS,
    Outcome.SAME: messages.INFO,
    Outcome.GONE: messages.WARNING,
}
_STATUS_OF = {
    Deed.PUBLISH: Article.Status.PUBLISHED,
    Deed.HOLD: Article.Status.HELD,
    Deed.REVIEW: Article.Status.REVIEW,
    Deed.WITHDRAW: Article.Status.WITHDRAWN,
    Deed.TRASH: Article.Status.TRASHED,
    Deed.RESTORE: Article.Status.HELD,
}
_DECIDED = {
    Outcome.CHANGED: ngettext_lazy(
        "%(count)s article is now: %(label)s.", "%(count)s articles are now: %(label)s.", "count"
    ),
    Outcome.SAME: ngettext_lazy(
        "%(count)s article was so already: %(label)s.",
        "%(count)s articles were so already: %(label)s.",
        "count",
    ),
}
_DONE = {
    Outcome.CHANGED: ngettext_lazy(
        "%(count)s article is changed.", "%(count)s articles are changed.", "count"
    ),
    Outcome.SAME: ngettext_lazy(
        "%(count)s article was so already.", "%(count)s articles were so already.", "count"
    ),
    Outcome.GONE: ngettext_lazy(
        "%(count)s article has been deleted meanwhile.",
        "%(count)s articles have been deleted meanwhile.",
        "count",
    ),
}


def _summary(action, outcome, count):
    status = _STATUS_OF.get(action.deed)
    sentence = _DECIDED.get(outcome) if status else None
    values = {"count": count, "label": status and status.label}
    return (sentence or _DONE[outcome]) % values


def _warnings(action):
    """What is to be said of an article though the deed is done."""
    warned = action.items.filter(outcome=Outcome.CHANGED).exclude(reason="")
    rows = list(warned.values_list("reason", "title")[:2])
    if len(rows) > 1:
        text = _("%(count)s of them are not complete: see what happened to each.")
        return [text % {"count": warned.count()}]
    return [f"{reason} – “{Truncator(headline).chars(80)}”" for reason, headline in rows]


def _refusals(action):
    """A sentence for each of the most frequent reasons, with a few of the headlines."""
    refused = action.items.filter(outcome__in=[Outcome.FAILED, Outcome.REFUSED])
    reasons = refused.order_by("reason").values_list("reason").annotate(count=Count("pk"))
    reasons = list(reasons.order_by("-count", "reason")[: REASONS_NAMED + 1])
    for why, count in reasons[:REASONS_NAMED]:
        rows = refused.filter(reason=why).order_by("pk").values_list("title", flat=True)
        named = [f"“{Truncator(headline).chars(80)}”" for headline in rows[:HEADLINES_NAMED]]
        if count > HEADLINES_NAMED:
            named.append("…")
        text = ngettext(
            "%(count)s article was not changed: %(why)s – %(headlines)s",
            "%(count)s articles were not changed: %(why)s – %(headlines)s",
            count,
        )
        yield text % {"count": count, "why": why, "headlines": ", ".join(named)}
    if len(reasons) > REASONS_NAMED:
        yield _("More were not changed, for other reasons.")


def _contents(request, action):
    """What the page of an action that began shows. Its queries do not grow with its articles."""
    counts = bulk.counts(action)
    chosen = whole_number(request.GET.get("outcome"))
    items = action.items.select_related("article")
    if chosen in counts:
        items = items.filter(outcome=chosen)
    page = Paginator(items, PER_PAGE).get_page(request.GET.get("p"))
    groups = groupby(page.object_list, key=lambda item: (item.outcome, item.reason))
    total = sum(counts.values())
    return {
        "counts": [(value, _badge(value), count) for value, count in counts.items()],
        "chosen": chosen if chosen in counts else None,
        "page": page,
        "groups": [(_badge(outcome), why, list(rows)) for (outcome, why), rows in groups],
        "total": total,
        "done": total - counts.get(Outcome.WAITING, 0),
        "began": moment(action.began_at),
        "goes_on": GOING_ON in request.GET,
    }


def _badge(outcome):
    return span(_BADGES.get(outcome, "kept"), Outcome(outcome).label)


def _address(action):
    return reverse("admin:articles_article_bulk", args=[action.pk])


def _list_of(action):
    """The list as it was narrowed when the articles were chosen."""
    address = reverse("admin:articles_article_changelist")
    return f"{address}?{action.filters}" if action.filters else address
