"""What one viewer may see of a game right now: the only way an answer leaves the server.

A snapshot is the whole state, never a delta, so that any message heals all that were lost. Before the reveal it holds
no truth, no pin but the viewer's own, and of the machine only whether it has answered. The shape is described in
ARCHITECTURE.md.

What all viewers see alike is built and written out once for each version of a game (`Board`); what is a viewer's own is
put beside it without asking the database, so that a room of two hundred costs little more than one of two.
"""

import json
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
from django.conf import settings
from django.db import DatabaseError
from django.db.models import Sum
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from geogame.models import Commitment, Draft, Explanation, Game, Guess, Player, Prediction, Round, Slot
from geogame.rules import addresses, commitments, leading, rounds, standings
from geogame.rules.sphere import Point
from geogame.rules.standings import Outcome
from predictor import cells, s2
from predictor.distribution import Distribution

log = logging.getLogger(__name__)

TOP_CELLS = 40
WORTH_SHADING = 0.002  # cells less probable than this are left out
RECENT_S = 1.0
BOARDS = 512  # games whose last version a process remembers, some ten kilobytes each
MOST_IN_TABLE = 12  # people whose guesses the table of all rounds lists; of more the best ones', and each one's own
BEST_IN_TABLE = 4  # as many columns as the page has for people
STRONGEST = 127  # of a drop on the wire: a whole number of seven bits
HUES = (24, 340, 48, 4, 300, 64, 320, 36)  # warm ones: people's; degrees of the colour wheel

Json = dict[str, Any]


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
                "guess": {"lat": point.lat, "lng": point.lng} if point else None,
                "standing": self.standings.get(viewer_pk, self.standings.get(None)),
                "verdict": self._verdict(viewer_pk),
                "takeOverInMs": _ms_until(self.take_over_at.get(viewer_pk or 0), now),
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

    def _verdict(self, viewer_pk: int | None) -> str:
        if self.phase == "reveal":
            return _verdict(self.machine, self.errors_km, viewer_pk)
        return _final_verdict(self.machine, self.won, viewer_pk) if self.phase == "over" else ""


_boards: OrderedDict[int, Board] = OrderedDict()
_building = threading.Lock()


@dataclass(frozen=True)
class _Mark:
    """What tells whether a board is still good."""

    version: int
    ground: int
    host_seen_at: datetime | None


def _marks(game_pks: Sequence[int]) -> dict[int, _Mark]:
    rows = Game.objects.filter(pk__in=game_pks).values_list("pk", "version", "ground", "host_seen_at")
    return {game_pk: _Mark(version, ground, seen_at) for game_pk, version, ground, seen_at in rows}


def board(game_pk: int, now: datetime) -> Board:
    """Return a game's board, built once for a version and hour in this process. Raises Game.DoesNotExist."""
    mark = _marks([game_pk]).get(game_pk)
    if mark is None:
        raise Game.DoesNotExist
    return _board(game_pk, mark, now)


def boards(game_pks: Sequence[int], now: datetime) -> dict[int, Board]:
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
        if player.pk in guesses or _plays(player, current)
    ]


def forget_boards() -> None:
    """Forget what was built: for tests, in which another database has games of the same keys."""
    _boards.clear()


def snapshot(game_pk: int, viewer_pk: int | None, now: datetime, person_pk: int | None = None) -> Json:
    """Return the state of a game for one viewer, with the pin that they dropped and have not confirmed.

    `viewer_pk` is a player, None for somebody without a seat; `person_pk` tells the host who has none.
    """
    here = board(game_pk, now)
    own = here.own(viewer_pk, now, person_pk)
    return {**here.common, **own, "own": {**own["own"], "draft": _draft(here, viewer_pk)}}


def after_guess(guess: Guess, now: datetime) -> str:
    """Return, as JSON, what a player is told at once: their guess is in, and of the others what was built last.

    In a large room many guess in the same second. To build the board anew for each would take longer than to play; it
    is a second old at most, and the next push brings all. Who closed the round sees the reveal.
    """
    here = _boards.get(guess.round.game_id)
    is_near = (
        here is not None and here.phase == "showing" and here.current is not None
        and here.current.pk == guess.round_id and guess.round.closed_at is None
        and time.monotonic() - here.built_at < RECENT_S
    )  # fmt: skip
    if here is None or not is_near:
        return headline(board(guess.round.game_id, now), guess.player_id, now)
    return headline(here, guess.player_id, now, guess=guess)


