"""A photo set as one zip, and back: photos as they are kept, a table, credits and licences.

Whoever imports the zip elsewhere gets the same set: the same bytes, places, albums and texts, and so the same hash. The
table is one that `import_photos` reads too; what else it says (sums, times, reviews) is for the way back.
"""

import csv
import hashlib
import io
import json
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import IO, Any

from django.db import transaction

from geogame import photos, sources
from geogame.formulas import guarded, unguarded
from geogame.models import Doubt, Exhibit, ExhibitPhoto, Photo, PhotoSet
from geogame.pictures import Developed, Unusable
from geogame.rules.refusals import BadInput, gettext_noop
from geogame.rules.sphere import Point
from geogame.sources import Item, SourceError

FORMAT = 1
COLUMNS = (
    "filename", "latitude", "longitude", "title", "credit", "licence", "source_url", "album", "withdrawn", "review",
    "place_from", "precision_m", "taken_at", "original_name", "original_sha256", "file_sha256", "extra",
)  # fmt: skip
NUMBERS = frozenset({"latitude", "longitude", "precision_m"})  # a minus in front of these is no formula
Row = dict[str, str]
Develop = Callable[[bytes], Developed]  # a darkroom's; raises Unusable


class _Parts(io.RawIOBase):
    """A file that cannot be sought: what is written is taken away at once."""

    def __init__(self) -> None:
        self._kept: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._kept.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        data, self._kept = b"".join(self._kept), []
        return data


def write(photo_set: PhotoSet) -> Iterator[bytes]:
    """Give the zip part by part; no more than one photo of it is in memory."""
    out = _Parts()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:  # photos hardly get smaller
        _add(archive, "set.json", json.dumps(_set(photo_set), ensure_ascii=False, indent=1).encode())
        table, credits, licences = io.StringIO(newline=""), list[str](), Counter[str]()
        writer = csv.DictWriter(table, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for number, (photo, exhibit) in enumerate(_in_order(photo_set), start=1):
            name = f"photos/{number:06}.jpg"
            with photo.file.open("rb") as file:
                _add(archive, name, file.read())
            cells = _row(name, photo, exhibit).items()
            writer.writerow({key: value if key in NUMBERS else guarded(value) for key, value in cells})
            words = filter(None, (photo.title, photo.credit, photo.licence, photo.source_url))
            credits.append(f"{name}: {' – '.join(' '.join(each.split()) for each in words)}")  # a line each
            licences[photo.licence or "no licence is named"] += 1
            yield out.taken()
        _add(archive, "photos.csv", table.getvalue().encode())
        _add(archive, "CREDITS.txt", "".join(f"{line}\n" for line in credits).encode())
        told = "".join(f"{count} photos: {licence}\n" for licence, count in sorted(licences.items()))
        _add(archive, "LICENCES.txt", f"Each photo's own licence applies to it (CREDITS.txt).\n\n{told}".encode())
    yield out.taken()


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name), data)  # of no date: the same set gives the same bytes


def _set(photo_set: PhotoSet) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "name": photo_set.name,
        "description": photo_set.description,
        "domain": photo_set.domain,
        "licence": photo_set.licence,
        "credit": photo_set.credit,
        "frozen_sha256": photo_set.frozen_sha256,
    }


def _in_order(photo_set: PhotoSet) -> Iterator[tuple[Photo, Exhibit | None]]:
    """Give the photos with their exhibits, those of an album one after the other; then those that are shown nowhere."""
    shown = ExhibitPhoto.objects.filter(exhibit__photo_set=photo_set).exclude(photo__file="")
    for each in shown.select_related("photo", "exhibit").order_by("exhibit__pk", "position").iterator(500):
        yield each.photo, each.exhibit
    for photo in photo_set.photos.filter(exhibits=None).exclude(file="").order_by("pk").iterator(500):
        yield photo, None


def _row(name: str, photo: Photo, exhibit: Exhibit | None) -> Row:
    return {
        "filename": name,
        "latitude": "" if photo.lat is None else repr(photo.lat),
        "longitude": "" if photo.lng is None else repr(photo.lng),
        "title": photo.title,
        "credit": photo.credit,
        "licence": photo.licence,
        "source_url": photo.source_url,
        "album": exhibit.album if exhibit else "",
        "withdrawn": "yes" if exhibit and exhibit.retired_at else "",
        "review": photo.review,
        "place_from": photo.place_from,
        "precision_m": "" if photo.precision_m is None else repr(photo.precision_m),
        "taken_at": photo.taken_at.strftime("%Y-%m-%dT%H:%M:%S") if photo.taken_at else "",
        "original_name": photo.original_name,
        "original_sha256": photo.original_sha256,
        "file_sha256": photo.file_sha256,
        "extra": json.dumps(photo.extra, ensure_ascii=False, sort_keys=True),
    }


