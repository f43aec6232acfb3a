"""The picture library: found, described in place, filled, and chosen from."""

from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from articles.models import Image, ImportRun
from tests.admin.test_editors_at_once import AtOnceTestCase, Opened
from tests.factories import make_article, make_image, make_member, make_related_item
from tests.test_admin import AdminTestCase, address, fields_of, listed_fields_of, picture

LIST = address("changelist", "image")


class LibraryCase(AdminTestCase):
    def found(self, **query):
        page = self.client.get(LIST, query)
        return {image.alt_text or image.file.name for image in page.context["cl"].result_list}


class ListTests(LibraryCase):
    def test_costs_the_same_however_many_pictures_and_uses(self):
        asked = ["?look=list", "?q=story", "?care=public", "?used=public", "?o=-6"]
        urls = [*(LIST + query for query in asked), address("choose", "image")]

        def make(number):
            failed = make_image(file="", fetch_failures=1)
            article = make_article(images=[make_image(alt_text="A quay"), make_image(), failed])
            shown = make_image(url=f"https://pictures.example/story-{number}.jpg")
            make_related_item(article, images=[shown])
            make_image()  # used by nothing

        make(0)
        few = {url: self.queries_of(url) for url in urls}
        for number in range(1, 6):
            make(number)
        self.assertEqual({url: self.queries_of(url) for url in urls}, few)

    def test_counts_uses_and_what_readers_see_of_them(self):
        image = make_image()
        article = make_article(images=[image])
        make_article(images=[image], is_published=False)
        make_related_item(article, images=[image])
        page = self.client.get(LIST)
        self.assertContains(page, "3 uses, <a")
        self.assertContains(page, f"?image={image.pk}&amp;public=now")
        self.assertContains(page, "1 public")

    def test_is_narrowed_by_use_and_origin(self):
        public, held, idle = (make_image(alt_text=text) for text in ("public", "held", "idle"))
        make_image(alt_text="ours", url="")
        make_article(images=[public])
        make_article(images=[held], is_published=False)
        run = ImportRun.objects.create(source="seeds")
        Image.objects.filter(pk=idle.pk).update(brought_by=run)
        for query, names in [
            ({"used": "public"}, {"public"}),
            ({"used": "yes"}, {"public", "held"}),
            ({"used": "no"}, {"idle", "ours"}),
            ({"origin": "here"}, {"ours"}),
            ({"origin": "feed"}, {"public", "held", "idle"}),
            ({"run": run.pk}, {"idle"}),
            ({"q": "idl"}, {"idle"}),
        ]:
            with self.subTest(query):
                self.assertEqual(self.found(**query), names)

    def test_names_what_could_not_be_fetched_and_why(self):
        make_image(file="")
        failed = make_image(
            file="",
            fetch_failures=2,
            fetch_error="it did not answer",
            fetch_tried_at=timezone.now(),
        )
        page = self.client.get(LIST, {"care": "failed"})
        self.assertEqual(list(page.context["cl"].result_list), [failed])
        self.assertContains(page, "Could not be fetched</span>")
        page = self.client.get(address("change", "image", failed.pk))
        self.assertContains(page, "Not fetched: it did not answer. Tried 2 times")

    def test_keeps_the_look_that_was_chosen(self):
        self.assertContains(self.client.get(LIST), "library-grid")
        self.assertContains(self.client.get(LIST, {"look": "list"}), "library-list")
        self.assertContains(self.client.get(LIST), "library-list")
        self.assertContains(self.client.get(LIST, {"look": "nonsense"}), "library-list")

    def test_is_read_by_those_who_may_not_write(self):
        make_image(alt_text="A quay")
        self.client.force_login(make_member("Importer"))
        page = self.client.get(LIST)
        self.assertContains(page, "A quay")
        for name in ('name="form-0-alt_text"', 'name="_save"', 'class="upload"'):
            self.assertNotContains(page, name)


