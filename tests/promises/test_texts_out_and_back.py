"""Whatever an editor wrote comes out as a seed and back as it was: every hostile text in every
place that a form can fill."""

import random
from unittest import mock

import pytest

from articles.importing import rewriting
from articles.importing.export import export_seeds
from articles.importing.pipeline import import_seeds
from articles.models import Article, Image, Tombstone
from tests import hostile
from tests.factories import NOON, make_article, make_image, make_provider, make_related_item
from tests.importing.test_export import ExportCase, WrittenHereTests
from tests.promises import trials


def texts() -> list[str]:
    found = [*hostile.read("naughty_strings"), *hostile.payloads()]
    found = list(dict.fromkeys(hostile.storable(found)))
    return random.Random(7).sample(found, trials(40, len(found)))


@hostile.needs_hostile
@pytest.mark.corpus
class TextsOutAndBackTests(ExportCase):
    states = WrittenHereTests.states

    def write(self, texts: list[str]) -> None:
        for number, text in enumerate(texts):
            name = text.strip()  # as every form and every feed has names
            outlet = make_provider(name[:200].strip(), f"{number}.example")
            article = make_article(
                source=Article.NEWSROOM,
                stem=f"2026-03-01-{number}",
                title=text[:500],
                excerpt=text,
                body=text,
                note=text,
                withdrawal_reason=text[:500] if number % 3 == 0 else "",
                status="withdrawn" if number % 3 == 0 else "published",
                decided_at=NOON,
                provider=outlet if number % 2 else None,
                topics=[name[:100].strip()],
                images=[make_image(file="", alt_text=text[:500], credit=text[:300])],
            )
            make_related_item(article, title=text[:500], excerpt=text, provider=outlet)

    def test_every_text_in_every_place(self):
        self.write(texts())
        before = self.states()
        report = export_seeds(self.folder, Article.NEWSROOM)
        self.assertEqual(report.failures, [])
        for model in (Article, Image, Tombstone):
            model.objects.all().delete()
        report = import_seeds([self.folder], Article.NEWSROOM)
        self.assertEqual(report.failures, [])
        after = self.states()
        self.assertEqual(after.keys(), before.keys())
        for stem, values in before.items():
            with self.subTest(stem):
                self.assertEqual(after[stem], values)

    def test_the_twin_says_that_it_cannot(self):
        """With quotes alone around a text: what does not read back is never handed out."""
        self.write(['a "bell"', "plain"])
        with mock.patch.object(rewriting, "_quoted", lambda text: f'"{text}"'):
            report = export_seeds(self.folder, Article.NEWSROOM)
        self.assertEqual([path for path, _why in report.failures], ["2026-03-01-0.md"])
