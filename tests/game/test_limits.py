"""Who does something too often is told so; who does it as often as people do is not."""

import pytest
from django.test import Client

from geogame import limits, play, rooms
from geogame.models import CODE_ALPHABET, Game, Person, PhotoSet
from geogame.rules.refusals import TooOften
from tests.conftest import CARD, NOON
from tests.game.conftest import browser_of


@pytest.fixture
def room(toy_set: PhotoSet, ana: Person) -> Game:
    return play.open_game(toy_set, [CARD], 3, None, NOON, ana, is_room=True)


def test_codes_cannot_be_tried_out(room: Game, client: Client) -> None:
    tried = [f"{'0' * 8}{one}{two}" for one in CODE_ALPHABET[:6] for two in CODE_ALPHABET[:6]]
    answers = [client.get(f"/games/{code}/snapshot/").status_code for code in tried]
    assert answers[:30] == [404] * 30
    assert set(answers[30:]) == {429}
    assert client.get(f"/games/{room.code}/snapshot/").status_code == 429  # the right one too, by then
    assert client.post(f"/games/{room.code}/join/", {"name": "x"}).status_code == 429
    for page in ("", "screen/"):
        answer = client.get(f"/games/{room.code}/{page}")
        assert answer.status_code == 429
        assert b"a little fast" in answer.content


def guess_codes(client: Client) -> None:
    for one in CODE_ALPHABET[:31]:
        client.get(f"/games/{'0' * 9}{one}/")


def test_one_pupil_who_tries_codes_locks_out_nobody_of_the_classroom(toy_set: PhotoSet, ana: Person) -> None:
    host = browser_of(ana)
    form = {"photo_set": "toy", "rounds": 2, "time_limit": 60, "opponents": "planet", "plays": "on", "name": "Ana"}
    address = host.post("/rooms/", form)["Location"]
    code = address.strip("/").split("/")[-1]
    pupil = Client()
    assert pupil.post(f"{address}join/", {"name": "Ben"}).status_code == 302
    guess_codes(Client())
    guess_codes(pupil)
    for browser in (host, pupil):
        assert browser.get(address).status_code == 200
        assert browser.get(f"{address}snapshot/").status_code == 200
    assert host.post(f"{address}next/").status_code == 200
    assert Client().get(f"{address}screen/").status_code == 200
    assert Client().post(f"{address}join/", {"name": "Cem"}).status_code == 302  # somebody of it is at this address
    assert Client(REMOTE_ADDR="192.0.2.7").get(f"/join/?code={code}").status_code == 302


def test_from_an_address_where_nobody_of_the_room_is_it_cannot_be_found_by_trying(room: Game) -> None:
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    guess_codes(elsewhere)
    assert elsewhere.get(f"/games/{room.code}/").status_code == 429
    assert Client().get(f"/games/{room.code}/").status_code == 200


def test_a_person_who_tries_codes_is_counted_wherever_they_are(room: Game, ben: Person) -> None:
    browser = browser_of(ben)
    answers = [
        browser.get(f"/games/{'0' * 9}{one}/", REMOTE_ADDR=f"192.0.2.{number}").status_code
        for number, one in enumerate(CODE_ALPHABET[:32])
    ]
    assert answers == [404] * 30 + [429] * 2


def test_the_hosts_key_is_tried_as_often_as_somebody_likes(room: Game) -> None:
    address = f"/games/{room.code}/lead/{'x' * 24}/"
    assert {Client().get(address).status_code for _ in range(25)} == {200}
    assert Client().post(address).status_code == 403
    assert Client().post(f"/games/{room.code}/lead/{room.host_key}/").status_code == 302


def test_a_hall_behind_one_address_comes_in(room: Game) -> None:
    answers = [Client().post(f"/games/{room.code}/join/", {"name": f"p{n}"}).status_code for n in range(40)]
    assert answers == [302] * 40
    assert room.players.filter(kind="human").count() == 40


def test_a_seat_that_sends_guess_after_guess_is_held_up(room: Game, ana: Person, ben: Person) -> None:
    for person in (ana, ben):
        play.join(room, person, person.name, NOON)
    this_round = rooms.go_on(room, ana, NOON)
    assert this_round is not None
    address, browser = f"/rounds/{this_round.pk}/guess/", browser_of(ana)
    body = {"lat": 1, "lng": 2, "key": "k"}
    answers = [browser.post(address, body, content_type="application/json").status_code for _ in range(22)]
    assert answers == [200] * 20 + [429] * 2
    assert browser_of(ben).post(address, body, content_type="application/json").status_code == 200  # nobody else


def test_without_a_counter_nobody_is_held_up(monkeypatch: pytest.MonkeyPatch) -> None:
    from limits.errors import StorageError

    def broken(*_: object) -> bool:
        raise StorageError(OSError("Redis is away"))

    monkeypatch.setattr(limits._limiter, "hit", broken)
    for _ in range(100):
        limits.spare(limits.GUESS, "ana")


def test_what_one_does_too_often_another_may_still_do() -> None:
    for _ in range(20):
        limits.spare(limits.GUESS, "ana")
    with pytest.raises(TooOften):
        limits.spare(limits.GUESS, "ana")
    limits.spare(limits.GUESS, "ben")
    limits.spare(limits.DRAFT, "ana")
