"""Tables of photos, row by row: CSV, TSV and Parquet, by their columns' names or as published collections have them.

Whatever the size of a table, one row of it (of Parquet one batch) is in memory. Published shapes are read with their
faults: where latitude and longitude stand in the wrong order is known of one of them, and of all others a number tells
it that no latitude has.
"""

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote_plus

import lat_lon_parser
import pyarrow as pa
import pyarrow.parquet as pq

from geogame.formulas import unguarded
from geogame.pictures import Unusable
from geogame.positions import Oddity, on_earth, plausible
from geogame.rules.refusals import BadInput, gettext_noop
from geogame.rules.sphere import Point

DELIMITERS = ",;\t"
M_PER_DEGREE = 111_195.0  # of latitude, on a sphere of 6371.0088 km
NAMES = ("filename", "file", "path", "image", "img_file", "img_id", "id", "photo_id")
PLACES = (("latitude", "longitude"), ("lat", "lng"), ("lat", "lon"), ("lat", "long"))
WORDS = {  # by what we call it: what others do
    "credit": ("credit", "author", "creator", "creator_username"),
    "licence": ("licence", "license"),
    "source_url": ("source_url", "page_url", "url"),
    "title": ("title",),
    "album": ("album",),
}
# Flickr says from 1 (the world) to 16 (a street) how far its map was zoomed in where a place was set by hand.
FLICKR_KM = ((12, None), (9, 10.0), (6, 100.0), (3, 1000.0), (0, 10_000.0))
BATCH = 10_000  # rows of Parquet at once
LONGEST = 1 << 17  # characters of a cell: captions are long, bombs longer
LINE = 1 << 20  # bytes read at once
TOLD = 24  # characters of a wrong coordinate that are told
# Degrees, minutes and seconds as people write them, with a sign or a hemisphere. O is none: it is Ost, and Ouest.
_PARTS = r"""\d[\d\s.,:°º'′’"″”]*"""
WRITTEN = re.compile(rf"[+\-]?\s*{_PARTS}|[NSEW]\s*{_PARTS}|{_PARTS}[NSEW]")
LONGEST_PLACE = 100  # characters
PAIRS = tuple(  # of such coordinates: two numbers, parted by a sign and a space, or each with its letter
    map(re.compile, (r"([+\-]?\d+(?:\.\d+)?)\s*[,;\s]\s*([+\-]?\d+(?:\.\d+)?)", r"([^;]+);([^;]+)",
                     r"([^NSEW]+[NSEW])[\s,]*([^NSEW]+[NSEW])", r"([NSEW][^NSEW]+)([NSEW][^NSEW]+)",
                     r"([^,]+),\s+([^,]+)"))
)  # fmt: skip
HALF = re.compile(r"\d+,\d+")  # of a place, as much of Europe writes a number
EAST_WEST, NORTH_SOUTH = frozenset("EW"), frozenset("NS")  # no latitude has the first, no longitude the second
MINUS = str.maketrans("−–", "--")


class SourceError(BadInput):
    """The source as a whole cannot be read."""


@dataclass(frozen=True)
class Refusal:
    file: str
    reason: BadInput


@dataclass(frozen=True)
class Row:
    """What a table says of one photo. `name` is its file's, or an identity that the file's name begins with."""

    name: str
    place: Point | None = None
    words: dict[str, str] = field(default_factory=dict)  # credit, licence, source_url, title, album
    extra: dict[str, str] = field(default_factory=dict)  # columns that the game does not know
    precision_m: float | None = None  # what the digits of the coordinates leave open, or what the table says
    odd: Oddity | None = None  # why there is no place, where the table tells one that makes no sense


Cells = dict[str, str]


@dataclass(frozen=True)
class Shape:
    """How a table is read: by columns' names, all of them lower case."""

    columns: Sequence[str]
    name: str
    lat: str
    lng: str
    has_header: bool = True
    notice: str = ""  # what the admin should know of this shape, a sentence
    mend: Callable[[Cells], Cells] = lambda cells: cells


