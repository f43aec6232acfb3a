"""Pictures that lie beside the seeds: taken into the newsroom's own files.

A seed may name a picture by a path on its sender's site (`/images/tram.jpg`). Where the delivered
folder holds that file, it is decoded, written anew without its metadata, and shown to readers.
Nothing is fetched from anywhere.
"""

import logging
from collections.abc import Iterable
from hashlib import blake2b
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote, urlsplit
from warnings import catch_warnings, simplefilter

from django.core.files.base import ContentFile
from django.db import transaction
from PIL import Image as Picture
from PIL import ImageOps, UnidentifiedImageError

from ..models import Image

# What browsers show. Each is written back as itself, so no picture loses or gains transparency.
FORMATS = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp"}
SUFFIXES = frozenset([".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif", ".svg", ".bmp", ".ico"])
MAX_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 25_000_000

logger = logging.getLogger(__name__)


class PictureError(Exception):
    """A file that is no picture readers can be shown; the text says why."""


def take_in(roots: Iterable[Path], source: str) -> int:
    """Give a file to every picture of `source` that has none and lies below one of the roots.

    Returns how many. A broken picture is logged and its stand-in stays.
    """
    folders = [root.resolve() for root in roots if root.is_dir()]
    if not folders:
        return 0
    taken = 0
    for image in Image.objects.filter(site=source, file="").exclude(url=""):
        path = _beside(folders, image.url)
        if path is None:
            continue
        try:
            content, suffix, size = rewritten(path)
        except (PictureError, OSError) as error:
            logger.warning("%s: %s", path, error)
            continue
        name = blake2b(content, digest_size=12).hexdigest() + suffix
        with transaction.atomic():
            image.width, image.height = size
            image.file.save(name, ContentFile(content), save=False)
            image.save(update_fields=["file", "width", "height"])
        taken += 1
    return taken


def rewritten(path: Path) -> tuple[bytes, str, tuple[int, int]]:
    """A picture's pixels, encoded anew, as (bytes, suffix, (width, height) in px).

    Raises PictureError for what cannot be shown.
    """
    if path.stat().st_size > MAX_BYTES:
        raise PictureError(f"larger than {MAX_BYTES:,} bytes")
    try:
        with catch_warnings():
            simplefilter("error", Picture.DecompressionBombWarning)
            with Picture.open(path, formats=tuple(FORMATS)) as original:
                if original.width * original.height > MAX_PIXELS:
                    raise PictureError(f"more than {MAX_PIXELS:,} pixels")
                form = original.format
                upright = ImageOps.exif_transpose(original)
                profile = original.info.get("icc_profile")
    except PictureError:
        raise
    except (UnidentifiedImageError, Picture.DecompressionBombError) as error:
        raise PictureError(f"expected a picture in {', '.join(FORMATS)}") from error
    except (OSError, ValueError, SyntaxError, Picture.DecompressionBombWarning) as error:
        raise PictureError(f"it cannot be decoded ({error})") from error
    # A new canvas carries the pixels over and leaves the metadata, a place on a map say, behind.
    canvas = Picture.new(upright.mode, upright.size)
    if upright.mode == "P":
        canvas.putpalette(upright.getpalette())
        canvas.info["transparency"] = upright.info.get("transparency")
    canvas.paste(upright)
    output = BytesIO()
    options = {"icc_profile": profile} if profile else {}
    if form != "PNG":
        options["quality"] = 85
    canvas.save(output, form, optimize=True, **options)
    return output.getvalue(), FORMATS[form], canvas.size


def _beside(folders: list[Path], url: str) -> Path | None:
    relative = unquote(urlsplit(url).path).lstrip("/")
    for folder in folders:
        path = (folder / relative).resolve()
        # Resolved first: neither ".." nor a symbolic link leads out of the delivered folder.
        if path.is_relative_to(folder) and path.is_file():
            return path
    return None
