"""What makes a release anonymous: codes under a salt that nobody keeps, and nothing that only a few people share."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from geogame.export.facts import Fact
from geogame.export.pseudonyms import under

SMALLEST = 5  # people: what fewer share, or stand behind, is not told
ERROR_DIGITS = 3  # of km: to the metre, as duels are compared
COARSE_DIGITS = 2  # significant ones
FINEST_DIGITS = 1  # of km, of coarse errors
COARSE_SECONDS = 10
PLACE_DIGITS = 6  # of degrees: a tenth of a metre


@dataclass(frozen=True)
class Disguise:
    """What of the facts is shown, and how."""

    salt: bytes
    shown: Mapping[str, frozenset[Any]]  # by column: the values that enough people share
    public: frozenset[str]  # slugs of the sets whose places may be told
    coarse: bool = False  # a distance is told so that many guesses could have it

    def code(self, kind: str, key: object) -> str:
        """Name a person (p), game (g), round (r) or exhibit (e)."""
        return kind + under(self.salt, f"{kind}{key}".encode())

    def shared(self, column: str, value: Any) -> Any:
        """Return a value that enough people share, None for another."""
        return value if value in self.shown[column] else None

    def degrees(self, fact: Fact, value: float | None) -> float | None:
        told = value is not None and fact.round.photo_set_slug in self.public
        return round(value, PLACE_DIGITS) if told and value is not None else None

    def km(self, error_km: float | None) -> float | None:
        """Round an error in km: to the metre, or coarsely: 8532.17 is 8500, 85.32 is 85, and 0.064 is 0.1."""
        if error_km is None:
            return None
        if self.coarse:
            return round(float(f"{error_km:.{COARSE_DIGITS}g}"), FINEST_DIGITS)
        return round(error_km, ERROR_DIGITS)

    def seconds(self, seconds: float | None) -> int | None:
        step = COARSE_SECONDS if self.coarse else 1
        return None if seconds is None else step * round(seconds / step)

    @property
    def precision(self) -> str:
        """How errors are rounded, in words."""
        return "to two significant digits, no finer than 100 m" if self.coarse else "to the metre"

    @property
    def beat(self) -> str:
        """How seconds are rounded, in words."""
        return f"to {COARSE_SECONDS} seconds" if self.coarse else "to the second"


def day(moment: datetime) -> date:
    return moment.date()  # UTC, as the database tells it


def are_few(people: Collection[object]) -> bool:
    """Tell whether what these people alone stand behind would tell of them."""
    return 0 < len(people) < SMALLEST


def large_enough(members: Iterable[tuple[Any, int]]) -> frozenset[Any]:
    """Return the values that at least SMALLEST people have, of pairs (value, person); None and "" are no value.

    Who has a value that is not shown has none to a reader. Where that would be a few people, they could be told from
    what is missing: then the next smallest value is not shown either.
    """
    people: dict[Any, set[int]] = {}
    for value, person in members:
        people.setdefault(None if value == "" else value, set()).add(person)
    hidden = people.pop(None, set())
    largest_first = sorted(people, key=lambda value: (-len(people[value]), value))
    while largest_first and (len(people[largest_first[-1]]) < SMALLEST or are_few(hidden)):
        hidden = hidden | people[largest_first.pop()]
    return frozenset(largest_first)
