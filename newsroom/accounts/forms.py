"""The form that lets people in."""

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from . import second_factor, throttle


class LoginForm(AdminAuthenticationForm):
    """Name, password and, of those who have set one up, the code of a second factor.

    All three are sent at once and refused in the same words, whatever was wrong: nobody learns
    which names there are, which of them may come in, or that a password was right.
    """

    code = forms.CharField(
        label=_("Code"),
        required=False,
        max_length=32,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autocapitalize": "none"}),
        help_text=_("Only if you have set up a second factor: from your app, or a backup code."),
    )
    error_messages = {
        "invalid_login": _(
            "These do not go together: username, password and, if you have set up a second factor, "
            "its code. Mind capital letters."
        )
    }
    locked_until = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            # A field's own text is read aloud with each of its mistakes.
            field.widget.attrs.pop("autofocus", None)
        self.fields["username"].widget.attrs["autofocus"] = not self.is_bound

    def confirm_login_allowed(self, user):
        if not (user.is_active and user.is_staff):
            raise self.get_invalid_login_error()

    def clean(self):
        name = self.cleaned_data.get("username")
        if not name or not self.cleaned_data.get("password"):
            return self.cleaned_data
        try:
            attempt = throttle.begin(self.request, name)
        except throttle.Locked as locked:
            self.locked_until = locked.until
            raise ValidationError(locked.told(), code="locked") from locked
        data = super().clean()
        user = self.get_user()
        if not second_factor.lets_in(user, data.get("code", "")):
            raise self.get_invalid_login_error()
        attempt.succeeded()
        return data
