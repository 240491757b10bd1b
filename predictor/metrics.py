"""How good are answers? Errors in km; a missing answer (NaN) ranks behind every distance."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

THRESHOLDS_KM = (1, 25, 200, 750, 2500)  # street, city, region, country, continent
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
