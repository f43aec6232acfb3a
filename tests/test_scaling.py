"""Pictures made small: sizes, crops, colours, turns, and what is no picture."""

from fractions import Fraction
from io import BytesIO
from unittest import mock

from django.test import SimpleTestCase
from PIL import Image as Picture
from PIL import ImageCms

from articles import scaling
from articles.scaling import SHAPES, ScalingError, plan, scaled

RED, GREEN, BLUE = (200, 30, 30), (30, 160, 30), (30, 30, 200)


def picture(size=(320, 180), colour=GREEN, mode="RGB"):
    return Picture.new(mode, size, colour)


def encoded(image, form="JPEG", **options) -> bytes:
    output = BytesIO()
    image.save(output, form, **options)
    return output.getvalue()


def opened(output) -> Picture.Image:
    return Picture.open(BytesIO(output.content)).convert("RGBA")


def find(made, shape, form):
    """The widest of that shape and form."""
    return max((o for o in made.outputs if (o.shape, o.form) == (shape, form)), key=lambda o: o[2])


class PlanTests(SimpleTestCase):
    def test_nothing_is_enlarged_and_every_size_has_its_ratio(self):
        for size in ((4000, 3000), (1200, 675), (640, 480), (100, 60), (90, 2000), (3000, 40)):
            for each in plan(*size):
                widths = [width for width, _ in (*each.sizes, *each.plain_sizes)]
                part = each.box[2] - each.box[0]
                self.assertLessEqual(max(widths), part, (size, each))
                for wide, high in each.sizes:
                    ratio = SHAPES[each.shape].ratio or Fraction(*size)
                    self.assertLess(abs(high - wide / ratio), 1.01, (size, each))

    def test_one_too_narrow_is_made_as_wide_as_it_is(self):
        whole = plan(1200, 675)[0]
        widths = [width for width, _ in whole.sizes]
        self.assertEqual(widths, [1200, 960, 768, 448, 224])
        self.assertEqual(whole.sizes[0], (1200, 675))

    def test_what_is_16_to_9_anyway_is_not_cropped_for_it(self):
        self.assertEqual([each.shape for each in plan(1201, 675)], ["whole", "small"])
        self.assertEqual([each.shape for each in plan(1000, 750)], ["whole", "wide", "small"])
        self.assertEqual([each.shape for each in plan(96, 96, is_logo=True)], ["whole", "icon"])

    def test_a_crop_lies_around_the_focal_point_as_far_as_the_edges_allow(self):
        for focus, left in ((0, 0), (50, 400), (60, 520), (100, 800)):
            small = plan(1200, 300, (focus, 50))[2]
            self.assertEqual(small.box, (left, 0, left + 400, 300))
        for focus, top in ((0, 0), (10, 0), (50, 500 - 225 / 2), (90, 775)):
            wide = plan(400, 1000, (50, focus))[1]
            self.assertEqual(wide.box, (0, top, 400, top + 225))


