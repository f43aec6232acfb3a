"""What the pages of readers and editors cost: queries, CPU and bytes of one answer.

    python -m benchmarks.pages STEP        on the newsroom of DATABASE_URL; prints JSON

Called by `python -m benchmarks`, each step in a process of its own, as production runs it: DEBUG
off. A number is the CPU time of one answer in a warm process, the median of some; on PostgreSQL the
server's own is not in it.
"""

import json
import os
import re
import resource
import sys
from collections.abc import Callable, Iterator
from statistics import median
from time import process_time
from typing import NamedTuple

TIMES = 15
RARE, COMMON = "zeppelin", "harbour"  # in three headlines; in two of three articles
ROUNDS = 6  # of what is compared, in turn


class Cost(NamedTuple):
    """Of one answer; `cpu` in milliseconds."""

    queries: int
    cpu: float
    size: int  # bytes


# In the measured process ------------------------------------------------------------------------


def dress() -> None:
    """Give the import's newsroom what editors and the background work would have given it."""
    from articles.cursors import newest
    from articles.models import Article, Image, Topic
    from articles.scaling import plan

    from .desk import scatter

    scatter()
    served = {"of": ["images/shown.jpg"], "at": "00/shown", "tone": "#8a7f66", "plain": "jpg"}
    made = plan(1200, 675)
    served["sizes"] = {each.shape: each.sizes[::-1] for each in made}
    served["plain_sizes"] = {each.shape: each.plain_sizes[::-1] for each in made}
    Image.objects.filter(logo_of=None).update(served=served, width=1200, height=675)
    words = "Our *own words* about it, with a [link](https://example.org/).\n\n" * 3
    for number, article in enumerate(newest(Article.objects.published())[:300]):
        if number % 3 == 0:
            article.body = words
        if number % 100 == 0:
            article.title = f"{RARE} over the {article.title}"
        article.save()
    first, *others = Topic.objects.order_by("pk")
    Topic.objects.filter(pk__in=[topic.pk for topic in others[::4]]).update(parent=first)


def asker(cookie: str = "", application=None) -> Callable[[str], bytes]:
    """A function from an address to the body of its answer, which is a 200. Without an application,
    that which makes every page anew."""
    from django.core.wsgi import get_wsgi_application

    application = application or get_wsgi_application()

    def ask(address: str) -> bytes:
        path, _mark, query = address.partition("?")
        environ = {
            **{"REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": query},
            **{"HTTP_HOST": "127.0.0.1", "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80"},
            **{"SERVER_PROTOCOL": "HTTP/1.1", "HTTP_COOKIE": cookie, "wsgi.url_scheme": "http"},
            **{"wsgi.input": sys.stdin.buffer, "wsgi.errors": sys.stderr},
            "HTTP_X_FORWARDED_PROTO": "https",
        }
        said = []
        response = application(environ, lambda status, headers: said.append(status))
        body = b"".join(response)
        if hasattr(response, "close"):
            response.close()
        if not said[0].startswith("200"):
            raise SystemExit(f"{address}: answered {said[0]}")
        return body

    return ask


