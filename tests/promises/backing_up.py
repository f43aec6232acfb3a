"""A backup while an import runs: `python -m tests.promises.backing_up FILE FOLDER [--loose]`.

When the first table is written, it imports FOLDER, all of it, in another process, and goes on.
--loose takes the one moment away. Prints the digest from before and that from after.
"""

import contextlib
import json
import subprocess
import sys
from pathlib import Path


def main(file: str, folder: str, *options: str) -> None:
    import django

    django.setup()
    from articles.backups import saving
    from articles.digest import state_digest

    if "--loose" in options:
        saving.one_moment = contextlib.nullcontext
    command = [sys.executable, "manage.py", "import_seeds", folder, "--source", "feed", "-v0"]

    def on_table(name: str) -> None:
        if name == "articles_article":
            subprocess.run(command, check=True)

    before = state_digest()
    saving.save(Path(file), on_table=on_table)
    sys.stdout.write(json.dumps([before, state_digest()]))


if __name__ == "__main__":
    main(*sys.argv[1:])
