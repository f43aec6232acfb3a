"""The newsroom's settings, with the stock views' templates and tags."""

from newsroom.settings import *  # noqa: F403
from newsroom.settings import BASE_DIR
from newsroom.settings import TEMPLATES as OURS

ROOT_URLCONF = "benchmarks.stock.urls"
_FOLDER = BASE_DIR / "benchmarks" / "stock" / "templates"
TEMPLATES = [
    each
    | {"DIRS": [*each["DIRS"], _FOLDER]}
    | {"OPTIONS": each["OPTIONS"] | {"libraries": {"stock": "benchmarks.stock.tags"}}}
    for each in OURS
]
