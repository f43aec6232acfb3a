"""The newsroom's promises, each with its failing twin: take the defence away, and see red.

What would run for long is a sample here; TRIALS=full runs it whole.
"""

import os

IS_FULL = os.environ.get("TRIALS") == "full"


def trials(sample: int, full: int) -> int:
    return full if IS_FULL else sample
