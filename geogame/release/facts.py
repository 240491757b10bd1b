"""What a release is made of: the duels of a selection with one machine, and the count of what is not among them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

import numpy as np
from django.db.models import QuerySet

from geogame import evidence
from geogame.evidence import Machine
from geogame.export.facts import Fact, Page, pages, pages_of
from geogame.models import Guess, Player, Round, Slot
from geogame.rules.refusals import BadInput, gettext_noop
from geogame.selections import NO_SECRET, Selection
from geogame.statistics.duels import Duels

WITHDRAWN = Slot.Excluded.WITHDRAWN.value


class Withheld(NamedTuple):
    """How many answers of people are not in a release, and why."""

    reason: str
    answers: int | None  # None: they are deleted
    seats: int | None
    meaning: str


@dataclass(frozen=True)
class Meeting:
    """One round in which the machine answered: its answer and those of the people that count."""

    machine: Fact
    people: list[Fact]


@dataclass(frozen=True)
class Gathered:
    machine: Machine
    meetings: list[Meeting]
    withheld: list[Withheld]
    before: Duels  # with what staff and sealed rules took out, and errors as they are stored

    def guesses(self) -> Iterator[Fact]:
        return (fact for each in self.meetings for fact in each.people)


def gather(selection: Selection, now: datetime) -> Gathered:
    """Read all that a release of a selection is made of. Raises BadInput where no machine played."""
    machine, selection = _against_one(selection)
    released, seen, alone = list[Meeting](), 0, 0
    for facts in _by_round(pages(selection, now)):
        found, seen_here, alone_here = _meet(facts, selection)
        released += [found] if found and found.people else []
        seen, alone = seen + seen_here, alone + alone_here
    count = sum(len(each.people) for each in released)
    told = [
        Withheld("released", count, None, "In the tables of this release."),
        *_taken_out(selection, now),
        Withheld("seen before", seen, None, "The person had met the exhibit in an earlier game."),
        Withheld("no duel", alone, None, "This machine did not play in the round, or before pictures of another kind."),
    ]
    return Gathered(machine, released, told, _before(selection, now))


def _against_one(selection: Selection) -> tuple[Machine, Selection]:
    """A release is of one machine: the one that is named, or the one that played most."""
    selection.rounds()  # asks for the names
    found = evidence.machines(selection)
    if not found:
        raise BadInput(gettext_noop("No machine played in these games."))
    return found[0], replace(selection, opponent=found[0].opponent, weights=found[0].weights)


def _by_round(told: Iterable[Page]) -> Iterator[list[Fact]]:
    for page in told:
        for _round, facts in groupby(page, key=lambda fact: fact.round.pk):
            yield list(facts)


def _meet(facts: list[Fact], selection: Selection) -> tuple[Meeting | None, int, int]:
    """Tell a round's duels, how many people had seen the exhibit before, and how many met no machine."""
    machine = next((each for each in facts if each.answer.is_machine and _learned(each, selection)), None)
    people = [each for each in facts if not each.answer.is_machine]
    new = [each for each in people if selection.include_seen or not each.answer.seen_before]
    if machine is None:
        return None, len(people) - len(new), len(new)
    return Meeting(machine, new), len(people) - len(new), 0


def _learned(fact: Fact, selection: Selection) -> bool:
    return selection.include_out_of_domain or fact.answer.learned == fact.round.domain


def _taken_out(selection: Selection, now: datetime) -> Iterator[Withheld]:
    """Count people's answers that the record holds and no comparison takes, each under the first reason that fits."""
    asked = selection.asked_for(Round.objects.filter(closed_at__lte=now))
    shown = asked.filter(skipped=False)
    told = shown.filter(NO_SECRET)
    yield Withheld("skipped", _answers(selection, asked.filter(skipped=True)), None, "The host skipped the round.")
    running = shown.filter(game__experiment__isnull=False, game__experiment__finished_at=None)
    yield Withheld("sealed", _answers(selection, running), None, "The experiment's sealed number was not reached.")
    for why in Slot.Excluded:
        meaning = f"Excluded from an experiment by its sealed rules: {why.label}."
        rounds = told.filter(game__slot__excluded=why.value)
        yield Withheld(f"experiment: {why.value}", _answers(selection, rounds), None, meaning)
    voided = Guess.objects.filter(player__voided_at__isnull=False)
    kept = selection.rounds().filter(closed_at__lte=now)
    yield Withheld("voided", _answers(selection, kept, voided), None, "Staff took the seat out of all statistics.")
    seats = Player.objects.filter(void_reason=WITHDRAWN, game__in=asked.values("game"))
    yield Withheld(
        WITHDRAWN, None, seats.count(), "Deleted by the person. Games that were theirs alone are not counted."
    )


def _answers(selection: Selection, rounds: QuerySet[Round], among: QuerySet[Guess] | None = None) -> int:
    guesses = Guess.objects.all() if among is None else among
    wanted = guesses.filter(selection.is_answer_wanted(), player__kind=Player.Kind.HUMAN)
    return wanted.filter(round__in=rounds.order_by().values("pk")).count()


def _before(selection: Selection, now: datetime) -> Duels:
    """The duels as they would be, had neither staff nor sealed rules taken anything out."""
    rounds = selection.asked_for(Round.objects.filter(closed_at__lte=now, skipped=False).filter(NO_SECRET))
    answers = Guess.objects.filter(selection.is_answer_wanted())
    met = (_meet(facts, selection)[0] for facts in _by_round(pages_of(rounds, answers)))
    entries = [
        (fact.answer.person or 0, fact.round.exhibit, number, _km(fact), _km(each.machine))
        for number, each in enumerate(met)
        if each
        for fact in each.people
    ]
    person, exhibit, round_, person_km, machine_km = zip(*entries, strict=True) if entries else ((),) * 5
    codes = [np.array(each, dtype=np.int64) for each in (person, exhibit, round_)]
    errors = [np.array(each, dtype=np.float64) for each in (person_km, machine_km)]
    return Duels(codes[0], codes[1], codes[2], errors[0], errors[1])


def _km(fact: Fact) -> float:
    return np.inf if fact.answer.error_km is None else fact.answer.error_km
