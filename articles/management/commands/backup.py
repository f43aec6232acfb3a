"""Staff's command: the newsroom into one file. See `articles.backups.saving`."""

import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from articles.backups.saving import CannotSave, save

from .import_seeds import COULD_NOT_RUN, FAILURES


class Command(BaseCommand):
    help = (
        "Write all that the newsroom knows, and its files, into one archive, while it runs. "
        "Exit status 0: all good, 1: written, but files are missing that rows name, 3: nothing "
        "was written."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, metavar="FILE", help="a new file: NAME.zip")

    def handle(self, *, file, verbosity, **options):
        try:
            manifest = save(file)
        except (CannotSave, OSError) as error:
            raise CommandError(f"No backup: {error}.", returncode=COULD_NOT_RUN) from error
        for name in manifest.missing:
            self.stderr.write(f"missing: {name}")
        if verbosity:
            size = file.stat().st_size / 1_000_000
            self.stdout.write(
                f"{file}: {manifest.rows:,} rows, {manifest.media:,} files, {size:,.1f} MB"
            )
        if manifest.missing:
            sys.exit(FAILURES)
