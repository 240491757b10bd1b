"""The verbs of photos: keep them, place them, pick exhibits for a game, record what a machine answered."""

import hashlib
import random
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from itertools import compress
from typing import Any, Protocol, runtime_checkable

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.validators import URLValidator
from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet
from django.db.models.signals import post_delete, pre_delete
from django.dispatch import receiver
from django.utils.text import slugify

from geogame import derivatives, doubts, fingerprints, pictures
from geogame.models import (
    Domain,
    Doubt,
    Exhibit,
    ExhibitPhoto,
    Leftover,
    Partition,
    Person,
    Photo,
    PhotoSet,
    Prediction,
    Round,
    Slot,
)
from geogame.pictures import Developed, Unusable
from geogame.rules import rounds
from geogame.rules.refusals import BadInput, NotNow, gettext_noop
from geogame.rules.sphere import Point
from geogame.sources import Entry, Item, Refusal, normal


@runtime_checkable
class DeletesMany(Protocol):
    """A storage that deletes many files by few requests."""

    def delete_all(self, names: Sequence[str]) -> None: ...


Develop = Callable[[bytes], Developed]  # of a file; raises Unusable
FROZEN = gettext_noop("This set is frozen: its photos and places stay as they are. Make another set.")
SEALED = gettext_noop("A sealed experiment shows this photo; it can be changed when that is over.")
BLOCK = 500  # rows at once
MAX_LENGTH = {"name": 120, "title": 300, "credit": 300, "licence": 200, "album": 200}


class NotKept(Exception):
    """Where photos are kept cannot be written to: that is no fault of any file."""


class AlreadyThere(Unusable):
    """The same file is a photo of the set already: `photo`."""

    def __init__(self, photo: Photo, *, has_learned: bool = False) -> None:
        had, learned = (
            gettext_noop("The same file is in this set already."),
            gettext_noop(
                "The same file is in this set already; nobody was sure of its place, and it has the one that came now."
            ),
        )
        super().__init__(learned if has_learned else had)
        self.photo = photo


@dataclass
class Report:
    """What became of every file of a source."""

    imported: int = 0
    refused: list[Refusal] = field(default_factory=list)


def set_named(name: str, domain: str = Domain.REAL) -> tuple[PhotoSet, bool]:
    """Return the photo set of this name, made if there is none, and whether it was made. Raises BadInput."""
    name = name.strip()
    found = PhotoSet.objects.filter(name__iexact=name).first()
    if found:
        return found, False
    if not 0 < len(name) <= MAX_LENGTH["name"]:
        raise BadInput(gettext_noop("The name of a set has one to %(longest)d characters."), longest=MAX_LENGTH["name"])
    stem = slugify(name, allow_unicode=False) or "set"
    slug, number = stem[:70], 1
    while PhotoSet.objects.filter(slug=slug).exists():
        number += 1
        slug = f"{stem[:70]}-{number}"
    return PhotoSet.objects.create(name=name, slug=slug, domain=domain), True


def take_in_all(photo_set: PhotoSet, entries: Iterable[Entry]) -> Report:
    """Take in everything that can be used; report the rest file by file with the reason."""
    report = Report()
    for entry in entries:
        if isinstance(entry, Refusal):
            report.refused.append(entry)
            continue
        try:
            take_in(photo_set, entry)
        except BadInput as error:
            report.refused.append(Refusal(entry.name, error))
        else:
            report.imported += 1
    return report


def take_in(photo_set: PhotoSet, item: Item) -> Photo:
    """Keep one picture of which no harm is feared: its file is read in this process. Raises Unusable."""
    refuse_frozen(photo_set)
    data = item.read()
    sha256 = hashlib.sha256(data).hexdigest()
    refuse_twice(photo_set, item, sha256)
    developed = pictures.develop(data, settings.MAX_PIXELS)
    return keep(photo_set, item, developed, sha256)


