"""Newsrooms by chance, for the proofs that nothing hidden is seen: `World(seed)` is a plan of
public articles and of hidden ones in every state, which share their providers, topics, pictures,
links, hours and places on the front page.

`make(hidden=False)` and `make(hidden=True)` write it, the hidden rows anywhere between the others,
so that no row has the number that it has in the other newsroom. What readers see is said by the
plan alone, and must come out the same, byte for byte.

Each text of what is hidden holds WORD, each number is NUMBER, each part of an address ASKED: by
these a reader's question may name it, by the others never.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random

from django.db import models

from articles import previews, workflow
from articles.models import (
    Article,
    ArticleImage,
    Delivery,
    DuplicatePair,
    Image,
    Lead,
    OldAddress,
    Pin,
    PreviewLink,
    Proposal,
    Provider,
    RelatedImage,
    RelatedItem,
    Revision,
    Topic,
    TopicAlias,
)
from articles.models.derived import Derived
from articles.models.fields import WebURLField

from .factories import make_editor

NOW = datetime(2026, 3, 10, 12, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WORD, NUMBER, ASKED = "kestrel", 987_654, "canary"
Status = Article.Status
PUBLISHED = Status.PUBLISHED
PAST = {"publish_from": NOW - 2 * DAY}

# What hides an article. Of each there is one that readers have never seen, and one that they have.
STATES = {
    "held": {"status": Status.HELD, **PAST},
    "review": {"status": Status.REVIEW, **PAST},
    "scheduled": {"status": PUBLISHED, "publish_from": NOW + timedelta(milliseconds=1)},
    "expired": {"status": PUBLISHED, "publish_until": NOW, **PAST},
    "withdrawn": {"status": Status.WITHDRAWN, "withdrawn_at": NOW - HOUR, **PAST},
    "removed": {"status": Status.WITHDRAWN, "withdrawn_at": NOW, "feed_removed": True, **PAST},
    "trashed": {"status": Status.TRASHED, **PAST},
    "merged": {"status": Status.TRASHED, **PAST},
    "deleted": {"status": Status.HELD, **PAST},
}
# What an address answers that readers have seen, and see there no more: as this one of the plan's.
STANDS_FOR = {"merged": "public-merged", "deleted": "public-buried"}

OUTLETS = [
    *(("Harbour Post", "harbour.example", "harbour-post"), ("Radio", "radio.example", "radio")),
    # Alike but for a letter's case: nothing but their addresses tells which stands first.
    *(("Courier", "courier.example", "b-courier"), ("courier", "courier.example", "a-courier")),
]
TOPICS = [("Ferries", "ferries"), ("Trains", "b-trains"), ("trains", "a-trains"), ("Bells", "bell")]


class World:
    def __init__(self, seed: int, size: int = 8):
        self.rnd = Random(seed)
        self.public = [self._article(number) for number in range(size)]
        self.places = self.rnd.sample(range(1, 11), 6)  # on the front page
        self.hidden = [
            self._hidden(f"{ASKED}-{seen}-{state}", state, seen == "seen")
            for state in STATES
            for seen in ("never", "seen")
        ]

    # The plan -----------------------------------------------------------------------------------

    def _article(self, number: int) -> dict:
        some = self.rnd
        published_at = NOW - some.choice([1, 1, 5, 26, 50, 50, 400]) * HOUR
        return {
            "slug": f"public-{number}",
            "stem": f"{published_at:%Y-%m-%d}-public-{number}",
            "title": f"Ferry {number} waits for a train",
            "excerpt": f"What the ferry did in story {number}, and why it waits.",
            "body": some.choice(["", f"Our **own** words, {number}."]),
            "note": f"Ask the ferry {number}.",
            "published_at": published_at,
            "publish_from": published_at + some.choice([0, 1]) * timedelta(minutes=20),
            "type": some.choice(["article", "article", "video"]),
            "web_url": f"https://outlet.example/{number}",
            "heat": some.choice([None, -1, 80, 80, 120]),
            "outlet": some.choice([None, *range(len(OUTLETS))]),
            "topics": some.sample(range(len(TOPICS)), some.randrange(1, 4)),
            "images": some.sample(range(3), some.randrange(3)),
            "related": [
                (place, some.randrange(len(OUTLETS)), f"https://elsewhere.example/{link}")
                for place, link in enumerate(some.sample(range(20), some.randrange(4)))
            ],
        }

    def _hidden(self, slug: str, state: str, is_seen: bool) -> dict:
        some = self.rnd
        start = STATES[state].get("publish_from")
        first = (start if state == "scheduled" else None) if not is_seen else NOW - 2 * DAY
        number = len(self.public) + some.randrange(12)  # the same twice: possible duplicates
        return {
            "slug": slug,
            "stem": f"2026-03-10-{slug}",
            "state": state,
            "is_seen": is_seen,
            "first_public_at": first,
            "published_at": some.choice([NOW, *(each["published_at"] for each in self.public)]),
            "type": some.choice(["article", "video"]),
            "web_url": some.choice(
                [f"https://elsewhere.example/{number}", some.choice(self.public)["web_url"]]
            ),
            # None: one of its own.
            "outlet": some.choice([None, *range(len(OUTLETS))]),
            "topics": some.sample(range(len(TOPICS)), some.randrange(3)),
            "images": some.sample(range(3), some.randrange(3)),
        }

    @property
    def seen(self) -> dict[str, str]:
        """Address of a hidden article that readers have seen -> that which answers alike."""
        return {
            each["slug"]: STANDS_FOR.get(each["state"], "public-gone")
            for each in self.hidden
            if each["is_seen"]
        }

    @property
    def slugs(self) -> dict[str, list[str]]:
        """Of articles, topics and providers: all that there are, that were, and that are not."""
        hidden = [each["slug"] for each in self.hidden]
        public = [each["slug"] for each in self.public]
        other = ["public-gone", "public-merged", "public-buried", "public-left", "missing"]
        other += [f"{ASKED}-never-held-left"]
        own = [*hidden, f"{ASKED}-merged", "missing"]
        return {
            "articles": [*public, *other, *hidden],
            "topics": [*(slug for _, slug in TOPICS), "old-topic", *own],
            "providers": [*(outlet[2] for outlet in OUTLETS), "old-outlet", *own],
        }

    # Written ------------------------------------------------------------------------------------

    def make(self, *, hidden: bool) -> None:
        steps: list[Callable] = [lambda plan=plan: self._make_public(plan) for plan in self.public]
        if hidden:
            some = Random(str(self.slugs))
            for plan in self.hidden:
                place = some.randrange(len(steps) + 1)
                steps.insert(place, lambda plan=plan: self._make_hidden(plan))
            # The first of all, with what is shared, in an order of its own.
            for row in reversed(range(len(TOPICS))):
                topic(row), outlet(row), image(row)
        for step in steps:
            step()
        self._tie_public()
        if hidden:
            self._tie_hidden()

    def _make_public(self, plan: dict, **changes) -> Article:
        plan = plan | changes
        given = {name: value for name, value in plan.items() if name not in ("outlet", *TIES)}
        row = Article(source="seeds", status=PUBLISHED, first_public_at=plan["publish_from"])
        for name, value in given.items():
            setattr(row, name, value)
        row.provider = None if plan["outlet"] is None else outlet(plan["outlet"])
        row.save()
        tie(row, plan)
        for place, other, url in plan["related"]:
            item = RelatedItem.objects.create(
                article=row,
                position=place,
                title=f"Elsewhere {place} of {plan['slug']}",
                web_url=url,
                provider=outlet(other),
            )
            RelatedImage.objects.create(related_item=item, image=image(place))
        return row

    def _tie_public(self) -> None:
        first, second = self.article("public-0"), self.article("public-1")
        link = {"made_at": NOW, "expires_at": NOW + DAY}
        PreviewLink.objects.create(article=second, secret="public", **link)
        Pin.objects.create(place=self.places[0], article=first, at=NOW)
        Pin.objects.create(place=self.places[1], article=second, at=NOW)
        OldAddress.objects.create(slug="public-left", source="seeds", stem=first.stem)
        outlet(0).aliases.create(name="The Post", domain="post.example", slug="old-outlet")
        shared = [outlet[2] for outlet in OUTLETS]
        Provider.objects.filter(slug__in=shared).update(description="An outlet.")
        shared = [slug for _, slug in TOPICS]
        Topic.objects.filter(slug__in=shared).update(description="All of it.", short_name="It")
        topic(0).aliases.create(name="Boats", slug="old-topic")
        trains = topic(1)
        trains.parent = topic(0)
        trains.save()
        alike = {"source": "seeds", "title": "Once", "published_at": NOW - 9 * DAY}
        alike["first_public_at"] = alike["publish_from"] = NOW - 8 * DAY
        rows = {
            "gone": {"status": Status.WITHDRAWN},
            "merged": {"status": Status.TRASHED, "merged_into": first},
            "buried": {"status": Status.HELD},
        }
        for name, state in rows.items():
            row = {"slug": f"public-{name}", "stem": f"public-{name}"}
            Article.objects.create(**alike, **row, **state)
        self.article("public-buried").delete()

    def _make_hidden(self, plan: dict) -> None:
        slug = plan["slug"]
        file = f"{WORD}-{slug}.jpg"
        size = {"width": NUMBER, "height": NUMBER}
        picture = fill(Image, url=f"https://a.example/{file}", file=f"images/{file}", **size)
        own = fill(Provider, slug=slug, name=f"{WORD} {slug}", domain=f"{slug}.example")
        own.logo = picture
        own.save()
        its = fill(Topic, slug=slug, name=f"{WORD} {slug}", image=picture)
        row = fill(
            Article,
            title=f"{WORD} ferry train story {slug}",  # and found by what finds the others
            source="seeds",
            provider=own if plan["outlet"] is None else outlet(plan["outlet"]),
            **{name: plan[name] for name in SAME},
            **STATES[plan["state"]],
        )
        tie(row, plan)
        ArticleImage.objects.create(article=row, image=picture, position=9)
        row.topics.add(its)
        for place, url in enumerate((self.public[0]["web_url"], "https://elsewhere.example/1")):
            item = fill(RelatedItem, article=row, position=place, provider=own, web_url=url)
            RelatedImage.objects.create(related_item=item, image=picture)
        content = f"---\ntitle: {WORD}\n---\n".encode()
        fill(Delivery, article=row, content=content, meaning=WORD, digest=WORD)
        fill(Lead, article=row, content=content, last_at=NOW)
        Proposal.objects.create(article=row, field="title", base=WORD, theirs=WORD)
        Revision.objects.create(article=row, kind=Revision.Kind.EDIT, changes={"title": [WORD, ""]})

    def _tie_hidden(self) -> None:
        places, first = iter(self.places[2:]), self.article("public-0")
        for plan in self.hidden:
            row = self.article(plan["slug"])
            DuplicatePair.objects.create(
                first=first, second=row, is_same_link=True, is_alike_title=True
            )
            if row.status not in previews.HIDDEN:
                link = {"made_at": NOW, "expires_at": NOW + DAY}
                PreviewLink.objects.create(article=row, secret=plan["slug"], **link)
            if (place := next(places, None)) is not None:
                Pin.objects.create(place=place, article=row, at=NOW)
            if not plan["is_seen"]:
                OldAddress.keep(row, f"{plan['slug']}-left")
            if plan["state"] == "merged":
                Article.objects.filter(pk=row.pk).update(merged_into=first)
            if plan["state"] == "deleted":
                row.delete()
        # Topics and an outlet of what nobody has seen, merged into those that readers know.
        by = make_editor("merger")
        merged = fill(Topic, slug=f"{ASKED}-merged", name=f"{WORD} merged")
        self.article(f"{ASKED}-never-held").topics.add(merged)
        workflow.merge_topics(topic(0), [merged], by)
        merged = fill(Provider, slug=f"{ASKED}-merged", name=f"{WORD} merged", domain="m.example")
        Article.objects.filter(slug=f"{ASKED}-never-review").update(provider=merged)
        workflow.merge_providers(outlet(0), [merged], by)
        # And around the public ones: wider and narrower than these.
        lost = Topic.objects.get(slug=f"{ASKED}-never-held")
        Topic.objects.filter(slug=f"{ASKED}-never-review").update(parent=topic(0))
        Topic.objects.filter(pk=topic(0).pk).update(parent=lost)

    @staticmethod
    def article(slug: str) -> Article:
        return Article.objects.get(slug=slug)


TIES = ("topics", "images", "related")
SAME = ("slug", "stem", "first_public_at", "published_at", "type", "web_url")


def tie(row: Article, plan: dict) -> None:
    row.topics.add(*(topic(number) for number in plan["topics"]))
    for place, number in enumerate(plan["images"]):
        ArticleImage.objects.create(article=row, image=image(number), position=place)


def outlet(number: int) -> Provider:
    name, domain, slug = OUTLETS[number]
    row = Provider.objects.filter(slug=slug).first()
    return row or Provider.objects.create(name=name, domain=domain, slug=slug, logo=image(3))


def topic(number: int) -> Topic:
    name, slug = TOPICS[number]
    row = Topic.objects.filter(slug=slug).first()
    return row or Topic.objects.create(name=name, slug=slug)


def image(number: int) -> Image:
    url = f"https://pictures.example/{number}.jpg"
    size = {"width": 1200, "height": 675, "alt_text": f"Picture {number}"}
    given = {"file": f"images/{number}.jpg", **size}
    return Image.objects.get_or_create(url=url, defaults=given)[0]


def fill(model, **given):
    """A row of which each text holds WORD, each number is NUMBER, new columns too."""
    values = dict(given)
    for field in model._meta.concrete_fields:
        if {field.name, field.attname} & given.keys() or field.is_relation or field.choices:
            continue
        if isinstance(field, Derived) or not field.editable and field.has_default():
            continue
        if isinstance(field, WebURLField):
            values[field.name] = f"https://{WORD}.example/{field.name}"
        elif isinstance(field, models.CharField | models.TextField):
            values[field.name] = f"{WORD} {field.name}"
        elif isinstance(field, models.JSONField):
            values[field.name] = [WORD]
        elif isinstance(field, models.IntegerField) and field.null:
            values[field.name] = NUMBER
    return model.objects.create(**values)


def merged_old_addresses() -> int:
    """What a newsroom told that kept the address of every merged topic: the twin."""
    old = TopicAlias.objects.filter(name=f"{WORD} merged")
    return old.update(slug=f"{ASKED}-merged")
