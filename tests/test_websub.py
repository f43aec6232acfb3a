"""WebSub: the hub is told which feeds changed, soon and seldom, and nothing of hidden things."""

import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock
from urllib.parse import parse_qsl

from django.test import SimpleTestCase, TestCase, override_settings
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from articles import bulk, revisions, tasks, websub, workflow
from articles.decisions import decide
from articles.importing.pipeline import import_seeds
from articles.importing.undo import undo_import
from articles.models import Article, BulkAction, ImportRun, Revision
from articles.websub import Feed, Shown, feeds_changed

from .factories import NOON, make_article, make_editor, make_provider, make_topic
from .importing.seedtexts import seed
from .test_worker import OPEN, QUEUED

HOUR = timedelta(hours=1)
NOW = Shown("published", NOON, None, ("Trains", "Ports"), ("Post", "post.example"))
ALL = {Feed("site"), Feed("topic", "Trains"), Feed("topic", "Ports")}
ALL |= {Feed("provider", ("Post", "post.example"))}
LATER = (NOON + 2 * HOUR).isoformat()
HUB = override_settings(WEBSUB_HUB="http://hub.example/", SITE_URL="https://news.example")


class FeedsChangedTests(SimpleTestCase):
    def found(self, changes, *, is_new=False, **now):
        return feeds_changed(NOW._replace(**now), changes, NOON + HOUR, is_new)

    def test_all_in_which_it_stands_or_stood(self):
        coming = {"status": ["held", "published"]}
        moved = {"topics": [["Climate", "Trains"], ["Ports", "Trains"]]}
        sold = {"provider": [["Courier", "courier.example"], list(NOW.provider)]}
        for changes, expected in (
            (coming, ALL),
            ({"title": ["A", "B"]}, ALL),
            (moved, ALL | {Feed("topic", "Climate")}),
            (sold, ALL | {Feed("provider", ("Courier", "courier.example"))}),
            ({"provider": [None, list(NOW.provider)]}, ALL),
            (coming | moved, ALL),  # in Climate no reader ever saw it
        ):
            self.assertEqual(self.found(changes), expected, changes)
        self.assertEqual(self.found({}, is_new=True), ALL)
        self.assertEqual(
            self.found({"publish_from": [NOON.isoformat(), LATER]}, publish_from=NOON + 2 * HOUR),
            ALL,
        )
        for status in ("held", "withdrawn", "trashed"):
            self.assertEqual(self.found({"status": ["published", status]}, status=status), ALL)

    def test_none_where_readers_see_nothing_of_it(self):
        for changes, now in (
            ({"note": ["", "Psst"]}, {}),
            ({"heat": [1, 2], "publish_until": [None, LATER]}, {}),
            ({"title": ["A", "B"]}, {"status": "held"}),
            ({"title": ["A", "B"]}, {"publish_from": NOON + 2 * HOUR}),
            ({"title": ["A", "B"]}, {"publish_until": NOON + HOUR}),
            ({"status": ["held", "review"]}, {"status": "review"}),
            ({"status": ["held", "published"]}, {"publish_from": NOON + 2 * HOUR}),
            ({"status": ["review", "trashed"]}, {"status": "trashed"}),
        ):
            self.assertEqual(self.found(changes, **now), set(), changes)
        self.assertEqual(self.found({}, is_new=True, status="held"), set())


