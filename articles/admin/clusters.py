"""The cluster on an article's form: who is in it, who leads, what is hidden from readers."""

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from ..clusters import cluster_of, hide, make_lead
from ..models import Article
from ..reasons import why
from ..roles import PUBLISH, RESOLVE, may_change
from .undo import Undo, say_done
from .widgets import badge, own_row, pages_of_a_row, shows_all, whole_number

CHANGE_ARTICLE = "articles.change_article"
ITEMS_SHOWN = 8


class Clusters(Undo):
    """For the article's admin. Its buttons act at once: what was typed into the form is no part of
    that."""

    @property
    def media(self):
        return super().media + forms.Media(css={"all": ["articles/clusters.css"]})

    def get_urls(self):
        views = {"lead": self.lead_view, "hide": self.hide_view}
        return pages_of_a_row(self, views) + super().get_urls()

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if change and obj is not None:
            context["cluster"] = _contents(request, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def lead_view(self, request, object_id):
        """POST: `lead`, a member's number, and `public`, the numbers of those that were public when
        the editor looked."""
        article = own_row(self, request, unquote(object_id), RESOLVE)
        address = _form_of(article)
        if request.method == "POST":
            public = {whole_number(pk) for pk in request.POST.getlist("public")} - {None}
            chosen = whole_number(request.POST.get("lead")) or 0
            try:
                decided = make_lead(article, chosen, public, request.user)
            except Article.DoesNotExist as error:
                raise Http404 from error
            except ValidationError as error:
                self.message_user(request, " ".join(error.messages), messages.ERROR)
            else:
                self._say_who_leads(request, decided, chosen, address)
        return HttpResponseRedirect(address)

    def _say_who_leads(self, request, decided, chosen, address):
        if not decided:
            self.message_user(request, _("It leads already."), messages.INFO)
            return
        status = str(Article._meta.get_field("status").verbose_name)
        for article in decided:
            self.log_change(request, article, [{"changed": {"fields": [status]}}])
        held = [f"“{article.headline}”" for article in decided if article.pk != chosen]
        headline = Article.objects.get(pk=chosen).headline
        if held:
            text = _("“%(headline)s” is public now, and held: %(held)s.")
        else:
            text = _("“%(headline)s” is public now.")
        values = {"headline": headline, "held": ", ".join(held)}
        say_done(self, request, text % values, [row.decision for row in decided], address)

    def hide_view(self, request, object_id):
        """POST: `hide` or `show` with the number of one of the article's related items."""
        article = own_row(self, request, unquote(object_id), CHANGE_ARTICLE)
        is_hidden = "hide" in request.POST
        number = whole_number(request.POST.get("hide" if is_hidden else "show"))
        item = article.related_items.filter(pk=number).first()
        address = f"{_form_of(article)}#cluster"
        if request.method != "POST":
            return HttpResponseRedirect(address)
        if item is None:
            text = _("That related item is gone: a delivery or a colleague has changed the list.")
            self.message_user(request, text, messages.WARNING)
            return HttpResponseRedirect(address)
        self._hide(request, article, item, is_hidden, address)
        return HttpResponseRedirect(address)

    def _hide(self, request, article, item, is_hidden, address):
        try:
            revision = hide(item, request.user, is_hidden=is_hidden)
        except Article.DoesNotExist as error:
            raise Http404 from error
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
            return
        if is_hidden:
            text = _("Hidden from readers, however often it is delivered: “%(headline)s”.")
        else:
            text = _("Shown to readers again: “%(headline)s”.")
        text %= {"headline": item.headline}
        if revision is None:
            self.message_user(request, _("It is so already."), messages.INFO)
            return
        self.log_change(request, article, str(text))
        say_done(self, request, text, [revision], address)


def _form_of(article):
    return reverse("admin:articles_article_change", args=[article.pk])


def _contents(request, article) -> dict | None:
    """For the template; None where the article has no related item and nobody relates to it."""
    cluster = cluster_of(article)
    if not (cluster.items or cluster.has_company):
        return None
    now = timezone.now()
    public = [member for member in cluster.members if member.is_published(now)]
    hidden = set(article.hidden_related)
    items = [(item, member, item.identity in hidden) for item, member in cluster.items]
    user = request.user
    return {
        "members": [
            {
                "article": member,
                "state": badge(member, now),
                "reason": why(member, now),
                "is_this": member.pk == article.pk,
                "may_lead": member not in public,
            }
            for member in cluster.members
        ],
        "has_company": cluster.has_company,
        "items": items,
        # What is hidden can always be shown again.
        "shown": [
            each
            for place, each in enumerate(items)
            if place < ITEMS_SHOWN or each[2] or shows_all(request)
        ],
        "hidden": sum(is_hidden for _item, _member, is_hidden in items),
        "public": public,
        "what_leading_does": _what_leading_does(public),
        "may_lead": user.has_perm(RESOLVE) and user.has_perm(PUBLISH),
        "may_hide": may_change(user, article),
    }


def _what_leading_does(public):
    if not public:
        return _("The one you choose is published.")
    text = ngettext(
        "The one you choose is published, and the one that is public now is held.",
        "The one you choose is published, and the %(count)s that are public now are held.",
        len(public),
    )
    return text % {"count": len(public)}
