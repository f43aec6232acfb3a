"""Pictures encoded anew: the pixels stay, everything else goes, and what is no picture is told."""

from contextlib import suppress
from io import BytesIO

from django.test import SimpleTestCase
from PIL import Image as Picture

from articles import pixels
from articles.pixels import PictureError, rewritten

from . import picturing
from .picturing import SECRET, encoded, metadata_in, plain, talkative


def opened(content: bytes):
    return Picture.open(BytesIO(content))


class RewrittenTests(SimpleTestCase):
    def test_each_kind_is_written_back_as_itself(self):
        for form, suffix in pixels.FORMATS.items():
            content, found, size = rewritten(plain(form))
            self.assertEqual((found, size, opened(content).format), (suffix, (40, 30), form))
            red, green, blue = opened(content).convert("RGB").getpixel((20, 15))
            self.assertLess(abs(red) + abs(green - 128) + abs(blue - 128), 12)

    def test_nothing_is_left_of_what_a_picture_says_of_itself(self):
        for form in pixels.FORMATS:
            for mode in ("RGB", "L") if form != "WEBP" else ("RGB", "RGBA"):
                told = talkative(form, mode)
                self.assertTrue(metadata_in(told))
                self.assertIn(SECRET, told)
                content = rewritten(told)[0]
                self.assertEqual(metadata_in(content), [], form)
                self.assertNotIn(SECRET, content)
                self.assertEqual(len(opened(content).getexif()), 0)

    def test_is_turned_upright(self):
        exif = Picture.Exif()
        exif[0x0112] = 6
        self.assertEqual(rewritten(plain("JPEG", exif=exif))[2], (30, 40))

    def test_keeps_what_is_transparent(self):
        palette = Picture.new("P", (8, 8), 1)
        palette.putpalette([0, 0, 0, 255, 0, 0])
        clear = Picture.new("RGBA", (8, 8), (255, 0, 0, 0))
        for content in (
            encoded(clear),
            encoded(clear, "WEBP", lossless=True),
            encoded(palette, transparency=1),
            encoded(Picture.new("RGB", (8, 8), (9, 8, 7)), transparency=(9, 8, 7)),
            encoded(Picture.new("L", (8, 8), 9), transparency=9),
            encoded(clear, icc_profile=picturing.profile()),
        ):
            found = opened(rewritten(content)[0])
            self.assertEqual(found.convert("RGBA").getpixel((4, 4))[3], 0)

    def test_print_colours_and_broken_profiles_become_plain(self):
        for mode, options in {
            "CMYK": {},
            "RGB": {"icc_profile": b"no profile"},
            "L": {"icc_profile": picturing.profile()},
        }.items():
            content = rewritten(plain("JPEG", mode=mode, colour=0, **options))[0]
            self.assertIn(opened(content).mode, ("RGB", "L"))
            self.assertEqual(metadata_in(content), [])

    def test_shows_the_first_image_of_one_that_moves(self):
        frames = [Picture.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
        for form in ("PNG", "WEBP"):
            content = rewritten(
                encoded(frames[0], form, save_all=True, append_images=frames[1:], lossless=True)
            )[0]
            self.assertEqual(getattr(opened(content), "n_frames", 1), 1)
            self.assertGreater(opened(content).convert("RGB").getpixel((4, 4))[0], 200)

    def test_every_mode_that_can_be_read_can_be_written(self):
        for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
            rewritten(encoded(Picture.new(mode, (9, 9))))


class RefusedTests(SimpleTestCase):
    def test_says_what_is_wrong(self):
        for name, content in picturing.hostile().items():
            with self.assertRaises(PictureError, msg=name) as raised:
                rewritten(content)
            self.assertTrue(str(raised.exception).isprintable())
            self.assertLess(len(str(raised.exception)), 300)

    def test_formats_that_browsers_do_not_show_or_that_nobody_needs_are_none(self):
        Picture.init()
        seen = set()
        for form in sorted(Picture.SAVE.keys() - pixels.FORMATS.keys() - {"IM"}):
            with suppress(OSError, ValueError, KeyError):
                content = encoded(Picture.new("RGB", (16, 16)), form)
                if content.startswith(b"\xff\xd8\xff"):  # MPO: a JPEG with more behind its end
                    continue
                with self.assertRaisesMessage(PictureError, "expected a picture in JPEG, PNG"):
                    rewritten(content)
                seen.add(form)
        self.assertLessEqual({"BMP", "GIF", "ICO", "PCX", "TIFF", "EPS", "PDF", "PPM"}, seen)

    def test_too_much_is_refused_before_it_is_decoded(self):
        with self.assertRaisesMessage(PictureError, "larger than 20,971,520 bytes"):
            rewritten(bytes(pixels.MAX_BYTES + 1))
        width = 5_001
        content = picturing.png(width, 5_000, picturing.zeros(5_000 * 626), depth=1, colour=0)
        with self.assertRaisesMessage(PictureError, "more than 25,000,000 pixels"):
            rewritten(content)
