"""Where photos come from: a folder, a zip or a table beside its files, read file by file, nothing trusted.

A source yields items and refusals in order; one bad file never stops the rest. Services that are asked page by page are
in rooms of their own (`commons`, `mapillary`).
"""

import io
import stat
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path, PurePath, PurePosixPath
from typing import IO

from geogame import tables
from geogame.pictures import Unusable
from geogame.rules.refusals import BadInput, gettext_noop
from geogame.sources.items import Entry, Item
from geogame.tables import Refusal, Row, SourceError

__all__ = ["Entry", "Item", "Refusal", "SourceError", "entries", "of_zip", "single"]

TABLES = (".csv", ".tsv", ".parquet")
NO_PICTURES = (
    ".txt", ".md", ".json", ".jsonl", ".xml", ".xmp", ".html", ".pdf", ".ini", ".db", ".log", ".doc", ".docx", ".xlsx",
)  # fmt: skip
MAX_FILE_BYTES = 100_000_000
MAX_TOTAL_BYTES = 20_000_000_000  # of one zip, unpacked
MAX_RATIO = 200  # of a zip member: a photo hardly compresses, a bomb does
Files = dict[str, Callable[[], bytes] | BadInput]  # by name: how to read it, or why it is not taken
Opener = Callable[[], IO[bytes]]


class SameName(Unusable):
    sentence = gettext_noop("Another file of the zip has the same name.")


def entries(path: Path) -> Iterator[Entry]:
    """Yield what a folder, a zip or a table holds. Raises SourceError where there is nothing to read."""
    if path.is_dir():
        table = _table_in(path)
        found = _files_in(path)
        yield from _beside(found, table.name, _opener(table)) if table else _alone(found)
    elif path.suffix.lower() in TABLES and path.is_file():
        yield from _joined(_files_in(path.parent), path.name, _opener(path))
    elif path.is_file() and zipfile.is_zipfile(path):
        with path.open("rb") as file:
            yield from of_zip(file)
    elif path.exists():
        raise SourceError(
            gettext_noop("%(path)s is neither a folder, a zip nor a table (.csv, .tsv, .parquet)."), path=path
        )
    else:
        raise SourceError(gettext_noop("There is no %(path)s."), path=path)


def single(name: str, data: bytes) -> Item:
    """Return the item of one uploaded picture."""
    return Item(name=name, read=lambda: data)


def _opener(path: Path) -> Opener:
    return lambda: path.open("rb")


def _table_in(folder: Path) -> Path | None:
    found = sorted(each for each in folder.iterdir() if each.suffix.lower() in TABLES and not each.name.startswith("."))
    if len(found) > 1:
        raise SourceError(gettext_noop("There are several tables in %(path)s; name one of them."), path=folder)
    return found[0] if found else None


def _files_in(folder: Path) -> Files:
    found: Files = {}
    for file in sorted(folder.rglob("*")):
        name = _shown(file.relative_to(folder))
        if _is_aside(name) or file.is_dir():
            continue
        if file.is_symlink():
            found[name] = Unusable(gettext_noop("It is a link; only files are taken in."))
        elif file.suffix.lower() not in (*TABLES, *NO_PICTURES):  # notes beside photos are nobody's loss
            found[name] = _file_reader(file)
    return found


def _is_aside(name: str) -> bool:
    """Tell whether a file is nobody's photo: hidden, or what systems leave in folders."""
    path = PurePosixPath(name)
    is_hidden = any(part.startswith((".", "__MACOSX")) and part != ".." for part in path.parts)
    return is_hidden or path.name in {"Thumbs.db", "desktop.ini"}


def _no_picture(name: str) -> Unusable | None:
    """Say so of what its name already tells; of everything else its content does."""
    if name == "set.json":
        return Unusable(
            gettext_noop(
                "This zip is a set that was taken away; `export_set --bring` makes it whole again, albums too."
            )
        )
    if PurePosixPath(name).suffix.lower() in NO_PICTURES:
        return Unusable(gettext_noop("This is not a picture."))
    return None


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
        listing = []
        for name, path, _size, refusal in members(archive):
            read = partial(member, archive, path)
            if isinstance(refusal, SameName) or name in found:  # a name with \ and one with / may be shown alike
                yield Refusal(name, refusal or SameName())
            elif refusal is None and PurePosixPath(name).suffix.lower() in TABLES:
                listing.append((name, read))
            else:
                found[name] = refusal or read
        if len(listing) > 1:
            raise SourceError(gettext_noop("There are several tables in the zip; leave one."))
        if listing:
            name, read = listing[0]
            yield from _beside(found, name, lambda: io.BytesIO(read()))
        else:
            yield from _alone(found)


