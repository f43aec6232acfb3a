"""A web of one hostile server on this machine, for tests: names, addresses and connections are
pretended and counted where the product dials, and what the server sends is up to the test."""

import socket
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from time import sleep

from articles.fetching import client
from articles.fetching.client import Client
from articles.fetching.guard import Guard

HERE = "127.0.0.1"
HOST = "pictures.example"
SOON = 0.3  # seconds: the deadline against servers that never end


class Server:
    """Answers each connection by what `answers` holds for the path: bytes, or a function that is
    given the socket. Use as a context; `asked` are the heads that came in."""

    def __init__(self, answers: dict[str, bytes | Callable] | None = None, wrap=lambda sock: sock):
        self.answers, self.asked, self._wrap = answers or {}, [], wrap
        self._listener = socket.create_server((HERE, 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        # Closing does not wake up who waits for the next; shutting down does.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def url(self, path="/picture", host=HOST, scheme="http"):
        return f"{scheme}://{host}:{self.port}{path}"

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=[connection], daemon=True).start()

    def _answer(self, connection):
        with connection, suppress(OSError):
            connection.settimeout(30)
            with self._wrap(connection) as wrapped:
                head = b""
                while b"\r\n\r\n" not in head:
                    part = wrapped.recv(65_536)
                    if not part:
                        return
                    head += part
                self.asked.append(head.decode("latin-1"))
                answer = self.answers[head.split()[1].decode().partition("?")[0]]
                if callable(answer):
                    answer(wrapped)
                else:
                    wrapped.sendall(answer)


class Web:
    """A client of a web in which every name leads to `addresses` in turn; the last one stays.

    `dialled` are the addresses and ports at which the product knocked. Only `server` answers.
    """

    def __init__(self, server: Server | None = None, addresses: Iterable = (HERE,), **fields):
        self.dialled: list[tuple[str, int]] = []
        self.resolved: list[str] = []
        self._answers = [[each] if isinstance(each, str) else list(each) for each in addresses]
        port = server.port if server else 80
        spared = frozenset([(HERE, port)]) if server else frozenset()
        fields.setdefault("guard", Guard(spared))
        fields.setdefault("resolve", self._resolve)
        fields.setdefault("dial", self._dial)
        self.client = replace(Client(), **fields)

    def get(self, url: str, site: str = "") -> bytes:
        return self.client.get(self.client.guard.target(url, site))

    def _resolve(self, host, port):
        self.resolved.append(host)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]

    def _dial(self, address, port, timeout):
        self.dialled.append((address, port))
        return client.dial(address, port, timeout)


class NoGuard(Guard):
    """The defence taken away: any address may be dialled."""

    def check(self, text, port):
        return text


def answer(body=b"", *, status="200 OK", length=None, **headers) -> bytes:
    """A whole answer; `length` for one that lies. Headers by name, "_" for "-"."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def redirect(location: str) -> bytes:
    return answer(status="302 Found", Location=location)


def forever(start: bytes, piece: bytes, pause: float = 0.0, times: int | None = None):
    """Sends `start`, then `piece` again and again, until the other side has gone."""

    def send(connection):
        connection.sendall(start)
        left = times
        while left is None or left > 0:
            connection.sendall(piece)
            left = left and left - 1
            sleep(pause)

    return send


def silent(connection):
    """Takes the question and says nothing, until the other side has gone."""
    connection.recv(1)
