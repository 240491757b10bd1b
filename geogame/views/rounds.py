"""What a player sends and gets in a round: a guess, a draft, the bell, the question why, the photo."""

import uuid

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_POST, require_safe

from geogame import explanations, limits, play, seats
from geogame.models import Player, Round
from geogame.rules import addresses
from geogame.rules.refusals import BadInput, NotYours, Refused, RunOut, gettext_noop
from geogame.rules.sphere import point
from geogame.snapshots import after_guess
from geogame.together import Together
from geogame.views import pictures
from geogame.views.answers import arrived_at, body_of, refusing, refusing_page, state_for
from geogame.views.visitors import is_screen
from predictor import opponents
from predictor.tasks import nudge_why

MAX_KEY = 64
MAX_AWAY = 10_000
_together = Together(play.guess_all)


def _opened(round_id: object) -> Round:
    return get_object_or_404(Round.objects.select_related("game"), pk=round_id, opened_at__isnull=False)


def _round_and_seat(request: HttpRequest, round_id: object) -> tuple[Round, Player]:
    """Return an opened round and this browser's seat in its game; rounds not yet opened do not exist for players."""
    this_round = _opened(round_id)
    player = seats.player_in(seats.person_of(request), this_round.game)
    if player is None:
        raise NotYours
    return this_round, player


def _state(player: Player) -> HttpResponse:
    return state_for(player.game, player, player.person)


@require_POST
@refusing
def guess(request: HttpRequest, round_id: uuid.UUID) -> HttpResponse:
    arrived = arrived_at(request)
    try:
        player = seats.seat_in(request.COOKIES.get(seats.COOKIE, ""), seats.game_of(round_id))
    except LookupError:
        player = _round_and_seat(request, round_id)[1].pk  # which also says why not
    limits.spare(limits.GUESS, player)
    body = body_of(request)
    key = body.get("key", "")
    if not isinstance(key, str) or len(key) > MAX_KEY or not (key.isascii() and key.isprintable()):
        raise BadInput(gettext_noop("The key of a guess is a text of at most %(limit)d characters."), limit=MAX_KEY)
    away = body.get("away")
    looked_away = away if type(away) is int and 0 <= away <= MAX_AWAY else None
    sent = play.Sent(player, point(body.get("lat"), body.get("lng")), key, arrived, looked_away)
    made = _together(round_id, sent)
    if isinstance(made, Refused):
        raise made
    answer = HttpResponse(after_guess(made, timezone.now()), content_type="application/json")
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
@refusing
def draft(request: HttpRequest, round_id: object) -> HttpResponse:
    arrived = arrived_at(request)
    this_round, player = _round_and_seat(request, round_id)
    limits.spare(limits.DRAFT, player.pk)
    body = body_of(request)
    play.draft(player, this_round, point(body.get("lat"), body.get("lng")), arrived)
    return HttpResponse(status=204)


@require_POST
@refusing
def bell(request: HttpRequest, round_id: object) -> HttpResponse:
    """A browser's countdown ran out: have a look whether the round is due. The server decides.

    In a large room all bells ring at once, so most of them find the round closed and take no lock. Who only watches a
    room may ring too.
    """
    this_round = _opened(round_id)
    person = None if is_screen(request) else seats.person_of(request)
    player = seats.player_in(person, this_round.game)
    if player is None and not this_round.game.is_room:
        raise NotYours
    if this_round.closed_at is None:
        play.close_if_due(this_round, timezone.now())
    return state_for(this_round.game, player, person)


@require_POST
@refusing
def why(request: HttpRequest, round_id: object) -> HttpResponse:
    """Somebody wants to know, after the reveal, which parts of the photo the machine's answer came from."""
    this_round, player = _round_and_seat(request, round_id)
    limits.spare(limits.WHY, player.pk)
    try:
        here = opponents.available()
    except opponents.Unavailable:
        here = []  # what is stored can be told all the same
    explanation = explanations.ask(player, this_round, here, timezone.now())
    if explanation.made_at is None:
        nudge_why()
    return _state(player)


@require_safe
@refusing_page
def photo(request: HttpRequest, round_id: object, position: int, key: str) -> HttpResponse | FileResponse:
    """Serve a photo of the round: no name, no validator and no date by which it could be recognised elsewhere.

    The key runs out; who may see the game finds another in it. So what is passed on is the game's address.
    """
    this_round = _opened(round_id)
    if not addresses.holds(key, settings.SECRET_KEY, round_id, position, timezone.now()):
        raise RunOut
    is_open = this_round.game.finished_at is not None or this_round.game.is_room
    if not is_open and seats.player_in(seats.person_of(request), this_round.game) is None:
        raise NotYours
    photos = this_round.exhibit.ordered_photos()
    if not 1 <= position <= len(photos):
        raise Http404
    file, media_type = pictures.opened(photos[position - 1], pictures.width_of(request), request)
    response = FileResponse(file, content_type=media_type)
    response.headers.pop("Content-Disposition", None)  # it tells the file's name
    response["Cache-Control"] = "private, max-age=3600, immutable"
    response["X-Robots-Tag"] = "noindex"
    patch_vary_headers(response, ["Accept"])
    return response
