"""Clusters: who is in one, who leads it, and what an editor hides from readers."""

from django.core.exceptions import ValidationError
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from articles import revisions, undoing
from articles.clusters import cluster_of, hide, make_lead
from articles.importing.export import export_seeds
from articles.importing.undo import undo_import
from articles.models import Article, ImportRun, Revision
from articles.reasons import DEMOTED, why
from tests.admin.desk import DeskTestCase
from tests.factories import (
    make_article,
    make_editor,
    make_member,
    make_provider,
    make_related_item,
)

HARBOUR = "https://harbour.example/ships"
COURIER = "https://courier.example/ships"


def make_cluster(**held):
    """A public article and a held one, which relates to the public one."""
    public = make_article(web_url=HARBOUR, quality=20, title="The port plugs in")
    other = make_article(web_url=COURIER, quality=51, is_published=False, **held)
    make_related_item(other, web_url="http://www.harbour.example/ships/?utm_source=feed")
    return public, other


class ClusterTests(TestCase):
    def members(self, article):
        return cluster_of(article).members

    def test_holds_those_it_leads_to_and_those_that_lead_to_it(self):
        public, other = make_cluster()
        make_article(related=1)
        for article in (public, other):
            self.assertEqual(self.members(article), [public, other])
        ((_item, member),) = cluster_of(other).items
        self.assertEqual(member, public)

    def test_is_the_article_alone_where_nothing_is_linked(self):
        article = make_article(web_url="", related=1)
        make_related_item(article, web_url="")
        make_related_item(make_article(web_url=""), web_url="")
        self.assertEqual(self.members(article), [article])
        self.assertFalse(cluster_of(article).has_company)

    def test_shows_the_public_one_first_and_then_by_quality(self):
        public, other = make_cluster()
        best = make_article(is_published=False, quality=90)
        unscored = make_article(is_published=False)
        for article in (best, unscored):
            make_related_item(article, web_url=HARBOUR)
        self.assertEqual(self.members(public), [public, best, other, unscored])

    def test_leaves_out_what_lies_in_the_trash(self):
        public, other = make_cluster(status=Article.Status.TRASHED)
        self.assertEqual(self.members(public), [public])

    def test_an_item_that_is_the_article_itself_brings_no_namesake(self):
        public = make_article(web_url=HARBOUR)
        make_related_item(public, web_url=HARBOUR)
        make_article(web_url=HARBOUR)
        ((_item, member),) = cluster_of(public).items
        self.assertEqual(member, public)
        self.assertEqual(self.members(public), [public])

    def test_knows_what_the_reasons_need(self):
        public, other = make_cluster(heat=DEMOTED, feed_published=False)
        leader = make_provider("Politico", "politico.example")
        make_related_item(other, provider=leader, quality=80)
        _public, member = self.members(public)
        with self.assertNumQueries(0):
            self.assertIn("superseded in its cluster by Politico (80 over 51)", str(why(member)))

    def test_costs_the_same_for_a_hundred(self):
        costs = []
        for count in (1, 30):
            article = make_article()
            for _ in range(count):
                make_related_item(article, web_url=make_article(related=2, heat=DEMOTED).web_url)
                make_related_item(article)
                demoted = make_article(is_published=False, heat=DEMOTED, feed_published=False)
                make_related_item(demoted, web_url=article.web_url)
            with CaptureQueriesContext(connection) as queries:
                cluster = cluster_of(Article.objects.get(pk=article.pk))
                for member in cluster.members:
                    str(why(member))
                for item, _member in cluster.items:
                    str(item.provider), item.identity, item.is_hidden
            costs.append(len(queries))
        self.assertEqual(len(cluster.items), 60)
        self.assertEqual(len(cluster.members), 51)
        self.assertEqual(costs[0], costs[1])


