"""Codes: which game one means, and that nobody finds one out by trying."""

from geogame import limits
from geogame.models import Game, Person
from geogame.rules.refusals import TooOften


def game_of(code: str, address: str, person: Person | None) -> Game | None:
    """Return the game of this code, None where there is none. Raises TooOften for who has tried too many.

    A right one is refused then as well, or trying would go on. Not to who is of the game, though, and not behind an
    address where somebody of it has been: one pupil who tries codes must not lock a classroom out.
    """
    game = Game.objects.select_related("photo_set").filter(code=code).first()
    if game is None:
        limits.spare(limits.UNKNOWN_CODE, address)
        if person is not None:
            limits.spare(limits.UNKNOWN_CODE, f"person {person.pk}")
        return None
    if limits.is_spent(limits.UNKNOWN_CODE, address) and not (_is_of(game, person) or is_known_at(address, game)):
        raise TooOften
    return game


def _is_of(game: Game, person: Person | None) -> bool:
    return person is not None and (game.host_id == person.pk or game.players.filter(person=person).exists())


def note_at(address: str, game: Game) -> None:
    """Note that somebody of this game is at this address: others there may come in with its code."""
    limits.note(limits.HERE, f"{address} {game.code}")


def is_known_at(address: str, game: Game) -> bool:
    return limits.is_spent(limits.HERE, f"{address} {game.code}")
