"""Bringing photos in: what is kept, what is refused, and why."""

import contextlib
import io
import itertools
import json
import os
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from PIL import ExifTags, Image

from geogame import doubts, photos, pictures, play
from geogame.models import Doubt, Exhibit, Person, Photo, PhotoSet
from geogame.pictures import Unusable
from geogame.rules.sphere import Point
from geogame.sources import Item, Refusal, SourceError, entries, of_zip, single
from tests.conftest import CARD, NOON, add_photo, jpeg

RED, BLUE = (200, 30, 30), (30, 30, 200)


def with_gps(lat: object, lng: object, refs: tuple[str, str] = ("N", "E"), size: tuple[int, int] = (300, 200)) -> bytes:
    exif = Image.Exif()
    block = exif.get_ifd(ExifTags.IFD.GPSInfo)
    block.update({1: refs[0], 2: lat, 3: refs[1], 4: lng})
    return jpeg(size, exif=exif, comment=b"shot on a phone")


def reason(data: bytes) -> str:
    """Return why a file is refused, or why its place is not believed."""
    try:
        developed = pictures.develop(data, 10_000_000)
    except Unusable as refused:
        return str(refused)
    (odd,) = (each for each in developed.oddities if each.kind in doubts.OF_PLACE)
    assert developed.position is None
    return doubts.KINDS[odd.kind].sentence % {"why": str(odd.values.get("why")) % odd.values}


def two_colours(orientation: int) -> bytes:
    """Return a picture, red above blue when it is upright, stored as this orientation tag says."""
    upright = Image.new("RGB", (200, 300), BLUE)
    upright.paste(RED, (0, 0, 200, 150))
    undo = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
    stored = upright.transpose(undo[orientation]) if orientation in undo else upright
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    out = io.BytesIO()
    stored.save(out, "JPEG", exif=exif)
    return out.getvalue()


@pytest.mark.parametrize("orientation", [1, 3, 6, 8, 99])
def test_a_photo_is_kept_upright(orientation: int) -> None:
    picture = pictures.develop(two_colours(orientation), 10_000_000).picture
    image = Image.open(io.BytesIO(picture.jpeg))
    assert image.size == (200, 300)
    top, bottom = image.getpixel((100, 20)), image.getpixel((100, 280))
    assert top[0] > 150 > bottom[0]  # type: ignore[index]


def test_nothing_but_pixels_is_kept() -> None:
    data = with_gps((48.0, 8.0, 13.89), (11.0, 34.0, 31.7))
    assert b"Exif" in data
    picture = pictures.develop(data, 10_000_000).picture
    kept = Image.open(io.BytesIO(picture.jpeg))
    assert not kept.getexif()
    assert b"shot on a phone" not in picture.jpeg
    assert not {"exif", "icc_profile", "comment", "xmp", "photoshop"} & set(kept.info)


def test_the_place_is_read_from_the_gps_block_in_every_hemisphere() -> None:
    for north, east in itertools.product("NS", "EW"):
        data = with_gps((33.0, 51.0, 24.0), (151.0, 12.0, 54.0), (north, east))
        here = pictures.develop(data, 10_000_000).position
        assert here is not None
        assert here.lat == pytest.approx((1 if north == "N" else -1) * 33.856667, abs=1e-5)
        assert here.lng == pytest.approx((1 if east == "E" else -1) * 151.215, abs=1e-5)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"<html><script>alert(1)</script></html>", "not a JPEG"),
        (jpeg()[:900], "damaged"),
        (jpeg((40, 40)), "too small"),
        (jpeg((2000, 120)), "long and narrow"),
        (jpeg((4000, 4000)), "at most 10 million"),
        (jpeg(), "Neither the file nor a table"),
        (with_gps((0.0, 0.0, 0.0), (0.0, 0.0, 0.0)), "0, 0"),
        (with_gps((48.0, 75.0, 0.0), (11.0, 0.0, 0.0)), "more than sixty"),
        (with_gps((48.0, 5.0, 0.0), (11.0, 0.0, 0.0), ("X", "Q")), "hemisphere"),
        (with_gps((48.0, 5.0, 0.0), (200.0, 0.0, 0.0)), "Longitude 200"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_reason(data: bytes, says: str) -> None:
    assert says in reason(data)


def test_the_pixel_limit_is_checked_before_decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*_: object) -> None:
        raise AssertionError("decoded")

    data = jpeg((4000, 4000))
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", explode)
    assert "at most 10 million" in reason(data)


