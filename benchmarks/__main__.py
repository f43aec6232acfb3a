"""What the newsroom costs, as one table: `python -m benchmarks [--quick] [--database URL]`.

For each number of articles, on SQLite and, where `--database` names a server, on PostgreSQL: seeds
are written, imported, imported again unchanged, and the newsroom that comes of it is asked for its
pages, in a process of its own (`pages`). At 10,000 the list and the article are compared with the
same pages made by stock Django (`stock`), and with nginx serving the same bytes, where nginx, wrk
and the packages of `deploy/requirements.txt` are there. Everything is made in a temporary folder
and removed.

`bake` has a benchmark of its own. Ratios hold within one table only: the machine may be shared.
"""

import argparse
import json
import os
import platform
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from . import seeds, serving
from .importing import VARIABLES, Measured, postgresql, run, sqlite

SIZES = (1_000, 10_000, 100_000)
QUICK = SIZES[:2]
COMPARED_AT = 10_000
GROWTH = 1.2  # of a reader's page, from the least to the most
GROWTH_OF_EDITORS = 1.5
# Milliseconds, at the most articles.
LIMITS = {"search, a rare word": 5, "search, a missing word": 5, "search, a common word": 50}
LARGEST_FORM = 100_000  # bytes


class Newsroom:
    """What was measured of one: an import of so many files, the same again, its pages."""

    def __init__(self, folder: Path, database: str, articles: int):
        self.articles, self.database = articles, database
        files, self.static = folder / "files", folder / "static"
        seeds.write(files, articles)
        arguments = ["manage.py", "import_seeds", str(files), "--source", "benchmark"]
        self.imported: Measured = run(arguments, database)
        self.again: Measured = run(arguments, database)
        shutil.rmtree(files)
        self.step("dress")
        if not self.static.exists():
            self.python("manage.py", "collectstatic", "-v0", "--noinput")
        found = self.step("measure")
        self.pages, self.kept, self.peak = found["pages"], found["kept"], found["peak"]

    def step(self, name: str):
        return json.loads(self.python("-m", "benchmarks.pages", name))

    def python(self, *arguments: str) -> str:
        environment = production(self.static) | {"DATABASE_URL": self.database}
        done = subprocess.run(
            [sys.executable, *arguments], env=environment, stdout=subprocess.PIPE, check=True
        )
        return done.stdout.decode()


def production(static: Path) -> dict[str, str]:
    """The environment of a server, without its host's own settings."""
    own = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    return own | {
        **{"DEBUG": "off", "ALLOWED_HOSTS": "127.0.0.1", "LOG_LEVEL": "ERROR"},
        "SECRET_KEY": "for the minutes that this takes, on this machine alone" * 2,
        **{"SECURE_SSL_REDIRECT": "off", "BEHIND_TLS_PROXY": "on", "STATIC_ROOT": str(static)},
    }


# The tables ---------------------------------------------------------------------------------------


def table(rooms: list[Newsroom]) -> Iterator[str]:
    """A line for each page, its cost at each size and how much it grew."""
    sizes = [f"{room.articles:,}" for room in rooms]
    yield f"| ms of CPU, of one answer | queries | {' | '.join(sizes)} | growth | kB | target |"
    yield f"|---|---|{'---|' * (len(sizes) + 3)}"
    for measure, unit in (("imported", "import"), ("again", "import again, unchanged")):
        found = [getattr(room, measure) for room in rooms]
        seconds = [f"{each.cpu:.2f} s, {each.megabytes:.0f} MB" for each in found]
        rate = (found[-1].cpu / found[0].cpu) * rooms[0].articles / rooms[-1].articles
        yield f"| {unit} | | {' | '.join(seconds)} | {rate:.2f} a file | | |"
    places = range(len(rooms[0].pages))
    for place in places:
        yield _line([list(room.pages.items())[place] for room in rooms])
    for name in rooms[0].kept:
        yield _line([(f"{name}, kept", room.kept[name]) for room in rooms], digits=3)
    yield f"| memory, MB | | {' | '.join(f'{room.peak:.0f}' for room in rooms)} | | | |"


def _line(found: list[tuple[str, list]], digits: int = 1) -> str:
    """Of one page at each size, as (name, Cost)."""
    name = found[-1][0]
    costs = [cost for _name, cost in found]
    grown = costs[-1][1] / costs[0][1]
    queries = sorted({cost[0] for cost in costs})
    cells = [
        *(name, " to ".join(map(str, queries))),
        *(f"{cost[1]:.{digits}f}" for cost in costs),
        *(f"{grown:.2f}", f"{costs[-1][2] / 1000:.0f}", _verdict(name, costs, grown)),
    ]
    return f"| {' | '.join(cells)} |"


