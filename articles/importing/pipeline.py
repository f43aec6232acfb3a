"""The importing's entrance: folders and files in, an `ImportReport` out.

    seeds/* -> seedfile.parse -> records.read -> upsert.write -> models
                                                      |
                                                      +-> journal: what the run did

Topic and organization files go through `taxonomy` and `taxonomy_rows` instead, those of a batch
before its articles, so that the names they explain are known when an article uses one.

A file that cannot be taken is reported with its line and the rest goes on. A file whose bytes are
known costs one read and one hash; one in which only `secured` moved is stored and touches nothing.
"""

import gc
import itertools
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import contextmanager
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple, Protocol

from django.db import transaction
from django.utils import timezone

from .. import duplicates, tasks
from ..models import Article, ImportRun
from . import bulk, folder, journal, lock, own, pictures, records, seedfile, taxonomy, upsert
from .fingerprints import fingerprint, reading
from .journal import FileResult, Journal
from .report import PLAIN, ImportReport, Options
from .seedfile import Problem, SeedError
from .taxonomy_rows import TaxonomyFiles
from .upsert import CREATED, SKIPPED, UNCHANGED, UPDATED, Arrival, Known, Outcome, Redelivery, Seed

BATCH = 500  # files in one transaction: each costs the disk one wait
FAILED = "failed"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ufffe\uffff]")


class SourceFile(Protocol):
    """One delivered file, wherever it lies."""

    path: str  # as staff know it
    name: str  # within the folder delivered, with "/"

    def read(self) -> bytes:
        """At most seedfile.MAX_BYTES + 1 bytes. Raises SeedError where it cannot be read."""


def _nothing(*args) -> None:
    pass


def import_seeds(
    paths: Iterable[Path],
    source: str,
    options: Options = PLAIN,
    *,
    on_progress: Callable[[int, int], None] = _nothing,
    on_file: Callable[[FileResult], None] = _nothing,
) -> ImportReport:
    """Import seed files, and every seed in the folders given, as deliveries of `source`.

    Calls `on_progress(done, total)`, in files, after each batch, and `on_file` for each file that
    was not simply unchanged. Raises FileNotFoundError for a path that is not there and
    lock.ImportRunning while another import runs.
    """
    roots = list(paths)
    files = itertools.starmap(FolderFile, folder.walk(roots))
    # Counted only where somebody watches: it costs a walk of its own.
    total = 0 if on_progress is _nothing else sum(1 for _ in folder.walk(roots))
    report = import_files(files, source, options, total, on_progress=on_progress, on_file=on_file)
    if not options.is_dry_run:
        report.pictures, refused = pictures.take_in(roots, source)
        report.refused_pictures = [(_printable(path), why) for path, why in refused]
        tasks.fetch_soon()  # what does not lie beside the seeds
    return report


def import_files(
    files: Iterable[SourceFile],
    source: str,
    options: Options = PLAIN,
    total: int = 0,
    *,
    on_progress: Callable[[int, int], None] = _nothing,
    on_file: Callable[[FileResult], None] = _nothing,
) -> ImportReport:
    """Like `import_seeds`, for files that need not lie in a folder; `total` for `on_progress`."""
    files, done = iter(files), 0
    with lock.exclusive(options.wait), bulk.unlogged(), _rare_collections(), tasks.gathering():
        if not options.is_dry_run:
            journal.close_the_dead()
        run = _Run(source, options, on_file)
        try:
            while batch := list(itertools.islice(files, BATCH)):
                run.take(batch)
                gc.collect(1)  # the circles that merging leaves: rows that know each other
                done += len(batch)
                on_progress(done, max(done, total))
            run.finish()
        except BaseException:
            run.interrupt()
            raise
        if not options.is_dry_run:
            journal.prune()
    return run.report


