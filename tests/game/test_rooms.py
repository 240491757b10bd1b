"""The verbs of a room: who leads it, who comes and goes, and what that does to a round that is showing."""

import json
from datetime import datetime, timedelta

import pytest

from geogame import photos, play, rooms
from geogame.comparisons import build
from geogame.models import Commitment, Game, Guess, Person, PhotoSet, Player, Round
from geogame.rules import commitments
from geogame.rules.refusals import NotNow, NotYours, TooLate
from geogame.rules.sphere import Point
from geogame.selections import Selection
from geogame.snapshots import after_guess, board, headline, snapshot
from tests.conftest import CARD, NOON, Card, answer

HERE = Point(10.5, 20.25)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@pytest.fixture
def room(toy_set: PhotoSet, ana: Person) -> Game:
    """Ana's room, in which she plays too: three rounds of a minute, nobody else there yet."""
    made = play.open_game(toy_set, [CARD], 3, 60, NOON, ana, is_room=True)
    play.join(made, ana, "Ana", NOON)
    return made


@pytest.fixture
def host(room: Game, ana: Person) -> Player:
    return room.players.get(person=ana)


@pytest.fixture
def ben_seat(room: Game, ben: Person) -> Player:
    return play.join(room, ben, "Ben", NOON)


def opened(room: Game, ana: Person, seconds: float = 0) -> Round:
    this_round = rooms.go_on(room, ana, at(seconds))
    assert this_round is not None
    return this_round


def phase(room: Game) -> str:
    return str(snapshot(room.pk, None, NOON)["phase"])


def test_a_room_waits_in_its_lobby_until_the_host_starts(
    room: Game, ana: Person, ben: Person, ben_seat: Player
) -> None:
    assert phase(room) == "lobby"
    with pytest.raises(NotYours):
        rooms.go_on(room, ben, NOON)
    opened(room, ana)
    assert phase(room) == "showing"


def test_an_empty_room_does_not_start(toy_set: PhotoSet, ana: Person) -> None:
    room = play.open_game(toy_set, [CARD], 3, 60, NOON, ana, is_room=True)
    with pytest.raises(NotNow, match="Nobody has come in"):
        rooms.go_on(room, ana, NOON)


def test_a_host_without_a_seat_leads_and_is_not_waited_for(toy_set: PhotoSet, ana: Person, ben: Person) -> None:
    room = play.open_game(toy_set, [], 3, 60, NOON, ana, is_room=True)
    seat = play.join(room, ben, "Ben", NOON)
    first = opened(room, ana)
    play.guess(seat, first, HERE, "k", at(3))
    first.refresh_from_db()
    assert first.closed_at == at(3)
    view = snapshot(room.pk, None, at(4), ana.pk)
    assert view["own"]["leads"]
    assert view["own"]["seat"] is None
    assert view["own"]["hostKey"] == Game.objects.get().host_key


def test_nobody_but_the_host_is_told_the_key(room: Game, ben_seat: Player, host: Player) -> None:
    key = Game.objects.get().host_key
    assert len(key) >= 22
    assert key != room.code
    for viewer in (None, ben_seat.pk):
        assert key not in headline(board(room.pk, NOON), viewer, NOON)
    assert key in headline(board(room.pk, NOON), host.pk, NOON)


def test_whoever_comes_late_plays_from_the_next_round_on(room: Game, ana: Person, ben: Person, host: Player) -> None:
    first = opened(room, ana)
    late = play.join(room, ben, "Ben", at(5))
    with pytest.raises(NotYours, match="from the next one on"):
        play.guess(late, first, HERE, "k", at(6))
    with pytest.raises(NotYours):
        play.draft(late, first, HERE, at(6))
    play.guess(host, first, HERE, "k", at(7))
    play.close_if_due(first, at(30))  # the machine is not waited for any longer
    assert not Guess.objects.filter(player=late).exists()
    second = opened(room, ana, 31)
    play.guess(late, second, HERE, "k", at(32))
    assert Guess.objects.filter(player=late, round=second).exists()


