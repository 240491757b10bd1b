"""What a benchmark tells, and the stopwatch."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """One line of the table."""

    name: str
    value: float
    unit: str
    reference: str  # what it was measured against, and what that took in this run
    goal: float
    higher_is_better: bool = True

    def reached(self) -> bool:
        """Say whether the value is as good as the goal."""
        return self.value >= self.goal if self.higher_is_better else self.value <= self.goal


def against(ours: Callable[[], object], theirs: Callable[[], object], turns: int) -> tuple[float, float]:
    """The shortest times of both, taken in turns, so that a busy minute on this machine meets both alike.

    Ours has eight tries in each turn: it is short, so one interruption would cost it much more.
    """
    both = [(seconds(ours, 8), seconds(theirs, 1)) for _ in range(turns)]
    return min(mine for mine, _ in both), min(other for _, other in both)


def seconds(work: Callable[[], object], rounds: int) -> float:
    """The shortest time that the work took: what others did on this machine can only make it longer."""
    best = float("inf")
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return best
