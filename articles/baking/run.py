"""From the newsroom to a folder of files: `bake`.

    plan  ->  what has another digest than at the last bake  ->  asked for  ->  files  ->  switch

All that is baked is of one edition. Where readers' pages change meanwhile, what was made so far is
kept, a new plan is made, and what differs in it is made again; the folder is switched only once the
edition has lasted from the plan to the last file.
"""

import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from django.utils import timezone

from .. import editions
from ..api import original
from ..builds import build
from . import around
from .addresses import ALWAYS, Plan, digest, plan
from .asking import CannotBake, Made, Site, ask_all, begin, quietly, texts_of
from .kept import Kept, Report
from .originals import Items
from .tree import Trees, is_ours, locked

CHUNK = 40  # pages, after which is asked whether the edition lasts
FEW = 300  # pages that are not worth another process
PASSES = 50  # plans, of an edition that does not last


def bake(
    folder: Path, origin: str, *, made_by: str = "", processes: int = 1, is_afresh: bool = False
) -> Report:
    """Bring the folder up to what readers see now at `origin`, https://HOST. `made_by` is the build
    that runs; else it is read from the files.

    Raises BakeRunning, CannotBake (the folder is then as it was), and OSError.
    """
    if not is_ours(folder):
        raise CannotBake(f"{folder} holds other files: name an empty folder, or a new one")
    with locked(folder), quietly(), ExitStack() as stack:
        work = _Bake(Trees(folder, is_afresh), Site(origin), processes, stack)
        work.build = digest(made_by or build(), work.site.origin, around.static_names())
        for _ in range(PASSES):
            if work.run():
                return work.kept.report
    raise CannotBake("readers' pages changed all the time while they were baked")


class _Bake:
    def __init__(self, trees: Trees, site: Site, processes: int, stack: ExitStack):
        self.trees, self.site, self.processes, self.stack = trees, site, processes, stack
        self.kept, self.items = Kept(trees), Items(trees)
        self._pool: ProcessPoolExecutor | None = None
        self.build = ""  # all that pages depend on besides rows and the day

    # A pass ---------------------------------------------------------------------------------------

    def run(self) -> bool:
        """Whether the edition lasted, so that the folder is what it should be."""
        self.edition = editions.current()
        ground = digest(self.build, timezone.localdate())  # which each page says
        before = self.kept.bake
        is_same = before.get("edition") == self.edition and before.get("ground") == ground
        if is_same and self.trees.before and self.trees.are_alike():
            return self._only_what_time_changes()
        self.plan = plan(ground, self.edition)
        if not self._make():
            return False
        for path in self.kept.by_path.keys() - self.plan.pages.keys():
            self.kept.drop(path)
        self.items.keep(self.plan)
        around.bring(self.kept, self.site, self.plan, ground)
        self.kept.count()
        if not self._lasts():
            return False
        bake = {"bake": secrets.token_hex(8), "edition": self.edition, "ground": ground}
        bake |= {"origin": self.site.origin, "at": timezone.now().isoformat(timespec="seconds")}
        self.kept.switch(bake)
        return True

    def _lasts(self) -> bool:
        return editions.current() == self.edition

    def _only_what_time_changes(self) -> bool:
        always = [path for path in self.kept.by_path if self.kept.basis(path) == ALWAYS]
        self.plan = Plan(dict.fromkeys(always, ALWAYS))
        if not self._make() or not self._lasts():
            return False
        self.kept.count()
        if self.trees.changed:
            self.kept.switch(self.kept.bake | {"bake": secrets.token_hex(8)})
        return True

    # Pages ----------------------------------------------------------------------------------------

    def _make(self) -> bool:
        """All pages that are not as they should be; whether the edition lasted."""
        wanted = [
            path
            for path, basis in self.plan.pages.items()
            if basis == ALWAYS or self.kept.basis(path) != basis
        ]
        asked = [path for path in wanted if path not in self.plan.originals]
        for chunk in self._spread(ask_all, self.site_ask, asked, len(wanted)):
            if not self._lasts():
                return False
            for made in chunk:
                self._take(made)
        originals = [path for path in wanted if path in self.plan.originals]
        return not originals or self._make_originals(originals, len(wanted))

    def _make_originals(self, paths: list[str], total: int) -> bool:
        lacking = self.items.lacking(self.plan, paths)
        for texts in self._spread(texts_of, self.site_texts, lacking, total):
            if not self._lasts():
                return False
            self.items.learn(self.plan, texts)
        for made in self.items.pages(self.plan, paths):
            self._take(made)
        return True

    def _take(self, made: Made) -> None:
        self.kept.take(made, self.plan.pages[made.path], made.path in self.plan.optional)

    def site_ask(self, paths: list[str]) -> list[Made]:
        return [self.site.ask(path) for path in paths]

    def site_texts(self, numbers: list[int]) -> dict[int, str]:
        return original.texts(numbers, self.site.request("/").build_absolute_uri)

    # In several processes -------------------------------------------------------------------------

    def _spread(self, there: Callable, here: Callable, each: list, total: int) -> Iterator[Any]:
        """What the function gives for each chunk, from this process or from several."""
        chunks = [each[start : start + CHUNK] for start in range(0, len(each), CHUNK)]
        if self.processes < 2 or total < FEW:
            yield from map(here, chunks)
            return
        pool, waiting = self.pool(), []
        chunks.reverse()
        while chunks or waiting:
            while chunks and len(waiting) < 2 * self.processes:
                waiting.append(pool.submit(there, chunks.pop()))
            done: Future = waiting.pop(0)
            yield done.result()

    def pool(self) -> ProcessPoolExecutor:
        if self._pool is None:
            # Started afresh: they share no connection.
            context = get_context("spawn")
            pool = ProcessPoolExecutor(self.processes, context, begin, (self.site.origin,))
            self.stack.callback(pool.shutdown, cancel_futures=True)
            self._pool = pool
        return self._pool
