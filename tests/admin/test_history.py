"""The history of an article: told, compared, restored; and what each form keeps."""

from articles.models import Article, ImportRun, Proposal, RelatedItem, Revision
from tests.admin.desk import EXCERPT, DeskTestCase, make_user
from tests.factories import make_article
from tests.test_admin import address, fields_of


class HistoryTestCase(DeskTestCase):
    def save(self, **changes):
        url = address("change", "article", self.article.pk)
        response = self.client.post(url, {**fields_of(self.client.get(url)), **changes})
        self.assertEqual(response.status_code, 302)

    def page(self, name="history", **query):
        return self.client.get(address(name, "article", self.article.pk), query)

    def keys(self):
        return [entry["key"] for entry in self.page().context["page"].object_list]


class KeepingTests(HistoryTestCase):
    def test_the_form_keeps_each_save_that_changed_something(self):
        self.run_import()
        self.save(title="Ours", status="held")
        self.save()
        (revision,) = Revision.objects.all()
        self.assertEqual((revision.by, revision.kind), (self.editor, "edit"))
        self.assertEqual(revision.changes["title"], ["Tram bells are tuned", "Ours"])
        self.assertEqual(revision.changes["status"], ["published", "held"])

    def test_so_do_lists(self):
        self.run_import()
        self.save(**{"related_items-0-title": "Mended", "topics": []})
        (revision,) = Revision.objects.all()
        self.assertEqual(set(revision.changes), {"related", "topics"})

    def test_an_article_written_here_begins_with_one(self):
        data = fields_of(self.client.get(address("add"))) | {"title": "Bells ring again"}
        self.assertEqual(self.client.post(address("add"), data).status_code, 302)
        revision = Article.objects.get().revisions.get()
        self.assertEqual((revision.kind, revision.by), ("written", self.editor))

    def test_a_proposal_accepted_is_one_and_a_refused_one_is_none(self):
        proposal = self.make_conflict()
        self.act("proposal", "keep_ours", proposal)
        self.assertFalse(Revision.objects.exists())
        Proposal.objects.update(resolution="", resolved_at=None)
        self.act("proposal", "accept_theirs", proposal)
        self.assertEqual(Revision.objects.get().kind, "proposal")

    def test_choosing_a_copy_is_one(self):
        self.make_swaps()
        lead = self.article.leads.get(domain="courier.example")
        url = address("sources", "article", self.article.pk)
        self.client.post(url, {"keep": lead.pk})
        revision = Revision.objects.get()
        self.assertEqual(revision.kind, "source")
        self.assertEqual(revision.changes["provider"][1], ["Courier", "courier.example"])

    def test_a_related_items_own_page_and_list_keep_it_with_the_article(self):
        self.run_import()
        item = RelatedItem.objects.get()
        url = address("change", "relateditem", item.pk)
        self.client.post(url, fields_of(self.client.get(url)) | {"excerpt": "Ours"})
        self.act("relateditem", "delete_selected", item, post="yes")
        self.assertFalse(RelatedItem.objects.exists())
        later, earlier = self.article.revisions.all()
        self.assertEqual(earlier.changes["related"]["items"][0][2]["excerpt"], "Ours")
        self.assertIsNone(later.changes["related"]["items"][0][2])


class HistoryPageTests(HistoryTestCase):
    def test_tells_people_and_deliveries(self):
        self.run_import()
        self.save(title="Ours")
        self.run_import(EXCERPT)
        page = self.page()
        last, first = ImportRun.objects.all()
        self.assertContains(page, str(last))
        self.assertEqual(
            [entry["fields"] for entry in page.context["page"].object_list],
            ["excerpt", "headline", ""],
        )
        blame = {field: str(entry["who"]) for field, entry, _ in page.context["blame"] if entry}
        self.assertEqual(blame["headline"], "editor")
        self.assertIn(str(last), blame["excerpt"])
        self.assertIn(str(first), blame["topics"])

    def test_costs_the_same_for_many_entries(self):
        self.run_import()
        self.save(note="0")
        url = address("history", "article", self.article.pk)
        few = self.queries_of(url)
        for number in range(1, 40):
            Revision.objects.create(
                article=self.article,
                by=make_user(f"{number}"),
                kind="edit",
                changes={"note": [str(number - 1), str(number)]},
                last_import=10**6,
            )
        self.assertEqual(self.queries_of(url), few)
        self.assertContains(self.page(p=2), "Page 2 of 2")

    def test_odd_text_is_shown_as_text(self):
        self.run_import()
        self.save(title="<script>alert(1)</script>")
        newest, first = self.keys()
        for page in (self.page(), self.page("compare", a=first, b=newest)):
            self.assertNotContains(page, "<script>alert")

    def test_an_article_without_any_record(self):
        url = address("history", "article", make_article().pk)
        self.assertContains(self.client.get(url), "not on record")


class ComparePageTests(HistoryTestCase):
    def test_marks_the_words_that_differ_the_older_first(self):
        self.run_import()
        self.save(title="Tram bells are mended")
        newest, first = self.keys()
        for a, b in ((first, newest), (newest, first)):
            page = self.page("compare", a=a, b=b)
            self.assertContains(page, "Tram bells are <del>tuned</del>")
            self.assertContains(page, "Tram bells are <ins>mended</ins>")
        self.assertContains(self.page("compare", a=first, b=first), "Nothing differs")

    def test_what_nobody_knows_is_not_found(self):
        self.run_import()
        for query in ({}, {"a": "r1", "b": "i0"}, {"a": self.keys()[0], "b": "x\x00"}):
            self.assertEqual(self.page("compare", **query).status_code, 404)


class RestorePageTests(HistoryTestCase):
    def test_asks_and_then_restores_and_publishes_nothing(self):
        self.run_import()
        self.save(title="Ours", status="held")
        key = self.keys()[-1]
        asked = self.page("restore", to=key)
        self.assertContains(asked, "never publishes")
        self.assertEqual(self.article.title, "Ours")
        url = address("restore", "article", self.article.pk)
        self.assertContains(self.client.post(url, {"to": key}, follow=True), "Restored")
        self.assertEqual(
            (self.article.title, self.article.status), ("Tram bells are tuned", "held")
        )
        self.assertEqual(self.client.post(url, {"to": "r0"}).status_code, 404)
        self.assertEqual(self.client.post(url).status_code, 404)

    def test_who_may_read_and_who_may_restore(self):
        self.run_import()
        self.save(title="Ours")
        newest, first = self.keys()
        answers = {}
        for permission in ("view_article", "change_article", "publish_article", "view_topic"):
            more = ["change_article"] if permission == "publish_article" else []
            self.client.force_login(make_user(permission, *more))
            url = address("restore", "article", self.article.pk)
            answers[permission] = [
                self.page().status_code,
                self.page("compare", a=first, b=newest).status_code,
                self.page("restore", to=first).status_code,
                self.client.post(url, {"to": first}).status_code,
            ]
        self.assertEqual(
            answers,
            {
                "view_article": [200, 200, 403, 403],
                "change_article": [200, 200, 403, 403],  # it is public
                "publish_article": [200, 200, 200, 302],
                "view_topic": [403, 403, 403, 403],
            },
        )
