"""Imports: what arrives stays, each file has its fate, and whatever is done twice is done once."""

import io
import itertools
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import OperationalError
from django.utils import timezone
from PIL import ExifTags, Image

from geogame import freezes, imports, photos, pictures, reviews, tasks, unpacking
from geogame.admin import uploading
from geogame.models import Arrival, Doubt, Import, Photo, PhotoSet
from geogame.pictures import Developed
from geogame.rules.refusals import NotNow, Refused
from geogame.rules.sphere import Point
from geogame.sources.items import Entry, Item, Json
from geogame.tables import Refusal, SourceError
from tests.conftest import NOON, jpeg
from tests.game.test_photos import with_gps

pytestmark = pytest.mark.django_db


class Here:
    """Reads pictures in this process; `meanwhile` happens after the next one."""

    def __init__(self) -> None:
        self.read = 0
        self.dies = False

    def develop(self, data: bytes) -> Developed:
        self.read += 1
        if self.dies:
            raise KeyboardInterrupt
        return pictures.develop(data, 10_000_000)


@pytest.fixture
def photo_set() -> PhotoSet:
    return PhotoSet.objects.create(name="Trip", slug="trip", credit="The class", licence="CC BY 4.0")


@pytest.fixture
def upload(photo_set: PhotoSet) -> Import:
    return imports.open_import(photo_set, imports.UPLOAD, {}, None, NOON)


def send(upload: Import, **files: bytes) -> list[Arrival]:
    """Send files; in their names "__" stands for a full stop."""
    named = {name.replace("__", "."): data for name, data in files.items()}
    expected = imports.expect(upload, [(name, len(data), 7) for name, data in named.items()])
    return [imports.receive(each, 0, io.BytesIO(named[each.name]), NOON) for each in expected]


def drain(reader: Here, now: Any = NOON) -> int:
    """Work at all that waits, as a worker would; return how many files that were."""
    for number in itertools.count():
        arrival = imports.take_up(now)
        if arrival is None:
            imports.end_what_is_done(now)
            return number
        imports.work(arrival, reader, now)
    raise AssertionError


def fates(upload: Import) -> dict[str, str]:
    def said(each: Arrival) -> str:
        return each.reason[0] % each.reason[1] if each.reason else "a photo" if each.photo else "opened"

    return {each.name: said(each) for each in upload.arrivals.all()}


def place(n: float = 1.0) -> bytes:
    return with_gps((48.0, n, 0.0), (11.0, 34.0, 31.7))


def in_inbox() -> list[Path]:
    return [each for each in Path(settings.INBOX_ROOT).rglob("*") if each.is_file()]


@pytest.fixture(autouse=True)
def _inbox_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(settings, "INBOX_ROOT", tmp_path)


@pytest.mark.django_db(transaction=True)
def test_files_become_photos_with_the_set_s_licence_and_the_inbox_is_emptied(upload: Import) -> None:
    send(upload, a__jpg=place(1), b__jpg=place(2))
    imports.close(upload, NOON)
    assert drain(Here()) == 2
    assert fates(upload) == {"a.jpg": "a photo", "b.jpg": "a photo"}
    photo = upload.photo_set.photos.get(original_name="a.jpg")
    assert (photo.licence, photo.credit, photo.place_from) == ("CC BY 4.0", "The class", "exif")
    assert photo.lat == pytest.approx(48.0167, abs=1e-4)
    assert photo.exhibits.count() == 1
    upload.refresh_from_db()
    assert upload.finished_at == NOON
    assert in_inbox() == []


def test_a_file_arrives_in_parts_and_goes_on_where_it_stopped(upload: Import) -> None:
    data = place()
    (arrival,) = imports.expect(upload, [("a.jpg", len(data), 7)])
    imports.receive(arrival, 0, io.BytesIO(data[:1000]), NOON)
    (again,) = imports.expect(upload, [("a.jpg", len(data), 7)])  # who comes back names it once more
    assert (again.pk, again.received, again.arrived_at) == (arrival.pk, 1000, None)
    with pytest.raises(imports.WrongPlace, match="1000 are here"):
        imports.receive(again, 900, io.BytesIO(data[900:]), NOON)
    whole = imports.receive(again, 1000, io.BytesIO(data[1000:]), NOON)
    assert whole.arrived_at == NOON
    with pytest.raises(imports.WrongPlace):
        imports.receive(whole, len(data), io.BytesIO(b"more"), NOON)
    assert unpacking.inbox(whole).read_bytes() == data