def test_two_of_one_name_can_be_told_apart(room: Game, ben: Person) -> None:
    assert play.join(room, ben, "ana", NOON).name == "ana 2"
    assert play.join(room, Person.objects.create(), "planet", NOON).name == "planet 2"
    assert play.join(room, Person.objects.create(), "Ａna", NOON).name == "Ａna 3"
    assert play.join(room, Person.objects.create(), "An\u034fa", NOON).name == "An\u034fa 4"


def test_a_locked_room_lets_back_who_has_a_seat_and_nobody_new(
    room: Game, ana: Person, ben: Person, ben_seat: Player
) -> None:
    rooms.lock(room, ana, True, NOON)
    assert play.join(room, ben, "Ben", NOON) == ben_seat
    rooms.leave(ben_seat, NOON)
    assert play.join(room, ben, "Ben", NOON) == ben_seat
    with pytest.raises(NotNow, match="locked"):
        play.join(room, Person.objects.create(), "Cem", NOON)
    rooms.lock(room, ana, False, NOON)
    play.join(room, Person.objects.create(), "Cem", NOON)


def test_whoever_was_taken_out_stays_out_and_is_no_longer_waited_for(
    room: Game, ana: Person, ben: Person, host: Player, ben_seat: Player
) -> None:
    first = opened(room, ana)
    play.guess(host, first, HERE, "k", at(3))
    rooms.remove(ben_seat, ana, at(20))
    first.refresh_from_db()
    assert first.closed_at == at(20)  # nobody is left but the machine, whose time was up
    assert not Guess.objects.filter(player=ben_seat).exists()
    ben_seat.refresh_from_db()
    with pytest.raises(NotYours, match="taken you out"):
        play.join(room, ben, "Ben", at(21))
    assert snapshot(room.pk, ben_seat.pk, at(21))["own"]["seat"] is None


def test_what_somebody_guessed_stays_when_they_go(room: Game, ana: Person, host: Player, ben_seat: Player) -> None:
    first = opened(room, ana)
    play.guess(ben_seat, first, HERE, "k", at(3))
    rooms.leave(ben_seat, at(4))
    play.guess(host, first, HERE, "k", at(5))
    play.close_if_due(first, at(30))
    shown = snapshot(room.pk, host.pk, at(31))["reveal"]["guesses"]
    assert {each["player"]: each["lat"] for each in shown}[ben_seat.pk] == HERE.lat


def test_only_the_host_takes_out_and_never_the_machine(room: Game, ana: Person, ben: Person, ben_seat: Player) -> None:
    with pytest.raises(NotYours):
        rooms.remove(ben_seat, ben, NOON)
    with pytest.raises(NotNow):
        rooms.remove(room.players.get(kind="machine"), ana, NOON)


def test_ending_a_round_counts_pins_and_skipping_it_counts_nothing(
    room: Game, ana: Person, host: Player, ben_seat: Player
) -> None:
    first = opened(room, ana)
    play.draft(ben_seat, first, HERE, at(2))
    rooms.end_round(first, ana, at(3))
    assert Guess.objects.get(player=ben_seat, round=first).auto
    assert Guess.objects.get(player=host, round=first).lat is None
    second = opened(room, ana, 18)  # fifteen seconds later: the machine has been waited for
    play.guess(ben_seat, second, HERE, "k", at(19))
    rooms.skip_round(second, ana, at(20))
    view = snapshot(room.pk, host.pk, at(20))
    assert (view["phase"], view["round"]["number"]) == ("showing", 3)
    third = Round.objects.get(number=3)
    rooms.end_round(third, ana, at(21))
    rooms.go_on(room, ana, at(36))
    view = snapshot(room.pk, host.pk, at(37))
    assert [each["number"] for each in view["results"]["rounds"]] == [1, 3]
    assert build(Selection())["figures"]["counts"]["rounds"] == 2


