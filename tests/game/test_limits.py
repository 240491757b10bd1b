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