# YFCC100M's columns, which stand in no header: 23, or 25 where each line begins with its number.
YFCC = [
    "photo_id", "user_nsid", "user_nickname", "date_taken", "date_uploaded", "capture_device", "title", "description",
    "user_tags", "machine_tags", "longitude", "latitude", "accuracy", "page_url", "download_url", "license_name",
    "license_url", "server_id", "farm_id", "secret", "secret_original", "extension", "media_type",
]  # fmt: skip
YFCC_25 = ["line", "photo_id", "hash", *YFCC[1:]]
OWN = frozenset(  # of columns: what only the zip of a set that was taken away has all of
    {
        "review", "withdrawn", "place_from", "precision_m", "taken_at", "original_name", "original_sha256",
        "file_sha256", "extra",
    }
)  # fmt: skip
SWAPPED = ["img_id", "author", "lon", "lat"]  # how the headers of 2018's metadata begin; their values are lat, lon


def _yfcc(cells: Cells) -> Cells:
    """Undo the percent encoding of the dataset's texts and give its columns our names."""
    if cells["media_type"] not in ("0", ""):
        raise Unusable(gettext_noop("It is a video."))
    plain = {name: unquote_plus(value) for name, value in cells.items()}
    licence = " ".join(filter(None, (plain["license_name"], plain["license_url"])))
    return {**plain, "licence": licence, "credit": plain["user_nickname"], "source_url": cells["page_url"]}


def _osv(cells: Cells) -> Cells:
    """OSV-5M's pictures are Mapillary's: CC BY-SA 4.0, and whose they are stands in a column."""
    return {**cells, "licence": "CC BY-SA 4.0", "credit": f"{cells['creator_username']} / Mapillary"}


def _own(cells: Cells) -> Cells:
    """Read what a set's own zip says of its photos; what only its whole tells is left to whoever brings it in whole."""
    plain = {name: unguarded(value) for name, value in cells.items() if name not in OWN}
    return {**dict.fromkeys(OWN, ""), **plain}


def shape_of(first: Sequence[str]) -> Shape:
    """Tell by its first row how a table is read. Raises SourceError where it says nothing of photos and places."""
    names = [name.strip().lower() for name in first]
    for columns in (YFCC, YFCC_25):
        where = columns.index("longitude")
        if len(names) == len(columns) and _are_numbers(names[where : where + 2]):
            return Shape(columns, "photo_id", "latitude", "longitude", has_header=False, mend=_yfcc)
    if names[:4] == SWAPPED:
        notice = gettext_noop("The header says LON,LAT, the values are latitude, longitude: they were read as that.")
        return Shape(names, "img_id", "lon", "lat", notice=notice)
    lat, lng = next((pair for pair in PLACES if pair[0] in names and pair[1] in names), ("", ""))
    name = next((each for each in NAMES if each in names), "")
    missing = [each for each, there in (("filename", name), ("latitude", lat), ("longitude", lng)) if not there]
    if missing:
        raise SourceError(
            gettext_noop("The table beside the pictures lacks the columns %(missing)s."), missing=", ".join(missing)
        )
    if set(names) >= OWN:
        return Shape(names, name, lat, lng, mend=_own)
    return Shape(names, name, lat, lng, mend=_osv if "creator_username" in names else lambda cells: cells)


def _are_numbers(cells: Sequence[str]) -> bool:
    try:
        return len([float(each or 0) for each in cells]) == len(cells)
    except ValueError:
        return False


@dataclass(frozen=True)
class Table:
    """A table that was opened: how it is read, and its rows, once."""

    shape: Shape
    lines: Iterator[Sequence[str]]

    def __iter__(self) -> Iterator[Row | Refusal]:
        empty = dict.fromkeys(self.shape.columns, "")
        for line in self.lines:
            if any(line):
                cells = {**empty, **dict(zip(self.shape.columns, map(str.strip, line), strict=False))}
                cells.pop("", None)  # a column without a name
                yield _row(self.shape, cells)


