"""No hostile address becomes a link: through an import, an editor's form, or straight into a row,
on no page, in no feed and no answer for machines."""

import json
import random
import re
from html import unescape
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock
from urllib.parse import urlsplit

from django.test import Client, TestCase

from articles import weblinks
from articles.importing.pipeline import import_seeds
from articles.models import Article, Image, Provider
from articles.wording import NOT_STORABLE
from tests import hostile
from tests.factories import make_article, make_editor, make_image, make_provider, make_related_item
from tests.promises import trials
from tests.test_admin import AdminTestCase, address, fields_of

BAD = [
    *(
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "java\nscript:alert(1)",
    ),
    *(" javascript:alert(1)", "\x01javascript:alert(1)", "javascript&colon;alert(1)"),
    *("&#106;avascript:alert(1)", "javascript://harbour.example/%0aalert(1)", "vbscript:msgbox(1)"),
    *("data:text/html,<script>alert(1)</script>", "data:text/html;base64,PHNjcmlwdD4=", "blob:x"),
    *("view-source:https://a.example/", "file:///etc/passwd", "feed:javascript:alert(1)"),
    *(
        "https://harbour.example@evil.example/",
        "https://harbour.example:x@evil.example/",
        "https://",
    ),
    *(
        "https://evil.example\\@harbour.example/",
        "http:/\\evil.example",
        "//",
        "https:///evil",
        ":",
    ),
]
# What looks like another host: written so that it does not.
HOMOGRAPHS = [
    *("https://аpple.example/", "https://xn--80ak6aa92e.example/", "https://gооgle.example/a"),
    *("https://harbour。example/", "https://ｅvil.example/", "https://harbour.example\u2044evil/"),
    *("https://\u202eelpmaxe.live/", "https://harbour\u200b.example/", "https://fa\u00df.example/"),
]
# Where a browser follows an address, in HTML and in XML.
_FOLLOWED = re.compile(
    r"""(?:href|src|action|formaction|poster|data|srcset|content|url)\s*=\s*(?:"([^"]*)"|'([^']*)')""",
    re.IGNORECASE,
)
_TOLD = re.compile(r"<(?:link|guid|loc|id|uri|url|dc:source)(?: [^>]*)?>([^<]*)<")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_SAFE = {"http", "https", "mailto", "urn", "tag", ""}


def as_browsers_read(url: str) -> str:
    """https://url.spec.whatwg.org/#concept-basic-url-parser, its first steps."""
    return re.sub("[\t\n\r]", "", url.strip("".join(map(chr, range(33)))))


def is_harmful(url: str, is_raw: bool = False) -> bool:
    """`is_raw`: told as it was delivered, letters of other scripts too."""
    url = as_browsers_read(url)
    scheme = _SCHEME.match(url)
    if scheme and scheme[1].lower() not in _SAFE:
        return True
    if url.startswith(("http:", "https:", "//")):
        try:
            parts = urlsplit(url)
        except ValueError:
            return True
        is_plain = is_raw or parts.netloc.isascii()
        return "@" in parts.netloc or not is_plain or "\\" in parts.netloc
    return False


def addresses_in(answer) -> list[str]:
    text = answer.content.decode()
    if "json" in answer["Content-Type"]:
        return list(_urls(json.loads(text)))
    found = ["".join(each) for each in _FOLLOWED.findall(text)] + _TOLD.findall(text)
    return [unescape(each) for each in found]


def _urls(value, name=""):
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _urls(each, key)
    elif isinstance(value, list):
        for each in value:
            yield from _urls(each, name)
    elif isinstance(value, str) and re.search("url|link|href|^id$|src", name, re.IGNORECASE):
        yield value


def some() -> list[str]:
    if not hostile.FOLDER.is_dir():
        return [*BAD, *HOMOGRAPHS]
    more = list(dict.fromkeys(hostile.addresses()))
    more = [each[:2048] for each in more if "\0" not in each and each.isprintable()]
    return [*BAD, *HOMOGRAPHS, *random.Random(5).sample(more, trials(15, len(more)))]


