"""No question breaks a page: whatever the method, the path, the parameters, the headers and the
body, no answer says that something went wrong here (5xx)."""

import base64
import json
import logging
import random
import re
import sys
from http.cookies import SimpleCookie
from unittest import mock
from urllib.parse import quote, quote_from_bytes

from django.contrib import admin
from django.core.signals import got_request_exception
from django.db import transaction
from django.test import RequestFactory
from django.urls import URLPattern, get_resolver
from django.utils import timezone

from articles import cursors, previews
from newsroom import charset
from tests import hostile
from tests.factories import make_article
from tests.promises import trials
from tests.promises.test_roles import RightsTestCase, actions
from tests.test_admin import fields_of

FEW, MANY = 70, 10_000
# Bytes, for not all of them are text: as they stand in an address or a form, percent-encoded.
VALUES = [
    *(
        b"",
        b" ",
        b"0",
        b"1",
        b"-1",
        b"2",
        b"+1",
        b"1.5",
        b"9" * 9,
        b"9" * 10,
        b"9" * 19,
        b"9" * 400,
    ),
    *(b"1e1000000", b"NaN", b"inf", b"0x10", b"1_000", "٣".encode(), "½²".encode(), b"true"),
    *(b"\x00", b"a\x00b", b"\x1b[2J", b"\r\nSet-Cookie: a=b", b"\x7f", b"\xff", b"\xed\xa0\x80"),
    *(b"\xf0\x9f\x8e\x89", "\u202e\u2066".encode(), "\ufffe\uffff".encode(), b"\xc0\xaf", b"\xe2"),
    *(b"%", b"%zz", b"%00", b"%25", b"+", b"&", b";", b"#", b"?", b"/", b"//", b"\\", b"..", b"."),
    *(b"../../etc/passwd", b"..%2f..%2f", b"'", b'"', b"''", b"';--", b"' OR 1=1", b"$(id)", b"`"),
    *(b"{{7*7}}", b"{% debug %}", b"<script>alert(1)</script>", b"javascript:alert(1)", b"a:b@c"),
    *(b"(" * 200, b'"' * 200, b"*", b"a*", b"^a", b"-a", b"NEAR(a b)", b"a AND", b"{title} : a"),
    *(b"a " * 9, b"a" * 5_000, b"\xcc\x81" * 500, b"a<->b", b"!a & |", b":*", "ß".encode() * 100),
    *(b"[]", b"{}", b"[1]", b"null", b'{"a":' * 100, b"[" * 3_000, b"_", b"__", b"pk__in", b","),
    *(b"2026-03-01", b"2026-13-45", b"0000-00-00", b"9999-12-31", b"0001-01-01", b"1900-01-01"),
    *(b"2026-03-01T00:00:00Z", b"12:99", b"http://testserver/", b"https://[::1", b"//x", b"http:"),
    *(
        b"published",
        b"trashed",
        b"newest",
        b"json",
        b"xml",
        b"video",
        b"articles",
        b"article",
        b"id",
    ),
]
NAMES = [
    *("q", "topic", "provider", "type", "from", "to", "sort", "page", "after", "before", "limit"),
    *("url", "format", "maxwidth", "maxheight", "p", "o", "e", "all", "a", "b", "at", "outcome"),
    *("_popup", "_to_field", "_changelist_filters", "next", "term", "app_label", "model_name"),
    *("field_name", "action", "_selected_action", "select_across", "index", "confirmed", "post"),
    *("survivor", "decision", "hours", "revoke", "lead", "article", "token", "reason", "public"),
    *("hide", "show", "undo", "status", "withdrawal_reason", "assigned_to", "topics", "place"),
    *("username", "password", "_save", "_continue", "name", "title", "slug"),
    *(
        "id__exact",
        "pk__in",
        "title__regex",
        "provider__name__icontains",
        "id__gt",
        "note__contains",
    ),
    *("published_at__year", "published_at__gte", "status__exact", "provider__id__exact", "x\x00y"),
]
HEADERS = {
    "HTTP_HOST": ["", "testserver:99999", "evil.example", "[::1", "a b", "testserver:x", "\xff"],
    "HTTP_X_FORWARDED_HOST": ["evil.example", "a,b", ""],
    "HTTP_X_FORWARDED_PROTO": ["https", "javascript", ","],
    "HTTP_X_FORWARDED_FOR": ["127.0.0.1, ::1", "x" * 5_000],
    "HTTP_ACCEPT": ["*/*", "text/html;q=x", ",;,;", "a/b" * 2_000, "\xff", "application/json"],
    "HTTP_ACCEPT_LANGUAGE": ["ar", "xx-" * 500, "de;q=2", "\xff", "../../x"],
    "HTTP_ACCEPT_ENCODING": ["gzip", "br;q=", "*", "identity;q=0"],
    "HTTP_IF_NONE_MATCH": ["*", '"', 'W/"x"', "x" * 5_000, '"\\"', ",,,", "\xff"],
    "HTTP_IF_MATCH": ["*", '"x"', ",", "x"],
    "HTTP_IF_MODIFIED_SINCE": ["x", "Thu, 99 Foo 2026 99:99:99 GMT", "0" * 500, "-1"],
    "HTTP_IF_UNMODIFIED_SINCE": ["Thu, 01 Jan 1970 00:00:00 GMT", "Thu, 01 Jan 0000 00:00:00 GMT"],
    "HTTP_RANGE": ["bytes=0-0", "bytes=-1", "bytes=" + "0-," * 1_000, "lines=1-2", "bytes=9-1"],
    "HTTP_COOKIE": [
        *("sessionid=x", 'sessionid="\\000"', "sessionid=" + "x" * 5_000, "csrftoken=x", "=;=;="),
        *('messages="\\000"', "messages=x:y:z", "a=" * 500, "\xff=\xff", 'csrftoken="\\377"'),
    ],
    "HTTP_REFERER": ["javascript:x", "http://[", "\xff"],
    "HTTP_ORIGIN": ["null", "http://[", "https://evil.example"],
    "HTTP_X_REQUESTED_WITH": ["XMLHttpRequest"],
    "HTTP_X_HTTP_METHOD_OVERRIDE": ["DELETE"],
    "HTTP_AUTHORIZATION": ["Basic x", "Bearer", "\xff"],
    "HTTP_USER_AGENT": ["", "\xff" * 100, "() { :; }; x"],
    "HTTP_EXPECT": ["100-continue"],
    "HTTP_UPGRADE": ["websocket"],
}
TYPES = [
    *("", "text/html", "application/json", "multipart/form-data", "multipart/form-data; boundary="),
    *("multipart/form-data; boundary=\xff", "application/x-www-form-urlencoded; charset=utf-16"),
    *("application/x-www-form-urlencoded; charset=x", "text/plain; charset=hex", "x" * 500),
    *(
        "text/plain; charset=utf-7",
        "text/plain; charset=idna",
        "application/xml",
        ";;;",
        "a; charset",
    ),
    *("text/plain; charset*=utf-8''x", 'a; charset="', "text/plain; charset=unicode_escape"),
]
METHODS = ["GET"] * 10 + ["POST"] * 6 + ["HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "X"]


def routes(patterns=None, before="") -> list[str]:
    """Of every pattern of every door: its whole route, as it is written."""
    found = []
    for each in get_resolver().url_patterns if patterns is None else patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLPattern):
            found.append(route)
        else:
            found += routes(each.url_patterns, route)
    return found


