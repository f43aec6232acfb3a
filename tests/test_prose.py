"""The newsroom's Markdown, and what never comes out of it."""

import re
import time

from django.test import SimpleTestCase
from django.utils.safestring import SafeString

from articles import prose
from tests.promises import trials


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
        for url in (
            *("javascript:alert(1)", "JAVASCRIPT:alert(1)", "data:text/html,x", "vbscript:x"),
            *("https://harbour.example@evil.example/", "//harbour.example:x@evil.example"),
        ):
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
                markdown = (piece * prose.MAX_LENGTH)[: prose.MAX_LENGTH // trials(8, 1)]
                started = time.process_time()
                prose.render(markdown)
                prose.unsafe(markdown)
                self.assertLess(time.process_time() - started, trials(2, 10))


class PlainTests(SimpleTestCase):
    def test_is_what_readers_read(self):
        for markdown, text in {
            "": "",
            "# Ours\n\nOur *own* [words](https://x.example/ 'no').": "Ours Our own words.",
            "One\ntwo  \nthree `four` w**o**rd": "One two three four word",
            "- a\n- b\n\n> c\n\n    d\n\n```py\ne\n```": "a b c d e",
            "&eacute; &amp; <b>x</b> ![p](u)": "é & <b>x</b> !p",
        }.items():
            with self.subTest(markdown):
                self.assertEqual(" ".join(prose.plain(markdown).split()), text)


class UnsafeTests(SimpleTestCase):
    def found(self, markdown):
        return [(row.kind, row.line, row.text) for row in prose.unsafe(markdown)]

    def test_finds_nothing_in_honest_words(self):
        for markdown in (
            "",
            "Plain *words*, 3 < 4 and `<script>` in code.",
            "[web](https://harbourpost.example/a:b) [here](/latest/) <desk@news.example>",
            "[mail](mailto:desk@news.example)\n\n    <indented code>",
        ):
            with self.subTest(markdown):
                self.assertEqual(self.found(markdown), [])

    def test_names_tags_by_line(self):
        markdown = "One\ntwo <b>bold</b>\n\n<script>alert(1)</script>\n\n> x `a\n> b` <img src=x>"
        self.assertEqual(
            self.found(markdown), [("html", 2, "b"), ("html", 4, "script"), ("html", 7, "img")]
        )

    def test_names_links_that_are_refused(self):
        for address in (
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "file:///etc/passwd",
            "java&#115;cript:x",
        ):
            with self.subTest(address):
                self.assertEqual(
                    [row[:2] for row in self.found(f"\n[x]({address})")], [("link", 2)]
                )
        self.assertEqual(self.found("<javascript:alert(1)>")[0][0], "link")
        self.assertEqual(self.found("[x][r]\n\n[r]: data:text/html,x")[0][:2], ("link", 1))

    def test_looks_inside_of_tags(self):
        self.assertEqual(
            self.found("<div>\n[x](javascript:alert(1))\n</div>"),
            [("html", 1, "div"), ("link", 2, "javascript:alert(1)")],
        )

    def test_names_pictures(self):
        self.assertEqual(
            self.found("Text\n![alt](https://other.example/p.gif)"),
            [("picture", 2, "https://other.example/p.gif")],
        )

    def test_whatever_it_does_not_find_readers_get_as_it_was_meant(self):
        """The renderer's own judgement: no link is dropped of which this says nothing."""
        for address in (
            "//host/x",
            "x?y=a:b",
            "#part",
            "tel:123",
            "a b:c",
            "HTTPS://x.example",
            "x:y",
            "jav&#10;ascript:x",
            " javascript:x",
            "javascript\\:x",
            "data:x",
            "java+script:x",
            "1javascript:x",
            "&colon;x",
            "javascript&colon;x",
            "",
        ):
            with self.subTest(address):
                markdown = f"[x](<{address}>)"
                self.assertEqual("href" in prose.render(markdown), self.found(markdown) == [])
