"""The hub: what it gathers, what it passes on at once, what it finds out by itself, and what it forgets."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.db.models import F
from django.utils import timezone

from geogame import hub as hubs
from geogame import play
from geogame.consumers import GameConsumer
from geogame.hub import Hub
from geogame.models import Game, Person, PhotoSet
from geogame.news import OPENED, announce, group_of
from geogame.snapshots import Board, boards
from tests.conftest import CARD

pytestmark = pytest.mark.django_db(transaction=True)


class Watcher:
    """A socket that remembers what it was told."""

    person_pk: int | None = None

    def __init__(self, player_pk: int | None = None) -> None:
        self.player_pk = player_pk
        self.told: list[dict[str, Any]] = []

    def tell(self, text: str) -> None:
        self.told.append(json.loads(text))

    async def hears(self, is_so: Callable[[dict[str, Any]], bool], seconds: float = 60) -> None:
        async with asyncio.timeout(seconds):
            while not any(is_so(each) for each in self.told):
                await asyncio.sleep(0.01)


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    made = Hub()
    yield made
    for task in made._tasks:
        task.cancel()


@sync_to_async
def new_room(photo_set: PhotoSet, person: Person) -> Game:
    game = play.open_game(photo_set, [CARD], 2, 60, timezone.now(), person, is_room=True)
    play.join(game, person, person.name, timezone.now())
    return game


@sync_to_async
def version_of(game: Game) -> int:
    return Game.objects.values_list("version", flat=True).get(pk=game.pk)


say = sync_to_async(announce)


async def test_many_headlines_are_few_pushes_and_the_last_state_arrives(
    hub: Hub, toy_set: PhotoSet, ana: Person
) -> None:
    game, watcher = await new_room(toy_set, ana), Watcher()
    await hub.join(game, watcher)
    began = asyncio.get_running_loop().time()
    for _ in range(40):
        await say(game, "guessed")
    newest = await version_of(game)
    await watcher.hears(lambda told: told["version"] == newest)
    took_s = asyncio.get_running_loop().time() - began
    assert len(watcher.told) <= 2 + took_s / hubs.BETWEEN_S


async def test_what_everybody_waits_for_does_not_wait_for_the_next_push(
    hub: Hub, toy_set: PhotoSet, ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    game, watcher = await new_room(toy_set, ana), Watcher()
    monkeypatch.setattr(hubs, "BETWEEN_S", 30.0)
    await hub.join(game, watcher)
    await say(game, "locked")
    await watcher.hears(lambda told: True)
    await say(game, "guessed")
    await asyncio.sleep(0.3)
    assert len(watcher.told) == 1
    await sync_to_async(play.start_round)(game, timezone.now())
    await watcher.hears(lambda told: told["phase"] == "showing")


async def test_a_headline_that_was_lost_is_found_out(
    hub: Hub, toy_set: PhotoSet, ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubs, "LOOK_EVERY_S", 0.05)
    game, watcher = await new_room(toy_set, ana), Watcher()
    await hub.join(game, watcher)
    await sync_to_async(Game.objects.filter(pk=game.pk).update)(version=F("version") + 1)  # and nobody says so
    newest = await version_of(game)
    await watcher.hears(lambda told: told["version"] == newest)


async def test_a_guess_that_no_headline_told_of_is_shown_soon(
    hub: Hub, toy_set: PhotoSet, ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of headlines that follow each other at once only the first is sent; who hears it looks once more."""
    monkeypatch.setattr(hubs, "LOOK_EVERY_S", 3600.0)
    game, watcher = await new_room(toy_set, ana), Watcher()
    await hub.join(game, watcher)
    await say(game, OPENED)
    await watcher.hears(lambda told: True)
    for _ in range(2):
        await say(game, "guessed")
    newest = await version_of(game)
    await watcher.hears(lambda told: told["version"] == newest)


async def test_rooms_do_not_hear_each_other(hub: Hub, toy_set: PhotoSet, ana: Person, ben: Person) -> None:
    mine, other = await new_room(toy_set, ana), await new_room(toy_set, ben)
    here, there = Watcher(), Watcher()
    await hub.join(mine, here)
    await hub.join(other, there)
    await say(other, "joined")  # so that both have been told something
    await say(mine, "joined")
    await sync_to_async(play.start_round)(mine, timezone.now())
    await here.hears(lambda told: told["phase"] == "showing")
    await there.hears(lambda told: True)
    assert {told["game"]["code"] for told in here.told} == {mine.code}
    assert {(told["game"]["code"], told["phase"]) for told in there.told} == {(other.code, "lobby")}


async def test_each_is_told_their_own_pin_and_nobody_elses(
    hub: Hub, toy_set: PhotoSet, ana: Person, ben: Person
) -> None:
    game = await new_room(toy_set, ana)
    await sync_to_async(play.join)(game, ben, "Ben", timezone.now())
    opened = await sync_to_async(play.start_round)(game, timezone.now())
    assert opened is not None
    seats = {seat.name: seat async for seat in game.players.filter(kind="human")}
    watchers = {name: Watcher(seat.pk) for name, seat in seats.items()}
    for watcher in watchers.values():
        await hub.join(game, watcher)
    pin = play.Point(12.3456789, 98.7654321)
    await sync_to_async(play.guess)(seats["Ana"], opened, pin, "k", timezone.now())
    await watchers["Ana"].hears(lambda told: told["own"]["guess"] is not None)
    newest = await version_of(game)
    await watchers["Ben"].hears(lambda told: told["version"] == newest)
    assert "12.345" not in json.dumps(watchers["Ben"].told)


