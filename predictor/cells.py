"""The Earth cut into S2 cells: point to cell, cell to polygon, and the paper's adaptive partition. No torch.

A cell id is a uint64: three bits of face, the place along the Hilbert curve, and a last one-bit whose position tells
the level (https://s2geometry.io/devguide/s2cell_hierarchy). The leaves under a cell are one range of ids, so sorted
ids and a binary search answer every question about cells.
"""

import hashlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import s2sphere
from numpy.typing import ArrayLike, NDArray

from predictor.geo import latlng, wrap_longitude

Ids = NDArray[np.uint64]
Floats = NDArray[np.float64]

LEAF_LEVEL = 30
_SIDE = 1 << LEAF_LEVEL  # leaves along an edge of a face
_ONE, _FOUR = np.uint64(1), np.uint64(4)
FACES: Ids = (np.arange(6, dtype=np.uint64) << np.uint64(61)) | np.uint64(1 << 60)
_DOUBTFUL = 1e-5  # of a leaf (0.1 micrometres): nearer to its edge, the last bit of a sine decides
_CHUNK = 8192  # points at a time: their twenty arrays then fit a processor's cache, however many points there are
_NEAR_POLE = 89.9999  # degrees; a corner up there is the pole itself, at every longitude at once


def leaf_ids(lat: ArrayLike, lng: ArrayLike) -> Ids:
    """The S2 leaf cell of each point, (n,) uint64, bit for bit what s2sphere answers. Degrees in.

    Raises ValueError for a coordinate that is not a number or a latitude beyond a pole.

    >>> hex(int(leaf_ids([48.8584], [2.2945])[0]))
    '0x47e66fe1f36a36a5'
    """
    lat, lng = np.broadcast_arrays(np.asarray(lat, dtype=np.float64), np.asarray(lng, dtype=np.float64))
    if not (np.isfinite(lng).all() and (np.abs(lat) <= 90).all()):
        raise ValueError("A latitude must lie between -90 and 90 degrees, and a longitude must be a finite number")
    ids = np.empty(lat.size, dtype=np.uint64)
    for first in range(0, lat.size, _CHUNK):
        part = slice(first, first + _CHUNK)
        ids[part] = _leaves(np.radians(lat.ravel()[part]), np.radians(lng.ravel()[part]))
    return ids.reshape(lat.shape)


def _leaves(phi: Floats, theta: Floats) -> Ids:
    """The leaf of each point given in radians."""
    face, s, t = _face_st(np.sin(phi), np.cos(phi), np.sin(theta), np.cos(theta))
    doubtful = np.flatnonzero(_near_an_edge(s) | _near_an_edge(t) | (np.abs(s - 0.5) > 0.5 - 1e-12))
    if doubtful.size:  # NumPy's sines may differ from the C library's, which s2sphere uses, in the last bit
        angles = (each(a[doubtful]) for a in (phi, theta) for each in (_sines, _cosines))
        face[doubtful], s[doubtful], t[doubtful] = _face_st(*angles)
    return _hilbert(face, _leaf_coordinate(s), _leaf_coordinate(t))


def _near_an_edge(s: Floats) -> NDArray[np.bool_]:
    scaled = s * _SIDE
    return np.abs(scaled - np.rint(scaled)) < _DOUBTFUL


def _sines(angles: Floats) -> Floats:
    return np.fromiter(map(math.sin, angles.tolist()), dtype=np.float64, count=angles.size)


def _cosines(angles: Floats) -> Floats:
    return np.fromiter(map(math.cos, angles.tolist()), dtype=np.float64, count=angles.size)


def _face_st(sin_phi: Floats, cos_phi: Floats, sin_theta: Floats, cos_theta: Floats) -> tuple[NDArray, Floats, Floats]:
    """Face of the cube, (n,) int64, and the position (s, t) on it, each in [0, 1]."""
    x, y, z = cos_theta * cos_phi, sin_theta * cos_phi, sin_phi
    ax, ay, az = np.abs(x), np.abs(y), np.abs(z)
    axis = np.where(ax > ay, np.where(ax > az, 0, 2), np.where(ay > az, 1, 2))  # ties as s2sphere breaks them
    on_x, on_y = axis == 0, axis == 1
    major = np.where(on_x, x, np.where(on_y, y, z))
    behind = major < 0
    # Faces 0 to 2: (y, z), (-x, z), (-x, -y) over the major axis; on the faces behind, the two change places.
    first = np.where(on_x, y, -x)
    second = np.where(axis == 2, -y, z)
    first, second = np.where(behind, second, first) / major, np.where(behind, first, second) / major
    return axis + 3 * behind, _quadratic(first), _quadratic(second)


