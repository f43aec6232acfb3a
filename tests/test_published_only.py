"""Nothing unpublished is ever seen: no word of it, and no trace that it is there.

Two newsrooms are walked, door by door (`doors`), one with hidden articles in every state and one
without (`worlds`). Every answer must be the same in both, byte for byte: body, status and headers.
"""

import logging
from contextlib import ExitStack, contextmanager
from unittest import mock

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.test import Client, TestCase, override_settings
from django.urls import resolve
from django.utils import translation

from articles import previews
from articles.models import Article, OldAddress, PreviewLink, Provider, Tombstone, Topic
from articles.search import numbers_of
from articles.sitemaps import TopicMap

from . import worlds
from .clock import stopped_at
from .doors import Doors, ask, crawl, patterns
from .promises import IS_FULL, only_in_full
from .worlds import ASKED, NOW, NUMBER, WORD, World

LANGUAGES = ("en", "de", "ar")
QuerySet = type(Article.objects.all())


@contextmanager
def small_pages(language="en"):
    """Lists of several pages though there are few articles, at a moment that stands still."""
    with ExitStack() as stack:
        logging.disable(logging.WARNING)  # a 404 is what is asked for
        stack.callback(logging.disable, logging.NOTSET)
        stack.enter_context(stopped_at(NOW))
        stack.enter_context(translation.override(language))
        stack.enter_context(override_settings(STORIES_PER_PAGE=3, LANGUAGE_CODE=language))
        stack.enter_context(mock.patch("articles.api.original.PER_PAGE", 3))
        yield


class Pair:
    """A plan's newsroom without what is hidden, and with it. Use `left_behind`, then `make`."""

    def __init__(self, seed: int):
        self.world = World(seed)
        link = PreviewLink(secret="public")
        token = previews.address_of(link).split("/")[2]
        self.doors = Doors(self.world.slugs, [token])
        self.client = Client()

    def without(self) -> dict:
        """Every question there is and its answer; the newsroom is gone again. What readers have
        seen is asked for under the address of what stands for it."""
        with transaction.atomic():
            self.world.make(hidden=False)
            answers = crawl(self.doors.questions(), self._for_it)
            transaction.set_rollback(True)
        return answers

    def _for_it(self, question):
        address = question.address
        for slug, other in self.world.seen.items():
            for door in ("/articles/", "/api/v1/articles/"):
                address = address.replace(f"{door}{slug}/", f"{door}{other}/")
        return ask(self.client, question._replace(address=address))

    def differences(self, answers: dict):
        """(question, answer here, answer there) of each that is another one here."""
        for question, answer in answers.items():
            here = ask(self.client, question)
            if here != answer:
                yield question, here, answer


def told(answer) -> list[str]:
    """What it tells of hidden articles."""
    return [word for word in (WORD, str(NUMBER)) if word in answer.text]


class DoorsTests(TestCase):
    def test_a_pattern_with_an_unknown_part_is_no_door_until_it_is_known(self):
        doors = Doors({"articles": ["b"], "topics": ["b"], "providers": ["b"]})
        self.assertEqual(set(doors.addresses()), {route for route, _ in patterns()})
        self.assertIn("b", doors.values("new/<slug:slug>/", "slug"))
        with self.assertRaisesMessage(AssertionError, "nothing is known to stand for <author>"):
            doors.values("authors/<str:author>/", "author")


# Each is asked for again at the next request, whatever cache lies between.
KEPT_BY_NOBODY = {"no-cache", "no-store", "private, no-store"}


class NewsroomsTestCase(TestCase):
    def check(self, answers, differences):
        for question, here, there in differences:
            self.assertEqual(here, there, question)
        for question, answer in answers.items():
            said = told(answer), answer.header("Set-Cookie")
            self.assertEqual(said, ([], ""), question)
            self.assertLess(answer.status, 500, question)
            self.assertIn(answer.header("Cache-Control"), KEPT_BY_NOBODY, question)


class OtherNewsroomsTests(NewsroomsTestCase):
    @only_in_full  # one newsroom is the sample
    def test_nor_in_any_other_newsroom_or_language(self):
        for seed in range(1, 20):
            pair = Pair(seed)
            with (
                self.subTest(seed),
                small_pages(LANGUAGES[seed % 3]),
                transaction.atomic(),
            ):
                answers = pair.without()
                pair.world.make(hidden=True)
                self.check(answers, pair.differences(answers))
                transaction.set_rollback(True)


