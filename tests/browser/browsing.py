"""Real Chromium against the real site: what only a browser can show.

The server answers from the test's own database, one request at a time: on SQLite the tests' one
connection serves them all, and two requests at once would share a transaction.
"""

import os
import shutil
import threading
from itertools import product
from unittest import mock

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.contrib.staticfiles.testing import StaticLiveServerTestCase
from playwright.sync_api import sync_playwright

from tests.promises import IS_FULL

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
# Besides running without a screen: nothing is asked of any other host.
SWITCHES = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PATIENCE = 30_000  # milliseconds for what takes a moment when all cores are busy
# What the browser does not let a page do, see `newsroom.headers`. Once axe-core is on the page, its
# own doings would be told as well.
REFUSED = "refused by policy:"
TELL_REFUSALS = f"""document.addEventListener("securitypolicyviolation", (event) => {{
    if (!("axe" in window)) console.log("{REFUSED}", event.effectiveDirective, event.blockedURI);
}});"""

_one_at_a_time = threading.RLock()


class _Handler(StaticFilesHandler):
    def __call__(self, environ, start_response):
        with _one_at_a_time:
            return super().__call__(environ, start_response)


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine: install it or set CHROMIUM")
class BrowserTestCase(StaticLiveServerTestCase):
    """`self.open(address)` gives a page; what a page's scripts throw, or a request to another host,
    fails the test."""

    static_handler = _Handler

    @classmethod
    def setUpClass(cls):
        # Playwright runs an event loop in this thread; Django takes that for asynchronous code.
        safety = mock.patch.dict(os.environ, {"DJANGO_ALLOW_ASYNC_UNSAFE": "true"})
        cls.enterClassContext(safety)
        super().setUpClass()
        playwright = cls.enterClassContext(sync_playwright())
        cls.browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        cls.addClassCleanup(cls.browser.close)

    def setUp(self):
        super().setUp()
        self.faults = []

    def tearDown(self):
        self.assertEqual(self.faults, [])
        super().tearDown()

    def visitor(self, user=None, *, size=DESKTOP, scheme="light", **options):
        """A new browser context, like a person's own browser; logged in as `user` if given."""
        context = self.browser.new_context(
            base_url=self.live_server_url, viewport=size, color_scheme=scheme, **options
        )
        context.set_default_timeout(PATIENCE)
        self.addCleanup(context.close)
        context.on("page", self._watch)
        context.add_init_script(TELL_REFUSALS)
        if user is not None:
            login = self.client_class()  # one for two users would log the first one out
            login.force_login(user)
            name = settings.SESSION_COOKIE_NAME
            cookie = {"name": name, "value": login.cookies[name].value}
            context.add_cookies([cookie | {"url": self.live_server_url}])
        return context

    def open(self, address, user=None, **options):
        """A page in a browser of its own, at `address`."""
        page = self.visitor(user, **options).new_page()
        page.goto(address)
        return page

    def _watch(self, page):
        page.on("pageerror", lambda error: self.faults.append(f"{page.url}: {error}"))
        page.on("request", self._note_strangers)
        page.on("console", self._note_refusals)

    def _note_refusals(self, message):
        if message.text.startswith(REFUSED):
            self.faults.append(f"{message.page.url}: {message.text}")

    def _note_strangers(self, request):
        if not request.url.startswith((self.live_server_url, "data:", "blob:")):
            self.faults.append(f"asked another host: {request.url}")

    def assertAccessible(self, page):
        """No fault that axe-core finds against WCAG 2.2 AA: wide and narrow, in light and dark, all
        four ways with TRIALS=full, else two of them."""
        # A window that a page opened is handed over before its page has arrived.
        page.wait_for_load_state()
        ways = list(product((DESKTOP, PHONE), ("light", "dark")))
        for size, scheme in ways if IS_FULL else (ways[0], ways[3]):
            page.set_viewport_size(size)
            page.emulate_media(color_scheme=scheme)
            # A colour on its way to another is neither. (Not awaited: a page that is not drawn
            # finishes nothing by itself.)
            page.evaluate("document.getAnimations().forEach(each => each.finish())")
            with self.subTest(page.url, width=size["width"], scheme=scheme):
                self.assertEqual(faults_of(page), [], f"{page.url} {size['width']} {scheme}")


def faults_of(page, rules=RULES) -> list[str]:
    """What axe-core finds on the page as it stands, each with the element it is about."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    options = {"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": rules}}
    found = page.evaluate("async options => (await axe.run(options)).violations", options)
    return [
        f"{fault['id']}: {fault['help']} – {node['html'][:200]} ({node['failureSummary']})"
        for fault in found
        for node in fault["nodes"]
    ]
