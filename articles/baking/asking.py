"""What the site answers at an address: through Django's handler and every middleware, as a reader
without cookies asks. Used in this process, or in several that are started for it.
"""

import gzip
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from urllib.parse import quote, unquote, urlsplit

from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.core.handlers.wsgi import WSGIRequest

PAGE, MOVED, GONE, MISSING = 200, 301, 410, 404
# A page that says so is not the same for every reader.
NEVER = frozenset(["set-cookie", "vary"])
LEAST = 256  # bytes from which on compressing is worth a file
PACKED = re.compile(r"text/|application/(.+\+)?(json|xml)|image/svg")


class CannotBake(Exception):
    """The text says why, as the end of a sentence."""


@dataclass(frozen=True)
class Made:
    """An answer. `body` is empty but of a page; `packed` is that, compressed, or empty where that
    is no smaller; `pictures` are the names of files in the media storage that it names."""

    path: str
    status: int
    type: str = ""  # its Content-Type
    to: str = ""  # where it leads, a path
    body: bytes = b""
    packed: bytes = b""
    sha256: str = ""
    pictures: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()  # without those that are of this very answer


def page(path: str, type: str, body: bytes, headers=()) -> Made:
    """A page with all that is known once its bytes are."""
    packed = pack(body) if PACKED.match(type) else b""
    known = {"sha256": sha256(body).hexdigest(), "packed": packed, "pictures": _pictures(body)}
    return Made(path, PAGE, type, body=body, headers=tuple(headers), **known)


def pack(body: bytes) -> bytes:
    """The same bytes each time; empty where it is not worth it."""
    if len(body) < LEAST:
        return b""
    packed = gzip.compress(body, 6, mtime=0)
    return packed if len(packed) < len(body) else b""


def _pictures(body: bytes) -> tuple[str, ...]:
    if not settings.MEDIA_URL.startswith("/") or settings.MEDIA_URL.startswith("//"):
        return ()  # at another host, which serves them
    start = settings.MEDIA_URL.encode()
    if start not in body:
        return ()
    found = re.findall(re.escape(start) + rb"([^\s\"'<>&,\\)?#]+)", body)
    return tuple(sorted({unquote(name.decode(errors="replace")) for name in found}))


class Site:
    """The site as readers find it at `origin`, https://HOST without a path."""

    def __init__(self, origin: str):
        parts = urlsplit(origin)
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self._environ = {
            "REQUEST_METHOD": "GET",
            "QUERY_STRING": "",
            "SCRIPT_NAME": "",
            "SERVER_NAME": parts.hostname,
            "SERVER_PORT": str(parts.port or {"http": 80, "https": 443}[parts.scheme]),
            "HTTP_HOST": parts.netloc,
            "wsgi.url_scheme": parts.scheme,
        }
        if settings.SECURE_PROXY_SSL_HEADER and parts.scheme == "https":
            name, value = settings.SECURE_PROXY_SSL_HEADER
            self._environ[name] = value
        self._handler = BaseHandler()
        self._handler.load_middleware()

    def request(self, path: str) -> WSGIRequest:
        told = {"PATH_INFO": path.encode().decode("latin-1"), "wsgi.input": BytesIO()}
        return WSGIRequest(self._environ | told)

    def ask(self, path: str) -> Made:
        """Raises CannotBake for an answer that is none of a public page."""
        # Not closed: that is a request's end, at which Django looks to its connections.
        response = self._handler.get_response(self.request(path))
        body = b"".join(response) if response.streaming else response.content
        status = response.status_code
        headers = {name.lower(): value for name, value in response.items()}
        if status == 400:
            raise CannotBake(f"the site does not answer at {self.origin}: see ALLOWED_HOSTS")
        if status not in (PAGE, MOVED, GONE, MISSING):
            raise CannotBake(f"{quote(path)} answered {status}")
        cache = headers.get("cache-control", "")
        if response.cookies or NEVER & headers.keys() or re.search("private|no-store", cache):
            raise CannotBake(f"{quote(path)} is not the same for every reader")
        if status == MOVED:
            to = headers["location"]
            if not to.startswith("/") or to.startswith("//"):
                raise CannotBake(
                    f"{quote(path)} leads to {to}: is {self.origin} where the site is?"
                )
            return Made(path, status, to=to)
        known = {name: response[name] for name in headers if name not in _OF_ONE}
        made = page(path, headers["content-type"], body, known.items())
        if status == PAGE:
            return made
        return Made(path, status, made.type, body=body, headers=made.headers)


_OF_ONE = frozenset(["content-type", "content-length", "etag", "last-modified", "link"])

# In processes of their own ----------------------------------------------------------------------

_site: list[Site] = []


@contextmanager
def quietly() -> Iterator[None]:
    """Without a line in the log for each 404 and 410: they are asked for, to know."""
    logger = logging.getLogger("django.request")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def begin(origin: str) -> None:
    """What each of them does first."""
    import django

    django.setup()
    logging.getLogger("django.request").setLevel(logging.ERROR)
    _site[:] = [Site(origin)]


def ask_all(paths: list[str]) -> list[Made]:
    return [_site[0].ask(path) for path in paths]


def texts_of(numbers: list[int]) -> dict[int, str]:
    """Of these articles what the original JSON tells, see `api.original.texts`."""
    from ..api import original

    return original.texts(numbers, _site[0].request("/").build_absolute_uri)
