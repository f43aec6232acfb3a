"""Staff's command: write seeds back. See `articles.importing.export`."""

import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from articles.importing.export import export_seeds
from articles.models import Article

from .import_seeds import COULD_NOT_RUN, FAILURES, Progress


class Command(BaseCommand):
    help = (
        "Write the articles' seed files: as delivered where nothing was edited, with the edited "
        "lines where something was, new ones for what was written here. "
        "Exit status 0: all good, 1: some failed, 3: it could not run."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "folder", type=Path, metavar="FOLDER", help="where the files go, at their own paths"
        )
        parser.add_argument(
            "--source",
            default="",
            metavar="NAME",
            help="this feed's alone (none: every source's, each in a folder of its own)",
        )

    def handle(self, *, folder, source, verbosity, **options):
        if source and not Article.objects.filter(source=source).exists():
            raise CommandError(f"No articles of the source “{source}”.", returncode=COULD_NOT_RUN)
        progress = {}
        if verbosity and sys.stderr.isatty():
            progress = {"on_progress": Progress(self.stderr)}
        try:
            report = export_seeds(folder, source, **progress)
        except OSError as error:
            raise CommandError(str(error), returncode=COULD_NOT_RUN) from error
        for path, reason in report.failures:
            self.stderr.write(f"{folder / path}: {reason}")
        if verbosity:
            self.stdout.write(str(report))
        if report.failures:
            sys.exit(FAILURES)
