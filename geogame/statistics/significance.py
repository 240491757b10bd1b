"""Could chance alone have done it? Exact tests, on units that are independent of each other."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from geogame.statistics.duels import Duels, Floats, Ints, is_duel, machine_once, outcomes
from geogame.statistics.errors import medians, paired_differences
from geogame.statistics.resampling import has_own_exhibits, is_one_group

_EXACT_BELOW = 50  # differences: from there on R's wilcox.test takes the normal distribution
_DIRECT = 100_000_000  # multiplications that a convolution may cost before it goes by way of Fourier
Kind = Literal["exhibit", "person"]


@dataclass(frozen=True, eq=False)
class Units:
    """What a test may take for independent: one entry for each exhibit, or for each person."""

    kind: Kind
    code: Ints  # (n,) of the exhibit or the person
    lead: Ints  # (n,) duels won less duels lost; for an exhibit +1, 0 or -1
    difference_km: Floats  # (n,) person's error less the machine's; below zero the person was nearer


def units(duels: Duels, kind: Kind | None = None) -> Units:
    """Find what can be counted as independent, and who was ahead there.

    Duels before the same exhibit are not independent: the machine's one answer, good or bad, meets everybody. So where
    one group met the same exhibits, as in a room, each exhibit is one unit: the people's median error against the
    machine's error. What a test says then holds for these people and other exhibits like these. Otherwise, as in the
    paper's protocol, each person is one unit: duels won less duels lost, and the median of that person's differences.
    That holds for other people like these, and assumes that they met exhibits of their own. Where several people met
    some of them, but not all the same ones, people are no independent units, and chance is held responsible too
    seldom: in a simulation of forty people with ten exhibits each and no difference at all, a test at 5 % found one 14
    times in a hundred where each exhibit was met by four people, and 41 times where it was met by twenty. Such
    p-values are marked as too small. What an experiment sealed goes before all of this: it is tested by the units that
    were named beforehand.

    `kind` is what was sealed. Units without a duel are left out. A person whose differences have their middle between
    -inf and +inf is 0 km apart.
    """
    by_exhibit = is_one_group(duels) if kind is None else kind == "exhibit"
    return _exhibits(duels) if by_exhibit else _people(duels)


def is_too_small(duels: Duels, kind: Kind) -> bool:
    """True where people are the units though some of them met the same exhibits: see units."""
    return kind == "person" and not has_own_exhibits(duels)


def _exhibits(duels: Duels) -> Units:
    code, machine_km = machine_once(duels)
    people_km = medians(duels.exhibit, duels.person_km)
    real = np.isfinite(people_km) | np.isfinite(machine_km)
    people_km, machine_km = people_km[real], machine_km[real]
    return Units("exhibit", code[real], outcomes(people_km, machine_km).astype(np.int64), people_km - machine_km)


def _people(duels: Duels) -> Units:
    real = duels.take(is_duel(duels))
    code, person = np.unique(real.person, return_inverse=True)
    lead = np.zeros(len(code), dtype=np.int64)
    np.add.at(lead, person, outcomes(real.person_km, real.machine_km))
    difference_km = medians(real.person, paired_differences(real))
    return Units("person", code, lead, np.nan_to_num(difference_km, nan=0.0, posinf=np.inf, neginf=-np.inf))


def sign_test(won: int, lost: int) -> float:
    """Ask how often fair coins would fall at least as unevenly as these wins and losses.

    If people and machine were equally good, each unit would go either way like a fair coin. The p-value is the
    probability of a result at least as uneven, in either direction, reckoned exactly. Ties say nothing about who is
    better and are left out. It holds for independent units only. Source: Arbuthnot 1710; R's binom.test.

    1 where nothing was won or lost.

    >>> round(sign_test(22, 28), 2)
    0.48
    """
    n = won + lost
    return min(1.0, 2 * float(special.bdtr(min(won, lost), n, 0.5))) if n else 1.0


def sign_flips(lead: ArrayLike) -> float:
    """Ask how often the overall lead would be as great if each unit's lead had gone either way by chance.

    Each unit, such as a person, has won some duels more than it lost, or fewer. If people and machine were equally
    good, that lead could as well have been the other way round, so the signs of all leads are flipped in every possible
    way. The p-value is the share of ways in which the sum is at least as far from zero. Duels within a unit may depend
    on each other as they like; units may not, and under no difference a lead must be as likely as its opposite. With a
    lead of one everywhere it is the sign test. Source: R. A. Fisher, The Design of Experiments, 1935.

    Whole numbers, (n,). Exact for any n, since the sums are whole numbers too; below 1e-12, where there are very many
    units, rounding tells.
    """
    leads = np.asarray(lead, dtype=np.int64)
    chances = _sums_of_flips(np.abs(leads[leads != 0]))  # of reaching each sum -total, -total + 2, … total
    total = len(chances) - 1
    sums = 2 * np.arange(total + 1) - total
    return min(1.0, float(chances[np.abs(sums) >= abs(int(leads.sum()))].sum()))


def _sums_of_flips(sizes: Ints) -> Floats:
    """The chance of each sum of randomly signed sizes: every second whole number from -sizes.sum() to sizes.sum()."""
    chances = np.ones(1)
    for size, count in zip(*np.unique(sizes, return_counts=True), strict=True):
        alike = np.zeros(size * count + 1)
        alike[::size] = _fair_coins(int(count))
        chances = _convolve(chances, alike)
    return chances


def _fair_coins(n: int) -> Floats:
    """The chance of 0, 1, … n heads."""
    k = np.arange(n + 1)
    return np.asarray(
        np.exp(special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1) - n * math.log(2))
    )


def _convolve(a: Floats, b: Floats) -> Floats:
    if a.size * b.size <= _DIRECT:
        return np.convolve(a, b)
    length = a.size + b.size - 1
    padded = 1 << (length - 1).bit_length()
    return np.asarray(np.maximum(0, np.fft.irfft(np.fft.rfft(a, padded) * np.fft.rfft(b, padded), padded)[:length]))


def wilcoxon(differences: ArrayLike) -> float:
    """Ask whether the greater differences lie more on one side than chance allows.

    Each unit gives one difference, person less machine. The differences are ranked by size, and the ranks of those that
    speak for the machine are added up; if neither were better, the sum would be as by tossing a coin for each rank.
    Unlike the sign test it heeds how far ahead somebody was. It assumes independent units, and that under no difference
    they are spread evenly about zero. Differences of zero are left out; an infinite one, from a missing answer, has the
    highest rank. Source: Wilcoxon, Biometrics Bulletin 1945; R's wilcox.test.

    Any unit, (n,). Two-sided. As in R: exact below 50 differences without ties or zeros, else the normal distribution
    with corrections for ties and continuity. 1 where all are zero.
    """
    given = np.asarray(differences, dtype=np.float64)
    kept = given[given != 0]
    if not kept.size:
        return 1.0
    _, place, ties = np.unique(np.abs(kept), return_inverse=True, return_counts=True)
    ranks = (np.cumsum(ties) - (ties - 1) / 2)[place]
    positive = float(ranks[kept > 0].sum())
    if kept.size < _EXACT_BELOW and kept.size == given.size and (ties == 1).all():
        return _exact_rank_sum(round(positive), kept.size)
    return _normal_rank_sum(positive, kept.size, ties)


def _exact_rank_sum(positive: int, n: int) -> float:
    chances = np.ones(1)
    for rank in range(1, n + 1):
        chances = np.convolve(chances, np.bincount([0, rank]) / 2)
    tail = min(positive, n * (n + 1) // 2 - positive)
    return min(1.0, 2 * float(chances[: tail + 1].sum()))


def _normal_rank_sum(positive: float, n: int, ties: Ints) -> float:
    off = positive - n * (n + 1) / 4
    variance = n * (n + 1) * (2 * n + 1) / 24 - float((ties.astype(np.float64) ** 3 - ties).sum()) / 48
    z = (off - 0.5 * np.sign(off)) / math.sqrt(variance)
    return min(1.0, 2 * float(special.ndtr(-abs(z))))
