"""How property tests run: the same cases every time, many more with TRIALS=full."""

import os

from hypothesis import settings

settings.register_profile("sample", derandomize=True, deadline=None, database=None)
settings.register_profile("full", max_examples=5_000, deadline=None, database=None)
settings.load_profile("full" if os.environ.get("TRIALS") == "full" else "sample")
