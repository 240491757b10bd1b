"""A set goes away as a zip and comes back elsewhere as the same set; frozen, it has the same hash."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from geogame import contamination, fingerprints, freezes, photos, pictures, taking_away
from geogame.management.commands import _sets
from geogame.models import Check, Doubt, Photo, PhotoSet
from geogame.rules.refusals import BadInput, NotNow
from geogame.rules.sphere import Point
from geogame.sources import Item, SourceError
from tests.conftest import NOON, add_photo, jpeg
from tests.game.hostile import saved
from tests.game.test_photos import with_gps

pytestmark = pytest.mark.django_db


def develop(data: bytes) -> pictures.Developed:
    return pictures.develop(data, 10_000_000)


@pytest.fixture
def trip() -> PhotoSet:
    made = PhotoSet.objects.create(name="Trip", slug="trip", domain="real", licence="CC0-1.0", credit="The class")
    for number in range(3):
        words = {"title": f"=SUM({number})", "album": "Walk" if number else "", "credit": "Zoë"}
        photos.take_in(
            made, Item(f"IMG {number}.jpg", jpeg, Point(48.1 + number / 7, 11.5), words, {"scene": "street"})
        )
    photos.take_in(made, Item("nowhere.jpg", jpeg))
    photos.take_in(made, Item("gps.jpg", lambda: with_gps((48.0, 8.0, 13.89), (11.0, 34.0, 31.7))))
    made.photos.filter(original_name="IMG 0.jpg").update(review="accepted")
    photos.withdraw(made.photos.filter(original_name="gps.jpg"), NOON)
    return made


def taken(photo_set: PhotoSet) -> bytes:
    return b"".join(taking_away.write(photo_set))


def held(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_whoever_unpacks_the_zip_finds_numbers_and_texts_as_they_were(tmp_path: Path) -> None:
    """Brought in as a folder, as by somebody who does not know where it is from."""
    made = PhotoSet.objects.create(name="Trip", slug="trip", domain="real")
    for number, place in enumerate([Point(36.0575, -112.1378), Point(-33.8568, 151.2153), Point(51.51, -0.13)]):
        photos.take_in(made, Item(f"{number}.jpg", jpeg, place, {"title": "-5 °C", "credit": "'Zoë"}))
    with zipfile.ZipFile(io.BytesIO(taken(made))) as archive:
        archive.extractall(tmp_path)
    call_command("import_photos", str(tmp_path), "--set", "Elsewhere", "--publish")
    here = PhotoSet.objects.get(name="Elsewhere").photos.order_by("original_name")
    assert [(each.lat, each.lng, each.title, each.credit) for each in here] == [
        (36.0575, -112.1378, "-5 °C", "'Zoë"), (-33.8568, 151.2153, "-5 °C", "'Zoë"), (51.51, -0.13, "-5 °C", "'Zoë"),
    ]  # fmt: skip
    assert not any({"extra", "review", "file_sha256"} & set(each.extra) for each in here)


def test_a_set_comes_back_as_it_went_away(trip: PhotoSet) -> None:
    first = taken(trip)
    assert first == taken(trip)  # byte for byte
    again, trouble = taking_away.bring(io.BytesIO(first), develop, NOON, "Trip elsewhere")
    assert trouble == []
    before, after = held(first), held(taken(again))
    told = [json.loads(each.pop("set.json")) for each in (before, after)]
    assert [each.pop("name") for each in told] == ["Trip", "Trip elsewhere"]
    assert told[0] == told[1]
    assert before == after
    assert freezes.digest(again) == freezes.digest(trip)
    walk = again.exhibits.get(album="Walk")
    assert [each.original_name for each in walk.ordered_photos()] == ["IMG 1.jpg", "IMG 2.jpg"]
    assert again.exhibits.filter(retired_at=None).count() == 2
    photo = again.photos.get(original_name="IMG 0.jpg")
    assert (photo.title, photo.credit, photo.extra, photo.review) == ("=SUM(0)", "Zoë", {"scene": "street"}, "accepted")


def test_its_table_is_one_that_anybody_can_read_and_no_spreadsheet_runs(trip: PhotoSet, tmp_path: Path) -> None:
    trip.photos.filter(original_name="IMG 1.jpg").update(title="Bridge\nat night")
    files = held(taken(trip))
    assert b"'=SUM(0)" in files["photos.csv"]
    assert len(files["CREDITS.txt"].splitlines()) == trip.photos.count()
    assert b"5 photos: CC0-1.0" in files["LICENCES.txt"]
    assert "Zoë".encode() in files["CREDITS.txt"]
    path = tmp_path / "trip.zip"
    path.write_bytes(taken(trip))
    call_command("import_photos", str(path), "--set", "By the table")
    assert PhotoSet.objects.get(name="By the table").photos.count() == 5


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"no zip", "no photo set"),
        (None, "no photo set"),
        ({"format": 99}, "another version"),
        (["format"], "another version"),
    ],
)
def test_a_zip_that_is_none_of_ours_makes_no_set(data: object, words: str) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("photos.csv", "filename\n")
        if data is not None and not isinstance(data, bytes):
            archive.writestr("set.json", json.dumps(data))
    with pytest.raises(SourceError, match=words):
        taking_away.bring(io.BytesIO(data) if isinstance(data, bytes) else out, develop, NOON)
    assert not PhotoSet.objects.exists()


def test_a_name_that_is_taken_and_photos_that_are_damaged_are_told(trip: PhotoSet) -> None:
    data = taken(trip)
    with pytest.raises(BadInput, match="already"):
        taking_away.bring(io.BytesIO(data), develop, NOON)
    files = held(data)
    files["photos/000001.jpg"] = b"<html>"
    del files["photos/000002.jpg"]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    made, trouble = taking_away.bring(out, develop, NOON, "Other")
    assert made.photos.count() == 3
    assert [each.split(":")[0] for each in trouble] == ["photos/000001.jpg", "photos/000002.jpg"]


def test_bytes_are_kept_only_of_pixels_alone(trip: PhotoSet) -> None:
    """A zip that was tampered with brings no metadata in, whatever its table says of its sum."""
    kept = next(name for name in held(taken(trip)) if name.endswith(".jpg"))
    assert taking_away.is_bare(held(taken(trip))[kept])
    bare = pictures.develop(jpeg(), 10_000_000).picture.jpeg
    assert taking_away.is_bare(bare)
    for not_bare in (
        jpeg(comment=b"x"),
        jpeg(exif=with_exif()),
        bare + b"PK",
        bare[:-2],
        saved("PNG"),
        b"",
        jpeg(icc_profile=b"x"),
    ):
        assert not taking_away.is_bare(not_bare)


def with_exif() -> Image.Exif:
    exif = Image.Exif()
    exif[271] = "Maker"
    return exif


def test_the_commands_write_and_bring(trip: PhotoSet, tmp_path: Path) -> None:
    path = tmp_path / "trip.zip"
    call_command("export_set", "trip", str(path))
    with pytest.raises(CommandError, match="there already"):
        call_command("export_set", "Trip", str(path))
    call_command("export_set", "Elsewhere", str(path), "--bring")
    elsewhere = PhotoSet.objects.get(name="Elsewhere")
    assert (elsewhere.photos.count(), elsewhere.frozen_at) == (5, None)


def test_commands_find_a_set_by_its_name_or_short_name_and_list_those_that_are_near(db: None, tmp_path: Path) -> None:
    made = PhotoSet.objects.create(name="School trip to Ōsaka", slug="osaka")
    PhotoSet.objects.create(name="Osaka", slug="another")  # a name goes before a short name
    assert _sets.called("school TRIP to Ōsaka") == made
    assert _sets.called("Osaka").slug == "another"
    PhotoSet.objects.filter(slug="another").delete()
    assert _sets.called("osaka") == made
    call_command("export_set", "osaka", str(tmp_path / "osaka.zip"))
    PhotoSet.objects.create(name="Toy", slug="toy")
    for command in (
        ("export_set", "osakka", "x.zip"),
        ("freeze_set", "osakka"),
        ("check_set", "osakka", "--index=i", "--opponent=o"),
    ):
        with pytest.raises(CommandError, match=r"called osakka\. Near it: School trip to Ōsaka\.$"):
            call_command(*command)
    with pytest.raises(CommandError, match=r"There are: School trip to Ōsaka, Toy\.$"):
        _sets.called("qqq")
    PhotoSet.objects.all().delete()
    with pytest.raises(CommandError, match="nor any other"):
        _sets.called("osaka")


def carried(trip: PhotoSet, path: Path, **changed: object) -> None:
    """Freeze a set, and write it as a zip of which something was changed since."""
    trip.photos.filter(lat=None).update(review="rejected")
    freezes.freeze(trip, NOON)
    trip.refresh_from_db()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in held(taken(trip)).items():
            archive.writestr(name, changed.get(name, content))  # type: ignore[arg-type]


def test_a_frozen_set_is_brought_frozen_where_its_hash_is_the_same(
    trip: PhotoSet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    carried(trip, tmp_path / "trip.zip")
    call_command("export_set", "Elsewhere", str(tmp_path / "trip.zip"), "--bring")
    again = PhotoSet.objects.get(name="Elsewhere")
    assert again.frozen_at is not None
    assert again.frozen_sha256 == trip.frozen_sha256
    assert f"It was frozen as {trip.frozen_sha256}, is the same here, and is frozen again." in capsys.readouterr().out


def test_a_frozen_set_that_is_another_when_it_is_brought_is_not_frozen_and_it_is_said(
    trip: PhotoSet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = held(taken(trip))["photos.csv"].decode()
    place = repr(trip.photos.get(original_name="IMG 0.jpg").lat)
    carried(trip, tmp_path / "trip.zip", **{"photos.csv": table.replace(place, "47.5")})
    call_command("export_set", "Elsewhere", str(tmp_path / "trip.zip"), "--bring")
    again = PhotoSet.objects.get(name="Elsewhere")
    assert (again.frozen_at, again.frozen_sha256) == (None, "")
    assert (
        f"frozen as {trip.frozen_sha256}, and here it is {freezes.digest(again)}: not the same"
        in capsys.readouterr().err
    )


def test_a_frozen_set_that_is_doubted_anew_when_it_is_brought_waits_for_somebody(
    trip: PhotoSet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flat = trip.photos.get(original_name="IMG 0.jpg")
    with flat.file.open("wb") as file:
        Image.new("RGB", (320, 240), "grey").save(file, "JPEG")
    Photo.objects.filter(pk=flat.pk).update(review="")
    carried(trip, tmp_path / "trip.zip")
    call_command("export_set", "Elsewhere", str(tmp_path / "trip.zip"), "--bring")
    assert PhotoSet.objects.get(name="Elsewhere").frozen_at is None
    assert "is the same here. It is not frozen: Doubts to be settled first" in capsys.readouterr().err


# Freezing


def test_a_frozen_set_stays_and_tells_when_it_was_changed(toy_set: PhotoSet) -> None:
    digest = freezes.freeze(toy_set, NOON)
    assert freezes.freeze(toy_set, NOON) == digest
    toy_set.refresh_from_db()
    photo = toy_set.photos.first()
    assert photo is not None
    for change in (
        lambda: photos.move(photo, Point(1, 2)), lambda: photos.remove(photo), lambda: photos.withdraw([photo], NOON),
        lambda: photos.restore([photo]), lambda: add_photo(toy_set, Point(1, 2)),
        lambda: photos.place(photo, Point(1, 2)),
    ):  # fmt: skip
        refuses(change)
    assert freezes.holds(toy_set)
    toy_set.exhibits.update(lat=1.0)  # behind the verbs' back
    assert not freezes.holds(toy_set)
    with pytest.raises(CommandError, match="no longer"):
        call_command("freeze_set", toy_set.name)


def refuses(change: Callable[[], object]) -> None:
    with pytest.raises(NotNow, match="frozen"):
        change()


def test_nothing_and_what_is_gravely_doubted_is_not_frozen(toy_set: PhotoSet) -> None:
    with pytest.raises(NotNow, match="nothing"):
        freezes.freeze(PhotoSet.objects.create(name="Empty", slug="empty"), NOON)
    doubted = toy_set.photos.first()
    Doubt.objects.create(photo=doubted, kind="blank", severity=Doubt.GRAVE)
    with pytest.raises(NotNow, match="or without a place: 1"):
        freezes.freeze(toy_set, NOON)
    Photo.objects.filter(pk=doubted and doubted.pk).update(review="rejected")
    freezes.freeze(toy_set, NOON)


def test_the_hash_is_that_of_what_is_shown_whatever_the_order(toy_set: PhotoSet) -> None:
    before = freezes.digest(toy_set)
    Photo.objects.update(title="another", credit="another")
    assert freezes.digest(toy_set) == before
    exhibit = toy_set.exhibits.first()
    assert exhibit is not None
    photos.withdraw(exhibit.photos.all(), NOON)
    assert freezes.digest(toy_set) != before


# Contamination


def test_a_set_is_held_against_what_an_opponent_was_trained_on(toy_set: PhotoSet, tmp_path: Path) -> None:
    twin, neighbour, stranger = toy_set.photos.all()
    for number, photo in enumerate((twin, neighbour, stranger)):
        Photo.objects.filter(pk=photo.pk).update(phash=[0b1111, -1, 0x0F0F0F0F][number])
    assert neighbour.lat is not None
    assert neighbour.lng is not None
    far = np.linspace(-40, -30, 250_000)  # more than one block
    lat = [0.0, neighbour.lat + 0.005, *far]
    lng = [0.0, neighbour.lng, *(far + 60)]
    contamination.write(tmp_path / "index.npz", [0b0110, *[0xAAAA_5555_AAAA_5555] * 250_001], lat, lng)
    call_command("check_set", "Toy", "--index", str(tmp_path / "index.npz"), "--opponent", "planet")
    check = Check.objects.get()
    assert (check.photos, check.alike, check.near) == (3, 1, 1)
    assert sorted(Doubt.objects.filter(kind="trained-on").values_list("photo", "detail__why")) == [
        (twin.pk, "alike"), (neighbour.pk, "near"),
    ]  # fmt: skip


def test_an_index_is_made_of_a_folder_with_a_table(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(data := saved("JPEG", (300, 200)))
    (tmp_path / "b.jpg").write_bytes(b"broken")
    (tmp_path / "t.csv").write_text("filename,latitude,longitude\na.jpg,48.1,11.5\nb.jpg,1,2\n")
    call_command("index_photos", str(tmp_path), "--out", str(tmp_path / "i.npz"))
    index = contamination.read(tmp_path / "i.npz")
    assert index.phash.tolist() == [fingerprints.of(Image.open(io.BytesIO(data)))[0]]
    assert (index.lat[0], index.lng[0]) == (pytest.approx(48.1), pytest.approx(11.5))


@pytest.mark.parametrize("content", [b"", b"PK", b"no index"])
def test_what_is_no_index_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "i.npz").write_bytes(content)
    with pytest.raises(BadInput, match="no index"):
        contamination.read(tmp_path / "i.npz")
