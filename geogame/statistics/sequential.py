"""Looking while it happens: an interval that may be looked at after every unit and still keeps its level."""

import math

import numpy as np
from numpy.typing import ArrayLike

from geogame.statistics.duels import Duels, Floats, is_duel, outcomes
from geogame.statistics.intervals import Interval
from geogame.statistics.resampling import has_own_exhibits

_BOLDEST = 0.5  # of what may be staked so that no bet can lose everything; the source's choice
_HALVINGS = 20  # of the search for an end: to a millionth, rounded outwards


def anytime(values: ArrayLike, level: float = 0.95) -> Interval:
    """Enclose a mean so that looking often does no harm.

    An ordinary interval keeps its level if one looks once, at a moment fixed in advance. Who watches until it shows
    what they hope for will see it sooner or later. This one holds the true mean at all moments together, with the
    probability that it names, so anybody may look after every unit and stop when they like; the price is that it is
    wider. Behind it is a bet: against each possible mean a gambler stakes money on the coming units, and a mean that
    has made the gambler twenty or forty times as rich is struck off for good. It assumes that the units, in the order
    in which they came, each have the same mean whatever came before, and that each is complete. Source: Waudby-Smith
    and Ramdas, JRSS B 2023 (hedged capital with predictable plug-in bets).

    Values in [0, 1], (n,), such as each person's share of duels won, in order of time; for the interval as it stood
    after k of them give the first k. It only ever narrows (running intersection). (0, 1) where there are none.
    Raises ValueError for values outside [0, 1].
    """
    given = np.asarray(values, dtype=np.float64)
    if not ((given >= 0) & (given <= 1)).all():
        raise ValueError("Units must lie between 0 and 1")
    stakes = _stakes(given, 1 - level)
    low = _lower_end(given, stakes, level)
    high = 1 - _lower_end(1 - given, stakes, level)
    return Interval(low, high, level)


def _stakes(values: Floats, alpha: float) -> Floats:
    """What is staked on each unit, (n,): more the less the units before it differed. Never looks ahead."""
    count = np.arange(1, len(values) + 1)
    means = (0.5 + np.cumsum(values)) / (count + 1)
    variances = (0.25 + np.cumsum((values - means) ** 2)) / (count + 1)
    known = np.concatenate([[0.25], variances])[: len(values)]
    return np.asarray(np.sqrt(2 * math.log(2 / alpha) / (known * count * np.log1p(count))))


def _lower_end(values: Floats, stakes: Floats, level: float) -> float:
    """The greatest mean below which all are struck off: the gambler's wealth falls as the supposed mean rises."""
    rich = math.log(2 / (1 - level))  # half of the money is on this side

    def struck_off(mean: float) -> bool:
        bets = np.minimum(stakes, _BOLDEST / mean)
        return float(np.cumsum(np.log1p(bets * (values - mean))).max(initial=0.0)) >= rich

    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if struck_off(middle) else (low, middle)
    return low


def shares_won(duels: Duels) -> Floats:
    """Take the people's share of duels won in each unit, a tie being half, in the order of the units' first duels.

    A unit is an exhibit where exhibits are shared, else a person. Pairs without any answer are left out. The latest
    unit may be incomplete; who shows an anytime interval live passes only the duels of complete ones.
    """
    real = duels.take(is_duel(duels))
    codes = real.person if has_own_exhibits(duels) else real.exhibit
    _, first, unit = np.unique(codes, return_index=True, return_inverse=True)
    score = (1 + outcomes(real.person_km, real.machine_km)) / 2
    return np.asarray((np.bincount(unit, weights=score) / np.bincount(unit))[np.argsort(first)])
