"""Merging: what moves, what goes, and where the next delivery and the old address lead."""

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.test import TestCase
from django.utils import timezone

from articles.importing import leads, proposals
from articles.importing.export import export_seeds
from articles.importing.undo import undo_import
from articles.models import (
    Article,
    ImportRun,
    Proposal,
    Provider,
    ProviderAlias,
    Topic,
    TopicAlias,
    TopicAssignment,
)
from articles.workflow import keep_old_name, merge_providers, merge_topics

from .factories import (
    NOON,
    make_article,
    make_editor,
    make_image,
    make_provider,
    make_related_item,
    make_topic,
)
from .importing.test_pipeline import ImportTestCase


def make_child(name, parent=None, **fields):
    return Topic.objects.create(name=name, parent=parent, **fields)


class MergeProvidersTests(TestCase):
    def setUp(self):
        self.editor = make_editor()
        self.survivor = make_provider("Post", "post.example")
        self.other = make_provider(
            "The Post", "post.example", description="A paper.", logo=make_image()
        )

    def merge(self, *others):
        return merge_providers(self.survivor, others or [self.other], by=self.editor)

    def test_moves_all_that_hangs_on_the_others(self):
        article = make_article(provider=self.other)
        item = make_related_item(make_article(provider=self.survivor), provider=self.other)
        third = make_provider("Radio", "radio.example")
        held = make_article(provider=third, is_published=False)
        self.merge(self.other, third)
        for row in (article, item, held):
            row.refresh_from_db()
            self.assertEqual(row.provider, self.survivor)
        self.assertEqual(list(Provider.objects.all()), [self.survivor])

    def test_marks_the_moved_articles_as_changed_and_no_others(self):
        moved, stayed = make_article(provider=self.other), make_article(provider=self.survivor)
        Article.objects.update(updated_at=NOON)
        self.merge()
        moved.refresh_from_db()
        stayed.refresh_from_db()
        self.assertGreater(moved.updated_at, NOON)
        self.assertEqual(stayed.updated_at, NOON)

    def test_fills_in_what_the_survivor_does_not_say(self):
        logo, description = self.other.logo, self.other.description
        merged = self.merge()
        self.assertEqual((merged.logo, merged.description), (logo, description))
        third = make_provider("Radio", "r.example", description="No paper.", logo=make_image())
        merged = self.merge(third)
        self.assertEqual((merged.logo, merged.description), (logo, description))

    def test_keeps_names_and_addresses_those_of_earlier_merges_too(self):
        old = make_provider("Old Post", "old.example")
        make_article(provider=old)
        merge_providers(self.other, [old], by=self.editor)
        self.merge()
        self.assertEqual(
            set(ProviderAlias.objects.values_list("name", "domain", "slug", "provider__name")),
            {
                ("The Post", "post.example", "the-post", "Post"),
                ("Old Post", "old.example", "old-post", "Post"),
            },
        )

    def test_keeps_both_addresses_of_a_name_that_was_merged_before(self):
        make_article(provider=self.other)
        self.merge()
        again = Provider.objects.create(name="The Post", domain="post.example", slug="again")
        make_article(provider=again)
        self.merge(again)
        self.assertEqual(
            set(ProviderAlias.objects.values_list("name", "slug")),
            {("The Post", "the-post"), ("", "again")},
        )

    def test_gives_an_alias_without_an_address_the_new_one(self):
        ProviderAlias.objects.create(
            provider=make_provider("Radio", "r.example"), name="The Post", domain="post.example"
        )
        make_article(provider=self.other)
        self.merge()
        alias = ProviderAlias.objects.get()
        self.assertEqual((alias.provider, alias.slug), (self.survivor, "the-post"))

    def test_forgets_an_address_that_readers_never_saw(self):
        make_article(provider=self.survivor)
        make_article(provider=self.other, is_published=False)
        make_article(provider=self.other, publish_from=timezone.now() + timedelta(days=1))
        self.merge()
        alias = ProviderAlias.objects.get()
        self.assertEqual((alias.name, alias.slug), ("The Post", ""))
        self.assertEqual(self.client.get("/providers/the-post/").status_code, 404)

    def test_keeps_one_where_readers_saw_what_they_see_no_more(self):
        make_article(provider=self.survivor)
        make_article(provider=self.other, status="withdrawn")
        self.merge()
        self.assertRedirects(
            self.client.get("/providers/the-post/"), "/providers/post/", status_code=301
        )

    def test_is_written_in_the_log(self):
        gone = str(self.other.pk)
        self.merge()
        entries = {entry.object_id: entry for entry in LogEntry.objects.all()}
        self.assertEqual(entries[gone].action_flag, DELETION)
        entry = entries[str(self.survivor.pk)]
        self.assertEqual((entry.action_flag, entry.user), (CHANGE, self.editor))
        self.assertEqual(entry.change_message, "Merged “The Post (post.example)” into it.")

    def test_refuses_itself_and_what_has_gone_and_changes_nothing(self):
        article = make_article(provider=self.other)
        with self.assertRaises(ValueError):
            self.merge(self.other, self.survivor)
        gone = make_provider("Gone", "gone.example")
        Provider.objects.filter(pk=gone.pk).delete()
        with self.assertRaises(Provider.DoesNotExist):
            self.merge(self.other, gone)
        article.refresh_from_db()
        self.assertEqual(article.provider, self.other)


