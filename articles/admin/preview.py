"""Previews: an article as it would look, for editors, and links to it for who has no account."""

from django.contrib import messages
from django.contrib.admin.utils import flatten_fieldsets, unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from .. import previews
from ..models import Article
from ..views import preview_page
from .widgets import moment, own_row, pages_of_a_row, span, whole_number

CHANGE_ARTICLE = "articles.change_article"
LINKS_SHOWN = 20


class Preview:
    """For the article's admin."""

    def get_urls(self):
        views = {"preview": self.preview_view, "preview_links": self.preview_links_view}
        return pages_of_a_row(self, views) + super().get_urls()

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if change and obj is not None and self.has_change_permission(request, obj):
            links = obj.preview_links.select_related("made_by")[:LINKS_SHOWN]
            context["previews"] = {
                "links": [_told(request, link) for link in links],
                "hours": previews.HOURS.items(),
                "default": previews.DEFAULT_HOURS,
                "may_make": obj.status not in previews.HIDDEN,
            }
        return super().render_change_form(request, context, add, change, form_url, obj)

    def preview_view(self, request, object_id):
        """GET: as it is stored. POST: as the form says; nothing of it is written."""
        pk = whole_number(unquote(object_id))
        article = pk and Article.objects.for_page().filter(pk=pk).first()
        is_unsaved = request.method == "POST"
        may = self.has_change_permission if is_unsaved else self.has_view_or_change_permission
        if not may(request, article or None):
            raise PermissionDenied
        if not article or article.status == Article.Status.TRASHED:
            raise Http404
        is_public = article.is_published()
        wrong = self._take_over(request, article) if is_unsaved else []
        context = {
            "is_public": is_public and not is_unsaved,
            "is_unsaved": is_unsaved,
            "wrong": ", ".join(wrong),
        }
        return preview_page(request, article, **context)

    def _take_over(self, request, article) -> list[str]:
        """Give the article in memory what the form says. Returns the names of the fields that say
        what cannot be stored: those stay as they are."""
        names = flatten_fieldsets(self.get_fieldsets(request, article))
        form_class = self.get_form(request, article, change=True, fields=names)
        form = form_class(request.POST, request.FILES, instance=article)
        formsets, _inlines = self._create_formsets(request, article, change=True)
        form.is_valid()
        loaded = article._prefetched_objects_cache
        if "topics" in form.cleaned_data:
            loaded["topics"] = form.cleaned_data["topics"]
        for rows in formsets:
            if rows.prefix == "image_uses" and rows.is_valid():
                loaded["image_uses"] = _pictures(rows)
        return [str(form.fields[name].label) for name in form.errors if name in form.fields]

    def preview_links_view(self, request, object_id):
        """POST: `make` a link that works for `hours`, or `revoke` the link of that number."""
        article = own_row(self, request, unquote(object_id), CHANGE_ARTICLE)
        if request.method == "POST":
            number = whole_number(request.POST.get("revoke"))
            if number is None:
                self._make_link(request, article)
            else:
                self._revoke_link(request, article, number)
        address = reverse("admin:articles_article_change", args=[article.pk])
        return HttpResponseRedirect(f"{address}#previews-heading")

    def _make_link(self, request, article):
        hours = whole_number(request.POST.get("hours"))
        try:
            link = previews.make(article, request.user, hours)
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
            return
        until = moment(link.expires_at)
        self.log_change(request, article, _("Made a preview link until %(at)s.") % {"at": until})
        address = request.build_absolute_uri(previews.address_of(link))
        text = _("Whoever has this link sees the article until %(at)s:") % {"at": until}
        html = format_html('{} <a href="{}">{}</a>', text, address, address)
        self.message_user(request, html, messages.SUCCESS)

    def _revoke_link(self, request, article, number):
        link = article.preview_links.filter(pk=number).first()
        if link is None:
            raise Http404
        if previews.revoke(link):
            self.log_change(request, article, _("Revoked a preview link."))
        self.message_user(request, _("The link shows nothing any more."), messages.SUCCESS)


def _pictures(rows) -> list:
    """The pictures as an inline's rows say, in order; no query."""
    kept = [
        form.instance
        for form in rows.forms
        if form.instance.image_id and not form.cleaned_data.get("DELETE")
    ]
    return sorted(kept, key=lambda use: use.position)


def _told(request, link) -> dict:
    if link.revoked_at:
        state = span("revoked", _("Revoked"))
    elif link.is_open:
        state = span("published", _("Works"))
    else:
        state = span("over", _("Over"))
    return {
        "pk": link.pk,
        "is_open": link.is_open,
        "state": state,
        "made": moment(link.made_at),
        "who": str(link.made_by) if link.made_by else _("somebody whose account is gone"),
        "until": moment(link.expires_at),
        "address": request.build_absolute_uri(previews.address_of(link)),
    }
