"""Taken off the site: for a reason, at once, and answered with 410 where readers had seen it."""

from datetime import UTC, datetime, timedelta
from importlib import import_module
from unittest import mock

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.test import TestCase
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as PropertyTestCase

from articles import revisions
from articles.decisions import decide
from articles.importing import state
from articles.importing.apply import apply, with_all_that_merges
from articles.importing.references import References
from articles.importing.undo import undo_import
from articles.models import Article, ImportedFile, ImportRun, Revision, Tombstone
from articles.reasons import why

from .factories import NOON, make_article, make_editor
from .importing.test_own import deliver
from .importing.test_pipeline import ImportTestCase
from .test_admin import AdminTestCase, address, fields_of

User = get_user_model()
Status = Article.Status
HOUR = timedelta(hours=1)
REMOVED = ("published: true", "published: true\nremoved: true")


class ReasonTests(TestCase):
    def setUp(self):
        self.editor = make_editor("anna")
        self.article = make_article()

    def withdraw(self, reason):
        return decide(self.article.pk, Status.WITHDRAWN, self.editor, reason=reason)

    def test_a_withdrawal_without_one_is_refused(self):
        for reason in ("", "  ", "\n\x00"):
            with self.subTest(reason), self.assertRaisesMessage(ValidationError, "Say why"):
                self.withdraw(reason)
        self.article.refresh_from_db()
        self.assertTrue(self.article.is_published())

    def test_one_too_long_is_refused(self):
        with self.assertRaisesMessage(ValidationError, "500"):
            self.withdraw("x" * 501)

    def test_is_kept_as_one_line_and_in_the_history(self):
        article = self.withdraw(" The court\r\nasked for it. ")
        self.assertEqual(article.withdrawal_reason, "The court asked for it.")
        changes = Revision.objects.get().changes
        self.assertEqual(changes["withdrawal_reason"], ["", "The court asked for it."])

    def test_a_better_one_takes_its_place(self):
        self.withdraw("A mistake")
        self.assertIsNone(self.withdraw("A mistake"))
        self.assertIsNone(self.withdraw(""))
        self.assertEqual(self.withdraw("A forgery").withdrawal_reason, "A forgery")

    def test_is_shown_to_editors_and_stands_until_the_article_is_published_again(self):
        self.withdraw("A forgery")
        article = Article.objects.select_related("decided_by").get()
        at = f"{article.decided_at:%-d %b %Y %H:%M}"
        self.assertEqual(str(why(article)), f"withdrawn by anna on {at}: A forgery")
        self.assertEqual(decide(article.pk, "held", self.editor).withdrawal_reason, "A forgery")
        article = decide(article.pk, "published", self.editor)
        self.assertEqual((article.withdrawal_reason, article.withdrawn_at), ("", None))

    def test_comes_back_where_publishing_is_taken_back(self):
        self.withdraw("A forgery")
        article = with_all_that_merges(Article.objects).get()
        before = state.whole(article)
        decide(article.pk, "published", self.editor)
        article = with_all_that_merges(Article.objects).get()
        apply(article, state.whole(article), before, References.of_states([]), timezone.now())
        article.refresh_from_db()
        self.assertEqual((article.status, article.withdrawal_reason), ("withdrawn", "A forgery"))


