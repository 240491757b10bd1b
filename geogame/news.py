"""News of a game: the only place that sends to sockets, and only after the commit. A headline holds no state."""

import logging
import time

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction
from django.db.models import F

from geogame.models import Game

log = logging.getLogger(__name__)

OPENED, CLOSED, FINISHED = "round opened", "round closed", "finished"
GUESSED = "guessed"  # people did, and nothing else has changed
URGENT = frozenset({OPENED, CLOSED, FINISHED})  # what everybody waits for: passed on at once
A_MOMENT_S = 0.1  # between two headlines of a game that are not urgent
AN_IMPORT_S = 0.25  # between two headlines of an import
GAMES = 10_000  # of which a process remembers when it told of them


def group_of(game_pk: int) -> str:
    """Return the name of the channel group that hears of this game: the processes where somebody watches it."""
    return f"game.{game_pk}"


_told_at: dict[int, float] = {}  # by game: when this process sent its last headline


def _is_first(game_pk: int) -> bool:
    """Tell whether no headline of the game was sent a moment ago: who heard that one looks again after a moment."""
    now = time.monotonic()
    if now - _told_at.get(game_pk, -A_MOMENT_S) < A_MOMENT_S:
        return False
    if len(_told_at) > GAMES:
        _told_at.clear()
    _told_at[game_pk] = now
    return True


def _send(group: str, message: dict[str, object]) -> None:
    async_to_sync(get_channel_layer().group_send)(group, message)


def group_of_comparison(key: str) -> str:
    """Return the name of the channel group that hears of this comparison."""
    return f"comparison.{key[:60]}"


def announce_comparison(key: str) -> None:
    """Tell those who watch a comparison that it was reckoned anew, once the transaction has committed."""

    def send() -> None:
        _send(group_of_comparison(key), {"type": "reckoned", "key": key})

    transaction.on_commit(send, robust=True)


def group_of_import(pk: int) -> str:
    """Return the name of the channel group that hears of this import."""
    return f"import.{pk}"


_imports_told_at: dict[int, float] = {}


def announce_import(pk: int) -> None:
    """Tell those who watch an import that it has come further, once the transaction has committed.

    Once in a moment: who hears of it looks again after the next one.
    """

    def send() -> None:
        at = time.monotonic()
        if at - _imports_told_at.get(pk, -AN_IMPORT_S) < AN_IMPORT_S:
            return
        if len(_imports_told_at) > GAMES:
            _imports_told_at.clear()
        _imports_told_at[pk] = at
        _send(group_of_import(pk), {"type": "came.further"})

    transaction.on_commit(send, robust=True)


def announce(game: Game, headline: str) -> None:
    """Raise the game's version now, and tell its sockets once the transaction has committed.

    A lost headline is harmless: the next one, or a poll, brings the whole state.
    """
    raised = F("version") + 1
    Game.objects.filter(pk=game.pk).update(version=raised, **({} if headline == GUESSED else {"ground": raised}))

    def send() -> None:  # a nested function: on_commit(partial(...), robust=True) fails in Django 5.2
        if headline not in URGENT and not _is_first(game.pk):
            return
        _send(group_of(game.pk), {"type": "headline", "headline": headline, "game": game.pk})

    transaction.on_commit(send, robust=True)
