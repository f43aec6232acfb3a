"""The merge: untouched follows the feed, edited stays, and both at once never lose a word."""

from itertools import product

from django.test import SimpleTestCase

from articles.importing.merge import merge_lists, merge_values


class MergeValuesTests(SimpleTestCase):
    def test_decides_every_case_of_three_values(self):
        for base, theirs, ours in product("abc", repeat=3):
            changes, kept = merge_values({"x": base}, {"x": theirs}, {"x": ours})
            after = changes.get("x", ours)
            if ours == base:
                self.assertEqual(after, theirs)  # nobody touched it: the feed's
            else:
                self.assertEqual(after, ours)  # an editor did: the editor's
            conflict = ours != base and theirs not in (base, ours)
            self.assertEqual(kept, ["x"] if conflict else [])

    def test_machine_values_always_follow(self):
        changes, kept = merge_values({"x": 1}, {"x": 2}, {"x": 3}, machine=frozenset("x"))
        self.assertEqual((changes, kept), ({"x": 2}, []))


class MergeListsTests(SimpleTestCase):
    def merge(self, base, theirs, ours, touched=""):
        lists = (dict.fromkeys(keys) for keys in (base, theirs, ours))
        return "".join(merge_lists(*lists, is_touched=lambda key: key in touched))

    def test_takes_both_sides_additions_and_removals(self):
        for base, theirs, ours, expected in [
            ("abc", "abc", "abc", "abc"),
            ("abc", "cab", "abc", "cab"),  # the feed reorders
            ("abc", "cabd", "bac", "bacd"),  # so did an editor: the editor's order, new ones last
            ("abc", "ab", "abc", "ab"),  # the feed drops one
            ("abc", "abc", "ab", "ab"),  # an editor did: it does not come back
            ("ab", "abc", "abd", "abdc"),  # both add; ours stays behind what it stood behind
            ("ab", "b", "a", ""),  # each drops another
            ("", "a", "a", "a"),  # both add the same
        ]:
            with self.subTest((base, theirs, ours)):
                self.assertEqual(self.merge(base, theirs, ours), expected)

    def test_keeps_what_the_feed_drops_and_an_editor_touched(self):
        self.assertEqual(self.merge("abc", "a", "abc", touched="c"), "ac")

    def test_loses_no_edit_and_takes_every_change_of_the_feed(self):
        lists = ["", "a", "b", "ab", "ba", "abc", "cab", "bc"]
        for base, theirs, ours in product(lists, repeat=3):
            result = self.merge(base, theirs, ours)
            self.assertEqual(len(set(result)), len(result))
            for key in "abc":
                added_here = key in ours and key not in base
                dropped_here = key in base and key not in ours
                if added_here:
                    self.assertIn(key, result)
                elif dropped_here:
                    self.assertNotIn(key, result)
                else:
                    self.assertEqual(key in result, key in theirs, (base, theirs, ours))
            if ours == base:
                self.assertEqual(result, theirs)
