"""A run can be undone: run after run with edits after each, taken back one by one; each time all is
as if the run had never been and the edits had been made all the same."""

import json
import random
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

from django.db import transaction
from django.test import TestCase
from django.utils import timezone

from articles.digest import lines
from articles.importing import undo
from articles.importing.pipeline import import_seeds
from articles.importing.undo import undo_import
from articles.models import Article, ImportRun, RelatedItem
from tests.factories import NOON, make_topic
from tests.importing.feed import Feed
from tests.promises import trials

RUNS = trials(25, 500)


class UndoneRunsTests(TestCase):
    def setUp(self):
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.rnd = random.Random(8)
        self.feed = Feed(self.rnd, 12)
        self.deliver()

    def deliver(self) -> ImportRun:
        report = import_seeds([self.feed.deliver(self.folder)], "feed")
        return ImportRun.objects.get(pk=report.run_id)

    def edits(self) -> list:
        """Some edits of articles and related items that are here, as functions to call."""
        chosen = self.rnd.sample(sorted(Article.objects.values_list("pk", flat=True)), 3)
        kinds = self.rnd.choices(["title", "excerpt", "note", "decide", "topic", "related"], k=3)
        number = self.rnd.randrange(10**6)
        return [
            lambda a=a, b=b: self.edit(a, b, number) for a, b in zip(chosen, kinds, strict=True)
        ]

    def edit(self, pk: int, kind: str, number: int) -> None:
        rows = Article.objects.filter(pk=pk)
        if kind == "decide":
            article = rows.get()
            article.publish_from = NOON
            article.decide("published", None, timezone.now())
            article.save()
        elif kind == "topic":
            rows.get().topics.add(make_topic(f"Topic {number % 3}"))
        elif kind == "related":
            RelatedItem.objects.create(
                article_id=pk, position=99, title="Ours", web_url=f"https://ours.example/{number}"
            )
        else:
            rows.update(**{kind: f"Ours {number}"})

    def violations(self) -> list[str]:
        wrong = []
        for _ in range(RUNS):
            self.feed.move()
            edits = self.edits() if self.rnd.random() < 0.7 else []
            with transaction.atomic():
                for edit in edits:
                    edit()
                expected = unordered(lines())
                transaction.set_rollback(True)
            run = self.deliver()
            for edit in edits:
                edit()
            if self.rnd.random() < 0.5:
                continue  # this one stays
            undo_import(run)
            wrong += set(unordered(lines())) ^ set(expected)
            if wrong:
                break
        return wrong

    def test_all_is_as_if_it_had_never_been(self):
        self.assertEqual(self.violations(), [])

    def test_all_of_them_one_by_one_back_to_the_start(self):
        start = list(lines())
        runs = []
        for _ in range(RUNS):
            self.feed.move()
            runs.append(self.deliver())
        self.assertNotEqual(list(lines()), start)
        for run in reversed(runs):
            self.assertEqual(undo_import(run).kept, [])
        self.assertEqual(list(lines()), start)

    def test_the_twin_loses_the_edits(self):
        """Going back to what was, without a merge, takes what was written since along."""
        with mock.patch.object(undo, "merge_states", lambda base, theirs, ours, *_: (theirs, [])):
            self.assertTrue(self.violations())


def unordered(digest_lines) -> list[str]:
    """With the related items in an order of their own: where an editor's stands among those that
    went and came back, nobody can say."""
    found = []
    for line in digest_lines:
        kind, values = json.loads(line)
        if kind == "article":
            values["related"].sort(key=json.dumps)
        found.append(json.dumps([kind, values]))
    return found
