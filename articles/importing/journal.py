"""The record of a run: made when there is something to record, closed when the run ends."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from ..models import ImportedFile, ImportRun
from .bulk import insert
from .seedfile import Problem
from .upsert import Before

_FILE_COLUMNS = (
    *("run_id", "article_id", "path", "outcome"),
    *("changes", "conflicts", "problems", "kept"),
    *("path_before", "content_before", "delivered_at_before", "run_before"),
)
_PRUNED_AT_ONCE = 500  # files' records in one statement


@dataclass(slots=True)
class FileResult:
    """What came of one file that was not simply unchanged."""

    path: str  # as given to the run: the folder and what is below it
    name: str  # within the folder
    outcome: str  # ImportedFile.Outcome
    article_id: int | None = None
    changes: dict[str, Any] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    moves: tuple = ()
    problems: list[Problem] = field(default_factory=list)
    content: bytes | None = None  # of a file that failed
    before: Before | None = None


class Journal:
    """Writes one ImportRun and its ImportedFile rows. The row is made late: a run in which every
    file is known writes once, at its end."""

    def __init__(self, run: ImportRun):
        self.run = run

    @property
    def run_id(self) -> int:
        """The run's number; makes the row if there is none yet. Outside any batch's transaction:
        a batch that is taken back must not take the run's row along."""
        if self.run.pk is None:
            self.run.save()
        return self.run.pk

    def note(self, results: list[FileResult], counts: dict[str, int]) -> None:
        """Record a batch, within its transaction, with the run's counts so far."""
        run_id = self.run_id
        insert(ImportedFile, list(_FILE_COLUMNS), [_row(run_id, result) for result in results])
        ImportRun.objects.filter(pk=run_id).update(**counts)

    def fill(self, filled: list[tuple]) -> None:
        """Remember shared rows to which this run gave a size or a logo."""
        self.run.filled += filled
        self.run.save(update_fields=["filled"])

    def close(self, state: str, counts: dict[str, int], missing: int | None = None) -> None:
        for name, count in counts.items():
            setattr(self.run, name, count)
        self.run.state, self.run.missing = state, missing
        self.run.finished_at = timezone.now()
        self.run.save()


def close_the_dead() -> int:
    """Mark the runs that died without a word; call it while holding the import lock. Returns how
    many there were."""
    dead = ImportRun.objects.filter(state=ImportRun.State.RUNNING)
    if not dead.exists():  # as always: a run in which nothing changed writes but its own row
        return 0
    return dead.update(state=ImportRun.State.INTERRUPTED, finished_at=timezone.now())


def prune(at: datetime | None = None) -> int:
    """Delete the records of runs older than IMPORT_RECORD_DAYS; returns how many runs went."""
    gone = 0
    for run in ImportRun.objects.outdated(settings.IMPORT_RECORD_DAYS, at).order_by("pk"):
        # In small transactions, so that editors never wait for a year of records.
        while True:
            chunk = list(run.files.values_list("pk", flat=True)[:_PRUNED_AT_ONCE])
            if not chunk:
                break
            ImportedFile.objects.filter(pk__in=chunk).delete()
        with transaction.atomic():
            run.delete()
        gone += 1
    return gone


def _row(run_id: int, result: FileResult) -> tuple:
    problems = [[p.line, p.field, p.code, p.reason] for p in result.problems]
    before = result.before
    return (
        *(run_id, result.article_id, result.name[:1000], result.outcome),
        *(result.changes, list(result.moves), problems, list(result.kept)),
        *(
            (before.path, before.content, before.delivered_at, before.run_id)
            if before
            else ("", None, None, None)
        ),
    )
