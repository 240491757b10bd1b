"""What a release is made of: the duels of a selection with one machine, and the count of what is not among them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from django.db.models import QuerySet

from geogame import evidence
from geogame.evidence import Machine
from geogame.export.facts import Fact, Page, pages, pages_of
from geogame.models import Guess, Player, Round, Slot
from geogame.release.anonymity import are_few
from geogame.rules.refusals import BadInput, gettext_noop
from geogame.selections import NO_SECRET, Selection

WITHDRAWN = Slot.Excluded.WITHDRAWN.value
FEW = "Fewer than five people: not told how many."


class Withheld(NamedTuple):
    """How many answers of people are not in a release, and why."""

    reason: str
    answers: int | None  # None: they are deleted, or of a few people
    seats: int | None
    meaning: str


class Answers(NamedTuple):
    """So many answers of people, and whose."""

    given: int
    people: frozenset[int]


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
    before: list[Meeting] | None  # with what staff and sealed rules took out; None: too few people's to be told

    def guesses(self) -> Iterator[Fact]:
        return (fact for each in self.meetings for fact in each.people)

    def duellists(self) -> Iterator[int | None]:
        """Return whose each duel is; where neither answered there is none."""
        for each in self.meetings:
            errors = ((fact.answer.person, fact.answer.error_km) for fact in each.people)
            yield from (who for who, km in errors if km is not None or each.machine.answer.error_km is not None)


def gather(selection: Selection, now: datetime) -> Gathered:
    """Read all that a release of a selection is made of. Raises BadInput where no machine played."""
    machine, against = _against_one(selection)
    released, seen, alone = list[Meeting](), list[int](), list[int]()
    for facts in _by_round(pages(selection, now)):  # those without this machine too: what is not here is counted
        found, seen_here, alone_here = _meet(facts, against)
        released += [found] if found and found.people else []
        seen, alone = seen + seen_here, alone + alone_here
    count = sum(len(each.people) for each in released)
    taken_out = {reason: (_answers(selection, *which), meaning) for reason, which, meaning in _reasons(selection, now)}
    told = [
        Withheld("released", count, None, "In the tables of this release."),
        *(_withheld(reason, answers, meaning) for reason, (answers, meaning) in taken_out.items()),
        _withdrawn(selection, now),
        _withheld("seen before", _of(seen), "The person had met the exhibit in an earlier game."),
        _withheld("no duel", _of(alone), "This machine did not play in the round, or before pictures of another kind."),
    ]
    hidden = [answers.people for answers, _meaning in taken_out.values() if are_few(answers.people)]
    before = _before(against, now)
    is_told = _can_be_told(released, before, frozenset().union(*hidden))
    return Gathered(machine, released, told, before if is_told else None)


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


def _meet(facts: list[Fact], selection: Selection) -> tuple[Meeting | None, list[int], list[int]]:
    """Tell a round's duels, which people had seen the exhibit before, and which met no machine."""
    machine = next((each for each in facts if _is_against(each, selection)), None)
    people = [each for each in facts if not each.answer.is_machine]
    new = [each for each in people if selection.include_seen or not each.answer.seen_before]
    seen = _persons(each for each in people if not selection.include_seen and each.answer.seen_before)
    if machine is None:
        return None, seen, _persons(new)
    return Meeting(machine, new), seen, []


def _persons(facts: Iterable[Fact]) -> list[int]:
    return [fact.answer.person or 0 for fact in facts]


def _of(persons: list[int]) -> Answers:
    """One answer of each, as often as they are named."""
    return Answers(len(persons), frozenset(persons))


def _is_against(fact: Fact, selection: Selection) -> bool:
    """Tell whether an answer is that of the selection's machine, before what it has learnt to see unless asked for."""
    answer = fact.answer
    is_it = answer.is_machine and (answer.opponent, answer.weights) == (selection.opponent, selection.weights)
    return is_it and (selection.include_out_of_domain or answer.learned == fact.round.domain)


Which = tuple[QuerySet[Round], QuerySet[Guess]]  # guesses in rounds


def _reasons(selection: Selection, now: datetime) -> Iterator[tuple[str, Which, str]]:
    """Tell which answers the record holds and no comparison takes, each under the first reason that fits."""
    asked, every = selection.asked_for(Round.objects.filter(closed_at__lte=now)), Guess.objects.all()
    shown = asked.filter(skipped=False)
    told = shown.filter(NO_SECRET)
    yield "skipped", (asked.filter(skipped=True), every), "The host skipped the round."
    running = shown.filter(game__experiment__isnull=False, game__experiment__finished_at=None)
    yield "sealed", (running, every), "The experiment's sealed number is not yet reached."
    for why in (Slot.Excluded.UNFINISHED, Slot.Excluded.VOIDED):  # what was withdrawn is deleted: see `_withdrawn`
        meaning = f"Excluded from an experiment by its sealed rules: {why.label}."
        yield f"experiment: {why.value}", (told.filter(game__slot__excluded=why.value), every), meaning
    kept, voided = selection.rounds().filter(closed_at__lte=now), every.filter(player__voided_at__isnull=False)
    yield "voided", (kept, voided), "Staff took the seat out of all statistics."


def _answers(selection: Selection, rounds: QuerySet[Round], guesses: QuerySet[Guess]) -> Answers:
    wanted = guesses.filter(selection.is_answer_wanted(), player__kind=Player.Kind.HUMAN)
    found = wanted.filter(round__in=rounds.order_by().values("pk")).order_by()
    return Answers(found.count(), frozenset(found.values_list("player__person", flat=True).distinct()))


def _withheld(reason: str, answers: Answers, meaning: str) -> Withheld:
    if are_few(answers.people):
        return Withheld(reason, None, None, f"{meaning} {FEW}")
    return Withheld(reason, answers.given, None, meaning)


def _withdrawn(selection: Selection, now: datetime) -> Withheld:
    """Count empty chairs. Whose they were nobody knows, so that each is taken for a person."""
    asked = selection.asked_for(Round.objects.filter(closed_at__lte=now))
    seats = Player.objects.filter(void_reason=WITHDRAWN, game__in=asked.values("game")).count()
    meaning = "Deleted by the person. Games that were theirs alone are not counted."
    if are_few(range(seats)):
        return Withheld(WITHDRAWN, None, None, f"{meaning} {FEW}")
    return Withheld(WITHDRAWN, None, seats, meaning)


def _before(selection: Selection, now: datetime) -> list[Meeting]:
    """The duels as they would be, had neither staff nor sealed rules taken anything out."""
    rounds = selection.asked_for(Round.objects.filter(closed_at__lte=now, skipped=False).filter(NO_SECRET))
    answers = Guess.objects.filter(selection.is_answer_wanted())
    met = (_meet(facts, selection)[0] for facts in _by_round(pages_of(rounds, answers)))
    return [each for each in met if each and each.people]


def _can_be_told(released: list[Meeting], before: list[Meeting], hidden: frozenset[int]) -> bool:
    """Tell whether neither all that was taken out nor what is hidden of it is that of a few people.

    Figures from before, less those of the release, are theirs; and less what other reasons are said to have taken out,
    they are those of the hidden ones.
    """
    kept = {fact.answer.pk for each in released for fact in each.people}
    gone = frozenset(_persons(fact for each in before for fact in each.people if fact.answer.pk not in kept))
    return not are_few(gone) and not are_few(gone & hidden)
