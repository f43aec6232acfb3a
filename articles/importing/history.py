"""Deliveries out of a git repository: each commit in order, with the files it brought.

Reads what `git` prints; `replay` hands each commit to `pipeline` as a delivery of its own time.
Deletions are no deliveries; a moved file is the same file under another folder's name.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from .. import tasks
from ..models import ImportRun
from .folder import is_seed_name
from .pipeline import ImportReport, Options, import_files
from .seedfile import MAX_BYTES, Problem, SeedError

# Where the sites of this format keep what they deliver. Anything else in a site's repository is its
# own business, unless the operator names it.
FOLDERS = ("_news", "_posts", "seeds", "_data/topics", "_data/organizations")
_PLAIN_FILES = ("100644", "100755")  # neither links nor other repositories


class GitError(Exception):
    """What git answered where it could not do as asked."""


@dataclass(frozen=True, slots=True)
class Commit:
    hash: str
    at: datetime  # UTC, when it was committed
    files: list["GitFile"]


@dataclass(frozen=True, slots=True)
class GitFile:
    path: str  # "<commit>:<path in the repository>", as git itself names it
    name: str
    blob: str
    blobs: "_Blobs"

    def read(self) -> bytes:
        return self.blobs.read(self.blob)


def replay(
    repository: Path,
    source: str,
    options: Options,
    *,
    since: str = "",
    folders: tuple[str, ...] = (),
    **callbacks,
) -> Iterator[tuple[Commit, ImportReport]]:
    """Import every commit after `since` as a delivery of `source`, and yield what came of each.

    Without `since` it goes on after the last commit taken in whole from this source, or else begins
    at the first. `folders` are paths in the repository, by default FOLDERS wherever they lie.
    `callbacks` as for `pipeline.import_seeds`. Raises GitError, also for a `since` that is unknown.
    """
    start = _known_commit(repository, since) if since else _last_taken_in(repository, source)
    with _blobs(repository) as blobs:
        for commit in _commits(repository, start, folders, blobs):
            shown = options.recorded | {"commit": commit.hash}
            report = import_files(
                commit.files, source, replace(options, at=commit.at, recorded=shown), **callbacks
            )
            yield commit, report
    if not options.is_dry_run:
        tasks.fetch_soon()


def _last_taken_in(repository: Path, source: str) -> str:
    """The newest commit of this history that a finished run of the source has taken in, or ""."""
    finished = ImportRun.objects.filter(source=source, state=ImportRun.State.FINISHED)
    for options in finished.order_by("-pk").values_list("options", flat=True).iterator():
        commit = options.get("commit", "")
        if commit:
            asked = ["merge-base", "--is-ancestor", commit, "HEAD"]
            return commit if _git(repository, *asked).returncode == 0 else ""
    return ""


def _known_commit(repository: Path, since: str) -> str:
    asked = _git(repository, "rev-parse", "--verify", "--end-of-options", f"{since}^{{commit}}")
    if asked.returncode:
        raise GitError(f"{since}: no commit of {repository}")
    return asked.stdout.decode().strip()


def _commits(repository, start: str, folders, blobs) -> Iterator[Commit]:
    """Commits of the first parents' line that brought seeds, oldest first."""
    command = ["log", "--reverse", "--first-parent", "--diff-merges=first-parent", "--no-renames"]
    command += ["--diff-filter=AMT", "--raw", "-z", "--no-abbrev", "--format=format:%x01%H %ct"]
    asked = _git(repository, *command, f"{start}..HEAD" if start else "HEAD", "--", *folders)
    if asked.returncode:
        raise GitError(asked.stderr.decode("utf-8", "replace").strip())
    commit, kind = None, ""
    for part in asked.stdout.split(b"\0"):
        text = part.decode("utf-8", "surrogateescape")
        if text.startswith("\x01"):
            if commit and commit.files:
                yield commit
            head, _, text = text[1:].partition("\n")
            number, _, seconds = head.partition(" ")
            commit = Commit(number, datetime.fromtimestamp(int(seconds), UTC), [])
        if text.startswith(":"):
            kind = text
        elif kind:
            _, mode, _, blob, _ = kind.split(" ")
            kind = ""
            if mode in _PLAIN_FILES and is_seed_name(text) and (folders or _lies_in_one(text)):
                name = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
                commit.files.append(GitFile(f"{commit.hash[:12]}:{name}", name, blob, blobs))
    if commit and commit.files:
        yield commit


def _lies_in_one(path: str) -> bool:
    return any(f"/{folder}/" in f"/{path}" for folder in FOLDERS)


class _Blobs:
    """Contents of files, asked one by one from one process of git."""

    def __init__(self, process):
        self.process = process

    def read(self, blob: str) -> bytes:
        self.process.stdin.write(f"{blob}\n".encode())
        self.process.stdin.flush()
        found = self.process.stdout.readline().decode().split()
        if len(found) != 3:
            reason = "git does not hold it; expected a whole clone"
            raise SeedError([Problem(1, "file", reason, "unreadable")])
        size = int(found[2])
        content = self.process.stdout.read(min(size, MAX_BYTES + 1))
        rest = size - len(content) + 1  # what is too large is read to its end, and its line end
        while rest:
            rest -= len(self.process.stdout.read(min(rest, MAX_BYTES)))
        return content


@contextmanager
def _blobs(repository: Path):
    command = ["git", "-C", str(repository), "cat-file", "--batch"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            yield _Blobs(process)
        finally:
            process.stdin.close()
            process.stdout.close()


def _git(repository: Path, *arguments: str) -> subprocess.CompletedProcess:
    try:
        return subprocess.run(["git", "-C", str(repository), *arguments], capture_output=True)
    except FileNotFoundError as error:
        raise GitError("git is not installed here") from error
