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


def seconds(work: Callable[[], object], rounds: int) -> float:
    """The shortest time that the work took: what others did on this machine can only make it longer."""
    best = float("inf")
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return best
