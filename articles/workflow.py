"""What editors do to several rows at once, each deed in one transaction. Called by `admin`.

Merging: several rows of what is one provider (or topic) become one. The survivor takes over all
that hangs on the others, and their names and addresses: the next delivery under an old name lands
on the survivor (`importing.aliases`), and an old address leads there (`lists`) where readers can
have seen it. Of any other it would tell that something hidden once stood there.
"""

from collections.abc import Sequence

from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from . import renditions, tasks
from .models import (
    Article,
    Image,
    Proposal,
    Provider,
    ProviderAlias,
    RelatedItem,
    Topic,
    TopicAlias,
    TopicAssignment,
)


def merge_providers(survivor: Provider, others: Sequence[Provider], by) -> Provider:
    """Merge the others into `survivor` and delete them; returns the survivor as it is then.

    Articles and related items move, other names and old addresses too; a logo or a description
    fills in where the survivor has none. `by` is the user whom the log names. Raises ValueError
    where the survivor is among the others, and DoesNotExist where a row has gone meanwhile.
    """
    with transaction.atomic():
        survivor, others = _locked(survivor, others)
        moving = Article.objects.filter(provider__in=others)
        seen = set(moving.once_public().order_by().values_list("provider", flat=True))
        moving.update(provider=survivor, updated_at=timezone.now())
        RelatedItem.objects.filter(provider__in=others).update(provider=survivor)
        ProviderAlias.objects.filter(provider__in=others).update(provider=survivor)
        for other in others:
            survivor.logo_id = survivor.logo_id or other.logo_id
            survivor.description = survivor.description or other.description
        survivor.save(update_fields=["logo", "description"])
        _finish(survivor, others, by)
        for logo in Image.objects.filter(pk__in=[each.logo_id for each in others if each.logo_id]):
            renditions.follow(logo)  # one that is no logo any more is made as other pictures are
        for other in others:
            slug = other.slug if other.pk in seen else ""
            _keep_alias(ProviderAlias, other, slug, provider=survivor, domain=other.domain)
            _rename_in_proposals((other.name, other.domain), survivor)
        tasks.announce_row(survivor)
    return survivor


def merge_topics(survivor: Topic, others: Sequence[Topic], by) -> Topic:
    """Merge the others into `survivor` and delete them; returns the survivor as it is then.

    Articles move, each carrying the survivor once; narrower topics, other names and old addresses
    too. A picture, a description or a short name fills in where the survivor has none. A survivor
    that lay below one of the others takes that one's place. For the rest see `merge_providers`.
    """
    with transaction.atomic():
        survivor, others = _locked(survivor, others)
        moving = Article.objects.filter(topic_assignments__tag__in=others)
        seen = moving.once_public().order_by().values_list("topic_assignments__tag", flat=True)
        seen = set(seen)
        Article.objects.filter(pk__in=moving.values("pk")).update(updated_at=timezone.now())
        for other in others:
            carried = TopicAssignment.objects.filter(tag=survivor).values("content_object")
            assignments = TopicAssignment.objects.filter(tag=other)
            assignments.exclude(content_object__in=carried).update(tag=survivor)
        above = survivor.parents()
        merged = [other.pk for other in others]
        if not set(merged).isdisjoint(above):
            last = max(above.index(pk) for pk in merged if pk in above)
            survivor.parent_id = above[last + 1] if last + 1 < len(above) else None
        for other in others:
            survivor.image_id = survivor.image_id or other.image_id
            survivor.description = survivor.description or other.description
            survivor.short_name = survivor.short_name or other.short_name
        survivor.save(update_fields=["parent", "image", "description", "short_name"])
        narrower = Topic.objects.filter(parent__in=others).exclude(pk__in=[survivor.pk, *merged])
        narrower.update(parent=survivor)
        TopicAlias.objects.filter(topic__in=others).update(topic=survivor)
        _finish(survivor, others, by)
        for other in others:
            _keep_alias(TopicAlias, other, other.slug if other.pk in seen else "", topic=survivor)
        tasks.announce_row(survivor)
    return survivor


def keep_old_name(row: Provider | Topic, name: str, domain: str = "") -> None:
    """Have a renamed row's old name (and a provider's old domain) go on meaning it.

    Else the next delivery would bring the old name back as a row of its own.
    """
    if isinstance(row, Provider):
        ProviderAlias.objects.update_or_create(name=name, domain=domain, defaults={"provider": row})
    else:
        TopicAlias.objects.update_or_create(name=name, defaults={"topic": row})
    tasks.announce_row(row)


def _rename_in_proposals(key: tuple[str, str], provider: Provider) -> None:
    """What waits for an editor names the provider that is meant, too."""
    for column in ("theirs", "base"):
        waiting = Proposal.objects.filter(field="provider", **{column: list(key)})
        waiting.update(**{column: [provider.name, provider.domain]})


def _locked(survivor, others):
    """The rows as they are now, nobody else writing them until the commit."""
    model = type(survivor)
    wanted = [other.pk for other in others]
    if survivor.pk in wanted:
        raise ValueError("a row cannot be merged into itself")
    # In one order always, so that two merges never wait for each other.
    rows = model.objects.filter(pk__in=[survivor.pk, *wanted]).order_by("pk")
    present = {row.pk: row for row in rows.select_for_update()}
    if len(present) < len(set(wanted)) + 1:
        raise model.DoesNotExist("one of them has been deleted meanwhile")
    return present[survivor.pk], [present[pk] for pk in dict.fromkeys(wanted)]


def _keep_alias(model, other, slug: str, **fields) -> None:
    """The other's name, and its address `slug`, "" where readers never saw it there. Where an alias
    of that name has an older address already, the newer one is kept beside it."""
    key = {"name": other.name} | ({"domain": other.domain} if "domain" in fields else {})
    alias = model.objects.filter(**key).first() or model(**key)
    for name, value in fields.items():
        setattr(alias, name, value)
    if alias.slug and slug:
        model.objects.create(slug=slug, **fields)
    elif slug:
        alias.slug = slug
    alias.save()


def _finish(survivor, others, by) -> None:
    """Log and delete: an entry on the survivor's history, and one for each that goes."""
    names = ", ".join(f"“{other}”" for other in others)
    log = LogEntry.objects.log_actions
    log(by.pk, others, DELETION, change_message=_("Merged into “%(stays)s”.") % {"stays": survivor})
    merged = _("Merged %(names)s into it.") % {"names": names}
    log(by.pk, [survivor], CHANGE, change_message=merged, single_object=True)
    type(survivor).objects.filter(pk__in=[other.pk for other in others]).delete()
