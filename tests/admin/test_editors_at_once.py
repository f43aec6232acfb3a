"""Two editors at once: what both saved is kept, what both changed is asked, and nothing else is."""

import re
from datetime import timedelta

from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles import concurrency
from articles.models import Article, ArticleImage, Image, Provider, RelatedItem, Topic
from tests.admin.desk import EXCERPT, HEADLINE, DeskTestCase
from tests.factories import (
    NOON,
    make_article,
    make_editor,
    make_image,
    make_provider,
    make_related_item,
    make_topic,
)
from tests.test_admin import AdminTestCase, address, fields_of

MINE, THEIRS = concurrency.MINE, concurrency.THEIRS
RADIO = re.compile(r'name="([^"]+-choice)" value="(\w+):([^"]+)"')


class Opened:
    """A form as one editor has it open, in a browser of their own."""

    def __init__(self, test, user, model, row):
        self.test, self.user = test, user
        self.url = address("change", model, row.pk)
        self._show(self._client().get(self.url))

    def _client(self):
        self.test.client.force_login(self.user)
        return self.test.client

    def _show(self, response):
        self.test.assertEqual(response.status_code, 200)
        self.page = response
        self.fields = fields_of(response)
        self.html = response.rendered_content
        self.asks = self._questions()
        markers = re.findall(r'type="hidden" name="([^"]+-gone)" value="1"', self.html)
        self.fields |= dict.fromkeys(markers, "1")

    def _questions(self):
        asks = {}
        for name, side, shown in RADIO.findall(self.html):
            asks.setdefault(name.removesuffix("-choice"), {})[side] = f"{side}:{shown}"
        return asks

    def save(self, choices=(), **changes):
        """Sends the form; `choices` are (field, side). True if it was saved."""
        changes |= {f"{name}-choice": self.asks[name][side] for name, side in choices}
        self.fields |= {name: value for name, value in changes.items() if value is not None}
        for name in [name for name, value in changes.items() if value is None]:
            del self.fields[name]
        response = self._client().post(self.url, self.fields)
        if response.status_code == 200:
            self._show(response)
        return response.status_code == 302


class AtOnceTestCase(AdminTestCase):
    def setUp(self):
        super().setUp()
        self.colleague = make_editor("colleague")

    def both(self, row, model="article"):
        """The form as the editor and as a colleague open it, one after the other."""
        return Opened(self, self.editor, model, row), Opened(self, self.colleague, model, row)

    def assert_asks(self, opened, *names):
        self.assertEqual(set(opened.asks), set(names))


