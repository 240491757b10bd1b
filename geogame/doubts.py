"""What is odd about photos: found when they come in and when a set is looked through, settled by a person.

Nothing is dropped in silence: a doubt is a row with a sentence. A grave one keeps the photo out of games until somebody
has looked at it. Whatever is found may be found again without harm: what was settled stays settled.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import TypeVar

import numpy as np
from django.db import transaction
from django.db.models import Q, QuerySet

from geogame import coasts, fingerprints
from geogame.models import Doubt, Guess, Photo, PhotoSet, Player, Round
from geogame.rules.refusals import gettext_noop
from geogame.rules.sphere import Point, distance_km
from geogame.selections import NO_SECRET
from geogame.statistics.crowd import geometric_median

T = TypeVar("T")
Values = dict[str, str | float | int]

BLOCK = 500  # rows written at once
SMALL_PX = 640  # of the longer side: less is hard to see on a screen
COARSE_M = 10_000  # that the digits of coordinates leave open
SAME_PLACE = 5  # photos with the very same coordinates
SAME_HOUR_S = 3600.0  # a camera on its tripod: the same place and the same hour
NEXT_TO_KM = 1.0  # two cuts of one photo
DEFAULT_KM = 0.1
# Where services put what they know only the town of: the three fullest cells of GeoEstimation's partition.
DEFAULTS = (
    ("Paris", Point(48.856918, 2.341209)),
    ("London", Point(51.50632, -0.12714)),
    ("Barcelona", Point(41.385719, 2.170049)),
)
FAR_KM, TOGETHER_KM = 500.0, 200.0  # strong players agree within 200 km, and that far from the label
STRONG = 0.25  # share of the people, the best by median error
STRONG_ROUNDS = 10  # that tell whether somebody is strong
STRONG_GUESSES = 5  # at one exhibit


@dataclass(frozen=True)
class Kind:
    """A kind of doubt. `sentence` has holes for the values of a case."""

    severity: int
    title: str
    sentence: str
    offer: str = ""  # what a button says that puts the photo where `lat` and `lng` of a case are


HINT, DOUBT, GRAVE = Doubt.HINT, Doubt.DOUBT, Doubt.GRAVE
KINDS = {
    "no-place": Kind(GRAVE, gettext_noop("No place"), gettext_noop("Neither the file nor a table says where this is.")),
    "place-odd": Kind(
        GRAVE,
        gettext_noop("Odd place"),
        gettext_noop("The file's place makes no sense: %(why)s"),
        gettext_noop("Use the place that the file hints at"),
    ),
    "table-odd": Kind(
        GRAVE,
        gettext_noop("Odd place in the table"),
        gettext_noop("The table says “%(told)s”. %(why)s"),
        gettext_noop("Use the place that the file itself tells"),
    ),
    "swapped": Kind(
        GRAVE,
        gettext_noop("Swapped?"),
        gettext_noop("The table says “%(told)s”: latitude and longitude seem to be swapped."),
        gettext_noop("Swap latitude and longitude"),
    ),
    "all-swapped": Kind(
        GRAVE,
        gettext_noop("In a swapped table?"),
        gettext_noop("Its table has rows that make sense only the other way round: is this at %(lat).4f, %(lng).4f?"),
        gettext_noop("Swap latitude and longitude"),
    ),
    "table-form": Kind(
        GRAVE,
        gettext_noop("Unusual form in the table"),
        gettext_noop("The table says “%(told)s”, which seems to mean %(lat).5f, %(lng).5f."),
        gettext_noop("Use that reading"),
    ),
    "lax-form": Kind(HINT, gettext_noop("Unusual form"), gettext_noop("The place was read all the same: %(why)s")),
    "coarse": Kind(
        DOUBT, gettext_noop("Coarse place"), gettext_noop("The coordinates' digits leave %(km).0f km open.")
    ),
    "sea": Kind(DOUBT, gettext_noop("In the sea"), gettext_noop("There is no land within five kilometres.")),
    "pile-up": Kind(DOUBT, gettext_noop("Pile-up"), gettext_noop("%(count)d photos have the very same coordinates.")),
    "default": Kind(
        DOUBT, gettext_noop("Default place"), gettext_noop("This is where services put what was taken “in %(town)s”.")
    ),
    "alike": Kind(DOUBT, gettext_noop("Near-duplicate"), gettext_noop("It looks like %(name)s.")),
    "related": Kind(HINT, gettext_noop("Similar, nearby"), gettext_noop("It looks somewhat like %(name)s, nearby.")),
    "elsewhere": Kind(HINT, gettext_noop("In another set"), gettext_noop("It looks like %(name)s of the set %(set)s.")),
    "trained-on": Kind(
        DOUBT,
        gettext_noop("In training data"),
        gettext_noop("%(opponent)s was trained on a photo like this one, or taken within 1 km (%(why)s)."),
    ),
    "small": Kind(HINT, gettext_noop("Small"), gettext_noop("It has only %(width)d × %(height)d pixels.")),
    "blank": Kind(GRAVE, gettext_noop("Blank"), gettext_noop("There is next to nothing to be seen.")),
    "damaged": Kind(
        GRAVE,
        gettext_noop("Damaged?"),
        gettext_noop("%(percent)d in a hundred of its rows are one flat grey: the file may have been cut off there."),
    ),
    "screenshot": Kind(DOUBT, gettext_noop("Screenshot?"), gettext_noop("It may be a picture of a screen: %(why)s")),
    "odd-file": Kind(HINT, gettext_noop("Odd file"), gettext_noop("About the file: %(why)s")),
    "label": Kind(
        DOUBT,
        gettext_noop("Players disagree"),
        gettext_noop("%(count)d of the strongest players agree on a place %(km).0f km from the label."),
    ),
}
NAMES = frozenset({"near", "country"})  # of where a photo was taken, in its `extra`
OF_PLACE = frozenset(
    {
        "no-place",
        "place-odd",
        "table-odd",
        "swapped",
        "all-swapped",
        "table-form",
        "lax-form",
        "coarse",
        "sea",
        "pile-up",
        "default",
        "label",
    }
)


@dataclass(frozen=True)
class Found:
    """A doubt about one photo, and the other that it is held against."""

    kind: str
    values: Values = field(default_factory=dict)
    photo: int = 0
    other: int | None = None
    severity: int | None = None  # where it differs from its kind's


def of_size(width: int, height: int) -> list[Found]:
    """Return whether a picture is small, of its kept size in pixels."""
    return [Found("small", {"width": width, "height": height})] if max(width, height) < SMALL_PX else []


def write(found: Iterable[Found]) -> None:
    """Write doubts down, in blocks; those that were found before stay as they are."""
    for some in _blocks(found, BLOCK):
        Doubt.objects.bulk_create(
            (
                Doubt(
                    photo_id=each.photo,
                    kind=each.kind,
                    severity=each.severity or KINDS[each.kind].severity,
                    other_id=each.other,
                    detail=each.values,
                )
                for each in some
            ),
            ignore_conflicts=True,
        )


@dataclass(frozen=True)
class _Photos:
    """The columns of a set's photos that are compared, those of one photo at one number."""

    pks: Sequence[int]
    names: Sequence[str]
    hashes: fingerprints.Hashes  # those of pictures that are too flat are 0
    told_apart: np.ndarray  # (n,) which are not
    lat: np.ndarray  # (n,) degrees, NaN where nobody knows
    lng: np.ndarray
    taken_s: np.ndarray  # (n,) seconds since 1970, NaN where nobody knows
    precision_m: np.ndarray


