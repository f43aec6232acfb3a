"""manage.py make_renditions: what pages need of pictures and do not have yet."""

import sys

from django.core.management.base import BaseCommand

from articles import renditions


class Command(BaseCommand):
    help = (
        "Make the small copies that pages show of every picture that lacks them, with all "
        "processors. Safe to stop and to run again: it goes on with what is missing. Exit status "
        "0: all good, 1: of some pictures nothing can be made."
    )

    def add_arguments(self, parser):
        parser.add_argument("--again", action="store_true", help="of every picture, made or not")

    def handle(self, *, again, **options):
        numbers = renditions.wanting(is_again=again)
        done, failed = 0, 0

        def tell(image, problem):
            nonlocal done, failed
            done += 1
            if problem:
                failed += 1
                self.stderr.write(f"{image.file.name}: {problem}")
            if done % 25 == 0 or done == len(numbers):
                self.stdout.write(f"{done} of {len(numbers)}")
                self.stdout.flush()

        made = renditions.make_all(numbers, tell)
        self.stdout.write(f"Renditions of {made} pictures made, {failed} failed")
        if failed:
            sys.exit(1)
