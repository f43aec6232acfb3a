"""The look of the public site: small, of one scale, and every colour in one place."""

import re

from django.conf import settings
from django.template.loader import render_to_string
from django.test import SimpleTestCase, TestCase

from .factories import make_article, make_image, make_provider, make_related_item

FOLDER = settings.BASE_DIR / "articles" / "static" / "articles" / "css"
SHEETS = {path.stem: path.read_text() for path in sorted(FOLDER.glob("*.css"))}
OTHERS = {name: text for name, text in SHEETS.items() if name != "tokens"}
COLOUR = re.compile(
    r"#[0-9a-f]{3,8}\b|\b(rgb|hsl|oklch|color-mix|light-dark)a?\(|\b(white|black)\b(?!-)"
)
# What turns round where text is read from right to left has a name without a side.
PHYSICAL = re.compile(r"(^|[\s{;-])(left|right|top|bottom)\s*:|text-align: (left|right)")


def declared(name):
    for sheet, text in OTHERS.items():
        for value in re.findall(rf"(?<![\w-]){name}: ([^;]+);", text):
            yield sheet, value


class StylesTests(SimpleTestCase):
    def test_are_less_than_20_kilobytes(self):
        self.assertLess(sum(len(text.encode()) for text in SHEETS.values()), 20_000)

    def test_name_colours_in_one_place(self):
        for name, text in OTHERS.items():
            text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
            self.assertIsNone(COLOUR.search(text), name)

    def test_use_one_scale_of_type(self):
        for sheet, value in declared("font-size"):
            self.assertTrue(value.startswith("var(--text-") or value == "11pt", f"{sheet}: {value}")
        for sheet, value in declared("font"):
            self.assertTrue("var(--text-" in value or value == "inherit", f"{sheet}: {value}")

    def test_use_tokens_that_there_are(self):
        known = set(re.findall(r"(--[\w-]+):", SHEETS["tokens"]))
        used = set(re.findall(r"var\((--[\w-]+)", "".join(SHEETS.values())))
        self.assertEqual(used, known)

    def test_know_no_left_and_right(self):
        for name, text in SHEETS.items():
            self.assertIsNone(PHYSICAL.search(text), name)

    def test_browsers_bars_have_the_colours_of_the_paper(self):
        light, dark = re.search(r"--paper: light-dark\((\S+), (\S+)\)", SHEETS["tokens"]).groups()
        html = render_to_string("404.html")
        for scheme, colour in (("light", light), ("dark", dark)):
            meta = f'content="{colour}" media="(prefers-color-scheme: {scheme})"'
            self.assertIn(meta, html)


class WeightTests(TestCase):
    def test_the_fullest_front_page_is_less_than_60_kilobytes(self):
        topics = [f"A topic with a rather long name {number}" for number in range(40)]
        for number in range(26):
            outlet = make_provider(f"The {number} Outlet with a Long Name", f"o{number}.example")
            outlet.logo = make_image()
            outlet.save()
            article = make_article(
                slug=f"2026-03-01-{'a-slug-that-is-long-' * 6}{number}",
                title=f"{number} " + "words of a headline " * 8,
                excerpt="an excerpt’s words “quoted” " * 18,
                provider=outlet,
                topics=topics[number : number + 9],
                images=[make_image(alt_text="What the picture shows, told at length. " * 4)],
                type="video",
            )
            for other in range(4):
                name = f"Another Outlet with a Long Name {other}"
                make_related_item(article, provider=make_provider(name, f"x{other}.example"))
        self.assertLess(len(self.client.get("/").content), 60_000)
