"""One picture's bytes in, the same picture small out: in several widths, crops and forms. No rows.

A picture is decoded once, upright and in sRGB, already reduced where its format can do that while
decoding; each width is then reduced from a larger one. Nothing is ever enlarged. Called by
`renditions`, in a process of its own where many pictures wait.

Colours are converted and no profile is kept: browsers take a picture without one for sRGB, and a
profile weighs as much as a small picture. EXIF goes the same way, once it has turned the picture.
"""

from fractions import Fraction
from io import BytesIO
from math import ceil
from typing import NamedTuple
from warnings import catch_warnings, simplefilter

from PIL import Image as Picture
from PIL import ImageCms, ImageOps, UnidentifiedImageError

# Another number makes every picture anew at the next `make_renditions`.
RECIPE = 1

READ = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
MAX_PIXELS = 25_000_000

AVIF, WEBP, JPEG, PNG = "avif", "webp", "jpeg", "png"
SUFFIXES = {AVIF: "avif", WEBP: "webp", JPEG: "jpg", PNG: "png"}
# Chosen by measuring, see benchmarks/README.md: AVIF at speed 6 saves a tenth and takes three times
# as long. One thread each: where many are made, the processors are busy with others of them.
OPTIONS = {
    AVIF: {"quality": 55, "speed": 8, "max_threads": 1},
    WEBP: {"quality": 76, "method": 4},
    JPEG: {"quality": 80, "optimize": True, "progressive": True},
    PNG: {"optimize": True},
}


class Shape(NamedTuple):
    """How pages show a picture. `widths` are what `templatetags/pictures.py` asks for, in px; of
    `plain_widths` there is a JPEG too, or a PNG where the picture is transparent."""

    ratio: Fraction | None  # None: as it is
    widths: tuple[int, ...]
    plain_widths: tuple[int, ...]
    forms: tuple[str, ...] = (AVIF, WEBP)


WIDTHS = (224, 448, 768, 960, 1344, 1856)
WHOLE, WIDE, SMALL, ICON = "whole", "wide", "small", "icon"
SHAPES = {
    WHOLE: Shape(None, WIDTHS, (448, 768, 1200)),
    WIDE: Shape(Fraction(16, 9), WIDTHS, (448, 768)),
    SMALL: Shape(Fraction(4, 3), (104, 208), (208,)),
    # A logo, in twice its size: so small that AVIF's frame outweighs what it saves.
    ICON: Shape(None, (48, 80, 144), (48, 80, 144), (WEBP,)),
}
# A picture so near a shape's ratio needs no crop: the browser cuts off what is a hair too much.
NEAR = Fraction(1, 100)


class ScalingError(Exception):
    """A picture of which nothing can be made; the text says why."""


class Output(NamedTuple):
    shape: str
    form: str
    width: int  # px
    height: int
    content: bytes


class Scaled(NamedTuple):
    tone: str  # the mean colour, as "#rrggbb"; "" for a picture that one sees through
    outputs: list[Output]


class Plan(NamedTuple):
    """What is to be made of one shape: the part of the upright picture that it shows, as (left,
    top, right, bottom), and sizes as (width, height), the largest first. All in px."""

    shape: str
    box: tuple[float, float, float, float]
    sizes: list[tuple[int, int]]
    plain_sizes: list[tuple[int, int]]


def shapes_of(width: int, height: int, is_logo: bool = False) -> list[str]:
    """The shapes that a picture of this size is made in. One that is 16:9 anyway is not cropped for
    it: where a shape is not among them, WHOLE stands for it."""
    if is_logo:
        return [WHOLE, ICON]
    is_wide = abs(Fraction(width, height) / SHAPES[WIDE].ratio - 1) <= NEAR
    return [WHOLE, SMALL] if is_wide else [WHOLE, WIDE, SMALL]


def plan(
    width: int, height: int, focus: tuple[int, int] = (50, 50), is_logo: bool = False
) -> list[Plan]:
    """For an upright picture of that size in px; `focus` in percent from the left and the top."""
    return [_plan(name, width, height, focus) for name in shapes_of(width, height, is_logo)]


def _plan(name, width, height, focus) -> Plan:
    shape = SHAPES[name]
    box = _box(width, height, shape.ratio, focus) if shape.ratio else (0, 0, width, height)
    most = int(box[2] - box[0])

    def sizes(widths):
        # Never enlarged: the first that is too wide is made as wide as the picture is.
        capped = sorted({min(each, most) for each in widths}, reverse=True)
        ratio = shape.ratio or Fraction(width, height)
        return [(each, max(1, round(each / ratio))) for each in capped]

    return Plan(name, box, sizes(shape.widths), sizes(shape.plain_widths))


