"""A generator of seeds shaped like real ones: `python -m benchmarks.seeds NUMBER FOLDER`.

The shape (lengths, numbers of topics, pictures and related items, shares of videos, held and
superseded ones) follows what was measured on 27,421 real files, about 7.5 rows a file; the words
mean nothing. The same number always gives the same bytes.
"""

import base64
import random
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

WORDS = (
    "harbour council glacier tram library comet market bridge river school garden night signal "
    "engine forest island archive station method pilot valley kitchen choir orbit coast record "
    "bakery window survey museum canal meadow sensor ferry tower harvest mountain lantern"
).split()
EPOCH = datetime(2024, 1, 1, tzinfo=UTC)


def words(rnd: random.Random, least: int, most: int) -> str:
    """Text of `least` to `most` characters."""
    size, text = rnd.randint(least, most), rnd.choice(WORDS).capitalize()
    while len(text) < size:
        text += " " + rnd.choice(WORDS)
    return text[:size].strip()


def item(rnd: random.Random, number: int, indent: str, is_related: bool) -> list[str]:
    """The lines that an article and a related item have in common."""
    outlet = min(int(rnd.paretovariate(0.7)), 600)  # a few outlets have most of the stories
    is_video = rnd.random() < 0.1
    link = f"https://outlet{outlet}.example/{number}/{words(rnd, 30, 90).replace(' ', '-')}"
    moment = EPOCH + timedelta(seconds=rnd.randrange(80_000_000))
    lines = [
        f'title: "{words(rnd, 30, 110)}"',
        f'excerpt: "{words(rnd, 120, 400)}"',
        f"publishedDateTime: {moment:%Y-%m-%dT%H:%M:%SZ}",
    ]
    if not is_related:
        lines.append(f'originalUrl: "{link}"')
    if not is_video:
        lines.append(f'webUrl: "{link}"')
    if rnd.random() < 0.15 and not is_video:
        lines += [f'ampWebUrl: "{link}/amp"', f'cdnAmpWebUrl: "https://cdn.example/c/s/{link}"']
    lines += [
        f"type: {'video' if is_video else 'article'}",
        f"quality: {rnd.randint(10, 160)}",
        "provider:",
        f"  name: Outlet {outlet}",
        f"  domain: outlet{outlet}.example",
    ]
    if not is_related and outlet % 5:
        lines += [
            "  images:",
            f'    - url: "https://logos.example/outlet{outlet}-50x50.jpg"',
            "      width: 50",
            "      height: 50",
        ]
    if rnd.random() < (0.6 if is_related else 0.94):
        shared = rnd.random() < 0.1  # some pictures serve many items
        picture = rnd.randrange(50) if shared else rnd.randrange(10**7)
        lines += [
            "images:",
            f'  - url: "https://pictures.example/{picture}/{"x" * rnd.randint(20, 60)}.jpg"',
            f"    width: {rnd.choice((640, 1024, 1200, 1920))}",
            f"    height: {rnd.choice((360, 630, 675, 1080))}",
            "    isCached: true",
        ]
    return [indent + line for line in lines]


def seed(number: int) -> tuple[str, str]:
    """The file name and text of one seed."""
    rnd = random.Random(number)
    heat = -1 if rnd.random() < 0.25 else rnd.randint(20, 300)
    lines = ["---", "category: news", *item(rnd, number, "", is_related=False)]
    lines += [f"heat: {heat}", f"published: {'true' if heat >= 70 else 'false'}", "topics:"]
    lines += [
        f"  - {topic.capitalize()}" for topic in rnd.sample(WORDS, rnd.choice((1, 1, 1, 2, 3)))
    ]
    draw = rnd.random()
    count = 0 if draw < 0.7 else rnd.randint(1, 4) if draw < 0.92 else rnd.randint(5, 24)
    if draw > 0.998:
        count = rnd.randint(50, 179)
    if count:
        lines.append("related:")
    for place in range(count):
        text = item(rnd, number * 1000 + place, "    ", is_related=True)
        lines += ["  - " + text[0].strip(), *text[1:]]
    secret, vector = (base64.b64encode(rnd.randbytes(size)).decode() for size in (288, 16))
    lines += [f'secured: "{secret};{vector}"', "---", ""]
    slug = words(rnd, 30, 90).lower().replace(" ", "-")
    return f"{EPOCH + timedelta(days=number % 900):%Y-%m-%d}-{slug}-{number}.md", "\n".join(lines)


def generate(number: int, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for one in range(number):
        name, text = seed(one)
        (folder / name).write_text(text)


if __name__ == "__main__":
    generate(int(sys.argv[1]), Path(sys.argv[2]))
