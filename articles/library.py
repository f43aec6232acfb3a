"""The picture library: pictures kept, changed and described by editors.

Whatever an editor does to a picture's file or focal point comes through here. Reads uploads that
`forms.PictureField` has written anew; used by the admin.
"""

from collections.abc import Iterable

from django.db import transaction

from . import renditions
from .models import Image

_SIZE = frozenset(["width", "height"])
_SHOWN = frozenset(["file", "focus_x", "focus_y"])


def keep(picture, **fields) -> Image:
    """A new picture of a cleaned upload, which carries its `shown_size`."""
    width, height = picture.shown_size
    image = Image(file=picture, width=width, height=height, **fields)
    return change(image)


def change(image: Image, names: Iterable[str] | None = None, replaced: str = "") -> Image:
    """Write what an editor changed: the named fields, or the whole of a new picture (None).

    With a file goes its size; `replaced` is the name of the one that was there, which goes. What a
    delivery has written to other columns meanwhile stays.
    """
    with transaction.atomic():
        if names is None:
            image.save()
            renditions.follow(image)
            return image
        written = set(names)
        if "file" in written:
            written |= _SIZE
        if written:
            image.save(update_fields=written)
        if written & _SHOWN:
            renditions.follow(image, replaced=replaced)
        return image


def describe(pk: int, text: str) -> Image | None:
    """Give a picture that has no alternative text this one: the picture, or None where it has been
    described (or deleted) meanwhile. A colleague's words are never written over."""
    with transaction.atomic():
        image = Image.objects.select_for_update().filter(pk=pk, alt_text="").first()
        if image is not None:
            image.alt_text = text
            change(image, ["alt_text"])
        return image


def crop(size: tuple[int, int], shape: tuple[int, int], focus: tuple[int, int]) -> tuple[int, ...]:
    """The part of a picture of that size (px) that is shown where a place has another shape, such
    as (16, 9): (left, top, width, height) in px. `focus` is in percent; as CSS's `object-position`
    and Pillow's `ImageOps.fit` take it."""
    (width, height), (across, down) = size, shape
    kept_width = min(width, round(height * across / down))
    kept_height = min(height, round(width * down / across))
    left = round((width - kept_width) * focus[0] / 100)
    top = round((height - kept_height) * focus[1] / 100)
    return left, top, kept_width, kept_height
