"""How far off: medians of errors, their differences, shares within thresholds, cumulative curves. All in kilometres."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from geogame.statistics.duels import Duels, Floats, Ints, is_duel, machine_once

THRESHOLDS_KM = (1.0, 25.0, 200.0, 750.0, 2500.0)  # street, city, region, country, continent
HALF_ROUND_KM = 20015.1  # half the Earth's circumference, rounded up: no error is greater
_STEPS = 121  # of a curve, from 100 m to the far side of the Earth: 23 to each factor of ten


def median(errors_km: ArrayLike) -> float:
    """Take the error in the middle.

    Half of all errors are smaller and half are greater. With an even number of errors it is the mean of the two in the
    middle. A missing answer counts as infinitely far off; where the middle falls on one, the median is infinite, which
    pages print as "none". It assumes nothing about how errors are spread.

    Errors in km, (n,), differences with a sign also. NaN where there are none, or between -inf and +inf.

    >>> median([1.0, np.inf, 3.0]), median([1.0, np.inf]), median([1.0, 2.0])
    (3.0, inf, 1.5)
    """
    values = np.asarray(errors_km, dtype=np.float64)
    if not values.size:
        return float("nan")
    low, high = (values.size - 1) // 2, values.size // 2
    ranked = np.partition(values, (low, high))
    with np.errstate(invalid="ignore"):  # -inf and +inf have no middle
        return float((ranked[low] + ranked[high]) / 2)


def medians(groups: Ints, values: Floats) -> Floats:
    """Take the median of each group's values, in the order of the groups' codes; NaN between -inf and +inf."""
    order = np.lexsort((values, groups))
    _, start, size = np.unique(groups[order], return_index=True, return_counts=True)
    ranked = values[order]
    with np.errstate(invalid="ignore"):  # -inf and +inf have no middle
        return np.asarray((ranked[start + (size - 1) // 2] + ranked[start + size // 2]) / 2)


def median_answered(errors_km: ArrayLike) -> float:
    """Take the error in the middle of those answers that were given.

    The same median without the missing answers. It shows how much they matter, and it flatters whoever stays silent
    when in doubt, so that it never stands alone.

    Errors in km, (n,). NaN where no answer was given.
    """
    values = np.asarray(errors_km, dtype=np.float64)
    return median(values[np.isfinite(values)])


def difference_of_medians(duels: Duels) -> float:
    """Subtract the machine's median error from the people's, in km: the figure of the PlaNet paper.

    The people's median is over all their answers, the machine's over all exhibits, each taken once. Below zero the
    people were nearer. It compares two middles and not the two answers to the same exhibit. Source: Weyand, Kostrikov,
    Philbin, ECCV 2016, section 4.1.

    ±inf where one median falls on a missing answer, NaN where both do.
    """
    return _less(median(duels.person_km), median(machine_once(duels)[1]))


def median_of_paired_differences(duels: Duels) -> float:
    """Take the middle of the differences between person and machine in each duel, in km.

    Each duel gives one number: the person's error less the machine's, before the same exhibit. This is their median.
    Below zero the person was nearer in at least half of the duels, ties to the metre apart. It is not the difference of
    the two medians, which may even have the other sign. Where one answer is missing the difference is infinite, for or
    against; where both are, there is no duel and no difference.

    NaN where there is no duel, or where the middle lies between -inf and +inf.
    """
    return median(paired_differences(duels))


def paired_differences(duels: Duels) -> Floats:
    """Person's error less the machine's in km, for each real duel in order; ±inf where one answer is missing."""
    real = is_duel(duels)
    return np.asarray(duels.person_km[real] - duels.machine_km[real])


def share_within(errors_km: ArrayLike) -> dict[float, float]:
    """Tell which share of answers was at most so far off, for 1, 25, 200, 750 and 2500 km.

    The five distances stand for street, city, region, country and continent, and are those of the PlaNet paper and of
    most work since. Missing answers stay in the number that is divided by: they are within no distance.

    Errors in km, (n,). Returns threshold in km → share in [0, 1]; NaN where there are no errors.
    """
    return dict(zip(THRESHOLDS_KM, _shares(errors_km, np.array(THRESHOLDS_KM)).tolist(), strict=True))


class Curve(NamedTuple):
    """A cumulative curve: which share of answers was at most so far off."""

    km: Floats
    share: Floats  # in [0, 1]


def curve(errors_km: ArrayLike) -> Curve:
    """Draw which share of answers was at most so far off, for every distance from 100 m to half round the Earth.

    The distances are spaced evenly on a logarithmic scale. The curve ends below one where answers are missing. Higher
    is better, at any distance; where two curves cross, who is better depends on what distance matters.
    """
    km = np.geomspace(0.1, HALF_ROUND_KM, _STEPS)
    return Curve(km, _shares(errors_km, km))


def _shares(errors_km: ArrayLike, within_km: Floats) -> Floats:
    ranked = np.sort(np.asarray(errors_km, dtype=np.float64))
    if not ranked.size:
        return np.full(within_km.shape, np.nan)
    return np.asarray(np.searchsorted(ranked, within_km, side="right") / ranked.size)


def _less(left: float, right: float) -> float:
    return float("nan") if left == right == np.inf else left - right
