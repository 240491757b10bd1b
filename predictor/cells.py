"""The Earth cut into as many S2 cells as there are photos to tell them apart: the paper's adaptive partition. No torch.

A partition is cut from counts: how many photos lie in each cell of one level. Counts of parts of a collection add up,
so that they may be taken in pieces, on several processors or machines (counting.py), and nothing else need be brought
together.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count

import numpy as np
from numpy.typing import ArrayLike, NDArray

from predictor.geo import EARTH_RADIUS_KM, Point, distance_km, unit_vectors
from predictor.s2 import (
    FACES,
    LEAF_LEVEL,
    Floats,
    Ids,
    are_cells,
    areas_km2,
    children,
    corners,
    first_leaves,
    last_leaves,
    leaf_ids,
    levels,
    middles,
    parents,
)

_AT_A_TIME = 16_384  # ids whose arrays fit a processor's cache
_BUCKET = np.uint64(61 - 14)  # cells of level 7: face and 14 bits of the curve
PAPER_T1, PAPER_T2 = 10_000, 50  # 26,263 cells of 126 million photos
_FINE = 16  # pieces of cells at a disc's edge are that much smaller than its radius
_CUTS = 3  # and no larger than a 64th of their cell, however small that is


@dataclass(frozen=True, eq=False)
class Partition:
    """Disjoint cells, sorted by id; class i of a classifier is cell i. Raises ValueError where cells overlap."""

    cell_ids: Ids  # (n,)
    means: tuple[Floats, Floats] | None = None  # of the places of each cell's photos, (n,) degrees each; None: unknown
    # Where some of each cell's photos were taken, (n, k) degrees each, NaN where fewer are known; None: of no cell.
    places: tuple[Floats, Floats] | None = None

    def __post_init__(self) -> None:
        ids = np.ascontiguousarray(self.cell_ids, dtype=np.uint64)
        object.__setattr__(self, "cell_ids", ids)
        if ids.ndim != 1 or not ids.size or not are_cells(ids).all():
            raise ValueError("A partition is a list of one or more S2 cell ids")
        if not (first_leaves(ids)[1:] > last_leaves(ids)[:-1]).all():
            raise ValueError("The cells of a partition must be sorted by id and must not overlap")
        if self.means is not None and any(axis.shape != ids.shape for axis in self.means):
            raise ValueError("A partition has a mean place for each of its cells, or for none")
        if self.places is not None and (np.ndim(self.places) != 3 or np.shape(self.places)[:2] != (2, ids.size)):
            raise ValueError("A partition has a row of latitudes and one of longitudes for each of its cells, or none")

    def __len__(self) -> int:
        return len(self.cell_ids)

    @cached_property
    def digest(self) -> str:
        """The partition's name: SHA-256 of its ids as little-endian uint64."""
        return hashlib.sha256(self.cell_ids.astype("<u8").tobytes()).hexdigest()

    def assign(self, lat: ArrayLike, lng: ArrayLike) -> NDArray[np.int64]:
        """The index of the cell that each point lies in, -1 for none."""
        return self.holding(leaf_ids(lat, lng))

    def holding(self, ids: Ids) -> NDArray[np.int64]:
        """The index of the cell that each cell lies in, which may be that cell itself; -1 for none."""
        index = np.empty(ids.shape, dtype=np.int64)
        flat, of = index.ravel(), np.asarray(ids).ravel()
        for first in range(0, of.size, _AT_A_TIME):
            part = slice(first, first + _AT_A_TIME)
            flat[part] = self._holding(of[part])
        return flat.reshape(index.shape)

    def _holding(self, ids: Ids) -> NDArray[np.int64]:
        index = self._last_beginning(ids)
        inside = (index >= 0) & (last_leaves(ids) <= self._last_leaves[index])
        return np.where(inside & (self._first_leaves[index] <= first_leaves(ids)), index, -1)

    def _last_beginning(self, ids: Ids) -> NDArray[np.int64]:
        """The last cell whose first leaf is not beyond each id, -1 for none.

        A binary search without branches, which begins in a bucket of equal first bits: NumPy's own guesses each of its
        steps wrong every other time, where the ids come in no order.
        """
        buckets, widest, beginnings = self._buckets
        index = buckets.take((ids >> _BUCKET).astype(np.int64))
        step = widest
        while step:
            index += step * (beginnings.take(index + (step - 1)) <= ids)
            step >>= 1
        return index - 1

    @cached_property
    def _buckets(self) -> tuple[NDArray[np.int64], int, Ids]:
        """How many cells begin before each bucket; the first step; first leaves, with ends that no id reaches."""
        before = np.searchsorted(self._first_leaves, np.arange((6 << 14) + 1, dtype=np.uint64) << _BUCKET)
        widest = 1 << max(int(np.diff(before).max()).bit_length() - 1, 0)
        ends = np.full(2 * widest, np.iinfo(np.uint64).max)
        return before, widest, np.append(self._first_leaves, ends)

    @cached_property
    def _first_leaves(self) -> Ids:
        return first_leaves(self.cell_ids)

    @cached_property
    def _last_leaves(self) -> Ids:
        return last_leaves(self.cell_ids)

    def centres(self) -> tuple[Floats, Floats]:
        """Latitude and longitude of the middle of each cell, (n,) each."""
        return self._centres

    @cached_property
    def _centres(self) -> tuple[Floats, Floats]:
        return middles(self.cell_ids)

    def points(self) -> tuple[Floats, Floats]:
        """The place that stands for each cell, (n,) degrees each: the mean of its photos, or else its middle."""
        return self.centres() if self.means is None else self.means

    @cached_property
    def areas_km2(self) -> Floats:
        """The area of each cell, (n,)."""
        return areas_km2(self.cell_ids)

    @cached_property
    def _reaches_km(self) -> Floats:
        return _reaches_km(self.cell_ids)

    def shares_within(self, point: Point, radius_km: float) -> NDArray[np.float32]:
        """The share of each cell's photos that is expected within that distance of a point, (n,).

        It is counted among the known places and one more, which is spread evenly over the cell: so a cell that knows
        none has the share of its area, and where one photo was taken out of the way the next may be.
        """
        even = self._shares_of_area(point, radius_km)
        if self.places is None:
            return even
        near = (distance_km(*point, *self.places) <= radius_km).sum(axis=1)  # NaN is nowhere near
        known = np.isfinite(self.places[0]).sum(axis=1)
        return ((near + even) / (known + 1)).astype(np.float32)

    def _shares_of_area(self, point: Point, radius_km: float) -> NDArray[np.float32]:
        """The share of each cell's area that lies within that distance of a point, (n,).

        A cell at the edge is cut into quarters, and those at the edge again, until they are small beside both.
        """
        distance = distance_km(*point, *self.centres())
        inside = np.where(distance + self._reaches_km <= radius_km, self.areas_km2, 0.0)
        owner = np.flatnonzero(np.abs(distance - radius_km) < self._reaches_km)
        ids = self.cell_ids[owner]
        for cuts in count(1):
            if not owner.size:
                break
            ids, owner = children(ids), np.repeat(owner, 4)
            distance, reach = distance_km(*point, *middles(ids)), _reaches_km(ids)
            last = (cuts >= _CUTS) & (reach * _FINE < radius_km) | (levels(ids) == LEAF_LEVEL)
            counts = np.where(last, distance <= radius_km, distance + reach <= radius_km)
            np.add.at(inside, owner[counts], areas_km2(ids[counts]))
            cut = ~last & (np.abs(distance - radius_km) < reach)
            ids, owner = ids[cut], owner[cut]
        return np.minimum(inside / self.areas_km2, 1.0).astype(np.float32)


