"""Which pictures are fetched, in what order, how it is recorded, and when one is tried again."""

from datetime import timedelta
from functools import partial
from io import StringIO
from unittest import mock

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.test import SimpleTestCase, TestCase, override_settings
from django.utils import timezone

from articles.digest import state_digest
from articles.fetching import taking
from articles.fetching.client import FetchError
from articles.fetching.taking import Manners, Outcome, fetch_all, fetch_one, wait_after, wanting
from articles.importing.lock import ImportRunning
from articles.models import Article, Image
from tests import picturing
from tests.databases import only_on
from tests.factories import make_article, make_image, make_provider, make_related_item

from .hostile import HERE, Server, Web, answer

JPEG = picturing.plain()


def remote(url=None, **fields):
    return make_image(**({"url": url} if url else {}), file="", width=None, height=None, **fields)


@override_settings(FETCH_IMAGES=True)
class FetchingTestCase(TestCase):
    def setUp(self):
        self.server = self.enterContext(Server({"/picture": answer(JPEG)}))
        self.web = Web(self.server)

    def fetch(self, image, **options):
        outcome = fetch_one(image.pk, by=self.web.client, **options)
        image.refresh_from_db()
        return outcome


class WantingTests(TestCase):
    def test_public_ones_come_first_then_what_stands_beside_them_then_what_waits(self):
        held, logo, beside, older, newer, scheduled = (remote() for _ in range(6))
        make_article(images=[held], is_published=False)
        provider = make_provider("P", "p.example", logo=logo)
        public = make_article(images=[newer, older], provider=provider)
        make_related_item(public, images=[beside])
        soon = timezone.now() + timedelta(days=1)
        make_article(images=[scheduled], publish_from=soon, first_public_at=None)
        found = list(wanting())
        self.assertEqual(set(found[:2]), {newer, older})
        self.assertEqual(set(found[2:4]), {logo, beside})
        self.assertEqual(set(found[4:]), {held, scheduled})

    def test_newer_articles_come_first(self):
        first, second = remote(), remote()
        make_article(images=[second])
        make_article(images=[first])
        self.assertEqual(list(wanting()), [first, second])

    @only_on("sqlite")
    def test_looks_through_the_articles_once_and_not_for_each_picture(self):
        """Else its time grows with the square: minutes for 10,000 pictures."""
        plan = wanting().explain()
        self.assertIn("LIST SUBQUERY", plan)
        asked_for_each = plan.partition("CORRELATED")[2].splitlines()[1:-1]
        self.assertEqual(
            len(asked_for_each), 2, plan
        )  # by the picture's number, then the article's
        self.assertNotIn("CORRELATED", "".join(asked_for_each))

    def test_leaves_out_what_nobody_is_to_see(self):
        remote()
        make_article(images=[make_image()])
        for status in (Article.Status.WITHDRAWN, Article.Status.TRASHED):
            make_article(images=[remote()], status=status)
        self.assertEqual(list(wanting()), [])

    def test_can_look_at_one_feed_alone(self):
        ours, theirs = remote(), remote()
        make_article(images=[ours])
        make_article(images=[theirs], source="other")
        self.assertEqual(list(wanting(source="other")), [theirs])

    def test_what_failed_waits_its_turn(self):
        now = timezone.now()
        failed = {"fetch_failures": 1, "fetch_error": "x", "fetch_tried_at": now}
        due, later = (
            remote(**failed, fetch_next_at=now + timedelta(hours=hours)) for hours in (-1, 1)
        )
        final = remote(**failed)
        taken_away = remote(fetch_tried_at=now)
        make_article(images=[due, later, final, taken_away])
        self.assertEqual(set(wanting()), {due})
        self.assertEqual(set(wanting(is_retry=True)), {due, later})
        self.assertEqual(set(wanting(is_retry=True, is_anew=True)), {due, later, final})
        self.assertEqual(taking.waiting_count(), 1)


