"""One GET of a picture from the public web, within a deadline and a budget of bytes.

Every address that a name resolves to is judged by the `guard`, and the connection is made to one of
these very addresses: a name that means another machine a moment later changes nothing. Redirects
are followed by hand, each judged anew. Nothing is sent that says who reads or writes here: no
cookies, no referrer, no credentials, and no proxy is asked.

Memory: the answer's bytes (20 MB at most, for a moment twice) and the connection's buffers.
"""

import re
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from unicodedata import normalize

import certifi
import httpcore
from django.conf import settings

from ..pixels import MAX_BYTES
from .guard import PUBLIC_WEB, Guard, Refused, Target

DEADLINE = 20.0  # seconds, for all of it: names, connections, redirects, the last byte
HOPS = 4  # redirects
HEAD_BYTES = 256 * 1024  # what may be read besides the picture: heads, and marks of chunks
ADDRESSES = 4  # of one name, asked one after the other
_REDIRECTS = {301, 302, 303, 307, 308}
_FINAL = {410, 451}  # gone, and kept back by law; what is merely not found may be back
_TOO_MANY = 429
LONGEST_WAIT = 7 * 24 * 3600  # seconds that a host's "Retry-After" is heard for


class FetchError(Exception):
    """Why there is no picture; the text says it. `is_final`: there will be none another time.

    `is_hosts`: the whole host is away or busy; `wait`: for so many seconds, if it has said so.
    """

    def __init__(self, reason: str, *, is_final=False, is_hosts=False, wait: int | None = None):
        super().__init__(reason)
        self.is_final, self.is_hosts, self.wait = is_final, is_hosts, wait


def addresses_of(host: str, port: int) -> list[str]:
    """The system's answer for a name. Raises OSError; takes as long as it takes."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(address[0] for *_, address in found))


def dial(address: str, port: int, timeout: float) -> httpcore.NetworkStream:
    return httpcore.SyncBackend().connect_tcp(address, port, timeout)


@dataclass(frozen=True)
class Client:
    """Asks for pictures. What a test has none of, the web, its names and their addresses, it gives
    in the fields; the product has one client, `CLIENT`."""

    guard: Guard = PUBLIC_WEB
    resolve: Callable[[str, int], list[str]] = addresses_of
    dial: Callable[[str, int, float], httpcore.NetworkStream] = dial
    deadline: float = DEADLINE
    max_bytes: int = MAX_BYTES

    def get(self, target: Target) -> bytes:
        """The bytes behind the link, whatever they are. Raises FetchError."""
        allowance = _Allowance(self.deadline, self.max_bytes + HEAD_BYTES)
        try:
            for _ in range(HOPS + 1):
                answer = self._ask(target, allowance)
                if isinstance(answer, bytes):
                    return answer
                target = answer
        except Refused as error:
            raise FetchError(str(error), is_final=True) from error
        except httpcore.TimeoutException as error:
            raise allowance.timed_out() from error
        except httpcore.NetworkError as error:
            raise FetchError(f"no connection: {_in_a_line(error)}", is_hosts=True) from error
        except (httpcore.ProtocolError, ValueError) as error:  # the latter: a name that TLS refuses
            raise FetchError(f"no proper answer: {_in_a_line(error)}") from error
        raise FetchError(f"it leads on more than {HOPS} times")

    def _ask(self, target: Target, allowance: "_Allowance") -> bytes | Target:
        """The picture's bytes, or where else to ask for it."""
        origin = httpcore.Origin(target.scheme.encode(), target.host.encode(), target.port)
        url = httpcore.URL(
            scheme=target.scheme, host=target.host, port=target.port, target=target.path
        )
        connection = httpcore.HTTPConnection(
            origin,
            ssl_context=_tls() if target.scheme == "https" else None,
            network_backend=_Backend(self, allowance),
        )
        with connection, connection.stream("GET", url, headers=_headers(target)) as response:
            if response.status in _REDIRECTS:
                location = _header(response, b"location")
                if not location:
                    raise FetchError(f"answered {response.status} and does not say where to")
                return self.guard.redirect(target, location)
            _raise_for(response)
            return self._read(response)

    def _read(self, response: httpcore.Response) -> bytes:
        coding = _header(response, b"content-encoding").strip().lower()
        if coding not in ("", "identity"):
            raise FetchError("answered with compressed content, which nobody had asked for")
        too_big = FetchError(f"larger than {self.max_bytes:,} bytes", is_final=True)
        length = _header(response, b"content-length")
        if length.isdigit() and (len(length) > 15 or int(length) > self.max_bytes):
            raise too_big
        content = bytearray()
        for part in response.iter_stream():
            content += part
            if len(content) > self.max_bytes:
                raise too_big
        return bytes(content)

    def addresses(self, host: str, port: int, allowance: "_Allowance") -> list[str]:
        """What may be dialled for a host: all of its addresses, if all of them may be asked.

        A name with one address on the web and one in a private network is no mistake to be
        overlooked. Raises Refused and httpcore's errors.
        """
        answers: SimpleQueue = SimpleQueue()

        def ask():
            try:
                answers.put(self.resolve(host, port))
            except (OSError, UnicodeError) as error:
                answers.put(error)

        # The system's resolver keeps to no deadline; what comes too late, nobody waits for.
        Thread(target=ask, daemon=True, name="resolve").start()
        try:
            found = answers.get(timeout=allowance.left())
        except Empty as error:
            raise allowance.timed_out() from error
        if isinstance(found, Exception) or not found:
            raise FetchError(f"the name {host} has no address", is_hosts=True)
        return [str(self.guard.check(address, port)) for address in found][:ADDRESSES]


