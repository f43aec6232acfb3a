"""The migrations say what the models say."""

from io import StringIO

from django.core.management import call_command
from django.test import TestCase


class MigrationsTests(TestCase):
    def test_leave_nothing_to_make(self):
        call_command("makemigrations", check=True, dry_run=True, stdout=StringIO())
