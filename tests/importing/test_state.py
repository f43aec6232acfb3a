"""States as plain values: what a run remembers, said again field by field."""

from django.test import SimpleTestCase

from articles.importing import state
from tests.importing.seedtexts import record


def changes(*replaced):
    before, after = (state.of_record(record(*pairs), "feed") for pairs in ((), replaced))
    return {name: values for name, *values in state.values_changed(state.difference(before, after))}


class ValuesChangedTests(SimpleTestCase):
    def test_names_each_field_with_both_values(self):
        self.assertEqual(
            changes(("heat: 80", "heat: 81"), ("  - Culture", "  - Music")),
            {"heat": [80, 81], "topics": [["Culture", "Transport"], ["Music", "Transport"]]},
        )

    def test_unfolds_a_related_item(self):
        self.assertEqual(
            changes(("An explanation.", "A better one.")),
            {"related[https://radio.example/why].excerpt": ["An explanation.", "A better one."]},
        )

    def test_names_a_related_item_that_came_and_one_that_went(self):
        self.assertEqual(
            changes(("https://radio.example/why", "https://radio.example/how")),
            {
                "related[https://radio.example/why]": ["Why bells ring", None],
                "related[https://radio.example/how]": [None, "Why bells ring"],
            },
        )
