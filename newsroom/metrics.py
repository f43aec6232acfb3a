"""Numbers for Prometheus, at /metrics: off unless METRICS_TOKEN is set, and then for its bearers.

https://prometheus.io/docs/instrumenting/exposition_formats/. Labels are names of views, never
addresses: there are a few dozen of them, whatever is asked for. With several processes, each
writes its own numbers into PROMETHEUS_MULTIPROC_DIR, an empty folder at the start, and any of them
answers for all.
"""

import os
import time

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpResponse, HttpResponseNotFound
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django_tasks_db.models import DBTaskResult
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

from articles import freshness

METHODS = {"GET", "HEAD", "POST", "OPTIONS"}
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

answered = Counter("newsroom_requests", "Requests answered", ["view", "method", "status"])
seconds = Histogram("newsroom_request_seconds", "Time to the answer", ["view"], buckets=BUCKETS)


class MetricsMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        begun = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        view = match.view_name if match else "none"
        method = request.method if request.method in METHODS else "other"
        answered.labels(view, method, str(response.status_code)).inc()
        seconds.labels(view).observe(time.perf_counter() - begun)
        return response


@require_safe
@cache_control(no_store=True)
def metrics(request):
    token = settings.METRICS_TOKEN
    if not token or not constant_time_compare(
        request.headers.get("Authorization", ""), f"Bearer {token}"
    ):
        return HttpResponseNotFound()
    own = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(own)
        shown = [own]
    else:
        shown = [REGISTRY]
    state = CollectorRegistry()
    state.register(_State())
    text = b"".join(map(generate_latest, [*shown, state]))
    return HttpResponse(text, content_type=CONTENT_TYPE_LATEST)


class _State:
    """What the database says at this moment, or that it says nothing."""

    def collect(self):
        try:
            found = list(_found())
        except DatabaseError:
            found = []
        yield GaugeMetricFamily("newsroom_database_up", "1: it answers", value=float(bool(found)))
        yield from found


def _found():
    """A few queries, each over an index or a small table."""
    tasks = GaugeMetricFamily("newsroom_tasks", "Tasks in the queue", labels=["state"])
    now = timezone.now()
    for state, rows in (
        ("waiting", DBTaskResult.objects.ready()),
        ("running", DBTaskResult.objects.running()),
        ("failed", DBTaskResult.objects.failed()),
    ):
        tasks.add_metric([state], rows.count())
    yield tasks
    oldest = DBTaskResult.objects.ready().order_by("enqueued_at").first()
    age = (now - oldest.enqueued_at).total_seconds() if oldest else 0
    yield GaugeMetricFamily("newsroom_task_oldest_seconds", "Age of the oldest", value=age)
    last = freshness.last_import()
    yield GaugeMetricFamily(
        "newsroom_last_import_timestamp_seconds",
        "When the last import ended that read a file; 0: never",
        value=last.timestamp() if last else 0,
    )
    yield GaugeMetricFamily(
        "newsroom_imports_stale",
        "1: none for longer than IMPORT_FRESH_HOURS",
        value=float(freshness.is_stale(last, now)),
    )
