"""Staff's command: import the seeds of a feed. See `articles.importing.pipeline`."""

import getpass
import json
import sys
from pathlib import Path
from time import monotonic

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from articles.importing import errors
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
            "--wait",
            type=float,
            default=0,
            metavar="SECONDS",
            help="how long to wait for another import to end (0: not at all)",
        )

    def handle(self, *, paths, source, format, verbosity, **options):
        if not source.strip() or len(source) > 100:
            raise self.refusal("--source takes a name of 1 to 100 characters.")
        is_json = format == "json"
        files: list[FileResult] = []
        is_terminal = verbosity and sys.stderr.isatty()
        try:
            report = import_seeds(
                paths or [settings.BASE_DIR / "seeds"],
                source.strip(),
                Options(
                    is_dry_run=options["dry_run"],
                    is_revival=options["revive"],
                    is_missing_reported=options["report_missing"],
                    wait=options["wait"],
                    operator=operator(),
                    recorded={"paths": [str(path) for path in paths]} if paths else {},
                ),
                on_progress=Progress(self.stderr) if is_terminal else _silent,
                on_file=self.on_file(is_json, files, options),
            )
        except FileNotFoundError as error:
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
        if is_json:
            self.stdout.write(json.dumps(as_json(report, files), ensure_ascii=False, indent=1))
        else:
            for path, problem in report.failures:
                self.stderr.write(f"{path}:{problem}")
            if verbosity:
                dry = "Dry run, nothing written: " if options["dry_run"] else ""
                self.stdout.write(f"{dry}{report}")
        if report.failed:
            sys.exit(FAILURES)
        if report.conflicts:
            sys.exit(CONFLICTS)

    def on_file(self, is_json: bool, files: list[FileResult], options: dict):
        folder = options["errors_to"]

        def note(result: FileResult) -> None:
            if is_json:
                files.append(result)
            elif options["diff"]:
                for line in as_diff(result):
                    self.stdout.write(line)
            if folder and result.problems:
                errors.write(folder, result)

        return note

    def refusal(self, text: str) -> CommandError:
        return CommandError(text, returncode=COULD_NOT_RUN)


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


def _silent(done: int, total: int) -> None:
    pass
