"""The verbs of the game. Every change to a game goes through one of these functions: lock the round, ask the rules,
write the facts, announce. Time is an argument; each verb may run twice, or in two processes at once, without harm.

All verbs, here, in `rooms` and in `explanations`, lock in one order: rounds first, in the order of their numbers, then
the game, then seats. To announce is to lock the game, so no round is locked after that. Experiments come before all of
these, several in the order of their keys (`experiments.lock_of`); persons come last. Two that wait for each other would
lose what one of them wrote.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from geogame import photos
from geogame.models import (
    Commitment,
    Draft,
    Exhibit,
    ExhibitPhoto,
    Experiment,
    Game,
    Guess,
    Person,
    PhotoSet,
    Player,
    Prediction,
    Round,
)
from geogame.news import CLOSED, FINISHED, GUESSED, OPENED, announce
from geogame.rules import commitments, names, rounds, scoring, sphere
from geogame.rules.refusals import AlreadyGuessed, NotNow, NotYours, Refused, TooLate, gettext_noop
from geogame.rules.sphere import Point

MOST_SEATS = 500  # of people in one room
ROUNDS_AHEAD = 1  # of the one that is showing: the machines may answer it meanwhile
TRIES = 3  # of a batch of guesses that the database undid for another transaction's sake
ANSWERED = "answered"  # a machine did, or the first of the people, whose guess began the countdown
UNDONE = frozenset({"40P01", "40001"})  # SQLSTATE: deadlock, serialization failure


class Opponent(Protocol):
    """What the game must know of a machine to seat it."""

    @property
    def name(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def weights(self) -> str: ...
    @property
    def domain(self) -> str: ...
    @property
    def painter(self) -> int: ...
    @property
    def explains(self) -> bool: ...


@transaction.atomic
def open_game(
    photo_set: PhotoSet,
    opponents: Sequence[Opponent],
    n_rounds: int,
    time_limit_s: int | None,
    now: datetime,
    host: Person | None = None,
    *,
    is_room: bool = False,
    countdown_s: int | None = None,
    zoom: bool = True,
    photos_each: photos.PhotosEach = "any",
) -> Game:
    """Open a game: draw its exhibits (those that `host` has not met come first) and seat the machines.

    In a room others may sit in, and the host leads.
    """
    photos.refuse_nothing(photo_set, photos_each)
    exhibits = photos.pick(photo_set, n_rounds, host, photos_each)
    refuse_another_world(photo_set, opponents)
    game = Game.objects.create(
        photo_set=photo_set,
        domain=photo_set.domain,
        time_limit_s=time_limit_s,
        countdown_s=countdown_s,
        zoom=zoom,
        photos_each=photos_each,
        machine_wait_s=settings.MACHINE_WAIT_S,
        is_room=is_room,
        host=host,
        host_seen_at=now,
        created_at=now,
    )
    _draw(game, exhibits, now)
    _seat_machines(game, opponents, now)
    promise_ahead(game, now)
    return game


@transaction.atomic
def open_sealed(
    experiment: Experiment, domain: str, exhibits: Sequence[Exhibit], opponent: Opponent, now: datetime
) -> Game:
    """Open a game for one person in an experiment: exactly these exhibits, in this order, by the sealed settings."""
    game = Game.objects.create(
        experiment=experiment,
        photo_set=experiment.photo_set,
        domain=domain,
        time_limit_s=experiment.time_limit_s,
        zoom=experiment.zoom,
        machine_wait_s=settings.MACHINE_WAIT_S,
        created_at=now,
    )
    _draw(game, exhibits, now)
    _seat_machines(game, [opponent], now)
    promise_ahead(game, now)
    return game


def _draw(game: Game, exhibits: Sequence[Exhibit], now: datetime) -> None:
    """Make the rounds, and promise all their places: what is told before any photo's address cannot follow from it."""
    drawn = Round.objects.bulk_create(
        Round(
            game=game,
            number=number,
            exhibit=exhibit,
            lat=exhibit.lat,
            lng=exhibit.lng,
            wanted_at=now if number <= 1 + ROUNDS_AHEAD else None,
        )
        for number, exhibit in enumerate(exhibits, start=1)
    )
    Commitment.objects.bulk_create(_promise(each, None, each.truth(), now) for each in drawn)


