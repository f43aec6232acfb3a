"""The publish checklist where editors meet it: on the form and in the list's actions."""

from datetime import timedelta

from django.utils import timezone

from articles.models import Article
from tests.factories import NOON, make_article, make_image, make_topic
from tests.test_admin import AdminTestCase, address, fields_of

Status = Article.Status
UNSAFE = "Our words\n\n<b>bold</b>"


class FormTests(AdminTestCase):
    def form_of(self, article):
        return self.client.get(address("change", "article", article.pk))

    def save(self, article, **changes):
        url = address("change", "article", article.pk)
        return self.client.post(url, fields_of(self.client.get(url)) | changes, follow=True)

    def test_shows_what_is_missing_and_what_holds(self):
        page = self.form_of(make_article(is_published=False, excerpt=""))
        for text in (
            "Before publishing",
            "Required",
            "there is neither",
            "Recommended",
            "Choose a",
        ):
            self.assertContains(page, text)
        self.assertContains(page, '<span class="checklist-holds">Headline</span>', html=True)

    def test_shows_a_complete_one_as_such(self):
        image = make_image(alt_text="A tram")
        page = self.form_of(make_article(is_published=False, topics=["A"], images=[image]))
        self.assertContains(page, "All is in order")
        self.assertNotContains(page, "Required</span>")

    def test_publishing_is_refused_at_the_field_to_mend(self):
        article = make_article(is_published=False, web_url="", excerpt="", body=UNSAFE)
        Article.objects.filter(pk=article.pk).update(body="")
        response = self.save(article, status="published", body="<b>")
        errors = response.context["adminform"].form.errors
        self.assertEqual(set(errors), {"web_url", "excerpt", "body"})
        article.refresh_from_db()
        self.assertEqual(article.status, Status.HELD)

    def test_what_is_mended_in_the_same_save_is_published(self):
        article = make_article(is_published=False, web_url="", excerpt="")
        self.save(article, status="published", web_url="https://a.example/", excerpt="Bells ring.")
        article.refresh_from_db()
        self.assertTrue(article.is_published())

    def test_a_published_one_may_be_corrected_whatever_it_lacked(self):
        article = make_article(web_url="", excerpt="", body=UNSAFE)
        response = self.save(article, title="Corrected", body=f"Corrected.\n\n{UNSAFE}")
        self.assertRedirects(response, address("changelist"))
        article.refresh_from_db()
        self.assertEqual(article.title, "Corrected")

    def test_but_nothing_new_may_be_broken(self):
        article = make_article(body=UNSAFE)
        for changes, field in (
            ({"excerpt": "", "body": ""}, "excerpt"),
            ({"web_url": ""}, "web_url"),
            ({"body": f"{UNSAFE} <i>more</i>"}, "body"),
        ):
            with self.subTest(field):
                errors = self.save(article, **changes).context["adminform"].form.errors
                self.assertEqual(list(errors), [field])

    def test_an_expired_one_is_published_anew_only_when_complete(self):
        article = make_article(excerpt="", publish_from=NOON, publish_until=NOON + timedelta(1))
        day = (timezone.now() + timedelta(1)).date()
        response = self.save(article, publish_until_0=str(day), publish_until_1="12:00")
        self.assertIn("excerpt", response.context["adminform"].form.errors)

    def test_publishing_warns_of_what_is_recommended(self):
        article = make_article(is_published=False)
        told = [str(text) for text in self.save(article, status="published").context["messages"]]
        self.assertIn(
            "Published, but not complete. Choose a topic, so that readers find it there. "
            "Add a picture.",
            told,
        )
        told = self.save(article, note="Later").context["messages"]
        self.assertNotIn("not complete", " ".join(str(text) for text in told))

    def test_topics_and_pictures_of_the_same_save_count(self):
        article = make_article(is_published=False)
        response = self.save(
            article,
            **{
                "status": "published",
                "topics": [make_topic().pk],
                "image_uses-TOTAL_FORMS": 1,
                "image_uses-0-article": article.pk,
                "image_uses-0-image": make_image(alt_text="A tram").pk,
                "image_uses-0-position": 0,
            },
        )
        told = " ".join(str(text) for text in response.context["messages"])
        self.assertNotIn("not complete", told)
        self.assertEqual(article.image_uses.count(), 1)
