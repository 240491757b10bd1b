"""Who is asking? A person is known by a signed cookie, a seat by person and game; sockets and pages ask here alike.

An account is a name and a password by which the same person's cookie can be had in another browser. Whoever plays needs
the cookie alone; what is stored of somebody with an account is shown only to who is signed in.
"""

import uuid
from datetime import timedelta
from functools import lru_cache

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from geogame.models import Game, Person, Player, Round

COOKIE = "person"
SALT = "geogame.seats"
NEWCOMERS = "geogame.newcomers"
SAME_PRESS = timedelta(minutes=1)  # of a button; a page that is older may be somebody else's
MAX_AGE_S = 400 * 24 * 3600  # browsers keep no cookie longer


def key_from(cookie: str | None) -> uuid.UUID | None:
    """Return what a signed cookie says of whose it is; None where it is missing or forged."""
    try:
        return uuid.UUID(signing.Signer(salt=SALT).unsign(cookie or ""))
    except (signing.BadSignature, ValueError):
        return None


def person_from(cookie: str | None) -> Person | None:
    """Return the person of a signed cookie; None where it is missing, forged or forgotten."""
    key = key_from(cookie)
    return None if key is None else Person.objects.filter(key=key).first()


def person_of(request: HttpRequest) -> Person | None:
    """Return who plays in this browser, if anybody has yet: without a cookie the person of who is signed in."""
    found = person_from(request.COOKIES.get(COOKIE))
    if found is None and (user := _user_of(request)):
        return Person.objects.filter(user=user).first()
    return found


def newcomer_key() -> str:
    """Return what a form holds by which somebody new comes in: two presses of its button are then one person's."""
    return signing.Signer(salt=NEWCOMERS).sign(str(uuid.uuid4()))


def _newcomer(key: str, name: str) -> Person:
    try:
        wanted = uuid.UUID(signing.Signer(salt=NEWCOMERS).unsign(key))
    except (signing.BadSignature, ValueError):
        return Person.objects.create(name=name)
    person, _is_made = Person.objects.get_or_create(key=wanted, defaults={"name": name})
    return person if timezone.now() - person.created_at < SAME_PRESS else Person.objects.create(name=name)


def person_called(request: HttpRequest, name: str, key: str = "") -> Person:
    """Return who plays in this browser, made if nobody has yet, with the name that they gave now if any.

    `key` is a form's `newcomer_key`.
    """
    person = person_of(request)
    if person is None:
        user = _user_of(request)
        person = person_of_account(user) if user else _newcomer(key, name)
    if name and name != person.name:
        person.name = name
        Person.objects.filter(pk=person.pk).update(name=name)  # not `save`, which would bring a deleted row back
    return person


def person_of_account(user: User) -> Person:
    """Return the person of an account, made if it has not played yet."""
    return Person.objects.get_or_create(user=user, defaults={"name": user.get_username()[:40]})[0]


def is_owner(request: HttpRequest, person: Person) -> bool:
    """Tell whether this browser may see what is stored of a person: where they have an account, only signed in."""
    user = _user_of(request)
    return person.user_id is None or (user is not None and person.user_id == user.pk)


def _user_of(request: HttpRequest) -> User | None:
    user: AbstractBaseUser | AnonymousUser | None = getattr(request, "user", None)
    return user if isinstance(user, User) and user.is_authenticated else None


def player_of(person: Person | None, code: str) -> Player | None:
    """Return this person's seat in the game of this code; who left it or was taken out has none."""
    if person is None:
        return None
    return (
        Player.objects.select_related("game", "game__photo_set")
        .filter(person=person, game__code=code, removed_at=None)
        .first()
    )


@lru_cache(maxsize=20_000)
def game_of(round_pk: uuid.UUID) -> int:
    """Return the key of the game of a round that has opened; remembered: it stays so. Raises LookupError."""
    game = Round.objects.filter(pk=round_pk, opened_at__isnull=False).values_list("game", flat=True).first()
    if game is None:
        raise LookupError("no such round, or not yet")
    return game


@lru_cache(maxsize=20_000)
def seat_in(cookie: str, game_pk: int) -> int:
    """Return the key of a browser's seat in a game; remembered, since it never becomes another.

    Whether it may still play is for the verbs to say. Raises LookupError.
    """
    key = key_from(cookie)
    if key is None:
        raise LookupError("nobody is known by this cookie")
    seat = Player.objects.filter(person__key=key, game=game_pk, removed_at=None).values_list("pk", flat=True).first()
    if seat is None:
        raise LookupError("no seat in this game")
    return seat


def player_in(person: Person | None, game: Game) -> Player | None:
    return player_of(person, game.code)


def remember(response: HttpResponse, person: Person, secure: bool) -> None:
    """Give the browser its cookie: signed, out of reach of scripts, sent to this site alone."""
    signed = signing.Signer(salt=SALT).sign(str(person.key))
    response.set_cookie(COOKIE, signed, max_age=MAX_AGE_S, httponly=True, samesite="Lax", secure=secure)


def forget(response: HttpResponse) -> None:
    """Take the cookie from the browser: whoever plays there next is somebody new."""
    response.delete_cookie(COOKIE, samesite="Lax")
