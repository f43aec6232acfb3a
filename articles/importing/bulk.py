"""Many new rows with one statement, without a model instance for each.

For `upsert`, which makes most rows of a batch. What is stored and what is refused is the same as
with `bulk_create`, in a fraction of the time. Two things differ: `reserve_ids` hands out primary
keys before the rows are there, so that rows can name each other, and all rows of one call have one
moment of now.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction

from ..models.derived import Derives

# Kinds of field whose Python values go to the database as they are. A subclass that prepares its
# values in a way of its own is none of them.
_PLAIN = (models.CharField, models.TextField, models.BooleanField, models.IntegerField)
_PREPARING = ("get_prep_value", "get_db_prep_value", "get_db_prep_save")


def insert(model: type[models.Model], columns: Sequence[str], rows: Iterable[tuple]) -> None:
    """Insert one row for each tuple, whose values stand in the order of `columns`.

    `columns` are field names or attribute names ("provider_id"); a foreign key's value is the
    key, every other is of its field's Python type, a datetime is aware. A column left out takes
    its field's default (called for each row where it is callable), an automatic primary key the
    next number, a derived column what the row says. Raises the IntegrityError or DataError that
    `bulk_create` would; inside a transaction that is then to be rolled back, as after any other
    refusal.
    """
    if issubclass(model, Derives):
        rows = _with_derived(model, columns, rows)
        columns = [*columns, *model.derived_names()]
    fields = [model._meta.get_field(name) for name in columns]
    named = set(fields)
    added = [field for field in model._meta.concrete_fields if _needs_value(field, named)]
    makers = [_default(field) for field in added]
    converters = [
        (place, convert)
        for place, field in enumerate([*fields, *added])
        if (convert := _converter(field))
    ]
    names = [field.column for field in [*fields, *added]]
    with transaction.atomic(savepoint=False):
        send(model._meta.db_table, names, _adapted(rows, makers, converters))


def update(model: type[models.Model], columns: Sequence[str], rows: Iterable[tuple]) -> None:
    """Set `columns` of one row for each tuple: its primary key, then the values in their order.

    Values and refusals are as with `insert`; a key that is not there is passed over. In place of
    `bulk_update`, whose statement tells every row from every other.
    """
    meta = model._meta
    fields = [meta.get_field(name) for name in columns]
    converters = [
        (place, convert) for place, field in enumerate(fields) if (convert := _converter(field))
    ]
    quote = connection.ops.quote_name
    sets = ", ".join(f"{quote(field.column)} = %s" for field in fields)
    statement = f"UPDATE {quote(meta.db_table)} SET {sets} WHERE {quote(meta.pk.column)} = %s"
    turned = ((*values, key) for key, *values in rows)  # the key stands last in the statement
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.executemany(statement, _adapted(turned, [], converters))


def reserve_ids(model: type[models.Model], count: int) -> Sequence[int]:
    """`count` primary keys, ascending, that no other row has or will get.

    For a model whose key the database numbers. One or two short queries, whatever the count; what
    is reserved and not used leaves a gap, as a rolled back insert does.
    """
    if count == 0:
        return range(0)
    table, column = model._meta.db_table, model._meta.pk.column
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
                [connection.ops.quote_name(table), column, count],
            )
            return sorted(number for (number,) in cursor.fetchall())
        return _reserve_on_sqlite(cursor, table, column, count)


@contextmanager
def unlogged() -> Iterator[None]:
    """Inside it, DEBUG keeps no query in `connection.queries`, with every value written out.

    Those texts cost an import time and memory, and nobody reads them. A test that counts queries
    still counts them.
    """
    if connection.force_debug_cursor or not settings.DEBUG:
        yield
        return
    connection.make_debug_cursor = connection.make_cursor
    try:
        yield
    finally:
        del connection.make_debug_cursor  # the class's own is back


def _reserve_on_sqlite(cursor, table: str, column: str, count: int) -> range:
    """SQLite keeps the highest number given out in a table of its own, which may be written."""
    quote = connection.ops.quote_name
    cursor.execute(
        "SELECT max("
        "coalesce((SELECT seq FROM sqlite_sequence WHERE name = %s), 0), "
        f"coalesce((SELECT max({quote(column)}) FROM {quote(table)}), 0))",
        [table],
    )
    last = cursor.fetchone()[0]
    cursor.execute("UPDATE sqlite_sequence SET seq = %s WHERE name = %s", [last + count, table])
    if not cursor.rowcount:
        cursor.execute(
            "INSERT INTO sqlite_sequence (seq, name) VALUES (%s, %s)", [last + count, table]
        )
    return range(last + 1, last + count + 1)


def send(table: str, names: list[str], rows: Iterable[Sequence]) -> None:
    """Insert rows of values as the database takes them, into these columns; in a transaction."""
    quote = connection.ops.quote_name
    columns = ", ".join(map(quote, names))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with (
                connection.wrap_database_errors,
                cursor.copy(f"COPY {quote(table)} ({columns}) FROM STDIN") as copy,
            ):
                for row in rows:
                    copy.write_row(row)
            return
        places = ", ".join(["%s"] * len(names))
        cursor.executemany(f"INSERT INTO {quote(table)} ({columns}) VALUES ({places})", rows)


def _with_derived(model, columns, rows):
    places = {name: place for place, name in enumerate(columns) if name in model.DERIVED_FROM}
    absent = model.DERIVED_FROM - places.keys()
    values = {name: model._meta.get_field(name).get_default() for name in absent}
    names = model.derived_names()
    for row in rows:
        for name, place in places.items():
            values[name] = row[place]
        derived = model.derive(values)
        yield (*row, *[derived[name] for name in names])


def _needs_value(field: models.Field, named: set[models.Field]) -> bool:
    """Whether a field that the caller left out must be filled in here."""
    is_automatic = isinstance(field, models.AutoField) or field.generated
    return field not in named and not is_automatic and not field.has_db_default()


def _default(field: models.Field) -> Callable[[], Any]:
    if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
        now = field.pre_save(field.model(), add=True)
        return lambda: now
    return field.get_default


def _adapted(rows, makers: list[Callable], converters: list[tuple[int, Callable]]):
    if not makers and not converters:
        yield from rows
        return
    for row in rows:
        values = [*row, *[make() for make in makers]]
        for place, convert in converters:
            value = values[place]
            if value is not None:
                values[place] = convert(value)
        yield values


def _json(prepared: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Most records of an import are empty lists and mappings: written out once, not each time."""
    empty = {kind: prepared(kind()) for kind in (dict, list)}
    return lambda value: (
        prepared(value) if value or type(value) not in empty else empty[type(value)]
    )


def _converter(field: models.Field) -> Callable[[Any], Any] | None:
    """What makes the database's value of a Python value that is not None; None: nothing to do."""
    if isinstance(field, models.ForeignKey):
        return _converter(field.target_field)
    is_plain = any(
        all(getattr(type(field), name) is getattr(kind, name) for name in _PREPARING)
        for kind in _PLAIN
    )
    if is_plain or isinstance(field, models.AutoField):
        return None

    def prepared(value):
        return field.get_db_prep_save(value, connection)

    def moment(value):
        """What Django comes to as well, in a fraction of the time, for what feeds send."""
        if type(value) is datetime and value.tzinfo is UTC:
            return str(value.replace(tzinfo=None))
        return prepared(value)

    if type(field) is models.JSONField:
        return _json(prepared)
    is_utc_text = connection.vendor == "sqlite" and connection.timezone is UTC
    return moment if type(field) is models.DateTimeField and is_utc_text else prepared
