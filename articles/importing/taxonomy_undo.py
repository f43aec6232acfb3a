"""Topics and organizations taken back with the run that brought them. Called by `undo`.

The same three ways as an article: base is what the run left, theirs what it had found, ours what
stands now.
"""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from ..models import ImportedFile, ImportRun, Provider, ProviderAlias, TaxonomyDelivery, Topic
from . import taxonomy
from .aliases import load_aliases
from .fingerprints import fingerprint
from .journal import FileResult
from .merge import merge_values
from .records import ImageRecord
from .references import References
from .state import image_key, plain

Outcome = ImportedFile.Outcome


def files_of(run: ImportRun) -> list[ImportedFile]:
    """The run's topic and organization files that landed, in the order they were read."""
    places = TaxonomyDelivery.objects.filter(source=run.source).values("path")
    files = run.files.filter(article=None, path__in=places)
    return list(files.exclude(outcome=Outcome.FAILED).order_by("pk"))


def take_back(run: ImportRun, files: Iterable[ImportedFile]) -> list[FileResult]:
    """Take the files back, in the caller's transaction. `kept` of a result says what stays."""
    return _TakingBack(run, list(files)).results()


class _TakingBack:
    def __init__(self, run: ImportRun, files: list[ImportedFile]):
        self.run, self.files = run, files
        self.aliases = load_aliases()
        # All of them: a tree can only be judged whole.
        topics = Topic.objects.select_related("image").select_for_update(of=("self",))
        self.topics = {topic.name: topic for topic in topics}
        name_of = {topic.pk: topic.name for topic in self.topics.values()}
        self.parents = {
            topic.name: name_of.get(topic.parent_id, "") for topic in self.topics.values()
        }
        self.stand = dict(self.parents)
        deliveries = TaxonomyDelivery.objects.filter(
            source=run.source, path__in=[file.path for file in files]
        )
        self.deliveries = {delivery.path: delivery for delivery in deliveries}

    def results(self) -> list[FileResult]:
        moved: dict[str, FileResult] = {}  # topic's name to the result in which its parent changes
        results = [self._take_back(file, moved) for file in self.files]
        while circle := taxonomy.loops(self.parents) & moved.keys():
            for name in circle:
                self.parents[name] = self.stand[name]
                result = moved.pop(name)
                del result.changes["parent"]
                result.kept = (*result.kept, _changed_since("parent"))
                _keep(self.topics[name])
        for name in moved:
            topic, parent = self.topics[name], self.parents[name]
            topic.parent = self.topics[parent] if parent else None
            topic.save(update_fields=["parent"])
        return results

    def _take_back(self, file: ImportedFile, moved: dict) -> FileResult:
        delivery = self.deliveries[file.path]
        if delivery.run_id != self.run.pk:
            why = _("run %(run)s changed it again; take that one back first")
            why %= {"run": delivery.run_id}
            return FileResult(file.path, file.path, Outcome.KEPT, kept=(why,))
        row = self._row(delivery)
        if row is None:
            return FileResult(
                file.path, file.path, Outcome.KEPT, kept=(_("it has been deleted since"),)
            )
        changes = dict(file.changes)
        other_names = changes.pop("other_names", None)
        ours = {name: self._value(row, name) for name in changes}
        before, after = (
            {name: self._meant(name, values[side]) for name, values in changes.items()}
            for side in (0, 1)
        )
        targets, kept = merge_values(after, before, ours)
        done = {name: [ours[name], value] for name, value in targets.items()}
        result = FileResult(
            file.path,
            file.path,
            Outcome.REVERTED,
            changes=done,
            kept=tuple(map(_changed_since, kept)),
        )
        if "parent" in targets:
            self.parents[row.name] = targets.pop("parent")
            moved[row.name] = result
        self._set(row, targets)
        if kept:
            _keep(row)
        if other_names:
            done["other_names"] = self._swap_other_names(row, delivery.domain, other_names)
        _restore(delivery, file)
        return result

    def _row(self, delivery: TaxonomyDelivery) -> Topic | Provider | None:
        if delivery.kind == taxonomy.TOPIC:
            return self.topics.get(self.aliases.topics.get(delivery.name, delivery.name))
        key = delivery.name, delivery.domain
        name, domain = self.aliases.providers.get(key, key)
        rows = Provider.objects.select_related("logo").select_for_update(of=("self",))
        return rows.filter(name=name, domain=domain).first()

    def _value(self, row, name: str):
        """What stands, as `changes` says it."""
        if name == "parent":
            return self.stand[row.name]
        value = getattr(row, name)
        return plain(value and image_key(value)) if name in ("image", "logo") else value

    def _meant(self, name: str, value):
        if name != "parent":
            return value
        value = self.aliases.topics.get(value, value)
        return value if value in self.topics else ""

    def _set(self, row, targets: dict) -> None:
        for name, value in targets.items():
            if name in ("image", "logo"):
                setattr(row, name, None)
                if value:
                    key = tuple(value)
                    images = References({}, {key: ImageRecord(key[0])}, ()).images
                    setattr(row, f"{name}_id", images[key])
            else:
                setattr(row, name, value)
        if targets:
            row.save(update_fields=list(targets))

    def _swap_other_names(self, provider: Provider, domain: str, names: list) -> list:
        gone, added = names
        rows = ProviderAlias.objects.filter(domain=domain)
        taken_back = rows.filter(provider=provider, slug="", name__in=added)
        names_gone = sorted(taken_back.values_list("name", flat=True))
        taken_back.delete()
        taken = set(rows.values_list("name", flat=True))
        taken |= set(Provider.objects.filter(domain=domain).values_list("name", flat=True))
        back = [name for name in gone if name not in taken]
        for name in back:
            ProviderAlias.objects.create(provider=provider, name=name, domain=domain)
        return [names_gone, back]


def _changed_since(name: str) -> str:
    return _("%(field)s was changed since") % {"field": name}


def _keep(row: Topic | Provider) -> None:
    """What an editor worked on is no longer the run's, to go with it."""
    type(row).objects.filter(pk=row.pk).update(brought_by=None)


def _restore(delivery: TaxonomyDelivery, file: ImportedFile) -> None:
    if file.content_before is None:
        delivery.delete()
        return
    content = bytes(file.content_before)
    delivery.path, delivery.content, delivery.digest = (
        file.path_before,
        content,
        fingerprint(content),
    )
    delivery.delivered_at, delivery.run_id = file.delivered_at_before, file.run_before
    delivery.save()
