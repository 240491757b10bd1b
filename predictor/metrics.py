"""How good are answers? Errors in km; a missing answer (NaN) ranks behind every distance."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from predictor.distribution import SCORE_DECAY_KM

THRESHOLDS_KM = (1, 25, 200, 750, 2500)  # street, city, region, country, continent
MOST_POINTS = 5000
_95_PERCENT = 1.959964  # standard normal


def _missing_last(errors_km: ArrayLike) -> NDArray[np.float64]:
    errors = np.asarray(errors_km, dtype=np.float64)
    if not errors.size:
        raise ValueError("There are no errors to judge")
    return np.where(np.isnan(errors), np.inf, errors)


def accuracy(errors_km: ArrayLike, thresholds_km: Sequence[float] = THRESHOLDS_KM) -> dict[str, float]:
    """The share of answers within each threshold.

    >>> accuracy([0.5, 30.0, float("nan"), 9000.0])["25"]
    0.25
    """
    errors = _missing_last(errors_km)
    return {f"{limit:g}": float((errors <= limit).mean()) for limit in thresholds_km}


def median_km(errors_km: ArrayLike) -> float:
    """The median error; infinite where half of the answers are missing.

    >>> median_km([1.0, 5.0, float("nan")])
    5.0
    """
    errors = np.sort(_missing_last(errors_km))
    low, high = errors[(errors.size - 1) // 2], errors[errors.size // 2]
    return float(high if math.isinf(high) else (low + high) / 2)


def mean_km(errors_km: ArrayLike) -> float:
    """The mean error; infinite where an answer is missing.

    >>> mean_km([1.0, 3.0]), mean_km([1.0, float("nan")])
    (2.0, inf)
    """
    return float(_missing_last(errors_km).mean())


def score(errors_km: ArrayLike) -> NDArray[np.float64]:
    """The game's points of each answer, 0 to 5000, not rounded; none for a missing one.

    >>> score([0.0, 1491.6862, float("nan")]).round().tolist()
    [5000.0, 1839.0, 0.0]
    """
    return np.asarray(MOST_POINTS * np.exp(-_missing_last(errors_km) / SCORE_DECAY_KM))


def reliability(expected: NDArray[np.float64], found: NDArray[np.bool_], bins: int = 10) -> dict[str, Any]:
    """Whether what was expected with probability p happened in the share p of cases, (n,) each.

    Cases are sorted by p into bins of equal size; ece, the expected calibration error, is the mean distance between
    the bins' mean p and their share of hits (Naeini and others, AAAI 2015).

    >>> reliability(np.array([0.2, 0.2, 0.8, 0.8]), np.array([False, False, True, False]), bins=2)["ece"]
    0.25
    """
    parts = [part for part in np.array_split(np.argsort(expected, kind="stable"), bins) if part.size]
    rows = [(float(expected[part].mean()), float(found[part].mean()), part.size) for part in parts]
    return {
        "predicted": float(expected.mean()),
        "observed": float(found.mean()),
        "ece": round(sum(size * abs(p - share) for p, share, size in rows) / len(expected), 10),
        "bins": [{"predicted": p, "observed": share, "n": size} for p, share, size in rows],
    }


def paired_bootstrap(
    one: NDArray[np.float64], other: NDArray[np.float64], statistic: Callable[[NDArray], float], resamples: int = 2000
) -> tuple[float, float]:
    """The 95 % interval of statistic(other) - statistic(one), by drawing the same cases of both anew, (n,) each.

    Paired: both answered the same pictures, so that what makes a picture hard for both cancels out.
    """
    rng = np.random.default_rng(0)
    draws = rng.integers(len(one), size=(resamples, len(one)))
    differences = [statistic(other[each]) - statistic(one[each]) for each in draws]
    low, high = np.percentile(differences, [2.5, 97.5])
    return float(low), float(high)


def r_squared(answers: NDArray[np.float64], truth: NDArray[np.float64]) -> NDArray[np.float64]:
    """The share of each column's variance that was read, from (n, d) to (d,); 0 is no better than the mean.

    >>> r_squared(np.array([[0.0], [1.0], [2.0]]), np.array([[0.0], [1.0], [3.0]])).round(2).tolist()
    [0.79]
    """
    left = ((answers - truth) ** 2).sum(axis=0)
    return np.asarray(1 - left / ((truth - truth.mean(axis=0)) ** 2).sum(axis=0))


def wilson_interval(hits: int, trials: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927).

    >>> [round(end, 3) for end in wilson_interval(0, 10)]
    [0.0, 0.278]
    """
    if not 0 <= hits <= trials or trials == 0:
        raise ValueError(f"{hits} hits of {trials} trials is no share")
    share, z2 = hits / trials, _95_PERCENT**2
    middle = share + z2 / (2 * trials)
    reach = _95_PERCENT * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials**2))
    return max((middle - reach) / (1 + z2 / trials), 0.0), min((middle + reach) / (1 + z2 / trials), 1.0)
