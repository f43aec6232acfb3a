"""One state of an article written over another: the rows that differ, and no others.

Called by `upsert` for what a delivery changes, by `undo` and `proposals` for what is decided later.
"""

from datetime import datetime

from ..models import (
    Article,
    ArticleImage,
    RelatedImage,
    RelatedItem,
    TopicAssignment,
)
from .bulk import insert, reserve_ids
from .records import ARTICLE_COLUMNS, ITEM_COLUMNS, keyed
from .references import References
from .state import DECISION_COLUMNS, State, image_key


def with_all_that_merges(articles):
    """The queryset with everything that `state.of_article` and `apply` look at, in five queries."""
    return articles.select_related("provider", "delivery").prefetch_related(
        "image_uses__image",
        "topic_assignments__tag",
        "related_items__provider",
        "related_items__image_uses__image",
    )


def apply(article: Article, ours: State, target: State, references: References, at: datetime):
    """Make `article`, whose state is `ours`, what `target` says. Returns whether a row changed.

    The article's columns change on the instance too; `updated_at` becomes `at`.
    """
    columns = {
        name: target[name]
        for name in (*ARTICLE_COLUMNS, *DECISION_COLUMNS)
        if target[name] != ours[name]
    }
    touched = bool(columns)
    if target["topics"] != ours["topics"]:
        _apply_topics(article, set(ours["topics"]), set(target["topics"]), references)
        touched = True
    if target["images"] != ours["images"]:
        _apply_images(article, target["images"], references)
        touched = True
    if list(target["related"].items()) != list(ours["related"].items()):
        _apply_related(article, ours["related"], target["related"], references)
        touched = True
    if touched:
        _update(article, columns | {"updated_at": at}, references)
    return touched


def _update(row, columns: dict, references: References) -> None:
    if "provider" in columns:
        key = columns.pop("provider")
        columns["provider_id"] = references.providers[key] if key else None
    for name, value in columns.items():
        setattr(row, name, value)
    type(row).objects.filter(pk=row.pk).update(**columns)


def _apply_topics(article, ours: set, target: set, references) -> None:
    gone = [row.pk for row in article.topic_assignments.all() if row.tag.name in ours - target]
    TopicAssignment.objects.filter(pk__in=gone).delete()
    insert(
        TopicAssignment,
        ["content_object_id", "tag_id"],
        [(article.pk, references.topics[name]) for name in sorted(target - ours)],
    )


def _apply_images(owner, keys, references) -> None:
    uses = {image_key(use.image): use for use in owner.image_uses.all()}
    through = owner.images.through
    gone = [use.pk for key, use in uses.items() if key not in keys]
    through.objects.filter(pk__in=gone).delete()
    added = []
    for place, key in enumerate(keys):
        if key not in uses:
            added.append((owner.pk, references.images[key], place))
        elif uses[key].position != place:
            through.objects.filter(pk=uses[key].pk).update(position=place)
    insert(through, IMAGE_USE_COLUMNS[through], added)


IMAGE_USE_COLUMNS = {
    ArticleImage: ["article_id", "image_id", "position"],
    RelatedImage: ["related_item_id", "image_id", "position"],
}


def _apply_related(article, ours: dict, target: dict, references) -> None:
    rows = keyed(article.related_items.all())
    gone = [row.pk for key, row in rows.items() if key not in target]
    RelatedItem.objects.filter(pk__in=gone).delete()
    added = []
    for place, (key, item) in enumerate(target.items()):
        row = rows.get(key)
        if row is None:
            added.append((article.pk, place, item))
            continue
        columns = {name: item[name] for name in ITEM_COLUMNS if item[name] != ours[key][name]}
        if row.position != place:
            columns["position"] = place
        if columns:
            _update(row, columns, references)
        if item["images"] != ours[key]["images"]:
            _apply_images(row, item["images"], references)
    add_related(added, references)


def add_related(items: list[tuple[int, int, State]], references: References) -> None:
    """Rows for (article's number, position, item's state) triples, with their pictures."""
    numbers = reserve_ids(RelatedItem, len(items))
    plain = [name for name in ITEM_COLUMNS if name != "provider"]
    insert(
        RelatedItem,
        ["id", "article_id", "position", "provider_id", *plain],
        [
            (number, article, place, _provider(item, references), *[item[name] for name in plain])
            for number, (article, place, item) in zip(numbers, items, strict=True)
        ],
    )
    insert(
        RelatedImage,
        IMAGE_USE_COLUMNS[RelatedImage],
        [
            (number, references.images[key], place)
            for number, (_, _, item) in zip(numbers, items, strict=True)
            for place, key in enumerate(item["images"])
        ],
    )


def _provider(item: State, references: References) -> int | None:
    return references.providers[item["provider"]] if item["provider"] else None