class LinksTestCase(TestCase):
    maxDiff = None

    PAGES = [
        *("/", "/latest/", "/search/?q=story", "/providers/", "/feed.atom", "/feed.rss"),
        *("/feed.json", "/api/v1/articles/?limit=100", "/api/news/index.json"),
    ]

    def harmful(self, client=None, pages=()) -> list:
        found = []
        for page in pages or [*self.PAGES, *self.own_pages()]:
            answer = (client or self.client).get(page)
            self.assertLess(answer.status_code, 500, page)
            is_raw = page.startswith("/api/news/")
            found += [(page, each) for each in addresses_in(answer) if is_harmful(each, is_raw)]
        return found

    @staticmethod
    def own_pages() -> list[str]:
        slugs = Article.objects.published().values_list("slug", flat=True)
        doors = (
            "/articles/{}/",
            "/api/v1/articles/{}/",
            "/oembed?url=http://testserver/articles/{}/",
        )
        return [door.format(slug) for slug in slugs for door in doors]


class StoredLinksTests(LinksTestCase):
    def store(self, urls: list[str]) -> None:
        """As neither a form nor an import would have it."""
        for number, url in enumerate(urls):
            outlet = make_provider(f"Outlet {number}", f"{number}.example")
            Provider.objects.filter(pk=outlet.pk).update(domain=url.lower()[:500])
            article = make_article(
                title=f"Story {number}",
                web_url=url,
                original_url=url,
                provider=outlet,
                type="video" if number % 2 else "article",
                featured_content=f'<iframe src="{url}"></iframe>',
                body="" if NOT_STORABLE.search(url) else f"[a]({url}) <{url}> ![b]({url})",
                images=[make_image(url=f"{url[:2000]}#{number}", file="")],
            )
            make_related_item(article, web_url=url, original_url=url, provider=outlet)

    def test_no_page_of_readers_leads_there(self):
        self.store(some())
        self.assertEqual(self.harmful(), [])

    def test_nor_does_any_of_the_editors(self):
        self.store([*BAD[:12], *HOMOGRAPHS[:3]])
        client = Client()
        client.force_login(make_editor())
        numbers = Article.objects.values_list("pk", flat=True)
        pages = [address("change", "article", pk) for pk in numbers[: trials(4, 100)]]
        pages += [address("changelist", name) for name in ("article", "image", "provider")]
        self.assertEqual(self.harmful(client, pages), [])

    def test_the_twin_leads_there(self):
        self.store(BAD[:3])
        with mock.patch.object(weblinks, "normalise", lambda url, **how: url):
            self.assertNotEqual(self.harmful(), [])


class DeliveredLinksTests(LinksTestCase):
    def test_an_import_refuses_it_by_name_or_makes_it_safe(self):
        with TemporaryDirectory() as name:
            for number, url in enumerate(some()):
                quoted = hostile.quoted(url)
                lines = [f"title: Story {number}", "publishedDateTime: 2026-03-01T09:30:00Z"]
                lines += [
                    "published: true",
                    "heat: 90",
                    f"webUrl: {quoted}",
                    f"ampWebUrl: {quoted}",
                ]
                lines += [f"provider: {{name: P{number}, domain: {quoted}}}"]
                lines += [f"images: [{{url: {quoted}}}]"]
                lines += [f"related: [{{title: R{number}, webUrl: {quoted}}}]"]
                text = "\n".join(["---", *lines, "---", ""])
                Path(name, f"2026-03-01-{number}.md").write_text(text, encoding="utf-8")
            report = import_seeds([Path(name)], "feed")
        for _path, problem in report.failures:
            self.assertRegex(str(problem), "expected|control character")
        self.assertEqual(self.harmful(), [])
        stored = Article.objects.values_list("web_url", "original_url")
        stored = [each for row in stored for each in row] + [
            *Image.objects.exclude(url="").values_list("url", flat=True)
        ]
        self.assertEqual([each for each in stored if is_harmful(each, is_raw=True)], [])


class TypedLinksTests(AdminTestCase):
    def test_a_form_refuses_it(self):
        article = make_article()
        url = address("change", "article", article.pk)
        fields = fields_of(self.client.get(url))
        wrong = []
        for bad in BAD[: trials(6, len(BAD))]:
            self.client.post(url, fields | {"web_url": bad})
            article.refresh_from_db()
            if is_harmful(article.web_url) or article.web_url == bad:
                wrong.append(bad)
        self.assertEqual(wrong, [])


class JudgeTests(TestCase):
    """Who judges here is no sieve."""

    def test_knows_what_harms(self):
        for url in (
            "javascript:1",
            " java\tscript:1",
            "data:x",
            "https://a@b/",
            "https://а.example/",
        ):
            self.assertTrue(is_harmful(url), url)
        for url in ("https://a.example/?x=javascript:1", "/a", "", "mailto:a@b.example", "#x"):
            self.assertFalse(is_harmful(url), url)