class FieldTests(AtOnceTestCase):
    def setUp(self):
        super().setUp()
        self.article = make_article(
            title="As opened", excerpt="Old words.", topics=["Climate", "Energy"], note="–"
        )

    @property
    def now(self):
        return Article.objects.get(pk=self.article.pk)

    def test_different_fields_both_land(self):
        ours, theirs = self.both(self.article)
        self.assertTrue(theirs.save(title="By a colleague"))
        with CaptureQueriesContext(connection) as queries:
            self.assertTrue(ours.save(note="Ours"))
        self.assertEqual((self.now.title, self.now.note), ("By a colleague", "Ours"))
        (update,) = [q["sql"] for q in queries if q["sql"].startswith('UPDATE "articles_article"')]
        self.assertNotIn('"title"', update)
        entry = LogEntry.objects.filter(user=self.editor).get()
        self.assertEqual(entry.get_change_message(), "Changed Editor's note.")
        self.assertEqual(self.now.revisions.first().changes, {"note": ["–", "Ours"]})

    def test_says_what_was_changed_meanwhile(self):
        ours, theirs = self.both(self.article)
        theirs.save(title="By a colleague")
        ours.save(note="Ours")
        page = self.client.get(address("changelist"))
        self.assertContains(page, "Changed by others while you had this open, and kept: Headline.")

    def test_the_same_field_asks_and_shows_both(self):
        ours, theirs = self.both(self.article)
        theirs.save(title="As seen by a colleague")
        self.assertFalse(ours.save(title="As seen by us", note="Ours"))
        self.assert_asks(ours, "title")
        self.assertIn("colleague changed this on", ours.html)
        self.assertIn("by <mark>a colleague</mark>", ours.html)
        self.assertIn("by <mark>us</mark>", ours.html)
        self.assertEqual((self.now.title, self.now.note), ("As seen by a colleague", "–"))
        self.assertEqual((ours.fields["title"], ours.fields["note"]), ("As seen by us", "Ours"))

    def test_mine_is_written_as_it_stands_in_the_field(self):
        ours, theirs = self.both(self.article)
        theirs.save(title="By a colleague")
        ours.save(title="Ours", note="Note")
        self.assertTrue(ours.save([("title", MINE)], title="Ours, with a colleague’s words"))
        self.assertEqual(
            (self.now.title, self.now.note), ("Ours, with a colleague’s words", "Note")
        )

    def test_theirs_stays_and_the_rest_is_written(self):
        ours, theirs = self.both(self.article)
        theirs.save(title="By a colleague")
        ours.save(title="Ours", note="Note")
        self.assertTrue(ours.save([("title", THEIRS)]))
        self.assertEqual((self.now.title, self.now.note), ("By a colleague", "Note"))
        self.assertEqual(self.now.revisions.first().changes, {"note": ["–", "Note"]})

    def test_without_an_answer_it_asks_again(self):
        ours, theirs = self.both(self.article)
        theirs.save(title="By a colleague")
        for _time in range(3):
            self.assertFalse(ours.save(title="Ours"))
            self.assert_asks(ours, "title")
        self.assertEqual(self.now.title, "By a colleague")

    def test_a_third_change_asks_again_whatever_was_answered(self):
        for side in (MINE, THEIRS):
            with self.subTest(side):
                ours, theirs = self.both(self.article)
                theirs.save(title=f"By a colleague, {side}")
                ours.save(title=f"Ours, {side}")
                later = Opened(self, self.colleague, "article", self.article)
                later.save(title=f"Once more, {side}")
                self.assertFalse(ours.save([("title", side)]))
                self.assertIn("Once more", ours.html)
                self.assertTrue(ours.save([("title", MINE)]))
                self.assertEqual(self.now.title, f"Ours, {side}")

    def test_an_answered_field_is_not_asked_again_for_anothers_sake(self):
        ours, theirs = self.both(self.article)
        theirs.save(title="By a colleague", excerpt="Their words.")
        ours.save(title="Ours", excerpt="Our words.")
        self.assert_asks(ours, "title", "excerpt")
        self.assertFalse(ours.save([("title", MINE)]))
        self.assert_asks(ours, "excerpt")
        self.assertTrue(ours.save([("excerpt", THEIRS)]))
        self.assertEqual((self.now.title, self.now.excerpt), ("Ours", "Their words."))

    def test_the_same_change_twice_is_no_conflict(self):
        ours, theirs = self.both(self.article)
        theirs.save(title="Both", excerpt="Both\r\nwords")
        self.assertTrue(ours.save(title=" Both ", excerpt="Both\nwords "))
        self.assertEqual(self.now.revisions.count(), 1)

    def test_what_is_untouched_is_shown_as_it_stands_now(self):
        ours, theirs = self.both(self.article)
        theirs.save(title="By a colleague", excerpt="Their words.")
        self.assertFalse(ours.save(title="Ours"))
        self.assertEqual(ours.fields["excerpt"], "Their words.")
        self.assertTrue(ours.save([("title", MINE)]))
        self.assertEqual(self.now.excerpt, "Their words.")

    def test_a_form_with_another_mistake_is_merged_as_well(self):
        ours, theirs = self.both(self.article)
        theirs.save(excerpt="Their words.")
        self.assertFalse(ours.save(title="", note="Ours"))
        self.assertEqual(ours.asks, {})
        self.assertTrue(ours.save(title="Ours"))
        self.assertEqual((self.now.title, self.now.excerpt), ("Ours", "Their words."))

    def test_topics_are_merged_as_a_set(self):
        energy, climate, ports = (make_topic(name).pk for name in ("Energy", "Climate", "Ports"))
        rail = make_topic("Rail").pk
        ours, theirs = self.both(self.article)
        theirs.save(topics=[climate, rail])
        self.assertTrue(ours.save(topics=[energy, ports]))
        self.assertEqual(sorted(self.now.topics.names()), ["Ports", "Rail"])

    def test_a_topic_deleted_meanwhile_is_no_matter(self):
        ours, _theirs = self.both(self.article)
        Topic.objects.get(name="Energy").delete()
        self.assertTrue(ours.save(note="Ours"))
        self.assertEqual(list(self.now.topics.names()), ["Climate"])

    def test_every_kind_of_field_asks_and_shows_both(self):
        first, second = (
            make_provider("First", "first.example"),
            make_provider("Second", "s.example"),
        )
        moment = {"published_at_0": "2026-03-01", "publish_until_0": "2099-01-01"}
        ours, theirs = self.both(self.article)
        theirs.save(
            **{
                name: day.replace("-01-", "-02-").replace("-03-", "-04-")
                for name, day in moment.items()
            },
            published_at_1="08:00",
            publish_until_1="09:00",
            provider=first.pk,
            type="video",
            status="review",
            is_kept_public="on",
            web_url="https://theirs.example/",
        )
        self.article.refresh_from_db()
        self.assertEqual(self.article.status, "review")
        ours.save(
            **moment,
            published_at_1="08:30",
            publish_until_1="09:30",
            provider=second.pk,
            status="withdrawn",
            withdrawal_reason="A forgery",
            web_url="https://ours.example/",
        )
        self.assert_asks(ours, "published_at", "publish_until", "provider", "status", "web_url")
        for text in (
            "First",
            "Second",
            "In review",
            "Withdrawn",
            "https://<mark>theirs",
            "08:<mark>30",
        ):
            self.assertIn(text if "<" in text else f"<mark>{text}</mark>", ours.html)
        choices = [(name, MINE) for name in ours.asks]
        self.assertTrue(ours.save(choices))
        self.assertEqual((self.now.provider, self.now.status), (second, "withdrawn"))
        self.assertEqual((self.now.type, self.now.is_kept_public), ("video", True))

    def test_a_colleagues_decision_stays_whatever_else_is_saved(self):
        held = make_article(is_published=False)
        ours, theirs = self.both(held)
        theirs.save(status="published")
        ours.save(note="Ours")
        held.refresh_from_db()
        self.assertTrue(held.is_published())
        self.assertEqual(held.decided_by, self.colleague)

    def test_what_was_thrown_away_meanwhile_stays_in_the_trash(self):
        ours, _theirs = self.both(self.article)
        self.client.force_login(self.colleague)
        self.client.post(address("trash", "article", self.article.pk), {"trash": "1"})
        self.assertTrue(ours.save(note="Ours"))
        self.assertEqual((self.now.status, self.now.note), ("trashed", "Ours"))
        ours, _theirs = self.both(self.article)

    def test_a_new_status_for_what_was_thrown_away_is_asked(self):
        ours, _theirs = self.both(self.article)
        self.client.force_login(self.colleague)
        self.client.post(address("trash", "article", self.article.pk), {"trash": "1"})
        self.assertFalse(ours.save(status="held", note="Ours"))
        self.assertTrue(ours.save([("status", THEIRS)]))
        self.assertEqual((self.now.status, self.now.note), ("trashed", "Ours"))

    def test_the_models_rules_hold_for_what_was_merged(self):
        now = timezone.now()
        ours, theirs = self.both(self.article)
        start, end = now + timedelta(days=9), now + timedelta(days=2)
        theirs.save(publish_from_0=f"{start:%Y-%m-%d}", publish_from_1="12:00")
        self.assertFalse(
            ours.save(publish_until_0=f"{end:%Y-%m-%d}", publish_until_1="12:00", note="Ours")
        )
        self.assertIn("must be later", ours.html)
        self.assertEqual(ours.fields["note"], "Ours")

    def test_a_viewer_is_asked_nothing_and_sees_no_token(self):
        from tests.test_admin import make_viewer

        self.client.force_login(make_viewer())
        page = self.client.get(address("change", "article", self.article.pk))
        self.assertNotContains(page, 'name="seen"')


