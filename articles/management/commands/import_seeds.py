"""Staff's command: import the seeds of a feed. See `articles.importing.pipeline`."""

import getpass
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from articles import renditions
from articles.importing import errors, history
from articles.importing.journal import FileResult
from articles.importing.lock import ImportRunning
from articles.importing.pipeline import ImportReport, Options, import_seeds
from articles.importing.state import values_changed

FAILURES, CONFLICTS, COULD_NOT_RUN = 1, 2, 3  # exit statuses beside 0: all is well


class Command(BaseCommand):
    help = (
        "Import seed files: new ones are created, changed ones merged (what an editor changed "
        "stays), known ones left alone. Exit status 0: all good, 1: some files failed, "
        "2: conflicts wait for an editor, 3: it could not run."
    )

    def create_parser(self, *args, **kwargs):
        parser = super().create_parser(*args, **kwargs)
        end = parser.exit
        # argparse ends with 2, which means something else here.
        parser.exit = lambda status=0, message=None: end(status and COULD_NOT_RUN, message)
        return parser

    def add_arguments(self, parser):
        parser.add_argument(
            "paths",
            nargs="*",
            type=Path,
            metavar="PATH",
            help="a seed file of any extension, or a folder of them; none: the project's seeds/",
        )
        parser.add_argument(
            "--source", default="seeds", metavar="NAME", help="the feed they come from (seeds)"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="go all the way, and write nothing"
        )
        parser.add_argument(
            "--diff", action="store_true", help="show each changed field, before and after"
        )
        parser.add_argument(
            "--format",
            choices=["text", "json"],
            default="text",
            help="json: one document with counts, files, changes and problems",
        )
        parser.add_argument(
            "--report-missing",
            action="store_true",
            help="list what the source delivered once and holds no longer",
        )
        parser.add_argument(
            "--revive", action="store_true", help="bring back what was thrown away or deleted"
        )
        parser.add_argument(
            "--errors-to",
            type=Path,
            metavar="FOLDER",
            help="write each failed file there, with the reason as a comment at its line",
        )
        parser.add_argument(
            "--git",
            type=Path,
            metavar="REPO",
            help="import each commit of this repository in order, as a delivery of its own time; "
            "PATHs are then folders in it (none: wherever seeds usually lie)",
        )
        parser.add_argument(
            "--since",
            default="",
            metavar="REV",
            help="with --git: begin after this commit (none: after the last one taken in)",
        )
        parser.add_argument(
            "--wait",
            type=float,
            default=0,
            metavar="SECONDS",
            help="how long to wait for another import to end (0: not at all)",
        )

    def handle(self, *, source, verbosity, **options):
        if not source.strip() or len(source) > 100:
            raise self.refusal("--source takes a name of 1 to 100 characters.")
        if options["since"] and not options["git"]:
            raise self.refusal("--since goes with --git.")
        show = ShowJson(self) if options["format"] == "json" else ShowText(self, verbosity, options)
        try:
            with renditions.together():
                reports = list(self.import_all(source.strip(), show, options))
        except (FileNotFoundError, history.GitError) as error:
            raise self.refusal(str(error)) from error
        except ImportRunning as error:
            raise self.refusal(
                f"Another import runs already: {error}. Try again when it has ended, or wait for "
                "it: --wait SECONDS."
            ) from error
        except DatabaseError as error:
            raise self.refusal(
                f"The database refused: {str(error).strip()}. What was imported until then stays; "
                "run it again."
            ) from error
        show.end()
        if any(report.failed for report in reports):
            sys.exit(FAILURES)
        if any(report.conflicts for report in reports):
            sys.exit(CONFLICTS)

    def import_all(self, source: str, show, options: dict) -> Iterator[ImportReport]:
        """Import and show each delivery: one, or with --git as many as there are commits."""
        paths = options["paths"]
        how = Options(
            is_dry_run=options["dry_run"],
            is_revival=options["revive"],
            is_missing_reported=options["report_missing"],
            wait=options["wait"],
            operator=operator(),
            recorded={"paths": [str(path) for path in paths]} if paths else {},
        )
        on_file = show.file
        if folder := options["errors_to"]:

            def on_file(result: FileResult) -> None:
                show.file(result)
                if result.problems:
                    errors.write(folder, result)

        if options["git"]:
            folders = tuple(str(path) for path in paths)
            for commit, report in history.replay(
                options["git"],
                source,
                how,
                since=options["since"],
                folders=folders,
                on_file=on_file,
            ):
                show.report(report, commit)
                yield report
        else:
            report = import_seeds(
                paths or [settings.BASE_DIR / "seeds"],
                source,
                how,
                on_file=on_file,
                **show.progress(),
            )
            show.report(report)
            yield report

    def refusal(self, text: str) -> CommandError:
        return CommandError(text, returncode=COULD_NOT_RUN)


