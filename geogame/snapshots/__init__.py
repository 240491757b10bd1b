"""What one viewer may see of a game right now: the only way an answer leaves the server.

A snapshot is the whole state, never a delta, so that any message heals all that were lost. Before the reveal it holds
no truth, no pin but the viewer's own, and of the machine only whether it has answered. The shape is described in
ARCHITECTURE.md.

What all viewers see alike is built and written out once for each version of a game (`boards`); what is a viewer's own
is put beside it without asking the database, so that a room of two hundred costs little more than one of two.
"""

import json
import time
from datetime import datetime

from geogame.models import Draft, Guess
from geogame.snapshots.boards import Board, board, boards_of, forget_boards, newest
from geogame.snapshots.shown import Json

__all__ = ["Board", "Json", "after_guess", "board", "boards_of", "forget_boards", "headline", "snapshot"]

RECENT_S = 1.0


def snapshot(game_pk: int, viewer_pk: int | None, now: datetime, person_pk: int | None = None) -> Json:
    """Return the state of a game for one viewer, with the pin that they dropped and have not confirmed.

    `viewer_pk` is a player, None for somebody without a seat; `person_pk` tells the host who has none.
    """
    here = board(game_pk, now)
    own = here.own(viewer_pk, now, person_pk)
    return {**here.common, **own, "own": {**own["own"], "draft": _draft(here, viewer_pk)}}


def headline(
    here: Board, viewer_pk: int | None, now: datetime, person_pk: int | None = None, guess: Guess | None = None
) -> str:
    """Return the same as JSON, put together from what is written already; of a draft it says nothing.

    `guess` is the viewer's own, where the board was built before it.
    """
    own = here.own(viewer_pk, now, person_pk)
    if guess is not None:
        own["own"]["guess"] = {"lat": guess.lat, "lng": guess.lng} if guess.lat is not None else None
        own["own"]["answered"] = True
    return f"{here.text[:-1]},{json.dumps(own, separators=(',', ':'))[1:]}"


def after_guess(guess: Guess, now: datetime) -> str:
    """Return, as JSON, what a player is told at once: their guess is in, and of the others what was built last.

    In a large room many guess in the same second. To build the board anew for each would take longer than to play; it
    is a second old at most, and the next push brings all. Who closed the round sees the reveal.
    """
    here = newest(guess.round.game_id)
    is_near = (
        here is not None and here.phase == "showing" and here.current is not None
        and here.current.pk == guess.round_id and guess.round.closed_at is None
        and here.current.closes_at == guess.round.closes_at  # the first guess may have begun the countdown
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
