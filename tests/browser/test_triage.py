"""The triage queue by keyboard alone, by thumb, and when the network fails."""

from datetime import timedelta

from articles.models import Article, Revision
from tests.admin.test_desk import make_everything
from tests.browser.browsing import PHONE, BrowserTestCase
from tests.factories import NOON, make_article, make_editor, make_image, make_related_item

QUEUE = "/admin/articles/article/triage/"
HEADLINE = "#triage-headline"
Status = Article.Status


def make_held(count):
    """Newest first: Story 1, Story 2, ..."""
    return [
        make_article(
            is_published=False,
            title=f"Story {number}",
            published_at=NOON - timedelta(hours=number),
            feed_published=False,
            heat=42,
        )
        for number in range(1, count + 1)
    ]


def published():
    return set(Article.objects.published().values_list("title", flat=True))


class TriageTestCase(BrowserTestCase):
    def setUp(self):
        super().setUp()
        self.editor = make_editor()

    def open(self, address, user=None, **options):
        page = super().open(address, user, **options)
        if options.get("java_script_enabled", True) and page.query_selector("#triage"):
            # A key pressed before the script listens, or the window has the focus, is nobody's.
            page.wait_for_selector("html.has-keys")
            page.wait_for_function("document.hasFocus()")
        return page

    def press(self, page, key, then):
        """Presses the key, and waits for the headline that must follow."""
        page.keyboard.press(key)
        page.wait_for_selector(f"{HEADLINE}:has-text('{then}'):focus")


class KeyboardTests(TriageTestCase):
    def test_ten_are_triaged_six_published_one_undone_and_readers_see_five(self):
        make_held(10)
        page = self.open(QUEUE, self.editor)
        requests = []
        page.on("request", lambda request: requests.append(request.method))
        self.press(page, "p", "Story 2")
        self.press(page, "h", "Story 3")
        self.press(page, "p", "Story 4")
        self.press(page, "r", "Story 5")
        self.press(page, "j", "Story 6")
        self.press(page, "p", "Story 7")
        self.press(page, "ArrowLeft", "Story 5")
        self.press(page, "p", "Story 7")
        self.press(page, "p", "Story 8")
        self.press(page, "h", "Story 9")
        self.press(page, "p", "Story 10")
        self.press(page, "u", "Story 9")
        self.press(page, "h", "Story 10")
        page.keyboard.press("h")
        page.wait_for_selector(f"{HEADLINE}:has-text('The queue is empty')")
        self.assertEqual((requests.count("POST"), requests.count("GET")), (12, 2))
        expected = {"Story 1", "Story 3", "Story 5", "Story 6", "Story 7"}
        self.assertEqual(published(), expected)
        public = self.open("/latest/")
        shown = public.locator(".headline").all_inner_texts()
        self.assertEqual({text for text in shown if text.startswith("Story")}, expected)

    def test_what_happened_is_said(self):
        make_held(2)
        page = self.open(QUEUE, self.editor)
        self.press(page, "h", "Story 2")
        self.assertEqual(page.inner_text("#triage-said"), "Done: held “Story 1”.")

    def test_keys_do_nothing_while_somebody_writes_or_means_something_else(self):
        make_held(2)
        page = self.open(QUEUE, self.editor)
        page.evaluate("""() => {
            const field = document.createElement("input");
            field.id = "field";
            document.querySelector("#content").append(field);
        }""")
        page.focus("#field")
        page.keyboard.type("phr?")
        page.focus(HEADLINE)
        for key in ("Control+p", "Alt+h", "Meta+r", "Shift+p", "x"):
            # Only the page's own listener is of interest, not what the browser does with the key.
            page.evaluate("addEventListener('keydown', event => event.preventDefault())")
            page.keyboard.press(key)
        page.keyboard.press("?")
        self.assertTrue(page.get_attribute("#triage-help", "open") is not None)
        page.uncheck("#triage-keys")
        page.keyboard.press("p")
        page.wait_for_timeout(200)
        self.assertFalse(Revision.objects.exists())
        page.reload()
        self.assertFalse(page.is_checked("#triage-keys"))

    def test_a_key_pressed_twice_decides_one(self):
        make_held(3)
        page = self.open(QUEUE, self.editor)
        page.evaluate("""() => {
            const press = { key: "p", bubbles: true };
            for (let i = 0; i < 3; i++)
                document.body.dispatchEvent(new KeyboardEvent("keydown", press));
        }""")
        page.wait_for_selector(f"{HEADLINE}:has-text('Story 2')")
        self.assertEqual(published(), {"Story 1"})

    def test_back_and_forward_and_reload_stay_in_place(self):
        make_held(4)
        page = self.open(QUEUE, self.editor)
        self.press(page, "j", "Story 2")
        self.press(page, "j", "Story 3")
        page.go_back()
        page.wait_for_selector(f"{HEADLINE}:has-text('Story 2')")
        page.go_forward()
        page.wait_for_selector(f"{HEADLINE}:has-text('Story 3')")
        self.press(page, "p", "Story 4")
        page.reload()
        self.assertEqual(page.inner_text(HEADLINE), "Story 4")
        self.assertIn("published “Story 3”", page.inner_text(".triage-undo"))

    def test_editing_leads_to_the_form_and_back(self):
        make_held(3)
        page = self.open(QUEUE, self.editor)
        self.press(page, "j", "Story 2")
        page.keyboard.press("e")
        page.fill("#id_title", "Story 2, better")
        page.click("input[name=_save]")
        page.wait_for_selector(HEADLINE)
        self.assertEqual(page.inner_text(HEADLINE), "Story 2, better")