def test_of_two_who_send_the_same_part_at_once_one_is_refused(upload: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    data = place()
    (arrival,) = imports.expect(upload, [("a.jpg", len(data), 7)])
    hold = imports._held

    def wait(file: Any) -> Any:
        """The other one has the file, writes, and lets go of it."""
        unpacking.inbox(arrival).write_bytes(data[:1000])
        return hold(file)

    monkeypatch.setattr(imports, "_held", wait)
    with pytest.raises(imports.WrongPlace, match="1000 are here"):
        imports.receive(arrival, 0, io.BytesIO(data[:1000]), NOON)
    assert unpacking.inbox(arrival).read_bytes() == data[:1000]


def test_nobody_sends_more_than_was_announced(upload: Import) -> None:
    (arrival,) = imports.expect(upload, [("a.jpg", 10, 7)])
    imports.receive(arrival, 0, io.BytesIO(b"x" * 1000), NOON)
    assert unpacking.inbox(arrival).stat().st_size == 10
    (huge,) = imports.expect(upload, [("b.zip", imports.MOST_BYTES + 1, 7)])
    with pytest.raises(Refused, match="larger than 20 GB"):
        imports.receive(huge, 0, io.BytesIO(b"x"), NOON)


def test_what_has_not_arrived_whole_is_refused_when_the_import_is_closed(upload: Import) -> None:
    (arrival,) = imports.expect(upload, [("a.jpg", 1000, 7)])
    imports.receive(arrival, 0, io.BytesIO(b"x"), NOON)
    imports.close(upload, NOON)
    assert fates(upload) == {"a.jpg": "It did not arrive whole."}
    upload.refresh_from_db()
    with pytest.raises(NotNow, match="closed"):
        imports.expect(upload, [("b.jpg", 5, 7)])


def test_the_same_file_twice_is_one_photo_and_says_so(upload: Import) -> None:
    data = place()
    send(upload, a__jpg=data, b__jpg=data)
    drain(Here())
    assert fates(upload) == {"a.jpg": "a photo", "b.jpg": "The same file is in this set already."}
    assert upload.arrivals.get(name="b.jpg").photo == upload.photo_set.photos.get()


def test_bad_files_are_refused_one_by_one(upload: Import) -> None:
    send(upload, a__jpg=place(), b__jpg=b"<html>", c__jpg=jpeg((40, 40)), d__jpg=b"")
    drain(Here())
    told = fates(upload)
    assert told.pop("a.jpg") == "a photo"
    assert told["b.jpg"].startswith("This is not a JPEG")
    assert "too small" in told["c.jpg"]
    assert upload.photo_set.photos.count() == 1


def test_a_photo_without_a_place_is_kept_and_held_until_somebody_places_it(upload: Import) -> None:
    send(upload, a__jpg=jpeg())
    drain(Here())
    photo = upload.photo_set.photos.get()
    assert (photo.lat, photo.doubts.get(severity=Doubt.GRAVE).kind) == (None, "no-place")
    assert not photos.usable(upload.photo_set, "any").exists()
    photos.place(photo, Point(48.1, 11.5))
    photo.doubts.update(verdict=Doubt.Verdict.MENDED)
    assert photos.usable(upload.photo_set, "any").get().photos.get() == photo


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def test_a_zip_unfolds_and_its_table_says_where_its_photos_are(upload: Import) -> None:
    table = b"filename,latitude,longitude,title,credit\na.jpg,48.1,11.5,Bridge,Ana\nc.jpg,1,2,,\nb.jpg,148,11,,\n"
    files = {
        "a.jpg": jpeg(),
        "b.jpg": jpeg(),
        "d.jpg": jpeg(),
        "photos.csv": table,
        "notes.txt": b"hello",
        "../e.jpg": b"x",
    }
    send(upload, trip__zip=zipped(files))
    reader = Here()
    drain(reader)
    assert upload.arrivals.filter(done_at=None).count() == 4  # the photos wait for the table, that for the end
    imports.close(upload, NOON)
    drain(reader)
    told = fates(upload)
    assert (told["trip.zip"], told["photos.csv"], told["a.jpg"]) == ("opened", "opened", "a photo")
    assert "no such picture" in told["c.jpg"]
    assert told["b.jpg"] == "a photo"  # of which nobody knows the place
    swapped = upload.photo_set.photos.get(original_name="b.jpg")
    assert (swapped.lat, swapped.doubts.get(severity=Doubt.GRAVE).kind) == (None, "swapped")
    assert told["d.jpg"] == "a photo"  # which stands for itself
    assert "not a picture" in told["notes.txt"]
    assert "leads out" in told["../e.jpg"]
    photo = upload.photo_set.photos.get(title="Bridge")
    assert (photo.credit, photo.lat, photo.place_from) == ("Ana", 48.1, "table")
    assert not photo.doubts.filter(kind="no-place").exists()
    assert reader.read == 3


def test_a_table_beside_uploaded_files_is_waited_for_and_one_that_is_none_holds_nobody_up(upload: Import) -> None:
    send(upload, a__jpg=place(), photos__csv=b"name;where\n")
    imports.close(upload, NOON)
    drain(Here())
    told = fates(upload)
    assert told["a.jpg"] == "a photo"
    assert "lacks the columns" in told["photos.csv"]


def test_a_table_beside_a_zip_waits_until_the_zip_is_open(upload: Import) -> None:
    table = b"filename,latitude,longitude\ntrip/a.jpg,48.1,11.5\nb.jpg,1,2\n"
    send(upload, photos__csv=table, trip__zip=zipped({"trip/a.jpg": jpeg(), "trip/b.jpg": jpeg()}))
    imports.close(upload, NOON)
    drain(Here())
    assert set(fates(upload).values()) == {"opened", "a photo"}
    assert sorted(upload.photo_set.photos.values_list("lat", flat=True)) == [1, 48.1]


def test_each_folder_s_table_tells_of_its_own_files(upload: Import) -> None:
    """What one table does not list another may, and what none lists stands for itself."""
    files = {}
    for folder, lat in (("one", 10), ("two", 20)):
        files[f"{folder}/1__jpg"] = jpeg()
        files[f"{folder}/photos__csv"] = f"filename,latitude,longitude\n1.jpg,{lat},5\n".encode()
    send(upload, **files, three__jpg=jpeg())
    imports.close(upload, NOON)
    drain(Here())
    told = fates(upload)
    assert set(told.values()) == {"opened", "a photo"}
    places = {each.original_name: each.lat for each in Photo.objects.all()}
    assert places == {"one/1.jpg": 10, "two/1.jpg": 20, "three.jpg": None}


def test_two_zips_may_hold_files_of_the_same_name_and_size(upload: Import) -> None:
    one, two = jpeg(), jpeg()
    longer = max(len(one), len(two))
    one, two = (each.ljust(longer, b"\0") for each in (one, two))
    send(upload, one__zip=zipped({"a.jpg": one}), two__zip=zipped({"a.jpg": two}))
    drain(Here())
    assert upload.photo_set.photos.filter(original_name="a.jpg").count() == 2


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_two_files_of_one_name_in_a_zip_one_is_refused(upload: Import) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for data in (jpeg(), jpeg()):
            archive.writestr("a.jpg", data)
    send(upload, trip__zip=out.getvalue())
    drain(Here())
    reasons = [each.reason and each.reason[0] for each in upload.arrivals.filter(name="a.jpg")]
    assert reasons == ["Another file of the zip has the same name.", None]
    unpacking.unfold(upload.arrivals.get(name="trip.zip"), NOON)  # done twice
    assert upload.arrivals.count() == 3


def test_a_photo_that_was_taken_in_before_its_table_learns_from_it(upload: Import) -> None:
    send(upload, a__jpg=jpeg(), b__jpg=place())
    drain(Here())
    assert upload.photo_set.photos.get(original_name="a.jpg").lat is None
    table = b"filename,latitude,longitude,title,album\na.jpg,48.1,11.5,Bridge,Trip\nb.jpg,,,Tower,Trip\n"
    send(upload, photos__csv=table)
    imports.close(upload, NOON)
    drain(Here())
    photo, other = upload.photo_set.photos.order_by("original_name")
    assert (photo.lat, photo.title, photo.credit, photo.place_from) == (48.1, "Bridge", "The class", "table")
    assert not photo.doubts.filter(severity=Doubt.GRAVE).exists()
    assert (other.title, other.place_from) == ("Tower", "exif")
    assert upload.photo_set.exhibits.get().ordered_photos() == [photo, other]
    assert set(fates(upload).values()) == {"a photo", "opened"}


def test_a_table_that_comes_late_and_tells_a_wrong_place_has_its_photo_looked_at(upload: Import) -> None:
    send(upload, a__jpg=jpeg(), b__jpg=place())
    drain(Here())
    send(upload, photos__csv=b"filename,latitude,longitude,title\na.jpg,148,11,Bridge\nb.jpg,0,0,Tower\n")
    imports.close(upload, NOON)
    drain(Here())
    photo, other = upload.photo_set.photos.order_by("original_name")
    assert (photo.title, photo.lat, other.title) == ("Bridge", None, "Tower")
    assert other.lat is not None
    assert {each.original_name: each.doubts.get(severity=Doubt.GRAVE).kind for each in (photo, other)} == {
        "a.jpg": "swapped", "b.jpg": "table-odd",
    }  # fmt: skip


def test_a_table_that_comes_after_its_photos_in_another_import_gives_them_their_places(upload: Import) -> None:
    send(upload, a__jpg=jpeg(), b__jpg=place())
    imports.close(upload, NOON)
    drain(Here())
    later = imports.open_import(upload.photo_set, imports.UPLOAD, {}, None, NOON)
    table = b"filename,latitude,longitude,title\na.jpg,48.1,11.5,Bridge\nb.jpg,1,2,Tower\n"
    send(later, photos__csv=table)
    imports.close(later, NOON)
    drain(Here())
    photo, other = upload.photo_set.photos.order_by("original_name")
    assert (photo.lat, photo.title, photo.place_from) == (48.1, "Bridge", "table")
    assert (other.title, other.place_from) == ("", "exif")  # it has a place: nothing is changed behind anybody's back
    assert set(fates(later)) == {"photos.csv", "b.jpg"}
    assert "has a place" in fates(later)["b.jpg"]
    again = later.arrivals.get(name="photos.csv")
    later.arrivals.exclude(pk=again.pk).delete()
    unpacking.inbox(again).parent.mkdir(parents=True, exist_ok=True)
    unpacking.inbox(again).write_bytes(table)
    unpacking.read_table(again, NOON)  # as after a worker that died in the middle of it
    assert set(fates(later)) == {"photos.csv", "b.jpg"}


def test_a_table_that_comes_with_other_photos_changes_none_that_came_before(upload: Import) -> None:
    send(upload, a__jpg=jpeg())
    imports.close(upload, NOON)
    drain(Here())
    later = imports.open_import(upload.photo_set, imports.UPLOAD, {}, None, NOON)
    send(later, b__jpg=jpeg(), photos__csv=b"filename,latitude,longitude\na.jpg,1,2\nb.jpg,3,4\n")
    imports.close(later, NOON)
    drain(Here())
    assert dict(upload.photo_set.photos.values_list("original_name", "lat")) == {"a.jpg": None, "b.jpg": 3}
    assert "send both again" in fates(later)["a.jpg"]


@pytest.mark.parametrize("how", ["by hand", "accepted"])
def test_what_somebody_has_decided_no_table_changes(upload: Import, how: str) -> None:
    send(upload, a__jpg=place())
    drain(Here())
    photo = upload.photo_set.photos.get()
    if how == "by hand":
        reviews.place(photo, Point(1, 2), None, NOON)
    else:
        reviews.accept(upload.photo_set.photos.all(), None, NOON)
    photo.refresh_from_db()
    before = photo.lat, photo.lng, photo.place_from
    for row in ("a.jpg,12.5,33.5,Bridge", "a.jpg,151.2,-33.8,Bridge"):
        send(upload, photos__csv=f"filename,latitude,longitude,title\n{row}\n".encode())
    imports.close(upload, NOON)
    drain(Here())
    photo.refresh_from_db()
    assert (photo.lat, photo.lng, photo.place_from, photo.title) == (*before, "Bridge")
    assert not photo.doubts.filter(severity=Doubt.GRAVE, verdict="").exists()


def test_a_longitude_that_no_latitude_can_be_says_that_a_table_is_the_right_way_round(upload: Import) -> None:
    rows = [(151.2, -33.8), (151.3, -33.9), (-33.8, 151.2), (48.0, 2.3)]
    listed = "".join(f"{number}.jpg,{lat},{lng}\n" for number, (lat, lng) in enumerate(rows))
    files = {f"{number}__jpg": jpeg() for number in range(4)}
    send(upload, **files, photos__csv=f"filename,latitude,longitude\n{listed}".encode())
    imports.close(upload, NOON)
    drain(Here())
    assert Doubt.objects.filter(kind="swapped").count() == 2
    assert not Doubt.objects.filter(kind="all-swapped").exists()


def test_a_file_that_is_listed_at_two_places_is_at_none_until_somebody_has_looked(upload: Import) -> None:
    listed = ["a.jpg,12.5,33.5", "a.jpg,13.5,34.5", "a.jpg,14.5,35.5", "b.jpg,1.5,2.5", "b.jpg,1.50001,2.5", "b.jpg,,"]
    table = "\n".join(["filename,latitude,longitude", *listed]).encode()
    send(upload, a__jpg=jpeg(), b__jpg=jpeg(), photos__csv=table)
    imports.close(upload, NOON)
    drain(Here())
    photo, other = upload.photo_set.photos.order_by("original_name")
    odd = photo.doubts.get(kind="table-odd")
    assert (photo.lat, odd.severity, odd.detail["told"]) == (
        None,
        Doubt.GRAVE,
        "12.50000, 33.50000 / 13.50000, 34.50000",
    )
    assert (other.lat, other.lng) == (1.50001, 2.5)


def test_where_many_rows_are_swapped_the_others_are_doubted_too(upload: Import) -> None:
    """A place in Portugal is one in Tanzania the other way round, and no number says so."""
    rows = [(-112.1378, 36.0575), (151.2153, -33.8568), (-7.91, 38.57), (95.0, 120.0)]
    files = {f"{number}__jpg": jpeg() for number in range(4)}
    listed = "".join(f"{number}.jpg,{lat},{lng}\n" for number, (lat, lng) in enumerate(rows))
    table = f"filename,latitude,longitude\n{listed}".encode()
    send(upload, **files, photos__csv=table)
    imports.close(upload, NOON)
    drain(Here())
    portugal = upload.photo_set.photos.get(original_name="2.jpg")
    doubted = portugal.doubts.get(kind="all-swapped")
    assert (doubted.severity, doubted.detail) == (Doubt.GRAVE, {"lat": 38.57, "lng": -7.91})
    assert not photos.usable(upload.photo_set, "any").exists()
    assert reviews.take_offers(upload.photo_set.photos.all(), None, NOON) == 3
    portugal.refresh_from_db()
    assert (portugal.lat, portugal.lng) == (38.57, -7.91)
    assert photos.usable(upload.photo_set, "any").count() == 3


def test_a_single_swapped_row_is_a_slip_and_doubts_no_other(upload: Import) -> None:
    table = b"filename,latitude,longitude\na.jpg,151.2,-33.8\nb.jpg,48.1,11.5\n"
    send(upload, a__jpg=jpeg(), b__jpg=jpeg(), photos__csv=table)
    imports.close(upload, NOON)
    drain(Here())
    assert not Doubt.objects.filter(kind="all-swapped").exists()


def test_a_mended_table_and_its_photos_sent_again_are_learnt_by_what_was_doubted(upload: Import) -> None:
    swapped = b"filename,latitude,longitude\na.jpg,151.2,-33.8\nb.jpg,-112.1,36.1\nc.jpg,-7.91,38.57\n"
    mended = b"filename,latitude,longitude\na.jpg,-33.8,151.2\nb.jpg,36.1,-112.1\nc.jpg,38.57,-7.91\n"
    files = {"a__jpg": jpeg(), "b__jpg": jpeg(), "c__jpg": jpeg()}
    for table in (swapped, mended):
        one = imports.open_import(upload.photo_set, imports.UPLOAD, {}, None, NOON)
        send(one, **files, photos__csv=table)
        imports.close(one, NOON)
        drain(Here())
    assert {each.original_name: each.lat for each in upload.photo_set.photos.all()} == {
        "a.jpg": -33.8, "b.jpg": 36.1, "c.jpg": 38.57,
    }  # fmt: skip
    assert not Doubt.objects.filter(kind__in=("swapped", "all-swapped"), verdict="").exists()


def test_an_album_is_in_the_order_of_its_table_whoever_took_up_its_files(upload: Import) -> None:
    table = b"filename,latitude,longitude,album\nb.jpg,1,1,Trip\nc.jpg,2,2,Trip\na.jpg,3,3,Trip\n"
    send(upload, a__jpg=jpeg(), b__jpg=jpeg(), c__jpg=jpeg(), photos__csv=table)
    imports.close(upload, NOON)
    drain(Here())
    exhibit = upload.photo_set.exhibits.get()
    assert [each.original_name for each in exhibit.ordered_photos()] == ["b.jpg", "c.jpg", "a.jpg"]
    assert exhibit.lat == 3


def test_a_photo_is_called_as_its_table_calls_it_however_a_system_writes_accents(upload: Import) -> None:
    apart, composed = (normalize(form, "Ägypten.jpg") for form in ("NFD", "NFC"))
    table = f"filename,latitude,longitude\n{composed},1.5,2.5\n".encode()
    send(upload, **{apart: jpeg(), "photos__csv": table})
    imports.close(upload, NOON)
    drain(Here())
    photo = upload.photo_set.photos.get()
    assert (photo.original_name, photo.lat) == (composed, 1.5)
    assert not upload.arrivals.exclude(reason=None).exists()


def test_of_a_table_that_names_a_million_others_the_number_is_told(
    upload: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "MOST_MISSING", 2)
    rows = "".join(f"{number}.jpg,1,2\n" for number in range(7))
    send(upload, photos__csv=f"filename,latitude,longitude\n{rows}a.jpg,3,4\n".encode(), a__jpg=jpeg())
    imports.close(upload, NOON)
    drain(Here())
    told = fates(upload)
    assert set(told) == {"photos.csv", "a.jpg", "0.jpg", "1.jpg"}
    assert "5 more of its rows" in told["photos.csv"]
    assert told["a.jpg"] == "a photo"


def test_a_broken_zip_is_refused_whole(upload: Import) -> None:
    send(upload, trip__zip=b"PK\x03\x04 and then nothing")
    drain(Here())
    assert "damaged" in fates(upload)["trip.zip"]


def test_a_worker_that_dies_leaves_nothing_behind_and_its_file_is_taken_up_again(upload: Import) -> None:
    send(upload, a__jpg=place())
    reader = Here()
    reader.dies = True
    taken = imports.take_up(NOON)
    assert taken is not None
    with pytest.raises(KeyboardInterrupt):
        imports.work(taken, reader, NOON)
    assert imports.take_up(NOON) is None  # it may still live
    reader.dies = False
    later = NOON + timedelta(seconds=imports.LIFE_S + 1)
    assert drain(reader, later) == 1
    assert fates(upload) == {"a.jpg": "a photo"}
    imports.work(taken, reader, later)  # a worker that was taken for dead comes to itself
    assert upload.photo_set.photos.count() == 1


def dying_while_it_writes(upload: Import, monkeypatch: pytest.MonkeyPatch, at: Any = NOON) -> Arrival:
    """Let a worker die between a photo's files and its row."""
    taken = imports.take_up(at)
    assert taken is not None
    with monkeypatch.context() as patched:
        patched.setattr(photos, "delete_files", lambda photo: None)  # who is killed deletes nothing
        patched.setattr(photos.doubts, "write", lambda found: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            imports.work(taken, Here(), NOON)
    return taken


def rest_of(arrival: Arrival) -> list[str]:
    return [each for each in default_storage.listdir(arrival.token[:2])[1] if each.startswith(arrival.token)]


def large() -> bytes:
    """Return a photo of which smaller ones are made."""
    return with_gps((48.0, 8.0, 0.0), (11.0, 34.0, 0.0), size=(800, 600))


def test_a_second_try_leaves_no_files_of_the_first(upload: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    send(upload, a__jpg=large())
    taken = dying_while_it_writes(upload, monkeypatch)
    first = rest_of(taken)
    drain(Here(), NOON + timedelta(seconds=imports.LIFE_S + 1))
    photo = upload.photo_set.photos.get()
    assert photo.file.name == f"{taken.token[:2]}/{taken.token}.jpg"
    assert sorted(rest_of(taken)) == sorted(first)


def test_a_photo_that_is_brought_in_anew_gets_files_of_other_names(
    photo_set: PhotoSet, django_capture_on_commit_callbacks: Any
) -> None:
    """What is still to be deleted of the first is nothing of the second."""
    source = imports.resumed(photo_set, imports.FOLDER, {"path": "x"}, NOON)

    def brought() -> Photo:
        list(imports.from_entries(source, [Item("a.jpg", large)], Here(), lambda: NOON))
        return photo_set.photos.get()

    first = brought()
    photos.remove(first)  # and the files, when this transaction ends
    second = brought()
    with django_capture_on_commit_callbacks(execute=True):
        tasks.delete_leftovers()
    assert first.file.name != second.file.name
    assert default_storage.exists(second.file.name)


def test_what_a_dead_worker_left_goes_when_its_file_is_refused(upload: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    send(upload, a__jpg=large())
    taken = dying_while_it_writes(upload, monkeypatch)
    assert len(rest_of(taken)) > 3
    PhotoSet.objects.update(frozen_at=NOON, frozen_sha256="f" * 64)
    drain(Here(), NOON + timedelta(seconds=imports.LIFE_S + 1))
    assert "frozen" in fates(upload)["a.jpg"]
    assert rest_of(taken) == []


@pytest.mark.django_db(transaction=True)
def test_what_a_dead_worker_left_goes_with_its_import(upload: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    send(upload, a__jpg=large())
    taken = dying_while_it_writes(upload, monkeypatch)
    assert rest_of(taken)
    upload.photo_set.delete()
    assert rest_of(taken) == []
    assert in_inbox() == []


@pytest.mark.django_db(transaction=True)
def test_a_photo_that_is_deleted_leaves_none_of_its_files(upload: Import) -> None:
    send(upload, a__jpg=large())
    drain(Here())
    arrival, photo = upload.arrivals.get(), upload.photo_set.photos.get()
    assert len(rest_of(arrival)) == 1 + len(photo.derived) > 3
    photos.remove(photo)
    assert rest_of(arrival) == []
    arrival.refresh_from_db()
    assert arrival.photo is None


def test_a_file_that_ends_its_worker_each_time_is_given_up(upload: Import) -> None:
    send(upload, a__jpg=place())
    reader = Here()
    reader.dies = True
    for number in range(imports.TRIES):
        taken = imports.take_up(NOON + timedelta(seconds=number * 200))
        assert taken is not None
        with pytest.raises(KeyboardInterrupt):
            imports.work(taken, reader, NOON)
    drain(reader, NOON + timedelta(seconds=900))
    assert "made its reader fail" in fates(upload)["a.jpg"]


def test_a_frozen_set_takes_nothing_in(upload: Import) -> None:
    send(upload, a__jpg=place())
    drain(Here())
    (late,) = send(upload, b__jpg=place(3))
    upload.photo_set.frozen_at, upload.photo_set.frozen_sha256 = NOON, freezes.digest(upload.photo_set)
    upload.photo_set.save()
    drain(Here())
    assert "frozen" in fates(upload)["b.jpg"]
    assert late.pk
    with pytest.raises(NotNow, match="frozen"):
        imports.open_import(upload.photo_set, imports.UPLOAD, {}, None, NOON)


@pytest.mark.django_db(transaction=True)
def test_an_import_that_is_deleted_takes_its_files_with_it(upload: Import) -> None:
    send(upload, a__jpg=place())
    assert in_inbox()
    upload.delete()
    assert in_inbox() == []


def test_nothing_more_of_a_file_is_taken_once_its_import_is_closed(upload: Import) -> None:
    (arrival,) = imports.expect(upload, [("a.jpg", 1000, 7)])
    imports.close(upload, NOON)
    with pytest.raises(NotNow, match="closed"):
        imports.receive(arrival, 0, io.BytesIO(b"x"), NOON)
    assert in_inbox() == []


def entry(name: str) -> Item:
    data = large()
    return Item(name, lambda: data, place_from="")


def test_a_source_that_was_broken_off_goes_on_where_it_was(photo_set: PhotoSet) -> None:
    """Of what is done nothing is read again; what was being written leaves no rest."""
    found = [entry("a.jpg"), Refusal("b.txt", pictures.Unusable("This is not a picture.")), entry("c.jpg")]
    reader = Here()

    def begun(reader: Here) -> Import:
        source = imports.resumed(photo_set, imports.FOLDER, {"path": "/trip"}, NOON)
        for _ in imports.from_entries(source, found, reader, lambda: NOON):
            reader.dies = reader.read == 1
        imports.close(source, NOON)
        imports.end_what_is_done(NOON)
        return source

    with pytest.raises(KeyboardInterrupt):
        begun(reader)
    assert photo_set.photos.count() == 1
    again = Here()
    source = begun(again)
    assert again.read == 1
    assert photo_set.imports.get() == source
    assert fates(source) == {"a.jpg": "a photo", "b.txt": "This is not a picture.", "c.jpg": "a photo"}
    third = begun(Here())  # that one was through: whoever brings the folder again is told so
    assert third != source
    assert "in this set already" in fates(third)["a.jpg"]
    assert photo_set.photos.count() == 2


def test_a_source_that_cannot_be_read_to_its_end_keeps_what_came_before(photo_set: PhotoSet) -> None:
    source = imports.resumed(photo_set, imports.TABLE, {"path": "/trip.csv"}, NOON)
    imports.give_up(source, SourceError("Line %(line)d cannot be read.", line=7), NOON)
    source.refresh_from_db()
    assert (source.failure, source.closed_at) == (["Line %(line)d cannot be read.", {"line": 7}], NOON)


def test_progress_tells_where_an_import_stands(upload: Import) -> None:
    data = place()
    send(upload, a__jpg=data, b__jpg=data, c__jpg=b"<html>", trip__zip=zipped({"d.jpg": place()}))
    imports.expect(upload, [("e.jpg", 5, 7)])
    assert imports.progress(upload)["counts"] == {
        "sending": 1, "waiting": 4, "taken": 0, "known": 0, "refused": 0, "opened": 0, "deleted": 0,
    }  # fmt: skip
    drain(Here())
    told = imports.progress(upload)
    assert told["counts"] == {
        "sending": 1, "waiting": 0, "taken": 2, "known": 1, "refused": 1, "opened": 1, "deleted": 0,
    }  # fmt: skip
    for taken in upload.arrivals.filter(imports.FATES["taken"]):
        photos.remove(taken.photo)
    counts = imports.progress(upload)["counts"]
    assert (counts["taken"], counts["deleted"], counts["opened"]) == (0, 2, 1)
    assert {uploading.fate(each) for each in upload.arrivals.filter(imports.FATES["deleted"])} == {"deleted"}
    assert (told["done"], told["total"], told["closed"], told["finished"]) == (5, 6, False, False)


class Pages:
    """A service of two pages."""

    def __init__(self, pages: Sequence[list[Entry]], fails_at: int = -1) -> None:
        self.pages, self.fails_at = pages, fails_at

    def page(self, cursor: Json | None) -> tuple[list[Entry], Json | None]:
        number = int(str(cursor["page"])) if cursor else 0
        if number == self.fails_at:
            raise SourceError("It says nothing, %(why)s.", why="again")
        return self.pages[number], {"page": number + 1} if number + 1 < len(self.pages) else None


def item(name: str) -> Item:
    data = jpeg()
    words = {"credit": "Ana", "licence": "CC0", "source_url": "https://x.org/1"}
    return Item(name, lambda: data, Point(1.5, 2.5), words, {"sequence": "s"}, 3.0, "service")


def pulled(photo_set: PhotoSet, pages: Pages, **asked: object) -> Import:
    source = imports.open_import(photo_set, imports.COMMONS, asked, None, NOON)
    while imports.fetch(source, lambda: pages, timezone.now):
        pass
    drain(Here())
    source.refresh_from_db()
    return source


def test_a_service_is_asked_page_by_page(photo_set: PhotoSet) -> None:
    refusal = Refusal("c.svg", pictures.Unusable("It is no photograph."))
    source = pulled(photo_set, Pages([[item("a.jpg"), refusal], [item("b.jpg")]]))
    assert fates(source) == {"a.jpg": "a photo", "c.svg": "It is no photograph.", "b.jpg": "a photo"}
    photo = photo_set.photos.get(original_name="a.jpg")
    assert (photo.credit, photo.licence, photo.source_url) == ("Ana", "CC0", "https://x.org/1")
    assert (photo.place_from, photo.precision_m, photo.extra["sequence"]) == ("service", 3.0, "s")
    assert source.finished_at is not None


def test_where_a_file_tells_no_time_it_is_the_one_that_its_service_knows(photo_set: PhotoSet) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.DateTime] = "2020:05:06 07:08:09"
    own = jpeg(exif=exif)
    told = [replace(item("a.jpg"), taken_at=NOON), replace(item("b.jpg"), taken_at=NOON, read=lambda: own)]
    pulled(photo_set, Pages([told]))
    assert dict(photo_set.photos.values_list("original_name", "taken_at")) == {
        "a.jpg": NOON, "b.jpg": datetime(2020, 5, 6, 7, 8, 9, tzinfo=UTC),
    }  # fmt: skip


def test_a_service_that_gives_up_keeps_what_came_before(photo_set: PhotoSet) -> None:
    source = pulled(photo_set, Pages([[item("a.jpg")], [item("b.jpg")]], fails_at=1))
    assert fates(source) == {"a.jpg": "a photo"}
    assert source.failure == ["It says nothing, %(why)s.", {"why": "again"}]
    assert source.closed_at is not None


def test_no_more_photos_are_fetched_than_were_asked_for(photo_set: PhotoSet) -> None:
    source = pulled(photo_set, Pages([[item("a.jpg"), item("b.jpg")], [item("c.jpg")]]), most=1)
    assert fates(source) == {"a.jpg": "a photo"}


def test_a_page_that_was_cut_off_is_asked_for_again_and_nothing_comes_twice(photo_set: PhotoSet) -> None:
    source = imports.open_import(photo_set, imports.COMMONS, {}, None, NOON)
    one, two = item("a.jpg"), item("b.jpg")
    broken = Item("b.jpg", lambda: 1 // 0, two.place)  # type: ignore[arg-type, return-value]
    with pytest.raises(ZeroDivisionError):
        imports.fetch(source, lambda: Pages([[one, broken]]), timezone.now)
    imports.fetch(source, lambda: Pages([[one, two]]), timezone.now)
    drain(Here())
    assert Photo.objects.count() == 2
    assert fates(source) == {"a.jpg": "a photo", "b.jpg": "a photo"}


def test_a_file_of_a_page_that_was_cut_off_counts_when_it_is_here(photo_set: PhotoSet) -> None:
    source = imports.open_import(photo_set, imports.COMMONS, {"most": 1}, None, NOON)
    broken = Item("a.jpg", lambda: 1 // 0, Point(1.5, 2.5))  # type: ignore[arg-type, return-value]
    with pytest.raises(ZeroDivisionError):
        imports.fetch(source, lambda: Pages([[broken]]), timezone.now)
    imports.fetch(source, lambda: Pages([[item("a.jpg")]]), timezone.now)
    drain(Here())
    assert fates(source) == {"a.jpg": "a photo"}


def test_a_service_that_has_nothing_there_says_so(photo_set: PhotoSet) -> None:
    source = pulled(photo_set, Pages([[], []]))
    assert source.failure == ["Nothing was found there.", {}]
    assert source.finished_at is not None


def meanwhile(name: str, happens: Callable[[], object]) -> Item:
    """A file of a service; while it is read something else happens."""

    def read() -> bytes:
        happens()
        return jpeg()

    return replace(item(name), read=read)


@pytest.mark.django_db(transaction=True)
def test_a_set_that_is_deleted_while_a_service_is_asked_leaves_nothing_behind(photo_set: PhotoSet) -> None:
    source = imports.open_import(photo_set, imports.COMMONS, {}, None, NOON)
    read = list[str]()
    pages = Pages([[item("a.jpg"), meanwhile("b.jpg", photo_set.delete), meanwhile("c.jpg", lambda: read.append("c"))]])
    assert not imports.fetch(source, lambda: pages, timezone.now)
    assert (read, list(Path(settings.INBOX_ROOT).iterdir())) == ([], [])


@pytest.mark.django_db(transaction=True)
def test_a_set_that_is_deleted_while_a_file_is_written_leaves_none(
    photo_set: PhotoSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = imports.open_import(photo_set, imports.COMMONS, {}, None, NOON)
    write = Path.write_bytes

    def written(path: Path, data: bytes) -> int:
        photo_set.delete()
        path.parent.mkdir()  # it went with what was in it
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", written)
    assert not imports.fetch(source, lambda: Pages([[item("a.jpg"), item("b.jpg")]]), timezone.now)
    assert in_inbox() == []
    imports.clear_inbox()
    assert list(Path(settings.INBOX_ROOT).iterdir()) == []


@pytest.mark.django_db(transaction=True)
def test_an_import_that_is_stopped_keeps_what_had_arrived(photo_set: PhotoSet) -> None:
    source = imports.open_import(photo_set, imports.COMMONS, {}, None, NOON)
    pages = Pages([[item("a.jpg"), meanwhile("b.jpg", lambda: imports.stop(source, NOON)), item("c.jpg")], [item("d")]])
    assert not imports.fetch(source, lambda: pages, timezone.now)
    assert not imports.fetch(source, lambda: Pages([], fails_at=0), timezone.now)  # nobody asks any more
    drain(Here())
    source.refresh_from_db()
    assert fates(source) == {"a.jpg": "a photo", "b.jpg": "It did not arrive whole."}
    assert source.failure is not None
    assert "Somebody stopped it" in source.failure[0]
    assert source.finished_at is not None
    assert in_inbox() == []


def test_what_is_over_is_not_said_to_have_been_stopped(photo_set: PhotoSet) -> None:
    source = pulled(photo_set, Pages([[item("a.jpg")]]))
    imports.stop(source, NOON)
    source.refresh_from_db()
    assert source.failure is None


def test_what_imports_that_are_gone_have_left_in_the_inbox_goes(upload: Import) -> None:
    send(upload, a__jpg=place())
    root = Path(settings.INBOX_ROOT)
    over = imports.open_import(upload.photo_set, imports.UPLOAD, {}, None, NOON)
    Import.objects.filter(pk=over.pk).update(closed_at=NOON, finished_at=NOON)
    for name in (str(over.pk), "99999", "notes"):
        (root / name).mkdir()
        (root / name / "7").write_bytes(b"half a photo")
    tasks.delete_leftovers()
    assert {each.name for each in root.iterdir()} == {str(upload.pk), "notes"}
    assert drain(Here()) == 1


def test_an_import_that_fails_here_is_no_trouble_of_the_others(
    photo_set: PhotoSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, away, fine = (imports.open_import(photo_set, imports.COMMONS, {}, None, NOON) for _ in range(3))
    asked = list[int]()

    def network_of(source: Import) -> Pages:
        asked.append(source.pk)
        if source.pk == ours.pk:
            raise AttributeError("'list' object has no attribute 'get'")
        if source.pk == away.pk:
            raise OperationalError("the database is locked")
        return Pages([[item("a.jpg")]])

    monkeypatch.setattr(tasks, "network_of", network_of)
    monkeypatch.setattr(tasks, "nudge_developing", lambda: None)
    nudges = list[int]()
    monkeypatch.setattr(tasks, "nudge_fetching", lambda: nudges.append(1))
    assert (tasks.fetch(), asked) == (3, [ours.pk, away.pk, fine.pk])
    drain(Here())
    assert fates(fine) == {"a.jpg": "a photo"}
    ours.refresh_from_db()
    assert ours.failure is not None
    assert "Something went wrong here" in ours.failure[0]
    assert ours.finished_at is not None
    assert (tasks.fetch(), asked[3:]) == (1, [away.pk])  # which the next beat asks again
    assert nudges == []


def test_a_task_develops_what_waits_and_ends_the_import(upload: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    send(upload, a__jpg=place())
    imports.close(upload, NOON)
    nudges = list[int]()
    monkeypatch.setattr(tasks, "nudge_developing", lambda: nudges.append(1))
    closed = list[int]()
    monkeypatch.setattr(tasks, "_darkroom", type("Dark", (Here,), {"close": lambda self: closed.append(1)})())
    assert (tasks.develop(), nudges) == (1, [1])
    assert (tasks.develop(), nudges, closed) == (0, [1], [])  # the next file may come any moment
    monkeypatch.setattr(tasks, "IDLE_S", -10.0)
    assert (tasks.develop(), closed) == (0, [1])
    upload.refresh_from_db()
    assert upload.finished_at is not None


def test_a_task_works_for_a_moment_and_leaves_the_rest_to_the_next(
    upload: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one process with the clock rounds want to be closed in between."""
    send(upload, **{f"{number}__jpg": place(number) for number in range(4)})
    nudges = list[int]()
    clock = iter([0.0, 0.0, 1.0, tasks.AT_A_TIME_S])
    monkeypatch.setattr(tasks, "time", type("Clock", (), {"monotonic": lambda: next(clock)}))
    monkeypatch.setattr(tasks, "nudge_developing", lambda: nudges.append(1))
    monkeypatch.setattr(tasks, "_darkroom", Here())
    with tasks._developing:
        assert tasks.develop() == 0  # somebody is at work here
    assert (tasks.develop(), nudges) == (2, [1])
    assert imports.progress(upload)["counts"]["waiting"] == 2


@pytest.mark.parametrize(
    ("kind", "asked", "service"),
    [
        ("commons", {"place": [48.1, 11.5]}, "Commons"),
        ("commons", {"box": [48.0, 11.0, 48.2, 11.2]}, "Commons"),
        ("commons", {"where": "+AF", "each": 2}, "Commons"),
        ("mapillary", {"box": [48.0, 11.0, 48.2, 11.2]}, "Mapillary"),
    ],
)
def test_what_an_import_asks_is_put_to_its_service(
    photo_set: PhotoSet, kind: str, asked: dict[str, Any], service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("COMMONS_CONTACT", "MAPILLARY_TOKEN"):
        monkeypatch.setattr(settings, name, "me")
    source = imports.open_import(photo_set, kind, asked, None, NOON)
    assert type(tasks.network_of(source)).__name__ == service
