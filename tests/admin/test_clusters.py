"""The cluster on the article's form: its buttons, what they may, and what they cost."""

from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from articles.models import Article
from articles.reasons import DEMOTED
from tests.factories import (
    make_article,
    make_editor,
    make_member,
    make_provider,
    make_related_item,
)
from tests.test_clusters import make_cluster


def page_of(name, article):
    return reverse(f"admin:articles_article_{name}", args=[article.pk])


class PanelTestCase(TestCase):
    def setUp(self):
        self.editor = make_editor()
        self.client.force_login(self.editor)

    def form(self, article):
        return self.client.get(page_of("change", article))

    def press_undo(self, response):
        """Presses the button of the message as a browser would."""
        html = response.content.decode()
        form = html[html.index('<form class="undo"') :]
        values = {
            name: form.split(f'name="{name}" value="')[1].split('"')[0]
            for name in ("token", "next", "csrfmiddlewaretoken")
        }
        return self.client.post(reverse("admin:articles_article_undo"), values, follow=True)


class PanelTests(PanelTestCase):
    def test_shows_the_members_with_score_status_and_reason(self):
        public, other = make_cluster(heat=DEMOTED, feed_published=False)
        page = self.form(public)
        self.assertContains(page, "the articles here about this story")
        self.assertContains(page, page_of("change", other))
        self.assertContains(page, "superseded in its cluster")
        self.assertContains(page, "and the one that is public now is held")

    def test_is_not_there_where_there_is_nothing_to_show(self):
        self.assertNotContains(self.form(make_article()), "cluster-heading")

    def test_lists_the_related_items_that_are_no_articles_here(self):
        article = make_article(related=2)
        page = self.form(article)
        self.assertContains(page, "no other article here")
        self.assertContains(page, "2 related items")
        self.assertContains(page, 'name="hide"', count=2)

    def test_costs_the_same_for_many(self):
        costs = []
        provider = make_provider("Outlet", "outlet.example")
        for count in (2, 179):
            article = make_article()
            for number in range(count):
                link = make_article(is_published=False, heat=DEMOTED, related=1).web_url
                url = {"web_url": link} if number % 2 else {}
                make_related_item(article, provider=provider, **url)
            self.form(article)
            with CaptureQueriesContext(connection) as queries:
                self.assertContains(self.form(article), "cluster-heading")
            costs.append(len(queries))
        self.assertEqual(costs[0], costs[1])


class LeadTests(PanelTestCase):
    def lead(self, article, chosen, *public):
        data = {"lead": chosen.pk, "public": [row.pk for row in public]}
        return self.client.post(page_of("lead", article), data, follow=True)

    def statuses(self, *articles):
        return [Article.objects.get(pk=article.pk).status for article in articles]

    def test_says_what_it_did_and_is_undone_by_a_button(self):
        public, other = make_cluster()
        page = self.lead(public, other, public)
        self.assertContains(page, "is public now, and held: “The port plugs in”.")
        self.assertEqual(self.statuses(public, other), ["held", "published"])
        self.assertEqual(LogEntry.objects.count(), 2)
        page = self.press_undo(page)
        self.assertContains(page, "Undone.")
        self.assertEqual(page.request["PATH_INFO"], page_of("change", public))
        self.assertEqual(self.statuses(public, other), ["published", "held"])
        self.assertEqual(LogEntry.objects.count(), 4)

    def test_from_the_form_of_the_other(self):
        public, other = make_cluster()
        self.lead(other, other, public)
        self.assertEqual(self.statuses(public, other), ["held", "published"])

    def test_says_why_nothing_was_changed(self):
        public, other = make_cluster()
        self.assertContains(self.lead(public, other), "Look again")
        self.assertContains(self.lead(public, public, public), "“The port plugs in” is public now.")
        self.assertEqual(self.statuses(public, other), ["published", "held"])

    def test_is_not_an_editors(self):
        public, other = make_cluster()
        self.client.force_login(make_member("Editor", "colleague"))
        self.assertNotContains(self.form(other), "Make this the lead")
        self.assertEqual(self.lead(public, other, public).status_code, 403)
        self.client.force_login(make_member("Publisher"))
        self.assertContains(self.form(other), "Make this the lead", count=1)
        self.lead(public, other, public)
        self.assertEqual(self.statuses(public, other), ["held", "published"])

    def test_an_address_alone_does_nothing(self):
        public, other = make_cluster()
        for name in ("lead", "hide"):
            self.assertEqual(self.client.get(page_of(name, public)).status_code, 302)
        self.client.get(reverse("admin:articles_article_undo"))
        self.assertEqual(self.statuses(public, other), ["published", "held"])


class HideTests(PanelTestCase):
    def press(self, article, **data):
        return self.client.post(page_of("hide", article), data, follow=True)

    def test_hides_shows_and_is_undone(self):
        article = make_article(related=1)
        item = article.related_items.get()
        page = self.press(article, hide=item.pk)
        self.assertContains(page, "Hidden from readers")
        self.assertContains(page, "1 hidden from readers")
        self.assertNotContains(self.client.get(article.get_absolute_url()), item.headline)
        page = self.press_undo(page)
        self.assertContains(self.client.get(article.get_absolute_url()), item.headline)
        self.press(article, hide=item.pk)
        self.assertContains(self.press(article, hide=item.pk), "It is so already.")
        self.assertContains(self.press(article, show=item.pk), "Shown to readers again")
        self.assertEqual(article.revisions.count(), 4)

    def test_one_that_is_gone_or_anothers_is_left_alone(self):
        article, other = make_article(related=1), make_article(related=1)
        for number in (other.related_items.get().pk, 10**9, "x", ""):
            self.assertContains(self.press(article, hide=number), "is gone")
        self.assertFalse(Article.objects.exclude(hidden_related=[]).exists())

    def test_of_what_is_public_is_not_an_editors(self):
        article = make_article(related=1)
        self.client.force_login(make_member("Editor", "colleague"))
        self.assertNotContains(self.form(article), 'name="hide"')
        page = self.press(article, hide=article.related_items.get().pk)
        self.assertContains(page, "Only a publisher")
        self.client.force_login(make_member("Importer"))
        self.assertEqual(self.press(article, hide=1).status_code, 403)


class UndoTests(PanelTestCase):
    def undo(self, **data):
        return self.client.post(reverse("admin:articles_article_undo"), data)

    def test_leads_to_no_other_site(self):
        for address in ("https://evil.example/", "//evil.example", "javascript:1", ""):
            response = self.undo(token="x", next=address)
            self.assertEqual(response.url, reverse("admin:articles_article_changelist"))

    def test_is_for_those_who_write(self):
        self.client.force_login(make_member("Importer"))
        self.assertEqual(self.undo(token="x").status_code, 403)