def _seat_machines(game: Game, opponents: Sequence[Opponent], now: datetime) -> None:
    for card in opponents:
        Player.objects.create(
            game=game,
            kind=Player.Kind.MACHINE,
            name=card.label,
            opponent=card.name,
            weights=card.weights,
            domain=card.domain,
            explains=card.explains,
            joined_at=now,
        )


def refuse_another_world(photo_set: PhotoSet, opponents: Sequence[Opponent]) -> None:
    """Refuse a made-up set that another version of the painter painted than an opponent has learnt from."""
    painters = photos.painters(photo_set)
    for card in opponents:
        if card.painter and painters - {str(card.painter)}:
            raise NotNow(
                gettext_noop(
                    "The pictures of this set were painted by version %(set)s of Toy Earth's painter; %(name)s has "
                    "learnt version %(own)d, another world. Choose another set."
                ),
                set=", ".join(sorted(painters)),
                name=card.label,
                own=card.painter,
            )


@transaction.atomic
def join(game: Game, person: Person, name: str, now: datetime) -> Player:
    """Seat a person, from the next round on where one is showing; the same person always gets the same seat.

    Whoever left may come back, into the round that they left too; whoever the host removed may not. Raises NotNow or
    NotYours.
    """
    locked = lock_game(game)
    seat = locked.players.filter(person=person).first()
    if seat and seat.removed_at is None:
        return seat
    if locked.finished_at:
        raise NotNow(gettext_noop("This game is over."))
    if seat is None:
        _refuse_newcomer(locked)
        hold(person)
        seat = Player(game=locked, person=person, kind=Player.Kind.HUMAN)
        seat.from_round = _next_number(locked)
    elif not seat.left:
        raise NotYours(gettext_noop("The host has taken you out of this room."))
    elif not _left_during_open_round(seat):
        seat.from_round = _next_number(locked)
    seat.name = _free_name(locked.players.exclude(pk=seat.pk), name)
    seat.joined_at, seat.removed_at, seat.left = now, None, False
    seat.save()
    announce(locked, "joined")
    return seat


def hold(person: Person) -> Person:
    """Return the person anew, so that they stay until this transaction ends. Lock games first. Raises NotYours."""
    held = Person.objects.select_for_update(no_key=True).filter(pk=person.pk).first()
    if held is None:
        raise NotYours(gettext_noop("What was stored about you has been deleted. Load the page anew to come in again."))
    return held


def _refuse_newcomer(game: Game) -> None:
    if game.locked_at:
        raise NotNow(gettext_noop("The host has locked this room: nobody new can come in."))
    if not game.rounds.filter(opened_at=None).exists():
        raise NotNow(gettext_noop("The last round has begun already: nobody new can play. You can still watch."))
    if game.players.filter(kind=Player.Kind.HUMAN).count() >= MOST_SEATS:
        raise NotNow(gettext_noop("This room is full: it has %(most)d seats."), most=MOST_SEATS)


def _next_number(game: Game) -> int:
    return game.rounds.filter(opened_at__isnull=False).count() + 1


def _left_during_open_round(seat: Player) -> bool:
    """Tell whether a round is showing that this seat played in when its person left: it is still theirs."""
    showing = seat.game.rounds.filter(opened_at__lte=seat.removed_at, closed_at=None, number__gte=seat.from_round)
    return showing.exists()