def opened(file: IO[bytes], name: str) -> Table:
    """Open a table. Raises SourceError, and later while it is read, where it is damaged."""
    lines = _of_parquet(file) if name.lower().endswith(".parquet") else _of_text(file)
    first = next(lines, None)
    shape = shape_of(first or [])
    return Table(shape, lines if shape.has_header else chain([first or []], lines))


def rows(source: Path | IO[bytes], name: str = "") -> Iterator[Row | Refusal]:
    """Give the rows of a table, one by one; of one that cannot be understood why. Raises SourceError."""
    if isinstance(source, Path):
        with source.open("rb") as file:
            yield from opened(file, name or source.name)
    else:
        yield from opened(source, name)


def _of_text(file: IO[bytes]) -> Iterator[list[str]]:
    csv.field_size_limit(LONGEST)
    lines = (line.replace("\0", "") for line in _lines(file))  # a NUL is no text, and PostgreSQL keeps none
    try:
        first = next(lines, "")
        delimiter = max(DELIMITERS, key=first.count)
        if delimiter == "\t":
            yield from csv.reader(chain([first], lines), delimiter=delimiter, quoting=csv.QUOTE_NONE)  # quotes are text
        else:
            yield from csv.reader(chain([first], lines), delimiter=delimiter)
    except UnicodeDecodeError as error:
        raise SourceError(
            gettext_noop("The table is not UTF-8 text. Save it as “CSV UTF-8” in your spreadsheet program.")
        ) from error
    except csv.Error as error:
        raise SourceError(gettext_noop("The table cannot be read: %(error)s"), error=error) from error


def _lines(file: IO[bytes]) -> Iterator[str]:
    """Give the lines of UTF-8, or of UTF-16 that says so, as spreadsheets write “Unicode text”; one may be a bomb."""
    first = file.readline(LINE)
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        file.seek(0)
        text = io.TextIOWrapper(file, "utf-16", newline="")
        yield from iter(lambda: text.readline(LINE), "")
        text.detach()
        return
    decode = codecs.getincrementaldecoder("utf-8-sig")().decode
    yield from (decode(line) for line in chain([first] if first else [], iter(lambda: file.readline(LINE), b"")))


def _of_parquet(file: IO[bytes]) -> Iterator[list[str]]:
    try:
        table = pq.ParquetFile(file)
        yield list(table.schema_arrow.names)
        for batch in table.iter_batches(BATCH):
            columns = [[_text(cell) for cell in column.to_pylist()] for column in batch.columns]
            yield from (list(line) for line in zip(*columns, strict=True))
    except (pa.ArrowException, OSError) as error:
        raise SourceError(gettext_noop("The Parquet file is damaged or cut short.")) from error


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell).replace("\0", "")


def _row(shape: Shape, cells: Cells) -> Row | Refusal:
    name = cells[shape.name]
    if name in {"", "."}:
        return Refusal("?", Unusable(gettext_noop("A row of the table has no filename.")))
    try:
        cells = shape.mend(cells)
    except BadInput as error:
        return Refusal(name, error)
    place, odd = _place_or_why_not(cells[shape.lat], cells[shape.lng])
    names, others = _uses(tuple(cells))
    words = {ours: next(filter(None, map(cells.__getitem__, theirs)), "") for ours, theirs in names}
    extra = {key: cells[key] for key in others if cells[key] and key not in (shape.name, shape.lat, shape.lng)}
    return Row(name, place, words, extra, _precision_m(cells, shape) if place else None, odd)


@lru_cache(maxsize=16)
def _uses(columns: tuple[str, ...]) -> tuple[list[tuple[str, list[str]]], list[str]]:
    """Return which columns each of our words is taken from, and which are none of these: once for a table."""
    names = [(ours, [each for each in theirs if each in columns]) for ours, theirs in WORDS.items()]
    return names, [each for each in columns if not any(each in theirs for _, theirs in names)]


