"""The triage queue: one article at a time, one request a decision, and nothing decided twice."""

from datetime import timedelta
from threading import Barrier, Thread
from urllib.parse import parse_qs, urlsplit

from django.contrib.admin.models import LogEntry
from django.db import connection, connections
from django.test import Client, TransactionTestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.decisions import decide
from articles.models import Article, Revision
from articles.triage import Queue
from tests.admin.desk import DeskTestCase, make_user
from tests.databases import only_on
from tests.factories import (
    NOON,
    make_article,
    make_editor,
    make_image,
    make_member,
    make_provider,
    make_related_item,
    make_topic,
)
from tests.test_admin import address, fields_of

Status = Article.Status
QUEUE = "/admin/articles/article/triage/"
FRAGMENT = {"X-Fragment": "1"}


def make_held(count=1, **fields):
    """Newest first, as the queue has them."""
    return [
        make_article(
            is_published=False,
            **{"published_at": NOON - timedelta(hours=hours), "feed_published": False, **fields},
        )
        for hours in range(count)
    ]


class TriageTestCase(DeskTestCase):
    def page(self, query=""):
        return self.client.get(QUEUE + query)

    def decide(self, article, decision, query="", **options):
        data = {"article": article.pk, "decision": decision}
        return self.client.post(QUEUE + query, data, **options)

    def fetch(self, article, decision, query=""):
        """As the script asks."""
        return self.decide(article, decision, query, headers=FRAGMENT)

    def undo(self, page, query="", **options):
        data = {"undo": page.context["last"]["token"]}
        return self.client.post(QUEUE + query, data, **options)

    def shown(self, page):
        return page.context.get("article")

    def status_of(self, article):
        article.refresh_from_db()
        return article.status


class QueueTests(TriageTestCase):
    def test_shows_what_nobody_has_decided_newest_first(self):
        older, newer = make_held(2)[::-1]
        make_article()
        decided = make_held(decided_at=timezone.now(), published_at=NOON)[0]
        page = self.page()
        self.assertEqual(self.shown(page), newer)
        self.assertEqual([article for article, _url in page.context["following"]], [older])
        self.assertNotContains(page, decided.title)

    def test_shows_what_is_in_review(self):
        make_held()
        article = make_article(status=Status.REVIEW, decided_at=timezone.now())
        page = self.page("?status=review")
        self.assertEqual(self.shown(page), article)
        self.assertNotContains(page, 'value="review"')

    def test_shows_an_article_at_a_glance(self):
        provider = make_provider("Orbit Weekly", "orbit.example")
        [article] = make_held(
            provider=provider,
            heat=-1,
            quality=17,
            topics=["Space"],
            images=[make_image(alt_text="A comet")],
            note="Ask the observatory",
        )
        for quality in (51, 12, None, 8, 7, 6):
            make_related_item(article, quality=quality, title=f"Copy {quality}")
        page = self.page()
        for text in (
            *(article.title, article.excerpt, "Orbit Weekly", 'alt="A comet"', "Space"),
            *("<b>-1</b>", "<b>17</b>", "Ask the observatory", "Copy 51", "Copy None", "1 more"),
            *(f'href="{article.link}"', "(51 over 17)", 'rel="noreferrer"'),
        ):
            self.assertContains(page, text)
        shown = [item.quality for item in page.context["related"]]
        self.assertEqual(shown, [51, 12, 8, 7, 6])

    def test_says_what_publishing_would_hasten(self):
        make_held(publish_from=timezone.now() + timedelta(days=2))
        self.assertContains(self.page(), "publishing it here does so at once")
        make_held(publish_from=NOON, published_at=timezone.now())
        self.assertNotContains(self.page(), "publishing it here")

    def test_is_one_step_from_the_list(self):
        self.assertContains(self.client.get(address("changelist")), f'href="{QUEUE}"')

    def test_says_that_it_is_empty(self):
        self.assertContains(self.page(), "The queue is empty")
        self.assertContains(self.page("?source=x"), "Nothing here waits")

    def test_is_narrowed_as_the_list_is(self):
        provider = make_provider("Orbit Weekly", "orbit.example")
        topic = make_topic("Space")
        [of_provider] = make_held(provider=provider)
        [of_topic] = make_held(topics=["Space"])
        [of_source] = make_held(source="wire")
        for query, article in (
            (f"?provider__id__exact={provider.pk}", of_provider),
            (f"?topic={topic.pk}", of_topic),
            ("?source=wire", of_source),
        ):
            with self.subTest(query):
                page = self.page(query)
                self.assertEqual(self.shown(page), article)
                self.assertEqual(page.context["following"], [])
                self.assertEqual(page.context["tabs"][0]["count"], "1")
                self.assertIn(query.strip("?"), page.context["tabs"][1]["url"])
                [(_name, _value, without)] = page.context["filters"]
                self.assertEqual(without, f"{QUEUE}?")
                self.assertEqual(self.shown(self.decide(article, "hold", query, follow=True)), None)

    def test_odd_addresses_find_nothing_and_never_fail(self):
        make_held()
        for query in (
            *("?at=x", "?at=999999", "?at=-1", "?at=9" * 40, "?status=published", "?at=%00"),
            *(
                "?topic=x",
                "?topic=999999",
                "?provider__id__exact=%00",
                "?source=%00",
                "?source=%F0",
            ),
        ):
            with self.subTest(query):
                self.assertEqual(self.page(query).status_code, 200)


