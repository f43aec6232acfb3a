"""Staff's command: fetch remote pictures. See `articles.fetching`."""

import sys
from time import monotonic

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet

from articles.fetching import taking
from articles.importing import lock
from articles.models import Image

from .import_seeds import COULD_NOT_RUN

STOPPED = 130  # as a shell says it of a program that was stopped by Ctrl-C


class Command(BaseCommand):
    help = (
        "Fetch the pictures that seeds name by a link, those of published articles first. What "
        "fails is recorded at the picture and tried again later; stopped, it goes on where it was. "
        "Needs the setting FETCH_IMAGES. Exit status 0: it ran to its end, 3: it could not run."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--limit", type=number, metavar="N", help="ask for so many pictures (none: for all)"
        )
        parser.add_argument(
            "--source", default="", metavar="NAME", help="of this feed's articles alone"
        )
        parser.add_argument(
            "--retry", action="store_true", help="also what failed and waits for a later try"
        )
        parser.add_argument(
            "--given-up", action="store_true", help="also what failed for good, to judge it anew"
        )

    def handle(self, *, limit, source, retry, given_up, verbosity, **options):
        if not settings.FETCH_IMAGES:
            raise CommandError(taking.OFF, returncode=COULD_NOT_RUN)
        report = taking.Report()
        try:
            with lock.exclusive(of="fetch"):
                images = taking.wanting(source=source, is_retry=retry, is_anew=given_up)
                self.fetch(images, limit, verbosity, report)
                report.waiting = taking.waiting_count(source)
        except lock.ImportRunning as error:
            raise CommandError(
                f"Another fetch runs already: {error}. Try again when it has ended.",
                returncode=COULD_NOT_RUN,
            ) from error
        except KeyboardInterrupt:
            if verbosity:
                self.stdout.write(f"Stopped: {report}. Run it again to go on.")
            sys.exit(STOPPED)
        if verbosity:
            self.stdout.write(str(report))

    def fetch(self, images: QuerySet[Image], limit, verbosity: int, report: taking.Report) -> None:
        rows = list(images.only("url", "site"))
        total = min(len(rows), limit if limit is not None else len(rows))
        is_watched = verbosity and sys.stderr.isatty()
        start = monotonic()

        def show(image, outcome, why):
            if verbosity > 1:
                self.stdout.write(f"{outcome.value}: {image.url}{f': {why}' if why else ''}")
            if is_watched:
                done = report.outcomes.total()
                rate = done / max(monotonic() - start, 0.001)
                line = f"\r{done:,} of {total:,} pictures, {rate:,.1f} a second "
                ending = "\n" if done == total else "\r"
                self.stderr.write(line, style_func=str, ending=ending)
                self.stderr.flush()

        taking.fetch_all(rows, limit=limit, report=report, on_each=show)


def number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:9]) > 0 and len(text) <= 9):
        raise ValueError(text)
    return int(text)
