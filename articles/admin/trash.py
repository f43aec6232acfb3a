"""The trash: what editors throw away, bring back, or delete for good; and what was deleted so."""

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.db import transaction
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from ..models import Article, BulkAction, Tombstone
from ..roles import may_decide
from .widgets import RecordAdmin, list_address, moment, own_row, pages_of_a_row

TRASHED = Article.Status.TRASHED
CHANGE_ARTICLE = "articles.change_article"
DELETE_ARTICLE = "articles.delete_article"
NAMED = 50  # articles on the confirmation page; the rest are counted
TRASH_ACTIONS = ("restore", "delete_for_good")


class Trash:
    """For the article's admin: the stock deletion is replaced by two steps."""

    actions = ["move_to_trash", "restore", "delete_for_good"]

    def get_urls(self):
        return pages_of_a_row(self, {"trash": self.trash_view}) + super().get_urls()

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        context["is_trashed"] = obj is not None and obj.status == TRASHED
        context["may_trash"] = (
            obj is not None
            and request.user.has_perm(CHANGE_ARTICLE)
            and may_decide(request.user, obj.status, TRASHED)
        )
        return super().render_change_form(request, context, add, change, form_url, obj)

    def get_actions(self, request):
        """In the trash the two ways out of it; elsewhere what editors decide every day."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        in_trash = request.GET.get("status__exact") == TRASHED
        return {
            name: action for name, action in actions.items() if (name in TRASH_ACTIONS) == in_trash
        }

    @admin.action(description=_("Move to the trash"), permissions=["change"])
    def move_to_trash(self, request, queryset):
        return self.do_to_all(request, queryset, BulkAction.Deed.TRASH)

    @admin.action(description=_("Restore"), permissions=["change"])
    def restore(self, request, queryset):
        return self.do_to_all(request, queryset, BulkAction.Deed.RESTORE)

    @admin.action(description=_("Delete for good"), permissions=["delete"])
    def delete_for_good(self, request, queryset):
        if request.POST.get("confirmed"):
            self._delete(request, list(queryset.values_list("pk", flat=True)))
            return None
        fields = [("action", "delete_for_good")]
        fields.append(("select_across", request.POST.get("select_across", "0")))
        fields += [(ACTION_CHECKBOX_NAME, pk) for pk in request.POST.getlist(ACTION_CHECKBOX_NAME)]
        return self._confirmation(request, queryset, fields, request.get_full_path())

    def trash_view(self, request, object_id):
        """POST: the form's buttons "Move to the trash" and "Restore"."""
        article = own_row(self, request, unquote(object_id), CHANGE_ARTICLE)
        if request.method == "POST":
            rows = Article.objects.filter(pk=article.pk)
            if "restore" in request.POST:
                self.restore(request, rows)
                return HttpResponseRedirect(
                    reverse("admin:articles_article_change", args=[article.pk])
                )
            self.move_to_trash(request, rows)
        return HttpResponseRedirect(reverse("admin:articles_article_changelist"))

    def delete_view(self, request, object_id, extra_context=None):
        """Deletes for good what lies in the trash already, after one more question."""
        article = own_row(self, request, unquote(object_id), DELETE_ARTICLE)
        if article.status != TRASHED:
            self.message_user(
                request, _("Move it to the trash first; it can be deleted there."), messages.WARNING
            )
            return HttpResponseRedirect(reverse("admin:articles_article_change", args=[article.pk]))
        if request.method == "POST":
            self._delete(request, [article.pk])
            return HttpResponseRedirect(list_address(Article, status__exact=TRASHED))
        return self._confirmation(request, Article.objects.filter(pk=article.pk), [], "")

    def _confirmation(self, request, queryset, fields, address):
        articles = list(queryset[:NAMED])
        context = {
            **self.admin_site.each_context(request),
            "title": _("Delete for good?"),
            "opts": self.opts,
            "media": self.media,
            "articles": articles,
            "more": queryset.count() - len(articles),
            "fields": fields,
            "address": address,
            "trash_url": list_address(Article, status__exact=TRASHED),
        }
        return TemplateResponse(request, "admin/articles/article/delete_for_good.html", context)

    def _delete(self, request, numbers):
        deleted, refused = 0, []
        for pk in numbers:
            with transaction.atomic():
                article = Article.objects.select_for_update().filter(pk=pk).first()
                if article is None:  # a colleague was faster
                    continue
                if article.status != TRASHED:
                    refused.append(f"“{article.headline}”")
                    continue
                self.log_deletions(request, [article])
                identity = {"source": article.source, "stem": article.stem}
                article.delete()
                Tombstone.objects.filter(**identity).update(
                    deleted_by=request.user, deleted_at=timezone.now()
                )
                deleted += 1
        if deleted:
            text = ngettext(
                "%(count)s article is deleted for good. The feed will not bring it again.",
                "%(count)s articles are deleted for good. The feed will not bring them again.",
                deleted,
            )
            self.message_user(request, text % {"count": deleted}, messages.SUCCESS)
        if refused:
            text = _("Not deleted, since no longer in the trash: %(names)s")
            self.message_user(request, text % {"names": ", ".join(refused)}, messages.WARNING)


@admin.register(Tombstone)
class TombstoneAdmin(RecordAdmin):
    actions = ["let_return"]
    list_display = ["title", "source", "stem", "deleted", "deleted_by"]
    list_filter = ["source"]
    search_fields = ["title", "stem"]
    list_select_related = ["deleted_by"]
    ordering = ["-deleted_at", "-pk"]
    fields = ["title", "source", "stem", "deleted", "deleted_by"]
    readonly_fields = fields

    def has_return_permission(self, request):
        return request.user.has_perm(DELETE_ARTICLE)

    @admin.action(description=_("Let the feed bring it again"), permissions=["return"])
    def let_return(self, request, queryset):
        rows = list(queryset)
        self.log_deletions(request, rows)
        Tombstone.objects.filter(pk__in=[row.pk for row in rows]).delete()
        text = ngettext(
            "%(count)s article comes back with its next delivery.",
            "%(count)s articles come back with their next delivery.",
            len(rows),
        )
        self.message_user(request, text % {"count": len(rows)}, messages.SUCCESS)

    @admin.display(description=_("deleted"), ordering="deleted_at")
    def deleted(self, tombstone):
        return moment(tombstone.deleted_at)
