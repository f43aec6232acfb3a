"""One number for everything that the newsroom knows, to compare two databases by.

Two databases that say the same give the same digest, whatever the order in which it came in: row
numbers, moments of arrival, folders, the bytes of `secured` and the records of runs are left out,
and so is what no article uses. Reads models, writes nothing.
"""

import json
from collections.abc import Iterator
from hashlib import blake2b

from django.db.models import Q

from .models import Article, DuplicatePair, Image, Proposal, Provider, Topic

_LEFT_OUT = {
    *("id", "created_at", "updated_at", "decided_at", "decided_by", "pinned_lead", "provider"),
    *("brought_by", "link_key", "title_first", "title_last", "merged_into"),
    *("withdrawn_at", "first_public_at", "assigned_to"),
    *("words_title", "words_excerpt", "words_body", "served"),
    *("fetch_failures", "fetch_error", "fetch_tried_at", "fetch_next_at"),
}
_CHUNK = 500


def state_digest(source: str | None = None) -> str:
    """64 hex digits over all articles, or those of one source, with all that belongs to them."""
    total = blake2b(digest_size=32)
    for line in lines(source):
        total.update(line.encode())
        total.update(b"\n")
    return total.hexdigest()


def lines(source: str | None = None) -> Iterator[str]:
    """What the digest is made of, a line of JSON each, in one order on every database."""
    articles = Article.objects.order_by("stem").select_related(
        "provider", "delivery", "pinned_lead", "merged_into"
    )
    articles = articles.prefetch_related(
        "topic_assignments__tag",
        "image_uses__image",
        "related_items__provider",
        "related_items__image_uses__image",
    )
    # Sorted here: a database sorts by its language, but stems (see `ByteOrderedCharField`).
    sources = set(Article.objects.order_by().values_list("source", flat=True).distinct())
    used: dict[str, set[int]] = {"providers": set(), "images": set(), "topics": set()}
    for name in sorted(sources if source is None else sources & {source}):
        for article in articles.filter(source=name).iterator(_CHUNK):
            yield _line("article", _article(article, used))
    yield from _shared(used)
    proposals = Proposal.objects.open().select_related("article", "related_item")
    if source is not None:
        proposals = proposals.filter(article__source=source)
    yield from sorted(
        _line(
            "proposal",
            [
                proposal.article.source,
                proposal.article.stem,
                proposal.related_item and proposal.related_item.link,
                proposal.field,
                proposal.theirs,
            ],
        )
        for proposal in proposals.iterator(_CHUNK)
    )
    yield from _told_apart(source)


def _told_apart(source: str | None) -> list[str]:
    """What somebody has said of possible duplicates; those that are found are no knowledge."""
    pairs = DuplicatePair.objects.filter(resolution=DuplicatePair.Resolution.DIFFERENT)
    if source is not None:
        pairs = pairs.filter(Q(first__source=source) | Q(second__source=source))
    return sorted(
        _line("two stories", sorted([row.source, row.stem] for row in (pair.first, pair.second)))
        for pair in pairs.select_related("first", "second").iterator(_CHUNK)
    )


def _article(article: Article, used) -> dict:
    values = _columns(article)
    delivery = getattr(article, "delivery", None)
    values["delivery"] = delivery and delivery.meaning
    values["is_decided"] = article.decided_at is not None
    values["pinned_lead"] = article.pinned_lead and article.pinned_lead.link
    survivor = article.merged_into
    values["merged_into"] = survivor and [survivor.source, survivor.stem]
    values["topics"] = sorted(row.tag.name for row in article.topic_assignments.all())
    used["topics"].update(row.tag_id for row in article.topic_assignments.all())
    values |= _shared_by(article, used)
    values["related"] = [
        {k: v for k, v in _columns(item).items() if k not in ("article", "position")}
        | _shared_by(item, used)
        for item in article.related_items.all()
    ]
    return values


def _shared_by(item, used) -> dict:
    uses = item.image_uses.all()
    used["images"].update(use.image_id for use in uses)
    if item.provider_id:
        used["providers"].add(item.provider_id)
    provider = item.provider
    return {
        "provider": provider and [provider.name, provider.domain],
        "images": [_image(use.image) for use in uses],
    }


def _shared(used) -> Iterator[str]:
    providers, logos = [], set()
    for provider in _in_chunks(Provider.objects.select_related("logo"), used["providers"]):
        logo = provider.logo
        logos.update([logo.pk] if logo else [])
        values = {k: v for k, v in _columns(provider).items() if k not in ("slug", "logo")}
        providers.append(_line("provider", values | {"logo": logo and _image(logo)}))
    yield from sorted(providers)
    topics = _in_chunks(Topic.objects.select_related("parent", "image"), used["topics"])
    yield from sorted(
        _line(
            "topic",
            _columns(topic)
            | {
                "parent": topic.parent and topic.parent.name,
                "image": topic.image and _image(topic.image),
            },
        )
        for topic in topics
    )
    images = _in_chunks(Image.objects, used["images"] | logos)
    yield from sorted(
        _line("image", _columns(image) | {"file": bool(image.file)}) for image in images
    )


def _in_chunks(queryset, numbers: set[int]):
    ordered = sorted(numbers)
    for start in range(0, len(ordered), _CHUNK):
        yield from queryset.filter(pk__in=ordered[start : start + _CHUNK])


def _image(image: Image) -> list[str]:
    return [image.url, image.site] if image.url else [image.file.name, ""]


def _columns(row) -> dict:
    return {
        field.name: field.value_from_object(row)
        for field in row._meta.concrete_fields
        if field.name not in _LEFT_OUT
    }


def _line(kind: str, values) -> str:
    return json.dumps([kind, values], sort_keys=True, default=str)
