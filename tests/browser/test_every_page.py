"""Every type of page in a real browser, light and dark, left to right and right to left, wide and
narrow: what axe-core finds, what does not fit, and what is asked of whom.
"""

import tempfile
from unittest import mock

from django.test import override_settings

from tests.browser.browsing import DESKTOP, PHONE, RULES, BrowserTestCase, faults_of
from tests.pages import make_newsroom
from tests.promises import IS_FULL, only_in_full

FILES = "django.core.files.storage.FileSystemStorage"
# WCAG 1.4.10: what a window of 1280 pixels shows at 400 %.
NARROWEST = {"width": 320, "height": 256}
# WCAG 1.4.12: as far apart as a reader may ask for.
SPACE = """() => {
    const style = document.createElement("style");
    style.textContent = `
        * { line-height: 1.5 !important; letter-spacing: 0.12em !important; }
        * { word-spacing: 0.16em !important; }
        p { margin-block-end: 2em !important; }`;
    document.head.append(style);
}"""
# A style that a test puts in is no business of the page's policy.
SCRIPTLESS = {"java_script_enabled": False, "bypass_csp": True}

# What scrolls sideways or stands out of the window, and text that is cut off where nothing says so.
UNFIT = """() => {
    const found = [];
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) found.push(`scrolls: ${root.scrollWidth}`);
    for (const each of document.body.querySelectorAll("*")) {
        const box = each.getBoundingClientRect();
        const style = getComputedStyle(each);
        if (box.width && (box.left < -1 || box.right > root.clientWidth + 1))
            found.push(`stands out: ${each.outerHTML.slice(0, 100)}`);
        const cuts = style.overflowY === "hidden" || style.overflowY === "clip";
        const says = style.webkitLineClamp !== "none" || each.tagName === "svg";
        if (cuts && !says && each.scrollHeight > each.clientHeight + 1)
            found.push(`cut off: ${each.outerHTML.slice(0, 100)}`);
    }
    return found;
}"""

# The places where the Tab key must stop, in the order of the text; and where it stands now.
NUMBER_STOPS = """() => {
    // Of radio buttons that belong together, one is a stop.
    const fields = "input:not([type=radio]:not(:checked)), select, textarea";
    const all = `a[href], button, ${fields}, summary, [tabindex='0']`;
    window.stops = [...document.querySelectorAll(all)].filter(each => each.checkVisibility());
}"""
STICKY = """() => [...document.querySelectorAll("body *")].some(
    each => ["sticky", "fixed"].includes(getComputedStyle(each).position))"""
STOP = """() => {
    const at = document.activeElement;
    if (at === document.body) return { place: -1, faults: [] };
    const faults = [];
    const shown = [at, ...["::before", "::after"]].map(
        each => typeof each === "string" ? getComputedStyle(at, each) : getComputedStyle(each));
    const told = at.outerHTML.slice(0, 120);
    // Without it, the place is one that the browser itself makes: the button of a date.
    const rings = style => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    if (at.matches(":focus-visible") && !shown.some(rings))
        faults.push(`focus is not seen: ${told}`);
    const hit = box => {
        const x = (Math.max(box.left, 0) + Math.min(box.right, innerWidth)) / 2;
        const y = (Math.max(box.top, 0) + Math.min(box.bottom, innerHeight)) / 2;
        const top = document.elementFromPoint(x, y);
        return top && (at.contains(top) || top.contains(at));
    };
    if (![...at.getClientRects()].some(hit)) faults.push(`focus is hidden: ${told}`);
    return { place: window.stops.indexOf(at), faults };
}"""


class EveryPageTestCase(BrowserTestCase):
    def setUp(self):
        super().setUp()
        folder = self.enterContext(tempfile.TemporaryDirectory())
        storages = {
            "default": {"BACKEND": FILES},
            "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
        }
        self.enterContext(override_settings(MEDIA_ROOT=folder, STORAGES=storages))
        self.pages = make_newsroom()

    def walk(self, language="en", *, share=(0, 1), **options):
        """Each page of the newsroom, opened in one window: its name there, and the window. Without
        TRIALS=full no more than a share of them: the first one, and the step to the next."""
        self.enterContext(override_settings(LANGUAGE_CODE=language))
        direction = {"ar": "rtl"}.get(language, "ltr")
        window = self.visitor(locale=language, **options).new_page()
        window.on("console", self._note_message)
        start, step = (0, 1) if IS_FULL else share
        for name, (address, status) in list(self.pages.items())[start::step]:
            answer = window.goto(address)
            self.assertEqual(answer.status, 200 if status == 301 else status, name)
            self.assertEqual(window.locator("html").get_attribute("dir"), direction, name)
            yield name, window

    def _note_message(self, message):
        # That the page itself was not found is no fault of it.
        is_own = message.location["url"] == message.page.url
        if message.type in ("error", "warning") and not is_own:
            self.faults.append(f"{message.page.url}: {message.text} {message.location}")


