"""What is taken off is gone at the next request, at every door and past every cache; what is
scheduled comes and goes at its moment.

Every door of `tests.doors` is asked through kept pages (`newsroom.pagecache`), all of them warm.
"""

import time
from datetime import timedelta
from random import Random
from types import SimpleNamespace
from unittest import mock

from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, transaction
from django.db.models.functions import Now
from django.test import TestCase
from django.urls import Resolver404, resolve
from django.utils import timezone

from articles import bulk, editions, merging, previews
from articles.decisions import decide
from articles.models import (
    Article,
    BulkAction,
    BulkItem,
    OldAddress,
    Pin,
    PreviewLink,
    Provider,
    Topic,
)
from newsroom.pagecache import Memory, PageCache
from tests.clock import stopped_at
from tests.doors import Answer, Doors, Question, patterns
from tests.factories import make_editor
from tests.promises import IS_FULL, trials
from tests.test_editions import end_of_transaction
from tests.test_pagecache import ask
from tests.test_published_only import QuerySet, small_pages
from tests.worlds import ASKED, DAY, HOUR, NOW, WORD, World

Status = Article.Status
HERE = f"{ASKED}-here"
ROOM = 64_000_000
MILLISECOND = timedelta(milliseconds=1)


class Readers:
    """A newsroom as its readers ask: through kept pages."""

    def __init__(self, shelf: Memory | None = None):
        self.shelf = shelf or Memory(ROOM)
        self.newsroom = WSGIHandler()
        self.kept = PageCache(self.newsroom, [self.shelf])

    def with_these_pages(self) -> "Readers":
        """Others, to whom the same pages were shown."""
        shelf = Memory(ROOM)
        for key, page in self.shelf._pages.items():
            shelf.put(key, page)
        return Readers(shelf)

    def asked(self, question: Question) -> Answer:
        return self._answer(self.kept, question)

    def made_now(self, question: Question) -> Answer:
        """What no cache says."""
        return self._answer(self.newsroom, question)

    @staticmethod
    def _answer(application, question: Question) -> Answer:
        headers = {"HTTP_IF_NONE_MATCH": question.etag} if question.etag else {}
        status, named, body = ask(application, question.address, question.method, **headers)
        return Answer(status, tuple(sorted(named.items())), body)


def route_of(question: Question) -> str:
    try:
        return resolve(question.address.partition("?")[0]).route
    except Resolver404:
        return "none"


class EveryDoor(Doors):
    """None is left out of a sample: there are few articles."""

    @staticmethod
    def _sample(route, slugs):
        return slugs


class Newsroom(TestCase):
    """`article` stands on every public surface, WORD in all of its texts and `HERE` in its
    address."""

    @classmethod
    def setUpTestData(cls):
        cls.editor = make_editor("editor")
        with small_pages():
            cls.world = World(0, size=5)
            cls.world.make(hidden=False)
            Pin.objects.all().delete()
            cls.article = cls.add(HERE, WORD)
            end_of_transaction()
        link = PreviewLink(secret=HERE)
        slugs = {
            "articles": [HERE, f"{HERE}-left", "public-0"],
            "topics": ["ferries", HERE],
            "providers": ["harbour-post", HERE],
        }
        doors = EveryDoor(slugs, [previews.address_of(link).split("/")[2]])
        more = [Question("GET", f"{door}?q={WORD}") for door in ("/search/", "/feed.atom")]
        known = {route for route, _ in patterns()}
        cls.questions = [
            each
            for each in [*doors.questions(), *more]
            if each.method == "GET" and route_of(each) in known
        ]

    @classmethod
    def add(cls, slug: str, word: str, at=NOW - HOUR, **changes) -> Article:
        plan = cls.world._article(9) | {
            "slug": slug,
            "stem": f"2026-03-10-{slug}",
            "title": f"{word} ferry and train",
            "excerpt": f"What {word} did.",
            "body": f"Our words, {word}.",
            "published_at": NOW - HOUR,
            "publish_from": at,
            "web_url": f"https://outlet.example/{100 + Article.objects.count()}",
            "topics": [0],
            "images": [0],
        }
        row = cls.world._make_public(plan, **changes)
        row.provider = Provider.objects.create(name=word, domain=f"{slug}.example", slug=slug)
        row.save()
        row.topics.add(Topic.objects.create(name=word, slug=slug))
        if Pin.objects.count() < 3:
            Pin.objects.create(place=Pin.objects.count() + 1, article=row, at=NOW)
        other = Article.objects.get(slug="public-0")
        place = other.related_items.count()
        other.related_items.create(position=place, title="It", web_url=row.web_url)
        OldAddress.objects.create(slug=f"{slug}-left", source="seeds", stem=row.stem)
        PreviewLink.objects.create(article=row, secret=slug, made_at=NOW, expires_at=NOW + DAY)
        return row

    def setUp(self):
        editions._own.__dict__.clear()


