"""The verbs of an import: files are announced, arrive, are taken up, and become photos or are refused with a reason.

The table of arrivals is the queue. A message that is lost is nothing, and a worker that dies leaves an arrival that is
taken up again; whatever is done twice leaves what it would have left once. What arrived stays when a line breaks.
"""

import fcntl
import hashlib
import logging
import secrets
import shutil
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any, Protocol

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.signals import post_delete
from django.dispatch import receiver

from geogame import doubts, photos, sources, tables
from geogame.models import Arrival, Import, Photo, PhotoSet
from geogame.photos import AlreadyThere
from geogame.pictures import Developed, Unusable
from geogame.rules.refusals import BadInput, NotNow, Refused, gettext_noop
from geogame.rules.sphere import Point
from geogame.sources import Item, Refusal, SourceError
from geogame.sources.items import Network

log = logging.getLogger(__name__)

UPLOAD, COMMONS, MAPILLARY = "upload", "commons", "mapillary"
KINDS = (UPLOAD, COMMONS, MAPILLARY)
LIFE_S = 150.0  # without a sign of life a worker is taken for dead; the darkroom gives a file sixty seconds
TRIES = 2  # of a file; a third time it would end another worker
MOST_BYTES = 20_000_000_000  # of one file that is sent: a zip
PART_BYTES = 16_000_000  # of a file, sent at once
BLOCK = 500  # rows written at once


class Reader(Protocol):
    """What reads pictures: a darkroom."""

    def develop(self, data: bytes, blur: bool = False) -> Developed: ...


class WrongPlace(NotNow):
    """A part of a file begins where the file does not end."""


def open_import(
    photo_set: PhotoSet, kind: str, asked: dict[str, Any], by: AbstractBaseUser | AnonymousUser | None, now: datetime
) -> Import:
    """Open an import into a set. Raises NotNow where the set is frozen."""
    photos.refuse_frozen(photo_set)
    by_id = by.pk if by is not None else None
    return Import.objects.create(photo_set=photo_set, kind=kind, asked=asked, by_id=by_id, opened_at=now)


def expect(source: Import, files: Sequence[tuple[str, int, int]]) -> list[Arrival]:
    """Announce files by name, size (bytes) and time (ms); return their arrivals, which tell what of each is here.

    What was announced before is not announced twice. Raises NotNow once the import is closed.
    """
    if source.closed_at:
        raise NotNow(gettext_noop("This import is closed. Open another for more files."))
    named = [(_name(name), size, modified) for name, size, modified in files]
    for begin in range(0, len(named), BLOCK):
        Arrival.objects.bulk_create(
            (
                Arrival(source=source, name=name, size=size, modified=modified, is_table=_is_table(name))
                for name, size, modified in named[begin : begin + BLOCK]
            ),
            ignore_conflicts=True,
        )
    there = {
        (each.name, each.size, each.modified): each
        for each in source.arrivals.filter(name__in={n for n, _, _ in named})
    }
    return [there[each] for each in named]


def _name(name: str) -> str:
    return name.replace("\0", "").replace("\\", "/")[-300:] or "?"


def _is_table(name: str) -> bool:
    return name.lower().endswith(sources.TABLES)


