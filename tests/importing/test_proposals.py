"""What an editor and the feed both changed: ours stays, the feed's waits, and an editor decides."""

from articles.importing import proposals
from articles.models import Article, Proposal
from tests.factories import NOON, make_editor
from tests.importing.test_pipeline import ImportTestCase

REMOVED = ("published: true", "published: true\nremoved: true")


class ProposalTestCase(ImportTestCase):
    def setUp(self):
        super().setUp()
        self.run_import()

    def edit(self, **fields):
        Article.objects.filter(pk=self.article.pk).update(**fields)

    def waiting(self):
        return [(p.field, p.base, p.theirs) for p in Proposal.objects.open().order_by("field")]


class RecordTests(ProposalTestCase):
    def test_a_conflict_waits_and_ours_stays(self):
        self.edit(title="Ours", excerpt="Our excerpt.")
        report = self.run_import(("Tram bells are tuned", "Bells"), ("The depot", "A depot"))
        self.assertEqual((self.article.title, self.article.excerpt), ("Ours", "Our excerpt."))
        self.assertEqual(
            self.waiting(),
            [
                ("excerpt", "The depot tunes every bell.", "A depot tunes every bell."),
                ("title", "Tram bells are tuned", "Bells"),
            ],
        )
        self.assertEqual((report.conflicts, report.unchanged), (2, 1))
        self.assertEqual(Proposal.objects.first().run_id, report.run_id)

    def test_waits_on_while_the_feed_says_the_same(self):
        self.edit(title="Ours")
        self.run_import(("Tram bells are tuned", "Bells"))
        report = self.run_import(("Tram bells are tuned", "Bells"), ("heat: 80", "heat: 81"))
        self.assertEqual((report.conflicts, report.updated), (0, 1))
        self.assertEqual(self.waiting(), [("title", "Tram bells are tuned", "Bells")])

    def test_a_newer_delivery_takes_its_place(self):
        self.edit(title="Ours")
        self.run_import(("Tram bells are tuned", "Bells"))
        self.run_import(("Tram bells are tuned", "Trams"))
        self.assertEqual(self.waiting(), [("title", "Tram bells are tuned", "Trams")])

    def test_is_settled_where_the_feed_comes_to_what_stands_here(self):
        self.edit(title="Ours")
        self.run_import(("Tram bells are tuned", "Bells"))
        self.run_import(("Tram bells are tuned", "Ours"))
        self.assertEqual(Proposal.objects.get().resolution, "settled")
        self.assertEqual(self.article.title, "Ours")

    def test_is_settled_where_the_feed_goes_back_to_what_the_editor_changed(self):
        self.edit(title="Ours")
        self.run_import(("Tram bells are tuned", "Bells"))
        self.run_import(("Tram bells are tuned", "Tram bells are tuned"))
        self.assertEqual((self.waiting(), self.article.title), ([], "Ours"))

    def test_a_provider_and_a_moment_can_wait(self):
        article = self.article
        other = article.related_items.get().provider
        self.edit(provider=other, published_at=NOON)
        self.run_import(("name: Post", "name: Courier"), ("2026-03-01T09:30", "2026-03-01T10:30"))
        self.assertEqual(
            self.waiting(),
            [
                ("provider", ["Post", "post.example"], ["Courier", "post.example"]),
                ("published_at", "2026-03-01T09:30:00+00:00", "2026-03-01T10:30:00+00:00"),
            ],
        )
        editor = make_editor()
        for proposal in Proposal.objects.open():
            proposals.accept(proposal, editor)
        article = self.article
        self.assertEqual(article.provider.name, "Courier")
        self.assertEqual(article.published_at.hour, 10)

    def test_a_related_item_has_its_own(self):
        self.article.related_items.update(title="Our title")
        self.run_import(("Why bells ring", "Why do bells ring?"))
        proposal = Proposal.objects.get()
        self.assertEqual(proposal.related_item, self.article.related_items.get())
        self.assertEqual((proposal.field, proposal.theirs), ("title", "Why do bells ring?"))

    def test_a_takedown_of_what_an_editor_keeps_public_waits(self):
        self.edit(is_kept_public=True)
        report = self.run_import(REMOVED)
        self.assertTrue(self.article.is_published())
        self.assertEqual((report.conflicts, report.takedowns), (1, []))
        self.assertEqual(self.waiting(), [("status", "published", "withdrawn")])
        self.run_import(REMOVED, ("heat: 80", "heat: 81"))
        self.assertEqual(self.waiting(), [("status", "published", "withdrawn")])
        self.assertTrue(self.article.is_published())

    def test_a_takedown_taken_back_by_the_feed_is_settled(self):
        self.edit(is_kept_public=True)
        self.run_import(REMOVED)
        self.run_import(("heat: 80", "heat: 81"))
        self.assertEqual(self.waiting(), [])
        self.assertTrue(self.article.is_published())


class DecideTests(ProposalTestCase):
    def setUp(self):
        super().setUp()
        self.edit(title="Ours")
        self.run_import(("Tram bells are tuned", "Bells"))
        self.proposal = Proposal.objects.get()
        self.editor = make_editor()

    def test_accepted_the_field_follows_the_feed_again(self):
        proposals.accept(self.proposal, self.editor)
        self.assertEqual(self.article.title, "Bells")
        self.run_import(("Tram bells are tuned", "Trams"))
        self.assertEqual((self.article.title, self.waiting()), ("Trams", []))
        self.proposal.refresh_from_db()
        self.assertEqual(
            (self.proposal.resolution, self.proposal.resolved_by), ("accepted", self.editor)
        )

    def test_rejected_ours_stays_until_the_feed_has_another_word(self):
        proposals.reject(self.proposal, self.editor)
        self.run_import(("Tram bells are tuned", "Bells"), ("heat: 80", "heat: 81"))
        self.assertEqual((self.article.title, self.waiting()), ("Ours", []))
        self.run_import(("Tram bells are tuned", "Trams"))
        self.assertEqual(self.waiting(), [("title", "Bells", "Trams")])

    def test_is_decided_once(self):
        proposals.reject(self.proposal, self.editor)
        with self.assertRaises(Proposal.DoesNotExist):
            proposals.accept(self.proposal, self.editor)
        self.assertEqual(self.article.title, "Ours")

    def test_an_accepted_takedown_withdraws(self):
        self.edit(is_kept_public=True)
        self.run_import(REMOVED)
        proposals.accept(Proposal.objects.open().get(field="status"), self.editor)
        article = self.article
        self.assertEqual((article.status, article.decided_by), ("withdrawn", self.editor))
        self.assertFalse(article.is_kept_public)

    def test_of_a_related_item_changes_that_item_alone(self):
        self.article.related_items.update(title="Our title", excerpt="Our excerpt.")
        self.run_import(("Why bells ring", "Why?"))
        proposals.accept(Proposal.objects.open().get(related_item__isnull=False), self.editor)
        item = self.article.related_items.get()
        self.assertEqual((item.title, item.excerpt), ("Why?", "Our excerpt."))
