"""What baking costs, as one table: `python -m benchmarks.bake [--articles N ...]`.

For each size a newsroom is made by importing the benchmark's own seeds, with DEBUG off and static
files collected, and baked: all of it, then again with nothing changed, then after one story was
published that is newer than all others. Each bake is a process of its own, as from cron; "at work"
is what it says itself, without Django's start. Fails if a bake does, never because of a time.
"""

import argparse
import os
import platform
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from . import seeds

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


def measure(folder: Path) -> tuple[float, str]:
    """Seconds of a bake, from the start of its process to its end; and what it said."""
    begun = perf_counter()
    said = manage(folder, "bake", str(folder / "baked"))
    return perf_counter() - begun, said


def row(what: str, articles: int, seconds: float, said: str) -> list[str]:
    pages, made, written, inside = re.search(
        r"^([\d,]+) pages .* ([\d,]+) made, ([\d,]+) files written.* ([\d.]+) s", said
    ).groups()
    return [what, f"{articles:,}", pages, made, written, f"{seconds:.1f}", inside]


def bakes(articles: int) -> list[list[str]]:
    with TemporaryDirectory() as name:
        folder = Path(name)
        seeds.write(folder / "seeds", articles)
        manage(folder, "migrate", "-v0")
        manage(folder, "collectstatic", "-v0", "--noinput")
        manage(folder, "import_seeds", "-v0", str(folder / "seeds"))
        rows = [row("all", articles, *measure(folder))]
        rows.append(row("nothing changed", articles, *measure(folder)))
        manage(folder, "shell", "-v0", "-c", PUBLISH)
        rows.append(row("one published", articles, *measure(folder)))
        return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--articles", type=int, nargs="+", default=[1_000, 10_000])
    heads = ["bake", "articles", "pages", "made", "files written", "seconds", "at work"]
    rows = [heads, ["---"] * len(heads)]
    for articles in parser.parse_args().articles:
        rows += bakes(articles)
    sys.stdout.writelines(f"| {' | '.join(each)} |\n" for each in rows)
    sys.stdout.write(
        f"\n{os.cpu_count()} cores, Python {platform.python_version()}, SQLite; load "
        f"{os.getloadavg()[0]:.1f}. Target after one: {TARGET:.0f} s.\n"
    )


if __name__ == "__main__":
    main()