def keep(
    photo_set: PhotoSet,
    item: Item,
    developed: Developed,
    sha256: str,
    token: str = "",
    also: Callable[[Photo], None] = lambda photo: None,
) -> Photo:
    """Keep what was made of a file: its pictures first, then in one transaction its row, exhibit and doubts.

    What came with the item (place, texts) goes before what the file says. `token` names the files: who tries again with
    the same leaves nothing behind of the first try. `also` is done in the transaction. Raises AlreadyThere, and NotNow
    where the set is frozen, and NotKept.
    """
    here = developed.position
    own = Point(here.lat, here.lng) if here else None
    place = None if item.odd else item.place or own  # where a table contradicts itself nobody knows
    photo = Photo(
        photo_set=photo_set,
        width=developed.picture.width,
        height=developed.picture.height,
        colour=developed.picture.colour,
        lat=place.lat if place else None,
        lng=place.lng if place else None,
        place_from=(item.place_from or Photo.From.TABLE) if item.place else here.source if here and place else "",
        precision_m=item.precision_m if item.place else here.precision_m if here and place else None,
        taken_at=developed.taken_at or item.taken_at,
        phash=fingerprints.stored(developed.phash, developed.spread),
        file_sha256=hashlib.sha256(developed.picture.jpeg).hexdigest(),
        derived=sorted([width, form] for width, form in developed.smaller),
        original_name=normal(item.name)[-300:],
        original_sha256=sha256,
        **_words(item, photo_set),
    )
    if developed.faces is not None:
        photo.extra["blurred_faces"] = developed.faces
    _write_files(photo, developed, token or secrets.token_hex(16))
    try:
        with transaction.atomic():
            # Locked: who freezes the set meanwhile waits, and this photo is in what is frozen, or is refused.
            refuse_frozen(PhotoSet.objects.select_for_update(no_key=True).only("frozen_at").get(pk=photo_set.pk))
            photo.save()
            if place:
                _exhibit(photo, place, item.words.get("album", ""))
            doubts.write(_doubts(photo, developed, item))
            also(photo)
    except IntegrityError:
        delete_files(photo)
        refuse_twice(photo_set, item, sha256)  # somebody else brought it in while it was being decoded here
        raise
    except BaseException:
        delete_files(photo)  # no row, so no file
        raise
    return photo


def _write_files(photo: Photo, developed: Developed, token: str) -> None:
    photo.file.name = f"{token[:2]}/{token}.jpg"
    try:
        delete_files(photo)  # of an earlier try
        default_storage.save(photo.file.name, ContentFile(developed.picture.jpeg))
        for (width, form), data in developed.smaller.items():
            default_storage.save(derivatives.name(photo.file.name, width, form), ContentFile(data))
    except OSError as error:
        raise NotKept(f"The pictures of {photo.original_name} cannot be written: {error}") from error


def files_of(photo: Photo) -> Iterator[str]:
    """Give the storage names of a photo's file and of all that was derived from it."""
    if photo.file.name:
        yield from _names(photo.file.name, photo.derived)


def _names(file: str, derived: Iterable[tuple[int, str]]) -> Iterator[str]:
    yield file
    for width, form in derived:
        yield derivatives.name(file, width, form)


def delete_files(photo: Photo) -> None:
    """Delete a photo's files; of those that are not there nothing is said."""
    _delete(list(files_of(photo)))


def _delete(names: list[str]) -> None:
    if isinstance(default_storage, DeletesMany):
        default_storage.delete_all(names)
    else:
        for name in names:
            default_storage.delete(name)


def delete_named(token: str) -> None:
    """Delete all files that `keep` has written under this token, whatever they are."""
    with suppress(FileNotFoundError):
        there = default_storage.listdir(token[:2])[1]
        _delete([f"{token[:2]}/{name}" for name in there if name.startswith(token)])


@receiver(pre_delete, sender=PhotoSet)
def _delete_files_of_all(instance: PhotoSet, **_: object) -> None:
    """Deletion deletes: when the rows are gone for good, so are the files, those of a set together."""
    _give_up(instance.photos.only("file", "derived").iterator(BLOCK))


@receiver(post_delete, sender=Photo)
def _delete_files_of(instance: Photo, origin: object, **_: object) -> None:
    """As above, for photos that are deleted one by one."""
    if PhotoSet not in (type(origin), getattr(origin, "model", None)):  # its files are deleted together
        _give_up([instance])


