"""Pictures in a bucket: the same code as on a disk, against a server that speaks S3's language."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from socket import create_server
from tempfile import TemporaryDirectory
from unittest import SkipTest, mock
from urllib.request import urlopen

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import default_storage, storages
from django.test import SimpleTestCase, override_settings

from articles import renditions
from articles.models import Image
from newsroom import settings as product
from newsroom.headers import policies

from .test_renditions import RenditionsTestCase, listed, make_file

CHECKERS = os.environ.get("CHECKERS", "")
SERVER = Path(CHECKERS, "bin", "moto_server")
PATIENCE = 60  # seconds


def configured(text, media_url="https://pictures.example/n/"):
    with (
        mock.patch.dict(os.environ, {"MEDIA_STORAGE": text}),
        mock.patch.object(product, "MEDIA_URL", media_url),
    ):
        return product.media_storage("MEDIA_STORAGE")


class SettingsTests(SimpleTestCase):
    def test_pictures_lie_on_the_disk_until_told_otherwise(self):
        for text in ("", "disk"):
            self.assertIn("FileSystemStorage", configured(text, "/media/")["BACKEND"])

    def test_what_is_no_bucket_is_refused_by_name(self):
        for text in (
            *(
                "s3:",
                "s3://",
                "s3://bucket/folder",
                "https://bucket",
                "bucket",
                "s3://b?acl=public",
            ),
            "s3://b?endpoint=",
        ):
            with self.assertRaisesMessage(ImproperlyConfigured, "MEDIA_STORAGE is "):
                configured(text)

    def test_a_bucket_needs_an_address_for_readers(self):
        for url in ("/media/", "media/", "ftp://host/", "https://host/?sig=1"):
            with self.assertRaisesMessage(ImproperlyConfigured, "MEDIA_URL is "):
                configured("s3://bucket", url)

    def test_a_missing_package_is_named(self):
        for missing in ("storages", "boto3"):
            with (
                mock.patch.object(
                    product, "find_spec", lambda name, lost=missing: None if name == lost else name
                ),
                self.assertRaisesMessage(ImproperlyConfigured, f"package {missing} is not"),
            ):
                configured("s3://bucket")

    def test_readers_addresses_are_public_and_made_without_asking(self):
        made = configured("s3://bucket?endpoint=http://127.0.0.1:9&region=x")
        with override_settings(STORAGES=settings.STORAGES | {"default": made}):
            url = storages["default"].url("images/a b.jpg")
        self.assertEqual(url, "https://pictures.example/n/images/a%20b.jpg")
        with override_settings(MEDIA_URL="https://pictures.example/n/"):
            self.assertIn("img-src 'self' https://pictures.example", policies()[0])


class BucketTests(RenditionsTestCase):
    @classmethod
    def setUpClass(cls):
        if not SERVER.is_file():
            raise SkipTest("no S3 server: install it with .ci/checkers FOLDER and set CHECKERS")
        super().setUpClass()
        with create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        cls.endpoint = f"http://127.0.0.1:{port}"
        log = cls.enterClassContext(TemporaryDirectory())
        with open(Path(log, "log"), "wb") as file:
            server = subprocess.Popen(
                [SERVER, "-H", "127.0.0.1", "-p", str(port)], stdout=file, stderr=file
            )
        cls.addClassCleanup(server.wait)
        cls.addClassCleanup(server.kill)
        end = time.monotonic() + PATIENCE
        while True:
            try:
                urlopen(cls.endpoint, timeout=5).close()
                break
            except OSError:
                if time.monotonic() > end or server.poll() is not None:
                    raise
        keys = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
        cls.enterClassContext(mock.patch.dict(os.environ, keys))
        made = configured(f"s3://pictures?endpoint={cls.endpoint}&region=us-east-1")
        changed = override_settings(STORAGES=settings.STORAGES | {"default": made})
        changed.enable()
        cls.addClassCleanup(changed.disable)
        storages["default"].connection.create_bucket(Bucket="pictures")

    def stored(self) -> set[str]:
        return {each.key for each in storages["default"].bucket.objects.all()}

    def setUp(self):
        pass

    def test_the_same_is_stored_made_and_removed(self):
        image = make_file()
        with self.commit():
            renditions.follow(image)
        image.refresh_from_db()
        self.assertTrue(renditions.is_current(image))
        self.assertEqual(self.stored(), listed())
        url = image.rendition("small", 104, "avif")
        self.assertTrue(url.startswith("https://pictures.example/n/renditions/"), url)
        key = url.removeprefix("https://pictures.example/n/")
        with default_storage.open(key) as file:
            self.assertEqual(file.read(12)[4:], b"ftypavif")
        image.focus_x = 10
        with self.commit():
            image.save()
            renditions.follow(image)
        self.assertEqual(self.stored(), listed())
        with self.commit():
            Image.objects.all().delete()
        self.assertEqual(self.stored(), set())

    def test_one_file_never_takes_anothers_place(self):
        first, second = make_file(), make_file()
        self.assertNotEqual(first.file.name, second.file.name)
        with self.commit():
            first.delete()
        self.assertEqual(self.stored(), {second.file.name})
        with self.commit():
            second.delete()

    def test_a_file_that_is_not_there_is_told_of(self):
        lost = Image.objects.create(file="images/lost.jpg")
        told = []
        renditions.make_all([lost.pk], lambda image, problem: told.append(problem))
        self.assertIn("does not exist", told[0])


class FreshProcessTests(SimpleTestCase):
    def test_the_environment_is_enough(self):
        code = (
            "import json; from django.core.files.storage import default_storage as s;"
            "import django; django.setup(); print(json.dumps([s.url('a.jpg'), s.bucket_name]))"
        )
        told = {
            "DJANGO_SETTINGS_MODULE": "newsroom.settings",
            "MEDIA_STORAGE": "s3://pictures",
            "MEDIA_URL": "https://pictures.example/",
        }
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={"PATH": os.environ["PATH"]} | told,
            cwd=settings.BASE_DIR,
            capture_output=True,
            text=True,
            timeout=60,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout), ["https://pictures.example/a.jpg", "pictures"])
