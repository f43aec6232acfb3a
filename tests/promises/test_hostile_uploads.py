"""Whatever is uploaded, what readers can ask for is a picture: encoded anew, under a name that the
newsroom gave, in its folder; or it is refused in words."""

import re
import zlib
from io import BytesIO
from pathlib import Path
from struct import pack
from tempfile import TemporaryDirectory
from unittest import mock
from zipfile import ZipFile

from django.conf import settings
from django.test import override_settings
from PIL import Image as Picture

from articles import pixels
from articles.models import Image
from tests import picturing
from tests.test_admin import AdminTestCase, address

MARK = b"<script>alert('uploaded')</script><?php echo 1 ?>"
JPEG, PNG = picturing.plain(), picturing.plain("PNG")
NAME = re.compile(r"images/[\w.-]*-[0-9a-f]{18}(_\w{7})?\.(jpg|png|webp)")


def zipped() -> bytes:
    file = BytesIO()
    with ZipFile(file, "w") as archive:
        archive.writestr("evil.html", MARK)
    return file.getvalue()


def bomb(width=20_000, height=20_000) -> bytes:
    """A PNG of 400 million white pixels in a few kilobytes."""

    def chunk(name, data):
        told = name + data
        return pack(">I", len(data)) + told + pack(">I", zlib.crc32(told))

    rows = zlib.compress(bytes(1 + width // 8) * 200, 9)  # it ends early, too
    head = pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
    return start + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def commented() -> bytes:
    """A JPEG with a script in its comment, first of all."""
    return JPEG[:2] + b"\xff\xfe" + pack(">H", len(MARK) + 2) + MARK + JPEG[2:]


# name -> content, and whether it is one that can be shown.
POLYGLOTS = {
    "page behind a picture.jpg": (JPEG + MARK, True),
    "archive behind a picture.png": (PNG + zipped(), True),
    "script in a comment.jpg": (commented(), True),
    "picture of another kind.png": (JPEG, True),
    "page.html.jpg": (MARK, False),
    "script as gif.jpg": (b"GIF89a/*" + MARK + b"*/=1", False),
    "script in a bitmap.png": (b"BM/*" + MARK, False),
    "page as picture.webp": (b"RIFF\x00\x00\x00\x00WEBP" + MARK, False),
    "drawing.svg": (b"<svg xmlns='http://www.w3.org/2000/svg'>" + MARK + b"</svg>", False),
    "drawing.svg.png": (b"<svg xmlns='http://www.w3.org/2000/svg'>" + MARK + b"</svg>", False),
    "moving.gif": (picturing.plain("GIF"), False),
    "print.tiff": (picturing.plain("TIFF"), False),
    "archive.jpg": (zipped(), False),
    "bomb.png": (bomb(), False),
    "empty.jpg": (b"", False),
    "cut.jpg": (JPEG[: len(JPEG) // 2], False),
}
NAMES = [
    *("../../evil.jpg", "..\\..\\evil.jpg", "/etc/evil.jpg", "C:\\evil.jpg", "....//evil.jpg"),
    *("%2e%2e%2fevil.jpg", "evil.php.jpg", ".htaccess.jpg", "-rf.jpg", "a\x00b.php.jpg"),
    *(
        "x" * 300 + ".jpg",
        "鐘" * 200 + ".jpg",
        "ü" * 200 + ".jpg",
        "gpj\u202egpj.jpg",
        "a\r\nSet-Cookie: x.jpg",
    ),
    *("<img src=x onerror=alert(1)>.jpg", "\"'`;|&$(id).jpg", "CON.jpg", "{{7*7}}.jpg", " .jpg"),
    *("evil.php", "evil.jpg.php", "evil.svg", "evil", "..", "evil.jpg/", "evil.html\x00.jpg"),
]


class UploadTests(AdminTestCase):
    def setUp(self):
        super().setUp()
        self.folder = Path(self.enterContext(TemporaryDirectory()))
        self.media = self.folder / "outer" / "media"
        self.media.mkdir(parents=True)
        disk = settings.STORAGES | {"default": {"BACKEND": "articles.storage.FileSystemStorage"}}
        self.enterContext(override_settings(MEDIA_ROOT=str(self.media), STORAGES=disk))
        # In this process: the other one, and its limits, are proved in tests/fetching.
        here = mock.patch("articles.fetching.decoding.rewritten", pixels.rewritten)
        self.enterContext(here)

    def send(self, name: str, content: bytes):
        """By hand: Python's own ways of sending would make the name harmless."""
        field = f'form-data; name="files"; filename="{name}"'.encode("utf-8", "surrogatepass")
        kind = b"Content-Type: image/jpeg"
        parts = [b"--edge", b"Content-Disposition: " + field, kind, b"", content, b"--edge--", b""]
        return self.client.post(
            address("upload", "image"),
            b"\r\n".join(parts),
            content_type="multipart/form-data; boundary=edge",
            headers={"accept": "application/json"},
        )

    def wrong(self) -> list[str]:
        """What lies there and should not."""
        found = []
        for path in filter(Path.is_file, self.folder.rglob("*")):
            name, content = str(path.relative_to(self.folder)), path.read_bytes()
            inner = name.removeprefix("outer/media/")
            if not NAME.fullmatch(inner) or MARK in content or b"evil.html" in content:
                found.append(name)
                continue
            kind = Picture.open(BytesIO(content)).format
            if pixels.FORMATS.get(kind) != path.suffix:
                found.append(name)
        return found

    def test_what_is_no_picture_is_refused_and_what_is_one_is_nothing_else(self):
        for name, (content, is_one) in POLYGLOTS.items():
            with self.subTest(name):
                before = Image.objects.count()
                answer = self.send(name, content)
                self.assertEqual(answer.status_code, 200 if is_one else 422)
                self.assertEqual(Image.objects.count(), before + is_one)
                if not is_one and answer.json()["refused"]:
                    self.assertGreater(len(answer.json()["refused"][0]["text"]), 20)
                self.assertEqual(self.wrong(), [])

    def test_no_name_leads_anywhere(self):
        for name in NAMES:
            with self.subTest(name):
                answer = self.send(name, JPEG)
                self.assertIn(answer.status_code, (200, 400, 422))
                self.assertNotIn("Set-Cookie: x", str(answer.headers))
                self.assertEqual(self.wrong(), [])
                self.assertFalse(
                    list(self.folder.glob("*.*")) or list(self.folder.glob("outer/*.*"))
                )
        self.assertGreater(Image.objects.count(), len(NAMES) // 2)

    def test_the_twin_keeps_what_came(self):
        """Kept as they are, as most sites keep them."""
        as_it_is = mock.patch(
            "articles.fetching.decoding.rewritten", lambda content: (content, ".jpg", (1, 1))
        )
        with as_it_is:
            self.send("page behind a picture.jpg", JPEG + MARK)
        self.assertNotEqual(self.wrong(), [])
