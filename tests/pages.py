"""A small newsroom with every type of page in it, for the tools that judge pages: `make_newsroom`.

Texts are as long, as strange and as many as feeds send them, and each picture has a file.
"""

from io import BytesIO
from typing import NamedTuple

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import resolve
from django.utils import timezone
from PIL import Image as Drawing

from articles import merging, previews
from articles.models import Article, Topic

from .factories import (
    make_article,
    make_editor,
    make_image,
    make_provider,
    make_related_item,
    make_topic,
)

LONG = (
    "The council’s standing committee on harbours, railways and night buses decides, after eleven "
    "years, four inquiries and one resignation, that the last ferry shall wait for the last train "
    "on every day but the second Sunday in Advent"
)
HOSTILE = (
    "</title><script>alert(1)</script> \"quoted\" 'twice' &amp; <b>bold</b> \u202e--> ]]> é́́́ {{ 7 }}"
)
ONE_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
ARABIC = "القطار الأخير ينتظر آخر حافلة في المدينة"
HEBREW = "הרכבת האחרונה ממתינה לאוטובוס האחרון"
WORDS = f"""The **last ferry** waits, and [the timetable](https://harbourpost.example/t) says so.

## What changes

- On weekdays, ten minutes
- On Sundays, not at all

> “We have waited long enough.”

1. First the train
2. Then the ferry

```
{ONE_WORD} {ONE_WORD} {ONE_WORD}
```

{ARABIC}

<b>{ONE_WORD}</b>
"""


class Page(NamedTuple):
    address: str
    status: int = 200  # of the answer

    @property
    def url_name(self) -> str:
        return resolve(self.address.partition("?")[0]).url_name


