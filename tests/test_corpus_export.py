"""Real seeds in odd shapes, out again: byte for byte, and with single values edited."""

import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.test import TestCase

from articles.importing import state
from articles.importing.apply import with_all_that_merges
from articles.importing.export import export_seeds, folder_name
from articles.importing.pipeline import import_seeds
from articles.models import Article, Tombstone
from tests.corpus import FOLDER, needs_corpus
from tests.factories import make_provider, make_related_item, make_topic
from tests.promises import only_in_full

pytestmark = [needs_corpus, pytest.mark.corpus]


class AsDeliveredTests(TestCase):
    def test_every_file_that_was_taken_comes_back_byte_for_byte(self):
        folders = [*FOLDER.rglob("_news"), *FOLDER.rglob("_posts")]
        exported = 0
        for number, folder in enumerate(sorted(filter(Path.is_dir, folders))):
            source = f"feed-{number}"
            report = import_seeds([folder], source)
            with TemporaryDirectory() as name:
                out = export_seeds(Path(name), source)
                self.assertEqual((out.failures, out.edited), ([], []))
                self.assertEqual(out.written, report.created)
                for path in filter(Path.is_file, Path(name).rglob("*")):
                    delivered = folder / path.relative_to(name)
                    self.assertEqual(path.read_bytes(), delivered.read_bytes(), delivered)
                    exported += 1
        self.assertGreater(exported, 600)


