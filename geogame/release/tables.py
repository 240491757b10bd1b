"""The tables of an open release: which columns each has, and what they are made of."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from geogame.export.dictionary import Column, Kind, schema
from geogame.export.facts import Fact
from geogame.release.anonymity import Cell, Disguise, day

# Of these columns. From 2 on what fewer than five people share is told in none of them, from 3 on in no two, from 4 on
# not in all of them together, from 5 on nor where a game's other rounds would tell it.
VERSION = 5


@dataclass(frozen=True)
class Table:
    """One file of rows: `columns` need the release's disguise."""

    name: str
    title: str
    columns: Callable[[Disguise], tuple[Column, ...]]
    key: tuple[str, ...]
    links: tuple[tuple[str, str], ...] = ()  # (column, table): the column there bears the same name

    @property
    def file(self) -> str:
        return f"{self.name}.csv"

    def schema(self, disguise: Disguise) -> Any:
        links = [
            {"fields": [column], "reference": {"resource": table, "fields": [column]}} for column, table in self.links
        ]
        return schema(self.columns(disguise), list(self.key), links)


# What somebody may know of others, and of which person, exhibit or game. What these columns tell together is true of
# five people at least. In the order of their worth: of what only a few people have together the last is blank. What a
# game has is told for all its rounds or for none, since their rows name it: one blank would be read off another.
SHARED: dict[str, Callable[[Fact], Cell]] = {
    "set": lambda fact: (fact.round.exhibit, fact.round.photo_set_slug),
    "domain": lambda fact: (fact.round.exhibit, fact.round.domain),
    "experiment": lambda fact: (fact.round.game, fact.round.experiment),
    "group": lambda fact: (fact.answer.person, fact.answer.group),
    "country": lambda fact: (fact.round.exhibit, fact.exhibit.country),
    "scene": lambda fact: (fact.round.exhibit, fact.exhibit.scene),
    "photos": lambda fact: (fact.round.exhibit, fact.exhibit.photos),
    "time_limit_s": lambda fact: (fact.round.game, fact.round.time_limit_s),
    "day": lambda fact: (fact.round.game, day(fact.round.closed_at)),
    "number": lambda fact: (fact.round.game, fact.round.number),
}


def shown(fact: Fact) -> tuple[int, float, float]:
    """Return what tells exhibits apart: one whose place was corrected is another one from then on."""
    return fact.round.exhibit, fact.round.lat, fact.round.lng


def _shared(disguise: Disguise, name: str, kind: Kind, meaning: str, unit: str = "") -> Column:
    return Column(name, kind, unit, meaning, 1, lambda fact: disguise.shared(name, SHARED[name](fact)))


def _people(disguise: Disguise) -> tuple[Column, ...]:
    return (
        Column("person", "string", "", "A person of this release; no other release calls them so.", 1,
               lambda fact: disguise.code("p", fact.answer.person), True),
        _shared(disguise, "group", "string", "A group, such as a class."),
    )  # fmt: skip


def _exhibits(disguise: Disguise) -> tuple[Column, ...]:
    return (
        Column("exhibit", "string", "", "One photo, or several as a trip; in all rounds the same, until "
               "its place was corrected.", 1,
               lambda fact: disguise.code("e", shown(fact)), True),
        _shared(disguise, "set", "string", "The short name of its photo set."),
        _shared(disguise, "domain", "string", "What the set showed: toy-earth or real."),
        _shared(disguise, "photos", "integer", "How many photos it has.", "photos"),
        _shared(disguise, "scene", "string", "What it shows."),
        _shared(disguise, "country", "string", "Where it was taken."),
    )  # fmt: skip