def test_skipping_the_last_round_ends_the_game(room: Game, ana: Person, host: Player) -> None:
    for second in range(3):
        this_round = Round.objects.filter(closed_at=None).order_by("number").first() if second else opened(room, ana)
        assert this_round is not None
        rooms.skip_round(this_round, ana, at(second + 1))
    assert phase(room) == "over"


def test_verbs_that_run_twice_do_nothing_more(room: Game, ana: Person, host: Player) -> None:
    first = opened(room, ana)
    for _ in range(2):
        rooms.end_round(first, ana, at(3))
    assert Guess.objects.filter(round=first, player=host).count() == 1
    with pytest.raises(TooLate):
        play.guess(host, first, HERE, "late", at(4))
    for _ in range(2):
        play.close_if_due(first, at(18))
    first.refresh_from_db()
    assert first.closed_at == at(18)


def test_who_ends_a_round_at_once_takes_no_answer_from_the_machine(room: Game, ana: Person, host: Player) -> None:
    first = opened(room, ana)
    play.guess(host, first, HERE, "k", at(0.1))
    rooms.end_round(first, ana, at(0.2))
    view = snapshot(room.pk, host.pk, at(1))
    assert (view["phase"], view["own"]["answered"], view["clock"]["waitsInMs"]) == ("showing", True, 14_100)
    photos.record_prediction(first.exhibit, CARD.name, CARD.weights, answer(HERE))
    play.answer_for_machines(first, at(2))
    first.refresh_from_db()
    assert first.closed_at == at(2)
    assert Guess.objects.get(round=first, player__kind="machine").point() == HERE


def test_a_guess_that_begins_the_countdown_is_told_the_new_time(toy_set: PhotoSet, ana: Person, ben: Person) -> None:
    room = play.open_game(toy_set, [], 1, 60, NOON, ana, is_room=True, countdown_s=10)
    seat, _other = (play.join(room, each, each.name, NOON) for each in (ana, ben))
    first = opened(room, ana)
    board(room.pk, NOON)  # built a moment ago
    made = play.guess(seat, first, HERE, "k", at(5))
    assert json.loads(after_guess(made, at(5)))["clock"]["closesInMs"] == 10_000


def test_the_host_cannot_be_taken_out_but_go(room: Game, ana: Person, host: Player) -> None:
    with pytest.raises(NotNow, match="leave the room"):
        rooms.remove(host, ana, at(1))


def test_who_comes_back_under_another_name_bears_it(room: Game, ana: Person, ben: Person, ben_seat: Player) -> None:
    rooms.leave(ben_seat, at(1))
    assert play.join(room, ben, "Robert", at(2)).name == "Robert"
    rooms.leave(ben_seat, at(3))
    assert play.join(room, ben, "Ana", at(4)).name == "Ana 2"


def test_the_first_guess_starts_the_countdown_and_never_lengthens_the_round(
    toy_set: PhotoSet, ana: Person, ben: Person
) -> None:
    room = play.open_game(toy_set, [], 3, 60, NOON, ana, is_room=True, countdown_s=10)
    seats = [play.join(room, each, each.name, NOON) for each in (ana, ben, Person.objects.create(name="Cem"))]
    first = opened(room, ana)
    play.guess(seats[0], first, HERE, "k", at(5))
    play.guess(seats[1], first, HERE, "k", at(9))
    first.refresh_from_db()
    assert first.closes_at == at(15)
    assert not play.close_if_due(first, at(15.9))
    assert play.close_if_due(first, at(16))
    second = opened(room, ana, 20)
    play.guess(seats[0], second, HERE, "k", at(75))
    second.refresh_from_db()
    assert second.closes_at == at(80)


