"""Where a photo says it was taken: strict forms, forms that have one meaning all the same, and those that have none."""

import io
from datetime import UTC, datetime

import pytest
from PIL import ExifTags, Image

from geogame import positions
from geogame.positions import Told
from tests.game import hostile

Rational = hostile.Rational


def told(data: bytes) -> Told:
    image = Image.open(io.BytesIO(data))
    return positions.found(image, image.getexif())


def of_gps(lat: object, lng: object, refs: tuple[object, object] = ("N", "E")) -> Told:
    """Return what is made of a GPS block as it lies in memory: with values that Pillow would not write, too."""
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.GPSInfo).update({1: refs[0], 2: lat, 3: refs[1], 4: lng})
    return positions.found(Image.new("L", (1, 1)), exif)


MUNICH = (48 + 8 / 60 + 13.89 / 3600, 11 + 34 / 60 + 31.7 / 3600)
LAT, LNG = (48.0, 8.0, 13.89), (11.0, 34.0, 31.7)


def test_a_strict_form_is_read_in_silence() -> None:
    here = told(hostile.gps(LAT, LNG, ("S", "W")))
    assert here.position
    assert (here.position.lat, here.position.lng) == pytest.approx((-MUNICH[0], -MUNICH[1]), abs=1e-6)
    assert here.position.source == "exif"
    assert here.oddities == ()


@pytest.mark.parametrize(
    ("lat", "lng", "refs", "wanted"),
    [
        (LAT, LNG, ("n", "e"), MUNICH),
        (LAT, LNG, ("N ", "E\0"), MUNICH),
        (LAT, LNG, ("North", "West"), (MUNICH[0], -MUNICH[1])),
        (LAT, LNG, (b"S", b"W"), (-MUNICH[0], -MUNICH[1])),
        ((48.5,), (11.25,), ("N", "E"), (48.5, 11.25)),
        (48.5, 11.25, ("N", "E"), (48.5, 11.25)),
        ((48.0, 30.0), (11.0, 15.0), ("N", "E"), (48.5, 11.25)),
        ((-48.5,), (-11.25,), ("S", "W"), (-48.5, -11.25)),
        ((48.0, 59.0, 60.0), (11.0, 60.0, 0.0), ("N", "E"), (49.0, 12.0)),
        ("48,50000,30,00000,36,00000", "11.25", ("N", "E"), (48.5 + 30 / 60 + 36 / 3600, 11.25)),
        ("48 30 36", b"11 15 0", ("N", "E"), (48.51, 11.25)),
    ],
)
def test_a_lax_form_of_one_meaning_is_read_and_said(
    lat: object, lng: object, refs: tuple[object, object], wanted: tuple[float, float]
) -> None:
    here = of_gps(lat, lng, refs)
    assert here.position
    assert (here.position.lat, here.position.lng) == pytest.approx(wanted, abs=1e-6)
    assert [each.kind for each in here.oddities] == ["lax-form"]
    assert here.offered is None


@pytest.mark.parametrize(
    ("lat", "lng", "refs", "offered", "why"),
    [
        (LAT, LNG, ("X", "Q"), MUNICH, "hemisphere"),
        (LAT, LNG, ("E", "N"), MUNICH, "hemisphere"),
        (LAT, LNG, (None, None), MUNICH, "hemisphere"),
        ((-48.5,), (11.25,), (None, None), (-48.5, 11.25), "hemisphere"),
        ((-48.5,), (11.25,), ("N", "E"), (-48.5, 11.25), "contradict"),
        ((33.0, 75.0, 0.0), (70.0, 15.0, 0.0), ("N", "E"), (34.25, 70.25), "sixty"),
        ((151.0, 12.0, 0.0), (33.0, 51.0, 0.0), ("N", "E"), (33.85, 151.2), "swapped"),
        ((95.0, 0.0, 0.0), (200.0, 0.0, 0.0), ("N", "E"), None, "200"),
        ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), ("N", "E"), None, "0, 0"),
        ((Rational(0, 0),) * 3, (Rational(0, 0),) * 3, ("\0", "\0"), None, "numbers"),
        ((Rational(48, 0), 1.0, 1.0), LNG, ("N", "E"), None, "numbers"),
        ((float("inf"), 1.0, 1.0), LNG, ("N", "E"), None, "numbers"),
        ((), (), ("N", "E"), None, "numbers"),
        ((1.0,) * 4, (1.0,) * 4, ("N", "E"), None, "numbers"),
        ("somewhere", "else", ("N", "E"), None, "numbers"),
        ({"a": 1}, LNG, ("N", "E"), None, "numbers"),
    ],
)
def test_what_has_no_one_meaning_is_offered_at_most(
    lat: object, lng: object, refs: tuple[object, object], offered: tuple[float, float] | None, why: str
) -> None:
    here = of_gps(lat, lng, refs)
    assert here.position is None
    (odd,) = here.oddities
    assert odd.kind == "place-odd"
    assert why in str(odd.values["why"]) % odd.values
    assert here.offered == (offered if offered is None else pytest.approx(offered))


