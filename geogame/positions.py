"""Where a photo says it was taken: in its EXIF data, in XMP, in a JPEG comment. Pillow only.

Strict forms are trusted. What cameras and programs write besides is read where it has one meaning only, and said to be
odd; what has none is offered, and never used by itself.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from PIL import ExifTags, Image

from geogame.rules.refusals import BadInput, gettext_noop
from geogame.rules.sphere import Point, point
from predictor import exif

GPS = ExifTags.GPS
DEGREE_M, MINUTE_M, SECOND_M, FINE_M = 111_195.0, 1_853.0, 31.0, 1.0  # of latitude
# Adobe's form: degrees, minutes and perhaps seconds, the hemisphere last.
XMP_FORM = re.compile(r"^\s*(\d{1,3}),(\d{1,2}(?:\.\d+)?)(?:,(\d{1,2}(?:\.\d+)?))?\s*([NSEW])\s*$", re.IGNORECASE)
COMMENT_LINE = re.compile(r"^\s*(latitude|longitude):\s*(-?\d+(?:\.\d+)?)\s*$", re.IGNORECASE | re.MULTILINE)
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Oddity:
    """Something odd about a file. `kind` is one of `doubts.KINDS`, `values` are those of its sentence.

    A reason among them, `why`, is a sentence of its own, to be translated, with its own holes for the others.
    """

    kind: str
    values: dict[str, str | float | int]
    is_light: bool = False  # lighter than others of its kind


@dataclass(frozen=True)
class Position:
    """A place in degrees, where it was read (`Photo.From`), and what its digits leave open."""

    lat: float
    lng: float
    source: str
    precision_m: float | None = None


@dataclass(frozen=True)
class Told:
    """What a file tells of its place: one to be trusted, or one to be offered, or none; and what is odd about that."""

    position: Position | None = None
    offered: tuple[float, float] | None = None
    oddities: tuple[Oddity, ...] = ()


class Odd(ValueError):
    """There is a place, but it makes no sense as it stands."""

    def __init__(self, why: str, offered: tuple[float, float] | None = None, **values: Any) -> None:
        super().__init__(why % values)
        self.why, self.offered, self.values = why, offered, values


def found(image: Image.Image, told: Image.Exif) -> Told:
    """Return what a file tells of its place. Never raises."""
    odd: Odd | None = None
    for read in (lambda: _of_exif(told), lambda: _of_xmp(image), lambda: _of_comments(image)):
        try:
            here = read()
            if here is not None:
                _check(here[0].lat, here[0].lng)
                return Told(here[0], oddities=here[1])
        except Odd as error:
            odd = odd or error
        except Exception:  # damaged blocks raise anything from struct.error to RecursionError
            odd = odd or Odd(gettext_noop("it is damaged."))
    if odd is None:
        return Told(oddities=(Oddity("no-place", {}),))
    return Told(offered=odd.offered, oddities=(Oddity("place-odd", {"why": odd.why, **odd.values}),))


Read = tuple[Position, tuple[Oddity, ...]]


def _of_exif(told: Image.Exif) -> Read | None:
    block: dict[int, Any] = dict(told.get_ifd(ExifTags.IFD.GPSInfo))
    if GPS.GPSLatitude not in block and GPS.GPSLongitude not in block:
        return None
    if GPS.GPSLatitude not in block or GPS.GPSLongitude not in block:
        raise Odd(gettext_noop("it has only one of latitude and longitude."))
    precision = _precision_m(block)
    try:
        lat, lng = exif.position(told)
        return Position(lat, lng, "exif", precision), ()
    except exif.NoPosition:
        (lat, why_lat), (lng, why_lng) = (_lax(block, value, ref, names) for value, ref, names in _AXES)
    if why_lat or why_lng:
        raise Odd(why_lat or why_lng, on_earth(lat, lng))
    return Position(lat, lng, "exif", precision), (Oddity("lax-form", {"why": f"{lat:.5f}, {lng:.5f}"}),)


_AXES = (
    (GPS.GPSLatitude, GPS.GPSLatitudeRef, "NS"),
    (GPS.GPSLongitude, GPS.GPSLongitudeRef, "EW"),
)


def _lax(block: dict[int, Any], value: int, reference: int, names: str) -> tuple[float, str]:
    """Read one coordinate in a form that is not EXIF's; return it, and why it is not to be trusted, if it is not.

    Raises Odd where there is no number.
    """
    parts = _parts(block[value])
    if not 1 <= len(parts) <= 3 or not all(abs(each) < 1e6 for each in parts):  # nor is NaN
        raise Odd(gettext_noop("its coordinates are no numbers."))
    degrees, minutes, seconds = [*parts, 0.0, 0.0][:3]
    letter = _letter(block.get(reference), names)
    size = abs(degrees) + minutes / 60 + seconds / 3600
    read = -size if letter == names[1] or degrees < 0 else size
    if not 0 <= minutes <= 60 or not 0 <= seconds <= 60 or (minutes == 60 and seconds > 0):
        return read, gettext_noop("its minutes or seconds are more than sixty.")
    if letter is None:
        return read, gettext_noop("it does not say which hemisphere it means.")
    if degrees < 0 and letter == names[0]:
        return read, gettext_noop("its sign and its hemisphere contradict each other.")
    return read, ""


def _parts(value: Any) -> list[float]:
    if isinstance(value, bytes):
        value = value.decode("ascii", "replace")
    if isinstance(value, str):
        return [float(each) for each in NUMBER.findall(value)] if value.count(",") < 3 else _comma_decimals(value)
    if isinstance(value, tuple | list):
        return [_number(each) for each in value]
    return [_number(value)]


def _comma_decimals(value: str) -> list[float]:
    """Read "52,00000,50,00000,34,01180": commas between the parts and for the decimal points."""
    cells = value.split(",")
    if len(cells) != 6 or not all(each.strip().isdigit() for each in cells):
        raise Odd(gettext_noop("its coordinates are no numbers."))
    return [float(f"{cells[at].strip()}.{cells[at + 1].strip()}") for at in (0, 2, 4)]


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, ZeroDivisionError):
        return float("nan")


def _letter(reference: Any, names: str) -> str | None:
    """Return the hemisphere that a reference means: "n", "North", "N " are one."""
    text = reference.decode("ascii", "replace") if isinstance(reference, bytes) else str(reference or "")
    text = text.strip("\0 ").upper()
    words = {"N": "NORTH", "S": "SOUTH", "E": "EAST", "W": "WEST"}
    return next((letter for letter in names if text in (letter, words[letter])), None)


def _precision_m(block: dict[int, Any]) -> float:
    """Return what the digits of the coordinates leave open, in metres: one may be round by chance, hardly both."""
    finest = [DEGREE_M, MINUTE_M, SECOND_M]
    left = []
    for value, _, _ in _AXES:
        try:
            parts = _parts(block[value])
        except (Odd, ValueError):
            return DEGREE_M
        used = max((at for at, part in enumerate(parts[:3]) if part != 0), default=0)
        left.append(finest[used] if used < len(parts) and parts[used] == int(_finite(parts[used])) else FINE_M)
    return min(left)


def _finite(value: float) -> float:
    return value if abs(value) < 1e15 else 0.0


def _of_xmp(image: Image.Image) -> Read | None:
    if not image.info.get("xmp"):
        return None
    told = dict(_leaves(image.getxmp()))
    if "GPSLatitude" not in told or "GPSLongitude" not in told:
        return None
    lat, lng = (
        _of_xmp_form(str(told[name]), letters) for name, letters in (("GPSLatitude", "NS"), ("GPSLongitude", "EW"))
    )
    return Position(lat, lng, "xmp", FINE_M), ()


def _leaves(tree: Any) -> Iterator[tuple[str, Any]]:
    """Give the values of a tree of dictionaries and lists by their names, without those of their name spaces."""
    waiting = [tree]
    while waiting:
        each = waiting.pop()
        if isinstance(each, list):
            waiting += each
        elif isinstance(each, dict):
            for name, value in each.items():
                if isinstance(value, dict | list):
                    waiting.append(value)
                else:
                    yield name.rpartition(":")[2], value


def _of_xmp_form(text: str, letters: str) -> float:
    read = XMP_FORM.match(text)
    if read is None or read[4].upper() not in letters:
        raise Odd(gettext_noop("the form of its XMP is not known."))
    degrees, minutes, seconds = float(read[1]), float(read[2]), float(read[3] or 0)
    if minutes >= 60 or seconds >= 60:
        raise Odd(gettext_noop("its minutes or seconds are more than sixty."))
    size = degrees + minutes / 60 + seconds / 3600
    return -size if read[4].upper() == letters[1] else size


def _of_comments(image: Image.Image) -> Read | None:
    """Read Im2GPS's form: JPEG comments that say latitude and longitude in lines of their own."""
    applist: list[tuple[str, bytes]] = getattr(image, "applist", [])
    text = "\n".join(data.decode("latin-1") for name, data in applist if name == "COM")
    told = {name.lower(): float(value) for name, value in COMMENT_LINE.findall(text)}
    if len(told) < 2:
        return None
    return Position(told["latitude"], told["longitude"], "comment", None), ()


