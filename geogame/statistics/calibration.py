"""Does the machine know what it knows? What it said of its own answers, against how often that came true."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from geogame.statistics.intervals import Interval, wilson

BINS = 10


@dataclass(frozen=True)
class Bin:
    """The answers of which the machine said nearly the same."""

    low: float  # probabilities from here
    high: float  # to here; the last bin holds 1 also
    answers: int
    said: float  # the mean probability
    came_true: float  # a share
    interval: Interval  # of that share


def reliability(said: ArrayLike, came_true: ArrayLike, bins: int = BINS) -> list[Bin]:
    """Compare how sure the machine was with how often it was right.

    With each answer the machine says how probable it is that the place lies within a certain distance of it. Answers
    of which it said nearly the same are put together, and of each such group it is counted how often the place was
    indeed within that distance. If a machine means what it says, about seven in ten answers with 70 % come true. The
    intervals are Wilson's, since each exhibit is answered once; they assume that exhibits are independent. Source:
    Murphy and Winkler, Applied Statistics 1977.

    Probabilities in [0, 1], (n,), and truths (n,), one for each exhibit. Returns the bins that hold an answer, of equal
    width, lowest first. Raises ValueError for what is no probability.
    """
    p, true = _checked(said, came_true)
    edges = np.linspace(0, 1, bins + 1)
    place = np.minimum(np.searchsorted(edges, p, side="right") - 1, bins - 1)
    return [_bin(float(edges[i]), float(edges[i + 1]), p[place == i], true[place == i]) for i in np.unique(place)]


def _bin(low: float, high: float, p: np.ndarray, true: np.ndarray) -> Bin:
    return Bin(low, high, len(p), float(p.mean()), float(true.mean()), wilson(int(true.sum()), len(p)))


def brier_score(said: ArrayLike, came_true: ArrayLike) -> float:
    """Grade the machine's probabilities with one number.

    For each answer, the square of how far the probability was from what happened (1 if it came true, else 0), on
    average. 0 is perfect, 0.25 is what always saying 50 % gives. It rewards being right as well as being honest about
    it. Source: Brier, Monthly Weather Review 1950.

    (n,) and (n,); NaN where there are none. Raises ValueError for what is no probability.
    """
    p, true = _checked(said, came_true)
    return float(((p - true) ** 2).mean()) if p.size else float("nan")


def _checked(said: ArrayLike, came_true: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    p, true = np.asarray(said, dtype=np.float64), np.asarray(came_true, dtype=bool)
    if p.shape != true.shape or not ((p >= 0) & (p <= 1)).all():
        raise ValueError("Probabilities must lie between 0 and 1, and each needs to know whether it came true")
    return p, true
