"""What is measured, each in a process of its own: `python -m benchmarks.steps STEP FOLDER`.

Prints a number: of files, or of rows. Django is loaded only where the step needs it, so that the
parser's memory is the parser's.
"""

import argparse
import os
import sys
from hashlib import blake2b
from pathlib import Path


def hash_files(folder: Path) -> int:
    """Read and hash every file, no more: what a re-import cannot do without."""
    number = 0
    for top, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(top, name), "rb") as file:
                blake2b(file.read()).digest()
            number += 1
    return number


def parse_files(folder: Path) -> int:
    """Parse every file with python-frontmatter as it comes."""
    import frontmatter

    names = sorted(os.listdir(folder))
    for name in names:
        frontmatter.load(os.path.join(folder, name))
    return len(names)


def read_files(folder: Path) -> int:
    """Parse and validate every file as an import does."""
    import django

    django.setup()
    from articles.importing import records, seedfile

    names = sorted(os.listdir(folder))
    for name in names:
        content = (folder / name).read_bytes()
        seed = seedfile.parse(content)
        records.read(seed, content)
        records.meaning(seed)
    return len(names)


def import_plainly(folder: Path) -> int:
    """The plain way. The log of queries that DEBUG keeps is off for it too."""
    import django

    django.setup()
    from articles.importing.bulk import unlogged
    from benchmarks import plain

    with unlogged():
        return plain.import_folder(folder)


def count_rows(folder: Path) -> int:
    """Rows in all tables of the newsroom."""
    import django

    django.setup()
    from django.apps import apps

    return sum(
        model._base_manager.count() for model in apps.get_app_config("articles").get_models()
    )


STEPS = {
    "hash": hash_files,
    "parse": parse_files,
    "read": read_files,
    "plain": import_plainly,
    "count": count_rows,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.steps")
    parser.add_argument("step", choices=STEPS)
    parser.add_argument("folder", type=Path, nargs="?", default=Path())
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
    sys.stdout.write(f"{STEPS[options.step](options.folder)}\n")


if __name__ == "__main__":
    main()