class PlacesTests(TriageTestCase):
    def test_each_article_has_its_neighbours(self):
        """Of one second, and of others: every one once, forwards and back."""
        rows = make_held(3) + make_held(3, published_at=NOON + timedelta(days=1))
        expected = list(Queue().articles)
        self.assertEqual(len(expected), len(rows))
        there, query = [], ""
        while query is not None:
            page = self.page(query)
            there.append(self.shown(page))
            query = (page.context["next_url"] or "").removeprefix(QUEUE) or None
        self.assertEqual(there, expected)
        back = [there[-1]]
        while url := self.page(f"?at={back[-1].pk}").context["previous_url"]:
            back.append(Article.objects.get(pk=parse_qs(urlsplit(url).query)["at"][0]))
        self.assertEqual(back, expected[::-1])

    def test_what_left_the_queue_is_said_and_its_place_kept(self):
        first, second, third = make_held(3)
        decide(second.pk, Status.PUBLISHED, make_editor("colleague"))
        page = self.page(f"?at={second.pk}")
        self.assertEqual(self.shown(page), third)
        self.assertContains(page, "does not wait here any more: public since")
        self.assertContains(page, "published by colleague")
        self.assertContains(page, f'data-address="{QUEUE}?at={third.pk}"')

    def test_what_the_queue_is_narrowed_against_is_no_surprise(self):
        [article] = make_held()
        self.assertNotContains(self.page(f"?at={article.pk}&source=wire"), "any more")

    def test_after_the_last_comes_what_was_skipped(self):
        first, _second, last = make_held(3)
        page = self.decide(last, "hold", f"?at={last.pk}", follow=True)
        self.assertEqual(self.shown(page), first)


class DecidingTests(TriageTestCase):
    def test_each_button_does_what_it_says_and_shows_the_next(self):
        for decision, status in (
            ("publish", Status.PUBLISHED),
            ("hold", Status.HELD),
            ("review", Status.REVIEW),
            ("trash", Status.TRASHED),
        ):
            with self.subTest(decision):
                article, following = make_held(2)
                page = self.fetch(article, decision)
                self.assertEqual(self.shown(page), following)
                self.assertContains(page, f"“{article.title}”")
                self.assertNotContains(page, "<html")
                self.assertEqual(self.status_of(article), status)
                self.assertEqual(article.decided_by, self.editor)
                revision = article.revisions.get()
                self.assertEqual((revision.kind, revision.by), ("decision", self.editor))
                self.assertEqual(LogEntry.objects.get(object_id=article.pk).user, self.editor)
                Article.objects.filter(pk=following.pk).update(decided_at=timezone.now())

    def test_without_script_a_redirect_leads_to_the_next(self):
        article, following = make_held(2)
        response = self.decide(article, "publish", follow=True)
        self.assertRedirects(response, f"{QUEUE}?at={following.pk}")
        self.assertContains(response, "Done: published")

    def test_a_held_article_that_is_held_leaves_the_queue(self):
        [article] = make_held()
        self.fetch(article, "hold")
        self.assertFalse(Queue().articles.exists())
        self.assertEqual(self.status_of(article), Status.HELD)

    def test_the_same_button_twice_decides_once(self):
        article, following = make_held(2)
        self.fetch(article, "publish")
        page = self.fetch(article, "publish")
        self.assertEqual(page.status_code, 422)
        self.assertEqual(self.shown(page), following)
        self.assertContains(page, "does not wait here any more", status_code=422)
        self.assertEqual(self.status_of(following), Status.HELD)
        self.assertEqual(Revision.objects.count(), 1)

    def test_a_page_left_open_overrules_nobody(self):
        [article] = make_held()
        decide(article.pk, Status.PUBLISHED, make_editor("colleague"))
        for decision in ("hold", "trash", "review"):
            page = self.fetch(article, decision)
            self.assertContains(page, "published by colleague", status_code=422)
            self.assertEqual(self.status_of(article), Status.PUBLISHED)
        self.assertEqual(Revision.objects.count(), 1)

    def test_a_feed_that_was_faster_overrules_nobody_either(self):
        [article] = make_held()
        Article.objects.filter(pk=article.pk).update(status="published", publish_from=NOON)
        self.assertEqual(self.fetch(article, "hold").status_code, 422)
        self.assertEqual(self.status_of(article), Status.PUBLISHED)

    def test_a_refusal_stands_on_the_card(self):
        article, _following = make_held(2, publish_until=NOON)
        page = self.fetch(article, "publish")
        self.assertContains(page, "“Publish until” has passed", status_code=422)
        self.assertEqual((self.shown(page), self.status_of(article)), (article, Status.HELD))
        page = self.decide(article, "publish")
        self.assertContains(page, "“Publish until” has passed", status_code=422)
        self.assertContains(page, "<html", status_code=422)

    def test_what_names_no_decision_decides_nothing(self):
        [article] = make_held()
        for data in ({}, {"article": article.pk}, {"article": "x", "decision": "hold"}):
            self.assertEqual(self.client.post(QUEUE, data).status_code, 422)
        page = self.client.post(QUEUE, {"article": 999999, "decision": "hold"})
        self.assertContains(page, "deleted meanwhile", status_code=422)
        self.assertFalse(Revision.objects.exists())

    def test_review_is_worked_off_in_the_same_way(self):
        article = make_article(status=Status.REVIEW, decided_at=timezone.now())
        page = self.fetch(article, "hold", "?status=review")
        self.assertIsNone(self.shown(page))
        self.assertEqual(self.status_of(article), Status.HELD)


