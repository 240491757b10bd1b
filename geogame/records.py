"""Reads across games: the leaderboard, the comparison, the rows of an export."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, product
from typing import Any, TypeVar, cast

from django.core.cache import cache
from django.db.models import Count, F, Max, OuterRef, QuerySet, Subquery

from geogame.models import Domain, Guess, Player, Prediction, Round
from geogame.rules import standings
from geogame.selections import Selection
from geogame.statistics.comparison import Comparison, Pairing, compare, once_per_exhibit

COLUMNS = (
    "game",
    "round",
    "set",
    "exhibit",
    "photos",
    "player",
    "kind",
    "opponent",
    "weights",
    "guess_lat",
    "guess_lng",
    "true_lat",
    "true_lng",
    "error_km",
    "points",
    "seconds",
    "auto",
    "missing",
    "seen_before",
    "in_domain",
    "created",
    "prediction_seconds",
    "prediction_device",
)
T = TypeVar("T")
CHUNK = 2_000  # guesses held in memory at a time


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


def pairings(selection: Selection) -> Iterator[Pairing]:
    """Yield every duel of the selection."""
    for guesses in _by_round(selection):
        count = [guess for guess in guesses if _counts(guess, selection)]
        machines = [guess for guess in count if guess.kind == Player.Kind.MACHINE]
        people = [guess for guess in count if guess.kind == Player.Kind.HUMAN]
        for machine, person in product(machines, people):
            name = f"{machine.opponent}@{machine.weights}"
            yield Pairing(str(machine.round), machine.exhibit, name, person.error_km, machine.error_km)


def comparison(selection: Selection) -> Comparison:
    """Return the comparison of people and machines over a selection of games."""
    return compare(pairings(selection))


def standing() -> Comparison:
    """Return the comparison over all games; remembered until another round closes."""
    return _remembered("comparison", lambda: comparison(Selection()))


def _remembered(name: str, reckon: Callable[[], T]) -> T:
    """Reckon once for each state of the record. Closed rounds never change: their number and the last closing tell."""
    closed = Round.objects.filter(closed_at__isnull=False).aggregate(count=Count("pk"), last=Max("closed_at"))
    stamp = closed["last"].timestamp() if closed["last"] else 0
    return cast(T, cache.get_or_set(f"records.{name}.{closed['count']}.{stamp}", reckon, timeout=3600))


def rows(selection: Selection) -> Iterator[dict[str, Any]]:
    """Return one row for each guess, missing ones included, streamed; the columns are COLUMNS."""
    prediction = Prediction.objects.filter(
        exhibit=OuterRef("round__exhibit"), opponent=OuterRef("player__opponent"), weights=OuterRef("player__weights")
    )
    took = {
        f"prediction_{name}": Subquery(prediction.values(name))  # NULL for people, and where nobody measured
        for name in ("seconds", "device")
    }
    related = _in_time(selection).annotate(**took).select_related("player", "round__game__photo_set", "round__exhibit")
    # Read now, not at the first row: an unknown name must not cost a file that is to be written.
    guesses = related.prefetch_related("round__exhibit__photos").iterator(chunk_size=CHUNK)
    return (_row(guess) for guess in guesses)


def _row(guess: Any) -> dict[str, Any]:
    """`guess` is a Guess, annotated by `rows`."""
    player, each = guess.player, guess.round
    return {
        "game": each.game.code,
        "round": each.number,
        "set": each.game.photo_set.name,
        "exhibit": each.exhibit_id,
        "photos": len(each.exhibit.photos.all()),
        "player": player.name,
        "kind": player.kind,
        "opponent": player.opponent,
        "weights": player.weights,
        "guess_lat": guess.lat,
        "guess_lng": guess.lng,
        "true_lat": each.lat,
        "true_lng": each.lng,
        "error_km": guess.error_km,
        "points": guess.points,
        "seconds": guess.seconds,
        "auto": guess.auto,
        "missing": guess.lat is None,
        "seen_before": guess.seen_before,
        # Of a person nobody can say what pictures they were trained on.
        "in_domain": player.domain == each.game.domain if player.is_machine else None,
        "created": guess.created_at.isoformat(),
        "prediction_seconds": guess.prediction_seconds,
        "prediction_device": guess.prediction_device,
    }


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
        _ranked(machines.values(), won, lambda guesses: once_per_exhibit((g.exhibit, g.error_km) for g in guesses)),
    )


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
