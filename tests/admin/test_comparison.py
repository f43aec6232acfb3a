"""Two values side by side: the words that differ, and what no text may do to the page."""

from django.test import SimpleTestCase

from articles.admin.comparison import EMPTY, MAX_WORDS, label, side_by_side


class SideBySideTests(SimpleTestCase):
    def test_marks_the_words_that_differ(self):
        before, after = side_by_side("title", "The ship sails at noon", "The ship sails late")
        self.assertEqual(before, "The ship sails <del>at noon</del>")
        self.assertEqual(after, "The ship sails <ins>late</ins>")

    def test_marks_nothing_where_nothing_differs(self):
        self.assertEqual(side_by_side("title", "Same", "Same"), ("Same", "Same"))

    def test_shows_a_text_that_has_little_in_common_as_new(self):
        before, after = side_by_side("title", "Ships of the north", "A quay opens")
        self.assertEqual(
            (before, after), ("<del>Ships of the north</del>", "<ins>A quay opens</ins>")
        )

    def test_compares_no_words_of_a_very_long_text(self):
        text = "word " * MAX_WORDS
        before, after = side_by_side("excerpt", text + "a", text + "b")
        self.assertTrue(before.startswith("<del>word"))
        self.assertTrue(after.startswith("<ins>word"))

    def test_prints_html_as_text(self):
        for value in ("<script>x</script>", ["<b>"], {"<i>": 1}):
            with self.subTest(value):
                html = "".join(side_by_side("topics", value, None))
                self.assertNotIn("<script", html)
                self.assertNotIn("<b>", html)
                self.assertNotIn("<i>", html)

    def test_lists_what_came_and_what_went(self):
        before, after = side_by_side("topics", ["Climate", "Ports"], ["Climate", "Trade"])
        self.assertEqual(
            before, '<ul class="values"><li>Climate</li><li><del>Ports</del></li></ul>'
        )
        self.assertEqual(after, '<ul class="values"><li>Climate</li><li><ins>Trade</ins></li></ul>')

    def test_says_what_values_mean(self):
        for name, value, text in (
            ("provider", ["Post", "post.example"], "Post (post.example)"),
            ("provider", None, EMPTY),
            ("published_at", "2026-03-01T09:30:00+00:00", "1 Mar 2026 09:30:00"),
            ("related[https://a.example/].published_at", None, EMPTY),
            ("status", "withdrawn", "Withdrawn"),
            ("feed_removed", True, "yes"),
            ("heat", 0, "0"),
            ("excerpt", "", EMPTY),
            ("topics", [], EMPTY),
        ):
            with self.subTest(name):
                self.assertEqual(side_by_side(name, value, value)[0], text)

    def test_knows_every_kind_of_value(self):
        self.assertIn(
            "<del>a.jpg (seeds)</del>", side_by_side("images", [["a.jpg", "seeds"]], [])[0]
        )
        lead = ["Post", "post.example", "https://post.example/1"]
        self.assertIn("Post (post.example)", side_by_side("lead", lead, lead)[0])


class LabelTests(SimpleTestCase):
    def test_is_the_fields_name_as_editors_know_it(self):
        for name, text in (
            ("title", "headline"),
            ("topics", "topics"),
            ("related[https://a.example/x].web_url", "related item https://a.example/x: link"),
            ("related[https://a.example/[x].]", "related item https://a.example/[x]."),
            ("something new", "something new"),
        ):
            with self.subTest(name):
                self.assertEqual(label(name), text)
