"""Kept pages are what the newsroom would answer now, whatever was done to it meanwhile; in this
process's memory, and shared through Redis."""

import threading
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from itertools import compress
from socket import create_connection
from unittest import SkipTest, mock

from django.contrib.auth import get_user_model
from django.core.cache import caches
from django.core.exceptions import ValidationError
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import DatabaseError, close_old_connections
from django.test import RequestFactory, SimpleTestCase, TestCase, override_settings
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as PropertyTestCase

from articles import curation, editions, merging
from articles.decisions import decide
from articles.models import Article, Image, Topic
from newsroom import pagecache
from newsroom.pagecache import Memory, Page, PageCache, Shared
from tests.factories import (
    make_article,
    make_editor,
    make_image,
    make_provider,
    make_related_item,
)
from tests.importing.test_pipeline import ImportTestCase
from tests.promises import trials
from tests.test_editions import end_of_transaction

REDIS = "redis://127.0.0.1:6379/9"
Status = Article.Status
User = get_user_model()


def environ(address, method="GET", **headers):
    path, _, query = address.partition("?")
    made = RequestFactory().generic(method, path, QUERY_STRING=query, **headers).environ
    return {"HTTP_HOST": "testserver"} | made | {"wsgi.input": BytesIO()}


def ask(application, address, method="GET", **headers):
    """(status, headers, body)."""
    said = []
    with the_tests_own_connection():
        result = application(environ(address, method, **headers), lambda *what: said.append(what))
        body = b"".join(result)
        if hasattr(result, "close"):
            result.close()
    [(status, fields)] = said
    return int(status[:3]), dict(fields), body


@contextmanager
def the_tests_own_connection():
    """A request begins and ends with closing connections, and this one is in a transaction."""
    signals = (request_started, request_finished)
    had = [signal.disconnect(close_old_connections) for signal in signals]
    try:
        yield
    finally:
        for signal in compress(signals, had):
            signal.connect(close_old_connections)


class Counting:
    """Django's application, and what it was asked."""

    def __init__(self):
        self._application, self.asked = WSGIHandler(), []

    def __call__(self, environ, start_response):
        self.asked.append(environ["PATH_INFO"])
        return self._application(environ, start_response)


def in_memory():
    return [Memory(8_000_000)]


def in_redis():
    """Skips where none listens, or its client is not installed."""
    try:
        import redis  # noqa: F401

        create_connection(("127.0.0.1", 6379), timeout=1).close()
    except (ImportError, OSError) as error:
        raise SkipTest(f"no Redis on port 6379 to keep pages with ({error})") from None
    cache = caches.create_connection("redis") if "redis" in caches.settings else None
    cache.clear()
    return [Shared(cache, "this build")]


CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "redis": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS},
}


@override_settings(CACHES=CACHES)
class PageCacheTestCase(TestCase):
    shelves = staticmethod(in_memory)

    def setUp(self):
        super().setUp()
        editions._own.__dict__.clear()
        self.newsroom = Counting()
        self.kept = PageCache(self.newsroom, self.shelves())

    def get(self, address, method="GET", **headers):
        end_of_transaction()
        return ask(self.kept, address, method, **headers)

    def made(self, address, *args, **headers) -> bool:
        """Whether the newsroom was asked for it."""
        before = len(self.newsroom.asked)
        self.get(address, *args, **headers)
        return len(self.newsroom.asked) > before


