"""Static files as production serves them: for ever, compressed, and missed in time."""

from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

from django.core.management import call_command
from django.http import HttpResponse
from django.templatetags.static import static
from django.test import RequestFactory, TestCase, override_settings
from whitenoise.middleware import WhiteNoiseMiddleware

PRODUCTION = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]


class StaticTests(TestCase):
    def setUp(self):
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        from django.conf import settings

        ours = settings.BASE_DIR / "articles" / "static"
        told = override_settings(
            STORAGES=PRODUCTION,
            STATIC_ROOT=Path(folder.name),
            # Ours alone, for the admin's are many.
            STATICFILES_DIRS=[ours],
            STATICFILES_FINDERS=FINDERS,
            WHITENOISE_ALLOW_ALL_ORIGINS=False,
        )
        told.enable()
        self.addCleanup(told.disable)

    def test_are_kept_for_ever_under_a_name_of_their_content_and_compressed(self):
        call_command("collectstatic", verbosity=0, interactive=False)
        address = static("articles/css/base.css")
        self.assertRegex(address, r"^/static/articles/css/base\.[0-9a-f]{12}\.css$")
        serve = WhiteNoiseMiddleware(lambda request: HttpResponse(status=404))
        answer = serve(RequestFactory().get(address, headers={"Accept-Encoding": "gzip"}))
        self.assertEqual((answer.status_code, answer["Content-Encoding"]), (200, "gzip"))
        self.assertIn("immutable", answer["Cache-Control"])
        self.assertNotIn("Access-Control-Allow-Origin", answer.headers)
        with mock.patch("django.http.response.signals.request_finished.send"):
            answer.close()  # which would take the test's connection along
        self.assertEqual(self.client.get("/readyz").status_code, 200)

    def test_not_ready_where_they_were_never_collected(self):
        with mock.patch("django.conf.settings.DEBUG", False):
            answer = self.client.get("/readyz")
        self.assertEqual(answer.status_code, 503)
        self.assertIn("collectstatic", answer.content.decode())
