"""Previews for editors, and the links that they make and revoke."""

from django.contrib.admin.models import LogEntry

from articles import previews
from articles.models import Article, PreviewLink
from tests.admin.desk import DeskTestCase, make_user
from tests.factories import make_article, make_image, make_topic
from tests.test_admin import address, fields_of

Status = Article.Status


class PreviewTests(DeskTestCase):
    def setUp(self):
        super().setUp()
        self.held = make_article(is_published=False, title="Tram bells", excerpt="They ring.")
        self.url = address("preview", "article", self.held.pk)

    def typed(self, **changes):
        fields = fields_of(self.form_of(self.held)) | changes
        return self.client.post(self.url, fields)

    def test_shows_what_is_stored(self):
        page = self.client.get(self.url)
        self.assertContains(page, "Preview: not published")
        self.assertContains(page, "Tram bells")
        self.assertIn("no-store", page["Cache-Control"])
        self.assertContains(self.form_of(self.held), f'href="{self.url}"')

    def test_shows_what_is_typed_and_writes_nothing(self):
        picture, topic = make_image(alt_text="A bell in the tram"), make_topic("Trams")
        before = Article.objects.values().get(pk=self.held.pk)
        page = self.typed(
            **{
                "title": "Tram bells are tuned",
                "body": "Our *words*.",
                "topics": [topic.pk],
                "image_uses-TOTAL_FORMS": 1,
                "image_uses-0-article": self.held.pk,
                "image_uses-0-image": picture.pk,
                "image_uses-0-position": 0,
            }
        )
        for text in (
            "Tram bells are tuned",
            "<em>words</em>",
            "Trams",
            "A bell in",
            "nothing of it",
        ):
            self.assertContains(page, text)
        self.assertEqual(Article.objects.values().get(pk=self.held.pk), before)
        self.assertEqual((self.held.topics.count(), self.held.image_uses.count()), (0, 0))
        self.assertFalse(self.held.revisions.exists())

    def test_a_picture_taken_away_is_not_shown(self):
        use = self.held.image_uses.create(image=make_image(alt_text="A bell in the tram"))
        self.assertContains(self.typed(), "A bell in")
        page = self.typed(**{"image_uses-0-DELETE": "on", "image_uses-0-id": use.pk})
        self.assertNotContains(page, "A bell in")
        self.assertEqual(self.held.image_uses.count(), 1)

    def test_what_cannot_be_saved_is_named_and_left_as_it_is(self):
        page = self.typed(title="", excerpt="They ring again.")
        self.assertContains(page, "Not as typed, since it cannot be saved so: Headline.")
        self.assertContains(page, "Tram bells")
        self.assertContains(page, "They ring again.")

    def test_never_says_that_unsaved_words_are_public(self):
        page = self.typed(status="published")
        self.assertContains(page, "not published")

    def test_in_the_trash_there_is_none(self):
        Article.objects.filter(pk=self.held.pk).update(status=Status.TRASHED)
        for method in (self.client.get, self.client.post):
            self.assertEqual(method(self.url).status_code, 404)
        self.assertNotContains(self.form_of(self.held), self.url)

    def test_what_is_not_there_and_who_may_not(self):
        for number in ("999999", "x"):
            url = address("preview", "article", number)
            self.assertEqual(self.client.get(url).status_code, 404)
        self.client.force_login(make_user("view_article"))
        self.assertEqual(self.client.get(self.url).status_code, 200)
        self.assertEqual(self.client.post(self.url).status_code, 403)
        self.client.force_login(make_user())
        self.assertEqual(self.client.get(self.url).status_code, 403)
        self.client.logout()
        self.assertEqual(self.client.get(self.url).status_code, 302)


class LinksTests(DeskTestCase):
    def setUp(self):
        super().setUp()
        self.held = make_article(is_published=False, title="Tram bells")

    def send(self, **data):
        url = address("preview_links", "article", self.held.pk)
        return self.client.post(url, data, follow=True)

    def test_is_made_shown_and_revoked_on_the_form(self):
        page = self.send(make=1, hours=24)
        link = PreviewLink.objects.get()
        self.assertEqual(link.made_by, self.editor)
        self.assertContains(page, f"http://testserver{previews.address_of(link)}", count=4)
        self.assertIn("Made a preview link", LogEntry.objects.latest("pk").get_change_message())
        page = self.send(revoke=link.pk)
        self.assertContains(page, "Revoked</span>")
        self.assertNotContains(page, previews.address_of(link))
        self.assertEqual(self.client.get(previews.address_of(link)).status_code, 404)
        self.assertIn("Revoked a preview", LogEntry.objects.latest("pk").get_change_message())

    def test_a_wrong_time_is_said(self):
        for hours in ("", "x", "5", "-1"):
            self.assertEqual(
                self.messages_of(self.send(make=1, hours=hours)),
                ["Choose for how long the link works."],
            )
        self.assertFalse(PreviewLink.objects.exists())

    def test_what_is_withdrawn_gets_none(self):
        Article.objects.filter(pk=self.held.pk).update(status=Status.WITHDRAWN)
        page = self.send(make=1, hours=24)
        self.assertIn("shown to nobody", self.messages_of(page)[0])
        self.assertNotContains(page, "Make a link</button>")

    def test_anothers_link_is_not_revoked_here(self):
        other = previews.make(make_article(), self.editor)
        self.assertEqual(self.send(revoke=other.pk).status_code, 404)
        self.assertTrue(PreviewLink.objects.open().exists())

    def test_needs_the_permission_to_change(self):
        link = previews.make(self.held, self.editor)
        self.client.force_login(make_user("view_article"))
        self.assertNotContains(self.form_of(self.held), "/preview/" + link.secret)
        self.assertEqual(self.send(make=1, hours=24).status_code, 403)
        self.assertEqual(self.send(revoke=link.pk).status_code, 403)
        self.client.force_login(make_user("view_article", "change_article"))
        self.assertEqual(self.send(make=1, hours=24).status_code, 200)
        self.assertEqual(PreviewLink.objects.open().count(), 2)

    def test_the_form_costs_the_same_for_any_number_of_links(self):
        url = address("change", "article", self.held.pk)
        previews.make(self.held, self.editor)
        one = self.queries_of(url)
        for _number in range(30):
            previews.make(self.held, make_user() if not _number else self.editor)
        self.assertEqual(self.queries_of(url), one)
        self.assertContains(self.client.get(url), 'name="revoke"', count=20)
