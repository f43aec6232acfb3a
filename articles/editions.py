"""Which edition of the newsroom readers see now: what a kept page is compared by.

An edition ends where something that readers can see changes, and at the next moment at which time
alone changes it: midnight, since each page says which day it is, or what editors set. The first is
counted by triggers of the database, in the same transaction, whoever writes: a form, an import, a
statement typed by hand. They are derived from the models here: a new column counts until it is
named in `_UNSEEN`, so what is forgotten costs a page made again, and is never a stale one.

On SQLite the number is counted up at once. On PostgreSQL that happens at the end of the
transaction, so that two writers wait for each other no longer than a commit takes.
(https://www.postgresql.org/docs/current/sql-createtrigger.html, "constraint triggers".)
"""

import os
import sqlite3
import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from urllib.parse import quote

from django.db import DatabaseError, connection, models, transaction
from django.db.models import Min
from django.db.models.functions import Now
from django.utils import timezone

from .archive import start_of
from .models import (
    Article,
    ArticleImage,
    Edition,
    Image,
    ImportedFile,
    OldAddress,
    Pin,
    Provider,
    ProviderAlias,
    RelatedImage,
    RelatedItem,
    Revision,
    Tombstone,
    Topic,
    TopicAlias,
    TopicAssignment,
)

_TABLE = Edition._meta.db_table
_PREFIX = "articles_edition_"

# What changes -----------------------------------------------------------------------------------

_ARTICLES = Article._meta.db_table
_ITEMS = RelatedItem._meta.db_table


def _of_public(column: str) -> str:
    """That the article named by this column of the row is public, now or at its time. `{row}`
    stands for the row."""
    return (
        f"EXISTS (SELECT 1 FROM {_ARTICLES} AS story "
        f"WHERE story.id = {{row}}.{column} AND story.status = 'published')"
    )


def _shows(table: str, column: str, through: str = "article_id") -> str:
    """That a row of that table, of a public article, names the row in this column."""
    return (
        f"EXISTS (SELECT 1 FROM {table} AS use JOIN {_ARTICLES} AS story "
        f"ON story.id = use.{through} WHERE use.{column} = {{row}}.id "
        "AND story.status = 'published')"
    )


@dataclass(frozen=True)
class _Watched:
    """A table that readers' pages are made of. `seen` is an SQL condition on a row, "" for any;
    `unseen` names the columns that show nowhere."""

    model: type[models.Model]
    seen: str = ""
    unseen: frozenset[str] = frozenset()
    # A new row shows nowhere until a row of another table names it.
    is_named: bool = False

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def columns(self) -> list[str]:
        fields = self.model._meta.concrete_fields
        return [field.column for field in fields if field.name not in self.unseen]


_WATCHED = [
    _Watched(
        Article,
        # One that readers saw answers at its address still, with a redirect or a 410.
        "({row}.status = 'published' OR {row}.first_public_at IS NOT NULL)",
        frozenset(
            [
                *("assigned_to", "note", "decided_by", "withdrawal_reason", "pinned_lead"),
                *("created_at", "updated_at", "is_oscillating", "feed_published", "feed_removed"),
                *("is_kept_public", "title_first", "title_last", "cdn_amp_url"),
            ]
        ),
    ),
    _Watched(ArticleImage, _of_public("article_id")),
    _Watched(RelatedItem, _of_public("article_id")),
    _Watched(
        RelatedImage,
        f"EXISTS (SELECT 1 FROM {_ITEMS} AS item JOIN {_ARTICLES} AS story "
        "ON story.id = item.article_id WHERE item.id = {row}.related_item_id "
        "AND story.status = 'published')",
    ),
    _Watched(TopicAssignment, _of_public("content_object_id")),
    # When the words of a page were last changed.
    _Watched(Revision, _of_public("article_id")),
    _Watched(ImportedFile, _of_public("article_id")),
    _Watched(
        Image,
        " OR ".join(
            [
                _shows(ArticleImage._meta.db_table, "image_id"),
                f"EXISTS (SELECT 1 FROM {RelatedImage._meta.db_table} AS use "
                f"JOIN {_ITEMS} AS item ON item.id = use.related_item_id "
                f"JOIN {_ARTICLES} AS story ON story.id = item.article_id "
                "WHERE use.image_id = {row}.id AND story.status = 'published')",
                f"EXISTS (SELECT 1 FROM {Provider._meta.db_table} AS outlet "
                "WHERE outlet.logo_id = {row}.id)",
                f"EXISTS (SELECT 1 FROM {Topic._meta.db_table} AS topic "
                "WHERE topic.image_id = {row}.id)",
            ]
        ),
        frozenset(
            [
                *("brought_by", "fetch_failures", "fetch_error", "fetch_tried_at"),
                "fetch_next_at",
            ]
        ),
        is_named=True,
    ),
    _Watched(
        Provider,
        f"EXISTS (SELECT 1 FROM {_ARTICLES} AS story "
        "WHERE story.provider_id = {row}.id AND story.status = 'published') OR "
        + _shows(_ITEMS, "provider_id"),
        frozenset(["brought_by"]),
        is_named=True,
    ),
    _Watched(Topic, unseen=frozenset(["brought_by"]), is_named=True),
    _Watched(TopicAlias),
    _Watched(ProviderAlias),
    _Watched(Pin, unseen=frozenset(["by", "at"])),
    _Watched(OldAddress),
    _Watched(Tombstone),
]


