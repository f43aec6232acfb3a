"""What editors do to pictures, without the pages on which they do it."""

from django.test import SimpleTestCase, TestCase
from PIL import Image as Pillow
from PIL import ImageOps

from articles import library
from articles.models import Image
from tests.factories import make_image


class CropTests(SimpleTestCase):
    def test_keeps_the_focal_point_in_view_whatever_the_shape(self):
        for size, shape, focus, box in [
            ((1600, 900), (16, 9), (0, 100), (0, 0, 1600, 900)),
            ((1600, 900), (1, 1), (50, 50), (350, 0, 900, 900)),
            ((1600, 900), (1, 1), (0, 50), (0, 0, 900, 900)),
            ((1600, 900), (1, 1), (100, 50), (700, 0, 900, 900)),
            ((900, 1600), (16, 9), (50, 100), (0, 1094, 900, 506)),
            ((1, 1), (16, 9), (50, 50), (0, 0, 1, 1)),
        ]:
            with self.subTest(size=size, shape=shape, focus=focus):
                self.assertEqual(library.crop(size, shape, focus), box)

    def test_shows_what_pillow_would_cut_out(self):
        gradient = Pillow.linear_gradient("L").resize((400, 600))
        for focus in (0, 30, 100):
            left, top, width, height = library.crop((400, 600), (1, 1), (50, focus))
            ours = gradient.crop((left, top, left + width, top + height))
            theirs = ImageOps.fit(gradient, (400, 400), centering=(0.5, focus / 100))
            self.assertEqual(ours.tobytes(), theirs.tobytes())


class ChangeTests(TestCase):
    def test_writes_the_named_fields_and_no_others(self):
        image = make_image(alt_text="A quay")
        Image.objects.update(credit="A delivery’s")
        image.focus_x, image.alt_text = 10, "Not meant"
        library.change(image, ["focus_x"])
        image.refresh_from_db()
        self.assertEqual((image.focus_x, image.credit), (10, "A delivery’s"))
        self.assertEqual(image.alt_text, "A quay")

    def test_with_a_file_goes_its_size(self):
        image = make_image()
        image.width, image.height, image.file = 7, 5, "images/other.jpg"
        library.change(image, ["file"])
        image.refresh_from_db()
        self.assertEqual((image.width, image.height), (7, 5))

    def test_describes_what_nobody_has_described(self):
        image = make_image()
        self.assertEqual(library.describe(image.pk, "A quay").alt_text, "A quay")
        self.assertIsNone(library.describe(image.pk, "Another"))
        self.assertEqual(Image.objects.get().alt_text, "A quay")