def _photos(photo_set: PhotoSet) -> _Photos:
    kept = photo_set.photos.exclude(review=Photo.Review.REJECTED).order_by("pk")
    rows = list(kept.values_list("pk", "original_name", "phash", "lat", "lng", "taken_at", "precision_m"))
    pks, names, hashes, lat, lng, taken, precision = zip(*rows, strict=True) if rows else ((),) * 7
    return _Photos(
        pks,
        names,
        fingerprints.loaded([each or 0 for each in hashes]),
        np.array([each is not None for each in hashes], dtype=bool),
        np.array(lat, dtype=np.float64),
        np.array(lng, dtype=np.float64),
        np.array([each.timestamp() if each else np.nan for each in taken], dtype=np.float64),
        np.array(precision, dtype=np.float64),
    )


def look_through(photo_set: PhotoSet) -> None:
    """Find what can be seen only of a set as a whole, and where its places lie; say what places are near."""
    here = _photos(photo_set)
    write(_alike(here, _together(photo_set)))
    write(_elsewhere(photo_set, here))
    write(_places(here))
    name_places(photo_set)


def _together(photo_set: PhotoSet) -> set[frozenset[int]]:
    """Return the pairs of photos that one trip shows one after the other: they are meant to be alike."""
    rows = photo_set.exhibits.exclude(album="").order_by("pk", "exhibitphoto__position")
    shown = list(rows.values_list("pk", "exhibitphoto__photo"))
    return {frozenset((one[1], next_one[1])) for one, next_one in pairwise(shown) if one[0] == next_one[0]}