class Listed(Opened):
    """The list as one editor has it open."""

    def __init__(self, test, user):
        self.test, self.user, self.url = test, user, LIST
        self._show(self._client().get(LIST))

    def _show(self, response):
        self.page, self.html = response, response.rendered_content
        self.fields = listed_fields_of(response)
        self.asks = self._questions()


class DescribingTests(AtOnceTestCase):
    def setUp(self):
        super().setUp()
        self.image = make_image(alt_text="As opened")
        self.other = make_image()  # the newer one, so the first of the list

    def open_both(self):
        return Listed(self, self.editor), Listed(self, self.colleague)

    @property
    def now(self):
        return list(Image.objects.order_by("pk").values_list("alt_text", "credit"))

    def test_is_saved_and_logged(self):
        ours, _theirs = self.open_both()
        self.assertTrue(ours.save(**{"form-0-alt_text": "A quay", "form-1-credit": "Us"}))
        self.assertEqual(self.now, [("As opened", "Us"), ("A quay", "")])
        entries = LogEntry.objects.filter(user=self.editor).order_by("pk")
        told = [(entry.object_id, entry.get_change_message()) for entry in entries]
        expected = {
            (str(self.other.pk), "Changed Alternative text."),
            (str(self.image.pk), "Changed Credit."),
        }
        self.assertEqual(set(told), expected)

    def test_different_fields_both_land(self):
        ours, theirs = self.open_both()
        self.assertTrue(theirs.save(**{"form-1-alt_text": "A colleague’s"}))
        self.assertTrue(ours.save(**{"form-1-credit": "Ours"}))
        self.assertEqual(self.now[0], ("A colleague’s", "Ours"))

    def test_the_same_field_asks_and_the_choice_lands(self):
        ours, theirs = self.open_both()
        theirs.save(**{"form-1-alt_text": "A colleague’s"})
        self.assertFalse(ours.save(**{"form-1-alt_text": "Ours", "form-0-alt_text": "A quay"}))
        self.assert_asks(ours, "form-1-alt_text")
        self.assertIn("colleague changed this on", ours.html)
        self.assertEqual(self.now[0], ("A colleague’s", ""))
        self.assertTrue(ours.save([("form-1-alt_text", "mine")]))
        self.assertEqual(self.now, [("Ours", ""), ("A quay", "")])

    def test_each_question_stands_at_its_picture_whatever_came_meanwhile(self):
        ours, theirs = self.open_both()
        theirs.save(**{"form-1-alt_text": "A colleague’s"})
        make_image(alt_text="Newer than all")
        ours.save(**{"form-1-alt_text": "Ours"})
        changelist = ours.page.context["cl"]
        rows = [
            (row.pk, form.instance.pk)
            for row, form in zip(changelist.result_list, changelist.formset.forms, strict=True)
        ]
        self.assertEqual(rows, [(pk, pk) for pk in (self.other.pk, self.image.pk)])

    def test_words_about_a_picture_that_is_gone_are_told(self):
        ours, _theirs = self.open_both()
        self.other.delete()
        self.assertTrue(ours.save(**{"form-0-alt_text": "A quay", "form-1-credit": "Us"}))
        self.assertEqual(self.now, [("As opened", "Us")])
        self.assertContains(self.client.get(LIST), "so this was not saved: A quay")


class UploadTests(LibraryCase):
    url = address("upload", "image")

    def send(self, *files, **headers):
        files = [SimpleUploadedFile(name, content, "image/jpeg") for name, content in files]
        return self.client.post(self.url, {"files": files}, follow=True, headers=headers)

    def test_each_file_is_kept_or_refused_by_itself(self):
        page = self.send(("bells.jpg", picture()), ("no.jpg", b"no"), ("quay.png", picture("PNG")))
        self.assertContains(page, "2 pictures were uploaded")
        self.assertContains(page, "“no.jpg”: This is not a picture")
        self.assertEqual(Image.objects.filter(width=40, height=20).count(), 2)
        self.assertEqual(LogEntry.objects.filter(user=self.editor).count(), 2)

    def test_a_script_is_told_of_each(self):
        answer = self.send(("bells.jpg", picture()), accept="application/json")
        image = Image.objects.get()
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.json()["pictures"][0]["id"], image.pk)
        answer = self.send(("no.gif", b"GIF89a"), accept="application/json")
        self.assertEqual((answer.status_code, answer.json()["pictures"]), (422, []))
        self.assertEqual(answer.json()["refused"][0]["name"], "no.gif")

    def test_nothing_chosen_is_said(self):
        self.assertContains(self.client.post(self.url, follow=True), "Choose at least one file")