def receive(arrival: Arrival, offset: int, part: IO[bytes], now: datetime) -> Arrival:
    """Take the next part of a file. Raises WrongPlace where it does not begin where the file ends, and BadInput.

    The file on the disk is the truth: of two that send the same part one is refused.
    """
    if arrival.size > MOST_BYTES:
        raise BadInput(gettext_noop("The file is larger than %(limit)d GB."), limit=MOST_BYTES // 1_000_000_000)
    path = inbox(arrival)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file, _held(file):
        here = file.tell()
        if arrival.arrived_at is not None or offset != here:
            _note(arrival, here)
            raise WrongPlace(
                gettext_noop("This part begins at byte %(offset)d; %(here)d are here."), offset=offset, here=here
            )
        left = min(PART_BYTES, arrival.size - here)
        while left > 0 and (data := part.read(min(left, 1 << 16))):
            file.write(data)
            left -= len(data)
        file.flush()
        here = file.tell()
    _note(arrival, here)
    if here >= arrival.size:
        Arrival.objects.filter(pk=arrival.pk, arrived_at=None).update(arrived_at=now)
    arrival.refresh_from_db()
    return arrival


@contextmanager
def _held(file: IO[bytes]) -> Iterator[None]:
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


def _note(arrival: Arrival, received: int) -> None:
    Arrival.objects.filter(pk=arrival.pk).update(received=received)


def inbox(arrival: Arrival) -> Path:
    """Return where an arrival's bytes are until they are a photo. They have their metadata: nobody is served them."""
    return Path(settings.INBOX_ROOT) / str(arrival.source_id) / str(arrival.pk)


def close(source: Import, now: datetime) -> None:
    """Say that nothing more is to arrive; what has not arrived whole is refused."""
    Import.objects.filter(pk=source.pk, closed_at=None).update(closed_at=now)
    for arrival in source.arrivals.filter(arrived_at=None, done_at=None):
        _refuse(arrival, gettext_noop("It did not arrive whole."), {}, now)


# What a worker does


def take_up(now: datetime) -> Arrival | None:
    """Take the next file to be worked at: nobody else gets it while this worker lives. None where nothing waits."""
    tables_first = Arrival.objects.filter(source=OuterRef("source"), is_table=True, done_at=None)
    waiting = Arrival.objects.filter(
        Q(taken_at=None) | Q(taken_at__lt=now - timedelta(seconds=LIFE_S)), done_at=None, arrived_at__isnull=False
    ).filter(Q(is_table=True, source__closed_at__isnull=False) | ~Exists(tables_first))
    for arrival in waiting.order_by("pk")[:8]:
        # Compare and swap: the number of tries changes whenever somebody takes it.
        mine = Arrival.objects.filter(pk=arrival.pk, tries=arrival.tries, done_at=None)
        if mine.update(taken_at=now, tries=F("tries") + 1, token=arrival.token or secrets.token_hex(16)):
            return Arrival.objects.select_related("source__photo_set", "archive").get(pk=arrival.pk)
    return None


def work(arrival: Arrival, reader: Reader, now: datetime) -> None:
    """Make a photo of what was taken up, or say why not. Nothing is raised that concerns this file alone."""
    try:
        if arrival.tries > TRIES:
            raise Unusable(gettext_noop("The picture made its reader fail."))
        if arrival.is_table:
            _read_table(arrival, now)
        elif _is_zip(arrival):
            _unfold(arrival, now)
        else:
            _develop(arrival, reader, now)
    except AlreadyThere as there:
        _finish(arrival, now, photo=there.photo, reason=[there.sentence, there.values])
    except Refused as refusal:
        _refuse(arrival, refusal.sentence, refusal.values, now)


def _develop(arrival: Arrival, reader: Reader, now: datetime) -> None:
    photo_set = arrival.source.photo_set
    if "refused" in arrival.words:
        raise Unusable(*arrival.words["refused"][:1], **arrival.words["refused"][1])
    photos.refuse_frozen(photo_set)
    data = _bytes_of(arrival)
    sha256 = hashlib.sha256(data).hexdigest()
    photos.refuse_twice(photo_set, sha256)
    developed = reader.develop(data, photo_set.blur)
    photos.keep(
        photo_set, _item(arrival, data), developed, sha256, arrival.token,
        also=lambda photo: _finish(arrival, now, photo=photo, sha256=sha256),
    )  # fmt: skip


def _item(arrival: Arrival, data: bytes) -> Item:
    told = arrival.words
    place = Point(*told["place"]) if told.get("place") else None
    return Item(
        arrival.name, lambda: data, place, told.get("words", {}), told.get("extra", {}), told.get("precision_m"),
        told.get("place_from", ""),
    )  # fmt: skip


def told_by(item: Item | tables.Row) -> dict[str, Any]:
    """Return what a row or a service says of a photo, as an arrival keeps it."""
    place_from = item.place_from if isinstance(item, Item) else Photo.From.TABLE if item.place else ""
    return {
        "place": list(item.place) if item.place else None,
        "words": item.words,
        "extra": item.extra,
        "precision_m": item.precision_m,
        "place_from": place_from,
    }


def _bytes_of(arrival: Arrival) -> bytes:
    """Read a file of the inbox, or one in a zip of it. Raises Unusable."""
    if arrival.archive is not None:
        with _opened_zip(arrival.archive) as archive:
            return sources.member(archive, arrival.path)
    try:
        with inbox(arrival).open("rb") as file:
            data = file.read(sources.MAX_FILE_BYTES + 1)
    except OSError as error:
        raise Unusable(gettext_noop("The file cannot be read.")) from error
    if len(data) > sources.MAX_FILE_BYTES:
        raise Unusable(gettext_noop("The file is larger than %(limit)d MB."), limit=sources.MAX_FILE_BYTES // 1_000_000)
    return data


def _is_zip(arrival: Arrival) -> bool:
    return arrival.archive is None and arrival.name.lower().endswith(".zip")


@contextmanager
def _opened_zip(arrival: Arrival) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(inbox(arrival))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise Unusable(gettext_noop("The zip file is damaged or cut short.")) from error
    with archive:
        yield archive


def _unfold(arrival: Arrival, now: datetime) -> None:
    """Announce what a zip holds: each of its files is an arrival of its own, read from the zip when its turn comes."""
    with _opened_zip(arrival) as archive:
        rows = []
        for name, path, size, refusal in sources.members(archive):
            rows.append(
                Arrival(
                    source=arrival.source, archive=arrival, name=_name(name), path=path, size=size,
                    modified=arrival.modified, arrived_at=now, is_table=refusal is None and _is_table(name),
                    done_at=now if refusal else None,
                    reason=[refusal.sentence, _plain(refusal.values)] if refusal else None,
                )
            )  # fmt: skip
    if not rows:
        raise Unusable(gettext_noop("There are no pictures here."))
    for begin in range(0, len(rows), BLOCK):
        Arrival.objects.bulk_create(rows[begin : begin + BLOCK], ignore_conflicts=True)
    _finish(arrival, now)  # its file stays until the import has ended


def _read_table(arrival: Arrival, now: datetime) -> None:
    """Give each file of the import what the table says of it, and note what the table names that is not there."""
    others = arrival.source.arrivals.filter(is_table=False, done_at=None)
    by_name = {each.name: each for each in others.only("pk", "name", "words").iterator(BLOCK)}
    names = sources.Names(by_name)
    changed: dict[int, Arrival] = {}
    missing: list[Arrival] = []
    with _opened_table(arrival) as file:
        for row in tables.opened(file, arrival.name):
            called = row.file if isinstance(row, Refusal) else row.name
            found = names.of(called, "" if isinstance(row, Refusal) else row.extra.get("hash", ""))
            if found is None:
                reason = _why_missing(row)
                missing.append(
                    Arrival(source=arrival.source, name=_name(called), modified=-1, done_at=now, reason=reason)
                )  # fmt: skip
                if len(missing) >= BLOCK:
                    Arrival.objects.bulk_create(missing, ignore_conflicts=True)
                    missing.clear()
                continue
            of = by_name[found]
            of.words = _refused(row.reason) if isinstance(row, Refusal) else told_by(row)
            changed[of.pk] = of
    Arrival.objects.bulk_create(missing, ignore_conflicts=True)
    for each in by_name.values():
        if each.pk not in changed:
            each.words = _refused(Unusable(gettext_noop("The table does not list it.")))
            changed[each.pk] = each
    Arrival.objects.bulk_update(changed.values(), ["words"], batch_size=BLOCK)
    _finish(arrival, now)


def _why_missing(row: tables.Row | Refusal) -> list[Any]:
    if isinstance(row, Refusal):
        return [row.reason.sentence, _plain(row.reason.values)]
    return [gettext_noop("The table lists it, but there is no such picture."), {}]


def _refused(why: BadInput) -> dict[str, Any]:
    return {"refused": [why.sentence, _plain(why.values)]}


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Return values that JSON can hold."""
    return {key: value if isinstance(value, int | float) else str(value) for key, value in values.items()}


@contextmanager
def _opened_table(arrival: Arrival) -> Iterator[IO[bytes]]:
    if arrival.archive is None:
        with inbox(arrival).open("rb") as file:
            yield file
    else:
        with _opened_zip(arrival.archive) as archive, archive.open(arrival.path) as file:
            yield file


def _finish(
    arrival: Arrival, now: datetime, photo: Photo | None = None, reason: list[Any] | None = None, sha256: str = ""
) -> None:
    """Write down what became of a file, and let its bytes go once that is certain."""
    Arrival.objects.filter(pk=arrival.pk).update(
        done_at=now, photo=photo, reason=[reason[0], _plain(reason[1])] if reason else None, sha256=sha256
    )
    if arrival.archive_id is None and not _is_zip(arrival):
        transaction.on_commit(lambda: inbox(arrival).unlink(missing_ok=True))


def _refuse(arrival: Arrival, sentence: str, values: dict[str, Any], now: datetime) -> None:
    """Say why a file is no photo; pictures of it that were being written when a worker died are deleted."""
    if arrival.token:
        name = f"{arrival.token[:2]}/{arrival.token}"
        if not Photo.objects.filter(file=f"{name}.jpg").exists():
            default_storage.delete(f"{name}.jpg")
    _finish(arrival, now, reason=[sentence, values])


def end_what_is_done(now: datetime) -> int:
    """End the imports that have nothing left to do: look their sets through. Return how many."""
    undone = Arrival.objects.filter(source=OuterRef("pk"), done_at=None)
    ready: QuerySet[Import] = Import.objects.filter(~Exists(undone), finished_at=None, closed_at__isnull=False)
    ended = 0
    for each in ready.select_related("photo_set"):
        doubts.look_through(each.photo_set)
        ended += Import.objects.filter(pk=each.pk, finished_at=None).update(finished_at=now)
        shutil.rmtree(Path(settings.INBOX_ROOT) / str(each.pk), ignore_errors=True)
    return ended


def fetch(source: Import, network: Callable[[], Network], now: Callable[[], datetime]) -> bool:
    """Ask a service for its next page and bring its files in; return whether there is more.

    A page that was cut off is asked for again: what has arrived of it stays. Where the service gives up, so does the
    import, with its sentence.
    """
    most = int(source.asked.get("most") or 0)
    try:
        entries, rest = network().page(source.cursor)
    except SourceError as error:
        failure = [error.sentence, _plain(error.values)]
        Import.objects.filter(pk=source.pk).update(failure=failure, closed_at=now())
        return False
    for entry in entries:
        if most and source.arrivals.filter(reason__isnull=True).count() >= most:
            rest = None
            break
        _fetch_one(source, entry, now)
    Import.objects.filter(pk=source.pk).update(cursor=rest, closed_at=None if rest else now())
    source.refresh_from_db()
    return rest is not None


def _fetch_one(source: Import, entry: Item | Refusal, now: Callable[[], datetime]) -> None:
    name = _name(entry.file if isinstance(entry, Refusal) else entry.name)
    arrival, _ = Arrival.objects.get_or_create(source=source, name=name, size=0, modified=0)
    if arrival.arrived_at or arrival.done_at:
        return
    if isinstance(entry, Refusal):
        _refuse(arrival, entry.reason.sentence, entry.reason.values, now())
        return
    try:
        data = entry.read()
    except Unusable as refusal:
        _refuse(arrival, refusal.sentence, refusal.values, now())
        return
    path = inbox(arrival)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    Arrival.objects.filter(pk=arrival.pk).update(words=told_by(entry), received=len(data), arrived_at=now())


@receiver(post_delete, sender=Import)
def _empty_inbox(instance: Import, **_: object) -> None:
    """An import that is deleted takes with it what it has not used."""
    folder = Path(settings.INBOX_ROOT) / str(instance.pk)
    transaction.on_commit(lambda: shutil.rmtree(folder, ignore_errors=True))