class TokenTests(AtOnceTestCase):
    def test_without_what_was_seen_whatever_differs_is_asked(self):
        article = make_article(title="As opened", topics=["Climate"], note="–")
        other = Opened(self, self.editor, "article", make_article(related=1)).fields
        for token in (None, "", "x", "\x00", other["seen"], "a:b:c"):
            with self.subTest(token):
                ours = Opened(self, self.editor, "article", article)
                self.assertFalse(ours.save(seen=token, title="Ours", topics=[]))
                self.assert_asks(ours, "title", "topics")
                self.assertTrue(
                    ours.save([("title", THEIRS), ("topics", THEIRS)], note=repr(token))
                )

    def test_without_what_was_seen_an_untouched_form_changes_nothing(self):
        article = make_article(title="As opened", topics=["Climate"], related=2)
        ours = Opened(self, self.editor, "article", article)
        names = {"seen": "x", "related_items-seen": "x", "image_uses-seen": None}
        self.assertTrue(ours.save(**names))
        self.assertEqual(article.revisions.count(), 0)

    def test_an_answer_that_was_made_up_is_none(self):
        article = make_article(title="As opened")
        for choice in ("mine", "mine:", "theirs:x", ":", "x:y", "\x00"):
            ours, theirs = self.both(article)
            theirs.save(title=f"By a colleague, {choice!r}")
            self.assertFalse(ours.save(**{"title": "Ours", "title-choice": choice}))

    def test_management_data_that_was_made_up_is_refused(self):
        article = make_article(related=1)
        for total, existing in (("x", "1"), ("1", ""), ("9" * 400, "9" * 400), ("0", "5")):
            ours = Opened(self, self.editor, "article", article)
            ours.save(
                **{"related_items-TOTAL_FORMS": total, "related_items-INITIAL_FORMS": existing}
            )
            self.assertEqual(article.related_items.count(), 1)

    def test_another_articles_row_cannot_be_reached(self):
        article, other = make_article(related=1), make_article(related=1)
        foreign = other.related_items.get()
        ours = Opened(self, self.editor, "article", article)
        changes = {"related_items-0-id": str(foreign.pk), "related_items-0-title": "Ours"}
        self.assertFalse(ours.save(**changes))
        foreign.refresh_from_db()
        self.assertNotEqual(foreign.title, "Ours")


