"""Failing files come back: each with its reasons as comments where they belong, ready to mend.

YAML comments above the lines at fault, so that a mended file can be imported as it is.
"""

from pathlib import Path

from .journal import FileResult
from .seedfile import MAX_BYTES, Problem

MARK = "# newsroom: "
_BOM = b"\xef\xbb\xbf"


def write(folder: Path, result: FileResult) -> None:
    """Write a failed file below `folder`, at its path within the delivered folder.

    A file that could not be read whole comes back as its reasons alone: a part of it would be
    mistaken for all of it.
    """
    path = folder / result.name
    path.parent.mkdir(parents=True, exist_ok=True)
    content = result.content or b""
    whole = content if len(content) <= MAX_BYTES else b""
    path.write_bytes(marked(whole, result.problems))


def marked(content: bytes, problems: list[Problem]) -> bytes:
    """The file with a comment above each line at fault, in the file's own line ends.

    What concerns the whole file stands below the opening fence, where YAML begins.
    """
    ending = b"\r\n" if b"\r\n" in content else b"\n"
    lines = content.split(b"\n")
    has_fence = lines[0].removeprefix(_BOM).rstrip() == b"---"
    comments: dict[int, list[bytes]] = {}
    for problem in problems:
        # A reason may quote the file, line ends and all.
        text = " ".join(f"{MARK}{problem.code}: {problem.field}: {problem.reason}".split())
        number = max(problem.line, 2) if has_fence else problem.line
        comments.setdefault(min(number, len(lines)), []).append(text.encode("utf-8", "replace"))
    result = []
    for number, line in enumerate(lines, 1):
        result += [comment + ending for comment in comments.get(number, ())]
        result.append(line + b"\n" if number < len(lines) else line)
    return b"".join(result)
