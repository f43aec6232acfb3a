"""What another site shows where somebody pastes the address of an article of ours.

Format: https://oembed.com/. Answers are of the type "link": a title, a source, a picture. Of the
rich type, which is HTML for the other site to trust, a title that links says as much.
"""

import xml.etree.ElementTree as ET
from urllib.parse import urlsplit

from django.conf import settings
from django.http import (
    Http404,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseNotFound,
    JsonResponse,
)
from django.urls import Resolver404, resolve, reverse
from django.views.decorators.http import conditional_page, require_safe

from .api.views import for_any_site
from .models import Article
from .models.image import Shown
from .views import seen_at


@for_any_site
@require_safe
@conditional_page
def oembed(request):
    """`url` names a published article's page, `format` is json or xml, `maxwidth` and `maxheight`
    (px) are what its picture may have. 400 for a question that is none, 404 for what readers do not
    see, 501 for another format. Three queries, with the article's picture and topics; more where it
    has moved."""
    write = WRITERS.get(request.GET.get("format", "json"))
    if write is None:
        return _text(HttpResponse, "json and xml are the formats.", status=501)
    try:
        room = [_pixels(request.GET.get(name)) for name in ("maxwidth", "maxheight")]
    except ValueError:
        return _text(HttpResponseBadRequest, "maxwidth and maxheight are numbers of pixels.")
    if not request.GET.get("url"):
        return _text(HttpResponseBadRequest, "url is missing: the address of an article.")
    slug = _slug(request.GET["url"], request.get_host())
    article = slug and _article(slug)
    if not article:
        return _text(HttpResponseNotFound, "There is no such article here.")
    return write(_told(article, room, request.build_absolute_uri))


def _article(slug: str) -> Article | None:
    """The published article there; where it has moved or was merged, what it is now."""
    articles = Article.objects.published().for_feed()
    article = articles.filter(slug=slug).first()
    if article is None:
        try:
            now = seen_at(slug)
        except Http404:
            return None
        article = now and articles.filter(pk=now.pk).first()
    return article


def _pixels(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise ValueError(text)
    return int(text)


def _slug(url: str, host: str) -> str:
    """The last part of the article's address that `url` is; "" for any other. By which scheme, and
    what follows the path, does not count: people paste what stands in their window."""
    try:
        parts = urlsplit(url.strip())
        match = resolve(parts.path)
    except (ValueError, Resolver404):
        return ""
    is_here = parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower()
    return match.kwargs["slug"] if is_here and match.view_name == "articles:detail" else ""


def _told(article, room, whole) -> dict:
    """Without what is not known. Its author is the newsroom where words are ours, else the outlet,
    whether we know it or not."""
    root = whole(reverse("articles:front"))
    outlet, picture = article.provider, article.picture
    author = (outlet.display_name, outlet.website) if outlet else ("", "")
    name, website = (settings.SITE_NAME, root) if article.is_ours else author
    told = {
        "type": "link",
        "version": "1.0",
        "title": article.headline,
        "author_name": name,
        "author_url": website,
        "provider_name": settings.SITE_NAME,
        "provider_url": root,
    }
    if picture and (thumbnail := _fitting(picture, *room)):
        told |= {
            "thumbnail_url": whole(thumbnail.url),
            "thumbnail_width": thumbnail.width,
            "thumbnail_height": thumbnail.height,
        }
    return {name: value for name, value in told.items() if value}


def _fitting(picture, width, height) -> Shown | None:
    """The largest of the picture that has room; its size is known."""
    sizes = [size for size, _height in picture.plain_sizes("whole")] or [0]
    for each in reversed(sizes):
        shown = picture.plain("whole", each)
        if (
            shown.width
            and (width is None or shown.width <= width)
            and (height is None or shown.height <= height)
        ):
            return shown
    return None


def _json(told: dict) -> HttpResponse:
    return JsonResponse(told, json_dumps_params={"ensure_ascii": False})


def _xml(told: dict) -> HttpResponse:
    root = ET.Element("oembed")
    for name, value in told.items():
        ET.SubElement(root, name).text = str(value)
    text = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return HttpResponse(text, content_type="text/xml; charset=utf-8")


def _text(kind, text, **more) -> HttpResponse:
    return kind(f"{text}\n", content_type="text/plain; charset=utf-8", **more)


WRITERS = {"json": _json, "xml": _xml}
