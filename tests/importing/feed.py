"""A small feed for tests: deliveries of one source that change at random, as real ones do."""

import json
import random
from pathlib import Path

OUTLETS = [
    *(("Post", "post.example"), ("Courier", "courier.example"), ("Radio", "radio.example")),
    *(("Channel One", "video.example"), ("Channel Two", "video.example")),
]
TOPICS = ["Transport", "Culture", "Climate", "Ports", "Health"]


class Feed:
    """`deliver(folder)` writes every item as it stands; `move()` changes some of them."""

    def __init__(self, rnd: random.Random, size: int):
        self.rnd = rnd
        self.items = {f"2026-01-{n % 28 + 1:02}-story-{n}": self._item(n) for n in range(size)}

    def move(self, share: float = 0.5) -> None:
        for item in self.items.values():
            if self.rnd.random() < share:
                self._change(item)

    def deliver(self, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for stem, item in self.items.items():
            (folder / f"{stem}.md").write_bytes(self.text(item))
        return folder

    def text(self, item: dict) -> bytes:
        """`secured` is another one at every delivery."""
        name, domain = item["outlet"]
        lines = [
            "category: news",
            f"title: {json.dumps(item['title'])}",
            f"excerpt: {json.dumps(item['excerpt'])}",
            f"publishedDateTime: 2026-01-01T{item['hour']:02}:00:00Z",
            f"webUrl: https://{domain}/{item['number']}",
            "type: article",
            f"quality: {item['quality']}",
            f"heat: {item['heat']}",
            f"published: {'true' if item['published'] else 'false'}",
            *(["removed: true"] if item["removed"] else []),
            f"provider:\n  name: {name}\n  domain: {domain}",
            "topics:",
            *(f"  - {topic}" for topic in item["topics"]),
            *(["images:"] if item["images"] else []),
            *(
                f"  - url: https://pictures.example/{n}.jpg\n    width: 800\n    height: 600"
                for n in item["images"]
            ),
            *(["related:"] if item["related"] else []),
            *(
                f"  - title: Other coverage {n}\n    excerpt: {json.dumps(text)}\n"
                f"    webUrl: https://other.example/{n}\n    quality: {n}\n"
                f"    provider:\n      name: {OUTLETS[n % 5][0]}\n      domain: {OUTLETS[n % 5][1]}"
                for n, text in item["related"].items()
            ),
            f'secured: "{self.rnd.getrandbits(64):x};{self.rnd.getrandbits(32):x}"',
        ]
        return ("---\n" + "\n".join(lines) + "\n---\n").encode()

    def _item(self, number: int) -> dict:
        rnd = self.rnd
        return {
            "number": number,
            "title": f"Story {number}",
            "excerpt": f"What happened in {number}.",
            "hour": rnd.randrange(24),
            "quality": rnd.randrange(100),
            "heat": rnd.randrange(-1, 200),
            "published": rnd.random() < 0.6,
            "removed": False,
            "outlet": rnd.choice(OUTLETS),
            "topics": rnd.sample(TOPICS, rnd.randrange(1, 4)),
            "images": rnd.sample(range(9), rnd.randrange(3)),
            "related": {n: f"Told by {n}." for n in rnd.sample(range(20), rnd.randrange(5))},
        }

    def _change(self, item: dict) -> None:
        new = self._item(item["number"])
        for name in self.rnd.sample(sorted(new.keys() - {"number", "title"}), 3):
            item[name] = new[name]
        if self.rnd.random() < 0.2:
            item["excerpt"] = f"Version {self.rnd.randrange(3)} of {item['number']}."
        if self.rnd.random() < 0.1:
            item["removed"] = not item["removed"]
        if self.rnd.random() < 0.1:
            item["title"] = f"Story {item['number']}, corrected {self.rnd.randrange(3)}"
