"""What a page is, as JSON-LD in schema.org's terms (https://schema.org/docs/full.html).

It tells whose words a page holds. With words of ours it is a NewsArticle of ours, based on its
source; with a third party's excerpt alone it is a page about an article or video of theirs, which
lies at their address. What is not known is left out, never null; every address is whole.

Pure: rows in, as `stories` has them or `for_page` loads them; plain values out; no query.
`whole` makes a whole address of a path.
"""

import json
from collections.abc import Iterable

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from .models.image import Shown

MENTIONED = 10  # related items; some articles have a hundred and more
LISTED = 100

# What could end the element, or a line of a script: as JSON writes any letter.
_ESCAPES = {ord(letter): f"\\u{ord(letter):04x}" for letter in "<>&\u2028\u2029"}
_KINDS = {"article": "NewsArticle", "video": "VideoObject"}


def document(nodes: list[dict]) -> SafeString:
    """JSON-LD that may stand in a script element as it is, whatever the texts in it hold."""
    told = {"@context": "https://schema.org", "@graph": nodes}
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return mark_safe(text.translate(_ESCAPES))


# The site ---------------------------------------------------------------------------------------


def site(whole) -> list[dict]:
    """The newsroom and its site: what the nodes of every page refer to."""
    root = whole(reverse("articles:front"))
    newsroom = {
        "@type": "Organization",
        "@id": f"{root}#newsroom",
        "name": settings.SITE_NAME,
        "url": root,
        "logo": whole(static("articles/favicon.svg")),
    }
    website = {
        "@type": "WebSite",
        "@id": f"{root}#site",
        "name": settings.SITE_NAME,
        "url": root,
        "inLanguage": get_language(),
        "publisher": _newsroom(whole),
        "potentialAction": {
            "@type": "SearchAction",
            "target": {
                "@type": "EntryPoint",
                "urlTemplate": whole(reverse("articles:search")) + "?q={search_term_string}",
            },
            "query-input": "required name=search_term_string",
        },
    }
    return [newsroom, website]


def _newsroom(whole):
    return {"@id": whole(reverse("articles:front")) + "#newsroom"}


def _site(whole):
    return {"@id": whole(reverse("articles:front")) + "#site"}


# Pages ------------------------------------------------------------------------------------------


def page(address: str, name: str, description: str, whole, **more) -> dict:
    """A page of ours; `more` are its further properties, and may say a narrower "@type"."""
    return _known(
        **{"@type": "WebPage", "@id": address}
        | {"url": address, "name": name, "description": description}
        | {"isPartOf": _site(whole), "publisher": _newsroom(whole)}
        | more
    )


def items(rows: Iterable, whole) -> dict:
    """A list of what has pages here, in order, a hundred of them at most."""
    addresses = [whole(row.get_absolute_url()) for row in rows][:LISTED]
    places = [
        {"@type": "ListItem", "position": place, "url": address}
        for place, address in enumerate(addresses, 1)
    ]
    return _known(**{"@type": "ItemList", "itemListElement": places}) if places else {}


def trail(steps: Iterable[tuple[str, str]], whole) -> dict:
    """The way to a page, as (name, path) from the widest to the page itself."""
    places = [
        {"@type": "ListItem", "position": place, "name": name, "item": whole(path)}
        for place, (name, path) in enumerate(steps, 1)
    ]
    return {"@type": "BreadcrumbList", "itemListElement": places}


def topic(row) -> dict:
    return _known(**{"@type": "Thing", "name": row.name, "description": row.description})


def outlet(row, whole) -> dict:
    """A provider with what its page shows, its logo loaded."""
    logo = _image(row.logo, whole) if row.logo and row.logo.file else None
    return _outlet(row) | _known(description=row.description, logo=logo)


# Articles ---------------------------------------------------------------------------------------


def article(row, related, address: str, changed_at, whole) -> dict:
    """The page of an article at `address`: what it is about, or itself. `related` are its items in
    order; `changed_at` is when its words last changed while readers saw them, or None."""
    shared = {
        "isPartOf": _site(whole),
        "publisher": _newsroom(whole),
        "datePublished": public_since(row).isoformat(),
        "mentions": [_work(item) for item in related if item.link][:MENTIONED],
    }
    if not row.is_ours:
        work = _work(row, row.picture, row.summary, whole)
        about = {"mainEntity": work}
        return page(address, row.headline, row.summary, whole, **shared, **about)
    return _known(
        **{
            "@type": "NewsArticle",
            "@id": f"{address}#article",
            "url": address,
            "mainEntityOfPage": address,
            "headline": row.headline,
            "description": row.summary,
            "author": _newsroom(whole),
            "dateModified": (changed_at or public_since(row)).isoformat(),
            "image": _image(row.picture, whole) if row.picture else None,
            "about": [
                {"@type": "Thing", "name": each.name, "url": whole(each.get_absolute_url())}
                for each in sorted_topics(row)
            ],
            "isBasedOn": _source(row),
        }
        | shared
    )


def public_since(row):
    """When readers first saw it here. A preview shows what they may never have seen."""
    return row.first_public_at or row.publish_from


def sorted_topics(row):
    return sorted(row.topics.all(), key=lambda topic: topic.name)


def _source(row):
    """Of an article of ours: what it is about. Its headline is ours, so theirs is not known."""
    if not row.link or row.is_own:
        return row.link
    return {name: value for name, value in _work(row).items() if name not in ("headline", "name")}


def _work(item, picture=None, summary="", whole=None):
    """An article or a related item as what it is elsewhere; `picture` is one of it here."""
    is_news, is_video = item.type == "article", item.is_video
    date = item.published_at.isoformat() if item.published_at else None
    return _known(
        **{
            "@type": _KINDS.get(item.type, "CreativeWork"),
            "headline" if is_news else "name": item.headline,
            "url": item.link,
            "description": summary,
            "uploadDate" if is_video else "datePublished": date,
            "publisher": _outlet(item.provider) if item.provider else None,
        }
        | ({"image": _image(picture, whole)} if picture and not is_video else {})
        | ({"thumbnailUrl": whole(picture.for_machines.url)} if picture and is_video else {})
    )


def _outlet(row):
    return _known(**{"@type": "Organization", "name": row.display_name, "url": row.website})


def shown(picture, whole) -> Shown:
    """A picture with a file as machines are told of it, under a whole address."""
    told = picture.for_machines
    return told._replace(url=whole(told.url))


def _image(row, whole):
    told = shown(row, whole)
    return _known(
        **{
            "@type": "ImageObject",
            "url": told.url,
            "width": told.width,
            "height": told.height,
            "caption": row.alt_text,
            "creditText": row.credit,
        }
    )


def _known(**properties):
    return {name: value for name, value in properties.items() if value}