def _draft(here: Board, viewer_pk: int | None) -> Json | None:
    if here.current is None or here.phase != "showing" or viewer_pk is None or viewer_pk in here.own_guesses:
        return None
    draft = Draft.objects.filter(round=here.current, player=viewer_pk).first()
    return {"lat": draft.lat, "lng": draft.lng} if draft else None


def headline(
    here: Board, viewer_pk: int | None, now: datetime, person_pk: int | None = None, guess: Guess | None = None
) -> str:
    """Return the same as JSON, put together from what is written already; of a draft it says nothing.

    `guess` is the viewer's own, where the board was built before it.
    """
    own = here.own(viewer_pk, now, person_pk)
    if guess is not None:
        own["own"]["guess"] = {"lat": guess.lat, "lng": guess.lng}
    return f"{here.text[:-1]},{json.dumps(own, separators=(',', ':'))[1:]}"


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
    belief = _belief(machine, current) if machine and current and phase == "reveal" else None
    results = _results(game, shown, list(counted), now) if phase == "over" else None
    common = {
        "version": game.version,
        "game": _game(game, players),
        "phase": phase,
        "players": [
            _player(player, hue, _state(player, current, by_player.get(player.pk), phase), totals.get(player.pk) or 0)
            for player, hue in _with_hues(players)
            if player.pk in shown_pks
        ],
        "round": _round(current, phase, now) if current and phase in ("showing", "reveal") else None,
        "promised": _promised(game) if phase in ("lobby", "reveal") else None,
        "reveal": _reveal(game, current, machine, belief, told) if current and phase == "reveal" else None,
        "results": results and results.common,
    }
    seated = _seated(game, players)
    host_seat = _host_seat(game, players)
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
        standings=_standings(belief, here, current.truth()) if belief and current else {},
        errors_km={guess.player_id: guess.error_km for guess in here},
        own_guesses=by_player,
        all_guesses=results.by_player if results else {},
        won=results.won if results else {},
        persons={player.pk: player.person_id for player in players if player.person_id and not player.removed_at},
        host=game.host_id,
        host_key=game.host_key,
        host_may_be_anyone=game.host_id is None,
        seated=seated,
        host_seat=host_seat,
        take_over_at=leading.take_over_at(seated, host_seat, game.host_seen_at or game.created_at),
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


def _plays(player: Player, current: Round) -> bool:
    return player.removed_at is None and player.from_round <= current.number


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


def _game(game: Game, players: Sequence[Player]) -> Json:
    return {
        "code": game.code,
        "set": game.photo_set.name,
        "domain": game.domain,
        "rounds": game.rounds.count(),
        "timeLimitS": game.time_limit_s,
        "countdownS": game.countdown_s,
        "zoom": game.zoom,
        "isRoom": game.is_room,
        "locked": game.locked_at is not None,
        "host": _host_name(game, players),
        "hostSeat": _host_seat(game, players),
        "next": game.next_game.code if game.next_game else None,
        "notice": notice(game, players),
    }


def _host_name(game: Game, players: Sequence[Player]) -> str | None:
    """Return what a room's host is called: as the seat is, where there is one, since two hosts' names may be alike."""
    if not game.is_room or game.host is None:
        return None
    seat = _host_seat(game, players)
    return next((each.name for each in players if each.pk == seat), game.host.name)


def _host_seat(game: Game, players: Sequence[Player]) -> int | None:
    return next((each.pk for each in players if each.person_id and each.person_id == game.host_id), None)


def notice(game: Game, players: Sequence[Player]) -> str | None:
    """Say so where a machine plays on pictures of another kind than it was trained on."""
    strangers = [player for player in players if player.is_machine and player.domain != game.domain]
    if not strangers:
        return None
    name = ", ".join(player.name for player in strangers)
    if game.domain == "real":
        return _(
            "This opponent has never seen a real photograph: %(name)s was trained on Toy Earth, a made-up world. "
            "This game is left out of the comparison."
        ) % {"name": name}
    return _("%(name)s was trained on pictures of another kind. This game is left out of the comparison.") % {
        "name": name
    }


