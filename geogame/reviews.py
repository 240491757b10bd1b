"""The verbs of the review: what staff decide about photos that have come in.

One transaction each, and any of them may be done again. A frozen set keeps what it shows and where; licences, credits
and tags of its photos may still be mended.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet

from geogame import doubts, photos
from geogame.models import Doubt, Exhibit, ExhibitPhoto, Photo, PhotoSet
from geogame.photos import MAX_LENGTH
from geogame.rules.refusals import BadInput, NotNow, gettext_noop
from geogame.rules.sphere import Point

By = AbstractBaseUser | None
OPEN, FINE, MENDED, REJECTED = (
    Doubt.Verdict.OPEN, Doubt.Verdict.FINE, Doubt.Verdict.MENDED, Doubt.Verdict.REJECTED,
)  # fmt: skip
EASIEST, HARDEST = 1, 5
MOST_TAGS, LONGEST_TAG = 20, 40
BLOCK = 500  # rows written at once


@transaction.atomic
def place(photo: Photo, point: Point, by: By, now: datetime) -> None:
    """Put a photo where somebody says that it was taken; that settles what was doubted about its place.

    Raises NotNow while its set is frozen or a sealed experiment shows it.
    """
    photos.place(photo, point)
    _settle(Doubt.objects.filter(photo=photo, kind__in=doubts.OF_PLACE), MENDED, by, now)


@transaction.atomic
def take_offers(some: QuerySet[Photo], by: By, now: datetime) -> int:
    """Put photos where their open doubts offer to, as swapped coordinates the other way round; return how many."""
    _refuse_frozen(some)
    taken = 0
    for photo in some.select_related("photo_set").order_by("pk"):
        if offer := doubts.offered(photo.doubts.filter(verdict=OPEN)):
            place(photo, Point(offer.detail["lat"], offer.detail["lng"]), by, now)
            taken += 1
    return taken


@transaction.atomic
def accept(some: QuerySet[Photo], by: By, now: datetime) -> int:
    """Say of photos that all is well, whatever was doubted; return of how many. Those without a place are left out."""
    _refuse_frozen(some)
    pks = list(some.exclude(lat=None).values_list("pk", flat=True))
    _settle(Doubt.objects.filter(photo__in=pks), FINE, by, now)
    return Photo.objects.filter(pk__in=pks).update(review=Photo.Review.ACCEPTED, reviewed_at=now)


@transaction.atomic
def reject(some: QuerySet[Photo], by: By, now: datetime) -> int:
    """Keep photos out of games; return how many. A photo that was like one of them is so no more."""
    _refuse_frozen(some)
    pks = list(some.values_list("pk", flat=True))
    _settle(Doubt.objects.filter(photo__in=pks), REJECTED, by, now)
    _settle(Doubt.objects.filter(other__in=pks), MENDED, by, now)
    return Photo.objects.filter(pk__in=pks).update(review=Photo.Review.REJECTED, reviewed_at=now)


@transaction.atomic
def reopen(some: QuerySet[Photo]) -> int:
    """Take accepting or rejecting back, with the doubts that it settled; return of how many photos."""
    _refuse_frozen(some)
    pks = list(some.exclude(reviewed_at=None).values_list("pk", flat=True))
    settled = {"verdict": OPEN, "settled_at": None, "settled_by": None}
    of_them = Doubt.objects.filter(photo__in=pks, verdict__in=[FINE, REJECTED], settled_at=F("photo__reviewed_at"))
    of_twins = Doubt.objects.filter(other__in=pks, verdict=MENDED, settled_at=F("other__reviewed_at"))
    for some_doubts in (of_them, of_twins):
        Doubt.objects.filter(pk__in=list(some_doubts.values_list("pk", flat=True))).update(**settled)
    return Photo.objects.filter(pk__in=pks).update(review=Photo.Review.WAITING, reviewed_at=None)


@transaction.atomic
def settle(doubt: Doubt, verdict: str, by: By, now: datetime) -> None:
    """Settle one doubt: all is well, or the photo is rejected. Raises BadInput, NotNow."""
    photos.refuse_frozen(doubt.photo.photo_set)
    if verdict not in {FINE, REJECTED}:
        raise BadInput(gettext_noop("A doubt is settled as fine, or by rejecting the photo."))
    if verdict == REJECTED:
        reject(Photo.objects.filter(pk=doubt.photo_id), by, now)
    elif doubt.photo.lat is None and doubt.kind in doubts.OF_PLACE:
        raise NotNow(gettext_noop("This photo has no place yet. Put it on the map first."))
    else:
        _settle(Doubt.objects.filter(pk=doubt.pk), FINE, by, now)


def credit(some: QuerySet[Photo], licence: str | None, credit: str | None) -> int:
    """Write a licence, a credit or both beside photos; None leaves them as they are. Return of how many."""
    told = {"licence": licence, "credit": credit}
    words = {name: value.strip() for name, value in told.items() if value is not None}
    for name, value in words.items():
        if len(value) > MAX_LENGTH[name]:
            raise BadInput(gettext_noop("That is longer than %(longest)d characters."), longest=MAX_LENGTH[name])
    return some.update(**words) if words else 0


@transaction.atomic
def tag(
    some: QuerySet[Photo],
    scene: str | None = None,
    difficulty: int | None = None,
    add: Iterable[str] = (),
    drop: Iterable[str] = (),
) -> int:
    """Write beside photos what they show, how hard they are (1 to 5, 0 for nobody knows), and tags of one's own.

    None leaves a word as it is. Return of how many photos.
    """
    if difficulty is not None and difficulty not in {0, *range(EASIEST, HARDEST + 1)}:
        raise BadInput(gettext_noop("Difficulty goes from %(least)d to %(most)d."), least=EASIEST, most=HARDEST)
    new = {"scene": scene if scene is None else _short(scene), "difficulty": difficulty}
    added, dropped = [_short(each) for each in add], {_short(each) for each in drop}
    changed = list(some)
    for photo in changed:
        kept = [each for each in photo.extra.get("tags", []) if each not in dropped]
        tags = [each for each in dict.fromkeys([*kept, *added]) if each]
        if len(tags) > MOST_TAGS:
            raise BadInput(gettext_noop("A photo has at most %(most)d tags."), most=MOST_TAGS)
        told = {**photo.extra, **{key: value for key, value in new.items() if value is not None}, "tags": tags}
        photo.extra = {key: value for key, value in told.items() if value or key not in {*new, "tags"}}
    Photo.objects.bulk_update(changed, ["extra"], batch_size=BLOCK)
    return len(changed)


@transaction.atomic
def order(photo_set: PhotoSet, album: str, pks: Sequence[int], now: datetime) -> None:
    """Let an album show these photos in this order and no others; with none it is dissolved.

    Whoever leaves it is shown alone again, and whoever comes leaves the album that it was in. The place of an album is
    that of its last photo. Raises BadInput, and NotNow once it has been played, while a sealed experiment shows it, and
    while the set is frozen.
    """
    photos.refuse_frozen(photo_set)
    album = _named(album)
    wanted = _wanted(photo_set, pks)
    exhibit = photo_set.exhibits.filter(album=album).first()
    before = exhibit.ordered_photos() if exhibit else []
    if [each.pk for each in before] == [each.pk for each in wanted]:
        return
    if exhibit:
        _refuse_fixed(exhibit)
    for photo in wanted:
        if photo not in before:
            _take_out(photo, now)
    _show(photo_set, album, exhibit, wanted)
    for photo in before:
        if photo not in wanted and not photos.restore([photo]):
            photos.show_alone(photo)


def order_by_time(photo_set: PhotoSet, album: str, now: datetime) -> None:
    """Put the photos of an album in the order that they were taken in; those whose time nobody knows come last."""
    exhibit = album_named(photo_set, album)
    far = datetime.max.isoformat()
    shown = exhibit.ordered_photos()
    in_time = sorted(shown, key=lambda each: each.taken_at.isoformat() if each.taken_at else far)  # stable
    order(photo_set, album, [each.pk for each in in_time], now)


def rename(photo_set: PhotoSet, album: str, name: str) -> None:
    """Call an album otherwise. Raises BadInput, and NotNow where `order` does, or where there is one of this name."""
    photos.refuse_frozen(photo_set)
    exhibit, name = album_named(photo_set, album), _named(name)
    _refuse_fixed(exhibit)
    try:
        with transaction.atomic():
            Exhibit.objects.filter(pk=exhibit.pk).update(album=name)
    except IntegrityError as error:
        raise NotNow(gettext_noop("There is an album “%(name)s” already."), name=name) from error


def album_named(photo_set: PhotoSet, album: str) -> Exhibit:
    """Return the album of this name. Raises BadInput where there is none."""
    exhibit = photo_set.exhibits.filter(album=album).exclude(album="").first()
    if exhibit is None:
        raise BadInput(gettext_noop("There is no album of this name."))
    return exhibit


def _named(album: str) -> str:
    album = album.strip()
    if not 0 < len(album) <= MAX_LENGTH["album"]:
        raise BadInput(
            gettext_noop("The name of an album has one to %(longest)d characters."), longest=MAX_LENGTH["album"]
        )
    return album


def _wanted(photo_set: PhotoSet, pks: Sequence[int]) -> list[Photo]:
    found = photo_set.photos.in_bulk(list(pks))
    if len(found) != len(pks):
        raise BadInput(gettext_noop("An album shows photos of its own set, each once."))
    wanted = [found[pk] for pk in pks]
    if not all(each.file for each in wanted):
        raise NotNow(gettext_noop("The picture of one of these photos was destroyed: no game can show it."))
    lost = sum(each.lat is None for each in wanted)
    if lost:
        raise NotNow(
            gettext_noop("%(count)d of these photos have no place yet. Put them on the map first."), count=lost
        )
    return wanted


def _show(photo_set: PhotoSet, album: str, exhibit: Exhibit | None, wanted: Sequence[Photo]) -> None:
    if exhibit:
        exhibit.exhibitphoto_set.all().delete()
        exhibit.predictions.all().delete()  # the machine was shown other photos
    if not wanted:
        if exhibit:
            exhibit.delete()
        return
    ends_at = {"lat": wanted[-1].lat, "lng": wanted[-1].lng}
    shown, _ = Exhibit.objects.update_or_create(photo_set=photo_set, album=album, defaults=ends_at)
    ExhibitPhoto.objects.bulk_create(
        ExhibitPhoto(exhibit=shown, photo=photo, position=number) for number, photo in enumerate(wanted, start=1)
    )


def _take_out(photo: Photo, now: datetime) -> None:
    """Take a photo out of whatever shows it. What has been played alone stays on record, out of future games."""
    for exhibit in photo.exhibits.exclude(album=""):
        order(photo.photo_set, exhibit.album, [each.pk for each in exhibit.ordered_photos() if each != photo], now)
    for exhibit in photo.exhibits.filter(album=""):
        _refuse_sealed(exhibit)
        if exhibit.rounds.exists():
            photos.withdraw([photo], now)
        else:
            exhibit.delete()


def _refuse_fixed(exhibit: Exhibit) -> None:
    if exhibit.rounds.exists():
        raise NotNow(gettext_noop("“%(name)s” has been played already and can no longer change."), name=str(exhibit))
    _refuse_sealed(exhibit)


def _refuse_sealed(exhibit: Exhibit) -> None:
    if photos.is_sealed([exhibit]):
        raise NotNow(photos.SEALED)


def _settle(some: QuerySet[Doubt], verdict: str, by: By, now: datetime) -> None:
    some.filter(verdict=OPEN).update(verdict=verdict, settled_at=now, settled_by=by)


def _refuse_frozen(some: QuerySet[Photo]) -> None:
    for photo_set in PhotoSet.objects.filter(photos__in=some).distinct():
        photos.refuse_frozen(photo_set)


def _short(word: str) -> str:
    word = " ".join(word.split())
    if len(word) > LONGEST_TAG:
        raise BadInput(gettext_noop("That is longer than %(longest)d characters."), longest=LONGEST_TAG)
    return word
