"""The programs that judge from outside what the newsroom serves, where they are installed.

`.ci/checkers FOLDER` installs them, and CHECKERS=FOLDER lets the tests use them; without it these
tests are skipped and say so.
"""

import os
import shutil
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("CHECKERS") or "/nonexistent").absolute()
HTML = FOLDER / "node_modules/vnu-jar/build/dist/vnu.jar"
SITEMAP = FOLDER / "node_modules/sitemap/schema/sitemap.xsd"
SCHEMATHESIS = FOLDER / "bin/schemathesis"


def needs(*programs):
    """A mark that skips a test where one of these programs or files is not here."""
    lacking = [str(each) for each in programs if not shutil.which(each) and not Path(each).exists()]
    lacking = [each.removeprefix(f"{FOLDER}/") for each in lacking]
    told = f"not here: {', '.join(lacking)}; .ci/checkers FOLDER installs it, CHECKERS names FOLDER"
    return pytest.mark.skipif(bool(lacking), reason=told)
