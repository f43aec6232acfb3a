"""A run taken back: what it did goes, what an editor did since stays and is named."""

from io import BytesIO
from unittest import mock

from django.core.files.storage import default_storage
from PIL import Image as Picture

from articles.digest import state_digest
from articles.importing import proposals, undo
from articles.importing.undo import CannotUndo, undo_import
from articles.models import Article, Image, ImportRun, Proposal, Provider, RelatedItem, Topic
from tests.factories import NOON, make_editor
from tests.importing.test_pipeline import ImportTestCase

OTHER_LEAD = (
    ("https://post.example/bells", "https://courier.example/bells"),
    ("https://post.example/bells", "https://courier.example/bells"),
    ("name: Post\n  domain: Post.example", "name: Courier\n  domain: courier.example"),
    ("The depot tunes every bell.", "Every bell is tuned."),
    ("https://post.example/bells.jpg", "https://courier.example/bells.jpg"),
)
EVERYTHING = (
    ("Tram bells are tuned", "Tram bells are in tune"),
    ("quality: 60", "quality: 61"),
    ("heat: 80", "heat: 10"),
    ("published: true", "published: false"),
    ("  - Culture", "  - Music"),
    ("Why bells ring", "Why do bells ring?"),
    ("    quality: 20", "    quality: 21"),
    ("An explanation.", "A better one."),
    *OTHER_LEAD,
)


class UndoTestCase(ImportTestCase):
    def undo(self, **options):
        return undo_import(ImportRun.objects.filter(kind="import").first(), **options)

    def edit(self, **fields):
        Article.objects.filter(pk=self.article.pk).update(**fields)


