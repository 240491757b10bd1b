"""What makes a release anonymous: codes under a salt that nobody keeps, and no group of people that is small."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from geogame.export.facts import Fact
from geogame.export.pseudonyms import under

SMALLEST = 5  # people: a smaller group is not named
ERROR_DIGITS = 3  # of km: to the metre, as duels are compared
PLACE_DIGITS = 6  # of degrees: a tenth of a metre


@dataclass(frozen=True)
class Disguise:
    """What of the facts is shown, and how."""

    salt: bytes
    shown: Mapping[str, frozenset[str]]  # by column: the values that enough people share
    public: frozenset[str]  # slugs of the sets whose places may be told

    def code(self, kind: str, key: object) -> str:
        """Name a person (p), game (g), round (r) or exhibit (e)."""
        return kind + under(self.salt, f"{kind}{key}".encode())

    def named(self, column: str, value: str | None) -> str:
        return value if value and value in self.shown[column] else ""

    def degrees(self, fact: Fact, value: float | None) -> float | None:
        told = value is not None and fact.round.photo_set_slug in self.public
        return round(value, PLACE_DIGITS) if told and value is not None else None


def km(error_km: float | None) -> float | None:
    return None if error_km is None else round(error_km, ERROR_DIGITS)


def day(moment: datetime) -> date:
    return moment.date()  # UTC, as the database tells it


def large_enough(members: Iterable[tuple[str, int]]) -> frozenset[str]:
    """Return the values that at least SMALLEST people have, of pairs (value, person).

    Who has a value that is not shown has none to a reader. Where that would be a few people, they could be told from
    what is missing: then the next smallest value is not shown either.
    """
    people: dict[str, set[int]] = {}
    for value, person in members:
        people.setdefault(value, set()).add(person)
    hidden = people.pop("", set())
    largest_first = sorted(people, key=lambda value: (-len(people[value]), value))
    while largest_first and (len(people[largest_first[-1]]) < SMALLEST or 0 < len(hidden) < SMALLEST):
        hidden = hidden | people[largest_first.pop()]
    return frozenset(largest_first)
