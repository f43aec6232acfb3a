"""Whether the newsroom runs: for whoever watches it, a load balancer or a person.

`/healthz` answers as long as the process does; `/readyz` only where it can serve readers.
"""

from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpResponse
from django.templatetags.static import static
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from .models import Article


@require_safe
@cache_control(no_store=True)
def alive(request):
    return _say("ok")


@require_safe
@cache_control(no_store=True)
def ready(request):
    """503 while the database is away or not set up, or static files were never collected."""
    try:
        Article.objects.order_by().exists()
    except (DatabaseError, InterfaceError):
        if not connection.in_atomic_block:
            connection.close()  # the next one who asks finds out anew
        return _say("the database does not answer", status=503)
    try:
        static("articles/css/base.css")
    except ValueError:  # every page would fail
        return _say("static files are missing: manage.py collectstatic", status=503)
    return _say("ok")


def _say(text, status=200):
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8")
