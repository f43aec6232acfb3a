"""The search: an index of the words of all articles, and questions to it.

The words stand in three columns beside the texts from which they follow (`models.derived`), folded
by `folding`, so whoever writes an article writes them with it. The index is the database's own:
FTS5 on SQLite, kept by triggers (https://www.sqlite.org/fts5.html); a generated column and GIN on
PostgreSQL (https://www.postgresql.org/docs/current/textsearch.html).

Relevance is a sum that an article earns by itself: each phrase counts 4 in the headline and 2 in
the excerpt, more where the words stand together or just as typed; among equals the newest comes
first. Of what more articles match than anybody reads, the newest are ranked. The usual measures
weigh a word by how many rows have it, and so would let the order of what is published tell of what
is not.
"""

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Concat
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from . import prose
from .cursors import newest
from .folding import located, words, words_of
from .models import Article
from .models.article import WORDS

TITLE, EXCERPT, _BODY = WORDS
SNIPPET = 240  # characters
_BEFORE = 60  # of them before the first word that was found
_VOCABULARY = 3000  # of the newest headlines: what a mistyped word may have been meant to be
_LIKENESS = 0.75
_CHUNK = re.compile(r'"([^"]*)("?)|([^\s"]+)')
_QUOTES = str.maketrans("“”„‟«»＂", '"' * 7)

# Questions --------------------------------------------------------------------------------------


class Phrase(NamedTuple):
    """Words that stand together; where it `is_open`, the last may go on."""

    words: tuple[str, ...]
    is_open: bool = False


@dataclass(frozen=True)
class Query:
    """What was asked: all phrases are to be found. None of them: there was no word in it."""

    phrases: tuple[Phrase, ...]

    def __bool__(self):
        return bool(self.phrases)


def read(text: str) -> Query:
    """Any text at all. What is quoted stays together, and so does what has no space in it
    ("covid-19"); the last word is taken as begun, unless a quote ends it."""
    found = []
    for quoted, _, single in _CHUNK.findall(text.translate(_QUOTES)):
        chunk = tuple(words(quoted or single))
        if chunk:
            found.append(Phrase(chunk, is_open=bool(single)))
    return Query(tuple(phrase._replace(is_open=False) for phrase in found[:-1]) + tuple(found[-1:]))


def matching(articles: QuerySet, query: Query) -> QuerySet:
    """Those of the articles in whose headline, excerpt or own words each phrase occurs; in no order
    and with no other load than any. The queryset alone decides who may be among them."""
    if not query:
        return articles.none()
    everywhere = _all_of(_somewhere(phrase) for phrase in query.phrases)
    # What else is asked of each stands apart: SQLite would rather read all that are public, and
    # look for each among those that were found.
    asked = Exists(articles.order_by().filter(pk=OuterRef("pk")))
    return Article.objects.filter(asked, pk__in=_numbers(everywhere))


def numbers_of(articles: QuerySet, query: Query, most: int) -> list[int]:
    """The numbers of those that match, in no order; of so many at most, whichever come first, since
    nobody counts a hundred thousand. One query."""
    if not query:
        return []
    if not _is_sqlite():
        return list(matching(articles, query).order_by().values_list("pk", flat=True)[:most])
    # The index is read until there are enough; each that it names is looked up by itself.
    asked = articles.order_by().filter(pk=RawSQL("articles_search.rowid", [])).values("pk")
    condition, values = asked.query.sql_with_params()
    expression = _all_of(_somewhere(phrase) for phrase in query.phrases)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rowid FROM articles_search WHERE articles_search MATCH %s "
            f"AND EXISTS ({condition}) LIMIT %s",
            [expression, *values, most],
        )
        return [number for (number,) in cursor.fetchall()]


def in_time(articles: QuerySet, query: Query, numbers: list[int], most: int) -> QuerySet:
    """Those that match, to be read newest first; `numbers` as `numbers_of` gave them for one more
    than `most`. What many articles match is looked for along the list: it is soon found there."""
    if len(numbers) <= most:
        return Article.objects.published_among(numbers)
    if not _is_sqlite():
        return matching(articles, query)
    for phrase in query.phrases:
        ending = "" if phrase.is_open else " "
        text = f" {' '.join(phrase.words)}{ending}"
        spaced = {
            f"in_{name}": Concat(Value(" "), name, Value(" "), output_field=TextField())
            for name in WORDS
        }
        somewhere = (Q(**{f"{name}__contains": text}) for name in spaced)
        articles = articles.alias(**spaced).filter(reduce(or_, somewhere))
    return articles


def by_relevance(articles: QuerySet, query: Query, most: int) -> list[int]:
    """The numbers of those in `articles` that were published last, so many at most, the best first.
    They match: see `in_time`. One query."""
    rows = newest(articles).values_list("pk", TITLE, EXCERPT)[:most]
    merits = list(_merits(query))

    def score(row) -> int:
        return sum(
            weight
            for phrase, column, weight in merits
            if _is_in(phrase, row[1 + (column == EXCERPT)])
        )

    return [row[0] for row in sorted(rows, key=score, reverse=True)]


