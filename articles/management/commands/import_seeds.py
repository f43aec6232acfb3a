"""Staff's command: import the seeds of a feed. See `articles.importing.pipeline`."""

import sys
from pathlib import Path
from time import monotonic

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from articles.importing.pipeline import import_seeds


class Command(BaseCommand):
    help = (
        "Import seed files: new ones are created, changed ones merged (what an editor changed "
        "stays), known ones left alone. Exit status 0: all good, 1: some failed."
    )

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

    def handle(self, *, paths, source, dry_run, verbosity, **options):
        if not source.strip() or len(source) > 100:
            raise CommandError("--source takes a name of 1 to 100 characters.")
        progress = Progress(self.stderr) if verbosity and sys.stderr.isatty() else _silent
        try:
            report = import_seeds(
                paths or [settings.BASE_DIR / "seeds"],
                source.strip(),
                is_dry_run=dry_run,
                on_progress=progress,
            )
        except FileNotFoundError as error:
            raise CommandError(str(error)) from error
        for path, problem in report.failures:
            self.stderr.write(f"{path}:{problem}")
        if verbosity:
            self.stdout.write(f"Dry run, nothing written: {report}" if dry_run else str(report))
        if report.failed_files:
            sys.exit(1)


class Progress:
    """One line on a terminal, written over and over: how many files, how fast."""

    def __init__(self, stream):
        self.stream = stream
        self.start = monotonic()

    def __call__(self, done: int, total: int) -> None:
        rate = done / max(monotonic() - self.start, 0.001)
        ending = "\n" if done == total else "\r"
        line = f"\r{done:,} of {total:,} files, {rate:,.0f} a second"
        self.stream.write(line, style_func=str, ending=ending)  # progress is no error, so not red
        self.stream.flush()


def _silent(done: int, total: int) -> None:
    pass
