"""A backup back into the newsroom. The entrance is `restore`.

    archive.opened (all of it is read and compared first) -> files to the side -> rows -> one commit

Until the commit readers see what was there, and whatever fails leaves that standing: rows by the
transaction, files because they are put in their places last, and back where that fails.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction

from .. import search
from ..importing import bulk, lock
from . import saving, tables
from .archive import PIECE, Manifest, Reader, opened

# A newsroom in which there is nothing else is empty: these are filled when it is made.
_FILLED_BY_MIGRATIONS = {
    *("auth_group", "auth_group_permissions", "auth_permission", "django_content_type"),
    *tables.LEFT_OUT,
}


class CannotRestore(Exception):
    """The text says why, and what to do."""


def restore(path: Path, *, is_replacing: bool = False) -> Manifest:
    """Make the newsroom what it was when the backup was taken; into an empty one, or, where
    `is_replacing`, whatever is there. Everybody is logged out; files that the backup does not know
    stay.

    Raises archive.BadArchive and CannotRestore before anything is changed, lock.ImportRunning
    while an import runs, DatabaseError and OSError with everything as it was.
    """
    with opened(path) as archive:
        models = _models_for(archive.manifest)
        root = saving.media_root()
        root.mkdir(parents=True, exist_ok=True)
        with (
            lock.exclusive(),
            bulk.unlogged(),
            _files_aside(archive, root) as put,
            _unchecked(),
            transaction.atomic(),
        ):
            _take_all(models)
            if not is_replacing:
                _check_empty(models)
            search.pause()
            _fill(archive, models)
            connection.check_constraints()
            search.restore()
            put()
        ContentType.objects.clear_cache()
        return archive.manifest


def check(path: Path) -> Manifest:
    """Read the whole backup and ask whether this newsroom could take it. Changes nothing.

    Raises archive.BadArchive and CannotRestore, as `restore` would; whether there is anything in
    the newsroom does not count.
    """
    with opened(path) as archive:
        _models_for(archive.manifest)
        return archive.manifest


def _models_for(manifest: Manifest) -> list:
    try:
        models = tables.models_at(manifest.migrations)
    except tables.UnknownMigrations as error:
        raise CannotRestore(
            f"it was taken with a newer version of the newsroom (migration {error}); update first"
        ) from error
    here = tables.applied()
    if here != manifest.migrations:
        lacking = [key for key in manifest.migrations if key not in here]
        beyond = [key for key in here if key not in manifest.migrations]
        raise CannotRestore(
            "the database is not at the state in which the backup was taken ("
            + ", ".join(
                [f"not applied: {' '.join(key)}" for key in lacking[:3]]
                + [f"applied since: {' '.join(key)}" for key in beyond[:3]]
            )
            + f"); on an empty database: {_way(manifest.migrations, beyond or lacking)}, then "
            "restore, then migrate"
        )
    known = {model._meta.db_table: tables.columns(model) for model in models}
    for name, table in manifest.tables.items():
        if known.get(name) != table.columns:
            raise CannotRestore(f"this version of the newsroom has another table {name}")
    return models


def _way(migrations: list[list[str]], differing: list[list[str]]) -> str:
    """The commands that bring an empty database to these migrations."""
    targets = {app: "zero" for app, _ in differing}
    targets |= {app: name for app, name in migrations if app in targets}
    return ", ".join(f"migrate {app} {name}" for app, name in targets.items())


def _take_all(models) -> None:
    """Nobody else writes until the commit; everybody reads. SQLite's transactions begin so."""
    if connection.vendor == "postgresql":
        names = ", ".join(connection.ops.quote_name(model._meta.db_table) for model in models)
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {names} IN EXCLUSIVE MODE")


def _check_empty(models) -> None:
    filled = [
        model._meta.db_table
        for model in models
        if model._meta.db_table not in _FILLED_BY_MIGRATIONS
        and model._base_manager.order_by().exists()
    ]
    if filled:
        raise CannotRestore(
            f"the newsroom is not empty ({', '.join(filled[:5])}); to give up what is in it, say "
            "--replace"
        )


def _fill(archive: Reader, models) -> None:
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        for model in models:
            cursor.execute(f"DELETE FROM {quote(model._meta.db_table)}")
    for model in models:
        name = model._meta.db_table
        if name in tables.LEFT_OUT:
            continue
        table = archive.manifest.tables[name]
        bulk.send(name, table.columns, _read(archive.rows(name), tables.readers(model)))
        if table.last_number is not None:
            tables.go_on_after(model, table.last_number)


def _read(rows, readers) -> Iterator[list]:
    places = [(place, read) for place, read in enumerate(readers) if read]
    for row in rows:
        for place, read in places:
            if row[place] is not None:
                row[place] = read(row[place])
        yield row


@contextmanager
def _unchecked() -> Iterator[None]:
    """Rows may name others that come later; `check_constraints` looks when all are there."""
    is_off = connection.disable_constraint_checking()
    try:
        yield
    finally:
        if is_off:
            connection.enable_constraint_checking()


# Files ------------------------------------------------------------------------------------------


@contextmanager
def _files_aside(archive: Reader, root: Path) -> Iterator:
    """Write the files that are not there yet beside those that are; gives what puts them in their
    places. Whatever is raised after that takes them back."""
    aside = Path(tempfile.mkdtemp(dir=root, prefix=saving.ASIDE))
    new, old = aside / "new", aside / "old"
    names = [name for name, _, total in archive.media() if _sum(root / name) != total]
    moved: list[str] = []

    def put() -> None:
        for name in names:
            place = root / name
            place.parent.mkdir(parents=True, exist_ok=True)
            if not place.parent.resolve().is_relative_to(root.resolve()):
                raise OSError(f"{place.parent} leads out of MEDIA_ROOT")
            moved.append(name)
            if place.exists():
                (old / name).parent.mkdir(parents=True, exist_ok=True)
                place.rename(old / name)
            (new / name).rename(place)

    try:
        for name in names:
            path = new / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                for piece in archive.pieces(name):
                    file.write(piece)
        os.sync()
        yield put
    except BaseException:
        for name in reversed(moved):
            if (old / name).exists():
                (old / name).replace(root / name)
            else:
                (root / name).unlink(missing_ok=True)
        raise
    finally:
        shutil.rmtree(aside)


def _sum(path: Path) -> str:
    """The sha256 of a file's content; "" where there is none."""
    if not path.is_file():
        return ""
    total = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            total.update(piece)
    return total.hexdigest()
