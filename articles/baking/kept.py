"""What lies in the folder of a baked site, as its manifest has it, and what a bake makes of that.

an answer  ->  take  ->  a file and its row, or the row of an address that is moved or gone
"""

from dataclasses import dataclass, field

from .asking import GONE, MISSING, MOVED, CannotBake, Made
from .tree import PACKED, Manifest, Trees

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


class Kept:
    """`files` and `others` as in a manifest; `by_path` has of both what is at an address."""

    def __init__(self, trees: Trees):
        self.trees, self.report = trees, Report()
        before = trees.before or Manifest({}, {}, {})
        self.bake, self.files, self.others = before.bake, dict(before.files), dict(before.others)
        self.by_path = {row["path"]: row for row in self.files.values() if "path" in row}
        self.by_path |= self.others

    def basis(self, path: str) -> str | None:
        """The digest of what the page there was made of."""
        row = self.by_path.get(path)
        return row["basis"] if row else None

    def take(self, made: Made, basis: str, is_optional: bool) -> None:
        """Put an answer where it belongs. Raises CannotBake for a 404 of a page that must be."""
        self.report.asked += 1
        if made.status == MISSING:
            if not is_optional:
                raise CannotBake(f"{made.path} answered 404")
            self.drop(made.path)
            return
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
        """Have nothing at that address."""
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

    def count(self) -> None:
        self.report.pages = sum("path" in row for row in self.files.values())
        self.report.pictures = sum(row.get("kind") == "picture" for row in self.files.values())

    def switch(self, bake: dict) -> None:
        """Serve all this, as the manifest of that bake."""
        self.trees.switch(Manifest(bake, self.files, self.others))


def file_of(made: Made) -> str:
    """Where a page lies below the folder of the site."""
    if made.path.endswith("/"):
        return f"{made.path}index.{'json' if made.type.startswith(JSON) else 'html'}"
    return made.path
