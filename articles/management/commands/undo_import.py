"""Staff's command: take an import run back. See `articles.importing.undo`."""

import sys

from django.core.management.base import BaseCommand, CommandError

from articles.importing.lock import ImportRunning
from articles.importing.undo import CannotUndo, undo_import
from articles.models import ImportRun

from .import_seeds import CONFLICTS, COULD_NOT_RUN, as_diff, operator


class Command(BaseCommand):
    help = (
        "Take an import run back: what it changed returns to what was, what it created and nobody "
        "touched goes, what an editor did since stays. Exit status 0: all of it, 2: something was "
        "kept and is named, 3: it could not run."
    )

    def add_arguments(self, parser):
        parser.add_argument("run", type=int, metavar="RUN", help="its number, see the admin")
        parser.add_argument("--dry-run", action="store_true", help="show it, and write nothing")
        parser.add_argument(
            "--diff", action="store_true", help="show each changed field, before and after"
        )
        parser.add_argument(
            "--wait",
            type=float,
            default=0,
            metavar="SECONDS",
            help="how long to wait for an import to end (0: not at all)",
        )

    def handle(self, *, run, dry_run, diff, wait, **options):
        def show(result):
            for line in as_diff(result) if diff else ():
                self.stdout.write(line)

        try:
            found = ImportRun.objects.get(pk=run)
            report = undo_import(
                found, is_dry_run=dry_run, operator=operator(), wait=wait, on_file=show
            )
        except ImportRun.DoesNotExist as error:
            raise CommandError(f"There is no run {run}.", returncode=COULD_NOT_RUN) from error
        except CannotUndo as error:
            raise CommandError(f"Not taken back: {error}.", returncode=COULD_NOT_RUN) from error
        except ImportRunning as error:
            raise CommandError(
                f"An import runs: {error}. Try again when it has ended.", returncode=COULD_NOT_RUN
            ) from error
        self.stdout.write(f"Dry run, nothing written: {report}" if dry_run else str(report))
        if report.kept:
            sys.exit(CONFLICTS)
