"""When and where pictures are taken: single ones, and trips of several, in the order of time.

A trip stays in one town or goes on to a second one; the place to find is that of its last picture. Everything follows
from (split, seed, index), and every spot of a trip belongs to its split.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

import numpy as np

from predictor.geo import distance_km
from predictor.toyearth.land import world
from predictor.toyearth.light import sun_height
from predictor.toyearth.spots import SPLITS, Spot, draw_spot, stand

if TYPE_CHECKING:
    from predictor.toyearth.painter import Picture

FEWEST, MOST = 4, 8  # pictures of a trip
TWO_PLACES = 0.35  # the share of trips that go on to a second town
LEG_KM = (150.0, 1500.0)  # how far the second town is
_DARKEST = -6.0  # degrees that the sun may stand below the horizon


@dataclass(frozen=True)
class When:
    """The moment of a picture."""

    day: float  # of the year, 0 to 365
    hour: float  # solar


@dataclass(frozen=True)
class Stop:
    """A picture that will be taken: at a spot, standing at (latitude, longitude), at a moment; the seed is the rest."""

    where: Spot
    at: tuple[float, float]
    when: When
    seed: tuple[int, ...]


def take(stop: Stop, size: int, instead: Mapping[str, float] | None = None) -> "Picture":
    """Paint it; `instead` are clues that are to have other values than they have there."""
    from predictor.toyearth.painter import paint  # late: painting needs more packages than choosing places

    return paint(stop.where, stop.at, stop.when, np.random.SeedSequence(stop.seed), size, instead)


def single(split: str, seed: int, index: int) -> Stop:
    """Return a picture that belongs to no trip. Raises ValueError for an unknown split."""
    rng, name = _chance(split, seed, index, 0)
    where = draw_spot(split, rng)
    at = stand(where, rng)
    return Stop(where, at, choose_when(at[0], Random(int(rng.integers(1 << 62)))), (*name, 1))


def trip(split: str, seed: int, index: int) -> list[Stop]:
    """Return the stops of a trip. Raises ValueError for an unknown split."""
    rng, name = _chance(split, seed, index, 2)
    first = draw_spot(split, rng)
    count = int(rng.integers(FEWEST, MOST + 1))
    turn = int(rng.integers(1, count)) if rng.random() < TWO_PLACES else count
    towns = [first.city_index] * turn
    if turn < count:
        towns += [_second_town(first, split, rng)] * (count - turn)
    day, hour = float(rng.uniform(0, 365)), float(rng.uniform(7, 12))
    stops = []
    for k, town in enumerate(towns):
        where = first if k == 0 else _near(town, split, rng) or first
        at = stand(where, rng)
        hour += float(rng.uniform(0.4, 4.0))
        if k == turn or hour > 20 or sun_height(at[0], day, hour)[0] < _DARKEST:
            day, hour = (day + 1) % 365, float(rng.uniform(8, 12))
        stops.append(Stop(where, at, When(day, hour), (*name, 3, k)))
    return stops


def choose_when(lat: float, rng: Random) -> When:
    """Draw a day and an hour with some light."""
    day, hour = rng.uniform(0, 365), 12.0
    for _ in range(12):
        wish = rng.triangular(5.0, 21.0, 13.5)
        if sun_height(lat, day, wish)[0] > _DARKEST:
            hour = wish
            break
    return When(day, hour)


def dusk(lat: float, day: float) -> float:
    """Return the hour of an afternoon at which the sun stands lowest that is still above 2 degrees, or noon."""
    hours = [hour for hour in np.arange(12.5, 22.0, 0.25).tolist() if sun_height(lat, day, hour)[0] > 2]
    return hours[-1] if hours else 12.0


def _chance(split: str, seed: int, index: int, salt: int) -> tuple[np.random.Generator, tuple[int, ...]]:
    if split not in SPLITS:
        raise ValueError(f"Toy Earth has no split {split!r}; it has {', '.join(SPLITS)}")
    name = (seed, index, SPLITS.index(split), salt)
    return np.random.default_rng(name), name


def _near(town: int, split: str, rng: np.random.Generator) -> Spot | None:
    """Draw another spot of a town, if its split has one."""
    try:
        return draw_spot(split, rng, town)
    except LookupError:
        return None


def _second_town(first: Spot, split: str, rng: np.random.Generator) -> int:
    """Draw a town a day's journey away that has spots of the split; the first one where none is found."""
    cities = world().lat_lng
    far = distance_km(first.lat, first.lng, cities[:, 0], cities[:, 1])
    near = np.flatnonzero((far > LEG_KM[0]) & (far < LEG_KM[1]))
    crowd = np.diff(world().crowd, prepend=0.0)[near]
    for _ in range(6 if len(near) else 0):
        town = int(rng.choice(near, p=crowd / crowd.sum()))
        if _near(town, split, rng) is not None:
            return town
    return first.city_index
