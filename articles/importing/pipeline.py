"""The importing's entrance: folders and files in, an `ImportReport` out.

    seeds/* -> seedfile.parse -> records.read -> upsert.write -> models

A file that cannot be taken is reported with its line and the rest goes on. A file whose bytes are
known costs one read and one hash; one in which only `secured` moved is stored and touches nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from django.conf import settings
from django.db import transaction

from . import pictures, records, seedfile, upsert
from .seedfile import Problem, SeedError
from .upsert import CREATED, UNCHANGED, UPDATED, Seed

BATCH = 200  # files in one transaction
FAILED = "failed"
# Part of every digest: raise it when a seed is read in a new way, and every file is read again.
READING = 1


@dataclass
class ImportReport:
    """What one run did. Counts are of files; paths are as given to the run."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    pictures: int = 0  # picture files taken in from beside the seeds
    failures: list[tuple[str, Problem]] = field(default_factory=list)
    failed_files: int = 0
    kept: list[tuple[str, str]] = field(
        default_factory=list
    )  # path and the edited field that stayed
    unknown_keys: Counter = field(default_factory=Counter)  # key to number of files

    @property
    def total(self) -> int:
        return self.created + self.updated + self.unchanged + self.failed_files

    def __str__(self):
        """The counts, then a line for each thing that somebody may want to look at."""
        lines = [
            f"{self.created} created, {self.updated} updated, "
            f"{self.unchanged} unchanged, {self.failed_files} failed"
        ]
        if self.pictures:
            lines.append(f"{self.pictures} pictures taken in from beside the seeds")
        for path, name in self.kept:
            lines.append(f"kept an editor's words: {path}: {name}")
        for key, files in sorted(self.unknown_keys.items()):
            some = "file" if files == 1 else "files"
            lines.append(f"unknown key kept: {key} (in {files} {some})")
        return "\n".join(lines)


def import_seeds(
    paths: Iterable[Path],
    source: str,
    *,
    is_dry_run: bool = False,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> ImportReport:
    """Import seed files, and every seed in the folders given, as deliveries of `source`.

    Calls `on_progress(done, total)`, in files, after each batch. A dry run goes the same way and
    takes every batch back. Raises FileNotFoundError for a path that is not there.
    """
    report = ImportReport()
    roots = list(paths)
    files = find_seed_files(roots)
    first_of: dict[str, Path] = {}
    for start in range(0, len(files), BATCH):
        with transaction.atomic():
            batch = files[start : start + BATCH]
            _import_batch(batch, source, first_of, report)
            if is_dry_run:
                transaction.set_rollback(True)
        on_progress(min(start + BATCH, len(files)), len(files))
    if not is_dry_run:
        report.pictures = pictures.take_in(roots, source)
    return report


def find_seed_files(roots: Iterable[Path]) -> list[tuple[Path, str]]:
    """Each seed file with its path within the folder given, sorted; a file given counts whatever
    its name. In folders hidden files and pictures are passed over."""
    found = []
    for root in roots:
        if root.is_dir():
            found += [(path, path.relative_to(root).as_posix()) for path in _files_below(root)]
        elif root.exists():
            found.append((root, root.name))
        else:
            raise FileNotFoundError(f"{root}: no such file or folder")
    return sorted(found, key=lambda pair: pair[1])


def _files_below(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if not hidden and path.suffix.lower() not in pictures.SUFFIXES and path.is_file():
            yield path


def _import_batch(files, source, first_of: dict[str, Path], report: ImportReport) -> None:
    known = upsert.known_deliveries(source, [path.stem for path, _ in files])
    stored_again: dict[int, Seed] = {}
    seeds: dict[str, tuple[Path, Seed]] = {}
    for path, name in files:
        try:
            if first_of.setdefault(path.stem, path) != path:
                why = f"the same name as {first_of[path.stem]}; expected one file of a name"
                raise SeedError([Problem(1, "file", why)])
            content = _read(path)
            digest = _digest(content)
            article_id, old_digest, old_meaning = known.get(path.stem, (None, "", ""))
            if digest == old_digest:
                report.unchanged += 1
                continue
            seed = _seed(path, name, content, digest)
            report.unknown_keys.update(seed.record.unknown_keys)
            if seed.meaning == old_meaning and digest[:4] == old_digest[:4]:
                stored_again[article_id] = seed
                report.unchanged += 1
            else:
                seeds[path.stem] = (path, seed)
        except SeedError as error:
            _fail(report, path, error.problems)
    if stored_again:
        upsert.store_again(stored_again)
    if seeds:
        outcomes = upsert.write(source, [seed for _, seed in seeds.values()])
        for stem, outcome in outcomes.items():
            _count(report, seeds[stem][0], outcome)


def _count(report: ImportReport, path: Path, outcome) -> None:
    if isinstance(outcome, Exception):
        _fail(report, path, [Problem(1, "database", str(outcome).strip().replace("\n", " "))])
        return
    report.created += outcome.kind == CREATED
    report.updated += outcome.kind == UPDATED
    report.unchanged += outcome.kind == UNCHANGED
    report.kept += [(str(path), name) for name in outcome.kept]


def _fail(report: ImportReport, path: Path, problems: list[Problem]) -> None:
    report.failed_files += 1
    report.failures += [(str(path), problem) for problem in problems]


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(seedfile.MAX_BYTES + 1)
    except OSError as error:
        reason = f"it cannot be read ({error.strerror}); expected a readable file"
        raise SeedError([Problem(1, "file", reason)]) from error


def _seed(path: Path, name: str, content: bytes, digest: str) -> Seed:
    parsed = seedfile.parse(content)
    record = records.read(parsed, content)
    for text, limit in ((path.stem, 255), (name, 1000)):
        if len(text) > limit:
            why = f"its name is {len(text)} characters long; expected at most {limit}"
            raise SeedError([Problem(1, "file", why)])
    return Seed(name, path.stem, content, digest, records.meaning(parsed), record)


def _digest(content: bytes) -> str:
    """32 hex digits. The first four tell how seeds are read just now, so that a new version of the
    reading, or another SEEDS_UNSCORED, is no "unchanged"."""
    reading = f"{READING}{settings.SEEDS_UNSCORED}".encode()
    return (
        blake2b(reading, digest_size=2).hexdigest() + blake2b(content, digest_size=14).hexdigest()
    )
