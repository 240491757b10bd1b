"""The verbs of photos: take them in, pick exhibits for a game, record what a machine answered."""

import hashlib
import random
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.validators import URLValidator
from django.db import IntegrityError, transaction
from django.db.models import Count, Max, QuerySet
from django.utils.text import slugify

from geogame import pictures
from geogame.models import Domain, Exhibit, ExhibitPhoto, Partition, Person, Photo, PhotoSet, Prediction, Round, Slot
from geogame.pictures import Unusable
from geogame.rules import rounds
from geogame.rules.refusals import BadInput, NotNow, gettext_noop
from geogame.rules.sphere import Point
from geogame.sources import Entry, Item, Refusal

MAX_LENGTH = {"name": 120, "title": 300, "credit": 300, "licence": 200, "album": 200}


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
            report.imported += 1
        except BadInput as error:
            report.refused.append(Refusal(entry.name, error))
    return report


def take_in(photo_set: PhotoSet, item: Item) -> Photo:
    """Keep one picture, re-encoded and bare of metadata, and make or extend its exhibit. Raises Unusable."""
    data = item.read()
    digest = hashlib.sha256(data).hexdigest()
    _refuse_twice(photo_set, digest)
    picture, exif = pictures.read(data, settings.MAX_PIXELS)
    place = item.place or pictures.gps(exif)
    photo = Photo(
        photo_set=photo_set,
        width=picture.width,
        height=picture.height,
        colour=picture.colour,
        lat=place.lat,
        lng=place.lng,
        original_name=item.name[-300:],
        original_sha256=digest,
        **_words(item),
    )
    photo.file.save("photo.jpg", ContentFile(picture.jpeg), save=False)
    try:
        with transaction.atomic():
            photo.save()
            _exhibit(photo, item.words.get("album", ""))
    except IntegrityError:
        photo.file.delete(save=False)
        _refuse_twice(photo_set, digest)  # somebody else brought it in while it was being decoded here
        raise
    except BaseException:
        photo.file.delete(save=False)  # no row, so no file
        raise
    return photo


def _refuse_twice(photo_set: PhotoSet, sha256: str) -> None:
    if photo_set.photos.filter(original_sha256=sha256).exists():
        raise Unusable(gettext_noop("The same file is in this set already."))


def _words(item: Item) -> dict[str, object]:
    """Return the texts that came with a picture; what does not fit its column is kept whole in `extra`."""
    extra = dict(item.extra)
    words = {key: item.words.get(key, "") for key in ("title", "credit", "licence")}
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


def _exhibit(photo: Photo, album: str) -> Exhibit:
    """Show the photo alone, or as the next one of its album; the place of an album is that of its last photo."""
    album = album[: MAX_LENGTH["album"]]
    if album:
        exhibit, _ = Exhibit.objects.get_or_create(
            photo_set=photo.photo_set, album=album, defaults={"lat": photo.lat, "lng": photo.lng}
        )
        if exhibit.rounds.exists():
            raise Unusable(gettext_noop("Its album has been played already and can no longer grow."))
        Exhibit.objects.filter(pk=exhibit.pk).update(lat=photo.lat, lng=photo.lng)
    else:
        exhibit = Exhibit.objects.create(photo_set=photo.photo_set, lat=photo.lat, lng=photo.lng)
    ExhibitPhoto.objects.create(
        exhibit=exhibit,
        photo=photo,
        position=1 + (exhibit.exhibitphoto_set.aggregate(last=Max("position"))["last"] or 0),
    )
    return exhibit


def move(photo: Photo, place: Point) -> None:
    """Correct where a photo was taken. Rounds already drawn keep the truth that they were drawn with.

    Raises NotNow while a sealed experiment shows it.
    """
    with transaction.atomic():
        _refuse_sealed(photo.exhibits.all())
        Photo.objects.filter(pk=photo.pk).update(lat=place.lat, lng=place.lng)
        for exhibit in photo.exhibits.all():
            if exhibit.ordered_photos()[-1].pk == photo.pk:
                Exhibit.objects.filter(pk=exhibit.pk).update(lat=place.lat, lng=place.lng)


@transaction.atomic
def remove(photo: Photo) -> None:
    """Delete a photo, its file and an exhibit that showed nothing else.

    Raises NotNow once it has been played, and while a sealed experiment is to show it.
    """
    exhibits = list(photo.exhibits.all())
    _refuse_sealed(exhibits)
    if any(exhibit.rounds.exists() for exhibit in exhibits):
        raise NotNow(
            gettext_noop("This photo has been played; its rounds are part of the record. Withdraw it instead.")
        )
    photo.delete()
    for exhibit in exhibits:
        left = exhibit.ordered_photos()
        if left:
            Exhibit.objects.filter(pk=exhibit.pk).update(lat=left[-1].lat, lng=left[-1].lng)
        else:
            exhibit.delete()


def is_sealed(exhibits: Iterable[Exhibit]) -> bool:
    """Tell whether an experiment has frozen one of these and still shows it."""
    running = Slot.objects.filter(
        experiment__sealed_at__isnull=False, experiment__finished_at=None, experiment__abandoned_at=None
    )
    frozen = {exhibit for drawn in running.values_list("exhibits", flat=True) for exhibit in drawn}
    return any(exhibit.pk in frozen for exhibit in exhibits)


def _refuse_sealed(exhibits: Iterable[Exhibit]) -> None:
    if is_sealed(exhibits):
        raise NotNow(gettext_noop("A sealed experiment shows this photo; it can be changed when that is over."))


def withdraw(photos: Iterable[Photo], now: datetime) -> int:
    """Take the exhibits of these photos out of future games; return how many."""
    return Exhibit.objects.filter(photos__in=list(photos), retired_at=None).update(retired_at=now)


def restore(photos: Iterable[Photo]) -> int:
    """Let future games draw the exhibits of these photos again; return how many."""
    return Exhibit.objects.filter(photos__in=list(photos)).exclude(retired_at=None).update(retired_at=None)


def painters(photo_set: PhotoSet) -> set[str]:
    """Return which versions of Toy Earth's painter painted what is in play of a set; none for photographs."""
    if photo_set.domain != Domain.TOY_EARTH:
        return set()
    in_play = photo_set.photos.filter(exhibits__retired_at=None, extra__has_key="painter")
    told = in_play.values_list("extra__painter", flat=True)
    return {str(version) for version in told.distinct()}


PhotosEach = str  # "any", "one" or "several": of an exhibit; a trip has several


def usable(photo_set: PhotoSet, photos_each: PhotosEach) -> QuerySet[Exhibit]:
    """Return the exhibits that a game may draw."""
    in_play = photo_set.exhibits.filter(retired_at=None)
    if photos_each == "any":
        return in_play
    counted = in_play.annotate(each=Count("photos"))
    return counted.filter(each=1) if photos_each == "one" else counted.filter(each__gt=1)


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
    """Draw exhibits at random, those first that this person has not met; fewer where the set is smaller."""
    everything = list(usable(photo_set, photos_each))
    random.SystemRandom().shuffle(everything)
    if person is not None:
        met = Round.objects.filter(opened_at__isnull=False, game__players__person=person)
        met_ids = set(met.values_list("exhibit_id", flat=True))
        everything.sort(key=lambda exhibit: exhibit.pk in met_ids)  # stable: random within each half
    return everything[:count]


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
