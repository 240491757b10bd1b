"""The verbs of a person: have an account, see all that is stored of them, have it deleted.

Deleting is the one hand that touches closed rounds, and it touches the person's own answers alone.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.db.models import F, Model, ProtectedError, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from geogame import comparisons, experiments, play, rooms, seats
from geogame.models import Comparison, Draft, Game, Guess, Person, Player, Round, Slot
from geogame.news import announce
from geogame.rules import standings
from geogame.rules.standings import Outcome
from geogame.selections import Selection
from geogame.voiding import WITHDRAWN

TRIES = 3  # of a deletion, where the person sits down in another tab meanwhile
LATEST = 20  # games that a page lists
Json = dict[str, Any]


@transaction.atomic
def sign_up(user: User, guest: Person | None) -> Person:
    """Give a new account the guest of this browser with all their games, under a new key: old cookies are nobody's."""
    if guest is not None and Person.objects.filter(pk=guest.pk, user=None).update(user=user, key=uuid.uuid4()):
        Person.objects.filter(pk=guest.pk, name="").update(name=user.get_username()[:40])
        seats.seat_in.cache_clear()
    return seats.person_of_account(user)


def renew_key(person: Person) -> None:
    """Give a person a new key, so that the cookies of all other browsers are nobody's."""
    person.key = uuid.uuid4()
    person.save(update_fields=["key"])
    seats.seat_in.cache_clear()


@transaction.atomic
def put_in_group(persons: QuerySet[Person], group: str) -> int:
    """Put people in a group, or in none; return how many were in another. Comparisons of groups follow."""
    changed = persons.exclude(group=group).update(group=group)
    comparisons.forget()
    return changed


@dataclass(frozen=True)
class Figures:
    """How somebody fared in the rounds that count: those of the leaderboard."""

    rounds: int
    median_km: float | None  # None where it falls on a missing answer
    won: int  # duels with a machine
    lost: int
    tied: int


def figures(person: Person) -> Figures:
    """Reckon somebody's own figures."""
    own = dict(Selection().people().filter(player__person=person).values_list("round", "error_km"))
    met = Selection().machines().filter(round__game__players__person=person)
    machines = [(each, km) for each, km in met.values_list("round", "error_km") if each in own]
    ends = [standings.duel(own[each], km) for each, km in machines]
    won, lost, tied = (ends.count(end) for end in (Outcome.WON, Outcome.LOST, Outcome.TIED))
    return Figures(len(own), standings.median_km(own.values()), won, lost, tied)


@dataclass(frozen=True)
class Played:
    """One game of somebody, in a line."""

    code: str
    photo_set: str
    name: str  # that they had in it
    joined_at: datetime
    rounds: int  # that they have an answer in, or a missing one
    median_km: float | None
    void_reason: str  # why it does not count; empty: it does


def games(person: Person) -> list[Played]:
    """Return somebody's latest games, newest first."""
    latest = list(person.seats.select_related("game__photo_set").order_by("-joined_at")[:LATEST])
    told = Guess.objects.filter(player__in=latest, round__closed_at__isnull=False, round__skipped=False)
    errors: dict[int, list[float | None]] = defaultdict(list)
    for player, error_km in told.values_list("player", "error_km"):
        errors[player].append(error_km)
    return [
        Played(
            seat.game.code, seat.game.photo_set.name, seat.name, seat.joined_at, len(errors[seat.pk]),
            standings.median_km(errors[seat.pk]), seat.void_reason,
        )
        for seat in latest
    ]  # fmt: skip


def stored(person: Person) -> Json:
    """Return all that is stored of a person, as JSON can hold it, and of nobody else.

    What would tell a place that is not yet told (or never, in a round that was skipped) is left out.
    """
    own = person.seats.select_related("game__photo_set", "game__experiment", "game__slot").order_by("pk")
    guesses, drafts = _by_seat(Guess, person), _by_seat(Draft, person)
    return {
        "person": {"name": person.name, "key": person.key, "group": person.group, "since": person.created_at},
        "account": _account(person.user) if person.user else None,
        "leads": list(person.hosted.order_by("pk").values_list("code", flat=True)),
        "games": [_seat(seat) | {"guesses": guesses[seat.pk], "pins": drafts[seat.pk]} for seat in own],
    }


def _account(user: User) -> Json:
    names = ("username", "first_name", "last_name", "email", "date_joined", "last_login", "is_staff")
    return {name: getattr(user, name) for name in names}


def _seat(seat: Player) -> Json:
    slot: Slot | None = getattr(seat.game, "slot", None)
    experiment = seat.game.experiment
    return {
        "game": seat.game.code,
        "photo_set": seat.game.photo_set.name,
        "name": seat.name,
        "joined_at": seat.joined_at,
        "left_at": seat.removed_at,
        "left_by_yourself": seat.left,
        "from_round": seat.from_round,
        "does_not_count_since": seat.voided_at,
        "does_not_count_because": seat.void_reason,
        "experiment": experiment and experiment.slug,
        "place_in_experiment": slot and slot.number,
    }