async def test_a_room_that_nobody_watches_is_forgotten(hub: Hub, toy_set: PhotoSet, ana: Person) -> None:
    game, one, two = await new_room(toy_set, ana), Watcher(), Watcher()
    await hub.join(game, one)
    await hub.join(game, two)
    await hub.leave(game, one)
    assert game.pk in hub._rooms
    await hub.leave(game, two)
    await hub.leave(game, two)  # a socket that is lost twice
    assert not hub._rooms
    await get_channel_layer().group_send(group_of(game.pk), {"type": "headline", "headline": "x", "game": game.pk})
    await asyncio.sleep(0.2)
    assert not one.told


@pytest.mark.parametrize("event", [{}, {"game": 1 << 40}, {"game": "1"}, {"headline": None}])
async def test_an_event_that_makes_no_sense_deafens_nobody(
    hub: Hub, toy_set: PhotoSet, ana: Person, event: dict[str, Any]
) -> None:
    game, watcher = await new_room(toy_set, ana), Watcher()
    await hub.join(game, watcher)
    await get_channel_layer().group_send(group_of(game.pk), {"type": "headline", **event})
    await sync_to_async(play.start_round)(game, timezone.now())
    await watcher.hears(lambda told: told["phase"] == "showing")


async def test_a_database_that_is_away_for_a_moment_costs_a_moment(
    hub: Hub, toy_set: PhotoSet, ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    game, watcher = await new_room(toy_set, ana), Watcher()
    build, failures = hubs.boards_of, [OSError("away"), OSError("still away")]

    def away(game_pks: Sequence[int], now: datetime) -> dict[int, Board]:
        if failures:
            raise failures.pop()
        return build(game_pks, now)

    monkeypatch.setattr(hubs, "boards_of", away)
    monkeypatch.setattr(hubs, "LOOK_EVERY_S", 0.05)
    await hub.join(game, watcher)
    await say(game, "locked")
    await watcher.hears(lambda told: True)
    assert not failures


async def test_a_room_that_cannot_be_shown_holds_up_no_other(
    hub: Hub, toy_set: PhotoSet, ana: Person, ben: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, sound = await new_room(toy_set, ana), await new_room(toy_set, ben)
    build = boards._build

    def sometimes(game_pk: int, now: datetime) -> Board:
        if game_pk == broken.pk:
            raise ValueError("a picture that somebody has deleted by hand")
        return build(game_pk, now)

    monkeypatch.setattr(boards, "_build", sometimes)
    watcher, other = Watcher(), Watcher()
    await hub.join(broken, watcher)
    await hub.join(sound, other)
    await asyncio.gather(say(broken, "locked"), say(sound, "locked"))
    await other.hears(lambda told: True)
    assert not watcher.told


async def test_who_leaves_while_their_room_is_looked_at_silences_no_other(
    hub: Hub, toy_set: PhotoSet, ana: Person, ben: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    left, other = await new_room(toy_set, ana), await new_room(toy_set, ben)
    build, begun, gate = boards._build, threading.Event(), threading.Event()

    def slowly(game_pk: int, now: datetime) -> Board:
        if game_pk == left.pk:
            begun.set()
            gate.wait(60)
        return build(game_pk, now)

    monkeypatch.setattr(boards, "_build", slowly)
    going, staying = Watcher(), Watcher()
    await hub.join(left, going)
    await say(left, OPENED)
    async with asyncio.timeout(60):
        while not begun.is_set():
            await asyncio.sleep(0.01)
    await hub.leave(left, going)
    gate.set()
    await asyncio.sleep(3 * hubs.BETWEEN_S)
    await hub.join(other, staying)
    await say(other, OPENED)
    await staying.hears(lambda told: True)
    assert not going.told
    assert not any(task.done() for task in hub._tasks)


async def test_what_serves_all_rooms_begins_again_where_it_fails(
    hub: Hub, toy_set: PhotoSet, ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubs, "LOOK_EVERY_S", 0.05)
    push, failures = hubs._push, [RuntimeError("nobody thought of that")]

    async def sometimes(room: Any, here: Board) -> None:
        if failures:
            raise failures.pop()
        await push(room, here)

    monkeypatch.setattr(hubs, "_push", sometimes)
    game, watcher = await new_room(toy_set, ana), Watcher()
    await hub.join(game, watcher)
    await say(game, OPENED)
    await watcher.hears(lambda told: True)
    assert not failures


async def test_a_slow_browser_is_sent_the_newest_state_and_not_all_that_it_missed() -> None:
    gate, sent = asyncio.Event(), list[str]()

    class Slow(GameConsumer):
        async def send(
            self, text_data: str | None = None, bytes_data: bytes | None = None, close: bool = False
        ) -> None:
            await gate.wait()
            sent.append(text_data or "")

    consumer = Slow()
    consumer._text, consumer._new = "", asyncio.Event()
    sender = asyncio.create_task(consumer._send_newest())
    for number in range(5):
        consumer.tell(str(number))
        await asyncio.sleep(0.01)
    gate.set()
    await asyncio.sleep(0.05)
    sender.cancel()
    assert sent == ["0", "4"]


async def test_the_host_is_seen_as_long_as_the_host_watches(
    hub: Hub, toy_set: PhotoSet, ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubs, "LOOK_EVERY_S", 0.02)
    game, watcher = await new_room(toy_set, ana), Watcher()
    watcher.person_pk = ana.pk
    long_ago = timezone.now() - timedelta(hours=1)
    await sync_to_async(Game.objects.filter(pk=game.pk).update)(host_seen_at=long_ago)
    await hub.join(game, watcher)
    async with asyncio.timeout(60):
        while (await Game.objects.aget(pk=game.pk)).host_seen_at == long_ago:
            await asyncio.sleep(0.02)
