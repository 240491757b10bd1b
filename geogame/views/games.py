"""A game's page: start it, show it, move it on."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_POST, require_safe

from geogame import codes, limits, photos, play, rooms, seats
from geogame.forms import NameForm, StartForm
from geogame.language import sentence
from geogame.models import Game, Person, Player
from geogame.rules.refusals import Refused
from geogame.snapshots import snapshot
from geogame.views import addresses, home, machines
from geogame.views import rooms as rooms_views
from geogame.views.answers import refusing, refusing_page, state_for
from geogame.views.visitors import known_game, viewer, visitor
from predictor.tasks import nudge


@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Open a game against the machines and take the player to its first round."""
    form = StartForm(request.POST)
    if not form.is_valid():
        return home.page(request, form)
    try:
        limits.spare(limits.OPEN_ROOM, limits.address(request))
        game, person = _opened(request, form.cleaned_data)
    except Refused as refusal:
        form.add_error(None, sentence(refusal))
        return home.page(request, form)
    nudge()
    response = redirect("game", code=game.code)
    seats.remember(response, person, secure=request.is_secure())
    return response


@transaction.atomic
def _opened(request: HttpRequest, wish: dict[str, Any]) -> tuple[Game, Person]:
    """Open the game that somebody wishes for, seat them, start: all of it or nothing."""
    now = timezone.now()
    person = seats.person_called(request, wish["name"])
    cards = machines.at_hand()
    photos.refuse_too_many(wish["photo_set"], wish["rounds"], "any")
    game = play.open_game(wish["photo_set"], cards, wish["rounds"], wish["time_limit"] or None, now, person)
    play.join(game, person, person.name or _("Guest"), now)
    play.start_round(game, now)
    return game, person


@require_safe
@ensure_csrf_cookie
@refusing_page
def show(request: HttpRequest, code: str) -> HttpResponse:
    """Show the game in whatever phase it is.

    A game of one is seen by strangers only when it is over, and with it the experiment that it may belong to. Into a
    room they may come, or watch it (?watch).
    """
    game, player, person = visitor(request, code)
    leads = person is not None and game.host_id == person.pk
    if player is not None or leads:
        codes.note_at(limits.address(request), game)
    if player is None and game.finished_at is None:
        if not game.is_room:
            return render(request, "403.html", {"reason": _("This game is being played by somebody else.")}, status=403)
        if "watch" not in request.GET and not leads:
            return rooms_views.door(request, game, NameForm(initial={"name": person.name if person else ""}))
    if player is None and game.experiment and not game.experiment.over_at():
        reason = _("This game belongs to an experiment that is not over yet: until then only who played it may see it.")
        return render(request, "403.html", {"reason": reason}, status=403)
    return page(request, game, player, person, "watch" if player is None else "play")


@require_safe
@ensure_csrf_cookie
@refusing_page
def screen(request: HttpRequest, code: str) -> HttpResponse:
    """Show a room on a big screen: as somebody without a seat sees it, with the code to come in by."""
    game = known_game(request, code)
    if not game.is_room:
        raise Http404
    return page(request, game, None, None, "screen")


def page(request: HttpRequest, game: Game, player: Player | None, person: Person | None, role: str) -> HttpResponse:
    here = snapshot(game.pk, player.pk if player else None, timezone.now(), person.pk if person else None)
    context = {
        "game": game,
        "role": role,
        "snapshot": here,
        "site_url": addresses.for_others(request, reverse("home")),
        "join_url": addresses.for_others(request, reverse("game", args=[game.code])),
        "only_here": addresses.is_only_here(request),
        "tile_url": settings.TILE_URL,
        "tile_credit": settings.TILE_CREDIT,
    }
    response = render(request, "games/show.html", context)
    response["Cache-Control"] = "no-store"
    return response


@require_safe
@refusing
def state(request: HttpRequest, code: str) -> HttpResponse:
    game, player, person = viewer(request, code)
    rooms.host_is_here(game, person, timezone.now())
    return state_for(game, player, person)


@require_POST
@refusing
def advance(request: HttpRequest, code: str) -> HttpResponse:
    """Go on: open the next round, or end the game after the last one."""
    game, player, person = viewer(request, code)
    now = timezone.now()
    rooms.go_on(game, person, now)
    rooms.host_is_here(game, person, now)
    nudge()
    return state_for(game, player, person)
