"""Other names: what a delivery calls a row that lives on under another name."""

from django.test import TestCase

from articles.importing.aliases import Aliases, canonical, load_aliases
from articles.models import Article, Provider, ProviderAlias, Topic, TopicAlias
from tests.factories import make_provider, make_topic
from tests.importing.seedtexts import record
from tests.importing.test_pipeline import ImportTestCase

POST, RADIO = ("Post", "post.example"), ("Radio", "radio.example")


class CanonicalTests(TestCase):
    def test_is_the_same_object_where_nothing_is_replaced(self):
        original = record()
        others = Aliases({("Other", "post.example"): RADIO}, {"Weather": "Climate"})
        for aliases in (Aliases(), others):
            self.assertIs(canonical(original, aliases), original)

    def test_names_the_survivors_everywhere_and_each_topic_once(self):
        aliases = Aliases(
            {POST: ("Courier", "courier.example"), RADIO: POST}, {"Transport": "Culture"}
        )
        changed = canonical(record(), aliases)
        self.assertEqual(changed.provider.key, ("Courier", "courier.example"))
        self.assertEqual(changed.related[0].provider.key, POST)
        self.assertEqual(changed.topics, ("Culture",))
        self.assertEqual(changed.title, record().title)

    def test_keeps_a_providers_logo(self):
        with_logo = record(
            ("  domain: Post.example", "  domain: Post.example\n  images: [{url: /l.png}]")
        )
        changed = canonical(with_logo, Aliases({POST: RADIO}))
        self.assertEqual(changed.provider.logo.url, "/l.png")


class LoadAliasesTests(TestCase):
    def test_takes_two_queries_and_leads_to_the_names_of_now(self):
        post, climate = make_provider(*POST), make_topic("Climate")
        ProviderAlias.objects.create(provider=post, name="The Post", domain="post.example")
        ProviderAlias.objects.create(provider=post, slug="an-old-address")
        TopicAlias.objects.create(topic=climate, name="Weather")
        Topic.objects.update(name="The climate")
        with self.assertNumQueries(2):
            aliases = load_aliases()
        self.assertEqual(aliases.providers, {("The Post", "post.example"): POST})
        self.assertEqual(aliases.topics, {"Weather": "The climate"})

    def test_leaves_out_what_would_stand_in_the_way_of_a_row(self):
        post, radio = make_provider(*POST), make_provider(*RADIO)
        ProviderAlias.objects.create(provider=post, name=radio.name, domain=radio.domain)
        TopicAlias.objects.create(topic=make_topic("Climate"), name=make_topic("Weather").name)
        self.assertFalse(load_aliases())


class DeliveryTests(ImportTestCase):
    def test_under_another_name_lands_on_the_survivor(self):
        make_provider("Courier", "courier.example", slug="courier")
        survivor = Provider.objects.get()
        ProviderAlias.objects.create(provider=survivor, name="Post", domain="post.example")
        TopicAlias.objects.create(topic=make_topic("Getting about"), name="Transport")
        self.assert_counts(self.run_import(), created=1)
        self.assertEqual(self.article.provider, survivor)
        self.assertEqual(sorted(self.article.topics.names()), ["Culture", "Getting about"])
        self.assertFalse(Provider.objects.filter(name="Post").exists())
        self.assertFalse(Topic.objects.filter(name="Transport").exists())

    def test_of_a_merged_provider_again_is_no_change_and_no_edit(self):
        self.run_import()
        survivor = make_provider("Courier", "courier.example")
        old = self.article.provider
        Article.objects.update(provider=survivor)
        old.delete()
        ProviderAlias.objects.create(provider=survivor, name="Post", domain="post.example")
        report = self.run_import(("category: news", "category: news\nmood: calm"))
        self.assert_counts(report, unchanged=1)
        self.assertEqual((report.kept, self.article.provider), ([], survivor))
        # And the feed may still give the story to somebody else.
        self.assert_counts(self.run_import(("name: Post", "name: Gazette")), updated=1)
        self.assertEqual(self.article.provider.name, "Gazette")
