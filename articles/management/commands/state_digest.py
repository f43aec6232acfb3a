"""Staff's command: one number for what the newsroom knows. See `articles.digest`."""

from django.core.management.base import BaseCommand

from articles.digest import lines, state_digest


class Command(BaseCommand):
    help = (
        "Print a digest of all articles and what belongs to them: two databases that say the same "
        "print the same, whatever way they came to it."
    )

    def add_arguments(self, parser):
        parser.add_argument("--source", metavar="NAME", help="only the articles of this source")
        parser.add_argument(
            "--lines", action="store_true", help="print what it is made of, to see what differs"
        )

    def handle(self, *, source, **options):
        if options["lines"]:
            for line in lines(source):
                self.stdout.write(line)
        else:
            self.stdout.write(state_digest(source))
