"""What browsers are told to refuse: nothing inline, nobody else's scripts, no frame around us."""

from unittest import mock

from django.http import HttpResponse
from django.test import Client, SimpleTestCase, TestCase, override_settings
from django.urls import NoReverseMatch, path, reverse

from newsroom.headers import PICTURES, HeadersMiddleware, policies
from newsroom.urls import urlpatterns as own_urlpatterns

from .factories import make_article, make_editor, make_member
from .pages import make_newsroom
from .promises.test_roles import admin_pages

UNSAFE = ("unsafe-inline", "unsafe-eval", "*", "http:")


def read(policy):
    return dict(part.split(" ", 1) for part in policy.split("; "))


class PolicyTests(SimpleTestCase):
    def test_nothing_inline_and_nothing_from_everywhere(self):
        for policy in policies():
            for word in UNSAFE:
                # The admin's selects place themselves; no style of theirs can load anything.
                told = policy.replace("style-src-attr 'unsafe-inline'", "")
                self.assertNotIn(word, told)
            self.assertEqual(read(policy)["default-src"], "'none'")
            self.assertEqual(read(policy)["frame-ancestors"], "'none'")
        self.assertNotIn("unsafe", policies()[0])

    def test_readers_get_players_of_the_hosts_that_are_allowed(self):
        for hosts, told in (
            (("player.vimeo.com",), "https://player.vimeo.com"),
            ((), "'none'"),
        ):
            with override_settings(VIDEO_HOSTS=hosts):
                readers, editors = policies()
                self.assertEqual(read(readers)["frame-src"], told)
                self.assertNotIn("frame-src", read(editors))

    @override_settings(STATIC_URL="https://s.example/n/", MEDIA_URL="//m.example/p/")
    def test_files_may_lie_at_another_host(self):
        policy = read(policies()[0])
        self.assertEqual(policy["script-src"], "'self' https://s.example")
        self.assertEqual(policy["img-src"], "'self' https://s.example https://m.example")


def faults(response) -> list[str]:
    """What an answer over https lacks. The rest of its policy is read above."""
    said = {
        "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    found = [name for name, value in said.items() if response.get(name) != value]
    if response.get("Referrer-Policy") not in ("strict-origin-when-cross-origin", "no-referrer"):
        found.append("Referrer-Policy")
    if not response.get("Content-Security-Policy", "").startswith("default-src 'none'"):
        found.append("Content-Security-Policy")
    if "camera=()" not in response.get("Permissions-Policy", ""):
        found.append("Permissions-Policy")
    if response.get("Cross-Origin-Resource-Policy") not in ("same-origin", "cross-origin"):
        found.append("Cross-Origin-Resource-Policy")
    for cookie in response.cookies.values():
        is_kept = cookie["secure"] and cookie["httponly"] and cookie["samesite"]
        if cookie.value and not is_kept:  # without a value it is being deleted
            found.append(f"cookie {cookie.key}")
    return found


def sample_address(name) -> str:
    """A page of the admin; of a row that is not there, if it is about one."""
    for args in ([], [1], ["articles"], [1, 1]):
        try:
            return reverse(f"admin:{name}", args=args)
        except NoReverseMatch:
            continue
    raise AssertionError(f"{name} takes arguments that are not known here")


IN_PRODUCTION = {
    "SECURE_HSTS_SECONDS": 31_536_000,
    "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
    "SESSION_COOKIE_SECURE": True,
    "CSRF_COOKIE_SECURE": True,
}


@override_settings(**IN_PRODUCTION)
class EveryAnswerTests(TestCase):
    def test_every_page_has_them_whatever_it_answers(self):
        readers, _editors = policies()
        addresses = [page.address for page in make_newsroom().values()]
        for address in (*addresses, "/feed.atom", "/api/v1/articles/", "/nothing/", "/healthz"):
            response = self.client.get(address)
            self.assertEqual(response["Content-Security-Policy"], readers, address)
            self.assertIn("camera=()", response["Permissions-Policy"])

    def test_every_public_address_says_the_rest_and_sets_no_cookie(self):
        for page in make_newsroom().values():
            for method in ("get", "post"):
                response = getattr(self.client, method)(page.address, secure=True)
                with self.subTest(page.address, method=method):
                    self.assertEqual(faults(response), [])
                    self.assertEqual(response.cookies, {})
                    self.assertNotIn("Cookie", response.get("Vary", ""))

    def test_every_page_of_the_admin_says_them_and_is_kept_by_no_cache(self):
        """Whoever asks and whatever the answer is: shown, refused, missing, or to log in first."""
        for user in (None, make_member("Importer"), make_editor()):
            client = Client()
            if user:
                client.force_login(user)
            for name, full in admin_pages().items():
                response = client.get(sample_address(full), secure=True)
                with self.subTest(name, user=user):
                    self.assertEqual(faults(response), [])
                    self.assertIn("no-store", response["Cache-Control"])
                    self.assertEqual(response["Cross-Origin-Resource-Policy"], "same-origin")

    def test_the_promise_would_be_seen_broken(self):
        """The twin: without this middleware each of these answers is found."""
        make_article()
        with mock.patch.object(
            HeadersMiddleware, "__call__", lambda self, request: self.get_response(request)
        ):
            client = Client()
            for address in ("/", "/nothing/", "/admin/login/", "/api/v1/articles/"):
                self.assertEqual(len(faults(client.get(address, secure=True))), 3, address)

    def test_errors_of_our_own_say_them_too(self):
        client = Client(raise_request_exception=False)
        with mock.patch("articles.views.render", side_effect=ZeroDivisionError):
            response = client.get("/", secure=True)
        self.assertEqual((response.status_code, faults(response)), (500, []))
        response = client.get("/", secure=True, headers={"host": "else.example"})
        self.assertEqual((response.status_code, faults(response)), (400, []))
        forged = Client(enforce_csrf_checks=True).post("/admin/login/", secure=True)
        self.assertEqual((forged.status_code, faults(forged)), (403, []))

    def test_plain_http_leads_to_https(self):
        with override_settings(SECURE_SSL_REDIRECT=True):
            response = Client().get("/admin/login/?next=/admin/")
            self.assertEqual(response.status_code, 301)
            self.assertEqual(response["Location"], "https://testserver/admin/login/?next=/admin/")

    def test_the_admin_has_its_own(self):
        _readers, editors = policies()
        self.client.force_login(make_editor())
        response = self.client.get(reverse("admin:index"))
        self.assertEqual(response["Content-Security-Policy"], editors)

    @override_settings(DEBUG=True)
    def test_pages_of_djangos_own_are_let_alone(self):
        self.assertNotIn("Content-Security-Policy", self.client.get("/nothing/"))


urlpatterns = [
    *own_urlpatterns,
    # As a clone serves its pictures, see newsroom/urls.py.
    path("media/<path:name>", lambda request, name: HttpResponse(b"<svg/>", "image/svg+xml")),
]


@override_settings(ROOT_URLCONF="tests.test_headers", MEDIA_URL="/media/")
class PictureTests(SimpleTestCase):
    def test_do_nothing_when_they_are_opened_by_themselves(self):
        response = self.client.get("/media/images/1.svg", secure=True)
        self.assertEqual(response["Content-Security-Policy"], PICTURES)
        self.assertEqual(response["X-Content-Type-Options"], "nosniff")
        self.assertEqual(response["Cross-Origin-Resource-Policy"], "cross-origin")
