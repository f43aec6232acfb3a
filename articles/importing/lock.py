"""One import, one fetch of pictures at a time: a lock that dies with the process that holds it.

On PostgreSQL an advisory lock of the session, on SQLite `flock` on a file beside the database. No
row and no file is left that somebody would have to remove after a crash.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

# Arbitrary numbers, the same in every process: they name the locks among others in one database.
ADVISORY_KEYS = {"import": 4_720_313_509, "fetch": 4_720_313_510}
_POLL = 0.2  # seconds


class ImportRunning(Exception):
    """Another one holds the lock; the text says which process, as far as can be known."""


@contextmanager
def exclusive(wait: float = 0, of: str = "import") -> Iterator[None]:
    """Hold the lock of imports, or of fetches of pictures (`of="fetch"`), having waited for it up
    to `wait` seconds. Raises ImportRunning."""
    take = _take_advisory if connection.vendor == "postgresql" else _take_file
    deadline = time.monotonic() + wait
    while True:
        release = take(of, is_last_try=time.monotonic() >= deadline)
        if release:
            break
        time.sleep(_POLL)
    try:
        yield
    finally:
        release()


def _take_advisory(of: str, is_last_try: bool):
    key = ADVISORY_KEYS[of]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        if cursor.fetchone()[0]:
            return lambda: _release_advisory(key)
        if is_last_try:
            cursor.execute(
                "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted"
                " AND (classid::bigint << 32 | objid::bigint) = %s",
                [key],
            )
            row = cursor.fetchone()
            raise ImportRunning(f"database session {row[0] if row else 'unknown'}")
    return None


def _release_advisory(key: int) -> None:
    # A lost connection has released it already.
    if connection.connection is not None and not connection.connection.closed:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [key])


def _take_file(of: str, is_last_try: bool):
    name = connection.settings_dict["NAME"]
    if connection.is_in_memory_db():
        return lambda: None  # a database that no other process can see
    connection.ensure_connection()  # where there is none, say that and not that a lock is missing
    path = Path(f"{name}.{of}-lock")
    # Opened without truncating: the other's name must stay readable.
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        try:
            if is_last_try:
                raise ImportRunning(f"process {_holder(descriptor)}") from None
        finally:
            os.close(descriptor)
        return None
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()}\n".encode())

    def release():
        os.ftruncate(descriptor, 0)
        os.close(descriptor)

    return release


def _holder(descriptor: int) -> str:
    """The process that holds the lock: it writes its number in the moment after it has taken it."""
    for _ in range(10):
        holder = os.pread(descriptor, 100, 0).decode("ascii", "replace").strip()
        if holder:
            return holder
        time.sleep(_POLL / 4)
    return "unknown"