class ScaledTests(SimpleTestCase):
    def test_every_form_of_every_size_is_what_it_says(self):
        made = scaled(encoded(picture((460, 460)))).outputs
        self.assertEqual(len({each[:3] for each in made}), len(made))
        for _shape, form, width, height, content in made:
            with Picture.open(BytesIO(content)) as found:
                self.assertEqual((found.format.lower(), found.size), (form, (width, height)))
        widths = {(each.shape, each.form): [] for each in made}
        for each in made:
            widths[each.shape, each.form].append(each.width)
        for form in ("avif", "webp"):
            self.assertEqual(widths["whole", form], [460, 448, 224])
            self.assertEqual(widths["small", form], [208, 104])
        self.assertEqual(widths["wide", "jpeg"], [460, 448])

    def test_the_focal_point_stays_in_sight(self):
        wide = picture((600, 100), BLUE)
        wide.paste(RED, (500, 0, 600, 100))
        for focus, colour in (((95, 50), RED), ((5, 50), BLUE)):
            small = find(scaled(encoded(wide), focus), "small", "webp")
            middle = opened(small).getpixel((small.width // 2, small.height // 2))
            self.assertLess(max(abs(a - b) for a, b in zip(middle, colour, strict=False)), 30)

    def test_it_is_turned_as_viewers_turn_it(self):
        lying = picture((200, 100), BLUE)
        lying.paste(RED, (0, 0, 40, 100))  # at the left; a quarter turn brings it to the top
        exif = Picture.Exif()
        exif[0x0112] = 6
        whole = find(scaled(encoded(lying, exif=exif)), "whole", "webp")
        self.assertEqual((whole.width, whole.height), (100, 200))
        self.assertGreater(opened(whole).getpixel((50, 10))[0], 150)

    def test_colours_are_converted_and_nothing_else_is_carried_along(self):
        other = ImageCms.createProfile("LAB")  # not what this picture's colours can be
        profile = ImageCms.ImageCmsProfile(other).tobytes()
        exif = Picture.Exif()
        exif[0x010E] = "where it was taken"
        for options in ({"exif": exif}, {"icc_profile": profile}, {"icc_profile": b"broken"}):
            for each in scaled(encoded(picture(), **options)).outputs:
                with Picture.open(BytesIO(each.content)) as found:
                    self.assertNotIn("icc_profile", found.info, options)
                    self.assertEqual(len(found.getexif()), 0)

    def test_a_wider_gamut_keeps_its_look(self):
        # Colours of a gamma of 1.0: taken for sRGB they would be far too dark.
        linear = _linear_profile()
        made = scaled(encoded(picture((120, 90), (55, 55, 55)), "PNG", icc_profile=linear))
        grey = opened(find(made, "whole", "jpeg")).getpixel((60, 45))[0]
        self.assertAlmostEqual(grey, 128, delta=6)

    def test_only_what_one_sees_through_is_a_png(self):
        clear = picture((120, 90), (200, 30, 30, 0), "RGBA")
        clear.paste((*RED, 255), (0, 0, 60, 90))
        forms = {each.form for each in scaled(encoded(clear, "PNG")).outputs}
        self.assertEqual(forms, {"avif", "webp", "png"})
        for form in forms:
            alphas = opened(find(scaled(encoded(clear, "PNG")), "whole", form)).getchannel("A")
            self.assertEqual(alphas.getextrema(), (0, 255), form)
        opaque = picture((120, 90), (*RED, 255), "RGBA")
        forms = {each.form for each in scaled(encoded(opaque, "PNG")).outputs}
        self.assertEqual(forms, {"avif", "webp", "jpeg"})

    def test_every_mode_of_colours_is_read(self):
        cases = [("L", 90), ("LA", (90, 255)), ("P", 3), ("1", 1), ("I;16", 90 * 257)]
        for mode, colour in cases:
            made = scaled(encoded(picture((60, 40), colour, mode), "PNG"))
            self.assertEqual(find(made, "whole", "webp")[2:4], (60, 40), mode)
        self.assertEqual(
            scaled(encoded(picture((60, 40), 90 * 257, "I;16"), "PNG")).tone, "#5a5a5a"
        )
        scaled(encoded(picture((60, 40), (0, 90, 90, 10), "CMYK")))

    def test_the_tone_is_the_mean_colour(self):
        self.assertRegex(scaled(encoded(picture(), "PNG")).tone, "^#1ea01e$")
        clear = picture((60, 40), (0, 0, 0, 0), "RGBA")
        self.assertEqual(scaled(encoded(clear, "PNG")).tone, "")

    def test_a_large_jpeg_is_never_decoded_whole(self):
        with (
            mock.patch.object(scaling, "_in_srgb", wraps=scaling._in_srgb) as seen,
            mock.patch.object(scaling, "_encoded", return_value=b"."),
        ):
            scaled(encoded(picture((3840, 2160))))
        self.assertEqual(seen.call_args.args[0].size, (1920, 1080))

    def test_what_is_no_picture_is_told_of(self):
        whole = encoded(picture(), "PNG")
        for content, words in (
            (b"", "expected a picture in JPEG"),
            (b"<svg/>", "expected a picture in JPEG"),
            (whole[:60], "cannot be decoded"),
            (encoded(Picture.new("1", (5001, 5000)), "PNG"), "more than 25,000,000 pixels"),
        ):
            with self.assertRaisesMessage(ScalingError, words):
                scaled(content)


def _linear_profile() -> bytes:
    """The profile of sRGB, its curves made straight lines (ICC.1:2022, 10.6)."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for number in range(int.from_bytes(profile[128:132], "big")):
        entry = 132 + 12 * number
        if profile[entry : entry + 4] in (b"rTRC", b"gTRC", b"bTRC"):
            at = int.from_bytes(profile[entry + 4 : entry + 8], "big")
            profile[at : at + 12] = b"curv" + bytes(8)
            profile[entry + 8 : entry + 12] = (12).to_bytes(4, "big")
    return bytes(profile)
