"""Topic and organization files from end to end: files in, trees and aliases out, and again."""

import itertools
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image as Picture

from articles.importing import pipeline
from articles.importing.export import export_seeds
from articles.importing.pipeline import import_seeds
from articles.models import (
    Article,
    Image,
    Provider,
    ProviderAlias,
    TaxonomyDelivery,
    Topic,
    TopicAlias,
)
from tests.factories import make_image, make_provider, make_topic
from tests.importing.seedtexts import seed
from tests.importing.test_pipeline import ImportTestCase
from tests.importing.test_taxonomy import ORGANIZATION, TOPIC


class TaxonomyTestCase(ImportTestCase):
    def put(self, name, text):
        return self.write(name=name, content=text.encode())

    def put_topic(self, name, parent="", file="", **keys):
        keys = {"name": name} | ({"parent": parent} if parent else {}) | keys
        lines = [f"{key}: {value}" for key, value in keys.items()]
        text = "\n".join(["taxonomy: topic", *lines])
        return self.put(f"_data/topics/{file or name.lower()}.yaml", text)

    def put_organization(self, *changes, name="post.example"):
        text = ORGANIZATION
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new, 1)
        return self.put(f"_data/organizations/{name}.md", text)

    def import_all(self):
        return import_seeds([self.folder], "feed")

    def tree(self):
        return dict(Topic.objects.order_by("name").values_list("name", "parent__name"))

    def assert_failures(self, report, *expected):
        found = [f"{path.rpartition('/')[2]}:{problem}" for path, problem in report.failures]
        self.assertEqual(len(found), len(expected), found)
        for line, start in zip(found, expected, strict=True):
            self.assertTrue(line.startswith(start), line)


