"""Flapping: a feed that swaps the copies of a story is seen, and an editor can pin one."""

from articles.importing import leads
from articles.models import Article
from tests.importing.test_pipeline import ImportTestCase
from tests.importing.test_undo import OTHER_LEAD


class LeadsTests(ImportTestCase):
    def deliver(self, *names: str):
        """Deliveries, each with Post's or Courier's copy in the lead."""
        for name in names:
            self.run_import(*(OTHER_LEAD if name == "Courier" else (("tuned", "tuned"),)))

    def named(self):
        rows = self.article.leads.order_by("provider_name")
        return [(lead.provider_name, lead.arrivals) for lead in rows]

    def test_one_swap_is_kept_and_no_oscillation(self):
        self.deliver("Post", "Courier")
        self.assertEqual(self.named(), [("Courier", 1), ("Post", 1)])
        self.assertFalse(self.article.is_oscillating)

    def test_going_back_marks_the_article_and_names_both(self):
        self.deliver("Post", "Courier", "Post")
        self.assertTrue(self.article.is_oscillating)
        self.assertEqual(self.named(), [("Courier", 1), ("Post", 2)])

    def test_scores_alone_are_no_swap(self):
        self.deliver("Post")
        for heat in ("81", "80", "81"):
            self.run_import(("heat: 80", f"heat: {heat}"))
        self.assertEqual(self.named(), [])
        self.assertFalse(self.article.is_oscillating)

    def test_a_pinned_copy_stays_whatever_the_feed_leads_with(self):
        self.deliver("Post", "Courier", "Post")
        leads.pin(self.article.leads.get(provider_name="Courier"))
        for delivered in ("Post", "Courier", "Post"):
            report = self.run_import(
                ("heat: 80", f"heat: {len(delivered)}"),
                *(OTHER_LEAD if delivered == "Courier" else ()),
            )
            article = self.article
            self.assertEqual(article.provider.name, "Courier")
            self.assertEqual(article.web_url, "https://courier.example/bells")
            self.assertEqual(article.excerpt, "Every bell is tuned.")
            self.assertEqual(article.images.get().url, "https://courier.example/bells.jpg")
            self.assertEqual(article.heat, len(delivered))
            self.assertFalse(article.is_oscillating)
            self.assertEqual(report.conflicts, 0)

    def test_a_pin_keeps_an_editors_words(self):
        self.deliver("Post", "Courier", "Post")
        Article.objects.update(excerpt="Ours.")
        leads.pin(self.article.leads.get(provider_name="Courier"))
        self.assertEqual((self.article.excerpt, self.article.provider.name), ("Ours.", "Courier"))

    def test_unpinned_it_follows_the_feed_from_its_last_copy(self):
        self.deliver("Post", "Courier", "Post")
        leads.pin(self.article.leads.get(provider_name="Courier"))
        leads.unpin(self.article)
        self.assertEqual(self.article.provider.name, "Post")
        self.assertEqual(self.article.images.get().url, "https://post.example/bells.jpg")
        self.deliver("Courier")
        self.assertEqual(self.article.provider.name, "Courier")

    def test_dismissed_it_is_marked_again_when_the_feed_next_goes_back(self):
        self.deliver("Post", "Courier", "Post")
        leads.dismiss(self.article)
        self.assertFalse(self.article.is_oscillating)
        self.deliver("Courier")
        self.assertTrue(self.article.is_oscillating)
