"""Staff's command, for cron or a watcher: whether imports still come. See `articles.freshness`."""

import sys

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from articles import freshness

STALE, COULD_NOT_RUN = 1, 3


class Command(BaseCommand):
    help = (
        "Say when an import last went through. Exit status 0: lately, 1: longer ago than allowed, "
        "or never; 3: it could not run."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--hours", type=int, metavar="N", help="how long ago is allowed (IMPORT_FRESH_HOURS)"
        )

    def handle(self, *, hours, **options):
        hours = settings.IMPORT_FRESH_HOURS if hours is None else hours
        if hours <= 0:
            raise CommandError(
                "Set IMPORT_FRESH_HOURS, or say --hours N.", returncode=COULD_NOT_RUN
            )
        last, now = freshness.last_import(), timezone.now()
        if last is None:
            self.stderr.write("No import has ever gone through.")
            sys.exit(STALE)
        ago = int((now - last).total_seconds() // 3600)
        text = f"The last import went through {ago} hours ago ({last:%Y-%m-%d %H:%M} UTC)"
        if freshness.is_stale(last, now, hours):
            self.stderr.write(f"{text}; expected one within {hours}.")
            sys.exit(STALE)
        self.stdout.write(f"{text}.")
