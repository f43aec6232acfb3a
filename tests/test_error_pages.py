"""What stands where a page cannot be: said in our words, whatever is broken."""

from unittest import mock

from django.contrib.staticfiles import finders
from django.core.exceptions import SuspiciousOperation
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.test import Client, SimpleTestCase, TestCase, override_settings

from .factories import make_article, make_member
from .test_views import Outline, outline

PLAIN = ["400.html", "403.html", "403_csrf.html", "500.html"]


class PlainPagesTests(SimpleTestCase):
    """SimpleTestCase lets nothing ask the database."""

    @override_settings(SITE_NAME="The <Post>")
    def test_need_neither_context_nor_database(self):
        for name in PLAIN:
            with self.subTest(name):
                html = render_to_string(name)
                self.assertIn("The &lt;Post&gt;", html)
                page = Outline(html)
                self.assertEqual((page.problems, page.headings), ([], [1]))
                self.assertEqual(page.links, ["/"])

    def test_bring_no_style_or_script_of_their_own(self):
        for name in PLAIN:
            with self.subTest(name):
                tags = Outline(render_to_string(name)).tags
                self.assertFalse({"style", "script", "img"} & {tag for tag, _ in tags})
                self.assertEqual([attrs for _, attrs in tags if "style" in attrs], [])
                sheets = [attrs["href"] for tag, attrs in tags if tag == "link"]
                self.assertEqual(len(sheets), 2)
                for sheet in sheets:
                    self.assertTrue(finders.find(sheet.removeprefix("/static/")), sheet)

    @override_settings(
        STORAGES={
            "staticfiles": {
                "BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
            }
        }
    )
    def test_are_made_while_no_static_file_is_known_by_its_name(self):
        for name in PLAIN:
            self.assertIn("<h1>", render_to_string(name))

    def answer(self, error) -> HttpResponse:
        client = Client(raise_request_exception=False)
        with mock.patch("articles.views.front_page", side_effect=error):
            return client.get("/")

    def test_are_what_django_shows(self):
        broken = self.answer(ZeroDivisionError("secret"))
        self.assertContains(broken, "went wrong on our side", status_code=500)
        self.assertNotContains(broken, "secret", status_code=500)
        odd = self.answer(SuspiciousOperation("secret"))
        self.assertContains(odd, "could not be understood", status_code=400)
        self.assertNotContains(odd, "secret", status_code=400)
        elsewhere = self.client.get("/", headers={"Host": "elsewhere.example"})
        self.assertContains(elsewhere, "could not be understood", status_code=400)
        forged = Client(enforce_csrf_checks=True).post("/admin/login/")
        self.assertContains(forged, "The form was not accepted", status_code=403)
        self.assertNotContains(forged, "CSRF", status_code=403)


class MissingPagesTests(TestCase):
    def test_404_does_not_repeat_the_address(self):
        response = self.client.get("/nowhere-at-all/")
        self.assertEqual(response.status_code, 404)
        self.assertNotContains(response, "nowhere-at-all", status_code=404)

    def test_lead_on(self):
        make_article(slug="gone", status="withdrawn")
        for address in ("/nowhere/", "/articles/gone/"):
            links = outline(self.client.get(address)).links
            for target in ("/", "/latest/", "/topics/"):
                self.assertIn(target, links)
                self.assertEqual(self.client.get(target).status_code, 200)

    def test_stay_missing_however_they_are_asked_for(self):
        make_article(slug="gone", status="withdrawn")
        for address, status in (
            ("/nowhere/", 404),
            ("/articles/x/", 404),
            ("/articles/gone/", 410),
        ):
            for headers in (
                {},
                {"If-None-Match": "*"},
                {"If-None-Match": '"x"'},
                {"If-Modified-Since": "Thu, 01 Jan 2099 00:00:00 GMT"},
                {"Range": "bytes=0-9"},
            ):
                with self.subTest(address, headers=headers):
                    response = self.client.get(address, headers=headers)
                    self.assertEqual(response.status_code, status)
                    self.assertFalse(response.has_header("ETag"))
                    head = self.client.head(address, headers=headers)
                    self.assertEqual((head.status_code, head.content), (status, b""))

    def test_who_may_not_is_told_so(self):
        self.client.force_login(make_member("Importer"))
        response = self.client.get("/admin/articles/article/add/")
        self.assertContains(response, "You may not do this", status_code=403)
