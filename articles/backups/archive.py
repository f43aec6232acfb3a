"""A backup's file: a ZIP that any tool opens.

    rows/<table>.jsonl   a line of JSON for each row, its values in the order of the table's columns
    media/<name>         the newsroom's own files, as they lie in MEDIA_ROOT
    media.jsonl          [name, bytes, sha256] of each of them
    manifest.json        what this is: see `Manifest`; the sha256 of all but the media

A value is what JSON has, or text: moments in ISO 8601, bytes in base64, a column of JSON as its own
text. No ORM here. A member is written and read piece by piece, whatever its size.
"""

import hashlib
import json
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

FORMAT = 1  # of the layout above
PIECE = 1024 * 1024  # bytes read at once
_MANIFEST, _MEDIA = "manifest.json", "media.jsonl"


class BadArchive(Exception):
    """A file that cannot be restored from; the text says why."""


@dataclass
class Table:
    columns: list[str]
    rows: int
    sha256: str
    last_number: int | None = None  # the highest key that was ever given out


@dataclass
class Manifest:
    taken_at: str  # ISO 8601, UTC
    vendor: str  # of the database it was taken from: sqlite, postgresql
    migrations: list[list[str]]  # [app, name], all that had been applied
    tables: dict[str, Table] = field(default_factory=dict)
    media_sha256: str = ""
    media: int = 0  # files
    missing: list[str] = field(default_factory=list)  # files that rows name and nobody has
    format: int = FORMAT

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables.values())


class Writer:
    """Writes one archive into an open file, the manifest last: without it there is none."""

    def __init__(self, file: BinaryIO):
        self.zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        self._media: list[bytes] = []

    def rows(self, table: str, rows: Iterable[list[Any]]) -> tuple[int, str]:
        """Write a table's rows; returns how many there were, and their sha256."""
        count, total = 0, hashlib.sha256()
        with self.zip.open(_rows_of(table), "w", force_zip64=True) as member:
            for row in rows:
                line = json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode(
                    "utf-8", "surrogatepass"
                )
                total.update(line + b"\n")
                member.write(line + b"\n")
                count += 1
        return count, total.hexdigest()

    def file(self, name: str, source: BinaryIO) -> None:
        """Copy one of the newsroom's files in. Pictures are as small as they can be already."""
        info = zipfile.ZipInfo(_file_of(name))
        total, size = hashlib.sha256(), 0
        with self.zip.open(info, "w", force_zip64=True) as member:
            while piece := source.read(PIECE):
                total.update(piece)
                size += len(piece)
                member.write(piece)
        self._media.append(json.dumps([name, size, total.hexdigest()]).encode() + b"\n")

    def end(self, manifest: Manifest) -> None:
        listed = b"".join(self._media)
        self.zip.writestr(_MEDIA, listed)
        manifest.media, manifest.media_sha256 = len(self._media), hashlib.sha256(listed).hexdigest()
        self.zip.writestr(_MANIFEST, json.dumps(asdict(manifest), indent=1))
        self.zip.close()

    def give_up(self) -> None:
        """Write no more. Else the ZIP would be ended once nobody needs it, on the full disk too."""
        self.zip.fp = None


class Reader:
    """An archive to be read, by `opened`, which refuses what is none."""

    def __init__(self, archive: zipfile.ZipFile):
        self.zip = archive
        told = json.loads(archive.read(_MANIFEST))
        if told["format"] != FORMAT:
            raise BadArchive(
                f"it has the layout {told['format']}, and this version of the newsroom reads "
                f"{FORMAT}; restore it with the version that wrote it"
            )
        tables = {name: Table(**table) for name, table in told.pop("tables").items()}
        self.manifest = Manifest(**told, tables=tables)

    def check(self) -> None:
        """Read all of it once. Raises BadArchive where anything is not as it was written."""
        for name, table in self.manifest.tables.items():
            if self._sum(_rows_of(name)) != table.sha256:
                raise BadArchive(f"the rows of {name} are not those that were written")
        if self._sum(_MEDIA) != self.manifest.media_sha256:
            raise BadArchive("the list of files is not the one that was written")
        for name, _, expected in self.media():
            path = PurePosixPath(name)
            if path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name:
                raise BadArchive(f"the file {name!r} leads out of the folder of files")
            if self._sum(_file_of(name)) != expected:
                raise BadArchive(f"the file {name} is not the one that was written")

    def rows(self, table: str) -> Iterator[list[Any]]:
        with self.zip.open(_rows_of(table)) as member:
            for line in member:
                yield json.loads(line.decode("utf-8", "surrogatepass"))

    def media(self) -> Iterator[tuple[str, int, str]]:
        """(name, bytes, sha256) of each file."""
        with self.zip.open(_MEDIA) as member:
            for line in member:
                yield tuple(json.loads(line))

    def pieces(self, name: str) -> Iterator[bytes]:
        """A file's content."""
        yield from self._pieces(_file_of(name))

    def _pieces(self, member: str) -> Iterator[bytes]:
        with self.zip.open(member) as opened:
            while piece := opened.read(PIECE):
                yield piece

    def _sum(self, member: str) -> str:
        total = hashlib.sha256()
        for piece in self._pieces(member):
            total.update(piece)
        return total.hexdigest()


@contextmanager
def opened(path: Path) -> Iterator[Reader]:
    """A Reader of the archive, which has been read through once and is whole. Raises BadArchive for
    a file that is not, OSError where it cannot be read."""
    with ExitStack() as stack:
        try:
            reader = Reader(stack.enter_context(zipfile.ZipFile(path)))
            reader.check()
        except BadArchive as error:
            raise BadArchive(f"{path}: {error}.") from error
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            raise BadArchive(f"{path}: it is no whole backup ({error}).") from error
        except (KeyError, ValueError, TypeError, RuntimeError, struct.error) as error:
            raise BadArchive(f"{path}: it is damaged ({error}).") from error
        yield reader


def _rows_of(table: str) -> str:
    return f"rows/{table}.jsonl"


def _file_of(name: str) -> str:
    return f"media/{name}"
