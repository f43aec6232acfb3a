"""The triage queue's page: one article at a glance, decided by a key, and the next one is there.

GET shows the queue from the article `?at=`; POST decides about the article that it names, or undoes
the last decision. Both answer the script with the queue alone, and a browser without script with a
whole page, or with a redirect to one.
"""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Prefetch, prefetch_related_objects
from django.http import HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from ..models import Article, Provider, RelatedItem, Topic
from ..reasons import load_reasons, why
from ..roles import may_decide
from ..triage import STATUSES, AlreadyDecided, Queue, decide_waiting, look
from ..undoing import token, undo
from ..wording import NOT_STORABLE, readable
from .widgets import ago, bounded_count, moment, whole_number

CHANGE_ARTICLE = "articles.change_article"
FRAGMENT = "X-Fragment"  # the header by which the script asks for the queue alone
RETURN = "queue"  # the parameter of the form's address by which an editor comes back
LAST = "triage_last"  # in the session: what can be undone
RELATED_SHOWN = 5  # the others are there on demand
REFUSED = 422
Status = Article.Status


@dataclass(frozen=True)
class Verb:
    """What an editor may decide here: a button's name, its key, and what is said of it then."""

    status: str
    label: Any
    key: str
    done: Any


VERBS = {
    "publish": Verb(Status.PUBLISHED, _("Publish"), "p", _("published “%(headline)s”")),
    "hold": Verb(Status.HELD, _("Hold"), "h", _("held “%(headline)s”")),
    "review": Verb(Status.REVIEW, _("To review"), "r", _("sent “%(headline)s” to review")),
    "trash": Verb(Status.TRASHED, _("Trash"), "", _("threw away “%(headline)s”")),
}


