"""A run taken back, through the same merge that brought it in.

Base is what the run left, theirs what it had found, ours what stands now: what an editor did since
stays and is named, and so does what a later run changed again (take that one back first). What the
run created and nobody touched goes, with the providers, topics and pictures that came with it.
"""

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import duplicates, tasks
from ..models import (
    Article,
    ArticleImage,
    Delivery,
    DuplicatePair,
    Image,
    ImportedFile,
    ImportRun,
    Provider,
    RelatedImage,
    RelatedItem,
    Topic,
    TopicAssignment,
)
from . import journal, leads, lock, proposals, records, seedfile, state, taxonomy_undo
from .aliases import Aliases, canonical, canonical_changes, load_aliases
from .apply import apply, with_all_that_merges
from .fingerprints import fingerprint
from .journal import FileResult, Journal
from .merge import merge_states
from .references import References

BATCH = 200  # files in one transaction
Outcome = ImportedFile.Outcome


class CannotUndo(Exception):
    """A run that cannot be taken back; the text says why."""


@dataclass
class UndoReport:
    reverted: int = 0  # articles put back to what they were
    removed: int = 0  # articles that the run had created
    kept: list[tuple[str, str]] = field(default_factory=list)  # path, and what stays and why
    run_id: int | None = None

    def __str__(self):
        lines = [f"{self.reverted} put back, {self.removed} removed"]
        lines += [f"kept: {path}: {what}" for path, what in self.kept]
        return "\n".join(lines)


def undo_import(
    run: ImportRun,
    *,
    is_dry_run: bool = False,
    operator: str = "",
    wait: float = 0,
    on_file: Callable[[FileResult], None] = lambda result: None,
) -> UndoReport:
    """Take `run` back. The undo is a run of its own, with a record; importing again
    brings the files again. Raises CannotUndo, and lock.ImportRunning while an import runs."""
    with lock.exclusive(wait), tasks.gathering():
        if not is_dry_run:
            journal.close_the_dead()
        run.refresh_from_db()
        if run.kind != ImportRun.Kind.IMPORT:
            told = _("run %(run)s is itself an undo; import again instead")
            raise CannotUndo(told % {"run": run.pk})
        ended = run.undone_by.filter(state=ImportRun.State.FINISHED).first()
        if ended:
            told = _("run %(run)s was taken back by run %(undo)s")
            raise CannotUndo(told % {"run": run.pk, "undo": ended.pk})
        if run.state == ImportRun.State.RUNNING:
            raise CannotUndo(_("run %(run)s has not ended") % {"run": run.pk})
        undo = _Undo(run, is_dry_run, operator)
        undo.run(on_file)
    return undo.report