def _reaches_km(ids: Ids) -> Floats:
    """From the middle of each cell to its farthest corner, (n,)."""
    ends = np.linalg.norm(corners(ids) - unit_vectors(*middles(ids))[:, None], axis=-1).max(axis=1)
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(ends / 2))  # from chords to arcs


@dataclass(frozen=True, eq=False)
class Counts:
    """How many photos lie in each cell of one level. The arrays may lie on the disk (np.memmap)."""

    level: int
    cell_ids: Ids  # (n,), sorted, each once
    photos: NDArray[np.int64]  # (n,)

    @classmethod
    def of(cls, lat: ArrayLike, lng: ArrayLike, level: int = LEAF_LEVEL) -> "Counts":
        """Count points. Raises ValueError for what is no place."""
        ids, photos = np.unique(parents(leaf_ids(lat, lng).ravel(), level), return_counts=True)
        return cls(level, ids, photos)

    @classmethod
    def merged(cls, parts: Sequence["Counts"]) -> "Counts":
        """Add up counts of different photos. Raises ValueError where their levels differ."""
        if len({part.level for part in parts}) != 1:
            raise ValueError("Counts can be added up where they are of one level")
        ids = np.concatenate([part.cell_ids for part in parts])
        photos = np.concatenate([part.photos for part in parts])
        order = np.argsort(ids, kind="stable")  # of sorted parts: a merge
        ids, photos = ids[order], photos[order]
        first = np.flatnonzero(np.append(True, ids[1:] != ids[:-1])[: ids.size])
        return cls(parts[0].level, ids[first], np.add.reduceat(photos, first) if ids.size else photos)

    @property
    def total(self) -> int:
        """How many photos there are."""
        return int(self._before[-1])

    @cached_property
    def _before(self) -> NDArray[np.int64]:
        before = np.zeros(len(self.photos) + 1, np.int64)  # eight bytes for each cell, in memory
        np.cumsum(self.photos, out=before[1:])
        return before

    def inside(self, ids: Ids) -> NDArray[np.int64]:
        """How many photos lie in each of these cells of this level or above it, (n,)."""
        ends = np.searchsorted(self.cell_ids, last_leaves(ids), "right")
        return self._before[ends] - self._before[np.searchsorted(self.cell_ids, first_leaves(ids), "left")]


