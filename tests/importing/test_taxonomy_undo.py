"""Topics and organizations taken back: as they were, but for what an editor did since."""

from articles.importing.undo import undo_import
from articles.models import (
    Image,
    ImportedFile,
    ImportRun,
    Provider,
    ProviderAlias,
    TaxonomyDelivery,
    Topic,
)
from articles.workflow import merge_topics
from tests.factories import make_editor, make_image, make_topic
from tests.importing.test_taxonomy_rows import TaxonomyTestCase

EVERYTHING = (Topic, Provider, ProviderAlias, TaxonomyDelivery, Image)


class UndoTests(TaxonomyTestCase):
    def undo(self, report, **options):
        return undo_import(ImportRun.objects.get(pk=report.run_id), **options)

    def rows(self):
        return {model: list(model.objects.order_by("pk").values()) for model in EVERYTHING}

    def test_what_a_run_brought_goes(self):
        self.put_topic("Transport", description="Ways.")
        self.put_topic("Trams", "Transport", images="[https://post.example/t.jpg]")
        self.put_organization()
        report = self.undo(self.import_all())
        self.assertEqual((report.reverted, report.kept), (3, []))
        for model in EVERYTHING:
            self.assertFalse(model.objects.exists(), model)
        self.assert_counts(self.import_all(), created=3)

    def test_what_a_run_changed_is_as_before_files_included(self):
        self.put_topic("Transport", description="Ways.", keywords="[way]")
        self.put_topic("Trams", "Transport")
        self.put_organization()
        self.import_all()
        before = self.rows()
        self.put_topic("Transport", "Trams", description="All ways.", keywords="[ways]")
        self.put_topic("Trams", shortname="T")
        self.put_organization(("  - The Post", "  - Daily Post"), ("post-400", "post-500"))
        self.put_topic("New", "Trams")
        changed = self.import_all()
        self.assert_counts(changed, created=1, updated=3)
        report = self.undo(changed)
        self.assertEqual((report.reverted, report.kept), (4, []))
        after = self.rows()
        names = [row["name"] for row in after.pop(ProviderAlias)]
        self.assertEqual(names, [row["name"] for row in before.pop(ProviderAlias)])
        self.assertEqual(after, before)

    def test_what_an_editor_did_since_stays_and_is_named(self):
        self.put_topic("Transport", description="Ways.")
        self.put_organization()
        run = self.import_all()
        Topic.objects.update(description="Ours.")
        Provider.objects.update(logo=make_image())
        report = self.undo(run)
        kept = sorted(what for _, what in report.kept)
        self.assertEqual(kept, ["description was changed since", "logo was changed since"])
        self.assertEqual(Topic.objects.get().description, "Ours.")
        self.assertEqual(Provider.objects.get().description, "")

    def test_an_editors_tree_stays(self):
        self.put_topic("A", "B")
        self.put_topic("B")
        self.import_all()
        self.put_topic("A")
        run = self.import_all()
        a, b = Topic.objects.order_by("name")
        Topic.objects.filter(pk=b.pk).update(parent=a)
        report = self.undo(run)
        self.assertEqual([what for _, what in report.kept], ["parent was changed since"])
        self.assertEqual(self.tree(), {"A": None, "B": "A"})

    def test_a_row_that_was_merged_or_deleted_since(self):
        self.put_topic("Transport", description="Ways.")
        self.put_topic("Trams", description="Rails.")
        run = self.import_all()
        merge_topics(make_topic("Mobility"), [make_topic("Transport")], by=make_editor())
        Topic.objects.filter(name="Trams").delete()
        report = self.undo(run)
        self.assertEqual([what for _, what in report.kept], ["it has been deleted since"])
        self.assertEqual(Topic.objects.get().description, "")
        self.assertTrue(Topic.objects.get().aliases.exists())

    def test_a_later_run_is_taken_back_first(self):
        self.put_topic("Transport", description="Ways.")
        first = self.import_all()
        self.put_topic("Transport", description="All ways.")
        later = self.import_all()
        report = self.undo(first)
        why = f"run {later.run_id} changed it again; take that one back first"
        self.assertEqual([what for _, what in report.kept], [why])
        self.assertEqual(Topic.objects.get().description, "All ways.")

    def test_a_dry_run_writes_nothing(self):
        self.put_topic("Transport", description="Ways.")
        self.put_organization()
        run = self.import_all()
        before = self.rows()
        self.assertEqual(self.undo(run, is_dry_run=True).reverted, 2)
        self.assertEqual(self.rows(), before)

    def test_the_runs_record_says_what_changed(self):
        self.put_topic("Transport", description="Ways.")
        self.import_all()
        self.put_topic("Transport", description="All ways.")
        run = self.import_all().run_id
        file = ImportedFile.objects.get(run=run)
        self.assertEqual(file.changes, {"description": ["Ways.", "All ways."]})
        self.assertEqual((file.outcome, file.path), ("updated", "_data/topics/transport.yaml"))
