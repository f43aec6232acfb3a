"""What a request says of its own charset changes nothing, and breaks nothing."""

import asyncio
import os
from unittest import mock
from urllib.parse import urlencode

from django.core.handlers.asgi import ASGIRequest
from django.core.handlers.wsgi import WSGIRequest
from django.test import RequestFactory, SimpleTestCase

from newsroom import charset

ODD = ["utf-16", "hex", "idna", "utf-7", "unicode_escape", "x", "", '"', "idna; boundary=b"]
QUERY = urlencode({"q": "bücher +AOQ-"})


def query_by_wsgi(content_type, wrap=charset.wsgi):
    """What a page hears of QUERY."""
    heard = []
    environ = RequestFactory()._base_environ(QUERY_STRING=QUERY, CONTENT_TYPE=content_type)
    wrap(lambda environ, start: heard.append(WSGIRequest(environ).GET["q"]))(environ, None)
    return heard[0]


def query_by_asgi(content_type):
    heard = []

    async def application(scope, receive, send):
        heard.append(ASGIRequest(scope, None).GET["q"])

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/search/",
        "query_string": QUERY.encode(),
        "headers": [(b"host", b"testserver"), (b"content-type", content_type.encode("latin-1"))],
    }
    asyncio.run(charset.asgi(application)(scope, None, None))
    return heard[0]


class CharsetTests(SimpleTestCase):
    def test_a_page_is_asked_for_in_utf_8_alone(self):
        for name in ODD:
            for kind in (f"text/plain; charset={name}", f"text/plain;CHARSET={name}"):
                self.assertEqual(query_by_wsgi(kind), "bücher +AOQ-", kind)
                self.assertEqual(query_by_asgi(kind), "bücher +AOQ-", kind)

    def test_all_else_of_the_header_stays(self):
        for kind in ("", "multipart/form-data; boundary=b", "text/plain", "a/b; x=y;z"):
            self.assertEqual(charset.without_charset(kind), kind)
        self.assertEqual(
            charset.without_charset("multipart/form-data; charset=utf-8; boundary=b"),
            "multipart/form-data; boundary=b",
        )

    def test_both_doors_see_to_it(self):
        with mock.patch.dict(os.environ):  # they say DEBUG=off to all that come after
            from newsroom import asgi, wsgi

        self.assertEqual(wsgi.application.__module__, "newsroom.charset")
        self.assertEqual(asgi.application.__module__, "newsroom.charset")

    def test_the_twin_hears_something_else_or_nothing(self):
        def as_it_is(application):
            return application

        self.assertNotEqual(query_by_wsgi("a/b; charset=utf-7", as_it_is), "bücher +AOQ-")
        with self.assertRaises(Exception):  # noqa: B017 (another one in each release)
            query_by_wsgi("a/b; charset=idna", as_it_is)