def taken_at(told: Image.Exif) -> datetime | None:
    """Return what the camera's clock said, as if it were UTC; None where it says nothing that is a time."""
    try:
        said = told.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal) or told.get(ExifTags.Base.DateTime)
        return datetime.strptime(str(said).strip("\0 ")[:19], "%Y:%m:%d %H:%M:%S").replace(tzinfo=UTC)
    except Exception:  # no time, or a damaged block
        return None


def _check(lat: float, lng: float) -> None:
    """Raise Odd where no photo can have been taken. Where the two seem to be swapped, the other way is offered."""
    try:
        plausible(lat, lng)
    except BadInput as error:
        raise Odd(error.sentence, on_earth(lng, lat) if abs(lat) > 90 else None, **error.values) from error


def on_earth(lat: float, lng: float) -> Point | None:
    """Return a reading to be offered, if there is such a place."""
    try:
        return plausible(lat, lng)
    except BadInput:
        return None


def plausible(lat: float, lng: float) -> Point:
    """Check the coordinates of a photo (degrees): in range, and not the 0/0 of a receiver without a fix."""
    if lat == 0 and lng == 0:
        raise BadInput(gettext_noop("Its position is 0, 0: the mark of a receiver that had no fix."))
    if 90 < abs(lat) <= 180 and abs(lng) <= 90:
        raise BadInput(
            gettext_noop("Latitude %(given)s is out of range; are latitude and longitude swapped?"), given=f"{lat:g}"
        )
    if not abs(lng) <= 180:
        raise BadInput(gettext_noop("Longitude %(given)s is not between -180 and 180."), given=f"{lng:g}")
    if abs(lat) > 90:
        raise BadInput(gettext_noop("Latitude %(given)s is not between -90 and 90."), given=f"{lat:g}")
    return point(lat, lng)
