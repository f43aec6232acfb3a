"""Other names: what a delivery calls a provider or a topic that lives on under another name.

Whatever is compared with a row goes through `canonical` first, the merge's base too: what an editor
has merged is then the same on both sides, and no delivery takes it for an edit. So does, through
`canonical_changes`, what a run remembers. Leads do not: they tell the feed's own copies apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Exists, OuterRef

from ..models import Provider, ProviderAlias, Topic, TopicAlias
from .records import ArticleRecord, ItemRecord, ProviderRecord
from .state import State

ProviderKey = tuple[str, str]  # (name, domain)


@dataclass(frozen=True, slots=True)
class Aliases:
    """From what feeds say to the name that is meant."""

    providers: Mapping[ProviderKey, ProviderKey] = field(default_factory=dict)
    topics: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self):
        return bool(self.providers or self.topics)


def load_aliases() -> Aliases:
    """All aliases in use. Two queries. One whose own name has a row of its own is out of use."""
    providers = ProviderAlias.objects.exclude(name="").exclude(
        Exists(Provider.objects.filter(name=OuterRef("name"), domain=OuterRef("domain")))
    )
    topics = TopicAlias.objects.exclude(name="").exclude(
        Exists(Topic.objects.filter(name=OuterRef("name")))
    )
    rows = providers.order_by().values_list("name", "domain", "provider__name", "provider__domain")
    return Aliases(
        {(name, domain): tuple(key) for name, domain, *key in rows},
        dict(topics.order_by().values_list("name", "topic__name")),
    )


def canonical(record: ArticleRecord, aliases: Aliases) -> ArticleRecord:
    """The record with every provider and topic under the name that is meant.

    The same object where there is nothing to replace, which is nearly always.
    """
    if not aliases:
        return record
    changes: dict = {}
    if not aliases.topics.keys().isdisjoint(record.topics):
        names = {aliases.topics.get(name, name) for name in record.topics}
        changes["topics"] = tuple(sorted(names))
    if aliases.providers:
        item = _with_provider(record, aliases)
        if item is not record:
            changes["provider"] = item.provider
        related = [_with_provider(item, aliases) for item in record.related]
        if any(new is not old for new, old in zip(related, record.related, strict=True)):
            changes["related"] = tuple(related)
    return replace(record, **changes) if changes else record


def _with_provider(item: ItemRecord, aliases: Aliases):
    key = aliases.providers.get(item.provider.key) if item.provider else None
    if key is None:
        return item
    return replace(item, provider=ProviderRecord(*key, logo=item.provider.logo))


def in_the_feeds_words(ours: State, base: State, aliases: Aliases) -> State:
    """A row's state with the names that the feed uses, where `base`, the delivery's, means them.

    For an export: what the feed calls by another name is no edit.
    """
    if not aliases:
        return ours
    names = {aliases.topics.get(name, name): name for name in sorted(base["topics"])}
    said = {names.get(name, name) for name in ours["topics"]}
    # Two names of one topic in the file are one topic here.
    said |= {name for name in base["topics"] if aliases.topics.get(name, name) in ours["topics"]}
    related = {}
    for key, item in ours["related"].items():
        was = _said_item(key, item, base["related"], aliases)
        related[was[0]] = _said_provider(item, was[1], aliases) if was[1] else item
    return _said_provider(ours, base, aliases) | {
        "topics": tuple(sorted(said)),
        "related": related,
    }


def _said_provider(ours: State, base: State, aliases: Aliases) -> State:
    said = base["provider"]
    means = aliases.providers.get(said, said)
    return ours | {"provider": said} if means == ours["provider"] else ours


def _said_item(key: tuple, item: State, base: dict, aliases: Aliases):
    """The delivery's key and state of a related item; its own key and None where it has none."""
    if key in base:
        return key, base[key]
    for said, was in base.items():
        if len(said) == 4 and tuple(_item_key(list(said), aliases)) == key:
            return said, was
    return key, None


def canonical_changes(changes: dict[str, Any], aliases: Aliases) -> dict[str, Any]:
    """What `state.difference` found before a merging, under the names that are meant now."""
    if not aliases:
        return changes
    changes = dict(changes)
    if "provider" in changes:
        changes["provider"] = [_key(value, aliases) for value in changes["provider"]]
    if "topics" in changes:
        changes["topics"] = [
            sorted({aliases.topics.get(name, name) for name in names})
            for names in changes["topics"]
        ]
    if "related" in changes:
        related = changes["related"]
        changes["related"] = {
            "order": [[_item_key(key, aliases) for key in keys] for keys in related["order"]],
            "items": [
                [_item_key(key, aliases), *(_item(value, aliases) for value in values)]
                for key, *values in related["items"]
            ],
        }
    return changes


def _key(value: list | None, aliases: Aliases) -> list | None:
    return value and list(aliases.providers.get(tuple(value), value))


def _item(values: dict | None, aliases: Aliases) -> dict | None:
    return values and values | {"provider": _key(values["provider"], aliases)}


def _item_key(key: list, aliases: Aliases) -> list:
    """See `records.keyed`: an item without a link is told apart by its headline and provider."""
    if len(key) != 4:
        return key
    title, name, domain, number = key
    return [title, *_key([name, domain], aliases), number]
