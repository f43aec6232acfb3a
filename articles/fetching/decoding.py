"""A picture's bytes judged and written anew in a process of their own, so that none can harm ours.

It begins with an empty environment, limits itself to 1 GB of memory, 30 seconds of processor time
and 40 MB of output before it looks at the first byte, and is ended after a minute. Here its answer
alone is held in memory.

Python and Pillow take a tenth of a second to start, ten times what a picture of a page takes. Where
many wait, a `Decoder` starts them once.
"""

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from tempfile import TemporaryFile

from .. import pixels
from ..pixels import PictureError

WALL_SECONDS = 60


def rewritten(
    content: bytes,
    *,
    memory: int = pixels.MEMORY,
    seconds: int = pixels.SECONDS,
    wall_seconds: float = WALL_SECONDS,
) -> tuple[bytes, str, tuple[int, int]]:
    """What `pixels.rewritten` gives and raises, however the picture takes it."""
    with TemporaryFile() as given, TemporaryFile() as made:
        given.write(content)
        given.seek(0)
        try:
            ended = subprocess.run(
                _command(memory, seconds),
                stdin=given,
                stdout=made,
                stderr=subprocess.DEVNULL,
                env={},
                cwd="/",
                timeout=wall_seconds,
            )
        except subprocess.TimeoutExpired as error:
            raise _too_slow(wall_seconds) from error
        return _read(ended.returncode, made, seconds)


class Decoder:
    """Decodes one picture after the other, each in a fork of one process, so that the limits hold
    for each. Use as a context; the process begins with the first picture."""

    def __init__(
        self,
        *,
        memory: int = pixels.MEMORY,
        seconds: int = pixels.SECONDS,
        wall_seconds: float = WALL_SECONDS,
    ):
        self._memory, self._seconds, self._wall_seconds = memory, seconds, wall_seconds
        self._process: subprocess.Popen | None = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._end()

    def rewritten(self, content: bytes) -> tuple[bytes, str, tuple[int, int]]:
        """What `pixels.rewritten` gives and raises, however the picture takes it."""
        with TemporaryFile() as given, TemporaryFile() as made:
            given.write(content)
            given.seek(0)
            return _read(self._decode(given, made), made, self._seconds)

    def _decode(self, given, made) -> int:
        """How the fork ended, that read the one file and wrote the other."""
        if self._process is None:
            self._begin()
        try:
            socket.send_fds(self._control, [b"x"], [given.fileno(), made.fileno()])
            ended = self._control.recv(pixels.ENDED.size)
        except TimeoutError as error:
            self._end()
            raise _too_slow(self._wall_seconds) from error
        except ConnectionError:
            ended = b""
        if len(ended) < pixels.ENDED.size:  # it was killed, and the next picture gets another
            self._end()
            return 1
        return pixels.ENDED.unpack(ended)[0]

    def _begin(self) -> None:
        self._control, its_end = socket.socketpair()
        with its_end:
            self._control.settimeout(self._wall_seconds)
            self._process = subprocess.Popen(
                [*_command(self._memory, self._seconds), str(its_end.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={},
                cwd="/",
                pass_fds=[its_end.fileno()],
                start_new_session=True,  # a group of its own, which ends together
            )

    def _end(self) -> None:
        if self._process is None:
            return
        process, self._process = self._process, None
        self._control.close()
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _command(memory: int, seconds: int) -> list[str]:
    return [sys.executable, "-I", pixels.__file__, str(memory), str(seconds)]


def _too_slow(wall_seconds: float) -> PictureError:
    return PictureError(f"decoding it takes more than {wall_seconds:g} seconds")


def _read(code: int, made, seconds: int) -> tuple[bytes, str, tuple[int, int]]:
    """What a decoder that ended with that code has made. Raises PictureError."""
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        raise PictureError(f"decoding it takes more than {seconds} seconds of processor time")
    if code:
        raise PictureError(f"it cannot be decoded (the decoder ended with {code})")
    made.seek(0)
    told = json.loads(made.readline())
    if "error" in told:
        raise PictureError(told["error"], told.get("code", "broken"), told.get("size"))
    if told["suffix"] not in pixels.FORMATS.values():  # part of a file's name, so ours to say
        raise PictureError("it cannot be decoded (the decoder gave no picture)")
    return made.read(), told["suffix"], tuple(told["size"])
