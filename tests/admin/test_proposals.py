"""The desk's answers to what the feed proposes: one or many, each on its own, each said."""

from unittest import mock

from django.contrib.admin.models import LogEntry
from django.db import IntegrityError

from articles.admin import proposals
from articles.importing.proposals import reject
from articles.models import Article, Proposal, RelatedItem
from tests.admin.desk import HEADLINE, DeskTestCase, make_user
from tests.factories import make_article, make_related_item
from tests.test_admin import address

Resolution = Proposal.Resolution


def propose(article, theirs="Theirs", field="title", **fields):
    return Proposal.objects.create(
        article=article, field=field, base="Base", theirs=theirs, **fields
    )


class ListTests(DeskTestCase):
    def shown(self, query=""):
        response = self.client.get(address("changelist", "proposal") + query)
        return list(response.context["cl"].result_list)

    def test_opens_with_what_waits_newest_first(self):
        first, second = propose(make_article()), propose(make_article())
        done = propose(make_article(), resolution=Resolution.ACCEPTED)
        self.assertEqual(self.shown(), [second, first])
        self.assertEqual(self.shown("?resolution=accepted"), [done])
        self.assertEqual(self.shown("?resolution=all"), [done, second, first])
        self.assertEqual(self.shown(f"?article={first.article_id}"), [first])
        self.assertEqual(self.shown("?field=excerpt"), [])

    def test_shows_both_values_with_their_words_marked(self):
        propose(make_article(title="Bells in tune"), "Bells out of tune")
        page = self.client.get(address("changelist", "proposal"))
        self.assertContains(page, "Bells <del>in</del> tune")
        self.assertContains(page, "Bells <ins>out of</ins> tune")

    def test_shows_the_value_of_a_related_item_and_of_every_kind_of_field(self):
        article = make_article()
        item = make_related_item(article, title="Our wording")
        propose(article, "Their wording", related_item=item)
        propose(article, ["Post", "post.example"], "provider")
        propose(article, "2026-03-02T10:00:00+00:00", "published_at")
        propose(article, "withdrawn", "status")
        page = self.client.get(address("changelist", "proposal"))
        for text in (
            "<del>Our</del> wording",
            "related “Our wording”: headline",
            "(<del>harbourpost</del>.example)",
            "<del>Published</del>",
            "<ins>Withdrawn</ins>",
        ):
            self.assertContains(page, text)

    def test_costs_the_same_for_1_proposal_and_for_20(self):
        url = address("changelist", "proposal")
        propose(make_article())
        few = self.queries_of(url)
        for _number in range(20):
            article = make_article()
            propose(article, related_item=make_related_item(article))
        self.assertEqual(self.queries_of(url), few)

    def test_each_has_a_page(self):
        proposal = self.make_conflict()
        page = self.client.get(address("change", "proposal", proposal.pk))
        self.assertContains(page, "Tram bells are tuned")
        self.assertContains(page, self.last_run.get_absolute_url())


class AnswerTests(DeskTestCase):
    def test_accepting_takes_the_feeds_value(self):
        proposal = self.make_conflict()
        response = self.act("proposal", "accept_theirs", proposal)
        proposal.refresh_from_db()
        self.assertEqual(self.article.title, "Tram bells were tuned")
        self.assertEqual((proposal.resolution, proposal.resolved_by), ("accepted", self.editor))
        self.assertEqual(
            self.messages_of(response), ["The feed’s value is taken: “Bells in tune”, headline"]
        )
        self.assertIn("Accepted", LogEntry.objects.get().get_change_message())

    def test_keeping_ours_leaves_the_article(self):
        proposal = self.make_conflict()
        before = self.article.updated_at
        response = self.act("proposal", "keep_ours", proposal)
        proposal.refresh_from_db()
        self.assertEqual((self.article.title, self.article.updated_at), ("Bells in tune", before))
        self.assertEqual(proposal.resolution, Resolution.REJECTED)
        self.assertIn("Ours is kept", self.messages_of(response)[0])

    def test_accepting_a_takedown_withdraws(self):
        self.run_import()
        self.edit(is_kept_public=True)
        self.run_import(("published: true", "published: true\nremoved: true"))
        self.assertTrue(self.article.is_published())
        self.act("proposal", "accept_theirs", Proposal.objects.get())
        article = self.article
        self.assertEqual((article.status, article.is_kept_public), ("withdrawn", False))

    def test_many_at_once(self):
        rows = [propose(make_article(), f"Theirs {number}") for number in range(3)]
        self.act("proposal", "accept_theirs", *rows)
        titles = sorted(Article.objects.values_list("title", flat=True))
        self.assertEqual(titles, ["Theirs 0", "Theirs 1", "Theirs 2"])

    def test_one_that_fails_leaves_the_others_done(self):
        rows = [propose(make_article(title=f"Ours {n}"), f"Theirs {n}") for n in range(3)]
        accept = proposals.accept

        def refuse_the_second(proposal, by):
            if proposal == rows[1]:
                raise IntegrityError("refused")
            accept(proposal, by)

        with mock.patch.object(proposals, "accept", refuse_the_second):
            response = self.act("proposal", "accept_theirs", *rows)
        titles = sorted(Article.objects.values_list("title", flat=True))
        self.assertEqual(titles, ["Ours 1", "Theirs 0", "Theirs 2"])
        self.assertIn("1 could not be taken: “Ours 1”, headline", self.messages_of(response)[1])

    def test_one_resolved_meanwhile_is_said(self):
        waiting, resolved, deleted = (propose(make_article()) for _number in range(3))
        reject(resolved, self.editor)
        article = deleted.article
        deleted_row = Proposal(pk=deleted.pk)
        article.delete()
        response = self.act("proposal", "accept_theirs", waiting, resolved, deleted_row)
        done, gone = self.messages_of(response)
        self.assertIn("The feed’s value is taken", done)
        self.assertIn("1 had been resolved meanwhile", gone)
        resolved.refresh_from_db()
        self.assertEqual(resolved.resolution, Resolution.REJECTED)
        self.assertNotEqual(resolved.article.title, "Theirs")

    def test_all_that_the_list_shows_is_no_more_than_that(self):
        waiting, resolved = propose(make_article()), propose(make_article())
        reject(resolved, self.editor)
        response = self.act("proposal", "keep_ours", waiting, select_across="1")
        self.assertEqual(len(self.messages_of(response)), 1)

    def test_need_the_permission_to_resolve_and_public_articles_a_publisher(self):
        proposal = propose(make_article())
        for names, is_offered, is_resolved in (
            (["change_article"], False, False),
            (["change_article", "resolve_article"], True, False),
            (["change_article", "resolve_article", "publish_article"], True, True),
        ):
            self.client.force_login(make_user("view_proposal", *names))
            page = self.client.get(address("changelist", "proposal"))
            self.assertEqual("accept_theirs" in page.content.decode(), is_offered)
            self.act("proposal", "accept_theirs", proposal)
            self.assertEqual(Proposal.objects.open().exists(), not is_resolved)


