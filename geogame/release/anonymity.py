"""What makes a release anonymous: codes under a salt that nobody keeps, and nothing that only a few people share."""

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from geogame.export.facts import Fact
from geogame.export.pseudonyms import under
from geogame.selections import SMALLEST_GROUP as SMALLEST  # people: what fewer share, or stand behind, is not told

ERROR_DIGITS = 3  # of km: to the metre, as duels are compared
COARSE_DIGITS = 2  # significant ones
FINEST_DIGITS = 1  # of km, of coarse errors
COARSE_SECONDS = 10
PLACE_DIGITS = 6  # of degrees: a tenth of a metre
Cell = tuple[Hashable, Any]  # the person, exhibit or round that has a value, and the value
Row = tuple[int, Cell, int]


@dataclass(frozen=True)
class Disguise:
    """What of the facts is shown, and how."""

    salt: bytes
    told: Mapping[str, frozenset[Hashable]]  # by column: the persons, exhibits or rounds of which it is told
    public: frozenset[str]  # slugs of the sets whose places may be told
    coarse: bool = False  # a distance is told so that many guesses could have it

    def code(self, kind: str, key: object) -> str:
        """Name a person (p), game (g), round (r) or exhibit (e)."""
        return kind + under(self.salt, f"{kind}{key}".encode())

    def shared(self, column: str, cell: Cell) -> Any:
        """Return a value that tells of enough people, None for another."""
        owner, value = cell
        return value if owner in self.told[column] else None

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
    def examples(self) -> str:
        """What rounding does to distances, the great ones too, in words; empty where it is to the metre."""
        if not self.coarse:
            return ""
        told = ", ".join(f"{km:g} km is told as {self.km(km):g} km" for km in (0.064, 85.32, 8532.17, 12_345.0))
        return (
            f" {told}: above 10,000 km to the nearest thousand. Medians, the shares within 1 to 2500 km and all other "
            "figures here are reckoned from what is told, so that an error of 2,549 km counts as within 2,500."
        )

    @property
    def beat(self) -> str:
        """How seconds are rounded, in words."""
        return f"to {COARSE_SECONDS} seconds" if self.coarse else "to the second"


def day(moment: datetime) -> date:
    return moment.date()  # UTC, as the database tells it


def are_few(people: Collection[object]) -> bool:
    """Tell whether what these people alone stand behind would tell of them."""
    return 0 < len(people) < SMALLEST


def shared_together(columns: Mapping[str, Sequence[Cell]], people: Sequence[int]) -> dict[str, frozenset[Hashable]]:
    """Return by column whose value can be told so that all columns together tell of no fewer than SMALLEST people.

    Columns are in the order of their worth, one cell for each answer, beside who gave it (n,). Each is told as far as
    every combination of what it and those before it tell is that of enough people; so is then every combination of
    some of them. None and "" are no value. That something is missing can be seen: where a few people would be told by
    it, the rarest value beside them is not told either.
    """
    told, groups = dict[str, frozenset[Hashable]](), [0] * len(people)  # who cannot be told apart so far
    for name, cells in columns.items():
        rows = list(zip(groups, cells, people, strict=True))
        told[name] = _told(set(rows))  # an answer more of the same tells nothing more
        numbers: dict[Any, int] = {}
        seen = ((group, value if owner in told[name] else None) for group, (owner, value), _person in rows)
        groups = [numbers.setdefault(each, len(numbers)) for each in seen]
    return told


def _told(rows: Collection[Row]) -> frozenset[Hashable]:
    """Return whose value of one column can be told, of rows (group so far, cell, person)."""
    told = {owner for _group, (owner, value), _person in rows if value not in (None, "")}
    while few := _few(rows, told):
        told -= few
    return frozenset(told)


def _few(rows: Iterable[Row], told: Collection[Hashable]) -> set[Hashable]:
    """Return whose value has to be hidden, since in some group it, or what is missing there, tells of a few people."""
    groups: dict[int, dict[Any, set[tuple[Hashable, int]]]] = {}
    for group, (owner, value), person in rows:
        groups.setdefault(group, {}).setdefault(value if owner in told else None, set()).add((owner, person))
    hidden = set[Hashable]()
    for values in groups.values():
        people = {value: {person for _owner, person in having} for value, having in values.items()}
        go = {value for value, whose in people.items() if value is not None and are_few(whose)}
        missing = set[int]().union(*(people[value] for value in go | {None} if value in people))
        left = people.keys() - go - {None}
        if left and are_few(missing):
            go.add(min(left, key=lambda value: (len(people[value]), value)))
        hidden |= {owner for value in go for owner, _person in values[value]}
    return hidden
