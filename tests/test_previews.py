"""Preview links: one article, for a while, to who has the link; to everybody else nothing."""

from datetime import timedelta
from unittest import mock

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import TestCase, override_settings
from django.utils import timezone

from articles import previews
from articles.models import Article, PreviewLink

from .factories import make_article, make_editor, make_image, make_related_item

Status = Article.Status


@override_settings(DEBUG=False)
class PreviewTestCase(TestCase):
    def setUp(self):
        self.editor = make_editor()
        self.article = make_article(is_published=False, title="Tram bells", topics=["Trams"])

    def make_link(self, article=None, hours=previews.DEFAULT_HOURS):
        return previews.make(article or self.article, self.editor, hours)

    def answer(self, address):
        response = self.client.get(address)
        return response.status_code, sorted(response.items()), response.content

    def assertMissing(self, address):
        """Byte for byte like any page that is not there."""
        answer = self.answer(address)
        self.assertEqual(answer[0], 404)
        self.assertEqual(answer, self.answer("/articles/there-is-none/"))
        self.assertEqual(answer, self.answer("/preview/nothing/"))


class LinkTests(PreviewTestCase):
    def test_shows_the_article_as_it_would_look(self):
        self.article.image_uses.create(image=make_image(alt_text="A bell"))
        make_related_item(self.article, title="The other bells")
        address = previews.address_of(self.make_link())
        response = self.client.get(address)
        for text in ("Preview: not published", "Tram bells", "A bell", "The other bells", "Trams"):
            self.assertContains(response, text)
        self.assertTemplateUsed(response, "articles/article_detail.html")

    def test_is_kept_and_listed_by_nobody(self):
        response = self.client.get(previews.address_of(self.make_link()))
        self.assertEqual(response["Cache-Control"], "private, no-store")
        self.assertEqual(response["X-Robots-Tag"], "noindex, nofollow")
        self.assertEqual(response["Referrer-Policy"], "no-referrer")
        self.assertFalse(response.cookies)
        for header in ("ETag", "Last-Modified"):
            self.assertNotIn(header, response)

    def test_makes_nothing_public(self):
        before = self.answer("/"), self.answer("/latest/"), self.answer("/topics/")
        self.client.get(previews.address_of(self.make_link()))
        self.assertEqual(
            before, (self.answer("/"), self.answer("/latest/"), self.answer("/topics/"))
        )
        self.assertMissing(self.article.get_absolute_url())
        self.article.refresh_from_db()
        self.assertEqual(self.article.status, Status.HELD)

    def test_says_where_readers_see_it_once_they_do(self):
        public = make_article(slug="public")
        response = self.client.get(previews.address_of(self.make_link(public)))
        self.assertNotContains(response, "not published")
        self.assertContains(response, 'href="/articles/public/"')

    def test_costs_the_same_whatever_hangs_on_the_article(self):
        address = previews.address_of(self.make_link())
        make_related_item(self.article)
        with self.assertNumQueries(5):
            self.client.get(address)
        for _number in range(20):
            make_related_item(self.article, images=[make_image()])
            self.make_link()
        with self.assertNumQueries(5):
            self.client.get(address)

    def test_a_wrong_token_costs_no_query(self):
        with self.assertNumQueries(0):
            self.client.get("/preview/nothing/")


class MissingTests(PreviewTestCase):
    def test_over(self):
        address = previews.address_of(self.make_link(hours=1))
        self.assertEqual(self.client.get(address).status_code, 200)
        with mock.patch(
            "articles.models.preview.timezone.now",
            return_value=timezone.now() + timedelta(hours=1, seconds=1),
        ):
            self.assertMissing(address)

    def test_revoked(self):
        link, other = self.make_link(), self.make_link()
        self.assertTrue(previews.revoke(link))
        self.assertFalse(previews.revoke(link))
        self.assertMissing(previews.address_of(link))
        self.assertEqual(self.client.get(previews.address_of(other)).status_code, 200)

    def test_tampered(self):
        address = previews.address_of(self.make_link())
        other = previews.address_of(self.make_link())
        secret, signature = address.removeprefix("/preview/").strip("/").split(".")
        theirs = other.removeprefix("/preview/").strip("/").split(".")[1]
        for token in (
            secret,
            f"{secret}.",
            f".{signature}",
            f"{secret}.{theirs}",
            f"{secret[:-1]}.{signature}",
            f"{secret}.{signature[:-1]}",
            f"{secret}.{signature}x",
            f"{secret.swapcase()}.{signature}",
            f"{secret}%00.{signature}",
            f"{secret}.{signature}%0a",
            "%00",
            "é.ü",
            "x" * 5000,
            str(PreviewLink.objects.first().pk),
        ):
            with self.subTest(token[:60]):
                self.assertMissing(f"/preview/{token}/")

    def test_of_another_article(self):
        """A link is bound to its article: no part of the address names another."""
        address = previews.address_of(self.make_link())
        make_article(is_published=False, title="Another story", slug="another")
        for wrong in (f"{address}another/", f"{address}articles/another/"):
            self.assertMissing(wrong)
        for query in ("?slug=another", "?article=2"):
            response = self.client.get(address + query)
            self.assertContains(response, "Tram bells")
            self.assertNotContains(response, "Another story")

    def test_withdrawn_and_thrown_away(self):
        address = previews.address_of(self.make_link())
        for status in (Status.WITHDRAWN, Status.TRASHED):
            Article.objects.filter(pk=self.article.pk).update(status=status)
            self.assertMissing(address)
        self.article.delete()
        self.assertMissing(address)

    def test_signed_with_another_key(self):
        link = self.make_link()
        with override_settings(SECRET_KEY="another"):
            foreign = previews.signing.Signer(salt="articles.previews", sep=".")
            token = foreign.sign(link.secret)
        self.assertMissing(f"/preview/{token}/")

    def test_knowing_the_key_is_not_enough(self):
        link = self.make_link()
        for guess in (str(link.pk), str(self.article.pk), self.article.slug):
            self.assertMissing(f"/preview/{previews._signer.sign(guess)}/")


class MakingTests(PreviewTestCase):
    def test_works_for_seven_days_unless_chosen_otherwise(self):
        link = self.make_link()
        self.assertEqual(link.expires_at - link.made_at, timedelta(days=7))
        self.assertEqual(link.made_by, self.editor)
        self.assertEqual((min(previews.HOURS), max(previews.HOURS)), (1, 30 * 24))

    def test_no_other_time_can_be_had(self):
        for hours in (0, -1, 2, 721, 10**9, None):
            with self.subTest(hours), self.assertRaises(ValidationError):
                self.make_link(hours=hours)

    def test_what_is_hidden_gets_none(self):
        for status in (Status.WITHDRAWN, Status.TRASHED):
            self.article.status = status
            with self.subTest(status), self.assertRaises(ValidationError):
                self.make_link()

    def test_the_database_knows_no_link_without_an_end(self):
        now = timezone.now()
        with self.assertRaises(IntegrityError), transaction.atomic():
            PreviewLink.objects.create(article=self.article, made_at=now, expires_at=now)