def _box(width, height, ratio, focus) -> tuple[float, float, float, float]:
    """The largest part of that ratio, as near around the focal point as the edges allow."""
    wide, high = min(width, height * ratio), min(height, width / ratio)
    left = min(max(width * focus[0] / 100 - wide / 2, 0), width - wide)
    top = min(max(height * focus[1] / 100 - high / 2, 0), height - high)
    return float(left), float(top), float(left + wide), float(top + high)


def scaled(content: bytes, focus: tuple[int, int] = (50, 50), is_logo: bool = False) -> Scaled:
    """Everything that pages need of the picture. Raises ScalingError."""
    picture, size = _decoded(content, focus, is_logo)
    plain = PNG if picture.mode == "RGBA" else JPEG
    scale = picture.width / size[0]
    outputs = []
    for shape, box, sizes, plain_sizes in plan(*size, focus, is_logo):
        box = tuple(edge * scale for edge in box)
        made: list[Picture.Image] = []
        for each in sorted({*sizes, *plain_sizes}, reverse=True):
            made.append(_reduced(picture, box, made, each))
            forms = SHAPES[shape].forms if each in sizes else ()
            for form in (*forms, *([plain] if each in plain_sizes else [])):
                outputs.append(Output(shape, form, *each, _encoded(made[-1], form)))
    return Scaled(_tone(picture), outputs)


def _tone(picture: Picture.Image) -> str:
    if picture.mode == "RGBA":
        return ""
    mean = picture.resize((1, 1), Picture.Resampling.BOX).getpixel((0, 0))
    return "#{:02x}{:02x}{:02x}".format(*mean)


def _decoded(content, focus, is_logo) -> tuple[Picture.Image, tuple[int, int]]:
    """The picture upright, in RGB or, if one sees through it, RGBA; and its size, of which the
    pixels may be a half, a quarter or an eighth."""
    try:
        with catch_warnings():
            simplefilter("error", Picture.DecompressionBombWarning)
            with Picture.open(BytesIO(content), formats=READ) as original:
                if original.width * original.height > MAX_PIXELS:
                    raise ScalingError(f"more than {MAX_PIXELS:,} pixels")
                size = original.size
                is_turned = original.getexif().get(0x0112) in (5, 6, 7, 8)
                upright = size[::-1] if is_turned else size
                needed = _needed(upright, focus, is_logo)
                if needed < 1:
                    original.draft(None, (ceil(size[0] * needed), ceil(size[1] * needed)))
                original.load()
                profile = original.info.get("icc_profile")
                picture = _in_colours(ImageOps.exif_transpose(original))
    except ScalingError:
        raise
    except (UnidentifiedImageError, Picture.DecompressionBombError) as error:
        raise ScalingError(f"expected a picture in {', '.join(READ)}") from error
    # What Pillow raises for bytes that are no whole picture differs with the format.
    except (OSError, ValueError, SyntaxError, EOFError, Picture.DecompressionBombWarning) as error:
        raise ScalingError(f"it cannot be decoded ({error})") from error
    picture = _in_srgb(picture, profile)
    picture.info.clear()  # or Pillow would write it along
    return picture, upright


def _needed(size, focus, is_logo) -> float:
    """How much of the picture's size is needed for the largest output; 1 for all of it."""
    return max(
        max(width for width, _ in (*each.sizes, *each.plain_sizes)) / (each.box[2] - each.box[0])
        for each in plan(*size, focus, is_logo)
    )


def _in_colours(picture: Picture.Image) -> Picture.Image:
    if picture.mode.startswith("I"):  # grey in 16 bits, which Pillow would cut off, not scale
        picture = picture.point(lambda value: value / 257).convert("L")
    if not picture.has_transparency_data:
        return picture if picture.mode == "CMYK" else picture.convert("RGB")
    picture = picture.convert("RGBA")
    is_seen_through = picture.getchannel("A").getextrema()[0] < 255
    return picture if is_seen_through else picture.convert("RGB")


_SRGB = ImageCms.createProfile("sRGB")


def _in_srgb(picture: Picture.Image, profile: bytes | None) -> Picture.Image:
    mode = "RGBA" if picture.mode == "RGBA" else "RGB"
    if profile:
        try:
            own = ImageCms.ImageCmsProfile(BytesIO(profile))
            return ImageCms.profileToProfile(picture, own, _SRGB, outputMode=mode)
        except (ImageCms.PyCMSError, OSError):
            pass  # broken, or of other colours than the picture's: browsers ignore it too
    return picture.convert(mode)


def _reduced(picture, box, made, size) -> Picture.Image:
    """From the smallest that is half as large again: quick, and as sharp as from the picture."""
    enough = [each for each in made if each.width >= size[0] * 1.5]
    if enough:
        return enough[-1].resize(size, Picture.Resampling.LANCZOS, reducing_gap=2)
    return picture.resize(size, Picture.Resampling.LANCZOS, box=box, reducing_gap=2)


def _encoded(picture: Picture.Image, form: str) -> bytes:
    output = BytesIO()
    picture.save(output, form.upper(), **OPTIONS[form])
    return output.getvalue()
