"""A PostgreSQL of a test's own, all of it (rows, log and index) on a file system of so many bytes.

Needs root, to mount it, and a user postgres, since PostgreSQL will not run as root.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

TUNING = "shared_buffers=16MB max_wal_size=32MB min_wal_size=2MB autovacuum=off max_connections=20"
FILLER = "filler"  # keeps room from the server


def why_not() -> str:
    """What is missing for it; empty where nothing is."""
    if os.geteuid() != 0:
        return "a file system can be mounted by root alone"
    if _programs() is None or shutil.which("runuser") is None:
        return "no PostgreSQL server is installed"
    return ""


def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return found[-1].parent if found else None


class SmallServer:
    """`with SmallServer(megabytes) as server:` runs it; `url(name)` is a database of it."""

    def __init__(self, megabytes: int):
        self.megabytes = megabytes

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp())
        self.folder.chmod(0o755)
        size = f"size={self.megabytes}m"
        subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", self.folder], check=True)
        try:
            shutil.chown(self.folder, "postgres")
            with socket.create_server(("127.0.0.1", 0)) as free:
                self.port = free.getsockname()[1]
            self._run("initdb", "-A", "trust", "-E", "UTF8", "--wal-segsize=1", "--no-sync")
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.stop()
        # Its last process may still hold a file.
        for _attempt in range(50):
            if subprocess.run(["umount", self.folder], capture_output=True).returncode == 0:
                break
            time.sleep(0.1)
        self.folder.rmdir()

    def start(self) -> None:
        options = " ".join(f"-c {each}" for each in TUNING.split())
        options += f" -p {self.port} -k {self.folder} -h 127.0.0.1"
        # Its log stands elsewhere: where nothing can be written, it would be the first to stop.
        self._run("pg_ctl", "-w", "-t", "60", "-l", "/dev/null", "-o", options, "start")

    def stop(self) -> None:
        with suppress(subprocess.CalledProcessError):  # it has stopped by itself
            self._run("pg_ctl", "-w", "-m", "immediate", "stop")

    def runs(self) -> bool:
        with suppress(subprocess.CalledProcessError):
            self._run("pg_isready", "-h", "127.0.0.1", "-p", str(self.port), data=False)
            return True
        return False

    def url(self, name: str) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/{name}"

    def sql(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(self.url("template1"), autocommit=True) as session:
            session.execute(statement)

    def fill(self, room: int) -> None:
        """Leaves it that many bytes."""
        free = shutil.disk_usage(self.folder).free
        with (self.folder / FILLER).open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(free - room, 1))

    def make_room(self) -> None:
        """All of it again; a server that could not go on is started."""
        (self.folder / FILLER).unlink()
        for _attempt in range(100):  # it may be coming back by itself
            if self.runs():
                return
            time.sleep(0.1)
        self.stop()
        self.start()

    def _run(self, program: str, *arguments: str, data: bool = True) -> None:
        where = ["-D", str(self.folder / "data")] if data else []
        command = [
            "runuser",
            "-u",
            "postgres",
            "--",
            str(_programs() / program),
            *where,
            *arguments,
        ]
        subprocess.run(command, cwd="/", check=True, capture_output=True, stdin=subprocess.DEVNULL)
