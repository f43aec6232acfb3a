"""Every table of the newsroom as a backup holds it: which there are, their values out and in.

They are read from the migrations that have been applied, not from the code: a backup can be taken
just before an upgrade migrates the database, and restored just before it does.
"""

import base64
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from django.apps import apps as installed
from django.db import connection, models
from django.db.migrations.loader import MigrationLoader
from django.db.models.functions import Cast

# Who is logged in at a moment is no knowledge, nor is how often readers' pages have changed: that
# number goes on counting, so that no page kept before a restore is shown after it.
LEFT_OUT = {"django_session", "articles_edition"}
_CHUNK = 500  # rows


class UnknownMigrations(Exception):
    """A database or a backup of a newer version than this; the text names the first migration."""


def applied() -> list[list[str]]:
    """[app, name] of each migration of this database, sorted."""
    return sorted([*key] for key in MigrationLoader(connection).applied_migrations)


def models_at(migrations: list[list[str]]) -> list[type[models.Model]]:
    """A model for each table after these migrations, those of many-to-many included, by table.

    Raises UnknownMigrations where this version lacks one of them.
    """
    loader = MigrationLoader(connection)
    keys = [(app, name) for app, name in migrations]
    replaced = {key for row in loader.replacements.values() for key in row.replaces}
    unknown = sorted(set(keys) - loader.disk_migrations.keys() - replaced)
    if unknown:
        raise UnknownMigrations(" ".join(unknown[0]))
    here = [key for key in keys if key in loader.graph.nodes]
    is_current = set(loader.graph.leaf_nodes()) <= set(here)
    found = installed if is_current else loader.project_state(here).apps
    tables = [
        model
        for model in found.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    ]
    return sorted(tables, key=lambda model: model._meta.db_table)


def columns(model: type[models.Model]) -> list[str]:
    return [field.column for field in model._meta.concrete_fields]


def rows(model: type[models.Model]) -> Iterator[list[Any]]:
    """All rows as a backup has them, in the order of their keys. At most _CHUNK in memory."""
    fields = model._meta.concrete_fields
    # Its own text: NULL and JSON's null are two things, and keys keep their order.
    asked = [
        Cast(field.attname, models.TextField())
        if isinstance(field, models.JSONField)
        else field.attname
        for field in fields
    ]
    everything = model._base_manager.order_by("pk").values_list(*asked)
    for row in everything.iterator(_CHUNK):
        yield [_told(value) for value in row]


def _told(value):
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode("ascii")
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def readers(model: type[models.Model]) -> list[Callable[[Any], Any] | None]:
    """For each column what makes the database's value of a backup's; None: nothing to do."""
    return [_reader(field) for field in model._meta.concrete_fields]


def _reader(field: models.Field) -> Callable[[Any], Any] | None:
    if isinstance(field, models.ForeignKey):
        return _reader(field.target_field)
    if isinstance(field, models.JSONField):
        return None  # its text
    if isinstance(field, models.BinaryField):
        return base64.b64decode
    if isinstance(field, models.DateTimeField):
        return lambda value: field.get_db_prep_save(datetime.fromisoformat(value), connection)
    if isinstance(field, models.CharField | models.TextField | models.IntegerField):
        return None
    return lambda value: field.get_db_prep_save(field.to_python(value), connection)


def files_named(tables: list[type[models.Model]]) -> set[str]:
    """The files that rows name."""
    named = set()
    for model in tables:
        for field in model._meta.concrete_fields:
            if isinstance(field, models.FileField):
                names = model._base_manager.order_by().values_list(field.attname, flat=True)
                named.update(filter(None, names.iterator(_CHUNK)))
    return named


# The number that a row gets next ------------------------------------------------------------------


def last_number(model: type[models.Model]) -> int | None:
    """The highest key that was ever given out: it may be that of a row that is gone, and whatever
    still says that number must not come to mean another row. None: keys are given otherwise."""
    if not isinstance(model._meta.pk, models.AutoField):
        return None
    table, column = model._meta.db_table, model._meta.pk.column
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
            row = cursor.fetchone()
            return row[0] if row else 0
        sequence = _sequence(cursor, table, column)
        cursor.execute(f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {sequence}")
        return cursor.fetchone()[0]


def go_on_after(model: type[models.Model], number: int) -> None:
    """Give out no key up to this one any more. Never sets the count back: PostgreSQL would not take
    that back with the transaction."""
    table, column = model._meta.db_table, model._meta.pk.column
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
            row = cursor.fetchone()
            if row is None:
                statement = "INSERT INTO sqlite_sequence (seq, name) VALUES (%s, %s)"
            else:
                statement = "UPDATE sqlite_sequence SET seq = max(seq, %s) WHERE name = %s"
            cursor.execute(statement, [number, table])
        elif number:
            sequence = _sequence(cursor, table, column)
            cursor.execute(
                f"SELECT setval(%s, greatest(%s, (SELECT last_value FROM {sequence})))",
                [sequence, number],
            )


def _sequence(cursor, table: str, column: str) -> str:
    quoted = connection.ops.quote_name(table)
    cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [quoted, column])
    return cursor.fetchone()[0]
