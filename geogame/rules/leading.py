"""Who may lead a room whose host has gone quiet, and from when on: whoever has sat there longest comes first."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

HOST_AWAY = timedelta(seconds=60)  # without a sign of life; then the longest seated may lead, after as long the next


class Seated(NamedTuple):
    """A person's seat that is not given up. Who comes back sits there anew: `joined_at` is then the newer time."""

    joined_at: datetime
    key: int


def by_seniority(seats: Iterable[Seated]) -> list[int]:
    """Return the keys of the seats, the longest seated first; of those who came in the same instant, the smaller key.

    >>> noon, later = datetime(2026, 3, 1, 12), datetime(2026, 3, 1, 13)
    >>> by_seniority([Seated(later, 1), Seated(noon, 3), Seated(noon, 2)])
    [2, 3, 1]
    """
    return [seat.key for seat in sorted(seats)]


def take_over_at(seats: Iterable[Seated], host_seat: int | None, host_seen_at: datetime) -> dict[int, datetime]:
    """Return, by seat, from when on it may take over, should the host give no sign of life until then.

    Each comes a while after the one before: if they are gone too, nothing is stuck. The host's own seat (None: the host
    has none) is not in it.

    >>> noon = datetime(2026, 3, 1, 12)
    >>> told = take_over_at([Seated(noon, 1), Seated(noon, 2), Seated(noon, 3)], 1, noon)
    >>> {key: str(at.time()) for key, at in told.items()}
    {2: '12:01:00', 3: '12:02:00'}
    """
    heirs = [key for key in by_seniority(seats) if key != host_seat]
    return {key: host_seen_at + HOST_AWAY * place for place, key in enumerate(heirs, start=1)}
