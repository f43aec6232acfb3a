"""Records in, rows out: what articles say is written here and nowhere else.

Called by `pipeline` with one batch at a time. A file lands whole or not at all: the batch is
written in one savepoint, with a handful of statements; if the database refuses it, each file is
tried again in a savepoint of its own, so that the one at fault fails alone.
"""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import Prefetch
from django.utils import timezone

from ..models import (
    Article,
    ArticleImage,
    Delivery,
    Lead,
    OldAddress,
    Proposal,
    Tombstone,
    TopicAssignment,
)
from ..publicity import FOLLOWING, following
from . import leads, own, proposals, state
from .aliases import Aliases, canonical, load_aliases
from .apply import IMAGE_USE_COLUMNS, Pending, add_related, apply, with_all_that_merges
from .bulk import insert, reserve_ids, update
from .merge import Conflict, merge_states
from .records import ARTICLE_COLUMNS, MACHINE_COLUMNS, ArticleRecord, OwnWords, of_content
from .references import References, free_slugs

CREATED, UPDATED, UNCHANGED, SKIPPED = "created", "updated", "unchanged", "skipped"


@dataclass(frozen=True, slots=True)
class Seed:
    """One file that was read and found good."""

    path: str
    stem: str
    content: bytes
    digest: str
    meaning: str
    record: ArticleRecord
    is_known: bool  # whether there was an article of it when the file was read
    own: OwnWords | None = None  # only in a seed of the newsroom's own


@dataclass(frozen=True, slots=True)
class Redelivery:
    """A known seed in new bytes: `secured` has moved, or line ends have."""

    path: str
    content: bytes
    digest: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """What all files of a run have in common."""

    source: str
    at: datetime  # when the feed delivered
    run_id: int | None = None
    is_revival: bool = False  # what lies in the trash, or was deleted, comes back


@dataclass(frozen=True, slots=True)
class Before:
    """A delivery as it stood before another took its place."""

    path: str
    content: bytes
    delivered_at: datetime
    run_id: int | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a file came to: `changes` as in `state.difference`, `moves` as in `proposals`."""

    kind: str  # CREATED, UPDATED, UNCHANGED or SKIPPED
    article_id: int | None
    changes: dict[str, Any] = field(default_factory=dict)
    kept: tuple[str, ...] = ()  # fields where an editor's words stayed though the feed moved on
    moves: tuple[proposals.Move, ...] = ()
    before: Before | None = None
    is_takedown: bool = False  # the feed took down what readers could have seen


class Known(NamedTuple):
    """What is known of a file's article before the file is parsed; "" where it has no delivery."""

    article_id: int
    digest: str
    meaning: str


def known_articles(source: str, stems: list[str]) -> dict[str, Known]:
    """Stem to what is known of its article. One query, which two indexes answer.

    Written out: with a parameter for each stem, most of the time would go into the statement.
    """
    is_postgresql = connection.vendor == "postgresql"
    among = "ANY(%s)" if is_postgresql else "(SELECT value FROM json_each(%s))"
    comparison = "=" if is_postgresql else "IN"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT stem, id, coalesce(digest, ''), coalesce(meaning, '')"
            f" FROM {Article._meta.db_table} LEFT JOIN {Delivery._meta.db_table} ON article_id = id"
            f" WHERE source = %s AND stem {comparison} {among}",
            [source, stems if is_postgresql else json.dumps(stems)],
        )
        return {stem: Known(*known) for stem, *known in cursor.fetchall()}


def trashed(source: str) -> set[str]:
    """The stems of a source's articles in the trash. One query."""
    rows = Article.objects.filter(source=source, status=Article.Status.TRASHED).order_by()
    return set(rows.values_list("stem", flat=True))


def buried(source: str, stems: list[str]) -> set[str]:
    """Those of the stems whose articles were deleted for good. One query."""
    rows = Tombstone.objects.filter(source=source, stem__in=stems)
    return set(rows.values_list("stem", flat=True))


def store_again(files: dict[int, Redelivery], at: datetime) -> None:
    """Keep new bytes with the old meaning (article's number to file), and touch nothing else."""
    columns = ["path", "content", "digest", "delivered_at"]
    rows = [
        (article_id, file.path, file.content, file.digest, at) for article_id, file in files.items()
    ]
    update(Delivery, columns, rows)  # what has been deleted in this moment is passed over