def bring(file: IO[bytes], develop: Develop, now: datetime, name: str = "") -> tuple[PhotoSet, list[str]]:
    """Make a set of such a zip, named as it was or as is said; return it, and what could not be brought in.

    Raises SourceError where the zip is none of ours, BadInput where there is a set of that name.
    """
    try:
        archive = zipfile.ZipFile(file)
        told = json.loads(archive.read("set.json"))
        table = archive.read("photos.csv").decode()
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, NotImplementedError) as error:
        raise SourceError(gettext_noop("This is no photo set that was taken away from here.")) from error
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise SourceError(gettext_noop("This photo set was written by another version of the game."))
    with archive:
        photo_set, is_new = photos.set_named(name or str(told.get("name", "")), str(told.get("domain", "real")))
        if not is_new:
            raise BadInput(gettext_noop("There is a set %(name)s already: choose another name."), name=photo_set.name)
        trouble = []
        for row in csv.DictReader(io.StringIO(table, newline="")):
            whole = {column: unguarded(row.get(column) or "") for column in COLUMNS}
            try:
                _bring_one(photo_set, archive, whole, develop, now)
            except BadInput as error:
                trouble.append(f"{whole['filename']}: {error}")
    for column in ("description", "licence", "credit"):  # now: until here they would have filled the photos' own
        setattr(photo_set, column, str(told.get(column, "")))
    photo_set.save(update_fields=["description", "licence", "credit"])
    return photo_set, trouble


def carried_sha256(file: IO[bytes]) -> str:
    """Return the hash that such a zip says its set was frozen as; "" where it was not."""
    with zipfile.ZipFile(file) as archive:
        return str(json.loads(archive.read("set.json")).get("frozen_sha256") or "")


@transaction.atomic
def _bring_one(photo_set: PhotoSet, archive: zipfile.ZipFile, row: Row, develop: Develop, now: datetime) -> None:
    data = sources.member(archive, row["filename"])
    developed = develop(data)
    if not developed.faces and is_bare(data) and hashlib.sha256(data).hexdigest() == row["file_sha256"]:
        developed = _as_it_is(developed, data)
    try:
        place = Point(float(row["latitude"]), float(row["longitude"])) if row["latitude"] else None
        precision = float(row["precision_m"]) if row["precision_m"] else None
        extra = json.loads(row["extra"] or "{}")
        taken = datetime.fromisoformat(row["taken_at"]).replace(tzinfo=UTC) if row["taken_at"] else None
    except ValueError as error:
        raise Unusable(gettext_noop("Its row cannot be read.")) from error
    words = {key: row[key] for key in ("title", "credit", "licence", "source_url", "album")}
    original = PurePosixPath(row["original_name"] or row["filename"]).as_posix()
    item = Item(original, lambda: data, place, words, extra, precision, row["place_from"])
    photo = photos.keep(photo_set, item, developed, row["original_sha256"] or hashlib.sha256(data).hexdigest())
    known = row["review"] if row["review"] in Photo.Review.values else ""
    Photo.objects.filter(pk=photo.pk).update(review=known, taken_at=taken)
    if known == Photo.Review.ACCEPTED:
        photo.doubts.update(verdict=Doubt.Verdict.FINE, settled_at=now)
    if row["withdrawn"]:
        photo.exhibits.update(retired_at=now)


def _as_it_is(developed: Developed, data: bytes) -> Developed:
    """Keep a picture's bytes: it was made here, or by another installation, of pixels alone."""
    return replace(developed, picture=replace(developed.picture, jpeg=data))


# Start, JFIF, tables of quantisation, Huffman and restarts, frames, scans, end: what pixels need.
_NEEDED = frozenset({0xD8, 0xE0, 0xDB, 0xC4, 0xDD, 0xC0, 0xC1, 0xC2, 0xDA, 0xD9})


def is_bare(data: bytes) -> bool:
    """Tell whether a JPEG holds nothing but what its pixels need: no metadata, nothing behind it."""
    at = 0
    while at + 4 <= len(data):
        if data[at] != 0xFF or data[at + 1] not in _NEEDED:
            return False
        mark = data[at + 1]
        if mark == 0xD8:
            at += 2
            continue
        if mark == 0xE0 and data[at + 4 : at + 9] != b"JFIF\0":
            return False
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if mark == 0xDA:  # pixels, until a mark that is no restart and no stuffed byte
            while at + 1 < len(data) and not (
                data[at] == 0xFF and data[at + 1] != 0 and not 0xD0 <= data[at + 1] <= 0xD7
            ):
                found = data.find(b"\xff", at + 1)
                at = len(data) if found < 0 else found
        if data[at : at + 2] == b"\xff\xd9":
            return at + 2 == len(data)
    return False
