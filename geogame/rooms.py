"""The verbs of whoever leads a room, and of those who come and go. What a round does is in `play`.

The host is a person, with a seat or without. A room goes on when the host leaves: after a while those who have sat
there longest may take over. Each verb may run twice, or in two processes at once, without harm.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from geogame import play
from geogame.models import Game, Person, Player, Round, new_host_key
from geogame.news import announce
from geogame.rules import leading
from geogame.rules.refusals import NotNow, NotYours, gettext_noop


def may_lead(game: Game, person: Person | None) -> bool:
    """Tell whether somebody may start, end and skip rounds: a room's host, or anyone seated in a game without one."""
    if person is None:
        return False
    if game.host_id is not None:
        return game.host_id == person.pk
    return game.players.filter(person=person, removed_at=None).exists()


def go_on(game: Game, person: Person | None, now: datetime) -> Round | None:
    """Open the next round, or end the game after the last; return the round. Raises NotYours or NotNow."""
    _refuse_all_but_the_host(game, person)
    if not _seated(game).exists() and not game.rounds.filter(opened_at__isnull=False).exists():
        raise NotNow(gettext_noop("Nobody has come in yet."))  # later all may have gone, and it can still be ended
    opened = play.start_round(game, now)
    if opened is None:
        play.finish(game, now)
    return opened


def end_round(this_round: Round, person: Person | None, now: datetime) -> None:
    """Close the open round before its time; in an experiment only once the person has answered. Raises NotYours."""
    _refuse_all_but_the_host(this_round.game, person)
    if not this_round.guesses.filter(player__person=person).exists():
        _refuse_in_experiments(this_round.game)
    play.end_round(this_round, now)


@transaction.atomic
def skip_round(this_round: Round, person: Person | None, now: datetime) -> None:
    """Leave the open round without a reveal, it counts for nobody, and go on. Raises NotYours."""
    _refuse_all_but_the_host(this_round.game, person)
    _refuse_in_experiments(this_round.game)
    if play.skip_round(this_round, now):
        go_on(this_round.game, person, now)


@transaction.atomic
def lock(game: Game, person: Person | None, locked: bool, now: datetime) -> None:
    """Let nobody new come in, or let them again. Raises NotYours."""
    _refuse_all_but_the_host(game, person)
    Game.objects.filter(pk=game.pk).update(locked_at=now if locked else None)
    announce(game, "locked")


@transaction.atomic
def remove(player: Player, person: Person | None, now: datetime) -> None:
    """Take a player out of the room for good; what they guessed stays. Raises NotYours or NotNow."""
    _refuse_all_but_the_host(player.game, person)
    if player.is_machine:
        raise NotNow(gettext_noop("The machine stays: it is whom everybody plays against."))
    if person is not None and player.person_id == person.pk:
        raise NotNow(gettext_noop("To go yourself, leave the room: then you can come back."))
    _unseat(player, now, left=False)


@transaction.atomic
def leave(player: Player, now: datetime) -> None:
    """Go, and perhaps come back later. A host who goes leaves the room to whoever has sat there longest."""
    game = _unseat(player, now, left=True)
    if game.host_id == player.person_id and (heirs := leading.by_seniority(_seats(game))):
        _make_host(game, game.players.get(pk=heirs[0]).person, now)


def _refuse_in_experiments(game: Game) -> None:
    """Nobody goes past a round of an experiment: it would count for nobody, and be a hard one more often than not."""
    if game.experiment_id is not None:
        raise NotNow(gettext_noop("This is a game of an experiment: every round of it counts."))


def _unseat(player: Player, now: datetime, left: bool) -> Game:
    """Give up a seat, and return the game, locked. An open round may have nobody left to wait for."""
    _refuse_in_experiments(player.game)
    ahead = play.lock_ahead(player.game)
    game = play.lock_game(player.game)
    if Player.objects.filter(pk=player.pk, removed_at=None).update(removed_at=now, left=left):
        announce(game, "gone")
        for each in ahead:
            play.close_if_due(each, now)  # nothing becomes of the next one, which is not open
    return game


