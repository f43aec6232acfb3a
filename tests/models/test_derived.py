"""Derived columns: right after every way of writing the rows they belong to."""

from importlib import import_module

from django.apps import apps
from django.db import connection
from django.test import TestCase
from django.urls import reverse

from articles import revisions, search, undoing
from articles.importing.undo import undo_import
from articles.models import Article, ImportRun, Proposal, RelatedItem, Revision
from articles.workflow import merge_providers
from tests.admin.desk import HEADLINE, OTHER_COPY, DeskTestCase
from tests.factories import make_article, make_provider
from tests.test_admin import fields_of

LINKS = ("web_url", "original_url")
KEYS = ("link_key", "title_first", "title_last")


def wrong():
    """Rows whose derived columns are not what the rest of them says."""
    rows = [*Article.objects.all(), *RelatedItem.objects.all()]
    return [
        (row, name, getattr(row, name), value)
        for row in rows
        for name, value in row.derived().items()
        if getattr(row, name) != value
    ]


def changed(before, after):
    return {name for name, value in before.items() if after[name] != value}


class EveryWayTests(DeskTestCase):
    """Each test writes the rows another way; all of them end here."""

    def tearDown(self):
        rows = [*Article.objects.all(), *RelatedItem.objects.all()]
        self.assertTrue(rows)
        self.assertEqual(wrong(), [])
        self.assertTrue(all(row.link_key is not None for row in rows))

    def save(self, **changes):
        url = reverse("admin:articles_article_change", args=[self.article.pk])
        fields = fields_of(self.client.get(url))
        self.assertLessEqual(changes.keys(), fields.keys())
        self.assertEqual(self.client.post(url, fields | changes).status_code, 302)

    def test_imported(self):
        self.run_import()
        self.assertEqual(Article.objects.exclude(title_first=None).count(), 1)

    def test_imported_again_with_other_words_and_links(self):
        self.run_import()
        before = self.article.derived(), self.article.related_items.get().link_key
        self.run_import(HEADLINE, *OTHER_COPY, ("https://radio.example/", "https://air.example/"))
        after = self.article.derived(), self.article.related_items.get().link_key
        self.assertEqual(changed(before[0], after[0]), {*KEYS, "words_title"})
        self.assertNotEqual(after[1], before[1])

    def test_a_run_taken_back(self):
        self.run_import()
        self.run_import(HEADLINE, *OTHER_COPY)
        undo_import(ImportRun.objects.first())

    def test_saved_in_the_form(self):
        self.run_import()
        before = self.article.derived()
        self.save(title="Quite another headline", web_url="https://ours.example/a")
        self.assertEqual(changed(before, self.article.derived()), {*KEYS, "words_title"})
        self.save(excerpt="Quite another excerpt.", body="Ours, *too*.")
        self.assertEqual(self.article.derived()["words_body"], "ours too")
        self.save(**{"related_items-0-web_url": "https://ours.example/b"})

    def test_a_proposal_accepted_and_a_copy_pinned(self):
        proposal = self.make_conflict()
        self.client.post(
            reverse("admin:articles_article_proposals", args=[self.article.pk]),
            {"accept": proposal.pk},
        )
        self.assertFalse(Proposal.objects.open().exists())
        self.make_swaps()
        lead = self.article.leads.get(domain="courier.example")
        address = reverse("admin:articles_article_sources", args=[self.article.pk])
        self.client.post(address, {"keep": lead.pk})
        self.assertEqual(self.article.web_url, "https://courier.example/bells")

    def test_restored_and_undone(self):
        self.run_import()
        with revisions.recording(self.article.pk, self.editor, Revision.Kind.EDIT):
            for row in (self.article, self.article.related_items.get()):
                row.web_url = row.original_url = "https://ours.example/a"
                row.save(update_fields=LINKS)
        self.assertEqual(wrong(), [])
        token = undoing.token(Revision.objects.all())
        undoing.undo(token, self.editor)
        self.assertEqual(wrong(), [])
        key = revisions.timeline(self.article)[1].key
        self.assertTrue(revisions.restore(self.article, key, self.editor))

    def test_providers_merged(self):
        self.run_import()
        survivor = make_provider()
        merge_providers(survivor, [self.article.provider], self.editor)


class FillTests(TestCase):
    def test_gives_rows_that_are_there_what_new_ones_get(self):
        for _ in range(3):
            make_article(related=2)
        make_article(title="Short", web_url="")
        for model in (Article, RelatedItem):
            names = model.objects.first().derived()
            model.objects.update(**dict.fromkeys(names))
        self.assertTrue(wrong())
        migration = import_module("articles.migrations.0010_fill_link_keys")
        migration.BATCH = 2
        migration.fill(apps, connection.schema_editor())
        search.fill()
        self.assertEqual(wrong(), [])
