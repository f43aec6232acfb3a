"""From the newsroom to a folder of files: `bake`.

    plan  ->  what has another digest than at the last bake  ->  asked for  ->  files  ->  switch

All that is baked is of one edition. Where readers' pages change meanwhile, what was made so far is
kept, a new plan is made, and what differs in it is made again; the folder is switched only once the
edition has lasted from the plan to the last file.
"""

import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils import timezone

from .. import editions
from ..api import original
from ..builds import build
from . import nginx
from .addresses import ALWAYS, Plan, digest, plan
from .asking import (
    GONE,
    MISSING,
    MOVED,
    PAGE,
    CannotBake,
    Made,
    Site,
    ask_all,
    begin,
    quietly,
    texts_of,
)
from .asking import page as page_of
from .tree import ITEMS, PACKED, Manifest, Trees, is_ours, locked

CHUNK = 40  # pages, after which is asked whether the edition lasts
FEW = 300  # pages that are not worth another process
PASSES = 50  # plans, of an edition that does not last
JSON = "application/json"


@dataclass
class Report:
    """Numbers of files; `pages` are those there are, `asked` those that were made again."""

    pages: int = 0
    asked: int = 0
    written: int = 0
    removed: int = 0
    pictures: int = 0
    missing: list[str] = field(default_factory=list)  # pictures that pages name and are not there
    is_moved: bool = False  # what nginx is told of addresses has changed


def bake(
    folder: Path, origin: str, *, made_by: str = "", processes: int = 1, is_afresh: bool = False
) -> Report:
    """Bring the folder up to what readers see now at `origin`, https://HOST. `made_by` is the build
    that runs; else it is read from the files.

    Raises BakeRunning, CannotBake (the folder is then as it was), and OSError.
    """
    if not is_ours(folder):
        raise CannotBake(f"{folder} holds other files: name an empty folder, or a new one")
    with locked(folder), quietly(), ExitStack() as stack:
        work = _Bake(Trees(folder, is_afresh), Site(origin), processes, stack)
        work.build = digest(made_by or build(), work.site.origin, _static_names())
        for _ in range(PASSES):
            if work.run():
                return work.report
    raise CannotBake("readers' pages changed all the time while they were baked")


