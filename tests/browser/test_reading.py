"""Reading in a real browser: the switch for light and dark, videos, nothing that jumps."""

from io import BytesIO

from PIL import Image as Canvas
from playwright.sync_api import expect

from tests.browser.browsing import DESKTOP, PHONE, BrowserTestCase, faults_of
from tests.factories import make_article, make_image, make_provider, make_related_item

ID = "e7WdYb1-uKs"
PLAYER = "https://www.youtube-nocookie.com"
FRAME = f'<iframe src="https://www.youtube.com/embed/{ID}"></iframe>'
LIGHT, DARK = "rgb(251, 250, 246)", "rgb(22, 22, 20)"
# Before anything of the page runs: what moves without being asked to.
COUNT_SHIFTS = """
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (entry.hadRecentInput) continue;
      const moved = entry.sources.map(({ node, previousRect, currentRect }) =>
        [node?.outerHTML?.slice(0, 300), JSON.stringify(previousRect), JSON.stringify(currentRect)]
          .join(" "));
      window.shifts.push(`${entry.value} at ${entry.startTime} ms: ${moved.join("; ")}`);
    }
  }).observe({ type: "layout-shift", buffered: true });
"""
# The browser's own parser, given a page in pieces, with a frame drawn between them.
WRITE_SLOWLY = """
  async (pieces) => {
    document.open();
    for (const piece of pieces) {
      document.write(piece);
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    }
    document.close();
  }
"""
REFUSE_STORAGE = """
  Object.defineProperty(window, "localStorage", { get() { throw new Error("refused"); } });
"""


def paper(page) -> str:
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


def teal(width, height) -> bytes:
    file = BytesIO()
    Canvas.new("RGB", (width, height), "teal").save(file, "PNG")
    return file.getvalue()


class ThemeTests(BrowserTestCase):
    def choose(self, page, name):
        page.get_by_role("radio", name=name).check()

    def test_follows_the_device_until_chosen_and_then_the_choice(self):
        page = self.open("/", scheme="dark")
        self.assertEqual(paper(page), DARK)
        self.choose(page, "Light")
        self.assertEqual(paper(page), LIGHT)
        page.goto("/latest/")
        self.assertEqual(paper(page), LIGHT)
        expect(page.get_by_role("radio", name="Light")).to_be_checked()
        self.choose(page, "Like my device")
        self.assertEqual(paper(page), DARK)
        page.emulate_media(color_scheme="light")
        self.assertEqual(paper(page), LIGHT)

    def test_tells_the_browser_too(self):
        page = self.open("/")
        bars = "[...document.querySelectorAll('meta[name=theme-color]')].find("
        bars += "(meta) => matchMedia(meta.media).matches).content"
        for name, colour in (("Dark", "#161614"), ("Light", "#fbfaf6"), ("Like", "#fbfaf6")):
            self.choose(page, name)
            self.assertEqual(page.evaluate(bars), colour)

    def test_is_known_before_anything_is_drawn(self):
        page = self.open("/")
        self.choose(page, "Dark")
        seen = "document.addEventListener('readystatechange', () => {"
        seen += " window.first ??= [document.readyState, document.documentElement.dataset.theme] })"
        page.add_init_script(seen)
        page.goto("/latest/")
        self.assertEqual(page.evaluate("window.first"), ["interactive", "dark"])
        script = page.locator("script[src$='theme.js']")
        blocking = script.evaluate("each => !each.defer && !each.async && each.type === ''")
        self.assertTrue(blocking)

    def test_reaches_the_other_tabs(self):
        first = self.open("/")
        second = first.context.new_page()
        second.goto("/latest/")
        self.choose(first, "Dark")
        expect(second.get_by_role("radio", name="Dark")).to_be_checked()
        self.assertEqual(paper(second), DARK)

    def test_works_for_one_page_where_nothing_may_be_kept(self):
        context = self.visitor()
        context.add_init_script(REFUSE_STORAGE)
        page = context.new_page()
        page.goto("/")
        self.choose(page, "Dark")
        self.assertEqual(paper(page), DARK)

    def test_a_strange_choice_is_none(self):
        page = self.open("/")
        page.evaluate("localStorage.setItem('theme', 'sepia\"]')")
        page.goto("/latest/")
        expect(page.get_by_role("radio", name="Like my device")).to_be_checked()

    def test_is_chosen_by_keyboard(self):
        page = self.open("/")
        page.get_by_role("radio", name="Like my device").focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        self.assertEqual(paper(page), DARK)

    def test_is_not_offered_without_script(self):
        page = self.open("/", java_script_enabled=False)
        expect(page.get_by_role("radio")).to_have_count(0)
        expect(page.locator(".theme")).to_be_hidden()