class Triage:
    """For the article's admin."""

    def get_urls(self):
        view = self.admin_site.admin_view(self.triage_view)
        return [path("triage/", view, name="articles_article_triage"), *super().get_urls()]

    def triage_view(self, request):
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        queue = queue_of(request.GET)
        if request.method != "POST":
            return self._show(request, queue, whole_number(request.GET.get("at")))
        if not request.user.has_perm(CHANGE_ARTICLE):
            raise PermissionDenied
        if "undo" in request.POST:
            return self._undo(request, queue)
        return self._decide(request, queue)

    # Deeds

    def _decide(self, request, queue):
        verb = VERBS.get(request.POST.get("decision"))
        pk = whole_number(request.POST.get("article"))
        if verb is None or pk is None:
            return self._show(request, queue, pk, error=_("Choose one of the buttons."))
        try:
            article = decide_waiting(queue, pk, verb.status, request.user)
        except Article.DoesNotExist:
            return self._show(request, queue, error=_("That article has been deleted meanwhile."))
        except AlreadyDecided:  # the page says so: see `_missed`
            return self._show(request, queue, pk, status=REFUSED)
        except ValidationError as error:
            return self._show(request, queue, pk, error=" ".join(error.messages))
        fields = [str(Article._meta.get_field("status").verbose_name)]
        self.log_change(request, article, [{"changed": {"fields": fields}}])
        done = str(verb.done) % {"headline": article.headline}
        request.session[LAST] = {"token": token([article.decision]), "done": done}
        return self._go_on(request, queue, pk, _("Done: %(deed)s.") % {"deed": done})

    def _undo(self, request, queue):
        last = request.session.get(LAST) or {}
        at = whole_number(request.GET.get("at"))
        try:
            article, *_others = undo(request.POST["undo"], request.user)
        except ValidationError as error:
            request.session.pop(LAST, None)
            return self._show(request, queue, at, error=" ".join(error.messages))
        if last.get("token") == request.POST["undo"]:
            del request.session[LAST]
        self.log_change(request, article, str(_("Undid the last decision.")))
        if article.status in STATUSES:
            queue = queue.with_status(article.status)
        said = _("Undone: “%(headline)s” is back.") % {"headline": article.headline}
        return self._go_on(request, queue, article.pk, said)

    # Answers

    def _go_on(self, request, queue, at, said):
        """After a deed: from the place of the article that it was about."""
        if FRAGMENT in request.headers:
            return self._show(request, queue, at, said=said, is_after=True)
        view = look(queue, at)
        self.message_user(request, said)
        return HttpResponseRedirect(address_of(queue, view.article))

    def _show(self, request, queue, at=None, *, said="", error="", status=None, is_after=False):
        view = look(queue, at)
        context = {
            **_contents(request, queue, view),
            "said": said,
            "error": error,
            "missed": None if is_after else _missed(queue, view),
        }
        status = status or (REFUSED if error else 200)
        if FRAGMENT in request.headers:
            return render(request, "admin/articles/article/_queue.html", context, status=status)
        context |= {
            **self.admin_site.each_context(request),
            "title": _("Triage"),
            "opts": self.opts,
            "media": self.media,
        }
        return TemplateResponse(
            request, "admin/articles/article/triage.html", context, status=status
        )

    # The form, there and back

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if change and obj is not None and RETURN in request.GET:
            context["queue_url"] = address_of(_to_return_to(request), obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def response_change(self, request, obj):
        """Saving and going on editing keeps the way back."""
        response = super().response_change(request, obj)
        if RETURN in request.GET and "_continue" in request.POST:
            response["Location"] = form_address(obj, _to_return_to(request))
        return response

    def response_post_save_change(self, request, obj):
        if RETURN in request.GET:
            return HttpResponseRedirect(address_of(_to_return_to(request), obj))
        return super().response_post_save_change(request, obj)


# Addresses --------------------------------------------------------------------------------------


def queue_of(query: QueryDict) -> Queue:
    """The queue that an address asks for. Odd text finds nothing; it never fails."""
    status = query.get("status")
    return Queue(
        status if status in STATUSES else Status.HELD,
        NOT_STORABLE.sub("", query.get("source", "")),
        _row_of(query.get("provider__id__exact")),
        _row_of(query.get("topic")),
    )


def query_of(queue: Queue) -> dict:
    """The parameters that the list of articles has, too."""
    narrowed = {
        "source": queue.source or None,
        "provider__id__exact": queue.provider,
        "topic": queue.topic,
    }
    held = {} if queue.status == Status.HELD else {"status": queue.status}
    return held | {name: value for name, value in narrowed.items() if value is not None}


def address_of(queue: Queue, article: Article | None = None) -> str:
    query = query_of(queue) | ({"at": article.pk} if article else {})
    return f"{reverse('admin:articles_article_triage')}?{urlencode(query)}"


def form_address(article: Article, queue: Queue) -> str:
    """The article's form, from which saving leads back to the queue."""
    address = reverse("admin:articles_article_change", args=[article.pk])
    return f"{address}?{urlencode({RETURN: urlencode(query_of(queue))})}"


def _to_return_to(request) -> Queue:
    return queue_of(QueryDict(request.GET[RETURN]))


def _row_of(text: str | None) -> int | None:
    if text is None:
        return None
    number = whole_number(text)
    return -1 if number is None else number


# What the page shows ----------------------------------------------------------------------------


def _contents(request, queue, view) -> dict:
    may_change = request.user.has_perm(CHANGE_ARTICLE)
    context = {
        "queue": queue,
        "tabs": [_tab(queue.with_status(status), status == queue.status) for status in STATUSES],
        "filters": _filters(queue) if queue.is_narrowed else [],
        "address": address_of(queue, view.article),
        "whole_url": address_of(Queue(queue.status)),
        "following": [(article, address_of(queue, article)) for article in view.following],
        "previous_url": view.previous and address_of(queue, view.previous),
        "next_url": view.following and address_of(queue, view.following[0]),
        "last": request.session.get(LAST) if may_change else None,
        "verbs": [],
    }
    if view.article is None:
        return context
    if may_change:
        context["verbs"] = [
            (name, verb)
            for name, verb in VERBS.items()
            if verb.status != Status.REVIEW or queue.status != Status.REVIEW
            if may_decide(request.user, queue.status, verb.status)
        ]
        context["form_url"] = form_address(view.article, queue)
    return context | _card(queue, view.article)


def _card(queue, article) -> dict:
    now = timezone.now()
    items = RelatedItem.objects.select_related("provider").only(
        *("article", "title", "web_url", "original_url", "quality", "provider__name")
    )
    prefetch_related_objects([article], Prefetch("related_items", items))
    load_reasons([article])
    # The best first: where one leads the cluster in its stead, that is what to look at.
    related = sorted(article.related_items.all(), key=lambda item: -(item.quality or 0))
    begins = article.publish_from
    only = {"status": queue.status}
    return {
        "article": article,
        "when": ago(article.published_at, now),
        "picture": article.picture,
        "reason": why(article, now),
        "planned": moment(begins) if begins and begins > now else "",
        "related": related[:RELATED_SHOWN],
        "more_related": related[RELATED_SHOWN:],
        "topics": [
            (topic, address_of(Queue(**only, topic=topic.pk)))
            for topic in sorted(article.topics.all(), key=lambda topic: topic.name)
        ],
        "provider_url": article.provider_id
        and address_of(Queue(**only, provider=article.provider_id)),
        "source_url": address_of(Queue(**only, source=article.source)),
    }


def _tab(queue, is_open):
    return {
        "url": address_of(queue),
        "label": Status(queue.status).label,
        "count": bounded_count(queue.articles),
        "is_open": is_open,
    }


def _filters(queue) -> list:
    """What the queue is narrowed to, each with the address of the queue without it."""
    found = []
    if queue.source:
        without = Queue(queue.status, "", queue.provider, queue.topic)
        found.append((_("Source"), queue.source, address_of(without)))
    if queue.provider is not None:
        provider = Provider.objects.filter(pk=queue.provider).first()
        without = Queue(queue.status, queue.source, None, queue.topic)
        found.append((_("Provider"), provider and readable(provider.name), address_of(without)))
    if queue.topic is not None:
        topic = Topic.objects.filter(pk=queue.topic).first()
        without = Queue(queue.status, queue.source, queue.provider)
        found.append((_("Topic"), topic, address_of(without)))
    return [(name, value or _("no such row"), url) for name, value, url in found]


def _missed(queue, view):
    """The article that was asked for, and why it waits no longer. One that the queue is only
    narrowed against is no surprise to whoever narrowed it."""
    if view.missed is None or queue.has_waiting(view.missed):
        return None
    load_reasons([view.missed])
    return {"article": view.missed, "reason": why(view.missed)}
