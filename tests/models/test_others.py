"""Providers, topics, images and related items: what the database refuses, what readers are told."""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import TestCase

from articles.models import (
    Image,
    Provider,
    ProviderAlias,
    RelatedItem,
    TaxonomyDelivery,
    Topic,
    TopicAlias,
)
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

    def test_refuse_one_alias_for_two_and_one_that_says_nothing(self):
        post, radio = make_provider("Post"), make_provider("Radio")
        key = {"name": "Old Post", "domain": "post.example"}
        ProviderAlias.objects.create(provider=post, slug="old-post", **key)
        self.assert_refused(ProviderAlias, provider=radio, **key)
        self.assert_refused(ProviderAlias, provider=radio, slug="old-post")
        self.assert_refused(ProviderAlias, provider=radio, domain="post.example")
        self.assert_refused(ProviderAlias, provider=radio, name="A", domain="A.example")
        climate, energy = make_topic("Climate"), make_topic("Energy")
        TopicAlias.objects.create(topic=climate, name="Weather", slug="weather")
        self.assert_refused(TopicAlias, topic=energy, name="Weather")
        self.assert_refused(TopicAlias, topic=energy, slug="weather")
        self.assert_refused(TopicAlias, topic=energy)

    def test_refuse_a_second_file_at_one_place(self):
        place = {"source": "feed", "path": "topics/a.yaml", "kind": "topic", "name": "A"}
        TaxonomyDelivery.objects.create(content=b"", digest="0", **place)
        self.assert_refused(TaxonomyDelivery, content=b"", digest="1", **place)
        place |= {"path": "b", "kind": "person"}
        self.assert_refused(TaxonomyDelivery, content=b"", digest="1", **place)

    def test_refuse_a_topic_as_its_own_parent(self):
        topic = make_topic("Climate")
        with self.assertRaises(IntegrityError), transaction.atomic():
            Topic.objects.filter(pk=topic.pk).update(parent=topic)


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

    def test_a_parent_below_the_topic_is_refused(self):
        top, middle, low = make_topic("Top"), make_topic("Middle"), make_topic("Low")
        middle.parent, low.parent = top, middle
        middle.save()
        low.save()
        self.assertEqual(low.parents(), [middle.pk, top.pk])
        low.clean()
        top.parent = low
        with self.assertRaisesMessage(ValidationError, "“Low” lies below this topic"):
            top.clean()

    def test_outlives_its_parent(self):
        top = make_topic("Top")
        low = Topic.objects.create(name="Low", parent=top)
        top.delete()
        low.refresh_from_db()
        self.assertIsNone(low.parent)


class AliasTests(TestCase):
    def test_keep_their_old_addresses_taken(self):
        provider, topic = make_provider("Post"), make_topic("Climate")
        ProviderAlias.objects.create(provider=provider, name="Radio", slug="radio")
        ProviderAlias.objects.create(provider=provider, name="The Post")
        TopicAlias.objects.create(topic=topic, slug="weather")
        self.assertEqual(Provider.objects.taken_slugs(), {"post", "radio"})
        self.assertEqual(Topic.objects.taken_slugs(), {"climate", "weather"})

    def test_may_not_name_what_is_there_under_that_name(self):
        post, _ = make_provider("Post", "post.example"), make_provider("Radio", "radio.example")
        ProviderAlias(provider=post, name="Radio", domain="post.example").clean()
        with self.assertRaisesMessage(ValidationError, "Merge it instead"):
            ProviderAlias(provider=post, name="Radio", domain="radio.example").clean()
        make_topic("Weather")
        with self.assertRaisesMessage(ValidationError, "Merge it instead"):
            TopicAlias(topic=make_topic("Climate"), name="Weather").clean()


class LinkTests(TestCase):
    def test_is_safe_to_follow(self):
        item = make_related_item(make_article(), web_url=" https://a.example/ä b")
        self.assertEqual(item.link, "https://a.example/%C3%A4%20b")
        item.web_url, item.original_url = "javascript:alert(1)", ""
        self.assertEqual(item.link, "")
