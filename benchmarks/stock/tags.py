"""What a picture's template prints of it: values for its loops, one at a time."""

from django import template

from articles.scaling import WHOLE
from articles.templatetags.pictures import FORMS, PLACES

register = template.Library()


@register.simple_tag
def view_of(picture, place: str) -> dict:
    views, (shape, width), has_tone = PLACES[place]
    plain = picture.plain(shape, width)
    # A box is as high as the picture itself makes it, not as its rounded copy would.
    whole = (picture.width, picture.height) if shape == WHOLE and picture.width else plain[1:]
    return {
        "url": plain.url,
        "width": whole[0],
        "height": whole[1],
        "tone": picture.tone if has_tone else "",
        "sources": [
            source
            for view in views
            for suffix, kind in FORMS
            if (source := _source(picture, view, suffix, kind))
        ],
    }


def _source(picture, view, suffix: str, kind: str) -> dict | None:
    sizes = picture.sizes(view.shape)
    # A picture that is narrower than a width has that of its own in its place.
    widths = [
        width
        for width, _height in sizes
        if width in view.widths or (width == sizes[-1][0] and width < view.widths[-1])
    ]
    if not widths:
        return None
    addresses = [(picture.rendition(view.shape, width, suffix), width) for width in widths]
    if len(addresses) == 1:
        return {"media": view.media, "type": kind, "srcset": addresses[0][0], "sizes": ""}
    srcset = ", ".join(f"{address} {width}w" for address, width in addresses)
    return {"media": view.media, "type": kind, "srcset": srcset, "sizes": view.sizes}
