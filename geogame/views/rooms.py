"""Rooms: open one, come in, and what its host may do."""

import io
from collections.abc import Callable
from typing import Any

import segno
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from geogame import codes, limits, photos, play, rooms, seats
from geogame.forms import CodeForm, NameForm, RoomForm
from geogame.language import sentence
from geogame.models import Game, Person, Player, Round
from geogame.rules.refusals import BadInput, NotNow, NotYours, Refused, TooOften, gettext_noop
from geogame.views import addresses, home, machines
from geogame.views.answers import STATUS, body_of, refusing, refusing_page, state_for
from geogame.views.visitors import known_game, viewer
from predictor.tasks import nudge


@require_http_methods(["GET", "HEAD", "POST"])
@ensure_csrf_cookie
def new(request: HttpRequest) -> HttpResponse:
    """Ask how a room shall be, and open it."""
    person = seats.person_of(request)
    cards, trouble = [], None
    try:
        cards = machines.at_hand()
    except Refused as refusal:
        trouble = refusal
    known = {"name": person.name if person else "", "photo_set": request.GET.get("set")}
    form = RoomForm(request.POST or None, machines=cards, initial=known)
    if trouble and request.method == "POST":
        form.add_error(None, sentence(trouble))
    if request.method == "POST" and form.is_valid():
        try:
            limits.spare(limits.OPEN_ROOM, limits.address(request))
            game, person = _opened(request, form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, sentence(refusal))
        else:
            nudge()
            codes.note_at(limits.address(request), game)
            response = redirect("game", code=game.code)
            seats.remember(response, person, secure=request.is_secure())
            return response
    context = {"form": form, "sets": home.published_sets()}
    return render(request, "rooms/new.html", context, status=400 if form.errors else 200)


@transaction.atomic
def _opened(request: HttpRequest, wish: dict[str, Any]) -> tuple[Game, Person]:
    now = timezone.now()
    person = play.hold(seats.person_called(request, wish["name"]))
    cards = [card for card in machines.at_hand() if card.name in wish["opponents"]]
    photos.refuse_too_many(wish["photo_set"], wish["rounds"], wish["photos_each"])
    game = play.open_game(
        wish["photo_set"], cards, wish["rounds"], wish["time_limit"] or None, now, person, is_room=True,
        countdown_s=int(wish["countdown"] or 0) or None, zoom=wish["zoom"], photos_each=wish["photos_each"],
    )  # fmt: skip
    if wish["plays"]:
        play.join(game, person, person.name or _("Host"), now)
    return game, person


@require_safe
def by_code(request: HttpRequest) -> HttpResponse:
    """Go to the room of a code that somebody typed."""
    form = CodeForm(request.GET)
    if form.is_valid():
        try:
            return redirect("game", code=known_game(request, form.cleaned_data["code"]).code)
        except Http404:
            form.add_error("code", _("There is no room of this code. Is every letter right?"))
        except TooOften as refusal:
            form.add_error("code", sentence(refusal))
    return home.page(request, None, code_form=form)


def door(request: HttpRequest, game: Game, form: NameForm, status: int = 200) -> HttpResponse:
    """Ask who comes in."""
    seated = game.players.filter(kind=Player.Kind.HUMAN, removed_at=None).count()
    context = {
        "game": game,
        "form": form,
        "taken_out": _is_taken_out(seats.person_of(request), game),
        "newcomer": request.POST.get("newcomer") or seats.newcomer_key(),
        "seated": seated,
        "started": game.rounds.exclude(opened_at=None).exists(),
    }
    return render(request, "rooms/door.html", context, status=status)


def _is_taken_out(person: Person | None, game: Game) -> bool:
    """Tell whether the host has removed this person, who may not come back."""
    return person is not None and game.players.filter(person=person, left=False).exclude(removed_at=None).exists()


@require_http_methods(["GET", "HEAD", "POST"])
@ensure_csrf_cookie
@refusing_page
def join(request: HttpRequest, code: str) -> HttpResponse:
    """Come in with a name; who watches, or leads without a seat, finds the door here."""
    game = known_game(request, code)
    if not game.is_room:
        raise Http404
    if request.method != "POST":
        person = seats.person_of(request)
        return door(request, game, NameForm(initial={"name": person.name if person else ""}))
    form = NameForm(request.POST)
    try:
        limits.spare(limits.JOIN, limits.address(request))
        if not form.is_valid():
            return door(request, game, form, status=400)
        with transaction.atomic():
            play.lock_game(game)  # first: the person's row comes after it, as in every other verb
            person = seats.person_called(request, form.cleaned_data["name"], request.POST.get("newcomer", ""))
            play.join(game, person, person.name, timezone.now())
    except Refused as refusal:
        form.is_valid()
        form.add_error(None, sentence(refusal))
        return door(request, game, form, status=STATUS[type(refusal)])
    codes.note_at(limits.address(request), game)
    response = redirect("game", code=game.code)
    seats.remember(response, person, secure=request.is_secure())
    return response


