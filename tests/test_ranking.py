"""The order of the front page: what holds whatever the stories."""

from datetime import timedelta

from django.test import SimpleTestCase
from hypothesis import given
from hypothesis import strategies as st

from articles.ranking import Candidate, arranged, ranked, score

from .factories import NOON

SCALE = {"base": 70, "half_life": 12}
HEATS = st.none() | st.integers(-1, 4000)
HOURS = st.integers(-1000, 0)


def candidate(pk=1, heat=None, is_chosen=False, age=0, here=None, stem=None):
    """Published there `age` hours before NOON, and here at that moment or `here` hours before."""
    there = NOON - timedelta(hours=age)
    moment = there if here is None else NOON - timedelta(hours=here)
    return Candidate(pk, heat, is_chosen, there, moment, stem or f"stem-{pk}")


def points(at=NOON, **fields):
    return score(candidate(**fields), at, **SCALE)


CANDIDATES = st.lists(
    st.builds(
        candidate,
        pk=st.integers(1, 10_000),
        heat=HEATS,
        is_chosen=st.booleans(),
        age=st.integers(-500, 20_000),
        here=st.none() | st.integers(0, 20_000),
    ),
    unique_by=lambda story: story.pk,
)


class ScoreTests(SimpleTestCase):
    @given(HEATS, HEATS, st.booleans(), st.integers(0, 90_000))
    def test_more_heat_is_never_less(self, one, other, is_chosen, age):
        if None in (one, other):
            return
        low, high = sorted((one, other))
        fields = {"is_chosen": is_chosen, "age": age}
        self.assertLessEqual(points(heat=low, **fields), points(heat=high, **fields))
        if high > low >= 70:
            self.assertLess(points(heat=low, **fields), points(heat=high, **fields))

    @given(HEATS, st.booleans(), st.integers(0, 90_000), st.integers(1, 90_000))
    def test_decays_with_age(self, heat, is_chosen, age, more):
        fields = {"heat": heat, "is_chosen": is_chosen}
        self.assertGreater(points(age=age, **fields), points(age=age + more, **fields))
        later = NOON + timedelta(hours=more)
        self.assertGreater(points(age=age, **fields), points(later, age=age, **fields))

    def test_a_half_life_is_worth_twice_the_heat(self):
        self.assertAlmostEqual(points(heat=79, age=10), points(heat=159, age=22))

    @given(st.integers(1, 1000), st.integers(0, 500))
    def test_the_future_keeps_nothing_young(self, ahead, since):
        self.assertEqual(points(age=-ahead, here=since), points(age=since, here=since))

    @given(st.integers(0, 500), st.integers(0, 500))
    def test_publishing_again_makes_nothing_young(self, age, here):
        self.assertEqual(points(age=age, here=min(age, here)), points(age=age))

    def test_no_score_counts_like_a_feeds_least_and_so_does_an_editors_choice(self):
        self.assertEqual(points(heat=None), points(heat=70))
        for heat in (-1, 0, 69):
            self.assertEqual(points(heat=heat, is_chosen=True), points(heat=70))
            self.assertLess(points(heat=heat), points(heat=70))
        self.assertEqual(points(heat=99, is_chosen=True), points(heat=99))


class RankedTests(SimpleTestCase):
    @given(CANDIDATES, st.randoms(use_true_random=False))
    def test_does_not_depend_on_the_order_they_come_in(self, stories, random):
        shuffled = list(stories)
        random.shuffle(shuffled)
        self.assertEqual(ranked(shuffled, NOON, **SCALE), ranked(stories, NOON, **SCALE))

    @given(CANDIDATES)
    def test_puts_more_points_first(self, stories):
        found = [score(story, NOON, **SCALE) for story in ranked(stories, NOON, **SCALE)]
        self.assertEqual(found, sorted(found, reverse=True))

    @given(CANDIDATES)
    def test_time_alone_changes_nothing(self, stories):
        """All age alike. To the last bits of a number, which stories of one second may share."""
        later = NOON + timedelta(days=3)
        one, other = (ranked(stories, at, **SCALE) for at in (NOON, later))
        for a, b in zip(one, other, strict=True):
            self.assertAlmostEqual(score(a, NOON, **SCALE), score(b, NOON, **SCALE), places=6)

    def test_equals_stand_by_time_and_stem(self):
        new, old = candidate(1, age=1, here=5), candidate(2, age=5, here=5)
        self.assertEqual(ranked([old, new], NOON, **SCALE), [new, old])
        a, b = candidate(4, stem="a"), candidate(3, stem="b")
        self.assertEqual(ranked([b, a], NOON, **SCALE), [a, b])


class ArrangedTests(SimpleTestCase):
    @given(
        st.dictionaries(st.integers(1, 10), st.integers(100, 999), max_size=10),
        st.lists(st.integers(0, 99), unique=True, max_size=30),
    )
    def test_keeps_places_and_order_and_loses_nobody(self, pinned, rest):
        page = arranged(pinned, rest)
        self.assertEqual(sorted(page), sorted([*pinned.values(), *rest]))
        self.assertEqual([story for story in page if story in rest], rest)
        in_order = [pinned[place] for place in sorted(pinned)]
        self.assertEqual([story for story in page if story not in rest], in_order)
        for place, story in pinned.items():
            if len(rest) + sum(other < place for other in pinned) >= place - 1:
                self.assertEqual(page[place - 1], story)

    def test_closes_up_where_there_are_too_few(self):
        self.assertEqual(arranged({1: "a", 5: "b"}, ["x"]), ["a", "x", "b"])
        self.assertEqual(arranged({}, []), [])