def members(archive: zipfile.ZipFile) -> Iterator[tuple[str, str, int, Unusable | None]]:
    """Give what a zip holds: shown name, name in the zip, bytes, and why it is not to be read, if it is not."""
    total = 0
    for each in archive.infolist():
        name = _shown(PurePosixPath(each.filename.replace("\\", "/")))
        if each.is_dir() or _is_aside(name):
            continue
        total += each.file_size
        twin = None if archive.getinfo(each.filename) is each else SameName()  # of two the last is opened by its name
        yield name, each.filename, each.file_size, twin or _refuse_member(each, total) or _no_picture(name)


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


def member(archive: zipfile.ZipFile, path: str) -> bytes:
    """Read one file of a zip. Raises Unusable."""
    try:
        with archive.open(path) as file:
            data = file.read(MAX_FILE_BYTES + 1)  # what a header claims may be a lie
    except Exception as error:  # zlib, CRC, unsupported methods: each means a damaged member
        raise Unusable(gettext_noop("It is damaged inside the zip.")) from error
    if len(data) > MAX_FILE_BYTES:
        raise Unusable(gettext_noop("Unpacked it is larger than %(limit)d MB."), limit=MAX_FILE_BYTES // 1_000_000)
    return data


def _beside(found: Files, name: str, table: Opener) -> Iterator[Entry]:
    """Join files with a table that lies beside them; if it is none it is reported, and they stand for themselves."""
    try:
        with table() as file:
            next(iter(tables.opened(file, name)), None)
    except SourceError as unfit:
        if not found:
            raise
        yield Refusal(name, unfit)
        yield from _alone(found)
    else:
        yield from _joined(found, name, table)


def _alone(found: Files) -> Iterator[Entry]:
    if not found:
        raise SourceError(gettext_noop("There are no pictures here."))
    for name, reader in found.items():
        yield Refusal(name, reader) if isinstance(reader, BadInput) else Item(name, reader, place_from="")


def _joined(found: Files, name: str, table: Opener) -> Iterator[Entry]:
    """Join files with the rows of a table. Files that it does not list stand for themselves."""
    listed: set[str] = set()
    names = Names(found)
    with table() as file:
        for row in tables.opened(file, name):
            if isinstance(row, Refusal):
                listed.add(names.of(row.file) or "")
                yield row
            else:
                file_name = names.of(row.name, row.extra.get("hash", ""))
                listed.add(file_name or "")
                yield _from_row(row, file_name, found)
    if rest := {file_name: reader for file_name, reader in found.items() if file_name not in listed}:
        yield from _alone(rest)


def normal(name: str) -> str:
    """Return a name with its letters composed, however a system takes them apart (Unicode's NFC)."""
    return name if name.isascii() else unicodedata.normalize("NFC", name)


class Names:
    """Files by what tables call them: by path, by name, or by identity, which is a name without its suffix.

    MP-16's identities hold slashes where the files have underscores. A name that two files share is neither's. Letters
    with accents are one letter or two, as the system has it that a file or a table comes from: both are the same name.
    """

    def __init__(self, files: Iterable[str]) -> None:
        self._known: dict[str, str] = {}
        shared: dict[str, set[str]] = {}
        for file in files:
            whole = normal(file)
            self._known.setdefault(whole, file)
            for short in (PurePosixPath(whole).name, PurePosixPath(whole).stem):
                shared.setdefault(short, set()).add(file)
        for short, those in shared.items():
            if len(those) == 1:
                self._known.setdefault(short, next(iter(those)))

    def of(self, *called: str) -> str | None:
        """Return the file that a table calls so, the first that there is."""
        for each in map(normal, called):
            for name in (PurePosixPath(each).as_posix(), each.replace("/", "_"), PurePosixPath(each).name):
                if each and name in self._known:
                    return self._known[name]
        return None


def _from_row(row: Row, file_name: str | None, found: Files) -> Entry:
    path = PurePosixPath(row.name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts:
        return Refusal(row.name, Unusable(gettext_noop("Its path leads out of the folder.")))
    if file_name is None:
        return Refusal(row.name, Unusable(gettext_noop("The table lists it, but there is no such picture.")))
    reader = found[file_name]
    if isinstance(reader, BadInput):
        return Refusal(file_name, reader)
    place_from = "table" if row.place else ""
    return Item(file_name, reader, row.place, row.words, row.extra, row.precision_m, place_from, row.odd)