def test_a_guess_that_came_in_time_counts_while_the_round_waits_for_its_line(
    room: Game, ana: Person, host: Player, ben_seat: Player
) -> None:
    first = opened(room, ana)
    assert not play.close_if_due(first, at(60.5))
    assert play.guess(ben_seat, first, HERE, "k", at(59.9)).lat == HERE.lat
    with pytest.raises(TooLate):
        play.guess(host, first, HERE, "k", at(60.2))


def test_the_host_hands_over_and_leads_no_more(
    room: Game, ana: Person, ben: Person, host: Player, ben_seat: Player
) -> None:
    old_key = Game.objects.get().host_key
    with pytest.raises(NotYours):
        rooms.hand_over(room, ben, ben_seat, NOON)
    rooms.hand_over(room, ana, ben_seat, NOON)
    with pytest.raises(NotYours):
        rooms.go_on(room, ana, NOON)
    with pytest.raises(NotYours):
        rooms.claim(Game.objects.get(), ana, old_key, NOON)
    assert rooms.go_on(room, ben, NOON)


def test_the_key_leads_from_another_device_once(room: Game, ana: Person, ben: Person) -> None:
    phone = Person.objects.create()
    key = Game.objects.get().host_key
    with pytest.raises(NotYours):
        rooms.claim(Game.objects.get(), phone, room.code, NOON)
    rooms.claim(Game.objects.get(), phone, key, NOON)
    assert rooms.may_lead(Game.objects.get(), phone)
    assert not rooms.may_lead(Game.objects.get(), ana)
    with pytest.raises(NotYours):
        rooms.claim(Game.objects.get(), ben, key, NOON)


def test_a_host_who_leaves_leaves_the_room_to_the_longest_seated(room: Game, host: Player, ben_seat: Player) -> None:
    play.join(room, Person.objects.create(), "Cem", NOON)
    rooms.leave(host, at(1))
    assert Game.objects.get().host_id == ben_seat.person_id


def test_a_silent_host_may_be_followed_by_the_longest_seated_then_by_the_next(
    room: Game, ana: Person, host: Player, ben_seat: Player
) -> None:
    cem = play.join(room, Person.objects.create(), "Cem", NOON)
    rooms.host_is_here(room, ana, at(30))
    with pytest.raises(NotNow, match="still there"):
        rooms.take_over(ben_seat, at(89))
    with pytest.raises(NotNow):
        rooms.take_over(cem, at(149))
    rooms.take_over(cem, at(150))  # Ben was silent too
    assert Game.objects.get().host_id == cem.person_id
    rooms.host_is_here(room, ana, at(200))  # she leads no more: nothing is noted
    rooms.take_over(host, at(211))
    assert Game.objects.get().host == ana


def test_again_opens_one_game_of_the_same_kind_for_all(room: Game, ana: Person, ben: Person, ben_seat: Player) -> None:
    with pytest.raises(NotNow):
        rooms.again(room, ana, [CARD], NOON)
    for second in (0, 20, 40):
        rooms.end_round(opened(room, ana, second), ana, at(second))
    rooms.go_on(room, ana, at(60))
    with pytest.raises(NotYours):
        rooms.again(room, ben, [CARD], at(61))
    following = rooms.again(room, ana, [CARD, Card(name="other")], at(61))
    assert rooms.again(room, ana, [CARD], at(62)) == following
    assert (following.is_room, following.rounds.count(), following.time_limit_s) == (True, 3, 60)
    assert {each.name for each in following.players.all()} == {"PlaNet", "Ana"}
    assert snapshot(room.pk, ben_seat.pk, at(5000))["own"]["next"] == following.code
    assert snapshot(room.pk, None, at(62))["own"]["next"] == following.code  # a big screen goes along
    stranger = snapshot(room.pk, None, at(5000))
    assert following.code not in json.dumps(stranger, default=str)


