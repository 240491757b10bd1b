"""The sockets of this process, and the one ear that it has at the channel layer.

Headlines reach a process once, not each of its sockets. Those of a room are gathered: at most one push in 100 ms, in a
large room fewer, so that two hundred guesses in a second are a few pushes and not forty thousand messages. What
everybody waits for goes out at once. Should a headline be lost, with a Redis that was restarted for example, the next
look at the games' version numbers finds out.
"""

import asyncio
import contextlib
import logging
import math
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Protocol

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.utils import timezone

from geogame.models import Game
from geogame.news import URGENT, group_of
from geogame.snapshots import Board, boards_of, headline

log = logging.getLogger(__name__)

BETWEEN_S = 0.1  # the least time between two pushes to a room
FOR_EACH_S = 0.004  # and for each of its sockets here: a push to all of them must cost a small part of the time
LOOK_EVERY_S = 1.0  # at the version numbers of the games that are being watched
LIFE_EVERY = 15  # looks between two signs of life of the hosts


class Socket(Protocol):
    """A browser that watches a game."""

    player_pk: int | None
    person_pk: int | None

    def tell(self, text: str) -> None:
        """Take a snapshot to send; one that is not yet on its way gives way to it."""


class _Room:
    """A game that somebody here watches."""

    def __init__(self, game_pk: int) -> None:
        self.game_pk = game_pk
        self.sockets: set[Socket] = set()
        self.sent = -1  # the version that all of them were told
        self.quiet_until = 0.0  # by the loop's clock: until then only what is urgent is passed on


def tell(socket: Socket, here: Board) -> None:
    """Give a socket its own snapshot."""
    socket.tell(headline(here, socket.player_pk, timezone.now(), socket.person_pk))


