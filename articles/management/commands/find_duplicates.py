"""Looks for possible duplicates among all articles, as an import does among those it brings."""

from django.core.management.base import BaseCommand

from articles import duplicates
from articles.models import Article


class Command(BaseCommand):
    help = (
        "Finds articles that may be one story, by their links and headlines, and lists them in the "
        "admin. Imports do so themselves; this is for what was there before. Safe to run again."
    )

    def handle(self, **options):
        numbers = Article.objects.order_by("pk").values_list("pk", flat=True)
        found = duplicates.look_again(numbers.iterator())
        waiting = duplicates.open().count()
        self.stdout.write(f"{found} new, {waiting} waiting")