class _Bake:
    def __init__(self, trees: Trees, site: Site, processes: int, stack: ExitStack):
        self.trees, self.site, self.processes, self.stack = trees, site, processes, stack
        self.report = Report()
        before = trees.before or Manifest({}, {}, {})
        self.bake, self.files, self.others = before.bake, dict(before.files), dict(before.others)
        self.by_path = {row["path"]: row for row in self.files.values() if "path" in row}
        self.by_path |= self.others
        self._items: dict[int, tuple[str, str]] | None = None
        self._pool: ProcessPoolExecutor | None = None
        self.build = ""  # all that pages depend on besides rows and the day

    # A pass ---------------------------------------------------------------------------------------

    def run(self) -> bool:
        """Whether the edition lasted, so that the folder is what it should be."""
        self.edition = editions.current()
        ground = digest(self.build, timezone.localdate())  # which each page says
        is_same = self.bake.get("edition") == self.edition and self.bake.get("ground") == ground
        if is_same and self.trees.before and self.trees.are_alike():
            return self._only_what_time_changes()
        self.plan = plan(ground, self.edition)
        made = self._make() and self._after(ground) and self._lasts()
        if made:
            bake = {"bake": secrets.token_hex(8), "edition": self.edition, "ground": ground}
            bake |= {"origin": self.site.origin, "at": timezone.now().isoformat(timespec="seconds")}
            self.trees.switch(Manifest(bake, self.files, self.others))
        return made

    def _lasts(self) -> bool:
        return editions.current() == self.edition

    def _only_what_time_changes(self) -> bool:
        self.plan = Plan(dict.fromkeys(self._always(), ALWAYS))
        if not self._make() or not self._lasts():
            return False
        self._count()
        if self.trees.changed:
            bake = self.bake | {"bake": secrets.token_hex(8)}
            self.trees.switch(Manifest(bake, self.files, self.others))
        return True

    def _always(self) -> list[str]:
        return [path for path, row in self.by_path.items() if row["basis"] == ALWAYS]

    def _make(self) -> bool:
        """All pages that are not as they should be; whether the edition lasted."""
        wanted = [
            path
            for path, basis in self.plan.pages.items()
            if basis == ALWAYS or self.by_path.get(path, {}).get("basis") != basis
        ]
        asked = [path for path in wanted if path not in self.plan.originals]
        for chunk in self._spread(ask_all, self.site_ask, asked, len(wanted)):
            if not self._lasts():
                return False
            for made in chunk:
                self.take(made)
        originals = [path for path in wanted if path in self.plan.originals]
        return self._make_originals(originals, len(wanted))

    def site_ask(self, paths: list[str]) -> list[Made]:
        return [self.site.ask(path) for path in paths]

    def site_texts(self, numbers: list[int]) -> dict[int, str]:
        return original.texts(numbers, self.site.request("/").build_absolute_uri)

    def _spread(self, there: Callable, here: Callable, each: list, total: int) -> Iterator[Any]:
        """What the function gives for each chunk, from this process or from several."""
        chunks = [each[start : start + CHUNK] for start in range(0, len(each), CHUNK)]
        if self.processes < 2 or total < FEW:
            yield from map(here, chunks)
            return
        pool, waiting = self.pool(), []
        chunks.reverse()
        while chunks or waiting:
            while chunks and len(waiting) < 2 * self.processes:
                waiting.append(pool.submit(there, chunks.pop()))
            done: Future = waiting.pop(0)
            yield done.result()

    def pool(self) -> ProcessPoolExecutor:
        if self._pool is None:
            # Started afresh: they share no connection.
            context = get_context("spawn")
            pool = ProcessPoolExecutor(self.processes, context, begin, (self.site.origin,))
            self.stack.callback(pool.shutdown, cancel_futures=True)
            self._pool = pool
        return self._pool

    # Pages ----------------------------------------------------------------------------------------

    def take(self, made: Made) -> None:
        """Put an answer where it belongs."""
        self.report.asked += 1
        if made.status == MISSING:
            if made.path not in self.plan.optional:
                raise CannotBake(f"{made.path} answered 404")
            self.drop(made.path)
            return
        basis = self.plan.pages[made.path]
        if made.status in (MOVED, GONE):
            self.drop(made.path)
            told = {"to": made.to} if made.status == MOVED else {}
            row = {"path": made.path, "status": made.status, **told, "basis": basis}
            self.others[made.path] = self.by_path[made.path] = row
            return
        name = f"site{file_of(made)}"
        old = self.by_path.get(made.path)
        if old is not None and old.get("file") != name:
            self.drop(made.path)
            old = None
        row = {"file": name, "path": made.path, "type": made.type, "size": len(made.body)}
        row |= {"sha256": made.sha256, "packed": bool(made.packed), "basis": basis}
        if made.pictures:
            row["pictures"] = made.pictures
        self.files[name] = self.by_path[made.path] = row
        if old is not None and old["sha256"] == made.sha256:
            return
        self.trees.write(name, made.body)
        if made.packed:
            self.trees.write(name + PACKED, made.packed)
        elif old is not None and old["packed"]:
            self.trees.remove(name + PACKED)
        self.report.written += 1

    def drop(self, path: str) -> None:
        row = self.by_path.pop(path, None)
        if row is None:
            return
        self.others.pop(path, None)
        if "file" in row:
            self.remove(row["file"])

    def remove(self, name: str) -> None:
        row = self.files.pop(name)
        self.trees.remove(name)
        if row.get("packed"):
            self.trees.remove(name + PACKED)
        self.report.removed += 1

    # The original JSON ----------------------------------------------------------------------------

    def _make_originals(self, paths: list[str], total: int) -> bool:
        """A new story moves all others by one place, on each page that follows. So what each says
        is kept, and pages are put together from that."""
        wanted = {pk for path in paths for pk in self.plan.originals[path].articles}
        items = self.items()
        lacking = [pk for pk in wanted if items.get(pk, ("",))[0] != self.plan.items[pk]]
        for texts in self._spread(texts_of, self.site_texts, lacking, total):
            if not self._lasts():
                return False
            items |= {pk: (self.plan.items[pk], text) for pk, text in texts.items()}
        pages: dict[Any, Made] = {}
        for path in paths:
            listed = self.plan.originals[path]
            if listed not in pages:
                told = [items[pk][1] for pk in listed.articles if pk in items]
                text = original.page_text(listed.number, told, listed.has_more)
                pages[listed] = page_of("", JSON, text.encode())
            same = pages[listed]
            self.take(
                Made(
                    path,
                    PAGE,
                    same.type,
                    body=same.body,
                    packed=same.packed,
                    sha256=same.sha256,
                    pictures=same.pictures,
                )
            )
        return True

    def items(self) -> dict[int, tuple[str, str]]:
        """Of each article the digest of what it says there, and the text."""
        if self._items is None:
            self._items = {}
            try:
                lines = self.trees.read(ITEMS).decode().split("\n")[:-1]
            except OSError:
                lines = []
            for line in lines:
                pk, basis, text = line.split(" ", 2)
                self._items[int(pk)] = basis, text
        return self._items

    def _keep_items(self) -> None:
        if self._items is None:
            return  # nobody has asked for them
        kept = {pk: self._items[pk] for pk in self.plan.items if pk in self._items}
        lines = "".join(f"{pk} {basis} {text}\n" for pk, (basis, text) in kept.items())
        self.trees.write(ITEMS, lines.encode())

    # What is around the pages ---------------------------------------------------------------------

    def _after(self, ground: str) -> bool:
        for path in self.by_path.keys() - self.plan.pages.keys():
            self.drop(path)
        self._keep_items()
        self._errors(ground)
        self._pictures()
        self._static()
        self._nginx()
        self._count()
        return True

    def _count(self) -> None:
        self.report.pages = sum("path" in row for row in self.files.values())
        self.report.pictures = sum(row.get("kind") == "picture" for row in self.files.values())

    def _errors(self, ground: str) -> None:
        """What is said at addresses where nothing is, or no more; to people, and to programs."""
        pages, data = reverse("articles:detail", args=["x"])[:-2], reverse("articles:api_articles")
        gone = sorted(path for path, row in self.others.items() if row["status"] == GONE)
        wanted = {
            "404.html": None if settings.DEBUG else "/.nothing/",
            "404.json": f"{data}!/",
            "410.html": next((path for path in gone if path.startswith(pages)), None),
            "410.json": next((path for path in gone if path.startswith(data)), None),
        }
        for short, path in wanted.items():
            name, basis = f"errors/{short}", digest(ground, short)
            old = self.files.get(name)
            if path is None:
                if old:
                    self.remove(name)
            elif old is None or old["basis"] != basis:
                made = self.site.ask(path)
                row = {"file": name, "kind": "error", "type": made.type, "size": len(made.body)}
                self.files[name] = row | {"sha256": made.sha256, "basis": basis}
                if old is None or old["sha256"] != made.sha256:
                    self.trees.write(name, made.body)

    def _pictures(self) -> None:
        """Those that a page names and readers may see: a text may name any file."""
        wanted = {
            name
            for row in self.by_path.values()
            for name in row.get("pictures", ())
            if self.plan.may_show(name)
        }
        found, self.report.missing = {}, []
        for name in sorted(wanted):
            source = _in_storage(name)
            if source is None:
                self.report.missing.append(name)
            else:
                found[f"site{settings.MEDIA_URL}{name}"] = source
        self._copies("picture", found)

    def _static(self) -> None:
        if not settings.STATIC_URL.startswith("/") or settings.STATIC_URL.startswith("//"):
            return  # at another host
        files = {f"site{settings.STATIC_URL}{name}": path for name, path in _static_files()}
        self._copies("static", files)

    def _copies(self, kind: str, sources: dict[str, Any]) -> None:
        """Have these files there, and no others of that kind. What is as large and as old as at the
        last time is not read."""
        for name in [n for n, row in self.files.items() if row.get("kind") == kind]:
            if name not in sources:
                self.remove(name)
        for name, source in sources.items():
            mark = _mark(source)
            old = self.files.get(name)
            if old is not None and old["mark"] == mark:
                continue
            body = source.read_bytes() if isinstance(source, Path) else _content(source)
            made = page_of("", "", body)
            row = {"file": name, "kind": kind, "size": len(body), "sha256": made.sha256}
            self.files[name] = row | {"mark": mark}
            if old is None or old["sha256"] != made.sha256:
                # Of a picture there is one file for all: no storage writes over one. Others may.
                if isinstance(source, Path) and kind == "picture":
                    self.trees.take(name, source)
                else:
                    self.trees.write(name, body)
                self.report.written += 1

    def _nginx(self) -> None:
        for name, text in nginx.files(self.site, self.others).items():
            if _read(self.trees, name) != text.encode():
                self.trees.write(name, text.encode())
                self.report.is_moved = True


def file_of(made: Made) -> str:
    """Where a page lies below the folder of the site."""
    if made.path.endswith("/"):
        return f"{made.path}index.{'json' if made.type.startswith(JSON) else 'html'}"
    return made.path


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


def _static_names() -> bytes:
    """Under which names pages find static files."""
    try:
        return (settings.STATIC_ROOT / "staticfiles.json").read_bytes()
    except OSError:
        return b""


def _read(trees: Trees, name: str) -> bytes | None:
    try:
        return trees.read(name)
    except OSError:
        return None
