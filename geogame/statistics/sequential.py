"""Looking while it happens: an interval that may be looked at after every unit and still keeps its level."""

import math

import numpy as np
from numpy.typing import ArrayLike

from geogame.statistics.duels import Bools, Duels, Floats, Ints, is_duel, outcomes
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
    """Take the people's share of duels won in each unit, a tie being half, in the order of the units' last duels.

    A unit is an exhibit where exhibits are shared, else a person. Pairs without any answer are left out. All duels are
    taken for complete. Where exhibits are shared the units share people, so that an interval from them speaks of these
    people only, and of nobody where they met different ones: then, and while games go on, take `settled_shares`.
    """
    return _shares(duels, duels.person if has_own_exhibits(duels) else duels.exhibit)


def settled_shares(duels: Duels, game: Ints, ended: Ints) -> Floats:
    """Take what no later round can change and what does not hang together, so that an interval may be watched.

    A unit is a game that is over and whose people are in no unit before it, by those of its exhibits that no unit
    before it has shown: the people's share of its duels. Units come in the order in which their games were over: the
    last round of a game closes it, whether that one counts or not. So no person and no exhibit counts in two units,
    whoever plays on changes nothing of what was, and each unit is as good as the next before it has been played. A room
    is one unit, however many people sit in it; where everybody plays alone, as in the paper's protocol, each person is
    one.

    The game of each duel, and when it was over: any numbers that rise with time, below zero while it goes on; (n,)
    each. Returns shares in [0, 1], in that order.
    """
    score = (1 + outcomes(duels.person_km, duels.machine_km)) / 2
    people, exhibits, shares = set[int](), set[int](), list[float]()
    for rows in _by_game(game, ended, (ended >= 0) & is_duel(duels)):
        here = set(duels.person[rows].tolist())
        new = [row for row in rows.tolist() if int(duels.exhibit[row]) not in exhibits]
        if here & people or not new:
            continue
        shares.append(float(score[new].mean()))
        people |= here
        exhibits |= set(duels.exhibit[new].tolist())
    return np.array(shares)


def _by_game(game: Ints, ended: Ints, counts: Bools) -> list[Ints]:
    """The rows that count of each game, games in the order in which they ended."""
    rows = np.flatnonzero(counts)
    rows = rows[np.lexsort((game[rows], ended[rows]))]
    return np.split(rows, np.flatnonzero(np.diff(game[rows])) + 1) if rows.size else []


def _shares(duels: Duels, codes: Ints) -> Floats:
    """The people's share of each unit's duels, in the order of the units' last ones."""
    real = is_duel(duels)
    codes, score = codes[real], (1 + outcomes(duels.person_km, duels.machine_km)[real]) / 2
    _, last, unit = np.unique(codes[::-1], return_index=True, return_inverse=True)
    shares = np.bincount(unit, weights=score[::-1]) / np.bincount(unit)
    return np.asarray(shares[np.argsort(-last)])
