"""One state of an article written over another: the rows that differ, and no others.

Called by `upsert` for what a delivery changes, by `undo` and `proposals` for what is decided later.
"""

from collections import defaultdict
from datetime import datetime

from ..models import (
    Article,
    ArticleImage,
    OldAddress,
    RelatedImage,
    RelatedItem,
    TopicAssignment,
)
from ..models.derived import Derives
from . import bulk
from .records import ARTICLE_COLUMNS, ITEM_COLUMNS, keyed
from .references import References
from .state import DECISION_COLUMNS, EDITOR_COLUMNS, State, image_key

_PLAIN_ITEM_COLUMNS = [name for name in ITEM_COLUMNS if name != "provider"]
_RELATED_COLUMNS = ["id", "article_id", "position", "provider_id", *_PLAIN_ITEM_COLUMNS]
_OF_PUBLICITY = {"status", "publish_from", "publish_until"}
_TOPIC_COLUMNS = ["content_object_id", "tag_id"]
IMAGE_USE_COLUMNS = {
    ArticleImage: ["article_id", "image_id", "position"],
    RelatedImage: ["related_item_id", "image_id", "position"],
}


def with_all_that_merges(articles):
    """The queryset with everything that `state.of_article` and `apply` look at, in five queries."""
    return articles.select_related("provider", "delivery").prefetch_related(
        "image_uses__image",
        "topic_assignments__tag",
        "related_items__provider",
        "related_items__image_uses__image",
    )


def apply(
    article: Article,
    ours: State,
    target: State,
    references: References,
    at: datetime,
    pending: "Pending | None" = None,
) -> bool:
    """Make `article`, whose state is `ours`, what `target` says. Returns whether a row changes.

    The article's columns change on the instance too; `updated_at` becomes `at`. With `pending`
    nothing is written before its `flush`.
    """
    writes = pending or Pending()
    columns = {
        name: target[name]
        for name in (*ARTICLE_COLUMNS, *DECISION_COLUMNS, *EDITOR_COLUMNS)
        if name in target and target[name] != ours[name]
    }
    touched = bool(columns)
    if "slug" in columns:
        article.slug = columns["slug"]
        OldAddress.keep(article, ours["slug"])
    if not columns.keys().isdisjoint(_OF_PUBLICITY):
        for name in columns.keys() & {*_OF_PUBLICITY, "withdrawal_reason"}:
            setattr(article, name, columns[name])
        columns |= article.follow(at)
    if target["topics"] != ours["topics"]:
        _apply_topics(article, set(ours["topics"]), set(target["topics"]), references, writes)
        touched = True
    if target["images"] != ours["images"]:
        _apply_images(article, target["images"], references, writes)
        touched = True
    if list(target["related"].items()) != list(ours["related"].items()):
        _apply_related(article, ours["related"], target["related"], references, writes)
        touched = True
    if touched:
        writes.update(article, _as_numbers(columns | {"updated_at": at}, references))
    if pending is None:
        writes.flush(references)
    return touched


class Pending:
    """Rows to write, gathered over many articles, so that a batch costs a few statements."""

    def __init__(self):
        self._updates = defaultdict(list)  # (model, columns) to (number, *values)
        self._deletes = defaultdict(list)  # model to numbers
        self._inserts = defaultdict(list)  # (model, columns) to values
        self._related: list[tuple[int, int, State]] = []

    def update(self, row, columns: dict) -> None:
        """The row's columns, by attribute name; the instance changes at once."""
        for name, value in columns.items():
            setattr(row, name, value)
        if isinstance(row, Derives) and not row.DERIVED_FROM.isdisjoint(columns):
            columns = columns | row.derived()
        self._updates[type(row), tuple(columns)].append((row.pk, *columns.values()))

    def delete(self, model, numbers: list[int]) -> None:
        if numbers:
            self._deletes[model] += numbers

    def insert(self, model, columns: list[str], rows: list[tuple]) -> None:
        if rows:
            self._inserts[model, tuple(columns)] += rows

    def add_related(self, article_id: int, place: int, item: State) -> None:
        self._related.append((article_id, place, item))

    def flush(self, references: References) -> None:
        # What goes first, so that what comes may take its place.
        for model, numbers in self._deletes.items():
            model.objects.filter(pk__in=numbers).delete()
        for (model, columns), rows in self._updates.items():
            bulk.update(model, columns, rows)
        for (model, columns), rows in self._inserts.items():
            bulk.insert(model, columns, rows)
        add_related(self._related, references)
        self.__init__()


def add_related(items: list[tuple[int, int, State]], references: References) -> None:
    """Rows for (article's number, position, item's state) triples, with their pictures."""
    if not items:
        return
    numbers = bulk.reserve_ids(RelatedItem, len(items))
    bulk.insert(
        RelatedItem,
        _RELATED_COLUMNS,
        [
            (
                *(number, article, place, _provider(item["provider"], references)),
                *[item[name] for name in _PLAIN_ITEM_COLUMNS],
            )
            for number, (article, place, item) in zip(numbers, items, strict=True)
        ],
    )
    bulk.insert(
        RelatedImage,
        IMAGE_USE_COLUMNS[RelatedImage],
        [
            (number, references.images[key], place)
            for number, (_, _, item) in zip(numbers, items, strict=True)
            for place, key in enumerate(item["images"])
        ],
    )


def _apply_topics(article, ours: set, target: set, references, writes: Pending) -> None:
    rows = article.topic_assignments.all()
    writes.delete(TopicAssignment, [row.pk for row in rows if row.tag.name in ours - target])
    added = [(article.pk, references.topics[name]) for name in sorted(target - ours)]
    writes.insert(TopicAssignment, _TOPIC_COLUMNS, added)


def _apply_images(owner, keys, references, writes: Pending) -> None:
    uses = {image_key(use.image): use for use in owner.image_uses.all()}
    through = owner.images.through
    writes.delete(through, [use.pk for key, use in uses.items() if key not in keys])
    added = []
    for place, key in enumerate(keys):
        if key not in uses:
            added.append((owner.pk, references.images[key], place))
        elif uses[key].position != place:
            writes.update(uses[key], {"position": place})
    writes.insert(through, IMAGE_USE_COLUMNS[through], added)


def _apply_related(article, ours: dict, target: dict, references, writes: Pending) -> None:
    rows = keyed(article.related_items.all())
    writes.delete(RelatedItem, [row.pk for key, row in rows.items() if key not in target])
    for place, (key, item) in enumerate(target.items()):
        row = rows.get(key)
        if row is None:
            writes.add_related(article.pk, place, item)
            continue
        columns = {name: item[name] for name in ITEM_COLUMNS if item[name] != ours[key][name]}
        if row.position != place:
            columns["position"] = place
        if columns:
            writes.update(row, _as_numbers(columns, references))
        if item["images"] != ours[key]["images"]:
            _apply_images(row, item["images"], references, writes)


def _as_numbers(columns: dict, references: References) -> dict:
    """The columns with the provider's number in place of its key."""
    if "provider" not in columns:
        return columns
    values = dict(columns)
    return values | {"provider_id": _provider(values.pop("provider"), references)}


def _provider(key: tuple[str, str] | None, references: References) -> int | None:
    return references.providers[key] if key else None
