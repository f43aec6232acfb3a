"""The renditions of pictures: made when a file or a focal point changes, removed when they go.

    follow(image)  ->  after the commit:  scaling.scaled(bytes)  ->  files, rows, Image.served
       whoever wrote it                     in a thread, or in several processes for a command

Whoever writes a picture's file, its focal point or a provider's logo calls `follow` in the same
transaction; a command does so within `together`. Pages read `Image.served` and never wait: until
renditions are made, readers get the file itself. `make_renditions` makes what is missing, whatever
the reason.
"""

import logging
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from itertools import islice
from multiprocessing import get_context
from queue import SimpleQueue
from secrets import token_hex
from threading import Lock, Thread

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connections, transaction
from django.db.models import Exists, OuterRef

from .models import Image, Provider, Rendition
from .models.image import RENDITIONS, remove_on_commit
from .scaling import RECIPE, SUFFIXES, Scaled, ScalingError, scaled

logger = logging.getLogger(__name__)


# For whoever writes pictures --------------------------------------------------------------------


def follow(image: Image, replaced: str = "") -> None:
    """See to the renditions of a picture that was just written, in the transaction that wrote it.

    `replaced` is the name of the file that it had before, or "". That file and what was made of it
    are removed once the transaction has succeeded; from then on readers get the new file. After a
    new focal point they see what was made for the old one until the new is made. One query or two
    where nothing has changed.
    """
    replaced = replaced or (image.served.get("of") or [""])[0]
    if replaced and replaced != image.file.name:
        old = Rendition.objects.filter(image=image)
        remove_on_commit([replaced, *old.values_list("file", flat=True)])
        old.delete()
        image.served = {}
        Image.objects.filter(pk=image.pk).update(served={})
    if image.file and not is_current(image):
        number = image.pk
        transaction.on_commit(lambda: _soon(number), robust=True)


def is_current(image: Image) -> bool:
    """Whether its renditions are made, of this very file and focal point. One query unless it comes
    from `_loaded`."""
    return image.served.get("of") == _described(image)


_gathered: ContextVar[list[int] | None] = ContextVar("gathered", default=None)


@contextmanager
def together() -> Iterator[None]:
    """What is followed within is made at the end, by several processes at once, before it goes on.

    For commands: else, what is not made when their process ends waits for `make_renditions`. A
    picture of which nothing can be made is logged, as by `follow`.
    """
    numbers: list[int] = []
    token = _gathered.set(numbers)
    try:
        yield
    finally:
        _gathered.reset(token)
    if settings.RENDITIONS:
        make_all(numbers, _logged)


# Making -----------------------------------------------------------------------------------------


def make(image: Image) -> bool:
    """Make all of a picture's renditions and put them in the place of the old ones, here and now.

    False where the picture was changed or deleted meanwhile: what was made of it is gone again.
    Raises ScalingError where nothing can be made of its file, and OSError where that is not there.
    """
    described = _described(image)
    return _store(image, described, scaled(*_order(image, described)))


def make_all(
    numbers: Iterable[int], on_each: Callable[[Image, str], None] = lambda image, problem: None
) -> int:
    """Make the renditions of these pictures (their primary keys), each as `make` does. How many.

    Two or more are made by as many processes as this one may have processors, each of which holds
    one decoded picture. Calls `on_each(image, problem)` after each; "" is no problem.
    """
    numbers = list(dict.fromkeys(numbers))
    workers = min(len(numbers), _processors())
    if workers < 2:
        return sum(_made_here(image, on_each) for image in _loaded(numbers))
    made = 0
    # Started afresh, so that they share no connection; they read no rows, only bytes.
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        waiting: list[tuple[Image, list, Future]] = []
        images = _loaded(numbers)
        while True:
            # So many pictures wait at most: their bytes are in memory.
            for image in islice(images, 2 * workers - len(waiting)):
                described = _described(image)
                try:
                    future = pool.submit(scaled, *_order(image, described))
                except (OSError, BrokenProcessPool) as error:
                    on_each(image, _told(error))
                    continue
                waiting.append((image, described, future))
            if not waiting:
                return made
            image, described, future = waiting.pop(0)
            made += _finish(image, on_each, partial(_store_result, image, described, future))


def wanting(is_again: bool = False) -> list[int]:
    """The pictures that lack renditions, or all that have a file; primary keys, newest first."""
    images = _with_logo(Image.objects.exclude(file="")).order_by("-pk")
    return [image.pk for image in images.iterator(500) if is_again or not is_current(image)]


def _store_result(image: Image, described: list, future: Future) -> bool:
    return _store(image, described, future.result())


def _made_here(image: Image, on_each) -> bool:
    return _finish(image, on_each, partial(make, image))


