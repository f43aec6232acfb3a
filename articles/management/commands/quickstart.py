"""A working newsroom from a fresh clone: database, seeds, a first login, a server."""

import secrets

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from articles import renditions
from articles.importing.pipeline import import_seeds


class Command(BaseCommand):
    help = (
        "Set up a newsroom on this machine and serve it: migrate, import the project's seeds, make "
        "a first editor login. Safe to run again: nothing is set up twice, no password changes."
    )
    # The database may not be there yet, and runserver checks once more.
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument(
            "address",
            nargs="?",
            default="127.0.0.1:8000",
            metavar="ADDR:PORT",
            help="where to serve, as runserver takes it (127.0.0.1:8000)",
        )

    def handle(self, *, address, **options):
        if not settings.DEBUG:
            raise CommandError(
                "quickstart serves a clone with DEBUG on. In production run migrate and "
                "createsuperuser, and start an application server (see the README)."
            )
        call_command("migrate", verbosity=0, interactive=False)
        self.stdout.write("Database: ready")
        report = import_seeds([settings.BASE_DIR / "seeds"], "seeds")
        self.stdout.write(f"Seeds: {report}")
        for path, problem in report.failures:
            self.stderr.write(f"{path}:{problem}")
        self.stdout.write(first_login())
        self.stdout.write(
            f"Newsroom: http://{address}/ – the editors' door: http://{address}/admin/"
        )
        self.stdout.flush()
        renditions.catch_up()  # while it serves: nobody has to wait for pictures
        call_command("runserver", address, use_reloader=False, skip_checks=False)


def first_login() -> str:
    """Make the user "editor" if nobody can log in to the admin yet; a line that says what is so."""
    users = get_user_model().objects
    if users.filter(is_staff=True, is_active=True).exists():
        return "Login: there is one already; a new password: manage.py changepassword NAME"
    password = secrets.token_urlsafe(12)
    users.create_superuser("editor", password=password)
    return f"Login: editor, password: {password} (shown this once)"
