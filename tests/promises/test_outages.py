"""With the database away readers get a plain 503: no traceback, nothing of the settings, and all is
back by itself. An editor's words come back with the answer, to be sent again."""

import json
import re
from contextlib import contextmanager
from html import unescape
from unittest import mock

from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError, connection
from django.test import Client, SimpleTestCase, TestCase, override_settings

from articles.models import Article
from newsroom.outage import is_outage
from tests.admin.test_editors_at_once import Opened
from tests.factories import make_article, make_editor
from tests.pages import make_newsroom
from tests.promises.processes import Databases
from tests.test_admin import AdminTestCase
from tests.test_views import Outline

SECRET = "connection to server at db.secret.example, user harbour failed"


@contextmanager
def away(error=OperationalError):
    with mock.patch.object(connection, "cursor", side_effect=error(SECRET)):
        yield


class AnswersTests(TestCase):
    """Nothing but the moment is simulated: whatever asks the database fails as it would."""

    def setUp(self):
        super().setUp()
        self.client.raise_request_exception = False

    def assert_plain(self, response, kind):
        self.assertEqual(response.status_code, 503)
        self.assertEqual(response["Cache-Control"], "no-store")
        self.assertGreater(int(response["Retry-After"]), 0)
        self.assertEqual(response["Content-Type"], kind)
        self.assertIn("default-src 'none'", response["Content-Security-Policy"])
        text = response.content.decode()
        self.assertNotIn("secret", text)
        self.assertNotIn("Traceback", text)
        self.assertIn("cannot answer right now", text)

    def test_every_page_of_readers(self):
        pages = make_newsroom()
        for name in ("API", "search", "latest, as it was filtered", "archive without such a date"):
            del pages[name]  # they ask nothing
        with override_settings(DEBUG=True), self.assertLogs("newsroom.outage") as logs, away():
            for name, page in pages.items():
                with self.subTest(name):
                    response = self.client.get(page.address)
                    self.assert_plain(response, "text/html; charset=utf-8")
        self.assertEqual(len(logs.records), len(pages))  # once each

    def test_feeds_and_the_api(self):
        shown = f"http://testserver{make_article().get_absolute_url()}"
        with self.assertLogs("newsroom.outage"), away():
            for path in ("/feed.rss", f"/oembed?url={shown}", "/sitemap.xml"):
                self.assert_plain(self.client.get(path), "text/plain; charset=utf-8")
            for path in ("/api/v1/articles/", "/api/v1/topics/", "/api/news/index.json"):
                response = self.client.get(path)
                self.assert_plain(response, "application/problem+json")
                self.assertEqual(response.json()["status"], 503)
                self.assertEqual(response["Access-Control-Allow-Origin"], "*")

    def test_all_is_back_with_the_next_request(self):
        with self.assertLogs("newsroom.outage"), away(InterfaceError):
            self.assertEqual(self.client.get("/latest/").status_code, 503)
        self.assertEqual(self.client.get("/latest/").status_code, 200)

    def test_what_fails_outside_of_a_view_is_told_alike(self):
        """The session is written when the answer is made already."""
        self.client.force_login(make_editor())
        save = mock.patch(
            "django.contrib.sessions.backends.db.SessionStore.save",
            side_effect=OperationalError(SECRET),
        )
        for is_debug in (False, True):
            how = override_settings(DEBUG=is_debug, SESSION_SAVE_EVERY_REQUEST=True)
            with how, save, self.assertLogs("django.request"):
                self.assert_plain(self.client.get("/admin/"), "text/html; charset=utf-8")

    def test_a_mistake_of_ours_is_still_a_500(self):
        for error in (IntegrityError, ZeroDivisionError):
            broken = mock.patch("articles.views.front_page", side_effect=error(SECRET))
            with broken, self.assertLogs("django.request"):
                self.assertEqual(self.client.get("/").status_code, 500)
        with self.assertRaises(DatabaseError) as raised, connection.cursor() as cursor:
            cursor.execute("SELECT no_such_column FROM articles_article")
        self.assertFalse(is_outage(raised.exception))

    def test_the_twin_shows_a_failure_of_ours(self):
        middleware = mock.patch("newsroom.outage.is_outage", return_value=False)
        with middleware, self.assertLogs("django.request"), away():
            self.assertEqual(self.client.get("/latest/").status_code, 500)


