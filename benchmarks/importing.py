"""What importing costs, as one table: `python -m benchmarks.importing`.

Each thing is measured in a process of its own, from its start to its end, so that memory and time
are its own; all of them in turn, and that three times; shown are the medians. All ratios are taken
within one run, since another machine, or another hour, has other seconds. Seeds and database are
made in a temporary folder and removed. It fails if an import goes wrong, never because of a time.
"""

import argparse
import os
import platform
import shutil
import sqlite3
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from urllib.parse import urlsplit

from . import seeds

ROOT = Path(__file__).resolve().parent.parent
# Left out of the environment: measured is what a clone does.
VARIABLES = ("DEBUG", "SECRET_KEY", "ALLOWED_HOSTS", "SEEDS_UNSCORED", "DATABASE_URL")


@dataclass(frozen=True)
class Measured:
    seconds: float
    cpu: float  # seconds of computing; the rest is waiting, for the disk above all
    megabytes: float  # the process's peak
    output: str


def run(arguments: list[str], database: str = "") -> Measured:
    """Run Python with `arguments` and wait for it; raises SystemExit with its words if it fails."""
    environment = {name: os.environ[name] for name in os.environ if name not in VARIABLES}
    if database:
        environment["DATABASE_URL"] = database
    begun = perf_counter()
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = perf_counter() - begun
    process.stdout.close()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(arguments)}: exit status {process.returncode}\n{output}")
    unit = 1024 if sys.platform == "linux" else 1  # macOS counts bytes
    cpu = usage.ru_utime + usage.ru_stime
    return Measured(seconds, cpu, usage.ru_maxrss * unit / 1e6, output)


# Databases --------------------------------------------------------------------------------------


@contextmanager
def sqlite(folder: Path) -> Iterator:
    """A function that gives the URL of a fresh, empty, migrated database."""
    template = folder / "template.sqlite3"
    run(["manage.py", "migrate", "-v0"], f"sqlite:///{template}")

    def fresh() -> str:
        for left in folder.glob("fresh.sqlite3*"):
            left.unlink()
        shutil.copy(template, folder / "fresh.sqlite3")
        return f"sqlite:///{folder / 'fresh.sqlite3'}"

    yield fresh


@contextmanager
def postgresql(url: str) -> Iterator:
    """The same on the server of `url`, in two databases that are dropped at the end."""
    import psycopg

    names = [f"newsroom_benchmark_{os.getpid()}{ending}" for ending in ("_template", "")]
    template, name = names
    parts = urlsplit(url)
    with psycopg.connect(url, autocommit=True) as server:
        try:
            server.execute(f"CREATE DATABASE {template}")
            run(["manage.py", "migrate", "-v0"], parts._replace(path=f"/{template}").geturl())

            def fresh() -> str:
                server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
                server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
                return parts._replace(path=f"/{name}").geturl()

            yield fresh
        finally:
            for one in names:
                server.execute(f"DROP DATABASE IF EXISTS {one} WITH (FORCE)")


# Measuring --------------------------------------------------------------------------------------


class Bench:
    """Measures, and remembers each result under its name."""

    def __init__(self, fresh, temporary: Path):
        self.fresh = fresh
        self.temporary = temporary
        self.results: dict[str, list[Measured]] = defaultdict(list)
        self.rows_added: dict[str, int] = {}

    def step(self, name: str, step: str, folder: Path, database: str = "") -> None:
        self.results[name].append(run(["-m", "benchmarks.steps", step, str(folder)], database))

    def add(self, name: str, folder: Path, database: str, expected: str) -> None:
        """Import `folder`; its report must begin with `expected`, where that is known."""
        before = rows(database)
        arguments = ["manage.py", "import_seeds", str(folder), "--source", "benchmark"]
        measured = run(arguments, database)
        if not measured.output.startswith(expected):
            raise SystemExit(f"{name}: expected {expected!r}, the import said:\n{measured.output}")
        self.results[name].append(measured)
        self.rows_added[name] = rows(database) - before

    def seconds(self, name: str) -> float:
        return median(one.seconds for one in self.results[name])

    def megabytes(self, name: str) -> float:
        return median(one.megabytes for one in self.results[name])


def rows(database: str) -> int:
    return int(run(["-m", "benchmarks.steps", "count"], database).output)


def measure(bench: Bench, files: int, plain_files: int, repeat: int) -> None:
    """The rows about `files` files, `repeat` times in turn."""
    first, secured, scores, few, none = (
        bench.temporary / name for name in ("first", "secured", "scores", "few", "none")
    )
    seeds.write(first, files)
    seeds.write(secured, files, again=seeds.SECURED)
    seeds.write(scores, files, again=seeds.SCORES)
    seeds.write(few, plain_files)
    none.mkdir()
    for _ in range(repeat):
        bench.step("parse", "parse", first)
        bench.step("read", "read", first)
        database = bench.fresh()
        bench.step("plain", "plain", few, database)
        bench.rows_added["plain"] = rows(database)
        database = bench.fresh()
        bench.add("start", none, database, "0 created, 0 updated, 0 unchanged, 0 failed")
        bench.add("new", first, database, f"{files} created, 0 updated, 0 unchanged, 0 failed")
        unchanged = f"0 created, 0 updated, {files} unchanged, 0 failed"
        bench.add("same", first, database, unchanged)
        bench.add("secured", secured, database, unchanged)
        bench.add("scores", scores, database, "0 created, ")
        bench.step("hash", "hash", first)