def _verdict(name: str, costs: list, grown: float) -> str:
    if name in LIMITS:
        target, is_kept = f"at most {LIMITS[name]} ms", costs[-1][1] <= LIMITS[name]
    elif name.startswith("article form"):
        target, is_kept = "at most 100 kB", costs[-1][2] <= LARGEST_FORM
    elif name.startswith("article list"):
        target = f"at most 6 queries, {GROWTH_OF_EDITORS} times"
        is_kept = grown <= GROWTH_OF_EDITORS and max(cost[0] for cost in costs) <= 6
    else:
        target, is_kept = f"at most {GROWTH} times", grown <= GROWTH
    return f"{target}: {'kept' if is_kept else 'missed'}"


def comparison(room: Newsroom) -> Iterator[str]:
    """Beside stock Django, on the same newsroom."""
    yield f"| ms of CPU, {room.articles:,} articles | ours | stock Django | ratio | target |"
    yield "|---|---|---|---|---|"
    for name, (ours, stock) in room.step("compare").items():
        target = 0.5 if name == "latest" else 0.75
        verdict = f"at most {target}: {'kept' if ours <= target * stock else 'missed'}"
        yield f"| {name} | {ours:.1f} | {stock:.1f} | {ours / stock:.2f} | {verdict} |"


# Beside nginx -------------------------------------------------------------------------------------

_NGINX = """daemon off; worker_processes 2; pid {folder}/pid; error_log {folder}/error.log crit;
events {{ worker_connections 64; }}
http {{ access_log off; client_body_temp_path {folder}; proxy_temp_path {folder};
fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
server {{ listen 127.0.0.1:8741; root {folder}; default_type text/html;
location = /healthz {{ return 200; }} }} }}
"""


def beside_nginx(seconds: int) -> Iterator[str]:
    """The front page from Granian, where it is kept, and the same bytes from nginx."""
    needed = {"nginx": shutil.which("nginx"), "wrk": shutil.which("wrk")}
    needed["granian"] = (serving.BIN / "granian").exists()
    missing = [name for name, where in needed.items() if not where]
    if missing:
        yield f"Not compared with nginx: {', '.join(missing)} is not here."
        return
    with TemporaryDirectory() as name:
        folder = Path(name)
        environment = serving.fill(folder)
        with serving.serving(serving.SERVERS["granian"], environment) as server:
            ours, _failed = serving.measure(server, "/", seconds)
            page = serving.get("/")
        folder.chmod(0o755)
        (folder / "index.html").write_bytes(page)
        (folder / "nginx.conf").write_text(_NGINX.format(folder=folder))
        command = [needed["nginx"], "-p", str(folder), "-c", str(folder / "nginx.conf")]
        with serving.serving(command, environment) as server:
            theirs, _failed = serving.measure(server, "/index.html", seconds)
    yield "| us of CPU for a request, the server's own | |"
    yield "|---|---|"
    yield f"| Granian, a kept front page of {len(page) / 1000:.0f} kB | {ours * 1000:.0f} |"
    yield f"| nginx, the same bytes | {theirs * 1000:.0f} |"
    yield f"| ratio | {ours / theirs:.2f} |"


# All of it ----------------------------------------------------------------------------------------


def machine() -> str:
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    return (
        f"{os.cpu_count()} cores, Python {platform.python_version()}, Django {version('Django')}, "
        f"SQLite {sqlite3.sqlite_version}; DEBUG off; load before it began: {load:.1f} a core."
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="1,000 and 10,000 articles alone")
    parser.add_argument("--database", default="", metavar="URL", help="postgres://...: there too")
    parser.add_argument("--seconds", type=int, default=5, help="for nginx and Granian each (5)")
    options = parser.parse_args()
    write(machine())
    for kind in ("SQLite", *(["PostgreSQL"] if options.database else [])):
        write("", f"## {kind}", "")
        rooms, compared = [], []
        with ExitStack() as stack:
            folder = Path(stack.enter_context(TemporaryDirectory()))
            databases = sqlite(folder) if kind == "SQLite" else postgresql(options.database)
            fresh = stack.enter_context(databases)
            for articles in QUICK if options.quick else SIZES:
                rooms.append(Newsroom(folder, fresh(), articles))
                if articles == COMPARED_AT:
                    compared = list(comparison(rooms[-1]))
        write(*table(rooms), "", *compared)
    write("", "## nginx", "", *beside_nginx(options.seconds))


def write(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
