"""Records in, rows out: the only writer among the importing steps.

Called by `pipeline` with one batch at a time. A file lands whole or not at all: the batch is
written in one savepoint, with a handful of statements; if the database refuses it, each file is
tried again in a savepoint of its own, so that the one at fault fails alone.
"""

from dataclasses import dataclass
from operator import attrgetter

from django.conf import settings
from django.db import DataError, IntegrityError, transaction
from django.db.models import Prefetch
from django.utils import timezone

from ..models import (
    Article,
    ArticleImage,
    Delivery,
    RelatedImage,
    RelatedItem,
    TopicAssignment,
)
from .merge import merge_lists, merge_values
from .records import (
    ARTICLE_COLUMNS,
    ITEM_COLUMNS,
    MACHINE_COLUMNS,
    ArticleRecord,
    keyed,
    read,
)
from .references import References, free_slugs
from .seedfile import parse

CREATED, UPDATED, UNCHANGED = "created", "updated", "unchanged"


@dataclass(frozen=True, slots=True)
class Seed:
    """One file that was read and found good."""

    path: str
    stem: str
    content: bytes
    digest: str
    meaning: str
    record: ArticleRecord


@dataclass(frozen=True, slots=True)
class Outcome:
    kind: str  # CREATED, UPDATED or UNCHANGED
    kept: tuple[str, ...] = ()  # fields where an editor's words stayed though the feed moved on


def known_deliveries(source: str, stems: list[str]) -> dict[str, tuple[int, str, str]]:
    """Stem to (article's id, digest, meaning) of what was delivered last. One query."""
    rows = Delivery.objects.filter(article__source=source, article__stem__in=stems)
    columns = rows.values_list("article__stem", "article_id", "digest", "meaning")
    return {stem: tuple(rest) for stem, *rest in columns}


def store_again(seeds: dict[int, Seed]) -> None:
    """New bytes with the old meaning (article's id to seed): kept, and nothing else is touched."""
    rows = Delivery.objects.in_bulk(seeds)
    for article_id, seed in seeds.items():
        row = rows[article_id]
        row.path, row.content, row.digest = seed.path, seed.content, seed.digest
        row.delivered_at = timezone.now()
    Delivery.objects.bulk_update(
        rows.values(), ["path", "content", "digest", "delivered_at"], batch_size=100
    )


def write(source: str, seeds: list[Seed]) -> dict[str, Outcome | Exception]:
    """Stem to outcome, or to the database's refusal of that one file. Runs in a transaction."""
    try:
        with transaction.atomic():
            return _write(source, seeds)
    except (IntegrityError, DataError) as error:
        if len(seeds) == 1:
            return {seeds[0].stem: error}
    outcomes = {}
    for seed in seeds:
        outcomes |= write(source, [seed])
    return outcomes


def _write(source: str, seeds: list[Seed]) -> dict[str, Outcome]:
    references = References(source, map(attrgetter("record"), seeds))
    present = _load(source, [seed.stem for seed in seeds])
    outcomes = {
        seed.stem: _update(present[seed.stem], seed, references)
        for seed in seeds
        if seed.stem in present
    }
    new = [seed for seed in seeds if seed.stem not in present]
    _create(source, new, references)
    return outcomes | {seed.stem: Outcome(CREATED) for seed in new}


# Creating ---------------------------------------------------------------------------------------