class PanelTests(DeskTestCase):
    def answer(self, article, **data):
        return self.client.post(address("proposals", "article", article.pk), data, follow=True)

    def test_shows_both_values_and_two_buttons(self):
        proposal = self.make_conflict()
        page = self.form_of(proposal.article)
        self.assertContains(page, "The feed proposes")
        self.assertContains(page, f'name="accept" value="{proposal.pk}"')
        self.assertContains(page, f'name="reject" value="{proposal.pk}"')
        self.assertContains(page, "<ins>Tram bells were tuned</ins>")

    def test_is_absent_where_nothing_waits(self):
        self.assertNotContains(self.form_of(make_article()), "The feed proposes")

    def test_answers_and_comes_back_to_the_form(self):
        for verb, title in (("reject", "Bells in tune"), ("accept", "Tram bells were tuned")):
            with self.subTest(verb):
                Article.objects.all().delete_unburied()
                proposal = self.make_conflict()
                article = proposal.article
                response = self.answer(article, **{verb: proposal.pk})
                self.assertRedirects(response, address("change", "article", article.pk))
                self.assertEqual(self.article.title, title)
                self.assertFalse(Proposal.objects.open().exists())
                (self.folder / "2026-03-01-bells.md").unlink()

    def test_says_that_somebody_was_faster(self):
        proposal = self.make_conflict()
        reject(proposal, self.editor)
        response = self.answer(proposal.article, accept=proposal.pk)
        self.assertIn("1 had been resolved meanwhile", self.messages_of(response)[0])
        self.assertEqual(self.article.title, "Bells in tune")

    def test_answers_for_its_own_article_only(self):
        other = propose(make_article())
        for number in (other.pk, "x", "9" * 40, ""):
            self.answer(make_article(), accept=number)
        self.assertTrue(Proposal.objects.open().filter(pk=other.pk).exists())

    def test_a_get_answers_nothing(self):
        proposal = propose(make_article())
        url = address("proposals", "article", proposal.article_id)
        self.assertEqual(self.client.get(url, {"accept": proposal.pk}).status_code, 302)
        self.assertTrue(Proposal.objects.open().exists())

    def test_needs_the_permission_to_change(self):
        proposal = propose(make_article())
        self.client.force_login(make_user("view_article"))
        page = self.form_of(proposal.article)
        self.assertContains(page, "The feed proposes")
        self.assertNotContains(page, 'name="accept"')
        self.assertEqual(self.answer(proposal.article, accept=proposal.pk).status_code, 403)
        self.assertTrue(Proposal.objects.open().exists())

    def test_needs_the_forms_token(self):
        proposal = propose(make_article())
        self.client.handler.enforce_csrf_checks = True
        self.assertEqual(self.answer(proposal.article, accept=proposal.pk).status_code, 403)

    def test_the_form_costs_the_same_for_1_proposal_and_for_20(self):
        self.run_import()
        self.run_import(HEADLINE)
        article = self.article
        item = RelatedItem.objects.get()
        propose(article, related_item=item)
        url = address("change", "article", article.pk)
        few = self.queries_of(url)
        for number in range(20):
            propose(article, related_item=item, field=f"field{number}", theirs=None)
        with mock.patch.object(proposals, "stands", return_value="x"):
            self.assertEqual(self.queries_of(url), few)