def columns_seen(model: type[models.Model]) -> list[str]:
    """The columns of that model of which readers may see something. Raises KeyError for a model of
    which they see nothing."""
    return {watched.model: watched.columns for watched in _WATCHED}[model]


def models_seen() -> frozenset[type[models.Model]]:
    """All models of which readers see anything."""
    return frozenset(watched.model for watched in _WATCHED)


# The triggers -----------------------------------------------------------------------------------


def pause() -> None:
    """Take SQLite's triggers away before a migration, which cannot remake a table that they name.
    Until `restore` there is no edition, and no page is kept."""
    if connection.vendor != "sqlite":
        return
    with transaction.atomic(), connection.cursor() as cursor:
        if _TABLE in connection.introspection.table_names(cursor):
            for name in _sqlite_triggers_there(cursor):
                cursor.execute(f"DROP TRIGGER {name}")
            cursor.execute(f"DELETE FROM {_TABLE}")


def restore() -> None:
    """Put the triggers there, and the row, where they are not as they should be. Safe to repeat;
    touches nothing where all is well."""
    with transaction.atomic(), connection.cursor() as cursor:
        if _TABLE not in connection.introspection.table_names(cursor):
            return  # a migration from before it
        if not Edition.objects.exists():
            Edition.objects.create(pk=1, number=_first_number())
        if connection.vendor == "sqlite":
            _restore_sqlite(cursor)
        else:
            _restore_postgresql(cursor)


def _first_number() -> int:
    """Higher than any of an earlier life of this database, whose pages may still be kept."""
    return time.time_ns() // 1000


def _sqlite_triggers_there(cursor) -> dict[str, str]:
    cursor.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE %s",
        [f"{_PREFIX}%"],
    )
    return dict(cursor.fetchall())


def _restore_sqlite(cursor) -> None:
    there, wanted = _sqlite_triggers_there(cursor), _sqlite_triggers()
    for name in there.keys() - wanted.keys():
        cursor.execute(f"DROP TRIGGER {name}")
    for name, statement in wanted.items():
        if there.get(name) != statement:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
            cursor.execute(statement)


def _sqlite_triggers() -> dict[str, str]:
    count = f"UPDATE {_TABLE} SET number = number + 1"
    found = {}
    for watched in _WATCHED:
        for deed, rows in _DEEDS.items():
            if watched.is_named and deed == "INSERT":
                continue
            conditions = [_any_seen(watched, rows)] if watched.seen else []
            if deed == "UPDATE":
                conditions.append(_differ(watched, "IS NOT"))
            when = f"WHEN {' AND '.join(conditions)} " if conditions else ""
            name = f"{_PREFIX}{watched.table}_{deed.lower()}"
            found[name] = (
                f"CREATE TRIGGER {name} AFTER {deed} ON {watched.table} {when}BEGIN {count}; END"
            )
    return found


_DEEDS = {"INSERT": ["NEW"], "UPDATE": ["OLD", "NEW"], "DELETE": ["OLD"]}


def _any_seen(watched: _Watched, rows: list[str]) -> str:
    return f"({' OR '.join(f'({watched.seen.format(row=row)})' for row in rows)})"


def _differ(watched: _Watched, operator: str) -> str:
    return f"({' OR '.join(f'OLD.{name} {operator} NEW.{name}' for name in watched.columns)})"


# Once in a transaction; a rolled back savepoint takes the mark back with the count.
_COUNT = f"""
CREATE OR REPLACE FUNCTION {_PREFIX}count() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('newsroom.counted', pg_current_xact_id()::text, true);
    UPDATE {_TABLE} SET number = number + 1;
END $$
"""


