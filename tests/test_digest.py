"""The digest: the same for what says the same, another for everything that an editor could see."""

from django.test import TestCase

from articles.digest import state_digest
from articles.models import Article, Image, Provider, RelatedItem, Topic
from tests.factories import make_article, make_editor, make_image


class StateDigestTests(TestCase):
    def setUp(self):
        self.article = make_article(topics=["Climate"], images=[make_image()], related=2)

    def test_sees_every_change(self):
        changes = [
            lambda: Article.objects.update(note="Ask again."),
            lambda: Article.objects.update(status="held"),
            lambda: Article.objects.update(decided_at="2026-01-01T00:00Z"),
            lambda: Provider.objects.update(description="A harbour's paper."),
            lambda: Image.objects.update(alt_text="A harbour."),
            lambda: Topic.objects.update(name="Weather"),
            lambda: RelatedItem.objects.filter(position=1).update(title="Another"),
            lambda: RelatedItem.objects.filter(position=1).delete(),
            lambda: self.article.topics.clear(),
        ]
        seen = {state_digest()}
        for change in changes:
            change()
            seen.add(state_digest())
        self.assertEqual(len(seen), 1 + len(changes))

    def test_does_not_see_what_says_nothing(self):
        before = state_digest()
        Article.objects.update(updated_at="2020-01-01T00:00Z", decided_by=make_editor())
        Topic.objects.create(name="Unused", slug="unused")
        self.assertEqual(state_digest(), before)

    def test_can_look_at_one_source_alone(self):
        before = state_digest("seeds")
        make_article(source="other")
        self.assertEqual(state_digest("seeds"), before)
        self.assertNotEqual(state_digest(), before)