def make_newsroom() -> dict[str, Page]:
    """What the page shows -> where. Needs a storage that takes files."""
    harbour = _provider("Harbour Post", "harbourpost.example", description=f"Since 1911. {LONG}")
    station = _provider("إذاعة الميناء", "radio.example", description=ARABIC)
    for wider, name in ((None, "Travel"), ("Travel", "Trains"), ("Trains", "Night trains")):
        topic = make_topic(name)
        topic.parent = make_topic(wider) if wider else None
        topic.description = f"All about them. {LONG}"
        topic.save()
    make_topic(ARABIC)

    wide = _picture(1200, 675, alt_text="A ferry at the quay.", credit="Harbour Post / M. Ó Briain")
    tall = _picture(600, 900, alt_text=HOSTILE, credit=HOSTILE)
    small = _picture(40, 30)
    old = timezone.now().replace(month=1, day=2, hour=23, minute=59)
    for number in range(30):  # so that lists have a second page
        make_article(title=f"{number} trams in time", topics=["Trains"], provider=harbour)
    own = make_article(
        title="The last ferry waits",
        body=WORDS,
        topics=["Trains", "Travel"],
        images=[wide],
        provider=harbour,
        publish_from=timezone.now(),  # new enough for the news sitemap
    )
    ours = make_article(title="From our desk", body="Ours.", excerpt="", provider=None, web_url="")
    excerpt = make_article(title="In their words", topics=["Night trains"], provider=harbour)
    video = make_article(
        title="Bells, filmed",
        type="video",
        images=[wide],
        topics=["Trains"],
        provider=station,
        featured_content='<iframe src="https://www.youtube.com/embed/dQw4w9WgXcQ"></iframe>',
        web_url="https://www.youtube.com/watch?v=dQw4w9WgXcQ",
    )
    long = make_article(title=f"{LONG}. {ONE_WORD}", excerpt=LONG * 5, images=[tall])
    hostile = make_article(
        title=HOSTILE,
        excerpt=HOSTILE,
        body=f"{HOSTILE}\n\n<script>alert(1)</script>",
        images=[tall],
        provider=make_provider(HOSTILE, "hostile.example"),
        topics=["<i>Hostile</i> & \"Co\" 'x'"],
        web_url="https://hostile.example/?a=1&b=<2>&c='3'",
    )
    arabic = make_article(
        title=ARABIC, excerpt=f"{ARABIC}. {ARABIC}", topics=[ARABIC], provider=station
    )
    bare = make_article(title="No more than this", excerpt="", provider=None, web_url="", heat=None)
    told = make_article(title="Told by many", topics=["Trains"], related=40, published_at=old)
    make_related_item(told, title=LONG, excerpt=LONG * 3, images=[tall], provider=harbour)
    make_related_item(told, title=HEBREW, excerpt=HEBREW, type="video", images=[small])
    make_related_item(told, title=HOSTILE, web_url=own.web_url, provider=None, published_at=None)
    make_related_item(told, title=ONE_WORD, web_url="", provider=None)

    withdrawn = make_article(title="Withdrawn", status=Article.Status.WITHDRAWN)
    twin = make_article(title="The last ferry waits there", provider=station)
    editor = make_editor()
    merging.merge(own.pk, twin.pk, editor)
    Topic.objects.get(name="Trains").aliases.create(name="Rail", slug="rail")
    harbour.aliases.create(name="The Post", domain="post.example", slug="the-post")
    draft = make_article(title="Not yet", is_published=False, images=[wide], body=WORDS)

    return {
        "front page": Page("/"),
        "latest": Page("/latest/"),
        "latest, older page": Page(_older("/latest/")),
        "latest, as it was filtered": Page("/latest/?q=trams", 301),
        "search": Page("/search/"),
        "search, ranked": Page("/search/?q=the+ferry"),
        "search, filtered": Page("/search/?q=trams&topic=trains&type=article&from=2026-01-01"),
        "search, newest first": Page("/search/?q=the&sort=newest"),
        "search, nothing found": Page("/search/?q=zeppelin"),
        "search, badly asked": Page("/search/?from=yesterday&topic=none"),
        "archive": Page("/archive/"),
        "archive of a year": Page(f"/archive/{own.published_at:%Y}/"),
        "archive of a month": Page(f"/archive/{own.published_at:%Y/%m}/"),
        "archive of a day": Page(f"/archive/{own.published_at:%Y/%m/%d}/"),
        "archive without stories": Page("/archive/1999/01/01/", 404),
        "archive without such a date": Page("/archive/2026/02/30/", 404),
        "article with our own words": Page(own.get_absolute_url()),
        "article of ours alone": Page(ours.get_absolute_url()),
        "article with an excerpt": Page(excerpt.get_absolute_url()),
        "video": Page(video.get_absolute_url()),
        "article with long texts": Page(long.get_absolute_url()),
        "article with hostile texts": Page(hostile.get_absolute_url()),
        "article in Arabic": Page(arabic.get_absolute_url()),
        "article with nothing but a headline": Page(bare.get_absolute_url()),
        "article with much related coverage": Page(told.get_absolute_url()),
        "withdrawn article": Page(withdrawn.get_absolute_url(), 410),
        "merged article": Page(twin.get_absolute_url(), 301),
        "preview of a draft": Page(previews.address_of(previews.make(draft, editor))),
        "preview of a public article": Page(previews.address_of(previews.make(own, editor))),
        "topics": Page("/topics/"),
        "topic in a tree": Page("/topics/trains/"),
        "topic, older page": Page(_older("/topics/trains/")),
        "topic in Arabic": Page(make_topic(ARABIC).get_absolute_url()),
        "merged topic": Page("/topics/rail/", 301),
        "providers": Page("/providers/"),
        "provider": Page(harbour.get_absolute_url()),
        "provider in Arabic": Page(station.get_absolute_url()),
        "merged provider": Page("/providers/the-post/", 301),
        "API": Page("/api/"),
        "missing page": Page("/articles/nowhere/", 404),
    }


def _older(address):
    return Client().get(address).context["older"]


def _picture(width, height, **fields):
    file = BytesIO()
    Drawing.new("RGB", (width, height), "#7a93a0").save(file, "JPEG", quality=30)
    name = default_storage.save("images/drawn.jpg", ContentFile(file.getvalue()))
    return make_image(file=name, width=width, height=height, **fields)


def _provider(name, domain, **fields):
    return make_provider(name, domain, logo=_picture(96, 96), **fields)
