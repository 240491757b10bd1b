"""A game's page: start it, show it, move it on."""

import logging
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_POST, require_safe

from geogame import play, seats
from geogame.forms import StartForm
from geogame.language import sentence
from geogame.models import Game, Person, Player
from geogame.rules.refusals import NotYours, Refused
from geogame.snapshots import snapshot
from geogame.views import home
from geogame.views.answers import refusing, state_for
from predictor import opponents
from predictor.tasks import nudge

log = logging.getLogger(__name__)


@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Open a game against the machines and take the player to its first round."""
    form = StartForm(request.POST)
    if not form.is_valid():
        return home.page(request, form)
    try:
        game, person = _opened(request, form.cleaned_data)
    except Refused as refusal:
        form.add_error(None, sentence(refusal))
        return home.page(request, form)
    except opponents.Unavailable:
        log.exception("No game can be opened: an opponent's file cannot be read")
        form.add_error(
            None,
            _("The opponent cannot play: its file cannot be read. Whoever runs this site finds the reason in its log."),
        )
        return home.page(request, form)
    nudge()
    response = redirect("game", code=game.code)
    seats.remember(response, person, secure=request.is_secure())
    return response


@transaction.atomic
def _opened(request: HttpRequest, wish: dict[str, Any]) -> tuple[Game, Person]:
    """Open the game that somebody wishes for, seat them, start: all of it or nothing."""
    now = timezone.now()
    person = seats.person_of(request) or Person.objects.create()
    if wish["name"] and wish["name"] != person.name:
        person.name = wish["name"]
        person.save(update_fields=["name"])
    cards = opponents.available()
    game = play.open_game(wish["photo_set"], cards, wish["rounds"], wish["time_limit"] or None, now, person)
    play.join(game, person, person.name or _("Guest"), now)
    play.start_round(game, now)
    return game, person


@require_safe
@ensure_csrf_cookie
def show(request: HttpRequest, code: str) -> HttpResponse:
    """Show the game in whatever phase it is. Strangers see it only when it is over."""
    game = get_object_or_404(Game, code=code)
    player = seats.player_in(seats.person_of(request), game)
    if player is None and game.finished_at is None:
        return render(request, "403.html", {"reason": _("This game is being played by somebody else.")}, status=403)
    context = {
        "game": game,
        "snapshot": snapshot(game.pk, player.pk if player else None, timezone.now()),
        "tile_url": settings.TILE_URL,
        "tile_credit": settings.TILE_CREDIT,
    }
    response = render(request, "games/show.html", context)
    response["Cache-Control"] = "no-store"
    return response


@require_safe
@refusing
def state(request: HttpRequest, code: str) -> HttpResponse:
    return state_for(_seat(request, code))


@require_POST
@refusing
def advance(request: HttpRequest, code: str) -> HttpResponse:
    """Go on: open the next round, or end the game after the last one."""
    player = _seat(request, code)
    now = timezone.now()
    if play.start_round(player.game, now) is None:
        play.finish(player.game, now)
    nudge()
    return state_for(player)


def _seat(request: HttpRequest, code: str) -> Player:
    if not Game.objects.filter(code=code).exists():
        raise Http404
    player = seats.player_of(seats.person_of(request), code)
    if player is None:
        raise NotYours
    return player
