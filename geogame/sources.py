"""Where photos come from: a folder, a zip or a CSV beside its files, read file by file, nothing trusted.

A source yields items and refusals in order; one bad file never stops the rest.
"""

import csv
import io
import stat
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path, PurePath, PurePosixPath
from typing import IO

from geogame.pictures import Unusable, plausible
from geogame.rules.refusals import BadInput, gettext_noop
from geogame.rules.sphere import Point

SUFFIXES = {
    ".jpg",
    ".jpeg",
    ".jpe",
    ".png",
    ".webp",
    ".heic",
    ".heif",
    ".avif",
    ".jxl",
    ".tif",
    ".tiff",
    ".gif",
    ".bmp",
}
MAX_FILE_BYTES = 100_000_000
MAX_TOTAL_BYTES = 20_000_000_000  # of one zip, unpacked
MAX_RATIO = 200  # of a zip member: a photo hardly compresses, a bomb does
KNOWN_COLUMNS = ("filename", "latitude", "longitude", "credit", "licence", "source_url", "title", "album")


class SourceError(BadInput):
    """The source as a whole cannot be read."""


@dataclass(frozen=True)
class Item:
    """One file to take in: its name, how to read it, and what a table says of it."""

    name: str
    read: Callable[[], bytes]
    place: Point | None = None
    words: dict[str, str] = field(default_factory=dict)  # credit, licence, source_url, title, album
    extra: dict[str, str] = field(default_factory=dict)  # columns that the game does not know


@dataclass(frozen=True)
class Refusal:
    file: str
    reason: BadInput


Entry = Item | Refusal
Files = dict[str, Callable[[], bytes] | BadInput]  # by name: how to read it, or why it is not taken


def entries(path: Path) -> Iterator[Entry]:
    """Yield what a folder, a zip or a CSV holds. Raises SourceError where there is nothing to read."""
    if path.is_dir():
        table = _table_in(path)
        found = _files_in(path)
        yield from _beside(found, table.name, table.read_bytes()) if table else _joined(found, None)
    elif path.suffix.lower() == ".csv" and path.is_file():
        yield from _joined(_files_in(path.parent), path.read_bytes())
    elif path.is_file() and zipfile.is_zipfile(path):
        with path.open("rb") as file:
            yield from of_zip(file)
    elif path.exists():
        raise SourceError(gettext_noop("%(path)s is neither a folder, a zip nor a CSV file."), path=path)
    else:
        raise SourceError(gettext_noop("There is no %(path)s."), path=path)


def single(name: str, data: bytes) -> Item:
    """Return the item of one uploaded picture."""
    return Item(name=name, read=lambda: data)


def _table_in(folder: Path) -> Path | None:
    tables = sorted(folder.glob("*.csv"))
    if len(tables) > 1:
        raise SourceError(gettext_noop("There are several CSV files in %(path)s; name one of them."), path=folder)
    return tables[0] if tables else None


def _files_in(folder: Path) -> Files:
    found: Files = {}
    for file in sorted(folder.rglob("*")):
        name = _shown(file.relative_to(folder))
        if any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts) or file.is_dir():
            continue
        if file.is_symlink():
            found[name] = Unusable(gettext_noop("It is a link; only files are taken in."))
        elif file.suffix.lower() in SUFFIXES:
            found[name] = _file_reader(file)
    return found


def _shown(path: PurePath) -> str:
    """Return a file's name as it can be printed and stored; bytes in it that are not UTF-8 become question marks."""
    return path.as_posix().encode("utf-8", "replace").decode()


def _file_reader(file: Path) -> Callable[[], bytes]:
    def read() -> bytes:
        if file.stat().st_size > MAX_FILE_BYTES:
            raise Unusable(gettext_noop("The file is larger than %(limit)d MB."), limit=MAX_FILE_BYTES // 1_000_000)
        try:
            return file.read_bytes()
        except OSError as error:
            raise Unusable(gettext_noop("The file cannot be read.")) from error

    return read


def of_zip(file: IO[bytes]) -> Iterator[Entry]:
    """Yield what a zip holds; a CSV at its top is its table. Nothing is unpacked to the disk."""
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError) as error:
        raise SourceError(gettext_noop("The zip file is damaged or cut short.")) from error
    with archive:
        found: Files = {}
        tables = []
        total = 0
        for member in archive.infolist():
            total += member.file_size
            refusal = _refuse_member(member, total)
            name = _shown(PurePosixPath(member.filename.replace("\\", "/")))
            parts = PurePosixPath(name).parts
            if member.is_dir() or any(part.startswith(("__MACOSX", ".")) and part != ".." for part in parts):
                continue
            if refusal:
                found[name] = refusal
            elif name.lower().endswith(".csv"):
                tables.append(member)
            elif PurePosixPath(name).suffix.lower() in SUFFIXES:
                found[name] = _member_reader(archive, member)
            else:
                found[name] = Unusable(gettext_noop("This is not a picture."))
        if len(tables) > 1:
            raise SourceError(gettext_noop("There are several CSV files in the zip; leave one."))
        if tables:
            yield from _beside(found, tables[0].filename, _member_reader(archive, tables[0])())
        else:
            yield from _joined(found, None)