class FormTests(AdminTestCase):
    def save(self, article, **changes):
        url = address("change", "article", article.pk)
        return self.client.post(url, fields_of(self.client.get(url)) | changes)

    def errors(self, response):
        return response.context["adminform"].form.errors

    def test_asks_for_a_reason(self):
        article = make_article()
        response = self.save(article, status="withdrawn")
        self.assertIn("Say why", str(self.errors(response)["withdrawal_reason"]))
        response = self.save(article, status="withdrawn", withdrawal_reason="A forgery")
        self.assertEqual(response.status_code, 302)
        article.refresh_from_db()
        self.assertEqual((article.status, article.withdrawal_reason), ("withdrawn", "A forgery"))
        self.assertIsNotNone(article.withdrawn_at)

    def test_does_not_swallow_a_reason_for_nothing(self):
        response = self.save(make_article(), withdrawal_reason="A forgery")
        self.assertIn("withdrawal_reason", self.errors(response))

    def test_saves_what_the_feed_took_down_without_one(self):
        article = make_article(is_published=False, status="withdrawn", feed_removed=True)
        self.assertEqual(self.save(article, note="Ask them why.").status_code, 302)
        article.refresh_from_db()
        self.assertEqual((article.note, article.decided_at), ("Ask them why.", None))

    def test_publishing_again_clears_it(self):
        article = make_article(status="withdrawn", withdrawal_reason="A forgery")
        self.assertEqual(self.save(article, status="published").status_code, 302)
        article.refresh_from_db()
        self.assertEqual((article.status, article.withdrawal_reason), ("published", ""))

    def test_a_new_window_moves_the_moment_it_is_first_public(self):
        article = make_article(
            is_published=False,
            status="published",
            publish_from=datetime(2098, 1, 1, tzinfo=UTC),
            first_public_at=datetime(2098, 1, 1, tzinfo=UTC),
        )
        self.save(article, publish_from_0="2099-01-01", publish_from_1="00:00:00")
        article.refresh_from_db()
        self.assertEqual(article.first_public_at, datetime(2099, 1, 1, tzinfo=UTC))

    def test_the_list_withdraws_for_a_reason_only(self):
        article = make_article()
        data = {"action": "withdraw", "_selected_action": [article.pk]}
        page = self.client.post(address("changelist") + "?type=article", data, follow=True)
        asking = page.redirect_chain[-1][0]
        self.assertContains(self.client.post(asking, {"reason": " "}), "Say why it is withdrawn")
        self.assertTrue(Article.objects.get().is_published())
        page = self.client.post(asking, {"reason": "A forgery"}, follow=True)
        self.assertEqual(page.redirect_chain[-1][0], address("changelist") + "?type=article")
        article.refresh_from_db()
        self.assertEqual((article.status, article.withdrawal_reason), ("withdrawn", "A forgery"))


class TakedownTests(ImportTestCase):
    def status(self):
        return self.client.get(self.article.get_absolute_url()).status_code

    def test_has_its_moment_and_is_gone_at_the_next_request(self):
        self.run_import()
        self.assertEqual(self.status(), 200)
        self.run_import(REMOVED)
        self.assertEqual(self.status(), 410)
        article = self.article
        self.assertEqual(article.withdrawn_at, article.updated_at)
        moment = f"{article.withdrawn_at:%-d %b %Y %H:%M}"
        self.assertEqual(str(why(article)), f"withdrawn by the source on {moment}")

    def test_of_what_was_never_here_is_missing(self):
        self.run_import(REMOVED)
        self.assertEqual(self.status(), 404)
        self.assertIsNotNone(self.article.withdrawn_at)

    def test_leaves_an_editors_reason(self):
        self.run_import()
        decide(self.article.pk, "withdrawn", make_editor("anna"), reason="A forgery")
        self.run_import(REMOVED)
        self.assertIn("A forgery", str(why(Article.objects.select_related("decided_by").get())))

    def test_of_what_was_deleted_and_comes_back_is_gone_not_missing(self):
        self.run_import()
        address = self.article.get_absolute_url()
        Article.objects.all().delete()
        self.run_import(REMOVED, is_revival=True)
        self.assertEqual(self.article.get_absolute_url(), address)
        self.assertEqual(self.status(), 410)

    def test_taken_back_leaves_nothing_of_it(self):
        self.run_import()
        self.run_import(REMOVED)
        self.undo()
        self.assertEqual(self.status(), 200)
        self.assertIsNone(self.article.withdrawn_at)

    def test_a_publication_taken_back_is_gone_not_missing(self):
        self.run_import(("published: true", "published: false"))
        self.assertEqual(self.status(), 404)
        self.run_import(("published: true", "published:  true"))
        self.assertEqual(self.status(), 200)
        self.undo()
        self.assertEqual(self.article.status, "held")
        self.assertEqual(self.status(), 410)

    def test_what_the_feed_plans_for_later_was_never_here(self):
        later = ("2026-03-01", "2099-03-01")
        self.run_import(later)
        self.assertEqual(self.article.first_public_at.year, 2099)
        self.run_import(later, REMOVED)
        self.assertIsNone(self.article.first_public_at)
        self.assertEqual(self.status(), 404)

    def undo(self):
        return undo_import(ImportRun.objects.filter(kind=ImportRun.Kind.IMPORT).first())


