"""Was an opponent trained on these photos? A set is held against an index of what it was trained on.

An index is a NumPy file (.npz) beside the weights: `phash` (n,) uint64 of `fingerprints`, `lat` and `lng` (n,)
float32 in degrees. `manage.py index_photos` makes one of any photos with places; of an opponent without an index nobody
knows what it has seen, and that is said.
"""

import hashlib
import zipfile
from collections.abc import Iterator
from datetime import datetime
from itertools import compress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from django.conf import settings
from numpy.typing import NDArray
from scipy.spatial import KDTree

from geogame import doubts, fingerprints
from geogame.models import Check, Photo, PhotoSet
from geogame.rules.refusals import BadInput, gettext_noop
from geogame.rules.sphere import EARTH_RADIUS_KM

NEAR_KM = 1.0
BLOCK = 100_000  # places of the index in one tree
ARRAYS = ("phash", "lat", "lng")
NO_INDEX = gettext_noop("There is no index of photos in %(path)s. Make one with `manage.py index_photos`.")


class Index(NamedTuple):
    """What an opponent was trained on."""

    phash: fingerprints.Hashes  # (n,)
    lat: NDArray[np.float32]  # (n,) degrees
    lng: NDArray[np.float32]
    sha256: str  # of the file


def write(path: Path, phash: Any, lat: Any, lng: Any) -> None:
    """Write an index."""
    with path.open("wb") as file:
        np.savez_compressed(
            file, phash=np.array(phash, np.uint64), lat=np.array(lat, np.float32), lng=np.array(lng, np.float32)
        )


def at_hand() -> list[str]:
    """Return the names of the indexes in the folder INDEX_ROOT."""
    return sorted(each.name for each in Path(settings.INDEX_ROOT).glob("*.npz"))


def named(name: str) -> Path:
    """Return one of the indexes at hand, after a look at what it holds. Raises BadInput."""
    if name not in at_hand():
        raise BadInput(gettext_noop("There is no index of this name. Choose one of those that are here."))
    path = Path(settings.INDEX_ROOT) / name
    try:
        with np.load(path, allow_pickle=False) as held:
            there = set(held.files)
    except (OSError, EOFError, ValueError, AttributeError, zipfile.BadZipFile) as error:
        raise BadInput(NO_INDEX, path=name) from error
    if not there >= set(ARRAYS):
        raise BadInput(NO_INDEX, path=name)
    return path


def read(path: Path) -> Index:
    """Read an index. Raises BadInput where it is none."""
    try:
        with np.load(path, allow_pickle=False) as held:
            phash, lat, lng = (held[name] for name in ARRAYS)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise BadInput(NO_INDEX, path=path.name) from error
    if phash.dtype != np.uint64 or not phash.shape == lat.shape == lng.shape or phash.ndim != 1:
        raise BadInput(gettext_noop("The arrays of %(path)s do not belong together."), path=path.name)
    return Index(phash, lat, lng, digest)


def check(photo_set: PhotoSet, index: Index, opponent: str, weights: str, now: datetime) -> Check:
    """Hold a set against an index; write down what was found, with a doubt for each photo that was met."""
    kept = photo_set.photos.exclude(review=Photo.Review.REJECTED).order_by("pk")
    rows = list(kept.values_list("pk", "phash", "lat", "lng"))
    told_apart = [(pk, phash) for pk, phash, _, _ in rows if phash is not None]
    placed = [(pk, lat, lng) for pk, _, lat, lng in rows if lat is not None and lng is not None]
    alike = _alike(told_apart, index)
    near = _near(placed, index)
    doubts.write(
        doubts.Found("trained-on", {"opponent": opponent, "why": "alike" if pk in alike else "near"}, pk)
        for pk in sorted(alike | near)
    )
    return Check.objects.create(
        photo_set=photo_set, opponent=opponent, weights=weights, index_sha256=index.sha256, photos=len(rows),
        alike=len(alike), near=len(near), made_at=now,
    )  # fmt: skip


def _alike(photos: list[tuple[int, int]], index: Index) -> set[int]:
    hashes = fingerprints.loaded([phash for _, phash in photos])
    alike = fingerprints.like_any(hashes, index.phash, fingerprints.ALIKE)
    return set(compress((pk for pk, _ in photos), alike))


def _near(photos: list[tuple[int, float, float]], index: Index) -> set[int]:
    if not photos:
        return set()
    keys = np.array([pk for pk, _, _ in photos])
    places = _vectors(np.array([lat for _, lat, _ in photos]), np.array([lng for _, _, lng in photos]))
    chord = 2 * np.sin(NEAR_KM / EARTH_RADIUS_KM / 2)
    found = np.zeros(len(photos), dtype=bool)
    for block in _blocks(index):
        apart, _ = KDTree(block).query(places, distance_upper_bound=chord)
        found |= np.isfinite(apart)
    return set(keys[found].tolist())


def _blocks(index: Index) -> Iterator[NDArray[np.float64]]:
    for begin in range(0, len(index.lat), BLOCK):
        yield _vectors(index.lat[begin : begin + BLOCK], index.lng[begin : begin + BLOCK])


def _vectors(lat: NDArray[Any], lng: NDArray[Any]) -> NDArray[np.float64]:
    """Return places (degrees) as points of the unit sphere, shape (n, 3)."""
    phi, theta = np.radians(lat.astype(np.float64)), np.radians(lng.astype(np.float64))
    return np.column_stack((np.cos(phi) * np.cos(theta), np.cos(phi) * np.sin(theta), np.sin(phi)))