@receiver(pre_delete, sender=Photo)
def _never_use_names_again(instance: Photo, origin: object, **_: object) -> None:
    """Give a photo's arrivals other names: who brings it in anew writes nothing that is still to be deleted."""
    if PhotoSet not in (type(origin), getattr(origin, "model", None)):  # they are deleted too
        for arrival in instance.arrivals.all():
            instance.arrivals.filter(pk=arrival.pk).update(token=secrets.token_hex(16))


def _give_up(gone: Iterable[Photo]) -> None:
    """Note that files are to be deleted, in the transaction that deletes their rows, and do it after that."""
    rows = [Leftover(file=photo.file.name, derived=photo.derived) for photo in gone if photo.file.name]
    noted = [row.pk for row in Leftover.objects.bulk_create(rows, batch_size=BLOCK)]

    def delete() -> None:
        with suppress(OSError):  # then the clock tries again
            for begin in range(0, len(noted), BLOCK):
                delete_leftovers(Leftover.objects.filter(pk__in=noted[begin : begin + BLOCK]))

    transaction.on_commit(delete, robust=True)


def delete_leftovers(some: QuerySet[Leftover]) -> int:
    """Delete the files of photos that are gone; return of how many photos. Raises OSError: the rest stays noted."""
    rows = list(some)
    _delete([name for row in rows for name in _names(row.file, row.derived)])
    Leftover.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


def _doubts(photo: Photo, developed: Developed, item: Item) -> Iterator[doubts.Found]:
    """Give what is odd about a photo by itself; what a file says of its place is no matter where another place came."""
    for each in developed.oddities:
        if not ((item.place or item.odd) and each.kind in doubts.OF_PLACE):
            offered = (
                dict(zip(("lat", "lng"), developed.offered or (), strict=False)) if each.kind == "place-odd" else {}
            )
            severity = Doubt.HINT if each.is_light else None
            yield doubts.Found(each.kind, {**each.values, **offered}, photo.pk, severity=severity)
    if item.odd:
        here = developed.position
        own = {"lat": here.lat, "lng": here.lng} if here else {}
        yield doubts.Found(item.odd.kind, {**own, **item.odd.values}, photo.pk)
    for found in doubts.of_size(photo.width, photo.height):
        yield doubts.Found(found.kind, found.values, photo.pk)


def refuse_twice(photo_set: PhotoSet, item: Item, sha256: str) -> None:
    """Refuse a file that is a photo of the set already; where nobody is sure of its place it learns the one that comes.

    Raises AlreadyThere, and NotNow where the set is frozen.
    """
    if there := photo_set.photos.filter(original_sha256=sha256).first():
        raise AlreadyThere(there, has_learned=teach(there, item))


def is_decided(photo: Photo) -> bool:
    """Tell whether somebody has said where a photo was taken, or that all is well with it: no table changes that."""
    return photo.place_from == Photo.From.HAND or photo.review != Photo.Review.WAITING


def teach(photo: Photo, item: Item) -> bool:
    """Let a photo learn the place that a table tells, if nobody is sure of its own; return whether it did.

    Raises NotNow where the set is frozen.
    """
    photo.refresh_from_db(fields=["lat", "lng", "place_from", "review"])
    unsure = photo.doubts.filter(kind__in=doubts.OF_PLACE, severity=Doubt.GRAVE, verdict=Doubt.Verdict.OPEN)
    if item.place is None or is_decided(photo) or (photo.lat is not None and not unsure.exists()):
        return False
    learn(photo, item)
    return True


def refuse_frozen(photo_set: PhotoSet) -> None:
    """Refuse what would change a frozen set. Raises NotNow."""
    if photo_set.frozen_at:
        raise NotNow(FROZEN)


