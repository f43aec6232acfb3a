"""A worker in a process of its own: `python -m tests.promises.working FOLDER [NAME...]`.

Queues the tasks named ("note-1", "block-x"), then does what waits until it is told to stop. "note"
writes its name into FOLDER/log; "block" writes that it began, waits for FOLDER/go-NAME, and writes
that it ended.
"""

import sys
import time
from pathlib import Path

from django_tasks import task


@task()
def note(folder: str, name: str) -> None:
    _log(folder, name)


@task()
def block(folder: str, name: str) -> None:
    _log(folder, f"{name} began")
    while not Path(folder, f"go-{name}").exists():
        time.sleep(0.02)
    _log(folder, f"{name} ended")


def _log(folder: str, line: str) -> None:
    with Path(folder, "log").open("a") as log:
        log.write(f"{line}\n")


def main(folder: str, *names: str) -> None:
    import django

    django.setup()
    from articles.management import worker
    from articles.tasks import later
    from tests.promises import working

    for name in names:
        later(getattr(working, name.partition("-")[0]), folder, name)
    worker.LOOK_AFTER = 0.1
    doing = worker.Worker(interval=0.02)
    doing.configure_signals()
    doing.work()


if __name__ == "__main__":
    main(*sys.argv[1:])
