"""What a deed on many articles has to be told before it begins: a form for each deed that asks."""

from django import forms
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from ..decisions import SAY_WHY
from ..models import Article, BulkAction, Topic, TopicAssignment
from ..shared_forms import LineField

Deed = BulkAction.Deed


class TopicsWidget(AutocompleteSelectMultiple):
    """Found by typing; without a script, chosen from the whole list."""

    optgroups = forms.SelectMultiple.optgroups


class RetopicForm(forms.Form):
    def __init__(self, *args, admin_site, **kwargs):
        super().__init__(*args, **kwargs)
        for name, label in (("add", _("Add these topics")), ("take", _("Take these topics away"))):
            widget = TopicsWidget(TopicAssignment._meta.get_field("tag"), admin_site)
            self.fields[name] = forms.ModelMultipleChoiceField(
                Topic.objects.all(), required=False, label=label, widget=widget
            )

    def clean(self):
        data = super().clean()
        add, take = (set(data.get(name) or ()) for name in ("add", "take"))
        if add & take:
            names = ", ".join(f"“{topic}”" for topic in add & take)
            raise ValidationError(
                _("Add it or take it away, not both: %(names)s") % {"names": names}
            )
        if not (add or take or self.errors):
            raise ValidationError(_("Choose at least one topic."))
        return data

    def choices_of_deed(self):
        return {name: [topic.pk for topic in self.cleaned_data[name]] for name in ("add", "take")}


class AssignForm(forms.Form):
    def __init__(self, *args, admin_site, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["to"] = colleague_field(label=_("Assign to"), empty_label=_("Nobody"))

    def choices_of_deed(self):
        to = self.cleaned_data["to"]
        return {"to": to and to.pk}


class WithdrawForm(forms.Form):
    """One line, as `decisions.decide` takes it."""

    def __init__(self, *args, admin_site, **kwargs):
        super().__init__(*args, **kwargs)
        field = Article._meta.get_field("withdrawal_reason")
        self.fields["reason"] = LineField(
            label=field.verbose_name.capitalize(),
            max_length=field.max_length,
            help_text=field.help_text,
            widget=forms.TextInput({"class": "vLargeTextField"}),
            error_messages={"required": SAY_WHY},
        )

    def choices_of_deed(self):
        return {"reason": self.cleaned_data["reason"]}


FORMS = {Deed.WITHDRAW: WithdrawForm, Deed.RETOPIC: RetopicForm, Deed.ASSIGN: AssignForm}


def colleagues(besides=None):
    """Those whose business an article can be: who may log in here, and the user `besides` (a
    number)."""
    users = get_user_model().objects.order_by(get_user_model().USERNAME_FIELD)
    found = users.filter(is_staff=True, is_active=True)
    return found if besides is None else found | users.filter(pk=besides)


def colleague_field(besides=None, **options):
    return forms.ModelChoiceField(colleagues(besides), required=False, **options)
