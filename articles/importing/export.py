"""The way back out: articles into seed files, below a folder. The entrance is `export_seeds`.

    models -> state.of_article -> seedtext -> seeds/*

An article that nobody edited gives its delivered file, byte for byte; after an edit only the edited
lines differ. What was written in the newsroom becomes a seed that imports again to the same. The
files of topics and organizations are given back as they came.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from urllib.parse import quote, unquote, urlsplit

from .. import weblinks
from ..models import Article, Image, TaxonomyDelivery
from . import own, pictures, records, state
from .aliases import Aliases, in_the_feeds_words, load_aliases
from .apply import with_all_that_merges
from .records import NO_WORDS, ImageKey, ImageRecord
from .seedfile import SeedError, parse
from .seedtext import ExportError, Surroundings, exported, new_seed

CHUNK = 100  # articles loaded at once, each with all that stands around it


@dataclass
class ExportReport:
    """What one export did. Paths are within the folder."""

    written: int = 0
    unchanged: int = 0  # stood there already, byte for byte
    pictures: int = 0  # picture files written beside the seeds
    edited: list[str] = field(default_factory=list)  # no longer what the feed delivered
    failures: list[tuple[str, str]] = field(default_factory=list)  # path and reason
    left_out: list[tuple[str, str]] = field(default_factory=list)  # path and a picture's name

    @property
    def total(self) -> int:
        return self.written + self.unchanged + len(self.failures)

    def __str__(self):
        lines = [f"{self.written} written, {self.unchanged} unchanged, {len(self.failures)} failed"]
        if self.pictures:
            lines.append(f"{self.pictures} pictures written beside the seeds")
        lines += [f"edited since its delivery: {path}" for path in self.edited]
        for path, name in self.left_out:
            lines.append(f"a picture of another source's site left out: {path}: {name}")
        return "\n".join(lines)


def _nothing(*args) -> None:
    pass


def export_seeds(
    folder: Path, source: str = "", *, on_progress: Callable[[int, int], None] = _nothing
) -> ExportReport:
    """Write the seeds of `source` below the folder, or those of every source, each below a folder
    of its own. What lies in the trash is left out; files that stand there for nothing stay.

    Calls `on_progress(done, total)`, in articles, after each chunk. Raises OSError where the folder
    cannot be made. A fixed number of queries for each CHUNK articles.
    """
    folder.mkdir(parents=True, exist_ok=True)
    articles = Article.objects.exclude(status=Article.Status.TRASHED)
    if source:
        articles = articles.filter(source=source)
    report, total, done = ExportReport(), articles.count(), 0
    aliases = load_aliases()
    for chunk in _chunks(articles):
        for article in chunk:
            place = folder if source else folder / folder_name(article.source)
            _export(article, aliases, place, folder, report)
        done += len(chunk)
        on_progress(done, max(done, total))
    files = TaxonomyDelivery.objects.filter(source=source) if source else TaxonomyDelivery.objects
    for file in files.order_by("pk").iterator(CHUNK):
        place = folder if source else folder / folder_name(file.source)
        _give_back(file, place, folder, report)
    return report


def folder_name(source: str) -> str:
    """The folder of a source among others: its name, with what no folder's name holds escaped."""
    name = quote(source, safe=" +@()&,'")
    return name.replace(".", "%2E", 1) if name.startswith(".") else name


def _chunks(articles) -> Iterator[list[Article]]:
    loaded = with_all_that_merges(articles).select_related("provider__logo")
    loaded = loaded.prefetch_related("related_items__provider__logo").order_by("pk")
    last = 0
    while chunk := list(loaded.filter(pk__gt=last)[:CHUNK]):
        yield chunk
        last = chunk[-1].pk


def _give_back(file: TaxonomyDelivery, folder: Path, root: Path, report: ExportReport) -> None:
    path = folder / _inside(file.path)
    try:
        is_new = _write(path, bytes(file.content), root)
        report.written += is_new
        report.unchanged += not is_new
    except OSError as error:
        report.failures.append((path.relative_to(root).as_posix(), str(error)))