class UndoingTests(TriageTestCase):
    def test_brings_the_last_one_back_as_it_was(self):
        article, _following = make_held(2)
        before = Article.objects.values().get(pk=article.pk)
        page = self.fetch(article, "publish")
        self.assertContains(page, f"Undo: <bdi>published “{article.title}”")
        page = self.undo(page, headers=FRAGMENT)
        self.assertEqual(self.shown(page), article)
        self.assertContains(page, "is back")
        self.assertNotContains(page, 'name="undo"')
        after = Article.objects.values().get(pk=article.pk)
        self.assertIsNotNone(after["first_public_at"])  # readers have seen it
        for name in ("updated_at", "first_public_at"):
            after.pop(name), before.pop(name)
        self.assertEqual(after, before)

    def test_is_there_after_a_reload_and_without_script(self):
        article, _following = make_held(2)
        self.decide(article, "hold")
        response = self.undo(self.page())
        self.assertRedirects(response, f"{QUEUE}?at={article.pk}")
        self.assertIn(article, Queue().articles)

    def test_leads_to_the_queue_that_it_came_from(self):
        article = make_article(status=Status.REVIEW, decided_at=timezone.now())
        page = self.fetch(article, "hold", "?status=review")
        response = self.undo(page)
        self.assertRedirects(response, f"{QUEUE}?status=review&at={article.pk}")

    def test_what_a_colleague_changed_since_stays(self):
        [article] = make_held()
        page = self.fetch(article, "publish")
        decide(article.pk, Status.WITHDRAWN, make_editor("colleague"), reason="So")
        page = self.undo(page, headers=FRAGMENT)
        self.assertContains(page, "has been changed since", status_code=422)
        self.assertEqual(self.status_of(article), Status.WITHDRAWN)

    def test_a_forged_token_undoes_nothing(self):
        [article] = make_held()
        self.fetch(article, "publish")
        response = self.client.post(QUEUE, {"undo": "forged"})
        self.assertEqual(response.status_code, 422)
        self.assertEqual(self.status_of(article), Status.PUBLISHED)


class EditingTests(TriageTestCase):
    def test_saving_the_form_leads_back(self):
        first, second = make_held(2, source="wire")
        url = self.page(f"?source=wire&at={second.pk}").context["form_url"]
        form = self.client.get(url)
        back = f"{QUEUE}?source=wire&at={second.pk}"
        self.assertContains(form, back.replace("&", "&amp;"))
        response = self.client.post(url, fields_of(form) | {"title": "Better"})
        self.assertRedirects(response, back)
        self.assertContains(self.page(f"?at={second.pk}"), "Better")

    def test_saving_and_going_on_keeps_the_way_back(self):
        [article] = make_held()
        url = self.page("?source=seeds").context["form_url"]
        data = fields_of(self.client.get(url)) | {"_continue": "1"}
        self.assertRedirects(self.client.post(url, data), url)

    def test_the_way_back_leads_nowhere_else(self):
        [article] = make_held()
        url = address("change", "article", article.pk) + "?queue=https://evil.example/?status=x"
        response = self.client.post(url, fields_of(self.client.get(url)))
        self.assertRedirects(response, f"{QUEUE}?at={article.pk}")

    def test_any_other_form_leads_to_the_list(self):
        [article] = make_held()
        url = address("change", "article", article.pk)
        response = self.client.post(url, fields_of(self.client.get(url)))
        self.assertRedirects(response, address("changelist"))