class SameNewsroomTests(NewsroomsTestCase):
    @classmethod
    def setUpTestData(cls):
        cls.pair = Pair(0)
        with small_pages():
            cls.answers = cls.pair.without()
            cls.pair.world.make(hidden=True)

    def test_hidden_articles_change_no_byte_of_any_answer(self):
        with small_pages():
            self.check(self.answers, self.pair.differences(self.answers))

    def test_nothing_but_the_address_changes_a_page(self):
        """No header that caches leave out of their keys, nor an editor's session."""
        editor = Client()
        editor.force_login(User.objects.get(username="merger"))
        asked = [each for each in self.answers if each.method == "GET" and not each.etag]
        with small_pages():
            for question in asked if IS_FULL else asked[::6]:
                if not question.address.startswith("/preview/"):
                    with self.subTest(question):
                        answer = ask(self.pair.client, question)
                        self.assertEqual(ask(editor, question, **UNKEYED), answer)

    def test_the_crawl_went_through_every_door(self):
        """And saw pages, not walls."""
        good = {each.address for each, answer in self.answers.items() if answer.status == 200}
        matched = {resolve(address.partition("?")[0]).route for address in good}
        missing = {route for route, _ in patterns()} - matched
        self.assertEqual(missing, {".well-known/security.txt"})
        self.assertEqual({answer.status for answer in self.answers.values()}, STATUSES)

    # The failing twins: a defence is taken away, and the crawl sees it. ---------------------------

    def assertSeen(self, start="/"):
        """That some answer at the addresses that begin so is another one, or tells of something."""
        some = {
            each: answer for each, answer in self.answers.items() if each.address.startswith(start)
        }
        self.assertNotEqual(some, {})
        with small_pages():
            found = next(self.pair.differences(some), None)
        self.assertIsNotNone(found, "nobody noticed")
        return found[1]

    def test_each_condition_of_the_rule_is_noticed_where_it_is_left_out(self):
        reached, lasts = Q(publish_from__lte=Now()), Q(publish_until=None)
        lasts |= Q(publish_until__gt=Now())
        public, whole = Q(status="published"), Q(status="published") & reached & lasts
        for name, rule in {
            **{name: whole | Q(status=name) for name in ("held", "review", "withdrawn", "trashed")},
            "scheduled": public & lasts,
            "expired": public & reached,
            "removed": whole | Q(feed_removed=True),
            "merged": whole | Q(merged_into__isnull=False),
        }.items():
            lax = mock.patch.object(QuerySet, "published", lambda self, at=None: self.filter(rule))  # noqa: B023
            with self.subTest(name), lax:
                self.assertIn(WORD, self.assertSeen(f"/articles/{ASKED}-never-{name}/").text)
                self.assertSeen("/api/v1/")

    def test_each_door_is_noticed_that_forgets_the_rule(self):
        every = lambda self, *names: self.all()  # noqa: E731
        topics, providers = type(Topic.objects.all()), type(Provider.objects.all())
        found_anywhere = lambda rows, *asked: numbers_of(Article.objects.all(), *asked)  # noqa: E731
        by_number = lambda self: Topic.objects.with_published().order_by("pk")  # noqa: E731
        for start, patch in {
            "/topics/": mock.patch.object(topics, "with_published", every),
            "/providers/": mock.patch.object(providers, "with_published", every),
            "/articles/": mock.patch.object(QuerySet, "once_public", every),
            "/api/v1/articles/": mock.patch.object(QuerySet, "once_public", every),
            "/sitemap-topics": mock.patch.object(TopicMap, "items", by_number),
            "/search/": mock.patch("articles.lists.numbers_of", found_anywhere),
            "/feed.": mock.patch("articles.feeds.ENTRIES", 1),  # the crawl is no sieve
        }.items():
            with self.subTest(start), patch:
                self.assertSeen(start)

    def test_an_address_is_noticed_that_leads_on_though_nobody_saw_it(self):
        for change, start in (
            (worlds.merged_old_addresses, "/topics/"),
            (self.bury_unseen, "/articles/"),
            (self.leave_unseen, "/articles/"),
        ):
            with self.subTest(change.__name__), transaction.atomic():
                self.assertTrue(change())
                self.assertSeen(start)
                transaction.set_rollback(True)

    def bury_unseen(self):
        never = Tombstone.objects.filter(slug="")
        return never.update(slug=f"{ASKED}-never-deleted")

    def leave_unseen(self):
        row = worlds.World.article(f"{ASKED}-never-held")
        return OldAddress.objects.create(slug=f"{row.slug}-left", source="seeds", stem=row.stem)


UNKEYED = {
    "accept-language": "de",
    "user-agent": "crawler",
    "x-forwarded-host": "evil.example",
    "x-forwarded-proto": "https",
    "x-forwarded-port": "81",
    "x-http-method-override": "POST",
    "x-original-url": "/admin/",
    "x-rewrite-url": "/admin/",
    "forwarded": "host=evil.example",
    "if-modified-since": "Tue, 10 Mar 2099 12:00:00 GMT",
}
STATUSES = {200, 204, 301, 304, 400, 404, 405, 410}