class KeepingTests(PageCacheTestCase):
    def setUp(self):
        super().setUp()
        self.article = make_article(title="The ferry waits", topics=["Trains"])
        self.page = self.article.get_absolute_url()

    def test_a_page_is_made_once(self):
        for address in ("/", self.page, "/search/?q=ferry", "/feed.atom", "/api/v1/articles/"):
            with self.subTest(address):
                first, again = self.get(address), self.get(address)
                self.assertEqual(first[0], 200)
                self.assertEqual(first, again)
                self.assertEqual(self.newsroom.asked.count(address.partition("?")[0]), 1)

    def test_what_a_server_does_to_its_headers_is_not_kept(self):
        def compress(_status, headers):
            headers.append(("Content-Encoding", "gzip"))

        first = self.get("/")
        for _time in range(2):
            with the_tests_own_connection():
                self.kept(environ("/"), compress)
        self.assertEqual(self.get("/"), first)

    def test_it_is_what_the_newsroom_answers(self):
        for address in ("/", self.page, "/topics/trains/", "/feed.json", "/sitemap.xml"):
            with self.subTest(address):
                plain, kept = ask(self.newsroom, address), self.get(address)
                self.assertEqual(kept[2], plain[2])
                self.assertEqual(kept[1] | plain[1], kept[1])  # besides it, an ETag
                self.assertEqual(self.get(address)[2], plain[2])

    def test_who_has_it_is_told_so(self):
        _status, headers, _body = self.get(self.page)
        for asked in (headers["ETag"], f'"other", W/{headers["ETag"]}', "*"):
            with self.subTest(asked):
                status, named, body = self.get(self.page, HTTP_IF_NONE_MATCH=asked)
                self.assertEqual((status, body), (304, b""))
                self.assertEqual(named["ETag"], headers["ETag"])
                self.assertNotIn("Content-Length", named)
                self.assertIn("Content-Security-Policy", named)
        self.assertEqual(self.get(self.page, HTTP_IF_NONE_MATCH='"other"')[0], 200)

    def test_whoever_asks_first_for_less_others_get_all(self):
        etag = ask(PageCache(self.newsroom, []), self.page)[1]["ETag"]
        self.assertEqual(self.get(self.page, HTTP_IF_NONE_MATCH=etag)[0], 304)
        self.assertIn(b"The ferry waits", self.get(self.page)[2])
        status, headers, body = self.get(self.page, "HEAD")
        self.assertEqual((status, body), (200, b""))
        self.assertEqual(int(headers["Content-Length"]), len(self.get(self.page)[2]))

    def test_what_is_not_for_everybody_is_made_each_time(self):
        held = make_article(is_published=False)
        for address in (
            *("/healthz", "/readyz", "/news-sitemap.xml", "/admin/login/", "/preview/none/"),
            *("/nothing/", held.get_absolute_url(), "/search/?from=never&q=" + "a" * 1000),
        ):
            with self.subTest(address):
                self.assertTrue(self.made(address))
                self.assertTrue(self.made(address))
        self.get(self.page)
        self.assertTrue(self.made(self.page, "POST"))
        self.assertTrue(
            self.made(self.page, HTTP_IF_MODIFIED_SINCE="Mon, 02 Nov 2026 09:00:00 GMT")
        )

    def test_hosts_schemes_and_questions_have_pages_of_their_own(self):
        self.get("/latest/")
        self.assertTrue(self.made("/latest/?after=none"))
        self.assertEqual(self.get("/latest/", HTTP_HOST="elsewhere.example")[0], 400)
        made = environ("/latest/") | {"wsgi.url_scheme": "https"}
        self.assertNotEqual(
            self.kept._request(made), self.kept._request(environ("/latest/")), "one for both"
        )

    def test_a_reader_with_a_cookie_is_a_reader(self):
        self.get("/")
        self.assertFalse(self.made("/", HTTP_COOKIE="sessionid=whatever"))

    def test_with_the_database_away_the_newsroom_is_asked(self):
        with mock.patch.object(editions, "current", side_effect=DatabaseError):
            self.assertTrue(self.made(self.page))
            self.assertTrue(self.made(self.page))
        self.assertTrue(self.made(self.page))

    def test_what_was_made_while_something_changed_is_not_kept(self):
        def slowly(environ, start_response):
            answer = self.newsroom(environ, start_response)
            Article.objects.filter(pk=self.article.pk).update(title="Changed meanwhile")
            end_of_transaction()
            return answer

        self.kept.application = slowly
        self.get(self.page)
        self.kept.application = self.newsroom
        self.assertIn(b"Changed meanwhile", self.get(self.page)[2])


class ChangeTests(PageCacheTestCase):
    def test_a_withdrawal_is_seen_at_the_next_request(self):
        article = make_article(title="Wrong", topics=["Trains"])
        pages = ["/", "/latest/", "/topics/trains/", "/feed.rss", "/search/?q=wrong"]
        etags = {each: self.get(each)[1]["ETag"] for each in [*pages, article.get_absolute_url()]}
        decide(article.pk, Status.WITHDRAWN, make_editor(), reason="It was wrong.")
        for address, etag in etags.items():
            with self.subTest(address):
                status, _headers, body = self.get(address, HTTP_IF_NONE_MATCH=etag)
                self.assertNotEqual(status, 304)
                self.assertNotIn(b"Wrong", body)

    def test_what_no_reader_sees_moves_no_page(self):
        make_article()
        held = make_article(is_published=False, topics=["Trains"])
        self.get("/")
        held.title = "Another"
        held.save()
        make_article(is_published=False, related=2)
        self.assertFalse(self.made("/"))

    def test_time_alone_moves_pages(self):
        article = make_article(title="At noon", publish_from=timezone.now() + timedelta(hours=1))
        self.assertNotIn(b"At noon", self.get("/latest/")[2])
        self.assertFalse(self.made("/latest/"))
        later = editions.time.monotonic() + 3601
        # The row is moved, since the database's clock cannot be; and its edition not told.
        with connection_without_triggers():
            now = timezone.now() - timedelta(seconds=1)
            Article.objects.filter(pk=article.pk).update(publish_from=now)
        with mock.patch.object(editions.time, "monotonic", return_value=later):
            self.assertIn(b"At noon", self.get("/latest/")[2])


