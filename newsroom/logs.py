"""What is logged: as lines or as JSON, with the request's number, and slow statements by name.

Nothing that a reader or an editor sent is logged: neither addresses (a preview's is a secret) nor
the values in a statement. A request's number is for logs alone: an answer that held it would be
another one for each reader, and no cache could keep it.
"""

import json
import logging
import re
import secrets
import time
from contextvars import ContextVar
from datetime import UTC, datetime

from django.conf import settings
from django.db.backends.signals import connection_created

_number = ContextVar("number of the request", default="")
_ALLOWED = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_SQL_SHOWN = 2000  # characters

requests = logging.getLogger("newsroom.requests")
queries = logging.getLogger("newsroom.queries")


class RequestsMiddleware:
    """Gives each request its number, and logs how each was answered (at the level INFO)."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        token = _number.set(number_of(request))
        begun = time.perf_counter()
        try:
            response = self.get_response(request)
            match = request.resolver_match
            told = {
                "method": request.method,
                "view": match.view_name if match else "",
                "status": response.status_code,
                "ms": round((time.perf_counter() - begun) * 1000, 1),
            }
            requests.info("%(method)s %(view)s %(status)s %(ms)s ms", told, extra={"fields": told})
            return response
        finally:
            _number.reset(token)


def number_of(request) -> str:
    """The proxy's, where it is to be believed and can be logged; else one of our own."""
    if settings.TRUST_REQUEST_ID:
        given = request.headers.get("X-Request-ID", "")
        if _ALLOWED.fullmatch(given):
            return given
    return secrets.token_hex(8)


class RequestNumber(logging.Filter):
    """Adds `request_id` to what is logged: "" outside of a request."""

    def filter(self, record):
        record.request_id = _number.get()
        return True


class JsonFormatter(logging.Formatter):
    """One object in one line: time (UTC), level, logger, message, and what else is known."""

    def format(self, record):
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
        }
        if number := getattr(record, "request_id", ""):
            told["request_id"] = number
        told |= getattr(record, "fields", {})
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False, default=str)


# Slow statements --------------------------------------------------------------------------------


def note_slow(execute, sql, params, many, context):
    """An execute wrapper: what takes SLOW_QUERY_MS or longer is logged, without its values."""
    begun = time.perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        ms = (time.perf_counter() - begun) * 1000
        if settings.SLOW_QUERY_MS and ms >= settings.SLOW_QUERY_MS:
            told = {"ms": round(ms, 1), "sql": str(sql)[:_SQL_SHOWN]}
            queries.warning("%(ms)s ms: %(sql)s", told, extra={"fields": told})


def watch_queries() -> None:
    """Have every connection to come watched; called once, as the process starts."""
    connection_created.connect(_watch, dispatch_uid="slow queries")


def _watch(connection, **kwargs):
    if note_slow not in connection.execute_wrappers:
        connection.execute_wrappers.append(note_slow)
