"""Rows as the API tells them. Every address is whole; what there is not is null, never left out."""

from .. import prose
from ..models import Article, Image, Provider, RelatedItem, Topic
from ..templatetags.newsroom import picture


def article(row: Article, whole) -> dict:
    """`whole` makes a whole address of a path. No query, if the row is loaded `for_listing`."""
    return {
        "id": row.urn,
        "slug": row.slug,
        "url": whole(row.get_absolute_url()),
        "type": "video" if row.is_video else "article",
        "title": row.headline,
        "excerpt": row.summary or None,
        "source_url": row.link or None,
        "published_at": row.published_at.isoformat(),
        "public_since": row.publish_from.isoformat(),
        "heat": row.heat,
        "provider": provider(row.provider, whole) if row.provider else None,
        "topics": [topic(each, whole) for each in sorted(row.topics.all(), key=_by_name)],
        "images": [image(use.image, whole) for use in row.image_uses.all() if use.image.file],
    }


def article_in_full(row: Article, related: list[RelatedItem], whole) -> dict:
    """With the newsroom's own words, as safe HTML, and the related coverage."""
    return article(row, whole) | {
        "body_html": prose.render(row.body) if row.body else None,
        "related": [related_item(item, whole) for item in related],
    }


def related_item(item: RelatedItem, whole) -> dict:
    shown = picture(item)
    return {
        "title": item.headline,
        "excerpt": item.summary or None,
        "source_url": item.link or None,
        "type": "video" if item.is_video else "article",
        "published_at": item.published_at.isoformat() if item.published_at else None,
        "provider_name": item.provider.display_name if item.provider else None,
        "image": image(shown, whole) if shown else None,
    }


def provider(row: Provider, whole) -> dict:
    return {
        "slug": row.slug,
        "url": whole(row.get_absolute_url()),
        "name": row.display_name,
        "domain": row.domain or None,
    }


def topic(row: Topic, whole) -> dict:
    return {"slug": row.slug, "url": whole(row.get_absolute_url()), "name": row.name}


def image(row: Image, whole) -> dict:
    return {
        "url": whole(row.file.url),
        "width": row.width,
        "height": row.height,
        "alt": row.alt_text,
        "credit": row.credit or None,
        "renditions": [
            {"url": whole(each.url), "width": each.width, "height": each.height}
            for width, _height in row.plain_sizes("whole")
            for each in [row.plain("whole", width)]
        ],
    }


def _by_name(topic):
    return topic.name
