"""The verbs of whoever leads a room, and of those who come and go. What a round does is in `play`.

The host is a person, with a seat or without. A room goes on when the host leaves: after a while those who have sat
there longest may take over. Each verb may run twice, or in two processes at once, without harm.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from geogame import play
from geogame.models import Game, Person, Player, Round, new_host_key
from geogame.news import announce
from geogame.rules.refusals import NotNow, NotYours, gettext_noop

HOST_AWAY = timedelta(seconds=60)  # without a sign of life; then the longest seated may lead, after as long the next


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
    if not game.players.filter(kind=Player.Kind.HUMAN, removed_at=None).exists():
        raise NotNow(gettext_noop("Nobody has come in yet."))
    opened = play.start_round(game, now)
    if opened is None:
        play.finish(game, now)
    return opened


def end_round(this_round: Round, person: Person | None, now: datetime) -> None:
    """Close the open round before its time. Raises NotYours."""
    _refuse_all_but_the_host(this_round.game, person)
    play.end_round(this_round, now)


@transaction.atomic
def skip_round(this_round: Round, person: Person | None, now: datetime) -> None:
    """Leave the open round without a reveal, it counts for nobody, and go on. Raises NotYours."""
    _refuse_all_but_the_host(this_round.game, person)
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
    _unseat(player, now, left=False)


@transaction.atomic
def leave(player: Player, now: datetime) -> None:
    """Go, and perhaps come back later. A host who goes leaves the room to whoever has sat there longest."""
    _unseat(player, now, left=True)
    successor = _by_seniority(player.game).first()
    if player.game.host_id == player.person_id and successor:
        _make_host(player.game, successor.person, now)


def _unseat(player: Player, now: datetime, left: bool) -> None:
    if Player.objects.filter(pk=player.pk, removed_at=None).update(removed_at=now, left=left):
        announce(player.game, "gone")
        play.look_again(player.game, now)


@transaction.atomic
def hand_over(game: Game, person: Person | None, to: Player, now: datetime) -> None:
    """Make another seated person the host. Raises NotYours or NotNow."""
    _refuse_all_but_the_host(game, person)
    if to.game_id != game.pk or to.is_machine or to.removed_at is not None:
        raise NotNow(gettext_noop("Only a person who sits in this room can lead it."))
    _make_host(game, to.person, now)


@transaction.atomic
def claim(game: Game, person: Person, key: str, now: datetime) -> None:
    """Lead the room from this browser: whoever shows the host's key is the host. Raises NotYours."""
    if not game.is_room or not secrets.compare_digest(game.host_key.encode(), key.encode()):
        raise NotYours(gettext_noop("This link to lead the room is no longer good."))
    if game.host_id != person.pk:
        _make_host(game, person, now)


@transaction.atomic
def take_over(player: Player, now: datetime) -> None:
    """Lead a room whose host has been away for a while. Raises NotNow."""
    locked = Game.objects.select_for_update(of=("self",)).get(pk=player.game_id)
    if locked.host_id == player.person_id:
        return
    may_at = take_over_at(locked, player)
    if may_at is None or now < may_at:
        raise NotNow(gettext_noop("The host is still there."))
    _make_host(locked, player.person, now)


def take_over_at(game: Game, player: Player) -> datetime | None:
    """Return from when on this player may take over, should the host give no sign of life until then.

    Those who sit there longest come first, each a while before the next: if they are gone too, nothing is stuck.
    """
    if not game.is_room or game.host_id in (None, player.person_id) or player.removed_at or player.is_machine:
        return None
    before = _by_seniority(game).exclude(person=game.host_id).filter(pk__lt=player.pk).count()
    return (game.host_seen_at or game.created_at) + HOST_AWAY * (before + 1)


def host_is_here(game: Game, person: Person | None, now: datetime) -> None:
    """Note a sign of life of the host; of anybody else nothing is noted."""
    if person is not None:
        Game.objects.filter(pk=game.pk, host=person).update(host_seen_at=now)


def _by_seniority(game: Game) -> QuerySet[Player]:
    return game.players.filter(kind=Player.Kind.HUMAN, removed_at=None).order_by("pk")


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
    _refuse_all_but_the_host(game, person)
    locked = Game.objects.select_for_update(of=("self",)).select_related("photo_set").get(pk=game.pk)
    if locked.finished_at is None:
        raise NotNow(gettext_noop("This game is still going on."))
    if locked.next_game is not None:
        return locked.next_game
    seated = set(locked.players.filter(kind=Player.Kind.MACHINE).values_list("opponent", flat=True))
    following = play.open_game(
        locked.photo_set, [card for card in cards if card.name in seated], locked.rounds.count(), locked.time_limit_s,
        now, person, is_room=locked.is_room, countdown_s=locked.countdown_s, zoom=locked.zoom,
    )  # fmt: skip
    host = locked.players.filter(person=person, removed_at=None).first()
    if host and host.person:
        play.join(following, host.person, host.name, now)
    Game.objects.filter(pk=locked.pk).update(next_game=following)
    announce(locked, "again")
    return following