class TopicTests(TaxonomyTestCase):
    def test_lands_whole_and_its_file_byte_for_byte(self):
        self.put_topic("Transport")
        path = self.put("_data/topics/01-trams.yaml", TOPIC)
        self.assert_counts(self.import_all(), created=2)
        topic = Topic.objects.get(name="Trams")
        self.assertEqual((topic.slug, topic.short_name), ("trams", "Trams"))
        self.assertEqual(topic.parent.name, "Transport")
        self.assertEqual(topic.description, "All that runs on rails in a street.")
        self.assertEqual((topic.keywords, topic.hashtags), (["tram", "streetcar"], ["#trams"]))
        self.assertEqual(topic.image.url, "https://post.example/trams.jpg")
        kept = TaxonomyDelivery.objects.get(name="Trams")
        self.assertEqual((kept.source, kept.kind), ("feed", "topic"))
        self.assertEqual(kept.path, "_data/topics/01-trams.yaml")
        self.assertEqual(bytes(kept.content), path.read_bytes())

    def test_a_parent_may_come_later_and_the_order_of_files_does_not_matter(self):
        names = ["Low", "Middle", "Top"]
        for numbers in itertools.permutations("123"):
            Topic.objects.all().delete()
            TaxonomyDelivery.objects.all().delete()
            for name, number, parent in zip(names, numbers, ["Middle", "Top", ""], strict=True):
                self.put_topic(name, parent, file=number)
            self.assert_counts(self.import_all(), created=3)
            self.assertEqual(self.tree(), {"Low": "Middle", "Middle": "Top", "Top": None})

    def test_a_parent_may_come_in_a_later_batch(self):
        for name, parent in [("A", "D"), ("B", "A"), ("C", "Nowhere"), ("D", ""), ("E", "F")]:
            self.put_topic(name, parent)
        self.put_topic("F", "E")
        for is_dry_run in (True, False):
            with mock.patch.object(pipeline, "BATCH", 2):
                report = self.run_import(is_dry_run=is_dry_run)
            self.assert_counts(report, created=3, failed=3)
            reasons = sorted(problem.reason for _, problem in report.failures)
            self.assertIn("no topic “Nowhere”", reasons[0])
            self.assertIn("“E” lies below “F”", reasons[1])
        self.assertEqual(self.tree(), {"A": "D", "B": "A", "D": None})

    def test_a_parent_may_be_a_topic_that_is_here(self):
        make_topic("Transport")
        TopicAlias.objects.create(topic=make_topic("Climate"), name="Weather")
        self.put_topic("Trams", "Transport")
        self.put_topic("Storms", "Weather")
        self.assert_counts(self.import_all(), created=2)
        self.assertEqual((self.tree()["Trams"], self.tree()["Storms"]), ("Transport", "Climate"))

    def test_an_unknown_parent_fails_its_file_and_those_below_alone(self):
        self.put_topic("A", "Nowhere")
        self.put_topic("B", "A")
        self.put_topic("C")
        report = self.import_all()
        self.assert_counts(report, created=1, failed=2)
        self.assert_failures(
            report, "a.yaml:3: parent: no topic “Nowhere”; ", "b.yaml:3: parent: no topic “A”; "
        )
        self.assertEqual(self.tree(), {"C": None})
        self.put_topic("Nowhere")
        self.assert_counts(self.import_all(), created=3, unchanged=1)

    def test_a_circle_fails_its_files_alone(self):
        self.put_topic("A", "B")
        self.put_topic("B", "C")
        self.put_topic("C", "A")
        self.put_topic("D")
        self.put_topic("E", "E")
        report = self.import_all()
        self.assert_counts(report, created=1, failed=4)
        self.assert_failures(report, *(f"{name}.yaml:3: parent: “" for name in "abce"))
        self.assertEqual(self.tree(), {"D": None})

    def test_two_files_of_one_topic_are_one_too_many(self):
        self.put_topic("A", file="1")
        self.put_topic("A", file="2")
        report = self.import_all()
        self.assert_counts(report, created=1, failed=1)
        self.assert_failures(report, "2.yaml:2: name: also in _data/topics/1.yaml; ")
        self.put_topic("A", file="0")
        report = self.import_all()
        self.assert_counts(report, unchanged=1, failed=2)
        self.assertEqual(TaxonomyDelivery.objects.get().path, "_data/topics/1.yaml")

    def test_a_tree_may_be_turned_upside_down(self):
        self.put_topic("A")
        self.put_topic("B", "A")
        self.import_all()
        self.put_topic("A", "B")
        self.put_topic("B")
        self.assert_counts(self.import_all(), updated=2)
        self.assertEqual(self.tree(), {"A": "B", "B": None})

    def test_an_editors_tree_stands_where_the_files_would_make_a_circle_with_it(self):
        self.put_topic("A")
        self.put_topic("B")
        self.import_all()
        Topic.objects.filter(name="A").update(parent=Topic.objects.get(name="B"))
        self.put_topic("B", "A")
        report = self.import_all()
        self.assert_counts(report, unchanged=2)
        self.assertEqual([name for _, name in report.kept], ["parent"])
        self.assertEqual(self.tree(), {"A": "B", "B": None})

    def test_an_articles_topic_is_filled_in(self):
        self.write(name="_news/2026-03-01-bells.md")
        self.import_all()
        self.put_topic("Transport", description="Ways to get about.")
        self.assert_counts(self.import_all(), updated=1, unchanged=1)
        topic = Topic.objects.get(name="Transport")
        self.assertEqual(topic.description, "Ways to get about.")
        self.assertEqual(topic.assignments.count(), 1)


