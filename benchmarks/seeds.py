"""A generator of seeds shaped like real ones: `python -m benchmarks.seeds FOLDER N [--seed 1]`.

The shape (lengths, numbers of topics, pictures and related items; shares of videos, of held and
demoted stories, of line ends and entities) follows what was measured on real files; the words mean
nothing. 10,000 files come to about 78,000 rows. `--again` writes the next delivery of the same
files. The same arguments always give the same bytes.
"""

import argparse
import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

# What a further delivery moves: the encrypted blob alone (as most real ones do), or, in a share of
# the files, scores and the list of related items too.
SECURED, SCORES = "secured", "scores"
MOVED = 0.3

WORDS = (
    "harbour council glacier tram library comet market bridge river school garden night signal "
    "engine forest island archive station method pilot valley kitchen choir orbit coast record "
    "bakery window survey museum canal meadow sensor ferry tower harvest mountain lantern"
)
_WORDS = WORDS.split()
# Endings that real text has and a careless reader trips over.
ODD = ("’s – déjà vu", "&amp; more", "&#39;26", "“quoted”", "&quot;so&quot;", "\\r\\n", "🚋")
EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
OUTLETS = 300
CHANNELS = 40  # the first outlets are channels of one host of videos
NEIGHBOURS = 500  # a related item is a copy of one of so many earlier stories


def seed(number: int, key: int = 1, again: str | None = None) -> tuple[str, bytes]:
    """The file name and content of seed `number` (from 0) of the series `key`."""
    rnd = Random(f"{key}/{number}")
    slug = _words(rnd, 30, 90).lower().replace(" ", "-")
    name = f"{EPOCH + timedelta(days=number % 900):%Y-%m-%d}-{slug}-{number}.md"
    lines = ["---", "category: news", *_item(rnd, number, is_related=False)]
    scores, related = _scores(rnd), _related(rnd, number)
    topics = rnd.sample(_WORDS, 9 if rnd.random() < 0.001 else rnd.choice((1, 1, 1, 1, 1, 2, 2)))
    has_crlf = rnd.random() < 0.2

    moved = Random(f"{key}/{number}/{again}")
    if again == SCORES and moved.random() < MOVED:
        scores = _scores(moved)
        related = related[1:] if moved.random() < 0.5 else related + [_item(moved, number, True)]
    lines += [*scores, "topics:", *(f"  - {topic.capitalize()}" for topic in topics)]
    if related:
        lines.append("related:")
    for first, *rest in related:
        lines += [f"  - {first}", *("    " + line for line in rest)]
    blob, vector = (base64.b64encode(moved.randbytes(size)).decode() for size in (288, 16))
    lines += [f'secured: "{blob};{vector}"', "---", ""]
    return name, ("\r\n" if has_crlf else "\n").join(lines).encode()


def write(folder: Path, count: int, key: int = 1, again: str | None = None) -> None:
    """Write the seeds 0 to `count` - 1 into `folder`, over those that stand there."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        name, content = seed(number, key, again)
        (folder / name).write_bytes(content)


def _item(rnd: Random, number: int, is_related: bool) -> list[str]:
    """The lines that an article and a related item have in common."""
    is_video = rnd.random() < 0.1
    outlet = rnd.randrange(CHANNELS) if is_video else CHANNELS + _low(rnd, OUTLETS - CHANNELS)
    # Some outlets share a domain with the one before them.
    domain = "videos.example" if is_video else f"outlet{outlet - outlet % 11 // 10}.example"
    story = max(number - 1 - _low(rnd, NEIGHBOURS), 0) if is_related else number
    place = rnd.randrange(10**6) if is_related else 0
    link = f"https://{domain}/{story}-{place}/{_words(rnd, 30, 100).replace(' ', '-')}"
    moment = EPOCH + timedelta(seconds=rnd.randrange(80_000_000))
    lines = [
        f'title: "{_words(rnd, 30, 100)}{_odd(rnd)}"',
        f'excerpt: "{_words(rnd, 80, 340)}{_odd(rnd)}"',
        f"publishedDateTime: {moment:%Y-%m-%dT%H:%M:%SZ}",
    ]
    if not is_related:
        lines.append(f'originalUrl: "{link}"')
    if not is_video:
        lines.append(f'webUrl: "{link}"')
        if rnd.random() < 0.1:
            lines += [f'ampWebUrl: "{link}/amp"', f'cdnAmpWebUrl: "https://cdn.example/c/{link}"']
    elif not is_related:
        lines.append(f'featuredContent: "<iframe src=\\"https://{domain}/{number}\\"></iframe>"')
    lines.append(f"type: {'video' if is_video else 'article'}")
    if is_related:
        lines.append(f"quality: {rnd.randint(0, 160)}")
    lines += ["provider:", f"  name: Outlet {outlet}", f"  domain: {domain}"]
    if not is_related and outlet % 5:
        lines += ["  images:", *_picture(f"https://logos.example/{outlet}.jpg", 50, 50, "    ")]
    if rnd.random() < (0.45 if is_related else 0.95):
        # A copy carries the picture of the story it was copied from; some serve many stories.
        shown = story % 40 if story % 4 == 0 else story
        url = f"https://pictures.example/{shown}/{'x' * (20 + shown * 7 % 60)}.jpg"
        width, height = rnd.choice(((640, 360), (1200, 630), (1024, 576), (1920, 1080)))
        lines += ["images:", *_picture(url, width, height, "  "), "    isCached: true"]
    return lines


def _picture(url: str, width: int, height: int, indent: str) -> Iterator[str]:
    yield f'{indent}- url: "{url}"'
    yield f"{indent}  width: {width}"
    yield f"{indent}  height: {height}"


def _scores(rnd: Random) -> list[str]:
    draw, quality = rnd.random(), rnd.randint(10, 160)
    if draw < 0.01:
        return []  # not scored yet
    heat = -1 if draw < 0.06 else quality + rnd.choice((0, 0, 0, 10, 40))
    published = "true" if heat >= 70 else "false"
    return [f"quality: {quality}", f"heat: {heat}", f"published: {published}"]


def _related(rnd: Random, number: int) -> list[list[str]]:
    """None for most, a handful for some, and now and then a crowd: 2 in the mean."""
    draw = rnd.random()
    count = 0 if draw < 0.66 else rnd.randint(1, 4) if draw < 0.925 else rnd.randint(5, 24)
    if draw > 0.9985:
        count = rnd.randint(50, 179)
    return [_item(rnd, number, is_related=True) for _ in range(count)]


def _words(rnd: Random, least: int, most: int) -> str:
    """Text of about `least` to `most` characters."""
    size = rnd.randint(least, most)
    text = " ".join(rnd.choices(_WORDS, k=size // 6))
    return text[:size].strip().capitalize()


def _odd(rnd: Random) -> str:
    return f" {rnd.choice(ODD)}" if rnd.random() < 0.2 else ""


def _low(rnd: Random, below: int) -> int:
    """A number from 0, small ones more often: a few outlets have most of the stories."""
    return int(below * rnd.random() ** 2.5)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.seeds", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("count", type=int, metavar="N")
    parser.add_argument("--seed", type=int, default=1, help="another number, other files (1)")
    parser.add_argument(
        "--again",
        choices=(SECURED, SCORES),
        help="the next delivery: new `secured` only, or scores and related items too",
    )
    options = parser.parse_args()
    write(options.folder, options.count, options.seed, options.again)


if __name__ == "__main__":
    main()