@require_safe
@cache_control(public=True, max_age=3600)
def qr(request: HttpRequest, code: str) -> HttpResponse:
    """Return the room's address as a QR code. It is drawn for any code: a picture tells nothing of what there is."""
    out = io.BytesIO()
    address = addresses.for_others(request, reverse("game", args=[code]))
    segno.make(address, error="m", micro=False).save(out, kind="svg", scale=8, border=2, xmldecl=False, light="#fff")
    return HttpResponse(out.getvalue(), content_type="image/svg+xml")


@require_http_methods(["GET", "HEAD", "POST"])
@ensure_csrf_cookie
def lead(request: HttpRequest, code: str, key: str) -> HttpResponse:
    """Lead the room from this browser, by the host's own link. Only the button does it: links are also previewed."""
    try:
        game = known_game(request, code)
        if request.method != "POST":
            return render(request, "rooms/lead.html", {"game": game})
        with transaction.atomic():
            person = seats.person_called(request, "")
            rooms.claim(game, person, key, timezone.now())
    except Refused as refusal:
        return render(request, "403.html", {"reason": sentence(refusal)}, status=STATUS[type(refusal)])
    response = redirect("game", code=game.code)
    seats.remember(response, person, secure=request.is_secure())
    return response


@require_POST
@refusing
def again(request: HttpRequest, code: str) -> HttpResponse:
    """Open another room like this one; who is here is shown the way."""
    game, _player, person = viewer(request, code)
    assert person is not None or not rooms.may_lead(game, person)
    following = rooms.again(game, person, machines.at_hand(), timezone.now())
    codes.note_at(limits.address(request), following)
    nudge()
    return JsonResponse({"code": following.code})


@require_POST
@refusing
def verb(request: HttpRequest, code: str, verb: str) -> HttpResponse:
    """Do what the host asks for, or somebody who takes over or goes."""
    if verb not in VERBS:
        raise Http404
    game, player, person = viewer(request, code)
    VERBS[verb](game, player, person, body_of(request))
    rooms.host_is_here(game, person, timezone.now())
    if verb == "skip":
        nudge()
    game.refresh_from_db()
    return state_for(game, seats.player_in(person, game), person)


Verb = Callable[[Game, Player | None, Person | None, dict[str, Any]], None]


def _end(game: Game, player: Player | None, person: Person | None, body: dict[str, Any]) -> None:
    rooms.end_round(_round(game, body), person, timezone.now())


def _skip(game: Game, player: Player | None, person: Person | None, body: dict[str, Any]) -> None:
    rooms.skip_round(_round(game, body), person, timezone.now())


def _lock(game: Game, player: Player | None, person: Person | None, body: dict[str, Any]) -> None:
    rooms.lock(game, person, body.get("locked") is True, timezone.now())


def _remove(game: Game, player: Player | None, person: Person | None, body: dict[str, Any]) -> None:
    rooms.remove(_named(game, body), person, timezone.now())


def _hand_over(game: Game, player: Player | None, person: Person | None, body: dict[str, Any]) -> None:
    rooms.hand_over(game, person, _named(game, body), timezone.now())


def _take_over(game: Game, player: Player | None, person: Person | None, body: dict[str, Any]) -> None:
    rooms.take_over(_seated(player), timezone.now())


def _leave(game: Game, player: Player | None, person: Person | None, body: dict[str, Any]) -> None:
    rooms.leave(_seated(player), timezone.now())


VERBS: dict[str, Verb] = {
    "end": _end, "skip": _skip, "lock": _lock, "remove": _remove, "hand-over": _hand_over, "take-over": _take_over,
    "leave": _leave,
}  # fmt: skip


def _round(game: Game, body: dict[str, Any]) -> Round:
    """Return the round that is meant: a second press of a button must not end the one that came after it."""
    found = game.rounds.filter(opened_at__isnull=False, closed_at=None).first()
    if found is None or str(found.pk) != body.get("round"):
        raise NotNow(gettext_noop("This round is over already."))
    return found


def _named(game: Game, body: dict[str, Any]) -> Player:
    wanted = body.get("player")
    found = game.players.filter(pk=wanted).first() if type(wanted) is int else None
    if found is None:
        raise BadInput(gettext_noop("There is no such player in this room."))
    return found


def _seated(player: Player | None) -> Player:
    if player is None:
        raise NotYours(gettext_noop("You have no seat in this room."))
    return player