class VideoTests(BrowserTestCase):
    def setUp(self):
        super().setUp()
        self.picture = make_image(alt_text="A night train.")
        self.fields = {"type": "video", "featured_content": FRAME, "title": "The night train"}
        self.play = "A night train. Play the video"

    def visit(self, *, images=True, **fields):
        """A page on which every request is noted, and answered by us where it leads out."""
        images = [self.picture] if images else []
        article = make_article(images=images, **self.fields | fields)
        page = self.visitor().new_page()
        self.asked = []
        page.on("request", lambda request: self.asked.append(request.url))
        answer = "<title>Player</title><body>Playing"
        page.route(
            f"{PLAYER}/**",
            lambda route: route.fulfill(body=answer, content_type="text/html"),
        )
        page.goto(article.get_absolute_url())
        page.wait_for_load_state("networkidle")
        return page

    def strangers(self):
        return [url for url in self.asked if not url.startswith(self.live_server_url)]

    def test_asks_its_host_for_nothing_before_the_click(self):
        page = self.visit()
        page.get_by_role("button", name=self.play).hover()
        page.mouse.wheel(0, 2000)
        page.wait_for_load_state("networkidle")
        self.assertEqual(self.strangers(), [])
        self.assertEqual(page.locator("iframe").count(), 0)

    def test_plays_in_place_after_it(self):
        page = self.visit()
        button = page.get_by_role("button", name=self.play)
        before = button.bounding_box()
        button.click()
        frame = page.locator("iframe")
        expect(frame).to_have_attribute("title", "The night train")
        self.assertEqual(self.strangers(), [f"{PLAYER}/embed/{ID}?autoplay=1&rel=0"])
        self.faults.clear()  # the one request that was asked for
        expect(frame.content_frame.get_by_text("Playing")).to_be_visible()
        after = frame.bounding_box()
        self.assertEqual((after["width"], after["height"]), (before["width"], before["height"]))
        self.assertEqual(page.evaluate("document.activeElement.localName"), "iframe")
        sandbox = set(frame.get_attribute("sandbox").split())
        self.assertFalse(sandbox & {"allow-top-navigation", "allow-forms", "allow-downloads"})
        self.assertEqual(frame.get_attribute("referrerpolicy"), "strict-origin")
        self.assertEqual(faults_of(page), [])

    def test_is_played_by_keyboard(self):
        page = self.visit(images=False)
        page.get_by_role("button", name="Play the video").focus()
        page.keyboard.press("Enter")
        expect(page.locator("iframe")).to_be_focused()
        self.faults.clear()

    def test_of_another_host_is_a_link_alone(self):
        page = self.visit(featured_content='<iframe src="https://stranger.example/v/1"></iframe>')
        expect(page.get_by_role("button", name="Play")).to_have_count(0)
        expect(page.get_by_role("link", name="Watch at Harbour Post")).to_be_visible()
        self.assertEqual(self.strangers(), [])

    def test_is_a_link_without_script(self):
        article = make_article(images=[self.picture], **self.fields)
        page = self.open(article.get_absolute_url(), java_script_enabled=False)
        link = page.get_by_role("link", name="Watch at youtube.com")
        self.assertEqual(link.get_attribute("href"), f"https://www.youtube.com/watch?v={ID}")
        expect(page.get_by_text("Nothing is loaded")).to_be_hidden()


class SharingTests(BrowserTestCase):
    def test_copies_the_address_and_says_so(self):
        article = make_article()
        page = self.open(
            article.get_absolute_url(), permissions=["clipboard-read", "clipboard-write"]
        )
        page.get_by_role("button", name="Copy the address").click()
        expect(page.get_by_role("status")).to_have_text("Copied.")
        copied = page.evaluate("navigator.clipboard.readText()")
        self.assertEqual(copied, self.live_server_url + article.get_absolute_url())

    def test_offers_no_copy_where_it_cannot(self):
        address = make_article().get_absolute_url()
        context = self.visitor()
        context.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: null })")
        page = context.new_page()
        page.goto(address)
        expect(page.get_by_role("link", name="By e-mail")).to_be_visible()
        expect(page.get_by_role("button", name="Copy")).to_have_count(0)
        page = self.open(address, java_script_enabled=False)
        expect(page.get_by_role("button", name="Copy")).to_have_count(0)


