"""Real seeds in odd shapes, and one site's update stream with the results it must have."""

import csv
import re
from collections import Counter
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.db.models import Count
from django.test import TestCase

from articles import duplicates
from articles.digest import state_digest
from articles.importing.apply import with_all_that_merges
from articles.importing.pipeline import import_seeds
from articles.importing.state import of_article, plain
from articles.models import (
    Article,
    Delivery,
    Image,
    Proposal,
    Provider,
    ProviderAlias,
    TaxonomyDelivery,
    Topic,
    TopicAssignment,
)
from tests.corpus import FOLDER, needs_corpus
from tests.factories import make_provider

pytestmark = [needs_corpus, pytest.mark.corpus]


def rows(name):
    with (FOLDER / name).open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def counts(report):
    return report.created, report.updated, report.unchanged, report.failed


class SitesTests(TestCase):
    def test_every_article_file_lands_but_the_one_that_is_no_yaml(self):
        expected_failures = {
            FOLDER / row["file"]
            for row in rows("MANIFEST.tsv")
            if "YAML-invalid" in row["why"] and not row["file"].startswith("history/")
        }
        folders = sorted([*FOLDER.glob("*/_news"), *FOLDER.glob("*/_posts")])
        self.assertEqual(len(folders), 9)
        failed, total = set(), 0
        for folder in folders:
            files = [path for path in folder.rglob("*") if path.is_file()]
            source = folder.parent.name
            report = import_seeds([folder], source)
            failed |= {FOLDER / path for path, _ in report.failures}
            good = len(files) - report.failed
            self.assertEqual(counts(report), (good, 0, 0, report.failed))
            self.assertEqual(counts(import_seeds([folder], source)), (0, 0, good, report.failed))
            total += good
        self.assertEqual(failed, expected_failures)
        self.assertEqual(Article.objects.count(), total)

    def test_a_new_secured_and_other_line_ends_change_nothing(self):
        for folder in (FOLDER / "everyday-cc+azure/_news", FOLDER / "scottge+coronavirus/_news"):
            source = folder.parent.name
            created = import_seeds([folder], source).created
            stamps = dict(Article.objects.values_list("pk", "updated_at"))
            with TemporaryDirectory() as again:
                for path in folder.iterdir():
                    content = path.read_bytes()
                    content = re.sub(rb'secured: "....', b'secured: "AAAA', content)
                    content = content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
                    (Path(again) / path.name).write_bytes(content)
                self.assertEqual(counts(import_seeds([Path(again)], source)), (0, 0, created, 0))
            self.assertEqual(dict(Article.objects.values_list("pk", "updated_at")), stamps)

    def test_older_shapes_are_understood_and_broken_ones_refused_with_their_lines(self):
        history = FOLDER / "history/detale+ai"
        broken = import_seeds([history / "fcaf6556/_posts"], "broken")
        self.assertEqual(counts(broken), (0, 0, 0, 5))
        for path, problem in broken.failures:
            lines = (FOLDER / path).read_text().split("\n")
            self.assertRegex(lines[problem.line - 1], r"^    title: .*: ")
        for name in ("eff63f7f", "0a6a45b9", "bc9ebd01"):
            self.assertEqual(counts(import_seeds([history / name], "older")), (1, 0, 0, 0))
        for article in Article.objects.filter(source="older"):
            self.assertTrue(article.excerpt and article.web_url and article.provider.domain)
            self.assertEqual(article.status, "held")

    def test_every_byte_of_every_accepted_file_survives(self):
        folder = FOLDER / "scottge+ai/_news"
        import_seeds([folder], "feed")
        for delivery in Delivery.objects.all():
            self.assertEqual(bytes(delivery.content), (folder / delivery.path).read_bytes())


