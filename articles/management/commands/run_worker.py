"""Staff's command: do what waits in the queue. See `articles.management.worker`."""

from django.core.management.base import BaseCommand, CommandError

from articles.management.worker import INTERVAL, Worker
from articles.tasks import is_queued

COULD_NOT_RUN = 3


class Command(BaseCommand):
    help = (
        "Do the tasks that wait in the database (TASKS=database), one after another, until told to "
        "stop: by SIGTERM after the one in hand. Any number of workers share one database."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--until-empty", action="store_true", help="end when nothing waits any more"
        )
        parser.add_argument(
            "--interval",
            type=float,
            default=INTERVAL,
            metavar="SECONDS",
            help="between two looks into an empty queue (1)",
        )

    def handle(self, *, until_empty, interval, **options):
        if not is_queued():
            raise CommandError(
                "Nothing is queued here: each task is done at once. Set TASKS=database for the web "
                "server and the worker.",
                returncode=COULD_NOT_RUN,
            )
        worker = Worker(interval)
        worker.configure_signals()
        begun = worker.work(until_empty=until_empty)
        if options["verbosity"]:
            self.stdout.write(f"{begun} tasks")