@HUB
@QUEUED
class AnnouncingTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.editor = make_editor()
        cls.post = make_provider("Post", "post.example")
        cls.article = make_article(provider=cls.post, topics=["Trains"], is_published=False)

    def told(self):
        """What waits to be told to the hub, without formats."""
        rows = DBTaskResult.objects.filter(task_path="articles.tasks.ping_hub")
        addresses = [a for row in rows for a in row.args_kwargs["args"][0]]
        self.assertEqual(len(addresses), len(set(addresses)))
        self.assertEqual(len(addresses) % 3, 0)
        paths = (address.removeprefix("https://news.example") for address in addresses)
        return {path.rpartition("feed.")[0] for path in paths}

    def test_publishing_withdrawing_and_what_is_hidden(self):
        ours = {"/", "/topics/trains/", f"/providers/{self.post.slug}/"}
        decide(self.article.pk, "review", self.editor)
        self.assertEqual(self.told(), set())
        decide(self.article.pk, "published", self.editor)
        self.assertEqual(self.told(), ours)
        decide(self.article.pk, "withdrawn", self.editor, reason="So")  # joins the one that waits
        self.assertEqual((self.told(), DBTaskResult.objects.count()), (ours, 1))
        soon = timezone.now() + timedelta(seconds=5)  # it may leave before this is committed
        DBTaskResult.objects.update(run_after=soon)
        decide(self.article.pk, "published", self.editor)
        self.assertEqual(DBTaskResult.objects.count(), 2)

    def test_an_edit_and_a_note(self):
        article = make_article(provider=None)
        with revisions.recording(article.pk, self.editor, Revision.Kind.EDIT):
            Article.objects.filter(pk=article.pk).update(note="Psst")
        self.assertEqual(self.told(), set())
        with revisions.recording(article.pk, self.editor, Revision.Kind.EDIT):
            Article.objects.filter(pk=article.pk).update(title="Another")
        self.assertEqual(self.told(), {"/"})

    def test_merged_providers_and_topics(self):
        other = make_provider("Old Post", "old.example")
        workflow.merge_providers(self.post, [other], self.editor)
        self.assertEqual(self.told(), set())  # no reader sees anything of it
        other = make_provider("New Post", "new.example")
        make_article(provider=other, topics=["Rail"])
        workflow.merge_providers(self.post, [other], self.editor)
        self.assertEqual(self.told(), {"/", f"/providers/{self.post.slug}/"})
        workflow.merge_topics(make_topic("Trains"), [make_topic("Rail")], self.editor)
        self.assertIn("/topics/trains/", self.told())

    def test_imports_and_undoing_them(self):
        with TemporaryDirectory() as folder:
            for number in range(3):
                Path(folder, f"{number}.md").write_bytes(seed())
            Path(folder, "held.md").write_bytes(seed(("published: true", "published: false")))
            run = import_seeds([Path(folder)], "feed").run_id
            first = self.told()
            self.assertIn("/", first)
            self.assertEqual(DBTaskResult.objects.count(), 1)
            DBTaskResult.objects.all().delete()
            Path(folder, "held.md").write_bytes(seed(("published: true", "published:  false")))
            import_seeds([Path(folder)], "feed")
            self.assertEqual(self.told(), set())
        undo_import(ImportRun.objects.get(pk=run))
        self.assertEqual(self.told(), first)

    def test_costs_nothing_without_a_hub(self):
        with override_settings(WEBSUB_HUB=""), self.assertNumQueries(0):
            tasks.announce({self.article.pk: ({"title": ["A", "B"]}, False)})
            tasks.announce_row(self.post)

    @OPEN
    def test_what_is_planned_is_told_in_its_moment(self):
        moment = timezone.now() + HOUR
        Article.objects.filter(pk=self.article.pk).update(publish_until=moment)
        decide(self.article.pk, "published", self.editor)
        row = DBTaskResult.objects.get(task_path="articles.tasks.announce_moment")
        self.assertEqual(row.run_after, moment)
        DBTaskResult.objects.exclude(pk=row.pk).delete()
        row.task.call(*row.args_kwargs["args"])  # too early: a clock that is wrong
        self.assertEqual(self.told(), set())
        with mock.patch("articles.tasks.timezone.now", lambda: moment):
            row.task.call(*row.args_kwargs["args"])
            self.assertIn("/", self.told())
            DBTaskResult.objects.exclude(pk=row.pk).delete()
            # Planned anew, or withdrawn, in the meantime.
            Article.objects.filter(pk=self.article.pk).update(status="held")
            row.task.call(*row.args_kwargs["args"])
            Article.objects.filter(pk=self.article.pk).update(publish_until=moment + HOUR)
            row.task.call(*row.args_kwargs["args"])
        self.assertEqual(self.told(), set())


class Hub(BaseHTTPRequestHandler):
    """Keeps what it is told; answers with `status`."""

    status = 202

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.told.append(parse_qsl(body))
        self.send_response(self.server.status)
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *arguments):
        pass


class HubTestCase(TestCase):
    def setUp(self):
        self.hub = HTTPServer(("127.0.0.1", 0), Hub)
        self.hub.told, self.hub.status = [], 202
        thread = threading.Thread(target=self.hub.serve_forever, args=[0.01], daemon=True)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.hub.server_close)
        self.addCleanup(self.hub.shutdown)
        address = f"http://127.0.0.1:{self.hub.server_port}/"
        told = override_settings(WEBSUB_HUB=address, SITE_URL="https://news.example")
        told.enable()
        self.addCleanup(told.disable)


class PingTests(HubTestCase):
    def test_tells_many_at_once(self):
        websub.ping([f"https://news.example/{number}" for number in range(120)])
        self.assertEqual([len(fields) for fields in self.hub.told], [51, 51, 21])
        self.assertEqual(
            self.hub.told[0][:2], [("hub.mode", "publish"), ("hub.url", "https://news.example/0")]
        )

    def test_a_refusal_or_a_move_is_an_error(self):
        for status in (301, 302, 400, 503):
            self.hub.status = status
            with self.assertRaisesRegex(OSError, str(status)):
                websub.ping(["https://news.example/"])
        self.assertEqual(len(self.hub.told), 4)


class WithoutAQueueTests(HubTestCase):
    def test_many_changes_are_one_ping(self):
        editor = make_editor()
        for number in range(5):
            make_article(is_published=False, topics=[f"Topic {number}"])
        with self.captureOnCommitCallbacks(execute=True):
            action = bulk.choose(editor, BulkAction.Deed.PUBLISH, Article.objects.all(), choices={})
        # Each article's transaction is one of its own: its end is told at once.
        with (
            mock.patch("articles.tasks.transaction.on_commit", lambda told: told()),
            mock.patch.object(tasks.websub, "ping") as ping,
        ):
            self.assertTrue(bulk.go_on(action, 60))
        self.assertEqual(ping.call_count, 1)
        self.assertEqual(len(ping.call_args.args[0]), 3 * (1 + 5 + 1))

    def test_a_hub_that_is_away_stops_no_editor(self):
        article = make_article(is_published=False)
        self.hub.status = 500
        logged = self.assertLogs("django_tasks", "ERROR")
        with logged as logs, self.captureOnCommitCallbacks(execute=True):
            decide(article.pk, "published", make_editor())
        self.assertIn("HTTP Error 500", logs.output[0])
        article.refresh_from_db()
        self.assertEqual(article.status, "published")