def _free_name(others: QuerySet[Player], name: str) -> str:
    """Return the name, with a number behind it where another seat has it: nobody could tell the two apart."""
    taken = {names.alike(each) for each in others.values_list("name", flat=True)}
    wanted = (name, *(f"{name[:54]} {number}" for number in range(2, MOST_SEATS + 10)))
    return next(each for each in wanted if names.alike(each) not in taken)


def refuse_stranger(player: Player, this_round: Round) -> None:
    """Refuse who has no seat in this game, was taken out of it, or sits in only from a later round. Raises NotYours."""
    if player.game_id != this_round.game_id:
        raise NotYours
    if player.removed_at is not None:
        raise NotYours(gettext_noop("You are no longer in this room."))
    if player.from_round > this_round.number:
        raise NotYours(gettext_noop("You came in while this round was showing: you play from the next one on."))


@transaction.atomic
def start_round(game: Game, now: datetime) -> Round | None:
    """Open the next round; machines that have an answer already give it. Return None when no round is left."""
    ahead = lock_ahead(game)
    if ahead and ahead[0].opened_at is not None and not close_if_due(ahead.pop(0), now):
        raise NotNow(gettext_noop("This round is still open."))
    if not ahead:
        return None
    this_round = ahead[0]
    this_round.opened_at = now
    this_round.closes_at = now + timedelta(seconds=game.time_limit_s) if game.time_limit_s else None
    this_round.save(update_fields=["opened_at", "closes_at"])
    game.rounds.filter(number=this_round.number + ROUNDS_AHEAD, wanted_at=None).update(wanted_at=now)
    announce(game, OPENED)
    answer_for_machines(this_round, now)
    promise_ahead(game, now)
    return this_round


@dataclass(frozen=True)
class Sent:
    """A guess by the player of this key, which reached the server at `at`; `key` makes its repetition harmless."""

    player: int
    point: Point
    key: str
    at: datetime
    looked_away: int | None = None


def guess(
    player: Player, this_round: Round, point: Point, key: str, now: datetime, looked_away: int | None = None
) -> Guess:
    """Lock in one guess. Raises NotYours, TooLate or AlreadyGuessed."""
    (made,) = guess_all(this_round.pk, [Sent(player.pk, point, key, now, looked_away)])
    if isinstance(made, Refused):
        raise made
    return made


def guess_all(round_pk: uuid.UUID, sent: Sequence[Sent]) -> list[Guess | Refused]:
    """Lock in guesses in the order of their arrival; return each, or why it was refused, in the order given.

    The same key again returns the first answer; another key is refused. A refusal changes nothing for the others. What
    the database undoes for the sake of another transaction is tried again: no guess may be lost.
    """
    for _ in range(TRIES - 1):
        try:
            return _guess_all(round_pk, sent)
        except OperationalError as error:
            if connection.in_atomic_block or getattr(error.__cause__, "sqlstate", "") not in UNDONE:
                raise
    return _guess_all(round_pk, sent)


@transaction.atomic
def _guess_all(round_pk: uuid.UUID, sent: Sequence[Sent]) -> list[Guess | Refused]:
    locked, latest = _lock(round_pk, max(each.at for each in sent))
    closes_at = locked.closes_at
    players = locked.game.players.in_bulk([each.player for each in sent])
    known = {each.player_id: each for each in Guess.objects.filter(round=locked, player__in=players)}
    answers: dict[int, Guess | Refused] = {}
    new: list[Guess] = []
    for place, each in sorted(enumerate(sent), key=lambda one: one[1].at):
        try:
            answers[place] = made = _guess(locked, players.get(each.player), known.get(each.player), each)
        except Refused as refusal:
            answers[place] = refusal
        else:
            if each.player not in known:
                known[each.player] = made
                new.append(made)
    if new:
        _write(locked, new)
        is_plain = locked.closes_at == closes_at and not any(each.player.is_machine for each in new)
        if not _close_if_due(locked, latest):
            announce(locked.game, GUESSED if is_plain else ANSWERED)
    return [answers[place] for place in range(len(sent))]


