"""The verbs of an import: files are announced, arrive, are taken up, and become photos or are refused with a reason.

The table of arrivals is the queue. A message that is lost is nothing, and a worker that dies leaves an arrival that is
taken up again; whatever is done twice leaves what it would have left once. What arrived stays when a line breaks.
"""

import fcntl
import hashlib
import logging
import os
import secrets
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any, Protocol

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.signals import pre_delete
from django.dispatch import receiver

from geogame import doubts, news, photos, reviews, unpacking
from geogame.models import Arrival, Doubt, Import, Photo, PhotoSet
from geogame.photos import AlreadyThere, NotKept
from geogame.pictures import Developed, Unusable
from geogame.positions import on_earth
from geogame.rules.refusals import BadInput, NotNow, Refused, gettext_noop
from geogame.sources import Item, Refusal, SourceError
from geogame.sources.items import Entry, Network

log = logging.getLogger(__name__)

UPLOAD, COMMONS, MAPILLARY = "upload", "commons", "mapillary"
SERVICES = (COMMONS, MAPILLARY)
FOLDER, ZIP, TABLE = "folder", "zip", "table"  # read where the command runs
KINDS = (UPLOAD, *SERVICES, FOLDER, ZIP, TABLE)
LIFE_S = 150.0  # without a sign of life a worker is taken for dead; the darkroom gives a file sixty seconds
TRIES = 2  # of a file; a third time it would end another worker
MOST_BYTES = 20_000_000_000  # of one file that is sent: a zip
PART_BYTES = 16_000_000  # of a file, sent at once
BLOCK = 500  # rows written at once
MOST_ASKED, MOST_OF_A_SPOT = 10_000, 500  # photos of a service
SWAPPED = 0.05  # of a table's places, and two at least: where so many make sense only the other way round, all may be
OFFSET = gettext_noop("This part begins at byte %(offset)d; %(here)d are here.")

# What may have become of a file, as a question to the table.
FATES = {
    "sending": Q(arrived_at=None, done_at=None),
    "waiting": Q(arrived_at__isnull=False, done_at=None),
    "taken": Q(done_at__isnull=False, photo__isnull=False, reason__isnull=True),
    "known": Q(done_at__isnull=False, photo__isnull=False, reason__isnull=False),
    "refused": Q(done_at__isnull=False, photo=None, reason__isnull=False),
    "opened": Q(done_at__isnull=False, photo=None, reason__isnull=True, sha256=""),
    "deleted": ~Q(sha256="") & Q(done_at__isnull=False, photo=None, reason__isnull=True),  # its photo, since
}


class Reader(Protocol):
    """What reads pictures: a darkroom."""

    def develop(self, data: bytes) -> Developed: ...


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
    named = [(unpacking.name_of(name), size, modified) for name, size, modified in files]
    return [each for begin in range(0, len(named), BLOCK) for each in _expected(source, named[begin : begin + BLOCK])]


def _expected(source: Import, files: Sequence[tuple[str, int, int]]) -> list[Arrival]:
    Arrival.objects.bulk_create(
        (
            Arrival(source=source, name=name, size=size, modified=modified, is_table=unpacking.is_table(name))
            for name, size, modified in files
        ),
        ignore_conflicts=True,
    )
    arrivals = source.arrivals.filter(name__in={name for name, _, _ in files})
    there = {(each.name, each.size, each.modified): each for each in arrivals}
    return [there[each] for each in files]


