"""Decoding apart: the same pictures as at home, and an end for whatever takes too much."""

import os
import signal
import subprocess
import sys
import zlib
from random import Random
from unittest import mock

from django.test import SimpleTestCase

from articles import pixels
from articles.fetching import decoding
from articles.pixels import PictureError
from tests import picturing


class DecodingTests(SimpleTestCase):
    def test_gives_what_is_given_at_home(self):
        content = picturing.talkative("JPEG")
        self.assertEqual(decoding.rewritten(content), pixels.rewritten(content))

    def test_tells_what_is_told_at_home(self):
        with self.assertRaisesMessage(PictureError, "expected a picture in JPEG, PNG, WEBP"):
            decoding.rewritten(b"<svg/>")

    def test_ends_what_takes_too_much_memory(self):
        """The bound is the process's whole address space, so that nothing can evade it. Its twin
        is the same picture under the bound that pictures really have."""
        content = picturing.png(3_000, 2_000, picturing.zeros(2_000 * 12_001), colour=6)
        with self.assertRaisesMessage(PictureError, "takes more than 75 MB"):
            decoding.rewritten(content, memory=75 << 20)
        self.assertEqual(decoding.rewritten(content)[2], (3_000, 2_000))

    def test_ends_what_takes_too_much_time(self):
        # Nine seconds: black and white at random is what packs most slowly.
        side = 2_400
        rows = bytearray(Random(1).randbytes(side * (side + 1)).translate(bytes([0, 1] * 128)))
        rows[:: side + 1] = bytes(side)  # each begins with its filter: none
        slow = picturing.png(side, side, zlib.compress(rows, 1), colour=0)
        with self.assertRaisesMessage(PictureError, "takes more than 1 seconds of processor time"):
            decoding.rewritten(slow, seconds=1)
        with self.assertRaisesMessage(PictureError, "takes more than 0.01 seconds"):
            decoding.rewritten(slow, wall_seconds=0.01)

    def test_a_decoder_that_dies_or_lies_gave_no_picture(self):
        for script in (
            "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
            "raise SystemExit(3)",
            'print(\'{"suffix": "/../x.html", "size": [1, 1]}\')',
        ):
            run = subprocess.run
            with (
                mock.patch.object(
                    decoding.subprocess,
                    "run",
                    lambda command, _run=run, _script=script, **options: _run(
                        [sys.executable, "-I", "-c", _script], **options
                    ),
                ),
                self.assertRaisesMessage(PictureError, "it cannot be decoded (the decoder"),
            ):
                decoding.rewritten(b"")

    def test_it_knows_nothing_of_ours(self):
        """Neither the environment, which holds passwords, nor the project's folder or modules."""
        with mock.patch.object(decoding.subprocess, "run", side_effect=InterruptedError) as run:
            self.assertRaises(InterruptedError, decoding.rewritten, b"x")
        (command,), options = run.call_args
        self.assertEqual((options["env"], options["cwd"]), ({}, "/"))
        told = "import sys, os; print(len(os.environ), [m for m in sys.modules if 'django' in m])"
        code = f"import runpy; runpy.run_path({pixels.__file__!r}); {told}"
        done = subprocess.run([*command[:2], "-c", code], env={}, capture_output=True, check=True)
        known = {"LC_CTYPE"} & os.environ.keys()  # Python may set it for itself
        self.assertIn(done.stdout.decode(), {f"{n} []\n" for n in (0, 1, len(known))})

    def test_no_output_is_larger_than_the_system_lets_it_be(self):
        """Twice what may come in; held to by the system, whatever the decoder becomes."""
        code = (
            f"import runpy; p = runpy.run_path({pixels.__file__!r}); p['_limit_to'](1 << 30, 9); "
            "import sys; sys.stdout.buffer.write(bytes(p['MAX_WRITTEN'] + 1))"
        )
        with open(os.devnull) as nothing, decoding.TemporaryFile() as made:
            command = [sys.executable, "-I", "-c", code]
            done = subprocess.run(command, stdin=nothing, stdout=made, stderr=subprocess.DEVNULL)
            self.assertNotEqual(done.returncode, 0)
            self.assertEqual(made.seek(0, os.SEEK_END), pixels.MAX_WRITTEN)