def _is_in(phrase: Phrase, words: str | None) -> bool:
    ending = "" if phrase.is_open else " "
    return f" {' '.join(phrase.words)}{ending}" in f" {words or ''} "


def _merits(query: Query) -> Iterator[tuple[Phrase, str, int]]:
    merits = [(phrase, 2) for phrase in query.phrases]
    if len(query.phrases) > 1:
        together = tuple(word for phrase in query.phrases for word in phrase.words)
        merits.append((Phrase(together, query.phrases[-1].is_open), 2))
    if query.phrases and query.phrases[-1].is_open:
        merits.append((Phrase(query.phrases[-1].words), 1))
    for phrase, weight in merits:
        yield phrase, TITLE, 2 * weight
        yield phrase, EXCERPT, weight


def suggestion(articles: QuerySet, text: str) -> str | None:
    """What the reader may have meant, where `text` finds none of these articles: the same with
    words of their newest headlines, if that finds one. Two queries at most.

    `articles` are published ones: a word of no other can be in it.
    """
    query = read(text)
    if not query or len(query.phrases) != len(text.split()):
        return None
    titles = newest(articles).values_list(TITLE, flat=True)[:_VOCABULARY]
    known = {word for title in titles if title for word in title.split()}
    meant = []
    for phrase in query.phrases:
        word = " ".join(phrase.words)
        if word not in known:
            near = [other for other in known if abs(len(other) - len(word)) <= 2]
            word = next(iter(difflib.get_close_matches(word, near, 1, _LIKENESS)), word)
        meant.append(word)
    better = " ".join(meant)
    is_found = read(better) != query and matching(articles, read(better)).order_by().exists()
    return better if is_found else None


# What each database calls it ----------------------------------------------------------------------

_LABELS = dict(zip(WORDS, "ABC", strict=True))


def _is_sqlite() -> bool:
    return connection.vendor == "sqlite"


def _numbers(expression: str) -> RawSQL:
    """The numbers of the articles, whatever their status."""
    if _is_sqlite():
        table = "SELECT rowid FROM articles_search WHERE articles_search MATCH %s"
    else:
        # As the index has it; readers see no other.
        table = (
            "SELECT id FROM articles_article "
            "WHERE status = 'published' AND search @@ to_tsquery('simple', %s)"
        )
    return RawSQL(table, [expression])


def _all_of(expressions: Iterable[str]) -> str:
    return (" AND " if _is_sqlite() else " & ").join(f"({each})" for each in expressions)


def _somewhere(phrase: Phrase) -> str:
    if _is_sqlite():
        return _quoted(phrase)
    # In one of the columns as a whole, which PostgreSQL keeps one after the other.
    return " | ".join(f"({_within(column, phrase)})" for column in WORDS)


def _within(column: str, phrase: Phrase) -> str:
    if _is_sqlite():
        return f"{{{column}}} : {_quoted(phrase)}"
    parts = [f"'{word}':{_LABELS[column]}" for word in phrase.words]
    return " <-> ".join(parts) + ("*" if phrase.is_open else "")


def _quoted(phrase: Phrase) -> str:
    return f'"{" ".join(phrase.words)}"' + (" *" if phrase.is_open else "")


# What was found, on the page ----------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """An article's headline and a part of its text, with what was looked for in <mark>."""

    headline: SafeString
    snippet: SafeString


def found(article: Article, query: Query) -> Found:
    """From the excerpt, unless only our own words have it. No query. It may be a Story."""
    text = article.summary
    if article.body and not any(_places(text, query)):
        own = " ".join(prose.plain(article.body).split())
        if not text or any(_places(own, query)):
            text = own
    return Found(marked(article.headline, query), snippet(text, query))


def marked(text: str, query: Query) -> SafeString:
    """Safe HTML of a readable text."""
    parts, last = [], 0
    for start, end in _places(text, query):
        parts += [escape(text[last:start]), "<mark>", escape(text[start:end]), "</mark>"]
        last = end
    return mark_safe("".join([*parts, escape(text[last:])]))


def snippet(text: str, query: Query, length: int = SNIPPET) -> SafeString:
    """Safe HTML of the part around the first place; of a short text, all of it."""
    if len(text) <= length:
        return marked(text, query)
    first = next(_places(text, query), (0, 0))[0]
    start = max(0, min(first - _BEFORE, len(text) - length))
    if start:
        start = max(start, text.find(" ", start, first) + 1)
    part = text[start : start + length]
    if start + length < len(text):
        part = part.rpartition(" ")[0] or part
        part += "…"
    return marked(f"…{part}" if start else part, query)


