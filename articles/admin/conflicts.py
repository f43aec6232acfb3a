"""Two editors at once, in the admin: the row is locked, and what both changed is asked about.

The merge itself is `concurrency`'s; here stand the lock around it and the question's page.
"""

from datetime import datetime

from django import forms
from django.contrib import messages
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import unquote
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from ..concurrency import CHOICE, MINE, SEEN, THEIRS
from ..shared_forms import CONFLICT, GONE, MergingForm
from .comparison import side_by_side
from .widgets import exact_moment, moment, whole_number

ALIKE = ("mark", "mark")  # neither side is the older one


class MergesEdits:
    """For an admin whose rows several editors may have open."""

    form = MergingForm

    class Media:
        css = {"all": ["articles/conflicts.css"]}

    def with_seen(self, request, obj, fieldsets):
        """What is shown is noted, hidden, in a form that can be saved."""
        if obj is None or not self.has_change_permission(request, obj):
            return fieldsets
        (title, options), *rest = fieldsets
        return [(title, {**options, "fields": [*options["fields"], SEEN]}), *rest]

    def get_fieldsets(self, request, obj=None):
        return self.with_seen(request, obj, super().get_fieldsets(request, obj))

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """The row is locked before the form looks at it: its merge and its writing are one."""
        view = super().changeform_view
        pk = whole_number(unquote(object_id)) if object_id else None
        if request.method != "POST" or pk is None:
            return view(request, object_id, form_url, extra_context)
        with transaction.atomic():
            self.model.objects.select_for_update().filter(pk=pk).exists()
            return view(request, object_id, form_url, extra_context)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        names = [form.fields[name].label for name in getattr(form, "followed", ())]
        names += [rows.model._meta.verbose_name_plural for rows in formsets if rows.followed]
        if names:
            text = _("Changed by others while you had this open, and kept: %(fields)s.")
            fields = ", ".join(str(name) for name in names)
            self.message_user(request, text % {"fields": fields}, messages.INFO)

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        form = context["adminform"].form
        rows = [row for inline in context["inline_admin_formsets"] for row in inline.formset.forms]
        asking = [form for form in (form, *rows) if form.conflicts]
        if asking:
            ask(asking, self.blame(obj, form.opened))
        return super().render_change_form(request, context, add, change, form_url, obj)

    def blame(self, obj, opened: datetime | None):
        """A function of a form and one of its fields' names: (who, when) changed what stands there,
        or None. `opened` is when the editor opened the form."""
        entry = opened and (
            LogEntry.objects.filter(
                content_type=ContentType.objects.get_for_model(obj),
                object_id=obj.pk,
                action_time__gte=opened,
            )
            .select_related("user")
            .first()
        )
        return lambda form, name: entry and (entry.user, moment(entry.action_time))


# The question -----------------------------------------------------------------------------------


def ask(asking, blame) -> None:
    """Make each conflict's error in the forms `asking` a question that shows both values."""
    for form in asking:
        for name, conflict in form.conflicts.items():
            question = _question(form, name, conflict, blame(form, name))
            errors = form.errors.get(name or forms.forms.NON_FIELD_ERRORS)
            errors.data = [
                ValidationError(question, code=CONFLICT) if error.code == CONFLICT else error
                for error in errors.as_data()
            ]


def _question(form, name, conflict, told):
    place = form.add_prefix(name) if name else form.prefix
    context = {"place": place, "name": f"{place}-{CHOICE}", "id": f"id_{place}-conflict"}
    if name:
        context |= _of_a_field(form, name, conflict, told)
        form.fields[name].widget.attrs["aria-describedby"] = context["id"]
    elif conflict.theirs is None:
        context |= _of_a_deleted_row(told) | {"marker": f"{place}-{GONE}"}
    else:
        context |= _of_a_row_to_delete(conflict.theirs, told)
    for side in context["sides"]:
        side["value"] = f"{side['side']}:{conflict.shown}"
    return render_to_string("admin/articles/_conflict.html", context)


def _of_a_field(form, name, conflict, told):
    field = form.fields[name]
    theirs, mine = side_by_side(
        "", _shown(field, conflict.theirs), _shown(field, _posted(form[name])), ALIKE
    )
    if isinstance(field, forms.FileField):
        own = _("Mine: choose the file once more")
    else:
        own = _("Mine, as it stands in the field")
    return {
        "told": _told(told, _("%(who)s changed this on %(when)s."), _("This was changed.")),
        "legend": capfirst(field.label),
        "sides": [
            {"side": THEIRS, "label": _("Theirs, as it is saved"), "html": theirs},
            {"side": MINE, "label": own, "html": mine},
        ],
    }


def _of_a_deleted_row(told):
    return {
        "told": _told(told, _("%(who)s deleted this on %(when)s."), _("This was deleted.")),
        "legend": _("Deleted row"),
        "sides": [
            {"side": THEIRS, "label": _("Leave it deleted")},
            {"side": MINE, "label": _("Add it again, as it stands here")},
        ],
    }


def _of_a_row_to_delete(row, told):
    return {
        "told": _told(told, _("%(who)s changed this on %(when)s."), _("This was changed.")),
        "legend": _("Changed row"),
        "sides": [
            {"side": THEIRS, "label": _("Keep it"), "html": str(row)},
            {"side": MINE, "label": _("Delete it")},
        ],
    }


def _told(told, by_somebody, at_all):
    """What happened, in one sentence, and that it is for the editor to choose."""
    who, when = map(conditional_escape, told or ("", ""))
    text = mark_safe(by_somebody % {"who": who, "when": when}) if told else at_all
    return format_html("{} {}", text, _("You had it open meanwhile: choose what stays."))


def _posted(bound):
    """The editor's value, cleaned where it can be."""
    try:
        return bound.field.clean(bound.data)
    except ValidationError:
        return bound.data


def _shown(field, value):
    """A field's value as editors read it: a text, or a list of them."""
    if isinstance(field, forms.ModelMultipleChoiceField):
        return sorted(str(row) for row in value or [])
    if isinstance(field, forms.ModelChoiceField):
        row = value if hasattr(value, "pk") else field.queryset.filter(pk=value).first()
        return "" if row is None else field.label_from_instance(row)
    if isinstance(value, datetime):
        return exact_moment(value)
    if isinstance(field, forms.ChoiceField):
        return str(dict(field.choices).get(value, value))
    if isinstance(value, (list, tuple)):  # what no moment could be made of
        return " ".join(str(part) for part in value if part)
    return value if isinstance(value, bool) else str(value or "")