class LeadTests(TestCase):
    def setUp(self):
        self.editor = make_editor()
        self.public, self.other = make_cluster()

    def lead(self, chosen=None, public=None, by=None):
        chosen = (chosen or self.other).pk
        public = {self.public.pk} if public is None else public
        return make_lead(self.public, chosen, public, by or self.editor)

    def statuses(self):
        rows = (self.public, self.other)
        for row in rows:
            row.refresh_from_db()
        return [row.status for row in rows]

    def test_publishes_the_one_and_holds_the_other(self):
        decided = self.lead()
        self.assertEqual(self.statuses(), ["held", "published"])
        self.assertEqual(decided, [self.public, self.other])
        self.assertEqual(Revision.objects.filter(kind="decision").count(), 2)

    def test_is_undone_as_one(self):
        token = undoing.token([article.decision for article in self.lead()])
        undoing.undo(token, self.editor)
        self.assertEqual(self.statuses(), ["published", "held"])
        self.assertIsNone(self.public.decided_at)
        self.assertIsNone(self.other.decided_by)

    def test_is_refused_as_a_whole(self):
        Article.objects.filter(pk=self.other.pk).update(publish_until="2020-01-01T00:00Z")
        with self.assertRaisesMessage(ValidationError, "has passed"):
            self.lead()
        self.assertEqual(self.statuses(), ["published", "held"])
        self.assertFalse(Revision.objects.exists())

    def test_is_a_publishers(self):
        with self.assertRaisesMessage(ValidationError, "Only a publisher"):
            self.lead(by=make_member("Editor", "colleague"))
        self.assertEqual(self.statuses(), ["published", "held"])

    def test_holds_nothing_that_the_editor_did_not_see(self):
        for public in (set(), {self.public.pk, 0}):
            with self.assertRaisesMessage(ValidationError, "Look again"):
                self.lead(public=public)
        with self.assertRaisesMessage(ValidationError, "Look again"):
            self.lead(chosen=make_article(is_published=False))
        self.assertEqual(self.statuses(), ["published", "held"])

    def test_who_leads_by_an_editors_choice_already_is_no_change(self):
        self.lead()
        self.assertEqual(self.lead(public={self.other.pk}), [])


class HidingTests(DeskTestCase):
    """However the list is delivered again."""

    def setUp(self):
        super().setUp()
        self.run_import()
        self.revision = hide(self.item, self.editor)

    @property
    def item(self):
        return self.article.related_items.get()

    def page(self):
        return self.client.get(self.article.get_absolute_url())

    def test_keeps_it_from_readers_and_shows_it_again(self):
        self.assertNotContains(self.page(), "Why bells ring")
        self.assertIsNone(hide(self.item, self.editor))
        hide(self.item, self.editor, is_hidden=False)
        self.assertContains(self.page(), "Why bells ring")
        self.assertEqual(self.article.hidden_related, [])

    def test_is_kept_by_deliveries_even_where_the_item_was_gone(self):
        self.run_import(("radio.example/why", "radio.example/other"))
        self.assertContains(self.page(), "Why bells ring")
        self.run_import(("radio.example/why", "www.radio.example/why/?utm_source=feed"))
        self.assertTrue(self.item.is_hidden)
        self.assertNotContains(self.page(), "Why bells ring")

    def test_is_kept_by_the_undoing_of_a_run(self):
        self.run_import(("Why bells ring", "How bells ring"))
        undo_import(ImportRun.objects.first())
        self.assertTrue(self.item.is_hidden)
        undo_import(ImportRun.objects.last())  # it is an editor's work on the article
        self.assertTrue(self.item.is_hidden)

    def test_is_kept_by_a_restore_and_told_in_the_history(self):
        first, created = revisions.timeline(self.article)
        self.assertEqual(first.changes, {"hidden_related": [[], ["radio.example/why"]]})
        with revisions.recording(self.article.pk, self.editor, Revision.Kind.EDIT):
            Article.objects.update(title="Ours")
        revisions.restore(self.article, created.key, self.editor)
        self.assertTrue(self.item.is_hidden)

    def test_is_undone_though_another_was_hidden_since(self):
        other = make_related_item(self.article, web_url=COURIER)
        hide(other, self.editor)
        undoing.undo(undoing.token([self.revision]), self.editor)
        self.assertEqual(self.article.hidden_related, ["courier.example/ships"])
        with self.assertRaisesMessage(ValidationError, "changed since"):
            undoing.undo(undoing.token([self.revision]), self.editor)

    def test_is_not_undone_where_a_colleague_hid_it_again(self):
        shown = hide(self.item, self.editor, is_hidden=False)
        hide(self.item, self.editor)
        with self.assertRaisesMessage(ValidationError, "changed since"):
            undoing.undo(undoing.token([shown]), self.editor)

    def test_of_what_readers_see_is_a_publishers(self):
        editor = make_member("Editor", "colleague")
        with self.assertRaisesMessage(ValidationError, "Only a publisher"):
            hide(self.item, editor, is_hidden=False)
        Article.objects.update(status="held")
        hide(self.item, editor, is_hidden=False)

    def test_is_no_part_of_the_feeds_file(self):
        before = self.written()
        hide(self.item, self.editor, is_hidden=False)
        self.assertEqual(self.written(), before)

    def written(self):
        folder = self.folder / "out"
        export_seeds(folder, "feed")
        return next(folder.rglob("*.md")).read_bytes()


class WithoutLinkTests(TestCase):
    def test_an_item_is_known_by_its_headline(self):
        article = make_article()
        items = [make_related_item(article, web_url="", title=f"Number {n}") for n in range(2)]
        hide(items[0], make_editor())
        article = Article.objects.for_detail().get(pk=article.pk)
        self.assertEqual([item.is_hidden for item in article.related_items.all()], [True, False])
