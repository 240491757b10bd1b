"""Boards: what all viewers of a game see alike, built once for each version, and kept while it is the newest."""

import json
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import DatabaseError
from django.db.models import Sum

from geogame.models import Game, Guess, Player, Round
from geogame.rules import addresses, leading, rounds
from geogame.snapshots import verdicts
from geogame.snapshots.results import results_of
from geogame.snapshots.reveals import about_reveal, belief_of, pins_standings
from geogame.snapshots.shown import (
    Json,
    about_game,
    about_player,
    about_round,
    host_seat,
    plays,
    promised,
    state,
    with_hues,
)

log = logging.getLogger(__name__)

GOES_ALONG = timedelta(minutes=10)
BOARDS = 512  # games whose last version a process remembers, some ten kilobytes each


@dataclass(frozen=True)
class Board:
    """A game at one version: what all see alike, and what each viewer's own part is made of."""

    version: int
    ground: int  # the version of the last change that was more than people's guesses
    hour: int  # that its photos' addresses are of
    common: Json
    text: str  # the common part as JSON
    current: Round | None
    phase: str
    players: Sequence[Player]
    seats: Sequence[rounds.Seat]
    machine: Player | None  # that people are held against
    standings: Mapping[int | None, Json]  # with the machine, at a reveal: of each player's pin
    errors_km: Mapping[int, float | None]  # of the round that is revealed
    own_guesses: Mapping[int, Guess]  # of the current round, by player
    all_guesses: Mapping[int, Sequence[Json]]  # by player, where the table leaves people out
    won: Mapping[int, int]
    persons: Mapping[int, int]  # of the players who are still there
    host: int | None  # a person
    host_key: str
    host_may_be_anyone: bool
    seated: Sequence[leading.Seated]  # who may follow the host; nobody where that cannot be
    host_seat: int | None
    take_over_at: Mapping[int, datetime]  # by seat
    following: tuple[str, datetime] | None  # the code of the game that was opened after this one, and when
    built_at: float  # by this process's clock that never jumps

    def leads(self, viewer_pk: int | None, person_pk: int | None) -> bool:
        if self.host_may_be_anyone:
            return viewer_pk is not None
        return self.host in (person_pk, self.persons.get(viewer_pk or 0, 0))

    def own(self, viewer_pk: int | None, now: datetime, person_pk: int | None = None) -> Json:
        """Return what is one viewer's alone, and how much time is left."""
        viewer_pk = viewer_pk if viewer_pk in self.persons else None
        guess = self.own_guesses.get(viewer_pk or 0)
        point = guess.point() if guess else None
        leads = self.leads(viewer_pk, person_pk)
        return {
            "clock": self._clock(now),
            "own": {
                "seat": viewer_pk,
                "leads": leads,
                "hostKey": self.host_key if leads and not self.host_may_be_anyone else None,
                "answered": guess is not None,
                "guess": {"lat": point.lat, "lng": point.lng} if point else None,
                "standing": self.standings.get(viewer_pk, self.standings.get(None)),
                "verdict": self._verdict(viewer_pk),
                "takeOverInMs": _ms_until(self.take_over_at.get(viewer_pk or 0), now),
                "next": self._next(viewer_pk, leads, now),
                "guesses": self.all_guesses.get(viewer_pk or 0, []) if self.phase == "over" else None,
            },
        }

    def _clock(self, now: datetime) -> Json:
        if self.current is None or self.phase != "showing":
            return {"closesInMs": None, "waitsInMs": None, "bellInMs": None}
        closes_at, wait = self.current.closes_at, self.current.game.machine_wait()
        waits_until = rounds.wait_ends_at(self.seats, wait, closes_at)
        bells = [each for each in (closes_at and closes_at + rounds.IN_LINE, waits_until) if each]
        return {
            "closesInMs": _ms_until(closes_at, now),
            "waitsInMs": _ms_until(waits_until, now),
            "bellInMs": _ms_until(min(bells), now) if bells else None,
        }

    def _next(self, viewer_pk: int | None, leads: bool, now: datetime) -> str | None:
        """Return the code of the game that follows, for who sat here; a big screen goes along at once or not at all.

        An address of results is passed on: whoever has it later is not shown the way into a room.
        """
        if self.following is None:
            return None
        code, opened_at = self.following
        return code if viewer_pk is not None or leads or now < opened_at + GOES_ALONG else None

    def _verdict(self, viewer_pk: int | None) -> str:
        if self.phase == "reveal":
            return verdicts.on_round(self.machine, self.errors_km, viewer_pk)
        return verdicts.on_game(self.machine, self.won, viewer_pk) if self.phase == "over" else ""


