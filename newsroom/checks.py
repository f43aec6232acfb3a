"""What `manage.py check` says beyond Django's own checks: slips that settings cannot refuse."""

import os
from difflib import get_close_matches
from pathlib import Path

from django.conf import settings
from django.core.checks import Error, Warning, register

ALIKE = 0.85  # of 1, as difflib counts: a letter or two of a name


@register
def folders(app_configs, **kwargs) -> list[Error]:
    """Pictures must be storable, or each import would fail at its first one; and styles be laid."""
    found = []
    for number, name in enumerate(("MEDIA_ROOT", "STATIC_ROOT"), start=1):
        path = Path(getattr(settings, name))
        # An image may bring its styles along and let nobody change them.
        is_fine = _takes_files(path) or (name == "STATIC_ROOT" and path.is_dir())
        if not is_fine:
            problem = f"{name} is {str(path)!r}, where this user can neither make nor change files."
            hint = f"Let the user that runs Newsroom write there, or set {name} to another folder."
            found.append(Error(problem, hint=hint, id=f"newsroom.E00{number}"))
    return found


def _takes_files(path: Path) -> bool:
    """Whether the folder can be written to or, where it is missing, be made."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return path.is_dir() and os.access(path, os.W_OK | os.X_OK)


@register
def variables(app_configs, **kwargs) -> list[Warning]:
    """A variable that nothing reads, under nearly the name of one that is read."""
    known = settings.VARIABLES
    found = []
    for name in sorted(set(os.environ) - known):
        meant = known - set(os.environ)
        if close := get_close_matches(name, meant, n=1, cutoff=ALIKE):
            problem = f"{name} is set in the environment, and nothing reads it."
            hint = f"Did you mean {close[0]}?"
            found.append(Warning(problem, hint=hint, id="newsroom.W001"))
    return found
