"""Clusters: the articles here that are about one story, as their related items link them.

Called by the admin. The cluster of an article is one step wide: the articles that its related items
lead to, and those whose related items lead to it. A feed scores them and puts one first; here an
editor may choose another, and hide a related item from readers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Prefetch, Q, prefetch_related_objects
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .decisions import decide
from .models import Article, RelatedItem, Revision
from .reasons import DEMOTED
from .revisions import record
from .roles import NOT_A_PUBLISHER, may_change

MEMBERS = 50  # at most; a live page may be linked from more
Status = Article.Status


@dataclass(frozen=True)
class Cluster:
    """`members` are articles, the article itself among them, public ones first and then by quality;
    with what `reasons.why` reads. `items` are its related items, each with the member it leads to
    or None."""

    members: list[Article]
    items: list[tuple[RelatedItem, Article | None]]

    @property
    def has_company(self) -> bool:
        return len(self.members) > 1


def cluster_of(article: Article) -> Cluster:
    """At most five queries, however many there are: the article's provider and editor, its related
    items, the members, and the related items of those that the feed has demoted."""
    related = Prefetch("related_items", RelatedItem.objects.select_related("provider"))
    prefetch_related_objects([article], related, "decided_by", "provider")
    items = list(article.related_items.all())
    others = list(_others(article, items)[:MEMBERS])
    prefetch_related_objects([row for row in others if row.heat == DEMOTED], related)
    now = timezone.now()
    members = sorted([article, *others], key=lambda member: _place(member, now))
    here = {member.link_key: member for member in reversed(members) if member.link_key is not None}
    return Cluster(members, [(item, here.get(item.link_key)) for item in items])


def _others(article: Article, items: Sequence[RelatedItem]):
    keys = {item.link_key for item in items} - {None, article.link_key}
    wanted = Q(link_key__in=keys)
    if article.link_key is not None:
        leading_here = RelatedItem.objects.filter(link_key=article.link_key)
        wanted |= Q(pk__in=leading_here.values("article"))
    rows = Article.objects.filter(wanted).exclude(pk=article.pk).exclude(status=Status.TRASHED)
    return rows.select_related("provider", "decided_by").defer(
        "body", "note", "featured_content", "amp_url", "cdn_amp_url"
    )


def _place(member: Article, now):
    quality = -1 if member.quality is None else member.quality
    return (not member.is_published(now), -quality, member.pk)


def make_lead(article: Article, chosen: int, public: set[int], by) -> list[Article]:
    """Publish the chosen member of the article's cluster and hold those that are public now.

    One deed: all of it or nothing. `public` are the numbers of those that the editor saw as public.
    Returns the articles that changed, each with its `decision`. Raises ValidationError, with a
    reason, where one of them is refused, and where others are public now than the editor saw;
    Article.DoesNotExist where the article is gone.
    """
    with transaction.atomic():
        cluster = cluster_of(Article.objects.get(pk=article.pk))
        # In one order always, so that two who choose never wait for each other; nobody else
        # decides about one of them until all is done.
        rows = Article.objects.filter(pk__in=[member.pk for member in cluster.members])
        members = {row.pk: row for row in rows.order_by("pk").select_for_update()}
        now = timezone.now()
        leading = {pk for pk, member in members.items() if member.is_published(now)} - {chosen}
        if chosen not in members or leading != public - {chosen}:
            raise ValidationError(
                _("Nothing was changed: the cluster is not as it was when you looked. Look again.")
            )
        decided = []
        for pk in sorted({chosen, *leading}):
            status = Status.PUBLISHED if pk == chosen else Status.HELD
            decided.append(_decide(members[pk], status, by))
        return [member for member in decided if member is not None]


def _decide(member: Article, status: str, by) -> Article | None:
    try:
        return decide(member.pk, status, by)
    except ValidationError as error:
        raise ValidationError(
            _("Nothing was changed: “%(headline)s”: %(why)s"),
            params={"headline": member.headline, "why": " ".join(error.messages)},
        ) from error


def hide(item: RelatedItem, by, *, is_hidden: bool = True) -> Revision | None:
    """Keep a related item from readers, or show it again.

    It stays so however often it is delivered again. Returns the revision; None where it was so
    already. Raises Article.DoesNotExist where its article is gone, and ValidationError where
    readers see that and `by` is no publisher.
    """
    with transaction.atomic():
        article = Article.objects.select_for_update().get(pk=item.article_id)
        if not may_change(by, article):
            raise ValidationError(NOT_A_PUBLISHER)
        before, identity = list(article.hidden_related), item.identity
        if (identity in before) == is_hidden:
            return None
        after = [part for part in before if part != identity]
        article.hidden_related = [*after, identity] if is_hidden else after
        article.save(update_fields=["hidden_related", "updated_at"])
        changes = {"hidden_related": [before, article.hidden_related]}
        return record(article, changes, by, Revision.Kind.EDIT)
