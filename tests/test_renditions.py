"""Renditions: made once a picture is certain, told to pages, made anew and removed with it."""

from io import StringIO
from time import monotonic
from unittest import mock

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import SimpleTestCase, TestCase, TransactionTestCase, override_settings
from django.urls import reverse

from articles import renditions, scaling
from articles.models import Image, Rendition
from articles.pixels import rewritten
from articles.scaling import Output, Scaled
from articles.workflow import merge_providers

from .databases import only_on
from .factories import make_article, make_editor, make_image, make_provider
from .test_scaling import GREEN, RED, encoded, picture

# What this module is about is not how bytes are made: see test_scaling.
TWO = Scaled("#1ea01e", [Output("whole", "webp", 8, 6, b"w"), Output("whole", "jpeg", 8, 6, b"j")])


def files() -> set[str]:
    found = set()
    for folder in ("images", "renditions"):
        if default_storage.exists(folder):
            below, names = default_storage.listdir(folder)
            found.update(f"{folder}/{name}" for name in names)
            for each in below:
                names = default_storage.listdir(f"{folder}/{each}")[1]
                found.update(f"{folder}/{each}/{name}" for name in names)
    return found


def listed() -> set[str]:
    rows = Image.objects.exclude(file="").values_list("file", flat=True)
    return {*rows, *Rendition.objects.values_list("file", flat=True)}


def make_file(colour=GREEN, **fields) -> Image:
    """A picture with bytes behind it."""
    image = Image(width=160, height=120, **fields)
    content = ContentFile(encoded(picture((160, 120), colour)))
    image.file.save("picture.jpg", content, save=False)
    image.save()
    return image


def tidy() -> None:
    """The storage outlives each test: what others left in it goes."""
    for name in files():
        default_storage.delete(name)


@override_settings(RENDITIONS=True)
class RenditionsTestCase(TestCase):
    def setUp(self):
        tidy()
        self.addCleanup(lambda: [default_storage.delete(name) for name in files()])

    def commit(self):
        """Everything within is certain at the end of it; what is to be made is made."""
        return _Committed(self)

    def assertTidy(self):
        """Each file is listed, each listed file is there, and pages are told what is there."""
        self.assertEqual(files(), listed())
        for image in Image.objects.all():
            rows = list(image.renditions.all())
            told = {name: image.served.get(name) for name in ("plain", "sizes", "plain_sizes")}
            self.assertEqual(told, renditions.sizes_of(rows) if rows else dict.fromkeys(told))


class _Committed:
    def __init__(self, case):
        self.case, self.together = case, renditions.together()
        self.capture = case.captureOnCommitCallbacks(execute=True)

    def __enter__(self):
        self.together.__enter__()
        self.capture.__enter__()

    def __exit__(self, *error):
        self.capture.__exit__(*error)
        with self.case.captureOnCommitCallbacks(execute=True):  # what is old is removed
            self.together.__exit__(*error)