def _alike(here: _Photos, together: set[frozenset[int]]) -> Iterator[Found]:
    numbers = np.flatnonzero(here.told_apart)
    hashes = here.hashes[numbers]
    for one, other, bits in fingerprints.near(hashes, hashes, fingerprints.RELATED):
        if one >= other:  # each pair once, and not with itself: the later photo is the doubtful one
            continue
        first, second = int(numbers[one]), int(numbers[other])
        values: Values = {"name": here.names[first], "bits": bits}
        if bits <= fingerprints.ALIKE:
            of_one_trip = frozenset((here.pks[first], here.pks[second])) in together
            yield Found("alike", values, here.pks[second], here.pks[first], severity=HINT if of_one_trip else None)
        elif _km(here, first, second) <= NEXT_TO_KM:
            yield Found("related", values, here.pks[second], here.pks[first])


def _km(here: _Photos, one: int, other: int) -> float:
    if np.isnan(here.lat[one]) or np.isnan(here.lat[other]):
        return np.inf
    return distance_km(Point(here.lat[one], here.lng[one]), Point(here.lat[other], here.lng[other]))


def _elsewhere(photo_set: PhotoSet, here: _Photos) -> Iterator[Found]:
    others = Photo.objects.exclude(photo_set=photo_set).exclude(phash=None).order_by("pk")
    rows = list(others.values_list("pk", "phash"))
    if not rows:
        return
    hashes = fingerprints.loaded([phash or 0 for _, phash in rows])
    numbers = np.flatnonzero(here.told_apart)
    pairs = list(fingerprints.near(here.hashes[numbers], hashes, fingerprints.ALIKE))
    found = Photo.objects.select_related("photo_set").in_bulk({rows[other][0] for _, other, _ in pairs})
    for one, other, bits in pairs:
        twin = found[rows[other][0]]
        values: Values = {"name": twin.original_name, "set": twin.photo_set.name, "bits": bits}
        yield Found("elsewhere", values, here.pks[int(numbers[one])], twin.pk)


def _places(here: _Photos) -> Iterator[Found]:
    numbers = np.flatnonzero(~np.isnan(here.lat))
    at_sea = coasts.at_sea(here.lat[numbers].tolist(), here.lng[numbers].tolist())
    for number, is_at_sea in zip(numbers.tolist(), at_sea, strict=True):
        if is_at_sea:
            yield Found("sea", photo=here.pks[number])
        if here.precision_m[number] > COARSE_M:  # where nobody knows it is NaN, and more than nothing
            yield Found("coarse", {"km": here.precision_m[number] / 1000}, here.pks[number])
        place = Point(here.lat[number], here.lng[number])
        for town, default in DEFAULTS:
            if distance_km(place, default) <= DEFAULT_KM:
                yield Found("default", {"town": town}, here.pks[number])
    yield from _pile_ups(here, numbers)


def _pile_ups(here: _Photos, numbers: np.ndarray) -> Iterator[Found]:
    rounded = np.round(np.column_stack((here.lat[numbers], here.lng[numbers])), 6)
    _, which, counts = np.unique(rounded, axis=0, return_inverse=True, return_counts=True)
    for pile in np.flatnonzero(counts >= SAME_PLACE):
        of_pile = numbers[which.ravel() == pile]
        if np.ptp(here.taken_s[of_pile]) <= SAME_HOUR_S:  # where a time is missing this is NaN, and a pile-up
            continue
        for number in of_pile:
            yield Found("pile-up", {"count": int(counts[pile])}, here.pks[int(number)])


