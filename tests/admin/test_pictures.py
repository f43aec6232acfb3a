"""The pictures of an article, on its form: uploaded, described, sorted."""

from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile

from articles.models import Article, Image, Revision
from tests.admin.test_editors_at_once import AtOnceTestCase
from tests.factories import make_article, make_image, make_member
from tests.test_admin import AdminTestCase, address, fields_of, picture

FILES = "image_uses-files"


def upload(name="bells.jpg", content=None):
    return SimpleUploadedFile(name, content or picture(), "image/jpeg")


class FormCase(AdminTestCase):
    def form_of(self, article):
        return self.client.get(address("change", "article", article.pk))

    def save(self, article, **changes):
        url = address("change", "article", article.pk)
        fields = fields_of(self.client.get(url))
        return self.client.post(url, fields | changes, follow=True)


class UploadTests(FormCase):
    def test_files_become_pictures_at_the_end(self):
        article = make_article(is_published=False, images=[make_image()])
        self.save(article, **{FILES: [upload(), upload("quay.png", picture("PNG"))]})
        uses = list(article.image_uses.order_by("position").values_list("position", "image"))
        self.assertEqual([place for place, _image in uses], [0, 1, 2])
        self.assertIn("bells", Image.objects.get(pk=uses[1][1]).file.name)
        logged = LogEntry.objects.filter(user=self.editor, action_flag=1)
        self.assertEqual(logged.count(), 2)
        self.assertIn("images", article.revisions.first().changes)

    def test_a_new_article_takes_them_too(self):
        url = address("add", "article")
        fields = fields_of(self.client.get(url)) | {"title": "New", "excerpt": "New, and long."}
        self.client.post(url, fields | {FILES: upload()})
        self.assertEqual(Article.objects.get().images.count(), 1)

    def test_a_file_that_is_refused_is_named_and_nothing_is_saved(self):
        article = make_article(is_published=False)
        page = self.save(article, title="Other", **{FILES: [upload(), upload("no.jpg", b"no")]})
        self.assertContains(page, "“no.jpg” was not uploaded. This is not a picture")
        article.refresh_from_db()
        self.assertNotEqual(article.title, "Other")
        self.assertFalse(Image.objects.exists())

    def test_nobody_uploads_who_may_not(self):
        article = make_article()
        for role in ("Importer", "Editor"):  # what is public is a publisher's
            with self.subTest(role):
                user = make_member(role, f"{role} at work")
                fields = fields_of(self.form_of(article))  # as a publisher has it
                self.client.force_login(user)
                self.assertNotContains(self.form_of(article), FILES)
                url = address("change", "article", article.pk)
                self.client.post(url, fields | {FILES: upload()})
                self.assertFalse(Image.objects.exists())
                self.client.force_login(self.editor)


class DescribingTests(FormCase):
    def name(self, image):
        return f"alt_text_{image.pk}"

    def test_is_asked_for_each_picture_that_lacks_a_text(self):
        lacking, described = make_image(), make_image(alt_text="A quay")
        hidden = make_image(file="")
        page = self.form_of(make_article(images=[lacking, described, hidden]))
        self.assertContains(page, f'name="{self.name(lacking)}"')
        for image in (described, hidden):
            self.assertNotContains(page, self.name(image))

    def test_is_written_and_logged_with_the_article(self):
        image = make_image()
        article = make_article(is_published=False, topics=["Trams"], images=[image])
        page = self.save(article, status="published", **{self.name(image): "A tram"})
        self.assertNotContains(page, "not complete")
        image.refresh_from_db()
        self.assertEqual(image.alt_text, "A tram")
        entry = LogEntry.objects.get(object_id=image.pk, content_type__model="image")
        self.assertEqual(entry.get_change_message(), "Changed Alternative text.")

    def test_publishing_goes_without(self):
        image = make_image()
        article = make_article(is_published=False, images=[image])
        page = self.save(article, status="published", **{self.name(image): ""})
        self.assertContains(page, "Say what the picture shows")
        self.assertTrue(Article.objects.published().exists())

    def test_stands_again_in_a_form_that_is_refused(self):
        image, other = make_image(), make_image()
        article = make_article(is_published=False, images=[image])
        changes = {self.name(image): "A tram", self.name(other): "x\x0by"}
        page = self.save(article, title="", **changes)
        self.assertContains(page, 'value="A tram"')
        self.assertContains(page, "cannot be stored")
        image.refresh_from_db()
        self.assertEqual(image.alt_text, "")

    def test_never_writes_over_a_colleagues_words(self):
        image = make_image()
        article = make_article(is_published=False, images=[image])
        url = address("change", "article", article.pk)
        fields = fields_of(self.client.get(url)) | {self.name(image): "Ours"}
        Image.objects.update(alt_text="Theirs")
        page = self.client.post(url, fields, follow=True)
        self.assertContains(page, "meanwhile: “Theirs”. Yours: “Ours”.")
        self.assertEqual(Image.objects.get().alt_text, "Theirs")

    def test_costs_the_same_however_many(self):
        article = make_article(images=[make_image()])
        url = address("change", "article", article.pk)
        few = self.queries_of(url)
        for position in range(1, 9):
            article.image_uses.create(image=make_image(), position=position)
        self.assertEqual(self.queries_of(url), few)


class SortingTests(AtOnceTestCase):
    def setUp(self):
        super().setUp()
        self.images = [make_image() for _number in range(3)]
        self.article = make_article(is_published=False, images=self.images)

    @property
    def order(self):
        uses = self.article.image_uses.order_by("position", "pk")
        return [self.images.index(use.image) for use in uses.select_related("image")]

    def positions(self, *numbers):
        return {f"image_uses-{row}-position": number for row, number in enumerate(numbers)}

    def test_is_saved_by_the_form_and_is_a_revision(self):
        ours, _theirs = self.both(self.article)
        self.assertTrue(ours.save(**self.positions(2, 0, 1)))
        self.assertEqual(self.order, [1, 2, 0])
        self.assertEqual(self.article.revisions.first().kind, Revision.Kind.EDIT)

    def test_a_colleagues_words_and_our_order_both_land(self):
        ours, theirs = self.both(self.article)
        self.assertTrue(theirs.save(title="By a colleague"))
        self.assertTrue(ours.save(**self.positions(2, 1, 0)))
        self.assertEqual(self.order, [2, 1, 0])
        self.article.refresh_from_db()
        self.assertEqual(self.article.title, "By a colleague")

    def test_two_orders_ask(self):
        ours, theirs = self.both(self.article)
        self.assertTrue(theirs.save(**self.positions(1, 0, 2)))
        self.assertFalse(ours.save(**self.positions(2, 1, 0)))
        self.assertEqual(self.order, [1, 0, 2])
        self.assertTrue(ours.asks)
