"""How a run goes, and what came of it: what `pipeline` is given and what it gives back. No ORM."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from .seedfile import Problem

COUNTS = ("created", "updated", "unchanged", "skipped", "failed", "conflicts")


@dataclass(frozen=True)
class Options:
    """How a run goes, beside what it imports."""

    is_dry_run: bool = False  # go the same way and take every batch back
    is_revival: bool = False  # what lies in the trash, or was deleted, comes back
    is_missing_reported: bool = False
    wait: float = 0  # seconds to wait for another import to end
    operator: str = ""
    at: datetime | None = None  # when the feed delivered; None: now
    recorded: dict = field(default_factory=dict)  # what else the run's record shall show


PLAIN = Options()


@dataclass
class ImportReport:
    """What one run did. Counts are of files; paths are as given to the run."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0  # of articles that editors threw away
    failed: int = 0
    conflicts: int = 0  # values that wait for an editor since this run
    pictures: int = 0  # picture files taken in from beside the seeds
    refused_pictures: list[tuple[str, str]] = field(default_factory=list)  # path and why
    failures: list[tuple[str, Problem]] = field(default_factory=list)
    kept: list[tuple[str, str]] = field(
        default_factory=list
    )  # path and the edited field that stayed
    takedowns: list[str] = field(default_factory=list)  # withdrawn though readers could see them
    unknown_keys: Counter = field(default_factory=Counter)  # key to number of files
    missing: list[str] | None = None  # stems that the source no longer holds, if asked for
    run_id: int | None = None  # the run's record; None for a dry run

    @property
    def total(self) -> int:
        return self.created + self.updated + self.unchanged + self.skipped + self.failed

    @property
    def counts(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in COUNTS}

    def __str__(self):
        """The counts, then a line for each thing that somebody may want to look at."""
        lines = [
            f"{self.created} created, {self.updated} updated, "
            f"{self.unchanged} unchanged, {self.failed} failed"
        ]
        if self.skipped:
            lines[0] += f", {self.skipped} in the trash"
        if self.pictures:
            lines.append(f"{self.pictures} pictures taken in from beside the seeds")
        for path, why in self.refused_pictures:
            lines.append(f"picture not taken in: {path}: {why}")
        for path in self.takedowns:
            lines.append(f"taken down by the feed, withdrawn: {path}")
        for path, name in self.kept:
            lines.append(f"kept an editor's words: {path}: {name}")
        if self.conflicts:
            some = "conflict waits" if self.conflicts == 1 else "conflicts wait"
            lines.append(f"{self.conflicts} {some} for an editor")
        for key, files in sorted(self.unknown_keys.items()):
            some = "file" if files == 1 else "files"
            lines.append(f"unknown key kept: {key} (in {files} {some})")
        for stem in self.missing or ():
            lines.append(f"no longer in the source: {stem}")
        return "\n".join(lines)
