"""The same seeds for Hugo: a folder that `hugo --source FOLDER` makes a site of.

Each file is as it was delivered, but for four lines in front: of which outlet, year, month and day
it is, since Hugo makes lists of what the front matter names as a list, and of nothing else.
"""

import re
import shutil
from pathlib import Path

HERE = Path(__file__).parent


def write(seeds: Path, folder: Path) -> None:
    folder.mkdir()
    shutil.copy(HERE / "config.yaml", folder)
    shutil.copytree(HERE / "layouts", folder / "layouts")
    content = folder / "content" / "news"
    content.mkdir(parents=True)
    for path in seeds.glob("*.md"):
        (content / path.name).write_bytes(with_lists(path.read_bytes()))


def with_lists(seed: bytes) -> bytes:
    day = re.search(rb"(?m)^publishedDateTime: (\d{4})-(\d\d)-(\d\d)", seed)
    outlet = re.search(rb"(?m)^provider:\r?\n  name: (.+?)\r?$", seed)
    year, month, day = (b"-".join(day.groups()[:length]) for length in (1, 2, 3))
    lists = [(b"outlets", outlet[1]), (b"years", year), (b"months", month), (b"days", day)]
    more = b"".join(b'%s: ["%s"]\n' % each for each in lists)
    return seed.replace(b"\n", b"\n" + more, 1)
