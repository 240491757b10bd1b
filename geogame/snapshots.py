"""What one viewer may see of a game right now: the only way an answer leaves the server.

A snapshot is the whole state, never a delta, so that any message heals all that were lost. Before the reveal it holds
no truth, no pin but the viewer's own, and of the machine only whether it has answered. The shape is described in
ARCHITECTURE.md.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from geogame.models import Explanation, Game, Guess, Player, Prediction, Round
from geogame.rules import rounds, standings
from geogame.rules.sphere import Point
from geogame.rules.standings import Outcome
from predictor import cells, s2
from predictor.distribution import Distribution

TOP_CELLS = 40
WORTH_SHADING = 0.002  # cells less probable than this are left out
STRONGEST = 127  # of a drop on the wire: a whole number of seven bits
HUES = (24, 340, 48, 4, 300, 64, 320, 36)  # warm ones: people's; degrees of the colour wheel

Json = dict[str, Any]


def snapshot(game_pk: int, viewer_pk: int | None, now: datetime) -> Json:
    """Return the state of a game for one viewer (None: somebody without a seat)."""
    game = Game.objects.select_related("photo_set").get(pk=game_pk)
    players = list(game.players.all())
    current = _current_round(game)
    phase = "over" if game.finished_at else "reveal" if current and current.closed_at else "showing"
    guesses = list(Guess.objects.filter(round__game=game).select_related("round"))
    here = [guess for guess in guesses if current and guess.round_id == current.pk]
    closed = [guess for guess in guesses if guess.round.closed_at]
    return {
        "version": game.version,
        "game": _game(game, players),
        "phase": phase,
        "seat": viewer_pk,
        "players": [_player(player, hue, here, closed, phase) for player, hue in _with_hues(players)],
        "round": _round(current, players, here, viewer_pk, now) if current and phase != "over" else None,
        "reveal": _reveal(game, current, players, here, viewer_pk) if current and phase == "reveal" else None,
        "results": _results(game, players, closed, viewer_pk) if phase == "over" else None,
    }


def _current_round(game: Game) -> Round | None:
    opened = game.rounds.filter(opened_at__isnull=False).select_related("game", "exhibit")
    return opened.order_by("-number").first()


def _game(game: Game, players: Sequence[Player]) -> Json:
    return {
        "code": game.code,
        "set": game.photo_set.name,
        "domain": game.domain,
        "rounds": game.rounds.count(),
        "timeLimitS": game.time_limit_s,
        "notice": notice(game, players),
    }


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
    people = [player.pk for player in players if not player.is_machine]
    return [(player, HUES[people.index(player.pk) % len(HUES)] if player.pk in people else 0) for player in players]


def _player(player: Player, hue: int, here: Sequence[Guess], closed: Sequence[Guess], phase: str) -> Json:
    mine = next((guess for guess in here if guess.player_id == player.pk), None)
    state = "thinking" if mine is None else "locked" if phase == "showing" or mine.lat is not None else "none"
    return {
        "id": player.pk,
        "kind": player.kind,
        "name": player.name,
        "initials": "".join(word[0] for word in player.name.split()[:2]).upper() or "?",
        "hue": hue,
        "state": state,
        "total": sum(guess.points or 0 for guess in closed if guess.player_id == player.pk),
    }


def _round(
    current: Round, players: Sequence[Player], here: Sequence[Guess], viewer_pk: int | None, now: datetime
) -> Json:
    own = next((guess for guess in here if guess.player_id == viewer_pk), None)
    draft = current.drafts.filter(player=viewer_pk).first() if viewer_pk and own is None else None
    is_open = current.closed_at is None
    answered = {guess.player_id: guess.created_at for guess in here}
    seats = [rounds.Seat(player.is_machine, answered.get(player.pk)) for player in players]
    waits_until = rounds.wait_ends_at(seats, current.game.machine_wait(), current.closes_at) if is_open else None
    return {
        "id": str(current.pk),
        "number": current.number,
        "photos": [
            {
                "url": reverse("round-photo", args=[current.pk, position]),
                "width": photo.width,
                "height": photo.height,
                "colour": photo.colour,
            }
            for position, photo in enumerate(current.exhibit.ordered_photos(), start=1)
        ],
        "closesInMs": _ms_until(current.closes_at, now) if is_open else None,
        "waitsInMs": _ms_until(waits_until, now),
        "draft": {"lat": draft.lat, "lng": draft.lng} if draft else None,
        "guess": {"lat": own.lat, "lng": own.lng} if own and own.lat is not None else None,
    }


def _ms_until(then: datetime | None, now: datetime) -> int | None:
    return None if then is None else max(0, round((then - now).total_seconds() * 1000))


def _reveal(
    game: Game, closed: Round, players: Sequence[Player], guesses: Sequence[Guess], viewer_pk: int | None
) -> Json:
    photo = closed.exhibit.ordered_photos()[-1]
    errors = {guess.player_id: guess.error_km for guess in guesses}
    machine = next((player for player in players if player.is_machine), None)
    own = next((guess.point() for guess in guesses if guess.player_id == viewer_pk), None)
    belief = _belief(machine, closed) if machine else None
    shaded = shaded_cells(belief) if belief else []
    return {
        "place": {"lat": closed.lat, "lng": closed.lng},
        "title": photo.title,
        "credit": photo.credit,
        "licence": photo.licence,
        "sourceUrl": photo.source_url,
        "guesses": [_guess(guess) for guess in guesses],
        "winner": standings.winner(errors),
        "verdict": _verdict(players, errors, viewer_pk),
        "cells": shaded,
        "cellsPlayer": machine.pk if machine and shaded else None,
        "cellsCover": round(sum(cell["p"] for cell in shaded), 3),
        "standing": _standing(belief, own, closed.truth()) if belief else None,
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


def _standing(belief: Distribution, own: Point | None, truth: Point) -> Json:
    """Say how the viewer's pin and the true place stood with the machine, among how many cells."""

    def stood(place: Point) -> Json:
        standing = belief.standing(*place)
        return {"p": _significant(standing.probability), "rank": standing.rank}

    there = belief.partition.assign(*zip(truth, own or truth, strict=True))
    return {
        "cells": len(belief.partition),
        "own": stood(own) if own else None,
        "truth": stood(truth),
        "sameCell": own is not None and bool(there[0] == there[1] >= 0),
    }


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