@dataclass(frozen=True)
class _Mark:
    """What tells whether a board is still good."""

    version: int
    ground: int
    host_seen_at: datetime | None


def _marks(game_pks: Sequence[int]) -> dict[int, _Mark]:
    rows = Game.objects.filter(pk__in=game_pks).values_list("pk", "version", "ground", "host_seen_at")
    return {game_pk: _Mark(version, ground, seen_at) for game_pk, version, ground, seen_at in rows}


_boards: OrderedDict[int, Board] = OrderedDict()
_building = threading.Lock()


def board(game_pk: int, now: datetime) -> Board:
    """Return a game's board, built once for a version and hour in this process. Raises Game.DoesNotExist."""
    mark = _marks([game_pk]).get(game_pk)
    if mark is None:
        raise Game.DoesNotExist
    return _board(game_pk, mark, now)


def boards_of(game_pks: Sequence[int], now: datetime) -> dict[int, Board]:
    """Return the boards of several games, by game; without those that are gone or cannot be built."""
    found = {}
    for game_pk, mark in _marks(game_pks).items():
        try:
            found[game_pk] = _board(game_pk, mark, now)
        except DatabaseError:
            raise
        except Exception:
            log.exception("Game %s could not be shown to those who watch it", game_pk)
    return found


def _board(game_pk: int, mark: _Mark, now: datetime) -> Board:
    hour = addresses.hour(now)
    if known := _known(game_pk, mark, hour):
        return known
    with _building:  # the others wait for what this one builds
        if known := _known(game_pk, mark, hour):
            return known
        built = _boards[game_pk] = _with_new_guesses(game_pk, mark, hour) or _build(game_pk, now)
        _boards.move_to_end(game_pk)
        while len(_boards) > BOARDS:
            _boards.popitem(last=False)
        return built


def _known(game_pk: int, mark: _Mark, hour: int) -> Board | None:
    """Return the board of the game's version and this hour, or of newer ones, if it was built.

    With the host's last sign of life, which raises no version.
    """
    known = _boards.get(game_pk)
    if known is None or known.version < mark.version or known.hour < hour:
        return None
    if mark.host_seen_at is None or not known.seated:
        return known
    return replace(known, take_over_at=leading.take_over_at(known.seated, known.host_seat, mark.host_seen_at))


def _with_new_guesses(game_pk: int, mark: _Mark, hour: int) -> Board | None:
    """Return the last board with the guesses that have come since; None where more than that has changed.

    One question to the database instead of ten: most of what happens to a game are guesses.
    """
    known = _boards.get(game_pk)
    if known is None or known.ground != mark.ground or known.phase != "showing" or known.current is None:
        return None
    if known.hour < hour:
        return None
    newest = max((guess.pk for guess in known.own_guesses.values()), default=0)
    new = {guess.player_id: guess for guess in known.current.guesses.filter(pk__gt=newest)}
    guesses = {**known.own_guesses, **new}
    listed = [{**each, "state": "locked"} if each["id"] in new else each for each in known.common["players"]]
    common = {**known.common, "version": mark.version, "players": listed}
    return replace(
        known,
        version=mark.version,
        common=common,
        text=_written(common),
        seats=_seats(known.players, known.current, guesses),
        errors_km={player: guess.error_km for player, guess in guesses.items()},
        own_guesses=guesses,
        built_at=time.monotonic(),
    )


def _written(common: Json) -> str:
    return json.dumps(common, separators=(",", ":"), default=str)