class FetchOneTests(FetchingTestCase):
    def test_gives_the_row_a_file_of_our_name_and_its_size(self):
        image = remote(self.server.url())
        before = image.alt_text
        self.assertEqual(self.fetch(image), Outcome.TAKEN)
        self.assertRegex(image.file.name, r"^images/[0-9a-f]{24}\w*\.jpg$")
        self.assertEqual((image.width, image.height), (40, 30))
        self.assertEqual((image.fetch_failures, image.alt_text), (0, before))
        self.assertIn("Fetched on", image.describe_fetching())
        self.assertEqual(self.fetch(image), Outcome.NOTHING)
        self.assertEqual(len(self.server.asked), 1)

    def test_records_what_went_wrong_and_waits_longer_each_time(self):
        self.server.answers["/picture"] = answer(status="404 Not Found")
        image = remote(self.server.url())
        for failures, hours in ((1, 1), (2, 4), (3, 16)):
            self.assertEqual(self.fetch(image, is_forced=True), Outcome.FAILED)
            self.assertEqual(image.fetch_failures, failures)
            self.assertEqual(image.fetch_error, "answered 404 Not Found")
            wait = image.fetch_next_at - image.fetch_tried_at
            self.assertEqual(wait, timedelta(hours=hours))
        self.assertIn("Tried 3 times", image.describe_fetching())
        self.assertIn("again from", image.describe_fetching())
        self.assertEqual(self.fetch(image), Outcome.NOTHING)  # it waits
        self.server.answers["/picture"] = answer(JPEG)
        self.assertEqual(self.fetch(image, is_forced=True), Outcome.TAKEN)
        self.assertEqual((image.fetch_failures, image.fetch_error), (0, ""))
        self.assertIsNone(image.fetch_next_at)

    def test_what_is_for_good_is_recorded_as_such(self):
        self.server.answers["/page"] = answer(b"<html>", Content_Type="image/jpeg")
        for url, reason in {
            self.server.url("/page"): "expected a picture",
            "http://10.0.0.1/a.jpg": "10.0.0.1 is a private network",
            "http://127.1/a.jpg": "the host is none on the web",
        }.items():
            image = remote(url)
            self.assertEqual(self.fetch(image), Outcome.GIVEN_UP)
            self.assertIn(reason, image.fetch_error)
            self.assertIsNone(image.fetch_next_at)
            self.assertIn("not be tried again", image.describe_fetching())

    def test_a_picture_of_an_editor_stays(self):
        image = remote(self.server.url())
        upload = default_storage.save("images/upload.jpg", ContentFile(b"theirs"))

        real = taking.decoding.rewritten

        def rewritten(content):
            Image.objects.filter(pk=image.pk).update(file=upload)
            return real(content)

        files = set(default_storage.listdir("images")[1])
        with mock.patch.object(taking.decoding, "rewritten", rewritten):
            self.assertEqual(self.fetch(image), Outcome.NOTHING)
        self.assertEqual(image.file.name, upload)
        self.assertEqual(set(default_storage.listdir("images")[1]), files)  # none left behind

    def test_how_fetching_went_is_no_knowledge(self):
        make_article(images=[image := remote("http://10.0.0.1/a.jpg")])
        before = state_digest()
        self.fetch(image)
        self.assertEqual(state_digest(), before)

    @override_settings(FETCH_IMAGES=False)
    def test_asks_nobody_while_fetching_is_off(self):
        with self.assertRaisesMessage(taking.FetchingOff, "FETCH_IMAGES=on"):
            self.fetch(remote(self.server.url()))
        self.assertEqual(self.web.dialled, [])


class WaitTests(SimpleTestCase):
    def test_grows_and_has_an_end(self):
        waits = [wait_after(failures) for failures in range(1, 40)]
        self.assertEqual(waits, sorted(waits))
        self.assertEqual(waits[-1], timedelta(days=30))
        self.assertEqual(wait_after(32_767), timedelta(days=30))
        self.assertEqual(wait_after(1, 86_400), timedelta(days=1))