class MergeTopicsTests(TestCase):
    def merge(self, survivor, *others):
        return merge_topics(survivor, others, by=make_editor())

    def test_moves_articles_each_carrying_the_survivor_once(self):
        both = make_article(topics=["Climate", "Weather", "Storms", "Energy"])
        one = make_article(topics=["Weather"], is_published=False)
        self.merge(make_topic("Climate"), make_topic("Weather"), make_topic("Storms"))
        self.assertEqual(sorted(both.topics.names()), ["Climate", "Energy"])
        self.assertEqual(list(one.topics.names()), ["Climate"])
        self.assertEqual(TopicAssignment.objects.count(), 3)

    def test_marks_the_moved_articles_as_changed_and_no_others(self):
        moved, stayed = make_article(topics=["Weather"]), make_article(topics=["Climate"])
        Article.objects.update(updated_at=NOON)
        self.merge(make_topic("Climate"), make_topic("Weather"))
        moved.refresh_from_db()
        stayed.refresh_from_db()
        self.assertGreater(moved.updated_at, NOON)
        self.assertEqual(stayed.updated_at, NOON)

    def test_fills_in_what_the_survivor_does_not_say(self):
        image = make_image()
        climate = make_child("Climate", description="Ours.")
        other = make_child("Weather", image=image, description="Theirs.", short_name="W")
        merged = self.merge(climate, other)
        self.assertEqual((merged.image, merged.description), (image, "Ours."))
        self.assertEqual(merged.short_name, "W")

    def test_keeps_names_and_addresses(self):
        other = make_topic("Weather")
        make_article(topics=["Weather"])
        TopicAlias.objects.create(topic=other, name="Sky")
        self.merge(make_topic("Climate"), other)
        self.assertEqual(
            set(TopicAlias.objects.values_list("name", "slug", "topic__name")),
            {("Weather", "weather", "Climate"), ("Sky", "", "Climate")},
        )

    def test_forgets_an_address_that_readers_never_saw(self):
        make_article(topics=["Climate", "Storms"])
        make_article(topics=["Weather"], is_published=False)
        self.merge(make_topic("Climate"), make_topic("Weather"), make_topic("Storms"))
        kept = dict(TopicAlias.objects.values_list("name", "slug"))
        self.assertEqual(kept, {"Weather": "", "Storms": "storms"})
        self.assertEqual(self.client.get("/topics/weather/").status_code, 404)

    def test_moves_narrower_topics(self):
        survivor, other = make_topic("Climate"), make_topic("Weather")
        make_child("Storms", other)
        self.merge(survivor, other)
        self.assertEqual(Topic.objects.get(name="Storms").parent, survivor)

    def test_a_survivor_that_lay_below_takes_the_place_above(self):
        top = make_topic("Top")
        high = make_child("High", top)
        middle = make_child("Middle", high)
        low = make_child("Low", middle)
        self.merge(low, high)
        parents = dict(Topic.objects.values_list("name", "parent__name"))
        self.assertEqual(parents, {"Top": None, "Low": "Top", "Middle": "Low"})

    def test_a_whole_branch_may_become_one(self):
        top = make_topic("Top")
        middle = make_child("Middle", top)
        low = make_child("Low", middle)
        leaf = make_child("Leaf", low)
        self.merge(low, top, middle)
        leaf.refresh_from_db()
        low.refresh_from_db()
        self.assertEqual((leaf.parent, low.parent), (low, None))
        self.assertEqual(Topic.objects.count(), 2)

    def test_a_survivor_above_stays_where_it_is(self):
        top = make_topic("Top")
        middle = make_child("Middle", top)
        low = make_child("Low", middle)
        self.merge(top, middle)
        low.refresh_from_db()
        self.assertEqual(low.parent, top)
        self.assertIsNone(low.parent.parent)


