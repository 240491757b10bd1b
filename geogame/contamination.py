"""Was an opponent trained on these photos? A set is held against an index of what it was trained on.

An index is a NumPy file (.npz) beside the weights: `phash` (n,) uint64 of `fingerprints`, `lat` and `lng` (n,)
float32 in degrees. `manage.py index_photos` makes one of any photos with places; of an opponent without an index nobody
knows what it has seen, and that is said.
"""

import hashlib
import zipfile
import zlib
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
ARRAYS = {"phash": None, "lat": 90.0, "lng": 180.0}  # and the most that a value may be, degrees
PART = 1 << 20  # bytes of an array, whole values
HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
NO_INDEX = gettext_noop("There is no index of photos in %(path)s. Make one with `manage.py index_photos`.")
DAMAGED = gettext_noop(
    "The index %(path)s is damaged: its arrays cannot be read, or do not belong together. Make it anew with "
    "`manage.py index_photos`."
)


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
    _refuse_damaged(path)
    return path


def read(path: Path) -> Index:
    """Read an index. Raises BadInput where it is none, or is damaged."""
    _refuse_damaged(path)
    with np.load(path, allow_pickle=False) as held:
        phash, lat, lng = (held[name] for name in ARRAYS)
    with path.open("rb") as file:
        return Index(phash, lat, lng, hashlib.file_digest(file, "sha256").hexdigest())


def _refuse_damaged(path: Path) -> None:
    """Read an index through, a part of it in memory, as a web process may. Raises BadInput."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [archive.getinfo(f"{name}.npy") for name in ARRAYS]
            try:
                counts = {
                    _counted(archive, member, most) for member, most in zip(members, ARRAYS.values(), strict=True)
                }
            except (
                OSError,
                EOFError,
                ValueError,
                KeyError,
                NotImplementedError,
                zlib.error,
                zipfile.BadZipFile,
            ) as error:
                raise BadInput(DAMAGED, path=path.name) from error
    except (OSError, EOFError, ValueError, KeyError, NotImplementedError, zipfile.BadZipFile) as error:
        raise BadInput(NO_INDEX, path=path.name) from error
    if len(counts) != 1:
        raise BadInput(DAMAGED, path=path.name)


def _counted(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: float | None) -> int:
    """Return how many values an array of an index has. Raises ValueError of others than it should have."""
    with archive.open(member) as file:
        header = HEADERS[np.lib.format.read_magic(file)]
        shape, _, dtype = header(file)
        if len(shape) != 1 or dtype.kind != ("u" if most is None else "f") or (most is None and dtype != np.uint64):
            raise ValueError(dtype)
        count = 0
        while part := file.read(PART):
            values = np.frombuffer(part, dtype)  # raises ValueError where it ends within one
            if most is not None and not (np.abs(values) <= most).all():  # nor is NaN
                raise ValueError(most)
            count += len(values)
    if count != shape[0]:
        raise ValueError(count)
    return count


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
