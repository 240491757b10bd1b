"""Reads across games: the leaderboard."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeVar, cast

from django.core.cache import cache
from django.db.models import Count, F, Max, QuerySet

from geogame.models import Domain, Experiment, Guess, Player, Round
from geogame.rules import standings
from geogame.selections import Selection

T = TypeVar("T")


def _in_time(selection: Selection) -> QuerySet[Guess]:
    return selection.guesses().order_by("round__closed_at", "round", "pk")


def _by_round(selection: Selection) -> Iterator[list[Any]]:
    """Yield the guesses of one round after the other, as plain rows: a comparison may read a great many."""
    columns = {
        "exhibit": F("round__exhibit"),
        "kind": F("player__kind"),
        "name": F("player__name"),
        "person": F("player__person"),
        "opponent": F("player__opponent"),
        "weights": F("player__weights"),
        "learned": F("player__domain"),
        "shown": F("round__game__domain"),
    }
    facts = _in_time(selection).annotate(**columns)
    rows = facts.values_list("pk", "round", "player", "error_km", "seen_before", *columns, named=True)
    for _round, guesses in groupby(rows.iterator(), key=lambda guess: guess.round):
        yield list(guesses)


def _counts(guess: Any, selection: Selection) -> bool:
    """Tell whether a guess counts: a person's at first exposure, a machine's on what it has learned to see."""
    if guess.kind == Player.Kind.MACHINE:
        return selection.include_out_of_domain or guess.learned == guess.shown
    return selection.include_seen or not guess.seen_before


def _remembered(name: str, reckon: Callable[[], T]) -> T:
    """Reckon once for each state of the record."""
    return cast(T, cache.get_or_set(f"records.{name}.{_state()}", reckon, timeout=3600))


def _state() -> str:
    """Return what changes with the record: rounds close, experiments end, seats are voided, restored or withdrawn."""
    parts = (
        Round.objects.filter(closed_at__isnull=False).aggregate(count=Count("pk"), last=Max("closed_at")),
        Player.objects.filter(voided_at__isnull=False).aggregate(count=Count("pk"), last=Max("voided_at")),
        Experiment.objects.aggregate(count=Count("finished_at"), last=Max("finished_at")),
    )
    return ".".join(f"{part['count']}.{part['last'].timestamp() if part['last'] else 0}" for part in parts)


@dataclass(frozen=True)
class Standing:
    """One line of the leaderboard. The median is in kilometres, None where it falls on a missing answer."""

    name: str
    rounds: int
    median_km: float | None
    wins: int
    domain_label: str = ""


def leaderboard() -> tuple[list[Standing], list[Standing]]:
    """Return people and machines by median error over closed rounds; remembered until another round closes.

    Exhibits that a person had met before do not count, nor does a machine on pictures of another kind than it learned.
    A machine's median takes each exhibit once: its answer is the same in every round.
    """
    return _remembered("leaderboard", _leaderboard)


def _leaderboard() -> tuple[list[Standing], list[Standing]]:
    people: dict[Any, list[Any]] = defaultdict(list)
    machines: dict[Any, list[Any]] = defaultdict(list)
    won = set()
    everything = Selection()
    for guesses in _by_round(everything):
        winner = standings.winner({guess.player: guess.error_km for guess in guesses})
        won |= {guess.pk for guess in guesses if guess.player == winner}
        for guess in guesses:
            if _counts(guess, everything):
                is_machine = guess.kind == Player.Kind.MACHINE
                group = machines[guess.opponent, guess.weights] if is_machine else people[guess.person]
                group.append(guess)
    return (
        _ranked(people.values(), won, lambda guesses: [guess.error_km for guess in guesses]),
        _ranked(machines.values(), won, _once_per_exhibit),
    )


def _once_per_exhibit(guesses: Iterable[Any]) -> list[float | None]:
    """Return a machine's error once for each exhibit: in one round its answer may have come too late."""
    known: dict[int, float | None] = {}
    for guess in guesses:
        known[guess.exhibit] = guess.error_km if known.get(guess.exhibit) is None else known[guess.exhibit]
    return list(known.values())


def _ranked(
    groups: Iterable[list[Any]], won: set[int], errors: Callable[[list[Any]], list[float | None]]
) -> list[Standing]:
    lines = [
        Standing(
            name=guesses[-1].name,
            rounds=len(guesses),
            median_km=standings.median_km(errors(guesses)),
            wins=sum(guess.pk in won for guess in guesses),
            domain_label=str(Domain(guesses[-1].learned).label) if guesses[-1].learned else "",
        )
        for guesses in groups
    ]
    return sorted(lines, key=lambda line: (line.median_km is None, line.median_km or 0.0, -line.rounds, line.name))