class MakingTests(RenditionsTestCase):
    def test_a_picture_is_made_in_everything_that_pages_show(self):
        image = make_file()
        self.assertTrue(renditions.make(image))
        image.refresh_from_db()
        self.assertEqual(image.sizes("wide"), [(160, 90)])
        self.assertEqual(image.sizes("small"), [(104, 78), (160, 120)])
        self.assertEqual(image.tone, "#1e9f1e")
        for shape in ("whole", "wide", "small"):
            for width, _height in image.sizes(shape):
                for suffix in ("avif", "webp"):
                    name = image.rendition(shape, width, suffix).removeprefix("/media/")
                    self.assertTrue(default_storage.exists(name), name)
        shown = image.plain("wide", 768)
        self.assertEqual(shown[1:], (160, 90))
        self.assertTrue(default_storage.exists(shown.url.removeprefix("/media/")))
        for row in image.renditions.all():
            self.assertEqual(default_storage.size(row.file), row.bytes)
        self.assertTidy()

    def test_a_name_tells_nothing_of_the_picture_and_is_never_used_twice(self):
        image, same = make_file(), make_file()
        folders = set()
        for each in (image, same, image):
            with self.commit():
                renditions.make(each)
            each.refresh_from_db()
            folders.add(each.served["at"])
            self.assertRegex(each.served["at"], "^[0-9a-f]{24}$")
        self.assertEqual(len(folders), 3)
        self.assertTidy()

    def test_a_logo_that_a_merge_keeps_stays_one_and_another_becomes_a_picture(self):
        kept, left = make_file(), make_file()
        survivor = make_provider("Post", "post.example")
        others = [
            make_provider(name, f"{name}.example", logo=logo)
            for name, logo in (("a", kept), ("b", left))
        ]
        for logo in (kept, left):
            renditions.make(logo)
        made = set(kept.renditions.values_list("file", flat=True))
        with self.commit():
            merge_providers(survivor, others, make_editor())
        kept, left = (Image.objects.get(pk=each.pk) for each in (kept, left))
        self.assertEqual(kept.logo_of.get(), survivor)
        self.assertEqual(set(kept.renditions.values_list("file", flat=True)), made)
        self.assertEqual(set(left.served["sizes"]), {"whole", "wide", "small"})
        self.assertTidy()

    def test_a_logo_is_made_small_and_is_not_cropped(self):
        logo = make_file()
        make_provider("Owner", "owner.example", logo=logo)
        renditions.make(logo)
        logo.refresh_from_db()
        shapes = set(logo.renditions.values_list("shape", flat=True))
        self.assertEqual(shapes, {"whole", "icon"})
        self.assertEqual(logo.sizes("icon"), [(48, 36), (80, 60), (144, 108)])

    def test_what_changed_meanwhile_is_not_overwritten(self):
        image = make_file()

        def meanwhile(*order):
            Image.objects.filter(pk=image.pk).update(focus_x=10)
            return TWO

        with mock.patch.object(renditions, "scaled", meanwhile):
            self.assertFalse(renditions.make(image))
        self.assertTidy()
        self.assertEqual(Rendition.objects.count(), 0)

    def test_what_was_deleted_meanwhile_leaves_nothing(self):
        image = make_file()
        with mock.patch.object(renditions, "scaled", lambda *order: TWO), self.commit():
            Image.objects.get(pk=image.pk).delete()
        image_again = make_file()
        with mock.patch.object(renditions, "_described", side_effect=[["a"], ["b"]]):
            renditions._store(image_again, ["c"], TWO)
        self.assertTidy()

    def test_a_failure_leaves_no_file(self):
        image = make_file()
        with (
            mock.patch.object(renditions, "scaled", lambda *order: TWO),
            mock.patch.object(Rendition.objects, "bulk_create", side_effect=IntegrityError),
            self.assertRaises(IntegrityError),
        ):
            renditions.make(image)
        self.assertTidy()

    def test_several_are_made_by_several_processes(self):
        images = [make_file(), make_file(RED), make_image()]
        told = []
        with mock.patch.object(renditions, "_processors", lambda: 2):
            made = renditions.make_all(
                [image.pk for image in images],
                lambda image, problem: told.append((image.pk, bool(problem))),
            )
        self.assertEqual(made, 2)
        failed = (images[2].pk, True)  # it has no bytes
        self.assertEqual(set(told), {(images[0].pk, False), (images[1].pk, False), failed})
        images[2].delete()
        self.assertTidy()


