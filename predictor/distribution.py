"""A probability over cells: what the geolocator answers, and the points and regions that follow from it. NumPy only.

Within a cell the probability lies where photos are known to have been taken, or else evenly (Partition.shares_within).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from predictor.cells import Partition
from predictor.geo import EARTH_RADIUS_KM, Point, latlng, unit_vectors
from predictor.s2 import Floats, Ids

SCORE_DECAY_KM = 1491.6862  # of the game's points, 5000 exp(-d / decay)
_TOP = 256  # cells that a point estimate looks at; the rest of a thousand hold next to nothing
_STEPS = 50  # of walking uphill; each is a weighted mean, and a few dozen settle to metres


_MOST_KEPT = 1024  # cells of a partition whose worths for each other are kept: 8 MB, which a processor's cache holds


def _score(km: Floats) -> Floats:
    return np.asarray(np.exp(-km / SCORE_DECAY_KM))


@lru_cache(maxsize=4)
def _worths(partition: Partition, worth: Callable[[Floats], Floats]) -> Floats:
    """What the point of each cell is worth where the truth is in another, (answered, true): it never changes."""
    vectors = unit_vectors(*partition.points())
    angles = np.arccos(np.clip(vectors @ vectors.T, -1, 1))
    return worth(np.hypot(EARTH_RADIUS_KM * angles, np.sqrt(partition.areas_km2 / (2 * np.pi))))


class Standing(NamedTuple):
    """How a place stands in an answer."""

    probability: float  # of the cell that holds it; 0 where none does
    rank: int | None  # of that cell, 1 for the most probable; None where the place lies in no cell


class Region(NamedTuple):
    """The most probable cells that together hold a share of the probability."""

    cell_ids: Ids  # sorted
    area_km2: float


@dataclass(frozen=True, eq=False)
class Distribution:
    """Probabilities over the cells of a partition. Raises ValueError where they cannot be probabilities."""

    partition: Partition
    probabilities: NDArray[np.float32]  # (n,)
    estimate: str = "argmax"  # which of ESTIMATES is the answer

    def __post_init__(self) -> None:
        values = np.asarray(self.probabilities, dtype=np.float32)
        object.__setattr__(self, "probabilities", values)
        if values.shape != (len(self.partition),):
            raise ValueError(f"{len(self.partition)} cells need as many probabilities, not an array of {values.shape}")
        if not (values >= 0).all() or not 0.9 < float(values.sum(dtype=np.float64)) < 1.1:  # halves do not sum to one
            raise ValueError("Probabilities must not be negative and must sum to one")

    def point(self) -> Point:
        """The answer: one point, by the estimate that was chosen."""
        return ESTIMATES[self.estimate](self)

    def argmax_point(self) -> Point:
        """The place that stands for the most probable cell: the paper's answer."""
        lat, lng = self.partition.points()
        best = int(self.probabilities.argmax())
        return Point(float(lat[best]), float(lng[best]))

    def least_distance_point(self) -> Point:
        """The point whose expected distance from the truth is least: a median on the sphere."""
        return self._best_point(np.negative, np.reciprocal)

    def greatest_score_point(self) -> Point:
        """The point whose expected score in the game is greatest: near many probable cells, and careless of the far."""
        return self._best_point(_score, lambda d: _score(d) / d)

    def _best_point(self, worth: Callable[[Floats], Floats], pull: Callable[[Floats], Floats]) -> Point:
        """Begin at the best of the top cells' points, then walk uphill.

        worth tells what a distance in km is good for, and pull is -worth'(d) / d up to a factor: at the best point the
        pulls of all cells are in balance, so that their weighted mean is that point (Weiszfeld 1937).
        """
        top = self._most_probable_first()[:_TOP]
        share = self.probabilities[top].astype(np.float64)
        lat, lng = (each[top] for each in self.partition.points())
        # A photo is not at its cell's point: the root mean square distance from the middle, for a round cell.
        spread = np.sqrt(self.partition.areas_km2[top] / (2 * np.pi))

        vectors = unit_vectors(lat, lng)

        def distances(places: Floats) -> Floats:  # from unit vectors (candidates, 3); (candidates, top)
            return np.hypot(EARTH_RADIUS_KM * np.arccos(np.clip(places @ vectors.T, -1, 1)), spread)

        if len(self.partition) <= _MOST_KEPT:
            shares = np.zeros(len(self.partition))
            shares[top] = share  # all rows and zeros: a ninth of the time that picking out the top ones takes
            expected = (_worths(self.partition, worth) @ shares)[top]
        else:
            expected = worth(distances(vectors)) @ share
        start = int(expected.argmax())
        best = vectors[start : start + 1]
        away = distances(best)
        value = float((worth(away) @ share)[0])
        for _ in range(_STEPS):
            mean = (pull(away) * share) @ vectors  # (1, 3)
            there = mean / np.linalg.norm(mean)
            away = distances(there)
            better = float((worth(away) @ share)[0])
            if not better > value:
                break
            best, value = there, better
        (north,), (east,) = latlng(best)
        return Point(float(north), float(east))

    def top_cells(self, k: int) -> list[tuple[int, float]]:
        """The k most probable cells with their probabilities, most probable first."""
        order = self._most_probable_first()[:k]
        return [(int(self.partition.cell_ids[i]), float(self.probabilities[i])) for i in order]

    def standing(self, lat: float, lng: float) -> Standing:
        """The probability and the rank of the cell that holds a place."""
        (index,) = self.partition.assign([lat], [lng])
        if index < 0:
            return Standing(0.0, None)
        mine = float(self.probabilities[index])
        return Standing(mine, 1 + int((self.probabilities > mine).sum()))

    def mass_within(self, point: Point, radius_km: float) -> float:
        """The probability that the truth lies within that distance of a point."""
        held = self.partition.shares_within(point, radius_km) @ self.probabilities.astype(np.float64)
        return float(held / self.probabilities.sum(dtype=np.float64))

    def entropy(self) -> float:
        """Doubt in nats: 0 is certain, log(n) knows nothing."""
        p = self.probabilities[self.probabilities > 0].astype(np.float64)
        p /= p.sum()
        return float(abs(-(p * np.log(p)).sum()))  # abs: never -0.0

    def credible_region(self, mass: float) -> Region:
        """The fewest cells that together hold that share of the probability, and their area."""
        order = self._most_probable_first()
        held = np.cumsum(self.probabilities[order], dtype=np.float64)
        enough = int(np.searchsorted(held, mass * held[-1], side="left")) + 1
        chosen = order[:enough]
        return Region(np.sort(self.partition.cell_ids[chosen]), float(self.partition.areas_km2[chosen].sum()))

    def _most_probable_first(self) -> NDArray[np.int64]:
        return np.argsort(-self.probabilities, kind="stable")


ESTIMATES: dict[str, Callable[[Distribution], Point]] = {
    "argmax": Distribution.argmax_point,
    "distance": Distribution.least_distance_point,
    "score": Distribution.greatest_score_point,
}
