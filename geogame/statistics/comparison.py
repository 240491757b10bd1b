"""People against machines, counted by duels: one person's first exposure to an exhibit against one machine.

A missing answer ranks behind every distance: it loses its duel and enters the medians as +∞; where both are missing
there is no duel, and it is counted. The machine's median takes each exhibit once, since its answer is the same.
"""

from collections.abc import Hashable, Iterable
from dataclasses import asdict, dataclass

from geogame.rules.standings import Outcome, duel, median_km

PAPER = {
    "source": "Weyand, Kostrikov, Philbin: PlaNet (ECCV 2016); Street View, other photos",
    "rounds": 50,
    "people": 10,
    "machine_won": 28,
    "machine_median_km": 1131.7,
    "people_median_km": 2320.75,
}


@dataclass(frozen=True)
class Pairing:
    """One person and one machine before the same exhibit; errors in kilometres, None where there was no answer."""

    round_id: str
    exhibit_id: int
    machine: str  # opponent and weights version
    person_km: float | None
    machine_km: float | None


@dataclass(frozen=True)
class Comparison:
    """The outcome of a selection of rounds. Medians in kilometres; None where a median falls on a missing answer."""

    duels: int
    rounds: int
    people_won: int
    machine_won: int
    ties: int
    no_duel: int
    missing_people: int
    missing_machine: int
    people_median_km: float | None
    machine_median_km: float | None
    people_median_answered_km: float | None
    machine_median_answered_km: float | None

    def as_dict(self) -> dict[str, float | int | None]:
        return asdict(self)


def compare(pairings: Iterable[Pairing]) -> Comparison:
    """Count duels and take medians."""
    pairs = list(pairings)
    outcomes = [duel(pair.person_km, pair.machine_km) for pair in pairs]
    people = [pair.person_km for pair in pairs]
    machine = once_per_exhibit(((pair.exhibit_id, pair.machine), pair.machine_km) for pair in pairs)
    return Comparison(
        duels=len(pairs) - outcomes.count(Outcome.NO_DUEL),
        rounds=len({pair.round_id for pair in pairs}),
        people_won=outcomes.count(Outcome.WON),
        machine_won=outcomes.count(Outcome.LOST),
        ties=outcomes.count(Outcome.TIED),
        no_duel=outcomes.count(Outcome.NO_DUEL),
        missing_people=people.count(None),
        missing_machine=sum(pair.machine_km is None for pair in pairs),
        people_median_km=median_km(people),
        machine_median_km=median_km(machine),
        people_median_answered_km=median_km(error for error in people if error is not None),
        machine_median_answered_km=median_km(error for error in machine if error is not None),
    )


def once_per_exhibit(errors_km: Iterable[tuple[Hashable, float | None]]) -> list[float | None]:
    """Return each machine's error once for each exhibit, from pairs of (what names both, error in km or None).

    Its prediction is one and the same, but in one round it may have come too late: an answer, once given, is its error.
    """
    known: dict[Hashable, float | None] = {}
    for where, error_km in errors_km:
        known[where] = error_km if known.get(where) is None else known[where]
    return list(known.values())
