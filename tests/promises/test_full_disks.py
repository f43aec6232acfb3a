"""On a full disk nothing half-written is served, what cannot be done says so, and the same done
again completes it. The disk is full where this process, or another, may write no more: files over
so many bytes are refused by the system."""

import resource
from contextlib import contextmanager
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from unittest import mock

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage as Stock
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import SimpleTestCase, override_settings
from PIL import Image as Picture

from articles import renditions
from articles.backups.archive import opened
from articles.importing import pictures
from articles.models import Image
from tests.databases import only_on
from tests.importing.feed import Feed
from tests.picturing import encoded
from tests.promises import trials
from tests.promises.processes import Databases
from tests.test_admin import AdminTestCase, address

ROOM = 30_000  # bytes that a file may have
FULL = "File too large|No space left on device|disk I/O error|database or disk is full"


@contextmanager
def full_disk(room: int = ROOM):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def noise(size=(240, 240)) -> bytes:
    """A picture that cannot be made small."""
    return encoded(Picture.frombytes("RGB", size, Random(1).randbytes(size[0] * size[1] * 3)))


class PicturesTests(AdminTestCase):
    backend = "articles.storage.FileSystemStorage"

    def setUp(self):
        super().setUp()
        self.folder = Path(self.enterContext(TemporaryDirectory()))
        storages = settings.STORAGES | {"default": {"BACKEND": self.backend}}
        on_disk = override_settings(MEDIA_ROOT=str(self.folder), STORAGES=storages)
        self.enterContext(on_disk)

    def files(self) -> list[str]:
        found = [path for path in self.folder.rglob("*") if path.is_file()]
        return sorted(str(path.relative_to(self.folder)) for path in found)

    def upload(self):
        file = SimpleUploadedFile("bells.png", noise(), "image/png")
        return self.client.post(address("upload", "image"), {"files": [file]})

    def test_an_upload_says_so_and_leaves_nothing(self):
        with full_disk(), self.assertLogs("newsroom.outage"):
            answer = self.upload()
        self.assertContains(answer, "cannot answer right now", status_code=503)
        self.assertEqual((self.files(), Image.objects.count()), ([], 0))
        self.assertEqual(self.upload().status_code, 302)
        self.assertEqual(self.files(), [Image.objects.get().file.name])

    def test_a_delivered_picture_waits_for_room(self):
        image = Image.objects.create(url="/bells.png", site="feed")
        with TemporaryDirectory() as seeds:
            Path(seeds, "bells.png").write_bytes(noise())
            with full_disk(), self.assertRaisesRegex(OSError, FULL):
                pictures.take_in([Path(seeds)], "feed")
            image.refresh_from_db()
            self.assertEqual((image.file.name, self.files()), ("", []))
            self.assertEqual(pictures.take_in([Path(seeds)], "feed"), (1, []))
        image.refresh_from_db()
        self.assertEqual(self.files(), [image.file.name])

    @override_settings(RENDITIONS=True)
    def test_small_copies_that_have_no_room_leave_the_picture_as_it_was(self):
        image = Image(width=400, height=400)
        image.file.save("bells.png", ContentFile(noise((400, 400))), save=False)
        image.save()
        before, served = self.files(), image.served
        with full_disk(), self.assertRaisesRegex(OSError, FULL):
            renditions.make(image)
        image.refresh_from_db()
        self.assertEqual((self.files(), image.served), (before, served))
        self.assertTrue(renditions.make(image))
        names = [row.file for row in image.renditions.all()]
        self.assertEqual(self.files(), sorted([*before, *names]))

    def test_of_two_files_with_one_name_each_stays(self):
        names = {default_storage.save("images/a.txt", ContentFile(text)) for text in ("one", "two")}
        self.assertEqual({(self.folder / name).read_text() for name in names}, {"one", "two"})
        self.assertEqual(self.files(), sorted(names))

    def write(self) -> list[str]:
        with full_disk(), self.assertRaisesRegex(OSError, FULL):
            default_storage.save("images/bells.png", ContentFile(noise()))
        return self.files()

    def test_the_twin_leaves_half_a_file(self):
        """Django's own way: its first bytes stand at the address."""
        self.assertEqual(self.write(), [])
        with mock.patch("articles.storage.FileSystemStorage._save", Stock._save):
            self.assertEqual(self.write(), ["images/bells.png"])


class CommandsTests(Databases, SimpleTestCase):
    def setUp(self):
        super().setUp()
        self.media = self.folder / "media" / "images"
        self.media.mkdir(parents=True)
        self.environment = {"MEDIA_ROOT": str(self.media.parent)}

    def told(self, room: int, *arguments) -> str:
        """What the command says on a disk with so much room for a file."""
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        process = self.start(*arguments)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (room, before[1]))
        _out, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 3, err)
        self.assertNotIn("Traceback", err)
        self.assertRegex(err, FULL)
        return err

    def test_a_backup_says_so_and_leaves_nothing(self):
        (self.media / "bells.png").write_bytes(noise())
        file = self.folder / "backup.zip"
        before = sorted(self.folder.iterdir())
        self.assertIn("No backup", self.told(100_000, "manage.py", "backup", file))
        self.assertEqual(sorted(self.folder.iterdir()), before)
        self.manage("backup", file)
        with opened(file) as archive:
            self.assertEqual(archive.manifest.media, 1)

    @only_on("sqlite")  # of the others, the disk is a server's
    def test_an_import_says_so_and_the_next_one_completes_it(self):
        seeds = Feed(Random(4), 150).deliver(self.folder / "seeds")
        command = ["manage.py", "import_seeds", seeds, "--source", "feed"]
        rooms = range(50_000, 500_000, 40_000)  # of what SQLite writes beside its file
        for room in Random(4).sample(rooms, trials(1, len(rooms))):
            with self.subTest(room=room):
                self.new_database()
                self.assertIn("run it again", self.told(room, *command))
                status, out = self.run_process(*command)
                self.assertEqual(status, 0)
                self.assertRegex(out, "^150 created, 0 updated, 0 unchanged|^0 created, 0 upd")
