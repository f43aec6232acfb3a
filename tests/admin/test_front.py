"""The front page in the admin: what stands where, and every button that changes it."""

from datetime import timedelta

from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from articles.models import Article, Pin
from articles.models.pin import PLACES
from tests.admin.desk import DeskTestCase
from tests.factories import NOON, make_article, make_member
from tests.test_admin import address

FRONT = reverse("admin:articles_pin_changelist")


class FrontPageTests(DeskTestCase):
    def setUp(self):
        super().setUp()
        self.articles = [make_article(title=f"Story {number}") for number in range(4)]

    def pin(self, number, place, **fields):
        return Pin.objects.create(place=place, article=self.articles[number], **fields)

    def post(self, number, verb, **fields):
        data = {verb: self.articles[number].pk, **fields}
        return self.client.post(FRONT, data, follow=True)

    def places(self):
        return {pin.place: self.articles.index(pin.article) for pin in Pin.objects.all()}

    def rows(self):
        return self.client.get(FRONT).context["rows"]

    def test_shows_what_stands_where_and_why(self):
        self.pin(0, 2, by=self.editor, until=timezone.now() + timedelta(days=1))
        rows = self.rows()
        shown = [row["story"] and row["story"].title for row in rows]
        self.assertEqual(shown[:5], ["Story 3", "Story 0", "Story 2", "Story 1", None])
        self.assertEqual(len(rows), PLACES)
        page = self.client.get(FRONT)
        self.assertContains(page, "by editor")
        self.assertContains(page, "score ")

    def test_says_why_a_pinned_story_is_not_there(self):
        self.pin(0, 1)
        self.pin(1, 2, until=NOON)
        Article.objects.filter(title="Story 0").update(
            status="withdrawn", withdrawal_reason="A forgery", decided_at=NOON
        )
        page = self.client.get(FRONT)
        self.assertContains(
            page, "the next story has its place: withdrawn on 1 Mar 2026 12:00: A forgery"
        )
        self.assertContains(page, "its time on the front page ended on 1 Mar 2026 12:00")
        self.assertContains(self.post(0, "unpin"), "no longer pinned")
        self.assertEqual(self.places(), {2: 1})

    def test_moves_and_stays_where_the_editor_was(self):
        self.pin(0, 1)
        self.pin(1, 2)
        response = self.post(1, "up")
        self.assertEqual(response.redirect_chain[0][0], f"{FRONT}#story-{self.articles[1].pk}")
        self.assertEqual(self.places(), {1: 1, 2: 0})
        self.post(1, "down")
        self.assertEqual(self.places(), {1: 0, 2: 1})

    def test_keeps_a_story_where_it_stands(self):
        self.post(2, "keep", place=2)
        self.assertEqual(self.places(), {2: 2})

    def test_sets_the_moment_until_which_it_is_pinned(self):
        self.pin(0, 3)
        self.post(0, "set", place=3, until="2099-01-02T03:04")
        self.assertEqual(Pin.objects.get().until.isoformat(), "2099-01-02T03:04:00+00:00")
        self.assertContains(self.client.get(FRONT), 'value="2099-01-02T03:04"')
        self.post(0, "set", place=3, until="")
        self.assertIsNone(Pin.objects.get().until)

    def test_refuses_clearly(self):
        self.pin(0, 1)
        for number, verb, fields, text in (
            (0, "set", {"place": 3, "until": "2001-01-01T00:00"}, "has passed"),
            (0, "set", {"place": 3, "until": "soon"}, "valid date"),
            (0, "keep", {"place": 99}, "valid choice"),
            (1, "up", {}, "not pinned any more"),
        ):
            with self.subTest(text):
                self.assertIn(text, str(self.messages_of(self.post(number, verb, **fields))))
        for data in ({"up": "x"}, {"unpin": "9" * 18}, {"other": "1"}, {}):
            with self.subTest(data):
                self.assertEqual(self.client.post(FRONT, data).status_code, 302)
        self.assertEqual(self.places(), {1: 0})

    def test_is_logged_with_the_article(self):
        self.post(2, "keep", place=2)
        entry = LogEntry.objects.get(object_id=self.articles[2].pk)
        self.assertIn("pinned to place 2", entry.change_message)

    def test_costs_the_same_however_much_is_pinned(self):
        self.pin(0, 1)
        few = self.queries_of(FRONT)
        self.articles += [make_article() for _ in range(20)]
        for place in range(2, PLACES + 1):
            self.pin(place + 3, place, by=make_member("Publisher", f"member-{place}"))
        self.assertEqual(self.queries_of(FRONT), few)

    def test_is_in_the_menu_of_publishers_alone(self):
        self.assertContains(self.client.get(reverse("admin:index")), FRONT)
        self.client.force_login(make_member("Editor", "colleague"))
        self.assertNotContains(self.client.get(reverse("admin:index")), FRONT)


class PanelTests(DeskTestCase):
    def pin(self, article, **data):
        url = reverse("admin:articles_article_pin", args=[article.pk])
        return self.client.post(url, data, follow=True)

    def test_pins_and_unpins_from_the_form(self):
        article = make_article()
        page = self.form_of(article)
        self.assertContains(page, "Pin to the front page")
        self.assertContains(page, 'form="pin_form"', count=3)
        page = self.pin(article, place="2", until="2099-01-01T00:00")
        self.assertContains(page, "Pinned to place 2.")
        self.pin(article, unpin="1")
        self.assertFalse(Pin.objects.exists())

    def test_pins_to_the_first_free_place_where_none_is_chosen(self):
        Pin.objects.create(place=1, article=make_article())
        article = make_article()
        self.pin(article, place="", until="")
        self.assertEqual(Pin.objects.get(article=article).place, 2)

    def test_is_absent_where_there_is_nothing_to_pin_and_for_whom_it_is_not(self):
        held, public = make_article(is_published=False), make_article()
        self.assertNotContains(self.form_of(held), "pin_form")
        self.client.force_login(make_member("Editor", "colleague"))
        self.assertNotContains(self.form_of(public), "pin_form")

    def test_the_list_pins_in_its_order_and_shows_the_front_page(self):
        articles = [make_article(title=f"Story {number}") for number in range(3)]
        response = self.act("article", "pin_to_front", *articles)
        self.assertRedirects(response, FRONT)
        self.assertEqual(
            [pin.article.title for pin in Pin.objects.all()], ["Story 2", "Story 1", "Story 0"]
        )

    def test_the_list_says_what_it_could_not_pin(self):
        held = make_article(is_published=False)
        response = self.act("article", "pin_to_front", held)
        self.assertIn("Publish it first", self.messages_of(response)[0])
        response = self.act("article", "pin_to_front", *[make_article() for _ in range(11)])
        self.assertIn("Select fewer", self.messages_of(response)[0])
        self.assertFalse(Pin.objects.exists())

    def test_the_form_costs_as_much_pinned_as_not(self):
        article = make_article()
        url = address("change", "article", article.pk)
        free = self.queries_of(url)
        self.pin(article)
        self.assertEqual(self.queries_of(url), free)
