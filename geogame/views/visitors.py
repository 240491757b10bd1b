"""Who asks, and of which game."""

from django.http import Http404, HttpRequest

from geogame import limits, seats
from geogame.models import Game, Person, Player
from geogame.rules.refusals import NotYours


def known_game(request: HttpRequest, code: str) -> Game:
    """Return the game of this code. Who tries many codes that are no game's is held up; raises TooOften."""
    limits.spent(limits.UNKNOWN_CODE, limits.address(request))
    game = Game.objects.select_related("photo_set").filter(code=code).first()
    if game is None:
        limits.spare(limits.UNKNOWN_CODE, limits.address(request))
        raise Http404
    return game


def viewer(request: HttpRequest, code: str) -> tuple[Game, Player | None, Person | None]:
    """Return the game, this browser's seat and its person. Strangers may look at rooms alone; raises NotYours."""
    game = known_game(request, code)
    person = seats.person_of(request)
    player = seats.player_in(person, game)
    if player is None and not game.is_room:
        raise NotYours
    return game, player, person