@contextmanager
def _rare_collections():
    """Let Python look for circles of garbage less often: an import makes millions of values and
    next to no circle, and the looking takes a fifteenth of its time."""
    before = gc.get_threshold()
    gc.set_threshold(100_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


class FolderFile(NamedTuple):
    path: str
    name: str

    def read(self) -> bytes:
        try:
            return folder.read(self.path, seedfile.MAX_BYTES + 1)
        except OSError as error:
            reason = f"it cannot be read ({error.strerror}); expected a readable file"
            raise SeedError([Problem(1, "file", reason, "unreadable")]) from error


class _Run:
    """One run under way: takes batch after batch, and keeps the report and the journal."""

    def __init__(self, source: str, options: Options, on_file):
        self.source, self.options, self.on_file = source, options, on_file
        self.at = options.at or timezone.now()
        self.report = ImportReport()
        self.reading = reading()
        # Hashes of the stems met so far: the stems of 100,000 files would take 30 MB more. Two that
        # share one are less likely than a broken disk, and it would only hold a file back.
        self.met: set[int] = set()
        self.trashed = upsert.trashed(source)
        self.aside = TaxonomyFiles(source)
        shown = {"revive": options.is_revival} if options.is_revival else {}
        self.journal = Journal(
            ImportRun(
                source=source,
                delivered_at=options.at,
                operator=options.operator,
                options=shown | options.recorded,
            )
        )

    def take(self, files: Sequence[SourceFile]) -> None:
        """Read a batch, then write it and its record in one transaction."""
        results: list[FileResult] = []
        seeds, again = self._read(files, results)
        self._write_taxonomy()
        if seeds or again or any(map(_is_recorded, results)):
            self._write(seeds, again, results)
        for result in results:
            self.on_file(result)

    def finish(self) -> None:
        self._write_taxonomy(is_last=True)
        if self.options.is_missing_reported:
            self.report.missing = self._missing()
        missing = None if self.report.missing is None else len(self.report.missing)
        if not self.options.is_dry_run:
            self.journal.close(ImportRun.State.FINISHED, self.report.counts, missing)
            self.report.run_id = self.journal.run.pk

    def _write_taxonomy(self, is_last: bool = False) -> None:
        """Write the topics and organizations put aside, and their record, in one transaction."""
        self.report.unchanged += self.aside.take_unchanged()
        is_dry_run = self.options.is_dry_run
        # What is taken back cannot be built upon: a dry run writes them all together.
        if not self.aside.has_files or (is_dry_run and not is_last):
            return
        run_id = None if is_dry_run else self.journal.run_id
        results: list[FileResult] = []
        with transaction.atomic():
            outcomes, filled = self.aside.write(self.at, run_id, is_last)
            for file, outcome in outcomes:
                if isinstance(outcome, SeedError):
                    self._fail(file.origin, outcome.problems, file.content, results)
                    continue
                self.report.unknown_keys.update(file.record.unknown_keys)
                self._count(file.origin, file.content, outcome, results)
            if is_dry_run:
                transaction.set_rollback(True)
            else:
                if filled:
                    self.journal.fill(filled)
                self.journal.note(results, self.report.counts)
        for result in results:
            self.on_file(result)

    def interrupt(self) -> None:
        if self.journal.run.pk is not None:
            self.journal.close(ImportRun.State.INTERRUPTED, self.report.counts)

    def _read(self, files, results: list[FileResult]):
        """The seeds to write (stem to file and seed), and those of which only the bytes are new
        (article's number to seed). Asks the same few queries whatever the number of files."""
        files = [file for file in files if self._has_a_name(file, results)]
        stems = [_stem(file.name) for file in files]
        known = upsert.known_articles(self.source, stems)
        unknown = [stem for stem in stems if stem not in known]
        buried = set()
        if unknown and not self.options.is_revival:
            buried = upsert.buried(self.source, unknown)
        seeds: dict[str, tuple[SourceFile, Seed]] = {}
        again: dict[int, Redelivery] = {}
        for file, stem in zip(files, stems, strict=True):
            content = None
            try:
                if taxonomy.looks_like_one(file.name):
                    content = file.read()
                    if self._is_put_aside(file, content, known.get(stem)):
                        continue
                if hash(stem) in self.met:
                    why = "the same name as a file before it; expected one file of a name"
                    raise SeedError([Problem(1, "file", why, "same-name")])
                self.met.add(hash(stem))
                if stem in buried or (stem in self.trashed and not self.options.is_revival):
                    self.report.skipped += 1
                    results.append(FileResult(file.path, file.name, SKIPPED))
                    continue
                content = file.read() if content is None else content
                self._sort(file, stem, content, known.get(stem), seeds, again)
            except SeedError as error:
                self._fail(file, error.problems, content, results)
        return seeds, again

    def _has_a_name(self, file: SourceFile, results: list[FileResult]) -> bool:
        """Whether the file's name is text; one that is not can neither be stored nor printed."""
        if file.name.isascii() and file.name.isprintable():
            return True
        try:
            file.name.encode()
        except UnicodeEncodeError:
            problem = Problem(1, "file", "its name is not UTF-8; expected UTF-8", "encoding")
        else:
            found = _CONTROL.search(file.name)
            if not found:
                return True
            reason = f"control character U+{ord(found[0]):04X} in its name; expected none"
            problem = Problem(1, "file", reason, "control-character")
        shown = (_printable(file.path), _printable(file.name))
        self._fail(FolderFile(*shown), [problem], None, results)
        return False

    def _is_put_aside(self, file, content, known: Known | None) -> bool:
        """Asked before the stem counts: a topic's file may have that of an article."""
        digest = fingerprint(content, self.reading)
        is_known = known is not None and known.digest == digest
        return not is_known and self.aside.takes(file, content, digest)

    def _sort(self, file, stem, content, known: Known | None, seeds, again) -> None:
        digest = fingerprint(content, self.reading)
        is_here = known is not None and stem not in self.trashed
        if is_here and digest == known.digest:
            self.report.unchanged += 1
            return
        if self.aside.takes(file, content, digest):
            return
        parsed = seedfile.parse(content)
        _check_names(stem, file.name)
        meaning = records.meaning(parsed)
        is_read = is_here and known.digest.startswith(self.reading)  # as it would be read now
        if is_read and meaning == known.meaning:
            again[known.article_id] = Redelivery(file.name, content, digest)
            self.report.unchanged += 1
            return
        record = records.read(parsed, content)
        words = own.words_in(parsed, content, record, self.source)
        self.report.unknown_keys.update(record.unknown_keys)
        is_known = known is not None
        seed = Seed(file.name, stem, content, digest, meaning, record, is_known, words)
        seeds[stem] = file, seed

    def _write(self, seeds, again, results: list[FileResult]) -> None:
        is_dry_run = self.options.is_dry_run
        run_id = None if is_dry_run or not (seeds or results) else self.journal.run_id
        arrival = Arrival(self.source, self.at, run_id, self.options.is_revival)
        with transaction.atomic():
            if again:
                upsert.store_again(again, self.at)
            if seeds:
                outcomes, filled = upsert.write(arrival, [seed for _, seed in seeds.values()])
                for stem, outcome in outcomes.items():
                    file, seed = seeds[stem]
                    self._count(file, seed.content, outcome, results)
                duplicates.look_again(filter(None, map(_looked_at, outcomes.values())))
                if not is_dry_run:
                    tasks.announce(_announced(outcomes.values()))
                if filled and run_id:
                    self.journal.fill(filled)
            results.sort(key=attrgetter("name"))  # those that failed came first
            if is_dry_run:
                transaction.set_rollback(True)
            elif run_id:
                self.journal.note(list(filter(_is_recorded, results)), self.report.counts)

    def _count(self, file, content: bytes, outcome: Outcome | Exception, results) -> None:
        if isinstance(outcome, Exception):
            reason = str(outcome).strip().replace("\n", " ")
            problem = Problem(1, "database", reason, "database")
            self._fail(file, [problem], content, results)
            return
        report = self.report
        report.created += outcome.kind == CREATED
        report.updated += outcome.kind == UPDATED
        report.unchanged += outcome.kind == UNCHANGED
        report.skipped += outcome.kind == SKIPPED
        report.kept += [(file.path, name) for name in outcome.kept]
        report.conflicts += sum(move[4] is not None for move in outcome.moves)
        if outcome.is_takedown:
            report.takedowns.append(file.path)
        results.append(
            FileResult(
                file.path,
                file.name,
                outcome.kind,
                outcome.article_id,
                outcome.changes,
                outcome.kept,
                outcome.moves,
                before=outcome.before,
            )
        )

    def _fail(self, file, problems: list[Problem], content, results) -> None:
        self.report.failed += 1
        self.report.failures += [(file.path, problem) for problem in problems]
        results.append(FileResult(file.path, file.name, FAILED, problems=problems, content=content))

    def _missing(self) -> list[str]:
        """Stems that the source delivered once and that this run did not meet."""
        held = Article.objects.filter(source=self.source, delivery__isnull=False)
        stems = held.exclude(status=Article.Status.TRASHED).order_by("stem")
        return [
            stem
            for stem in stems.values_list("stem", flat=True).iterator()
            if hash(stem) not in self.met
        ]


def _looked_at(outcome: Outcome | Exception) -> int | None:
    """The number of an article that may have got a duplicate, or lost one."""
    if isinstance(outcome, Exception):
        return None
    is_moved = not duplicates.WATCHED.isdisjoint(outcome.changes)
    return outcome.article_id if outcome.kind == CREATED or is_moved else None


def _announced(outcomes: Iterable[Outcome | Exception]) -> dict[int, tuple[dict, bool]]:
    """What `tasks.announce` takes of them."""
    written = [outcome for outcome in outcomes if not isinstance(outcome, Exception)]
    return {
        outcome.article_id: (outcome.changes, outcome.kind == CREATED)
        for outcome in written
        if outcome.changes or outcome.kind == CREATED
    }


def _stem(name: str) -> str:
    """The file's name without folders and its last ending: half of an article's identity."""
    base = name.rpartition("/")[2]
    stem, dot, _ = base.rpartition(".")
    return stem if stem and dot else base


def _printable(path: str) -> str:
    text = path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return _CONTROL.sub("\ufffd", text)


def _check_names(stem: str, name: str) -> None:
    for text, limit in ((stem, 255), (name, 1000)):
        if len(text) > limit:
            why = f"its name is {len(text)} characters long; expected at most {limit}"
            raise SeedError([Problem(1, "file", why, "size")])


def _is_recorded(result: FileResult) -> bool:
    """What lies in the trash is only counted, like the unchanged: it comes again and again."""
    return result.outcome != SKIPPED
