"""python -m benchmarks.coverage [--runs 2000]   do the intervals hold? Simulated games of known truth; minutes

In each run people with skills of their own meet exhibits of some difficulty, which is the machine's also; some answers
are missing. The truth is that of all people and exhibits that could have been drawn, not of those that were: that is
what the intervals are for. Goals: 93 to 97 % of 95 % intervals hold it, and of sequential ones, looked at after every
unit, at least 95 % hold it all the time.
"""

import argparse
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from geogame.statistics.duels import Duels
from geogame.statistics.intervals import Interval, bootstrap
from geogame.statistics.sequential import anytime, shares_won

DRAWS = 999
GOAL = (0.93, 0.97)
FIGURES = (
    "win_rate",
    "people_median_km",
    "machine_median_km",
    "difference_of_medians_km",
    "median_of_paired_differences_km",
)


@dataclass(frozen=True)
class Model:
    """How errors come about: logarithms of km add up, all normal. The medians are near those of the paper."""

    people: float = 7.4  # the mean: exp(7.4) is 1636 km
    machine: float = 7.0
    skill: float = 0.5  # standard deviations from here: of people,
    difficulty: float = 1.0  # of exhibits, the same for people and machine,
    person_noise: float = 1.0  # and of each answer
    machine_noise: float = 1.2
    people_missing: float = 0.03  # shares
    machine_missing: float = 0.02

    def duels(self, rng: np.random.Generator, person: NDArray[np.int64], exhibit: NDArray[np.int64]) -> Duels:
        """Let these people meet these exhibits, both numbered from 0."""
        difficulty = rng.normal(0, self.difficulty, exhibit.max() + 1)
        skill = rng.normal(0, self.skill, person.max() + 1)
        machine = self.machine + difficulty + rng.normal(0, self.machine_noise, len(difficulty))
        people = self.people + skill[person] + difficulty[exhibit] + rng.normal(0, self.person_noise, len(person))
        machine_km = _silent(rng, np.exp(machine), self.machine_missing)
        return Duels(person, exhibit, exhibit, _silent(rng, np.exp(people), self.people_missing), machine_km[exhibit])

    def truth(self) -> dict[str, float]:
        """The figures of all people and exhibits there could be: by formula, and one by integration."""
        noises = math.hypot(self.skill, self.person_noise), self.machine_noise
        nearer = float(special.ndtr((self.machine - self.people) / math.hypot(*noises)))
        both = (1 - self.people_missing) * (1 - self.machine_missing)
        won, lost = (1 - self.people_missing) * self.machine_missing, self.people_missing * (1 - self.machine_missing)
        people = _median(self.people, math.hypot(noises[0], self.difficulty), self.people_missing)
        machine = _median(self.machine, math.hypot(noises[1], self.difficulty), self.machine_missing)
        return {
            "win_rate": (both * nearer + won) / (both + won + lost),
            "people_median_km": people,
            "machine_median_km": machine,
            "difference_of_medians_km": people - machine,
            "median_of_paired_differences_km": self._paired((both + won + lost) / 2 - won, both),
            "mean_of_units": (both * nearer + won) / (both + won + lost),  # no ties
        }

    def _paired(self, wanted: float, both: float) -> float:
        """The difference below which `wanted` of all pairs lie, by halving: below are all that the machine missed."""
        low, high = -20000.0, 20000.0
        for _ in range(50):
            middle = (low + high) / 2
            low, high = (middle, high) if both * self._below(middle) < wanted else (low, middle)
        return low

    def _below(self, difference_km: float) -> float:
        """How often the person's error less the machine's is below that, if both answer; on a grid of quantiles."""
        z = special.ndtri((np.arange(400) + 0.5) / 400)
        machine = self.machine + self.difficulty * z[:, None] + self.machine_noise * z  # (difficulty, noise)
        with np.errstate(invalid="ignore", divide="ignore"):
            bound = np.log(np.maximum(np.exp(machine) + difference_km, 0))
        spread = math.hypot(self.skill, self.person_noise)
        return float(special.ndtr((bound - self.people - self.difficulty * z[:, None]) / spread).mean())


