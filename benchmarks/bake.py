"""What baking costs, as one table: `python -m benchmarks.bake [--articles N ...]`.

For each size a newsroom is made by importing the benchmark's own seeds, with DEBUG off and static
files collected, and baked: all of it, then again with nothing changed, then after one story was
published that is newer than all others. Each bake is a process of its own, as from cron; "at work"
is what it says itself, without Django's start. "CPU" is of all its processes: what holds on a busy
machine. Where Hugo is installed, it makes a site of the same seeds right before and after the whole
bake (see benchmarks/hugo); its files are not compressed. Fails if a bake does, never because of a
time.
"""

import argparse
import os
import platform
import re
import resource
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from . import seeds
from .hugo import site

PUBLISH = """
from datetime import timedelta
from django.utils import timezone
from articles.models import Article
newest = Article.objects.published().newest_first()[0]
one = Article.objects.filter(status="held").order_by("pk")[0]
one.published_at = newest.published_at + timedelta(minutes=1)
one.status, one.publish_from = "published", timezone.now()
one.follow(timezone.now())
one.save()
"""
TARGET = 1.0  # seconds, after one story
HUGO = 2.0  # times what Hugo takes, for all


def environment(folder: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return kept | {
        "DEBUG": "off",
        "SECRET_KEY": "for the minutes that this takes, on this machine alone" * 2,
        "ALLOWED_HOSTS": "news.example",
        "SITE_URL": "https://news.example",
        "BEHIND_TLS_PROXY": "on",
        "DATABASE_URL": f"sqlite:///{folder / 'newsroom.sqlite3'}",
        "STATIC_ROOT": str(folder / "static"),
        "MEDIA_ROOT": str(folder / "media"),
        "LOG_LEVEL": "ERROR",
    }


def manage(folder: Path, *command: str) -> str:
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        env=environment(folder),
        check=True,
        capture_output=True,
        text=True,
    ).stdout


@dataclass
class Measured:
    """A process and those that it started, from their start to their end."""

    seconds: float
    cpu: float
    said: str


def measure(run, *args) -> Measured:
    begun, before = perf_counter(), _cpu_of_children()
    said = run(*args)
    return Measured(perf_counter() - begun, _cpu_of_children() - before, said)


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def bake(folder: Path, what: str, articles: int) -> tuple[list[str], Measured]:
    told = measure(manage, folder, "bake", str(folder / "baked"))
    pages, made, written, inside = re.search(
        r"^([\d,]+) pages .* ([\d,]+) made, ([\d,]+) files written.* ([\d.]+) s", told.said
    ).groups()
    return _row(what, articles, pages, made, written, told, inside), told


def hugo(folder: Path, articles: int) -> tuple[list[str], Measured]:
    """All of it by Hugo, whose site is made anew."""
    shutil.rmtree(folder / "hugo", ignore_errors=True)
    site.write(folder / "seeds", folder / "hugo")
    told = measure(_hugo, folder / "hugo")
    files = sum(path.is_file() for path in (folder / "hugo" / "public").rglob("*"))
    return _row("Hugo", articles, f"{files:,}", f"{files:,}", f"{files:,}", told, ""), told


def _hugo(folder: Path) -> str:
    command = ["hugo", "--quiet", "--source", str(folder)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _row(what, articles, pages, made, written, told: Measured, inside: str) -> list[str]:
    told_of = f"{told.seconds:.1f}", f"{told.cpu:.1f}", inside
    return [what, f"{articles:,}", pages, made, written, *told_of]


def bakes(articles: int) -> tuple[list[list[str]], str]:
    """The rows of one size, and a sentence on Hugo."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        seeds.write(folder / "seeds", articles)
        manage(folder, "migrate", "-v0")
        manage(folder, "collectstatic", "-v0", "--noinput")
        manage(folder, "import_seeds", "-v0", str(folder / "seeds"))
        has_hugo = shutil.which("hugo") is not None
        others = [hugo(folder, articles)] if has_hugo else []
        whole, ours = bake(folder, "all", articles)
        if has_hugo:
            others.append(hugo(folder, articles))
        rows = [whole, bake(folder, "nothing changed", articles)[0]]
        manage(folder, "shell", "-v0", "-c", PUBLISH)
        rows.append(bake(folder, "one published", articles)[0])
        rows += [row for row, _told in others]
        return rows, against(articles, ours, [told for _row, told in others])


def against(articles: int, ours: Measured, theirs: list[Measured]) -> str:
    if not theirs:
        return f"{articles:,} articles: Hugo is not installed, and was not measured."
    seconds = ours.seconds * len(theirs) / sum(each.seconds for each in theirs)
    cpu = ours.cpu * len(theirs) / sum(each.cpu for each in theirs)
    return (
        f"{articles:,} articles: all takes {seconds:.1f} times what Hugo takes, "
        f"{cpu:.1f} times its CPU. Target: {HUGO:.0f} times."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--articles", type=int, nargs="+", default=[1_000, 10_000])
    heads = ["bake", "articles", "pages", "made", "files written", "seconds", "CPU", "at work"]
    rows = [heads, ["---"] * len(heads)]
    said = []
    for articles in parser.parse_args().articles:
        more, sentence = bakes(articles)
        rows += more
        said.append(sentence)
    sys.stdout.writelines(f"| {' | '.join(each)} |\n" for each in rows)
    sys.stdout.writelines(f"\n{sentence}\n" for sentence in said)
    sys.stdout.write(
        f"\n{os.cpu_count()} cores, Python {platform.python_version()}, SQLite; load "
        f"{os.getloadavg()[0]:.1f}. Target after one: {TARGET:.0f} s.\n"
    )


if __name__ == "__main__":
    main()