def _seats(players: Sequence[Player], current: Round | None, guesses: Mapping[int, Guess]) -> list[rounds.Seat]:
    """Return who plays in the round that is current, or has answered in it, and when."""
    if current is None:
        return []
    return [
        rounds.Seat(player.is_machine, guesses[player.pk].created_at if player.pk in guesses else None)
        for player in players
        if player.pk in guesses or plays(player, current)
    ]


def newest(game_pk: int) -> Board | None:
    """Return the board that was built last in this process, which need not be of the game's version now."""
    return _boards.get(game_pk)


def forget_boards() -> None:
    """Forget what was built: for tests, in which another database has games of the same keys."""
    _boards.clear()


def _build(game_pk: int, now: datetime) -> Board:
    game = Game.objects.select_related("photo_set", "host", "next_game").get(pk=game_pk)
    players = list(game.players.all())
    shown = [player for player in players if not _is_out(player)]
    shown_pks = {player.pk for player in shown}
    current = _current_round(game)
    phase = _phase(game, current)
    here = list(current.guesses.all()) if current else []
    told = [guess for guess in here if guess.player_id in shown_pks]
    counted = Guess.objects.filter(
        player__in=shown_pks, round__game=game, round__skipped=False, round__closed_at__isnull=False
    )
    totals = dict(counted.order_by().values_list("player").annotate(total=Sum("points")))
    by_player = {guess.player_id: guess for guess in here}
    machine = next((player for player in players if player.is_machine), None)
    belief = belief_of(machine, current) if machine and current and phase == "reveal" else None
    results = results_of(game, shown, list(counted), now) if phase == "over" else None
    common = {
        "version": game.version,
        "game": about_game(game, players),
        "phase": phase,
        "players": [
            about_player(
                player, hue, state(player, current, by_player.get(player.pk), phase), totals.get(player.pk) or 0
            )
            for player, hue in with_hues(players)
            if player.pk in shown_pks
        ],
        "round": about_round(current, phase, now) if current and phase in ("showing", "reveal") else None,
        "promised": promised(game),
        "reveal": about_reveal(game, current, machine, belief, told) if current and phase == "reveal" else None,
        "results": results and results.common,
    }
    seated = _seated(game, players)
    leader = host_seat(game, players)
    return Board(
        version=game.version,
        ground=game.ground,
        hour=addresses.hour(now),
        common=common,
        text=_written(common),
        current=current,
        phase=phase,
        players=players,
        seats=_seats(players, current, by_player),
        machine=machine,
        standings=pins_standings(belief, here, current.truth()) if belief and current else {},
        errors_km={guess.player_id: guess.error_km for guess in here},
        own_guesses=by_player,
        all_guesses=results.by_player if results else {},
        won=results.won if results else {},
        persons={player.pk: player.person_id for player in players if player.person_id and not player.removed_at},
        host=game.host_id,
        host_key=game.host_key,
        host_may_be_anyone=game.host_id is None,
        seated=seated,
        host_seat=leader,
        take_over_at=leading.take_over_at(seated, leader, game.host_seen_at or game.created_at),
        following=(game.next_game.code, game.next_game.created_at) if game.next_game else None,
        built_at=time.monotonic(),
    )


def _is_out(player: Player) -> bool:
    """Tell whether the host took this player out: nobody is shown their name or pins any more; what counts stays."""
    return player.removed_at is not None and not player.left


def _seated(game: Game, players: Sequence[Player]) -> list[leading.Seated]:
    """Return who may follow a host who has gone: in rooms those who sit there, elsewhere nobody."""
    if not game.is_room or game.host_id is None:
        return []
    return [leading.Seated(each.joined_at, each.pk) for each in players if each.person_id and not each.removed_at]


def _phase(game: Game, current: Round | None) -> str:
    if game.finished_at:
        return "over"
    if current is None:
        return "lobby"
    return "reveal" if current.closed_at else "showing"


def _current_round(game: Game) -> Round | None:
    """Return the round that is or was shown last; one that was skipped is passed over."""
    opened = game.rounds.filter(opened_at__isnull=False, skipped=False).select_related("game", "exhibit")
    return opened.order_by("-number").first()


def _ms_until(then: datetime | None, now: datetime) -> int | None:
    return None if then is None else max(0, round((then - now).total_seconds() * 1000))