class FollowingTests(RenditionsTestCase):
    def follow(self, image, **options):
        with self.commit(), transaction.atomic():
            image.save()
            renditions.follow(image, **options)
        image.refresh_from_db()
        self.assertTidy()

    def test_they_are_made_when_the_picture_is_certain(self):
        image = make_file()
        with self.captureOnCommitCallbacks() as callbacks:
            renditions.follow(image)
        self.assertEqual(len(callbacks), 1)
        self.assertFalse(Rendition.objects.exists())
        self.follow(image)
        self.assertTrue(renditions.is_current(image))

    def test_nothing_is_made_of_what_is_current(self):
        image = make_file()
        self.follow(image)
        with self.captureOnCommitCallbacks() as callbacks:
            renditions.follow(image)
        self.assertEqual(callbacks, [])

    def test_a_new_focal_point_makes_them_anew(self):
        image = make_file()
        self.follow(image)
        before = image.served["at"]
        image.focus_x = 90
        self.follow(image)
        self.assertNotEqual(image.served["at"], before)
        self.assertTrue(renditions.is_current(image))

    def test_of_a_new_file_nothing_old_is_shown_from_that_moment(self):
        image = make_file()
        self.follow(image)
        old = image.file.name
        image.file.save("new.jpg", ContentFile(encoded(picture((160, 120), RED))), save=False)
        with self.captureOnCommitCallbacks() as callbacks, transaction.atomic():
            image.save()
            renditions.follow(image, replaced=old)
        self.assertEqual(Image.objects.get().served, {})
        self.assertEqual(image.plain("whole", 1200).url, image.file.url)
        with self.commit():
            for each in callbacks:
                each()
        self.assertNotIn(old, files())
        image.refresh_from_db()
        self.assertEqual(image.tone[:2], "#c")
        self.assertTidy()

    def test_a_file_that_another_picture_has_too_stays(self):
        image = make_file()
        other = Image.objects.create(file=image.file.name)
        with self.commit():
            image.delete()
        self.assertIn(other.file.name, files())

    def test_a_rollback_removes_nothing(self):
        image = make_file()
        self.follow(image)
        before = files()
        for deed in (
            lambda row: row.delete(),
            lambda row: Image.objects.filter(pk=row.pk).delete(),
            lambda row: renditions.follow(Image(pk=row.pk, file="new.jpg"), row.file.name),
        ):
            with self.commit(), self.assertRaises(ZeroDivisionError), transaction.atomic():
                deed(Image.objects.get())
                _ = 1 / 0
            self.assertEqual(files(), before)
            self.assertTidy()

    def test_what_is_deleted_takes_its_files_along(self):
        for deed in (lambda row: row.delete(), lambda row: Image.objects.all().delete()):
            image = make_file()
            self.follow(image)
            self.assertTrue(files())
            with self.commit():
                deed(image)
            self.assertEqual(files(), set())

    def test_a_storage_that_fails_is_logged_and_fails_nobody(self):
        image = make_file()
        with (
            mock.patch.object(default_storage, "delete", side_effect=OSError("disk")),
            self.assertLogs("django.test", "ERROR"),
            self.commit(),
        ):
            image.delete()
        self.assertFalse(Image.objects.exists())

    @override_settings(RENDITIONS=False)
    def test_a_newsroom_can_leave_it_to_the_command(self):
        image = make_file()
        with self.captureOnCommitCallbacks(execute=True):
            renditions.follow(image)
        renditions.catch_up()
        self.assertFalse(Rendition.objects.exists())


class AdminTests(RenditionsTestCase):
    def setUp(self):
        super().setUp()
        self.client.force_login(make_editor())

    def post(self, address, **data):
        with self.commit():
            response = self.client.post(address, data | {"alt_text": "", "credit": ""})
        self.assertEqual(response.status_code, 302)

    def upload(self, colour):
        content = ContentFile(encoded(picture((160, 120), colour)), "picture.jpg")
        content.content_type = "image/jpeg"
        return content

    def test_an_upload_is_made_small_and_one_in_its_place_removes_it(self):
        self.post(reverse("admin:articles_image_add"), file=self.upload(GREEN))
        image = Image.objects.get()
        self.assertTrue(renditions.is_current(image))
        first = image.file.name
        change = reverse("admin:articles_image_change", args=[image.pk])
        seen = self.client.get(change).context["adminform"].form.initial["seen"]
        self.post(change, file=self.upload(RED), seen=seen)
        image = Image.objects.get()
        self.assertNotEqual(image.file.name, first)
        self.assertTrue(renditions.is_current(image))
        self.assertTidy()
        delete = reverse("admin:articles_image_delete", args=[image.pk])
        self.post(delete, post="yes")
        self.assertEqual(files(), set())