class ShowText:
    """Lines for people: problems on standard error, the rest on standard output."""

    def __init__(self, command, verbosity: int, options: dict):
        self.out, self.err = command.stdout, command.stderr
        self.verbosity, self.options = verbosity, options

    def progress(self) -> dict:
        is_watched = self.verbosity and sys.stderr.isatty()
        return {"on_progress": Progress(self.err)} if is_watched else {}

    def file(self, result: FileResult) -> None:
        if self.options["diff"]:
            for line in as_diff(result):
                self.out.write(line)

    def report(self, report: ImportReport, commit: history.Commit | None = None) -> None:
        for path, problem in report.failures:
            self.err.write(f"{path}:{problem}")
        if not self.verbosity:
            return
        start = "Dry run, nothing written: " if self.options["dry_run"] else ""
        if commit:
            start = f"{commit.hash[:12]} of {commit.at:%Y-%m-%d %H:%M}: {start}"
        self.out.write(f"{start}{report}")

    def end(self) -> None:
        pass


class ShowJson:
    """One document for machines; with --git a list of them, one a commit."""

    def __init__(self, command):
        self.out = command.stdout
        self.files: list[FileResult] = []
        self.documents: list[dict] = []
        self.is_list = False

    def progress(self) -> dict:
        return {}

    def file(self, result: FileResult) -> None:
        self.files.append(result)

    def report(self, report: ImportReport, commit: history.Commit | None = None) -> None:
        document = as_json(report, self.files)
        if commit:
            self.is_list = True
            document = {"commit": commit.hash, "at": commit.at.isoformat(), **document}
        self.documents.append(document)
        self.files = []

    def end(self) -> None:
        found = self.documents if self.is_list or not self.documents else self.documents[0]
        self.out.write(json.dumps(found, ensure_ascii=False, indent=1))


def operator() -> str:
    """The login name of whoever runs the command, for the run's record."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return ""


def as_diff(result: FileResult) -> list[str]:
    """A file's line, and below it a line for each value before and after."""
    lines = [f"{result.outcome} {result.path}"]
    for name, before, after in values_changed(result.changes):
        lines.append(f"  {name}")
        lines += [f"  - {json.dumps(before, ensure_ascii=False)}"] if before is not None else []
        lines += [f"  + {json.dumps(after, ensure_ascii=False)}"] if after is not None else []
    for name in result.kept:
        lines.append(f"  {name}: kept an editor's words")
    return lines


def as_json(report: ImportReport, files: list[FileResult]) -> dict:
    return {
        "run": report.run_id,
        **report.counts,
        "pictures": report.pictures,
        "refused_pictures": [
            {"path": path, "reason": why} for path, why in report.refused_pictures
        ],
        "takedowns": report.takedowns,
        "missing": report.missing,
        "unknown_keys": dict(sorted(report.unknown_keys.items())),
        "files": [
            {
                "path": result.path,
                "outcome": result.outcome,
                "changes": [
                    {"field": name, "before": before, "after": after}
                    for name, before, after in values_changed(result.changes)
                ],
                "kept": list(result.kept),
                "problems": [
                    {"line": p.line, "field": p.field, "code": p.code, "reason": p.reason}
                    for p in result.problems
                ],
            }
            for result in files
        ],
    }


class Progress:
    """One line on a terminal, written over and over: how many files, how fast, how long yet."""

    def __init__(self, stream):
        self.stream = stream
        self.start = monotonic()

    def __call__(self, done: int, total: int) -> None:
        rate = done / max(monotonic() - self.start, 0.001)
        ending = "\n" if done == total else "\r"
        line = f"\r{done:,} of {total:,} files, {rate:,.0f} a second"
        if done < total:
            minutes, seconds = divmod(round((total - done) / max(rate, 0.001)), 60)
            line += f", {minutes}:{seconds:02} left "
        else:
            line += " " * 12
        self.stream.write(line, style_func=str, ending=ending)  # progress is no error, so not red
        self.stream.flush()
