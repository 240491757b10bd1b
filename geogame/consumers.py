"""Sockets carry news down and nothing up: each headline is answered with this viewer's own snapshot."""

from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.http.cookie import parse_cookie
from django.utils import timezone

from geogame import seats
from geogame.models import Game, Player
from geogame.news import group_of
from geogame.snapshots import Json, snapshot

NO_SEAT = 4403  # close code: this browser has no seat in this game


class GameConsumer(AsyncJsonWebsocketConsumer):
    """One browser watching one game. Seat and game are checked at every connection."""

    game: Game
    player: Player

    async def connect(self) -> None:
        found = await self._seat(self.scope["url_route"]["kwargs"]["code"])
        await self.accept()
        if found is None:
            await self.close(NO_SEAT)
            return
        self.game, self.player = found
        # Join first, look second: a headline between the two is then never missed.
        await self.channel_layer.group_add(group_of(self.game), self.channel_name)
        await self.send_json(await self._snapshot())

    async def disconnect(self, code: int) -> None:
        if hasattr(self, "game"):
            await self.channel_layer.group_discard(group_of(self.game), self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **kwargs: Any) -> None:
        """Ignore anything, JSON or not (the parent class would fail on text that is not JSON)."""

    async def headline(self, event: dict[str, Any]) -> None:
        await self.send_json(await self._snapshot())

    @database_sync_to_async
    def _seat(self, code: str) -> tuple[Game, Player] | None:
        headers = dict(self.scope["headers"])
        cookies = parse_cookie(headers.get(b"cookie", b"").decode("latin-1"))
        player = seats.player_of(seats.person_from(cookies.get(seats.COOKIE)), code)
        return (player.game, player) if player else None

    @database_sync_to_async
    def _snapshot(self) -> Json:
        return snapshot(self.game.pk, self.player.pk, timezone.now())
