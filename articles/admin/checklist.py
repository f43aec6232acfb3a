"""The publish checklist on the article's form; the warning after publishing without all of it."""

from django.contrib import messages

from .. import checklist
from ..models import Article


class Checklist:
    """For the article's admin."""

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if change and obj is not None and obj.status != Article.Status.TRASHED:
            checklist.load([obj])
            items = checklist.of(obj)
            context["checklist"] = {
                "missing": checklist.missing(items),
                "holding": [item for item in items if item.holds],
                "is_blocked": any(item.is_required for item in checklist.missing(items)),
            }
        return super().render_change_form(request, context, add, change, form_url, obj)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        publishes = form.instance.status == Article.Status.PUBLISHED
        if publishes and (not change or "status" in form.changed_data):
            text = checklist.published_without(Article.objects.get(pk=form.instance.pk))
            if text:
                self.message_user(request, text, messages.WARNING)