def tells(question: Question, answer: Answer, word=WORD, slug=HERE) -> bool:
    """Whether it holds something of the article that the question did not say itself."""
    return _tells(question.address, answer.text, word, slug)


def _tells(address: str, text: str, *words: str) -> bool:
    return any(each in text and each not in address for each in words)


# The doors that tell of no single article.
SILENT = {
    *("api/", "api/openapi.json", "robots.txt", ".well-known/security.txt", "healthz", "readyz"),
    *("archive/", "archive/<year:year>/", "archive/<year:year>/<two:month>/", "sitemap.xml"),
}


class WithdrawnAtOnceTests(Newsroom):
    def deeds(self) -> dict:
        """What takes it off the site."""
        pk, by = self.article.pk, self.editor
        rows = Article.objects.filter(pk=pk)
        return {
            "withdraw": lambda: decide(pk, Status.WITHDRAWN, by, reason="It was wrong."),
            "hold": lambda: decide(pk, Status.HELD, by),
            "trash": lambda: decide(pk, Status.TRASHED, by),
            "merge": lambda: merging.merge(Article.objects.get(slug="public-0").pk, pk, by),
            "delete": rows.delete,
            "bulk": lambda: self.in_bulk(rows),
            "end": lambda: rows.update(publish_until=NOW),
            "embargo": lambda: rows.update(publish_from=NOW + MILLISECOND),
            "by hand": lambda: self.by_hand(pk),
        }

    def in_bulk(self, rows):
        choices = {"reason": "It was wrong."}
        action = bulk.choose(self.editor, BulkAction.Deed.WITHDRAW, rows, choices=choices)
        self.assertTrue(bulk.go_on(action))
        self.assertEqual(bulk.counts(action), {BulkItem.Outcome.CHANGED: 1})

    @staticmethod
    def by_hand(pk):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE articles_article SET status = 'held' WHERE id = %s", [pk])

    def warm(self) -> tuple[Readers, dict[Question, Answer]]:
        """The readers, and what tells of the article."""
        readers = Readers()
        answers = {each: readers.asked(each) for each in self.questions}
        return readers, {each: answer for each, answer in answers.items() if tells(each, answer)}

    def still_told(self, name: str, readers: Readers, answers: dict[Question, Answer]) -> list:
        """The questions of these that are answered as before by the next request, after that deed;
        which is then taken back."""
        found = []
        with transaction.atomic():
            editions._own.__dict__.clear()
            self.deeds()[name]()
            end_of_transaction()
            others = readers.with_these_pages()
            for question, before in answers.items():
                if name in STILL_PREVIEWED and route_of(question) == "preview/<str:token>/":
                    continue
                etag = before.header("ETag")
                for each in (question, *([question._replace(etag=etag)] if etag else [])):
                    answer = others.asked(each)
                    if answer.status == 304 or tells(each, answer):
                        found.append((name, each))
            transaction.set_rollback(True)
        editions._own.__dict__.clear()
        return found

    def test_whatever_takes_it_off_it_is_gone_at_the_next_request(self):
        with small_pages():
            readers, answers = self.warm()
            told = {route_of(each) for each in answers}
            self.assertEqual({route for route, _ in patterns()} - told, SILENT)
            asked = list(answers)
            for number, name in enumerate(self.deeds()):
                some = asked if IS_FULL else asked[number :: len(self.deeds())]
                with self.subTest(name):
                    some = {each: answers[each] for each in some}
                    self.assertEqual(self.still_told(name, readers, some), [])

    def test_the_twins_still_tell(self):
        """With nothing counted, kept pages do; with a rule that forgets it, all of them."""
        with small_pages():
            own = [each for each in self.questions if each.address == f"/articles/{HERE}/"]
            for_ever = editions._Known(1, "1", float("inf"))
            with (
                mock.patch.object(editions, "_number", return_value=1),
                mock.patch.object(editions, "_ask", return_value=for_ever),
            ):
                readers = Readers()
                answers = {each: readers.asked(each) for each in own}
                self.assertNotEqual(self.still_told("withdraw", readers, answers), [])
            self.assertEqual(self.still_told("withdraw", readers, answers), [])
            lax = lambda rows, at=None: rows.filter(status__in=["published", "withdrawn"])  # noqa: E731
            with mock.patch.object(QuerySet, "published", lax):
                self.assertNotEqual(self.still_told("withdraw", readers, answers), [])


