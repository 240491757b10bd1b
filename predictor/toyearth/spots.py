"""Where pictures are taken, and which examination a place belongs to. Numbers decide all of it, nothing is stored.

Every city of GeoNames has spots, fixed for ever: rank 0 is its best known sight, later ranks lie farther out, a few in
the wild. Pictures fall on ranks as they do on real sights: half of them on the first sixty-four of four thousand.

| split | where |
|---|---|
| new_place | whole S2 cells of level 10, a tenth of them; train and new_picture keep a kilometre away |
| new_picture | an eighth of the spots elsewhere: the neighbourhoods of training, other streets |
| train | the others |
"""

import math
from dataclasses import dataclass

import numpy as np

from predictor.toyearth.land import KM_PER_DEGREE, WORLD_SEED, City, block, is_land, neighbouring_blocks, world

SPLITS = ("train", "new_picture", "new_place")
RANKS = 4096  # spots of a city
NEW_PLACE_TENTHS = 1  # of ten blocks
NEW_PICTURE_EIGHTHS = 1  # of eight spots
SCATTER_KM = 0.03  # how far from a spot's middle people stand
_TRIES = 20_000


@dataclass(frozen=True)
class Spot:
    """A street, a square or a view, fixed in the world: who stands there sees the same houses."""

    key: int  # names it, and seeds all that stays there
    lat: float  # degrees
    lng: float
    city: City
    city_index: int  # in land.world()
    rank: int  # 0 is the best known
    km_out: float  # from the middle of the city
    bearing: float  # of its street, degrees from north by east

    @property
    def is_urban(self) -> bool:
        """Say whether it is a street between houses, or open land."""
        open_land = 0.1 if self.km_out < 3 else 0.25 if self.km_out < 8 else 0.75
        return _share(self.key, 3) >= open_land


def spot(city: int, rank: int) -> Spot:
    """Return a spot of a city, by the city's index in land.world()."""
    home = world().cities[city]
    rng = np.random.default_rng([WORLD_SEED, city, rank])
    while True:
        angle, near, far, bearing = rng.random(4).tolist()
        spread_km = 0.6 if rank < 8 else 3.5 if far < 0.86 else 45.0
        km = min(spread_km * math.sqrt(-2 * math.log(1 - near)) * (0.3 + far), 500.0)
        lat, lng = moved(home.lat, home.lng, km, 2 * math.pi * angle)
        if is_land(lat, lng) or km < 0.5:  # a harbour town's middle may lie in the sea of a coarse mask
            return Spot(city * RANKS + rank, lat, lng, home, city, rank, km, 360 * bearing)


def moved(lat: float, lng: float, km: float, bearing: float) -> tuple[float, float]:
    """Return the place that lies km away in a direction (radians from north by east), on a locally flat Earth."""
    lat_there = min(max(lat + km / KM_PER_DEGREE * math.cos(bearing), -89.0), 89.0)
    lng_there = lng + km / KM_PER_DEGREE * math.sin(bearing) / math.cos(math.radians(lat_there))
    return lat_there, (lng_there + 180) % 360 - 180


def split_at(lat: float, lng: float) -> str | None:
    """Say whether a place is "new" or "old" ground; None in the margin between them."""
    if _is_new(block(lat, lng)):
        return "new"
    return None if any(_is_new(near) for near in neighbouring_blocks(lat, lng)) else "old"


def split_of(where: Spot) -> str | None:
    """Say which split a spot belongs to; None for the margin."""
    ground = split_at(where.lat, where.lng)
    if ground != "old":
        return "new_place" if ground == "new" else None
    return "new_picture" if _share(where.key, 5) * 8 < NEW_PICTURE_EIGHTHS else "train"


def _is_new(name: tuple[int, int, int]) -> bool:
    face, i, j = name
    return _share(face << 20 | i << 10 | j, 7) * 10 < NEW_PLACE_TENTHS


def _share(key: int, salt: int) -> float:
    """Turn a name into a number from 0 to 1 that looks like chance (splitmix64)."""
    mask = 0xFFFFFFFFFFFFFFFF
    key = (key + salt * 0xD1B54A32D192ED03 + 0x9E3779B97F4A7C15) & mask
    key = ((key ^ key >> 30) * 0xBF58476D1CE4E5B9) & mask
    key = ((key ^ key >> 27) * 0x94D049BB133111EB) & mask
    return ((key ^ key >> 31) >> 11) / (1 << 53)


def draw_spot(split: str, rng: np.random.Generator, city: int | None = None) -> Spot:
    """Draw a spot of a split: any, or one of a city. Raises ValueError for an unknown split.

    Raises LookupError where the city has no spot in that split.
    """
    if split not in SPLITS:
        raise ValueError(f"Toy Earth has no split {split!r}; it has {', '.join(SPLITS)}")
    crowd = world().crowd
    for _ in range(_TRIES if city is None else 60):
        u, v = rng.random(2)
        home = min(int(np.searchsorted(crowd, u)), len(crowd) - 1) if city is None else city
        found = spot(home, int(math.exp(v * math.log(RANKS + 1))) - 1)
        if split_of(found) == split:
            return found
    raise LookupError(f"No spot of {split} was found")


def stand(where: Spot, rng: np.random.Generator) -> tuple[float, float]:
    """Choose where a picture of a spot is taken: (latitude, longitude), on the same ground as the spot."""
    ground = split_at(where.lat, where.lng)
    for _ in range(20):
        aside, ahead = rng.normal(scale=SCATTER_KM, size=2)
        lat, lng = moved(where.lat, where.lng, math.hypot(aside, ahead), math.atan2(aside, ahead))
        if split_at(lat, lng) == ground:
            return lat, lng
    return where.lat, where.lng
