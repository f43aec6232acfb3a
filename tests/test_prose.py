"""The newsroom's Markdown, and what never comes out of it."""

import re
import time

from django.test import SimpleTestCase
from django.utils.safestring import SafeString

from articles import prose


class RenderTests(SimpleTestCase):
    def test_renders_what_editors_write(self):
        html = prose.render("Two *words* and **more**.\n\n- one\n- two\n\n> Quoted.\n\n3. three")
        self.assertInHTML("<p>Two <em>words</em> and <strong>more</strong>.</p>", html)
        self.assertInHTML("<ul><li>one</li><li>two</li></ul>", html)
        self.assertInHTML("<blockquote><p>Quoted.</p></blockquote>", html)
        self.assertInHTML('<ol start="3"><li>three</li></ol>', html)

    def test_is_safe_to_print(self):
        self.assertIsInstance(prose.render("text"), SafeString)

    def test_makes_nothing_of_nothing(self):
        self.assertEqual(prose.render(""), "")

    def test_starts_headings_at_the_second_level(self):
        cases = {
            "# A\n\n## B\n\n# C": ["h2", "h3", "h2"],
            "### A\n\n#### B": ["h2", "h3"],
            "A\n=\n\nB\n-\n\n###### F": ["h2", "h3", "h6"],
        }
        for markdown, levels in cases.items():
            with self.subTest(markdown):
                self.assertEqual(re.findall(r"<(h\d)>", prose.render(markdown)), levels)

    def test_links_without_handing_over_the_window(self):
        html = prose.render('[Report](https://harbourpost.example/r "The report")')
        self.assertInHTML(
            '<a href="https://harbourpost.example/r" title="The report" rel="noopener">Report</a>',
            html,
        )

    def test_makes_no_element_of_html(self):
        for markdown in (
            "<script>alert(1)</script>",
            "text <img src=x onerror=alert(1)> text",
            "<iframe src='https://other.example'></iframe>",
            "<p style='position:fixed'>x</p>",
            "<svg/onload=alert(1)>",
        ):
            with self.subTest(markdown):
                html = prose.render(markdown)
                self.assertEqual(set(re.findall(r"<(\w+)", html)) - {"p"}, set())
                self.assertNotIn("<p style", html)

    def test_links_to_web_and_mail_only(self):
        for url in ("javascript:alert(1)", "JAVASCRIPT:alert(1)", "data:text/html,x", "vbscript:x"):
            with self.subTest(url):
                self.assertNotIn("href", prose.render(f"[x]({url}) and <{url}>"))

    def test_shows_no_pictures(self):
        self.assertNotIn("<img", prose.render("![alt](https://other.example/pixel.gif)"))

    def test_reads_no_more_than_its_cap(self):
        html = prose.render("a" * prose.MAX_LENGTH + "TOO LATE")
        self.assertIn("aaa", html)
        self.assertNotIn("TOO", html)

    def test_stays_quick_on_hostile_text(self):
        for piece in ("[", "*a", "> ", "- ", "`", "[a](", "![", "<a", "&#", "_a_", "a\n"):
            with self.subTest(piece):
                markdown = (piece * prose.MAX_LENGTH)[: prose.MAX_LENGTH]
                started = time.process_time()
                prose.render(markdown)
                self.assertLess(time.process_time() - started, 5)