def _guess(locked: Round, player: Player | None, earlier: Guess | None, sent: Sent) -> Guess:
    """Return the guess that this is: the one of before, or one that is yet to be written. Raises Refused."""
    if player is None:
        raise NotYours
    if earlier and sent.key and earlier.key == sent.key:
        return earlier  # whatever has become of the seat since
    refuse_stranger(player, locked)
    if earlier:  # the player's own, or what the round closed with
        raise TooLate if earlier.auto or earlier.lat is None else AlreadyGuessed
    at = max(sent.at, locked.opened_at or sent.at)
    if not locked.is_open(at):
        raise TooLate
    if not player.is_machine:
        _start_countdown(locked, at)
    return _new_guess(player, locked, sent.point, at, key=sent.key, looked_away=sent.looked_away)


def _start_countdown(locked: Round, now: datetime) -> None:
    """From the first guess on the others have so many seconds, where the game says so and less time is not left."""
    if locked.game.countdown_s is None:
        return
    end = now + timedelta(seconds=locked.game.countdown_s)
    if locked.closes_at is None or end < locked.closes_at:
        locked.closes_at = end
        locked.save(update_fields=["closes_at"])


@transaction.atomic
def draft(player: Player, this_round: Round, point: Point, now: datetime) -> None:
    """Keep a dropped pin, unseen by others: at the deadline it becomes the guess."""
    locked, now = _lock(this_round.pk, now)
    seat = locked.game.players.filter(pk=player.pk).first()  # anew: they may have gone a moment ago
    if seat is None:
        raise NotYours
    refuse_stranger(seat, locked)
    if Guess.objects.filter(round=locked, player=seat).exists():
        raise AlreadyGuessed
    if not locked.is_open(now):
        raise TooLate
    Draft.objects.update_or_create(
        round=locked, player=seat, defaults={"lat": point.lat, "lng": point.lng, "updated_at": now}
    )


@transaction.atomic
def answer_for_machines(this_round: Round, now: datetime) -> None:
    """Let every seated machine whose prediction is stored give it, once, as its guess in an open round."""
    locked, now = _lock(this_round.pk, now)
    if not locked.is_open(now):
        return
    waiting = locked.game.players.filter(kind=Player.Kind.MACHINE).exclude(guesses__round=locked)
    for machine in waiting:
        prediction = _prediction(locked, machine)
        point = prediction and prediction.point()
        if point:
            guess(machine, locked, point, key="", now=now)
        elif prediction:  # the machine could not read the photo: it has no answer, and nobody waits for one
            _write(locked, [_new_guess(machine, locked, None, now)])
            announce(locked.game, ANSWERED)
            _close_if_due(locked, now)


def _prediction(this_round: Round, machine: Player) -> Prediction | None:
    stored = Prediction.objects.filter(
        exhibit=this_round.exhibit_id, opponent=machine.opponent, weights=machine.weights
    )
    return stored.defer("probabilities").first()


@transaction.atomic
def promise_ahead(game: Game, now: datetime) -> None:
    """Promise what the machines will answer in the next round, where that is known: before its photo is shown."""
    following = game.rounds.select_for_update().filter(opened_at=None).order_by("number").first()
    if following is None:
        return
    silent = game.players.filter(kind=Player.Kind.MACHINE).exclude(commitments__round=following)
    made = [
        _promise(following, machine, known.point(), now)
        for machine in silent
        if (known := _prediction(following, machine))
    ]
    if made:
        Commitment.objects.bulk_create(made)
        announce(game, ANSWERED)


@transaction.atomic
def close_if_due(this_round: Round, now: datetime) -> bool:
    """Close a round whose time has come; return whether this call did it. Bell, last guess and sweep all end here."""
    return _close_if_due(*_lock(this_round.pk, now))


