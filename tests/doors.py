"""Every door that readers have, found by machine: the addresses of all patterns there are, and the
links on whatever they answer, by every method.

A new pattern is walked as it is. One of which a part is new, so that nothing is known to stand
there, fails until VALUES or `Doors.values` says what may.
"""

import re
from collections.abc import Iterable, Iterator
from html import unescape
from itertools import product
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from django.contrib import admin
from django.test import Client
from django.urls import URLPattern, get_resolver

from articles.feeds import FORMATS
from articles.sitemaps import MAPS

from .promises import IS_FULL, trials

HOST = "http://testserver"
METHODS = ["HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]
# What stands in a pattern, by the part's name.
VALUES = {
    "form": list(FORMATS),
    "section": [*MAPS, "missing"],
    "year": [2026, 2025, 1999],
    "month": [3, 2, 13],
    "day": [10, 8, 9, 31],
    "number": ["1", "2", "99", "0"],
    "token": ["canary", "1"],
}
# What else is asked there. All others are asked for the last of these.
QUERIES = {
    "latest/": ["?q=canary", "?topic=canary-never-held", "?after=x", "?before=x"],
    "search/": [
        *("?q=ferry", "?q=ferry&page=2", "?q=ferry&page=99", "?q=ferry&sort=newest"),
        *("?q=canary", "?q=kestral", "?q=fery", "?q=fery+trian&sort=newest", '?q="train+story"'),
        *("?topic=canary-never-held", "?topic=ferries", "?topic=canary-merged"),
        *("?provider=canary-never-held", "?provider=courier", "?type=video"),
        *("?from=2026-03-10", "?to=2026-03-09&type=article", "?from=x"),
    ],
    "feed.<feed_format:form>": [
        *("?q=canary", "?q=ferry", "?topic=canary-never-held", "?topic=ferries"),
        *("?provider=canary", "?type=video", "?from=2026-03-10"),
    ],
    "api/v1/articles/": [
        *("?limit=2", "?limit=100", "?q=canary", "?q=ferry", "?topic=canary-never-held"),
        *("?topic=ferries", "?provider=canary", "?type=video", "?to=2026-03-09", "?after=x"),
    ],
    "sitemap-<slug:section>.xml": ["?p=1", "?p=2"],
    "oembed": ["?format=xml"],
    "": ["?page=2&p=2&q=canary&after=x"],
}


class Question(NamedTuple):
    method: str
    address: str
    etag: str = ""  # of what is known already


class Answer(NamedTuple):
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def text(self) -> str:
        return f"{self.headers} {self.body.decode(errors='replace')}".lower()

    def header(self, name: str) -> str:
        return dict(self.headers).get(name, "")


def patterns(resolver=None, start="") -> Iterator[tuple[str, URLPattern]]:
    """(route, pattern) of each but the admin's."""
    for each in (resolver or get_resolver()).url_patterns:
        route = f"{start}{each.pattern}"
        if isinstance(each, URLPattern):
            yield route, each
        elif each.app_name != admin.site.name:
            yield from patterns(each, route)


class Doors:
    """`slugs` are those of articles, topics and providers, by these names; `tokens` those of
    previews."""

    def __init__(self, slugs: dict[str, list[str]], tokens: Iterable[str] = ()):
        self.slugs = slugs
        self.tokens = list(tokens)

    def values(self, route: str, name: str) -> list:
        if name == "token":
            return [*self.tokens, *VALUES["token"]]
        if name in ("slug", "topic"):
            kinds = [kind for kind in self.slugs if f"{kind}/" in route]
            kinds = ["topics"] if name == "topic" else kinds or self.slugs
            return self._sample(route, [slug for kind in kinds for slug in self.slugs[kind]])
        if name not in VALUES:
            raise AssertionError(f"{route}: nothing is known to stand for <{name}>, see doors.py")
        return VALUES[name]

    @staticmethod
    def _sample(route: str, slugs: list[str]) -> list[str]:
        """All of them at an article's own page; elsewhere a third, at each door another one."""
        if IS_FULL or route == "articles/<slug:slug>/":
            return slugs
        return [slug for place, slug in enumerate(slugs) if (place + len(route)) % 3 == 0] or slugs

    def addresses(self) -> dict[str, list[str]]:
        """Route -> its addresses, without parameters."""
        return {route: list(self._of(route, pattern)) for route, pattern in patterns()}

    def _of(self, route: str, pattern: URLPattern) -> Iterator[str]:
        if "?P<" in route:
            raise AssertionError(f"{route}: a pattern of its own kind, see doors.py")
        parts = re.findall(r"<(?:\w+:)?(\w+)>", route)
        columns = [self.values(route, part) for part in parts]
        for values in product(*columns) if IS_FULL else _side_by_side(columns):
            address = route
            for part, value in zip(parts, values, strict=True):
                told = pattern.pattern.converters[part].to_url(value)
                address = re.sub(rf"<(?:\w+:)?{part}>", told, address)
            yield f"/{address}"

    def questions(self) -> list[Question]:
        """Each address, some by another method as well; and what else is asked there."""
        found, turn = [], 0
        for route, addresses in self.addresses().items():
            more = list(QUERIES.get(route, QUERIES[""]))
            if route == "oembed":
                slugs = self._sample(route, self.slugs["articles"])
                more += [f"?url={HOST}/articles/{slug}/" for slug in slugs]
            asked = [addresses[0]] if len(addresses) > 1 and not IS_FULL else addresses
            found += [Question("GET", f"{each}{query}") for each in asked for query in more]
            for address in addresses:
                found.append(Question("GET", address))
                for method in METHODS if IS_FULL else METHODS[turn : turn + 1]:
                    found.append(Question(method, address))
                turn = (turn + 1) % 13
            if addresses[0].endswith("/"):  # without it
                found.append(Question("GET", addresses[-1].rstrip("/") or "/"))
        return list(dict.fromkeys(found))


def _side_by_side(columns: list[list]) -> Iterator[tuple]:
    """Each value of each at least once."""
    count = max(map(len, columns), default=1)
    for number in range(count):
        yield tuple(column[number % len(column)] for column in columns)


def ask(client: Client, question: Question, **headers) -> Answer:
    if question.etag:
        headers["if-none-match"] = question.etag
    response = client.generic(question.method, question.address, headers=headers)
    body = b"".join(response) if response.streaming else response.content
    cookies = [("Set-Cookie", each.output()) for each in response.cookies.values()]
    return Answer(response.status_code, tuple(sorted([*response.items(), *cookies])), body)


def links(question: Question, answer: Answer) -> list[Question]:
    """To wherever on this site it leads."""
    text = unescape(answer.body.decode(errors="replace")).replace("\\/", "/")
    found = re.findall(r'(?:href|src|action)="([^"#]+)|(https?://testserver[^\s"<>\\#]*)', text)
    led = [one or other for one, other in found] + [answer.header("Location")]
    here = (urlsplit(urljoin(f"{HOST}{question.address}", link)) for link in led if link)
    return [
        Question("GET", f"{link.path}?{link.query}" if link.query else link.path or "/")
        for link in here
        if f"{link.scheme}://{link.netloc}" == HOST
        and not link.path.startswith(("/static/", "/media/"))
    ]


def crawl(
    questions: Iterable[Question], answer, most: int = trials(60, 100_000)
) -> dict[Question, Answer]:
    """All of them, and `most` of what these lead to; each that has an ETag with it again, too.
    `answer` gives a question's."""
    questions = list(questions)
    most += len(questions)
    found: dict[Question, Answer] = {}
    waiting = list(questions)
    while waiting and len(found) < most:
        question = waiting.pop(0)
        if question in found:
            continue
        found[question] = answer(question)
        waiting += links(question, found[question])
        etag = found[question].header("ETag")
        if etag and not question.etag and question.method == "GET":
            waiting.append(question._replace(etag=etag))
    return found
