"""The pages in a real browser: no fault that axe knows, in light and dark, wide and narrow."""

from tests.browser.browsing import BrowserTestCase, faults_of
from tests.factories import make_article, make_editor, make_image


class AccessibilityTests(BrowserTestCase):
    def setUp(self):
        super().setUp()
        picture = make_image(alt_text="A quay at dawn.")
        self.article = make_article(topics=["Harbours"], images=[picture], related=2)
        make_article(is_published=False, heat=12, feed_published=False)
        self.editor = make_editor()

    def test_readers_pages(self):
        for address in (
            "/",
            "/latest/",
            self.article.get_absolute_url(),
            "/topics/harbours/",
            "/api/",
        ):
            self.assertAccessible(self.open(address))

    def test_article_list(self):
        self.assertAccessible(self.open("/admin/articles/article/", self.editor))

    def test_article_form(self):
        address = f"/admin/articles/article/{self.article.pk}/change/"
        self.assertAccessible(self.open(address, self.editor))

    def test_a_fault_is_noticed(self):
        page = self.open("/")
        page.evaluate("document.body.append(document.createElement('button'))")
        self.assertIn("button-name", str(faults_of(page)))