def write(
    arrival: Arrival, seeds: list[Seed]
) -> tuple[dict[str, Outcome | Exception], list[tuple]]:
    """Stem to outcome, or to the database's refusal of that one file; and what was filled in
    (see `References.filled`). Runs in a transaction."""
    try:
        with transaction.atomic():
            return _write(arrival, seeds)
    except (IntegrityError, DataError) as error:
        if len(seeds) == 1:
            return {seeds[0].stem: error}, []
    outcomes, filled = {}, []
    for seed in seeds:
        more, more_filled = write(arrival, [seed])
        outcomes |= more
        filled += more_filled
    return outcomes, filled


def _write(arrival: Arrival, seeds: list[Seed]):
    aliases = load_aliases()
    records = [canonical(seed.record, aliases) for seed in seeds]
    references = References.of_records(arrival.source, records, arrival.run_id)
    known = [seed.stem for seed in seeds if seed.is_known]
    present = _load(arrival.source, known) if known else {}
    writes = Pending()
    outcomes = {
        seed.stem: _update(present[seed.stem], seed, references, arrival, aliases, writes)
        for seed in seeds
        if seed.stem in present
    }
    writes.flush(references)
    new = [
        seed if record is seed.record else replace(seed, record=record)
        for seed, record in zip(seeds, records, strict=True)
        if seed.stem not in present
    ]
    vanished = [seed.stem for seed in new if seed.is_known]  # in this moment
    if vanished and not arrival.is_revival:
        for stem in buried(arrival.source, vanished):
            outcomes[stem] = Outcome(SKIPPED, None)
        new = [seed for seed in new if seed.stem not in outcomes]
    numbers = _create(arrival, new, references)
    for seed, number in zip(new, numbers, strict=True):
        outcomes[seed.stem] = Outcome(CREATED, number)
    return outcomes, references.filled


# The status -------------------------------------------------------------------------------------


def verdict_on(record: ArticleRecord) -> dict[str, Any]:
    """The status, and the moment it holds from, that the feed asks for.

    What the feed publishes is public from the source's own moment.
    """
    if record.feed_removed:
        return {"status": Article.Status.WITHDRAWN.value}
    verdict = record.feed_published
    if verdict is None:
        verdict = settings.SEEDS_UNSCORED == "publish"
    if verdict:
        return {"status": Article.Status.PUBLISHED.value, "publish_from": record.published_at}
    return {"status": Article.Status.HELD.value, "publish_from": None}


def verdict_status(record: ArticleRecord, stands: str) -> str:
    """What a proposal about the status compares: a takedown, or nothing to say against it."""
    return Article.Status.WITHDRAWN.value if record.feed_removed else stands


def _judge(article: Article, record: ArticleRecord, was_removed: bool):
    """What the feed may do to the status, and the conflict where it may not.

    A takedown withdraws whatever stood, the moment it arrives, unless an editor keeps the article
    public; after it, and before any verdict, an editor's decision counts.
    """
    if record.feed_removed and article.is_kept_public:
        asks = Conflict(None, "status", article.status, Article.Status.WITHDRAWN.value)
        return {}, [] if was_removed else [asks]
    if record.feed_removed and not was_removed or article.decided_at is None:
        return verdict_on(record), []
    return {}, []


# Creating ---------------------------------------------------------------------------------------


def _create(arrival: Arrival, seeds: list[Seed], references: References) -> list[int]:
    """Rows for new articles, without an instance of any: most of an import is this."""
    wanted = {
        seed.stem: Article.slug_for(seed.stem, seed.record.title, seed.record.published_at, ())
        for seed in seeds
    }
    states = [state.of_record(seed.record, arrival.source) for seed in seeds]
    verdicts, now = [verdict_on(seed.record) for seed in seeds], timezone.now()
    numbers = list(reserve_ids(Article, len(seeds)))
    plain = [name for name in ARTICLE_COLUMNS if name != "provider"]
    insert(
        Article,
        ["id", "source", "stem", "slug", "status", "publish_from", *FOLLOWING]
        + ["created_at", "updated_at", "provider_id", *plain],
        [
            (
                *(number, arrival.source, seed.stem, slug),
                *(verdict["status"], verdict.get("publish_from")),
                *following(
                    verdict["status"], verdict.get("publish_from"), None, at=arrival.at, now=now
                ).values(),
                *(arrival.at, arrival.at),
                references.providers[values["provider"]] if values["provider"] else None,
                *[values[name] for name in plain],
            )
            for number, seed, slug, values, verdict in zip(
                numbers, seeds, free_slugs(arrival.source, wanted), states, verdicts, strict=True
            )
        ],
    )
    insert(
        Delivery,
        ["article_id", "path", "content", "digest", "meaning", "delivered_at", "run_id"],
        [
            (number, seed.path, seed.content, seed.digest, seed.meaning, arrival.at, arrival.run_id)
            for number, seed in zip(numbers, seeds, strict=True)
        ],
    )
    insert(
        TopicAssignment,
        ["content_object_id", "tag_id"],
        [
            (number, references.topics[name])
            for number, values in zip(numbers, states, strict=True)
            for name in values["topics"]
        ],
    )
    insert(
        ArticleImage,
        IMAGE_USE_COLUMNS[ArticleImage],
        [
            (number, references.images[key], place)
            for number, values in zip(numbers, states, strict=True)
            for place, key in enumerate(values["images"])
        ],
    )
    add_related(
        [
            (number, place, item)
            for number, values in zip(numbers, states, strict=True)
            for place, item in enumerate(values["related"].values())
        ],
        references,
    )
    own.add_words(arrival.at, zip(numbers, [seed.own for seed in seeds], strict=True))
    if arrival.is_revival:
        stems = [seed.stem for seed in seeds]
        _dig_up(Tombstone.objects.filter(source=arrival.source, stem__in=stems))
    return numbers