def connection_without_triggers():
    """The number stays, whatever is written."""
    number = editions.Edition.objects.get().number

    class Put:
        def __enter__(self):
            return self

        def __exit__(self, *raised):
            end_of_transaction()
            editions.Edition.objects.update(number=number)

    return Put()


class DeliveryTests(ImportTestCase):
    def number(self):
        end_of_transaction()
        return editions.Edition.objects.get().number

    def test_a_delivery_that_says_nothing_new_moves_nothing(self):
        self.run_import()
        before = self.number()
        self.run_import(("AAAA;BBBB", "CCCC;DDDD"))
        self.assertEqual(self.number(), before)
        self.run_import(("title: ", "title: More "))
        self.assertGreater(self.number(), before)


class CrowdTests(SimpleTestCase):
    def test_of_many_who_want_a_page_one_makes_it(self):
        made, begun, go_on = [], threading.Event(), threading.Event()

        def slow(environ, start_response):
            made.append(environ["PATH_INFO"])
            begun.set()
            go_on.wait(10)
            start_response("200 OK", [("Content-Type", "text/html")])
            return [b"a page"]

        cache = PageCache(slow, [Memory(1_000_000)])
        answers = []
        with mock.patch.object(editions, "current", return_value="1"):
            readers = [
                threading.Thread(target=lambda: answers.append(ask(cache, "/"))) for _ in range(8)
            ]
            readers[0].start()
            begun.wait(10)
            for reader in readers[1:]:
                reader.start()
            while cache._making.waiting() < 8:
                pass
            go_on.set()
            for reader in readers:
                reader.join(10)
        self.assertEqual(len(made), 1)
        self.assertEqual({body for _status, _headers, body in answers}, {b"a page"})
        self.assertEqual(len(answers), 8)
        self.assertEqual(cache._making.waiting(), 0)

    def test_memory_is_bounded(self):
        memory = Memory(10 * (1000 + pagecache.OVERHEAD))
        for number in range(100):
            memory.get((0,))
            memory.put((number,), Page("200 OK", [], b"x" * 1000, ""))
        self.assertEqual(len(memory._pages), 10)
        self.assertIsNotNone(memory.get((0,)), "the page most asked for went first")
        self.assertLessEqual(memory._taken, memory._room)
        memory.put(("huge",), Page("200 OK", [], b"x" * 100_000, ""))
        self.assertEqual(len(memory._pages), 10)


class BuildTests(SimpleTestCase):
    def test_another_build_has_other_pages(self):
        self.assertEqual(pagecache.build(), pagecache.build())
        with override_settings(SITE_NAME="Another"):
            other = pagecache.build()
        self.assertNotEqual(pagecache.build(), other)

    def test_lists_among_the_settings_count(self):
        with override_settings(VIDEO_HOSTS=["player.vimeo.com"]):
            other = pagecache.build()
        self.assertNotEqual(pagecache.build(), other)


class RedisKeepingTests(KeepingTests):
    shelves = staticmethod(in_redis)


class RedisChangeTests(ChangeTests):
    shelves = staticmethod(in_redis)


class RedisGoneTests(PageCacheTestCase):
    @staticmethod
    def shelves():
        gone = {"LOCATION": "redis://127.0.0.1:1/0", "BACKEND": CACHES["redis"]["BACKEND"]}
        try:
            import redis  # noqa: F401
        except ImportError as error:
            raise SkipTest(f"no Redis client to be without Redis with ({error})") from None
        with override_settings(CACHES=CACHES | {"gone": gone}):
            return [Shared(caches.create_connection("gone"), "this build")]

    def test_it_is_slower_and_right(self):
        make_article(title="The ferry waits")
        with self.assertLogs("newsroom.pagecache", "WARNING") as logs:
            for _ in range(3):
                self.assertIn(b"The ferry waits", self.get("/")[2])
        self.assertEqual(len(logs.output), 1, "said at each request")
        self.assertEqual(self.newsroom.asked, ["/"] * 3)


# The law ----------------------------------------------------------------------------------------