class UndoTests(UndoTestCase):
    def test_takes_back_all_that_a_delivery_changed(self):
        self.run_import()
        before = state_digest()
        self.assertEqual(self.run_import(*EVERYTHING).updated, 1)
        self.assertNotEqual(state_digest(), before)
        report = self.undo()
        self.assertEqual((report.reverted, report.removed, report.kept), (1, 0, []))
        self.assertEqual(state_digest(), before)
        self.assertTrue(self.article.is_published())
        # The next delivery of the same file brings it all again.
        self.assertEqual(self.run_import(*EVERYTHING).updated, 1)

    def test_the_file_that_stood_before_is_known_again(self):
        self.run_import()
        self.run_import(*EVERYTHING)
        self.undo()
        self.assert_counts(self.run_import(("tuned", "tuned")), unchanged=1)

    def test_removes_what_the_run_created_with_all_that_came_along(self):
        before = state_digest()
        self.run_import()
        report = self.undo()
        self.assertEqual((report.reverted, report.removed), (0, 1))
        self.assertEqual(state_digest(), before)
        for model in (Article, Provider, Topic, Image, RelatedItem):
            self.assertFalse(model.objects.exists(), model)
        # Taken back, not deleted by an editor: it may come again.
        self.assert_counts(self.run_import(), created=1)

    def test_leaves_shared_rows_that_others_use_or_an_editor_described(self):
        self.run_import()
        self.write(
            ("  - Culture", "  - Music"), ("bells.jpg", "other.jpg"), name="2026-03-02-other.md"
        )
        self.run_import()
        Image.objects.filter(url__contains="other").update(alt_text="A bell.")
        self.undo()
        self.assertEqual(
            sorted(Topic.objects.values_list("name", flat=True)), ["Culture", "Transport"]
        )
        self.assertEqual(Image.objects.count(), 2)
        self.assertEqual(Provider.objects.count(), 2)

    def test_keeps_an_article_that_an_editor_worked_on_and_names_it(self):
        for number, edit in enumerate(
            ({"title": "Ours"}, {"body": "Our words."}, {"decided_at": NOON}, {"note": "See."})
        ):
            with self.subTest(edit):
                name = f"2026-03-0{number + 2}-story.md"
                self.write(name=name)
                self.run_import()
                Article.objects.filter(stem=name[:-3]).update(**edit)
                report = self.undo()
                self.assertEqual(report.removed, 0)
                ((path, why),) = report.kept
                self.assertEqual(path, name)
                self.assertIn("an editor worked on it", why)
                self.assertTrue(Article.objects.filter(stem=name[:-3], **edit).exists())

    def test_keeps_an_edit_made_since_and_takes_the_rest_back(self):
        self.run_import()
        self.run_import(*EVERYTHING)
        self.edit(title="Ours")
        self.article.related_items.update(excerpt="Our explanation.")
        report = self.undo()
        named = [what for _, what in report.kept]
        self.assertEqual(
            named,
            [
                "title was changed since",
                "related[https://radio.example/why].excerpt was changed since",
            ],
        )
        article = self.article
        self.assertEqual((article.title, article.heat, article.provider.name), ("Ours", 80, "Post"))
        item = article.related_items.get()
        self.assertEqual((item.title, item.excerpt), ("Why bells ring", "Our explanation."))

    def test_keeps_a_decision_made_since(self):
        self.run_import(("published: true", "published: false"))
        self.run_import(("published: true", "published:  true"))
        article = self.article
        article.decide("published", make_editor(), article.updated_at.replace(year=2030))
        article.save()
        self.assertEqual([what for _, what in self.undo().kept], ["status was changed since"])
        self.assertTrue(self.article.is_published())

    def test_a_takedown_taken_back_shows_what_an_editor_had_published(self):
        self.run_import()
        article = self.article
        article.decide("published", make_editor(), NOON)
        article.save()
        self.run_import(("published: true", "published: true\nremoved: true"))
        self.assertEqual(self.article.status, "withdrawn")
        self.undo()
        self.assertTrue(self.article.is_published())

    def test_leaves_what_a_later_run_changed_again(self):
        self.run_import()
        first = self.run_import(("heat: 80", "heat: 81")).run_id
        second = self.run_import(("heat: 80", "heat: 82")).run_id
        report = undo_import(ImportRun.objects.get(pk=first))
        self.assertEqual(report.reverted, 0)
        self.assertIn(f"run {second} changed it again", report.kept[0][1])
        self.assertEqual(self.article.heat, 82)
        self.undo()
        self.assertEqual(self.article.heat, 81)

    def test_a_delivery_that_moved_only_secured_is_in_nobodys_way(self):
        self.run_import()
        run = self.run_import(("heat: 80", "heat: 81")).run_id
        self.run_import(("heat: 80", "heat: 81"), ("AAAA;BBBB", "CCCC;DDDD"))
        undo_import(ImportRun.objects.get(pk=run))
        self.assertEqual(self.article.heat, 80)

    def test_a_dry_run_says_the_same_and_writes_nothing(self):
        self.run_import()
        self.run_import(*EVERYTHING)
        self.edit(note="Later.", title="Ours")
        before = state_digest(), ImportRun.objects.count()
        dry = self.undo(is_dry_run=True)
        self.assertEqual((state_digest(), ImportRun.objects.count()), before)
        done = self.undo()
        self.assertEqual((dry.reverted, dry.kept), (done.reverted, done.kept))
        self.assertIsNone(dry.run_id)

    def test_is_refused_twice_and_of_an_undo(self):
        self.run_import()
        run = ImportRun.objects.get()
        self.undo()
        with self.assertRaisesMessage(CannotUndo, "was taken back by run"):
            undo_import(run)
        with self.assertRaisesMessage(CannotUndo, "is itself an undo"):
            undo_import(ImportRun.objects.get(kind="undo"))

    def test_takes_back_the_file_of_a_picture_too(self):
        output = BytesIO()
        Picture.new("RGB", (40, 30), "red").save(output, "PNG")
        self.write(content=output.getvalue(), name="images/bells.png")
        self.run_import(("https://post.example/bells.jpg", "/images/bells.png"))
        name = Image.objects.get(site="feed").file.name
        self.assertTrue(default_storage.exists(name))
        with self.captureOnCommitCallbacks(execute=True):
            self.undo()
        self.assertFalse(default_storage.exists(name))

    def test_sizes_and_logos_filled_in_are_taken_back(self):
        plain = ("    width: 1200\n    height: 675\n", "")
        self.write(plain, name="2026-03-01-bells.md")
        self.run_import()
        before = state_digest()
        self.run_import(
            ("  domain: Post.example", "  domain: Post.example\n  images:\n    - url: /logo.png")
        )
        self.assertTrue(Provider.objects.get(name="Post").logo)
        self.undo()
        self.assertEqual(state_digest(), before)
        self.assertIsNone(Provider.objects.get(name="Post").logo)

    def test_one_that_was_killed_goes_on_where_it_stopped(self):
        for number in range(3):
            self.write(name=f"2026-03-0{number + 1}-story.md")
        before = state_digest()
        self.run_import()
        killed = mock.Mock(side_effect=KeyboardInterrupt)
        with mock.patch.object(undo, "BATCH", 1), self.assertRaises(KeyboardInterrupt):
            self.undo(on_file=killed)
        self.assertEqual(Article.objects.count(), 2)
        report = self.undo()
        self.assertEqual((report.removed, report.kept), (2, []))
        self.assertEqual(state_digest(), before)