def receive(arrival: Arrival, offset: int, part: IO[bytes], now: datetime) -> Arrival:
    """Take the next part of a file. Raises WrongPlace where it does not begin where the file ends, and BadInput.

    The file on the disk is the truth: of two that send the same part one is refused. Raises NotNow where the import was
    closed meanwhile.
    """
    arrival.refresh_from_db(fields=["arrived_at", "done_at"])
    if arrival.arrived_at:
        raise WrongPlace(OFFSET, offset=offset, here=arrival.size)
    if arrival.done_at:
        raise NotNow(gettext_noop("This import is closed. Open another for more files."))
    if arrival.size > MOST_BYTES:
        raise BadInput(gettext_noop("The file is larger than %(limit)d GB."), limit=MOST_BYTES // 1_000_000_000)
    path = unpacking.inbox(arrival)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file, _held(file):
        here = file.seek(0, os.SEEK_END)  # somebody may have written since it was opened
        if offset != here:
            _note(arrival, here)
            raise WrongPlace(OFFSET, offset=offset, here=here)
        left = min(PART_BYTES, arrival.size - here)
        while left > 0 and (data := part.read(min(left, 1 << 16))):
            file.write(data)
            left -= len(data)
        file.flush()
        here = file.tell()
    _note(arrival, here)
    if here >= arrival.size:
        Arrival.objects.filter(pk=arrival.pk, arrived_at=None).update(arrived_at=now)
        news.announce_import(arrival.source_id)
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


def close(source: Import, now: datetime) -> None:
    """Say that nothing more is to arrive; what has not arrived whole is refused."""
    Import.objects.filter(pk=source.pk, closed_at=None).update(closed_at=now)
    for arrival in source.arrivals.filter(arrived_at=None, done_at=None):
        _refuse(arrival, gettext_noop("It did not arrive whole."), {}, now)
    news.announce_import(source.pk)


def give_up(source: Import, why: SourceError, now: datetime) -> None:
    """Close an import whose source could not be read to its end, unless it is closed; what came before stays."""
    failure = [why.sentence, unpacking.plain(why.values)]
    Import.objects.filter(pk=source.pk, closed_at=None).update(failure=failure, closed_at=now)
    close(source, now)


def stop(source: Import, now: datetime) -> None:
    """Ask a service for no more; what has arrived stays."""
    give_up(source, SourceError(gettext_noop("Somebody stopped it. What had arrived by then is kept.")), now)


def progress(source: Import) -> dict[str, Any]:
    """Return where an import stands: how many files have come to which fate. It is state, not what has changed."""
    counts = source.arrivals.aggregate(**{name: Count("pk", filter=which) for name, which in FATES.items()})
    return {
        "import": source.pk,
        "counts": counts,
        "done": sum(counts.values()) - counts["sending"] - counts["waiting"],
        "total": sum(counts.values()),
        "closed": source.closed_at is not None,
        "finished": source.finished_at is not None,
    }


# What a worker does


def take_up(now: datetime) -> Arrival | None:
    """Take the next file to be worked at: nobody else gets it while this worker lives. None where nothing waits.

    Zips are opened first. Tables are read when nothing more is to arrive, and the files of their import wait for them.
    """
    unfinished = list(Import.objects.filter(finished_at=None).values_list("pk", flat=True))  # few: the rest is not read
    here = Arrival.objects.filter(source__in=unfinished, done_at=None)
    kinds = here.filter(unpacking.IS_ZIP | Q(is_table=True)).values_list("source_id", "is_table")
    with_tables, with_zips = ({pk for pk, is_table in kinds if is_table is which} for which in (True, False))
    waiting = here.filter(
        Q(taken_at=None) | Q(taken_at__lt=now - timedelta(seconds=LIFE_S)), arrived_at__isnull=False
    ).filter(
        unpacking.IS_ZIP
        | Q(is_table=True, source__closed_at__isnull=False) & ~Q(source__in=with_zips)
        | Q(is_table=False) & ~Q(source__in=with_tables)
    )
    for arrival in waiting.order_by("pk")[:8]:
        # Compare and swap: the number of tries changes whenever somebody takes it.
        mine = Arrival.objects.filter(pk=arrival.pk, tries=arrival.tries, done_at=None)
        if mine.update(taken_at=now, tries=F("tries") + 1, token=arrival.token or secrets.token_hex(16)):
            return Arrival.objects.select_related("source__photo_set", "archive").get(pk=arrival.pk)
    return None


def work(arrival: Arrival, reader: Reader, now: datetime) -> None:
    """Make a photo of what was taken up, or say why not. Nothing is raised that concerns this file alone.

    Raises NotKept where photos can be written nowhere just now: the file waits as if nobody had tried.
    """
    with _telling_why_not(arrival, now), _put_back(arrival):
        if arrival.tries > TRIES:
            raise Unusable(gettext_noop("The picture made its reader fail."))
        if arrival.is_table:
            _finish(arrival, now, reason=unpacking.read_table(arrival, now))
        elif unpacking.is_zip(arrival):
            unpacking.unfold(arrival, now)
            _finish(arrival, now)  # its file stays until the import has ended
        else:
            _develop(arrival, unpacking.item_of(arrival), reader, now)


@contextmanager
def _put_back(arrival: Arrival) -> Iterator[None]:
    try:
        yield
    except NotKept:
        Arrival.objects.filter(pk=arrival.pk, done_at=None).update(taken_at=None, tries=F("tries") - 1)
        raise


@contextmanager
def _telling_why_not(arrival: Arrival, now: datetime) -> Iterator[None]:
    """Keep the reason why a file is no photo, or no new one."""
    try:
        yield
    except AlreadyThere as there:
        _delete_rest(arrival)
        _finish(arrival, now, photo=there.photo, reason=[there.sentence, there.values])
    except Refused as refusal:
        _refuse(arrival, refusal.sentence, refusal.values, now)


def _develop(arrival: Arrival, item: Item, reader: Reader, now: datetime) -> None:
    photo_set = arrival.source.photo_set
    photos.refuse_frozen(photo_set)
    data = item.read()
    sha256 = hashlib.sha256(data).hexdigest()
    photos.refuse_twice(photo_set, item, sha256)
    developed = reader.develop(data)
    photos.keep(
        photo_set, item, developed, sha256, arrival.token,
        also=lambda photo: _finish(arrival, now, photo=photo, sha256=sha256),
    )  # fmt: skip


def _finish(
    arrival: Arrival, now: datetime, photo: Photo | None = None, reason: list[Any] | None = None, sha256: str = ""
) -> None:
    """Write down what became of a file, and let its bytes go once that is certain."""
    Arrival.objects.filter(pk=arrival.pk).update(
        done_at=now, photo=photo, reason=[reason[0], unpacking.plain(reason[1])] if reason else None, sha256=sha256
    )
    if arrival.archive_id is None and not unpacking.is_zip(arrival):
        transaction.on_commit(lambda: unpacking.inbox(arrival).unlink(missing_ok=True))
    news.announce_import(arrival.source_id)


def _refuse(arrival: Arrival, sentence: str, values: dict[str, Any], now: datetime) -> None:
    _delete_rest(arrival)
    _finish(arrival, now, reason=[sentence, values])


def _delete_rest(arrival: Arrival) -> None:
    """Delete the pictures of a file that were being written when a worker died, unless they have become a photo."""
    if arrival.tries > 1 and not Photo.objects.filter(file=f"{arrival.token[:2]}/{arrival.token}.jpg").exists():
        photos.delete_named(arrival.token)


def end_what_is_done(now: datetime) -> int:
    """End the imports that have nothing left to do: look their sets through. Return how many."""
    undone = Arrival.objects.filter(source=OuterRef("pk"), done_at=None)
    ready: QuerySet[Import] = Import.objects.filter(~Exists(undone), finished_at=None, closed_at__isnull=False)
    ended = 0
    for each in ready.select_related("photo_set"):
        if not each.photo_set.frozen_at:
            _order_albums(each, now)
            _doubt_swapped(each)
            doubts.look_through(each.photo_set)
        unpacking.close_zip()
        shutil.rmtree(Path(settings.INBOX_ROOT) / str(each.pk), ignore_errors=True)
        ended += Import.objects.filter(pk=each.pk, finished_at=None).update(finished_at=now)
        news.announce_import(each.pk)
    return ended


def _order_albums(source: Import, now: datetime) -> None:
    """Put albums in the order of their table, in whichever order workers took up the files."""
    taken = source.arrivals.filter(FATES["taken"], words__has_key="row")
    rows = {photo: told["row"] for photo, told in taken.values_list("photo_id", "words")}
    for exhibit in source.photo_set.exhibits.exclude(album="").filter(photos__arrivals__in=taken).distinct():
        shown = [each.pk for each in exhibit.ordered_photos()]
        with suppress(Refused):  # it has been played already
            in_order = sorted(shown, key=lambda pk: rows.get(pk, -1))  # stable: what was there before comes first
            reviews.order(source.photo_set, exhibit.album, in_order, now)


def _doubt_swapped(source: Import) -> None:
    """Doubt all places that came from tables where a good part makes sense only the other way round, and all may.

    A longitude that no latitude can be says that they are the right way round. What somebody has decided stays.
    """
    brought = source.photo_set.photos.filter(arrivals__in=source.arrivals.filter(FATES["taken"])).distinct()
    still_open = Doubt.objects.filter(kind="swapped", verdict=Doubt.Verdict.OPEN)
    swapped = brought.filter(pk__in=still_open.values("photo")).count()
    placed = list(brought.filter(lat__isnull=False, place_from=Photo.From.TABLE).only("lat", "lng", "review"))
    turned = [(each, on_earth(each.lng or 0.0, each.lat or 0.0)) for each in placed]
    if swapped < max(2, SWAPPED * (swapped + len(placed))) or any(there is None for _, there in turned):
        return
    doubts.write(
        doubts.Found("all-swapped", {"lat": there.lat, "lng": there.lng}, photo.pk)
        for photo, there in turned
        if there and photo.review == Photo.Review.WAITING
    )


# Sources that are read where the command runs


def resumed(photo_set: PhotoSet, kind: str, asked: dict[str, Any], now: datetime) -> Import:
    """Return the import of this source that was broken off, or open one. Raises NotNow where the set is frozen."""
    photos.refuse_frozen(photo_set)
    broken_off = photo_set.imports.filter(kind=kind, asked=asked, finished_at=None).first()
    return broken_off or open_import(photo_set, kind, asked, None, now)


def from_entries(
    source: Import, entries: Iterable[Entry], reader: Reader, now: Callable[[], datetime]
) -> Iterator[Arrival]:
    """Bring in what a source holds, one by one, and give what became of each; photos of an earlier run stay."""
    counted: Counter[str] = Counter()
    for entry in entries:
        name = unpacking.name_of(entry.file if isinstance(entry, Refusal) else entry.name)
        counted[name] += 1  # a table may list a file twice
        arrival, _ = Arrival.objects.get_or_create(
            source=source, name=name, size=0, modified=counted[name], defaults={"token": secrets.token_hex(16)}
        )
        if arrival.photo_id is None:
            arrival.tries += 1
            arrival.source = source  # with its set
            arrival.save(update_fields=["tries"])
            with _telling_why_not(arrival, now()):
                if isinstance(entry, Refusal):
                    raise entry.reason
                _develop(arrival, entry, reader, now())
            arrival.refresh_from_db()
        yield arrival


# Services that are asked page by page


def fetch(source: Import, network: Callable[[], Network], now: Callable[[], datetime]) -> bool:
    """Ask a service for its next page and bring its files in; return whether there is more."""
    for _arrival in fetched(source, network, now):
        pass
    return is_open(source)


def is_open(source: Import) -> bool:
    """Tell whether more is to arrive: nobody has stopped an import meanwhile, or deleted it."""
    return Import.objects.filter(pk=source.pk, closed_at=None).exists()


def fetched(source: Import, network: Callable[[], Network], now: Callable[[], datetime]) -> Iterator[Arrival]:
    """Ask a service for its next page, bring its files in and give them, one by one.

    A page that was cut off is asked for again: what has arrived of it stays. Where the service gives up, so does the
    import, with its sentence. One that somebody stops or deletes meanwhile ends with the file at hand.
    """
    if not is_open(source):
        return
    try:
        entries, rest = network().page(source.cursor)
    except SourceError as error:
        give_up(source, error, now())
        return
    most = int(source.asked.get("most") or 0)
    here = source.arrivals.filter(arrived_at__isnull=False, reason__isnull=True)
    for entry in entries:
        if most and here.count() >= most:
            rest = None
            break
        arrival = _fetch_one(source, entry, now)
        if arrival is None:
            return
        yield arrival
    source.cursor = rest
    if rest is not None:
        Import.objects.filter(pk=source.pk, closed_at=None).update(cursor=rest)
        news.announce_import(source.pk)
    elif source.arrivals.exists():
        close(source, now())
    else:
        give_up(source, SourceError(gettext_noop("Nothing was found there.")), now())


def _fetch_one(source: Import, entry: Item | Refusal, now: Callable[[], datetime]) -> Arrival | None:
    """Bring in one file of a service; None where the import has ended meanwhile: then no byte of the file is kept."""
    arrival = _expect_one(source, unpacking.name_of(entry.file if isinstance(entry, Refusal) else entry.name))
    if arrival is None or arrival.arrived_at or arrival.done_at:
        return arrival
    try:
        if isinstance(entry, Refusal):
            raise entry.reason
        data = entry.read()
    except BadInput as refusal:
        _refuse(arrival, refusal.sentence, refusal.values, now())
        return arrival
    if not is_open(source):  # to read a file takes long
        return None
    path = unpacking.inbox(arrival)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    undone = Arrival.objects.filter(pk=arrival.pk, done_at=None)
    if not undone.update(words=unpacking.told_by(entry), received=len(data), arrived_at=now()):
        path.unlink(missing_ok=True)
        return None
    return arrival


@transaction.atomic
def _expect_one(source: Import, name: str) -> Arrival | None:
    """Announce a file of a service, None where the import has ended. Who ends it now waits, and finds the file."""
    if not Import.objects.select_for_update(no_key=True).filter(pk=source.pk, closed_at=None):
        return None
    return Arrival.objects.get_or_create(source=source, name=name, size=0, modified=0)[0]


@receiver(pre_delete, sender=Import)
def _empty_inbox(instance: Import, **_: object) -> None:
    """An import that is deleted takes with it what it has not used, and what a dead worker left."""
    folder = Path(settings.INBOX_ROOT) / str(instance.pk)
    tokens = list(instance.arrivals.filter(done_at=None, tries__gt=0).values_list("token", flat=True))

    def clear() -> None:
        shutil.rmtree(folder, ignore_errors=True)
        for token in tokens:
            photos.delete_named(token)

    transaction.on_commit(clear, robust=True)  # where a store is away the import is gone all the same


def clear_inbox() -> int:
    """Delete what a worker that died has left in the inbox of imports that are gone, or over; return of how many."""
    root = Path(settings.INBOX_ROOT)
    folders = [each for each in root.iterdir() if each.name.isdecimal()] if root.is_dir() else []
    needed = set(Import.objects.filter(finished_at=None).values_list("pk", flat=True))  # asked later: none is missed
    left = [each for each in folders if int(each.name) not in needed]
    for each in left:
        shutil.rmtree(each, ignore_errors=True)
    return len(left)