def _words(item: Item, photo_set: PhotoSet) -> dict[str, Any]:
    """Return the texts that came with a picture; what does not fit its column is kept whole in `extra`."""
    extra: dict[str, Any] = dict(item.extra)
    words = {key: item.words.get(key, "") for key in ("title", "credit", "licence")}
    words["credit"] = words["credit"] or photo_set.credit
    words["licence"] = words["licence"] or photo_set.licence
    for key, value in words.items():
        if len(value) > MAX_LENGTH[key]:
            extra[f"full_{key}"] = value
            words[key] = value[: MAX_LENGTH[key] - 1] + "…"
    url = item.words.get("source_url", "")
    try:
        URLValidator(schemes=["http", "https"])(url)
        source = url
    except ValidationError:
        source = ""
        if url:
            extra["source"] = url
    return {**words, "source_url": source, "extra": extra}


def _exhibit(photo: Photo, place: Point, album: str) -> Exhibit:
    """Show the photo alone, or as the next one of its album; the place of an album is that of its last photo."""
    album = album[: MAX_LENGTH["album"]]
    if album:
        exhibit, _ = Exhibit.objects.get_or_create(
            photo_set=photo.photo_set, album=album, defaults={"lat": place.lat, "lng": place.lng}
        )
        if exhibit.rounds.exists():
            raise Unusable(gettext_noop("Its album has been played already and can no longer grow."))
        if is_sealed([exhibit]):
            raise Unusable(gettext_noop("Its album is part of a sealed experiment and can grow when that is over."))
        exhibit.predictions.all().delete()  # the machine was shown fewer photos
        Exhibit.objects.filter(pk=exhibit.pk).update(lat=place.lat, lng=place.lng)
    else:
        exhibit = Exhibit.objects.create(photo_set=photo.photo_set, lat=place.lat, lng=place.lng)
    ExhibitPhoto.objects.create(
        exhibit=exhibit,
        photo=photo,
        position=1 + (exhibit.exhibitphoto_set.aggregate(last=Max("position"))["last"] or 0),
    )
    return exhibit


@transaction.atomic
def place(photo: Photo, where: Point, source: str = Photo.From.HAND) -> None:
    """Say where a photo was taken: it is shown from then on, or moved. Raises NotNow."""
    refuse_frozen(photo.photo_set)
    if photo.exhibits.exists():
        move(photo, where)
    else:
        _put(photo, where)
        _exhibit(photo, where, "")
    Photo.objects.filter(pk=photo.pk).update(place_from=source, precision_m=None)


def show_alone(photo: Photo) -> None:
    """Show a photo by itself that nothing shows; where it was taken, and how well that is known, stays."""
    if photo.file and photo.lat is not None and photo.lng is not None and not photo.exhibits.exists():
        _exhibit(photo, Point(photo.lat, photo.lng), "")


def _put(photo: Photo, where: Point) -> None:
    """Write down where a photo was taken; what another place was near is forgotten, until it is looked up anew."""
    photo.refresh_from_db(fields=["lat", "lng", "extra"])
    if (photo.lat, photo.lng) != where:
        photo.extra = {key: value for key, value in photo.extra.items() if key not in doubts.NAMES}
    photo.lat, photo.lng = where
    photo.save(update_fields=["lat", "lng", "extra"])


@transaction.atomic
def learn(photo: Photo, item: Item) -> None:
    """Add what a table says of a photo that is here already, as if it had come with it. Raises NotNow.

    Where somebody has decided about it meanwhile, its place stays.
    """
    refuse_frozen(photo.photo_set)
    photo.refresh_from_db(fields=["lat", "lng", "place_from", "review"])
    if is_decided(photo):
        item = replace(item, place=None, odd=None)
    if item.place:
        place(photo, item.place, Photo.From.TABLE)
        Photo.objects.filter(pk=photo.pk).update(precision_m=item.precision_m)
        photo.doubts.filter(kind__in=doubts.OF_PLACE, verdict=Doubt.Verdict.OPEN).delete()
    if item.odd:  # a place that it has of its own stays, held back until somebody has looked
        photo.doubts.filter(kind="no-place", verdict=Doubt.Verdict.OPEN).delete()
        doubts.write([doubts.Found(item.odd.kind, item.odd.values, photo.pk)])
    told = _words(item, photo.photo_set)
    extra = {**photo.extra, **told.pop("extra")}
    Photo.objects.filter(pk=photo.pk).update(extra=extra, **{key: value for key, value in told.items() if value})
    alone = photo.exhibits.filter(album="", rounds=None).first()
    if item.words.get("album") and alone and not is_sealed([alone]):
        where = Point(alone.lat, alone.lng)
        alone.delete()
        _exhibit(photo, where, item.words["album"])