class OrganizationTests(TaxonomyTestCase):
    def test_without_a_provider_makes_one(self):
        self.put_organization()
        self.assert_counts(self.import_all(), created=1)
        provider = Provider.objects.get()
        self.assertEqual((provider.name, provider.domain), ("Post", "post.example"))
        self.assertEqual((provider.slug, provider.description), ("post", "A paper."))
        logo = provider.logo
        self.assertEqual((logo.url, logo.site, logo.width), ("/logos/post-400.png", "feed", 400))
        self.assertEqual(Image.objects.count(), 1)
        alias = provider.aliases.get()
        self.assertEqual((alias.name, alias.domain, alias.slug), ("The Post", "post.example", ""))

    def test_shows_a_logo_that_lies_beside_it(self):
        picture = BytesIO()
        Picture.new("RGB", (400, 400)).save(picture, "PNG")
        self.put_organization()
        self.write(name="logos/post-400.png", content=picture.getvalue())
        report = self.import_all()
        self.assert_counts(report, created=1)
        self.assertEqual(report.pictures, 1)
        self.assertTrue(default_storage.exists(Provider.objects.get().logo.file.name))

    def test_fills_in_a_provider_that_is_here(self):
        make_provider("Post", "post.example", slug="the-post-of-old")
        self.put_organization()
        self.assert_counts(self.import_all(), updated=1)
        provider = Provider.objects.get()
        self.assertEqual((provider.description, provider.slug), ("A paper.", "the-post-of-old"))
        self.assertTrue(provider.logo)

    def test_takes_the_place_of_its_own_small_logo_but_of_no_other(self):
        provider = make_provider("Post", "post.example")
        for url, expected in [("/logos/post-50.png", 400), ("/logos/chosen.png", 1200)]:
            with self.subTest(url):
                TaxonomyDelivery.objects.all().delete()
                provider.logo = make_image(url=url, site="feed")
                provider.save()
                self.put_organization()
                self.import_all()
                provider.refresh_from_db()
                self.assertEqual(provider.logo.width, expected)

    def test_another_name_is_never_an_alias_of_a_provider_that_is_there(self):
        make_provider("The Post", "post.example")
        self.put_organization()
        self.put_organization(
            ("name: Post", "name: Evening Post"),
            ("  - The Post", "  - Post\n  - Late Post"),
            name="evening",
        )
        self.assert_counts(self.import_all(), created=2)
        self.assertEqual(
            [(alias.name, alias.provider.name) for alias in ProviderAlias.objects.all()],
            [("Late Post", "Evening Post")],
        )

    def test_another_name_belongs_to_the_first_who_says_it(self):
        self.put_organization()
        self.put_organization(("name: Post", "name: Evening Post"), name="zz")
        self.assert_counts(self.import_all(), created=2)
        self.assertEqual(ProviderAlias.objects.get().provider.name, "Post")

    def test_other_names_follow_the_feed_and_an_editor(self):
        self.put_organization()
        self.import_all()
        provider = Provider.objects.get()
        ProviderAlias.objects.create(provider=provider, name="By hand", domain="post.example")
        self.put_organization(("  - The Post", "  - Daily Post"))
        self.assert_counts(self.import_all(), updated=1)
        names = ProviderAlias.objects.values_list("name", flat=True)
        self.assertEqual(sorted(names), ["By hand", "Daily Post"])
        ProviderAlias.objects.all().delete()
        self.put_organization(("  - The Post", "  - Daily Post"), ("A paper.", "A daily."))
        self.assert_counts(self.import_all(), updated=1)
        self.assertFalse(ProviderAlias.objects.exists())


