"""An editor's and a fetcher's work that dies:
`python -m tests.promises.deeds WHAT MOMENT [--loose]`.

"make" makes a newsroom; "publish", "merge" and "fetch" do to all of it what is not done yet, and
print as JSON what was half done before, how many moments it took, how many are not done yet, and
all there is then. At the
MOMENT-th statement or file (0: never) it kills its own process, as hard as a process can be killed;
"after-write": at the one that follows the first write to an article. --loose takes the transactions
away.
"""

import contextlib
import json
import os
import signal
import sys

COUNT = 4  # of each: articles to publish, pairs to merge, pictures to fetch
WHAT = ("publish", "merge", "fetch")


def main(what: str, moment: str = "0", *options: str) -> None:
    import django

    django.setup()
    if what == "make":
        make()
        return
    told = {"half": half()}
    if "--loose" in options:
        loosen()
    with dying_at(moment) as count:
        {"publish": publish, "merge": merge, "fetch": fetch}[what]()
    sys.stdout.write(
        json.dumps(told | {"moments": count(), "left": left(what), "all": everything()})
    )


def make() -> None:
    from articles.models import Provider
    from tests.factories import make_article, make_editor, make_image

    make_editor()
    outlet = Provider.objects.create(name="Post", domain="post.example", slug="post")
    for number in range(COUNT):
        given = {"provider": outlet, "topics": ["Trains"], "source": "feed"}
        make_article(slug=f"held-{number}", is_published=False, **given)
        make_article(slug=f"stays-{number}", **given)
        make_article(slug=f"goes-{number}", body=f"Our words {number}.", note="A note.", **given)
        shown = make_image(url=f"https://a.example/{number}.jpg", file="", width=None, height=None)
        make_article(slug=f"shows-{number}", images=[shown], **given)


def publish() -> None:
    from django.contrib.auth import get_user_model

    from articles import bulk
    from articles.models import Article

    by = get_user_model().objects.get()
    action = bulk.unfinished(by).first()
    if action is None:
        held = Article.objects.filter(slug__startswith="held-", status="held").order_by("slug")
        action = bulk.choose(by, "publish", held, choices={})
    bulk.go_on(action, 60)


def merge() -> None:
    from django.contrib.auth import get_user_model

    from articles import merging
    from articles.models import Article

    for number in range(COUNT):
        stays, goes = (Article.objects.get(slug=f"{name}-{number}") for name in ("stays", "goes"))
        if goes.merged_into_id is None:
            merging.merge(stays.pk, goes.pk, get_user_model().objects.get())


def fetch() -> None:
    from types import SimpleNamespace

    from articles.fetching import decoding, taking
    from tests import picturing

    guard = SimpleNamespace(target=lambda url, site: SimpleNamespace(host="a.example", url=url))
    web = SimpleNamespace(guard=guard, get=lambda target: target.url.encode())
    picture = picturing.plain()
    decoding.rewritten = lambda content: (picture + content, ".jpg", (8, 8))
    manners = taking.Manners(pause=0)
    taking.fetch_all(taking.wanting(), by=web, manners=manners)


def loosen() -> None:
    from django.db import transaction
    from django.db.models import QuerySet

    transaction.atomic = lambda *arguments, **options: contextlib.nullcontext()
    QuerySet.select_for_update = lambda rows, *arguments, **options: rows


@contextlib.contextmanager
def dying_at(moment: str):
    from django.core.files.storage import default_storage
    from django.db import connection

    count, written = 0, False

    def die(execute, sql, params, many, context):
        nonlocal written
        step(written)
        result = execute(sql, params, many, context)
        written = written or sql.startswith('UPDATE "articles_article"')
        return result

    def step(is_after_write=False):
        nonlocal count
        count += 1
        if str(count) == moment or (moment == "after-write" and is_after_write):
            os.kill(os.getpid(), signal.SIGKILL)

    save = default_storage._save

    def saved(name, content):
        step()
        name = save(name, content)
        step()
        return name

    default_storage._save = saved
    with connection.execute_wrapper(die):
        yield lambda: count


def half() -> list[str]:
    """What was begun and not ended, where somebody could see it."""
    from django.core.files.storage import default_storage

    from articles.models import Article, BulkItem, DuplicatePair, Image, Revision

    found = []
    done = dict(BulkItem.objects.values_list("article__slug", "outcome"))
    for row in Article.objects.filter(slug__startswith="held-"):
        marks = {
            row.is_published(),
            row.decided_by is not None,
            row.first_public_at is not None,
            row.revisions.count() == 1,
            done.get(row.slug) == BulkItem.Outcome.CHANGED,
        }
        found += [row.slug] if len(marks) > 1 else []
    for row in Article.objects.filter(slug__startswith="goes-"):
        stays = Article.objects.get(slug=row.slug.replace("goes", "stays"))
        marks = {
            row.merged_into == stays,
            row.status == Article.Status.TRASHED,
            row.revisions.filter(kind=Revision.Kind.MERGE).count() == 1,
            stays.body == row.body,
            stays.note == row.note,
            stays.revisions.exists(),
            DuplicatePair.objects.filter(resolution="merged", second=row).exists(),
        }
        found += [row.slug] if len(marks) > 1 else []
    for image in Image.objects.exclude(file=""):
        is_there = default_storage.exists(image.file.name)
        found += [] if is_there and image.width == 8 and image.fetch_tried_at else [image.url]
    return found


def left(what: str) -> int:
    from articles.models import Article, Image

    done = {
        "publish": Article.objects.published().filter(slug__startswith="held-"),
        "merge": Article.objects.exclude(merged_into=None),
        "fetch": Image.objects.exclude(file=""),
    }
    return COUNT - done[what].count()


def everything() -> list:
    """Without what time it was."""
    from django.contrib.admin.models import LogEntry

    from articles.models import Article, BulkItem, DuplicatePair, Image, Revision

    kinds = Revision.objects.order_by("article__slug", "pk")
    return [
        list(Article.objects.order_by("slug").values_list("slug", "status", "body", "note")),
        list(Article.objects.exclude(merged_into=None).order_by("slug").values_list("slug")),
        list(kinds.values_list("article__slug", "kind")),
        sorted(BulkItem.objects.values_list("title", "outcome", "reason")),
        sorted(LogEntry.objects.values_list("object_repr", "change_message")),
        sorted(DuplicatePair.objects.values_list("first__slug", "second__slug", "resolution")),
        sorted(Image.objects.values_list("url", "width", "file")),
    ]


if __name__ == "__main__":
    main(*sys.argv[1:])