def _rounds(disguise: Disguise) -> tuple[Column, ...]:
    return (
        Column("round", "string", "", "A round of this release.", 1, lambda fact: disguise.code("r", fact.round.pk),
               True),
        Column("game", "string", "", "The game that it belonged to.", 1,
               lambda fact: disguise.code("g", fact.round.game), True),
        _shared(disguise, "number", "integer", "Its number in the game, from 1."),
        Column("exhibit", "string", "", "What was shown.", 1,
               lambda fact: disguise.code("e", shown(fact)), True),
        _shared(disguise, "day", "date", "The day on which it ended. Rows are in the order of days, those without one "
                "last; within a day their order means nothing.", "UTC"),
        _shared(disguise, "time_limit_s", "integer", "The time for an answer; empty: no limit, or not told.", "s"),
        _shared(disguise, "experiment", "string", "The experiment; empty: none, or not told."),
        Column("true_lat", "number", "degrees", "Latitude of the place; only of sets whose places are public.", 1,
               lambda fact: disguise.degrees(fact, fact.round.lat)),
        Column("true_lng", "number", "degrees", "Longitude of the place; likewise.", 1,
               lambda fact: disguise.degrees(fact, fact.round.lng)),
    )  # fmt: skip


def _answer(disguise: Disguise) -> tuple[Column, ...]:
    return (
        Column("error_km", "number", "km", f"Great-circle distance from the answer to the place, {disguise.precision}; "
               "empty: no answer, which ranks behind every distance.", 1,
               lambda fact: disguise.km(fact.answer.error_km)),
        Column("missing", "boolean", "", "No answer was given in time.", 1, lambda fact: fact.answer.error_km is None,
               True),
        Column("guess_lat", "number", "degrees", "Latitude of the answer; only of sets whose places are public.", 1,
               lambda fact: disguise.degrees(fact, fact.answer.lat)),
        Column("guess_lng", "number", "degrees", "Longitude of the answer; likewise.", 1,
               lambda fact: disguise.degrees(fact, fact.answer.lng)),
    )  # fmt: skip


def _machine(disguise: Disguise) -> tuple[Column, ...]:
    return (_rounds(disguise)[0], *_answer(disguise))


def _guesses(disguise: Disguise) -> tuple[Column, ...]:
    return (
        _rounds(disguise)[0],
        _people(disguise)[0],
        *_answer(disguise),
        Column("seconds", "number", "s", f"From the round's opening to the answer, {disguise.beat}.", 1,
               lambda fact: disguise.seconds(fact.answer.seconds)),
        Column("auto", "boolean", "", "A pin that was dropped and not confirmed when the time was up; it counts.", 1,
               lambda fact: fact.answer.auto, True),
        Column("looked_away", "integer", "times", "How often the page was hidden during the round, by the browser's "
               "own account; empty: it told nothing.", 1, lambda fact: fact.answer.looked_away),
        Column("seen_before", "boolean", "", "The person had met the exhibit, or a copy, before; such rows are here "
               "only if the release asked for them.", 1, lambda fact: fact.answer.seen_before, True),
    )  # fmt: skip


PEOPLE = Table("people", "Who took part", _people, ("person",))
EXHIBITS = Table("exhibits", "What was shown", _exhibits, ("exhibit",))
ROUNDS = Table("rounds", "When what was shown", _rounds, ("round",), (("exhibit", "exhibits"),))
MACHINE = Table("machine", "What the machine answered in each round", _machine, ("round",), (("round", "rounds"),))
GUESSES = Table(
    "guesses", "What people answered: a row is a duel with the machine's answer of its round, if either answered",
    _guesses,
    ("round", "person"), (("round", "rounds"), ("person", "people")),
)  # fmt: skip
WITHHELD = Table(
    "withheld", "How many answers of people are in the release, and how many are not, and why",
    lambda _: (
        Column("reason", "string", "", "Why they are not here; released: they are.", 1, lambda row: row.reason, True),
        Column("answers", "integer", "answers", "How many, missing ones counted too; empty: they are deleted, or "
               "fewer than five people gave them.", 1, lambda row: row.answers),
        Column("seats", "integer", "seats", "In how many games; only of people who withdrew, and from five on.", 1,
               lambda row: row.seats),
        Column("meaning", "string", "", "The reason in a sentence.", 1, lambda row: row.meaning, True),
    ),
    ("reason",),
)  # fmt: skip
TABLES = (PEOPLE, EXHIBITS, ROUNDS, MACHINE, GUESSES, WITHHELD)
