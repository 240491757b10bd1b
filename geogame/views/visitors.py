"""Who asks, and of which game."""

from django.http import Http404, HttpRequest

from geogame import codes, limits, seats
from geogame.models import Game, Person, Player
from geogame.rules.refusals import NotYours


def known_game(request: HttpRequest, code: str) -> Game:
    """Return the game of this code. Who tries many codes that are no game's is held up; raises TooOften."""
    return _known(request, code, seats.person_of(request))


def _known(request: HttpRequest, code: str, person: Person | None) -> Game:
    game = codes.game_of(code, limits.address(request), person)
    if game is None:
        raise Http404
    return game


def visitor(request: HttpRequest, code: str) -> tuple[Game, Player | None, Person | None]:
    """Return the game, this browser's seat and its person: nobody's where a big screen asks. Raises TooOften."""
    person = seats.person_of(request)
    game = _known(request, code, person)
    if is_screen(request):
        return game, None, None
    return game, seats.player_in(person, game), person


def viewer(request: HttpRequest, code: str) -> tuple[Game, Player | None, Person | None]:
    """Return the same, for who may look: strangers may look at rooms alone. Raises NotYours or TooOften."""
    game, player, person = visitor(request, code)
    if player is None and not game.is_room:
        raise NotYours
    return game, player, person


def is_screen(request: HttpRequest) -> bool:
    """Tell whether a big screen asks: whoever's browser it is, it is shown what everybody sees."""
    return request.GET.get("screen") == "1"