class CommandTests(RenditionsTestCase):
    def run_command(self, **options):
        out, err = StringIO(), StringIO()
        status = 0
        with self.commit(), mock.patch.object(renditions, "_processors", lambda: 1):
            try:
                call_command("make_renditions", stdout=out, stderr=err, **options)
            except SystemExit as end:
                status = end.code
        return status, out.getvalue(), err.getvalue()

    def test_it_makes_what_is_missing_and_no_more(self):
        first, second = make_file(), make_file(RED)
        renditions.make(first)
        first.refresh_from_db()
        status, out, _err = self.run_command()
        self.assertEqual((status, out.splitlines()[0]), (0, "1 of 1"))
        self.assertEqual(renditions.wanting(), [])
        self.assertIn("Renditions of 0 pictures made", self.run_command()[1])
        at = first.served["at"]
        self.assertIn("Renditions of 2 pictures made", self.run_command(again=True)[1])
        self.assertNotEqual(Image.objects.get(pk=first.pk).served["at"], at)
        self.assertTrue(renditions.is_current(Image.objects.get(pk=second.pk)))
        self.assertTidy()

    def test_what_was_made_as_it_once_was_is_missing(self):
        renditions.make(make_file())
        with mock.patch.object(renditions, "RECIPE", scaling.RECIPE + 1):
            self.assertEqual(len(renditions.wanting()), 1)

    def test_it_names_what_cannot_be_made_and_goes_on(self):
        make_file()
        broken = make_file(alt_text="broken")
        with default_storage.open(broken.file.name, "wb") as file:
            file.write(b"no picture")
        lost = make_image()
        status, out, err = self.run_command()
        self.assertEqual(status, 1)
        self.assertIn(f"{broken.file.name}: expected a picture in JPEG", err)
        self.assertIn(f"{lost.file.name}: ", err)
        self.assertIn("Renditions of 1 pictures made, 2 failed", out)


# One connection serves all tests on SQLite: a thread has none of its own.
@only_on("postgresql")
@override_settings(RENDITIONS=True)
class BesideTests(TransactionTestCase):
    def test_a_server_makes_them_in_a_thread(self):
        tidy()
        image = make_file()
        self.addCleanup(lambda: [default_storage.delete(name) for name in files()])
        with mock.patch.object(renditions, "scaled", lambda *order: TWO):
            renditions.follow(image)
            until = monotonic() + 60
            while not renditions.is_current(Image.objects.get()):
                self.assertLess(monotonic(), until, "the thread makes nothing")
        self.assertEqual(files(), listed())


class QueueTests(SimpleTestCase):
    def test_one_failure_does_not_end_the_thread(self):
        done = []

        def load(numbers):
            if numbers == [1]:
                raise RuntimeError("a database that is away")
            if numbers == [3]:
                raise SystemExit
            done.append(numbers)
            return []

        queue = renditions.SimpleQueue()
        for number in (1, 2, 3):
            queue.put(number)
        with (
            mock.patch.object(renditions, "_queue", queue),
            mock.patch.object(renditions, "_loaded", load),
            mock.patch.object(renditions, "connections"),
            self.assertLogs("articles.renditions", "ERROR") as logs,
            self.assertRaises(SystemExit),
        ):
            renditions._make_queued()
        self.assertEqual(done[0], [2])
        self.assertIn("picture 1", logs.output[0])


class PagesTests(RenditionsTestCase):
    def test_lists_ask_nothing_of_the_storage_and_no_query_more(self):
        for number in range(3):
            image = make_file()
            renditions.make(image)
            make_article(slug=f"story-{number}", images=[image])
        storage = type(default_storage._wrapped)
        with (
            mock.patch.object(storage, "_open", side_effect=AssertionError),
            mock.patch.object(storage, "exists", side_effect=AssertionError),
            self.assertNumQueries(1),
        ):
            html = self.client.get("/latest/").content.decode()
        self.assertEqual(html.count("<picture>"), 3)
        self.assertIn('type="image/avif"', html)


class TakenInTests(RenditionsTestCase):
    def test_what_lies_beside_the_seeds_is_followed(self):
        from pathlib import Path
        from tempfile import TemporaryDirectory

        from articles.importing import pictures

        image = Image.objects.create(url="/images/a.jpg", site="seeds")
        with TemporaryDirectory() as folder:
            path = Path(folder, "images", "a.jpg")
            path.parent.mkdir()
            path.write_bytes(encoded(picture()))
            self.assertEqual(rewritten(path.read_bytes())[2], (320, 180))
            with self.commit():
                self.assertEqual(pictures.take_in([Path(folder)], "seeds"), (1, []))
        self.assertTrue(renditions.is_current(Image.objects.get(pk=image.pk)))
        self.assertTidy()