def _quadratic(u: Floats) -> Floats:
    """S2's projection of a face that makes cells of one level nearly equal in area: u in [-1, 1] to s in [0, 1]."""
    half = 0.5 * np.sqrt(1.0 + 3.0 * np.abs(u))
    return np.where(u >= 0, half, 1.0 - half)


def _leaf_coordinate(s: Floats) -> NDArray[np.int64]:
    return np.clip(np.floor(_SIDE * s), 0, _SIDE - 1).astype(np.int64)


def _hilbert(face: NDArray, i: NDArray[np.int64], j: NDArray[np.int64]) -> Ids:
    """Walk the Hilbert curve four bits of i and of j at a time."""
    table = _hilbert_steps()
    orientation = face & 1  # odd faces start with the axes swapped
    position = face.astype(np.int64) << 60
    for shift in range(28, -1, -4):
        step = table.take(((i >> shift & 15) << 6) | ((j >> shift & 15) << 2) | orientation)
        position |= (step >> 2) << (2 * shift)
        orientation = step & 3
    return (position.view(np.uint64) << _ONE) | _ONE


@lru_cache(maxsize=1)
def _hilbert_steps() -> NDArray[np.int64]:
    """1,024 entries: (four bits of i, four bits of j, orientation) to (eight bits of the curve, next orientation)."""
    table = np.zeros(1024, dtype=np.int64)
    for entry in range(1024):
        i, j, orientation, position = entry >> 6, entry >> 2 & 15, entry & 3, 0
        for bit in (3, 2, 1, 0):
            quarter = _QUARTERS[orientation].index((i >> bit & 1) << 1 | (j >> bit & 1))
            position = position << 2 | quarter
            orientation ^= _TURNS[quarter]
        table[entry] = position << 2 | orientation
    return table


# In which order the curve visits the quarters of a square, named (i << 1 | j), for each orientation: bit 0 says that
# the axes are swapped, bit 1 that the curve runs backwards; and how each quarter turns the curve inside it.
_QUARTERS = ((0, 1, 3, 2), (0, 2, 3, 1), (3, 2, 0, 1), (3, 1, 0, 2))
_TURNS = (1, 0, 0, 3)


def _lowest_bits(ids: Ids) -> Ids:
    return ids & (~ids + _ONE)


def first_leaves(ids: Ids) -> Ids:
    """The smallest leaf id in each cell."""
    return ids - (_lowest_bits(ids) - _ONE)


def last_leaves(ids: Ids) -> Ids:
    """The largest leaf id in each cell."""
    return ids + (_lowest_bits(ids) - _ONE)


def children(ids: Ids) -> Ids:
    """The four quarters of each cell, (4 n,), in the order of the curve."""
    quarter = _lowest_bits(ids) // _FOUR
    return (ids[:, None] + quarter[:, None] * np.arange(-3, 4, 2, dtype=np.int64).view(np.uint64)).ravel()


def tokens(ids: ArrayLike) -> list[str]:
    """The short names of cells: hexadecimal without the zeros at the end. They are text, even '47e63'.

    >>> tokens(FACES[:3])
    ['1', '3', '5']
    """
    return [f"{int(each):016x}".rstrip("0") or "X" for each in np.asarray(ids, dtype=np.uint64).ravel()]