class DecoderTests(SimpleTestCase):
    """One process for many: everything that holds for one picture holds for each."""

    def decoder(self, **limits) -> decoding.Decoder:
        return self.enterContext(decoding.Decoder(**limits))

    def test_gives_what_is_given_at_home_from_one_process(self):
        decoder = self.decoder()
        processes = set()
        for form in picturing.WRITABLE:
            content = picturing.talkative(form)
            self.assertEqual(decoder.rewritten(content), pixels.rewritten(content))
            with self.assertRaisesMessage(PictureError, "expected a picture in JPEG, PNG, WEBP"):
                decoder.rewritten(b"<svg/>")
            processes.add(decoder._process.pid)
        self.assertEqual(len(processes), 1)

    def test_every_hostile_picture_is_told_as_at_home(self):
        decoder = self.decoder()
        for name, content in picturing.hostile().items():
            with self.subTest(name):
                with self.assertRaises(PictureError) as here:
                    pixels.rewritten(content)
                with self.assertRaises(PictureError) as apart:
                    decoder.rewritten(content)
                self.assertEqual(str(apart.exception), str(here.exception))

    def test_the_limits_are_each_pictures_own(self):
        decoder = self.decoder(memory=75 << 20, seconds=1)
        large = picturing.png(3_000, 2_000, picturing.zeros(2_000 * 12_001), colour=6)
        for _ in range(2):
            with self.assertRaisesMessage(PictureError, "takes more than 75 MB"):
                decoder.rewritten(large)
            self.assertEqual(decoder.rewritten(picturing.plain())[2], (40, 30))

    def test_ends_what_takes_too_much_time_and_goes_on(self):
        decoder = self.decoder(wall_seconds=0.5)
        decoder.rewritten(picturing.plain())
        stopped = decoder._process.pid
        os.kill(stopped, signal.SIGSTOP)
        with self.assertRaisesMessage(PictureError, "takes more than 0.5 seconds"):
            decoder.rewritten(picturing.plain())
        self.assertRaises(ProcessLookupError, os.kill, stopped, 0)
        decoder._wall_seconds = 30
        self.assertEqual(decoder.rewritten(picturing.plain())[2], (40, 30))

    def test_one_that_was_killed_is_begun_anew(self):
        decoder = self.decoder()
        decoder.rewritten(picturing.plain())
        os.kill(decoder._process.pid, signal.SIGKILL)
        decoder._process.wait()
        with self.assertRaisesMessage(PictureError, "it cannot be decoded (the decoder ended"):
            decoder.rewritten(picturing.plain())
        self.assertEqual(decoder.rewritten(picturing.plain())[2], (40, 30))

    def test_nothing_is_left_running(self):
        with decoding.Decoder() as decoder:
            decoder.rewritten(picturing.plain())
            pid = decoder._process.pid
        self.assertRaises(ProcessLookupError, os.kill, pid, 0)

    def test_begins_nothing_without_a_picture(self):
        with mock.patch.object(decoding.subprocess, "Popen") as begun, decoding.Decoder():
            pass
        begun.assert_not_called()

    def test_a_fork_holds_only_its_own_two_files(self):
        """Neither the socket, over which it could speak for others, nor another's picture."""
        code = (
            "import os, runpy, socket, sys; p = runpy.run_path(sys.argv[1]);"
            "tell = lambda *_: os.write(1, ' '.join(sorted(os.listdir('/proc/self/fd'))).encode());"
            "p['_serve'].__globals__['_answer'] = tell;"
            "p['_serve'](socket.socket(fileno=int(sys.argv[2])), 1, 1)"
        )
        decoder = self.decoder()
        started = [sys.executable, "-I", "-c", code, pixels.__file__]
        with (
            mock.patch.object(decoding, "_command", lambda *_: started),
            decoding.TemporaryFile() as given,
            decoding.TemporaryFile() as made,
        ):
            self.assertEqual(decoder._decode(given, made), 0)
            made.seek(0)
            listing = "3"  # the folder that is being listed
            self.assertEqual(made.read().decode().split(), ["0", "1", "2", listing])
