"""S2 cells for arrays: point to leaf, cell to middle, corners, area and outline. NumPy and s2sphere.

A cell id is a uint64: three bits of face, the place along the Hilbert curve, and a last one-bit whose position tells
the level (https://s2geometry.io/devguide/s2cell_hierarchy). The leaves under a cell are one range of ids, so sorted
ids and a binary search answer every question about cells.
"""

import math
import re
from collections.abc import Iterable
from functools import lru_cache

import numpy as np
import s2sphere
from numpy.typing import ArrayLike, NDArray

from predictor.geo import EARTH_RADIUS_KM, latlng, wrap_longitude

Ids = NDArray[np.uint64]
Floats = NDArray[np.float64]

LEAF_LEVEL = 30
_SIDE = 1 << LEAF_LEVEL  # leaves along an edge of a face
_ONE, _FOUR = np.uint64(1), np.uint64(4)
FACES: Ids = (np.arange(6, dtype=np.uint64) << np.uint64(61)) | np.uint64(1 << 60)
_DOUBTFUL = 1e-5  # of a leaf (0.1 micrometres): nearer to its edge, the last bit of a sine decides
_CHUNK = 8192  # points at a time: their twenty arrays then fit a processor's cache, however many points there are
_TOKEN = re.compile("[0-9a-f]{1,16}")
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
    x_over_y = ax > ay
    on_x, on_y = x_over_y & (ax > az), ~x_over_y & (ay > az)  # ties as s2sphere breaks them
    on_z = ~(on_x | on_y)
    major = np.where(on_x, x, np.where(on_y, y, z))
    behind = major < 0
    # Faces 0 to 2: (y, z), (-x, z), (-x, -y) over the major axis; on the faces behind, the two change places.
    first = np.where(on_x, y, -x) / major
    second = np.where(on_z, -y, z) / major
    s, t = np.where(behind, second, first), np.where(behind, first, second)
    return on_y + 2 * on_z + 3 * behind, _quadratic(s), _quadratic(t)


def _quadratic(u: Floats) -> Floats:
    """S2's projection of a face that makes cells of one level nearly equal in area: u in [-1, 1] to s in [0, 1]."""
    beyond = 0.5 * np.sqrt(1.0 + 3.0 * np.abs(u)) - 0.5  # exact, so that both halves round as s2sphere's do
    return 0.5 + np.copysign(beyond, u)


def _leaf_coordinate(s: Floats) -> NDArray[np.int64]:
    return np.clip(np.floor(_SIDE * s), 0, _SIDE - 1).astype(np.int64)


def _hilbert(face: NDArray[np.int64], i: NDArray[np.int64], j: NDArray[np.int64]) -> Ids:
    """Walk the Hilbert curve six bits of i and of j at a time."""
    table = _hilbert_steps(6)
    orientation = face & 1  # odd faces start with the axes swapped
    position = face
    for shift in range(24, -1, -6):
        step = table.take((i >> shift & 63) << 8 | (j >> shift & 63) << 2 | orientation)
        position = position << 12 | step >> 2
        orientation = step & 3
    return (position.view(np.uint64) << _ONE) | _ONE


@lru_cache(maxsize=2)
def _hilbert_steps(bits: int) -> NDArray[np.int64]:
    """(So many bits of i, as many of j, orientation) to (twice as many bits of the curve, next orientation).

    Of four bits 1,024 entries, of six 16,384: more would not stay in a processor's nearest cache.
    """
    table = np.zeros(4 << 2 * bits, dtype=np.int64)
    for entry in range(table.size):
        i, j, orientation, position = entry >> bits + 2, entry >> 2 & (1 << bits) - 1, entry & 3, 0
        for bit in reversed(range(bits)):
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


def parents(ids: Ids, level: int) -> Ids:
    """The cell of that level around each cell. Raises ValueError for a cell that is larger already."""
    low = _ONE << np.uint64(2 * (LEAF_LEVEL - level))
    if (_lowest_bits(ids) > low).any():
        raise ValueError(f"A cell above level {level} lies in no cell of level {level}")
    return (ids & (~low + _ONE)) | low


def levels(ids: Ids) -> NDArray[np.int64]:
    """The level of each cell, 0 for a face to 30 for a leaf."""
    return LEAF_LEVEL - np.log2(_lowest_bits(ids).astype(np.float64)).astype(np.int64) // 2


def tokens(ids: ArrayLike) -> list[str]:
    """The short names of cells: hexadecimal without the zeros at the end. They are text, even '47e63'.

    >>> tokens(FACES[:3])
    ['1', '3', '5']
    """
    return [f"{int(each):016x}".rstrip("0") or "X" for each in np.asarray(ids, dtype=np.uint64).ravel()]