def _verdict(players: Sequence[Player], errors_km: dict[int, float | None], viewer_pk: int | None) -> str:
    """Say in one sentence how the viewer fared against the machine."""
    machine = next((player for player in players if player.is_machine), None)
    if machine is None or viewer_pk not in errors_km:
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


def _results(game: Game, players: Sequence[Player], guesses: Sequence[Guess], viewer_pk: int | None) -> Json:
    table = []
    for each in game.rounds.filter(closed_at__isnull=False).select_related("exhibit"):
        here = [guess for guess in guesses if guess.round_id == each.pk]
        photos = each.exhibit.ordered_photos()
        table.append(
            {
                "number": each.number,
                "title": photos[-1].title,
                "photo": reverse("round-photo", args=[each.pk, len(photos)]),
                "place": {"lat": each.lat, "lng": each.lng},
                "guesses": [_guess(guess) for guess in here],
                "winner": standings.winner({guess.player_id: guess.error_km for guess in here}),
            }
        )
    sums = [_sum(player, table) for player in players]
    decided = sum(entry["won"] for entry in sums)
    return {
        "rounds": table,
        "players": sums,
        "ties": len(table) - decided,
        "verdict": _final_verdict(players, {entry["player"]: entry["won"] for entry in sums}, viewer_pk),
    }


def _sum(player: Player, table: Sequence[Json]) -> Json:
    own = [guess for row in table for guess in row["guesses"] if guess["player"] == player.pk]
    return {
        "player": player.pk,
        "won": sum(row["winner"] == player.pk for row in table),
        "medianKm": standings.median_km(guess["errorKm"] for guess in own),
        "total": sum(guess["points"] or 0 for guess in own),
    }


def _final_verdict(players: Sequence[Player], won: dict[int, int], viewer_pk: int | None) -> str:
    machine = next((player for player in players if player.is_machine), None)
    if machine is None or viewer_pk not in won:
        return ""
    mine, theirs = won[viewer_pk], won[machine.pk]
    score = {"name": machine.name, "mine": mine, "theirs": theirs}
    if mine > theirs:
        return _("You beat %(name)s, %(mine)d to %(theirs)d.") % score
    if mine < theirs:
        return _("%(name)s beat you, %(theirs)d to %(mine)d.") % score
    draw = ngettext("A draw with %(name)s, %(mine)d round each.", "A draw with %(name)s, %(mine)d rounds each.", mine)
    return draw % score
