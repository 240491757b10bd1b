"""Who is asking? A person is known by a signed cookie, a seat by person and game; sockets and pages ask here alike."""

import uuid

from django.core import signing
from django.http import HttpRequest, HttpResponse

from geogame.models import Game, Person, Player

COOKIE = "person"
SALT = "geogame.seats"
MAX_AGE_S = 400 * 24 * 3600  # browsers keep no cookie longer


def person_from(cookie: str | None) -> Person | None:
    """Return the person of a signed cookie; None where it is missing, forged or forgotten."""
    try:
        key = uuid.UUID(signing.Signer(salt=SALT).unsign(cookie or ""))
    except (signing.BadSignature, ValueError):
        return None
    return Person.objects.filter(key=key).first()


def person_of(request: HttpRequest) -> Person | None:
    """Return who plays in this browser, if anybody has yet."""
    return person_from(request.COOKIES.get(COOKIE))


def person_called(request: HttpRequest, name: str) -> Person:
    """Return who plays in this browser, made if nobody has yet, with the name that they gave now if any."""
    person = person_of(request) or Person()
    if name and name != person.name:
        person.name = name
    person.save()
    return person


def player_of(person: Person | None, code: str) -> Player | None:
    """Return this person's seat in the game of this code; who left it or was taken out has none."""
    if person is None:
        return None
    return (
        Player.objects.select_related("game", "game__photo_set")
        .filter(person=person, game__code=code, removed_at=None)
        .first()
    )


def player_in(person: Person | None, game: Game) -> Player | None:
    return player_of(person, game.code)


def remember(response: HttpResponse, person: Person, secure: bool) -> None:
    """Give the browser its cookie: signed, out of reach of scripts, sent to this site alone."""
    signed = signing.Signer(salt=SALT).sign(str(person.key))
    response.set_cookie(COOKIE, signed, max_age=MAX_AGE_S, httponly=True, samesite="Lax", secure=secure)
