"""Two editors, each in a browser of their own, have one article open at the same time."""

from articles.models import Article
from tests.browser.browsing import BrowserTestCase
from tests.factories import make_article, make_editor


class TwoEditorsTests(BrowserTestCase):
    def setUp(self):
        super().setUp()
        self.article = make_article(is_published=False, title="As opened", note="–")
        address = f"/admin/articles/article/{self.article.pk}/change/"
        self.ours = self.open(address, make_editor())
        self.theirs = self.open(address, make_editor("colleague"))

    def save(self, page):
        page.get_by_role("button", name="Save", exact=True).click()
        page.wait_for_load_state()

    @property
    def stored(self):
        return Article.objects.values_list("title", "note").get()

    def test_different_fields_both_land(self):
        self.theirs.get_by_label("Headline").first.fill("By a colleague")
        self.save(self.theirs)
        self.ours.get_by_label("Editor's note").fill("Ours")
        self.save(self.ours)
        self.assertIn("kept: Headline", self.ours.locator(".messagelist").inner_text())
        self.assertEqual(self.stored, ("By a colleague", "Ours"))

    def test_the_same_field_asks_and_the_choice_lands(self):
        self.theirs.get_by_label("Headline").first.fill("Seen by a colleague")
        self.save(self.theirs)
        self.ours.get_by_label("Headline").first.fill("Seen by us")
        self.save(self.ours)
        self.assertEqual(self.stored[0], "Seen by a colleague")
        question = self.ours.locator(".conflict")
        self.assertIn("colleague changed this on", question.inner_text())
        self.assertAccessible(self.ours)
        question.get_by_label("Mine, as it stands in the field").check()
        self.save(self.ours)
        self.assertEqual(self.stored[0], "Seen by us")