def _places(text: str, query: Query) -> Iterator[tuple[int, int]]:
    """(start, end) of each run of words that was looked for, in order and apart."""
    here = list(located(text))
    hits: set[int] = set()
    for phrase in query.phrases:
        *firsts, last = phrase.words
        for place in range(len(here) - len(firsts)):
            run = [word for _, _, word in here[place : place + len(phrase.words)]]
            ends = run[-1].startswith(last) if phrase.is_open else run[-1] == last
            if ends and run[:-1] == firsts:
                hits.update(range(place, place + len(phrase.words)))
    place = 0
    while place < len(here):
        if place in hits:
            start = here[place][0]
            while place + 1 in hits:
                place += 1
            yield start, here[place][1]
        place += 1


# The index ----------------------------------------------------------------------------------------

_BATCH = 2000  # rows: no more of their texts are in memory at once
_COLUMNS = ", ".join(WORDS)
_TAKE_OUT = (
    f"INSERT INTO articles_search (articles_search, rowid, {_COLUMNS}) "
    f"VALUES ('delete', old.id, {', '.join(f'old.{name}' for name in WORDS)});"
)
_PUT_IN = (
    f"INSERT INTO articles_search (rowid, {_COLUMNS}) "
    f"VALUES (new.id, {', '.join(f'new.{name}' for name in WORDS)});"
)
_DIFFERS = " OR ".join(f"old.{name} IS NOT new.{name}" for name in WORDS)
_TRIGGERS = {
    "articles_search_insert": f"AFTER INSERT ON articles_article BEGIN {_PUT_IN} END",
    "articles_search_delete": f"AFTER DELETE ON articles_article BEGIN {_TAKE_OUT} END",
    "articles_search_update": f"AFTER UPDATE OF {_COLUMNS} ON articles_article WHEN {_DIFFERS} "
    f"BEGIN {_TAKE_OUT} {_PUT_IN} END",
}
# Its words are those of `folding`: apart by spaces, and folded.
_FTS5 = (
    f"CREATE VIRTUAL TABLE articles_search USING fts5 ({_COLUMNS}, content='articles_article', "
    "content_rowid='id', columnsize=0, "
    "tokenize=\"unicode61 remove_diacritics 0 categories 'L* N* M* Co'\")"
)
_VECTOR = " || ".join(
    f"setweight(to_tsvector('simple', coalesce({name}, '')), '{label}')"
    for name, label in _LABELS.items()
)
_POSTGRESQL = (
    "ALTER TABLE articles_article ADD COLUMN search tsvector "
    f"GENERATED ALWAYS AS ({_VECTOR}) STORED",
    "CREATE INDEX articles_search ON articles_article USING gin (search) "
    "WHERE status = 'published'",
)


def install() -> None:
    """Make the index of the articles that are there, and what keeps it."""
    statements = (_FTS5,) if _is_sqlite() else _POSTGRESQL
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    restore()


def remove() -> None:
    with connection.cursor() as cursor:
        if _is_sqlite():
            for name in _TRIGGERS:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
            cursor.execute("DROP TABLE articles_search")
        else:
            cursor.execute("ALTER TABLE articles_article DROP COLUMN search")


def restore() -> None:
    """What keeps SQLite's index is lost with the table when a migration remakes that: put it back,
    and index what was written meanwhile. Safe to repeat; does nothing where all is there."""
    if not _is_sqlite():
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE name LIKE 'articles_search%'")
        there = {name for (name,) in cursor.fetchall()}
        if "articles_search" in there and not there.issuperset(_TRIGGERS):
            for name, what in _TRIGGERS.items():
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
                cursor.execute(f"CREATE TRIGGER {name} {what}")
            _index_anew(cursor)


def pause() -> None:
    """Have SQLite's index follow nothing until `restore`, which makes it anew: for a transaction
    that writes every article."""
    if _is_sqlite():
        with connection.cursor() as cursor:
            for name in _TRIGGERS:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")


def rebuild() -> int:
    """As `fill`; and before it the index, whatever stands in it: SQLite's triggers could not take
    a row out of one that does not have it."""
    if _is_sqlite():
        with transaction.atomic(), connection.cursor() as cursor:
            _index_anew(cursor)
    return fill()


def _index_anew(cursor) -> None:
    cursor.execute("INSERT INTO articles_search (articles_search) VALUES ('rebuild')")


def fill() -> int:
    """Write the words of every article anew, as `Article.derive` would; returns how many rows had
    others. For rows from before, and for when the rules of `folding` change."""
    changed = last = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"SELECT id, title, excerpt, body, {_COLUMNS} FROM articles_article "
                "WHERE id > %s ORDER BY id LIMIT %s",
                [last, _BATCH],
            )
            rows = cursor.fetchall()
            if not rows:
                return changed
            last = rows[-1][0]
            wrong = [
                (*texts, pk)
                for pk, title, excerpt, body, *old in rows
                if (texts := words_of(title, excerpt, body)) != tuple(old)
            ]
            sets = ", ".join(f"{name} = %s" for name in WORDS)
            cursor.executemany(f"UPDATE articles_article SET {sets} WHERE id = %s", wrong)
            changed += len(wrong)