class _Undo:
    def __init__(self, run: ImportRun, is_dry_run: bool, operator: str):
        self.undone, self.is_dry_run = run, is_dry_run
        self.aliases = load_aliases()
        self.at = timezone.now()
        self.report = UndoReport()
        self.journal = Journal(
            ImportRun(
                source=run.source,
                kind=ImportRun.Kind.UNDO,
                undoes=run,
                operator=operator,
                started_at=self.at,
            )
        )

    def run(self, on_file) -> None:
        """In small transactions, so that editors never wait long; one that was killed goes on where
        it stopped."""
        done = ImportedFile.objects.filter(run__undoes=self.undone).values("path")
        files = self.undone.files.exclude(outcome=Outcome.FAILED).exclude(path__in=done)
        aside = taxonomy_undo.files_of(self.undone)
        files = files.exclude(pk__in=[file.pk for file in aside])
        numbers = list(files.order_by("-pk").values_list("pk", flat=True))
        for start in range(0, len(numbers), BATCH):
            with self._transaction():
                batch = ImportedFile.objects.in_bulk(numbers[start : start + BATCH])
                articles = self._load([file.article_id for file in batch.values()])
                results = [
                    self._take_back(file, articles.get(file.article_id)) for file in batch.values()
                ]
                put_back = [r for r in results if not duplicates.WATCHED.isdisjoint(r.changes)]
                duplicates.look_again(result.article_id for result in put_back)
                if not self.is_dry_run:
                    tasks.announce({r.article_id: (r.changes, False) for r in results if r.changes})
                    self.journal.note(results, self._counts)
            for result in results:
                on_file(result)
        with self._transaction():
            self._take_taxonomy_back(aside, on_file)
            self._take_fillings_back()
            self._remove_orphans()
        if not self.is_dry_run:
            self.journal.close(ImportRun.State.FINISHED, self._counts)
            self.report.run_id = self.journal.run.pk

    @property
    def _counts(self) -> dict[str, int]:
        return {"updated": self.report.reverted + self.report.removed}

    @contextmanager
    def _transaction(self):
        if not self.is_dry_run:
            self.journal.run_id  # noqa: B018 (made outside: a refused batch must not take it along)
        with transaction.atomic():
            yield
            if self.is_dry_run:
                transaction.set_rollback(True)

    def _load(self, numbers) -> dict[int, Article]:
        told_apart = DuplicatePair.objects.filter(resolution=DuplicatePair.Resolution.DIFFERENT)
        here = Q(first=OuterRef("pk")) | Q(second=OuterRef("pk"))
        rows = Article.objects.filter(pk__in=[number for number in numbers if number])
        rows = rows.annotate(told_apart=Exists(told_apart.filter(here)))
        articles = with_all_that_merges(rows).select_for_update(of=("self",))
        return {article.pk: article for article in articles}

    def _take_back(self, file: ImportedFile, article: Article | None) -> FileResult:
        if article is None:
            return self._keep(file, _("the article has been deleted since"))
        delivery = getattr(article, "delivery", None)
        if delivery is None or delivery.run_id != self.undone.pk:
            later = _("run %(run)s changed it again; take that one back first")
            if delivery is None:
                later = _("a later run changed it again; take that one back first")
            return self._keep(file, later % {"run": delivery and delivery.run_id})
        if file.outcome == Outcome.CREATED:
            return self._uncreate(file, article, delivery)
        return self._revert(file, article, delivery)

    def _uncreate(self, file: ImportedFile, article: Article, delivery: Delivery) -> FileResult:
        edits = _edits_since_creation(article, delivery, self.aliases)
        if edits:
            return self._keep(
                file, _("an editor worked on it (%(fields)s)") % {"fields": ", ".join(edits)}
            )
        # Not `article.delete()`, which would bury it: the next delivery may bring it again.
        tasks.announce_leaving(article)
        Article.objects.filter(pk=article.pk).delete_unburied()
        self.report.removed += 1
        return FileResult(file.path, file.path, Outcome.REMOVED)

    def _revert(self, file: ImportedFile, article: Article, delivery: Delivery) -> FileResult:
        changes = dict(file.changes)
        move = changes.pop("lead", None)
        changes = canonical_changes(changes, self.aliases)
        ours = state.of_article(article)
        before, after = state.around(ours, changes)
        decided_since = article.decided_at and article.decided_at > self.undone.started_at
        held = ("status", "publish_from") if decided_since else ()
        merged, conflicts = merge_states(after, before, ours, (), held)
        kept = [conflict.name for conflict in conflicts]
        if held and any(after[name] != before[name] for name in held):
            kept.append("status")
        since = _("%(field)s was changed since")
        self.report.kept += [(file.path, since % {"field": name}) for name in kept]
        done = state.difference(ours, merged)
        apply(article, ours, merged, References.of_states([merged]), self.at)
        if move:
            leads.take_back(article, move)
        if file.conflicts:
            proposals.take_back(article.pk, file.conflicts, self.undone.pk, self.undone.started_at)
        _restore(delivery, file)
        self.report.reverted += 1
        return FileResult(
            file.path, file.path, Outcome.REVERTED, article.pk, done, kept=tuple(kept)
        )

    def _keep(self, file: ImportedFile, why: str) -> FileResult:
        self.report.kept.append((file.path, why))
        return FileResult(file.path, file.path, Outcome.KEPT, file.article_id, kept=(why,))

    def _take_taxonomy_back(self, files: list[ImportedFile], on_file) -> None:
        """All of them together, and after the articles: a tree can only be judged whole."""
        done = set(ImportedFile.objects.filter(run__undoes=self.undone).values_list("path"))
        files = [file for file in files if (file.path,) not in done]
        results = taxonomy_undo.take_back(self.undone, files)
        for result in results:
            self.report.reverted += result.outcome == Outcome.REVERTED
            self.report.kept += [(result.path, what) for what in result.kept]
            on_file(result)
        if results and not self.is_dry_run:
            self.journal.note(results, self._counts)

    def _take_fillings_back(self) -> None:
        for kind, number, *value in self.undone.filled:
            if kind == "image":
                same = Image.objects.filter(pk=number, file="", width=value[0], height=value[1])
                same.update(width=None, height=None)
            else:
                Provider.objects.filter(pk=number, logo=value[0]).update(logo=None)

    def _remove_orphans(self) -> None:
        """What the run brought along for articles that are gone again, unless an editor has used
        or described it."""
        run = self.undone.pk
        topics = Topic.objects.filter(
            brought_by=run, description="", image=None, children=None, aliases=None
        )
        topics.exclude(Exists(TopicAssignment.objects.filter(tag=OuterRef("pk")))).delete()
        providers = Provider.objects.filter(brought_by=run, description="", aliases=None)
        for model in (Article, RelatedItem):
            providers = providers.exclude(Exists(model.objects.filter(provider=OuterRef("pk"))))
        providers.delete()
        images = Image.objects.filter(brought_by=run, alt_text="")
        uses = (
            (ArticleImage, "image"),
            (RelatedImage, "image"),
            (Provider, "logo"),
            (Topic, "image"),
        )
        for model, name in uses:
            images = images.exclude(Exists(model.objects.filter(**{name: OuterRef("pk")})))
        images.delete()


def _edits_since_creation(article: Article, delivery: Delivery, aliases: Aliases) -> list[str]:
    """What an editor did to an article that is still as it was first delivered."""
    record = canonical(records.of_content(bytes(delivery.content)), aliases)
    ours, theirs = state.of_article(article), state.of_record(record, article.source)
    edits = [name for name in theirs if ours[name] != theirs[name]]
    edits += [name for name in ("body", "note", "hidden_related") if getattr(article, name)]
    if article.decided_at:
        edits.append("status")
    if article.told_apart:
        edits.append("duplicates")
    if article.publish_until or article.is_kept_public or article.pinned_lead_id:
        edits.append("publishing")
    return edits


def _restore(delivery: Delivery, file: ImportedFile) -> None:
    content = bytes(file.content_before)
    delivery.path, delivery.content = file.path_before, content
    delivery.delivered_at, delivery.run_id = file.delivered_at_before, file.run_before
    delivery.meaning = records.meaning(seedfile.parse(content))
    delivery.digest = fingerprint(content)
    delivery.save()
