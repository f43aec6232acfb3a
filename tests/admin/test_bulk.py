"""The list's actions beyond one page, through the admin's doors."""

from unittest import mock

from django.test import TestCase

from articles.models import Article, BulkAction, BulkItem, Revision
from tests.admin.desk import DeskTestCase, make_user
from tests.factories import NOON, make_article, make_editor, make_provider, make_topic
from tests.promises import trials
from tests.test_admin import address, fields_of

Status = Article.Status
Outcome = BulkItem.Outcome


def make_many(count, **fields):
    provider = make_provider()
    return Article.objects.bulk_create(
        Article(
            source="seeds",
            stem=f"2026-03-01-many-{number}",
            slug=f"2026-03-01-many-{number}",
            title=f"Many {number}",
            excerpt="What happened there.",
            web_url=f"https://harbourpost.example/{number}",
            published_at=NOON,
            provider=provider,
            **fields,
        )
        for number in range(count)
    )


MANY = trials(300, 1000)


class ManyTests(DeskTestCase):
    def test_all_but_three_are_done_and_three_are_said_with_their_reasons(self):
        numbers = [article.pk for article in make_many(MANY)]
        other = make_article(is_published=False, source="elsewhere")
        silent, over, unsafe = (
            Article.objects.filter(pk=numbers[n]) for n in (3, MANY // 2, MANY - 1)
        )
        silent.update(excerpt="")
        over.update(publish_until=NOON)
        unsafe.update(body="<script>alert(1)</script>")
        query = "?status__exact=held&source=seeds"
        data = {"action": "publish_now", "select_across": "1", "_selected_action": numbers[:50]}
        # One request's work ends long before the last article.
        with mock.patch("articles.bulk.SECONDS", MANY / 1000):
            response = self.client.post(address("changelist") + query, data)
            requests = 1
            while "/bulk/" in response["Location"]:
                response = self.client.post(response["Location"])
                requests += 1
        self.assertEqual(response["Location"], address("changelist") + query)
        self.assertGreater(requests, 1)
        self.assertEqual(Article.objects.published().count(), MANY - 3)
        self.assertEqual(Revision.objects.count(), MANY - 3)
        other.refresh_from_db()
        self.assertEqual(other.status, Status.HELD)

        told = self.messages_of(self.client.get(response["Location"]))
        self.assertEqual(told[0], f"{MANY - 3} articles are now: Published.")
        self.assertIn(f"{MANY - 3} of them are not complete", told[1])
        self.assertEqual(sum("1 article was not changed" in text for text in told), 3)
        action = BulkAction.objects.get()
        page = self.client.get(address("bulk", "article", action.pk))
        for text in ("there is neither", "“Publish until” has passed", "line 1 has HTML"):
            self.assertContains(page, text)
            self.assertIn(text, " ".join(told))
        for rows in (silent, over, unsafe):
            self.assertContains(page, address("change", "article", rows.get().pk))
        self.assertEqual(page.context["page"].paginator.num_pages, MANY // 100)


class ActionsTests(DeskTestCase):
    def answer(self, response, **data):
        """Posts to the page to which an action has led."""
        self.assertEqual(response.status_code, 200)
        return self.client.post(response.redirect_chain[-1][0], data, follow=True)

    def test_changes_topics(self):
        first, second = make_article(topics=["Climate"]), make_article(topics=["Trams"])
        query = "?source=seeds"
        response = self.act("article", "retopic", first, second, query=query)
        self.assertContains(response, "For 2 articles")
        for name in ("Climate", "Trams"):  # without a script, the whole list is there
            self.assertContains(response, f">{name}</option>", count=2)
        response = self.answer(response, add=make_topic("Trams").pk, take=make_topic("Climate").pk)
        self.assertRedirects(response, address("changelist") + query)
        self.assertEqual(list(first.topics.names()), ["Trams"])
        told = self.messages_of(response)
        self.assertEqual(told[:2], ["1 article is changed.", "1 article was so already."])
        self.assertEqual(first.revisions.get().by, self.editor)

    def test_a_choice_is_needed_that_can_be(self):
        response = self.act("article", "retopic", make_article(topics=["Climate"]))
        self.assertContains(self.answer(response), "Choose at least one topic.")
        number = make_topic("Climate").pk
        again = self.answer(response, add=number, take=number)
        self.assertContains(again, "not both: “Climate”")
        self.assertContains(self.answer(response, add="x"), "Please correct")
        self.assertIsNone(BulkAction.objects.get().began_at)

    def test_assigns_to_a_colleague(self):
        article, colleague = make_article(), make_user("change_article", "view_article")
        make_editor("retired").__class__.objects.filter(username="retired").update(is_active=False)
        response = self.act("article", "assign", article)
        self.assertContains(response, f">{colleague.username}</option>")
        self.assertNotContains(response, "retired")
        response = self.answer(response, to=colleague.pk)
        article.refresh_from_db()
        self.assertEqual(article.assigned_to, colleague)
        self.assertContains(response, f"assigned to {colleague.username}")

    def test_the_list_finds_whose_it_is(self):
        mine, theirs = make_article(assigned_to=self.editor), make_article()
        colleague = make_editor("colleague")
        other = make_article(assigned_to=colleague)
        for value, found in (
            ("me", [mine]),
            ("nobody", [theirs]),
            (colleague.pk, [other]),
            ("x", []),
        ):
            page = self.client.get(f"{address('changelist')}?assigned={value}")
            self.assertEqual(list(page.context["cl"].result_list), found)

    def test_the_form_assigns(self):
        article, colleague = make_article(), make_editor("colleague")
        url = address("change", "article", article.pk)
        data = fields_of(self.client.get(url)) | {"assigned_to": colleague.pk}
        self.assertEqual(self.client.post(url, data).status_code, 302)
        article.refresh_from_db()
        self.assertEqual(article.assigned_to, colleague)
        self.assertEqual(article.revisions.get().comment, "to colleague")
        # An account that was made inactive since keeps what it has.
        colleague.is_active = False
        colleague.save()
        data = fields_of(self.client.get(url)) | {"note": "Soon."}
        self.assertEqual(self.client.post(url, data).status_code, 302)
        article.refresh_from_db()
        self.assertEqual((article.note, article.assigned_to), ("Soon.", colleague))

    def test_what_died_half_way_is_noticed_and_goes_on(self):
        make_article(is_published=False)
        with mock.patch("articles.bulk.SECONDS", 0):
            response = self.act("article", "publish_now", *Article.objects.all())
        self.assertContains(response, "0 of 1 articles are done")
        self.assertContains(response, "articles/bulk.js")
        page = self.client.get(address("bulk", "article", BulkAction.objects.get().pk))
        self.assertNotContains(page, "articles/bulk.js")  # looking at it starts nothing
        reminded = self.client.get(address("changelist"))
        self.assertContains(reminded, "“Publish now” has not come to its end.")
        response = self.client.post(response.redirect_chain[-1][0], follow=True)
        self.assertEqual(self.messages_of(response)[0], "1 article is now: Published.")
        self.assertNotContains(self.client.get(address("changelist")), "has not come to its end")

    def test_only_its_owner_sees_it_and_only_with_the_permission(self):
        self.act("article", "hold", make_article())
        url = address("bulk", "article", BulkAction.objects.get().pk)
        self.assertEqual(self.client.get(url).status_code, 200)
        self.client.force_login(make_editor("colleague"))
        for method in (self.client.get, self.client.post):
            self.assertEqual(method(url).status_code, 404)
        self.client.force_login(make_user("view_article"))
        for method in (self.client.get, self.client.post):
            self.assertEqual(method(url).status_code, 403)

    def test_its_page_costs_the_same_for_any_number_and_narrows(self):
        make_many(3)
        costs = []
        for number in (3, 150):
            make_many_more(number)
            self.act("article", "hold", *Article.objects.all())
            action = BulkAction.objects.first()
            url = address("bulk", "article", action.pk)
            costs.append(self.queries_of(url))
        # One more where there is a second page to count for; none for a row.
        self.assertEqual(costs[0], costs[1])
        page = self.client.get(f"{url}?outcome={Outcome.SAME}")
        self.assertEqual({item.outcome for item in page.context["page"]}, {Outcome.SAME})
        page = self.client.get(f"{url}?outcome=x&p=99")
        self.assertEqual(page.status_code, 200)


def make_many_more(count):
    for _number in range(count):
        make_article(is_published=False)


class NothingHereTests(TestCase):
    def test_a_visitor_is_sent_to_the_login(self):
        self.assertEqual(self.client.get(address("bulk", "article", 1)).status_code, 302)
