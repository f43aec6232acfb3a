"""Every type of page before the Nu HTML checker (https://validator.github.io/validator/), as it is
served: no error.
"""

import json
import subprocess
import tempfile
from pathlib import Path

from django.test import RequestFactory, TestCase, override_settings
from django.views.defaults import server_error

from . import checkers
from .pages import make_newsroom


@checkers.needs("java", checkers.HTML)
class MarkupTests(TestCase):
    def faults_of(self, pages: dict[str, bytes]) -> list[str]:
        """What the checker calls an error, each with the page's name and the line."""
        with tempfile.TemporaryDirectory() as folder:
            for name, html in pages.items():
                Path(folder, f"{name}.html").write_bytes(html)
            command = ["java", "-jar", checkers.HTML, "--format", "json", "--stdout", folder]
            run = subprocess.run(command, capture_output=True, timeout=120, check=False)
        return [
            f"{Path(each['url']).stem}: {each['message']} – {each.get('extract')}"
            for each in json.loads(run.stdout)["messages"]
            if each["type"] != "info"
        ]

    def test_no_page_has_an_error(self):
        pages = {}
        for name, page in make_newsroom().items():
            for language in ("en", "ar"):
                with override_settings(LANGUAGE_CODE=language):
                    answer = self.client.get(page.address, follow=True)
                    pages[f"{name} {language}"] = answer.content
        pages["broken"] = server_error(RequestFactory().get("/")).content
        self.assertEqual(self.faults_of(pages), [])

    def test_an_error_is_noticed(self):
        right = b"<!doctype html><html lang=en><title>x</title><p>x</p></html>"
        faults = self.faults_of({"right": right, "wrong": right.replace(b"p>x", b"b>x")})
        self.assertEqual({fault.partition(":")[0] for fault in faults}, {"wrong"})
