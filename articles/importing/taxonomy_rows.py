"""Topic and organization files of one run: gathered while files are read, written many at once.

`pipeline` offers each file that it has read; what is a topic or an organization stays here until
its batch is written, and a topic waits for a wider one whose file comes later. Like articles, they
are merged three ways: what an editor changed stays.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..models import Provider, ProviderAlias, TaxonomyDelivery, Topic
from . import taxonomy
from .aliases import load_aliases
from .merge import merge_values
from .references import References
from .seedfile import Problem, SeedError, line_of
from .state import image_key, plain
from .taxonomy import OrganizationRecord, TaxonomyRecord, TopicRecord
from .upsert import CREATED, UNCHANGED, UPDATED, Before, Outcome

MAX_PATH = 500  # characters, see `models.TaxonomyDelivery`
# A feed's own words that nobody edits.
_MACHINE = frozenset(["keywords", "hashtags"])
_PICTURES = ("image", "logo")

Key = tuple[str, str, str]  # (kind, name, domain) as delivered


@dataclass(frozen=True, slots=True)
class TaxonomyFile:
    """One topic or organization file that was read and found good."""

    origin: Any  # the pipeline's SourceFile
    content: bytes
    digest: str
    record: TaxonomyRecord

    @property
    def name(self) -> str:
        """The path within the imported folder."""
        return self.origin.name

    @property
    def key(self) -> Key:
        return (self.record.kind, *self.record.key)


class TaxonomyFiles:
    """Takes the topic and organization files among those offered, until they are written."""

    def __init__(self, source: str):
        self.source = source
        self._files: list[TaxonomyFile] = []
        self._taken: dict[Key, str] = {}  # the keys of files taken in this run
        self._unchanged: dict[Key, str] = {}  # those of files whose bytes are known
        self._unchanged_count = 0
        self._known: dict[str, tuple[str, Key]] | None = None

    def takes(self, origin, content: bytes, digest: str) -> bool:
        """Whether the file is a topic or an organization; if so it is kept until `write`.

        Bytes that are known are only counted, and not parsed. Asks one query in all, and none where
        no file may be one. Raises SeedError for a file that is one and is not good.
        """
        name = origin.name
        if b"taxonomy" not in content and not taxonomy.looks_like_one(name):
            return False
        known_digest, key = self._known_files().get(name, ("", None))
        if digest == known_digest:
            self._unchanged_count += 1
            self._unchanged[key] = name
            return True
        parsed = taxonomy.parse(name, content)
        if parsed is None:
            return False
        file = TaxonomyFile(origin, content, digest, taxonomy.read(parsed, content))
        if len(name) > MAX_PATH:
            why = f"its path is {len(name)} characters long; expected at most {MAX_PATH}"
            raise SeedError([Problem(1, "file", why, "size")])
        if file.key in self._taken:
            raise _twice(file, self._taken[file.key])
        self._taken[file.key] = name
        self._files.append(file)
        return True

    @property
    def has_files(self) -> bool:
        return bool(self._files)

    def take_unchanged(self) -> int:
        """How many files were known since the last call."""
        count, self._unchanged_count = self._unchanged_count, 0
        return count

    def write(self, at: datetime, run_id: int | None, is_last: bool):
        """Write what was taken, in the caller's transaction. Topics whose parent nobody knows wait
        for the next call, unless this `is_last`.

        Returns each file with its outcome, or with the SeedError that only the others could tell;
        and what was filled in (see `References.filled`).
        """
        writing = _Writing(self.source, self._files, self._unchanged, at, run_id, is_last)
        outcomes = list(writing.outcomes())
        self._files = writing.waiting
        return outcomes, writing.references.filled

    def _known_files(self) -> dict[str, tuple[str, Key]]:
        if self._known is None:
            rows = TaxonomyDelivery.objects.filter(source=self.source).order_by()
            columns = rows.values_list("path", "digest", "kind", "name", "domain")
            self._known = {path: (digest, tuple(key)) for path, digest, *key in columns}
        return self._known


def _twice(file: TaxonomyFile, other: str) -> SeedError:
    line = line_of(file.content, ("name",))
    return SeedError(
        [Problem(line, "name", f"also in {other}; expected one file of a name", "same-name")]
    )


class _Writing:
    """One writing of all files: the rows they mean, what each was told last, what becomes of it."""

    def __init__(self, source, files: list[TaxonomyFile], unchanged, at, run_id, is_last: bool):
        self.source, self.at, self.run_id = source, at, run_id
        self.aliases = load_aliases()
        self.refused: dict[Key, SeedError] = {
            file.key: _twice(file, unchanged[file.key]) for file in files if file.key in unchanged
        }
        self.files = files
        self.waiting: list[TaxonomyFile] = []
        # All of them: a tree can only be judged whole. Locked until the commit, like articles.
        topics = Topic.objects.select_related("image").select_for_update(of=("self",))
        self.topics = {topic.name: topic for topic in topics}
        self._sort_out_topics(is_last)
        waiting = {file.key for file in self.waiting}
        self.files = [file for file in files if file.key not in waiting]
        self.good = [file for file in self.files if file.key not in self.refused]
        self.before: dict[Key, Before] = {}
        self.bases = self._read_back()
        images = {
            file.record.image.key(source): file.record.image
            for file in self.good
            if file.record.image
        }
        self.references = References({}, images, (), source, run_id)
        self.providers = self._load_providers()
        self.created: set[Key] = set()
        self.changes: dict[Key, dict[str, list]] = {}  # field to its value before and after
        self.kept: dict[Key, list[str]] = {}

    def outcomes(self):
        self._make_missing()
        topics = [file for file in self.good if file.record.kind == taxonomy.TOPIC]
        organizations = [file for file in self.good if file.record.kind == taxonomy.ORGANIZATION]
        self._write_topics(topics)
        for file in organizations:
            self._write_provider(file)
        # Only now: another file may have made a provider of that very name.
        self._write_other_names(organizations)
        self._store()
        for file in self.files:
            if file.key in self.refused:
                yield file, self.refused[file.key]
                continue
            kind = UPDATED if file.key in self.changes else UNCHANGED
            yield (
                file,
                Outcome(
                    CREATED if file.key in self.created else kind,
                    None,
                    self.changes.get(file.key, {}),
                    tuple(self.kept.get(file.key, ())),
                    before=self.before.get(file.key),
                ),
            )

    # What is meant by the files

    def _topic_name(self, name: str) -> str:
        return self.aliases.topics.get(name, name)

    def _provider_key(self, record: OrganizationRecord) -> tuple[str, str]:
        return self.aliases.providers.get(record.key, record.key)

    def _sort_out_topics(self, is_last: bool) -> None:
        """Refuse topics that lie in a circle, then those under a topic that is not there; these
        wait first, for a file that is yet to come."""
        topics = {
            file.record.name: file
            for file in self.files
            if file.record.kind == taxonomy.TOPIC and file.key not in self.refused
        }
        circle = taxonomy.loops({name: file.record.parent for name, file in topics.items()})
        for name in circle:
            file = topics.pop(name)
            why = f"“{file.record.parent}” lies below “{name}” itself; expected a wider topic"
            self.refused[file.key] = _at_parent(file, why)
        while True:
            loose = [
                file
                for file in topics.values()
                if file.record.parent
                and file.record.parent not in topics
                and self._topic_name(file.record.parent) not in self.topics
            ]
            if not loose:
                return
            for file in loose:
                del topics[file.record.name]
                if not is_last:
                    self.waiting.append(file)
                    continue
                why = f"no topic “{file.record.parent}”; expected one that is here or in a file"
                self.refused[file.key] = _at_parent(file, why)

    def _read_back(self) -> dict[Key, TaxonomyRecord]:
        """What each file's feed said last of the same topic or provider, wherever it stood."""
        wanted = {file.key for file in self.good}
        names = {name for _, name, _ in wanted}
        rows = TaxonomyDelivery.objects.filter(source=self.source, name__in=names)
        bases = {}
        for row in rows.order_by("delivered_at", "pk"):
            if (row.kind, row.name, row.domain) in wanted:
                content = bytes(row.content)
                key = row.kind, row.name, row.domain
                bases[key] = taxonomy.read(taxonomy.parse(row.path, content), content)
                self.before[key] = Before(row.path, content, row.delivered_at, row.run_id)
        return bases

    def _load_providers(self) -> dict[tuple[str, str], Provider]:
        records = [f.record for f in self.good if f.record.kind == taxonomy.ORGANIZATION]
        domains = {self._provider_key(record)[1] for record in records}
        domains |= {record.domain for record in records}
        rows = Provider.objects.filter(domain__in=domains).select_related("logo")
        rows = rows.select_for_update(of=("self",))
        return {(row.name, row.domain): row for row in rows}

    def _make_missing(self) -> None:
        """Rows for topics and providers that are new, as bare as an article's delivery makes them;
        what the files say of them is merged in like into any other."""
        taken_topics = taken_providers = None
        for file in self.good:
            record = file.record
            if record.kind == taxonomy.TOPIC:
                name = self._topic_name(record.name)
                if name in self.topics:
                    continue
                taken_topics = taken_topics or Topic.objects.taken_slugs()
                slug = Topic.slug_for(name, taken_topics)
                taken_topics.add(slug)
                self.topics[name] = Topic.objects.create(
                    name=name, slug=slug, brought_by_id=self.run_id
                )
            else:
                key = self._provider_key(record)
                if key in self.providers:
                    continue
                taken_providers = taken_providers or Provider.objects.taken_slugs()
                slug = Provider.slug_for(*key, taken_providers)
                taken_providers.add(slug)
                self.providers[key] = Provider.objects.create(
                    name=key[0], domain=key[1], slug=slug, brought_by_id=self.run_id
                )
            self.created.add(file.key)

    # Merging

    def _write_topics(self, files: list[TaxonomyFile]) -> None:
        by_pk = {topic.pk: topic for topic in self.topics.values()}
        name_of = {pk: topic.name for pk, topic in by_pk.items()}
        parents = {topic.name: name_of.get(topic.parent_id, "") for topic in self.topics.values()}
        before = dict(parents)
        written: dict[str, list[Key]] = {}
        for file in files:
            topic = self.topics[self._topic_name(file.record.name)]
            base = self.bases.get(file.key, TopicRecord(file.record.name))
            ours = {
                "short_name": topic.short_name,
                "description": topic.description,
                "keywords": topic.keywords,
                "hashtags": topic.hashtags,
                "image": topic.image and image_key(topic.image),
                "parent": parents[topic.name],
            }
            changes = self._merge(
                file, self._topic_values(base), self._topic_values(file.record), ours
            )
            if "parent" in changes:
                parents[topic.name] = changes.pop("parent")
                written.setdefault(topic.name, []).append(file.key)
            self._save(file, topic, changes, ours)
        self._lay_out(parents, before, written)

    def _lay_out(self, parents, before, written: dict[str, list[Key]]) -> None:
        """Move topics below their new parents. Where an editor's tree and the files' make a circle
        together, the editor's stands."""
        while circle := taxonomy.loops(parents) & written.keys():
            for name in circle:
                parents[name] = before[name]
                for key in written.pop(name):
                    self.kept.setdefault(key, []).append("parent")
        for name, keys in written.items():
            topic = self.topics[name]
            topic.parent = self.topics[parents[name]] if parents[name] else None
            topic.save(update_fields=["parent"])
            for key in keys:
                self._note(key, "parent", before[name], parents[name])

    def _topic_values(self, record: TopicRecord) -> dict:
        return {
            "short_name": record.short_name,
            "description": record.description,
            "keywords": list(record.keywords),
            "hashtags": list(record.hashtags),
            "image": record.image.key(self.source) if record.image else None,
            "parent": self._topic_name(record.parent) if record.parent else "",
        }

    def _write_provider(self, file: TaxonomyFile) -> None:
        record = file.record
        provider = self.providers[self._provider_key(record)]
        base = self.bases.get(file.key)
        if base is None:
            # Articles bring a small copy of the same logo: that is no editor's choice.
            known = [image for image in record.images if provider.logo]
            same = [image for image in known if image.key(self.source) == image_key(provider.logo)]
            base = OrganizationRecord(*record.key, images=tuple(same))
        ours = {
            "description": provider.description,
            "logo": provider.logo and image_key(provider.logo),
        }
        theirs = self._provider_values(record)
        changes = self._merge(file, self._provider_values(base), theirs, ours)
        self._save(file, provider, changes, ours)

    def _provider_values(self, record: OrganizationRecord) -> dict:
        logo = record.image
        return {
            "description": record.description,
            "logo": logo.key(self.source) if logo else None,
        }

    def _merge(self, file: TaxonomyFile, base: dict, theirs: dict, ours: dict) -> dict:
        changes, kept = merge_values(base, theirs, ours, _MACHINE)
        if kept:
            self.kept.setdefault(file.key, []).extend(kept)
        return changes

    def _save(self, file: TaxonomyFile, row, changes: dict, ours: dict) -> None:
        for name, value in changes.items():
            self._note(file.key, name, ours[name], value)
            if name in _PICTURES:
                setattr(row, f"{name}_id", value and self.references.images[value])
            else:
                setattr(row, name, value)
        if changes:
            row.save(update_fields=list(changes))

    def _note(self, key: Key, name: str, before, after) -> None:
        self.changes.setdefault(key, {})[name] = [plain(before), plain(after)]

    def _write_other_names(self, files: list[TaxonomyFile]) -> None:
        """Other names become aliases where nothing else has them: to merge two providers that are
        both there is an editor's decision. What a feed no longer says goes, an editor's stays."""
        domains = {file.record.domain for file in files}
        present = {
            (alias.name, alias.domain): alias
            for alias in ProviderAlias.objects.filter(domain__in=domains)
        }
        for file in files:
            record = file.record
            provider = self.providers[self._provider_key(record)]
            base = self.bases.get(file.key)
            was = base.other_names if base else ()
            added, gone = [], []
            for name in record.other_names:
                key = (name, record.domain)
                if name not in was and key not in present and key not in self.providers:
                    present[key] = ProviderAlias.objects.create(
                        provider=provider, name=name, domain=record.domain
                    )
                    added.append(name)
            for name in was:
                alias = present.get((name, record.domain))
                if name in record.other_names or alias is None or alias.slug:
                    continue
                if alias.provider_id == provider.pk:
                    present.pop((name, record.domain)).delete()
                    gone.append(name)
            if added or gone:
                self._note(file.key, "other_names", gone, added)

    def _store(self) -> None:
        """Keep the files. One that has moved takes its place along."""
        for file in self.good:
            kind, name, domain = file.key
            TaxonomyDelivery.objects.filter(
                source=self.source, kind=kind, name=name, domain=domain
            ).exclude(path=file.name).delete()
            TaxonomyDelivery.objects.update_or_create(
                source=self.source,
                path=file.name,
                defaults={
                    "kind": kind,
                    "name": name,
                    "domain": domain,
                    "content": file.content,
                    "digest": file.digest,
                    "delivered_at": self.at,
                    "run_id": self.run_id,
                },
            )


def _at_parent(file: TaxonomyFile, why: str) -> SeedError:
    return SeedError([Problem(line_of(file.content, ("parent",)), "parent", why, "parent")])