class Hub:
    """All rooms that are watched through one event loop."""

    def __init__(self) -> None:
        self._rooms: dict[int, _Room] = {}
        self._due: dict[int, float] = {}  # by game: when it is looked at next, by the loop's clock
        self._wake = asyncio.Event()
        self._channel = ""
        self._tasks: list[asyncio.Task[None]] = []

    async def join(self, game: Game, socket: Socket) -> None:
        """Let a socket hear of a game, from now on."""
        if not self._tasks:
            self._tasks = [asyncio.create_task(_go_on(each)) for each in (self._listen, self._serve, self._look)]
        room = self._rooms.get(game.pk)
        if room is None:
            room = self._rooms[game.pk] = _Room(game.pk)
            room.sockets.add(socket)
            await self._hear_of([game.pk])
        room.sockets.add(socket)

    async def leave(self, game: Game, socket: Socket) -> None:
        room = self._rooms.get(game.pk)
        if room is None:
            return
        room.sockets.discard(socket)
        if not room.sockets:
            del self._rooms[game.pk]
            self._due.pop(game.pk, None)
            with contextlib.suppress(Exception):  # a layer that is away; it forgets by itself who no longer listens
                await get_channel_layer().group_discard(group_of(game.pk), self._channel)
            if game.pk in self._rooms:  # somebody came back meanwhile: to be left last is to hear nothing
                await self._hear_of([game.pk])

    async def _hear_of(self, games: Iterable[int]) -> None:
        layer = get_channel_layer()
        try:
            if not self._channel:
                self._channel = await layer.new_channel()  # with the prefix of all others: they are received together
            for game_pk in games:
                await layer.group_add(group_of(game_pk), self._channel)
        except Exception:  # each layer raises errors of its own; the look finds what is not heard, and tries again
            log.warning("The channel layer does not answer; the version numbers are looked at meanwhile")

    async def _listen(self) -> None:
        layer = get_channel_layer()
        while True:
            try:
                if not self._channel:
                    self._channel = await layer.new_channel()
                event = await layer.receive(self._channel)
            except Exception:  # each layer raises errors of its own when its server is away
                log.warning("The channel layer does not answer; the version numbers are looked at meanwhile")
                await asyncio.sleep(LOOK_EVERY_S)
                continue
            self._heard(event)

    def _heard(self, event: dict[str, Any]) -> None:
        room = self._rooms.get(event.get("game", 0))
        if room:
            self._want(room, is_urgent=event.get("headline") in URGENT)

    def _want(self, room: _Room, is_urgent: bool = False) -> None:
        if self._rooms.get(room.game_pk) is not room:
            return  # all have left it since somebody began to look
        now = asyncio.get_running_loop().time()
        at = now if is_urgent else max(now, room.quiet_until)
        self._due[room.game_pk] = min(at, self._due.get(room.game_pk, at))
        self._wake.set()

    async def _serve(self) -> None:
        """Look at the rooms that are due, all of them with one question, and push what is new."""
        now = asyncio.get_running_loop().time
        while True:
            self._wake.clear()
            rest_s = min(self._due.values(), default=math.inf) - now()
            if rest_s > 0:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), None if rest_s == math.inf else rest_s)
                continue
            rooms = [self._rooms[game_pk] for game_pk, at in self._due.items() if at <= now()]
            for room in rooms:
                del self._due[room.game_pk]
                room.quiet_until = now() + BETWEEN_S + FOR_EACH_S * len(room.sockets)
            try:
                found = await database_sync_to_async(boards_of)([room.game_pk for room in rooms], timezone.now())
            except Exception:  # a database that is away for a moment; the next look tries again
                log.exception("Games could not be shown to those who watch them")
                continue
            for room in rooms:
                here = found.get(room.game_pk)
                if here is not None and here.version != room.sent:
                    await _push(room, here)
                    self._want(room)  # look once more: of headlines that follow each other closely one is sent

    async def _look(self) -> None:
        """Find out what no headline told, and note that hosts are there."""
        for number in range(1 << 62):
            await asyncio.sleep(LOOK_EVERY_S)
            rooms = dict(self._rooms)
            try:
                versions = await _versions(list(rooms))
                missed = [pk for pk, room in rooms.items() if pk in versions and versions[pk] != room.sent]
                for game_pk in missed:
                    self._want(rooms[game_pk])
                if number % LIFE_EVERY == 0:
                    await _hosts_are_here({pk: _persons(room) for pk, room in rooms.items()})
                    await self._hear_of(list(rooms))  # a Redis that was restarted has forgotten who listens
            except Exception:
                log.exception("The versions of the games could not be looked at")


async def _go_on(task: Callable[[], Awaitable[None]]) -> None:
    """Do what never ends, and begin again where it ends after all: every room of this process depends on it."""
    while True:
        try:
            await task()
        except Exception:
            log.exception("What serves all rooms has failed; it begins again")
        await asyncio.sleep(LOOK_EVERY_S)


async def _push(room: _Room, here: Board) -> None:
    """Tell all who watch a room what is new."""
    room.sent = here.version
    for number, socket in enumerate(list(room.sockets)):
        tell(socket, here)
        if number % 20 == 19:
            await asyncio.sleep(0)  # others have their turn


def _persons(room: _Room) -> list[int]:
    return [socket.person_pk for socket in room.sockets if socket.person_pk]


@database_sync_to_async
def _versions(games: list[int]) -> dict[int, int]:
    return dict(Game.objects.filter(pk__in=games).values_list("pk", "version"))


@database_sync_to_async
def _hosts_are_here(present: dict[int, list[int]]) -> None:
    now = timezone.now()
    for game_pk, persons in present.items():
        Game.objects.filter(pk=game_pk, is_room=True, host__in=persons).update(host_seen_at=now)


_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}


def hub() -> Hub:
    """Return the hub of the running event loop: a server has one, each test its own."""
    loop = asyncio.get_running_loop()
    for old in [each for each in _hubs if each.is_closed()]:
        del _hubs[old]
    return _hubs.setdefault(loop, Hub())
