"""Sockets: who may listen, what they hear, and that rooms never hear each other."""

from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.test import Client
from django.utils import timezone

from geogame import play
from geogame.asgi import application
from geogame.consumers import NO_SEAT
from geogame.models import Game, Person, PhotoSet
from geogame.rules.sphere import Point
from tests.conftest import CARD
from tests.game.conftest import browser_of

pytestmark = pytest.mark.django_db(transaction=True)


def socket_of(game: Game, browser: Client, origin: bytes = b"http://testserver") -> WebsocketCommunicator:
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in browser.cookies.items())
    headers = [(b"cookie", cookie.encode()), (b"origin", origin), (b"host", b"testserver")]
    return WebsocketCommunicator(application, f"/ws/games/{game.code}/", headers=headers)


@sync_to_async
def new_game(photo_set: PhotoSet, person: Person) -> Game:
    game = play.open_game(photo_set, [CARD], 2, 60, timezone.now())
    play.join(game, person, person.name, timezone.now())
    play.start_round(game, timezone.now())
    return game


@sync_to_async
def guess(game: Game) -> None:
    seat = game.players.get(kind="human")
    play.guess(seat, game.rounds.get(number=1), Point(1, 2), "k", timezone.now())


@sync_to_async
def close(game: Game) -> None:
    play.close_if_due(game.rounds.get(number=1), timezone.now() + timedelta(seconds=61))


async def test_a_player_hears_each_headline_as_a_whole_snapshot(toy_set: PhotoSet, ana: Person) -> None:
    game = await new_game(toy_set, ana)
    socket = socket_of(game, browser_of(ana))
    assert (await socket.connect())[0]
    first: dict[str, Any] = await socket.receive_json_from(5)
    assert (first["phase"], first["own"]["guess"]) == ("showing", None)
    await guess(game)
    second = await socket.receive_json_from(5)
    assert second["own"]["guess"] == {"lat": 1, "lng": 2}
    assert second["version"] > first["version"]
    await close(game)
    while (heard := await socket.receive_json_from(5))["phase"] != "reveal":
        pass
    assert heard["reveal"]["place"]
    await socket.disconnect()


async def test_the_state_after_a_headline_equals_a_fresh_snapshot(toy_set: PhotoSet, ana: Person) -> None:
    game = await new_game(toy_set, ana)
    browser = browser_of(ana)
    socket = socket_of(game, browser)
    await socket.connect()
    await socket.receive_json_from(5)
    await guess(game)
    heard = await socket.receive_json_from(5)
    fresh = (await sync_to_async(browser.get)(f"/games/{game.code}/snapshot/")).json()
    heard.pop("clock"), fresh.pop("clock")  # durations differ by the time between the two
    assert fresh["own"].pop("draft") is None  # of which a headline says nothing
    assert heard == fresh
    await socket.disconnect()


async def test_somebody_without_a_seat_hears_nothing(toy_set: PhotoSet, ana: Person, ben: Person) -> None:
    game = await new_game(toy_set, ana)
    for browser in (browser_of(ben), Client()):
        socket = socket_of(game, browser)
        await socket.connect()
        heard = await socket.receive_output(5)
        assert (heard["type"], heard["code"]) == ("websocket.close", NO_SEAT)


async def test_another_sites_page_gets_no_socket(toy_set: PhotoSet, ana: Person) -> None:
    game = await new_game(toy_set, ana)
    socket = socket_of(game, browser_of(ana), origin=b"http://elsewhere.example")
    assert not (await socket.connect())[0]


async def test_two_games_never_hear_each_other(toy_set: PhotoSet, ana: Person, ben: Person) -> None:
    hers, his = await new_game(toy_set, ana), await new_game(toy_set, ben)
    socket = socket_of(his, browser_of(ben))
    await socket.connect()
    await socket.receive_json_from(5)
    await guess(hers)
    assert await socket.receive_nothing(0.3)
    await socket.disconnect()


@pytest.mark.parametrize("junk", ["{", "[]", '{"guess": [1, 2]}', "x" * 10_000])
async def test_what_a_browser_says_on_the_socket_changes_nothing(junk: str, toy_set: PhotoSet, ana: Person) -> None:
    game = await new_game(toy_set, ana)
    socket = socket_of(game, browser_of(ana))
    await socket.connect()
    await socket.receive_json_from(5)
    await socket.send_to(text_data=junk)
    assert await socket.receive_nothing(0.2)
    await guess(game)
    assert (await socket.receive_json_from(5))["own"]["guess"]
    await socket.disconnect()