@dataclass(frozen=True, eq=False)
class Partition:
    """Disjoint cells, sorted by id; class i of a classifier is cell i. Raises ValueError where cells overlap."""

    cell_ids: Ids  # (n,)

    def __post_init__(self) -> None:
        ids = np.ascontiguousarray(self.cell_ids, dtype=np.uint64)
        object.__setattr__(self, "cell_ids", ids)
        face_and_level_fit = ((ids >> np.uint64(61)) < 6) & ((_lowest_bits(ids) & np.uint64(0x1555555555555555)) != 0)
        if ids.ndim != 1 or not ids.size or not face_and_level_fit.all():
            raise ValueError("A partition is a list of one or more S2 cell ids")
        if not (first_leaves(ids)[1:] > last_leaves(ids)[:-1]).all():
            raise ValueError("The cells of a partition must be sorted by id and must not overlap")

    def __len__(self) -> int:
        return len(self.cell_ids)

    @cached_property
    def digest(self) -> str:
        """The partition's name: SHA-256 of its ids as little-endian uint64."""
        return hashlib.sha256(self.cell_ids.astype("<u8").tobytes()).hexdigest()

    def assign(self, lat: ArrayLike, lng: ArrayLike) -> NDArray[np.int64]:
        """The index of the cell that each point lies in, -1 for none."""
        leaves = leaf_ids(lat, lng)
        index = np.searchsorted(first_leaves(self.cell_ids), leaves, side="right") - 1
        inside = (index >= 0) & (leaves <= last_leaves(self.cell_ids)[index])
        return np.where(inside, index, -1)

    def centres(self) -> tuple[Floats, Floats]:
        """Latitude and longitude of the middle of each cell, (n,) each."""
        return self._centres

    @cached_property
    def _centres(self) -> tuple[Floats, Floats]:
        middles = (s2sphere.CellId(int(each)).to_point_raw() for each in self.cell_ids)
        lat, lng = latlng(np.array([(p[0], p[1], p[2]) for p in middles]))
        return lat, wrap_longitude(lng)


def adaptive_partition(
    lat: ArrayLike, lng: ArrayLike, t1: int, t2: int, max_level: int, progress: Callable[[Ids], object] = len
) -> Partition:
    """Cut the Earth as the paper does: split cells with more than t1 photos, drop those with fewer than t2.

    It starts at the six faces of the cube and splits no cell of max_level; progress sees each generation of cells.
    Raises ValueError where no cell is left.
    """
    leaves = np.sort(leaf_ids(lat, lng))
    kept = [ids[counts >= t2] for ids, counts in _generations(leaves, t1, max_level, progress)]
    ids = np.sort(np.concatenate(kept))
    if not ids.size:
        raise ValueError(f"No cell holds {t2} of the {leaves.size} photos; choose a smaller t2")
    return Partition(ids)


def _generations(
    leaves: Ids, t1: int, max_level: int, progress: Callable[[Ids], object]
) -> Iterator[tuple[Ids, NDArray[np.int64]]]:
    """Yield, level by level, the cells that need no split, and their counts."""
    ids = FACES
    for level in range(max_level + 1):
        counts = np.searchsorted(leaves, last_leaves(ids), "right") - np.searchsorted(leaves, first_leaves(ids), "left")
        split = (counts > t1) & (level < max_level)
        progress(ids)
        yield ids[~split], counts[~split]
        ids = children(ids[split])


def polygon(cell_id: int) -> list[tuple[float, float]]:
    """The outline of a cell as (lat, lng). Longitudes never jump: beyond the date line they go on past ±180.

    The edges of a large cell are great circles, so they are given by several points each. A pole is drawn as a line.
    """
    level = s2sphere.CellId(int(cell_id)).level()
    xyz = _outline(s2sphere.Cell(s2sphere.CellId(int(cell_id))), max(1, 16 >> level))
    lat, lng = latlng(xyz)
    lat, lng = _open_poles(lat, lng)
    lng = np.degrees(np.unwrap(np.radians(lng)))
    if abs(lng[0] - lng[-1]) > 180:  # round a pole: the two polar faces
        pole = math.copysign(90, lat[0])
        full_turn = lng[0] + math.copysign(360, lng[-1] - lng[0])
        lat, lng = np.append(lat, [lat[0], pole, pole]), np.append(lng, [full_turn, full_turn, lng[0]])
    lng -= 360 * math.floor((lng.mean() + 180) / 360)
    return list(zip(lat.tolist(), lng.tolist(), strict=True))


def _outline(cell: s2sphere.Cell, steps: int) -> Floats:
    """Points along the four edges, (4 * steps, 3)."""
    corners = np.array([[cell.get_vertex(k)[axis] for axis in range(3)] for k in range(4)])
    share = (np.arange(steps) / steps)[None, :, None]
    return (corners[:, None] * (1 - share) + np.roll(corners, -1, axis=0)[:, None] * share).reshape(-1, 3)


def _open_poles(lat: Floats, lng: Floats) -> tuple[Floats, Floats]:
    """Replace a corner on a pole by two: one at the longitude of its neighbour before, one of its neighbour after."""
    for at in np.flatnonzero(np.abs(lat) > _NEAR_POLE):
        pole, before, after = math.copysign(90, lat[at]), lng[at - 1], lng[(at + 1) % lng.size]
        return np.insert(np.delete(lat, at), at, [pole, pole]), np.insert(np.delete(lng, at), at, [before, after])
    return lat, lng
