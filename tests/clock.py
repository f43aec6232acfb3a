"""A clock that stands still where the test sets it, for Python and for the database alike."""

from contextlib import contextmanager
from datetime import UTC, datetime
from unittest import mock

from django.db.models.functions import Now


@contextmanager
def stopped_at(moment: datetime):
    """Yields `set_to(moment)`. Whatever asks `timezone.now` or the database's `Now()` is told this
    moment; SQLite to the millisecond, as by its own clock."""
    told = [moment.astimezone(UTC)]

    def on_sqlite(self, compiler, connection, **context):
        at = told[0]
        return "%s", [f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03}"]

    def on_postgresql(self, compiler, connection, **context):
        return "%s::timestamptz", [told[0]]

    def set_to(at: datetime):
        told[0] = at.astimezone(UTC)

    with (
        mock.patch("django.utils.timezone.now", lambda: told[0]),
        mock.patch.object(Now, "as_sqlite", on_sqlite),
        mock.patch.object(Now, "as_postgresql", on_postgresql),
    ):
        yield set_to