class DeliveryTests(DeskTestCase):
    """A feed is a colleague as well."""

    def open(self):
        return Opened(self, self.editor, "article", self.article)

    def test_new_scores_are_no_matter(self):
        self.run_import()
        ours = self.open()
        self.run_import(("heat: 80", "heat: 99"), ("quality: 60", "quality: 61"))
        self.assertTrue(ours.save(note="Ours"))
        self.assertEqual((self.article.heat, self.article.note), (99, "Ours"))
        self.assertNotContains(self.client.get(address("changelist")), "Changed by others")

    def test_a_delivery_of_other_fields_is_kept(self):
        self.run_import()
        ours = self.open()
        self.run_import(HEADLINE)
        self.assertTrue(ours.save(excerpt="Our words"))
        self.assertEqual((self.article.title, self.article.excerpt), (HEADLINE[1], "Our words"))

    def test_a_delivery_of_the_same_field_asks_and_is_named(self):
        self.run_import()
        ours = self.open()
        self.run_import(EXCERPT)
        self.assertFalse(ours.save(excerpt="Our words"))
        self.assertIn(f"{self.last_run}</a> changed this on", ours.html)
        self.assertIn("workshop", ours.html)
        self.assertTrue(ours.save([("excerpt", MINE)]))
        self.assertEqual(self.article.excerpt, "Our words")

    def test_a_verdict_of_the_feed_is_kept(self):
        self.run_import()
        ours = self.open()
        self.run_import(("published: true", "published: false"))
        self.assertTrue(ours.save(note="Ours"))
        self.assertEqual(self.article.status, "held")
        self.assertIsNone(self.article.decided_at)

    def test_a_delivery_of_a_related_item_asks_in_its_row(self):
        self.run_import()
        ours = self.open()
        self.run_import(("Why bells ring", "Why the bells ring"), ("quality: 20", "quality: 21"))
        self.assertFalse(ours.save(**{"related_items-0-title": "Ours"}))
        self.assert_row_is_asked(ours)

    def assert_row_is_asked(self, ours):
        self.assertEqual(set(ours.asks), {"related_items-0-title"})
        self.assertIn(f"{self.last_run}</a> changed this on", ours.html)
        self.assertTrue(ours.save([("related_items-0-title", MINE)]))
        item = self.article.related_items.get()
        self.assertEqual((item.title, item.quality), ("Ours", 21))