class Walk:
    """A newsroom to which things are done."""

    def __init__(self):
        self.editor = User.objects.filter(username="editor").first() or make_editor()
        self.twin = make_article(title="Twin", topics=["Rail"], provider=make_provider("B", "b.ex"))
        self.articles = [
            self.twin,
            make_article(title="First", topics=["Trains"], images=[make_image(alt_text="One")]),
            make_article(title="Hidden", is_published=False, topics=["Trains"]),
        ]
        make_related_item(self.articles[1], title="Elsewhere")
        self.number = 0

    def article(self, number) -> Article:
        return Article.objects.get(pk=self.articles[number % len(self.articles)].pk)

    def deeds(self):
        return {
            "publish": lambda a: decide(a.pk, Status.PUBLISHED, self.editor),
            "withdraw": lambda a: decide(a.pk, Status.WITHDRAWN, self.editor, reason="No."),
            "hold": lambda a: decide(a.pk, Status.HELD, self.editor),
            "trash": lambda a: decide(a.pk, Status.TRASHED, self.editor),
            "rename": self.rename,
            "note": lambda a: Article.objects.filter(pk=a.pk).update(note=f"{self.number}"),
            "score": lambda a: Article.objects.filter(pk=a.pk).update(heat=self.number % 90),
            "pin": lambda a: a.is_published() and curation.pin(a.pk, self.editor),
            "unpin": lambda a: curation.unpin(a.pk, self.editor),
            "topic": lambda a: a.topics.add(f"Topic {self.number}"),
            "picture": lambda a: a.images.add(make_image(alt_text=f"Picture {self.number}")),
            "describe": lambda a: Image.objects.update(alt_text=f"Alt {self.number}"),
            "outlet": lambda a: (
                type(a.provider)
                .objects.filter(pk=a.provider_id)
                .update(name=f"Outlet {self.number}")
            ),
            "narrow": lambda a: Topic.objects.filter(name="Trains").update(
                description=f"All about {self.number}"
            ),
            "related": lambda a: make_related_item(a, title=f"Related {self.number}"),
            "unrelate": lambda a: a.related_items.all().delete(),
            "new": lambda a: self.articles.append(make_article(title=f"New {self.number}")),
            "merge": lambda a: (
                a.pk != self.twin.pk and merging.merge(self.twin.pk, a.pk, self.editor)
            ),
            "end": lambda a: Article.objects.filter(pk=a.pk).update(
                publish_from=timezone.now() - timedelta(days=2),
                publish_until=timezone.now() - timedelta(days=1),
            ),
        }

    def rename(self, article):
        article.title = f"Renamed {self.number}"
        article.save()

    def addresses(self):
        return [
            *("/", "/latest/", "/topics/", "/providers/", "/archive/", "/search/?q=renamed"),
            *("/feed.atom", "/api/v1/articles/", "/api/v1/topics/", "/sitemap-topics.xml"),
            *("/topics/trains/", "/topics/rail/feed.json", "/api/news/index.json"),
            *(article.get_absolute_url() for article in self.articles[:4]),
        ]


DEEDS = st.lists(
    st.tuples(
        st.sampled_from(sorted(Walk.deeds(mock.Mock()))), st.integers(0, 3), st.integers(0, 16)
    ),
    min_size=3,
    max_size=8,
)


@override_settings(CACHES=CACHES)
class LawTests(PropertyTestCase):
    """Whatever is done in whatever order: a kept page is the page that would be made now."""

    @settings(max_examples=trials(6, 2_000))
    @given(DEEDS)
    def test_no_page_is_ever_stale(self, walk):
        follow(self, walk, in_memory())

    def test_the_law_would_notice(self):
        """With nothing counted pages are stale, and the law says so."""
        walk = [("rename", 1, place) for place in range(4)]
        for_ever = editions._Known(1, "1", float("inf"))
        with (
            mock.patch.object(editions, "_number", return_value=1),
            mock.patch.object(editions, "_ask", return_value=for_ever),
            self.assertRaises(AssertionError),
        ):
            follow(self, walk, in_memory())
        follow(self, walk, in_memory())


@override_settings(CACHES=CACHES)
class RedisLawTests(PropertyTestCase):
    @settings(max_examples=trials(3, 1_000))
    @given(DEEDS)
    def test_no_page_is_ever_stale(self, walk):
        follow(self, walk, in_redis())


def follow(test, walk, shelves):
    """Do what the walk says, and ask for pages after each step."""
    editions._own.__dict__.clear()
    newsroom = WSGIHandler()
    kept = PageCache(newsroom, shelves)
    house = Walk()
    deeds = house.deeds()
    end_of_transaction()
    for address in house.addresses():
        ask(kept, address)
    for house.number, (deed, whose, where) in enumerate(walk, start=1):
        try:
            deeds[deed](house.article(whose))
        except ValidationError:
            continue  # refused, with its reason: nothing was done
        end_of_transaction()
        # All of them cost too much at each step: some, and some others at the next.
        for address in house.addresses()[where % 4 :: 4]:
            now = ask(newsroom, address)
            for _ in range(2):
                test.assertEqual(ask(kept, address)[::2], now[::2], (address, deed))