def move(photo: Photo, place: Point) -> None:
    """Correct where a photo was taken. Rounds already drawn keep the truth that they were drawn with.

    Raises NotNow while a sealed experiment shows it.
    """
    with transaction.atomic():
        refuse_frozen(photo.photo_set)
        _refuse_sealed(photo.exhibits.all())
        _put(photo, place)
        for exhibit in photo.exhibits.all():
            if exhibit.ordered_photos()[-1].pk == photo.pk:
                Exhibit.objects.filter(pk=exhibit.pk).update(lat=place.lat, lng=place.lng)


@transaction.atomic
def remove(photo: Photo) -> None:
    """Delete a photo, its file and an exhibit that showed nothing else.

    Raises NotNow once it has been played, while a sealed experiment is to show it, and of a frozen set.
    """
    if why := needed(Photo.objects.filter(pk=photo.pk)).get(photo.pk):
        raise why
    exhibits = list(photo.exhibits.all())
    photo.delete()
    for exhibit in exhibits:
        left = exhibit.ordered_photos()
        if left:
            Exhibit.objects.filter(pk=exhibit.pk).update(lat=left[-1].lat, lng=left[-1].lng)  # all of a trip have one
        else:
            exhibit.delete()


def played(some: QuerySet[Photo]) -> QuerySet[Photo]:
    """Return those of these photos that stored rounds show."""
    return some.filter(Exists(Round.objects.filter(exhibit__photos=OuterRef("pk"))))


def needed(some: QuerySet[Photo]) -> dict[int, NotNow]:
    """Say of those of these photos that cannot be deleted why, by their keys."""
    in_rounds = NotNow(
        gettext_noop("This photo has been played; its rounds are part of the record. Withdraw it instead.")
    )
    frozen = NotNow(FROZEN)
    sealed, shown = _sealed(), ExhibitPhoto.objects.filter(photo__in=some).order_by()
    return {
        **dict.fromkeys(played(some).values_list("pk", flat=True), in_rounds),
        **{photo: NotNow(SEALED) for photo, exhibit in shown.values_list("photo", "exhibit") if exhibit in sealed},
        **dict.fromkeys(some.filter(photo_set__frozen_at__isnull=False).values_list("pk", flat=True), frozen),
    }


def is_sealed(exhibits: Iterable[Exhibit]) -> bool:
    """Tell whether an experiment has frozen one of these and still shows it."""
    sealed = _sealed()
    return any(exhibit.pk in sealed for exhibit in exhibits)


def _sealed() -> set[int]:
    running = Slot.objects.filter(
        experiment__sealed_at__isnull=False, experiment__finished_at=None, experiment__abandoned_at=None
    )
    return {exhibit for drawn in running.values_list("exhibits", flat=True) for exhibit in drawn}


def _refuse_sealed(exhibits: Iterable[Exhibit]) -> None:
    if is_sealed(exhibits):
        raise NotNow(SEALED)


def withdraw(photos: Iterable[Photo], now: datetime) -> int:
    """Take the exhibits of these photos out of future games; return how many. Raises NotNow of a frozen set."""
    chosen = list(photos)
    for photo in chosen:
        refuse_frozen(photo.photo_set)
    return Exhibit.objects.filter(photos__in=chosen, retired_at=None).update(retired_at=now)


def restore(photos: Iterable[Photo]) -> int:
    """Let future games draw the exhibits of these photos again; return how many. Raises NotNow of a frozen set."""
    chosen = list(photos)
    for photo in chosen:
        refuse_frozen(photo.photo_set)
    whole = Exhibit.objects.exclude(photos__file="")
    return whole.filter(photos__in=chosen).exclude(retired_at=None).update(retired_at=None)


