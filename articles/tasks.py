"""Work that nobody waits for, and the queue it waits in.

A task is a function that is named here and called through `later`. With TASKS=database it is a row
that `management.worker` takes; else it is done at once, when the transaction is committed. Either
way it is done only if that transaction is, and perhaps more than once: a task does no harm when it
is repeated. Its arguments are JSON's own types: numbers of rows, never rows.
"""

import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_tasks import TaskResultStatus, default_task_backend, task  # Django 6: django.tasks
from django_tasks.base import Task
from django_tasks_db.models import DBTaskResult

from . import websub
from .fetching import batches
from .models import Article, Topic

GATHERED = timedelta(seconds=30)  # for which a ping waits for others that concern the same feeds
_JOINED = timedelta(seconds=15)  # before it leaves: later, what joins might not be committed


def is_queued() -> bool:
    """Whether tasks wait for a worker, in the database."""
    return default_task_backend.supports_defer


def later(task: Task, *args, at: datetime | None = None) -> None:
    """Have `task(*args)` done after the transaction that goes on, and never if that is taken back.

    `at` is the earliest moment for it, aware; ignored where nothing is queued. The queue's row is
    written in the transaction itself, so nothing can come between the two. Done at once, what goes
    wrong is logged and stops nobody.
    """
    if is_queued():
        task.using(run_after=at).enqueue(*args)
    else:
        transaction.on_commit(lambda: task.enqueue(*args))


# Pictures ---------------------------------------------------------------------------------------


@task()
def fetch_pictures(resting: list[str]) -> None:
    """Fetch remote pictures for a while, then have the next of these tasks see to the rest.
    `resting` are hosts to leave alone."""
    following = batches.fetch_batch(resting) if settings.FETCH_IMAGES else None
    if following:
        _plan_fetching(following)


def fetch_soon() -> None:
    """Have wanted pictures fetched once this transaction is committed.

    Only a queue does that: nobody waits for other sites, and without a worker `fetch_images` is
    there. One task, whatever the number of pictures, and none beside one that waits already. It is
    queued after the commit, not with it: a batch that begins meanwhile sees what was committed.
    """
    if settings.FETCH_IMAGES and is_queued():
        transaction.on_commit(_plan_fetching_now, robust=True)


def follow_changes(changes: Collection[str], is_new: bool) -> None:
    """The same after what a person did to an article, if that can have made pictures wanted;
    `changes` are the names that `state.difference` gives them."""
    if is_new or not _MAKES_WANTED.isdisjoint(changes):
        fetch_soon()


_MAKES_WANTED = frozenset(["status", "images", "related", "provider", "topics"])


def _plan_fetching_now() -> None:
    _plan_fetching(batches.Next(timezone.now(), []))


def _plan_fetching(following: batches.Next) -> None:
    with transaction.atomic():
        waiting = DBTaskResult.objects.filter(
            status=TaskResultStatus.READY, task_path=fetch_pictures.module_path
        )
        if waiting.filter(run_after__lte=following.at).exists():
            return
        waiting.delete()  # what waits for later: this one comes first, and plans anew
        later(fetch_pictures, following.resting, at=following.at)


# WebSub -----------------------------------------------------------------------------------------


@task()
def ping_hub(addresses: list[str]) -> None:
    """Tell the hub that these feeds have changed."""
    if settings.WEBSUB_HUB:
        websub.ping(addresses)


@task()
def announce_moment(number: int, moment: str) -> None:
    """Tell the hub of an article that time alone makes public, or takes away, at `moment` (ISO
    8601): if it is still so."""
    article = _with_what_is_shown(Article.objects.filter(pk=number)).first()
    moment = datetime.fromisoformat(moment)
    if article and moment in (article.publish_from, article.publish_until):
        shown = websub.shown(article)
        a_little = timedelta(microseconds=1)
        if moment <= timezone.now():
            _ping(shown.feeds(moment) | shown.feeds(moment - a_little))


def announce(changed: Mapping[int, tuple[dict[str, Any], bool]]) -> None:
    """Have the hub told of the feeds that these changes concern; in the transaction that made them.

    `changed` maps articles' numbers to their changes, as `state.difference` writes them, and
    whether the article is new. No query without a hub, else a few whatever the number.
    """
    if not settings.WEBSUB_HUB or not changed:
        return
    now, feeds = timezone.now(), set()
    for article in _with_what_is_shown(Article.objects.filter(pk__in=list(changed))):
        changes, is_new = changed[article.pk]
        feeds |= websub.feeds_changed(websub.shown(article), changes, now, is_new)
        if is_new or not changes.keys().isdisjoint(("status", "publish_from", "publish_until")):
            _plan(article, now)
    _ping(feeds)


def announce_leaving(article: Article) -> None:
    """The same for an article that is about to be deleted."""
    if settings.WEBSUB_HUB:
        _ping(websub.shown(article).feeds(timezone.now()))


def announce_row(row) -> None:
    """The same for a topic or a provider that has another name, or other articles."""
    if not settings.WEBSUB_HUB:
        return
    public = Article.objects.published()
    if isinstance(row, Topic):
        public, feed = public.about(row), websub.Feed("topic", row.name)
    else:
        public = public.filter(provider=row)
        feed = websub.Feed("provider", (row.name, row.domain))
    if public.exists():
        _ping({websub.Feed("site"), feed})


def _with_what_is_shown(articles):
    rows = articles.select_related("provider").prefetch_related("topic_assignments__tag")
    return rows.only("status", "publish_from", "publish_until", "provider")


def _plan(article: Article, now: datetime) -> None:
    """Only a queue can wait: without one, the hub learns of the next change."""
    if is_queued() and article.status == Article.Status.PUBLISHED:
        for moment in (article.publish_from, article.publish_until):
            if moment and moment > now:
                later(announce_moment, article.pk, moment.isoformat(), at=moment)


def _ping(feeds: Collection[websub.Feed]) -> None:
    addresses = websub.addresses(feeds)
    if not addresses:
        return
    if not is_queued():
        transaction.on_commit(lambda: _gathered.ping(addresses))
        return
    now = timezone.now()
    waiting = DBTaskResult.objects.filter(
        status=TaskResultStatus.READY,
        task_path=ping_hub.module_path,
        run_after__range=(now + _JOINED, now + GATHERED),
    )
    known = {
        address
        for arguments in waiting.values_list("args_kwargs", flat=True)
        for address in arguments["args"][0]
    }
    new = [address for address in addresses if address not in known]
    if new:
        later(ping_hub, new, at=now + GATHERED)


class _Gathered(threading.local):
    """What is announced within `gathering` where nothing is queued."""

    depth, addresses = 0, frozenset()

    def ping(self, addresses: Collection[str]) -> None:
        self.addresses = self.addresses.union(addresses)
        if not self.depth:
            addresses, self.addresses = sorted(self.addresses), frozenset()
            if addresses:
                ping_hub.enqueue(addresses)


_gathered = _Gathered()


@contextmanager
def gathering() -> Iterator[None]:
    """One ping for all that is committed inside, however many transactions there are. (In a queue
    they find each other by themselves.)"""
    _gathered.depth += 1
    try:
        yield
    finally:
        _gathered.depth -= 1
        _gathered.ping(())