def from_tokens(names: Iterable[str]) -> Ids:
    """The cells with these short names, in their order. Raises ValueError for what names no cell.

    >>> [hex(each) for each in from_tokens(["1", "47e63"]).tolist()]
    ['0x1000000000000000', '0x47e6300000000000']
    """
    names = list(names)
    strange = [name for name in names if not _TOKEN.fullmatch(name)]
    ids = np.array([0 if strange else int(name.ljust(16, "0"), 16) for name in names], dtype=np.uint64)
    strange += [name for name, fits in zip(names, are_cells(ids), strict=True) if not fits]
    if strange:
        raise ValueError(f"{strange[0]!r} is no S2 token")
    return ids


def are_cells(ids: Ids) -> NDArray[np.bool_]:
    """Tell of each number whether it is the id of a cell."""
    return ((ids >> np.uint64(61)) < 6) & ((_lowest_bits(ids) & np.uint64(0x1555555555555555)) != 0)


def middles(ids: Ids) -> tuple[Floats, Floats]:
    """Latitude and longitude of the middle of each cell, (n,) each; longitudes in [-180, 180)."""
    face, i, j, side = _squares(ids)
    lat, lng = latlng(_vectors(face, (i + side / 2) / _SIDE, (j + side / 2) / _SIDE))
    return lat, wrap_longitude(lng)


def corners(ids: Ids) -> Floats:
    """Unit vectors of the four corners of each cell, (n, 4, 3), counter-clockwise seen from above."""
    face, i, j, side = _squares(ids)
    around = ((0, 0), (1, 0), (1, 1), (0, 1))
    found = np.stack([_vectors(face, (i + x * side) / _SIDE, (j + y * side) / _SIDE) for x, y in around], axis=-2)
    return found / np.linalg.norm(found, axis=-1, keepdims=True)


def areas_km2(ids: Ids) -> Floats:
    """The area of each cell, (n,): its edges are great circles, so it is two spherical triangles."""
    a, b, c, d = np.moveaxis(corners(ids), 1, 0)
    return (_triangles(a, b, c) + _triangles(a, c, d)) * EARTH_RADIUS_KM**2


def _triangles(a: Floats, b: Floats, c: Floats) -> Floats:
    """Spherical excess of triangles of unit vectors (n, 3), by Eriksson's formula (Mathematics Magazine, 1990).

    Differences of corners are exact where the corners are close, so that small triangles keep their digits.
    """
    volume = np.einsum("nk,nk->n", a, np.cross(b - a, c - a))
    dots = sum(np.einsum("nk,nk->n", x, y) for x, y in ((a, b), (b, c), (c, a)))
    return 2 * np.arctan2(np.abs(volume), 1 + dots)


def _squares(ids: Ids) -> tuple[NDArray[np.int64], ...]:
    """Face, i and j of the leaf nearest to the face's corner, and length of the side in leaves; (n,) each."""
    face = (ids >> np.uint64(61)).astype(np.int64)
    position, orientation = (ids >> _ONE).view(np.int64) & ((1 << 60) - 1), face & 1
    i, j, table = np.zeros_like(face), np.zeros_like(face), _hilbert_steps_back()
    for shift in range(28, -1, -4):
        step = table.take((position >> 2 * shift & 255) << 2 | orientation)
        i, j, orientation = i << 4 | step >> 6, j << 4 | step >> 2 & 15, step & 3
    side = np.sqrt(_lowest_bits(ids).astype(np.float64)).astype(np.int64)
    return face, i & -side, j & -side, side


@lru_cache(maxsize=1)
def _hilbert_steps_back() -> NDArray[np.int64]:
    """1,024 entries: (eight bits of the curve, orientation) to (four bits of i, four bits of j, next orientation)."""
    entry, step = np.arange(1024), _hilbert_steps(4)
    table = np.zeros(1024, dtype=np.int64)
    table[(step >> 2) << 2 | entry & 3] = (entry >> 2) << 2 | step & 3
    return table


def _vectors(face: NDArray[np.int64], s: Floats, t: Floats) -> Floats:
    """Points on the cube's faces at (s, t) in [0, 1]; not of length one; (n, 3)."""
    u, v, one = _linear(s), _linear(t), np.ones_like(s)
    sides = ((one, u, v), (-u, one, v), (-u, -v, one), (-one, -v, -u), (v, -one, -u), (v, u, -one))
    return np.stack([np.choose(face, axis) for axis in zip(*sides, strict=True)], axis=-1)


def _linear(s: Floats) -> Floats:
    """The way back from `_quadratic`: s in [0, 1] to u in [-1, 1]."""
    return np.where(s >= 0.5, 4 * s * s - 1, 1 - 4 * (1 - s) ** 2) / 3


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
