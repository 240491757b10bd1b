"""Sockets carry news down and nothing up: each headline is answered with this viewer's own snapshot."""

import asyncio
import contextlib
import json

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.http.cookie import parse_cookie
from django.utils import timezone

from geogame import codes, rooms, seats
from geogame.hub import hub
from geogame.models import Game
from geogame.rules.refusals import TooOften
from geogame.snapshots import Json, snapshot

NO_SEAT = 4403  # close code: this browser has no seat in this game, and it is no room that anybody may watch
TOO_OFTEN = 4429  # close code: somebody at this address tries out codes; come again later
SCREEN = "screen=1"  # the query of a big screen: whoever's browser it is, it is shown what everybody sees


class GameConsumer(AsyncWebsocketConsumer):
    """One browser watching one game. Seat and game are checked at every connection."""

    game: Game
    player_pk: int | None
    person_pk: int | None

    async def connect(self) -> None:
        try:
            found = await self._seat(self.scope["url_route"]["kwargs"]["code"])
        except TooOften:
            await self._refuse(TOO_OFTEN)
            return
        if found is None:
            await self._refuse(NO_SEAT)
            return
        await self.accept()
        self.game, self.player_pk, self.person_pk = found
        self._text, self._new = "", asyncio.Event()
        self._sender: asyncio.Task[None] | None = None
        try:
            # Join first, look second: a headline between the two is then never missed, and sent behind what is older.
            await hub().join(self.game, self)
            await self.send(json.dumps(await self._snapshot(), separators=(",", ":")))
            self._sender = asyncio.create_task(self._send_newest())
        except BaseException:  # nobody calls `disconnect` after that, and a host would seem to be there for ever
            await self._go()
            raise

    async def _refuse(self, code: int) -> None:
        await self.accept()  # a browser is told the code only of a socket that was open
        await self.close(code)

    async def disconnect(self, code: int) -> None:
        if hasattr(self, "game"):
            await self._go()

    async def _go(self) -> None:
        if self._sender:
            self._sender.cancel()
        await hub().leave(self.game, self)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Ignore anything: nothing is said by socket."""

    def tell(self, text: str) -> None:
        """Send a snapshot; one that a slow connection still holds up is left out, since each is the whole state."""
        self._text = text
        self._new.set()

    async def _send_newest(self) -> None:
        with contextlib.suppress(Exception):  # the browser has gone; `disconnect` follows
            while True:
                await self._new.wait()
                self._new.clear()
                await self.send(self._text)

    @database_sync_to_async
    def _seat(self, code: str) -> tuple[Game, int | None, int | None] | None:
        headers = dict(self.scope["headers"])
        cookies = parse_cookie(headers.get(b"cookie", b"").decode("latin-1"))
        cookie = cookies.get(seats.COOKIE, "")
        person = seats.person_from(cookie)
        game = codes.game_of(code, (self.scope.get("client") or ("",))[0], person)
        if game is None:
            return None
        if self.scope.get("query_string", b"").decode("latin-1") == SCREEN:
            return (game, None, None) if game.is_room else None
        player = seats.player_in(person, game)
        if player is None and not game.is_room:
            return None
        if player is not None:
            seats.seat_in(cookie, game.pk)  # remembered now: two hundred first guesses may come in one second
        rooms.host_is_here(game, person, timezone.now())
        return game, player.pk if player else None, person.pk if person else None

    @database_sync_to_async
    def _snapshot(self) -> Json:
        return snapshot(self.game.pk, self.player_pk, timezone.now(), self.person_pk)