def name_places(photo_set: PhotoSet) -> None:
    """Write beside each place the nearest town, and the country where no table told one."""
    unnamed = photo_set.photos.exclude(lat=None).exclude(extra__has_key="near").order_by("pk")
    # All at once: what SQLite reads bit by bit is an old state of things, from which it writes nothing.
    for some in _blocks(list(unnamed.values_list("pk", "lat", "lng")), BLOCK):
        names = coasts.near([lat or 0.0 for _, lat, _ in some], [lng or 0.0 for _, _, lng in some])
        _write_names(dict(zip(some, names, strict=True)))


@transaction.atomic
def _write_names(found: dict[tuple[int, float | None, float | None], tuple[str, str]]) -> None:
    """Write down what places are called, of photos that are still there; staff may write other words meanwhile."""
    photos = Photo.objects.select_for_update(no_key=True).filter(pk__in=[pk for pk, _, _ in found])
    still = [each for each in photos.only("pk", "lat", "lng", "extra") if (each.pk, each.lat, each.lng) in found]
    for photo in still:
        town, country = found[photo.pk, photo.lat, photo.lng]
        photo.extra = {"country": country, **photo.extra, "near": town}
    Photo.objects.bulk_update(still, ["extra"])


def doubt_labels(photo_set: PhotoSet) -> int:
    """Put forward the photos on which strong players agree, far from the label; return how many.

    Strong is who is among the best quarter of people by median error, of those who have answered ten rounds or more.
    Of an experiment nothing is told before it is finished.
    """
    strong = _strong()
    guesses = Guess.objects.filter(
        round__in=Round.objects.filter(NO_SECRET, exhibit__photo_set=photo_set, closed_at__isnull=False, skipped=False),
        lat__isnull=False,
        player__person__in=strong, player__voided_at=None, seen_before=False,
    )  # fmt: skip
    by_exhibit: dict[int, list[Point]] = {}
    for guess in guesses.select_related("round"):
        if point := guess.point():
            by_exhibit.setdefault(guess.round.exhibit_id, []).append(point)
    exhibits = photo_set.exhibits.in_bulk(list(by_exhibit))
    found = []
    for pk, points in by_exhibit.items():
        if (km := _agreed_km(points, Point(exhibits[pk].lat, exhibits[pk].lng))) is not None:
            found.append(Found("label", {"count": len(points), "km": km}, exhibits[pk].ordered_photos()[-1].pk))
    write(found)
    return len(found)


def _agreed_km(points: Sequence[Point], label: Point) -> float | None:
    """Return how far from the label several people's middle is; None where they do not agree, or with the label."""
    if len(points) < STRONG_GUESSES:
        return None
    lat, lng = geometric_median([each.lat for each in points], [each.lng for each in points])
    middle = Point(float(lat), float(lng))
    together = sum(distance_km(each, middle) <= TOGETHER_KM for each in points)
    km = distance_km(middle, label)
    return km if km > FAR_KM and 2 * together >= len(points) else None


def _strong() -> list[int]:
    answered = Guess.objects.filter(
        player__kind=Player.Kind.HUMAN, player__voided_at=None, round__skipped=False, seen_before=False,
        error_km__isnull=False, player__person__isnull=False,
    )  # fmt: skip
    errors: dict[int, list[float]] = {}
    for person, error in answered.order_by().values_list("player__person", "error_km").iterator(10_000):
        errors.setdefault(person, []).append(error)  # type: ignore[arg-type]
    medians = {person: float(np.median(each)) for person, each in errors.items() if len(each) >= STRONG_ROUNDS}
    best = sorted(medians, key=lambda person: medians[person])
    return best[: int(np.ceil(STRONG * len(best)))]


OFFERING = Q(detail__has_keys=["lat", "lng"])  # of a doubt


def offered(some: Iterable[Doubt]) -> Doubt | None:
    """Return the first of a photo's open doubts that offers a place: its `lat` and `lng`, degrees."""
    return next((each for each in some if {"lat", "lng"} <= set(each.detail)), None)


def open_of(photos: QuerySet[Photo]) -> QuerySet[Doubt]:
    """Return what nobody has settled yet, the gravest first."""
    return Doubt.objects.filter(photo__in=photos, verdict=Doubt.Verdict.OPEN)


def _blocks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(items)
    while some := list(islice(rest, size)):
        yield some
