"""The pages in a real browser: no fault that axe knows, in light and dark, wide and narrow."""

from articles.models import Article, Pin
from tests.browser.browsing import BrowserTestCase, faults_of
from tests.factories import make_article, make_editor, make_image, make_provider


class AccessibilityTests(BrowserTestCase):
    def setUp(self):
        super().setUp()
        picture = make_image(alt_text="A quay at dawn.")
        self.article = make_article(topics=["Harbours"], images=[picture], related=2)
        make_article(is_published=False, heat=12, feed_published=False)
        self.editor = make_editor()

    def test_article_list(self):
        self.assertAccessible(self.open("/admin/articles/article/", self.editor))

    def test_article_form(self):
        address = f"/admin/articles/article/{self.article.pk}/change/"
        self.assertAccessible(self.open(address, self.editor))

    def test_front_page_and_what_is_gone(self):
        held, lone = make_article(), make_article(provider=make_provider("Lone", "lone.example"))
        for place, article in enumerate((self.article, held), 1):
            Pin.objects.create(place=place, article=article, by=self.editor)
        Article.objects.filter(pk=held.pk).update(status="withdrawn")
        for address in (
            "/admin/articles/pin/",
            f"/admin/articles/provider/{lone.provider_id}/delete/",
            "/admin/articles/provider/?care=logo",
        ):
            self.assertAccessible(self.open(address, self.editor))
        self.assertAccessible(self.open(held.get_absolute_url()))

    def test_what_the_policy_refuses_is_noticed(self):
        page = self.open("/")
        page.evaluate("document.body.append(document.createElement('style'))")
        page.evaluate("document.querySelector('style').textContent = 'h1 { color: red }'")
        page.wait_for_timeout(100)
        self.assertIn("style-src-elem", str(self.faults))
        self.faults.clear()

    def test_a_fault_is_noticed(self):
        page = self.open("/")
        page.evaluate("document.body.append(document.createElement('button'))")
        self.assertIn("button-name", str(faults_of(page)))
