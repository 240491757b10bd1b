"""What a reveal tells: the place and all pins, what the machine believed, and why."""

from collections.abc import Sequence

import numpy as np
from django.utils.translation import gettext as _

from geogame.models import Explanation, Game, Guess, Player, Prediction, Round
from geogame.rules import standings
from geogame.rules.sphere import Point
from geogame.snapshots.shown import Json
from predictor import cells, s2
from predictor.distribution import Distribution

TOP_CELLS = 40
WORTH_SHADING = 0.002  # cells less probable than this are left out
STRONGEST = 127  # of a drop on the wire: a whole number of seven bits


def about_reveal(
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
        "guesses": [about_guess(guess) for guess in guesses],
        "winner": standings.winner({guess.player_id: guess.error_km for guess in guesses}),
        "cells": shaded,
        "cellsPlayer": machine.pk if machine and shaded else None,
        "cellsCover": round(sum(cell["p"] for cell in shaded), 3),
        "why": _why(machine, closed) if machine and belief else None,
        "last": not game.rounds.filter(opened_at=None).exists(),
    }


def about_guess(guess: Guess) -> Json:
    return {
        "player": guess.player_id,
        "lat": guess.lat,
        "lng": guess.lng,
        "errorKm": guess.error_km,
        "points": guess.points,
        "auto": guess.auto,
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


def belief_of(machine: Player, closed: Round) -> Distribution | None:
    """Return what the machine believed, as it is stored; None where it had no answer."""
    stored = Prediction.objects.filter(exhibit=closed.exhibit, opponent=machine.opponent, weights=machine.weights)
    prediction = stored.select_related("partition").first()
    if prediction is None or prediction.partition is None or prediction.probabilities is None:
        return None
    partition = cells.Partition(np.frombuffer(prediction.partition.cell_ids, dtype="<u8"))
    return Distribution(partition, np.frombuffer(prediction.probabilities, dtype="<f2").astype(np.float32))


def pins_standings(belief: Distribution, guesses: Sequence[Guess], truth: Point) -> dict[int | None, Json]:
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