def _dig_up(tombstones) -> None:
    """Readers who saw an article before it was deleted have still seen what stands there again."""
    for tombstone in tombstones.exclude(slug=""):
        named = {"source": tombstone.source, "stem": tombstone.stem}
        here = Article.objects.filter(**named, slug=tombstone.slug)
        if not here.update(first_public_at=tombstone.deleted_at):
            OldAddress.objects.get_or_create(slug=tombstone.slug, defaults=named)
    tombstones.delete()


# Updating ---------------------------------------------------------------------------------------


def _load(source: str, stems: list[str]) -> dict[str, Article]:
    """The articles already here, with all that a merge compares, locked until the commit."""
    articles = (
        with_all_that_merges(Article.objects.filter(source=source, stem__in=stems))
        .prefetch_related(
            Prefetch("proposals", Proposal.objects.open(), to_attr="open_proposals"),
            Prefetch("leads", Lead.objects.defer("content")),
        )
        .select_for_update(of=("self",))
    )
    return {article.stem: article for article in articles}


def _update(
    article: Article,
    seed: Seed,
    references: References,
    arrival: Arrival,
    aliases: Aliases,
    writes: Pending,
) -> Outcome:
    is_trashed = article.status == Article.Status.TRASHED
    if is_trashed and not arrival.is_revival:
        return Outcome(SKIPPED, article.pk)
    delivery = getattr(article, "delivery", None)
    ours = state.of_article(article)
    theirs = state.of_record(canonical(seed.record, aliases), arrival.source)
    if delivery is None:  # made here under that name; a delivery does not take it over
        is_silent = {*state.DECISION_COLUMNS, *MACHINE_COLUMNS}  # says nothing about the words
        if theirs | {name: ours[name] for name in is_silent} == ours:
            return Outcome(UNCHANGED, article.pk)
        raise IntegrityError(f"{article.source}/{article.stem} was written in the newsroom")
    base_content = bytes(delivery.content)
    base_record = of_content(base_content)
    base = state.of_record(canonical(base_record, aliases), arrival.source)
    held = leads.HELD_BY_A_PIN if article.pinned_lead_id else ()
    merged, conflicts = merge_states(base, theirs, ours, MACHINE_COLUMNS, held)

    if is_trashed:
        article.decided_at = article.decided_by = article.merged_into = None
        nobodys = {"decided_at": None, "decided_by": None, "merged_into": None}
        Article.objects.filter(pk=article.pk).update(**nobodys)
    verdict, refused = _judge(article, seed.record, base_record.feed_removed)
    merged |= verdict
    conflicts += refused
    move, came_back = leads.note(
        article, base_record, seed.record, base_content, seed.content, arrival.at
    )
    if came_back and not article.pinned_lead_id:
        merged["is_oscillating"] = True
    changes = state.difference(ours, merged)
    was_public = article.is_published(arrival.at)
    is_changed = apply(article, ours, merged, references, arrival.at, writes)
    theirs["status"] = verdict_status(seed.record, merged["status"])
    moves = proposals.record(article, conflicts, theirs, merged, arrival.run_id, arrival.at)

    before = Before(delivery.path, base_content, delivery.delivered_at, delivery.run_id)
    now = {
        "path": seed.path,
        "content": seed.content,
        "digest": seed.digest,
        "meaning": seed.meaning,
        "delivered_at": arrival.at,
        "run_id": arrival.run_id,
    }
    writes.update(delivery, now)
    return Outcome(
        UPDATED if is_changed else UNCHANGED,
        article.pk,
        changes | ({"lead": move} if move else {}),
        tuple(conflict.name for conflict in conflicts),
        tuple(moves),
        before,
        is_takedown=was_public and article.status == Article.Status.WITHDRAWN,
    )