class RowTests(AtOnceTestCase):
    def setUp(self):
        super().setUp()
        self.article = make_article(images=[make_image(), make_image()])
        self.first, self.second = (
            make_related_item(self.article, title=title, position=place)
            for place, title in enumerate(["First", "Second"])
        )

    def titles(self):
        return list(self.article.related_items.values_list("title", flat=True))

    def row(self, number=0, **values):
        return {f"related_items-{number}-{name}": value for name, value in values.items()}

    def test_different_rows_and_different_fields_of_one_both_land(self):
        ours, theirs = self.both(self.article)
        theirs.save(**self.row(title="Theirs"), **self.row(1, title="Theirs too"))
        self.assertTrue(ours.save(**self.row(web_url="https://ours.example/")))
        self.first.refresh_from_db()
        self.assertEqual(
            (self.first.title, self.first.web_url), ("Theirs", "https://ours.example/")
        )
        self.assertEqual(self.titles(), ["Theirs", "Theirs too"])

    def test_the_same_field_of_a_row_asks(self):
        for side, kept in ((THEIRS, "Theirs"), (MINE, "Ours")):
            with self.subTest(side):
                RelatedItem.objects.filter(pk=self.first.pk).update(title="First")
                ours, theirs = self.both(self.article)
                theirs.save(**self.row(title="Theirs"))
                self.assertFalse(ours.save(**self.row(title="Ours"), note=f"Note {side}"))
                self.assert_asks(ours, "related_items-0-title")
                self.assertIn("colleague changed this on", ours.html)
                self.assertTrue(ours.save([("related_items-0-title", side)]))
                self.assertEqual(self.titles(), [kept, "Second"])
                self.article.refresh_from_db()
                self.assertEqual(self.article.note, f"Note {side}")

    def test_the_order_is_merged(self):
        ours, theirs = self.both(self.article)
        theirs.save(**self.row(0, position="7"))
        self.assertTrue(ours.save(**self.row(1, position="5")))
        self.assertEqual(self.titles(), ["Second", "First"])

    def test_rows_added_by_both_both_stay(self):
        ours, theirs = self.both(self.article)
        new = {"related_items-TOTAL_FORMS": "3"}
        theirs.save(**new, **self.row(2, title="Theirs", position="0"))
        self.assertTrue(ours.save(**new, **self.row(2, title="Ours", position="9")))
        self.assertEqual(self.titles(), ["First", "Theirs", "Second", "Ours"])

    def test_a_row_added_meanwhile_stands_in_the_form_shown_again(self):
        ours, theirs = self.both(self.article)
        theirs.save(
            **{"related_items-TOTAL_FORMS": "3"}, **self.row(2, title="Theirs", position="0")
        )
        self.assertFalse(ours.save(title="", **self.row(1, title="Ours")))
        self.assertEqual(ours.fields["related_items-1-title"], "Theirs")
        self.assertEqual(ours.fields["related_items-2-title"], "Ours")
        self.assertTrue(ours.save(title="Kept"))
        self.assertEqual(self.titles(), ["First", "Theirs", "Ours"])

    def test_a_row_deleted_meanwhile_goes_if_it_was_left_alone(self):
        ours, theirs = self.both(self.article)
        theirs.save(**self.row(0, DELETE="on"))
        self.assertTrue(ours.save(**self.row(1, title="Ours")))
        self.assertEqual(self.titles(), ["Ours"])

    def test_a_row_deleted_meanwhile_asks_if_it_was_changed(self):
        for side, kept in ((THEIRS, ["Second"]), (MINE, ["Second", "Ours"])):
            with self.subTest(side):
                self.article.related_items.all().delete()
                for place, title in enumerate(["First", "Second"]):
                    make_related_item(self.article, title=title, position=place)
                ours, theirs = self.both(self.article)
                theirs.save(**self.row(0, DELETE="on"))
                for _again in range(2):
                    self.assertFalse(ours.save(**self.row(0, title="Ours", position="9")))
                    self.assert_asks(ours, "related_items-1")
                    ours.fields |= self.row(0, title="Second", position="1")
                self.assertIn("colleague deleted this on", ours.html)
                self.assertEqual(ours.fields["related_items-1-title"], "Ours")
                self.assertTrue(ours.save([("related_items-1", side)]))
                self.assertEqual(self.titles(), kept)

    def test_deleting_what_was_changed_meanwhile_asks(self):
        for side, kept in ((THEIRS, ["Theirs", "Second"]), (MINE, ["Second"])):
            with self.subTest(side):
                RelatedItem.objects.filter(pk=self.first.pk).update(title="First")
                ours, theirs = self.both(self.article)
                theirs.save(**self.row(title="Theirs"))
                self.assertFalse(ours.save(**self.row(DELETE="on")))
                self.assert_asks(ours, "related_items-0")
                self.assertFalse(ours.save())
                self.assertTrue(ours.save([("related_items-0", side)]))
                self.assertEqual(self.titles(), kept)

    def test_deleting_what_was_only_moved_meanwhile_does_not(self):
        ours, theirs = self.both(self.article)
        theirs.save(**self.row(position="9"))
        self.assertTrue(ours.save(**self.row(DELETE="on")))
        self.assertEqual(self.titles(), ["Second"])

    def test_deleted_by_both_is_gone(self):
        ours, theirs = self.both(self.article)
        theirs.save(**self.row(DELETE="on"))
        self.assertTrue(ours.save(**self.row(DELETE="on")))
        self.assertEqual(self.titles(), ["Second"])

    def test_pictures_are_merged_like_it(self):
        first, second = self.article.image_uses.all()
        new = make_image()
        ours, theirs = self.both(self.article)
        theirs.save(**{"image_uses-0-image": new.pk})
        other = make_image()
        self.assertTrue(ours.save(**{"image_uses-1-image": other.pk, "image_uses-0-position": "5"}))
        uses = ArticleImage.objects.filter(article=self.article).values_list("image", "position")
        self.assertEqual(set(uses), {(new.pk, 5), (other.pk, 1)})
        ours, theirs = self.both(self.article)
        theirs.save(**{"image_uses-0-image": first.image_id})
        self.assertFalse(ours.save(**{"image_uses-0-image": second.image_id}))
        self.assert_asks(ours, "image_uses-0-image")

    def test_costs_the_same_however_many_rows_there_are(self):
        def cost():
            ours, theirs = self.both(self.article)
            theirs.save(title=f"Theirs {len(self.titles())}", **self.row(0, title="Theirs"))
            with CaptureQueriesContext(connection) as queries:
                ours.save(title="Ours", **self.row(0, title="Ours"))
            self.first.refresh_from_db()
            RelatedItem.objects.filter(pk=self.first.pk).update(title="First")
            return len(queries)

        few = cost()
        for place in range(20):
            make_related_item(self.article, position=place + 2)
        self.assertEqual(cost(), few)