class KeepOldNameTests(TestCase):
    def test_the_latest_row_of_a_name_is_meant_by_it(self):
        first, second = make_provider("Post", "post.example"), make_provider("Radio", "r.example")
        keep_old_name(first, "Old", "post.example")
        keep_old_name(second, "Old", "post.example")
        self.assertEqual(ProviderAlias.objects.get().provider, second)
        keep_old_name(make_topic("Climate"), "Weather")
        self.assertEqual(TopicAlias.objects.get().topic.name, "Climate")


class RedeliveryTests(ImportTestCase):
    def test_lands_on_the_survivor_and_is_no_edit(self):
        self.run_import()
        editor, bystander = make_editor(), make_article(topics=["Music"])
        courier = merge_providers(
            make_provider("Courier", "courier.example"), [self.article.provider], by=editor
        )
        radio = Provider.objects.get(name="Radio")
        merge_providers(courier, [radio], by=editor)
        merge_topics(make_topic("Music"), [make_topic("Culture")], by=editor)
        stamp = self.article.updated_at
        report = self.run_import(("category: news", "category: news\nmood: calm"))
        self.assert_counts(report, unchanged=1)
        self.assertEqual(report.kept, [])
        self.assertEqual((self.article.provider, self.article.updated_at), (courier, stamp))
        self.assertEqual(self.article.related_items.get().provider, courier)
        self.assertEqual(sorted(self.article.topics.names()), ["Music", "Transport"])
        self.assertFalse(Provider.objects.filter(name__in=["Post", "Radio"]).exists())
        self.assertEqual(list(bystander.topics.names()), ["Music"])

    def test_what_waits_for_an_editor_names_the_survivor(self):
        self.run_import()
        Article.objects.update(provider=make_provider("Ours", "ours.example"))
        self.run_import(("name: Post", "name: Gazette"))
        proposal = Proposal.objects.open().get()
        courier, editor = make_provider("Courier", "courier.example"), make_editor()
        for name in ("Gazette", "Post"):
            merge_providers(courier, [make_provider(name, "post.example")], by=editor)
        proposal.refresh_from_db()
        key = ["Courier", "courier.example"]
        self.assertEqual((proposal.base, proposal.theirs), (key, key))
        proposals.accept(proposal, by=editor)
        self.assertEqual(self.article.provider, courier)
        names = set(Provider.objects.values_list("name", flat=True))
        self.assertEqual(names, {"Courier", "Ours", "Radio"})

    def test_a_run_from_before_can_still_be_taken_back(self):
        """The provider it swapped has been merged since, and so has a linkless item's."""
        linkless = ('    webUrl: "https://radio.example/why"\n', "")
        self.run_import(linkless)
        gazette = ("name: Post", "name: Gazette"), ("- Culture", "- Music"), linkless
        run = self.run_import(*gazette, ("An explanation.", "A better one.")).run_id
        courier, editor = make_provider("Courier", "courier.example"), make_editor()
        others = Provider.objects.filter(name__in=["Post", "Gazette", "Radio"])
        merge_providers(courier, list(others), by=editor)
        merge_topics(make_topic("Arts"), [make_topic("Music")], by=editor)
        report = undo_import(ImportRun.objects.get(pk=run))
        self.assertEqual((report.reverted, report.kept), (1, []))
        self.assertEqual(self.article.provider, courier)
        item = self.article.related_items.get()
        self.assertEqual((item.provider, item.excerpt), (courier, "An explanation."))
        self.assertEqual(sorted(self.article.topics.names()), ["Culture", "Transport"])
        self.assertEqual(list(Provider.objects.all()), [courier])

    def test_what_a_run_created_goes_though_its_provider_was_merged(self):
        run = self.run_import().run_id
        courier = make_provider("Courier", "courier.example")
        merge_providers(courier, [self.article.provider], by=make_editor())
        report = undo_import(ImportRun.objects.get(pk=run))
        self.assertEqual((report.removed, report.kept), (1, []))
        self.assertTrue(courier.aliases.exists())

    def test_a_pinned_copy_names_the_survivor(self):
        self.run_import()
        self.run_import(("name: Post", "name: Gazette"))
        courier = make_provider("Courier", "courier.example")
        merge_providers(courier, [make_provider("Post", "post.example")], by=make_editor())
        leads.pin(self.article.leads.get(provider_name="Post"))
        self.assertEqual(self.article.provider, courier)
        self.assertFalse(Provider.objects.filter(name="Post").exists())

    def test_an_export_still_speaks_the_feeds_words(self):
        linkless = ('    webUrl: "https://radio.example/why"\n', "")
        self.run_import(linkless, ("  - Culture", "  - Culture\n  - Arts"))
        editor, courier = make_editor(), make_provider("Courier", "courier.example")
        others = Provider.objects.filter(name__in=["Post", "Radio"])
        merge_providers(courier, list(others), by=editor)
        merge_topics(
            make_topic("Music"), list(Topic.objects.filter(name__in=["Culture", "Arts"])), by=editor
        )
        with TemporaryDirectory() as folder:
            report = export_seeds(Path(folder), "feed")
            name = "2026-03-01-bells.md"
            self.assertEqual((report.failures, report.edited), ([], []))
            delivered = (self.folder / name).read_bytes()
            self.assertEqual((Path(folder) / name).read_bytes(), delivered)
            # An edit is written, with its own name, and nothing else.
            Article.objects.update(provider=make_provider("Ours", "ours.example"))
            report = export_seeds(Path(folder), "feed")
            self.assertEqual((report.failures, report.edited), ([], [name]))
            text = (Path(folder) / name).read_text()
            self.assertIn("name: Ours", text)
            self.assertIn("name: Radio", text)
            self.assertIn("- Culture", text)

    def test_still_follows_the_feed_and_its_new_articles_land_there_too(self):
        self.run_import()
        merge_providers(
            make_provider("Courier", "courier.example"), [self.article.provider], by=make_editor()
        )
        self.write(("Tram bells", "Ship bells"), name="2026-03-02-ships.md")
        report = self.run_import(
            ("Tram bells are tuned", "Tram bells are in tune"), ("heat: 80", "heat: 90")
        )
        self.assert_counts(report, created=1, updated=1)
        self.assertEqual((self.article.title, self.article.heat), ("Tram bells are in tune", 90))
        self.assertEqual(Article.objects.get(stem="2026-03-02-ships").provider.name, "Courier")
