"""A crowd at one database: `python -m tests.promises.crowd SECONDS FOLDER... [--impatient]`.

Four editors write, eight readers read, and an import takes in one FOLDER after the other, for so
long, each over a connection of its own. Prints as JSON how often each did, and every error.
--impatient takes away the waiting: as Django has it by default, and no time to wait.
"""

import json
import sys
import threading
import time
import traceback
from collections import Counter
from pathlib import Path

WRITERS, READERS = 4, 8


def main(seconds: str, *folders: str) -> None:
    import django
    from django.conf import settings

    if is_impatient := "--impatient" in folders:
        folders = folders[:-1]
        settings.DATABASES["default"]["OPTIONS"] |= {
            "timeout": 0,
            "transaction_mode": "DEFERRED",
        }
    django.setup()
    from django.contrib.auth import get_user_model
    from django.db import connections

    from articles.importing.pipeline import Options, import_seeds
    from articles.models import Article
    from tests.factories import make_article, make_editor

    by = get_user_model().objects.first() or make_editor()
    rows = [make_article(is_published=False).pk for _ in range(WRITERS)]
    done, errors, end = Counter(), [], time.monotonic() + float(seconds)

    def write(number: int) -> None:
        from articles.decisions import decide

        statuses = ("published", "held")
        decide(rows[number], statuses[done[f"write {number}"] % 2], by)
        Article.objects.filter(pk=rows[number]).update(note=str(done[f"write {number}"]))

    def read(number: int) -> None:
        from django.test import Client

        pages = ("/", "/latest/", "/feed.atom", "/api/v1/articles/", "/search/?q=bell", "/topics/")
        answer = Client(HTTP_HOST="localhost").get(pages[number % len(pages)])
        if answer.status_code != 200:
            raise AssertionError(answer.status_code)

    def take_in(number: int) -> None:
        import_seeds([Path(folders[done["import 0"] % len(folders)])], "feed", Options(wait=30))

    def keep_at(name: str, deed, number: int) -> None:
        try:
            while time.monotonic() < end:
                try:
                    deed(number)
                except Exception:  # noqa: BLE001  # all of them are told
                    errors.append(f"{name}: {traceback.format_exc(limit=-1)}")
                    if is_impatient:
                        return
                else:
                    done[f"{name} {number}"] += 1
        finally:
            connections.close_all()

    crowd = [
        *(threading.Thread(target=keep_at, args=("write", write, n)) for n in range(WRITERS)),
        *(threading.Thread(target=keep_at, args=("read", read, n)) for n in range(READERS)),
        threading.Thread(target=keep_at, args=("import", take_in, 0)),
    ]
    for each in crowd:
        each.start()
    for each in crowd:
        each.join()
    notes = [Article.objects.get(pk=pk).note for pk in rows]
    sys.stdout.write(json.dumps({"done": done, "errors": errors, "notes": notes}))


if __name__ == "__main__":
    main(*sys.argv[1:])
