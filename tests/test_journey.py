"""The whole way, once: the given seed goes in held, an editor publishes it, readers read it."""

from django.conf import settings
from django.test import TestCase
from django.urls import reverse

from articles.importing.pipeline import import_seeds
from articles.models import Article

from .factories import make_editor


class JourneyTests(TestCase):
    def setUp(self):
        import_seeds([settings.BASE_DIR / "seeds" / "000_bbbbb451ba479995.txt"], "seeds")
        self.article = Article.objects.get()
        self.address = self.article.get_absolute_url()
        self.lists = [reverse(f"articles:{name}") for name in ("front", "latest", "topics")]

    def decide(self, action, **fields):
        self.client.force_login(make_editor(username=action))
        chosen = {"action": action, "_selected_action": [self.article.pk], **fields}
        response = self.client.post(reverse("admin:articles_article_changelist"), chosen)
        self.assertEqual(response.status_code, 302)
        self.client.logout()

    def assert_hidden(self, status=404):
        self.assertEqual(self.client.get(self.address).status_code, status)
        for address in self.lists:
            self.assertNotContains(self.client.get(address), "facial")
            self.assertNotContains(self.client.get(address), "Computer Vision")

    def test_from_the_feed_to_the_reader_and_back(self):
        self.assertEqual(self.article.slug[:15], "2023-07-04-ecj-")
        self.assert_hidden()

        self.decide("publish_now")
        page = self.client.get(self.address)
        self.assertContains(page, "ECJ hits Russia with human rights violations")
        for item in self.article.related_items.all():
            self.assertContains(page, item.link)
            self.assertContains(page, item.provider.display_name)
        self.assertContains(page, self.article.link)
        self.assertEqual(self.article.related_items.count(), 2)
        self.assertContains(self.client.get(self.lists[1]), self.address)

        self.decide("withdraw", reason="The court asked for it")
        self.assert_hidden(status=410)