def _place_or_why_not(lat: str, lng: str) -> tuple[Point | None, Oddity | None]:
    """Read a row's coordinates, or say what the table has in their place; swapped back where only that makes sense."""
    try:
        return _place(lat, lng), None
    except BadInput as error:
        if lat.startswith("'") or lng.startswith("'"):  # a spreadsheet was kept from running a minus sign
            return _place_or_why_not(lat.lstrip("'"), lng.lstrip("'"))
        told = f"{lat[:TOLD]}, {lng[:TOLD]}"
        if swapped := _swapped(lat, lng):
            return None, Oddity("swapped", {"told": told, "lat": swapped.lat, "lng": swapped.lng})
        if meant := _meant(lat, lng):
            return None, Oddity("table-form", {"told": told, "lat": meant.lat, "lng": meant.lng})
        return None, Oddity("table-odd", {"told": told, "why": error.sentence, **_plain(error)})


def _meant(lat: str, lng: str) -> Point | None:
    """Read 48,8566 or 48°51'24"N as people mean it: to be offered, since it may mean something else."""
    written = [each.strip().upper().translate(MINUS) for each in (lat, lng)]
    if not all(map(WRITTEN.fullmatch, written)):
        return None
    first, second = reversed(written) if EAST_WEST & set(written[0]) else written
    if EAST_WEST & set(first) or NORTH_SOUTH & set(second):  # two of one kind
        return None
    try:
        return on_earth(lat_lon_parser.parse(first), lat_lon_parser.parse(second))
    except (ValueError, TypeError):  # no number, or more than three
        return None


def place_in(text: str) -> Point | None:
    """Read both coordinates out of one text, latitude first unless letters say otherwise; None where there are not two.

    Raises BadInput where they are two numbers and no place.
    """
    plain = text.strip().upper().translate(MINUS)
    if len(plain) > LONGEST_PLACE or HALF.fullmatch(plain):
        return None
    both = next(filter(None, (pattern.fullmatch(plain) for pattern in PAIRS)), None)
    if both is None:
        return None
    with suppress(ValueError):
        return plausible(float(both[1]), float(both[2]))
    return _meant(both[1].rstrip(", "), both[2])


def _plain(error: BadInput) -> dict[str, str]:
    return {name: str(value) for name, value in error.values.items()}


def _swapped(lat: str, lng: str) -> Point | None:
    """Return the place that a latitude that is none and a longitude are the other way round, if there is one."""
    try:
        north, east = float(lat), float(lng)
    except ValueError:
        return None
    return on_earth(east, north) if abs(north) > 90 else None


def _place(lat: str, lng: str) -> Point | None:
    """Read a row's coordinates; None where both cells are empty (then the file must tell). Raises Unusable."""
    if not lat and not lng:
        return None
    if not lat or not lng:
        raise Unusable(gettext_noop("Its row has only one of latitude and longitude."))
    try:
        north, east = float(lat), float(lng)
    except ValueError as error:
        raise Unusable(gettext_noop("These are not two numbers.")) from error
    return plausible(north, east)


def _precision_m(cells: Cells, shape: Shape) -> float:
    """Return what the digits of both coordinates leave open, in metres; more where the table says so (Flickr)."""
    written = [cells[each].partition(".")[2] for each in (shape.lat, shape.lng)]
    # Programs write as many zeros behind as they like. One number may be round by chance, hardly both.
    digits = min(*map(len, written), max(len(each.rstrip("0")) for each in written))
    accuracy = cells.get("accuracy", "")
    said_km = next((km for least, km in FLICKR_KM if int(accuracy) >= least), None) if accuracy.isdigit() else None
    return max(M_PER_DEGREE / 10**digits, 1000 * (said_km or 0.0))