def test_a_photo_lies_under_a_random_name(toy_set: PhotoSet) -> None:
    for photo in toy_set.photos.all():
        assert photo.original_name not in photo.file.name
        assert "secret" not in photo.file.name
    assert len({photo.file.name for photo in toy_set.photos.all()}) == 3


def test_the_same_file_is_taken_in_once(toy_set: PhotoSet) -> None:
    data = with_gps((48.0, 8.0, 0.0), (11.0, 34.0, 0.0))
    report = photos.take_in_all(toy_set, [single("a.jpg", data), single("b.jpg", data)])
    assert (report.imported, [each.file for each in report.refused]) == (1, ["b.jpg"])


def test_a_deleted_photo_takes_its_file_and_exhibit_along(
    toy_set: PhotoSet, django_capture_on_commit_callbacks: object
) -> None:
    photo = toy_set.photos.first()
    assert photo is not None
    storage, name = photo.file.storage, photo.file.name
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        photos.remove(photo)
    assert not storage.exists(name)
    assert toy_set.exhibits.count() == 2


def folder_with(tmp_path: Path, table: str, *names: str) -> Path:
    for name in names:
        (tmp_path / name).write_bytes(jpeg())
    (tmp_path / "photos.csv").write_text(table, encoding="utf-8")
    return tmp_path


def outcome(path: Path) -> dict[str, str]:
    return {
        each.file if isinstance(each, Refusal) else each.name: str(each.reason) if isinstance(each, Refusal) else "item"
        for each in entries(path)
    }


def test_rows_of_a_csv_are_judged_one_by_one(tmp_path: Path) -> None:
    table = (
        "filename,latitude,longitude,title,weather\n"
        "good.jpg,48.1,11.5,Munich,sun\n"
        "swapped.jpg,151.2,-33.8,Sydney,\n"
        "outside.jpg,-48,181,,\n"
        "zero.jpg,0,0,,\n"
        "half.jpg,48.1,,,\n"
        "words.jpg,north,east,,\n"
        "nan.jpg,nan,11.5,,\n"
        "gone.jpg,48.1,11.5,,\n"
        "../up.jpg,48.1,11.5,,\n"
        ",48.1,11.5,,\n"
    )
    names = ["good.jpg", "swapped.jpg", "outside.jpg", "zero.jpg", "half.jpg", "words.jpg", "nan.jpg", "unlisted.jpg"]
    found = outcome(folder_with(tmp_path, table, *names))
    assert found.pop("good.jpg") == found.pop("unlisted.jpg") == "item"  # the one stands for itself
    for name in ("swapped.jpg", "outside.jpg", "zero.jpg", "half.jpg", "words.jpg", "nan.jpg"):
        assert found.pop(name) == "item"  # of which nobody knows the place
    expected = {"gone.jpg": "no such picture", "../up.jpg": "leads out", "?": "no filename"}
    assert set(found) == set(expected)
    for name, words in expected.items():
        assert words in found[name], name


def test_a_wrong_place_in_a_table_loses_no_photo_and_brings_none_into_play(tmp_path: Path, db: None) -> None:
    """What the file itself tells is offered, not taken, where the table cannot be turned round."""
    table = "filename,latitude,longitude,title,album\nswapped.jpg,151.2,-33.8,Sydney,Trip\nzero.jpg,0,0,Munich,\n"
    folder = folder_with(tmp_path, table)
    (folder / "swapped.jpg").write_bytes(jpeg((800, 600)))
    (folder / "zero.jpg").write_bytes(with_gps((48.0, 8.0, 0.0), (11.0, 34.0, 0.0), size=(800, 600)))
    call_command("import_photos", str(folder), "--set", "New", "--publish", "--json")
    photo_set = PhotoSet.objects.get(name="New")
    assert not photos.usable(photo_set, "any").exists()
    swapped, zero = (photo_set.photos.get(title=title) for title in ("Sydney", "Munich"))
    for photo in (swapped, zero):
        assert (photo.lat, photo.lng, photo.place_from, photo.precision_m) == (None, None, "", None)
    assert [(each.kind, each.severity, each.detail["told"]) for each in swapped.doubts.all()] == [
        ("swapped", Doubt.GRAVE, "151.2, -33.8")
    ]
    assert {key: swapped.doubts.get().detail[key] for key in ("lat", "lng")} == {"lat": -33.8, "lng": 151.2}
    doubt = zero.doubts.get(kind__in=doubts.OF_PLACE)
    assert (doubt.kind, doubt.severity, doubt.detail["told"]) == ("table-odd", Doubt.GRAVE, "0, 0")
    assert (doubt.detail["lat"], doubt.detail["lng"]) == (
        pytest.approx(48.1333, abs=1e-3),
        pytest.approx(11.5667, abs=1e-3),
    )


