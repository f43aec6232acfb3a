"""Pictures for tests: honest ones that say much about themselves, and what harm can look like.

All are made here; `metadata_in` looks at a file's own structure, not through Pillow.
"""

import struct
import zlib
from io import BytesIO

from PIL import Image as Picture
from PIL import ImageCms, PngImagePlugin

SECRET = b"taken at 48.137 11.575 by nobody"
WRITABLE = ("JPEG", "PNG", "WEBP")


def encoded(picture, form="PNG", **options) -> bytes:
    output = BytesIO()
    picture.save(output, form, **options)
    return output.getvalue()


def plain(form="JPEG", size=(40, 30), mode="RGB", colour="teal", **options) -> bytes:
    return encoded(Picture.new(mode, size, colour), form, **options)


def exif() -> Picture.Exif:
    """Where, when and with what a picture was taken."""
    found = Picture.Exif()
    found[0x010E] = SECRET.decode()
    found.get_ifd(0x8825).update({1: "N", 2: (48.0, 8.0, 13.2), 3: "E", 4: (11.0, 34.0, 30.0)})
    return found


def profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def talkative(form="JPEG", mode="RGB") -> bytes:
    """A picture that says all its format lets it say, and has something behind its end."""
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + SECRET + b"</x:xmpmeta>"
    options = {"exif": exif(), "icc_profile": profile()}
    if form == "PNG":
        told = PngImagePlugin.PngInfo()
        told.add_text("Comment", SECRET.decode())
        told.add_text("Comment", SECRET.decode(), zip=True)
        told.add_itxt("XML:com.adobe.xmp", xmp.decode())
        options |= {"pnginfo": told, "dpi": (300, 300)}
    else:
        options |= {"xmp": xmp}
    if form == "JPEG":
        options |= {"comment": SECRET, "dpi": (300, 300)}
    return encoded(Picture.new(mode, (60, 40), "teal"), form, **options) + b"PK\x03\x04" + SECRET


def metadata_in(content: bytes) -> list[str]:
    """What a JPEG, PNG or WebP file holds besides its pixels, by the names of its parts."""
    if content.startswith(b"\xff\xd8"):
        kinds = _segments(content)
        # Tables, frames and scans; JFIF, which has no room for more than a size; Adobe's colours.
        allowed = {"DB", "C0", "C2", "C4", "DA", "DD", "E0 JFIF", "EE Adobe"}
    elif content.startswith(b"\x89PNG"):
        kinds, allowed = _chunks(content), {"IHDR", "PLTE", "tRNS", "IDAT", "IEND"}
    else:
        kinds, allowed = _riff(content), {"VP8 ", "VP8L", "VP8X", "ALPH"}
    return [kind for kind in kinds if kind not in allowed]


def _segments(content):
    place = 2
    while place < len(content):
        if content[place] != 0xFF:  # the scan's own data
            place = content.find(b"\xff", place)
            if place < 0:
                yield "no end"
                return
        marker = content[place + 1]
        if marker == 0xD9:
            if content[place + 2 :]:
                yield "behind the end"
            return
        if marker in (0x00, 0xFF) or 0xD0 <= marker <= 0xD7:
            place += 1 if marker == 0xFF else 2
            continue
        (length,) = struct.unpack(">H", content[place + 2 : place + 4])
        is_named = 0xE0 <= marker <= 0xEF
        name = content[place + 4 : place + 9].rstrip(b"\0").decode("latin-1")
        yield f"{marker:X} {name}" if is_named else f"{marker:X}"
        place += 2 + length


def _chunks(content):
    place = 8
    while place < len(content):
        length, kind = struct.unpack(">I4s", content[place : place + 8])
        yield kind.decode("latin-1")
        place += 12 + length
        if kind == b"IEND" and content[place:]:
            yield "behind the end"
            return


def _riff(content):
    (length,) = struct.unpack("<I", content[4:8])
    if len(content) > 8 + length:
        yield "behind the end"
    place = 12
    while place < 8 + length:
        kind, size = struct.unpack("<4sI", content[place : place + 8])
        yield kind.decode("latin-1")
        place += 8 + size + size % 2


def chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)


def png(width, height, data: bytes, *more: bytes, depth=8, colour=2) -> bytes:
    """A PNG file from its parts: what it says of its size, its packed pixels, further chunks."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    chunks = [chunk(b"IHDR", head), *more, chunk(b"IDAT", data), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def zeros(size: int) -> bytes:
    """That many bytes of nothing, packed a thousandfold."""
    packer = zlib.compressobj(1)
    piece = bytes(1 << 20)
    packed = [packer.compress(piece) for _ in range(size >> 20)]
    return b"".join([*packed, packer.compress(bytes(size & 0xFFFFF)), packer.flush()])


def hostile() -> dict[str, bytes]:
    """What is no picture that readers can be shown, by what is wrong with it."""
    jpeg, webp = plain("JPEG"), plain("WEBP")
    small = Picture.effect_noise((64, 64), 80)
    noise = encoded(small.convert("RGB"), "JPEG")
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    html = b"<!doctype html><html><title>Not found</title></html>"
    bomb = zeros(40_000_000)
    return {
        "nothing": b"",
        "one byte": b"\xff",
        "SVG": svg,
        "SVG with a head": b"<?xml version='1.0'?>" + svg,
        "HTML": html,
        "HTML behind a JPEG's first bytes": b"\xff\xd8\xff\xe0" + html,
        "HTML behind a PNG's first bytes": b"\x89PNG\r\n\x1a\n" + html,
        "HTML as RIFF": b"RIFF\x40\x00\x00\x00WEBP" + html,
        "JSON": b'{"error": "no such picture"}',
        "an archive": b"PK\x03\x04" + bytes(100),
        "a program": b"\x7fELF" + bytes(100),
        "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(x) run\n",
        "PDF": b"%PDF-1.7\n" + bytes(100),
        "PSD": b"8BPS\x00\x01" + bytes(6) + struct.pack(">HIIHH", 3, 9, 9, 8, 3) + bytes(40),
        "AVIF": b"\x00\x00\x00 ftypavif" + bytes(100),
        "HEIC": b"\x00\x00\x00 ftypheic" + bytes(100),
        "a PNG of 13,000 x 8,125": png(13_000, 8_125, zeros(8_125 * 1_626), depth=1, colour=0),
        "a PNG that says 2 billion squared": png(2**31 - 1, 2**31 - 1, zeros(10)),
        "a PNG of no size": png(0, 0, zeros(10)),
        "a PNG bomb": png(20_000, 20_000, bomb),
        "a PNG with a bomb as its profile": png(9, 9, zeros(300), chunk(b"iCCP", b"x\0\0" + bomb)),
        "a PNG with a bomb as its text": png(9, 9, zeros(300), chunk(b"zTXt", b"x\0\0" + bomb)),
        "a PNG without pixels": png(9, 9, b""),
        "a PNG with too few": png(99, 99, zeros(10)),
        "a JPEG without an end": noise[: len(noise) // 2],
        "a JPEG of 65,535 squared": jpeg.replace(b"\x00\x1e\x00\x28\x03", b"\xff\xff\xff\xff\x03"),
        "a WebP without an end": webp[: len(webp) // 2],
        "a WebP of nothing": b"RIFF\x04\x00\x00\x00WEBP",
    }