class ChoosingTests(LibraryCase):
    def choose(self, **query):
        return self.client.get(address("choose", "image"), query).json()

    def test_offers_what_readers_could_be_shown_newest_first(self):
        old, new = make_image(alt_text="A quay"), make_image(credit="Harbour Post")
        make_image(file="")
        self.assertEqual([each["id"] for each in self.choose()["pictures"]], [new.pk, old.pk])
        self.assertEqual([each["id"] for each in self.choose(q="harbour")["pictures"]], [new.pk])
        self.assertEqual(self.choose(q="\x00")["has_more"], False)

    def test_goes_on_where_it_stopped(self):
        for _number in range(30):
            make_image()
        first, second = self.choose(), self.choose(**{"from": 24})
        self.assertEqual((first["has_more"], second["has_more"]), (True, False))
        numbers = {each["id"] for each in first["pictures"] + second["pictures"]}
        self.assertEqual(len(numbers), 30)


class FormTests(AdminTestCase):
    def save(self, image, **changes):
        url = address("change", "image", image.pk)
        return self.client.post(url, fields_of(self.client.get(url)) | changes)

    def test_the_focal_point_is_written_and_logged(self):
        image = make_image()
        self.assertEqual(self.save(image, focus_x=12, focus_y=90).status_code, 302)
        image.refresh_from_db()
        self.assertEqual((image.focus_x, image.focus_y), (12, 90))
        self.assertIn("Focal point", LogEntry.objects.first().get_change_message())

    def test_a_point_outside_of_the_picture_is_refused(self):
        errors = self.save(make_image(), focus_x=101).context["adminform"].form.errors
        self.assertEqual(list(errors), ["focus_x"])

    def test_shows_how_crops_will_look(self):
        image = make_image(width=1600, height=900, focus_x=0)
        page = self.client.get(address("change", "image", image.pk))
        self.assertContains(page, 'viewBox="0 0 900 900"')
        self.assertContains(page, 'cx="0%" cy="50%"')

    def test_a_new_file_keeps_the_link_and_the_uses(self):
        image = make_image(url="https://pictures.example/quay.jpg")
        article = make_article(images=[image])
        make_article(images=[image], is_published=False)
        page = self.client.get(address("change", "image", image.pk))
        self.assertContains(page, "2 articles show it; readers see it in 1 now.")
        new = SimpleUploadedFile("new.jpg", picture(), "image/jpeg")
        self.assertEqual(self.save(image, file=new).status_code, 302)
        image.refresh_from_db()
        self.assertIn("new", image.file.name)
        self.assertEqual((image.width, image.url), (40, "https://pictures.example/quay.jpg"))
        self.assertEqual(article.images.get(), image)

    def test_says_where_it_is_used_and_whether_readers_see_it(self):
        image = make_image()
        make_article(title="Quay opens", images=[image])
        make_article(title="Quay closes", images=[image], is_published=False)
        page = self.client.get(address("change", "image", image.pk))
        for text in ("Quay opens", "state-published", "Quay closes", "state-held"):
            self.assertContains(page, text)

    def test_deleting_says_how_many_readers_would_miss_it(self):
        image = make_image()
        make_article(images=[image])
        make_article(images=[image], is_published=False)
        page = self.client.get(address("delete", "image", image.pk))
        self.assertContains(page, "2 articles show it")
        self.assertContains(page, "readers see it in 1 article now")
        data = {"action": "delete_selected", "_selected_action": [image.pk], "post": "yes"}
        page = self.client.post(LIST, data)
        self.assertContains(page, "readers see it in 1 article now")
        self.assertTrue(Image.objects.exists())
