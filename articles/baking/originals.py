"""The pages of the original JSON, put together from what each article says there.

A new story moves all others by one place, on each page that follows. So what each says is kept
beside the pages, and only what has changed is asked for.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ..api import original
from .addresses import Listed, Plan
from .asking import Made
from .asking import page as page_of
from .kept import JSON
from .tree import ITEMS, Trees


class Items:
    """Of each article the digest of what it says there, and the text; read once asked for."""

    def __init__(self, trees: Trees):
        self.trees = trees
        self._known: dict[int, tuple[str, str]] | None = None

    def lacking(self, plan: Plan, paths: Iterable[str]) -> list[int]:
        """The articles on these pages of which is not known what they say now."""
        known = self._all()
        wanted = {pk for path in paths for pk in plan.originals[path].articles}
        return [pk for pk in wanted if known.get(pk, ("",))[0] != plan.items[pk]]

    def learn(self, plan: Plan, texts: dict[int, str]) -> None:
        known = self._all()
        known |= {pk: (plan.items[pk], text) for pk, text in texts.items()}

    def pages(self, plan: Plan, paths: Iterable[str]) -> Iterator[Made]:
        known, made = self._all(), {}
        for path in paths:
            listed = plan.originals[path]
            if listed not in made:
                made[listed] = _page(listed, known)
            yield replace(made[listed], path=path)

    def keep(self, plan: Plan) -> None:
        """Write down what articles say that are there still."""
        if self._known is None:
            return  # nobody has asked for them
        kept = {pk: self._known[pk] for pk in plan.items if pk in self._known}
        lines = "".join(f"{pk} {basis} {text}\n" for pk, (basis, text) in kept.items())
        self.trees.write(ITEMS, lines.encode())

    def _all(self) -> dict[int, tuple[str, str]]:
        if self._known is None:
            self._known = {}
            try:
                lines = self.trees.read(ITEMS).decode().split("\n")[:-1]
            except OSError:
                lines = []
            for line in lines:
                pk, basis, text = line.split(" ", 2)
                self._known[int(pk)] = basis, text
        return self._known


def _page(listed: Listed, known: dict[int, tuple[str, str]]) -> Made:
    told = [known[pk][1] for pk in listed.articles if pk in known]
    text = original.page_text(listed.number, told, listed.has_more)
    return page_of("", JSON, text.encode())
