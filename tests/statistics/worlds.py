"""Small worlds of duels whose numbers are known."""

import numpy as np
from hypothesis import settings

from geogame.statistics.duels import Duels

INF = float("inf")
unhurried = settings(deadline=None, max_examples=60)  # other tests may want the processor too


def duels(*entries: tuple[int, int, float, float]) -> Duels:
    """Duels of (person, exhibit, person_km, machine_km); each exhibit is a round."""
    person, exhibit, person_km, machine_km = zip(*entries, strict=True) if entries else ([], [], [], [])
    return Duels(*(np.array(each) for each in (person, exhibit, exhibit, person_km, machine_km)))


def own(person_km: list[float], machine_km: list[float], each: int = 5) -> Duels:
    """People with so many exhibits of their own."""
    numbers = range(len(person_km))
    return duels(*((i // each, i, person_km[i], machine_km[i]) for i in numbers))


def paper() -> Duels:
    """Ten people, five exhibits each, and the numbers of the PlaNet paper: 28 of 50, medians 1131.7 and 2320.75 km."""
    near, far = [10.0 + 3 * i for i in range(22)], [2400.0 + 150 * i for i in range(24)]
    people = [*near, 2000.0, 2100.0, 2320.5, 2321.0, *far]
    machine = [*(100.0 + 40 * i for i in range(24)), 1131.2, 1132.2, *(1200.0 + 100 * i for i in range(24))]
    pairs = list(zip(people, machine[28:] + machine[:28], strict=True))  # the 22 near ones meet the machine's worst
    mixed = [pairs[(7 * i) % 50] for i in range(50)]  # so that nobody wins all five
    return own([pair[0] for pair in mixed], [pair[1] for pair in mixed])


def by_hand() -> Duels:
    """Three people and three exhibits, small enough for pencil and paper. The machine came too late once."""
    return duels(
        (1, 1, 10.0004, 10.0),  # a tie: 10 000 m both
        (2, 1, 8.0, 10.0),  # won
        (3, 1, 12.0, INF),  # won: the machine's answer came too late in this round
        (1, 2, INF, INF),  # no duel
        (2, 2, 5000.0, INF),  # won
        (3, 2, INF, INF),  # no duel
        (1, 3, 300.5, 300.0),  # lost
        (2, 3, INF, 300.0),  # lost
    )