class TaxonomyTests(TestCase):
    def test_every_topic_and_organization_file_lands_and_is_known_again(self):
        """All that lie in the corpus are whole; broken ones are made up in `test_taxonomy_rows`."""
        folders = sorted(FOLDER.glob("*/_data"))
        self.assertEqual(len(folders), 3)
        for folder in folders:
            source = folder.parent.name
            files = [path for path in folder.rglob("*") if path.is_file()]
            report = import_seeds([folder], source)
            self.assertEqual(report.failures, [])
            self.assertEqual(dict(report.unknown_keys), {})
            self.assertEqual(counts(report), (len(files), 0, 0, 0))
            self.assertEqual(counts(import_seeds([folder], source)), (0, 0, len(files), 0))
        for delivery in TaxonomyDelivery.objects.all():
            path = FOLDER / delivery.source / "_data" / delivery.path
            self.assertEqual(bytes(delivery.content), path.read_bytes())
        trees = Topic.objects.filter(parent=None, children__isnull=False).annotate(
            below=Count("children")
        )
        self.assertEqual(
            dict(trees.values_list("name", "below")),
            {"Azure": 19, "Diablo 4": 3, "Power Apps": 6},
        )
        self.assertEqual(Provider.objects.exclude(logo=None).count(), 70)
        self.assertEqual(set(Image.objects.exclude(site="").values_list("width", flat=True)), {400})
        self.assertEqual(
            dict(ProviderAlias.objects.values_list("name", "provider__name")),
            {
                "Massachusetts Institute of Technology": "MIT",
                "Stanford University": "Stanford",
                "University of Washington": "UW",
                "The Wall Street Journal": "WSJ",
                "Wall Street Journal": "WSJ",
            },
        )

    def test_a_whole_site_lands_in_one_state_whatever_comes_first(self):
        site = FOLDER / "everyday-cc+azure"
        news, data = site / "_news", site / "_data"
        states = []
        for runs in ([[news, data]], [[news], [data]], [[data], [news]]):
            Article.objects.all().delete_unburied()
            for model in (Topic, Provider, Image, TaxonomyDelivery):
                model.objects.all().delete()
            for roots in runs:
                self.assertEqual(import_seeds(roots, "azure").failed, 0)
            states.append(
                (
                    sorted(Topic.objects.values_list("name", "slug", "short_name", "image__url")),
                    set(Topic.objects.values_list("name", "parent__name")),
                    sorted(Article.objects.values_list("stem", "provider__slug")),
                    set(TopicAssignment.objects.values_list("tag__name", "content_object__stem")),
                )
            )
        self.assertTrue(states[0][3])
        self.assertEqual(states[1], states[0])
        self.assertEqual(states[2], states[0])