def test_the_place_is_promised_before_the_photo_and_kept(room: Game, ana: Person, host: Player) -> None:
    first = opened(room, ana)
    told = snapshot(room.pk, host.pk, at(1))["round"]["commitments"]
    assert [sorted(each) for each in told] == [["digest", "late", "name", "of"]]
    play.guess(host, first, HERE, "k", at(2))
    play.close_if_due(first, at(30))
    place = snapshot(room.pk, host.pk, at(31))["round"]["commitments"][0]
    assert place["digest"] == told[0]["digest"]
    assert (int(place["lat"]), int(place["lng"])) == commitments.e7(first.truth())
    assert commitments.digest(str(first.pk), "place", first.truth(), place["salt"]) == place["digest"]
    other = Point(first.lat + 1e-6, first.lng)
    assert commitments.digest(str(first.pk), "place", other, place["salt"]) != place["digest"]


@pytest.mark.parametrize("before", [True, False])
def test_a_machines_answer_is_promised_and_said_to_be_late_where_it_is(
    room: Game, ana: Person, host: Player, before: bool
) -> None:
    def stored(exhibit: object) -> None:
        photos.record_prediction(exhibit, CARD.name, CARD.weights, answer(HERE))  # type: ignore[arg-type]

    first = room.rounds.get(number=1)
    if before:
        stored(first.exhibit)
    first = opened(room, ana)
    if not before:
        stored(first.exhibit)
        play.answer_for_machines(first, at(2))
    promise = Commitment.objects.get(round=first, player__kind="machine")
    assert (promise.made_at > NOON) is not before
    told = snapshot(room.pk, host.pk, at(3))["round"]["commitments"][1]
    assert told["late"] is not before
    assert promise.digest == commitments.digest(str(first.pk), f"planet@{CARD.weights}", HERE, promise.salt)


def test_a_machines_answer_that_is_known_is_promised_before_the_photo_is_shown(
    room: Game, ana: Person, host: Player
) -> None:
    first, second = room.rounds.order_by("number")[:2]
    for each in (first, second):
        photos.record_prediction(each.exhibit, CARD.name, CARD.weights, answer(HERE))
    play.promise_ahead(room, at(-1))
    lobby = snapshot(room.pk, host.pk, at(-1))
    assert [each["of"] for each in lobby["promised"]] == ["place", f"planet@{CARD.weights}"]
    opened(room, ana)
    showing = snapshot(room.pk, host.pk, at(1))
    told = {each["digest"] for each in showing["round"]["commitments"]}
    assert told == {each["digest"] for each in lobby["promised"]}
    assert not any(each["late"] for each in showing["round"]["commitments"])
    assert [(each["number"], each["of"]) for each in showing["promised"]] == [
        (2, "place"),
        (2, f"planet@{CARD.weights}"),
    ]
    rooms.skip_round(first, ana, at(2))
    skipped = snapshot(room.pk, host.pk, at(3))
    assert skipped["round"]["number"] == 2
    assert {each["digest"] for each in skipped["round"]["commitments"]} == {
        each["digest"] for each in showing["promised"]
    }


def test_a_machine_that_never_answered_promised_that(room: Game, ana: Person, host: Player) -> None:
    first = opened(room, ana)
    play.guess(host, first, HERE, "k", at(2))
    play.close_if_due(first, at(30))
    told = snapshot(room.pk, host.pk, at(31))["round"]["commitments"][1]
    assert (told["lat"], told["lng"], told["late"]) == ("none", "none", True)


def test_the_common_part_is_built_once_for_a_version(
    room: Game, host: Player, ben_seat: Player, django_assert_num_queries: object
) -> None:
    board(room.pk, NOON)
    with django_assert_num_queries(1):  # type: ignore[operator]  # of the version
        here = board(room.pk, NOON)
    with django_assert_num_queries(0):  # type: ignore[operator]
        for viewer in (None, host.pk, ben_seat.pk):
            headline(here, viewer, NOON)