class PermissionsTests(TriageTestCase):
    def test_reading_needs_one(self):
        self.client.force_login(make_user("view_image"))
        self.assertEqual(self.page().status_code, 403)

    def test_who_only_reads_has_no_buttons(self):
        [article] = make_held()
        self.client.force_login(make_user("view_article"))
        page = self.page()
        self.assertEqual(self.shown(page), article)
        self.assertNotContains(page, 'name="decision"')
        self.assertEqual(self.fetch(article, "hold").status_code, 403)
        self.assertEqual(self.client.post(QUEUE, {"undo": "x"}).status_code, 403)
        self.assertFalse(Revision.objects.exists())

    def test_an_editor_decides_what_readers_do_not_see(self):
        [article] = make_held()
        self.client.force_login(make_member("Editor", "writer"))
        page = self.page()
        names = [name for name, _verb in page.context["verbs"]]
        self.assertEqual(names, ["hold", "review", "trash"])
        page = self.fetch(article, "publish")
        self.assertContains(page, "Only a publisher may do that", status_code=422)
        self.assertEqual((self.shown(page), self.status_of(article)), (article, Status.HELD))
        self.fetch(article, "review")
        self.assertEqual(self.status_of(article), Status.REVIEW)

    def test_a_publisher_decides_everything(self):
        [article] = make_held()
        self.client.force_login(make_member("Publisher"))
        self.assertEqual(len(self.page().context["verbs"]), 4)
        self.fetch(article, "publish")
        self.assertEqual(self.status_of(article), Status.PUBLISHED)


class CostTests(TriageTestCase):
    """The page, and a decision with the page that follows: the same for one row and for many."""

    PAGE = 15
    DECISION = 55  # of which the database's constraints, checked one by one, take 23

    def cost(self, ask):
        ask()  # content types are cached after the first
        with CaptureQueriesContext(connection) as queries:
            ask()
        return len(queries)

    def make_rows(self, count):
        for article in make_held(count, heat=-1, quality=5, topics=[], images=[make_image()]):
            article.topics.set([make_topic(f"Topic {number}") for number in range(count)])
            for _ in range(count):
                make_related_item(article, quality=50, images=[make_image()])

    def test_the_page(self):
        self.make_rows(2)
        few = self.cost(self.page)
        self.make_rows(20)
        self.assertEqual(self.cost(self.page), few)
        self.assertLessEqual(few, self.PAGE)

    def test_a_decision(self):
        def publish_one():
            page = self.fetch(Queue().articles.first(), "publish")
            self.assertEqual(page.status_code, 200)

        self.make_rows(4)
        few = self.cost(publish_one)
        self.make_rows(20)
        self.assertEqual(self.cost(publish_one), few)
        self.assertLessEqual(few, self.DECISION)


class AtOnceTests(TransactionTestCase):
    """Two editors press a key in the same moment, each in a transaction of their own."""

    # In a test SQLite is in memory, and one connection's lock there is another's error.
    @only_on("postgresql")
    def test_one_of_two_decides(self):
        [article] = make_held()
        editors = {"publish": make_editor(), "hold": make_editor("colleague")}
        both_ready, outcomes = Barrier(2), {}

        def press(decision):
            client = Client()
            client.force_login(editors[decision])
            both_ready.wait(timeout=10)
            data = {"article": article.pk, "decision": decision}
            outcomes[decision] = client.post(QUEUE, data, headers=FRAGMENT).status_code
            connections.close_all()

        threads = [Thread(target=press, args=[decision]) for decision in editors]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(outcomes.values()), [200, 422])
        winner = next(decision for decision, status in outcomes.items() if status == 200)
        article.refresh_from_db()
        self.assertEqual(article.decided_by, editors[winner])
        self.assertEqual(article.revisions.count(), 1)


class PlansTests(DeskTestCase):
    @only_on("sqlite")  # PostgreSQL reads a small table without an index
    def test_a_place_is_found_by_the_index(self):
        place = make_held()[0]
        for rows in (Queue().from_place(place), Queue().before_place(place)):
            plan = rows[:9].explain()
            self.assertRegex(plan, r"INDEX article_undecided \(status=\? AND decided_at=\? AND")
            self.assertNotIn("ORDER BY", plan)
