"""Pictures as editors handle them: dropped, focused, sorted, chosen."""

from base64 import b64encode

from django.core.files.base import ContentFile

from articles.models import Image
from tests.browser.browsing import PHONE, BrowserTestCase
from tests.factories import make_article, make_editor, make_image
from tests.test_admin import address, picture

LIST = address("changelist", "image")
# Files as a desktop drops them: what a script cannot put into a file field, it can let fall.
DROP = """([element, files]) => {
    const transfer = new DataTransfer();
    for (const [name, text] of files) {
        const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
        transfer.items.add(new File([bytes], name));
    }
    for (const type of ["dragenter", "dragover", "drop"]) {
        const options = {dataTransfer: transfer, bubbles: true, cancelable: true};
        element.dispatchEvent(new DragEvent(type, options));
    }
}"""


def make_shown(**fields):
    """A picture that a browser can show, 400 × 200 px."""
    image = make_image(width=400, height=200, **fields)
    image.file.save(f"{image.pk}.jpg", ContentFile(picture(size=(400, 200))))
    return image


class LibraryCase(BrowserTestCase):
    def setUp(self):
        super().setUp()
        self.editor = make_editor()

    def drop(self, page, selector, **files):
        given = [
            (name.replace("_", "."), b64encode(content).decode()) for name, content in files.items()
        ]
        page.evaluate(DROP, [page.query_selector(selector), given])


class ListTests(LibraryCase):
    def test_is_accessible_as_a_grid_and_as_a_list(self):
        make_article(images=[make_image(alt_text="A quay"), make_image(), make_image(file="")])
        page = self.open(LIST, self.editor)
        self.assertAccessible(page)
        page.get_by_role("link", name="As a list").click()
        page.wait_for_selector("body.library-list")
        self.assertAccessible(page)

    def test_dropped_files_are_kept_or_refused_one_by_one(self):
        page = self.open(LIST, self.editor)
        self.drop(page, "#content", bells_jpg=picture(), no_jpg=b"no", quay_png=picture("PNG"))
        refused = page.locator(".uploads .is-refused")
        refused.wait_for()
        page.locator(".uploads .is-kept").nth(1).wait_for()
        self.assertIn("This is not a picture", refused.inner_text())
        page.get_by_role("link", name="Show them in the list").click()
        page.locator("#result_list tbody tr").nth(1).wait_for()
        self.assertEqual(Image.objects.count(), 2)

    def test_the_enter_key_saves_what_was_written(self):
        image = make_image()
        page = self.open(LIST, self.editor)
        page.get_by_label("Alternative text: ").fill("A quay")
        page.get_by_label("Alternative text: ").press("Enter")
        page.get_by_text("1 image was changed").wait_for()
        image.refresh_from_db()
        self.assertEqual(image.alt_text, "A quay")

    def test_uploads_without_a_script(self):
        page = self.open(LIST, self.editor, java_script_enabled=False)
        files = [
            {"name": f"{name}.jpg", "mimeType": "image/jpeg", "buffer": picture()} for name in "ab"
        ]
        page.get_by_label("Upload pictures").set_input_files(files)
        page.get_by_role("button", name="Upload", exact=True).click()
        page.get_by_text("2 pictures were uploaded").wait_for()


class FocusTests(LibraryCase):
    def setUp(self):
        super().setUp()
        self.image = make_shown(alt_text="A quay")
        self.page = self.open(address("change", "image", self.image.pk), self.editor)
        self.mark = self.page.locator(".focus-picture")
        self.page.locator(".focus-picture.is-live").wait_for()

    def save(self):
        self.page.get_by_role("button", name="Save", exact=True).click()
        self.page.locator(".messagelist").wait_for()
        self.image.refresh_from_db()
        return self.image.focus_x, self.image.focus_y

    def test_is_set_by_a_click_and_shown(self):
        box = self.mark.bounding_box()
        self.mark.click(position={"x": box["width"] * 0.25, "y": box["height"] * 0.75})
        self.assertEqual(self.page.locator(".focus-dot").get_attribute("cx"), "25%")
        # The square of a picture of 400 × 200 px: a quarter of the 200 px that are cut off.
        square = self.page.get_by_role("img", name="Square")
        self.assertEqual(square.get_attribute("viewBox"), "50 0 200 200")
        self.assertAccessible(self.page)
        self.assertEqual(self.save(), (25, 75))

    def test_is_moved_by_the_arrow_keys_and_stays_inside(self):
        self.mark.focus()
        self.mark.press("ArrowLeft")
        for _time in range(9):
            self.mark.press("Shift+ArrowDown")
        self.assertEqual(self.page.get_by_label("Focal point, from the top").input_value(), "100")
        self.assertEqual(self.save(), (48, 100))

    def test_the_mark_follows_the_fields(self):
        self.page.get_by_label("Focal point, from the left").fill("10")
        self.assertEqual(self.page.locator(".focus-ring").get_attribute("cx"), "10%")


