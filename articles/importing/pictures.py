"""Pictures that lie beside the seeds: taken into the newsroom's own files.

A seed may name a picture by a path on its sender's site (`/images/tram.jpg`). Where the delivered
folder holds that file, it is decoded, in a process apart like any picture that others made, written
anew without its metadata, and shown to readers. Nothing is fetched from anywhere here; see
`articles.fetching` for that.
"""

from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.core.files.base import ContentFile

from .. import renditions
from ..fetching.decoding import Decoder
from ..models import Image
from ..pixels import MAX_BYTES, PictureError

SUFFIXES = frozenset([".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif", ".svg", ".bmp", ".ico"])


def take_in(roots: Iterable[Path], source: str) -> tuple[int, list[tuple[str, str]]]:
    """Give a file to every picture of `source` that has none and lies below one of the roots.

    Returns how many, and of each that cannot be shown its path and why: its stand-in stays. Raises
    OSError where there is no room for them.
    """
    folders = [root.resolve() for root in roots if root.is_dir()]
    taken, refused = 0, []
    if not folders:
        return taken, refused
    with Decoder() as decoder:
        for image in Image.objects.filter(site=source, file="").exclude(url=""):
            path = _beside(folders, image.url)
            if path is None:
                continue
            try:
                content = _content(path)
            except OSError as error:
                refused.append((str(path), f"it cannot be read ({error.strerror})"))
                continue
            try:
                picture = decoder.rewritten(content)
            except PictureError as error:
                refused.append((str(path), str(error)))
                continue
            taken += keep(image, *picture)
    return taken, refused


def keep(image: Image, content: bytes, suffix: str, size: tuple[int, int], **fields) -> bool:
    """Store a rewritten picture as the file of a row that has none, with further `fields` of it.

    False, and nothing stored, where the row has got a file meanwhile or is gone: an editor's
    upload stays. The one place where remote and delivered pictures become files.
    """
    storage = image.file.storage
    wanted = image.file.field.generate_filename(
        image, blake2b(content, digest_size=12).hexdigest() + suffix
    )
    name = storage.save(wanted, ContentFile(content), max_length=image.file.field.max_length)
    width, height = size
    is_kept = False
    try:
        is_kept = bool(
            Image.objects.filter(pk=image.pk, file="").update(
                file=name, width=width, height=height, **fields
            )
        )
    finally:
        if not is_kept:
            storage.delete(name)
    if is_kept:
        image.file = name
        renditions.follow(image)
    return is_kept


def _beside(folders: list[Path], url: str) -> Path | None:
    relative = unquote(urlsplit(url).path).lstrip("/")
    for folder in folders:
        try:
            path = (folder / relative).resolve()
            # Resolved first: neither ".." nor a symbolic link leads out of the delivered folder.
            if path.is_relative_to(folder) and path.is_file():
                return path
        except (OSError, ValueError, RuntimeError):  # no file can have this name, or a link circles
            continue
    return None


def _content(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)
