"""A newsroom whose database goes away and comes back: `python -m tests.promises.away`.

Serves as an application server does, in one process, and prints what each address answers in each
state of the database, as JSON: {state: {address: [status, headers, body]}}. On SQLite its file is
gone, is a folder, is broken; on PostgreSQL the server is behind a door that is shut.
"""

import json
import os
import shutil
import socket
import sys
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

PATHS = ["/", "/latest/", "/topics/", "/feed.atom", "/api/v1/articles/", "/sitemap.xml"]
PATHS += ["/admin/", "/healthz", "/readyz"]


def answers(application) -> dict:
    from wsgiref.util import setup_testing_defaults

    told = {}
    for path in PATHS:
        environ = {"PATH_INFO": path}
        setup_testing_defaults(environ)
        # A session that nobody has: who asks for it asks the database.
        environ["HTTP_COOKIE"] = "sessionid=abcdefghijklmnopqrstuvwxyz012345"
        started = []
        body = application(environ, lambda *start: started.append(start))  # noqa: B023
        text = b"".join(body).decode()
        if hasattr(body, "close"):  # a kept page has none
            body.close()
        status, headers = started[0][:2]
        told[path] = [int(status.split()[0]), dict(headers), text]
    return told


@contextmanager
def moved(path: Path, put=None):
    """The file is elsewhere, and what `put(path)` makes is in its place."""
    aside = path.with_name("aside")
    for name in ("-wal", "-shm"):
        path.with_name(path.name + name).unlink(missing_ok=True)
    path.rename(aside)
    try:
        if put:
            put(path)
        yield
    finally:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        aside.rename(path)


class Door:
    """A socket in front of PostgreSQL's that can be shut, with everybody thrown out, and opened."""

    def __init__(self, host: str, port: int):
        self.behind = (host, port)
        self.inside: list[socket.socket] = []
        self.open()
        self.port = self.listener.getsockname()[1]

    def open(self):
        self.listener = socket.create_server(("127.0.0.1", getattr(self, "port", 0)))
        threading.Thread(target=self._welcome, args=[self.listener], daemon=True).start()

    def shut(self):
        self.listener.shutdown(socket.SHUT_RDWR)  # wakes who waits at it
        self.listener.close()
        for connection in self.inside:
            with suppress(OSError):  # some have gone by themselves
                connection.shutdown(socket.SHUT_RDWR)
        self.inside.clear()

    def _welcome(self, listener):
        while True:
            try:
                guest, _ = listener.accept()
            except OSError:
                return
            host = socket.create_connection(self.behind)
            self.inside += [guest, host]
            for one, other in ((guest, host), (host, guest)):
                threading.Thread(target=self._carry, args=[one, other], daemon=True).start()

    @staticmethod
    def _carry(one, other):
        try:
            while content := one.recv(65_536):
                other.sendall(content)
            other.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def main() -> None:
    url, door = urlsplit(os.environ["DATABASE_URL"]), None
    if url.scheme == "postgres":
        door = Door(url.hostname, url.port or 5432)
        user = url.netloc.rpartition("@")[0]
        os.environ["DATABASE_URL"] = urlunsplit(
            url._replace(netloc=f"{user}@127.0.0.1:{door.port}")
        )
    from newsroom import settings

    # Nothing is collected for a trial.
    plain = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.STORAGES["staticfiles"] = {"BACKEND": plain}
    settings.MIDDLEWARE.remove("whitenoise.middleware.WhiteNoiseMiddleware")
    if "--undefended" in sys.argv:
        settings.MIDDLEWARE.remove("newsroom.outage.OutageMiddleware")
    from newsroom.wsgi import application

    if door:
        told = {"before": answers(application)}
        door.shut()
        told["shut"] = answers(application)
        door.open()
        told["back"] = answers(application)
    else:
        told = on_sqlite(application, Path(url.path))
    sys.stdout.write(json.dumps(told))


def on_sqlite(application, path: Path) -> dict:
    from django.db import connections

    told = {"before": answers(application)}
    states = {
        "gone": None,
        "folder": Path.mkdir,
        "broken": lambda path: path.write_bytes(b"x" * 9999),
    }
    for state, put in states.items():
        connections.close_all()  # as after a minute, or in a worker just started
        with moved(path, put):
            told[state] = answers(application)
        told[f"back from {state}"] = answers(application)
    return told


if __name__ == "__main__":
    main()
