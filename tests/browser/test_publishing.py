"""Checklist, deeds on many articles, and previews, as editors and readers meet them."""

from unittest import mock

from articles import previews
from articles.models import Article, BulkAction
from tests.browser.browsing import BrowserTestCase
from tests.factories import make_article, make_editor, make_image

LIST = "/admin/articles/article/"


class PublishingTests(BrowserTestCase):
    def setUp(self):
        super().setUp()
        self.editor = make_editor()
        self.bells = make_article(
            is_published=False, title="Tram bells", topics=["Trams"], body="Ours.\n\n<b>"
        )
        self.form = f"{LIST}{self.bells.pk}/change/"

    def test_pages_are_accessible(self):
        previews.make(self.bells, self.editor)
        previews.revoke(previews.make(self.bells, self.editor))
        page = self.open(self.form, self.editor)
        self.assertAccessible(page)
        page.locator("#id_title").fill("")
        with page.expect_popup() as popup:
            page.get_by_role("button", name="Preview what is typed").click()
        self.assertAccessible(popup.value)

    def test_a_link_opens_without_an_account(self):
        self.bells.image_uses.create(image=make_image(alt_text="A bell"))
        page = self.open(previews.address_of(previews.make(self.bells, self.editor)))
        self.assertIn("Preview: not published", page.inner_text(".preview-banner"))
        self.assertAccessible(page)

    def test_what_is_typed_is_not_lost_by_making_a_link(self):
        page = self.open(self.form, self.editor)
        page.get_by_text("Preview links").click()
        asked = []
        page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
        page.locator("#id_title").fill("Tram bells are tuned")
        with page.expect_event("dialog"):
            page.get_by_role("button", name="Make a link").click()
        self.assertEqual(asked, ["beforeunload"])
        self.assertEqual(page.locator("#id_title").input_value(), "Tram bells are tuned")
        page.get_by_role("button", name="Save and continue editing").click()
        page.wait_for_selector(".messagelist")
        page.get_by_text("Preview links").click()
        page.get_by_role("button", name="Make a link").click()
        page.wait_for_selector(".previews li a")
        self.assertEqual(asked, ["beforeunload"])

    def test_previews_what_is_typed(self):
        page = self.open(self.form, self.editor)
        page.locator("#id_title").fill("Tram bells are tuned")
        with page.expect_popup() as popup:
            page.get_by_role("button", name="Preview what is typed").click()
        self.assertEqual(popup.value.inner_text("h1.headline"), "Tram bells are tuned")
        self.bells.refresh_from_db()
        self.assertEqual(self.bells.title, "Tram bells")


class ManyTests(BrowserTestCase):
    def setUp(self):
        super().setUp()
        self.editor = make_editor()
        self.articles = [make_article(is_published=False) for _number in range(60)]

    def choose(self, page, action, across=False):
        page.check("#action-toggle")
        if across:
            page.get_by_text("Select all 60 articles").click()
        page.select_option("select[name=action]", action)
        page.get_by_role("button", name="Go").click()

    def test_all_that_match_are_done_in_several_requests_that_nobody_has_to_ask_for(self):
        Article.objects.filter(pk=self.articles[7].pk).update(excerpt="")
        with mock.patch("articles.bulk.SECONDS", 0.1):
            page = self.open(f"{LIST}?status__exact=held", self.editor)
            self.choose(page, "publish_now", across=True)
            page.wait_for_url(f"**{LIST}?status__exact=held", timeout=60_000)
        page.wait_for_selector("text=59 articles are now: Published.")
        self.assertEqual(Article.objects.published().count(), 59)
        page.get_by_role("link", name="What happened to each").click()
        self.assertAccessible(page)

    def test_topics_are_found_by_typing(self):
        make_article(topics=["Trams"])
        page = self.open(LIST, self.editor)
        self.choose(page, "retopic")
        self.assertAccessible(page)
        page.get_by_role("searchbox", name="Add these topics").click()
        page.keyboard.type("tra")
        page.wait_for_selector(".select2-results__option--highlighted:has-text('Trams')")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Change topics").click()
        page.wait_for_selector("text=articles are changed")
        self.assertEqual(Article.objects.filter(topics__name="Trams").count(), 50)

    def test_all_of_it_works_without_a_script(self):
        make_article(topics=["Trams"])
        page = self.open(LIST, self.editor, java_script_enabled=False)
        page.locator("[name=_selected_action]").nth(3).check()
        page.select_option("select[name=action]", "retopic")
        page.get_by_role("button", name="Go").click()
        page.get_by_label("Add these topics").select_option(label="Trams")
        with mock.patch("articles.bulk.SECONDS", 0):
            page.get_by_role("button", name="Change topics").click()
        page.get_by_role("button", name="Go on").click()
        page.wait_for_selector("text=1 article is changed.")
        self.assertEqual(BulkAction.objects.count(), 1)
