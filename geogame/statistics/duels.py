"""Duels as arrays: who met what, how far off person and machine were, and who won. One entry for each duel, in time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geogame.rules.standings import TIE_KM

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Duels:
    """One person's first look at an exhibit, against one machine; n of them, in the order in which they happened.

    The codes may be any whole numbers. Errors are in kilometres, and +inf stands for a missing answer, which ranks
    behind every distance. Raises ValueError for NaN, a negative error, fractions as codes or unequal lengths.
    """

    person: Ints  # (n,)
    exhibit: Ints  # (n,)
    round: Ints  # (n,)
    person_km: Floats  # (n,)
    machine_km: Floats  # (n,)

    def __post_init__(self) -> None:
        for name in ("person", "exhibit", "round"):
            object.__setattr__(self, name, _codes(name, getattr(self, name)))
        for name in ("person_km", "machine_km"):
            object.__setattr__(self, name, _errors(name, getattr(self, name)))
        if any(each.shape != self.person.shape for each in self._columns()):
            raise ValueError(f"Columns must be equally long, not {[len(each) for each in self._columns()]}")

    def __len__(self) -> int:
        return len(self.person)

    def take(self, chosen: Bools | Ints) -> "Duels":
        """The chosen duels, by a mask (n,) or by their numbers."""
        person, exhibit, number, person_km, machine_km = self._columns()
        return Duels(person[chosen], exhibit[chosen], number[chosen], person_km[chosen], machine_km[chosen])

    def _columns(self) -> tuple[Ints, Ints, Ints, Floats, Floats]:
        return self.person, self.exhibit, self.round, self.person_km, self.machine_km


def _codes(name: str, codes: ArrayLike) -> Ints:
    given = np.asarray(codes)
    if given.ndim != 1 or (given.size and given.dtype.kind not in "iu"):
        raise ValueError(f"{name} must be one row of whole numbers, not {given.dtype} of {given.shape}")
    return given.astype(np.int64, copy=False)


def _errors(name: str, errors_km: ArrayLike) -> Floats:
    given = np.asarray(errors_km, dtype=np.float64)
    if given.ndim != 1 or np.isnan(given).any() or (given < 0).any():
        raise ValueError(f"{name} must be one row of errors in km, none negative or NaN; a missing answer is +inf")
    return given


def outcomes(person_km: ArrayLike, machine_km: ArrayLike) -> NDArray[np.int8]:
    """Say who was nearer.

    A duel is won by whoever was nearer to the place, compared after rounding to one metre; equal metres are a tie. A
    missing answer ranks behind every distance, so it loses against any answer. Where both are missing nobody was
    nearer: there is no duel, which `is_duel` tells apart from a tie.

    Errors in km, (n,). Returns +1 where the person won, -1 where the machine won, 0 otherwise.

    >>> outcomes([12.0, 1.0001, 5.0], [np.inf, 1.0004, 4.0]).tolist()
    [1, 0, -1]
    """
    person, machine = metres(person_km), metres(machine_km)
    return (person < machine).astype(np.int8) - (person > machine).astype(np.int8)


def metres(errors_km: ArrayLike) -> Floats:
    """Round errors in km to whole metres, as answers are compared; +inf stays."""
    return np.asarray(np.rint(np.asarray(errors_km, dtype=np.float64) / TIE_KM))


def is_duel(duels: Duels) -> Bools:
    """True (n,) where at least one of the two answered."""
    return np.isfinite(duels.person_km) | np.isfinite(duels.machine_km)


def machine_once(duels: Duels) -> tuple[Ints, Floats]:
    """Take the machine's answer to each exhibit once.

    However many people met an exhibit, the machine answered it once, so its error counts once. In one round the answer
    may have come too late while it was there in another: an answer that was ever given counts over a missing one. An
    exhibit whose place was corrected is another one from then on, for people and machine alike.

    Returns the exhibits' codes, sorted, and the machine's errors in km: of one exhibit they are equal, or missing.
    """
    exhibits, exhibit = np.unique(duels.exhibit, return_inverse=True)
    errors_km = np.full(len(exhibits), np.inf)
    np.minimum.at(errors_km, exhibit, duels.machine_km)
    return exhibits, errors_km


def win_rate(duels: Duels) -> float:
    """Tell which share of the decided duels the people won.

    Duels won, divided by duels won and lost. Ties, and pairs in which nobody answered, are in neither number. One half
    means that people and machine were equally good. In the PlaNet paper it is 22 of 50.

    NaN where nothing was decided.
    """
    who = outcomes(duels.person_km, duels.machine_km)
    won, lost = np.count_nonzero(who > 0), np.count_nonzero(who < 0)
    return won / (won + lost) if won + lost else float("nan")


def win_rate_ties_half(duels: Duels) -> float:
    """Tell which share of all duels the people won, a tie being half a win.

    Unlike the win rate it keeps the tied duels in the number that is divided by, so that many ties draw it towards one
    half. Pairs in which nobody answered are no duels.

    NaN where there is no duel.
    """
    score = (1 + outcomes(duels.person_km, duels.machine_km)[is_duel(duels)]) / 2
    return float(score.mean()) if score.size else float("nan")


@dataclass(frozen=True)
class Counts:
    """What a selection holds. duels leaves out those where both answers are missing; these are no_duel."""

    duels: int
    rounds: int
    people: int
    exhibits: int
    people_won: int
    machine_won: int
    ties: int
    no_duel: int
    missing_people: int
    missing_machine: int  # rounds: its answer there is missing for all who met it


def counts(duels: Duels) -> Counts:
    """Count what happened.

    A duel is one person's first look at one exhibit, against the machine. Won, lost and tied duels are counted; so are
    the answers that are missing on either side (the machine's once in a round, however many people were there), and the
    pairs where both are missing, which are no duels.
    """
    who, real = outcomes(duels.person_km, duels.machine_km), is_duel(duels)
    return Counts(
        duels=int(real.sum()),
        rounds=len(np.unique(duels.round)),
        people=len(np.unique(duels.person)),
        exhibits=len(np.unique(duels.exhibit)),
        people_won=int((who > 0).sum()),
        machine_won=int((who < 0).sum()),
        ties=int(((who == 0) & real).sum()),
        no_duel=int((~real).sum()),
        missing_people=int(np.isinf(duels.person_km).sum()),
        missing_machine=len(np.unique(duels.round[np.isinf(duels.machine_km)])),
    )