def _refuse_member(member: zipfile.ZipInfo, total_bytes: int) -> Unusable | None:
    path = PurePosixPath(member.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or (path.parts and path.parts[0].endswith(":")):
        return Unusable(gettext_noop("Its path leads out of the zip."))
    if stat.S_ISLNK(member.external_attr >> 16):
        return Unusable(gettext_noop("It is a link; only files are taken in."))
    if member.flag_bits & 0x1:
        return Unusable(gettext_noop("It is encrypted."))
    if member.file_size > MAX_FILE_BYTES or total_bytes > MAX_TOTAL_BYTES:
        return Unusable(gettext_noop("Unpacked it is larger than %(limit)d MB."), limit=MAX_FILE_BYTES // 1_000_000)
    if member.file_size > 1_000_000 and member.file_size > MAX_RATIO * max(1, member.compress_size):
        return Unusable(
            gettext_noop("It unpacks to %(ratio)d times its size, as no picture does."),
            ratio=member.file_size // max(1, member.compress_size),
        )
    return None


def _member_reader(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Callable[[], bytes]:
    def read() -> bytes:
        try:
            with archive.open(member) as file:
                data = file.read(MAX_FILE_BYTES + 1)  # what a header claims may be a lie
        except Exception as error:  # zlib, CRC, unsupported methods: each means a damaged member
            raise Unusable(gettext_noop("It is damaged inside the zip.")) from error
        if len(data) > MAX_FILE_BYTES:
            raise Unusable(gettext_noop("Unpacked it is larger than %(limit)d MB."), limit=MAX_FILE_BYTES // 1_000_000)
        return data

    return read


def _beside(found: Files, name: str, table: bytes) -> Iterator[Entry]:
    """Join files with a CSV that lies beside them; if it is no table it is reported, and they stand for themselves."""
    unfit = _why_no_table(table)
    if unfit and not found:
        raise unfit
    if unfit:
        yield Refusal(name, unfit)
    yield from _joined(found, None if unfit else table)


def _joined(found: Files, table: bytes | None) -> Iterator[Entry]:
    """Join files with the rows of a table; without a table every file stands for itself."""
    if table is None:
        if not found:
            raise SourceError(gettext_noop("There are no pictures here."))
        for name, reader in found.items():
            yield Refusal(name, reader) if isinstance(reader, BadInput) else Item(name, reader)
        return
    listed = set()
    for row in _rows(table):
        name = PurePosixPath(row["filename"]).as_posix()
        listed.add(name)
        yield _from_row(name, found.get(name), row)
    for name, reader in found.items():
        if name not in listed:
            unlisted = Unusable(gettext_noop("The CSV file does not list it."))
            yield Refusal(name, reader if isinstance(reader, BadInput) else unlisted)


def _why_no_table(table: bytes) -> SourceError | None:
    """Say why a CSV that lies beside pictures is not their table; they then stand for themselves."""
    try:
        next(_rows(table), None)
    except SourceError as error:
        return error
    return None


def _rows(table: bytes) -> Iterator[dict[str, str]]:
    try:
        text = table.decode("utf-8-sig").replace("\0", "")  # a NUL is no text, and PostgreSQL keeps none
    except UnicodeDecodeError as error:
        raise SourceError(gettext_noop("The CSV file is not UTF-8 text.")) from error
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        names = [name.strip().lower() for name in next(reader, [])]
        missing = [name for name in ("filename", "latitude", "longitude") if name not in names]
        if missing:
            raise SourceError(
                gettext_noop("The CSV file beside the pictures lacks the columns %(missing)s."),
                missing=", ".join(missing),
            )
        for cells in reader:
            if any(cells):
                row = {name: value.strip() for name, value in zip_longest(names, cells[: len(names)], fillvalue="")}
                yield {name: value for name, value in row.items() if name}
    except csv.Error as error:
        raise SourceError(gettext_noop("The CSV file cannot be read: %(error)s"), error=error) from error


def _from_row(name: str, reader: Callable[[], bytes] | BadInput | None, row: dict[str, str]) -> Entry:
    if name in {"", "."}:
        return Refusal("?", Unusable(gettext_noop("A row of the CSV file has no filename.")))
    if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
        return Refusal(name, Unusable(gettext_noop("Its path leads out of the folder.")))
    if reader is None:
        return Refusal(name, Unusable(gettext_noop("The CSV file lists it, but there is no such picture.")))
    if isinstance(reader, BadInput):
        return Refusal(name, reader)
    try:
        place = _place(row["latitude"], row["longitude"])
    except BadInput as error:
        return Refusal(name, error)
    words = {key: row.get(key, "") for key in KNOWN_COLUMNS[3:]}
    extra = {key: value for key, value in row.items() if key not in KNOWN_COLUMNS and value}
    return Item(name, reader, place, words, extra)


def _place(lat: str, lng: str) -> Point | None:
    """Read a row's coordinates; None where both cells are empty (then the file's EXIF must tell)."""
    if not lat and not lng:
        return None
    if not lat or not lng:
        raise Unusable(gettext_noop("Its row has only one of latitude and longitude."))
    try:
        return plausible(float(lat), float(lng))
    except ValueError as error:
        raise Unusable(gettext_noop("Its coordinates %(lat)s, %(lng)s are not numbers."), lat=lat, lng=lng) from error
