"""When a round is over. Facts are stored; status is computed here from facts and a time passed in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

# A guess counts if it reached the server in time. So long a round waits for those that stand in line there.
IN_LINE = timedelta(seconds=1)
OFFERED = 5  # rounds, by a form that nobody has touched


@dataclass(frozen=True)
class Seat:
    """One player in one round, as the rules see it: is it a machine, and when did its answer arrive (None: not yet)."""

    is_machine: bool
    answered_at: datetime | None


def wait_ends_at(seats: Sequence[Seat], machine_wait: timedelta, closes_at: datetime | None) -> datetime | None:
    """Return when the round stops waiting for machines; None while people are still thinking.

    After the last person's guess a round waits for machines, never past `closes_at`.
    """
    people = [seat.answered_at for seat in seats if not seat.is_machine]
    answered = [at for at in people if at is not None]
    if not answered or len(answered) < len(people):
        return None
    end = max(answered) + machine_wait
    return min(end, closes_at) if closes_at else end


def is_due(
    seats: Sequence[Seat], opened_at: datetime, closes_at: datetime | None, machine_wait: timedelta, now: datetime
) -> bool:
    """Tell whether a round must close: everybody answered, its time is up, or machines were waited for long enough."""
    if closes_at is not None and now >= closes_at + IN_LINE:
        return True
    if seats and all(seat.answered_at is not None for seat in seats):
        return True
    end = wait_ends_at(seats, machine_wait, closes_at)
    return end is not None and now >= max(end, opened_at)