CLIENT = Client()


class _Allowance:
    """What one fetch may still take: seconds, and bytes off the wire."""

    def __init__(self, seconds: float, most: int):
        self._seconds, self._end = seconds, monotonic() + seconds
        self._most = self._bytes_left = most

    def left(self) -> float:
        """Seconds until the deadline, more than 0. Raises FetchError."""
        left = self._end - monotonic()
        if left <= 0:
            raise self.timed_out()
        return left

    def spend(self, count: int) -> None:
        self._bytes_left -= count
        if self._bytes_left < 0:
            raise FetchError(f"larger than {self._most:,} bytes in all", is_final=True)

    def timed_out(self) -> FetchError:
        return FetchError(f"it took longer than {self._seconds:g} seconds", is_hosts=True)


class _Backend(httpcore.NetworkBackend):
    """Dials addresses that were judged, and no other."""

    def __init__(self, client: Client, allowance: _Allowance):
        self._client, self._allowance = client, allowance

    def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):
        addresses = self._client.addresses(host, port, self._allowance)
        while True:
            # One that does not answer must leave time for the others.
            share = self._allowance.left() / len(addresses)
            try:
                stream = self._client.dial(addresses.pop(0), port, share)
                return _Stream(stream, self._allowance)
            except (httpcore.NetworkError, httpcore.TimeoutException):
                if not addresses:
                    raise


class _Stream(httpcore.NetworkStream):
    """A connection whose every step counts against the allowance."""

    def __init__(self, stream: httpcore.NetworkStream, allowance: _Allowance):
        self._stream, self._allowance = stream, allowance

    def read(self, max_bytes, timeout=None):
        content = self._stream.read(max_bytes, self._allowance.left())
        self._allowance.spend(len(content))
        return content

    def write(self, buffer, timeout=None):
        self._stream.write(buffer, self._allowance.left())

    def close(self):
        self._stream.close()

    def start_tls(self, ssl_context, server_hostname=None, timeout=None):
        try:
            stream = self._stream.start_tls(ssl_context, server_hostname, self._allowance.left())
        except BaseException:
            self._stream.close()  # nobody has it yet who would
            raise
        return _Stream(stream, self._allowance)

    def get_extra_info(self, info):
        return self._stream.get_extra_info(info)


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certifi.where())


def _headers(target: Target) -> list[tuple[str, str]]:
    return [
        ("Host", target.url.split("/")[2]),
        ("User-Agent", user_agent()),
        ("Accept", "image/jpeg, image/png, image/webp"),
        ("Accept-Encoding", "identity"),
        ("Connection", "close"),
    ]


def user_agent() -> str:
    """Who asks, for the host's log: this product, the site's name and where it is read."""
    name = re.sub(r"[^ -~]|[()\\;]", "", normalize("NFKD", settings.SITE_NAME)).strip()
    hosts = (host for host in settings.ALLOWED_HOSTS if re.fullmatch(r"[a-z0-9][a-z0-9.-]+", host))
    host = next(hosts, "")
    about = "; ".join(part for part in (name, host and f"+https://{host}/") if part)
    return f"Newsroom-pictures/1.0 ({about})" if about else "Newsroom-pictures/1.0"


def _raise_for(response: httpcore.Response) -> None:
    status = response.status
    if status == HTTPStatus.OK:
        return
    known = {each.value: f" {each.phrase}" for each in HTTPStatus}
    wait = _header(response, b"retry-after").strip()
    raise FetchError(
        f"answered {status}{known.get(status, '')}",
        is_final=status in _FINAL,
        is_hosts=status >= 500 or status == _TOO_MANY,
        wait=min(int(wait[:9]), LONGEST_WAIT) if wait.isascii() and wait.isdigit() else None,
    )


def _header(response: httpcore.Response, name: bytes) -> str:
    value = next((value for key, value in response.headers if key.lower() == name), b"")
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _in_a_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
