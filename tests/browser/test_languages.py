"""The editors' pages from right to left, and in words that are longer than the English ones."""

from django.test import override_settings

from tests.admin.test_desk import make_everything
from tests.browser.browsing import DESKTOP, PHONE, BrowserTestCase
from tests.browser.test_triage import HEADLINE, QUEUE, make_held
from tests.factories import make_article, make_editor, make_image
from tests.promises import IS_FULL

DESK, LIST = "/admin/", "/admin/articles/article/"


class EditorsPagesTests(BrowserTestCase):
    def setUp(self):
        super().setUp()
        self.editor = make_editor()
        make_everything()
        picture = make_image(alt_text="A quay at dawn.")
        article = make_article(topics=["Harbours"], images=[picture], related=2)
        self.pages = [DESK, LIST, QUEUE, f"{LIST}{article.pk}/change/", "/admin/articles/pin/"]

    @override_settings(LANGUAGE_CODE="ar")
    def test_are_accessible_from_right_to_left(self):
        for address in self.pages:
            self.assertAccessible(self.open(address, self.editor))

    def test_fit_on_every_screen(self):
        ways = [("ar", PHONE), ("de", DESKTOP), ("ar", DESKTOP), ("de", PHONE)]
        for language, size in ways if IS_FULL else ways[:2]:
            with override_settings(LANGUAGE_CODE=language):
                page = self.visitor(self.editor, size=size).new_page()
                for address in self.pages:
                    page.goto(address)
                    width = page.evaluate("document.documentElement.scrollWidth")
                    self.assertLessEqual(width, size["width"], f"{address} {language}")


@override_settings(LANGUAGE_CODE="ar")
class RightToLeftTests(BrowserTestCase):
    def test_the_arrow_to_the_left_goes_on_and_the_one_to_the_right_back(self):
        make_held(3)
        page = self.open(QUEUE, make_editor())
        for key, headline in (
            ("ArrowLeft", "Story 2"),
            ("ArrowLeft", "Story 3"),
            ("ArrowRight", "Story 2"),
        ):
            page.keyboard.press(key)
            page.wait_for_selector(f"{HEADLINE}:has-text('{headline}'):focus")

    def test_a_text_has_the_direction_of_its_own_words(self):
        article = make_article(title="The last ferry.")
        page = self.open(f"{LIST}{article.pk}/change/", make_editor())
        title = page.locator("#id_title")
        self.assertEqual(title.evaluate("each => getComputedStyle(each).direction"), "ltr")
        title.fill("القطار الأخير")
        self.assertEqual(title.evaluate("each => getComputedStyle(each).direction"), "rtl")