class OtherFormsTests(AtOnceTestCase):
    def test_different_fields_both_land(self):
        provider = make_provider(description="")
        ours, theirs = self.both(provider, "provider")
        theirs.save(description="Theirs")
        self.assertTrue(ours.save(name="Ours"))
        provider.refresh_from_db()
        self.assertEqual((provider.name, provider.description), ("Ours", "Theirs"))

    def test_the_same_field_asks(self):
        article = make_article(topics=["Climate"], images=[make_image()], related=1)
        for model, row, name in (
            ("provider", article.provider, "description"),
            ("topic", Topic.objects.get(), "description"),
            ("image", Image.objects.get(), "alt_text"),
            ("relateditem", RelatedItem.objects.get(), "excerpt"),
        ):
            with self.subTest(model):
                ours, theirs = self.both(row, model)
                self.assertTrue(theirs.save(**{name: "Their words"}))
                self.assertFalse(ours.save(**{name: "Our words"}))
                self.assert_asks(ours, name)
                self.assertIn("colleague changed this on", ours.html)
                self.assertTrue(ours.save([(name, MINE)]))
                row.refresh_from_db()
                self.assertEqual(getattr(row, name), "Our words")

    def test_somebody_who_left_no_trace_is_not_named(self):
        provider = make_provider()
        ours, theirs = self.both(provider, "provider")
        theirs.save(name="Named")
        ours = Opened(self, self.editor, "provider", provider)
        Provider.objects.update(description="By a delivery")
        self.assertFalse(ours.save(description="Ours"))
        self.assertIn("This was changed.", ours.html)

    def test_the_row_is_locked_before_it_is_read(self):
        provider = make_provider()
        ours = Opened(self, self.editor, "provider", provider)
        with CaptureQueriesContext(connection) as queries:
            self.assertTrue(ours.save(name="Ours"))
        asked = [q["sql"] for q in queries if 'FROM "articles_provider"' in q["sql"]]
        if connection.features.has_select_for_update:
            self.assertIn("FOR UPDATE", asked[0])

    def test_other_names_are_merged(self):
        provider = make_provider()
        provider.aliases.create(name="Old", domain="old.example")
        ours, theirs = self.both(provider, "provider")
        theirs.save(**{"aliases-0-domain": "theirs.example"})
        self.assertTrue(ours.save(**{"aliases-0-name": "Ours"}))
        self.assertEqual(
            list(provider.aliases.values_list("name", "domain")), [("Ours", "theirs.example")]
        )


class SealTests(AtOnceTestCase):
    def test_gives_back_what_it_was_given(self):
        sealed = concurrency.seal({"title": "x", "topics": ["1"]}, "article:1", NOON)
        self.assertEqual(
            concurrency.unseal(sealed, "article:1"), (NOON, {"title": "x", "topics": ["1"]})
        )
        self.assertEqual(concurrency.unseal(sealed, "article:2"), (None, {}))

    def test_weighs_little_in_a_form_with_many_rows(self):
        article = make_article()
        provider = make_provider()
        RelatedItem.objects.bulk_create(
            RelatedItem(article=article, title=f"Item {n}", position=n, provider=provider)
            for n in range(179)
        )
        page = self.client.get(address("change", "article", article.pk))
        tokens = re.findall(rb'name="[^"]*seen" value="([^"]+)"', page.content)
        self.assertEqual(len(tokens), 3)
        self.assertLess(sum(map(len, tokens)), len(page.content) * 0.05)