def _with_hues(players: Sequence[Player]) -> list[tuple[Player, int]]:
    """Give each person a warm hue of their own, in the order of their coming; machines have one look for all."""
    people = {player.pk: number for number, player in enumerate(each for each in players if not each.is_machine)}
    return [(player, HUES[people[player.pk] % len(HUES)] if player.pk in people else 0) for player in players]


def _player(player: Player, hue: int, state: str, total: int) -> Json:
    is_withdrawn = player.void_reason == Slot.Excluded.WITHDRAWN
    initials = "".join(word[0] for word in player.name.split()[:2]).upper() or "?"
    return {
        "id": player.pk,
        "kind": player.kind,
        "name": _("withdrawn") if is_withdrawn else player.name,
        "initials": "–" if is_withdrawn else initials,
        "hue": hue,
        "state": state,
        "gone": player.removed_at is not None,
        "voided": player.voided_at is not None,
        "total": total,
    }


def _state(player: Player, current: Round | None, mine: Guess | None, phase: str) -> str:
    """thinking, locked; none: gave no answer; waiting: for the room's start, or to play from the next round on."""
    if mine is not None:
        return "locked" if phase == "showing" or mine.lat is not None else "none"
    return "thinking" if phase == "showing" and current and _plays(player, current) else "waiting"


def _round(current: Round, phase: str, now: datetime) -> Json:
    return {
        "id": str(current.pk),
        "number": current.number,
        "photos": [
            {
                "url": _address(current, position, now),
                "width": photo.width,
                "height": photo.height,
                "colour": photo.colour,
            }
            for position, photo in enumerate(current.exhibit.ordered_photos(), start=1)
        ],
        "commitments": [
            _commitment(each, current, phase) for each in current.commitments.select_related("player").order_by("pk")
        ],
    }


def _address(shown: Round, position: int, now: datetime) -> str:
    key = addresses.key(settings.SECRET_KEY, shown.pk, position, now)
    return reverse("round-photo", args=[shown.pk, position, key])


def _commitment(made: Commitment, current: Round, phase: str) -> Json:
    """Return a promise; after the reveal with what it was made of."""
    player = made.player
    told: Json = {
        "of": f"{player.opponent}@{player.weights}" if player else "place",
        "name": player.name if player else None,
        "digest": made.digest,
        "late": current.opened_at is not None and made.made_at > current.opened_at,
    }
    if phase != "reveal":
        return told
    guess = Guess.objects.filter(round=current, player=player).first() if player else None
    place = current.truth() if player is None else guess.point() if guess else None
    lat, lng = commitments.e7(place) or ("none", "none")
    return {**told, "salt": made.salt, "lat": str(lat), "lng": str(lng)}


def _promised(game: Game) -> Json | None:
    """Return what the next round's place was promised as; None after the last, or where it is promised later."""
    ahead = Commitment.objects.filter(round__game=game, round__opened_at=None, player=None).select_related("round")
    made = ahead.order_by("round__number").first()
    if made is None:
        return None
    return {"round": str(made.round_id), "number": made.round.number, "of": "place", "digest": made.digest}


def _ms_until(then: datetime | None, now: datetime) -> int | None:
    return None if then is None else max(0, round((then - now).total_seconds() * 1000))


def _reveal(
    game: Game, closed: Round, machine: Player | None, belief: Distribution | None, guesses: Sequence[Guess]
) -> Json:
    photo = closed.exhibit.ordered_photos()[-1]
    shaded = shaded_cells(belief) if belief else []
    return {
        "place": {"lat": closed.lat, "lng": closed.lng},
        "title": photo.title,
        "credit": photo.credit,
        "licence": photo.licence,
        "sourceUrl": photo.source_url,
        "guesses": [_guess(guess) for guess in guesses],
        "winner": standings.winner({guess.player_id: guess.error_km for guess in guesses}),
        "cells": shaded,
        "cellsPlayer": machine.pk if machine and shaded else None,
        "cellsCover": round(sum(cell["p"] for cell in shaded), 3),
        "why": _why(machine, closed) if machine and belief else None,
        "last": not game.rounds.filter(opened_at=None).exists(),
    }


