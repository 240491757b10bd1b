"""Sockets: who may listen, what they hear, and that rooms never hear each other."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.test import Client
from django.utils import timezone

from geogame import play
from geogame.asgi import application
from geogame.consumers import NO_SEAT, TOO_OFTEN, GameConsumer
from geogame.hub import hub
from geogame.models import CODE_ALPHABET, Game, Person, PhotoSet
from geogame.rules.sphere import Point
from tests.conftest import CARD
from tests.game.conftest import Socket, browser_of

pytestmark = pytest.mark.django_db(transaction=True)


def socket_of(game: Game, browser: Client, origin: bytes = b"http://testserver", query: str = "") -> Socket:
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in browser.cookies.items())
    headers = [(b"cookie", cookie.encode()), (b"origin", origin), (b"host", b"testserver")]
    return Socket(application, f"/ws/games/{game.code}/{query}", headers=headers)


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


async def told_until_own_guess(socket: Socket) -> list[dict[str, Any]]:
    """Return the snapshots that come, up to the first with the player's own guess.

    One without it may be among them: a process looks a second after its first socket of a game has come.
    """
    told = [await socket.receive_json_from()]
    while told[-1]["own"]["guess"] is None:
        told.append(await socket.receive_json_from())
    return told


async def test_a_player_hears_each_headline_as_a_whole_snapshot(toy_set: PhotoSet, ana: Person) -> None:
    game = await new_game(toy_set, ana)
    socket = socket_of(game, browser_of(ana))
    assert (await socket.connect())[0]
    first: dict[str, Any] = await socket.receive_json_from()
    assert (first["phase"], first["own"]["guess"]) == ("showing", None)
    await guess(game)
    second = (await told_until_own_guess(socket))[-1]
    assert second["own"]["guess"] == {"lat": 1, "lng": 2}
    assert second["version"] > first["version"]
    await close(game)
    while (heard := await socket.receive_json_from())["phase"] != "reveal":
        pass
    assert heard["reveal"]["place"]
    await socket.disconnect()


async def test_the_state_after_a_headline_equals_a_fresh_snapshot(toy_set: PhotoSet, ana: Person) -> None:
    game = await new_game(toy_set, ana)
    browser = browser_of(ana)
    socket = socket_of(game, browser)
    await socket.connect()
    await socket.receive_json_from()
    await guess(game)
    heard = (await told_until_own_guess(socket))[-1]
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
        heard = await socket.receive_output()
        assert (heard["type"], heard["code"]) == ("websocket.close", NO_SEAT)


async def test_another_sites_page_gets_no_socket(toy_set: PhotoSet, ana: Person) -> None:
    game = await new_game(toy_set, ana)
    socket = socket_of(game, browser_of(ana), origin=b"http://elsewhere.example")
    assert not (await socket.connect())[0]


async def test_two_games_never_hear_each_other(toy_set: PhotoSet, ana: Person, ben: Person) -> None:
    hers, his = await new_game(toy_set, ana), await new_game(toy_set, ben)
    socket = socket_of(his, browser_of(ben))
    await socket.connect()
    await socket.receive_json_from()
    await guess(hers)
    await guess(his)
    assert {each["game"]["code"] for each in await told_until_own_guess(socket)} == {his.code}
    await socket.disconnect()


@pytest.mark.parametrize("junk", ["{", "[]", '{"guess": [1, 2]}', "x" * 10_000])
async def test_what_a_browser_says_on_the_socket_changes_nothing(junk: str, toy_set: PhotoSet, ana: Person) -> None:
    game = await new_game(toy_set, ana)
    socket = socket_of(game, browser_of(ana))
    await socket.connect()
    first: dict[str, Any] = await socket.receive_json_from()
    await socket.send_to(text_data=junk)
    await guess(game)
    for told in (await told_until_own_guess(socket))[:-1]:
        assert told | {"clock": None} == first | {"clock": None}
    await socket.disconnect()


async def closed_with(socket: Socket) -> int:
    await socket.connect()
    heard = await socket.receive_output()
    assert heard["type"] == "websocket.close"
    return int(heard["code"])


async def test_codes_cannot_be_tried_out_by_socket(toy_set: PhotoSet, ana: Person) -> None:
    room = await new_room(toy_set, ana)
    codes = [Game(code=f"{'0' * 9}{one}") for one in CODE_ALPHABET[:31]]
    answers = [await closed_with(socket_of(code, Client())) for code in codes]
    assert answers == [NO_SEAT] * 30 + [TOO_OFTEN]
    assert await closed_with(socket_of(room, Client())) == TOO_OFTEN  # the right one too
    host = socket_of(room, browser_of(ana))
    await host.connect()
    assert (await host.receive_json_from())["own"]["leads"]
    await host.disconnect()


@sync_to_async
def new_room(photo_set: PhotoSet, person: Person) -> Game:
    game = play.open_game(photo_set, [CARD], 2, 60, timezone.now(), person, is_room=True)
    play.join(game, person, person.name, timezone.now())
    return game


async def test_a_big_screen_is_shown_what_everybody_sees(toy_set: PhotoSet, ana: Person) -> None:
    room, browser = await new_room(toy_set, ana), browser_of(ana)
    key = (await Game.objects.aget(pk=room.pk)).host_key
    socket = socket_of(room, browser, query="?screen=1")
    await socket.connect()
    by_socket = await socket.receive_json_from()
    await socket.disconnect()
    by_http = (await sync_to_async(browser.get)(f"/games/{room.code}/snapshot/?screen=1")).json()
    for told in (by_socket, by_http):
        assert (told["own"]["seat"], told["own"]["leads"], told["own"]["hostKey"]) == (None, False, None)
        assert key not in str(told)
    alone = await new_game(toy_set, ana)
    assert await closed_with(socket_of(alone, browser, query="?screen=1")) == NO_SEAT
    assert (await sync_to_async(browser.get)(f"/games/{alone.code}/snapshot/?screen=1")).status_code == 403


async def test_a_socket_that_fails_while_it_is_opened_leaves_no_ghost(
    toy_set: PhotoSet, ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = await new_room(toy_set, ana)

    async def away(*_: object) -> None:
        raise OSError("the database is away")

    monkeypatch.setattr(GameConsumer, "_snapshot", away)
    socket = socket_of(room, browser_of(ana))
    await socket.connect()
    with pytest.raises(OSError, match="away"):
        await asyncio.wait_for(socket.future, 60)
    assert room.pk not in hub()._rooms


async def test_a_layer_that_is_away_keeps_nobody_from_watching(
    toy_set: PhotoSet, ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise ConnectionError("Redis is away")

    for verb in ("group_add", "group_discard"):
        monkeypatch.setattr(get_channel_layer(), verb, away)
    room = await new_room(toy_set, ana)
    socket = socket_of(room, browser_of(ana))
    await socket.connect()
    first = await socket.receive_json_from()
    await sync_to_async(play.start_round)(room, timezone.now())
    while (heard := await socket.receive_json_from())["phase"] != "showing":
        assert heard["version"] >= first["version"]
    await socket.disconnect()
    assert room.pk not in hub()._rooms
