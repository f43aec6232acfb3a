"""Metrics: for the bearers of the token; views and numbers, and nothing that readers could ask."""

import re
from datetime import timedelta
from unittest import mock

from django.db import DatabaseError
from django.http import HttpResponse
from django.test import RequestFactory, TestCase, override_settings
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from articles.models import ImportRun
from newsroom import metrics, urls

from .test_worker import QUEUED, do, later


@override_settings(METRICS_TOKEN="secret-token", IMPORT_FRESH_HOURS=6)
class MetricsTests(TestCase):
    def ask(self, **headers):
        headers.setdefault("Authorization", "Bearer secret-token")
        return metrics.metrics(RequestFactory().get("/metrics", headers=headers))

    def values(self):
        families = text_string_to_metric_families(self.ask().content.decode())
        return {
            (sample.name, *sample.labels.values()): sample.value
            for family in families
            for sample in family.samples
        }

    def test_only_for_who_has_the_token(self):
        self.assertEqual(self.ask().status_code, 200)
        for wrong in ("", "Bearer", "Bearer ", "Bearer secret", "secret-token", "Bearer ü"):
            self.assertEqual(self.ask(Authorization=wrong).status_code, 404, wrong)
        with override_settings(METRICS_TOKEN=""):
            self.assertEqual(self.ask(Authorization="Bearer ").status_code, 404)
            self.assertEqual(urls._metrics(), [])
        self.assertEqual(len(urls._metrics()), 1)
        self.assertEqual(self.client.get("/metrics").status_code, 404)  # off: there is no such page

    def test_requests_are_counted_by_view_never_by_address(self):
        middleware = metrics.MetricsMiddleware(lambda request: HttpResponse(status=404))
        for number in range(20):
            request = RequestFactory().get(f"/articles/hidden-{number}/")
            request.method = f"M{number}"
            middleware(request)
        text = self.ask().content.decode()
        self.assertNotIn("hidden", text)
        counted = re.findall(r'newsroom_requests_total\{.*view="none".*\} (\S+)', text)
        self.assertEqual(len(counted), 1)
        self.assertGreaterEqual(float(counted[0]), 20)

    @QUEUED
    def test_the_queue_and_the_imports(self):
        now = timezone.now()
        self.assertEqual(self.values()["newsroom_last_import_timestamp_seconds",], 0)
        run = ImportRun.objects.create(
            source="seeds", state="finished", unchanged=3, finished_at=now - timedelta(hours=7)
        )
        later(do, "one")
        found = self.values()
        self.assertEqual(found["newsroom_tasks", "waiting"], 1)
        self.assertEqual(found["newsroom_imports_stale",], 1)
        stamp = found["newsroom_last_import_timestamp_seconds",]
        self.assertAlmostEqual(stamp, run.finished_at.timestamp(), 3)

    def test_without_the_database_the_rest_is_told(self):
        with mock.patch("newsroom.metrics._found", side_effect=DatabaseError):
            self.assertEqual(self.values()["newsroom_database_up",], 0)
        self.assertEqual(self.values()["newsroom_database_up",], 1)
