"""What the editors' pages cost, as one table: `python -m benchmarks.desk`.

Two newsrooms are made by importing the benchmark's own seeds, one with a hundred times the articles
of the other, and work is scattered over them: held and in review, scheduled, conflicts, failed
files, pictures without words, a log as long as the list. Each page is asked for by Django's test
client in a warm process; shown is the CPU time of one answer. It fails if a page does, never
because of a time.
"""

import argparse
import json
import os
import platform
import sqlite3
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time

from . import seeds
from .importing import kept, postgresql, run, sqlite

TARGET = 300  # milliseconds of CPU
TIMES = 20
QUEUE = "/admin/articles/article/triage/"


# In the measured process ------------------------------------------------------------------------


def scatter() -> None:
    """Bring the import's newsroom up to today, and give its editors something to do."""
    from django.contrib.admin.models import CHANGE, LogEntry
    from django.contrib.contenttypes.models import ContentType
    from django.db.models import F, Max
    from django.utils import timezone

    from articles.models import Article, Image, ImportedFile, ImportRun, Proposal

    now = timezone.now()
    age = now - Article.objects.aggregate(at=Max("published_at"))["at"]
    Article.objects.update(
        published_at=F("published_at") + age, publish_from=F("publish_from") + age
    )
    Image.objects.update(file="images/shown.jpg")
    described = Image.objects.annotate(rest=F("pk") % 3).exclude(rest=0)
    described.update(alt_text="What it shows.")
    held = list(Article.objects.filter(status="held").order_by("pk").values_list("pk", flat=True))
    public = list(Article.objects.published().order_by("pk").values_list("pk", flat=True))

    def some(rows: list[int], of: int):
        return Article.objects.filter(pk__in=rows[::of])

    user = editor()
    some(held, 40).update(status="review", decided_at=now, decided_by=user)
    some(public, 200).update(publish_from=now + timedelta(days=1), decided_at=now)
    some(public, 300).update(is_oscillating=True)
    Proposal.objects.bulk_create(
        Proposal(article_id=pk, field="title", base="Ours", theirs="Theirs") for pk in public[::90]
    )
    last = ImportRun.objects.latest("pk")
    ImportedFile.objects.filter(run=last, pk__endswith="00").update(outcome="failed")
    article = ContentType.objects.get_for_model(Article)
    LogEntry.objects.bulk_create(
        (
            LogEntry(
                user=user,
                content_type=article,
                object_id=pk,
                object_repr=f"Story {pk}",
                action_flag=CHANGE,
                change_message='[{"changed": {"fields": ["status"]}}]',
            )
            for pk in [*held, *public]
        ),
        batch_size=1000,
    )


def editor():
    from django.contrib.auth import get_user_model

    values = {"is_staff": True, "is_superuser": True}
    return get_user_model().objects.get_or_create(username="editor", defaults=values)[0]


def pages() -> Iterator[tuple[str, Callable]]:
    """Each page's name, and how to ask for it once."""
    from django.db.models import Count
    from django.test import Client

    from articles.models import Article
    from articles.triage import Queue

    client = Client(SERVER_NAME="localhost")  # as DEBUG allows, without a test's own signals
    client.force_login(editor())

    def get(address: str) -> Callable:
        return lambda: client.get(address)

    def publish(query: str = ""):
        pk = Queue().articles.values_list("pk", flat=True).first()
        data = {"article": pk, "decision": "publish"}
        return lambda: client.post(QUEUE, data, headers={"X-Fragment": "1"})

    waiting = Queue().articles.values_list("pk", flat=True)
    middle = waiting[waiting.count() // 2]
    small = Article.objects.order_by("pk").first()
    large = Article.objects.annotate(size=Count("related_items")).order_by("-size").first()
    yield "desk", lambda: get("/admin/")
    yield "queue, its top", lambda: get(QUEUE)
    yield "queue, in the middle of it", lambda: get(f"{QUEUE}?at={middle}")
    yield "queue: publish, and the next", publish
    yield "article list", lambda: get("/admin/articles/article/")
    yield "article form", lambda: get(f"/admin/articles/article/{small.pk}/change/")
    what = f"article form with {large.size} related items"
    yield what, lambda: get(f"/admin/articles/article/{large.pk}/change/")
    yield "log", lambda: get("/admin/admin/logentry/")


def measure() -> dict[str, float]:
    """Each page's milliseconds of CPU, the median of some answers after the first two."""
    from articles.importing.bulk import unlogged

    found = {}
    with unlogged():
        for name, prepare in pages():
            spent = []
            for number in range(TIMES + 2):
                ask = prepare()
                begun = process_time()
                answer = ask()
                if number > 1:
                    spent.append((process_time() - begun) * 1000)
                if answer.status_code != 200:
                    raise SystemExit(f"{name}: answered {answer.status_code}")
            found[name] = median(spent)
    return found


def step() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
    django.setup()
    scatter()
    sys.stdout.write(json.dumps(measure()))


# The table --------------------------------------------------------------------------------------


def newsroom(folder: Path, database: str, articles: int) -> dict[str, float]:
    """Import so many articles and measure."""
    seeds.write(folder, articles)
    run(["manage.py", "import_seeds", str(folder), "--source", "benchmark"], database)
    return json.loads(run(["-m", "benchmarks.desk", "--step"], database).output)


def table(few: dict, many: dict, counts: tuple[int, int]) -> Iterator[str]:
    """The markdown lines. The largest article differs between the two, so rows go by place."""
    small, large = (f"{count:,} articles" for count in counts)
    yield f"| one answer, ms of CPU | {small} | {large} | ratio | at most {TARGET} ms |"
    yield "|---|---|---|---|---|"
    for before, (name, after) in zip(few.values(), many.items(), strict=True):
        verdict = kept(after <= TARGET, "300 ms")
        yield f"| {name} | {before:.0f} | {after:.0f} | {after / before:.2f} | {verdict} |"


def machine(database: str) -> str:
    kind = "PostgreSQL" if database else f"SQLite {sqlite3.sqlite_version}"
    python, django = platform.python_version(), version("Django")
    return f"{os.cpu_count()} cores, Python {python}, Django {django}, {kind}; DEBUG on."


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.desk", description=__doc__)
    parser.add_argument("--articles", type=int, default=100_000, metavar="N")
    parser.add_argument("--few", type=int, default=1_000, metavar="N", help="to compare with")
    parser.add_argument(
        "--database", default="", metavar="URL", help="postgres://...; none: SQLite"
    )
    parser.add_argument("--step", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        return step()
    counts = options.few, options.articles
    with TemporaryDirectory() as name:
        folder = Path(name)
        databases = postgresql(options.database) if options.database else sqlite(folder)
        with databases as fresh:
            few, many = (newsroom(folder / str(n), fresh(), n) for n in counts)
    sys.stdout.write("\n".join([machine(options.database), "", *table(few, many, counts), ""]))


if __name__ == "__main__":
    main()
