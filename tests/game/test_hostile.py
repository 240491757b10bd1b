"""Hostile files: each becomes a photo or is refused with its reason, in bounded memory, and its reader lives on."""

import io
import re
import resource
from pathlib import Path

import pytest

from geogame import darkroom, doubts, pictures
from geogame.darkroom import GIVEN, ONE_THREAD, Darkroom
from geogame.pictures import Developed, Unusable
from geogame.sources import Item, of_zip
from tests.game import hostile

MOST_MB = 1_200  # of the child in all: what it has when it is ready, and 700


def fate(room: Darkroom, data: bytes) -> Developed | str:
    try:
        return room.develop(data)
    except Unusable as refused:
        return str(refused)


def peak_mb(room: Darkroom) -> float:
    assert room._child is not None
    status = Path(f"/proc/{room._child.pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found
    return int(found[1]) / 1024


@pytest.mark.slow
def test_hostile_files_are_imported_or_refused_and_their_reader_lives_on() -> None:
    files = hostile.all_files()
    assert len(files) >= 130
    with Darkroom() as room:
        assert isinstance(fate(room, hostile.saved("JPEG")), Developed)
        child = room._child
        told = {name: fate(room, data) for name, data in files}
        assert room._child is child  # none of them has ended it
        assert peak_mb(room) < MOST_MB
    assert all(told.values())  # a reason is said
    for name, what in told.items():
        if isinstance(what, Developed):
            assert all(each.kind in doubts.KINDS for each in what.oddities), name
            assert what.position is not None or any(each.kind in doubts.OF_PLACE for each in what.oddities), name
    taken = {name for name, what in told.items() if isinstance(what, Developed)}
    for name in (
        "a JPEG with a page behind it",
        "an IFD that follows itself",
        "GPS of zero by zero",
        "a profile of noise",
    ):
        assert name in taken
    assert not {name for name in taken if " cut at " in name and name.startswith(("AVIF", "HEIF", "PNG", "WEBP"))}
    assert not {name for name in taken if "claims" in name or "bits" in name}
    for name in taken:
        if name.startswith("GPS"):
            assert told[name].position is None, name  # type: ignore[union-attr]


@pytest.mark.parametrize(("data", "why"), [pytest.param(data, why, id=name) for name, data, why in hostile.zips()])
def test_hostile_zips_give_their_reason_and_take_no_more_memory_than_a_file(data: bytes, why: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    reasons = set()
    for entry in of_zip(io.BytesIO(data)):
        try:
            assert isinstance(entry, Item) or entry.reason
            reasons.add(str(pictures.develop(entry.read(), 1_000_000) if isinstance(entry, Item) else entry.reason))
        except Unusable as refused:
            reasons.add(str(refused))
    assert any(why in each for each in reasons)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000  # kB


def test_what_a_reader_answers_too_late_is_taken_for_no_other_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that is told to stop in the middle of a file may go on with the next one."""

    class Stop(BaseException):
        pass

    def stop(pipe: object) -> bytes:
        raise Stop

    with Darkroom() as room:
        with monkeypatch.context() as patch:
            patch.setattr(darkroom, "_got", stop)
            with pytest.raises(Stop):
                room.develop(hostile.saved("JPEG", (200, 150)))
        assert room.develop(hostile.saved("JPEG")).picture.width == 160


def test_a_reader_that_dies_or_hangs_is_that_files_trouble_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    with Darkroom() as room:
        assert isinstance(fate(room, hostile.saved("JPEG")), Developed)
        assert room._child is not None
        room._child.kill()
        room._child.wait()
        assert isinstance(fate(room, hostile.saved("JPEG")), Developed)  # another has taken its place
        monkeypatch.setattr(darkroom, "TIME_S", 0.0)
        assert fate(room, hostile.saved("PNG", (4_000, 3_000))) == "The picture made its reader fail."
        monkeypatch.setattr(darkroom, "TIME_S", 60.0)
        assert isinstance(fate(room, hostile.saved("JPEG")), Developed)


def test_what_a_file_leaves_in_a_picture_is_pixels_alone() -> None:
    """Of a file with a page in its comment, a profile, XMP and EXIF nothing is left in any size or format."""
    words = b"<html>alert(1)</html>"
    data = hostile.saved("JPEG", (1400, 900), comment=words, xmp=words, icc_profile=words * 50)
    with Darkroom() as room:
        developed = room.develop(data)
    assert len(developed.smaller) == 8  # three JPEGs, three WebPs, two AVIFs
    for made in (developed.picture.jpeg, *developed.smaller.values()):
        assert b"alert" not in made


def test_the_reader_knows_none_of_our_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SECRET_KEY", "DATABASE_URL", "AWS_SECRET_ACCESS_KEY", "METRICS_TOKEN"):
        monkeypatch.setenv(name, "a-secret-of-ours")
    with Darkroom() as room:
        assert isinstance(fate(room, hostile.saved("JPEG")), Developed)
        assert room._child is not None
        known = Path(f"/proc/{room._child.pid}/environ").read_bytes()
    assert b"a-secret-of-ours" not in known
    assert {each.partition(b"=")[0].decode() for each in known.split(b"\0") if each} <= {*GIVEN, *ONE_THREAD}
