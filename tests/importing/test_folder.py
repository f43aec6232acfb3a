"""The walk over what is to be imported, against the plain way to say the same with pathlib."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

from django.test import SimpleTestCase

from articles.importing import folder, pictures


def plain_walk(roots: list[Path]) -> list[tuple[str, str]]:
    """Slow and obvious."""
    found = []
    for root in roots:
        for path in root.rglob("*") if root.is_dir() else [root]:
            relative = path.relative_to(root if root.is_dir() else root.parent)
            hidden = any(part.startswith(".") for part in relative.parts)
            picture = path.suffix.lower() in pictures.SUFFIXES
            if path == root or (path.is_file() and not hidden and not picture):
                found.append((str(path), relative.as_posix()))
    return sorted(found, key=lambda pair: pair[1])


class WalkTests(SimpleTestCase):
    def setUp(self):
        temporary = TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.root = Path(temporary.name)

    def make(self, *names):
        for name in names:
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("")

    def names(self, *roots):
        return [name for _, name in folder.walk(roots or [self.root])]

    def test_finds_what_the_plain_way_finds_in_the_same_order(self):
        self.make(
            *("b.md", "a.md", "a/z.md", "a-b/c.txt", "a.b/c", "ab/c.md", "a/b/c/d.md", "A.MD"),
            *("über.md", "é/ü.md", "a b.md", "a/.hidden", ".git/config", "a/.x/y.md", "..md"),
            *("p.jpg", "p.JPEG", "q/p.png", "q/p.svg", "q/p.jpg.md", "q/jpg", "q/p.", "q/p.webp"),
        )
        (self.root / "empty").mkdir()
        self.assertEqual(list(folder.walk([self.root])), plain_walk([self.root]))
        self.assertEqual(len(self.names()), 14)

    def test_merges_roots_by_name_and_keeps_their_order_where_names_are_equal(self):
        self.make("one/b.md", "one/c/d.md", "two/a.md", "two/b.md", "two/c.md", "b.md")
        for roots in (["one", "two"], ["two", "one"], ["two", "b.md", "one"], ["one", "one"]):
            paths = [self.root / root for root in roots]
            self.assertEqual(list(folder.walk(paths)), plain_walk(paths))

    def test_counts_a_file_given_whatever_its_name(self):
        self.make(".hidden/.seed", "seed.jpg")
        paths = [self.root / ".hidden/.seed", self.root / "seed.jpg"]
        self.assertEqual(self.names(*paths), [".seed", "seed.jpg"])

    def test_takes_a_hidden_folder_that_is_given(self):
        self.make(".hidden/a.md")
        self.assertEqual(self.names(self.root / ".hidden"), ["a.md"])

    def test_counts_a_link_to_a_file_and_follows_no_link_to_a_folder(self):
        self.make("real/a.md")
        (self.root / "link.md").symlink_to(self.root / "real/a.md")
        (self.root / "folder").symlink_to(self.root / "real")
        (self.root / "real/loop").symlink_to(self.root)
        (self.root / "broken.md").symlink_to(self.root / "nowhere")
        (self.root / "circle.md").symlink_to("circle.md")
        self.assertEqual(self.names(), ["link.md", "real/a.md"])
        self.assertEqual(list(folder.walk([self.root])), plain_walk([self.root]))

    def test_follows_a_link_that_is_given(self):
        self.make("real/a.md")
        (self.root / "folder").symlink_to(self.root / "real")
        self.assertEqual(
            list(folder.walk([self.root / "folder"])),
            [(str(self.root / "folder/a.md"), "a.md")],
        )

    def test_passes_over_what_is_no_file(self):
        os.mkfifo(self.root / "pipe.md")
        self.assertEqual(self.names(), [])

    def test_refuses_at_once_what_is_not_there(self):
        self.make("a.md")
        with self.assertRaisesMessage(FileNotFoundError, "nowhere: no such file or folder"):
            folder.walk([self.root, self.root / "nowhere"])

    def test_names_a_folder_that_may_not_be_read_as_a_file(self):
        self.make("a/b.md", "c.md")
        scandir = os.scandir

        def guarded(path):
            if os.fspath(path).endswith("a/"):
                raise PermissionError
            return scandir(path)

        with mock.patch.object(folder.os, "scandir", guarded):
            self.assertEqual(self.names(), ["a", "c.md"])

    def test_names_paths_as_pathlib_does(self):
        self.make("a/b.md")
        before = Path.cwd()
        self.addCleanup(os.chdir, before)
        os.chdir(self.root)
        for root in (".", "./a", "a/", self.root, f"{self.root}//a/."):
            self.assertEqual(list(folder.walk([root])), plain_walk([Path(root)]))

    def test_reads_a_folder_only_when_it_comes_to_it(self):
        self.make("a/b.md", "c/d.md")
        walk = folder.walk([self.root])
        self.assertEqual(next(walk)[1], "a/b.md")
        self.make("c/e.md")
        self.assertEqual([name for _, name in walk], ["c/d.md", "c/e.md"])


class ReadTests(SimpleTestCase):
    def setUp(self):
        temporary = TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.path = Path(temporary.name) / "a.md"

    def test_reads_a_file_whole_up_to_the_limit(self):
        content = bytes(range(256)) * 1024
        for size in (0, 1, 65_535, 65_536, 65_537, 262_144):
            self.path.write_bytes(content[:size])
            for limit in (1, 65_536, 65_537, 200_000, 10**9):
                self.assertEqual(folder.read(str(self.path), limit), content[: min(size, limit)])

    def test_says_why_it_cannot(self):
        with self.assertRaises(FileNotFoundError):
            folder.read(str(self.path), 10)
        with self.assertRaises(IsADirectoryError):
            folder.read(str(self.path.parent), 10)