class StillnessTests(BrowserTestCase):
    def setUp(self):
        super().setUp()
        self.pictures = {"wide": (1200, 675), "tall": (400, 900)}
        wide, tall = (
            make_image(file=f"images/{name}.png", width=width, height=height)
            for name, (width, height) in self.pictures.items()
        )
        self.articles = [
            make_article(images=[picture], related=9, topics=["Harbours"], **fields)
            for picture in (wide, tall)
            for fields in ({}, {"type": "video", "featured_content": FRAME})
        ]
        for _ in range(12):
            make_article(images=[wide])

    def answer_late(self, route):
        """A picture, when all else has long been drawn."""
        route.request.frame.page.wait_for_timeout(150)
        name = route.request.url.rpartition("/")[2].removesuffix(".png")
        route.fulfill(body=teal(*self.pictures[name]), content_type="image/png")

    def test_nothing_jumps_while_a_page_loads(self):
        for size in (DESKTOP, PHONE):
            context = self.visitor(size=size)
            context.add_init_script(COUNT_SHIFTS)
            page = context.new_page()
            page.route("**/*.png", self.answer_late)
            for address in ("/", *(article.get_absolute_url() for article in self.articles)):
                page.goto(address)
                page.wait_for_load_state("networkidle")
                with self.subTest(address, width=size["width"]):
                    self.assertEqual(page.evaluate("window.shifts"), [])

    def test_nothing_jumps_while_a_page_arrives_in_pieces(self):
        for size in (DESKTOP, PHONE):
            page = self.visitor(size=size).new_page()
            for address in ("/", "/latest/", self.articles[0].get_absolute_url()):
                text = page.goto(address).text()
                start = text.index("<body")
                page.evaluate(COUNT_SHIFTS)
                page.evaluate(
                    WRITE_SLOWLY,
                    [text[:start], *(text[at : at + 150] for at in range(start, len(text), 150))],
                )
                with self.subTest(address, width=size["width"]):
                    self.assertEqual(page.evaluate("window.shifts"), [])

    def test_a_jump_is_noticed(self):
        context = self.visitor()
        context.add_init_script(COUNT_SHIFTS)
        page = context.new_page()
        page.goto("/")
        page.evaluate("document.querySelector('main').prepend(document.createElement('pre'))")
        page.wait_for_function("window.shifts.length > 0")

    def test_nothing_is_wider_than_a_phone(self):
        long = make_article(title="Donaudampfschifffahrtsgesellschaftskapitän" * 3, related=1)
        item = make_related_item(long, title="Unbreakable" * 20, web_url="https://o.example/")
        make_provider("Outlet" * 20, "long.example").related_items.add(item)
        page = self.visitor(size={"width": 320, "height": 600}).new_page()
        for address in ("/", long.get_absolute_url(), self.articles[1].get_absolute_url()):
            page.goto(address)
            self.assertEqual(page.evaluate("document.documentElement.scrollWidth"), 320, address)


class AccessibilityTests(BrowserTestCase):
    def test_an_article_with_all_there_is(self):
        picture = make_image(alt_text="A quay at dawn.")
        for fields in ({"body": "# Ours\n\n> words\n\n`code`"}, {"type": "video"}):
            article = make_article(
                images=[picture], related=8, featured_content=FRAME, topics=["Harbours"], **fields
            )
            make_article()
            page = self.open(article.get_absolute_url())
            page.locator("details").evaluate("each => { each.open = true; }")
            self.assertAccessible(page)

    def test_the_choice_against_the_device(self):
        article = make_article(related=1)
        for name, scheme in (("Dark", "light"), ("Light", "dark")):
            page = self.open("/", scheme=scheme)
            page.get_by_role("radio", name=name).check()
            self.assertEqual(faults_of(page), [])
            page.goto(article.get_absolute_url())
            self.assertEqual(faults_of(page), [])

    def test_what_is_pressed_is_large_enough(self):
        make_article(related=9, topics=["Harbours"], type="video", featured_content=FRAME)
        page = self.open("/articles/" + make_article(related=9, topics=["Bays"]).slug + "/")
        for control in page.locator("nav a, .theme input, .kicker a, .share button, summary").all():
            box = control.bounding_box()
            self.assertGreaterEqual(min(box["width"], box["height"]), 24, control.inner_text())

    def test_paper_holds_the_story_and_where_it_is_from(self):
        article = make_article(body="Ours.", related=9, web_url="https://harbourpost.example/1")
        page = self.open(article.get_absolute_url(), scheme="dark")
        page.get_by_role("radio", name="Dark").check()
        page.emulate_media(media="print")
        self.assertEqual(paper(page), "rgb(255, 255, 255)")
        for hidden in ("nav", ".theme", "details", ".share button", "footer"):
            expect(page.locator(hidden).first).to_be_hidden()
        for shown in ("h1", ".prose", ".related-item >> nth=0", ".share-address"):
            expect(page.locator(shown)).to_be_visible()
        written = page.locator(".read-on a").evaluate("a => getComputedStyle(a, '::after').content")
        self.assertEqual(written, '"https://harbourpost.example/1"')