def _restore_postgresql(cursor) -> None:
    cursor.execute(
        "SELECT tgname, obj_description(oid, 'pg_trigger') FROM pg_trigger WHERE tgname LIKE %s",
        [f"{_PREFIX}%"],
    )
    there, wanted = dict(cursor.fetchall()), _postgresql_triggers()
    for name in there.keys() - wanted.keys():
        cursor.execute(f"DROP FUNCTION {name}() CASCADE")
    for name, (table, statements) in wanted.items():
        made = blake2b(_COUNT.encode() + "".join(statements).encode(), digest_size=8).hexdigest()
        if there.get(name) != made:
            cursor.execute(_COUNT)
            cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")
            for statement in statements:
                cursor.execute(statement)
            cursor.execute(f"COMMENT ON TRIGGER {name} ON {table} IS '{made}'")


def _postgresql_triggers() -> dict[str, tuple[str, list[str]]]:
    found = {}
    for watched in _WATCHED:
        for deed, rows in _DEEDS.items():
            if watched.is_named and deed == "INSERT":
                continue
            name = f"{_PREFIX}{watched.table}_{deed.lower()}"
            is_seen = _any_seen(watched, rows) if watched.seen else "true"
            when = f" WHEN ({_differ(watched, 'IS DISTINCT FROM')})" if deed == "UPDATE" else ""
            found[name] = (
                watched.table,
                [
                    f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ "
                    "BEGIN "
                    "IF current_setting('newsroom.counted', true) "
                    "IS NOT DISTINCT FROM pg_current_xact_id()::text THEN RETURN NULL; END IF; "
                    f"IF {is_seen} THEN PERFORM {_PREFIX}count(); END IF; "
                    "RETURN NULL; END $$",
                    f"CREATE CONSTRAINT TRIGGER {name} AFTER {deed} ON {watched.table} "
                    f"DEFERRABLE INITIALLY DEFERRED FOR EACH ROW{when} "
                    f"EXECUTE FUNCTION {name}()",
                ],
            )
    return found


# Now --------------------------------------------------------------------------------------------

_own = threading.local()


def current() -> str:
    """The edition that readers see now: a text that no other edition has. Raises DatabaseError
    where the database does not answer.

    Costs next to nothing while nothing changes: on SQLite no query at all, on PostgreSQL one for a
    single number.
    """
    number = _number()
    known = getattr(_own, "edition", None)
    if known is None or known.number != number or time.monotonic() >= known.ends:
        known = _own.edition = _ask()
    return known.name


@dataclass(frozen=True)
class _Known:
    number: int
    name: str
    ends: float  # by this process's monotonic clock


def _ask() -> _Known:
    asked = time.monotonic()
    number, now = Edition.objects.annotate(now=Now()).values_list("number", "now").get()
    moment = min(filter(None, _moments(now)), default=None)
    today = timezone.localdate(now)  # which each page says
    name = f"{number}.{today:%Y%m%d}" + (f".{moment.timestamp()}" if moment else "")
    # The database's clock says when: the published rule asks that too.
    ends = min(filter(None, [moment, start_of(today + timedelta(days=1))]))
    return _Known(number, name, asked + (ends - now) / timedelta(seconds=1))


def _moments(now):
    """When time alone changes next what readers see."""
    published = Article.objects.filter(status=Article.Status.PUBLISHED).order_by()
    for rows, name in (
        (published, "publish_from"),
        (published, "publish_until"),
        (Pin.objects.order_by(), "until"),
    ):
        yield rows.filter(**{f"{name}__gt": now}).aggregate(moment=Min(name))["moment"]


def _number() -> int:
    path = _sqlite_file()
    if path is None:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT number FROM {_TABLE}")
            return _the_number(cursor.fetchone())
    return _number_beside(path)


def _sqlite_file() -> str | None:
    """The file, if the database is one that a second connection can open."""
    if connection.vendor != "sqlite" or connection.is_in_memory_db():
        return None
    return str(connection.settings_dict["NAME"])


def _number_beside(path: str) -> int:
    """Over a connection of this thread's own, which tells for next to nothing whether anybody has
    written since: https://www.sqlite.org/pragma.html#pragma_data_version."""
    try:
        # Another file may have been put in its place: an open connection goes on with the old one.
        file = os.stat(path)
        place = path, file.st_dev, file.st_ino
        if getattr(_own, "place", None) != place:
            address = f"file:{quote(path)}?mode=rw"  # which makes no file where there is none
            beside = sqlite3.connect(address, uri=True, isolation_level=None, timeout=20)
            _own.place, _own.beside, _own.version = place, beside, None
        version = _own.beside.execute("PRAGMA data_version").fetchone()
        if version != _own.version:
            row = _own.beside.execute(f"SELECT number FROM {_TABLE}").fetchone()
            _own.counted, _own.version = _the_number(row), version
        return _own.counted
    except (sqlite3.Error, OSError) as error:
        _own.place = None
        raise DatabaseError(str(error)) from error


def _the_number(row: tuple[int] | None) -> int:
    if row is None:
        raise DatabaseError("there is no edition while the tables are migrated")
    return row[0]