def _silent(rng: np.random.Generator, errors_km: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    return np.where(rng.random(errors_km.shape) < share, np.inf, errors_km)


def _median(mean: float, spread: float, missing: float) -> float:
    return math.exp(mean + spread * float(special.ndtri(0.5 / (1 - missing))))


@dataclass(frozen=True)
class Design:
    """Who meets what."""

    name: str
    people: int
    exhibits: int  # for each person
    own: bool

    def codes(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        person = np.repeat(np.arange(self.people), self.exhibits)
        return person, np.arange(len(person)) if self.own else np.tile(np.arange(self.exhibits), self.people)


DESIGNS = (
    Design("40 people x 5 own exhibits", 40, 5, own=True),
    Design("30 people x 10 shared exhibits", 30, 10, own=False),
    Design("10 people x 5 own exhibits", 10, 5, own=True),
    Design("6 people x 5 own exhibits", 6, 5, own=True),
)
FEW = tuple(Design(f"{people} people x 5 own exhibits", people, 5, own=True) for people in (5, 4, 3))
SHARED = DESIGNS[1]


def by_person_alone(duels: Duels, seed: int, draws: int) -> dict[str, Interval]:
    """What must fail where exhibits are shared: each person takes the exhibits along, as if no one else met them."""
    apart = np.arange(len(duels))
    return bootstrap(Duels(duels.person, apart, duels.round, duels.person_km, duels.machine_km), seed, draws)


def of_however_few(duels: Duels, seed: int, draws: int) -> dict[str, Interval]:
    """What is told to nobody: intervals from fewer people than say anything of others."""
    return bootstrap(duels, seed, draws, fewest=2)


def covered(
    design: Design, runs: int, method: Callable[[Duels, int, int], dict[str, Interval]] = bootstrap
) -> dict[str, float]:
    """How often each figure's interval holds the truth."""
    model = Model()
    truth, hits = model.truth(), dict.fromkeys(FIGURES, 0)
    for run in range(runs):
        intervals = method(model.duels(np.random.default_rng((run, design.people)), *design.codes()), run, DRAWS)
        for name in FIGURES:
            hits[name] += intervals[name].low <= truth[name] <= intervals[name].high
    return {name: hit / runs for name, hit in hits.items()}


def always_covered(runs: int, design: Design) -> tuple[float, float, float]:
    """How often looking after each unit never misses; how often a t interval so looked at does not; the mean width."""
    model = Model()
    truth, person, exhibit = model.truth()["mean_of_units"], *design.codes()
    held = naive = width = 0.0
    for run in range(runs):
        shares = shares_won(model.duels(np.random.default_rng((run, 7)), person, exhibit))
        found = anytime(shares)  # a running intersection: it holds the truth at the end only if it always did
        held += found.low <= truth <= found.high
        width += found.high - found.low
        naive += _never_missed_by_t(shares, truth)
    return held / runs, naive / runs, width / runs


def _never_missed_by_t(shares: NDArray[np.float64], truth: float) -> bool:
    """The same watched with an ordinary interval, from the fifth unit on."""
    n = np.arange(1, len(shares) + 1)
    mean = np.cumsum(shares) / n
    spread = np.sqrt(np.maximum(np.cumsum(shares**2) / n - mean**2, 0) / np.maximum(n - 1, 1))
    off = np.abs(mean - truth) > stats.t.ppf(0.975, np.maximum(n - 1, 1)) * spread
    return not off[4:].any()


def lines(runs: int) -> Iterator[str]:
    """The tables, line by line."""
    yield f"95 % intervals, {runs} runs of {DRAWS} draws; truth: " + ", ".join(
        f"{name} {value:.4g}" for name, value in Model().truth().items() if name in FIGURES
    )
    yield " " * 36 + "".join(f"{name.removesuffix('_km'):>30}" for name in FIGURES)
    for design in DESIGNS:
        yield _line(design.name, covered(design, runs))
    yield _line("30 x 10 shared, by person alone", covered(SHARED, runs, by_person_alone), "  (must fail)")
    for design in FEW:
        yield _line(design.name, covered(design, runs, of_however_few), "  (not told: too few)")
    yield "Sequential 95 % intervals, looked at after every unit: never missing the truth"
    for people in (40, 200):
        held, naive, width = always_covered(runs, Design("", people, 5, own=True))
        told = f"{held:.1%} (mean width at the end {width:.2f}); an ordinary interval so watched: {naive:.1%}"
        yield f"{people:>6} people x 5 own exhibits: {told}"


def _line(name: str, shares: dict[str, float], remark: str = "") -> str:
    marks = {True: " ", False: "*"}
    told = (f"{share:>29.1%}{marks[GOAL[0] <= share <= GOAL[1]]}" for share in shares.values())
    return f"{name:<36}" + "".join(told) + remark


def main() -> None:
    """Print the tables; a star marks what lies outside the goal."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.coverage", description="Do the intervals hold?")
    parser.add_argument("--runs", type=int, default=2000)
    for line in lines(parser.parse_args().runs):
        print(line, flush=True)


if __name__ == "__main__":
    main()
