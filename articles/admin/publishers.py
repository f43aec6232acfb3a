"""What readers see is a publisher's: the article's form and its rows as an editor gets them.

An editor opens a public article to read it and to leave a note. One that becomes public while an
editor has it open is not saved over, and what was written is shown again.
"""

from ..models import Article
from ..permitted import FOR_COLLEAGUES
from ..roles import PUBLISH, may_change

# When readers see it: a publisher's at every moment.
PUBLISHERS_FIELDS = ("publish_from", "publish_until", "is_kept_public", "withdrawal_reason")


def is_locked(request, article) -> bool:
    """Whether the page shows the article as it is, for reading, with the note alone to write."""
    if request.user.has_perm(PUBLISH) or article is None:
        return False
    if request.method == "POST":
        return "title" not in request.POST  # what was not there to be written was not sent either
    return article.status == Article.Status.PUBLISHED


def is_refused(request, article) -> bool:
    return (
        request.method == "POST"
        and article is not None
        and not is_locked(request, article)
        and article.status == Article.Status.PUBLISHED
        and not request.user.has_perm(PUBLISH)
    )


class PublishersOnly:
    """For the article's admin."""

    def has_publish_permission(self, request):
        return request.user.has_perm(PUBLISH)

    def get_readonly_fields(self, request, obj=None):
        names = list(super().get_readonly_fields(request, obj))
        if request.user.has_perm(PUBLISH):
            return names
        if not is_locked(request, obj):
            return [*names, *PUBLISHERS_FIELDS]
        shown = [
            name for _, options in self.get_fieldsets(request, obj) for name in options["fields"]
        ]
        return [*names, *(name for name in shown if name not in {*names, *FOR_COLLEAGUES})]

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        form.may_publish = request.user.has_perm(PUBLISH)
        form.is_refused = is_refused(request, obj)
        return form


class PublishersRows:
    """For the inlines of an article."""

    def get_formset(self, request, obj=None, **kwargs):
        formset = super().get_formset(request, obj, **kwargs)
        formset.is_refused = is_refused(request, obj)
        return formset

    def has_add_permission(self, request, obj=None):
        return not is_locked(request, obj) and super().has_add_permission(request, obj)

    def has_change_permission(self, request, obj=None):
        return not is_locked(request, obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        return not is_locked(request, obj) and super().has_delete_permission(request, obj)


class PublishersItem:
    """For what has a page of its own and belongs to the article `obj.article`."""

    def has_change_permission(self, request, obj=None):
        is_ours = obj is None or may_change(request.user, obj.article)
        return is_ours and super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        is_ours = obj is None or may_change(request.user, obj.article)
        return is_ours and super().has_delete_permission(request, obj)

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        form.user = request.user
        return form
