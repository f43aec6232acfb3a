"""Headlines that say nearly the same, and those that only look like it."""

from datetime import UTC, datetime, timedelta

from django.test import SimpleTestCase

from articles.likeness import alike, names, title_keys, title_keys_near, without_outlet, words

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
HEADLINE = "The port plugs in all of its ships"


def say_the_same(one, other, is_one_outlet=False):
    found = alike(words(one), words(other), is_one_outlet)
    assert found == alike(words(other), words(one), is_one_outlet)
    return found


class AlikeTests(SimpleTestCase):
    def test_capitals_punctuation_quotes_and_accents_do_not_count(self):
        for other in (
            "THE PORT PLUGS IN ALL OF ITS SHIPS!",
            "“The port” plugs in: all of its ships",
            "The port plugs-in all&nbsp;of its ships",
            "The pórt plugs in all of its ships™",
        ):
            self.assertTrue(say_the_same(HEADLINE, other, True), other)
        self.assertTrue(say_the_same("The minister won't say why", "The minister won’t say why"))

    def test_one_word_may_differ(self):
        for other in (
            "The port plugs in all of its boats",
            "The harbour plugs in all of its ships",
            "The port plugs in all of its ships today",
            "Port plugs in all of its ships",
        ):
            self.assertTrue(say_the_same(HEADLINE, other), other)
        for other in (
            "The harbour plugs in all of its boats",
            "The port plugs in some of their ships",
            "All of its ships",
            "",
        ):
            self.assertFalse(say_the_same(HEADLINE, other), other)

    def test_the_name_of_a_column_is_no_headline(self):
        for title in ("Morning briefing", "The morning briefing", "Letters", ""):
            self.assertFalse(say_the_same(title, title), title)
        self.assertFalse(say_the_same("The depot tunes every bell", "The depot tunes every tram"))

    def test_numbers_never_differ(self):
        for one, other in (
            ("The war in the east: day 45", "The war in the east: day 46"),
            ("Power Apps 2019 release wave overview", "Power Apps release wave overview"),
            ("Everything about the 5th round of talks", "Everything about the 6th round of talks"),
        ):
            self.assertFalse(say_the_same(one, other), one)

    def test_one_outlets_pattern_is_no_copy(self):
        one = "Artificial Intelligence Robots Market 2020 Growth, Share, Trends"
        other = "Artificial Intelligence Market 2020 Growth, Share, Trends"
        self.assertFalse(say_the_same(one, other, True))
        self.assertTrue(say_the_same(one, other))
        self.assertTrue(say_the_same(one, one.replace("Artificial", "Artifical"), True))
        self.assertTrue(say_the_same(one, f"{one} (AI)", True))
        guide = "The administration shelves a guide on reopening"
        self.assertTrue(say_the_same(guide, guide.replace(" on ", " to "), True))


class OutletTests(SimpleTestCase):
    def test_its_name_at_the_end_does_not_count(self):
        for title, provider in (
            (f"{HEADLINE} | The Guardian", ("The Guardian", "theguardian.com")),
            (f"{HEADLINE} – Guardian", ("The Guardian", "theguardian.com")),
            (f"{HEADLINE} - BBC News", ("BBC News", "bbc.co.uk")),
            (f"{HEADLINE} - BBC", ("BBC News", "www.bbc.co.uk")),
            (f"{HEADLINE} | Hotnews.com", ("Hot news", "hotnews.com")),
        ):
            found = without_outlet(words(title), names(provider))
            self.assertEqual(found, words(HEADLINE), title)

    def test_a_headline_is_left(self):
        found = words("All the best of Reuters")
        self.assertEqual(without_outlet(found, names(("Reuters", "reuters.com")))[-1], "of")
        found = words("The best of Reuters")
        self.assertEqual(without_outlet(found, names(("Reuters", "reuters.com"))), found)
        self.assertEqual(without_outlet(found, names(None)), found)


class TitleKeysTests(SimpleTestCase):
    def found(self, one, other, apart=timedelta()):
        """Whether the index finds the second headline, that much later, from the first."""
        first, last = title_keys(other, AT + apart)
        firsts, lasts = title_keys_near(one, AT)
        return first in firsts or last in lasts

    def test_find_whatever_is_alike(self):
        found = words(HEADLINE)
        for place in range(len(found) + 1):
            for new in (("other",), ()):
                for old in (1, 0):
                    changed = " ".join([*found[:place], *new, *found[place + old :]])
                    if say_the_same(HEADLINE, changed):
                        self.assertTrue(self.found(HEADLINE, changed), changed)
                        self.assertTrue(self.found(changed, HEADLINE), changed)

    def test_find_it_two_weeks_away_and_not_for_ever(self):
        for days in range(-14, 15):
            self.assertTrue(self.found(HEADLINE, HEADLINE, timedelta(days=days)), days)
        for days in (-29, 29, 365):
            self.assertFalse(self.found(HEADLINE, HEADLINE, timedelta(days=days)), days)

    def test_are_none_where_nothing_can_be_alike(self):
        self.assertEqual(title_keys("Morning briefing", AT), (None, None))
        self.assertEqual(title_keys_near("Morning briefing", AT), ([], []))
