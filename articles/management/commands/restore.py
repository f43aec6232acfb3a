"""Staff's command: a backup back into the newsroom. See `articles.backups.restoring`."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from articles.backups import restoring
from articles.backups.archive import BadArchive
from articles.backups.restoring import CannotRestore, restore
from articles.backups.saving import CannotSave
from articles.importing.lock import ImportRunning

from .import_seeds import COULD_NOT_RUN


class Command(BaseCommand):
    help = (
        "Make the newsroom what it was when a backup was taken, on SQLite or PostgreSQL, from "
        "either. Whatever fails leaves what was there. Exit status 0: done, 3: nothing was changed."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, metavar="FILE", help="as `backup` wrote it")
        parser.add_argument(
            "--replace", action="store_true", help="give up what is in the newsroom now"
        )
        parser.add_argument(
            "--check",
            action="store_true",
            help="read all of it, ask whether it fits, and change nothing",
        )

    def handle(self, *, file, replace, check, verbosity, **options):
        try:
            manifest = restoring.check(file) if check else restore(file, is_replacing=replace)
        except (BadArchive, CannotRestore, CannotSave, DatabaseError, OSError) as error:
            raise CommandError(
                f"Nothing was restored: {error}", returncode=COULD_NOT_RUN
            ) from error
        except ImportRunning as error:
            raise CommandError(
                f"An import runs: {error}. Try again when it has ended.", returncode=COULD_NOT_RUN
            ) from error
        if verbosity:
            done = "Whole" if check else "Restored"
            self.stdout.write(
                f"{done}: {manifest.rows:,} rows, {manifest.media:,} files of {manifest.taken_at}"
            )
            if not check:
                self.stdout.write("Restart the servers; everybody logs in again.")