def _guess(guess: Guess) -> Json:
    return {
        "player": guess.player_id,
        "lat": guess.lat,
        "lng": guess.lng,
        "errorKm": guess.error_km,
        "points": guess.points,
        "auto": guess.auto,
    }


def _belief(machine: Player, closed: Round) -> Distribution | None:
    """Return what the machine believed, as it is stored; None where it had no answer."""
    stored = Prediction.objects.filter(exhibit=closed.exhibit, opponent=machine.opponent, weights=machine.weights)
    prediction = stored.select_related("partition").first()
    if prediction is None or prediction.partition is None or prediction.probabilities is None:
        return None
    partition = cells.Partition(np.frombuffer(prediction.partition.cell_ids, dtype="<u8"))
    return Distribution(partition, np.frombuffer(prediction.probabilities, dtype="<f2").astype(np.float32))


def _standings(belief: Distribution, guesses: Sequence[Guess], truth: Point) -> dict[int | None, Json]:
    """Say how each pin and the true place stood with the machine, among how many cells; None: without a pin."""
    pins = {guess.player_id: point for guess in guesses if (point := guess.point())}
    found = belief.partition.assign(*zip(truth, *pins.values(), strict=True)).tolist()
    stood: dict[int, Json] = {}
    for cell, place in zip(found, (truth, *pins.values()), strict=True):
        if cell not in stood:  # who fell in one cell stands there alike
            standing = belief.standing(*place)
            stood[cell] = {"p": _significant(standing.probability), "rank": standing.rank}
    common = {"cells": len(belief.partition), "truth": stood[found[0]]}
    told: dict[int | None, Json] = {None: {**common, "own": None, "sameCell": False}}
    for player, cell in zip(pins, found[1:], strict=True):
        told[player] = {**common, "own": stood[cell], "sameCell": cell == found[0] >= 0}
    return told


def _significant(probability: float) -> float:
    return float(f"{probability:.3g}")


def _why(machine: Player, closed: Round) -> Json | None:
    """Return how far the machine's explanation is, and its maps once it is made; None where it can give none."""
    if not machine.explains:
        return None
    asked = closed.explanations.filter(opponent=machine.opponent, weights=machine.weights).first()
    if asked is None:
        return {"player": machine.pk, "state": "unasked"}
    if asked.failure:
        return {"player": machine.pk, "state": "failed", "failure": _(asked.failure)}
    if asked.made_at is None:
        return {"player": machine.pk, "state": "waiting", "progress": round(asked.progress, 2)}
    return {
        "player": machine.pk,
        "state": "made",
        "radiusKm": Explanation.RADIUS_KM,
        "answer": _map(asked, asked.answer_drops, asked.answer_belief),
        "truth": _map(asked, asked.truth_drops, asked.truth_belief),
    }


def _map(made: Explanation, stored: bytes | memoryview | None, belief: float | None) -> Json:
    """Return one map in whole numbers: each drop as a share of the greatest change, which `most` tells in nats."""
    assert stored is not None
    assert belief is not None
    drops = np.frombuffer(stored, dtype="<f2").astype(np.float32)
    most = float(np.abs(drops).max())
    shares = np.round(drops * (STRONGEST / most)).astype(int) if most else np.zeros(len(drops), int)
    return {
        "rows": made.rows,
        "columns": made.columns,
        "drops": shares.tolist(),
        "most": round(most, 3),
        "strongest": round(float(drops.max()), 3),
        "p": _significant(belief),
    }


def shaded_cells(belief: Distribution) -> list[Json]:
    """Return the most probable cells with their outlines, most probable first."""
    top = belief.top_cells(TOP_CELLS)
    tokens = s2.tokens(np.array([cell_id for cell_id, _p in top], dtype=np.uint64))
    return [
        {
            "token": token,
            "p": round(float(probability), 4),
            "polygon": [[round(lat, 5), round(lng, 5)] for lat, lng in s2.polygon(cell_id)],
        }
        for token, (cell_id, probability) in zip(tokens, top, strict=True)
        if probability >= WORTH_SHADING
    ]


