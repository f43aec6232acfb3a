"""The copies between which the feed swaps an article, and the editor's choice among them."""

from django.contrib import messages
from django.utils.translation import gettext_lazy as _

from ..importing import leads
from ..models import Revision
from ..revisions import recording
from .widgets import whole_number


class Sources:
    """For the article's admin: what its panel's buttons do."""

    def choose_source(self, request, article, data):
        """Keep one copy (`keep`: the lead's number), follow the feed again (`follow`), or leave it
        at that (`dismiss`)."""
        if "keep" in data:
            self._keep(request, article, data["keep"])
        elif "follow" in data:
            self._follow(request, article)
        elif "dismiss" in data:
            with recording(article.pk, request.user, Revision.Kind.SOURCE):
                leads.dismiss(article)
            text = _("Left as it is. The article is marked again when the feed next goes back.")
            self._done(request, article, text)

    def _keep(self, request, article, number):
        lead = article.leads.filter(pk=whole_number(number)).first()
        if lead is None:
            text = _("That copy is no longer known: an import was taken back meanwhile.")
            self.message_user(request, text, messages.WARNING)
            return
        with recording(article.pk, request.user, Revision.Kind.SOURCE, str(lead)[:300]):
            leads.pin(lead)
        text = _("Kept on %(copy)s, whatever the feed swaps it for.") % {"copy": lead}
        self._done(request, article, text)

    def _follow(self, request, article):
        if article.pinned_lead_id is None:
            text = _("It follows the feed already.")
            self.message_user(request, text, messages.INFO)
            return
        with recording(article.pk, request.user, Revision.Kind.SOURCE):
            leads.unpin(article)
        self._done(request, article, _("It follows the feed again."))

    def _done(self, request, article, text):
        self.log_change(request, article, str(text))
        self.message_user(request, text, messages.SUCCESS)


def copies_of(article) -> list:
    """The article's leads for its panel, latest first; none where there is nothing to choose. One
    query."""
    if not (article.is_oscillating or article.pinned_lead_id):
        return []
    return list(article.leads.defer("content"))
