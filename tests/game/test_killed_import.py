"""A worker that is killed in the middle of an import, and another after it: as if nothing had happened."""

import io
import json
import os
import shutil
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image

from tests.servers import environment, free_port, manage, redis_server, running

pytestmark = [pytest.mark.slow, pytest.mark.redis]
PHOTOS = 14
DONE = 20  # files on the disk when the worker is killed: two photos are whole, and a third is being written or read
WORKER = [
    sys.executable, "-m", "celery", "-A", "geogame", "worker", "--queues", "photos", "--pool", "threads", "--beat",
]  # fmt: skip

SEND = """
import io
from pathlib import Path
from django.utils import timezone
from geogame import imports, photos
photo_set, _ = photos.set_named("Trip")
source = imports.open_import(photo_set, imports.UPLOAD, {}, None, timezone.now())
files = sorted(Path(%r).iterdir())
for each, file in zip(imports.expect(source, [(f.name, f.stat().st_size, 1) for f in files]), files):
    imports.receive(each, 0, io.BytesIO(file.read_bytes()), timezone.now())
imports.close(source, timezone.now())
"""
UNDISTURBED = """
from django.utils import timezone
from geogame import imports
from geogame.darkroom import Darkroom
with Darkroom() as room:
    while arrival := imports.take_up(timezone.now()):
        imports.work(arrival, room, timezone.now())
imports.end_what_is_done(timezone.now())
"""
LATER = """
from datetime import timedelta
from django.db.models import F
from geogame.models import Arrival, Photo
print("HALF", Photo.objects.count(), Arrival.objects.filter(done_at=None, taken_at__isnull=False).count())
Arrival.objects.filter(done_at=None, taken_at__isnull=False).update(taken_at=F("taken_at") - timedelta(minutes=5))
"""
TOLD = """
import json
from geogame import photos
from geogame.models import Arrival, Doubt, Import, Photo
columns = ("original_name", "original_sha256", "file_sha256", "lat", "lng", "derived", "phash", "exhibits__lat")
print("TOLD", json.dumps({
    "photos": [list(row) for row in Photo.objects.order_by("original_name").values_list(*columns)],
    "fates": list(map(list, Arrival.objects.order_by("name").values_list("name", "reason", "photo__original_name"))),
    "doubts": sorted(map(list, Doubt.objects.values_list("photo__original_name", "kind"))),
    "files": sorted(name for photo in Photo.objects.all() for name in photos.files_of(photo)),
    "ended": [each is not None for each in Import.objects.values_list("finished_at", flat=True)],
}))
"""


def told(env: dict[str, str], before: str = "") -> dict[str, Any]:
    printed = manage(env, "shell", "-c", before + TOLD)
    return json.loads(next(line[5:] for line in printed.splitlines() if line.startswith("TOLD ")))


def photographs(folder: Path) -> None:
    """Photos of shapes, one of them twice, one broken, one without a place."""
    folder.mkdir()
    for number in range(PHOTOS):
        noise = np.random.default_rng(number).integers(0, 256, (9, 12, 3), dtype=np.uint8)
        exif = Image.Exif()
        if number:
            exif.get_ifd(ExifTags.IFD.GPSInfo).update({1: "N", 2: (48.0, number, 0.0), 3: "E", 4: (11.0, 30.0, 1.5)})
        out = io.BytesIO()
        Image.fromarray(noise).resize((1200, 900), Image.Resampling.BICUBIC).save(out, "JPEG", exif=exif)
        (folder / f"{number:02}.jpg").write_bytes(out.getvalue())
    (folder / "copy.jpg").write_bytes((folder / "01.jpg").read_bytes())
    (folder / "broken.jpg").write_bytes((folder / "06.jpg").read_bytes()[:5000])


def until(is_so: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)


def alive(group: int) -> list[str]:
    """Return the processes of a group that have not ended, as Linux tells them."""
    found = []
    for each in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _parent, of = each.read_text().rpartition(")")[2].split()[:3]
            found += [each.parent.name] if int(of) == group and state != "Z" else []
    return found


def on_disk(env: dict[str, str]) -> list[str]:
    root = Path(env["MEDIA_ROOT"])
    return sorted(str(each.relative_to(root)) for each in root.rglob("*") if each.is_file())


def has_ended(env: dict[str, str]) -> bool:
    with sqlite3.connect(env["DATABASE_URL"].removeprefix("sqlite:///"), timeout=20) as database:
        return database.execute("SELECT finished_at FROM geogame_import").fetchall() != [(None,)]


def test_a_killed_worker_and_its_successor_leave_what_one_would_have_left(tmp_path: Path) -> None:
    photographs(tmp_path / "trip")
    send = SEND % str(tmp_path / "trip")
    for name in ("killed", "calm"):
        (tmp_path / name).mkdir()
    calm = environment(tmp_path / "calm")
    manage(calm, "migrate", "--verbosity", "0")
    shutil.copy(tmp_path / "calm" / "db.sqlite3", tmp_path / "killed")
    wanted = told(calm, before=send + UNDISTURBED)
    with redis_server(tmp_path, free_port()) as redis:
        killed = environment(tmp_path / "killed", REDIS_URL=redis)
        command = [*WORKER, "--schedule", str(tmp_path / "beat")]
        manage(killed, "shell", "-c", send)
        with running(command, tmp_path / "worker.log", killed) as process:
            until(lambda: len(on_disk(killed)) >= DONE, 300)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            until(lambda: not alive(process.pid), 60)  # neither its clock nor the reader of pictures outlives it
        # Whoever has given no sign of life for so long is dead.
        half = manage(killed, "shell", "-v", "0", "-c", LATER).split()
        assert 0 < int(half[half.index("HALF") + 1]) < PHOTOS
        with running(command, tmp_path / "worker.log", killed):
            until(lambda: has_ended(killed), 300)
        after = told(killed)
    assert on_disk(killed) == after.pop("files")  # nothing that belongs to no photo
    assert on_disk(calm) == wanted.pop("files")
    assert after == wanted
    assert len(after["photos"]) == PHOTOS
    assert not [each for each in (tmp_path / "killed" / "inbox").rglob("*") if each.is_file()]