def readers_pages() -> Iterator[tuple[str, str]]:
    """Each page's name and address."""
    from django.db.models import Count

    from articles.cursors import cursor_of, newest
    from articles.models import Article, Provider, Topic

    public = Article.objects.published()
    topic = Topic.objects.annotate(size=Count("assignments")).order_by("-size").first()
    provider = Provider.objects.annotate(size=Count("articles")).order_by("-size").first()
    rows = newest(public)
    number = min(25_000, rows.count() - 100)
    far = rows[number]
    day = rows[number // 2].published_at

    def with_related(least: int, most: int):
        sized = public.annotate(size=Count("related_items"))
        return sized.filter(size__range=(least, most)).order_by("-published_at")[5].slug

    yield "front page", "/"
    yield "latest", "/latest/"
    yield f"latest, page {number // 25}", f"/latest/?after={cursor_of(far)}"
    yield "topic", f"/topics/{topic.slug}/"
    yield "topics", "/topics/"
    yield "provider", f"/providers/{provider.slug}/"
    yield "providers", "/providers/"
    yield "archive", "/archive/"
    yield "archive, a month", f"/archive/{day:%Y/%m}/"
    yield "archive, a day", f"/archive/{day:%Y/%m/%d}/"
    yield "article", f"/articles/{with_related(4, 4)}/"
    yield "article with 20 related items", f"/articles/{with_related(18, 24)}/"
    yield "search, its form", "/search/"
    yield "search, a rare word", f"/search/?q={RARE}"
    yield "search, a missing word", "/search/?q=zyzzyva"
    yield "search, a common word", f"/search/?q={COMMON}"
    yield "search, two common words", f"/search/?q={COMMON}+council"
    yield "search, common, newest first", f"/search/?q={COMMON}&sort=newest"
    yield "feed", "/feed.atom"
    yield "topic's feed", f"/topics/{topic.slug}/feed.json"
    yield "sitemap's index", "/sitemap.xml"
    yield "sitemap, a page", "/sitemap-articles.xml"
    yield "news sitemap", "/news-sitemap.xml"
    yield "API, articles", "/api/v1/articles/"
    yield "API, an article", f"/api/v1/articles/{with_related(4, 4)}/"
    yield "original JSON", "/api/news/index.json"


def editors_pages() -> Iterator[tuple[str, str]]:
    from django.db.models import Count

    from articles.models import Article, Topic

    topic = Topic.objects.order_by("pk").first()
    sized = Article.objects.annotate(size=Count("related_items"))
    small = sized.filter(size=4).first()
    large = sized.order_by("-size", "pk").first()
    there = "/admin/articles/article/"
    yield "article list", there
    yield "article list, held", f"{there}?status__exact=held"
    yield "article list, a topic", f"{there}?topic={topic.pk}"
    yield "article list, searched", f"{there}?q={COMMON}"
    yield "article list, searched, nothing found", f"{there}?q=zyzzyva"
    yield "article form", f"{there}{small.pk}/change/"
    yield "article form, the most related items", f"{there}{large.pk}/change/"


def cookie() -> str:
    """Of an editor who may do everything."""
    from django.conf import settings
    from django.test import Client

    from .desk import editor

    client = Client()
    client.force_login(editor())
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def cost_of(ask: Callable, address: str) -> Cost:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    size = len(ask(address))
    with CaptureQueriesContext(connection) as queries:
        ask(address)
        number = len(queries)
    return Cost(number, median(spent(ask, address) for _ in range(TIMES)), size)


def spent(ask: Callable, address: str) -> float:
    begun = process_time()
    ask(address)
    return (process_time() - begun) * 1000


def measure() -> dict:
    """Every page anew, some of them kept, the process's peak memory in MB."""
    from newsroom.wsgi import application

    found = {}
    for pages, ask in ((readers_pages, asker()), (editors_pages, asker(cookie()))):
        found |= {name: cost_of(ask, address) for name, address in pages()}
    addresses, keeping = dict(readers_pages()), asker(application=application)
    kept = {}
    for name in KEPT:
        keeping(addresses[name])
        times = [spent(keeping, addresses[name]) for _ in range(50 * TIMES)]
        kept[name] = Cost(0, median(times), found[name].size)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"pages": found, "kept": kept, "peak": peak / (1 if sys.platform == "darwin" else 1024)}


KEPT = ("front page", "latest", "article")


# Beside stock Django ------------------------------------------------------------------------------

OURS, STOCK = "newsroom.urls", "benchmarks.stock.urls"
COMPARED = ("latest", "article", "article with 20 related items")


def compare() -> dict[str, tuple[float, float]]:
    """Of pages that say the same, our own and stock Django's milliseconds, asked for in turn."""
    from django.test.utils import override_settings
    from django.urls import clear_url_caches

    ask, addresses, found = asker(), dict(readers_pages()), {}
    for name in COMPARED:
        address, times, said = addresses[name], {OURS: [], STOCK: []}, {}
        for _round in range(ROUNDS):
            for addressed in times:
                with override_settings(ROOT_URLCONF=addressed):
                    clear_url_caches()
                    said[addressed] = plain(ask(address).decode())
                    times[addressed] += [spent(ask, address) for _ in range(5)]
        if said[OURS] != said[STOCK]:
            raise SystemExit(f"{name}: stock Django says something else")
        found[name] = median(times[OURS]), median(times[STOCK])
    return found


def plain(page: str) -> str:
    """A page without white space between its parts, and without its links to pages beside it, which
    have a cursor or a number."""
    page = re.sub(r'<(link|a) rel="(next|prev)"[^>]*>', "", page)
    return re.sub(r"\s*([<>])\s*", r"\1", re.sub(r"\s+", " ", page))


STEPS = {"dress": dress, "measure": measure, "compare": compare}


def main() -> None:
    import django

    step = sys.argv[1]
    settings = "benchmarks.stock.settings" if step == "compare" else "newsroom.settings"
    os.environ["DJANGO_SETTINGS_MODULE"] = settings
    django.setup()
    sys.stdout.write(json.dumps(STEPS[step]()))


if __name__ == "__main__":
    main()
