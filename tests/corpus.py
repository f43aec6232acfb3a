"""The corpus of real seeds, read in place from the folder named by SEED_CORPUS."""

import os
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("SEED_CORPUS") or "/nonexistent")

needs_corpus = pytest.mark.skipif(
    not os.environ.get("SEED_CORPUS"), reason="SEED_CORPUS names no folder of real seeds"
)