@transaction.atomic
def hand_over(game: Game, person: Person | None, to: Player, now: datetime) -> None:
    """Make another seated person the host. Raises NotYours or NotNow."""
    locked = play.lock_game(game)
    _refuse_all_but_the_host(locked, person)
    heir = _seat_now(locked, to)
    if heir is None:
        raise NotNow(gettext_noop("Only a person who sits in this room can lead it."))
    _make_host(locked, heir.person, now)


@transaction.atomic
def claim(game: Game, person: Person, key: str, now: datetime) -> None:
    """Lead the room from this browser: whoever shows the host's key is the host. Raises NotYours."""
    locked = play.lock_game(game)
    if not locked.is_room or not secrets.compare_digest(locked.host_key.encode(), key.encode()):
        raise NotYours(gettext_noop("This link to lead the room is no longer good."))
    if locked.host_id != person.pk:
        _make_host(locked, play.hold(person), now)


@transaction.atomic
def take_over(player: Player, now: datetime) -> None:
    """Lead a room whose host has been away for a while. Raises NotNow or NotYours."""
    locked = play.lock_game(player.game)
    seat = _seat_now(locked, player)
    if seat is None:
        raise NotYours(gettext_noop("You are no longer in this room."))
    if locked.host_id == seat.person_id:
        return
    may_at = take_over_at(locked, seat)
    if may_at is None or now < may_at:
        raise NotNow(gettext_noop("The host is still there."))
    _make_host(locked, seat.person, now)


def take_over_at(game: Game, player: Player) -> datetime | None:
    """Return from when on this player may take over, should the host give no sign of life until then."""
    if not game.is_room or game.host_id is None:
        return None
    host_seat = _seated(game).filter(person=game.host_id).values_list("pk", flat=True).first()
    return leading.take_over_at(_seats(game), host_seat, game.host_seen_at or game.created_at).get(player.pk)


def host_is_here(game: Game, person: Person | None, now: datetime) -> None:
    """Note a sign of life of the host; of anybody else nothing is noted."""
    if person is not None:
        Game.objects.filter(pk=game.pk, host=person).update(host_seen_at=now)


def _seated(game: Game) -> QuerySet[Player]:
    return game.players.filter(kind=Player.Kind.HUMAN, removed_at=None)


def _seat_now(locked: Game, player: Player) -> Player | None:
    """Return a person's seat as it is now that the game is locked, None if given up.

    Who sits in a locked game cannot be deleted: whoever would needs the lock first.
    """
    return _seated(locked).select_related("person").filter(pk=player.pk).first()


def _seats(game: Game) -> list[leading.Seated]:
    return [leading.Seated(*each) for each in _seated(game).values_list("joined_at", "pk")]


def _make_host(game: Game, person: Person | None, now: datetime) -> None:
    """A new host gets a new key: the old one's link leads no more."""
    Game.objects.filter(pk=game.pk).update(host=person, host_key=new_host_key(), host_seen_at=now)
    announce(game, "host")


def _refuse_all_but_the_host(game: Game, person: Person | None) -> None:
    game.refresh_from_db(fields=["host", "host_key"])
    if not may_lead(game, person):
        raise NotYours(gettext_noop("Only the host of this room can do that."))


@transaction.atomic
def again(game: Game, person: Person | None, cards: Sequence[play.Opponent], now: datetime) -> Game:
    """Open a game like this one after it has ended, once; whoever sat here comes in by themselves. Raises NotYours."""
    locked = play.lock_game(game)
    _refuse_all_but_the_host(locked, person)
    if locked.finished_at is None:
        raise NotNow(gettext_noop("This game is still going on."))
    if locked.next_game is not None:
        return locked.next_game
    seated = set(locked.players.filter(kind=Player.Kind.MACHINE).values_list("opponent", flat=True))
    following = play.open_game(
        locked.photo_set, [card for card in cards if card.name in seated], locked.rounds.count(), locked.time_limit_s,
        now, person, is_room=locked.is_room, countdown_s=locked.countdown_s, zoom=locked.zoom,
        photos_each=locked.photos_each,
    )  # fmt: skip
    host = locked.players.filter(person=person, removed_at=None).first()
    if host and host.person:
        play.join(following, host.person, host.name, now)
    Game.objects.filter(pk=locked.pk).update(next_game=following)
    announce(locked, "again")
    return following