class ArticleTests(LibraryCase):
    def setUp(self):
        super().setUp()
        self.images = [make_shown(alt_text=f"Picture {letter}") for letter in "ABC"]
        self.article = make_article(is_published=False, images=self.images)
        self.page = self.open(address("change", "article", self.article.pk), self.editor)
        self.page.locator(".row-handle").nth(2).wait_for()

    def save(self):
        self.page.get_by_role("button", name="Save", exact=True).click()
        self.page.locator(".messagelist").wait_for()
        return [str(use) for use in self.article.image_uses.order_by("position")]

    def test_pictures_are_dragged_by_the_mouse(self):
        handles = self.page.locator(".row-handle")
        first, last = (handles.nth(number) for number in (0, 2))
        first.scroll_into_view_if_needed()
        start, end = first.bounding_box(), last.bounding_box()
        mouse = self.page.mouse
        mouse.move(start["x"] + 5, start["y"] + 5)
        mouse.down()
        mouse.move(start["x"] + 5, end["y"] + end["height"] + 20, steps=8)
        mouse.up()
        self.assertEqual(self.save(), ["Picture B", "Picture C", "Picture A"])

    def test_pictures_are_moved_by_buttons(self):
        self.page.get_by_role("button", name="Move up").nth(2).focus()
        self.page.keyboard.press("Enter")
        self.page.keyboard.press("Enter")
        self.assertEqual(self.save(), ["Picture C", "Picture A", "Picture B"])

    def test_a_sorted_form_takes_a_new_row_back_and_saves(self):
        """Django numbers the rows anew then; those that exist must stay what they are."""
        self.page.get_by_role("button", name="Add another Picture").click()
        self.page.get_by_role("button", name="Move up").nth(3).click()
        self.page.get_by_role("button", name="Add another Picture").click()
        self.page.locator("a.inline-deletelink").nth(1).click()
        self.page.get_by_role("button", name="Move up").nth(1).click()
        self.page.locator("a.inline-deletelink").first.click()
        self.assertEqual(self.save(), ["Picture B", "Picture A", "Picture C"])

    def test_a_dropped_file_becomes_a_row_and_is_described_there(self):
        self.drop(self.page, "#image_uses-group", quay_jpg=picture())
        field = self.page.get_by_label("What does it show?")
        field.fill("A quay")
        self.assertEqual(self.save(), ["Picture A", "Picture B", "Picture C", "A quay"])

    def test_pictures_are_chosen_from_the_library(self):
        make_image(alt_text="A lighthouse")
        self.page.get_by_role("button", name="Choose from the library…").click()
        self.page.get_by_role("searchbox", name="Search").fill("lightho")
        dialog = self.page.get_by_role("dialog")
        dialog.get_by_role("button", name="Picture A").wait_for(state="detached")
        self.assertAccessible(self.page)
        dialog.get_by_role("button", name="A lighthouse").click()
        dialog.get_by_role("button", name="Done").click()
        self.assertEqual(self.save()[-1], "A lighthouse")


class NarrowTests(LibraryCase):
    def test_the_article_form_fits_a_phone(self):
        article = make_article(is_published=False, images=[make_image()])
        page = self.open(address("change", "article", article.pk), self.editor, size=PHONE)
        page.locator(".row-handle").first.wait_for()
        box = page.locator(".pictures-drop").bounding_box()
        self.assertLessEqual(box["x"] + box["width"], PHONE["width"])
        self.assertAccessible(page)
