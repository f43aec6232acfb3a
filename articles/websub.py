"""WebSub: the hub is told which feeds have changed (https://www.w3.org/TR/websub/).

`feeds_changed` says which a change concerns, `addresses` where they are, `ping` tells the hub. The
hub then asks for the feed like any reader. So a ping says no more than that something readers see
has changed; what they do not see never causes one. When all this is done: `tasks.announce`.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

from django.conf import settings
from django.urls import reverse

from .importing.state import restored
from .models import Article, Provider, Topic

FORMATS = ("atom", "rss", "json")
TIMEOUT = 10.0  # seconds that the hub may be silent
_AT_ONCE = 50  # addresses in one request

# What a feed tells of an article, as changes name it.
TOLD = frozenset(
    ["title", "excerpt", "body", "provider", "topics", "images", "web_url", "original_url"]
    + ["slug", "publish_from"]
)


class Feed(NamedTuple):
    kind: str  # "site", "topic" or "provider"
    key: Any = None  # a topic's name, a provider's (name, domain)


class Shown(NamedTuple):
    """What decides in which feeds an article stands."""

    status: str
    publish_from: datetime | None
    publish_until: datetime | None
    topics: tuple[str, ...]
    provider: tuple[str, str] | None

    def feeds(self, at: datetime) -> set[Feed]:
        window = self._asdict()
        topics, provider = window.pop("topics"), window.pop("provider")
        if not Article(**window).is_published(at):
            return set()
        found = {Feed("site"), *(Feed("topic", name) for name in topics)}
        return found | ({Feed("provider", provider)} if provider else set())


def shown(article: Article) -> Shown:
    """No query if `provider` and `topic_assignments__tag` are loaded."""
    provider = article.provider
    return Shown(
        *(article.status, article.publish_from, article.publish_until),
        tuple(row.tag.name for row in article.topic_assignments.all()),
        (provider.name, provider.domain) if provider else None,
    )


def feeds_changed(
    now: Shown, changes: dict[str, Any], at: datetime, is_new: bool = False
) -> set[Feed]:
    """The feeds that tell something else at the moment `at`, after the `changes` (as
    `state.difference` writes them) that led to `now`; none where readers see nothing of them.

    `is_new`: there was no article before.
    """
    before = now._replace(
        **{name: restored(name, changes[name][0]) for name in Shown._fields if name in changes}
    )
    was = set() if is_new else before.feeds(at)
    is_ = now.feeds(at)
    if bool(was) == bool(is_) and TOLD.isdisjoint(changes):
        return set()
    return was | is_


def addresses(feeds: Collection[Feed]) -> list[str]:
    """Whole addresses of the feeds, in every format, sorted. Two queries at most.

    A name that is none any more has no feed: its address leads to the survivor's.
    """
    paths = set()
    if Feed("site") in feeds:
        paths.update(_paths("feed"))
    topics = [feed.key for feed in feeds if feed.kind == "topic"]
    if topics:
        for slug in Topic.objects.filter(name__in=topics).values_list("slug", flat=True):
            paths.update(_paths("topic_feed", slug=slug))
    providers = {feed.key for feed in feeds if feed.kind == "provider"}
    if providers:
        rows = Provider.objects.filter(name__in={name for name, _domain in providers})
        for name, domain, slug in rows.values_list("name", "domain", "slug"):
            if (name, domain) in providers:
                paths.update(_paths("provider_feed", slug=slug))
    return sorted(settings.SITE_URL + path for path in paths)


def _paths(name: str, **arguments) -> Iterable[str]:
    return (reverse(f"articles:{name}", kwargs=arguments | {"form": form}) for form in FORMATS)


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *arguments):
        return None  # a hub that has moved is an error: its new address belongs in the settings


def ping(changed: list[str]) -> None:
    """Tell the hub. Raises OSError where it cannot be reached, or refuses (urllib's HTTPError)."""
    opener = build_opener(_NoRedirect)
    for start in range(0, len(changed), _AT_ONCE):
        part = changed[start : start + _AT_ONCE]
        fields = [("hub.mode", "publish"), *(("hub.url", address) for address in part)]
        request = Request(settings.WEBSUB_HUB, urlencode(fields).encode())
        with opener.open(request, timeout=TIMEOUT):
            pass
