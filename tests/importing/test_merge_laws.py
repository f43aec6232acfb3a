"""What holds for every merge, whatever the values: no edit is lost, no news of the feed either."""

from django.test import SimpleTestCase
from hypothesis import given
from hypothesis import strategies as st

from articles.importing.merge import merge_states
from articles.importing.state import around, difference, plain

MACHINE = frozenset(["heat"])
VALUES = st.sampled_from(["", "a", "b", "c"])
IMAGES = st.lists(st.sampled_from([("x", ""), ("y", ""), ("/z", "feed")]), unique=True).map(tuple)
ITEMS = st.fixed_dictionaries({"title": VALUES, "images": IMAGES})
KEYS = [("k1", 1), ("k2", 1), ("k2", 2), ("k3", 1)]


@st.composite
def keyed_items(draw):
    keys = draw(st.lists(st.sampled_from(KEYS), unique=True))
    return {key: draw(ITEMS) for key in keys}


STATES = st.fixed_dictionaries(
    {
        "title": VALUES,
        "excerpt": VALUES,
        "heat": st.integers(-1, 3),
        "topics": st.sets(st.sampled_from("pqrs")).map(lambda names: tuple(sorted(names))),
        "images": IMAGES,
        "related": keyed_items(),
    }
)
SCALARS = ("title", "excerpt")


def merged(base, theirs, ours):
    return merge_states(base, theirs, ours, MACHINE)[0]


def same(one, other) -> bool:
    """Equal, the order of related items too."""
    return one == other and list(one["related"]) == list(other["related"])


class MergeLaws(SimpleTestCase):
    @given(STATES, STATES)
    def test_what_nobody_touched_follows_the_feed_whole(self, base, theirs):
        result, conflicts = merge_states(base, theirs, base, MACHINE)
        self.assertTrue(same(result, theirs))
        self.assertEqual(conflicts, [])

    @given(STATES, STATES)
    def test_a_delivery_that_says_nothing_new_changes_nothing_but_the_scores(self, base, ours):
        result, conflicts = merge_states(base, base, ours, MACHINE)
        self.assertTrue(same(result, ours | {"heat": base["heat"]}))
        self.assertEqual(conflicts, [])

    @given(STATES, STATES, STATES)
    def test_is_idempotent(self, base, theirs, ours):
        once = merged(base, theirs, ours)
        again, conflicts = merge_states(theirs, theirs, once, MACHINE)
        self.assertTrue(same(again, once))
        self.assertEqual(conflicts, [])

    @given(STATES, STATES, STATES)
    def test_loses_no_edit(self, base, theirs, ours):
        result, conflicts = merge_states(base, theirs, ours, MACHINE)
        for name in SCALARS:
            if ours[name] != base[name]:
                self.assertEqual(result[name], ours[name])
            else:
                self.assertEqual(result[name], theirs[name])
        self.assertEqual(result["heat"], theirs["heat"])
        named = {(conflict.item, conflict.field) for conflict in conflicts}
        for name in SCALARS:
            both = ours[name] != base[name] and theirs[name] not in (base[name], ours[name])
            self.assertEqual((None, name) in named, both)
        for name in ("topics", "images"):
            was, now, here, after = (set(s[name]) for s in (base, theirs, ours, result))
            self.assertEqual(after, (here - (was - now)) | (now - was))
        for key, item in ours["related"].items():
            was = base["related"].get(key)
            if item != was:  # added or edited here
                self.assertIn(key, result["related"])
                if was is None or item["title"] != was["title"]:
                    now = theirs["related"].get(key)
                    added_by_both = was is None and now is not None
                    if not added_by_both:
                        self.assertEqual(result["related"][key]["title"], item["title"])
        for key in base["related"].keys() - ours["related"].keys():
            self.assertNotIn(key, result["related"])  # dropped here: it does not come back

    @given(STATES, STATES, STATES)
    def test_takes_every_change_that_only_the_feed_made(self, base, theirs, ours):
        result = merged(base, theirs, ours)
        for key, now in theirs["related"].items():
            was, here = base["related"].get(key), ours["related"].get(key)
            if here == was:  # not there at all, or as delivered
                self.assertEqual(result["related"][key], now)
        for key, was in base["related"].items():
            if key not in theirs["related"] and ours["related"].get(key) == was:
                self.assertNotIn(key, result["related"])

    @given(STATES, STATES, STATES)
    def test_edits_of_different_fields_commute_with_deliveries(self, base, theirs, ours):
        """First edited then delivered, or first delivered then edited: the same."""
        edited = base | {"title": ours["title"]}
        delivered_later = merged(base, theirs, edited)
        delivered_first = merged(base, theirs, base)
        if ours["title"] != base["title"]:
            delivered_first = delivered_first | {"title": ours["title"]}
        self.assertTrue(same(delivered_later, delivered_first))

    @given(STATES, STATES, STATES)
    def test_changes_only_what_is_not_held(self, base, theirs, ours):
        result, conflicts = merge_states(base, theirs, ours, MACHINE, held=("title", "images"))
        self.assertEqual((result["title"], result["images"]), (ours["title"], ours["images"]))
        self.assertNotIn((None, "title"), {(c.item, c.field) for c in conflicts})


class DifferenceLaws(SimpleTestCase):
    @given(STATES, STATES)
    def test_leads_back_and_forth(self, before, after):
        changes = plain(difference(before, after))
        self.assertEqual(changes == {}, same(before, after))
        for now in (before, after):
            found_before, found_after = around(now, changes)
            self.assertTrue(same(found_before, before))
            self.assertTrue(same(found_after, after))

    @given(STATES, STATES, STATES)
    def test_taking_back_loses_no_edit_made_since(self, before, after, ours):
        was, left = around(ours, plain(difference(before, after)))
        result, _ = merge_states(left, was, ours)
        for name in (*SCALARS, "heat"):
            untouched = ours[name] == after[name]
            self.assertEqual(result[name], before[name] if untouched else ours[name])
        for key, item in ours["related"].items():
            if item != after["related"].get(key):
                self.assertIn(key, result["related"])
