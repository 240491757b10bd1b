"""What makes a release anonymous: codes under a salt that nobody keeps, and nothing that only a few people share."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import combinations
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


def shared_in_pairs(values: Mapping[str, Sequence[Any]], people: Sequence[int]) -> dict[str, frozenset[Any]]:
    """Return by column which values can be shown so that no two columns together tell of fewer than SMALLEST people.

    Columns are in the order of their worth, one entry for each answer, beside whose it is (n,). Of two values that only
    a few people have together, the one in the column of less worth is not shown. No value counts as a value, since a
    reader sees that something is missing: where those few are told by it, the next rarest value goes too.
    """
    columns = [_Column(number, each, people) for number, each in enumerate(values.values())]
    rows = set(zip(*values.values(), people, strict=True))  # an answer more of the same tells nothing more
    pairs = list(combinations(columns, 2))
    while any([_part(*pair, rows) for pair in pairs]):  # all, and again, until nothing has to go
        pass
    return {name: frozenset(column.shown) for name, column in zip(values, columns, strict=True)}


class _Column:
    """A column by its number in the rows: which of its values are shown, and how many people have each."""

    def __init__(self, number: int, values: Sequence[Any], people: Sequence[int]) -> None:
        members = list(zip(values, people, strict=True))
        self.number, self.shown = number, set(large_enough(members))
        self._people = Counter(value for value, _person in set(members))

    def told(self, row: tuple[Any, ...]) -> Any:
        """What a reader sees of a row here."""
        return row[self.number] if row[self.number] in self.shown else None

    def hide_rarest(self, values: Iterable[Any]) -> bool:
        """Hide that of these values which the fewest people have; tell whether one was shown."""
        shown = self.shown.intersection(values)
        self.shown -= {min(shown, key=lambda value: (self._people[value], value))} if shown else set()
        return bool(shown)


def _part(first: _Column, second: _Column, rows: Collection[tuple[Any, ...]]) -> bool:
    """Hide what has to be hidden of two columns; tell whether anything had to be."""
    shown, few = len(first.shown) + len(second.shown), _few(first, second, rows)
    while few:
        second.shown -= {b for _, b in few}
        for a in {a for a, b in few if b is None}:  # told by what is missing in the second
            beside = {row[second.number] for row in rows if first.told(row) == a}
            if not second.hide_rarest(beside) and not first.hide_rarest(first.shown if a is None else [a]):
                return bool(shown)  # nothing is shown of either: there are only a few people in all
        few = _few(first, second, rows)
    return len(first.shown) + len(second.shown) < shown


def _few(first: _Column, second: _Column, rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, Any]]:
    """The pairs of what is shown that only a few people have."""
    people: dict[tuple[Any, Any], set[int]] = {}
    for row in rows:
        people.setdefault((first.told(row), second.told(row)), set()).add(row[-1])
    return [pair for pair, members in people.items() if are_few(members)]