class FailureTests(TriageTestCase):
    def test_a_decision_that_did_not_arrive_is_said_and_can_be_made_again(self):
        make_held(2)
        page = self.open(QUEUE, self.editor)
        # In the page itself: interception between browser and test stalls on a busy machine.
        page.evaluate("() => { asked = fetch; fetch = async () => { throw new TypeError() } }")
        page.keyboard.press("p")
        page.wait_for_selector("#triage-failed:not([hidden])")
        self.assertIn("did not answer", page.inner_text("#triage-failed"))
        self.assertEqual(page.inner_text(HEADLINE), "Story 1")
        page.evaluate("() => { fetch = asked }")
        self.press(page, "p", "Story 2")
        self.assertTrue(page.is_hidden("#triage-failed"))
        self.assertEqual(published(), {"Story 1"})

    def test_one_who_was_logged_out_is_told(self):
        make_held(2)
        page = self.open(QUEUE, self.editor)
        page.context.clear_cookies()
        page.keyboard.press("p")
        page.wait_for_selector("#triage-failed:not([hidden])")
        self.assertIn("logged out", page.inner_text("#triage-failed"))
        self.assertEqual(page.inner_text(HEADLINE), "Story 1")
        self.assertEqual(published(), set())

    def test_a_refusal_stands_on_the_card(self):
        make_held(2)
        Article.objects.filter(title="Story 1").update(publish_until=NOON)
        page = self.open(QUEUE, self.editor)
        page.keyboard.press("p")
        page.wait_for_selector("#triage-error:has-text('has passed')")
        self.assertEqual(page.inner_text(HEADLINE), "Story 1")


class PhoneTests(TriageTestCase):
    def test_buttons_lie_at_the_thumb_and_are_large_enough(self):
        make_held(2)
        options = {"size": PHONE, "has_touch": True, "is_mobile": True}
        page = self.open(QUEUE, self.editor, **options)
        for button in page.locator(".triage-buttons .button").all():
            box = button.bounding_box()
            self.assertGreaterEqual(min(box["width"], box["height"]), 44)
            self.assertLessEqual(box["y"] + box["height"], PHONE["height"])
        self.assertEqual(page.evaluate("document.documentElement.scrollWidth"), PHONE["width"])
        page.tap("[value=publish]")
        page.wait_for_selector(f"{HEADLINE}:has-text('Story 2')")
        self.assertEqual(published(), {"Story 1"})

    def test_without_script_too(self):
        make_held(2)
        page = self.open(QUEUE, self.editor, java_script_enabled=False)
        page.click("[value=publish]")
        page.wait_for_selector(f"{HEADLINE}:has-text('Story 2')")
        self.assertEqual(published(), {"Story 1"})
        page.click("[name=undo]")
        page.wait_for_selector(f"{HEADLINE}:has-text('Story 1')")
        self.assertEqual(published(), set())


class AccessibilityTests(TriageTestCase):
    def test_the_desk(self):
        self.assertAccessible(self.open("/admin/", self.editor))
        make_everything()
        self.assertAccessible(self.open("/admin/", self.editor))

    def test_the_queue(self):
        self.assertAccessible(self.open(QUEUE, self.editor))
        article, _following = make_held(2)
        article.topics.add("Harbours")
        article.image_uses.create(image=make_image(alt_text="A quay"))
        for quality in range(7):
            make_related_item(article, quality=quality)
        page = self.open(f"{QUEUE}?source=seeds", self.editor)
        page.locator("details").first.evaluate("each => { each.open = true; }")
        self.assertAccessible(page)
        self.press(page, "h", "Story 2")
        page.keyboard.press("?")
        self.assertAccessible(page)
