"""The front page as editors arrange it, and what becomes of a pin whose story is gone."""

from datetime import timedelta
from unittest import mock

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.test import TestCase
from django.utils import timezone

from articles import curation
from articles.decisions import decide
from articles.models import Article, Pin
from articles.models.pin import PLACES

from .factories import NOON, make_article, make_editor, make_image, make_member

DAY = timedelta(days=1)
HIDDEN = (
    {"status": "held"},
    {"status": "withdrawn"},
    {"status": "trashed"},
    {"publish_until": NOON + DAY},
    {"publish_from": NOON + 36500 * DAY},
)


class CurationTestCase(TestCase):
    def setUp(self):
        self.editor = make_editor()
        self.articles = [make_article(slug=f"story-{number}") for number in range(6)]

    def pin(self, number, place=None, until=None):
        article = self.articles[number]
        return curation.pin(article.pk, self.editor, place=place, until=until)

    def places(self):
        return {pin.place: self.articles.index(pin.article) for pin in Pin.objects.all()}

    def page(self):
        stories, _has_more = curation.front_page(25)
        return [self.articles.index(story) for story in stories]

    def refused(self, text, deed, *args, **fields):
        with self.assertRaisesMessage(ValidationError, text):
            deed(*args, **fields)


class FrontPageTests(CurationTestCase):
    def test_shows_what_is_pinned_at_its_place_and_the_rest_in_order(self):
        self.pin(0, 1)
        self.pin(2, 4)
        self.assertEqual(self.page(), [0, 5, 4, 2, 3, 1])

    def test_shows_what_is_older_than_all_it_orders(self):
        curation_limit, curation.CANDIDATES = curation.CANDIDATES, 2
        self.addCleanup(setattr, curation, "CANDIDATES", curation_limit)
        self.assertEqual(self.page(), [5, 4])
        self.pin(0, 2)
        self.assertEqual(self.page(), [5, 0, 4])

    def test_gives_the_place_of_what_readers_may_not_see_to_the_rest(self):
        self.pin(0, 1)
        self.pin(1, 2)
        for fields in HIDDEN:
            with self.subTest(fields):
                Article.objects.filter(slug="story-0").update(**fields)
                self.assertEqual(self.page(), [5, 1, 4, 3, 2])
                again = {"status": "published", "publish_from": NOON, "publish_until": None}
                Article.objects.filter(slug="story-0").update(**again)
                self.assertEqual(self.page(), [0, 1, 5, 4, 3, 2])

    def test_lets_go_of_a_place_at_the_moment(self):
        self.pin(0, 1, timezone.now() + DAY)
        self.assertEqual(self.page()[0], 0)
        Pin.objects.update(until=timezone.now() - DAY)
        self.assertEqual(self.page(), [5, 4, 3, 2, 1, 0])

    def test_is_led_by_what_is_pinned_there_with_a_picture_or_without(self):
        pictured = make_article(images=[make_image()], heat=71)
        self.articles.append(pictured)
        self.assertEqual(self.page()[0], 6)
        self.pin(3, 1)
        self.assertEqual(self.page()[:2], [3, 6])

    def test_costs_four_queries_however_much_is_pinned(self):
        for number in range(6):
            self.pin(number)
        with self.assertNumQueries(4):
            self.assertEqual(self.page(), [0, 1, 2, 3, 4, 5])

    def test_is_cut_after_as_many_as_are_asked_for(self):
        self.pin(0, 3)
        stories, has_more = curation.front_page(2)
        self.assertEqual((len(stories), has_more), (2, True))
        stories, has_more = curation.front_page(6)
        self.assertEqual((len(stories), has_more), (6, False))


