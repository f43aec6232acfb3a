"""Possible duplicates: the list of pairs, the two side by side, and what an editor says of them."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from ..duplicates import open as open_pairs
from ..importing import state
from ..importing.apply import with_all_that_merges
from ..merging import ask_again, merge, tell_apart
from ..models import Article, DuplicatePair
from ..reasons import why
from ..roles import MERGE, RESOLVE
from .comparison import label, side_by_side
from .filters import OpenFilter
from .undo import offer, say_done
from .widgets import (
    EMPTY,
    RecordAdmin,
    badge,
    link_to_change,
    list_address,
    moment,
    own_row,
    pages_of_a_row,
    span,
    whole_number,
)

VIEW_ARTICLE = "articles.view_article"
SHOWN = 20  # on an article's form
# What an editor compares, in this order.
COMPARED = [
    *("title", "provider", "published_at", "web_url", "original_url", "type", "excerpt"),
    *("topics", "images", "body", "note", "quality", "heat"),
]
Resolution = DuplicatePair.Resolution


class PossibleDuplicates:
    """For the article's admin."""

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if change and obj is not None:
            context |= _of(obj)
        return super().render_change_form(request, context, add, change, form_url, obj)


class PairFilter(OpenFilter):
    title = _("resolution")
    parameter_name = "resolution"
    first = _("Open")

    def lookups(self, request, model_admin):
        resolved = [choice for choice in Resolution.choices if choice[0]]
        return [*resolved, ("all", _("All"))]

    def opened(self, queryset):
        return queryset.open()

    def narrowed(self, queryset):
        return queryset if self.value() == "all" else queryset.filter(resolution=self.value())


@admin.register(DuplicatePair)
class DuplicatePairAdmin(RecordAdmin):
    actions = ["not_duplicates"]
    list_display = ["one", "other", "signs", "found"]
    list_display_links = ["signs"]
    list_filter = [PairFilter, "is_same_link", "is_alike_title"]
    search_fields = ["first__title", "second__title"]
    ordering = ["-found_at", "-pk"]

    @property
    def media(self):
        return super().media + forms.Media(css={"all": ["articles/clusters.css"]})

    def get_urls(self):
        return pages_of_a_row(self, {"resolve": self.resolve_view}) + super().get_urls()

    def get_queryset(self, request):
        names = ("first", "second")
        rows = super().get_queryset(request)
        rows = rows.select_related("resolved_by", *(f"{name}__provider" for name in names))
        rows = rows.select_related(*(f"{name}__decided_by" for name in names))
        heavy = ("body", "note", "featured_content", "amp_url", "cdn_amp_url")
        return rows.defer(*(f"{name}__{column}" for name in names for column in heavy))

    def get_list_display(self, request):
        is_narrowed = PairFilter.parameter_name in request.GET
        return [*self.list_display, *(["outcome"] if is_narrowed else [])]

    def has_view_permission(self, request, obj=None):
        return request.user.has_perm(VIEW_ARTICLE)

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def has_resolve_permission(self, request):
        return request.user.has_perm(RESOLVE)

    # The list

    @admin.action(description=_("Not duplicates"), permissions=["resolve"])
    def not_duplicates(self, request, queryset):
        done = 0
        for pk in list(queryset.values_list("pk", flat=True)):
            try:
                self._tell_apart(request, pk)
            except DuplicatePair.DoesNotExist:  # no pair any more, since the list was shown
                continue
            done += 1
        text = ngettext(
            "%(count)s pair is two stories, for good.",
            "%(count)s pairs are two stories each, for good.",
            done,
        )
        self.message_user(request, text % {"count": done}, messages.SUCCESS)

    @admin.display(description=_("article"))
    def one(self, pair):
        return _told(pair.first)

    @admin.display(description=_("other article"))
    def other(self, pair):
        return _told(pair.second)

    @admin.display(description=_("why"))
    def signs(self, pair):
        return _signs(pair)

    @admin.display(description=_("found"), ordering="found_at")
    def found(self, pair):
        return moment(pair.found_at)

    @admin.display(description=_("resolution"), ordering="resolution")
    def outcome(self, pair):
        return _outcome(pair)

    # The page of a pair

    def change_view(self, request, object_id, form_url="", extra_context=None):
        pair = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, pair):
            raise PermissionDenied
        if pair is None:
            raise Http404
        now = timezone.now()
        sides = [pair.first, pair.second]
        context = {
            **self.admin_site.each_context(request),
            "title": _("One story, or two?"),
            "opts": self.opts,
            "media": self.media,
            "pair": pair,
            "signs": _signs(pair),
            "outcome": _outcome(pair),
            "sides": [(each, badge(each, now), why(each, now)) for each in sides],
            "rows": _compared(sides),
            "may_merge": pair.is_open and request.user.has_perm(MERGE),
            "may_resolve": request.user.has_perm(RESOLVE),
            "is_told_apart": pair.resolution == Resolution.DIFFERENT,
        }
        return TemplateResponse(request, "admin/articles/duplicatepair/compare.html", context)

    def resolve_view(self, request, object_id):
        """POST: `survivor`, the number of the one that stays; or `different`; or `again`."""
        pair = own_row(self, request, unquote(object_id), RESOLVE)
        address = reverse("admin:articles_duplicatepair_change", args=[pair.pk])
        if request.method != "POST":
            return HttpResponseRedirect(address)
        try:
            if "survivor" in request.POST:
                return self._merge(request, pair, whole_number(request.POST["survivor"]), address)
            if "different" in request.POST:
                self._tell_apart(request, pair.pk)
                text, fields = _("Two stories: nobody is asked again."), {"again": "1"}
                again = reverse("admin:articles_duplicatepair_resolve", args=[pair.pk])
                offer(self, request, text, _("Ask again"), again, fields)
                return HttpResponseRedirect(list_address(DuplicatePair))
            if "again" in request.POST:
                self._note(request, ask_again(pair.pk, request.user), _("Asked again: %(other)s"))
                self.message_user(request, _("It waits for an answer again."), messages.SUCCESS)
        except DuplicatePair.DoesNotExist as error:
            raise Http404 from error
        return HttpResponseRedirect(address)

    def _merge(self, request, pair, survivor, address):
        if not request.user.has_perm(MERGE):
            raise PermissionDenied
        sides = {pair.first_id: pair.first, pair.second_id: pair.second}
        stays = sides.pop(survivor, None)
        if stays is None:
            raise Http404
        (goes,) = sides.values()
        try:
            revisions = merge(stays.pk, goes.pk, request.user)
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
            return HttpResponseRedirect(address)
        names = {"goes": goes.headline, "stays": stays.headline}
        self.log_change(request, stays, str(_("Merged “%(goes)s” into it.") % names))
        self.log_change(request, goes, str(_("Merged into “%(stays)s”.") % names))
        text = _(
            "“%(goes)s” is merged into “%(stays)s” and lies in the trash; restoring it from there "
            "parts them again."
        )
        back = reverse("admin:articles_article_change", args=[stays.pk])
        say_done(self, request, text % names, revisions, back)
        return HttpResponseRedirect(back)

    def _tell_apart(self, request, pk):
        self._note(request, tell_apart(pk, request.user), _("Not a duplicate of %(other)s"))

    def _note(self, request, pair, text):
        for article, other in ((pair.first, pair.second), (pair.second, pair.first)):
            told = text % {"other": f"“{other.headline}”"}
            self.log_change(request, article, str(told))


