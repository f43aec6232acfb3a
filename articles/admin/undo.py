"""What an editor just did, offered to be taken back: a button in the message that says it is done.

The button carries a token (`undoing.token`) and posts it here, whatever page it stands on.
"""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponseRedirect
from django.middleware.csrf import get_token
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from .. import undoing

CHANGE_ARTICLE = "articles.change_article"


class Undo:
    """For the article's admin."""

    def get_urls(self):
        view = self.admin_site.admin_view(self.undo_view)
        return [path("undo/", view, name="articles_article_undo"), *super().get_urls()]

    def undo_view(self, request):
        """POST: `token`; then back to `next`, an address of this site."""
        if not request.user.has_perm(CHANGE_ARTICLE):
            raise PermissionDenied
        if request.method == "POST":
            try:
                articles = undoing.undo(request.POST.get("token", ""), request.user)
            except ValidationError as error:
                self.message_user(request, " ".join(error.messages), messages.ERROR)
            else:
                for article in articles:
                    self.log_change(request, article, str(_("Undone.")))
                self.message_user(request, _("Undone."), messages.SUCCESS)
        return HttpResponseRedirect(_safe(request, request.POST.get("next", "")))


def say_done(admin, request, text, revisions, address: str) -> None:
    """A message that it is done, with a button that undoes it and leads back to `address`."""
    fields = {"token": undoing.token(revisions), "next": address}
    offer(admin, request, text, _("Undo"), reverse("admin:articles_article_undo"), fields)


def offer(admin, request, text, label, address: str, fields: dict) -> None:
    """A message with a button in it that posts `fields` to `address`."""
    fields = {"csrfmiddlewaretoken": get_token(request), **fields}
    hidden = format_html_join("", '<input type="hidden" name="{}" value="{}">', fields.items())
    button = format_html(
        '<form class="undo" method="post" action="{}">{}'
        '<button type="submit" class="button">{}</button></form>',
        *(address, hidden, label),
    )
    admin.message_user(request, format_html("{} {}", text, button), messages.SUCCESS)


def _safe(request, address: str) -> str:
    is_ours = url_has_allowed_host_and_scheme(
        address, {request.get_host()}, require_https=request.is_secure()
    )
    return address if is_ours else reverse("admin:articles_article_changelist")
