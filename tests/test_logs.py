"""Logs: one object in a line, the request's number, slow statements; nothing that readers sent."""

import json
import logging

from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory, SimpleTestCase, TestCase, override_settings

from newsroom import logs

SECRET = "a-readers-own-words"


class JsonTests(SimpleTestCase):
    def test_one_line_with_what_is_known(self):
        try:
            raise ValueError("two\nlines")
        except ValueError:
            record = logging.getLogger("here").makeRecord(
                *("here", logging.ERROR, "file", 1, "It “%s”", ("failed",), True)
            )
            import sys

            record.exc_info = sys.exc_info()
        record.request_id, record.fields = "abc", {"ms": 1.5}
        line = logs.JsonFormatter().format(record)
        self.assertNotIn("\n", line)
        told = json.loads(line)
        self.assertEqual((told["message"], told["level"]), ("It “failed”", "ERROR"))
        self.assertEqual((told["request_id"], told["ms"]), ("abc", 1.5))
        self.assertIn("ValueError: two\nlines", told["exception"])
        self.assertTrue(told["time"].endswith("+00:00"))


class NumberTests(SimpleTestCase):
    def number(self, given):
        return logs.number_of(RequestFactory().get("/", headers={"X-Request-ID": given}))

    def test_is_the_proxys_only_where_that_is_believed(self):
        self.assertNotEqual(self.number("abc-1"), "abc-1")
        with override_settings(TRUST_REQUEST_ID=True):
            self.assertEqual(self.number("abc-1"), "abc-1")
            for bad in ("", "a b", "x" * 65, "a\nb", "ü"):
                self.assertRegex(self.number(bad), "^[0-9a-f]{16}$")

    def test_stands_on_what_is_logged_and_in_no_answer(self):
        numbers = []

        def view(request):
            with self.assertLogs("here") as noted:
                noted_handler = logging.getLogger("here").handlers[0]
                noted_handler.addFilter(logs.RequestNumber())
                logging.getLogger("here").warning("hm")
            numbers.append(noted.records[0].request_id)
            return HttpResponse()

        answers = [logs.RequestsMiddleware(view)(RequestFactory().get("/")) for _ in range(2)]
        self.assertEqual(len(set(numbers)), 2)
        self.assertRegex(numbers[0], "^[0-9a-f]{16}$")
        for answer in answers:
            self.assertNotIn("X-Request-ID", answer.headers)
        record = logging.makeLogRecord({})
        logs.RequestNumber().filter(record)
        self.assertEqual(record.request_id, "")


class RequestsTests(TestCase):
    def test_are_told_by_view_never_by_address(self):
        with self.assertLogs("newsroom.requests", "INFO") as noted:
            self.client.get(f"/search/?q={SECRET}")
            self.client.get(f"/preview/{SECRET}/")
            self.client.get(f"/{SECRET}")
        told = [(record.fields["view"], record.fields["status"]) for record in noted.records]
        self.assertEqual(told, [("articles:search", 200), ("articles:preview", 404), ("", 404)])
        self.assertNotIn(SECRET, json.dumps([record.getMessage() for record in noted.records]))


class SlowStatementTests(TestCase):
    def ask(self):
        with connection.execute_wrapper(logs.note_slow), connection.cursor() as cursor:
            cursor.execute("SELECT %s", [SECRET])

    def test_are_told_without_their_values(self):
        with (
            override_settings(SLOW_QUERY_MS=1e-9),
            self.assertLogs("newsroom.queries", "WARNING") as noted,
        ):
            self.ask()
        self.assertIn("SELECT %s", noted.output[0])
        self.assertNotIn(SECRET, noted.output[0])

    def test_quick_ones_are_not_nor_any_where_it_is_off(self):
        for limit in (60_000, 0):
            with (
                override_settings(SLOW_QUERY_MS=limit),
                self.assertNoLogs("newsroom.queries"),
            ):
                self.ask()

    def test_every_new_connection_is_watched_once(self):
        class Connection:
            execute_wrappers = []

        for _ in range(2):
            logs._watch(Connection)
        self.assertEqual(Connection.execute_wrappers, [logs.note_slow])