def _create(source: str, seeds: list[Seed], references: References) -> None:
    records = [seed.record for seed in seeds]
    wanted = [
        Article.slug_for(seed.stem, seed.record.title, seed.record.published_at, ())
        for seed in seeds
    ]
    articles = [
        Article(source=source, stem=seed.stem, slug=slug, **_columns(seed.record, references))
        for seed, slug in zip(seeds, free_slugs(wanted), strict=True)
    ]
    for article, record in zip(articles, records, strict=True):
        _follow_verdict(article, record, was_removed=False)
    Article.objects.bulk_create(articles)
    Delivery.objects.bulk_create(
        Delivery(
            article=article,
            path=seed.path,
            content=seed.content,
            digest=seed.digest,
            meaning=seed.meaning,
        )
        for article, seed in zip(articles, seeds, strict=True)
    )
    TopicAssignment.objects.bulk_create(
        TopicAssignment(content_object=article, tag=references.topics[name])
        for article, record in zip(articles, records, strict=True)
        for name in record.topics
    )
    _add_pictures(ArticleImage, "article", zip(articles, records, strict=True), references, source)
    _add_related(
        [
            (article, place, item)
            for article, record in zip(articles, records, strict=True)
            for place, item in enumerate(record.related)
        ],
        references,
        source,
    )


def _add_related(items, references: References, source: str) -> None:
    """Rows for (article, position, record) triples, with their pictures."""
    rows = [
        RelatedItem(article=article, position=place, **_columns(record, references))
        for article, place, record in items
    ]
    RelatedItem.objects.bulk_create(rows)
    records = [record for _, _, record in items]
    _add_pictures(RelatedImage, "related_item", zip(rows, records, strict=True), references, source)


def _add_pictures(through, owner: str, pairs, references: References, source: str) -> None:
    through.objects.bulk_create(
        through(**{owner: row}, image=references.images[image.key(source)], position=place)
        for row, record in pairs
        for place, image in enumerate(record.images)
    )


def _columns(record, references: References) -> dict:
    """Column to value, the provider as its row."""
    names = ARTICLE_COLUMNS if isinstance(record, ArticleRecord) else ITEM_COLUMNS
    values = {name: getattr(record, name) for name in names}
    provider = record.provider
    values["provider"] = references.providers[provider.key] if provider else None
    return values


def _follow_verdict(article: Article, record: ArticleRecord, was_removed: bool) -> None:
    """Set the status from the feed's verdict, as far as the feed may.

    A takedown withdraws whatever stood, the moment it arrives; after it, and before any verdict, an
    editor's decision counts. What the feed publishes is public from the source's own moment.
    """
    newly_removed = record.feed_removed and not was_removed
    if newly_removed or (record.feed_removed and article.decided_at is None):
        article.status = Article.Status.WITHDRAWN
        return
    if article.decided_at is not None:
        return
    verdict = record.feed_published
    if verdict is None:
        verdict = settings.SEEDS_UNSCORED == "publish"
    article.status = Article.Status.PUBLISHED if verdict else Article.Status.HELD
    article.publish_from = article.published_at if verdict else None


# Updating ---------------------------------------------------------------------------------------


def _load(source: str, stems: list[str]) -> dict[str, Article]:
    """The articles already here, with all that a merge compares, locked until the commit."""
    related = RelatedItem.objects.select_related("provider").prefetch_related("image_uses__image")
    articles = (
        Article.objects.filter(source=source, stem__in=stems)
        .select_related("provider", "delivery")
        .prefetch_related(
            "image_uses__image", "topic_assignments__tag", Prefetch("related_items", related)
        )
        .select_for_update(of=("self",))
    )
    return {article.stem: article for article in articles}


def _update(article: Article, seed: Seed, references: References) -> Outcome:
    theirs = seed.record
    delivery = getattr(article, "delivery", None)
    if delivery is None:  # made here under that name; a delivery does not take it over
        raise IntegrityError(f"{article.source}/{article.stem} was written in the newsroom")
    base = _read_back(delivery)
    changes, kept = merge_values(
        _comparable(base, ARTICLE_COLUMNS),
        _comparable(theirs, ARTICLE_COLUMNS),
        _comparable(article, ARTICLE_COLUMNS),
        MACHINE_COLUMNS,
    )
    changed = _set(article, changes, references)
    before = article.status, article.publish_from
    _follow_verdict(article, theirs, was_removed=base.feed_removed)
    if before != (article.status, article.publish_from):
        changed += ["status", "publish_from"]

    lists_changed = [
        _merge_topics(article, base, theirs, references),
        _merge_pictures(article, base, theirs, references),
        _merge_related(article, base, theirs, references, kept),
    ]
    delivery.path, delivery.content = seed.path, seed.content
    delivery.digest, delivery.meaning = seed.digest, seed.meaning
    delivery.save()
    if changed or any(lists_changed):
        article.save(update_fields=[*changed, "updated_at"])
        return Outcome(UPDATED, tuple(kept))
    return Outcome(UNCHANGED, tuple(kept))