def cut(
    counts: Counts, t1: int = PAPER_T1, t2: int = PAPER_T2, max_level: int = LEAF_LEVEL,
    progress: Callable[[Ids], object] = len,
) -> Partition:  # fmt: skip
    """Cut the Earth as the paper does: split cells with more than t1 photos, drop those with fewer than t2.

    It starts at the six faces of the cube and splits no cell of max_level or of the counts' own; progress sees each
    generation of cells. With one t2, a smaller t1 gives cells that lie inside those of a larger one. Raises ValueError
    where no cell is left.
    """
    kept = [ids[photos >= t2] for ids, photos in _generations(counts, t1, min(max_level, counts.level), progress)]
    ids = np.sort(np.concatenate(kept))
    if not ids.size:
        raise ValueError(f"No cell holds {t2} of the {counts.total} photos; choose a smaller t2")
    return Partition(ids)


def _generations(
    counts: Counts, t1: int, max_level: int, progress: Callable[[Ids], object]
) -> Iterator[tuple[Ids, NDArray[np.int64]]]:
    """Yield, level by level, the cells that need no split, and how many photos they hold."""
    ids = FACES
    for level in range(max_level + 1):
        photos = counts.inside(ids)
        split = (photos > t1) & (level < max_level)
        progress(ids)
        yield ids[~split], photos[~split]
        ids = children(ids[split])


def adaptive_partition(
    lat: ArrayLike, lng: ArrayLike, t1: int, t2: int, max_level: int, progress: Callable[[Ids], object] = len
) -> Partition:
    """`cut` for photos that are at hand. Raises ValueError where no cell is left."""
    return cut(Counts.of(lat, lng, max_level), t1, t2, max_level, progress)


def piles(counts: Counts, at_least: int = 1000) -> tuple[Ids, NDArray[np.int64]]:
    """Leaves that hold so many photos, and how many: a centimetre of the Earth.

    Nobody stands so often on one spot: these are default positions, such as the middle of a city, that were given to
    photos whose place is not known. Raises ValueError for counts of larger cells, which cannot tell.
    """
    if counts.level != LEAF_LEVEL:
        raise ValueError(f"Piles of photos show at level {LEAF_LEVEL}, and these counts are of level {counts.level}")
    many = np.flatnonzero(counts.photos >= at_least)
    return counts.cell_ids[many], counts.photos[many]