def _of(article) -> dict:
    """What an article's form shows of it: its open pairs, and where it was merged into."""
    pairs = open_pairs().of(article).select_related("first__provider", "second__provider")
    found = list(pairs[: SHOWN + 1])
    others = [(p.second if p.first_id == article.pk else p.first, p) for p in found]
    return {
        "duplicates": [(other, pair, _signs(pair)) for other, pair in others[:SHOWN]],
        "more_duplicates": len(found) > SHOWN,
        "duplicates_url": list_address(DuplicatePair),
        "survivor": article.merged_into,
    }


def _told(article):
    now = timezone.now()
    outlet = article.provider.display_name if article.provider else EMPTY
    return format_html(
        '<div class="value"><bdi class="story">{}</bdi>'
        '<div class="quiet"><bdi>{}</bdi>, {}</div>{}</div>',
        link_to_change(article, Truncator(article.headline).chars(120)),
        outlet,
        moment(article.published_at),
        badge(article, now),
    )


def _signs(pair):
    if pair.is_same_link:
        return _("same link, headlines alike") if pair.is_alike_title else _("same link")
    return _("headlines alike") if pair.is_alike_title else _("compare")


def _outcome(pair):
    if pair.is_open:
        return span("open", _("Open"))
    if not pair.resolution:
        return span("quiet", _("In the trash"))
    when = [pair.resolved_by, moment(pair.resolved_at)]
    text = ", ".join(str(part) for part in when if part)
    name = pair.get_resolution_display()
    return format_html('{} <span class="state-moment">{}</span>', span(pair.resolution, name), text)


def _compared(sides):
    """(field, the first's value, the other's), the words that the other has not marked in both:
    neither came before the other."""
    rows = with_all_that_merges(Article.objects.all()).in_bulk([side.pk for side in sides])
    states = [state.whole(rows[side.pk]) for side in sides]
    values = [[state.plain(each[name]) for each in states] for name in COMPARED]
    return [
        (label(name), side_by_side(name, other, one)[1], side_by_side(name, one, other)[1])
        for name, (one, other) in zip(COMPARED, values, strict=True)
        if any(part not in (None, "", []) for part in (one, other))
    ]