class EditedTests(TestCase):
    """One value of every article edited: its lines differ, no others, and the seeds import again
    to what stands here."""

    @classmethod
    def setUpTestData(cls):
        cls.folders = {
            path.parent.name: path for path in [*FOLDER.glob("*/_news"), *FOLDER.glob("*/_posts")]
        }
        for source, folder in cls.folders.items():
            import_seeds([folder], source)

    def check(self, edit, gone: str, new: str, at_least: int = 90):
        """`edit` changes a row and says whether it did; lines that went and lines that came match
        the patterns."""
        edited = sum(bool(edit(article)) for article in self.articles())
        self.assertGreaterEqual(edited, at_least)
        before = self.states()
        with TemporaryDirectory() as name:
            report = export_seeds(Path(name))
            self.assertEqual(report.failures, [])
            self.assertEqual(len(report.edited), edited)
            for shown in report.edited:
                source, path = shown.split("/", 1)
                old = (self.folders[source] / path).read_bytes()
                self.check_lines(old, (Path(name) / shown).read_bytes(), gone, new)
            Article.objects.all().delete()
            Tombstone.objects.all().delete()
            for source in self.folders:
                again = import_seeds([Path(name) / folder_name(source)], source)
                self.assertEqual(again.failures, [])
        self.assertEqual(self.states(), before)

    def check_lines(self, old: bytes, new: bytes, gone_pattern: str, new_pattern: str):
        old_lines, new_lines = old.splitlines(keepends=True), new.splitlines(keepends=True)
        while old_lines and new_lines and old_lines[-1] == new_lines[-1]:
            del old_lines[-1], new_lines[-1]
        while old_lines and new_lines and old_lines[0] == new_lines[0]:
            del old_lines[0], new_lines[0]
        ending = r"\r\n" if b"\r\n" in old else r"\n"
        for lines, pattern in ((old_lines, gone_pattern), (new_lines, new_pattern)):
            text = b"".join(lines).decode()
            self.assertRegex(text, re.compile(rf"(?:{pattern.replace('$', ending)})\Z"))

    def articles(self):
        return with_all_that_merges(Article.objects.order_by("pk"))

    def states(self):
        result = {}
        for article in self.articles():
            values = state.of_article(article)
            values["related"] = list(values["related"].items())
            for name in state.DECISION_COLUMNS:
                del values[name]
            result[article.source, article.stem] = values
        return result

    def test_title(self):
        def edit(article):
            article.title = 'An editor\'s "headline": #1\\ – ok 🎉'
            article.save()
            return True

        self.check(edit, r"title: [^\n]*$", r"title: [^\n]*$")

    def test_excerpt_of_two_lines(self):
        def edit(article):
            article.excerpt = "One line,\nand  another "
            article.save()
            return True

        line = r'(?:excerpt|abstract): "One line,\\nand  another "$'
        self.check(edit, r"(?:excerpt|abstract): [^\n]*$", line)

    def test_moment_and_type(self):
        def edit(article):
            article.published_at = article.published_at.replace(hour=3, minute=4, second=5)
            article.save()
            return True

        line = r"publishedDateTime: [-\d]+T[:\d]+Z$"
        self.check(edit, line, line)

    def test_link(self):
        def edit(article):
            article.web_url = "https://example.org/a b?c=é"
            article.save()
            return True

        key = r"(?:webUrl|sourceUrl|url)"
        # Some videos have no such key yet.
        self.check(edit, rf"(?:{key}: [^\n]*$)?", rf'{key}: "?https://example.org/a b\?c=é"?$')

    @only_in_full
    def test_provider(self):
        provider = make_provider("Harbour Post: daily", "harbour.example")

        def edit(article):
            article.provider = provider
            article.save()
            return True

        names = r"  name: [^\n]*$  (?:domain|id): [^\n]*$"
        # A logo goes with the provider that it belonged to.
        self.check(edit, names + r"(?:  images:$(?:    [^\n]*$)+)?", names)

    def test_a_topic_more(self):
        topic = make_topic("A new topic")

        def edit(article):
            article.topics.add(topic)
            return True

        self.check(edit, "", r"  - A new topic$")

    @only_in_full
    def test_a_topic_less(self):
        def edit(article):
            topics = sorted(row.tag.name for row in article.topic_assignments.all())
            if len(topics) < 2:
                return False
            article.topic_assignments.get(tag__name=topics[0]).delete()
            return True

        self.check(edit, r"  - [^\n]*$", "", at_least=20)

    def test_title_and_link_of_a_related_item(self):
        def edit(article):
            item = article.related_items.last()
            if item is None:
                return False
            item.title, item.web_url = "Other: words", "https://example.org/other"
            item.save()
            return True

        # Both stand in one item; between them nothing else differs, or the states would.
        lines = r"(?:  - |    )(?:title|url|webUrl|sourceUrl): .*"
        self.check(edit, f"(?s:{lines})", f"(?s:{lines})", at_least=40)

    @only_in_full
    def test_title_of_a_related_item_alone(self):
        def edit(article):
            item = article.related_items.first()
            if item is None:
                return False
            item.title = "Other words"
            item.save()
            return True

        line = r"  (?:-|  ) ?title: [^\n]*$"
        self.check(edit, line, line, at_least=40)

    @only_in_full
    def test_a_related_item_less(self):
        def edit(article):
            items = list(article.related_items.all())
            if len(items) < 2:
                return False
            items[1].delete()
            return True

        # What is left over once the common ends are gone begins anywhere within an item.
        self.check(edit, r"(?:(?:  - |    )[^\n]*$)+", "", at_least=30)

    def test_a_related_item_more(self):
        def edit(article):
            make_related_item(article, position=999)
            return True

        self.check(edit, "", r"(?s:(?:$)?(?:related:$)?(?:  - |    )\w.*)")

    def test_related_items_and_pictures_the_other_way_round(self):
        def edit(article):
            items, uses = list(article.related_items.all()), list(article.image_uses.all())
            for rows in (items, uses):
                for place, row in enumerate(reversed(rows)):
                    row.position = place
                    row.save()
            return len(items) > 1 or len(uses) > 1

        self.check(edit, r"(?s:.*)", r"(?s:.*)", at_least=30)

    @only_in_full
    def test_nothing_but_a_title_left(self):
        def edit(article):
            article.excerpt = article.web_url = article.original_url = ""
            article.featured_content = ""
            article.save()
            for rows in (article.topic_assignments, article.image_uses, article.related_items):
                rows.all().delete()
            return True

        self.check(edit, r"(?s:.*)", r"(?s:.*)")
