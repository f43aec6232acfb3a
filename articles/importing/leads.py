"""Flapping: the feed swaps one copy of a story for another, and often back again.

Provider, links, date, excerpt and pictures swap together. Each copy is kept as a `Lead`; one that
comes back makes its article oscillate, until an editor pins one of them. `note` and `take_back` are
the import's, `pin`, `unpin` and `dismiss` the editor's, from the admin.
"""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from .. import weblinks
from ..models import Article, Lead
from . import state
from .aliases import canonical, load_aliases
from .apply import apply, with_all_that_merges
from .merge import merge_states
from .records import ArticleRecord, of_content
from .references import References

# What swaps together, and what a pin holds.
LEAD_COLUMNS = (
    "provider",
    "published_at",
    "excerpt",
    "type",
    "web_url",
    "original_url",
    "amp_url",
    "cdn_amp_url",
    "featured_content",
)
HELD_BY_A_PIN = frozenset([*LEAD_COLUMNS, "images"])

LeadKey = tuple[str, str, str]  # provider's name, its domain, the link


def key_of(record: ArticleRecord) -> LeadKey:
    name, domain = record.provider.key if record.provider else ("", "")
    return name, domain, weblinks.link(record.web_url, record.original_url)


def note(
    article: Article,
    base: ArticleRecord,
    theirs: ArticleRecord,
    base_content: bytes,
    content: bytes,
    at: datetime,
) -> tuple[list, bool]:
    """Keep the lead that a delivery brings. Returns ([key before, key after] or [] where it stays
    the same, whether a lead came back). Costs a query only where leads are kept or the lead moves.
    """
    was, now = key_of(base), key_of(theirs)
    known = {(lead.provider_name, lead.domain, lead.link): lead for lead in article.leads.all()}
    if was == now and not known:
        return [], False
    if was not in known:
        Lead.objects.create(**_fields(article, was), content=base_content, last_at=at)
    lead = known.get(now)
    if lead is None:
        Lead.objects.create(**_fields(article, now), content=content, last_at=at)
    else:
        lead.content, lead.last_at = content, at
        lead.arrivals += was != now
        lead.save(update_fields=["content", "last_at", "arrivals"])
    if was == now:
        return [], False
    return [list(was), list(now)], lead is not None


def take_back(article: Article, move: list) -> None:
    """Forget the move [key before, key after] that `note` returned."""
    leads = {(lead.provider_name, lead.domain, lead.link): lead for lead in article.leads.all()}
    after = leads.pop(tuple(move[1]), None)
    if after is None:
        return
    after.arrivals -= 1
    if after.arrivals:
        after.save(update_fields=["arrivals"])
        return
    after.delete()
    # The first move made two of them: one alone is no choice.
    for lead in leads.values():
        if len(leads) == 1 and lead.arrivals == 1:
            lead.delete()


def pin(lead: Lead) -> Article:
    """Make this copy the article's, whatever the feed swaps it for. What an editor wrote in those
    fields stays."""
    with transaction.atomic():
        article = _follow(lead.article_id, bytes(lead.content))
        article.pinned_lead, article.is_oscillating = lead, False
        article.save(update_fields=["pinned_lead", "is_oscillating"])
        return article


def unpin(article: Article) -> Article:
    """Follow the feed again, from the copy that it delivered last."""
    with transaction.atomic():
        article = _follow(article.pk, None)
        article.pinned_lead = None
        article.save(update_fields=["pinned_lead"])
        return article


def dismiss(article: Article) -> None:
    """The feed may swap as it likes; the article is marked again when it next goes back."""
    Article.objects.filter(pk=article.pk).update(is_oscillating=False)


def _follow(article_id: int, content: bytes | None) -> Article:
    """Set what swaps together to what a copy's file says, or to the last delivery's where None.

    Where nobody touched it, the row holds what the pinned copy says, or else the last delivery.
    """
    locked = Article.objects.select_for_update(of=("self",)).select_related("pinned_lead")
    article = with_all_that_merges(locked).get(pk=article_id)
    delivered = bytes(article.delivery.content)
    held = bytes(article.pinned_lead.content) if article.pinned_lead else delivered
    ours = state.of_article(article)
    aliases = load_aliases()
    base, theirs = (
        state.of_record(canonical(of_content(file), aliases), article.source)
        for file in (held, delivered if content is None else content)
    )
    merged, _ = merge_states(base, theirs, ours)
    target = ours | {name: merged[name] for name in HELD_BY_A_PIN}
    apply(article, ours, target, References.of_states([target]), timezone.now())
    return article


def _fields(article: Article, key: LeadKey) -> dict:
    return {"article": article} | dict(zip(("provider_name", "domain", "link"), key, strict=True))
