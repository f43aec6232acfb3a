"""The newsroom's promises, each with its failing twin: take the defence away, and see red.

What would run for long is a sample here; TRIALS=full runs it whole.
"""

import os

IS_FULL = os.environ.get("TRIALS") == "full"


def only_in_full(test):
    """Leaves the test out, uncollected, where it would run for long: nothing is skipped that a
    sample could hold."""
    return test if IS_FULL else None


def trials(sample: int, full: int) -> int:
    return full if IS_FULL else sample