def _finish(image: Image, on_each, work: Callable[[], bool]) -> bool:
    try:
        is_made, problem = work(), ""
    except (ScalingError, OSError, BrokenProcessPool) as error:
        is_made, problem = False, _told(error)
    on_each(image, problem)
    return is_made


def _told(error: Exception) -> str:
    if isinstance(error, BrokenProcessPool):
        return "a process that made renditions died, perhaps for want of memory"
    return str(error)


def _logged(image: Image, problem: str) -> None:
    if problem:
        logger.warning("%s: no renditions: %s", image.file.name, problem)


def _loaded(numbers: list[int]) -> Iterator[Image]:
    for number in numbers:
        if image := _with_logo(Image.objects.exclude(file="")).filter(pk=number).first():
            yield image


def _with_logo(images):
    return images.annotate(is_logo=Exists(Provider.objects.filter(logo=OuterRef("pk"))))


def _described(image: Image) -> list:
    """Of what its renditions are to be made. Another list: they are to be made anew."""
    is_logo = image.is_logo if hasattr(image, "is_logo") else image.logo_of.exists()
    return [image.file.name, image.focus_x, image.focus_y, is_logo, RECIPE]


def _order(image: Image, described: list) -> tuple[bytes, tuple[int, int], bool]:
    """What `scaled` takes. Raises OSError where the file is not there."""
    _name, focus_x, focus_y, is_logo, _recipe = described
    with image.file.storage.open(image.file.name) as file:
        return file.read(), (focus_x, focus_y), is_logo


def _store(image: Image, described: list, result: Scaled) -> bool:
    at = token_hex(12)
    rows: list[Rendition] = []
    try:
        for shape, form, width, height, content in result.outputs:
            name = f"{RENDITIONS}{at}/{shape}-{width}.{SUFFIXES[form]}"
            rows.append(Rendition(image=image, shape=shape, form=form, width=width, height=height))
            rows[-1].file = default_storage.save(name, ContentFile(content))
            rows[-1].bytes = len(content)
        if _list(image, described, rows, at, result.tone):
            return True
    except BaseException:
        _unwrite(rows, at)
        raise
    _unwrite(rows, at)
    return False


def _unwrite(rows: list[Rendition], at: str) -> None:
    for row in rows:
        if row.file:
            default_storage.delete(row.file)
    default_storage.delete(RENDITIONS + at)


def _list(image: Image, described: list, rows: list[Rendition], at: str, tone: str) -> bool:
    """In the place of the old ones, unless the picture is no longer what they were made of."""
    with transaction.atomic():
        Image.objects.select_for_update().filter(pk=image.pk).exists()
        now = Image.objects.filter(pk=image.pk).first()
        if now is None or _described(now) != described:
            return False
        old = Rendition.objects.filter(image=image)
        remove_on_commit(old.values_list("file", flat=True))
        old.delete()
        Rendition.objects.bulk_create(rows)
        served = {"of": described, "at": at, "tone": tone} | sizes_of(rows)
        Image.objects.filter(pk=image.pk).update(served=served)
    return True


def sizes_of(rows: Iterable[Rendition]) -> dict:
    """What `Image.served` tells of these rows, all of one picture."""
    told: dict = {"plain": "", "sizes": {}, "plain_sizes": {}}
    for row in sorted(rows, key=lambda row: row.width):
        size = [row.width, row.height]
        if row.form in ("jpeg", "png"):
            told["plain"] = SUFFIXES[row.form]
            told["plain_sizes"].setdefault(row.shape, []).append(size)
        elif row.form == "webp":  # of AVIF there are the same, but for logos
            told["sizes"].setdefault(row.shape, []).append(size)
    return told


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


# Beside the requests ----------------------------------------------------------------------------


def catch_up() -> None:
    """Have everything that is missing made beside what this process does. One query."""
    for number in wanting() if settings.RENDITIONS else ():
        _soon(number)


_queue: SimpleQueue[int] = SimpleQueue()
_maker: list[Thread] = []
_starting = Lock()


def _soon(number: int) -> None:
    gathered = _gathered.get()
    if gathered is not None:
        gathered.append(number)
    elif settings.RENDITIONS:
        _queue.put(number)
        with _starting:
            # The first picture starts it, in the process that is asked: a server may have forked.
            # It ends with that process, whose last word is no matter of minutes.
            if not (_maker and _maker[0].is_alive()):
                _maker[:] = [Thread(target=_make_queued, name="renditions", daemon=True)]
                _maker[0].start()


def _make_queued() -> None:
    while True:
        number = _queue.get()
        try:
            make_all((image.pk for image in _loaded([number]) if not is_current(image)), _logged)
        except Exception:
            logger.exception("The renditions of picture %s were not made", number)
        finally:
            connections.close_all()