def _read_back(delivery: Delivery) -> ArticleRecord:
    content = bytes(delivery.content)
    return read(parse(content), content)


def _comparable(item, names) -> dict:
    """A record or a row as values that can be compared: the provider by its key."""
    values = {name: getattr(item, name) for name in names}
    provider = item.provider
    values["provider"] = (provider.name, provider.domain) if provider else None
    return values


def _set(row, changes: dict, references: References) -> list[str]:
    for name, value in changes.items():
        if name == "provider":
            value = references.providers[value] if value else None
        setattr(row, name, value)
    return list(changes)


def _merge_topics(article, base, theirs, references) -> bool:
    rows = {row.tag.name: row for row in article.topic_assignments.all()}
    result = set(
        merge_lists(
            dict.fromkeys(base.topics), dict.fromkeys(theirs.topics), rows, lambda name: False
        )
    )
    gone = [row.pk for name, row in rows.items() if name not in result]
    TopicAssignment.objects.filter(pk__in=gone).delete()
    added = [
        TopicAssignment(content_object=article, tag=references.topics[name])
        for name in result
        if name not in rows
    ]
    TopicAssignment.objects.bulk_create(added)
    return bool(gone or added)


def _merge_pictures(owner, base, theirs, references, source: str = "") -> bool:
    """Pictures of an article or a related item (whose article's source is then given)."""
    source = source or owner.source
    rows = {(use.image.url, use.image.site): use for use in owner.image_uses.all()}
    base_images = {image.key(source): image for image in base.images} if base else {}
    their_images = {image.key(source): image for image in theirs.images}
    order = merge_lists(base_images, their_images, rows, lambda key: False)
    through = owner.images.through
    name = "article" if through is ArticleImage else "related_item"
    gone = [row.pk for key, row in rows.items() if key not in order]
    through.objects.filter(pk__in=gone).delete()
    changed = bool(gone)
    for place, key in enumerate(order):
        row = rows.get(key) or through(**{name: owner}, image=references.images[key])
        if row.pk is None or row.position != place:
            row.position = place
            row.save()
            changed = True
    return changed


def _merge_related(article, base, theirs, references, kept: list[str]) -> bool:
    rows = keyed(article.related_items.all())
    was, now = keyed(base.related), keyed(theirs.related)

    def is_touched(key) -> bool:
        return _comparable(rows[key], ITEM_COLUMNS) != _comparable(was[key], ITEM_COLUMNS)

    order = merge_lists(was, now, rows, is_touched)
    gone = [row.pk for key, row in rows.items() if key not in order]
    RelatedItem.objects.filter(pk__in=gone).delete()
    changed = bool(gone)
    added = []
    for place, key in enumerate(order):
        row = rows.get(key)
        if row is None:
            added.append((article, place, now[key]))
            continue
        changes, row_kept = {}, []
        if key in now:
            changes, row_kept = merge_values(
                _comparable(was.get(key, now[key]), ITEM_COLUMNS),
                _comparable(now[key], ITEM_COLUMNS),
                _comparable(row, ITEM_COLUMNS),
                MACHINE_COLUMNS,
            )
            kept += [f"related[{place}].{name}" for name in row_kept]
            changed |= _merge_pictures(
                row, was.get(key), now[key], references, source=article.source
            )
        if row.position != place:
            changes["position"] = place
        if changes:
            row.save(update_fields=_set(row, changes, references))
            changed = True
    _add_related(added, references, article.source)
    return changed or bool(added)
