"""What a viewer may see, phase by phase."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from geogame import play, rooms
from geogame.models import Game, Person, PhotoSet, Player, Round
from geogame.rules.sphere import Point
from geogame.snapshots import Json, board, forget_boards, snapshot
from tests.conftest import CARD, NOON

HERE, THERE = Point(10.5, 20.25), Point(-5.5, 99.125)
Says = Callable[..., None]


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def seen(game: Game, player: Player | None, seconds: float) -> Json:
    return snapshot(game.pk, player.pk if player else None, at(seconds))


def state_of(view: Json, player: Player) -> str:
    return next(each["state"] for each in view["players"] if each["id"] == player.pk)


def test_before_the_reveal_only_the_own_pin_is_seen(
    game: Game, ana_seat: Player, ben: Person, first_round: Round, machine: Player, machine_says: Says
) -> None:
    ben_seat = play.join(game, ben, "Ben", NOON)
    play.draft(ana_seat, first_round, HERE, at(1))
    machine_says(first_round, THERE, at(2))
    view = seen(game, ana_seat, 3)
    assert view["phase"] == "showing"
    assert view["own"]["draft"] == {"lat": 10.5, "lng": 20.25}
    assert state_of(view, machine) == "locked"
    assert state_of(view, ben_seat) == "waiting"  # he came after the round had opened
    assert (view["reveal"], view["results"]) == (None, None)
    text = json.dumps(seen(game, ben_seat, 3))
    assert "10.5" not in text
    assert "99.125" not in text
    assert str(first_round.lat) not in text


def test_the_countdown_is_a_duration(game: Game, ana_seat: Player, first_round: Round) -> None:
    assert seen(game, ana_seat, 20)["clock"]["closesInMs"] == 40_000
    play.guess(ana_seat, first_round, HERE, "k", at(30))
    assert seen(game, ana_seat, 31)["clock"]["waitsInMs"] == 14_000


def test_the_reveal_shows_everything_that_was_hidden(
    game: Game, ana_seat: Player, first_round: Round, machine: Player, machine_says: Says
) -> None:
    machine_says(first_round, THERE)
    play.guess(ana_seat, first_round, first_round.truth(), "k", at(5))
    view = seen(game, ana_seat, 6)
    reveal = view["reveal"]
    assert reveal["place"] == {"lat": first_round.lat, "lng": first_round.lng}
    assert {each["player"] for each in reveal["guesses"]} == {ana_seat.pk, machine.pk}
    assert reveal["winner"] == ana_seat.pk
    assert reveal["credit"] == "Painter"
    assert [cell["p"] for cell in reveal["cells"]] == [0.5, pytest.approx(0.3, abs=1e-3), pytest.approx(0.2, abs=1e-3)]
    assert view["own"]["verdict"].startswith("You were ")


def test_a_machine_without_an_answer_is_shown_as_such(
    game: Game, ana_seat: Player, first_round: Round, machine: Player
) -> None:
    play.guess(ana_seat, first_round, HERE, "k", at(5))
    play.close_if_due(first_round, at(20))
    view = seen(game, ana_seat, 21)
    assert state_of(view, machine) == "none"
    assert view["own"]["verdict"] == "PlaNet gave no answer: the round is yours."
    assert view["reveal"]["winner"] == ana_seat.pk


def test_the_results_add_up(
    game: Game, ana_seat: Player, machine: Player, first_round: Round, machine_says: Says
) -> None:
    opened: Round | None = first_round
    now = 0
    while opened:
        machine_says(opened, THERE, at(now + 1))
        if opened.number < 3:  # Ana misses the last round
            play.guess(ana_seat, opened, opened.truth(), "k", at(now + 2))
        now += 100
        play.close_if_due(opened, at(now))
        opened = play.start_round(game, at(now + 1))
    play.finish(game, at(now))
    view = seen(game, ana_seat, now + 1)
    assert view["phase"] == "over"
    sums = {each["player"]: each for each in view["results"]["players"]}
    assert (sums[ana_seat.pk]["won"], sums[machine.pk]["won"], view["results"]["ties"]) == (2, 1, 0)
    assert sums[ana_seat.pk]["medianKm"] == 0.0
    assert sums[ana_seat.pk]["total"] == 10_000
    assert view["own"]["verdict"] == "You beat PlaNet, 2 to 1."


def test_every_change_that_can_be_seen_raises_the_version(
    game: Game, ana_seat: Player, first_round: Round, machine_says: Says
) -> None:
    versions = [seen(game, ana_seat, 0)["version"]]
    for change in (
        lambda: machine_says(first_round, THERE),
        lambda: play.guess(ana_seat, first_round, HERE, "k", at(1)),
        lambda: play.start_round(game, at(2)),
    ):
        change()
        versions.append(seen(game, ana_seat, 2)["version"])
    assert versions == sorted(set(versions))


def test_page_and_results_say_that_the_opponent_never_saw_a_real_photograph(game: Game, ana_seat: Player) -> None:
    assert seen(game, ana_seat, 0)["game"]["notice"] is None
    Game.objects.update(domain="real", version=99)
    assert "never seen a real photograph" in seen(game, ana_seat, 0)["game"]["notice"]


@pytest.fixture
def room(toy_set: PhotoSet, ana: Person) -> Game:
    """Ana leads and plays, against the machine."""
    made = play.open_game(toy_set, [CARD], 1, 60, NOON, ana, is_room=True)
    play.join(made, ana, "Ana", NOON)
    return made


def take_over_in(room: Game, player: Player | None, seconds: float) -> int | None:
    told = seen(room, player, seconds)["own"]["takeOverInMs"]
    assert told is None or isinstance(told, int)
    return told


def test_each_is_told_when_they_may_follow_a_host_who_is_gone(room: Game, ben: Person) -> None:
    host = room.players.get(kind="human")
    first = play.join(room, ben, "Ben", at(1))
    second = play.join(room, Person.objects.create(), "Cem", at(2))
    assert [take_over_in(room, each, 20) for each in (host, None, first, second)] == [None, None, 40_000, 100_000]
    assert take_over_in(room, first, 60) == 0
    Game.objects.update(host_seen_at=at(50))  # a sign of life raises no version
    assert take_over_in(room, first, 60) == 50_000


def test_a_game_of_one_is_never_taken_over(game: Game, ana_seat: Player) -> None:
    assert take_over_in(game, ana_seat, 1000) is None


def test_whom_the_host_took_out_is_shown_nowhere_and_who_left_stays(room: Game, ana: Person, ben: Person) -> None:
    host = room.players.get(kind="human")
    rude = play.join(room, ben, "Rude Word", NOON)
    gone = play.join(room, Person.objects.create(), "Cem", NOON)
    this_round = rooms.go_on(room, ana, NOON)
    assert this_round is not None
    for player in (rude, gone):
        play.guess(player, this_round, this_round.truth(), "k", at(1))
    rooms.remove(rude, ana, at(2))
    rooms.leave(gone, at(3))
    play.guess(host, this_round, HERE, "k", at(4))
    play.close_if_due(this_round, at(30))
    reveal = seen(room, host, 31)
    rooms.go_on(room, ana, at(32))
    results = seen(room, host, 33)
    for view in (reveal, results):
        assert "Rude Word" not in json.dumps(view)
        assert [each["gone"] for each in view["players"] if each["name"] == "Cem"] == [True]
    assert reveal["reveal"]["winner"] == results["results"]["rounds"][0]["winner"] == gone.pk
    assert {each["player"] for each in results["results"]["players"]} == {each["id"] for each in results["players"]}


def test_the_next_place_is_promised_before_its_round_opens(game: Game, ana_seat: Player) -> None:
    (promised,) = seen(game, ana_seat, 0)["promised"]
    assert set(promised) == {"round", "number", "of", "name", "digest"}  # and no salt
    opened = play.start_round(game, at(1))
    assert opened is not None
    view = seen(game, ana_seat, 2)
    assert [each["number"] for each in view["promised"]] == [2]
    assert (str(opened.pk), view["round"]["commitments"][0]["digest"]) == (promised["round"], promised["digest"])


def test_in_a_large_room_the_guesses_of_the_best_are_told_to_all(room: Game, ana: Person) -> None:
    seats = [play.join(room, Person.objects.create(), f"Pupil {number}", NOON) for number in range(13)]
    this_round = rooms.go_on(room, ana, NOON)
    assert this_round is not None
    lat, lng = this_round.truth()
    for number, player in enumerate(reversed(seats)):  # who came last is nearest
        play.guess(player, this_round, Point(lat - number, lng), "k", at(1))
    rooms.end_round(this_round, ana, at(2))
    rooms.go_on(room, ana, at(20))
    view = seen(room, seats[0], 21)
    machine = room.players.get(kind="machine")
    told = {each["player"] for each in view["results"]["rounds"][0]["guesses"]}
    assert told == {machine.pk, *(player.pk for player in seats[-4:])}
    assert view["results"]["rounds"][0]["winner"] == seats[-1].pk
    assert [each["player"] for each in view["own"]["guesses"]] == [seats[0].pk]


def test_a_board_grows_by_guesses_and_is_then_what_it_would_be_anew(
    room: Game, ana: Person, ben: Person, django_assert_num_queries: Any
) -> None:
    play.join(room, ana, "Ana", NOON)
    ben_seat = play.join(room, ben, "Ben", NOON)
    opened = rooms.go_on(room, room.host, NOON)
    assert opened is not None
    first = board(room.pk, NOON)
    play.guess(ben_seat, opened, HERE, "k", at(3))
    with django_assert_num_queries(2):
        grown = board(room.pk, NOON)
    assert (first.common["version"], len(first.own_guesses)) == (grown.version - 1, 0)
    forget_boards()
    anew = board(room.pk, NOON)
    assert replace(grown, built_at=0, current=None) == replace(anew, built_at=0, current=None)


def test_a_board_is_built_anew_where_more_than_a_guess_has_changed(room: Game, ana: Person, ben: Person) -> None:
    play.join(room, ana, "Ana", NOON)
    ben_seat = play.join(room, ben, "Ben", NOON)
    Game.objects.filter(pk=room.pk).update(countdown_s=20)
    opened = rooms.go_on(room, room.host, NOON)
    assert opened is not None
    assert seen(room, ben_seat, 3)["clock"]["closesInMs"] == 57_000
    play.guess(ben_seat, opened, HERE, "k", at(3))
    assert seen(room, ben_seat, 3)["clock"]["closesInMs"] == 20_000
