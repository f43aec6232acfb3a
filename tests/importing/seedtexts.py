"""Seeds written for tests: one plain text, changed key by key."""

from articles.importing import records, seedfile

PLAIN = """\
category: news
title: "Tram bells are tuned"
excerpt: "The depot tunes every bell."
publishedDateTime: 2026-03-01T09:30:00Z
originalUrl: "https://post.example/bells"
webUrl: "https://post.example/bells"
type: article
quality: 60
heat: 80
published: true
provider:
  name: Post
  domain: Post.example
topics:
  - Transport
  - Culture
images:
  - url: "https://post.example/bells.jpg"
    width: 1200
    height: 675
    isCached: true
related:
  - title: "Why bells ring"
    excerpt: "An explanation."
    publishedDateTime: 2026-02-28T08:00:00Z
    webUrl: "https://radio.example/why"
    type: article
    provider:
      name: Radio
      domain: radio.example
    quality: 20
secured: "AAAA;BBBB"
"""


def seed(*changes: tuple[str, str], text: str = PLAIN) -> bytes:
    """The plain seed with each (old, new) replaced; an old that is not there is a mistake."""
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return f"---\n{text}---\n".encode()


def record(*changes: tuple[str, str]) -> records.ArticleRecord:
    content = seed(*changes)
    return records.read(seedfile.parse(content), content)
