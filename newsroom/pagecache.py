"""Readers' pages, kept: what was made once is answered again until something that it shows changes.

A WSGI application (https://peps.python.org/pep-3333/) around Django's. A kept page is found by all
that its making can depend on: the edition (`articles.editions`), and of the request the scheme, the
host, the path and the query. Readers' pages look at nothing else, no cookie, language or header.
So nobody need tell the cache of a change, and what is of another edition is not found any more.

Only addresses in KEPT are kept. Whatever goes wrong here costs time and no more: the page is made.
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from hashlib import blake2b
from typing import NamedTuple

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db import Error as DatabaseError
from django.urls import Resolver404, resolve, reverse

from articles import editions
from articles.builds import build

logger = logging.getLogger(__name__)

# Not the previews, which are for one reader, nor whether the newsroom runs; and not what changes as
# time goes by, hour after hour.
KEPT = frozenset(
    f"articles:{name}"
    for name in (
        *("front", "feed", "latest", "detail", "search", "topics", "topic", "topic_feed"),
        *("archive", "archive_year", "archive_month", "archive_day", "providers", "provider"),
        *("provider_feed", "api", "openapi", "api_articles", "api_article", "api_topics"),
        *("api_providers", "oembed", "original", "original_page", "original_topic"),
        *("original_topic_page", "sitemap_index", "sitemap", "robots"),
    )
)
STATUSES = frozenset(["200", "301", "302", "410"])
NEVER = frozenset(["set-cookie", "vary"])
LONGEST = 1000  # characters of a path and query: longer ones are asked once
PATIENCE = 10  # seconds for another to make the same page
OVERHEAD = 2000  # bytes that a page takes beside its body, about
DAY = 86_400  # seconds that a page stays with Redis, if nothing changes


class Page(NamedTuple):
    """An answer as it went out."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes
    etag: str  # "" for none


class Memory:
    """Pages in this process, the least asked for going first. `room` is in bytes."""

    def __init__(self, room: int):
        self._room, self._taken = room, 0
        self._pages: OrderedDict[tuple, Page] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple) -> Page | None:
        with self._lock:
            page = self._pages.get(key)
            if page is not None:
                self._pages.move_to_end(key)
            return page

    def put(self, key: tuple, page: Page) -> None:
        if _size(page) > self._room:
            return
        with self._lock:
            self._drop(key)
            self._pages[key] = page
            self._taken += _size(page)
            while self._taken > self._room:
                self._drop(next(iter(self._pages)))

    def _drop(self, key: tuple) -> None:
        page = self._pages.pop(key, None)
        if page is not None:
            self._taken -= _size(page)


def _size(page: Page) -> int:
    return len(page.body) + OVERHEAD


class Shared:
    """Pages that all processes of one build share, in Django's cache. With it gone for a while it
    holds nothing, and is asked again later."""

    REST = 5  # seconds after a failure

    def __init__(self, cache, build: str):
        self._cache, self._build, self._resting_until = cache, build, 0.0

    def get(self, key: tuple) -> Page | None:
        found = self._ask(lambda: self._cache.get(self._name(key)))
        return None if found is None else Page(*found)

    def put(self, key: tuple, page: Page) -> None:
        self._ask(lambda: self._cache.set(self._name(key), tuple(page), DAY))

    def _name(self, key: tuple) -> str:
        named = blake2b(repr((self._build, key)).encode(), digest_size=16)
        return f"page.{named.hexdigest()}"

    def _ask(self, question: Callable):
        if time.monotonic() < self._resting_until:
            return None
        try:
            return question()
        except Exception as error:  # noqa: BLE001  # each client library has its own; all mean "gone"
            self._resting_until = time.monotonic() + self.REST
            logger.warning("pages are kept in this process alone for a while: %s", error)
            return None


