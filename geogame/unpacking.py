"""What arrives may hold more: zips unfold into files of their own, tables tell where the files beside them are from.

Nothing is unpacked to the disk: a file in a zip is an arrival of its own, and read from the zip when its turn comes.
"""

import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import IO, Any, TypeVar

from django.conf import settings
from django.db.models import Q

from geogame import photos, sources, tables
from geogame.models import Arrival, Import, Photo
from geogame.pictures import Unusable
from geogame.positions import Oddity
from geogame.rules.refusals import BadInput, Refused, gettext_noop
from geogame.rules.sphere import Point, distance_km
from geogame.sources import Item, Refusal

T = TypeVar("T")

BLOCK = 500  # rows written at once
MOST_MEMBERS = 200_000  # of a zip
MOST_MISSING = 1000  # rows of a table without a picture that are told one by one; of the rest the number is
AT_WORK_S = 10.0  # between two signs of life
READ = gettext_noop("It was read. %(more)d more of its rows name no picture that is here.")
NOT_ALONE = gettext_noop("It is in the set, and did not come with this table: send both again, or the table alone.")
HAS_ITS_OWN = gettext_noop("It is in the set, and has a place: what the table says of it was left aside.")
SAME_KM = 0.1  # two rows that are no further apart tell one place
IS_ZIP = Q(archive=None, name__iendswith=".zip")


def name_of(name: str) -> str:
    return name.replace("\0", "").replace("\\", "/")[-300:] or "?"


def is_table(name: str) -> bool:
    return name.lower().endswith(sources.TABLES)


def inbox(arrival: Arrival) -> Path:
    """Return where an arrival's bytes are until they are a photo. They have their metadata: nobody is served them."""
    return Path(settings.INBOX_ROOT) / str(arrival.source_id) / str(arrival.pk)


def unread_table(source: Import) -> Arrival | None:
    """Return a table of an import that could not be used, if there is one; its `reason` says why."""
    refused = source.arrivals.filter(is_table=True, done_at__isnull=False, reason__isnull=False)
    return next((each for each in refused if each.reason and each.reason[0] != READ), None)


def is_zip(arrival: Arrival) -> bool:
    return arrival.archive_id is None and arrival.name.lower().endswith(".zip")


