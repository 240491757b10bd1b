"""What is shown in every phase: the game and its players, and the photographs of the round, with what was promised."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from geogame.models import Commitment, Game, Guess, Player, Round, Slot
from geogame.rules import addresses, commitments

HUES = (24, 340, 48, 4, 300, 64, 320, 36)  # warm ones: people's; degrees of the colour wheel

Json = dict[str, Any]


def about_game(game: Game, players: Sequence[Player]) -> Json:
    return {
        "code": game.code,
        "set": game.photo_set.name,
        "domain": game.domain,
        "rounds": game.rounds.count(),
        "timeLimitS": game.time_limit_s,
        "countdownS": game.countdown_s,
        "zoom": game.zoom,
        "isRoom": game.is_room,
        "locked": game.locked_at is not None,
        "host": _host_name(game, players),
        "hostSeat": host_seat(game, players),
        "notice": notice(game, players),
    }


def _host_name(game: Game, players: Sequence[Player]) -> str | None:
    """Return what a room's host is called: as the seat is, where there is one, since two hosts' names may be alike."""
    if not game.is_room or game.host is None:
        return None
    seat = host_seat(game, players)
    return next((each.name for each in players if each.pk == seat), game.host.name)


def host_seat(game: Game, players: Sequence[Player]) -> int | None:
    return next((each.pk for each in players if each.person_id and each.person_id == game.host_id), None)


def notice(game: Game, players: Sequence[Player]) -> str | None:
    """Say so where a machine plays on pictures of another kind than it was trained on."""
    strangers = [player for player in players if player.is_machine and player.domain != game.domain]
    if not strangers:
        return None
    name = ", ".join(player.name for player in strangers)
    if game.domain == "real":
        return _(
            "This opponent has never seen a real photograph: %(name)s was trained on Toy Earth, a made-up world. "
            "This game is left out of the comparison."
        ) % {"name": name}
    return _("%(name)s was trained on pictures of another kind. This game is left out of the comparison.") % {
        "name": name
    }


def with_hues(players: Sequence[Player]) -> list[tuple[Player, int]]:
    """Give each person a warm hue of their own, in the order of their coming; machines have one look for all."""
    people = {player.pk: number for number, player in enumerate(each for each in players if not each.is_machine)}
    return [(player, HUES[people[player.pk] % len(HUES)] if player.pk in people else 0) for player in players]


def about_player(player: Player, hue: int, state: str, total: int) -> Json:
    is_withdrawn = player.void_reason == Slot.Excluded.WITHDRAWN
    initials = "".join(word[0] for word in player.name.split()[:2]).upper() or "?"
    return {
        "id": player.pk,
        "kind": player.kind,
        "name": _("withdrawn") if is_withdrawn else player.name,
        "initials": "–" if is_withdrawn else initials,
        "hue": hue,
        "state": state,
        "gone": player.removed_at is not None,
        "voided": player.voided_at is not None,
        "total": total,
    }


def plays(player: Player, current: Round) -> bool:
    return player.removed_at is None and player.from_round <= current.number


def state(player: Player, current: Round | None, mine: Guess | None, phase: str) -> str:
    """thinking, locked; none: gave no answer; waiting: for the room's start, or to play from the next round on."""
    if mine is not None:
        return "locked" if phase == "showing" or mine.lat is not None else "none"
    return "thinking" if phase == "showing" and current and plays(player, current) else "waiting"


def about_round(current: Round, phase: str, now: datetime) -> Json:
    return {
        "id": str(current.pk),
        "number": current.number,
        "photos": [
            {
                "url": address(current, position, now),
                "width": photo.width,
                "height": photo.height,
                "colour": photo.colour,
            }
            for position, photo in enumerate(current.exhibit.ordered_photos(), start=1)
        ],
        "commitments": [
            _commitment(each, current, phase) for each in current.commitments.select_related("player").order_by("pk")
        ],
    }


def address(shown: Round, position: int, now: datetime) -> str:
    key = addresses.key(settings.SECRET_KEY, shown.pk, position, now)
    return reverse("round-photo", args=[shown.pk, position, key])


def _commitment(made: Commitment, current: Round, phase: str) -> Json:
    """Return a promise; after the reveal with what it was made of."""
    player = made.player
    told: Json = {
        "of": _of(made),
        "name": player.name if player else None,
        "digest": made.digest,
        "late": current.opened_at is not None and made.made_at > current.opened_at,
    }
    if phase != "reveal":
        return told
    guess = Guess.objects.filter(round=current, player=player).first() if player else None
    place = current.truth() if player is None else guess.point() if guess else None
    lat, lng = commitments.e7(place) or ("none", "none")
    return {**told, "salt": made.salt, "lat": str(lat), "lng": str(lng)}


def promised(game: Game) -> list[Json]:
    """Return what was promised of the next round: its place, and a machine's answer where that is known already."""
    following = game.rounds.filter(opened_at=None).order_by("number").first()
    if following is None:
        return []
    ahead = following.commitments.select_related("player").order_by("pk")
    return [
        {
            "round": str(following.pk),
            "number": following.number,
            "of": _of(each),
            "name": each.player and each.player.name,
            "digest": each.digest,
        }
        for each in ahead
    ]


def _of(made: Commitment) -> str:
    return f"{made.player.opponent}@{made.player.weights}" if made.player else "place"