# A preview link of what is held, or waits, is what previews are for.
STILL_PREVIEWED = {"hold", "end", "embargo", "by hand"}


class KeepsTimeTests(Newsroom):
    """Each comes and goes at its moment, to the millisecond."""

    def timed(self, count: int) -> list[tuple]:
        """(moment, place in the list of articles, whether it is public from then on), in order."""
        rnd, moments = Random(3), []
        self.articles = []
        for number in range(count):
            begins, ends = sorted(rnd.sample(range(2, 10_000_000, 7), 2))
            begin, end = (NOW + each * MILLISECOND for each in (begins, ends))
            slug, word = f"{ASKED}-timed-{number}-x", f"{WORD}x{number}x"
            self.add(slug, word, begin, publish_until=end)
            self.articles.append((slug, word, begin, end))
            moments += [(begin, number, True), (end, number, False)]
        end_of_transaction()
        return sorted(moments)

    def own(self, number: int) -> list[Question]:
        """Where it must stand while it is public, and nowhere else may."""
        slug, word, *_ = self.articles[number]
        addresses = [
            *(f"/articles/{slug}/", f"/api/v1/articles/{slug}/", f"/topics/{slug}/feed.json"),
            *(f"/topics/{slug}/", f"/providers/{slug}/", f"/search/?q={word}"),
            *(f"/feed.atom?q={word}", "/sitemap-articles.xml", "/api/v1/articles/?limit=100"),
            *(f"/oembed?url=http://testserver/articles/{slug}/", f"/api/news/{slug}/index.json"),
        ]
        return [Question("GET", each) for each in addresses]

    def wrong(self, moments, more: int, most: int | None = None) -> list:
        """What is not as it should be a millisecond before and after each of these moments, in
        kept pages and in those made now. At each, every `more`-th of all doors is asked besides the
        article's own, of which `most` are (None: all)."""
        found, readers = [], Readers()
        since = SimpleNamespace(
            monotonic=lambda: (timezone.now() - NOW) / timedelta(seconds=1), time_ns=time.time_ns
        )
        with stopped_at(NOW) as set_to, mock.patch.object(editions, "time", since):
            for turn, (moment, number, begins) in enumerate(moments):
                known: dict[Question, Answer] = {}
                own = self.own(number)[:most]
                for at in (moment - MILLISECOND, moment + MILLISECOND):
                    set_to(at)
                    is_public = begins == (at > moment)
                    hidden = [each for each in self.articles if not each[2] <= at < each[3]]
                    for question in [*own, *self.questions[turn % more :: more]]:
                        kept, now = readers.asked(question), readers.made_now(question)
                        etag = known.get(question, kept).header("ETag")
                        again = readers.asked(question._replace(etag=etag)) if etag else kept
                        slug, word, *_ = self.articles[number]
                        text = kept.text
                        early = any(_tells(question.address, text, *each[:2]) for each in hidden)
                        late = question in own and kept.status != 200
                        if question in own and is_public and not late:
                            late = slug not in text and word not in text
                        stale = kept.body != now.body or (
                            again.status == 304 and known.get(question, kept).body != now.body
                        )
                        if early or stale or (is_public and late):
                            found.append((question.address, at))
                        known[question] = kept
        return found

    def test_to_the_millisecond_at_every_door(self):
        with small_pages():
            moments = self.timed(trials(1, 100))
            self.assertEqual(self.wrong(moments, more=trials(30, 60)), [])

    def test_the_twins_are_early_or_late(self):
        with small_pages():
            moments = self.timed(1)
            with mock.patch.object(editions, "_moments", return_value=[None]):
                self.assertNotEqual(self.wrong(moments, more=200, most=2), [])
            editions._own.__dict__.clear()
            for name, rule in {
                "begin": {"publish_until__gt": Now()},
                "end": {"publish_from__lte": Now()},
            }.items():
                lax = lambda rows, at=None: rows.filter(status="published", **rule)  # noqa: E731, B023
                with self.subTest(name), mock.patch.object(QuerySet, "published", lax):
                    self.assertNotEqual(self.wrong(moments, more=200, most=2), [])
