"""Bringing photos in, against a bare Pillow loop that makes the same files of them; a long table of metadata.

The loop is what one would write by hand: open, turn upright, make smaller, save in each size and format, no more. Ours
reads in a child of bounded memory, finds place, doubts and fingerprint, and writes rows; both use one process for the
pixels and save with the same settings.
"""

import csv
import io
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageOps

from benchmarks.measure import Result
from tests.servers import ROOT, environment, manage

PX = 1024
ROWS = 1_000_000

OURS = """
import io, json, re, time
from pathlib import Path
from django.utils import timezone
from geogame import imports, photos
from geogame.darkroom import Darkroom

def peak_mb(pid):
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path(f"/proc/{pid}/status").read_text())[1]) / 1024

photo_set, _ = photos.set_named("Bench")
source = imports.open_import(photo_set, imports.UPLOAD, {}, None, timezone.now())
files = sorted(Path("FOLDER").iterdir())
for each, file in zip(imports.expect(source, [(f.name, f.stat().st_size, 1) for f in files]), files):
    imports.receive(each, 0, io.BytesIO(file.read_bytes()), timezone.now())
imports.close(source, timezone.now())
count, memory = 0, []
with Darkroom() as room:
    room.develop(files[0].read_bytes())  # the child is there
    began = time.perf_counter()
    while arrival := imports.take_up(timezone.now()):
        imports.work(arrival, room, timezone.now())
        count += 1
        if count in (len(files) // 4, len(files)):
            memory.append([peak_mb("self"), peak_mb(room._child.pid)])
    took = time.perf_counter() - began
print("TOLD", json.dumps({"count": photo_set.photos.count(), "took": took, "memory": memory}))
"""


def photographs(folder: Path, count: int) -> None:
    """Make photos of shapes and grain, with places: large and small structures, as a camera's files have them."""
    folder.mkdir()
    for number in range(count):
        chance = np.random.default_rng(number)
        shapes = Image.fromarray(chance.integers(0, 256, (12, 16, 3), dtype=np.uint8))
        grain = chance.normal(0, 6, (768, PX, 1))
        pixels = np.asarray(shapes.resize((PX, 768), Image.Resampling.BICUBIC), dtype=np.float32) + grain
        exif = Image.Exif()
        exif.get_ifd(ExifTags.IFD.GPSInfo).update(
            {1: "N", 2: (48.0, float(number % 60), number / 60 % 60), 3: "E", 4: (11.0, 30.0, 1.5)}
        )
        image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
        image.save(folder / f"{number:05}.jpg", "JPEG", quality=90, exif=exif)


def bare(folder: Path, out: Path) -> float:
    """The loop that ours is held against; return its seconds."""
    out.mkdir()
    began = time.perf_counter()
    for file in sorted(folder.iterdir()):
        with Image.open(file) as opened:
            image = ImageOps.exif_transpose(opened).convert("RGB")
        image.thumbnail((2048, 2048), Image.Resampling.LANCZOS, reducing_gap=3.0)
        image.info = {}
        image.save(out / f"{file.stem}.jpg", "JPEG", quality=88, progressive=True)
        for width in (PX, 640, 320):
            if width < image.width:
                size = (width, round(image.height * width / image.width))
                image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
            if width < PX:
                image.save(out / f"{file.stem}-{width}.jpg", "JPEG", quality=82, progressive=True)
            if width > 320:
                image.save(out / f"{file.stem}-{width}.webp", "WEBP", quality=80, method=2)
                image.save(out / f"{file.stem}-{width}.avif", "AVIF", quality=60, speed=8, max_threads=1)
    return time.perf_counter() - began


def throughput(count: int) -> Result:
    """Photos a second, ours against the loop's, of the same files one after the other; the first half is a warm-up."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        photographs(folder / "camera", count)
        env = environment(folder)
        manage(env, "migrate", "--verbosity", "0")
        first = bare(folder / "camera", folder / "bare")
        printed = manage(env, "shell", "-c", OURS.replace("FOLDER", str(folder / "camera")))
        told = json.loads(next(line[5:] for line in printed.splitlines() if line.startswith("TOLD ")))
        second = bare(folder / "camera", folder / "bare again")
        ours = {each.name[32:] for each in Path(env["MEDIA_ROOT"]).rglob("*") if each.is_file()}
        theirs = {each.name[5:] for each in (folder / "bare").iterdir()}
    if told["count"] != count or ours != theirs:
        raise AssertionError(f"The two have not made the same: {told['count']} of {count}, {ours ^ theirs}")
    worker_mb, reader_mb = (after - before for before, after in zip(*told["memory"], strict=True))
    speeds = f"{2 * count / (first + second):.1f} photos a second in the bare loop, {count / told['took']:.1f} ours"
    memory = f"after a quarter peak memory grew by {worker_mb:.0f} MB (worker), {reader_mb:.0f} MB (reader)"
    reference = f"{speeds}; {count} photos of {PX} px; {memory}"
    return Result("photos brought in", (first + second) / 2 / told["took"], "times the bare loop", reference, 0.8)


PARSE = """
import json, resource, sys, time
from pathlib import Path
from geogame import tables
began = time.perf_counter()
good = sum(isinstance(row, tables.Row) for row in tables.rows(Path(sys.argv[1])))
print(json.dumps([good, time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""


def long_table(rows: int = ROWS) -> Result:
    """A table of metadata, parsed and checked, against the csv module reading it into dictionaries."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "metadata.csv"
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["IMG_ID", "AUTHOR", "LAT", "LON", "S3_Label", "S16_Label"])
            writer.writerows(
                (
                    f"{n:07}.jpg",
                    f"author {n % 977}",
                    f"{n % 160 - 80 + 0.12345}",
                    f"{n % 340 - 170 + 0.5}",
                    n % 3,
                    n % 16,
                )
                for n in range(rows)
            )
        told = [
            json.loads(
                subprocess.run(
                    [sys.executable, "-c", PARSE, str(table)], cwd=ROOT, capture_output=True, text=True, check=True
                ).stdout
            )
            for table in (_first_rows(path, 1_000), path)
        ]
        began = time.perf_counter()
        with path.open(newline="") as file:
            count = sum(1 for _ in csv.DictReader(file))
        bare_s = time.perf_counter() - began
    (_, _, before), (good, took, after) = told
    if not good == count == rows:
        raise AssertionError(f"{good} of {rows} rows were read")
    reference = (
        f"{bare_s:.1f} s by csv.DictReader, {took:.1f} s ours; memory {after - before:+.0f} MB against 1,000 rows"
    )
    return Result(f"{rows:,} rows of metadata", took / bare_s, "times csv", reference, 6.0, higher_is_better=False)


def _first_rows(path: Path, rows: int) -> Path:
    short = path.with_name("short.csv")
    with path.open() as file, io.StringIO() as head:
        for _ in range(rows + 1):
            head.write(file.readline())
        short.write_text(head.getvalue())
    return short


def short() -> list[Result]:
    """What `make bench` runs."""
    return [throughput(150), long_table()]


def whole() -> list[Result]:
    """Two thousand photos."""
    return [throughput(2_000), long_table()]
