"""Cluster and duplicates in a real browser: by keyboard, and without a fault that axe knows."""

from articles.clusters import hide
from tests.browser.browsing import BrowserTestCase
from tests.factories import make_editor, make_related_item
from tests.test_clusters import make_cluster
from tests.test_duplicates import DuplicatePair, look, make_copy


class ClusterTests(BrowserTestCase):
    def setUp(self):
        super().setUp()
        self.editor = make_editor()
        self.public, self.other = make_cluster()
        self.form = f"/admin/articles/article/{self.other.pk}/change/"

    def test_another_leads_and_is_undone_by_keyboard(self):
        page = self.open(self.form, self.editor)
        page.get_by_role("button", name="Make this the lead").press("Enter")
        page.get_by_text("is public now, and held").wait_for()
        page.get_by_role("button", name="Undo").press("Enter")
        page.get_by_text("Undone.").wait_for()
        self.other.refresh_from_db()
        self.assertEqual(self.other.status, "held")

    def test_panel_is_accessible(self):
        hide(make_related_item(self.other), self.editor)
        make_copy(self.other.title, web_url=self.other.web_url)
        look()
        page = self.open(self.form, self.editor)
        self.assertTrue(page.get_by_role("button", name="Show").first.is_visible())
        self.assertTrue(page.get_by_text("Possible duplicate of").is_visible())
        self.assertAccessible(page)


class DuplicatesTests(BrowserTestCase):
    def test_list_and_pair_are_accessible(self):
        make_copy()
        make_copy(outlet="Post", is_published=False)
        look()
        editor, pair = make_editor(), DuplicatePair.objects.get()
        self.assertAccessible(self.open("/admin/articles/duplicatepair/", editor))
        address = f"/admin/articles/duplicatepair/{pair.pk}/change/"
        self.assertAccessible(self.open(address, editor))