@transaction.atomic
def destroy(some: QuerySet[Photo], now: datetime) -> int:
    """Delete the pictures of photos that are to stay on record, and draw them no more; return of how many.

    For a picture that must go, whoever asks for that: it is gone from frozen sets and under seals too, which then say
    that a file is missing. The same file does not come in again.
    """
    chosen = list(some.select_for_update(no_key=True).exclude(file=""))
    Exhibit.objects.filter(photos__in=chosen, retired_at=None).update(retired_at=now)
    _give_up(chosen)
    return Photo.objects.filter(pk__in=[photo.pk for photo in chosen]).update(file="", derived=[], phash=None)


def painters(photo_set: PhotoSet) -> set[str]:
    """Return which versions of Toy Earth's painter painted what is in play of a set; none for photographs."""
    if photo_set.domain != Domain.TOY_EARTH:
        return set()
    in_play = photo_set.photos.filter(exhibits__retired_at=None, extra__has_key="painter")
    told = in_play.values_list("extra__painter", flat=True)
    return {str(version) for version in told.distinct()}


PhotosEach = str  # "any", "one" or "several": of an exhibit; a trip has several


def in_play() -> QuerySet[Exhibit]:
    """Return what games may draw, of all sets: not withdrawn, with no photo rejected, gravely doubted or destroyed."""
    grave = Doubt.objects.filter(photo=OuterRef("photo"), severity=Doubt.GRAVE, verdict=Doubt.Verdict.OPEN)
    shown = ExhibitPhoto.objects.filter(exhibit=OuterRef("pk"))
    held = shown.filter(Exists(grave)) | shown.filter(Q(photo__review=Photo.Review.REJECTED) | Q(photo__file=""))
    return Exhibit.objects.filter(~Exists(held), retired_at=None)


def usable(photo_set: PhotoSet, photos_each: PhotosEach) -> QuerySet[Exhibit]:
    """Return the exhibits of a set that a game may draw."""
    here = in_play().filter(photo_set=photo_set)
    if photos_each == "any":
        return here
    counted = here.annotate(each=Count("photos"))
    return counted.filter(each=1) if photos_each == "one" else counted.filter(each__gt=1)


def cover(photo_set: PhotoSet) -> Photo | None:
    """Return the photo that stands for a set: the first that a game may show."""
    first = usable(photo_set, "any").order_by("pk").first()
    return first.photos.order_by("exhibitphoto__position").first() if first else None


def refuse_nothing(photo_set: PhotoSet, photos_each: PhotosEach) -> None:
    """Refuse a game for which the set has nothing to show, and say why. Raises NotNow."""
    if usable(photo_set, photos_each).exists():
        return
    if not usable(photo_set, "any").exists():
        raise NotNow(gettext_noop("There are no photos in this set yet. Choose another set."))
    if photos_each == "several":
        raise NotNow(gettext_noop("This set has single photographs only, no trips of several."))
    raise NotNow(gettext_noop("This set has trips of several photographs only, no single ones."))


def refuse_too_many(photo_set: PhotoSet, n_rounds: int, photos_each: PhotosEach) -> None:
    """Refuse to promise more rounds than the set has something to show for. Raises NotNow.

    What a form offers by itself is no promise: a set that is smaller than that plays all it has.
    """
    most = usable(photo_set, photos_each).count()
    if 0 < most < n_rounds and n_rounds > rounds.OFFERED:
        raise NotNow(
            gettext_noop("This set has enough for %(most)d of %(wanted)d rounds. Choose fewer."),
            most=most,
            wanted=n_rounds,
        )


def pick(
    photo_set: PhotoSet, count: int, person: Person | None = None, photos_each: PhotosEach = "any"
) -> list[Exhibit]:
    """Draw exhibits at random, those first that are new to this person, those last that they have met.

    Between them come those that look like one they met. Two that look like each other are drawn only where there is
    nothing else left: the reveal of one tells the place of both. Fewer where the set is smaller.
    """
    everything, hashes = list(usable(photo_set, photos_each)), _hashes(photo_set)
    random.SystemRandom().shuffle(everything)
    if person is not None:
        met, alike = _known(person, hashes)
        everything.sort(key=lambda exhibit: (exhibit.pk in met, exhibit.pk in alike))  # stable: random among equals
    return _apart(everything, count, hashes)


