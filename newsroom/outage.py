"""What is said while the newsroom cannot work: its database is away, or a disk is full.

Readers, editors and programs get a plain 503 that nobody keeps, with the moment to ask again. No
older page is shown in its place: what has been withdrawn since would be on it. An editor's words
are in the answer, ready to be sent again. Staff's commands end with one sentence.
"""

import errno
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.signals import got_request_exception
from django.db import DatabaseError, InterfaceError, OperationalError, connections
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

RETRY_AFTER = 30  # seconds
COULD_NOT_RUN = 3  # a command's exit status
# SQLite's result codes, https://www.sqlite.org/rescode.html; PostgreSQL's SQLSTATE.
_SQLITE_ERROR, _SQLITE_CORRUPT, _SQLITE_NOT_A_DATABASE = 1, 11, 26
_NO_SUCH_TABLE, _BROKEN = "42P01", ("XX001", "XX002")
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

logger = logging.getLogger(__name__)


def is_outage(error: BaseException | None) -> bool:
    """Whether nothing is wrong with what was asked, but with the database or a disk: away, in use
    for too long, broken, full, or not set up yet."""
    if isinstance(error, OSError):
        return error.errno in _FULL
    if not isinstance(error, DatabaseError | InterfaceError):
        return False
    told = error.__cause__  # the driver's own
    code = getattr(told, "sqlite_errorcode", None)
    if code is not None:
        # The first eight bits tell the kind. SQLite counts wrong statements among these errors.
        if code & 0xFF == _SQLITE_ERROR:
            return str(told).startswith("no such table")
        is_broken = code & 0xFF in (_SQLITE_CORRUPT, _SQLITE_NOT_A_DATABASE)
        return is_broken or isinstance(error, OperationalError)
    state = getattr(told, "sqlstate", None)
    if state == _NO_SUCH_TABLE or state in _BROKEN:
        return True
    return isinstance(error, OperationalError | InterfaceError)


class OutageMiddleware:
    """Outermost but for the headers, so that it hears of what goes wrong anywhere."""

    def __init__(self, get_response):
        self.get_response = get_response
        self.admin = reverse("admin:index")
        self.api = reverse("articles:api")
        # What a middleware raises comes to no other middleware, but is told here.
        got_request_exception.connect(_remember, dispatch_uid="newsroom.outage")

    def __call__(self, request):
        response = self.get_response(request)
        error = getattr(request, "outage", None)
        return self._answer(request) if error and response.status_code == 500 else response

    def process_exception(self, request, error):
        if not is_outage(error):
            return None
        # The text may name a host or a file, so it is for the log alone.
        logger.error("503 for %s %s: %s", request.method, request.path, str(error).strip())
        response = self._answer(request)
        response._has_been_logged = True  # once is enough
        return response

    def _answer(self, request) -> HttpResponse:
        # A connection that has failed is not used again: the next request finds out anew.
        for connection in connections.all(initialized_only=True):
            if not connection.in_atomic_block:
                connection.close()
        response = self._page(request)
        response["Retry-After"] = str(RETRY_AFTER)
        response["Cache-Control"] = "no-store"
        return response

    def _page(self, request) -> HttpResponse:
        path = request.path
        if path.startswith(self.api) and path != self.api:
            return _problem()
        if "." in path.rpartition("/")[2] or not path.endswith("/"):
            text = _("The newsroom cannot answer right now. Please ask again in a minute.")
            content_type = "text/plain; charset=utf-8"
            return HttpResponse(f"{text}\n", status=503, content_type=content_type)
        is_editor = path.startswith(self.admin)
        context = {
            "is_editor": is_editor,
            "sent": _sent(request) if is_editor and request.method == "POST" else None,
            "had_files": request.method == "POST" and bool(request.FILES),
            "address": request.get_full_path(),
        }
        # Without the request: its user and messages would ask the database.
        return render(None, "503.html", context, status=503)


def _remember(request=None, **kwargs) -> None:
    error = sys.exc_info()[1]
    if request is not None and is_outage(error):
        request.outage = error


def _problem() -> HttpResponse:
    """https://www.rfc-editor.org/rfc/rfc9457, with our API's own way of saying it beside."""
    sentence = "The newsroom cannot answer right now. Ask again in a minute."
    problem = {"title": "Service Unavailable", "status": 503, "detail": sentence}
    response = JsonResponse(
        problem | {"errors": {"": [sentence]}}, status=503, content_type="application/problem+json"
    )
    response["Access-Control-Allow-Origin"] = "*"
    return response


def _sent(request) -> list[tuple[str, str]] | None:
    """What a form sent, to be sent again. None where a password is among it."""
    if any("password" in name for name in request.POST):
        return None
    return [(name, value) for name, values in request.POST.lists() for value in values]


@contextmanager
def told_plainly() -> Iterator[None]:
    """For a command line: an outage ends it with a sentence in place of a traceback."""
    try:
        yield
    except Exception as error:
        if not is_outage(error) or "--traceback" in sys.argv:
            raise
        kind = "A disk is full" if isinstance(error, OSError) else "The database refused"
        sys.stderr.write(
            f"{kind}: {str(error).strip()}. What was not finished is not there; run it again once "
            "that is mended.\n"
        )
        sys.exit(COULD_NOT_RUN)
