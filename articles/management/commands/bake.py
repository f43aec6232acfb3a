"""Staff's command: the published site as static files. See `articles.baking`."""

import os
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from articles import editions
from articles.baking.asking import CannotBake
from articles.baking.run import Report, bake
from articles.baking.tree import BakeRunning
from articles.builds import build

from .import_seeds import COULD_NOT_RUN, FAILURES

HOUR = 3600  # seconds after which what time alone changes is made again


class Command(BaseCommand):
    help = (
        "Write the published site as static files: FOLDER/current/site is what to serve. What has "
        "not changed since the last time stays untouched. Exit status 0: all good, 1: baked, but "
        "pictures are missing that pages name, 3: nothing was changed."
    )

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path, metavar="FOLDER", help="a new folder, or a baked")
        parser.add_argument(
            "--site-url", metavar="URL", help="where readers find it: https://HOST (SITE_URL)"
        )
        parser.add_argument(
            "--processes", type=int, metavar="N", help="that make pages, if many (processors)"
        )
        parser.add_argument("--afresh", action="store_true", help="make all anew")
        parser.add_argument(
            "--watch",
            type=float,
            metavar="SECONDS",
            help="stay, look so often whether anything changed, and bake that",
        )

    def handle(self, *, folder, site_url, processes, afresh, watch, verbosity, **options):
        origin = self.origin(site_url)
        has_affinity = hasattr(os, "sched_getaffinity")
        processors = len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count()
        processes = processes or processors or 1
        # Of the code that runs: another may be deployed beside it meanwhile.
        said = {"processes": processes, "is_afresh": afresh, "made_by": build()}
        if watch is None:
            if self.bake(folder, origin, verbosity, **said).missing:
                sys.exit(FAILURES)
            return
        last = None
        while True:
            now = editions.current(), int(time.time() // HOUR)
            if now != last:
                self.bake(folder, origin, verbosity, **said)
                last, said["is_afresh"] = now, False
            time.sleep(watch)

    def bake(self, folder, origin, verbosity, **said) -> Report:
        begun = time.monotonic()
        try:
            report = bake(folder, origin, **said)
        except BakeRunning as error:
            raise CommandError(
                f"Another bake is at work in {error}.", returncode=COULD_NOT_RUN
            ) from error
        except (CannotBake, OSError) as error:
            raise CommandError(f"Not baked: {error}.", returncode=COULD_NOT_RUN) from error
        self.tell(report, time.monotonic() - begun, verbosity)
        return report

    def tell(self, report: Report, seconds: float, verbosity: int) -> None:
        for name in report.missing:
            self.stderr.write(f"missing: {name}")
        if verbosity:
            self.stdout.write(
                f"{report.pages:,} pages and {report.pictures:,} pictures: {report.asked:,} made, "
                f"{report.written:,} files written, {report.removed:,} removed, {seconds:.1f} s"
            )
            if report.is_moved:
                self.stdout.write("What nginx includes has changed: have it reload.")

    def origin(self, said: str | None) -> str:
        """Addresses on the pages are whole, so it has to be told where the site is."""
        if not said and not settings.IS_SITE_URL_SET:
            raise CommandError(
                "Where is the site? Set SITE_URL, or say --site-url https://HOST.",
                returncode=COULD_NOT_RUN,
            )
        origin = (said or settings.SITE_URL).rstrip("/")
        parts = urlsplit(origin)
        is_origin = origin == f"{parts.scheme}://{parts.netloc}" and "@" not in parts.netloc
        if not (is_origin and parts.hostname and parts.scheme in ("http", "https")):
            raise CommandError(
                f"{origin!r} is not where a site is; expected https://HOST without a path.",
                returncode=COULD_NOT_RUN,
            )
        return origin
