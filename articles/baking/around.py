"""What lies around the pages of a baked site: what is said where nothing is, pictures, static
files, and what nginx includes.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.files.storage import default_storage
from django.urls import reverse

from . import nginx
from .addresses import Plan, digest
from .asking import GONE, Site
from .asking import page as page_of
from .kept import Kept


def bring(kept: Kept, site: Site, plan: Plan, ground: str) -> None:
    """Have all of it there as the pages in `kept` want it."""
    _errors(kept, site, ground)
    _pictures(kept, plan)
    _static(kept)
    _nginx(kept, site)


def _errors(kept: Kept, site: Site, ground: str) -> None:
    """What is said at addresses where nothing is, or no more; to people, and to programs."""
    pages, data = reverse("articles:detail", args=["x"])[:-2], reverse("articles:api_articles")
    gone = sorted(path for path, row in kept.others.items() if row["status"] == GONE)
    wanted = {
        "404.html": None if settings.DEBUG else "/.nothing/",
        "404.json": f"{data}!/",
        "410.html": next((path for path in gone if path.startswith(pages)), None),
        "410.json": next((path for path in gone if path.startswith(data)), None),
    }
    for short, path in wanted.items():
        name, basis = f"errors/{short}", digest(ground, short)
        old = kept.files.get(name)
        if path is None:
            if old:
                kept.remove(name)
        elif old is None or old["basis"] != basis:
            made = site.ask(path)
            row = {"file": name, "kind": "error", "type": made.type, "size": len(made.body)}
            kept.files[name] = row | {"sha256": made.sha256, "basis": basis}
            if old is None or old["sha256"] != made.sha256:
                kept.trees.write(name, made.body)


# Pictures and static files ----------------------------------------------------------------------


def _pictures(kept: Kept, plan: Plan) -> None:
    """Those that a page names and readers may see: a text may name any file."""
    named = {name for row in kept.by_path.values() for name in row.get("pictures", ())}
    found, kept.report.missing = {}, []
    for name in sorted(filter(plan.may_show, named)):
        source = _in_storage(name)
        if source is None:
            kept.report.missing.append(name)
        else:
            found[f"site{settings.MEDIA_URL}{name}"] = source
    _copies(kept, "picture", found)


def _static(kept: Kept) -> None:
    if not settings.STATIC_URL.startswith("/") or settings.STATIC_URL.startswith("//"):
        return  # at another host
    files = {f"site{settings.STATIC_URL}{name}": path for name, path in _static_files()}
    _copies(kept, "static", files)


def _copies(kept: Kept, kind: str, sources: dict[str, Path | str]) -> None:
    """Have these files there, and no others of that kind. What is as large and as old as at the
    last time is not read."""
    for name in [n for n, row in kept.files.items() if row.get("kind") == kind]:
        if name not in sources:
            kept.remove(name)
    for name, source in sources.items():
        mark = _mark(source)
        old = kept.files.get(name)
        if old is not None and old["mark"] == mark:
            continue
        body = source.read_bytes() if isinstance(source, Path) else _content(source)
        made = page_of("", "", body)
        row = {"file": name, "kind": kind, "size": len(body), "sha256": made.sha256}
        kept.files[name] = row | {"mark": mark}
        if old is None or old["sha256"] != made.sha256:
            # Of a picture there is one file for all: no storage writes over one. Others may.
            if isinstance(source, Path) and kind == "picture":
                kept.trees.take(name, source)
            else:
                kept.trees.write(name, body)
            kept.report.written += 1


def _in_storage(name: str) -> Path | str | None:
    """Where a picture's file is: on this disk, or by its name in another storage; None for
    nowhere."""
    with suppress(NotImplementedError):
        path = Path(default_storage.path(name))
        if path.is_file():
            return path
    return name if default_storage.exists(name) else None


def _mark(source: Path | str) -> list:
    if isinstance(source, Path):
        told = source.stat()
        return [told.st_size, told.st_mtime_ns]
    return [default_storage.size(source), default_storage.get_modified_time(source).isoformat()]


def _content(name: str) -> bytes:
    with default_storage.open(name) as file:
        return file.read()


def _static_files() -> Iterator[tuple[str, Path]]:
    """As the site serves them: what was collected, or in a clone where each is written."""
    root = settings.STATIC_ROOT
    if settings.DEBUG or not root.is_dir():
        for finder in finders.get_finders():
            for name, storage in finder.list([]):
                yield name, Path(storage.path(name))
        return
    for path in sorted(root.rglob("*")):
        if path.is_file():
            yield path.relative_to(root).as_posix(), path


def static_names() -> bytes:
    """Under which names pages find static files."""
    try:
        return (settings.STATIC_ROOT / "staticfiles.json").read_bytes()
    except OSError:
        return b""


# The server -------------------------------------------------------------------------------------


def _nginx(kept: Kept, site: Site) -> None:
    for name, text in nginx.files(site, kept.others).items():
        if _read(kept, name) != text.encode():
            kept.trees.write(name, text.encode())
            kept.report.is_moved = True


def _read(kept: Kept, name: str) -> bytes | None:
    try:
        return kept.trees.read(name)
    except OSError:
        return None
