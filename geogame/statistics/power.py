"""How much would be enough? Power of the exact sign test, and what it costs that duels hang together."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from geogame.statistics.duels import Duels, Floats, Ints, is_duel, outcomes
from geogame.statistics.resampling import has_own_exhibits

RATES = (0.55, 0.56, 0.60)  # fixed in advance; 0.56 is the machine's rate in the paper, 28 of 50


def power(n: int, rate: float, alpha: float = 0.05) -> float:
    """Tell how likely a true advantage would be noticed with so many units.

    If one side truly wins a unit with the given rate, this is the probability that the exact two-sided sign test on n
    independent units gives a p-value of at most alpha. Tied units are not among the n. Rates are fixed in advance and
    not taken from what was seen: power reckoned from a result says no more than its p-value.
    """
    return float(_powers(np.array([n]), rate, alpha)[0])


@lru_cache(maxsize=16)
def needed_units(rate: float, wanted: float = 0.8, alpha: float = 0.05) -> int:
    """Tell how many units are needed to notice a true advantage.

    If one side truly wins with the given rate, this many independent units, and any greater number, give the exact
    two-sided sign test at 5 % the wanted power. Power rises like a saw, because the test can only use whole numbers, so
    some smaller numbers reach it too. For 56 % and a power of 80 % two numbers are in use. Exact sign test: 566 (the
    first number to reach 80 % is 547, and 561, for one, falls below it again). Normal approximation, which is the
    schoolbook's formula ((1.960 + 0.842) / (2 · 0.56 - 1))²: 545, at which the exact test has a power of 79.9 %. The
    page gives the first, since the exact test is the one it makes.

    Raises ValueError for rates that are none or no advantage.
    """
    if not 0 < abs(rate - 0.5) < 0.5 or not alpha < wanted < 1:
        raise ValueError(f"Power {wanted} cannot be had for a rate of {rate}; it must lie in (0, 1) and not be 0.5")
    roughly = ((special.ndtri(1 - alpha / 2) + special.ndtri(wanted)) / (2 * rate - 1)) ** 2
    short = _powers(np.arange(1, 2 * math.ceil(roughly) + 100), rate, alpha) < wanted
    return int(np.flatnonzero(short).max(initial=-1)) + 2


def _powers(n: Ints, rate: float, alpha: float) -> Floats:
    """The power with each number of units (m,)."""
    most = np.floor(np.nan_to_num(special.bdtrik(alpha / 2, n, 0.5), nan=-1))  # wins of the loser that are significant
    most += (special.bdtr(most + 1, n, 0.5) <= alpha / 2).astype(int)  # the inverse may be off by a rounding
    most -= ((most >= 0) & (special.bdtr(np.maximum(most, 0), n, 0.5) > alpha / 2)).astype(int)
    either = special.bdtr(np.maximum(most, 0), n, rate) + special.bdtr(np.maximum(most, 0), n, 1 - rate)
    return np.where(most >= 0, either, 0.0)


def intraclass_correlation(groups: ArrayLike, values: ArrayLike) -> float:
    """Tell how alike the duels within one group are.

    0: two duels of one person are as different as those of two people. 1: a person wins all or loses all. It is
    reckoned from the variance between and within groups, for groups of different size also, and a negative result,
    which chance gives, counts as 0. Source: Donner, International Statistical Review 1986 (analysis of variance).

    groups (n,) are codes, values (n,) numbers such as 1 for a win, 0 for a loss. NaN where no group has two values, or
    there is one group only.
    """
    _, group, sizes = np.unique(np.asarray(groups), return_inverse=True, return_counts=True)
    given = np.asarray(values, dtype=np.float64)
    n, k = len(given), len(sizes)
    if not 1 < k < n:
        return float("nan")
    means = np.bincount(group, weights=given) / sizes
    between = float(sizes @ (means - given.mean()) ** 2) / (k - 1)
    within = float(((given - means[group]) ** 2).sum()) / (n - k)
    typical = (n - float(sizes @ sizes) / n) / (k - 1)
    spread = between + (typical - 1) * within
    return max(0.0, (between - within) / spread) if spread > 0 else 0.0


@dataclass(frozen=True)
class Clustering:
    """How much duels hang together, and by how much that makes more of them needed."""

    by_person: float  # intraclass correlation of wins; NaN where it cannot be told
    by_exhibit: float  # 0 where everybody has exhibits of their own
    design_effect: float


def clustering(duels: Duels) -> Clustering:
    """Tell how many more duels are needed because they hang together.

    Ten duels of one person tell less than one duel each of ten people, for some people are good at it. Likewise before
    one exhibit, where all meet the same answer of the machine. The design effect is by how much the needed number of
    duels grows: 1 + (m - 1) times the intraclass correlation, with m duels in a group, for people and, where exhibits
    are shared, for exhibits on top. Only won and lost duels count. Source: Kish, Survey Sampling, 1965.

    Where groups differ in size, m is the size of the group that a duel is in, on average over duels. What cannot be
    told (see intraclass_correlation) adds nothing.
    """
    who = outcomes(duels.person_km, duels.machine_km)
    decided, won = duels.take(is_duel(duels) & (who != 0)), (who > 0)[who != 0]
    by_person, more_by_person = _hang_together(decided.person, won)
    if has_own_exhibits(duels):
        return Clustering(by_person, 0.0, 1 + more_by_person)
    by_exhibit, more_by_exhibit = _hang_together(decided.exhibit, won)
    return Clustering(by_person, by_exhibit, 1 + more_by_person + more_by_exhibit)


def _hang_together(groups: Ints, won: ArrayLike) -> tuple[float, float]:
    """The intraclass correlation, and (m - 1) times it."""
    correlation = intraclass_correlation(groups, won)
    _, sizes = np.unique(groups, return_counts=True)
    return correlation, 0.0 if math.isnan(correlation) else (float(sizes @ sizes) / len(groups) - 1) * correlation
