"""The newsroom into one file, while it runs. The entrance is `save`.

    one moment of the database -> tables.rows -> archive.Writer <- MEDIA_ROOT

Readers, editors and imports go on meanwhile; what they write after the first row was read is not in
it. Files are copied after the rows and are never changed once written, so every file that the rows
name is there, unless it was missing already or somebody deletes it: then it is named.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone

from .. import storage
from . import tables
from .archive import Manifest, Table, Writer

ASIDE = ".restoring-"  # folders in MEDIA_ROOT that a restore has left


class CannotSave(Exception):
    """The text says why, and what to do."""


def _nothing(*args) -> None:
    pass


def save(path: Path, *, on_table: Callable[[str], None] = _nothing) -> Manifest:
    """Write a backup to a file that is not there yet, readable by its owner alone: what is not
    published is in it, and the hashes of passwords. It has its name once it is whole.

    Calls `on_table` with the name of each table after it was written. Raises CannotSave, OSError
    (a full disk), and DatabaseError. Nothing is left of a backup that failed.
    """
    path, root = path.absolute(), media_root()
    if path.exists():
        raise CannotSave(f"{path} is there already; expected a new name")
    if path.resolve().is_relative_to(root.resolve()):
        raise CannotSave(f"{path} lies in MEDIA_ROOT, which everybody may read")
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    descriptor = os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    try:
        with open(descriptor, "wb") as file:
            manifest = _write(file, root, on_table)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)
    _settle(path.parent)
    return manifest


def media_root() -> Path:
    try:
        return Path(default_storage.path(""))
    except NotImplementedError as error:
        raise CannotSave(
            "the newsroom's files lie in no folder of this machine; save and restore them by "
            "their storage's own means"
        ) from error


def _write(file, root: Path, on_table: Callable[[str], None]) -> Manifest:
    writer = Writer(file)
    try:
        return _written(writer, root, on_table)
    except BaseException:
        writer.give_up()
        raise


def _written(writer: Writer, root: Path, on_table: Callable[[str], None]) -> Manifest:
    with one_moment():
        migrations = tables.applied()
        try:
            models = tables.models_at(migrations)
        except tables.UnknownMigrations as error:
            raise CannotSave(
                f"the database is of a newer version than this (migration {error})"
            ) from error
        manifest = Manifest(timezone.now().isoformat(), connection.vendor, migrations)
        for model in models:
            name = model._meta.db_table
            if name in tables.LEFT_OUT:
                continue
            count, total = writer.rows(name, tables.rows(model))
            manifest.tables[name] = Table(
                tables.columns(model), count, total, tables.last_number(model)
            )
            on_table(name)
        named = tables.files_named(models)
    for name in _files(root):
        try:
            with open(root / name, "rb") as source:
                writer.file(name, source)
        except FileNotFoundError:  # deleted since it was listed
            manifest.missing.append(name)
        named.discard(name)
    manifest.missing = sorted({*manifest.missing, *named})
    writer.end(manifest)
    return manifest


@contextmanager
def one_moment() -> Iterator[None]:
    """All that is read inside was so at one moment. No writer waits for it, nor it for a writer."""
    if connection.vendor == "postgresql":
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
        return
    # Django's `atomic` would begin with the lock of a writer: see settings.
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
    try:
        yield
    finally:
        connection.rollback()


def _files(root: Path) -> Iterator[str]:
    """Names within MEDIA_ROOT, sorted folder by folder. What a link leads to is not ours."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith(ASIDE))
        for name in sorted(names):
            path = Path(folder, name)
            if name.startswith(storage.PART):
                continue
            if path.is_file() and not path.is_symlink():
                yield path.relative_to(root).as_posix()


def _settle(folder: Path) -> None:
    """Have the disk keep a new name, too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