def _by_seat(kind: type[Guess] | type[Draft], person: Person) -> dict[int, list[Json]]:
    """Return a person's guesses or dropped pins as they are stored, by seat."""
    columns = [each.attname for each in kind._meta.concrete_fields if each.name not in {"id", "round", "player"}]
    rows = kind.objects.filter(player__person=person).order_by("player", "round__number")
    told: dict[int, list[Json]] = defaultdict(list)
    facts = ("player_id", "round__number", "round__closed_at", "round__skipped")
    for row in rows.values(*facts, *columns):
        player, number, closed_at, skipped = (row.pop(name) for name in facts)
        if closed_at is None or skipped:  # the distance from one's own pin says nearly where the place is
            row = {name: value for name, value in row.items() if name not in {"error_km", "points"}}
        told[player].append({"round": number} | row)
    return told


def forget(person: Person, now: datetime) -> None:
    """Delete all that is stored of a person; twice does no harm.

    Games that were nobody else's go whole. Of others and of experiments an empty chair stays, without an answer. An
    account goes too, but for that of staff, whom the site needs.
    """
    for _ in range(TRIES - 1):
        try:
            return _forget(person.pk, now)
        except (ProtectedError, ObjectDoesNotExist):  # they have sat down meanwhile, or another tab deletes as well
            continue
    return _forget(person.pk, now)


@transaction.atomic
def _forget(person_pk: int, now: datetime) -> None:
    person = Person.objects.select_related("user").filter(pk=person_pk).first()
    if person is None:
        return
    games = Game.objects.filter(Q(players__person=person) | Q(host=person))
    experiments.lock_of(games)  # first, as every verb does: see `play`
    for game in games.distinct().order_by("pk"):
        ahead = play.lock_ahead(game)
        locked = play.lock_game(game)
        if _is_nobody_elses(locked, person):
            _delete(locked)
        else:
            _withdraw(locked, ahead, person, now)
    Person.objects.select_for_update().get(pk=person.pk)  # games come first: whoever sits down holds one, and waits
    _delete_account(person)
    person.delete()
    comparisons.forget()
    transaction.on_commit(_forget_seats)


def _forget_seats() -> None:
    """Forget what this process remembers of cookies and rounds; elsewhere the verbs refuse who is gone."""
    seats.seat_in.cache_clear()
    seats.game_of.cache_clear()


def _is_nobody_elses(game: Game, person: Person) -> bool:
    others = game.players.filter(kind=Player.Kind.HUMAN).exclude(person=person).exclude(void_reason=WITHDRAWN)
    return game.experiment_id is None and game.host_id in (None, person.pk) and not others.exists()


def _delete(game: Game) -> None:
    nobody = list(game.players.filter(void_reason=WITHDRAWN).values_list("person", flat=True))
    Comparison.objects.filter(selection__game=game.code).delete()
    game.delete()
    Person.objects.filter(pk__in=nobody).delete()


def _withdraw(game: Game, ahead: Iterable[Round], person: Person, now: datetime) -> None:
    """Take a person out of a game that others are in too, or that belongs to an experiment."""
    seat = game.players.filter(person=person).first()
    if seat is not None:
        experiments.exclude(game, Slot.Excluded.WITHDRAWN, now)  # first: the end of the last round would complete it
        _empty(seat, now)
    _hand_on(game, person, now)
    for each in ahead:
        play.close_if_due(each, now)  # there may be nobody left to wait for
    announce(game, "withdrawn")


def _empty(seat: Player, now: datetime) -> None:
    """Leave an empty chair: of somebody who is nobody, and another in each game.

    It plays in no round: else the next closing would write a missing answer for it.
    """
    Draft.objects.filter(player=seat).delete()
    Guess.objects.filter(player=seat).delete()
    Player.objects.filter(pk=seat.pk, removed_at=None).update(removed_at=now, left=True)
    Player.objects.filter(pk=seat.pk).update(
        person=Person.objects.create(created_at=now),
        name=WITHDRAWN,
        from_round=seat.game.rounds.count() + 1,
        voided_at=Coalesce(F("voided_at"), Value(now)),
        void_reason=WITHDRAWN,
    )


def _hand_on(game: Game, person: Person, now: datetime) -> None:
    """Let whoever has sat there longest lead a game that goes on without its host."""
    game.refresh_from_db(fields=["host", "finished_at"])
    heir = game.players.filter(kind=Player.Kind.HUMAN, removed_at=None).order_by("joined_at", "pk").first()
    if heir and game.host_id == person.pk and game.finished_at is None:
        rooms.hand_over(game, person, heir, now)


def _delete_account(person: Person) -> None:
    """Delete the account and the name from the admin's history; staff keep their account.

    Its sessions are nobody's then. They are not looked for: that would mean reading everybody's.
    """
    user = person.user
    _unname(Person, [person.pk])
    if user is None or user.is_staff:
        return
    _unname(User, [user.pk])
    user.delete()


def _unname(kind: type[Model], keys: Iterable[int]) -> None:
    entries = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(kind), object_id__in=[str(key) for key in keys]
    )
    entries.update(object_repr=WITHDRAWN, change_message="")
