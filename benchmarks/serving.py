"""What application servers cost: `python -m benchmarks.serving [--seconds N]`. Needs wrk.

Each serves the same newsroom (the project's seeds, DEBUG off) with two workers, in turn, and is
asked for the same pages by 16 readers at once; three rounds, the median of each. Shown is what the
servers' processes took of the CPU for a request, which does not change with what else the machine
does, and the memory that is theirs alone (PSS). Ratios hold within one table only.
"""

import argparse
import os
import platform
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

WORKERS, READERS, ROUNDS = 2, 16, 3
BIN = Path(sys.executable).parent
ADDRESS = "http://127.0.0.1:8741"
PAGES = {"front page": "/", "feed": "/feed.atom", "nothing": "/healthz"}
SERVERS = {
    "gunicorn, sync": [
        *("gunicorn", "newsroom.wsgi", "--bind=127.0.0.1:8741", "--workers=2"),
        "--log-level=warning",
    ],
    "gunicorn, 2 threads": [
        *("gunicorn", "newsroom.wsgi", "--bind=127.0.0.1:8741", "--workers=2"),
        *("--worker-class=gthread", "--threads=2", "--log-level=warning"),
    ],
    "granian": [
        *("granian", "newsroom.wsgi:application", "--interface=wsgi", "--host=127.0.0.1"),
        *("--port=8741", "--workers=2", "--blocking-threads=1", "--log-level=warning"),
    ],
    "granian, 2 threads": [
        *("granian", "newsroom.wsgi:application", "--interface=wsgi", "--host=127.0.0.1"),
        *("--port=8741", "--workers=2", "--blocking-threads=2", "--log-level=warning"),
    ],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--seconds", type=int, default=8, help="for each page, server and round (8)"
    )
    seconds = parser.parse_args().seconds
    if shutil.which("wrk") is None:
        sys.exit("wrk is not here: apt-get install wrk")
    found = {name: {page: [] for page in PAGES} for name in SERVERS}
    memory = {name: [] for name in SERVERS}
    with TemporaryDirectory() as folder:
        environment = fill(Path(folder))
        for _ in range(ROUNDS):
            for name, command in SERVERS.items():
                with serving(command, environment) as server:
                    for page, path in PAGES.items():
                        found[name][page].append(measure(server, path, seconds))
                    memory[name].append(sum(map(own_memory, family(server.pid))))
    rows = [["server", *(f"{page}, ms of CPU" for page in PAGES), "MB", "failed"], ["---"] * 6]
    for name, pages in found.items():
        costs = [f"{median(cost for cost, _failed in runs):.2f}" for runs in pages.values()]
        failed = sum(failed for runs in pages.values() for _cost, failed in runs)
        rows.append([name, *costs, f"{median(memory[name]) / 1e6:.0f}", str(failed)])
    sys.stdout.writelines(f"| {' | '.join(row)} |\n" for row in rows)
    sys.stdout.write(
        f"\n{os.cpu_count()} cores, Python {platform.python_version()}, SQLite, {WORKERS} workers, "
        f"{READERS} readers at once, {ROUNDS} rounds of {seconds} s.\n"
    )


def fill(folder: Path) -> dict[str, str]:
    """A newsroom in the folder; the environment that serves it."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment |= {
        "DEBUG": "off",
        "SECRET_KEY": "for the minutes that this takes, on this machine alone" * 2,
        "ALLOWED_HOSTS": "127.0.0.1",
        "SECURE_SSL_REDIRECT": "off",
        "BEHIND_TLS_PROXY": "on",
        "DATABASE_URL": f"sqlite:///{folder / 'newsroom.sqlite3'}",
        "STATIC_ROOT": str(folder / "static"),
        "MEDIA_ROOT": str(folder / "media"),
        "LOG_LEVEL": "ERROR",
    }
    for command in ("migrate -v0", "collectstatic -v0 --noinput", "import_seeds -v0"):
        subprocess.run([sys.executable, "manage.py", *command.split()], env=environment, check=True)
    return environment


@contextmanager
def serving(command: list[str], environment: dict[str, str]):
    # Of this environment, or wherever a whole path says.
    server = subprocess.Popen([BIN / command[0], *command[1:]], env=environment)
    try:
        wait_for_answers(server)
        yield server
    finally:
        server.terminate()
        server.wait(30)


def wait_for_answers(server) -> None:
    for _ in range(600):
        if server.poll() is not None:
            sys.exit(f"the server ended: {server.args}")
        try:
            urllib.request.urlopen(ADDRESS + "/healthz")
        except urllib.error.URLError:
            time.sleep(0.1)
        else:
            return
    sys.exit(f"the server does not answer: {server.args}")


def measure(server, path: str, seconds: int) -> tuple[float, int]:
    """Milliseconds of CPU for a request, and how many requests failed."""
    ask(path, 1)  # what is loaded late is loaded
    before = sum(map(cpu, family(server.pid)))
    said = ask(path, seconds)
    used = sum(map(cpu, family(server.pid))) - before
    requests = int(re.search(r"(\d+) requests in", said)[1])
    errors = re.search(
        r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", said
    )
    if not requests:
        sys.exit(f"not one answer in {seconds} seconds: give it more (--seconds)")
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    failed = sum(map(int, errors.groups())) if errors else 0
    return used * 1000 / requests, failed + (int(refused[1]) if refused else 0)


def get(path: str) -> bytes:
    with urllib.request.urlopen(ADDRESS + path) as answer:
        return answer.read()


def ask(path: str, seconds: int) -> str:
    command = ["wrk", "-t1", f"-c{READERS}", f"-d{seconds}s", "--timeout=30s", ADDRESS + path]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def family(pid: int) -> list[int]:
    """The process and all below it."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += family(int(child))
    return found


def cpu(pid: int) -> float:
    """Seconds that it took so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def own_memory(pid: int) -> int:
    """Bytes; what processes share counts in parts."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"^Pss:\s+(\d+) kB", rollup, re.M)[1]) * 1024


if __name__ == "__main__":
    main()
