"""manage.py update_catalogues: what code and templates say now, into every language's catalogue.

Needs GNU gettext (apt-get install gettext, brew install gettext); running Newsroom does not.
"""

from pathlib import Path

from django.conf import settings
from django.core.management import CommandError
from django.core.management.commands import makemessages
from django.core.management.utils import popen_wrapper
from django.utils.translation import to_locale


class Command(makemessages.Command):
    help = (
        "Bring articles/locale/ up to date: texts that are new in code and templates get an empty "
        "entry, changed ones a fuzzy one, those that are gone go, and the .mo files that Django "
        "reads are compiled. Run it again when the entries are translated."
    )
    # Sorted and without line numbers: code that moves changes no catalogue.
    msguniq_options = [*makemessages.Command.msguniq_options, "--sort-output"]
    msgmerge_options = [*makemessages.Command.msgmerge_options, "--sort-output"]
    msgattrib_options = [*makemessages.Command.msgattrib_options, "--sort-output"]

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.set_defaults(
            # English is what code and templates are written in.
            locale=[to_locale(code) for code, name in settings.LANGUAGES if code != "en"],
            no_location=True,
            no_wrap=True,
            no_obsolete=True,
            ignore_patterns=["tests", "benchmarks", "staticfiles", "media"],
        )

    def handle(self, *args, **options):
        super().handle(*args, **options)
        for folder in settings.LOCALE_PATHS:
            for path in sorted(Path(folder).glob("*/LC_MESSAGES/*.po")):
                _undate(path)
                self._compile(path)

    def _compile(self, path: Path):
        command = ["msgfmt", "--check-format", "--statistics", "-o", str(path.with_suffix(".mo"))]
        output, errors, status = popen_wrapper([*command, str(path)])
        if status:
            raise CommandError(errors)
        self.stdout.write(f"{path.relative_to(settings.BASE_DIR)}: {errors.strip()}")


def _undate(path: Path) -> None:
    """The date of each run would change a catalogue in which nothing else is new."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith('"POT-Creation-Date:')]
    path.write_text("".join(kept), encoding="utf-8", newline="\n")
