"""An import that dies: `python -m tests.promises.dying FOLDER STATEMENT [--loose]`.

Kills its own process, as hard as a process can be killed, when it comes to its STATEMENT-th
statement; 0: goes through and prints how many there were. --loose takes the transactions away.
"""

import contextlib
import os
import signal
import sys
from pathlib import Path


def main(folder: str, statement: str, *options: str) -> None:
    import django

    django.setup()
    from django.db import connection, transaction
    from django.db.models import QuerySet

    from articles.importing import pipeline

    pipeline.BATCH = 20
    if "--loose" in options:
        transaction.atomic = lambda *arguments, **options: contextlib.nullcontext()
        QuerySet.select_for_update = lambda rows, *arguments, **options: rows
    count = 0

    def die(execute, sql, params, many, context):
        nonlocal count
        count += 1
        if count == int(statement):
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(die):
        pipeline.import_seeds([Path(folder)], "feed", pipeline.Options(wait=30))
    sys.stdout.write(f"{count}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