class ProposalTests(UndoTestCase):
    """Proposals that a run moved go back with it."""

    def waiting(self):
        return [(p.field, p.base, p.theirs) for p in Proposal.objects.open()]

    def test_a_proposal_that_the_run_raised_goes(self):
        self.run_import()
        self.edit(title="Ours")
        self.run_import(("Tram bells are tuned", "Bells"))
        self.assertEqual(self.waiting(), [("title", "Tram bells are tuned", "Bells")])
        self.undo()
        self.assertEqual((self.waiting(), self.article.title), ([], "Ours"))

    def test_one_that_the_run_renewed_says_again_what_it_said(self):
        self.run_import()
        self.edit(title="Ours")
        self.run_import(("Tram bells are tuned", "Bells"))
        self.run_import(("Tram bells are tuned", "Trams"))
        self.assertEqual(self.waiting(), [("title", "Tram bells are tuned", "Trams")])
        self.undo()
        self.assertEqual(self.waiting(), [("title", "Tram bells are tuned", "Bells")])

    def test_one_that_the_run_settled_waits_again(self):
        self.run_import()
        self.edit(title="Ours")
        self.run_import(("Tram bells are tuned", "Bells"))
        self.run_import(("Tram bells are tuned", "Ours"))
        self.assertEqual(self.waiting(), [])
        self.undo()
        self.assertEqual(self.waiting(), [("title", "Tram bells are tuned", "Bells")])
        self.assertEqual(self.article.title, "Ours")

    def test_one_that_an_editor_decided_since_stays_decided(self):
        self.run_import()
        self.edit(title="Ours")
        self.run_import(("Tram bells are tuned", "Bells"))
        proposals.accept(Proposal.objects.get(), make_editor())
        self.undo()
        self.assertEqual((self.waiting(), self.article.title), ([], "Bells"))


class LeadTests(UndoTestCase):
    def test_a_swap_taken_back_is_forgotten(self):
        self.run_import()
        self.run_import(*OTHER_LEAD)
        self.assertEqual(self.article.leads.count(), 2)
        self.undo()
        self.assertEqual(self.article.leads.count(), 0)
        self.run_import(*OTHER_LEAD)
        self.run_import(("tuned", "tuned"))
        self.assertTrue(self.article.is_oscillating)
        self.undo()
        self.assertFalse(self.article.is_oscillating)
        self.assertEqual([lead.arrivals for lead in self.article.leads.all()], [1, 1])