class UpdateStreamTests(TestCase):
    def test_ends_with_the_counts_and_the_public_list_of_the_site_itself(self):
        stream = FOLDER / "update-stream"
        for expected in rows("update-stream/expected.tsv"):
            report = import_seeds([stream / f"0{expected['n']}/_news"], "powerapps")
            self.assertEqual((report.failed, report.total), (0, int(expected["files"])))
            articles = Article.objects.all()
            types = Counter(articles.values_list("type", flat=True))
            verdicts = Counter(articles.values_list("feed_published", flat=True))
            found = {
                "files": articles.count(),
                "public": articles.published().count(),
                "providers_distinct": articles.values("provider").distinct().count(),
                "related_items": sum(a.related_items.count() for a in articles),
                "images": sum(a.image_uses.count() for a in articles),
                "pub_true": verdicts[True],
                "pub_false": verdicts[False],
                "article": types["article"],
                "video": types["video"],
            }
            for name, number in found.items():
                self.assertEqual(number, int(expected[name]), (expected["n"], name))
        public = [row["path"] for row in rows("update-stream/public_list_at_07.tsv")]
        listed, older = [], "/latest/"
        while older:
            response = self.client.get(older)
            page = [article.stem for article in response.context["page"]]
            listed.append(page)
            older = response.context["older"]
        stems = [stem for page in listed for stem in page]
        self.assertEqual([f"_news/{stem}.md" for stem in stems], public)
        self.assertEqual({len(page) for page in listed[:-1]}, {25})
        newer = response.context["newer"]
        for page in listed[-2::-1]:  # and the same pages on the way back
            response = self.client.get(newer)
            self.assertEqual([article.stem for article in response.context["page"]], page)
            newer = response.context["newer"]
        self.assertEqual((response.request["QUERY_STRING"], newer), ("", ""))

    def deliver(self, number):
        return import_seeds([FOLDER / f"update-stream/0{number}/_news"], "powerapps")

    def test_all_deliveries_one_after_the_other_end_where_the_last_one_alone_does(self):
        self.deliver(7)
        direct = state_digest()
        Article.objects.all().delete_unburied()
        for number in range(8):
            self.deliver(number)
        self.assertEqual(state_digest(), direct)

    def test_an_edit_after_each_arrival_stays_and_all_else_follows(self):
        """One field of every article is edited as soon as it is here, each field of each in turn;
        after the last delivery everything else is as if nobody had touched it, and what both
        changed waits."""
        self.deliver(7)
        direct = {article.stem: of_article(article) for article in loaded()}
        waited = Counter()
        for turn in range(len(EDITED)):
            Article.objects.all().delete_unburied()
            edits, said_then = {}, {}
            for number in range(8):
                self.deliver(number)
                for article in loaded():
                    if article.stem not in edits:
                        said_then[article.stem] = of_article(article)
                        edits[article.stem] = edit(article, turn + len(edits))
            self.assertEqual(len(edits), 192)
            expected = {}
            for article in loaded():
                stem = article.stem
                name, value = edits[stem]
                now, last = of_article(article), direct[stem]
                if name == "topics":  # a set: both sides' changes are in it, and nothing waits
                    value = tuple(sorted({*last["topics"], value}))
                elif last[name] not in (said_then[stem][name], value):
                    expected[stem, name] = plain(last[name])
                self.assertEqual(now[name], value, (stem, name))
                for other in now.keys() - {name, "is_oscillating"}:
                    self.assertEqual(now[other], last[other], (stem, other))
            waiting = {(p.article.stem, p.field): p.theirs for p in Proposal.objects.open()}
            self.assertEqual(waiting, expected)
            waited.update(name for _, name in expected)
        # As often as the stream itself changes each.
        self.assertEqual(waited, {"excerpt": 2, "published_at": 2, "provider": 1, "web_url": 1})


EDITED = ("excerpt", "title", "published_at", "web_url", "topics", "provider")


def loaded():
    return list(with_all_that_merges(Article.objects.order_by("stem")))


def edit(article, number: int):
    """Change one field, another one for each article; returns its name and new value."""
    name = EDITED[number % len(EDITED)]
    if name == "topics":
        article.topics.add(Topic.objects.get_or_create(name="Chosen here")[0])
        return name, "Chosen here"
    value = {
        "excerpt": f"Our words {number}.",
        "title": f"Our headline {number}",
        "published_at": article.published_at + timedelta(minutes=number + 1),
        "web_url": f"https://chosen.example/{number}",
        "provider": make_provider("Chosen", "chosen.example"),
    }[name]
    Article.objects.filter(pk=article.pk).update(**{name: value})
    return name, (value.name, value.domain) if name == "provider" else value


class DuplicatesTests(TestCase):
    """What is found among nine sites' real seeds, each looked at: no false alarm among them."""

    def test_copies_are_found_and_nothing_else(self):
        for folder in [*FOLDER.glob("*/_news"), *FOLDER.glob("*/_posts")]:
            import_seeds([folder], folder.parent.name)
        import_seeds([FOLDER / "update-stream/07/_news"], "site")
        pairs = duplicates.open().select_related("first", "second")
        by_link = {pair.second.title for pair in pairs if pair.is_same_link}
        by_title = [(pair.first.title, pair.second.title) for pair in pairs if pair.is_alike_title]
        self.assertEqual(len(by_link), 6)  # five that two sites have, one with a new headline
        self.assertEqual(len(by_title), 10)
        self.assertEqual(len(pairs), 11)
        for one, other in by_title:
            self.assertGreater(len(set(one.split()) & set(other.split())), 3)
        news = "ServiceTeam a New Family of"  # three copies of one report, and its correction
        self.assertEqual(sum(news in one for one, _ in by_title), 4)