def test_a_mended_table_brought_in_again_gives_its_photos_their_places(
    tmp_path: Path, db: None, capsys: pytest.CaptureFixture[str]
) -> None:
    head = "filename,latitude,longitude\n"
    folder = folder_with(tmp_path, f"{head}swapped.jpg,151.2,-33.8\n")
    (folder / "swapped.jpg").write_bytes(jpeg((800, 600)))
    call_command("import_photos", str(folder), "--set", "New", "--publish", "--json")
    (folder / "photos.csv").write_text(f"{head}swapped.jpg,-33.876543,151.212345\n")
    for says in ("has the one that came now", "in this set already."):
        capsys.readouterr()
        call_command("import_photos", str(folder), "--set", "New", "--json")
        (refused,) = [each for each in json.loads(capsys.readouterr().out)["refused"] if "jpg" in each["file"]]
        assert says in refused["reason"]
        photo = Photo.objects.get()
        assert (photo.lat, photo.lng) == (-33.876543, 151.212345)
        assert not photo.doubts.filter(kind__in=doubts.OF_PLACE, verdict=Doubt.Verdict.OPEN).exists()
    assert photos.usable(photo.photo_set, "any").count() == 1


def test_other_columns_are_kept_aside(tmp_path: Path, db: None) -> None:
    folder = folder_with(tmp_path, "filename,latitude,longitude,title,weather\na.jpg,48.1,11.5,Munich,sun\n", "a.jpg")
    photo_set, _ = photos.set_named("New")
    photos.take_in_all(photo_set, entries(folder))
    photo = Photo.objects.get()
    assert (photo.title, photo.extra, photo.lat) == ("Munich", {"weather": "sun"}, 48.1)


def test_an_album_is_one_exhibit_at_the_place_of_its_last_photo(tmp_path: Path, db: None) -> None:
    table = "filename,latitude,longitude,album\na.jpg,1,2,trip\nb.jpg,3,4,trip\nc.jpg,5,6,\n"
    photo_set, _ = photos.set_named("New")
    photos.take_in_all(photo_set, entries(folder_with(tmp_path, table, "a.jpg", "b.jpg", "c.jpg")))
    trip = Exhibit.objects.get(album="trip")
    assert [photo.original_name for photo in trip.ordered_photos()] == ["a.jpg", "b.jpg"]
    assert (trip.lat, trip.lng, photo_set.exhibits.count()) == (3, 4, 2)


@pytest.mark.parametrize("cell", ["a\0b", '"unclosed', "x" * 200_000])
def test_odd_text_in_a_csv_stops_nothing_but_itself(tmp_path: Path, db: None, cell: str) -> None:
    table = f"filename,latitude,longitude,title,weather\na.jpg,1,2,first,\nb.jpg,3,4,{cell},{cell}\n"
    folder = folder_with(tmp_path, table, "a.jpg", "b.jpg")
    photo_set, _ = photos.set_named("New")
    with contextlib.suppress(SourceError):  # a table that cannot be read further says so after what was read
        photos.take_in_all(photo_set, entries(folder))
    assert Photo.objects.filter(title="first").exists()
    assert not any("\0" in photo.title or "\0" in str(photo.extra) for photo in Photo.objects.all())


def test_an_empty_csv_is_reported_in_a_folder_and_in_a_zip_alike(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "", "a.jpg")
    in_zip = list(of_zip(zipped(("photos.csv", b""), ("a.jpg", jpeg()))))
    for found in (list(entries(folder)), in_zip):
        assert [type(each) for each in found] == [Refusal, Item]