class WordsTests(AdminTestCase):
    def test_what_an_editor_typed_waits_on_the_page_and_lands(self):
        article = make_article(title="Before", body="")
        opened = Opened(self, self.editor, "article", article)
        body = '\nOne line,\r\n"another" & a < third.'
        opened.fields |= {"title": "After", "body": body}
        with self.assertLogs("newsroom.outage"), away():
            failed = self.client.post(opened.url, opened.fields)
        self.assertContains(failed, "it is not lost", status_code=503)
        page = Outline(failed.content.decode())
        self.assertEqual((page.problems, page.headings), ([], [1]))
        self.assertEqual(Article.objects.get().title, "Before")
        action, fields = form_of(failed)
        self.assertEqual(action, opened.url)
        landed = self.client.post(action, fields)
        self.assertEqual(landed.status_code, 302, landed.context and landed.context["errors"])
        article.refresh_from_db()
        self.assertEqual(
            (article.title, article.body), ("After", body.replace("\r\n", "\n").strip())
        )

    def test_a_password_is_not_repeated(self):
        with self.assertLogs("newsroom.outage"), away():
            failed = Client().post("/admin/login/", {"username": "editor", "password": "harbour-7"})
        self.assertNotContains(failed, "harbour-7", status_code=503)
        self.assertContains(failed, "reload this page", status_code=503)


def form_of(response) -> tuple[str, dict]:
    """Where the page's form leads, and what a browser sends there: it drops the first line end of a
    text area and ends each line with CRLF."""
    html = response.content.decode()
    fields = {}
    areas = re.findall(r'<textarea name="([^"]*)" hidden>\r?\n?(.*?)</textarea>', html, re.DOTALL)
    for name, text in areas:
        lines = unescape(text).replace("\r\n", "\n").split("\n")
        fields.setdefault(unescape(name), []).append("\r\n".join(lines))
    return unescape(re.search(r'<form method="post" action="([^"]*)"', html)[1]), fields


class AwayTests(Databases, SimpleTestCase):
    """A database that is really away, behind the door for application servers."""

    def serve(self, *options) -> dict:
        self.environment = {
            "DEBUG": "off",
            "SECRET_KEY": "harbour-key-0123456789-0123456789-0123456789-0123456789",
            "ALLOWED_HOSTS": "127.0.0.1",
            "SECURE_SSL_REDIRECT": "off",
            "BEHIND_TLS_PROXY": "on",
        }
        process = self.start("-m", "tests.promises.away", *options)
        out, self.log = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0, self.log)
        return json.loads(out)

    def setUp(self):
        super().setUp()
        self.manage("import_seeds", "--verbosity", "0")

    def test_is_told_plainly_and_passes(self):
        served = self.serve()
        self.assertNotIn("Traceback", self.log)
        for state, told in served.items():
            is_away = state != "before" and not state.startswith("back")
            for path, (status, headers, text) in told.items():
                with self.subTest(state, path=path):
                    if not is_away or path == "/healthz":
                        self.assertEqual(status, 302 if path == "/admin/" else 200)
                        continue
                    self.assertEqual(status, 503)
                    self.assertIn("no-store", headers["Cache-Control"])
                    self.assertIn("answer", text)
                    for word in ("Traceback", "sqlite", "postgres", "127.0.0.1", "harbour-key"):
                        self.assertNotIn(word, text)

    def test_the_twin_shows_a_failure_of_ours(self):
        told = self.serve("--undefended")
        state = next(state for state in told if state in ("shut", "broken"))
        self.assertEqual(told[state]["/"][0], 500)

    def test_a_command_says_so_in_one_sentence(self):
        self.url = self.nowhere()
        for command in ("state_digest", "import_seeds"):
            status, out, said = self.run_to_end("manage.py", command)
            self.assertEqual(status, 3, said)
            self.assertRegex(said, "^(CommandError: )?The database refused: .+\n$")

    def nowhere(self) -> str:
        """The address of a database that is not there."""
        if connection.vendor == "sqlite":
            return f"sqlite:///{self.folder}/none/newsroom.sqlite3"
        return re.sub("/[^/]*$", "/no_such_database", self.url)
