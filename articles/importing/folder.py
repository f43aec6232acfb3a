"""What is to be imported: files and folders in, the path of each seed file out, in order, and its
bytes.

Read by `pipeline`. Built on os.scandir: a file costs no Path object and no stat, and memory holds
the names of one folder at a time (of its parents too), packed: 100,000 names in one folder take
about 9 MB.
"""

import os
from collections.abc import Iterable, Iterator
from heapq import merge
from pathlib import Path

from .pictures import SUFFIXES

_CHUNK = 64 * 1024  # bytes: nearly every seed whole

_PICTURES = tuple(SUFFIXES)
Found = tuple[str, str]  # (path to open, path within the root given, with "/")


def walk(roots: Iterable[str | os.PathLike]) -> Iterator[Found]:
    """Each seed file as (path, relative name), sorted by relative name over all roots.

    A file given counts whatever its name, and its relative name is its name. In folders hidden
    files and folders, pictures, and what is no file (a pipe, a broken link) are passed over; a link
    to a file counts as the file, a link to a folder is not followed, and a folder that may not be
    read stands for the files in it: reading it fails, and that is reported. Lazy: folders are read
    as the walk comes to them. Raises FileNotFoundError at once for a root that is not there.
    """
    return merge(*[_walk_root(Path(root)) for root in roots], key=lambda found: found[1])


def read(path: str, limit: int) -> bytes:
    """The first `limit` bytes of a file. Raises OSError where it cannot be read.

    As `open(path, "rb").read(limit)`, which sets `limit` bytes aside for every file, however short,
    and takes five times as long.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        content = more = os.read(descriptor, min(_CHUNK, limit))
        # A file gives all that is asked for, except at its end.
        while len(more) == _CHUNK and len(content) < limit:
            more = os.read(descriptor, min(_CHUNK, limit - len(content)))
            content += more
    finally:
        os.close(descriptor)
    return content


def _walk_root(root: Path) -> Iterator[Found]:
    if root.is_dir():
        return _walk_folder(root)
    if root.exists():
        return iter([(str(root), root.name)])
    raise FileNotFoundError(f"{root}: no such file or folder")


def _walk_folder(root: Path) -> Iterator[Found]:
    prefix = str(root / "_")[:-1]  # the root as a Path writes it, with its "/"; "" for "."
    open_folders = [("", _names(root))]
    while open_folders:
        folder, names = open_folders[-1]
        name = next(names, None)
        if name is None:
            open_folders.pop()
            continue
        name = folder + name
        if name.endswith("/"):
            try:
                open_folders.append((name, _names(prefix + name)))
                continue
            except PermissionError:
                name = name[:-1]
        yield prefix + name, name


def _names(folder: str | os.PathLike) -> Iterator[str]:
    """The names of a folder's files and folders, in order.

    A folder's ends in "/": so names sort as the whole paths below them would ("a-b" before "a/b").
    """
    names = []
    with os.scandir(folder) as entries:
        for entry in entries:
            name = entry.name
            if name[0] == ".":
                continue
            if entry.is_dir(follow_symlinks=False):
                names.append(name + "/")
            elif not name.lower().endswith(_PICTURES) and _is_file(entry):
                names.append(name)
    names.sort()
    return _unpacked("\0".join(names))


def _is_file(entry: os.DirEntry) -> bool:
    try:
        return entry.is_file()
    except OSError:  # a link that leads in a circle
        return False


def _unpacked(names: str) -> Iterator[str]:
    """The names between the NULs: one text takes half the memory of a list of them."""
    start = 0
    while start < len(names):
        end = names.find("\0", start)
        end = len(names) if end < 0 else end
        yield names[start:end]
        start = end + 1


def is_seed_name(path: str) -> bool:
    """Whether a file of this name counts as a seed: not hidden, nor in a hidden folder, and no
    picture."""
    return not (path.startswith(".") or "/." in path or path.lower().endswith(_PICTURES))
