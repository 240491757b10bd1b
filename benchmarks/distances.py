"""Great circles for arrays, against the game's own distance of two points."""

import numpy as np

from benchmarks.measure import Result, against
from geogame.rules.sphere import Point, distance_km
from predictor import geo

PAIRS = 100_000


def distances() -> Result:
    """Measure pairs of points. Fails where the two differ by a centimetre."""
    rng = np.random.default_rng(0)
    lat, lng = rng.uniform(-90, 90, (2, PAIRS)), rng.uniform(-180, 180, (2, PAIRS))
    ends = [[Point(y, x) for y, x in zip(lat[k].tolist(), lng[k].tolist(), strict=True)] for k in (0, 1)]

    def one_by_one() -> list[float]:
        return [distance_km(a, b) for a, b in zip(*ends, strict=True)]

    def at_once() -> np.ndarray:
        return geo.distance_km(lat[0], lng[0], lat[1], lng[1])

    if not np.allclose(at_once(), one_by_one(), rtol=0, atol=1e-5):
        raise AssertionError("The two distances disagree")
    ours, theirs = against(at_once, one_by_one, 3)
    told = f"geogame.rules.sphere pair by pair: {1000 * theirs:.0f} ms for {PAIRS:,} pairs, same distances"
    return Result("distances", theirs / ours, "times as fast", told, goal=4)
