"""Hostile data, read in place from the folder "hostile" beside the one named by SEED_CORPUS."""

import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import F

from articles import revisions
from articles.importing.pipeline import import_seeds
from articles.models import Article, Image, Provider, RelatedItem, Revision, Topic
from articles.wording import NOT_STORABLE
from tests.corpus import FOLDER as CORPUS

FOLDER = CORPUS.parent / "hostile"

needs_hostile = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="beside SEED_CORPUS lies no folder “hostile”"
)


def read(name: str) -> list:
    """One of the lists: html_payloads, naughty_strings, yaml_suite, wpt_urltestdata, ssrf_urls."""
    return json.loads((FOLDER / f"{name}.json").read_text())


def payloads() -> list[str]:
    return [each["p"] for each in read("html_payloads")]


def addresses() -> list[str]:
    """What the standard's own tests take for addresses, and what was made to fool a fetcher."""
    standard = [each["input"] for each in read("wpt_urltestdata") if isinstance(each, dict)]
    return [*standard, *read("ssrf_urls")]


# A newsroom of it -------------------------------------------------------------------------------

# What has to be escaped in YAML's quotes beyond what JSON escapes.
_NOT_PLAIN = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")


def quoted(text: str) -> str:
    """A text as YAML, whatever is in it."""
    return _NOT_PLAIN.sub(
        lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False)
    )


def seed(number: int, text: str, *, title: str = "", more: str = "") -> bytes:
    """A seed that has the text wherever a feed may send one, as long as its place allows."""
    link = f"https://outlet{number}.example/story"
    lines = [
        f"title: {quoted((title or text)[:500])}",
        f"excerpt: {quoted(text)}",
        f"highlight: {quoted(text)}",
        f"category: {quoted(text)}",
        f"locale: {quoted(text)}",
        f"tags: [{quoted(text)}]",
        "publishedDateTime: 2026-03-01T09:30:00Z",
        f"webUrl: {link}",
        f"ampWebUrl: {quoted(text)}",
        f"type: {'video' if number % 3 == 0 else quoted(text[:50])}",
        f"featuredContent: {quoted(text)}",
        "heat: 80",
        f"published: {'false' if number % 7 == 0 else 'true'}",
        "provider:",
        f"  name: {quoted(text[:200])}",
        f"  domain: {quoted(f'{number}.example/{text}'[:500])}",
        f"topics: [{quoted(text[:100])}]",
        "images:",
        f"  - url: /{number}.jpg",
        f"    title: {quoted(text)}",
        f"    attribution: {quoted(text[:300])}",
        "related:",
        f"  - title: {quoted(text[:500])}",
        f"    excerpt: {quoted(text)}",
        f"    webUrl: {link}/related",
        f"    provider: {{name: {quoted(text[:200])}, domain: x.example}}",
        *([more] if more else []),
    ]
    return "\n".join(["---", *lines, "---", ""]).encode()


def storable(texts: list[str]) -> list[str]:
    """Those that an import takes and that say something."""
    return [text for text in texts if text.strip() and not NOT_STORABLE.search(text)]


def deliver(texts: list[str], stem: str = "story", **more):
    """Import each text in a seed of its own, and as a file's name; returns the report."""
    with TemporaryDirectory() as name:
        for number, text in enumerate(texts):
            content = seed(number, text, **more)
            (Path(name) / f"2026-03-01-{stem}-{number}.md").write_bytes(content)
        # What a file is called, and which keys it has, is told as well.
        for number, text in enumerate(texts[:20]):
            path = "".join(sign for sign in text if sign.isprintable() and sign != "/")[:40]
            content = f"---\n{quoted(text)}: x\n{quoted(text)}: y\n---\n".encode()
            (Path(name) / f"{number} {path}.md").write_bytes(content)
        return import_seeds([Path(name)], "feed")


def make_newsroom(texts: list[str], editor) -> None:
    """Each text in every place that a feed or an editor can fill: public stories and held ones,
    with a proposal, an old version and a record of each. Links and pictures' addresses too, which
    neither a form nor an import would take so."""
    deliver(texts)
    for number, article in enumerate(Article.objects.filter(source="feed").order_by("pk")):
        text = article.excerpt
        article.title, article.body, article.note = f"Ours: {text}"[:500], text, text
        article.withdrawal_reason = text[:500]
        if number % 2:
            article.web_url = article.original_url = text[:2048]
        article.save()
        changes = {"title": [article.title, text[:500]], "body": [text, ""], "topics": [[text], []]}
        revisions.record(article, changes, editor, Revision.Kind.EDIT, text[:300])
        LogEntry.objects.log_actions(editor.pk, [article], CHANGE, text)
    Provider.objects.update(description=F("name"))
    Topic.objects.update(description=F("name"), short_name=F("name"))
    for image in Image.objects.filter(file=""):
        image.url, image.alt_text = f"{image.credit}#{image.pk}", image.credit
        image.file, image.width, image.height = "images/x.jpg", 900, 600
        image.save()
    for item in RelatedItem.objects.order_by("pk")[::2]:
        item.web_url = item.original_url = item.title
        item.save()
    deliver(texts, title="The feed says otherwise")
