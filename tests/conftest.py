"""How many tests run at once, and how property tests run: the same cases every time, many more
with TRIALS=full."""

import os

from hypothesis import settings

settings.register_profile("sample", max_examples=40, derandomize=True, deadline=None, database=None)
settings.register_profile("full", max_examples=5_000, deadline=None, database=None)
settings.load_profile("full" if os.environ.get("TRIALS") == "full" else "sample")


def pytest_xdist_auto_num_workers(config):
    """One more than there are cores: browsers, and processes that tests start, are waited for."""
    return (os.cpu_count() or 1) + 1