def measure_again(bench: Bench, files: int, repeat: int) -> None:
    """The rows about importing `files` files once, and the same files again and again."""
    many = bench.temporary / "many"
    seeds.write(many, files)
    database = bench.fresh()
    bench.add("many new", many, database, f"{files} created, ")
    for _ in range(repeat):
        bench.step("many hash", "hash", many)
        bench.add("many same", many, database, f"0 created, 0 updated, {files} unchanged, 0 failed")


# The table --------------------------------------------------------------------------------------


def kept(is_kept: bool, text: str) -> str:
    return f"{text}: {'kept' if is_kept else 'missed'}"


def table(bench: Bench, files: int, plain_files: int, many: int) -> Iterator[str]:
    """The markdown lines."""
    unit, hashing = bench.seconds("parse"), bench.seconds("hash")

    def line(name, what, count, ratio="", target="", scale=1.0):
        results = [one.seconds * scale for one in bench.results[name]]
        spread = f"{median(results):.2f} ({min(results):.2f}..{max(results):.2f})"
        cpu = f"{median(one.cpu for one in bench.results[name]) * scale:.2f}"
        rate = f"{count / median(results):,.0f}" if count else ""
        added = f"{bench.rows_added[name]:,}" if name in bench.rows_added else ""
        memory = f"{bench.megabytes(name):.0f}"
        return f"| {what} | {spread} | {cpu} | {rate} | {ratio} | {target} | {added} | {memory} |"

    def of_parse(name, scale=1.0):
        return f"{bench.seconds(name) * scale / unit:.2f} × A"

    def of_hashing(name, hashing):
        whole = bench.seconds(name) / hashing
        return whole, f"{whole:.2f} × B ({(bench.seconds(name) - start) / hashing:.2f} after start)"

    start, new = bench.seconds("start"), bench.seconds("new")
    scale = files / plain_files
    faster = bench.seconds("plain") * scale / new
    memory = bench.megabytes("new")
    yield "| what | seconds | of CPU | files a second | ratio | target | rows added | peak MB |"
    yield "|---|---|---|---|---|---|---|---|"
    yield line("parse", f"A: python-frontmatter's default loader, {files:,} files", files, "1.00")
    yield line("read", "read and validate", files, of_parse("read"))
    what = f"the plain way, `update_or_create` ({plain_files:,} files, scaled)"
    yield line("plain", what, files, of_parse("plain", scale), scale=scale)
    target = "; ".join(
        [
            kept(new <= 1.5 * unit, "at most 1.5 × A"),
            kept(faster >= 8, f"8 times as fast as the plain way ({faster:.1f})"),
            kept(memory <= 100, "at most 100 MB"),
        ]
    )
    yield line("new", f"`import_seeds`, {files:,} new files", files, of_parse("new"), target)
    yield line("secured", "... again, only `secured` moved", files, of_parse("secured"))
    yield line("scores", "... again, scores moved in a third", files, of_parse("scores"))
    yield line("hash", f"B: read and hash {files:,} files", files, "1.00")
    yield line("same", "`import_seeds` again, unchanged", files, of_hashing("same", hashing)[1])
    yield line("start", "`import_seeds` of an empty folder", 0)
    if many:
        many_hashing = bench.seconds("many hash")
        ratio, text = of_hashing("many same", many_hashing)
        more = max(bench.megabytes("many new"), bench.megabytes("many same")) - memory
        yield line("many new", f"`import_seeds`, {many:,} new files, once", many)
        yield line("many hash", f"B: read and hash {many:,} files", many, "1.00")
        target = "; ".join(
            [
                kept(ratio <= 1.3, "at most 1.3 × B"),
                kept(more <= 20, f"at most 20 MB more than at {files:,} ({more:+.0f})"),
            ]
        )
        yield line("many same", f"`import_seeds` of {many:,} again, unchanged", many, text, target)


def machine(database: str) -> str:
    libraries = ", ".join(
        f"{name} {version(name)}" for name in ("Django", "PyYAML", "python-frontmatter")
    )
    kind = "PostgreSQL" if database else f"SQLite {sqlite3.sqlite_version}"
    return (
        f"{os.cpu_count()} cores, Python {platform.python_version()}, {libraries}; {kind}; "
        "DEBUG on, as a clone runs, its log of queries off for the plain way too. "
        "A row's seconds are those of the whole process: median (least..most)."
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.importing", description=__doc__)
    parser.add_argument("--files", type=int, default=10_000, metavar="N")
    parser.add_argument(
        "--files-again", type=int, default=0, metavar="N", help="also: import N files, and again"
    )
    parser.add_argument(
        "--plain-files", type=int, default=1_000, metavar="N", help="for the plain way (1000)"
    )
    parser.add_argument("--repeat", type=int, default=3, metavar="TIMES")
    parser.add_argument(
        "--database",
        default="",
        metavar="URL",
        help="postgres://...: there, in a database of its own; none: SQLite in a temporary folder",
    )
    options = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        databases = postgresql(options.database) if options.database else sqlite(folder)
        with databases as fresh:
            bench = Bench(fresh, folder)
            measure(bench, options.files, options.plain_files, options.repeat)
            if options.files_again:
                measure_again(bench, options.files_again, options.repeat)
    lines = table(bench, options.files, options.plain_files, options.files_again)
    sys.stdout.write("\n".join([machine(options.database), "", *lines, ""]))


if __name__ == "__main__":
    main()
