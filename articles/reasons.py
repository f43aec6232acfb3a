"""Why an article is public, or not: one sentence for editors.

Reads an article with what is loaded beside it (`load_reasons`), the rule of `models.article` and
the feed's verdict; asks no query itself. Called by the admin.
"""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Prefetch, prefetch_related_objects
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from .models import Article, RelatedItem

DEMOTED = -1  # the heat of an item whose cluster another one leads
Status = Article.Status


@dataclass(frozen=True)
class Reason:
    """`is_public` is `Article.is_published` at the moment asked for; `text` is plain text."""

    is_public: bool
    text: str

    def __str__(self):
        return self.text


def why(article: Article, at: datetime | None = None) -> Reason:
    """Why readers see the article, or do not, at the aware moment `at` (None: now).

    Asks no query: names the editor where `decided_by` is loaded, and the item that leads the
    cluster where `related_items` are prefetched with their `provider`; else leaves them unnamed.
    """
    at = timezone.now() if at is None else at
    if article.is_published(at):
        return Reason(True, _public(article))
    if article.status == Status.PUBLISHED:
        return Reason(False, _not_now(article, at))
    return Reason(False, _SENTENCES[article.status](article))


def load_reasons(articles: list[Article]) -> None:
    """Load what `why` names beside the articles: two queries, fewer where it is there already."""
    items = RelatedItem.objects.select_related("provider").only(
        "article", "title", "quality", "provider__name"
    )
    superseded = [article for article in articles if article.heat == DEMOTED]
    prefetch_related_objects(superseded, Prefetch("related_items", items))
    prefetch_related_objects(articles, "decided_by")


# One for each status ----------------------------------------------------------------------------


def _public(article):
    reason = _decision(article) if article.decided_at else _approval(article)
    return _("public since %(moment)s: %(reason)s") % {
        "moment": _moment(article.publish_from),
        "reason": reason,
    }


def _not_now(article, at):
    if article.publish_until and article.publish_until <= at:
        return _("expired on %(moment)s") % {"moment": _moment(article.publish_until)}
    return _("scheduled for %(moment)s") % {"moment": _moment(article.publish_from)}


def _held(article):
    if article.decided_at:
        return _by_editor(article, _("held by %(who)s on %(moment)s"), _("held on %(moment)s"))
    if article.source == Article.NEWSROOM:
        return _("held: nobody has published it yet")
    return _("held: %(reason)s") % {"reason": _objection(article)}


def _in_review(article):
    if not article.decided_at:
        return _("in review")
    return _by_editor(
        article, _("in review: sent by %(who)s on %(moment)s"), _("in review since %(moment)s")
    )


def _withdrawn(article):
    """A takedown withdraws whoever decided before, so it is named first; but not before an editor's
    own withdrawal, which has a reason."""
    by_editor = article.decided_at and (article.withdrawal_reason or not article.feed_removed)
    if by_editor:
        text = _by_editor(
            article, _("withdrawn by %(who)s on %(moment)s"), _("withdrawn on %(moment)s")
        )
        return f"{text}: {article.withdrawal_reason}" if article.withdrawal_reason else text
    if not article.feed_removed:
        return _("withdrawn")
    if article.withdrawn_at is None:
        return _("withdrawn by the source")
    return _("withdrawn by the source on %(moment)s") % {"moment": _moment(article.withdrawn_at)}


def _in_trash(article):
    if not article.decided_at:
        return _("in the trash")
    return _by_editor(
        article,
        _("in the trash: put there by %(who)s on %(moment)s"),
        _("in the trash since %(moment)s"),
    )


_SENTENCES = {
    Status.HELD: _held,
    Status.REVIEW: _in_review,
    Status.WITHDRAWN: _withdrawn,
    Status.TRASHED: _in_trash,
}


# The feed's side and the editor's ---------------------------------------------------------------


def _approval(article):
    """Why the feed publishes it."""
    if article.feed_published is None:
        return _("not scored yet")
    if article.heat is not None and article.heat > settings.SEEDS_THRESHOLD:
        return _("heat %(heat)s is over %(threshold)s") % _heat(article)
    return _("the feed’s verdict")


def _objection(article):
    """Why the feed does not publish it."""
    if article.feed_published is None:
        return _("not scored yet")
    if article.heat == DEMOTED:
        return _superseded(article)
    if article.heat is None or article.heat > settings.SEEDS_THRESHOLD:
        return _("the feed’s verdict")
    if article.heat == settings.SEEDS_THRESHOLD:
        return _("heat %(heat)s is not over %(threshold)s") % _heat(article)
    return _("heat %(heat)s is under %(threshold)s") % _heat(article)


def _heat(article):
    return {"heat": article.heat, "threshold": settings.SEEDS_THRESHOLD}


def _superseded(article):
    leader = _leader(article)
    if leader is None:
        return _("superseded in its cluster by another item")
    return _("superseded in its cluster by %(name)s (%(theirs)s over %(ours)s)") % {
        "name": _name(leader),
        "theirs": leader.quality,
        "ours": article.quality,
    }


def _leader(article) -> RelatedItem | None:
    """The best of its related items that is better than the article itself."""
    loaded = getattr(article, "_prefetched_objects_cache", {}).get("related_items")
    if loaded is None or article.quality is None:
        return None
    better = [item for item in loaded if (item.quality or 0) > article.quality]
    return max(better, key=lambda item: item.quality, default=None)


def _name(item: RelatedItem) -> str:
    is_loaded = RelatedItem._meta.get_field("provider").is_cached(item)
    name = item.provider.display_name if is_loaded and item.provider else ""
    return name or f"“{item.headline}”"


def _decision(article):
    """Who published it, and whether the feed would not have."""
    if article.feed_removed:
        return _by_editor(
            article,
            _("published by %(who)s, though the source took it down"),
            _("published by an editor, though the source took it down"),
        )
    if article.feed_published is False:
        against = (
            _("published by %(who)s against the feed’s verdict"),
            _("published by an editor against the feed’s verdict"),
        )
        text = _by_editor(article, *against)
        return text if article.heat is None else f"{text} ({_('heat')} {article.heat})"
    return _by_editor(article, _("published by %(who)s"), _("published by an editor"))


def _by_editor(article, named, unnamed):
    """The first sentence where the editor is known and loaded, else the second."""
    is_loaded = Article._meta.get_field("decided_by").is_cached(article)
    editor = article.decided_by if is_loaded else None
    moment = _moment(article.decided_at)
    if editor is None:
        return unnamed % {"moment": moment}
    return named % {"who": editor.get_short_name() or editor.get_username(), "moment": moment}


def _moment(at):
    return date_format(localtime(at), "SHORT_DATETIME_FORMAT")
