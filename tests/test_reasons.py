"""The sentence that says why an article is public or not, branch by branch."""

from datetime import timedelta
from itertools import product

from django.db.models import Prefetch
from django.test import TestCase, override_settings

from articles.models import Article, RelatedItem
from articles.reasons import why

from .factories import NOON, make_article, make_editor, make_provider, make_related_item
from .test_admin import AdminTestCase, address

Status = Article.Status
DAY = timedelta(days=1)
AT = NOON + timedelta(hours=1)
DECIDED = {"decided_at": NOON}


class SentenceTests(TestCase):
    def setUp(self):
        self.editor = make_editor("anna")

    def loaded(self, article):
        items = Prefetch("related_items", RelatedItem.objects.select_related("provider"))
        rows = Article.objects.select_related("decided_by").prefetch_related(items)
        return rows.get(pk=article.pk)

    def says(self, text, *, by_editor=False, **fields):
        if by_editor:
            fields |= {"decided_at": NOON, "decided_by": self.editor}
        is_published = fields.get("status", Status.PUBLISHED) == Status.PUBLISHED
        article = self.loaded(make_article(is_published=is_published, **fields))
        with self.subTest(text), self.assertNumQueries(0):
            self.assertEqual(str(why(article, AT)), text)

    def held(self, text, **fields):
        self.says(text, status=Status.HELD, **fields)

    def test_held(self):
        no = {"feed_published": False}
        self.held("held: not scored yet")
        self.held("held: nobody has published it yet", source="newsroom")
        self.held("held: heat 42 is under 70", heat=42, **no)
        self.held("held: heat 70 is not over 70", heat=70, **no)
        self.held("held: the feed’s verdict", heat=85, **no)
        self.held("held: the feed’s verdict", heat=None, **no)
        self.held("held: superseded in its cluster by another item", heat=-1, quality=17, **no)
        self.held("held by anna on 1 Mar 2026 12:00", by_editor=True, heat=85)
        self.held("held on 1 Mar 2026 12:00", decided_at=NOON)

    def test_not_public_otherwise(self):
        moment = "1 Mar 2026 12:00"
        self.says("in review", status=Status.REVIEW)
        self.says(f"in review: sent by anna on {moment}", status=Status.REVIEW, by_editor=True)
        self.says(f"in review since {moment}", status=Status.REVIEW, **DECIDED)
        self.says("withdrawn", status=Status.WITHDRAWN)
        self.says(f"withdrawn by anna on {moment}", status=Status.WITHDRAWN, by_editor=True)
        self.says(f"withdrawn on {moment}", status=Status.WITHDRAWN, **DECIDED)
        taken = {"status": Status.WITHDRAWN, "feed_removed": True}
        self.says("withdrawn by the source", **taken)
        self.says("withdrawn by the source", by_editor=True, **taken)
        self.says("in the trash", status=Status.TRASHED)
        self.says(
            f"in the trash: put there by anna on {moment}", status=Status.TRASHED, by_editor=True
        )
        self.says(f"in the trash since {moment}", status=Status.TRASHED, **DECIDED)
        self.says("scheduled for 2 Mar 2026 12:00", publish_from=NOON + DAY)
        self.says(f"expired on {moment}", publish_from=NOON - DAY, publish_until=NOON)

    def test_public(self):
        since = "public since 1 Mar 2026 12:00: "
        self.says(f"{since}not scored yet")
        self.says(f"{since}heat 85 is over 70", feed_published=True, heat=85)
        self.says(f"{since}the feed’s verdict", feed_published=True, heat=70)
        self.says(f"{since}published by anna", feed_published=True, heat=85, by_editor=True)
        self.says(f"{since}published by an editor", decided_at=NOON)
        against = "against the feed’s verdict"
        no = {"feed_published": False}
        self.says(f"{since}published by anna {against} (heat 42)", heat=42, by_editor=True, **no)
        self.says(f"{since}published by an editor {against}", **DECIDED, **no)
        taken = {"feed_removed": True, "feed_published": False}
        self.says(
            f"{since}published by anna, though the source took it down", by_editor=True, **taken
        )
        self.says(
            f"{since}published by an editor, though the source took it down", **DECIDED, **taken
        )

    def make_demoted(self):
        return make_article(is_published=False, heat=-1, quality=17, feed_published=False)

    def test_names_the_best_item_that_is_better(self):
        article = self.make_demoted()
        for name, quality in (("Harbour Post", 51), ("Third", 44), ("Fourth", 9), ("Fifth", None)):
            make_related_item(article, provider=make_provider(name, "x.example"), quality=quality)
        self.assertEqual(
            str(why(self.loaded(article))),
            "held: superseded in its cluster by Harbour Post (51 over 17)",
        )

    def test_names_an_item_without_a_provider_by_its_headline(self):
        article = self.make_demoted()
        make_related_item(article, title="Bells &amp; trams", provider=None, quality=51)
        self.assertIn("by “Bells & trams” (51 over 17)", str(why(self.loaded(article))))

    def test_asks_no_query_for_what_is_not_loaded(self):
        article = self.make_demoted()
        make_related_item(article, quality=51)
        decided = make_article(decided_at=NOON, decided_by=self.editor)
        rows = [Article.objects.get(pk=row.pk) for row in (article, decided)]
        with self.assertNumQueries(0):
            texts = [str(why(row, AT)) for row in rows]
        self.assertEqual(texts[0], "held: superseded in its cluster by another item")
        self.assertTrue(texts[1].endswith("published by an editor"))

    @override_settings(SEEDS_THRESHOLD=40)
    def test_the_threshold_is_a_setting(self):
        self.says("public since 1 Mar 2026 12:00: heat 42 is over 40", feed_published=True, heat=42)

    def test_agrees_with_the_published_rule(self):
        moments = (None, NOON - DAY, NOON, AT, NOON + DAY)
        article = make_article()
        for status, begin, end in product(Status.values, moments, moments):
            if status == Status.PUBLISHED and begin is None:
                continue  # the database refuses such a row
            article.status, article.publish_from, article.publish_until = status, begin, end
            reason = why(article, AT)
            self.assertEqual(reason.is_public, article.is_published(AT))
            self.assertEqual(reason.text.startswith("public since"), reason.is_public)


class ShownTests(AdminTestCase):
    def test_beside_the_status_in_the_list_and_on_the_form(self):
        article = make_article(is_published=False, heat=-1, quality=17, feed_published=False)
        make_related_item(article, provider=make_provider("Courier", "c.example"), quality=51)
        page = self.client.get(address("changelist"))
        self.assertContains(page, "held: superseded in its cluster by another item")
        page = self.client.get(address("change", "article", article.pk))
        self.assertContains(page, "held: superseded in its cluster by Courier (51 over 17)")

    def test_names_the_editor_at_no_query_a_row(self):
        make_article(decided_at=NOON, decided_by=self.editor)
        few = self.queries_of(address("changelist"))
        for number in range(20):
            make_article(decided_at=NOON, decided_by=make_editor(f"editor-{number}"))
        self.assertEqual(self.queries_of(address("changelist")), few)
        self.assertContains(self.client.get(address("changelist")), "published by editor-19")