def _export(
    article: Article, aliases: Aliases, folder: Path, root: Path, report: ExportReport
) -> None:
    delivery = getattr(article, "delivery", None)
    name = _inside(delivery.path if delivery else f"{article.stem}.md")
    path = folder / name
    shown = path.relative_to(root).as_posix()
    try:
        view = _View(article)
        content = _seed_of(article, delivery, view, aliases)
        if _write(path, content, root):
            report.written += 1
        else:
            report.unchanged += 1
        if delivery and content != bytes(delivery.content):
            report.edited.append(shown)
        report.left_out += [(shown, str(image)) for image in view.left_out]
        report.pictures += sum(
            _write_picture(image, url, folder, root) for url, image in view.files.items()
        )
    except (ExportError, SeedError, OSError) as error:
        report.failures.append((shown, str(error)))


def _seed_of(article: Article, delivery, view: "_View", aliases: Aliases) -> bytes:
    if delivery is None:
        words = own.words_of(article, NO_WORDS, view.written)
        is_public = article.status == Article.Status.PUBLISHED
        return new_seed(article.source, view.state, view.around, words, is_public)
    content, said = bytes(delivery.content), NO_WORDS
    if article.source == Article.NEWSROOM:
        seed = parse(content)
        said = records.read_own(seed, content, records.read(seed, content))
    words = own.words_of(article, said, view.written)
    ours = view.state
    if aliases:
        base = state.of_record(records.of_content(content), article.source)
        ours = in_the_feeds_words(ours, base, aliases)
    return exported(content, article.source, ours, view.around, words, said)


# What stands around an article ------------------------------------------------------------------


class _View:
    """An article's state as a seed can say it: its pictures by the links that a seed would name.

    `files` are the pictures that a seed names by a path, each with it; `left_out` those that it
    cannot name.
    """

    def __init__(self, article: Article):
        self.source = article.source
        self.files: dict[str, Image] = {}
        self.left_out: list[Image] = []
        self.images: dict[ImageKey, ImageRecord] = {}
        self.state = state.of_article(article)
        self.state["images"] = self.keys(article)
        items = article.related_items.all()
        for item, values in zip(items, self.state["related"].values(), strict=True):
            values["images"] = self.keys(item)
        logos = {}
        for provider in filter(None, (article.provider, *(item.provider for item in items))):
            logo = self.written(provider.logo) if provider.logo else None
            if logo:
                logos[provider.name, provider.domain] = logo
        self.around = Surroundings(self.images, logos)

    def keys(self, owner) -> tuple[ImageKey, ...]:
        keys: dict[ImageKey, None] = {}
        for use in owner.image_uses.all():
            image = self.written(use.image)
            if image is None:
                self.left_out.append(use.image)
            else:
                self.images[image.key(self.source)] = image
                keys[image.key(self.source)] = None
        return tuple(keys)

    def written(self, image: Image) -> ImageRecord | None:
        """The picture as a seed of this source names it; None where it cannot."""
        if image.url and image.site in ("", self.source):
            url = image.url
        elif image.file:
            url = weblinks.normalise_image(f"/images/{PurePosixPath(image.file.name).name}")
        else:
            return None
        if url.startswith("/") and image.file:
            self.files[url] = image
        return ImageRecord(url, image.width, image.height, image.credit)


# Files ------------------------------------------------------------------------------------------


def _inside(path: str) -> str:
    """A path that stays below its folder, whatever it says."""
    parts = [part for part in path.replace("\0", "").split("/") if part not in ("", ".", "..")]
    return "/".join(parts) or "unnamed"


def _write(path: Path, content: bytes, root: Path) -> bool:
    """Write a file whole or not at all. False where these bytes stand there: it keeps its time."""
    if path.is_file() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.parent.resolve().is_relative_to(root.resolve()):
        raise OSError(f"{path.parent} leads out of the folder; expected a folder in it")
    # Hidden, so that an import of the folder passes over what a killed export left.
    part = path.with_name(f".export-{os.getpid()}.part")
    try:
        part.write_bytes(content)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return True


def _write_picture(image: Image, url: str, folder: Path, root: Path) -> bool:
    """Write a picture's file where its seed says it lies, if nothing lies there yet."""
    path = folder / _inside(unquote(urlsplit(url).path))
    if path.suffix.lower() not in pictures.SUFFIXES or path.exists():
        return False
    with image.file.open() as file:
        return _write(path, file.read(), root)