@transaction.atomic
def finish(game: Game, now: datetime) -> bool:
    """End a game whose rounds are all closed; return whether this call ended it."""
    if game.rounds.filter(closed_at=None).exists():
        return False
    if not Game.objects.filter(pk=game.pk, finished_at=None).update(finished_at=now):
        return False  # somebody else ended it first
    announce(game, FINISHED)
    return True


def _lock(round_pk: uuid.UUID, now: datetime) -> tuple[Round, datetime]:
    """Return the round, locked, and the time: never before the round opened, whatever this machine's clock says."""
    locked = Round.objects.select_for_update(of=("self",)).select_related("game").get(pk=round_pk)
    return locked, max(now, locked.opened_at or now)


def lock_ahead(game: Game) -> list[Round]:
    """Return the round that is open, if one is, and the next two, all locked."""
    return list(game.rounds.select_for_update().filter(closed_at=None).order_by("number")[:3])


def lock_game(game: Game) -> Game:
    """Return the game, locked: those who come in and go take turns. Lock the rounds first, if any is to be touched."""
    return Game.objects.select_for_update(of=("self",)).select_related("photo_set").get(pk=game.pk)


def _close_if_due(locked: Round, now: datetime) -> bool:
    if locked.opened_at is None or locked.closed_at is not None:
        return False
    in_time = locked.closes_at is None or now < locked.closes_at + rounds.IN_LINE
    if in_time and _somebody_thinks(locked):  # nearly always, and in a large room the rest is long
        return False
    if not rounds.is_due(seats_in(locked), locked.opened_at, locked.closes_at, locked.game.machine_wait(), now):
        return False
    _settle(locked, now, locked.game.players.all())
    _close(locked, now)
    return True


def _close(locked: Round, now: datetime) -> None:
    locked.closed_at = now
    locked.save(update_fields=["closed_at", "skipped"])
    announce(locked.game, CLOSED)


@transaction.atomic
def end_round(this_round: Round, now: datetime) -> bool:
    """End a round for its people before its time: pins that were dropped count. Return whether it has closed with that.

    A machine that still thinks is waited for, as after a last guess: by being quick nobody takes its answer away.
    """
    locked, now = _lock(this_round.pk, now)
    if locked.opened_at is None or locked.closed_at is not None:
        return False
    people = locked.game.players.filter(kind=Player.Kind.HUMAN)
    _settle(locked, now, people)
    if _close_if_due(locked, now):
        return True
    if playing_in(locked).filter(kind=Player.Kind.HUMAN).exists():
        announce(locked.game, ANSWERED)
        return False
    _settle(locked, now, locked.game.players.all())  # all have gone: there is nobody whom the machine plays against
    _close(locked, now)
    return True


@transaction.atomic
def skip_round(this_round: Round, now: datetime) -> bool:
    """Close a round without a reveal: it counts for nobody. Return whether this call did it."""
    lock_ahead(this_round.game)  # the next one too: whoever skips a round opens that
    locked, now = _lock(this_round.pk, now)
    if locked.opened_at is None or locked.closed_at is not None:
        return False
    locked.skipped = True
    _close(locked, now)
    return True


def _somebody_thinks(this_round: Round) -> bool:
    people = this_round.game.players.filter(kind=Player.Kind.HUMAN, removed_at=None, from_round__lte=this_round.number)
    answered = Guess.objects.filter(round=this_round, player=OuterRef("pk"))
    return people.filter(~Exists(answered)).exists()


def playing_in(this_round: Round) -> QuerySet[Player]:
    """Return who plays in this round: seated in time and not gone, or gone after having answered."""
    return this_round.game.players.filter(
        Q(removed_at=None, from_round__lte=this_round.number) | Q(guesses__round=this_round)
    ).distinct()


def seats_in(this_round: Round) -> list[rounds.Seat]:
    """Return who plays in this round and when each answered."""
    answered = dict(this_round.guesses.values_list("player_id", "created_at"))
    kinds = playing_in(this_round).values_list("pk", "kind")
    return [rounds.Seat(kind == Player.Kind.MACHINE, answered.get(player)) for player, kind in kinds]