class PageCache:
    """`shelves` from the nearest on; what is found on one is put on those before it."""

    def __init__(self, application, shelves: list):
        self.application, self.shelves = application, shelves
        self._making = OneAtATime()
        self._not_ours = tuple({reverse("admin:index"), settings.STATIC_URL, settings.MEDIA_URL})
        header = settings.SECURE_PROXY_SSL_HEADER
        self._scheme = header[0] if header else "wsgi.url_scheme"

    def __call__(self, environ, start_response) -> Iterable[bytes]:
        request = self._request(environ)
        edition = request and _edition()
        if not edition:
            return self.application(environ, start_response)
        page = self._find((edition, *request))
        if page is None:
            if environ["REQUEST_METHOD"] == "HEAD" or not _is_kept(environ["PATH_INFO"]):
                return self.application(environ, start_response)
            page = self._make(edition, request, environ)
        return answer(page, environ, start_response)

    def _request(self, environ) -> tuple | None:
        """All of a request that its page can depend on; None for what is surely not kept."""
        path, query = environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", "")
        if (
            environ["REQUEST_METHOD"] not in ("GET", "HEAD")
            or path.startswith(self._not_ours)
            or len(path) + len(query) > LONGEST
            or "HTTP_HOST" not in environ
            # A page has no date of its own to answer this by, but for those that Django answers.
            or ("HTTP_IF_MODIFIED_SINCE" in environ and "HTTP_IF_NONE_MATCH" not in environ)
        ):
            return None
        return (
            environ.get(self._scheme),
            environ["wsgi.url_scheme"],
            environ["HTTP_HOST"],
            environ.get("SCRIPT_NAME", ""),
            path,
            query,
        )

    def _find(self, key: tuple) -> Page | None:
        for place, shelf in enumerate(self.shelves):
            page = shelf.get(key)
            if page is not None:
                for nearer in self.shelves[:place]:
                    nearer.put(key, page)
                return page
        return None

    def _make(self, edition: str, request: tuple, environ) -> Page:
        key = (edition, *request)
        with self._making.of(key) as is_first:
            if not is_first:
                page = self._find(key)  # that for which we waited
                if page is not None:
                    return page
            page, may_be_kept = _ask(self.application, environ)
            # Asked again: what was made while something changed may be of two editions.
            if may_be_kept and _edition() == edition:
                for shelf in self.shelves:
                    shelf.put(key, page)
            return page


class OneAtATime:
    """Of those who want to make the same thing at once, one makes it."""

    def __init__(self):
        self._lock, self._locks = threading.Lock(), {}

    def waiting(self) -> int:
        """How many are at it, or wait for who is."""
        return sum(count for _lock, count in self._locks.values())

    @contextmanager
    def of(self, key):
        """Whether nobody made it meanwhile. Who has waited PATIENCE seconds makes it as well."""
        with self._lock:
            lock, waiting = self._locks.get(key) or (threading.Lock(), 0)
            self._locks[key] = lock, waiting + 1
        is_first = waiting == 0
        has_lock = lock.acquire(timeout=PATIENCE)
        try:
            yield is_first
        finally:
            if has_lock:
                lock.release()
            with self._lock:
                lock, waiting = self._locks[key]
                if waiting == 1:
                    del self._locks[key]
                else:
                    self._locks[key] = lock, waiting - 1


def _edition() -> str | None:
    try:
        return editions.current()
    except (DatabaseError, ObjectDoesNotExist):
        return None  # Django says what is wrong


def _is_kept(path: str) -> bool:
    try:
        # As WSGI gives it: bytes, read as Latin-1.
        return resolve(path.encode("latin-1").decode()).view_name in KEPT
    except (Resolver404, UnicodeError):
        return False


def _ask(application, environ) -> tuple[Page, bool]:
    """The whole answer, and whether others may have it."""
    asked = {name: value for name, value in environ.items() if name != "HTTP_IF_NONE_MATCH"}
    said = []
    result = application(asked, lambda *what: said.append(what))
    try:
        body = b"".join(result)
    finally:
        if hasattr(result, "close"):
            result.close()
    status, headers = said[-1][:2]
    named = {name.lower(): value for name, value in headers}
    is_public = named.keys().isdisjoint(NEVER) and not any(
        word in named.get("cache-control", "") for word in ("private", "no-store")
    )
    etag = named.get("etag", "")
    if status.startswith("200") and not etag:
        etag = f'"{blake2b(body, digest_size=16).hexdigest()}"'
        headers = [*headers, ("ETag", etag)]
    return Page(status, list(headers), body, etag), is_public and status[:3] in STATUSES


UNCHANGED = frozenset(["content-length", "content-type"])  # what a 304 leaves out


def answer(page: Page, environ, start_response) -> list[bytes]:
    asked = environ.get("HTTP_IF_NONE_MATCH")
    if asked and page.etag and _matches(asked, page.etag):
        headers = [each for each in page.headers if each[0].lower() not in UNCHANGED]
        start_response("304 Not Modified", headers)
        return []
    start_response(page.status, list(page.headers))  # the server's own: it may change them
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [page.body]


def _matches(asked: str, etag: str) -> bool:
    """https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2, compared weakly."""
    if asked == etag or asked.strip() == "*":
        return True
    wanted = etag.removeprefix("W/")
    return any(each.strip().removeprefix("W/") == wanted for each in asked.split(","))


def kept(application):
    """The application with its pages kept as the settings say, or as it is."""
    if not settings.PAGE_CACHE_MB:
        return application
    shelves: list = [Memory(settings.PAGE_CACHE_MB * 1024 * 1024)]
    if settings.CACHES["default"]["BACKEND"].endswith("RedisCache"):
        from django.core.cache import cache

        shelves.append(Shared(cache, build()))
    return PageCache(application, shelves)
