"""Providers, topics, images and related items: what the database refuses, what readers are told."""

from django.db import IntegrityError, transaction
from django.test import TestCase

from articles.models import Image, Provider, RelatedItem, Topic
from tests.factories import make_article, make_image, make_provider, make_related_item, make_topic


class ConstraintTests(TestCase):
    def assert_refused(self, model, **fields):
        with self.assertRaises(IntegrityError), transaction.atomic():
            model.objects.create(**fields)

    def test_refuse_a_provider_twice_nameless_or_in_capitals(self):
        make_provider("Post", "post.example")
        self.assert_refused(Provider, name="Post", domain="post.example", slug="other")
        self.assert_refused(Provider, name="", domain="a.example", slug="a")
        self.assert_refused(Provider, name="A", domain="A.example", slug="a")

    def test_refuse_a_picture_stored_twice_half_sized_or_of_nothing(self):
        make_image(url="https://a.example/1.jpg")
        self.assert_refused(Image, url="https://a.example/1.jpg")
        self.assert_refused(Image, url="https://a.example/2.jpg", width=10)
        self.assert_refused(Image)
        make_image(url="", file="a.jpg")
        make_image(url="", file="b.jpg")

    def test_refuse_a_related_item_without_a_headline(self):
        self.assert_refused(RelatedItem, article=make_article(), title="")


class WithPublishedTests(TestCase):
    def test_leaves_out_what_only_hidden_articles_use(self):
        hidden, shown = make_provider("Hidden", "h.example"), make_provider()
        make_article(is_published=False, provider=hidden, topics=["Secret"])
        make_article(provider=shown, topics=["Open"])
        self.assertEqual(list(Provider.objects.with_published()), [shown])
        self.assertEqual(list(Topic.objects.with_published()), [make_topic("Open")])


class TopicTests(TestCase):
    def test_two_names_that_read_alike_get_two_addresses(self):
        slugs = [make_topic(name).slug for name in ("C#", "C++", "القطار")]
        self.assertEqual(slugs, ["c", "c-2", "topic"])


class LinkTests(TestCase):
    def test_is_safe_to_follow(self):
        item = make_related_item(make_article(), web_url=" https://a.example/ä b")
        self.assertEqual(item.link, "https://a.example/%C3%A4%20b")
        item.web_url, item.original_url = "javascript:alert(1)", ""
        self.assertEqual(item.link, "")
