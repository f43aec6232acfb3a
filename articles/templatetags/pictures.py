"""Where pictures stand on readers' pages, and which of their renditions a browser may choose from.

A place's `sizes` say how wide the style sheets make it, to a few percent: `listing.css` and
`article.css`, with the page's edges (4vw on each side, between 1.125 and 2.5rem). Widths not named
here are not made, see `scaling.SHAPES`.

Reads `Image.served` alone: no query, no file, nothing asked of the storage.
"""

from typing import NamedTuple

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from ..scaling import ICON, SMALL, WHOLE, WIDE

register = template.Library()

FORMS = (("avif", "image/avif"), ("webp", "image/webp"))
BROAD = "(min-width: 40rem)"
LARGE = (448, 768, 960, 1344, 1856)


class View(NamedTuple):
    """One shape of the picture, of which the browser chooses a width, px. Without `sizes` there is
    one width and no choice."""

    shape: str
    widths: tuple[int, ...]
    sizes: str = ""
    media: str = ""


class Place(NamedTuple):
    views: tuple[View, ...]
    plain: tuple[str, int]  # shape and px of the JPEG for browsers that know neither form
    has_tone: bool = True


_COLUMN = "(min-width: 46rem) 42rem, 92vw"
_STORY = f"(min-width: 62rem) 58rem, {_COLUMN}"
_BESIDE = View(SMALL, (104, 208), "6.5rem")
_ON_PHONES = View(SMALL, (208,))
PLACES = {
    "lead": Place(
        (
            View(
                *(WIDE, LARGE),
                "(min-width: 81rem) 50.5rem, (min-width: 60rem) calc(100vw - 30.5rem), 92vw",
            ),
        ),
        (WIDE, 768),
    ),
    "second": Place((_BESIDE,), (SMALL, 208)),
    "feature": Place(
        (
            View(
                *(WIDE, (448, 768)),
                "(min-width: 81rem) 23.7rem, (min-width: 60rem) calc(33vw - 3rem), "
                "calc(46vw - 1.2rem)",
                BROAD,
            ),
            _ON_PHONES,
        ),
        (WIDE, 448),
    ),
    "row": Place((View(WIDE, (224, 448), "14rem", BROAD), _ON_PHONES), (WIDE, 448)),
    "related": Place((_BESIDE,), (SMALL, 208)),
    "video": Place((View(WIDE, LARGE, _STORY),), (WIDE, 768)),
    # Whole, with paper beside it where it is tall: a tone would show there.
    "story": Place((View(WHOLE, LARGE, _STORY),), (WHOLE, 768), has_tone=False),
    "portrait": Place((View(WHOLE, LARGE, _COLUMN),), (WHOLE, 768), has_tone=False),
}


@register.simple_tag
def shown(picture, place: str, is_first=False, initial="") -> SafeString:
    """A picture that keeps its place while it loads, or where there is none a stand-in with the
    outlet's initial: `initial` is its name. `is_first`: it is in sight as the page opens.

    Said here, not in a template: lists have two dozen of it, and it was half of what they cost.
    """
    if not picture:
        stand_in = '<span class="picture picture-none" aria-hidden="true">{}</span>'
        return format_html(stand_in, initial[:1])
    views, (shape, width), has_tone = PLACES[place]
    sources = "".join(_source(picture, view, *form) for view in views for form in FORMS)
    plain = picture.plain(shape, width)
    # A box is as high as the picture itself makes it, not as its rounded copy would.
    wide, high = (picture.width, picture.height) if shape == WHOLE and picture.width else plain[1:]
    size = f' width="{wide:d}" height="{high:d}"' if wide and high else ""
    loading = ' fetchpriority="high"' if is_first else ' loading="lazy" decoding="async"'
    image = (
        f'<img class="picture" src="{escape(plain.url)}" alt="{escape(picture.alt_text)}"'
        f"{size}{loading}>"
    )
    tone = _TONE.format(escape(picture.tone)) if has_tone and picture.tone else ""
    return mark_safe(tone + (f"<picture>{sources}{image}</picture>" if sources else image))


_TONE = '<svg class="tone" aria-hidden="true"><rect width="100%" height="100%" fill="{}"/></svg>'


def _source(picture, view: View, suffix: str, kind: str) -> str:
    sizes = picture.sizes(view.shape)
    # A picture that is narrower than a width has that of its own in its place.
    widths = [
        width
        for width, _height in sizes
        if width in view.widths or (width == sizes[-1][0] and width < view.widths[-1])
    ]
    if not widths:
        return ""
    addresses = picture.addresses(view.shape, widths, suffix)
    media = f' media="{view.media}"' if view.media else ""
    if len(widths) == 1:
        return f'<source{media} type="{kind}" srcset="{escape(addresses[0])}">'
    pairs = zip(addresses, widths, strict=True)
    srcset = escape(", ".join(f"{address} {width}w" for address, width in pairs))
    sizes = f' sizes="{view.sizes}"' if view.sizes else ""
    return f'<source{media} type="{kind}" srcset="{srcset}"{sizes}>'


@register.filter
def logo(picture, width: int) -> str:
    """The address of a logo that is shown so many px wide, in about twice that; of the file itself
    where that is no larger."""
    sizes = picture.sizes(ICON)
    enough = next((each for each, _height in sizes if each >= 2 * width), None)
    return picture.rendition(ICON, enough, "webp") if enough else picture.address
