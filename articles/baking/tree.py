"""The folder of a baked site: two trees of the same files, of which one is served.

    FOLDER/current         -> a or b, moved in one step
    FOLDER/a/site/...         what a web server gives out
    FOLDER/a/errors/...       the pages of a 404 and a 410
    FOLDER/a/manifest.jsonl   what there is: one JSON object in a line, the bake itself in the first
    FOLDER/lock               held by the bake that is at work

A bake changes the tree that is not served, moves `current`, and brings the other one up to date:
what was withdrawn is then in neither. A file is in both trees at once (a hard link), and is never
written into. A tree without a manifest is half-made, and is made anew from the other. So whoever
is killed at any moment leaves what is served whole.

Nothing here knows of pages, or of the database.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

TREES = ("a", "b")
MANIFEST, ITEMS = "manifest.jsonl", "items.jsonl"
PACKED = ".gz"


class BakeRunning(Exception):
    """Another one is at work in that folder."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Raises BakeRunning. The lock goes with the process that holds it."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BakeRunning(str(folder)) from None
        yield
    finally:
        os.close(descriptor)


def is_ours(folder: Path) -> bool:
    """Whether a bake may write there: nothing is there, or nothing but a bake's own."""
    own = {*TREES, "lock", "current", "current.new"}
    return not folder.exists() or {path.name for path in folder.iterdir()} <= own


class Manifest:
    """`bake` tells of the bake itself; `files` maps the name of each file in a tree, and `others`
    each address that is moved or gone, to what is known of it."""

    def __init__(self, bake: dict, files: dict[str, dict], others: dict[str, dict]):
        self.bake, self.files, self.others = bake, files, others

    @classmethod
    def read(cls, tree: Path) -> "Manifest | None":
        try:
            lines = (tree / MANIFEST).read_text().splitlines()
            bake, *rows = json.loads(f"[{','.join(lines)}]")
        except (OSError, ValueError):
            return None
        files = {row["file"]: row for row in rows if "file" in row}
        return cls(bake, files, {row["path"]: row for row in rows if "file" not in row})

    def write(self, tree: Path) -> None:
        rows = [self.bake, *self.files.values(), *self.others.values()]
        encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
        new = tree / f"{MANIFEST}.new"
        new.unlink(missing_ok=True)
        new.write_text("".join(f"{encode(row)}\n" for row in rows))
        new.replace(tree / MANIFEST)


class Trees:
    """The two of a folder, which is `locked`. `before` is the manifest of the served one, or None
    to begin with nothing."""

    def __init__(self, folder: Path, is_afresh: bool = False):
        self.folder = folder
        self.current = folder / "current"
        name = os.readlink(self.current) if self.current.is_symlink() else ""
        self.served = folder / name if name in TREES else None
        self.spare = folder / (TREES[1] if name == TREES[0] else TREES[0])
        is_known = self.served is not None and not is_afresh
        self.before = Manifest.read(self.served) if is_known else None
        self.changed: set[str] = set()  # of the spare, against the served
        self._is_ready = False

    def are_alike(self) -> bool:
        """Whether the last bake came to its end: both trees have one manifest, the same file."""
        try:
            return (self.served / MANIFEST).samefile(self.spare / MANIFEST)
        except (OSError, TypeError):
            return False

    def _get_ready(self) -> None:
        """Make the spare one what the served one is, or empty. From here on it is half-made."""
        if self._is_ready:
            return
        self._is_ready = True
        if self.before is None or not self.are_alike():
            self._copy(self.served if self.before else None, self.spare)
        (self.spare / MANIFEST).unlink(missing_ok=True)

    @staticmethod
    def _copy(source: Path | None, target: Path) -> None:
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        if source is not None:
            for path in _files(source):
                _link(path, target / path.relative_to(source))

    def read(self, name: str) -> bytes:
        """Of the served one. Raises OSError."""
        if self.before is None:
            raise FileNotFoundError(name)
        return (self.served / name).read_bytes()

    def write(self, name: str, body: bytes) -> None:
        path = self._free(name)
        with path.open("xb") as file:
            file.write(body)

    def take(self, name: str, source: Path) -> None:
        """A file from elsewhere, which nobody writes into; a copy where it lies on another disk."""
        path = self._free(name)
        try:
            os.link(source, path)
        except OSError:
            shutil.copy2(source, path)

    def remove(self, name: str) -> None:
        self._get_ready()
        self.changed.add(name)
        _remove(self.spare, name)

    def _free(self, name: str) -> Path:
        self._get_ready()
        self.changed.add(name)
        path = self.spare / name
        try:
            path.unlink()
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def switch(self, after: Manifest) -> None:
        """Serve the spare one, and bring the other up to date."""
        self._get_ready()
        after.write(self.spare)
        new = self.folder / "current.new"
        new.unlink(missing_ok=True)
        new.symlink_to(self.spare.name)
        new.replace(self.current)
        self._follow()

    def _follow(self) -> None:
        other = self.folder / TREES[self.spare.name == TREES[0]]
        if self.before is None:
            self._copy(self.spare, other)
            return
        (other / MANIFEST).unlink(missing_ok=True)
        gone = [name for name in self.changed if not (self.spare / name).exists()]
        for name in gone:
            _remove(other, name)
        for name in self.changed.difference(gone):
            (other / name).unlink(missing_ok=True)
            _link(self.spare / name, other / name)
        _link(self.spare / MANIFEST, other / MANIFEST)


def _files(tree: Path) -> Iterator[Path]:
    for top, _folders, names in os.walk(tree):
        for name in names:
            yield Path(top, name)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except FileNotFoundError:
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(source, target)


def _remove(tree: Path, name: str) -> None:
    """The file, and the folders that it leaves empty."""
    path = tree / name
    path.unlink(missing_ok=True)
    with suppress(OSError):
        for folder in path.relative_to(tree).parents:
            if folder != Path():
                (tree / folder).rmdir()
