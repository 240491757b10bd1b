"""Who leaves a room and comes back, who leads it then, and what that does to the record."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from geogame import play, rooms, tasks
from geogame.models import Commitment, Game, Guess, Person, PhotoSet, Player, Round
from geogame.rules import commitments
from geogame.rules.refusals import NotNow, NotYours
from geogame.rules.sphere import Point
from geogame.snapshots import snapshot
from tests.conftest import CARD, NOON

HERE, THERE = Point(10.5, 20.25), Point(-30.5, 60.75)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@pytest.fixture
def room(toy_set: PhotoSet, ana: Person) -> Game:
    """Ana leads and has no seat: three rounds of a minute, no machine."""
    return play.open_game(toy_set, [], 3, 60, NOON, ana, is_room=True)


@pytest.fixture
def ben_seat(room: Game, ben: Person) -> Player:
    return play.join(room, ben, "Ben", NOON)


@pytest.fixture
def cem_seat(room: Game) -> Player:
    return play.join(room, Person.objects.create(name="Cem"), "Cem", NOON)


def opened(room: Game, ana: Person, seconds: float = 0) -> Round:
    this_round = rooms.go_on(room, ana, at(seconds))
    assert this_round is not None
    return this_round


def back(room: Game, seat: Player, seconds: float) -> Player:
    assert seat.person is not None
    return play.join(room, seat.person, seat.name, at(seconds))


def row(seat: Player, this_round: Round) -> Guess | None:
    return Guess.objects.filter(player=seat, round=this_round).first()


def test_whoever_comes_back_into_the_round_that_they_left_plays_on_in_it(
    room: Game, ana: Person, ben_seat: Player, cem_seat: Player
) -> None:
    first = opened(room, ana)
    rooms.leave(ben_seat, at(2))
    seat = back(room, ben_seat, 5)
    assert seat == ben_seat
    assert play.guess(seat, first, HERE, "k", at(6)).point() == HERE


def test_nobody_dodges_a_round_by_leaving_and_coming_back(
    room: Game, ana: Person, ben_seat: Player, cem_seat: Player
) -> None:
    first = opened(room, ana)
    rooms.leave(ben_seat, at(2))
    back(room, ben_seat, 5)
    rooms.end_round(first, ana, at(9))
    missing = row(ben_seat, first)
    assert missing is not None
    assert missing.error_km is None


def test_nor_by_coming_back_only_after_it(room: Game, ana: Person, ben_seat: Player, cem_seat: Player) -> None:
    first = opened(room, ana)
    rooms.leave(ben_seat, at(2))
    play.guess(cem_seat, first, HERE, "k", at(3))  # nobody else is waited for
    first.refresh_from_db()
    assert first.closed_at == at(3)
    missing = row(ben_seat, first)
    assert missing is not None
    assert missing.lat is None
    assert back(room, ben_seat, 9).from_round == 2


def test_a_pin_that_was_dropped_before_leaving_counts(
    room: Game, ana: Person, ben_seat: Player, cem_seat: Player
) -> None:
    first = opened(room, ana)
    play.draft(ben_seat, first, THERE, at(1))
    rooms.leave(ben_seat, at(2))
    rooms.end_round(first, ana, at(3))
    kept = row(ben_seat, first)
    assert kept is not None
    assert (kept.point(), kept.auto) == (THERE, True)


def test_whoever_was_away_when_a_round_opened_plays_from_the_next_one_on(
    room: Game, ana: Person, ben_seat: Player, cem_seat: Player
) -> None:
    rooms.leave(ben_seat, at(-1))
    first = opened(room, ana)
    seat = back(room, ben_seat, 5)
    with pytest.raises(NotYours):
        play.guess(seat, first, HERE, "k", at(6))
    rooms.end_round(first, ana, at(9))
    assert row(ben_seat, first) is None


def test_whoever_the_host_took_out_has_no_missing_answer(
    room: Game, ana: Person, ben_seat: Player, cem_seat: Player
) -> None:
    first = opened(room, ana)
    rooms.remove(ben_seat, ana, at(2))
    rooms.end_round(first, ana, at(3))
    assert row(ben_seat, first) is None


@pytest.mark.parametrize("returns", [True, False])
def test_a_guess_sent_again_after_leaving_gets_the_first_answer(
    returns: bool, room: Game, ana: Person, ben_seat: Player, cem_seat: Player
) -> None:
    first = opened(room, ana)
    made = play.guess(ben_seat, first, HERE, "k", at(1))
    rooms.leave(ben_seat, at(2))
    if returns:
        back(room, ben_seat, 3)
    assert play.guess(ben_seat, first, THERE, "k", at(4)) == made
    assert Guess.objects.get(player=ben_seat).point() == HERE


def test_a_game_whose_players_have_all_gone_can_be_skipped_through_and_ended(
    room: Game, ana: Person, ben_seat: Player
) -> None:
    first = opened(room, ana)
    rooms.leave(ben_seat, at(1))
    rooms.skip_round(first, ana, at(2))
    second = room.rounds.get(number=2)
    assert second.opened_at == at(2)
    rooms.end_round(second, ana, at(3))
    rooms.end_round(opened(room, ana, 4), ana, at(5))
    assert rooms.go_on(room, ana, at(6)) is None
    assert Game.objects.get(pk=room.pk).finished_at == at(6)


@pytest.mark.parametrize("phase", ["lobby", "showing", "reveal", "over"])
def test_a_silent_host_is_followed_in_every_phase(phase: str, room: Game, ana: Person, ben_seat: Player) -> None:
    if phase != "lobby":
        this_round = opened(room, ana)
        if phase != "showing":
            rooms.end_round(this_round, ana, at(1))
        for second in (2, 4) if phase == "over" else ():
            rooms.end_round(opened(room, ana, second), ana, at(second + 1))
        if phase == "over":
            rooms.go_on(room, ana, at(6))
    assert snapshot(room.pk, ben_seat.pk, at(7))["phase"] == phase
    with pytest.raises(NotNow, match="still there"):
        rooms.take_over(ben_seat, at(59))
    rooms.take_over(ben_seat, at(61))
    assert Game.objects.get(pk=room.pk).host_id == ben_seat.person_id
    if phase == "over":
        assert rooms.again(room, ben_seat.person, [], at(62)).is_room


def test_whoever_went_and_came_back_has_sat_there_less_long(
    room: Game, ana: Person, ben_seat: Player, cem_seat: Player
) -> None:
    rooms.leave(ben_seat, at(1))
    back(room, ben_seat, 2)
    game = Game.objects.get(pk=room.pk)
    ben = Player.objects.get(pk=ben_seat.pk)
    assert rooms.take_over_at(game, cem_seat) == at(60)
    assert rooms.take_over_at(game, ben) == at(120)
    rooms.hand_over(room, ana, ben, at(3))
    rooms.leave(ben, at(4))
    assert Game.objects.get(pk=room.pk).host_id == cem_seat.person_id


def test_nobody_new_comes_in_when_the_last_round_has_begun(room: Game, ana: Person, ben_seat: Player) -> None:
    for second in (0, 2, 4):
        this_round = opened(room, ana, second)
        if second < 4:
            rooms.end_round(this_round, ana, at(second + 1))
    for _ in ("showing", "reveal"):
        with pytest.raises(NotNow, match="last round has begun"):
            play.join(room, Person.objects.create(), "Dan", at(5))
        rooms.end_round(this_round, ana, at(6))
    rooms.leave(ben_seat, at(7))
    assert back(room, ben_seat, 8) == ben_seat


def test_the_sweep_waits_for_nobody_who_has_gone_or_plays_later(
    toy_set: PhotoSet, ana: Person, ben: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = play.open_game(toy_set, [CARD], 3, None, NOON, ana, is_room=True)
    seat, gone = play.join(room, ana, "Ana", NOON), play.join(room, ben, "Ben", NOON)
    first = opened(room, ana)
    play.join(room, Person.objects.create(name="Late"), "Late", at(1))
    rooms.leave(gone, at(2))
    play.guess(seat, first, HERE, "k", at(3))
    monkeypatch.setattr("geogame.tasks.timezone.now", lambda: at(600))  # the machine never answers
    assert tasks.sweep() == 1


def test_again_draws_what_was_drawn_before(toy_set: PhotoSet, ana: Person) -> None:
    room = play.open_game(toy_set, [], 1, None, NOON, ana, is_room=True, photos_each="one")
    play.join(room, ana, "Ana", NOON)
    rooms.end_round(opened(room, ana), ana, at(1))
    rooms.go_on(room, ana, at(2))
    assert rooms.again(room, ana, [], at(3)).photos_each == "one"


def test_every_place_is_promised_when_the_game_is_opened(room: Game, ana: Person, ben_seat: Player) -> None:
    promised = {made.round_id: made for made in Commitment.objects.filter(round__game=room, made_at=NOON)}
    assert len(promised) == 3
    first = opened(room, ana, 5)
    told: list[dict[str, Any]] = snapshot(room.pk, ben_seat.pk, at(6))["round"]["commitments"]
    assert [each["digest"] for each in told] == [promised[first.pk].digest]
    for each in room.rounds.all():
        made = promised[each.pk]
        assert made.digest == commitments.digest(str(each.pk), "place", each.truth(), made.salt)


def test_no_pin_is_kept_of_who_has_just_gone(room: Game, ana: Person, ben_seat: Player, cem_seat: Player) -> None:
    first = opened(room, ana)
    seat_as_it_was = Player.objects.get(pk=ben_seat.pk)
    rooms.leave(ben_seat, at(1))
    with pytest.raises(NotYours):
        play.draft(seat_as_it_was, first, HERE, at(2))
    assert not first.drafts.exists()