class OwnWordsTests(TestCase):
    WORDS = "newsroom:\n  status: withdrawn\n  withdrawalReason: A forgery\nsecured"

    def test_bring_the_reason_along_but_nobody_has_seen_it_here(self):
        deliver(Article.NEWSROOM, ("secured", self.WORDS))
        article = Article.objects.get()
        self.assertEqual((article.status, article.withdrawal_reason), ("withdrawn", "A forgery"))
        self.assertEqual(self.client.get(article.get_absolute_url()).status_code, 404)


class DeletedTests(TestCase):
    def test_its_address_stays_gone_if_readers_had_seen_it(self):
        seen, unseen = make_article(slug="seen"), make_article(slug="unseen", is_published=False)
        for article in (seen, unseen):
            article.delete()
        self.assertEqual(self.client.get("/articles/seen/").status_code, 410)
        self.assertEqual(self.client.get("/articles/unseen/").status_code, 404)
        self.assertEqual(Tombstone.objects.get(stem=unseen.stem).slug, "")


# By machine: any order of deeds against a model that keeps what readers saw -----------------------

START = datetime(2026, 3, 1, tzinfo=UTC)
MOMENTS = st.none() | st.integers(-5, 40)  # hours from START
STEPS = st.one_of(
    st.tuples(st.just("decide"), st.sampled_from(["published", "held", "review", "withdrawn"])),
    st.tuples(st.just("window"), st.sampled_from(["published", "held"]), MOMENTS, MOMENTS),
    st.tuples(st.just("feed"), st.sampled_from(["published", "held", "withdrawn"]), MOMENTS),
    st.tuples(st.just("trash")),
    st.tuples(st.just("wait")),
)


class Model:
    """What readers could see: a list of stints, each with its beginning, status and window."""

    def __init__(self):
        self.stints = []

    def note(self, at, article):
        row = (at, article.status, article.publish_from, article.publish_until)
        self.stints.append(row)

    def answer(self, now):
        ends = [stint[0] for stint in self.stints[1:]] + [now + timedelta(microseconds=1)]
        seen = [self.seen(stint, end) for stint, end in zip(self.stints, ends, strict=True)]
        if seen[-1] and max(self.stints[-1][0], self.stints[-1][2]) <= now < seen[-1]:
            return 200
        return 410 if any(seen) else 404

    def seen(self, stint, end):
        """The moment at which readers cease to see it in that stint; None if they never did."""
        begins, status, start, until = stint
        if status != "published" or start is None:
            return None
        last = min(end, until or end)
        return (until or datetime.max.replace(tzinfo=UTC)) if max(begins, start) < last else None