def test_a_csv_that_is_no_table_and_nothing_beside_it_makes_no_set(tmp_path: Path, db: None) -> None:
    folder = folder_with(tmp_path, "name;place\n")
    with pytest.raises(CommandError, match="lacks the columns"):
        call_command("import_photos", str(folder), "--set", "New")
    assert not PhotoSet.objects.exists()


def test_a_csv_whose_head_is_a_flood_is_refused_with_a_sentence(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "x" * 200_000 + ",latitude\n", "a.jpg")
    assert "cannot be read" in outcome(folder)["photos.csv"]


def test_a_file_name_that_is_no_text_is_reported_and_taken_in(tmp_path: Path, db: None) -> None:
    data = with_gps((48.0, 8.0, 0.0), (11.0, 34.0, 0.0))
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.jpg")).write_bytes(data)
    except OSError:
        pytest.skip("this file system keeps only names that are text")
    photo_set, _ = photos.set_named("New")
    assert photos.take_in_all(photo_set, entries(tmp_path)).imported == 1
    assert Photo.objects.get().original_name == "caf?.jpg"


def test_two_admins_bring_in_the_same_file_at_once(toy_set: PhotoSet, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both find it new; the database keeps one, and the other admin reads why."""
    data = with_gps((48.0, 8.0, 0.0), (11.0, 34.0, 0.0))
    decode = pictures.develop

    def meanwhile(*args: Any) -> Any:
        monkeypatch.setattr(pictures, "develop", decode)
        photos.take_in(toy_set, single("theirs.jpg", data))
        return decode(*args)

    monkeypatch.setattr(pictures, "develop", meanwhile)
    with pytest.raises(Unusable, match="in this set already"):
        photos.take_in(toy_set, single("mine.jpg", data))
    assert toy_set.photos.filter(original_name="theirs.jpg").exists()


@pytest.mark.parametrize("name", ["", "  ", "n" * 121])
def test_a_set_needs_a_name_that_fits(tmp_path: Path, db: None, name: str) -> None:
    folder = folder_with(tmp_path, "filename,latitude,longitude\na.jpg,1,2\n", "a.jpg")
    with pytest.raises(CommandError, match="one to 120 characters"):
        call_command("import_photos", str(folder), "--set", name)


def test_a_withdrawn_photo_is_neither_drawn_nor_the_cover_until_it_is_restored(toy_set: PhotoSet) -> None:
    first = photos.cover(toy_set)
    assert first is not None
    assert photos.withdraw([first], NOON) == 1
    assert photos.cover(toy_set) not in {first, None}
    assert first not in {each.ordered_photos()[0] for each in photos.pick(toy_set, 9)}
    assert photos.restore([first]) == 1
    assert photos.cover(toy_set) == first
    assert len(photos.pick(toy_set, 9)) == 3


def test_a_jpeg_as_large_as_a_screen_is_doubted_less_than_a_png(db: None) -> None:
    photo_set, _ = photos.set_named("New")
    as_jpeg, as_png = jpeg((640, 1136)), io.BytesIO()
    Image.open(io.BytesIO(as_jpeg)).save(as_png, "PNG")
    taken = [photos.take_in(photo_set, single("a", data)) for data in (as_jpeg, as_png.getvalue())]
    assert [each.doubts.get(kind="screenshot").severity for each in taken] == [Doubt.HINT, Doubt.DOUBT]


def fingerprinted(exhibit: Exhibit, phash: int | None) -> None:
    exhibit.photos.update(phash=phash)


def test_a_copy_of_a_photo_that_ana_met_in_another_set_comes_last(toy_set: PhotoSet, ana: Person) -> None:
    other = PhotoSet.objects.create(name="Other", slug="other")
    fingerprinted(add_photo(other, Point(1.0, 2.0)), -1)
    game = play.open_game(other, [CARD], 1, None, NOON)
    play.join(game, ana, "Ana", NOON)
    copy, cut, flat = toy_set.exhibits.all()
    fingerprinted(copy, -1 ^ 0b1111_0000_1111)  # within the bound of near-duplicates
    fingerprinted(cut, -1 ^ 0b1_1111_0000_1111)  # beyond it
    fingerprinted(flat, None)
    assert {photos.pick(toy_set, 3, ana)[-1] for _ in range(20)} != {copy}  # the game is there, and has shown nothing
    play.start_round(game, NOON)
    assert {photos.pick(toy_set, 3, ana)[-1] for _ in range(20)} == {copy}


def test_two_that_look_like_each_other_are_in_one_game_only_where_nothing_else_is_left(
    toy_set: PhotoSet, ana: Person
) -> None:
    """Not even before one that she has met."""
    one, copy, met = toy_set.exhibits.all()
    fingerprinted(one, -1)
    fingerprinted(copy, -1 ^ 0b1111_0000_1111)  # within the bound of near-duplicates
    fingerprinted(met, None)
    game = play.open_game(toy_set, [CARD], 1, None, NOON)
    play.join(game, ana, "Ana", NOON)
    game.rounds.update(exhibit=met, opened_at=NOON)
    drawn = [photos.pick(toy_set, 2, ana) for _ in range(20)]
    assert {each[1] for each in drawn} == {met}
    assert {each[0] for each in drawn} == {one, copy}
    assert {photos.pick(toy_set, 3)[-1] for _ in range(20)} == {one, copy}
    assert len(photos.pick(toy_set, 9)) == 3
    fingerprinted(copy, -1 ^ 0b1_1111_0000_1111)  # beyond it
    assert {each for _ in range(40) for each in photos.pick(toy_set, 2, ana)} == {one, copy}


@pytest.mark.parametrize(
    ("table", "words"),
    [("name,lat,lng\n", "lacks the columns"), ("filename;latitude;breadth\n", "lacks the columns")],
)
def test_a_csv_without_the_needed_columns_is_reported_and_the_photos_stand_for_themselves(
    tmp_path: Path, table: str, words: str
) -> None:
    folder = folder_with(tmp_path, table, "a.jpg")
    found = outcome(folder)
    assert words in found.pop("photos.csv")
    assert found == {"a.jpg": "item"}
    with pytest.raises(SourceError, match=words):  # asked for by name it must be a table
        list(entries(folder / "photos.csv"))
    in_zip = list(of_zip(zipped(("photos.csv", table.encode()), ("a.jpg", jpeg()))))
    assert [type(each) for each in in_zip] == [Refusal, Item]


def test_a_source_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"There is no .*nowhere"):
        list(entries(tmp_path / "nowhere"))


def test_a_link_in_a_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "link.jpg").symlink_to("/etc/passwd")
    (tmp_path / "good.jpg").write_bytes(jpeg())
    assert "link" in outcome(tmp_path)["link.jpg"]


def zipped(*members: tuple[str, bytes], mode: int = 0) -> io.BytesIO:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = mode << 16
            archive.writestr(info, data)
    out.seek(0)
    return out


@pytest.mark.parametrize(
    ("member", "mode", "words"),
    [
        (("../../evil.jpg", b"x"), 0, "leads out"),
        (("/etc/evil.jpg", b"x"), 0, "leads out"),
        (("..\\evil.jpg", b"x"), 0, "leads out"),
        (("link.jpg", b"/etc/passwd"), stat.S_IFLNK | 0o777, "link"),
        (("bomb.jpg", b"\0" * 50_000_000), 0, "times its size"),
        (("notes.txt", b"hello"), 0, "not a picture"),
    ],
)
def test_a_hostile_zip_member_is_refused_and_the_rest_is_taken(
    member: tuple[str, bytes], mode: int, words: str
) -> None:
    hostile = list(of_zip(zipped(member, mode=mode)))
    assert [words in str(each.reason) for each in hostile if isinstance(each, Refusal)] == [True]
    both = list(of_zip(zipped(member, ("good.jpg", jpeg()))))
    assert [each.name for each in both if isinstance(each, Item)][-1:] == ["good.jpg"]


def test_of_files_with_one_name_in_a_zip_the_last_is_taken_and_the_others_are_told() -> None:
    one, other = jpeg(), jpeg()
    with pytest.warns(UserWarning, match="Duplicate name"):
        archive = zipped(("a.jpg", one), ("a.jpg", other), ("b/c.jpg", one), ("b\\c.jpg", other))
    taken, told = {}, {}
    for each in of_zip(archive):
        if isinstance(each, Item):
            taken[each.name] = each.read()
        else:
            told[each.file] = str(each.reason)
    assert taken == {"a.jpg": other, "b/c.jpg": one}
    assert told == dict.fromkeys(taken, "Another file of the zip has the same name.")


def test_a_broken_zip_is_refused_whole() -> None:
    with pytest.raises(SourceError, match="damaged"):
        list(of_zip(io.BytesIO(b"PK\x03\x04 and then nothing")))


def test_real_photographs_are_imported(trial_photos: Path, db: None, capsys: pytest.CaptureFixture[str]) -> None:
    """A sample of the trial photographs: one folder without a table, each photo with its own EXIF."""
    rows = [line.split(",")[0] for line in (trial_photos / "photos.csv").read_text().splitlines()[1:]]
    table = (trial_photos / "photos.csv").read_bytes()
    wanted = rows[:: len(rows) // 20]
    from geogame.sources import _joined

    found = {name: (lambda name=name: (trial_photos / name).read_bytes()) for name in wanted}
    photo_set, _ = photos.set_named("Real")
    items = [entry for entry in _joined(found, "photos.csv", lambda: io.BytesIO(table)) if isinstance(entry, Item)]
    report = photos.take_in_all(photo_set, items)
    assert report.imported == len(wanted)
    assert not report.refused
    assert not Doubt.objects.filter(kind="damaged").exists()


def test_the_command_reports_as_json(tmp_path: Path, db: None, capsys: pytest.CaptureFixture[str]) -> None:
    import json

    table = "filename,latitude,longitude\na.jpg,1,2\nb.jpg,0,0\nc.jpg,1,2\n"
    folder = folder_with(tmp_path, table, "a.jpg", "b.jpg")
    call_command("import_photos", str(folder), "--set", "New", "--publish", "--json")
    report = json.loads(capsys.readouterr().out)
    assert (report["imported"], report["held"]) == (2, 1)  # its place is wrong: that loses no photo
    assert [each["file"] for each in report["refused"]] == ["c.jpg"]
    assert PhotoSet.objects.get(name="New").published


def test_the_command_says_what_nobody_is_shown_and_ends_its_import(
    tmp_path: Path, db: None, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.jpg").write_bytes(jpeg())  # of no place
    (tmp_path / "b.jpg").write_text("hello")
    call_command("import_photos", str(tmp_path), "--set", "New")
    said = capsys.readouterr().out
    assert "1 photos imported into the new set New, 1 not used." in said
    assert "not used: b.jpg: This is not a JPEG" in said
    assert "1 of them are shown to nobody" in said
    source = PhotoSet.objects.get().imports.get()
    assert (source.kind, source.finished_at is not None) == ("folder", True)


def test_the_command_keeps_what_came_before_a_table_broke_off(tmp_path: Path, db: None) -> None:
    folder = folder_with(tmp_path, "filename,latitude,longitude\na.jpg,1,2\n", "a.jpg")
    with (folder / "photos.csv").open("ab") as table:
        table.write(b"b.jpg,1,\xff\n")
    with pytest.raises(CommandError, match="not UTF-8"):
        call_command("import_photos", str(folder), "--set", "New")
    source = PhotoSet.objects.get().imports.get()
    assert "not UTF-8" in source.failure[0]
    assert (source.finished_at is not None, source.photo_set.photos.count()) == (True, 1)


def test_a_trip_that_grows_is_shown_to_the_machine_anew(toy_set: PhotoSet) -> None:
    first = add_photo(toy_set, Point(1, 2), album="Trip")
    photos.record_prediction(first, "planet", "w", "It does not answer.")
    assert add_photo(toy_set, Point(3, 4), album="Trip") == first
    assert not first.predictions.exists()


def test_the_command_imports_a_zip(tmp_path: Path, db: None, capsys: pytest.CaptureFixture[str]) -> None:
    table = b"filename,latitude,longitude\na.jpg,1,2\nb.jpg,3,4\n"
    archive = tmp_path / "trip.zip"
    archive.write_bytes(zipped(("photos.csv", table), ("a.jpg", jpeg()), ("b.jpg", jpeg())).read())
    call_command("import_photos", str(archive), "--set", "Zip", "--json")
    assert capsys.readouterr().out.strip() == '{"imported": 2, "held": 0, "refused": []}'
