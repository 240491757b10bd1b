"""Drawing people and exhibits anew: every figure in every draw, exactly. All is sorted once, then a draw only counts.

Nothing is copied for a draw: it is a count of how often each person and each exhibit was drawn, and those weigh the
sorted values. A weighted median is found where the running sum of weights passes the middle.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geogame.statistics.duels import Duels, Floats, Ints, is_duel, machine_once, outcomes
from geogame.statistics.errors import THRESHOLDS_KM

Times = NDArray[np.int32]  # how often something was drawn
_NEARLY_ALL = 0.8  # of what a group would have met if nobody had come late or left
_AT_ONCE = 1_000_000  # weights held at once, a dozen MB: draws go in pieces of so many, or one by one where it is more


@dataclass(frozen=True, eq=False)
class Ranked:
    """Values in rising order, each with the person and the exhibit whose draws weigh it; None: that side does not."""

    values: Floats  # (m,)
    person: Ints | None  # (m,)
    exhibit: Ints | None  # (m,)

    def weights(self, people: Times, exhibits: Times) -> Times:
        """Weigh the values: (draws, m) from (draws, people) and (draws, exhibits)."""
        sides = ((people, self.person), (exhibits, self.exhibit))
        # The codes are all there are, so that nothing is clipped: but where it might be, NumPy does without a buffer.
        weights = [times.take(codes, axis=1, mode="clip") for times, codes in sides if codes is not None]
        return weights[0] if len(weights) == 1 else np.multiply(weights[0], weights[1], out=weights[0])


@dataclass(frozen=True, eq=False)
class Sample:
    """Duels made ready to be drawn from."""

    people: int
    exhibits: int
    own: bool  # every exhibit was met by one person only, who takes it along
    person_km: Ranked  # of all entries
    machine_km: Ranked  # of exhibits, each once
    paired_km: Ranked  # person less machine, of real duels
    won: Times  # 1 where the person won, of paired_km
    lost: Times

    @property
    def decided(self) -> int:
        """How many duels were won or lost."""
        return int(self.won.sum() + self.lost.sum())

    def is_crossed(self, name: str) -> bool:
        """True where a figure rests on people and exhibits that are drawn apart from each other."""
        return not self.own and not name.startswith("machine_")

    def units(self, name: str) -> int:
        """How many independent units a figure rests on: of the scarcer side, where it rests on both.

        Who has no duel adds nothing to figures of duels, nor does who has only ties to the share of decided ones.
        """
        return min(len(each) for each in self._sizes(name))

    def effective_units(self, name: str) -> float:
        """What these units are worth where some of them hold much more than others: see effective."""
        return min(effective(each) for each in self._sizes(name))

    def _sizes(self, name: str) -> list[Ints]:
        """How many values each unit has, of each side that a figure rests on."""
        ranked = self.machine_km if name.startswith("machine_") else self.person_km
        counts = np.ones(len(ranked.values), dtype=bool)
        if name in OF_DUELS:
            ranked, counts = self.paired_km, np.ones(len(self.won), dtype=bool)
        if name == "win_rate":
            counts = self.won + self.lost > 0
        sizes = [np.bincount(codes[counts]) for codes in (ranked.person, ranked.exhibit) if codes is not None]
        return [each[each > 0] for each in sizes]


def effective(sizes: Ints) -> float:
    """How many units of equal size would tell as much as these (Kish, Survey Sampling, 1965): all, if all are equal."""
    return float(sizes.sum()) ** 2 / float((sizes.astype(np.float64) ** 2).sum()) if sizes.size else 0.0


def sample(duels: Duels) -> Sample:
    """Sort all that a draw needs. Equal values may lie in any order: a draw sees only what they weigh together."""
    people, person = np.unique(duels.person, return_inverse=True)
    exhibits, exhibit = np.unique(duels.exhibit, return_inverse=True)
    own = has_own_exhibits(duels)
    real = np.flatnonzero(is_duel(duels))
    real = real[np.argsort(duels.person_km[real] - duels.machine_km[real])]
    all_ranked = np.argsort(duels.person_km)
    who = outcomes(duels.person_km, duels.machine_km)[real]
    return Sample(
        people=len(people),
        exhibits=len(exhibits),
        own=own,
        person_km=Ranked(duels.person_km[all_ranked], person[all_ranked], None if own else exhibit[all_ranked]),
        machine_km=_machine(duels, person, exhibit, own),
        paired_km=Ranked(duels.person_km[real] - duels.machine_km[real], person[real], None if own else exhibit[real]),
        won=(who > 0).astype(np.int32),
        lost=(who < 0).astype(np.int32),
    )


def _machine(duels: Duels, person: Ints, exhibit: Ints, own: bool) -> Ranked:
    errors_km = machine_once(duels)[1]
    order = np.argsort(errors_km, kind="stable")
    if not own:
        return Ranked(errors_km[order], None, order)
    owner = np.empty_like(order)
    owner[exhibit] = person
    return Ranked(errors_km[order], owner[order], None)


def is_one_group(duels: Duels) -> bool:
    """True where several people met the same exhibits, nearly all of them nearly all: a room, a class."""
    people, exhibits = len(np.unique(duels.person)), len(np.unique(duels.exhibit))
    return people > 1 and len(duels) >= _NEARLY_ALL * people * exhibits


def has_own_exhibits(duels: Duels) -> bool:
    """True where every exhibit was met by one person only, as in the PlaNet paper."""
    _, first, exhibit = np.unique(duels.exhibit, return_index=True, return_inverse=True)
    return bool((duels.person[first][exhibit] == duels.person).all())


def seen(drawn_from: Sample) -> dict[str, float]:
    """Reckon each figure of STATISTICS as it was: every person and every exhibit once."""
    if not drawn_from.people:
        return dict.fromkeys(STATISTICS, float("nan"))
    once = np.ones((1, drawn_from.people), dtype=np.int32), np.ones((1, drawn_from.exhibits), dtype=np.int32)
    return {name: float(values[0]) for name, values in weighed_figures(drawn_from, *once).items()}


def draw(drawn_from: Sample, seed: int, draws: int) -> dict[str, Floats]:
    """Reckon each figure of STATISTICS in so many draws: name → (draws,). NaN where a draw gives it no value."""
    if not drawn_from.people:
        return {name: np.full(draws, np.nan) for name in STATISTICS}
    rng = np.random.default_rng(seed)
    parts = [weighed_figures(drawn_from, *times) for times in _multiplicities(drawn_from, rng, draws)]
    return {name: np.concatenate([part[name] for part in parts]) for name in STATISTICS}


def _multiplicities(drawn_from: Sample, rng: np.random.Generator, draws: int) -> Iterator[tuple[Times, Times]]:
    widest = max(drawn_from.people, drawn_from.exhibits, len(drawn_from.person_km.values))
    rows = max(1, _AT_ONCE // widest)
    for start in range(0, draws, rows):
        count = min(rows, draws - start)
        yield times(rng, count, drawn_from.people), times(rng, count, 0 if drawn_from.own else drawn_from.exhibits)


def times(rng: np.random.Generator, draws: int, of: int) -> Times:
    """Draw `of` things from as many, with repetition; how often each came, (draws, of)."""
    picked = rng.integers(0, of, (draws, of)) if of else np.empty((draws, 0), dtype=np.int64)
    picked += of * np.arange(draws)[:, None]
    return np.bincount(picked.ravel(), minlength=draws * of).astype(np.int32).reshape(draws, of)


class _Weighed:
    """Sorted values under the weights of each draw."""

    def __init__(self, ranked: Ranked, people: Times, exhibits: Times) -> None:
        self.values = ranked.values
        self.weights = ranked.weights(people, exhibits)  # (draws, m)
        self.running = np.empty(self.weights.size + 1, dtype=np.int64)  # over all draws, one after another
        self.running[0] = 0
        np.cumsum(self.weights.ravel(), out=self.running[1:])
        self.begins = np.arange(len(self.weights)) * len(self.values)  # of each draw's first value
        self.before = self.running[self.begins]
        self.total = self.running[self.begins + len(self.values)] - self.before

    def median(self) -> Floats:
        with np.errstate(invalid="ignore"):  # -inf and +inf have no middle
            return np.asarray((self._at((self.total - 1) // 2) + self._at(self.total // 2)) / 2)

    def _at(self, rank: Ints) -> Floats:
        """The value of that rank, 0 for the least, in each draw."""
        index = np.searchsorted(self.running, self.before + rank, side="right") - 1 - self.begins
        found = np.full(len(index), np.nan)  # where nothing was drawn
        drawn = self.total > 0
        found[drawn] = self.values[index[drawn]]
        return found

    def share_within(self, km: float) -> Floats:
        upto = self.running[self.begins + np.searchsorted(self.values, km, side="right")] - self.before
        return _ratio(upto, self.total)


def _ratio(part: Ints | Floats, whole: Ints | Floats) -> Floats:
    return np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)


def weighed_figures(drawn_from: Sample, people: Times, exhibits: Times) -> dict[str, Floats]:
    """Reckon each figure, by name, under multiplicities (draws, people) and (draws, exhibits): each (draws,)."""
    person, machine, paired = (
        _Weighed(ranked, people, exhibits)
        for ranked in (drawn_from.person_km, drawn_from.machine_km, drawn_from.paired_km)
    )
    won, lost = paired.weights @ drawn_from.won, paired.weights @ drawn_from.lost
    people_median, machine_median = person.median(), machine.median()
    with np.errstate(invalid="ignore"):  # inf less inf: no value, as it should be
        difference = people_median - machine_median
    return {
        "win_rate": _ratio(won, won + lost),
        "win_rate_ties_half": _ratio(paired.total + won - lost, 2 * paired.total),
        "people_median_km": people_median,
        "machine_median_km": machine_median,
        "difference_of_medians_km": difference,
        "median_of_paired_differences_km": paired.median(),
        **{share_name("people", km): person.share_within(km) for km in THRESHOLDS_KM},
        **{share_name("machine", km): machine.share_within(km) for km in THRESHOLDS_KM},
    }


def share_name(side: str, km: float) -> str:
    """Name the share of answers within a threshold: people_within_25_km."""
    return f"{side}_within_{km:g}_km"


SHARES = (
    "win_rate",
    "win_rate_ties_half",
    *(share_name(side, km) for side in ("people", "machine") for km in THRESHOLDS_KM),
)
STATISTICS = (
    *SHARES,
    "people_median_km",
    "machine_median_km",
    "difference_of_medians_km",
    "median_of_paired_differences_km",
)
OF_DUELS = ("win_rate", "win_rate_ties_half", "median_of_paired_differences_km")  # pairs without any answer are in none
