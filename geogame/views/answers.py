"""How refusals and snapshots become HTTP answers: the one place where a status code is chosen for a refusal."""

import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, JsonResponse
from django.http.request import RawPostDataException
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from geogame.language import sentence
from geogame.models import Game, Person, Player, Round
from geogame.rules.refusals import AlreadyGuessed, Away, BadInput, NotNow, NotYours, Refused, RunOut, TooLate, TooOften
from geogame.snapshots import snapshot

STATUS = {
    BadInput: 400,
    NotYours: 403,
    TooLate: 409,
    AlreadyGuessed: 409,
    NotNow: 409,
    RunOut: 410,
    TooOften: 429,
    Away: 503,
}
DELETED = (Game.DoesNotExist, Round.DoesNotExist)  # by somebody, while this request was on its way
View = Callable[..., HttpResponseBase]


def arrived_at(request: HttpRequest) -> datetime:
    """Return when a request reached this process: it may have stood in line while others were answered."""
    arrived = getattr(request, "scope", {}).get("arrived")  # by a clock that never jumps; see asgi.py
    waited_s = 0.0 if arrived is None else time.monotonic() - arrived
    return timezone.now() - timedelta(seconds=waited_s)


def state_for(game: Game, player: Player | None, person: Person | None) -> JsonResponse:
    """Answer with what this viewer may see now."""
    here = snapshot(game.pk, player.pk if player else None, timezone.now(), person.pk if person else None)
    answer = JsonResponse(here)
    answer["Cache-Control"] = "no-store"
    return answer


def refusing(view: View) -> View:
    """Turn a Refused into its status code and sentence; a game that was deleted meanwhile is not found."""

    @wraps(view)
    def answering(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except Refused as refusal:
            status = next(code for kind, code in STATUS.items() if isinstance(refusal, kind))
            return JsonResponse({"error": sentence(refusal)}, status=status)
        except DELETED as error:
            raise Http404 from error

    return answering


def refusing_page(view: View) -> View:
    """Turn a Refused into a page that says so; a game that was deleted meanwhile is not found."""

    @wraps(view)
    def answering(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except Refused as refusal:
            status = next(code for kind, code in STATUS.items() if isinstance(refusal, kind))
            return render(request, "403.html", {"reason": sentence(refusal), "status": status}, status=status)
        except DELETED as error:
            raise Http404 from error

    return answering


def body_of(request: HttpRequest) -> dict[str, Any]:
    """Parse a JSON object; raise BadInput for anything else. NaN and infinity are refused by `rules.sphere.point`."""
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError, RawPostDataException) as error:
        raise BadInput("The request is not JSON.") from error
    if not isinstance(body, dict):
        raise BadInput("The request is not a JSON object.")
    return body