def _settle(locked: Round, now: datetime, players: QuerySet[Player]) -> None:
    """Turn these players' dropped pins into guesses, and write a row of NULLs for whoever gave no answer.

    For whoever left meanwhile too, who is not waited for: else one could leave a hard round and come back.
    """
    drafts = {draft.player_id: draft.point() for draft in locked.drafts.all()}
    seated = players.filter(from_round__lte=locked.number)
    played = seated.filter(Q(removed_at=None) | Q(left=True, removed_at__gte=locked.opened_at))
    silent = played.exclude(guesses__round=locked)
    _write(locked, [_new_guess(each, locked, drafts.get(each.pk), now, auto=each.pk in drafts) for each in silent])


def _new_guess(
    player: Player,
    locked: Round,
    point: Point | None,
    now: datetime,
    key: str = "",
    auto: bool = False,
    looked_away: int | None = None,
) -> Guess:
    """Return the one Guess of this player and round, yet to be written; `point` None is a missing answer: NULL."""
    error_km = None if point is None else sphere.distance_km(point, locked.truth())
    assert locked.opened_at is not None
    return Guess(
        round=locked,
        player=player,
        lat=point.lat if point else None,
        lng=point.lng if point else None,
        error_km=error_km,
        points=None if error_km is None else scoring.points(error_km),
        seconds=None if point is None else (now - locked.opened_at).total_seconds(),
        auto=auto,
        key=key,
        looked_away=looked_away,
        created_at=now,
    )


def _write(locked: Round, new: Sequence[Guess]) -> None:
    """Write new guesses; a machine's is promised in the same moment."""
    persons = {guess.player.person_id for guess in new if guess.player.person_id is not None}
    met = _who_has_met(locked, persons) if persons else set()
    for guess in new:
        guess.seen_before = guess.player.person_id in met
        if guess.player.is_machine:
            _commit(locked, guess.player, guess.point(), guess.created_at)
    Guess.objects.bulk_create(new)


def _commit(locked: Round, player: Player | None, point: Point | None, now: datetime) -> None:
    """Promise the place (no player), or a machine's answer; what was promised stays."""
    if not Commitment.objects.filter(round=locked, player=player).exists():
        _promise(locked, player, point, now).save()


def _promise(this_round: Round, player: Player | None, point: Point | None, now: datetime) -> Commitment:
    salt = commitments.new_salt()
    of = f"{player.opponent}@{player.weights}" if player else "place"
    digest = commitments.digest(str(this_round.pk), of, point, salt)
    return Commitment(round=this_round, player=player, salt=salt, digest=digest, made_at=now)


def _who_has_met(locked: Round, persons: Collection[int]) -> set[int | None]:
    """Return which of these persons were shown the exhibit, or a copy, in another game before this round opened.

    Of two games in two tabs, one round is the first: that which opened first (or has the smaller key).
    """
    opened_before = Q(game__rounds__opened_at__lt=locked.opened_at)
    smaller = Q(game__rounds__opened_at=locked.opened_at, game__rounds__pk__lt=locked.pk)
    shown = _copies(locked.exhibit_id) | {locked.exhibit_id}
    seats = Player.objects.filter(opened_before | smaller, game__rounds__exhibit__in=shown, person__in=persons)
    return set(seats.exclude(game=locked.game_id).values_list("person", flat=True))


def _copies(exhibit: int) -> set[int]:
    """Return the keys of the exhibits that show a file of this one, in whichever set."""
    files = ExhibitPhoto.objects.filter(exhibit=exhibit).order_by().values("photo__original_sha256")
    everywhere = PhotoSet.objects.order_by().values("pk")  # the index of files begins with their sets
    found = Exhibit.objects.filter(photos__photo_set__in=everywhere, photos__original_sha256__in=files)
    return set(found.order_by().values_list("pk", flat=True))
