"""Pictures as their senders made them -> pictures readers can be shown: the same pixels, encoded
anew without anything else.

Reads bytes, gives bytes, knows neither Django nor the database: as a script it does the same to
what it is given on standard input, with little memory and time, for `fetching.decoding`.
"""

import json
import os
import resource
import socket
import struct
import sys
import zlib
from io import BytesIO
from warnings import catch_warnings, simplefilter

# The three plugins by name: else Pillow loads all of its forty to find the one for WebP.
from PIL import Image as Picture
from PIL import ImageCms, ImageOps, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

# What browsers show. Each is written back as itself, so no picture loses or gains transparency.
FORMATS = {
    JpegImagePlugin.JpegImageFile.format: ".jpg",
    PngImagePlugin.PngImageFile.format: ".png",
    WebPImagePlugin.WebPImageFile.format: ".webp",
}
MAX_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 25_000_000
TOO_MANY = f"more than {MAX_PIXELS:,} pixels"
QUALITY = 85  # of JPEG and WebP, 0 to 100

# What the script may take, and the system ends it beyond.
MEMORY = 1024 * 1024 * 1024  # bytes of addresses: a WebP picture of 25 million pixels takes 700 MB
SECONDS = 30  # of processor time
MAX_WRITTEN = 2 * MAX_BYTES  # bytes

# What Pillow raises for bytes that are no whole picture differs with the format and the damage.
_BROKEN = (
    *(OSError, ValueError, SyntaxError, EOFError, LookupError, TypeError, ArithmeticError),
    *(AttributeError, NotImplementedError, struct.error, zlib.error, ImageCms.PyCMSError),
)


class PictureError(Exception):
    """Bytes that are no picture readers can be shown; the text says why.

    `code` is "bytes", "pixels", "format", or "broken" for what cannot be decoded; `size` is (width,
    height) in px where too many pixels could be counted, else None.
    """

    def __init__(self, text: str, code: str = "broken", size: tuple[int, int] | None = None):
        super().__init__(text)
        self.code = code
        self.size = size


def rewritten(content: bytes) -> tuple[bytes, str, tuple[int, int]]:
    """A picture's pixels, encoded anew, as (bytes, suffix, (width, height) in px).

    Turned upright, in the colours of sRGB, the first image where it moves; what it said of itself,
    a place on a map say, and what stood behind it in the file is left out. Raises PictureError for
    what cannot be shown.
    """
    if len(content) > MAX_BYTES:
        raise PictureError(f"larger than {MAX_BYTES:,} bytes", "bytes")
    try:
        with catch_warnings():
            simplefilter("ignore")
            simplefilter("error", Picture.DecompressionBombWarning)
            return _rewritten(content)
    except (Picture.DecompressionBombWarning, Picture.DecompressionBombError) as error:
        raise PictureError(TOO_MANY, "pixels") from error
    except Picture.UnidentifiedImageError as error:
        raise PictureError(f"expected a picture in {', '.join(FORMATS)}", "format") from error
    except _BROKEN as error:
        raise PictureError(f"it cannot be decoded ({_in_a_line(error)})") from error


def _rewritten(content: bytes) -> tuple[bytes, str, tuple[int, int]]:
    with Picture.open(BytesIO(content), formats=tuple(FORMATS)) as original:
        if original.width * original.height > MAX_PIXELS:
            raise PictureError(TOO_MANY, "pixels", original.size)
        form = original.format
        picture = _in_srgb(ImageOps.exif_transpose(original))
    if "transparency" in picture.info and picture.mode in ("1", "L", "RGB"):
        picture = picture.convert("LA" if picture.mode != "RGB" else "RGBA")
    # A new canvas carries the pixels over and leaves everything else behind.
    canvas = Picture.new(picture.mode, picture.size)
    if picture.mode == "P":
        canvas.putpalette(picture.getpalette())
        if "transparency" in picture.info:
            canvas.info["transparency"] = picture.info["transparency"]
    canvas.paste(picture)
    output = BytesIO()
    canvas.save(output, form, optimize=True, **({} if form == "PNG" else {"quality": QUALITY}))
    return output.getvalue(), FORMATS[form], canvas.size


def _in_srgb(picture):
    """The picture in the colours that browsers take for granted, so that it needs no profile: one
    can hold any text and any amount of bytes."""
    profile = picture.info.get("icc_profile")
    if profile and picture.mode in ("RGB", "RGBA", "CMYK"):
        target = "RGB" if picture.mode == "CMYK" else picture.mode
        try:
            return ImageCms.profileToProfile(
                picture, BytesIO(profile), ImageCms.createProfile("sRGB"), outputMode=target
            )
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            pass  # a broken profile says nothing of the colours: they stay as they are
    return picture.convert("RGB") if picture.mode in ("CMYK", "YCbCr", "LAB") else picture


def _in_a_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


def _limit_to(memory: int, seconds: int) -> None:
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, MAX_WRITTEN),
        (resource.RLIMIT_CORE, 0),
    ):
        _soft, hard = resource.getrlimit(what)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (most, most))  # for good: a process cannot raise its hard limit


def _answer(memory: int, seconds: int) -> None:
    """Standard input -> standard output: a line of JSON, then the picture where there is one."""
    _limit_to(memory, seconds)
    try:
        content, suffix, size = rewritten(sys.stdin.buffer.read(MAX_BYTES + 1))
        told = {"suffix": suffix, "size": size}
    except PictureError as error:
        content, told = b"", {"error": str(error), "code": error.code, "size": error.size}
    except MemoryError:
        content, told = b"", {"error": f"decoding it takes more than {memory >> 20:,} MB"}
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n" + content)
    sys.stdout.buffer.flush()


ENDED = struct.Struct("!i")  # how the fork for one picture ended: a signal's number is negative


def _serve(control: socket.socket, memory: int, seconds: int) -> None:
    """Do so for many pictures, each in a fork that knows no more than its own two files.

    They come over the socket, open, and ENDED goes back, until the other side has gone.
    """
    while files := socket.recv_fds(control, 1, 2)[1]:
        fork = os.fork()
        if not fork:
            ended = 1
            try:
                control.close()
                for standard, file in enumerate(files):
                    os.dup2(file, standard)
                    os.close(file)
                _answer(memory, seconds)
                ended = 0
            finally:
                os._exit(ended)
        for file in files:
            os.close(file)
        control.sendall(ENDED.pack(os.waitstatus_to_exitcode(os.waitpid(fork, 0)[1])))


if __name__ == "__main__":
    _memory, _seconds, *_control = map(int, sys.argv[1:])
    if _control:
        _serve(socket.socket(fileno=_control[0]), _memory, _seconds)
    else:
        _answer(_memory, _seconds)
