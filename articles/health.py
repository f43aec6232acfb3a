"""Whether the newsroom runs: for whoever watches it, a load balancer or a person.

`/healthz` answers as long as the process does; `/readyz` only where it can serve readers.
"""

from django.db import DatabaseError, connection
from django.http import HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe


@require_safe
@cache_control(no_store=True)
def alive(request):
    return _say("ok")


@require_safe
@cache_control(no_store=True)
def ready(request):
    """503 while the database is away."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return _say("the database does not answer", status=503)
    return _say("ok")


def _say(text, status=200):
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8")
