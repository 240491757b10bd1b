"""Reads across games: the leaderboard."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import Case, F, FloatField, IntegerField, Value, When
from django.db.models.functions import Coalesce
from numpy.typing import NDArray

from geogame.models import Domain, Player
from geogame.selections import Selection
from geogame.statistics.duels import Bools, Floats, Ints, metres
from geogame.statistics.errors import medians

MOST_LINES = 100  # of people, and of machines
CHUNK = 20_000  # rows held as Python objects at a time
NOBODY, NO_ANSWER = -1, -1.0  # in SQL
_ROUNDS = 1 << 16  # of one game, at most: game and number make one code
_KINDS = [
    ("game", np.int64), ("number", np.int64), ("player", np.int64), ("person", np.int64), ("machine", np.int64),
    ("exhibit", np.int64), ("lat", np.float64), ("lng", np.float64), ("error_km", np.float64), ("seen", np.bool_),
    ("learned", np.bool_),
]  # fmt: skip
Machines = list[tuple[str, str]]  # opponent, weights


@dataclass(frozen=True)
class Standing:
    """One line of the leaderboard. The median is in kilometres, None where it falls on a missing answer."""

    name: str
    rounds: int
    median_km: float | None
    wins: int
    domain: str = ""  # that a machine learned

    @property
    def domain_label(self) -> str:
        return str(Domain(self.domain).label) if self.domain else ""


def leaderboard() -> tuple[list[Standing], list[Standing]]:
    """Reckon the first of people and of machines by median error over closed rounds. It takes long: pages never do.

    Exhibits that a person had met before do not count, nor does a machine on pictures of another kind than it learned.
    A machine's median takes each exhibit once: its answer is the same in every round.
    """
    everything = Selection()
    rows = _answers(everything, _machines())
    won, is_machine = _won(rows), rows["machine"] != NOBODY
    people, machines = ~is_machine & ~rows["seen"], is_machine & rows["learned"]
    here = rows[people]
    found = _lines(here["person"], here["player"], won[people], medians(here["person"], here["error_km"]))
    theirs = rows[machines]
    return found, _lines(theirs["machine"], theirs["player"], won[machines], _once_per_exhibit(theirs))


def _machines() -> Machines:
    seats = Player.objects.filter(kind=Player.Kind.MACHINE).order_by()
    return sorted(seats.values_list("opponent", "weights").distinct())


def _answers(selection: Selection, machines: Machines) -> NDArray[Any]:
    """Read every answer, of people and machines: a machine is its number among them. +inf is a missing answer."""
    numbers = [
        When(player__kind=Player.Kind.MACHINE, player__opponent=opponent, player__weights=weights, then=Value(number))
        for number, (opponent, weights) in enumerate(machines)
    ]
    rows = selection.guesses().order_by().values_list(
        "round__game", "round__number", "player", Coalesce("player__person", NOBODY),
        Case(*numbers, default=Value(NOBODY), output_field=IntegerField()),
        "round__exhibit", "round__lat", "round__lng",
        Coalesce("error_km", Value(NO_ANSWER), output_field=FloatField()), "seen_before",
        Case(When(player__domain=F("round__game__domain"), then=1), default=0),
    )  # fmt: skip
    found = np.fromiter(rows.iterator(chunk_size=CHUNK), dtype=np.dtype(_KINDS))
    found["error_km"][found["error_km"] == NO_ANSWER] = np.inf
    return found


def _won(rows: NDArray[Any]) -> Bools:
    """True where an answer was strictly nearer, to the metre, than all others of its round."""
    _, number = np.unique(rows["game"] * _ROUNDS + rows["number"], return_inverse=True)
    off = metres(rows["error_km"])
    least = np.full(number.max(initial=-1) + 1, np.inf)
    np.minimum.at(least, number, off)
    nearest = (off == least[number]) & np.isfinite(off)
    return np.asarray(nearest & (np.bincount(number, nearest, minlength=len(least))[number] == 1))


def _once_per_exhibit(rows: NDArray[Any]) -> Floats:
    """Return the median of each machine, each exhibit once: in one round its answer may have come too late.

    An exhibit whose place was corrected is another one from then on.
    """
    once = [rows[name] for name in ("lng", "lat", "exhibit", "machine")]
    ranked = rows[np.lexsort((rows["error_km"], *once))]
    first = np.ones(len(ranked), dtype=bool)
    first[1:] = np.any([np.diff(ranked[name]) != 0 for name in ("machine", "exhibit", "lat", "lng")], axis=0)
    return medians(ranked["machine"][first], ranked["error_km"][first])


def _lines(groups: Ints, players: Ints, won: Bools, medians_km: Floats) -> list[Standing]:
    """Return the first lines of a board, one for each group of answers, under the name of its latest seat."""
    _, group = np.unique(groups, return_inverse=True)
    rounds, wins = np.bincount(group), np.bincount(group, won, minlength=len(medians_km))
    latest = np.zeros(len(medians_km), dtype=np.int64)
    np.maximum.at(latest, group, players)
    first = np.lexsort((-rounds, medians_km))[:MOST_LINES].tolist()
    seats = Player.objects.in_bulk(latest[first].tolist())
    lines = [
        Standing(
            name=seats[latest[each]].name,
            rounds=int(rounds[each]),
            median_km=float(medians_km[each]) if np.isfinite(medians_km[each]) else None,
            wins=int(wins[each]),
            domain=seats[latest[each]].domain,
        )
        for each in first
    ]
    return sorted(lines, key=lambda line: (line.median_km is None, line.median_km or 0.0, -line.rounds, line.name))
