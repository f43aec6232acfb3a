"""Forms that know what their user may do: what readers see is a publisher's. Used by `forms`.

`admin.publishers` tells each form class and formset class; one that nobody told lets everything
through, as the tests of other things do.
"""

from django.core.exceptions import ValidationError

from .models import Article
from .roles import PUBLIC_NOW, PUBLISHERS_STATES

# For colleagues: readers never see it, so every editor may write it at any time.
FOR_COLLEAGUES = frozenset(["assigned_to", "note", "seen"])


class PermittedForm:
    """For the article's form."""

    may_publish = True  # the user's permission
    is_refused = False  # the article has become public since the page was opened

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.may_publish and "status" in self.fields:
            self._offer_no_publishing(self.fields["status"])

    def _offer_no_publishing(self, field):
        """Held or in review; an article whose status is a publisher's keeps it."""
        now = self.instance.status if self.instance.pk else None
        if now in PUBLISHERS_STATES or now == Article.Status.TRASHED:
            offered = {now}
        else:
            offered = {Article.Status.HELD, Article.Status.REVIEW}
        field.choices = [choice for choice in field.choices if choice[0] in offered]

    def clean(self):
        data = super().clean()
        if self.is_refused and not FOR_COLLEAGUES.issuperset(self.changed_data):
            self.add_error(None, PUBLIC_NOW)
        return data


class PermittedRows:
    """For the formsets of what hangs on an article."""

    is_refused = False

    def clean(self):
        super().clean()
        if self.is_refused and self.has_changed():
            raise ValidationError(PUBLIC_NOW)
