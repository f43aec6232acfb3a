"""An article's history: who and which delivery changed what, compared and restored.

Also here: what has the admin's forms keep each save as a revision.
"""

from contextlib import ExitStack

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from .. import revisions
from ..importing import state
from ..importing.apply import with_all_that_merges
from ..models import Article, RelatedItem, Revision
from ..roles import may_change
from .comparison import label, side_by_side
from .widgets import link_to_change, moment, own_row, pages_of_a_row, span, whole_number

PER_PAGE = 25
FIELDS_NAMED = 8
CHANGE_ARTICLE = "articles.change_article"


class History:
    """For the article's admin."""

    def get_urls(self):
        views = {"compare": self.compare_view, "restore": self.restore_view}
        return pages_of_a_row(self, views) + super().get_urls()

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """The row is locked before the form looks at it: its check and its writing are one."""
        pk = whole_number(unquote(object_id)) if object_id else None
        view = super().changeform_view
        if request.method != "POST" or pk is None:
            return view(request, object_id, form_url, extra_context)
        with revisions.recording(pk, request.user, Revision.Kind.EDIT):
            return view(request, object_id, form_url, extra_context)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        if not change:
            revisions.record(form.instance, {}, request.user, Revision.Kind.CREATED)

    def blame(self, obj, opened):
        """By the article's own timeline, deliveries included."""
        return blame_in(obj)

    def history_view(self, request, object_id, extra_context=None):
        article = self._article(request, object_id)
        now, entries = state.whole(article), revisions.timeline(article)
        page = Paginator(entries, PER_PAGE).get_page(request.GET.get("p"))
        page.object_list = [_told(entry) for entry in page.object_list]
        limit = revisions.known_since(article)
        context = {
            "page": page,
            "blame": _blamed(now, revisions.blame(now, entries), limit),
            "limit": limit and moment(limit),
        }
        return self._page(request, "history", article, _("History"), context)

    def compare_view(self, request, object_id):
        """GET: the entries `a` and `b` (their keys), in either order; the older stands first."""
        article = self._article(request, object_id)
        now, entries = state.whole(article), revisions.timeline(article)
        older, newer = _chosen(entries, request.GET.get("a"), request.GET.get("b"))
        states = [revisions.state_at(now, entries, entry.key) for entry in (older, newer)]
        context = {
            "older": _told(older),
            "newer": _told(newer),
            "rows": _rows(*states),
            "limit": _limit_of(article, older),
        }
        return self._page(request, "compare", article, _("Compare"), context)

    def restore_view(self, request, object_id):
        """GET asks, POST restores what the entry `to` (its key) left."""
        article = own_row(self, request, unquote(object_id), CHANGE_ARTICLE)
        if not may_change(request.user, article):
            raise PermissionDenied
        address = reverse("admin:articles_article_history", args=[article.pk])
        key = request.POST.get("to") or request.GET.get("to")
        if request.method == "POST":
            try:
                changed = revisions.restore(article, key, request.user)
            except (KeyError, Article.DoesNotExist) as error:
                raise Http404 from error
            text = (
                _("Restored, as a new revision.") if changed else _("It stands like that already.")
            )
            self.message_user(request, text, messages.SUCCESS if changed else messages.INFO)
            if changed:
                self.log_change(request, article, str(text))
            return HttpResponseRedirect(address)
        article = self._article(request, object_id)
        now, entries = state.whole(article), revisions.timeline(article)
        entry, _same = _chosen(entries, key, key)
        target = revisions.to_restore(now, revisions.state_at(now, entries, key))
        context = {
            "entry": _told(entry),
            "rows": _rows(now, target),
            "limit": _limit_of(article, entry),
        }
        return self._page(request, "restore", article, _("Restore?"), context)

    def _article(self, request, object_id):
        pk = whole_number(unquote(object_id))
        article = pk and with_all_that_merges(self.get_queryset(request)).filter(pk=pk).first()
        if not self.has_view_or_change_permission(request, article or None):
            raise PermissionDenied
        if not article:
            raise Http404
        return article

    def _page(self, request, name, article, title, context):
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "subtitle": article.headline,
            "opts": self.opts,
            "media": self.media,
            "article": article,
            "may_restore": may_change(request.user, article),
            **context,
        }
        return TemplateResponse(request, f"admin/articles/article/{name}.html", context)