class FetchAllTests(FetchingTestCase):
    def setUp(self):
        super().setUp()
        self.time = 0.0
        self.slept = []

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.time += seconds

    def run_all(self, images, **options):
        manners = Manners(now=lambda: self.time, sleep=self.sleep)
        return fetch_all(images, by=self.web.client, manners=manners, **options)

    def test_lets_each_host_rest_between_two_questions(self):
        hosts = ["a.example", "a.example", "b.example"]
        images = [remote(self.server.url(f"/picture?{n}", host)) for n, host in enumerate(hosts)]
        report = self.run_all(images)
        self.assertEqual(self.web.resolved, ["a.example", "b.example", "a.example"])
        self.assertEqual(self.slept, [taking.PAUSE])
        self.assertTrue(str(report).startswith("3 fetched, 0 failed"))

    def test_leaves_a_host_that_fails_alone(self):
        self.server.answers["/picture"] = answer(status="500 Oops")
        images = [remote(self.server.url(f"/picture?{n}")) for n in range(6)]
        report = self.run_all(images)
        self.assertEqual(report.outcomes[Outcome.FAILED], taking.PATIENCE)
        self.assertEqual((report.resting, len(self.server.asked)), (3, 3))
        # Nobody asked for these: nothing is said against them, and they come again.
        self.assertEqual(Image.objects.filter(fetch_tried_at=None).count(), 3)

    def test_hears_a_host_that_asks_for_rest(self):
        self.server.answers["/picture"] = answer(status="429 Slow", Retry_After="7200")
        images = [remote(self.server.url(f"/picture?{n}")) for n in range(2)]
        self.assertEqual(self.run_all(images).resting, 1)
        images[0].refresh_from_db()
        self.assertEqual(images[0].fetch_next_at - images[0].fetch_tried_at, timedelta(hours=2))

    def test_goes_on_where_it_stopped(self):
        make_article(images=[remote(self.server.url(f"/picture?{n}")) for n in range(4)])

        def stop(image, outcome, why):
            if Image.objects.exclude(file="").count() == 2:
                raise KeyboardInterrupt

        with self.assertRaises(KeyboardInterrupt):
            self.run_all(list(wanting()), on_each=stop)
        self.run_all(list(wanting()))
        self.assertEqual(len(self.server.asked), len(set(self.server.asked)))  # once each
        self.assertEqual(Image.objects.exclude(file="").count(), 4)


class CommandTests(FetchingTestCase):
    def call(self, *arguments):
        out = StringIO()
        fetching = partial(
            fetch_all, by=self.web.client, manners=Manners(sleep=lambda seconds: None, pause=0)
        )
        with mock.patch.object(taking, "fetch_all", fetching):
            call_command("fetch_images", *arguments, stdout=out)
        return out.getvalue()

    def test_fetches_and_says_what_it_did(self):
        self.server.answers["/away"] = answer(status="404 Not Found")
        urls = [self.server.url("/picture"), self.server.url("/away"), "http://10.0.0.1/a.jpg"]
        make_article(images=[remote(url) for url in urls])
        self.assertEqual(
            self.call(),
            "1 fetched, 1 failed and will be tried again, 1 failed for good, "
            "1 wait for a later try\n",
        )
        self.assertTrue(self.call().startswith("0 fetched, 0 failed"))
        self.assertIn("1 failed and will", self.call("--retry"))
        self.assertIn("1 failed for good", self.call("--given-up"))
        self.assertEqual(self.call("-v", "0"), "")
        self.assertEqual({address for address, _ in self.web.dialled}, {HERE})

    def test_asks_for_no_more_than_the_limit(self):
        make_article(images=[remote(self.server.url(f"/picture?{n}")) for n in range(3)])
        self.assertTrue(self.call("--limit", "2").startswith("2 fetched"))
        for text in ("0", "-1", "x", "9" * 20):
            with self.assertRaises(CommandError):
                self.call("--limit", text)

    @override_settings(FETCH_IMAGES=False)
    def test_is_off_until_it_is_switched_on(self):
        make_article(images=[remote(self.server.url())])
        with self.assertRaisesMessage(CommandError, "FETCH_IMAGES=on") as raised:
            self.call()
        self.assertEqual(raised.exception.returncode, 3)
        self.assertEqual(self.web.dialled, [])

    def test_runs_once_at_a_time(self):
        with (
            mock.patch("articles.importing.lock.exclusive", side_effect=ImportRunning("process 4")),
            self.assertRaisesMessage(CommandError, "Another fetch runs already: process 4"),
        ):
            self.call()

    def test_says_how_far_it_came_when_it_is_stopped(self):
        make_article(images=[remote(self.server.url())])
        with (
            mock.patch.object(self.web.client.__class__, "get", side_effect=KeyboardInterrupt),
            self.assertRaises(SystemExit) as raised,
        ):
            self.call()
        self.assertEqual(raised.exception.code, 130)


class ErrorTextTests(FetchingTestCase):
    def test_what_a_host_makes_us_say_can_be_stored_and_read(self):
        image = remote(self.server.url())
        error = FetchError("a\0b\n\ud800" + "c" * 400)
        with mock.patch.object(self.web.client.__class__, "get", side_effect=error):
            self.assertEqual(self.fetch(image), Outcome.FAILED)
        self.assertEqual(image.fetch_error[:6], "a b  c")
        self.assertEqual(len(image.fetch_error), 300)