def _verdict(machine: Player | None, errors_km: Mapping[int, float | None], viewer_pk: int | None) -> str:
    """Say in one sentence how the viewer fared against the machine."""
    if machine is None or viewer_pk is None or viewer_pk not in errors_km:
        return ""
    mine, theirs = errors_km[viewer_pk], errors_km.get(machine.pk)
    outcome = standings.duel(mine, theirs)
    if outcome is Outcome.NO_DUEL:
        return _("Nobody answered.")
    if mine is None:
        return _("You gave no answer: the round goes to %(name)s.") % {"name": machine.name}
    if theirs is None:
        return _("%(name)s gave no answer: the round is yours.") % {"name": machine.name}
    if outcome is Outcome.TIED:
        return _("A tie, to the metre.")
    closer = {"distance": _distance(abs(mine - theirs)), "name": machine.name}
    if outcome is Outcome.WON:
        return _("You were %(distance)s closer than %(name)s.") % closer
    return _("%(name)s was %(distance)s closer than you.") % closer


def _distance(km: float) -> str:
    """Print a distance with its unit and a sensible precision: 850 m, 12.4 km, 1,131 km."""
    if km < 1:
        return f"{km * 1000:.0f} m"
    return f"{km:.1f} km" if km < 100 else f"{km:,.0f} km"


@dataclass(frozen=True)
class _Results:
    common: Json
    by_player: Mapping[int, Sequence[Json]]
    won: Mapping[int, int]


def _results(game: Game, players: Sequence[Player], guesses: Sequence[Guess], now: datetime) -> _Results:
    table = []
    people = [player.pk for player in players if not player.is_machine]
    by_player: dict[int, list[Json]] = {}
    hidden = set(people) - set(_listed(people, guesses))
    for each in game.rounds.filter(closed_at__isnull=False, skipped=False).select_related("exhibit"):
        here = [guess for guess in guesses if guess.round_id == each.pk]
        photos = each.exhibit.ordered_photos()
        for guess in here:
            by_player.setdefault(guess.player_id, []).append({"number": each.number, **_guess(guess)})
        table.append(
            {
                "number": each.number,
                "title": photos[-1].title,
                "photo": _address(each, len(photos), now),
                "place": {"lat": each.lat, "lng": each.lng},
                "guesses": [_guess(guess) for guess in here if guess.player_id not in hidden],
                "winner": standings.winner({guess.player_id: guess.error_km for guess in here}),
                "peopleMedianKm": standings.median_km(g.error_km for g in here if g.player_id in people),
            }
        )
    sums = [_sum(player.pk, by_player.get(player.pk, []), table) for player in players]
    won = {entry["player"]: entry["won"] for entry in sums}
    common = {
        "rounds": table,
        "players": sums,
        "ties": len(table) - sum(won.values()),
        "peopleMedianKm": standings.median_km(
            entry["errorKm"] for player in people for entry in by_player.get(player, [])
        ),
    }
    return _Results(common, by_player if len(people) > MOST_IN_TABLE else {}, won)


def _listed(people: Sequence[int], guesses: Sequence[Guess]) -> Sequence[int]:
    """Return whose guesses all are told: everybody's, or of many people those of the best."""
    if len(people) <= MOST_IN_TABLE:
        return people
    totals = dict.fromkeys(people, 0)
    for guess in guesses:
        if guess.player_id in totals:
            totals[guess.player_id] += guess.points or 0
    return sorted(people, key=lambda player: -totals[player])[:BEST_IN_TABLE]


def _sum(player_pk: int, own: Sequence[Json], table: Sequence[Json]) -> Json:
    return {
        "player": player_pk,
        "won": sum(row["winner"] == player_pk for row in table),
        "medianKm": standings.median_km(guess["errorKm"] for guess in own),
        "total": sum(guess["points"] or 0 for guess in own),
    }


def _final_verdict(machine: Player | None, won: Mapping[int, int], viewer_pk: int | None) -> str:
    if machine is None or viewer_pk is None or viewer_pk not in won:
        return ""
    mine, theirs = won[viewer_pk], won[machine.pk]
    score = {"name": machine.name, "mine": mine, "theirs": theirs}
    if mine > theirs:
        return _("You beat %(name)s, %(mine)d to %(theirs)d.") % score
    if mine < theirs:
        return _("%(name)s beat you, %(theirs)d to %(mine)d.") % score
    draw = ngettext("A draw with %(name)s, %(mine)d round each.", "A draw with %(name)s, %(mine)d rounds each.", mine)
    return draw % score
