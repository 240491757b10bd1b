"""A worker that is killed in the middle of an import, and another after it: as if nothing had happened."""

import io
import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image

from tests.servers import environment, free_port, manage, redis_server, worker

pytestmark = [pytest.mark.slow, pytest.mark.redis]
PHOTOS = 30

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
from geogame.models import Arrival
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
    "at_work": Arrival.objects.filter(done_at=None, taken_at__isnull=False).count(),
}))
"""


def told(env: dict[str, str]) -> dict[str, Any]:
    printed = manage(env, "shell", "-c", TOLD)
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
    (folder / "copy.jpg").write_bytes((folder / "05.jpg").read_bytes())
    (folder / "broken.jpg").write_bytes((folder / "06.jpg").read_bytes()[:5000])


def until(is_so: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.1)


def on_disk(env: dict[str, str]) -> list[str]:
    root = Path(env["MEDIA_ROOT"])
    return sorted(str(each.relative_to(root)) for each in root.rglob("*") if each.is_file())


def test_a_killed_worker_and_its_successor_leave_what_one_would_have_left(tmp_path: Path) -> None:
    photographs(tmp_path / "trip")
    for name in ("killed", "calm"):
        (tmp_path / name).mkdir()
    calm = environment(tmp_path / "calm")
    with_redis = redis_server(tmp_path, free_port())
    with with_redis as redis:
        killed = environment(tmp_path / "killed", REDIS_URL=redis)
        for env in (calm, killed):
            manage(env, "migrate", "--verbosity", "0")
            manage(env, "shell", "-c", SEND % str(tmp_path / "trip"))
        manage(calm, "shell", "-c", UNDISTURBED)
        with worker(killed, tmp_path / "killed") as process:
            until(lambda: len(on_disk(killed)) > 40, 60)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        half = told(killed)
        assert 0 < len(half["photos"]) < PHOTOS
        manage(killed, "shell", "-c", LATER)  # whoever has given no sign of life for so long is dead
        with worker(killed, tmp_path / "killed"):
            until(lambda: told(killed)["ended"] == [True], 90)
    after, wanted = told(killed), told(calm)
    assert on_disk(killed) == after.pop("files")  # nothing that belongs to no photo
    assert on_disk(calm) == wanted.pop("files")
    same = {name for name, reason, photo in wanted["fates"] if name not in ("copy.jpg", "05.jpg")}
    assert [each for each in after["fates"] if each[0] in same] == [each for each in wanted["fates"] if each[0] in same]
    for each in (after, wanted):
        del each["fates"]
    assert after == wanted
    assert len(after["photos"]) == PHOTOS
    assert not list((tmp_path / "killed" / "inbox").rglob("*.*"))