def test_half_a_place_and_none_are_told_apart() -> None:
    exif = Image.Exif()
    assert [each.kind for each in positions.found(Image.new("L", (1, 1)), exif).oddities] == ["no-place"]
    exif.get_ifd(ExifTags.IFD.GPSInfo).update({1: "N", 2: LAT})
    (odd,) = positions.found(Image.new("L", (1, 1)), exif).oddities
    assert "only one" in str(odd.values["why"])


@pytest.mark.parametrize(
    ("lat", "lng", "metres"),
    [
        (LAT, LNG, positions.FINE_M),
        ((48.0, 8.0, 13.0), (11.0, 34.0, 31.0), positions.SECOND_M),
        ((48.0, 8.0, 0.0), (11.0, 34.0, 0.0), positions.MINUTE_M),
        ((48.0, 0.0, 0.0), (11.0, 0.0, 0.0), positions.DEGREE_M),
        ((48.0, 8.137, 0.0), (11.0, 34.521, 0.0), positions.FINE_M),
        (LAT, (11.0, 0.0, 0.0), positions.FINE_M),  # round by chance
    ],
)
def test_digits_tell_what_they_leave_open(lat: object, lng: object, metres: float) -> None:
    here = of_gps(lat, lng).position
    assert here
    assert here.precision_m == metres


@pytest.mark.parametrize("form", ["JPEG", "WEBP", "PNG", "TIFF", "AVIF", "HEIF"])
def test_every_format_tells_its_place(form: str) -> None:
    here = told(hostile.gps(LAT, LNG, form=form)).position
    assert here
    assert (here.lat, here.lng) == pytest.approx(MUNICH, abs=1e-6)


def test_xmp_tells_a_place_where_exif_does_not() -> None:
    here = told(hostile.saved("JPEG", xmp=hostile.XMP.encode())).position
    assert here
    assert (here.lat, here.lng) == pytest.approx((-4.21601 / 60, 51 + 7 / 60 + 30.5 / 3600))
    assert here.source == "xmp"


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [("4.21601S", "75.0S", "sixty"), ("4.21601S", "4.21601E", "form"), ("4.21601S", "north", "form")],
)
def test_xmp_of_another_form_is_a_doubt(old: str, new: str, why: str) -> None:
    here = told(hostile.saved("JPEG", xmp=hostile.XMP.replace(old, new).encode()))
    assert here.position is None
    assert why in str(here.oddities[0].values["why"])


def test_comments_of_im2gps_tell_a_place() -> None:
    """Each line is a comment of its own, as in that collection; Pillow's `comment` would be the last alone."""
    whole = hostile.saved("JPEG")
    lines = (b"\xff\xfe" + (len(each) + 2).to_bytes(2, "big") + each for each in hostile.COMMENTS.split(b"\0"))
    here = told(whole[:2] + b"".join(lines) + whole[2:]).position
    assert here
    assert (here.lat, here.lng, here.source) == (41.8902, -12.4922, "comment")


def test_the_camera_s_clock_is_told_and_nonsense_is_not() -> None:
    exif = Image.Exif()
    assert positions.taken_at(exif) is None
    exif[ExifTags.Base.DateTime] = "0000:00:00 00:00:00"
    assert positions.taken_at(exif) is None
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2024:05:17 16:03:59\0"
    assert positions.taken_at(exif) == datetime(2024, 5, 17, 16, 3, 59, tzinfo=UTC)