class RecordsTheArticle:
    """For the related items' admin: what changes there is a revision of the article."""

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        view = super().changeform_view
        if request.method != "POST":
            return view(request, object_id, form_url, extra_context)
        numbers = {whole_number(request.POST.get("article"))}
        item = whole_number(unquote(object_id)) if object_id else None
        numbers |= set(RelatedItem.objects.filter(pk=item).values_list("article", flat=True))
        with _recording(numbers - {None}, request.user):
            return view(request, object_id, form_url, extra_context)

    def delete_model(self, request, obj):
        with _recording({obj.article_id}, request.user):
            super().delete_model(request, obj)

    def delete_queryset(self, request, queryset):
        with _recording(set(queryset.order_by().values_list("article", flat=True)), request.user):
            super().delete_queryset(request, queryset)


def _recording(numbers, by) -> ExitStack:
    """In one order always, so that two savers never wait for each other."""
    with ExitStack() as stack:
        for number in sorted(numbers):
            stack.enter_context(revisions.recording(number, by, Revision.Kind.EDIT))
        return stack.pop_all()


def _chosen(entries, *keys):
    """The entries of two keys, the older first."""
    places = {entry.key: place for place, entry in enumerate(entries)}
    try:
        newer, older = sorted(places[key] for key in keys)
    except KeyError as error:
        raise Http404 from error
    return entries[older], entries[newer]


def _limit_of(article, entry):
    """The day before which records have been cleared away, if the entry is older."""
    limit = revisions.known_since(article)
    return moment(limit) if limit and entry.at < limit else None


def _told(entry) -> dict:
    """What the pages say of an entry."""
    row = entry.row
    names = list(dict.fromkeys(label(name) for name in entry.changes))
    return {
        "key": entry.key,
        "at": moment(entry.at),
        "who": who(entry),
        "kind": span(row.outcome, _("Brought") if entry.is_creation else row.get_outcome_display())
        if entry.is_import
        else span(row.kind, row.get_kind_display()),
        "fields": ", ".join(names[:FIELDS_NAMED]) + (", …" if len(names) > FIELDS_NAMED else ""),
        "comment": "" if entry.is_import else row.comment,
    }


def who(entry):
    """The person, or the delivery with a link to what it did."""
    if entry.is_import:
        return link_to_change(entry.row, entry.row.run)
    return str(entry.row.by) if entry.row.by else _("somebody whose account is gone")


def blame_in(article):
    """A function of a form (the article's or an inline row's) and one of its fields' names: (who,
    when) set what stands there, or None where that is not known. Ten queries."""
    row = with_all_that_merges(Article.objects.filter(pk=article.pk)).get()
    entries = revisions.timeline(row)
    set_by = revisions.blame(state.whole(row), entries)
    links = {item.pk: key[0] for key, item in state.keyed(row.related_items.all()).items()}

    def told(form, name):
        if form._meta.model is Article:
            entry = set_by.get(name)
        elif form._meta.model is RelatedItem:
            entry = _last_of_related(entries, links.get(form.instance.pk), name)
        else:
            entry = next((entry for entry in entries if "images" in entry.changes), None)
        return entry and (who(entry), moment(entry.at))

    return told


def _last_of_related(entries, link, name):
    """The entry that changed the field `name` of the item with `link`; of an item that is gone, or
    of the order, the last that changed the list."""
    if link is not None and name and name != "position":
        sought = {f"related[{link}].{name}", f"related[{link}]"}
        for entry in entries:
            if sought.intersection(found for found, *_ in state.values_changed(entry.changes)):
                return entry
    return next((entry for entry in entries if "related" in entry.changes), None)


def _rows(before, after):
    changes = state.difference(before, after)
    return [
        (label(name), *side_by_side(name, was, now))
        for name, was, now in state.values_changed(changes)
    ]


def _blamed(now, blame, limit):
    unknown = _("before %(day)s") % {"day": moment(limit)} if limit else _("not on record")
    return [
        (label(name), _told(entry) if entry else None, "" if entry else unknown)
        for name, entry in blame.items()
        if entry or now[name] not in (None, "", (), {}, False)
    ]
