"""Reads across games: the leaderboard, the comparison, the rows of an export."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, QuerySet

from geogame.models import Game, Guess, PhotoSet, Player, Round
from geogame.rules import standings
from geogame.rules.refusals import BadInput, gettext_noop
from geogame.statistics.comparison import Comparison, Pairing, compare

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
)
CHUNK = 500  # rounds held in memory at a time


@dataclass(frozen=True)
class Selection:
    """Which games count. Out of its domain, or before an exhibit already met, a duel is left out unless asked for."""

    photo_set: str = ""  # name or slug; empty: all
    opponent: str = ""
    weights: str = ""
    game: str = ""  # code
    since: datetime | None = None
    until: datetime | None = None
    include_seen: bool = False
    include_out_of_domain: bool = False

    def rounds(self) -> QuerySet[Round]:
        """Return the closed rounds of the selection. Raises BadInput for an unknown set or game."""
        rounds = Round.objects.filter(closed_at__isnull=False)
        if self.photo_set:
            rounds = rounds.filter(game__photo_set=_set_called(self.photo_set))
        if self.game:
            if not Game.objects.filter(code=self.game).exists():
                raise BadInput(gettext_noop("There is no game %(code)s."), code=self.game)
            rounds = rounds.filter(game__code=self.game)
        if self.since:
            rounds = rounds.filter(opened_at__gte=self.since)
        if self.until:
            rounds = rounds.filter(opened_at__lt=self.until)
        return rounds.order_by("pk")


def _set_called(name: str) -> PhotoSet:
    found = PhotoSet.objects.filter(name__iexact=name).first() or PhotoSet.objects.filter(slug=name).first()
    if found is None:
        known = ", ".join(PhotoSet.objects.values_list("name", flat=True)) or "none yet"
        raise BadInput(gettext_noop("There is no photo set %(name)s. Sets here: %(known)s."), name=name, known=known)
    return found


def _with_guesses(rounds: QuerySet[Round]) -> Iterator[Round]:
    """Yield rounds with their game, set, exhibit's photos and guesses, a few hundred at a time."""
    guesses = Prefetch("guesses", Guess.objects.select_related("player", "player__person").order_by("pk"))
    related = rounds.select_related("game__photo_set", "exhibit")
    yield from related.prefetch_related(guesses, "exhibit__photos").iterator(chunk_size=CHUNK)


def pairings(selection: Selection) -> Iterator[Pairing]:
    """Yield every duel of the selection."""
    for each in _with_guesses(selection.rounds()):
        guesses = list(each.guesses.all())
        for machine in guesses:
            if not machine.player.is_machine or not _wanted(selection, machine.player, each.game.photo_set):
                continue
            for person in guesses:
                if person.player.is_machine or (person.seen_before and not selection.include_seen):
                    continue
                name = f"{machine.player.opponent}@{machine.player.weights}"
                yield Pairing(str(each.pk), each.exhibit_id, name, person.error_km, machine.error_km)


def _wanted(selection: Selection, machine: Player, photo_set: PhotoSet) -> bool:
    if selection.opponent and machine.opponent != selection.opponent:
        return False
    if selection.weights and machine.weights != selection.weights:
        return False
    return selection.include_out_of_domain or machine.domain == photo_set.domain


def comparison(selection: Selection) -> Comparison:
    """Return the comparison of people and machines over a selection of games."""
    return compare(pairings(selection))


def rows(selection: Selection) -> Iterator[dict[str, Any]]:
    """Return one row for each guess, missing ones included, streamed; the columns are COLUMNS."""
    chosen = selection.rounds()  # now, not at the first row: an unknown name must not cost a file that is to be written
    return (_row(each, guess) for each in _with_guesses(chosen) for guess in each.guesses.all())


def _row(each: Round, guess: Guess) -> dict[str, Any]:
    player = guess.player
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
        "in_domain": player.domain == each.game.photo_set.domain if player.is_machine else None,
        "created": guess.created_at.isoformat(),
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
    """Return people and machines by median error over closed rounds.

    Exhibits that a person had met before do not count, nor does a machine on pictures of another kind than it learned.
    """
    people: dict[int, list[Guess]] = defaultdict(list)
    machines: dict[tuple[str, str], list[Guess]] = defaultdict(list)
    won: dict[int, int] = defaultdict(int)
    names: dict[object, tuple[str, str]] = {}
    for each in _with_guesses(Round.objects.filter(closed_at__isnull=False).order_by("pk")):
        guesses = list(each.guesses.all())
        winner = standings.winner({guess.player_id: guess.error_km for guess in guesses})
        for guess in guesses:
            player = guess.player
            if player.is_machine and player.domain == each.game.photo_set.domain:
                key: object = (player.opponent, player.weights)
                machines[player.opponent, player.weights].append(guess)
            elif player.person_id is not None and not guess.seen_before:
                key = player.person_id
                people[player.person_id].append(guess)
            else:
                continue
            names[key] = (player.name, player.get_domain_display() if player.is_machine else "")
            won[guess.pk] = int(winner == player.pk)
    return _ranked(people, names, won), _ranked(machines, names, won)


def _ranked(groups: Any, names: dict[object, tuple[str, str]], won: dict[int, int]) -> list[Standing]:
    lines = [
        Standing(
            name=names[key][0],
            rounds=len(guesses),
            median_km=standings.median_km(guess.error_km for guess in guesses),
            wins=sum(won[guess.pk] for guess in guesses),
            domain_label=names[key][1],
        )
        for key, guesses in groups.items()
    ]
    return sorted(lines, key=lambda line: (line.median_km is None, line.median_km or 0.0, -line.rounds))