def bytes_of(arrival: Arrival) -> bytes:
    """Read a file of the inbox, or one in a zip of it. Raises Unusable."""
    if arrival.archive is not None:
        return sources.member(_opened_zip(arrival.archive), arrival.path)
    try:
        with inbox(arrival).open("rb") as file:
            data = file.read(sources.MAX_FILE_BYTES + 1)
    except OSError as error:
        raise Unusable(gettext_noop("The file cannot be read.")) from error
    if len(data) > sources.MAX_FILE_BYTES:
        raise Unusable(gettext_noop("The file is larger than %(limit)d MB."), limit=sources.MAX_FILE_BYTES // 1_000_000)
    return data


# The zip that was read last, by path, inode and time: to read its directory anew for each file would take longer than
# the file. One thread of a process works at arrivals.
_open_zip: dict[tuple[Path, int, int], zipfile.ZipFile] = {}


def _opened_zip(arrival: Arrival) -> zipfile.ZipFile:
    path = inbox(arrival)
    try:
        status = path.stat()
        key = (path, status.st_ino, status.st_mtime_ns)
        if key not in _open_zip:
            close_zip()
            _open_zip[key] = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise Unusable(gettext_noop("The zip file is damaged or cut short.")) from error
    return _open_zip[key]


def close_zip() -> None:
    """Let go of the zip that was read last: while it is open its bytes stay on the disk, deleted or not."""
    for archive in _open_zip.values():
        archive.close()
    _open_zip.clear()


def unfold(arrival: Arrival, now: datetime) -> None:
    """Announce what a zip holds: each of its files is an arrival of its own, read from the zip when its turn comes.

    What tells them apart from those of other zips, and each other, is the zip and their number in it.
    """
    archive = _opened_zip(arrival)
    if len(archive.infolist()) > MOST_MEMBERS:
        raise Unusable(gettext_noop("The zip holds more than %(most)d files."), most=MOST_MEMBERS)
    rows = [
        Arrival(
            source=arrival.source, archive=arrival, name=name_of(name), path=path, size=size,
            modified=arrival.pk * MOST_MEMBERS + number, arrived_at=now,
            is_table=refusal is None and is_table(name), done_at=now if refusal else None,
            reason=[refusal.sentence, plain(refusal.values)] if refusal else None,
        )
        for number, (name, path, size, refusal) in enumerate(sources.members(archive))
    ]  # fmt: skip
    if not rows:
        raise Unusable(gettext_noop("There are no pictures here."))
    rows.sort(key=lambda each: not each.is_table)  # stable; a file that is there before its table would not wait for it
    for begin in range(0, len(rows), BLOCK):
        Arrival.objects.bulk_create(rows[begin : begin + BLOCK], ignore_conflicts=True)


def read_table(arrival: Arrival, now: datetime) -> list[Any] | None:
    """Give each file of the import what the table says of it, and note what the table names that is not there.

    Return a sentence on rows that are too many to be noted one by one. A file that is listed twice is told by the last
    row, unless they differ in its place: then nobody knows it. One that no row lists stands for itself. A photo that
    was taken in before its table came learns from it; one of an earlier import if the table comes without photos.
    """
    by_name = _beside(arrival)
    names, earlier = sources.Names(by_name), _in_the_set(arrival)
    names_before = sources.Names(earlier)
    folder = PurePosixPath(arrival.name).parent
    told: dict[int, Arrival] = {}
    late: dict[int, dict[str, Any]] = {}
    missing = Missing(arrival, now)
    with _opened_table(arrival) as file:
        for number, row in enumerate(_living(arrival, tables.opened(file, arrival.name), now)):
            called, other = (row.file, "") if isinstance(row, Refusal) else (row.name, row.extra.get("hash", ""))
            found = names.of(str(folder / called), called, other)
            before = names_before.of(str(folder / called), called, other) if found is None else None
            if found is not None:
                of = by_name[found]
                of.words = _refused(row.reason) if isinstance(row, Refusal) else _at_one_place(row, of.words, number)
                told[of.pk] = of
            elif before is not None and by_name:
                missing.note(called, [NOT_ALONE, {}])
            elif before is not None and not isinstance(row, Refusal):
                late[earlier[before]] = _at_one_place(row, late.get(earlier[before], {}), number)
            else:
                missing.note(called, _why_missing(row))
    Arrival.objects.bulk_update(told.values(), ["words"], batch_size=BLOCK)
    for each in told.values():
        if each.photo is not None and "refused" not in each.words:
            with suppress(Refused):  # it was frozen, sealed or played meanwhile: it stays as it is
                learns = photos.learn if each.reason is None else photos.teach  # what had been here before is asked
                learns(each.photo, item_of(each))
    for pk, words in _living(arrival, late.items(), now):
        if photo := Photo.objects.select_related("photo_set").filter(pk=pk).first():  # else it was deleted meanwhile
            _teach(photo, words, missing)
    return missing.written()


def _beside(table: Arrival) -> dict[str, Arrival]:
    """Return the files that a table may tell of, by name: of one in a zip those of its zip, if there are any."""
    files = table.source.arrivals.filter(is_table=False).exclude(IS_ZIP)
    known = files.filter(Q(done_at=None) | Q(photo__isnull=False)).select_related("photo__photo_set")
    own = known.filter(archive=table.archive_id) if table.archive_id else known.none()
    return {each.name: each for each in own.iterator(BLOCK)} or {each.name: each for each in known.iterator(BLOCK)}


def _in_the_set(table: Arrival) -> dict[str, int]:
    """Return the keys of the set's photos by name, which a table may be about that comes alone; none named alike."""
    rows = table.source.photo_set.photos.values_list("original_name", "pk")
    named = Counter(name for name, _ in rows)
    return {name: pk for name, pk in rows if named[name] == 1}


def _teach(photo: Photo, words: dict[str, Any], missing: "Missing") -> None:
    """Let a photo that came in an earlier import learn from a table that came alone; note where it does not."""
    item = _item(photo.original_name, bytes, words)
    try:
        if item.odd and photo.lat is None:
            photos.learn(photo, item)
        elif not photos.teach(photo, item) and not _is_at(photo, item.place):
            missing.note(photo.original_name, [HAS_ITS_OWN, {}])
    except Refused as refusal:
        missing.note(photo.original_name, [refusal.sentence, plain(refusal.values)])


def _is_at(photo: Photo, place: Point | None) -> bool:
    """Tell whether a photo is where a table has it, as after a worker that died in the middle of that table."""
    return place is not None and (photo.lat, photo.lng) == place


def _at_one_place(row: tables.Row, before: dict[str, Any], number: int) -> dict[str, Any]:
    """Return what a row says of a file, where an earlier one has said something: at two places it is at none."""
    now = {**told_by(row), "row": number}
    if before.get("twice"):
        return {**now, **{key: before[key] for key in ("place", "place_from", "precision_m", "odd", "twice")}}
    if not before.get("place"):
        return now
    if not now["place"]:  # the other row knows more
        return {**now, **{key: before[key] for key in ("place", "place_from", "precision_m", "odd")}}
    places = [Point(*each) for each in (before["place"], now["place"])]
    if distance_km(*places) <= SAME_KM:
        return now
    told = " / ".join(f"{each.lat:.5f}, {each.lng:.5f}" for each in places)
    odd = ["table-odd", {"told": told, "why": gettext_noop("It is listed twice, at different places.")}]
    return {**now, "place": None, "place_from": "", "precision_m": None, "odd": odd, "twice": True}


def _living(arrival: Arrival, rows: Iterable[T], now: datetime) -> Iterator[T]:
    """Give rows, and meanwhile signs of life: a table may have millions."""
    began = last = time.monotonic()
    for number, row in enumerate(rows):
        if number % 50 == 0 and time.monotonic() - last > AT_WORK_S:
            last = time.monotonic()
            Arrival.objects.filter(pk=arrival.pk).update(taken_at=now + timedelta(seconds=last - began))
        yield row


class Missing:
    """What a table names that is not there: the first thousand one by one, of the rest how many they are."""

    def __init__(self, table: Arrival, now: datetime) -> None:
        self._table, self._now, self._count = table, now, 0
        self._rows: list[Arrival] = []

    def note(self, called: str, why: list[Any]) -> None:
        self._count += 1
        if self._count <= MOST_MISSING:
            version = -self._table.pk * MOST_MISSING - self._count  # of each table and row its own
            self._rows.append(
                Arrival(source=self._table.source, name=name_of(called), modified=version, done_at=self._now,
                        reason=why)
            )  # fmt: skip

    def written(self) -> list[Any] | None:
        """Write them down; return a sentence on those that are too many, None where none are."""
        Arrival.objects.bulk_create(self._rows, batch_size=BLOCK, ignore_conflicts=True)
        if self._count <= MOST_MISSING:
            return None
        more = self._count - MOST_MISSING
        return [READ, {"more": more}]


def _why_missing(row: tables.Row | Refusal) -> list[Any]:
    if isinstance(row, Refusal):
        return [row.reason.sentence, plain(row.reason.values)]
    return [gettext_noop("The table lists it, but there is no such picture."), {}]


def _refused(why: BadInput) -> dict[str, Any]:
    return {"refused": [why.sentence, plain(why.values)]}


@contextmanager
def _opened_table(arrival: Arrival) -> Iterator[IO[bytes]]:
    file: IO[bytes]
    if arrival.archive is None:
        with inbox(arrival).open("rb") as file:
            yield file
    else:
        with _opened_zip(arrival.archive).open(arrival.path) as file:
            yield file


def item_of(arrival: Arrival) -> Item:
    """Return a file with what is said of it. Raises Unusable where a table says that it is not to be used."""
    told = arrival.words
    if "refused" in told:
        sentence, values = told["refused"]
        raise Unusable(sentence, **values)
    return _item(arrival.name, lambda: bytes_of(arrival), told)


def _item(name: str, read: Callable[[], bytes], told: dict[str, Any]) -> Item:
    """Return a file with what is said of it: the way back from `told_by`."""
    place = Point(*told["place"]) if told.get("place") else None
    odd = Oddity(*told["odd"]) if told.get("odd") else None
    taken_at = datetime.fromisoformat(told["taken_at"]) if told.get("taken_at") else None
    words, extra = told.get("words", {}), told.get("extra", {})
    return Item(name, read, place, words, extra, told.get("precision_m"), told.get("place_from", ""), odd, taken_at)


def told_by(item: Item | tables.Row) -> dict[str, Any]:
    """Return what a row or a service says of a photo, as an arrival keeps it."""
    place_from = item.place_from if isinstance(item, Item) else Photo.From.TABLE if item.place else ""
    return {
        "place": list(item.place) if item.place else None,
        "words": item.words,
        "extra": item.extra,
        "precision_m": item.precision_m,
        "place_from": place_from,
        "odd": [item.odd.kind, item.odd.values] if item.odd else None,
        "taken_at": item.taken_at.isoformat() if isinstance(item, Item) and item.taken_at else None,
    }


def plain(values: dict[str, Any]) -> dict[str, Any]:
    """Return values that JSON can hold."""
    return {key: value if isinstance(value, int | float) else str(value) for key, value in values.items()}
