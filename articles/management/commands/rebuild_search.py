"""Makes the index of the search anew, from the articles' own texts."""

from django.core.management.base import BaseCommand

from articles import search


class Command(BaseCommand):
    help = (
        "Writes the words of every article and their index anew. Whatever writes articles keeps "
        "both right; this is for a database that was changed by other means. Safe to run again."
    )

    def handle(self, **options):
        self.stdout.write(f"{search.rebuild()} articles had other words")
