"""Whose business an article is: on its form and in its list."""

from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from ..deeds import note_assignment
from ..models import Article
from .choices import colleague_field


class Assigning:
    """For the article's admin."""

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        if "assigned_to" in form.base_fields:
            field = colleague_field(
                besides=obj and obj.assigned_to_id,
                label=Article._meta.get_field("assigned_to").verbose_name.capitalize(),
                empty_label=_("Nobody"),
            )
            form.base_fields["assigned_to"] = field
        return form

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        if "assigned_to" in form.changed_data:
            note_assignment(form.instance, request.user)


def assigned(article):
    """For a cell of the list, with `assigned_to` loaded."""
    if article.assigned_to is None:
        return ""
    text = _("assigned to %(who)s") % {"who": article.assigned_to.get_username()}
    return format_html('<div class="quiet assigned">{}</div>', text)