class AgainTests(TaxonomyTestCase):
    def setUp(self):
        super().setUp()
        self.put_topic("Transport", description="Ways.")
        self.put_organization()
        self.import_all()

    def test_the_same_bytes_cost_one_query_and_no_write(self):
        few = self.costs()
        for number in range(20):
            self.put_topic(f"Topic {number}", "Transport")
        self.import_all()
        self.assertEqual(self.costs(), few)

    def costs(self):
        with CaptureQueriesContext(connection) as captured:
            report = self.import_all()
        self.assertEqual(report.unchanged, report.total)
        writes = [q["sql"] for q in captured if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
        self.assertEqual(len(writes), 1)  # the run's own record
        return len(captured)

    def test_what_nobody_touched_follows_the_feed(self):
        self.put_topic("Transport", description="Ways to get about.", shortname="Ways")
        self.put_organization(("A paper.", "A daily."), ("post-400", "post-500"))
        self.assert_counts(self.import_all(), updated=2)
        topic, provider = Topic.objects.get(), Provider.objects.get()
        self.assertEqual((topic.description, topic.short_name), ("Ways to get about.", "Ways"))
        self.assertEqual(provider.description, "A daily.")
        self.assertEqual(provider.logo.url, "/logos/post-500.png")

    def test_what_an_editor_changed_stays(self):
        top, logo = make_topic("Top"), make_image()
        Topic.objects.filter(name="Transport").update(description="Ours.", parent=top)
        Provider.objects.update(description="Ours.", logo=logo)
        self.put_topic("Other")
        self.put_topic("Transport", "Other", description="Theirs.", keywords="[new]")
        self.put_organization(("A paper.", "Theirs."), ("post-400", "post-500"))
        report = self.import_all()
        self.assert_counts(report, created=1, updated=1, unchanged=1)
        kept = sorted(name for _, name in report.kept)
        self.assertEqual(kept, ["description", "description", "logo", "parent"])
        topic, provider = Topic.objects.get(name="Transport"), Provider.objects.get()
        self.assertEqual((topic.description, topic.parent), ("Ours.", top))
        self.assertEqual(topic.keywords, ["new"])
        self.assertEqual((provider.description, provider.logo), ("Ours.", logo))

    def test_an_edit_that_the_feed_has_not_moved_from_is_no_news(self):
        Topic.objects.update(description="Ours.")
        self.put_topic("Transport", description="Ways.", mood="calm")
        report = self.import_all()
        self.assert_counts(report, unchanged=2)
        self.assertEqual((report.kept, dict(report.unknown_keys)), ([], {"mood": 1}))
        self.assertIn(b"calm", bytes(TaxonomyDelivery.objects.get(kind="topic").content))

    def test_a_file_that_moved_is_the_same_file(self):
        (self.folder / "_data/topics/transport.yaml").unlink()
        self.put_topic("Transport", description="Ways to get about.", file="moved/00-transport")
        self.assert_counts(self.import_all(), updated=1, unchanged=1)
        self.assertEqual(Topic.objects.get().description, "Ways to get about.")
        paths = TaxonomyDelivery.objects.filter(kind="topic").values_list("path", flat=True)
        self.assertEqual(list(paths), ["_data/topics/moved/00-transport.yaml"])

    def test_two_files_may_swap_their_names(self):
        self.put_topic("Culture", description="Arts.")
        self.import_all()
        self.put_topic("Culture", file="transport", description="Arts, all.")
        self.put_topic("Transport", file="culture", description="Ways, all.")
        self.assert_counts(self.import_all(), updated=2, unchanged=1)
        descriptions = dict(Topic.objects.values_list("name", "description"))
        self.assertEqual(descriptions, {"Culture": "Arts, all.", "Transport": "Ways, all."})
        self.assert_counts(self.import_all(), unchanged=3)

    def test_another_feeds_file_of_the_same_topic_overrules_nothing(self):
        self.put_topic("Transport", description="Theirs.", shortname="Ways")
        report = import_seeds([self.folder], "other")
        self.assertEqual((report.updated, report.unchanged), (1, 1))
        topic = Topic.objects.get()
        self.assertEqual((topic.description, topic.short_name), ("Ways.", "Ways"))

    def test_a_file_of_a_merged_topic_reaches_the_survivor_and_overrules_nothing(self):
        survivor = Topic.objects.create(name="Mobility", description="Ours.")
        Topic.objects.filter(name="Transport").delete()
        TopicAlias.objects.create(topic=survivor, name="Transport")
        self.put_topic("Transport", description="Ways, all.", shortname="Ways")
        report = self.import_all()
        self.assert_counts(report, updated=1, unchanged=1)
        survivor.refresh_from_db()
        self.assertEqual((survivor.description, survivor.short_name), ("Ours.", "Ways"))
        self.assertEqual(Topic.objects.count(), 1)


class RunTests(TaxonomyTestCase):
    def test_a_dry_run_counts_and_writes_nothing(self):
        self.put_topic("Transport")
        self.put_topic("Trams", "Transport")
        self.put_organization()
        self.assert_counts(self.run_import(is_dry_run=True), created=3)
        for model in (Topic, Provider, ProviderAlias, TaxonomyDelivery, Image):
            self.assertFalse(model.objects.exists(), model)

    def test_bad_files_fail_alone_with_line_and_field(self):
        self.put_topic("Transport")
        self.put("_data/topics/bad.yaml", "taxonomy: topic\nname: A: B\n")
        self.put("_data/topics/listed.yaml", "- taxonomy\n")
        self.put("_data/organizations/bad.md", "---\ntaxonomy: organization\nname: A\n---\n")
        self.put("_data/organizations/open.md", "---\ntaxonomy: organization\nname: A\n")
        self.put("_data/people/a.md", "---\nname: A\ntaxonomy: person\n---\n")
        self.put("_config.yml", "title: A site\n")
        report = self.import_all()
        self.assert_counts(report, created=1, failed=6)
        self.assert_failures(
            report,
            "_config.yml:1: taxonomy: missing; expected “topic” or “organization”",
            "bad.md:2: domain: missing; expected",
            "open.md:3: front matter: it has no end; expected",
            "a.md:3: taxonomy: 'person'; expected “topic” or “organization”",
            "bad.yaml:2: file: a “: ” inside text without quotes; expected",
            "listed.yaml:1: file: expected “key: value” lines",
        )

    def test_a_path_too_long_to_keep_fails_alone(self):
        folder = "/".join(["x" * 99] * 6)
        self.put(f"{folder}/a.yaml", "taxonomy: topic\nname: A\n")
        self.assert_failures(self.import_all(), "a.yaml:1: file: its path is 606 characters")

    def test_a_topic_file_may_have_the_name_of_an_article_and_of_an_organization(self):
        self.put_topic("Bells", file="2026-03-01-bells")
        self.put_organization(name="2026-03-01-bells")
        self.write(name="_news/2026-03-01-bells.md")
        self.assert_counts(self.import_all(), created=3)
        self.assert_counts(self.import_all(), unchanged=3)

    def test_an_article_that_speaks_of_taxonomy_is_an_article(self):
        self.write(("Tram bells are tuned", "A taxonomy of bells"), name="topics/2026-03-01-a.md")
        self.assert_counts(self.import_all(), created=1)
        self.assert_counts(self.import_all(), unchanged=1)
        self.assertEqual(Article.objects.get().title, "A taxonomy of bells")

    def test_ends_in_one_state_whatever_comes_first(self):
        """Articles with their providers' small logos, topics and organizations: in one run, or
        in two in either order."""
        article = seed(
            (
                "  domain: Post.example",
                "  domain: Post.example\n  images: [{url: /logos/post-50.png}]",
            )
        )
        self.write(name="_news/2026-03-01-bells.md", content=article)
        self.put_topic("Transport", description="Ways.")
        self.put_topic("Trams", "Transport")
        self.put_organization()
        data, news = self.folder / "_data", self.folder / "_news"
        states = []
        for runs in ([self.folder],), ([data], [news]), ([news], [data]), ([news, data],):
            Article.objects.all().delete_unburied()
            for model in (Topic, Provider, TaxonomyDelivery, Image):
                model.objects.all().delete()
            for roots in runs:
                self.assertEqual(import_seeds(roots, "feed").failed, 0)
            states.append(
                (
                    sorted(Topic.objects.values_list("name", "slug", "parent__name")),
                    sorted(Topic.objects.values_list("name", "description")),
                    sorted(
                        Provider.objects.values_list("name", "slug", "description", "logo__url")
                    ),
                    sorted(ProviderAlias.objects.values_list("name", "provider__name")),
                    sorted(Article.objects.values_list("stem", "provider__name")),
                )
            )
        for state in states[1:]:
            self.assertEqual(state, states[0])

    def test_an_export_gives_the_files_back(self):
        self.write(("name: Post", "name: The Post"), name="_news/2026-03-01-bells.md")
        self.put_topic("Transport")
        self.put_organization()
        self.import_all()
        for source, place in (("feed", "."), ("", "feed")):
            with TemporaryDirectory() as folder:
                report = export_seeds(Path(folder), source)
                self.assertEqual((report.written, report.failures, report.edited), (3, [], []))
                for path in filter(Path.is_file, self.folder.rglob("*")):
                    copy = Path(folder) / place / path.relative_to(self.folder)
                    self.assertEqual(copy.read_bytes(), path.read_bytes())
                self.assertEqual(export_seeds(Path(folder), source).unchanged, 3)

    def test_other_names_are_known_to_the_articles_of_the_same_run(self):
        self.write(("name: Post", "name: The Post"), name="_news/2026-03-01-bells.md")
        self.put_organization()
        self.assert_counts(self.import_all(), created=2)
        self.assertEqual(self.article.provider.name, "Post")