class AccessibilityTests(EveryPageTestCase):
    """All eight ways of each page with TRIALS=full; else one: light from left to right or dark from
    right to left, pages wide and narrow in turn."""

    def check(self, language, scheme, share=(0, 1)):
        pages = self.walk(language, share=share, scheme=scheme)
        for number, (name, window) in enumerate(pages):
            for size in (DESKTOP, PHONE) if IS_FULL else ((DESKTOP, PHONE)[number % 2],):
                window.set_viewport_size(size)
                found = faults_of(window, [*RULES, "best-practice"])
                self.faults += [f"{name} {size['width']}: {fault}" for fault in found]

    def test_light(self):
        self.check("en", "light", share=(0, 2))

    @only_in_full
    def test_dark(self):
        self.check("en", "dark")

    @only_in_full
    def test_right_to_left_light(self):
        self.check("ar", "light")

    def test_right_to_left_dark(self):
        self.check("ar", "dark", share=(1, 2))

    def test_when_something_went_wrong(self):
        with mock.patch("articles.views.front_page", side_effect=ZeroDivisionError):
            for language in ("en", "ar"):
                with override_settings(LANGUAGE_CODE=language), self.assertLogs("django.request"):
                    page = self.open("/")
                self.assertTrue(page.get_by_role("heading", level=1).is_visible())
                self.assertAccessible(page)

    def test_a_target_too_small_to_hit_is_noticed(self):
        page = self.open("/latest/")
        page.evaluate(
            """() => {
                const heading = document.querySelector("h1");
                heading.innerHTML = "<button>×</button>".repeat(2);
                for (const button of heading.children)
                    button.style = "padding: 0; border: 0; width: 9px; height: 9px";
            }"""
        )
        self.assertIn("target-size", str(faults_of(page)))


class FittingTests(EveryPageTestCase):
    def check(self, language, share):
        for name, window in self.walk(language, share=share, **SCRIPTLESS):
            for size in (PHONE, NARROWEST):
                window.set_viewport_size(size)
                self.note(name, size, window)
            window.evaluate(SPACE)
            self.note(f"{name}, spaced", size, window)

    def note(self, name, size, window):
        self.faults += [f"{name} {size['width']}: {fault}" for fault in window.evaluate(UNFIT)]

    def test_left_to_right(self):
        self.check("en", share=(1, 2))

    def test_right_to_left(self):
        self.check("ar", share=(0, 2))

    def test_what_does_not_fit_is_noticed(self):
        window = self.open("/latest/", size=PHONE)
        self.assertEqual(window.evaluate(UNFIT), [])
        window.evaluate("document.querySelector('h1').style.width = '500px'")
        self.assertEqual(len(window.evaluate(UNFIT)), 2)
        window.evaluate("document.querySelector('h1').style = 'height: 5px; overflow: hidden'")
        self.assertEqual(len(window.evaluate(UNFIT)), 1)


class WithoutScriptsTests(EveryPageTestCase):
    def test_a_reader_finds_searches_turns_pages_and_reads(self):
        page = self.open("/", java_script_enabled=False, size=PHONE)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        self.assertTrue(page.url.endswith("#content"))
        page.get_by_role("searchbox").fill("trams")
        page.get_by_role("button", name="Search").click()
        page.get_by_label("Words").fill("trams in time")
        page.locator("summary").first.click()
        page.get_by_label("Topic").select_option(label="Trains")
        page.get_by_role("button", name="Search").click()
        self.assertIn("30 stories", page.inner_text("main"))
        first = page.locator("h2.headline").all_inner_texts()
        page.get_by_role("link", name="Next").click()
        second = page.locator("h2.headline").all_inner_texts()
        self.assertEqual((len(first), len(second), set(first) & set(second)), (25, 5, set()))
        page.locator("h2.headline a").first.click()
        self.assertEqual(page.inner_text("h1"), second[0])
        page.get_by_role("link", name="Harbour Post").first.click()
        self.assertEqual(page.inner_text("h1"), "Harbour Post")
        page.get_by_role("link", name="Topics").first.click()
        page.get_by_role("link", name="Night trains").click()
        self.assertEqual(page.inner_text("h1"), "Night trains")


class KeyboardTests(EveryPageTestCase):
    def check(self, language):
        """WCAG 2.1.1, 2.4.3, 2.4.7, 2.4.11: each link and field is reached in the order in which it
        is read, seen there, and not under anything else."""
        for name, window in self.walk(language, share=(0, 4), size=NARROWEST):
            self.place = None
            window.evaluate(NUMBER_STOPS)
            count = window.evaluate("window.stops.length")
            there = list(range(count))
            self.assertEqual(self.press(window, "Tab", there, name), there, name)
            if window.evaluate(STICKY):  # what is above scrolls in under it
                back = there[-2::-1]
                self.assertEqual(self.press(window, "Shift+Tab", back, name), back, name)

    def press(self, window, key, expected, name):
        reached = []
        while reached[-1:] != expected[-1:] and len(reached) < len(expected):
            window.keyboard.press(key)
            stop = window.evaluate(STOP)
            self.faults += [f"{name} {key}: {fault}" for fault in stop["faults"]]
            # A date has several stops: day, month, year, calendar.
            if stop["place"] != self.place:
                reached.append(stop["place"])
            self.place = stop["place"]
        return reached

    def test_left_to_right(self):
        self.check("en")