class PinTests(CurationTestCase):
    def test_takes_the_first_free_place_where_none_is_said(self):
        self.pin(0, 1)
        self.pin(1, 3)
        self.assertEqual([self.pin(2).place, self.pin(3).place], [2, 4])
        self.assertEqual(self.pin(1).place, 3)  # where it is

    def test_moves_down_what_is_pinned_there_to_the_next_free_place(self):
        for number, place in ((0, 1), (1, 2), (2, 4)):
            self.pin(number, place)
        self.pin(3, 1)
        self.assertEqual(self.places(), {1: 3, 2: 0, 3: 1, 4: 2})

    def test_moves_what_is_pinned_already(self):
        for number in range(3):
            self.pin(number)
        self.pin(2, 1, timezone.now() + DAY)
        self.assertEqual(self.places(), {1: 2, 2: 0, 3: 1})
        self.assertIsNotNone(Pin.objects.get(place=1).until)

    def test_takes_the_place_of_one_that_has_ended(self):
        self.pin(0, 1)
        Pin.objects.update(until=NOON)
        self.pin(1, 1)
        self.assertEqual(self.places(), {1: 1})

    def test_remembers_who_and_when(self):
        self.pin(0)
        other = make_member("Publisher", "colleague")
        curation.pin(self.articles[1].pk, other, place=1)
        self.assertEqual([pin.by for pin in Pin.objects.all()], [other, self.editor])

    def test_is_refused_where_readers_would_not_see_it(self):
        for fields, text in (
            ({"status": "held"}, "Publish it first"),
            ({"status": "published", "publish_until": NOON + DAY}, "expired"),
        ):
            with self.subTest(fields):
                Article.objects.filter(slug="story-0").update(**fields)
                self.refused(text, self.pin, 0)

    def test_may_wait_for_what_is_scheduled(self):
        Article.objects.filter(slug="story-0").update(publish_from=timezone.now() + DAY)
        self.pin(0, 1)
        self.assertEqual(self.page()[0], 5)

    def test_is_refused_for_a_past_moment_or_no_place(self):
        self.refused("has passed", self.pin, 0, until=NOON)
        for place in (0, PLACES + 1, -1):
            with self.subTest(place), self.assertRaises(ValidationError):
                self.pin(0, place)

    def test_is_refused_where_all_places_below_are_taken(self):
        self.articles += [make_article() for _ in range(5)]
        for number in range(PLACES):
            self.pin(number)
        self.refused("Unpin a story first", self.pin, PLACES, 3)
        self.pin(PLACES - 1, 1)  # it takes its own place along
        self.assertEqual(self.places()[1], PLACES - 1)

    def test_two_at_once_are_told_and_nothing_is_lost(self):
        self.pin(0)
        with mock.patch.object(Pin.objects, "bulk_create", side_effect=IntegrityError):
            self.refused("A colleague has just arranged", self.pin, 1, 1)
        self.assertEqual(self.places(), {1: 0})

    def test_needs_a_publisher(self):
        member = make_member("Editor", "colleague")
        pk = self.articles[0].pk
        for deed in (curation.pin, curation.unpin):
            self.refused("Only a publisher", deed, pk, member)
        self.refused("Only a publisher", curation.move, pk, member, curation.UP)

    def test_moves_up_and_down_by_one(self):
        for number in range(3):
            self.pin(number)
        first, third = self.articles[0].pk, self.articles[2].pk
        self.assertTrue(curation.move(third, self.editor, curation.UP))
        self.assertEqual(self.places(), {1: 0, 2: 2, 3: 1})
        self.assertTrue(curation.move(first, self.editor, curation.DOWN))
        self.assertEqual(self.places(), {1: 2, 2: 0, 3: 1})
        self.assertFalse(curation.move(third, self.editor, curation.UP))
        self.refused(
            "not pinned any more", curation.move, self.articles[5].pk, self.editor, curation.UP
        )

    def test_unpinning_says_whether_it_was(self):
        self.pin(0)
        self.assertTrue(curation.unpin(self.articles[0].pk, self.editor))
        self.assertFalse(curation.unpin(self.articles[0].pk, self.editor))

    def test_ends_in_the_trash_and_outlives_a_withdrawal(self):
        self.pin(0)
        self.pin(1)
        decide(self.articles[0].pk, "trashed", self.editor)
        decide(self.articles[1].pk, "withdrawn", self.editor, reason="So")
        self.assertEqual(self.places(), {2: 1})

    def test_goes_over_to_what_an_article_is_merged_into(self):
        first, second, third = self.articles[:3]
        self.pin(0, 2)
        curation.take_over(second, first)
        self.assertEqual(self.places(), {2: 1})
        self.pin(2, 1)
        curation.take_over(second, third)
        self.assertEqual(self.places(), {1: 2, 2: 1})