class AnyOrderTests(PropertyTestCase):
    @given(st.lists(st.tuples(st.integers(1, 8), STEPS), min_size=1, max_size=9))
    def test_gone_if_and_only_if_readers_saw_it_and_do_not_now(self, steps):
        self.live_through(steps)

    def test_the_twin_that_forgets_nothing_planned_is_found_out(self):
        planned_in_vain = [
            (1, ("window", "published", 20, None)),
            (1, ("decide", "withdrawn")),
            (30, ("wait",)),
        ]
        self.live_through(planned_in_vain)

        def naive(known, is_published, begins, ends, now):
            return known or (begins if is_published else None)

        with mock.patch("articles.publicity.first_public", naive):
            self.assertRaises(AssertionError, self.live_through, planned_in_vain)

    def live_through(self, steps):
        clock = {"now": START}
        with (
            mock.patch("django.utils.timezone.now", lambda: clock["now"]),
            mock.patch("articles.models.article.Now", lambda: clock["now"]),
        ):
            self.run_steps(clock, steps)

    def run_steps(self, clock, steps):
        self.editor = User.objects.filter(username="editor").first() or make_editor()
        article = make_article(is_published=False)
        model = Model()
        model.note(clock["now"], article)
        for hours, step in steps:
            clock["now"] += hours * HOUR
            getattr(self, step[0])(article, *step[1:])
            article.refresh_from_db()
            model.note(clock["now"], article)
            for _ in range(2):  # at once, and when only time has passed
                answer = self.client.get(article.get_absolute_url()).status_code
                self.assertEqual(answer, model.answer(clock["now"]))
                clock["now"] += HOUR / 2

    def decide(self, article, status):
        try:
            decide(article.pk, status, self.editor, reason="So")
        except ValidationError:  # in the trash, or its time is over
            decide(article.pk, "held", self.editor, is_restoring=article.status == "trashed")

    def window(self, article, status, begins, ends):
        """As the form saves it."""
        article = Article.objects.get(pk=article.pk)
        begins, ends = (None if hours is None else START + hours * HOUR for hours in (begins, ends))
        if article.status == "trashed" or (begins and ends and ends <= begins):
            return
        article.publish_from, article.publish_until = begins, ends
        article.decide(status, self.editor, timezone.now())
        begins = article.publish_from  # which publishing may have set
        if not (begins and ends and ends <= begins):
            article.save()

    def feed(self, article, status, begins):
        """As a delivery or an undo writes it."""
        article = with_all_that_merges(Article.objects).get(pk=article.pk)
        ours = state.of_article(article)
        begins = START + (begins or 0) * HOUR
        until = article.publish_until
        if article.status == "trashed" or (until and until <= begins):
            return
        verdict = {"status": status, "publish_from": begins if status == "published" else None}
        apply(article, ours, ours | verdict, References.of_states([]), timezone.now())

    def trash(self, article):
        decide(article.pk, "trashed", self.editor)

    def wait(self, article):
        pass


class MigrationTests(TestCase):
    """What the newsroom can still tell of articles that were here before it kept the moment."""

    def fill(self):
        Article.objects.update(first_public_at=None, withdrawn_at=None)
        import_module("articles.migrations.0014_first_public").fill(apps, None)

    def test_takes_the_window_where_it_tells(self):
        later = datetime(2099, 1, 1, tzinfo=UTC)
        known = {
            "public": NOON,
            "planned": later,
            "withdrawn": NOON,
            "trashed": NOON,
            "never": None,
            "planned-in-vain": None,
        }
        make_article(slug="public")
        make_article(slug="planned", publish_from=later)
        make_article(slug="withdrawn", status="withdrawn", decided_at=NOON + HOUR)
        make_article(slug="trashed", status="trashed")
        make_article(slug="never", is_published=False)
        make_article(slug="planned-in-vain", status="withdrawn", publish_from=later)
        self.fill()
        self.assertEqual(dict(Article.objects.values_list("slug", "first_public_at")), known)
        self.assertEqual(Article.objects.get(slug="withdrawn").withdrawn_at, NOON + HOUR)

    def test_takes_the_records_of_changes_where_the_window_is_gone(self):
        run = ImportRun.objects.create(source="seeds", started_at=NOON + HOUR)
        for slug, begins in (("held", NOON), ("unseen", NOON + 2 * HOUR)):
            article = make_article(is_published=False, slug=slug)
            moves = {"status": ["published", "held"], "publish_from": [begins.isoformat(), None]}
            ImportedFile.objects.create(
                run=run, article=article, path=slug, outcome="updated", changes=moves
            )
        by_hand = make_article(is_published=False, slug="by-hand", publish_from=NOON)
        changes = {"status": ["published", "review"]}
        revisions.record(by_hand, changes, make_editor(), Revision.Kind.DECISION)
        self.fill()
        self.assertEqual(
            dict(Article.objects.values_list("slug", "first_public_at")),
            {"held": NOON, "unseen": None, "by-hand": NOON},
        )

    def test_takes_the_moment_of_a_takedown_from_its_record(self):
        run = ImportRun.objects.create(source="seeds", started_at=NOON, delivered_at=NOON - HOUR)
        article = make_article(status="withdrawn", feed_removed=True)
        changes = {"status": ["published", "withdrawn"]}
        ImportedFile.objects.create(
            run=run, article=article, path="a", outcome="updated", changes=changes
        )
        self.fill()
        article.refresh_from_db()
        self.assertEqual(article.withdrawn_at, NOON - HOUR)
