"""Who won: duels, medians and totals, by one rule for missing answers: a missing answer ranks behind every distance."""

import math
from collections.abc import Iterable, Sequence
from enum import Enum

TIE_KM = 0.001  # errors are compared after rounding to one metre


class Outcome(Enum):
    """The end of one duel, seen from the first of the two."""

    WON = "won"
    LOST = "lost"
    TIED = "tied"
    NO_DUEL = "no duel"  # neither answered


def duel(mine_km: float | None, theirs_km: float | None) -> Outcome:
    """Compare two errors in kilometres; None is a missing answer.

    >>> duel(12.0, None), duel(1.0001, 1.0004), duel(None, None)
    (<Outcome.WON: 'won'>, <Outcome.TIED: 'tied'>, <Outcome.NO_DUEL: 'no duel'>)
    """
    if mine_km is None and theirs_km is None:
        return Outcome.NO_DUEL
    mine, theirs = _metres(mine_km), _metres(theirs_km)
    if mine == theirs:
        return Outcome.TIED
    return Outcome.WON if mine < theirs else Outcome.LOST


def _metres(error_km: float | None) -> float:
    return math.inf if error_km is None else round(error_km / TIE_KM)


def winner(errors_km: dict[int, float | None]) -> int | None:
    """Return the player whose error is strictly the least, None for a tie at the top or when nobody answered."""
    ranked = sorted(errors_km, key=lambda name: _metres(errors_km[name]))
    if not ranked or errors_km[ranked[0]] is None:
        return None
    if len(ranked) > 1 and duel(errors_km[ranked[0]], errors_km[ranked[1]]) is Outcome.TIED:
        return None
    return ranked[0]


def median_km(errors_km: Iterable[float | None]) -> float | None:
    """Return the median error in kilometres; None where it falls on a missing answer (or there is nothing).

    Missing answers enter as +∞. The median of an even number is the mean of the two in the middle.

    >>> median_km([1.0, None, 3.0]), median_km([1.0, None]), median_km([1.0, 2.0])
    (3.0, None, 1.5)
    """
    ranked = sorted(math.inf if error is None else error for error in errors_km)
    if not ranked:
        return None
    middle: Sequence[float] = ranked[(len(ranked) - 1) // 2 : len(ranked) // 2 + 1]
    median = sum(middle) / len(middle)
    return median if math.isfinite(median) else None
