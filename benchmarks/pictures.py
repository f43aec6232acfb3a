"""What making pictures small costs, and what it saves: `python -m benchmarks.pictures`.

One picture of 12 megapixels, made as pages need it, against Pillow alone for the very same outputs:
decoded once, each resized from the whole, encoded with the same options. Each in a process of its
own, so that its memory is its own.
"""

import subprocess
import sys
import time
from io import BytesIO
from pathlib import Path
from random import Random

from PIL import Image as Picture

from articles import scaling

SIZE = (4000, 3000)
RUNS = 3


def subject() -> bytes:
    """Like a photograph: soft shapes, and grain over them."""
    grain = Picture.frombytes("RGB", (400, 300), Random(1).randbytes(400 * 300 * 3))
    soft = grain.resize((20, 15)).resize(SIZE, Picture.Resampling.BICUBIC)
    output = BytesIO()
    Picture.blend(soft, grain.resize(SIZE), 0.1).save(output, "JPEG", quality=90)
    return output.getvalue()


def ours(content: bytes) -> int:
    return len(scaling.scaled(content).outputs)


def plainly(content: bytes) -> int:
    picture = Picture.open(BytesIO(content))
    picture.load()
    number = 0
    for shape, box, sizes, plain_sizes in scaling.plan(*picture.size):
        for size in {*sizes, *plain_sizes}:
            small = picture.resize(size, Picture.Resampling.LANCZOS, box=box)
            forms = scaling.SHAPES[shape].forms if size in sizes else ()
            for form in (*forms, *([scaling.JPEG] if size in plain_sizes else [])):
                small.save(BytesIO(), form.upper(), **scaling.OPTIONS[form])
                number += 1
    return number


def main() -> None:
    if len(sys.argv) == 2:
        content = sys.stdin.buffer.read()
        begun = time.process_time()
        number = {"ours": ours, "plainly": plainly}[sys.argv[1]](content)
        # Not getrusage's, which begins with what the process had that started this one.
        status = Path("/proc/self/status").read_text()
        peak = int(status.partition("VmHWM:")[2].split()[0]) // 1024
        sys.stdout.write(f"{time.process_time() - begun} {number} {peak}\n")
        return
    content = subject()
    found = {"plainly": [], "ours": []}
    for _ in range(RUNS):
        for way, told in found.items():
            command = [sys.executable, "-m", "benchmarks.pictures", way]
            done = subprocess.run(command, capture_output=True, input=content, check=True)
            told.append([float(each) for each in done.stdout.split()])
    base = sorted(found["plainly"])[RUNS // 2][0]
    write = sys.stdout.write
    write("| 12 megapixels | outputs | seconds of CPU | ratio | peak MB |\n|---|---|---|---|---|\n")
    for way, told in found.items():
        seconds, number, peak = sorted(told)[RUNS // 2]
        row = f"{number:.0f} | {seconds:.2f} | {seconds / base:.2f} | {peak:.0f}"
        write(f"| {way} | {row} |\n")


if __name__ == "__main__":
    main()