Hashes = dict[int, list[int]]  # of the photos of an exhibit, by its key; those that are too flat have none


def _hashes(photo_set: PhotoSet) -> Hashes:
    found: Hashes = {}
    shown = ExhibitPhoto.objects.filter(exhibit__photo_set=photo_set, photo__phash__isnull=False).order_by()
    for exhibit, phash in shown.values_list("exhibit_id", "photo__phash"):
        found.setdefault(exhibit, []).append(phash or 0)
    return found


def _known(person: Person, hashes: Hashes) -> tuple[set[int], set[int]]:
    """Return the exhibits that somebody has met, and those whose photos look like one they met in whichever set."""
    rounds_met = Round.objects.filter(opened_at__isnull=False, game__players__person=person)
    met = set(rounds_met.values_list("exhibit_id", flat=True))
    seen = Photo.objects.filter(exhibits__in=rounds_met.values("exhibit"), phash__isnull=False)
    column = [each or 0 for each in seen.order_by().values_list("phash", flat=True).distinct()]
    here = [(exhibit, each) for exhibit, some in hashes.items() for each in some]
    alike = _alike([each for _, each in here], column)
    return met, set(compress((exhibit for exhibit, _ in here), alike))


def _apart(ordered: Sequence[Exhibit], count: int, hashes: Hashes) -> list[Exhibit]:
    """Return the first so many of these; those that look like one before them come after all others."""
    chosen: list[Exhibit] = []
    later: list[Exhibit] = []
    column: list[int] = []  # of the photos of those chosen
    for exhibit in ordered:
        if len(chosen) == count:
            break
        own = hashes.get(exhibit.pk, [])
        is_twin = any(_alike(own, column))
        (later if is_twin else chosen).append(exhibit)
        column += [] if is_twin else own
    return [*chosen, *later][:count]


def _alike(column: list[int], others: list[int]) -> list[bool]:
    """Tell of each hash whether one of the others is that of a near-duplicate."""
    found = fingerprints.like_any(fingerprints.loaded(column), fingerprints.loaded(others), fingerprints.ALIKE)
    return found.tolist()


@dataclass(frozen=True)
class Answer:
    """What a machine said of one exhibit. `probabilities` are float16 bytes over the partition's cells, in order."""

    point: Point
    partition_digest: str
    cell_ids: bytes
    probabilities: bytes


@dataclass(frozen=True)
class Effort:
    """What an answer took, as the columns of Prediction say it; None where nobody measured."""

    seconds: float | None = None
    device: str | None = None
    waited_s: float | None = None


Said = tuple[int, Answer | str, Effort]  # of one exhibit, by its key: the answer, or why there is none


def record_prediction(exhibit: Exhibit, opponent: str, weights: str, answer: Answer | str) -> None:
    """Store a machine's answer, or why it has none; an answer that is stored already stays as it is."""
    record_predictions(opponent, weights, [(exhibit.pk, answer, Effort())])


@transaction.atomic
def record_predictions(opponent: str, weights: str, said: Sequence[Said]) -> None:
    """Store a machine's answers of one batch, all or none: one commit, whatever number they are."""
    answers = [answer for _, answer, _ in said if isinstance(answer, Answer)]
    for digest, cell_ids in {answer.partition_digest: answer.cell_ids for answer in answers}.items():
        if not Partition.objects.filter(digest=digest).exists():  # its cells need not be read to know that
            Partition.objects.get_or_create(digest=digest, defaults={"cell_ids": cell_ids})
    Prediction.objects.bulk_create(
        (
            Prediction(exhibit_id=exhibit, opponent=opponent, weights=weights, **_columns(answer), **asdict(effort))
            for exhibit, answer, effort in said
        ),
        ignore_conflicts=True,  # another worker was quicker: its answer stays
    )


def _columns(answer: Answer | str) -> dict[str, Any]:
    if isinstance(answer, str):
        return {"failure": answer[:300]}
    return {
        "lat": answer.point.lat,
        "lng": answer.point.lng,
        "partition_id": answer.partition_digest,
        "probabilities": answer.probabilities,
    }