def parameters() -> list[str]:
    """Every name that a page listens to, those of the admin's filters among them."""
    request = RequestFactory().get("/")
    filters = [
        each
        for model_admin in admin.site._registry.values()
        for each in model_admin.get_list_filter(request)
    ]
    own = {each.parameter_name for each in filters if hasattr(each, "parameter_name")}
    return [*NAMES, *sorted(own)]


class FuzzedRequestTests(RightsTestCase):
    """Every row there can be, and an administrator who may do everything to it. What a request
    does is undone after it."""

    def setUp(self):
        super().setUp()
        self.client.force_login(self.all)
        self.client.raise_request_exception = False
        handle = self.client.handler
        self.client.handler = lambda environ: charset.wsgi(lambda it, _: handle(it))(environ, None)
        self.cookies = str(self.client.cookies["sessionid"].value)
        article = make_article(title="Odd", topics=["Lone"], provider=self.rows["provider"])
        link = previews.make(article, self.all)
        cursor = cursors.cursor_of(article)
        self.known = [
            *(str(row.pk).encode() for row in self.rows.values()),
            *(article.slug.encode(), b"lone", b"lone-post", b"feed", b"pages", b"articles"),
            previews.address_of(link).split("/")[-2].encode(),
        ]
        self.odd = [*VALUES, cursor.encode(), *map(odd_cursor, odd_places(cursor))]
        if hostile.FOLDER.is_dir():
            strings = [*hostile.read("naughty_strings"), *hostile.payloads()[::20]]
            self.odd += [each.encode("utf-8", "replace") for each in strings]
        self.names = parameters()
        self.actions = [each.partition(".")[2].encode() for each in actions()]
        self.forms = {}
        self.raised = []
        got_request_exception.connect(self._note)
        self.addCleanup(got_request_exception.disconnect, self._note)
        # What is refused is logged, as it should be.
        logging.disable(logging.CRITICAL)
        self.addCleanup(logging.disable, logging.NOTSET)

    def _note(self, **kwargs):
        self.raised.append(repr(sys.exc_info()[1])[:200])

    def address(self, rnd, route) -> str:
        """The route with something in each of its gaps: what is there, or what cannot be."""
        route = route.replace("^(?P<app_label>auth|articles|admin)/$", "<app_label>/")
        route = re.sub(r"\^|\$|\\Z|\(\?P(<\w+>)\.\*\)", r"\1", route)

        def fill(gap):
            values = self.known if rnd.random() < 0.6 else self.odd
            if re.search("year|month|day|two|feed_format", gap[0]) and rnd.random() < 0.8:
                return rnd.choice(["0000", "9999", "2026", "03", "00", "99", "atom", "rss", "json"])
            return quote_from_bytes(rnd.choice(values), safe="")

        return "/" + re.sub(r"<[^>]+>", fill, route)

    def query(self, rnd) -> str:
        pairs = [
            (quote(rnd.choice(self.names)), quote_from_bytes(rnd.choice([*self.odd, *self.known])))
            for _ in range(rnd.choice([0, 1, 1, 2, 3]))
        ]
        text = "&".join(f"{name}={value}" for name, value in pairs)
        return text if rnd.random() < 0.95 else rnd.choice(["&" * 500, "%", "=", "a=%00&" * 300])

    def sent(self, rnd, path) -> str:
        """The page's own form with a few values gone wrong, or any names and values."""
        if rnd.random() < 0.3:
            return "&".join(self.query(rnd) for _ in range(5))
        if path not in self.forms:
            shown = self.client.get(path)
            has_form = shown.context and "inline_admin_formsets" in shown.context
            self.forms[path] = fields_of(shown) if has_form and shown.status_code == 200 else {}
        listed = {n: v if isinstance(v, list) else [v] for n, v in self.forms[path].items()}
        fields = {name: [str(each).encode() for each in each] for name, each in listed.items()}
        if path.endswith("/"):  # a list, maybe
            fields["action"] = [rnd.choice(self.actions)]
            fields["_selected_action"] = rnd.sample([*self.known, *self.odd], 2)
        for _ in range(rnd.randint(1, 3)):
            name = rnd.choice([*(fields or self.names), rnd.choice(self.names)])
            fields[name] = [rnd.choice([*self.odd, *self.known])]
        return "&".join(
            f"{quote(name)}={quote_from_bytes(value)}"
            for name, values in fields.items()
            for value in values
        )

    def ask(self, rnd, route) -> str | None:
        """What went wrong with one request; None, as it should be, for nothing."""
        path, method = self.address(rnd, route), rnd.choice(METHODS)
        if query := self.query(rnd):
            path += f"?{query}"
        headers = {
            name: rnd.choice(HEADERS[name])
            for name in rnd.sample(list(HEADERS), rnd.choice([0, 0, 1, 2]))
        }
        self.client.cookies = SimpleCookie({"sessionid": self.cookies})
        body, kind = "", "application/x-www-form-urlencoded"
        if method == "POST":
            body = self.sent(rnd, path)
        if rnd.random() < 0.15:
            kind = rnd.choice(TYPES)
        self.raised.clear()
        # As a server hands them over.
        headers = {name: value.encode().decode("latin-1") for name, value in headers.items()}
        with transaction.atomic():
            answer = self.client.generic(method, path, body, kind, **headers)
            transaction.set_rollback(True)
        if answer.status_code >= 500:
            told = f"{method} {path[:300]} {headers} {kind} {body[:200]!r}"
            return f"{answer.status_code} {told}: {self.raised}"
        return None

    def failures(self, count: int) -> list[str]:
        rnd = random.Random(2026)
        every = routes()
        self.assertGreater(len(every), 100)
        rnd.shuffle(every)
        asked = (self.ask(rnd, every[number % len(every)]) for number in range(count))
        return [failure for failure in asked if failure]

    def test_no_answer_is_a_fault_of_ours(self):
        self.maxDiff = None
        self.assertEqual(self.failures(trials(FEW, MANY)), [])

    def test_no_choice_of_rows_is_one(self):
        """Lists' actions, on what is no row: of a hundred forms few would come to that."""
        wrong = []
        for name, model_admin in list(actions().items())[:: trials(3, 1)]:
            address = f"/admin/{model_admin.opts.app_label}/{model_admin.opts.model_name}/"
            for odd in (["a"], ["\x00", "1"], ["9" * 30], ["-1"], ["٣"])[: trials(1, 5)]:
                body = {"action": name.partition(".")[2], "_selected_action": odd}
                with transaction.atomic():
                    answer = self.client.post(address, body)
                    transaction.set_rollback(True)
                if answer.status_code >= 500:
                    wrong.append((name, odd, self.raised[-1]))
        self.assertEqual(wrong, [])

    def test_a_page_that_cannot_be_asked_everything_is_noticed(self):
        with mock.patch("articles.lists.numbered_page", lambda request, rows: int("x")):
            make_article(title="Odd words")
            answer = self.client.get("/search/?q=odd")
        self.assertEqual(answer.status_code, 500)
        self.assertIn("ValueError", str(self.raised))


def odd_places(cursor: str) -> list:
    """What the inside of a cursor could be made to say."""
    at = timezone.now().isoformat()
    return [
        *([], {}, 1, None, [at], [at, "a", "b", "c"], [at, 1, 2], [at, None, "b"], ["x", "a", "b"]),
        *([at, "a\x00", "b"], [at, "\ud800", "b"], ["0001-01-01T00:00:00+14:00", "a", "b"]),
        *(["9999-12-31T23:59:59-14:00", "a", "b"], ["2026-03-01", "a", "b"], [at, "a" * 9_999, ""]),
    ]


def odd_cursor(place) -> bytes:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).rstrip(b"=")
