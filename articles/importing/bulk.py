"""Many rows at once."""

from django.db import connection


def reserve_ids(model, count):
    """Primary keys for rows that `insert` will write. Runs in a transaction."""
    if not count:
        return []
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
                [model._meta.db_table, model._meta.pk.column, count],
            )
            return [row[0] for row in cursor.fetchall()]
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [model._meta.db_table])
        row = cursor.fetchone()
    start = row[0] if row else 0
    return range(start + 1, start + 1 + count)


def insert(model, columns, rows):
    model.objects.bulk_create(model(**dict(zip(columns, row, strict=True))) for row in rows)
