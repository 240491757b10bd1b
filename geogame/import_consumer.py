"""The socket of an import: staff who watch one are told how far it has come, as often as that changes."""

import asyncio
import contextlib
import json
import logging
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from geogame import imports, news
from geogame.models import Import

log = logging.getLogger(__name__)
NO_STAFF = 4403  # close code: only staff who may see photos may watch
UNKNOWN = 4404  # close code: there is no such import
A_MOMENT_S = news.AN_IMPORT_S + 0.05  # what is announced within one moment is announced once
LOOK_EVERY_S = 10.0  # for what no message told


class ImportConsumer(AsyncWebsocketConsumer):
    """One browser watching one import. It hears where that stands, and nothing is said by it."""

    async def connect(self) -> None:
        self._pk, self._told, self._news = self.scope["url_route"]["kwargs"]["pk"], "", asyncio.Event()
        await self.accept()  # a browser is told the code only of a socket that was open
        if not await self._may_watch():
            await self.close(NO_STAFF)
        elif not await self._text():
            await self.close(UNKNOWN)
        else:
            await self._listen()  # join first, look second: what comes between the two is then never missed
            self._teller = asyncio.create_task(self._keep_telling())

    async def disconnect(self, code: int) -> None:
        if hasattr(self, "_teller"):
            self._teller.cancel()
            with contextlib.suppress(Exception):  # a layer that is away forgets by itself who no longer listens
                await self.channel_layer.group_discard(news.group_of_import(self._pk), self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Ignore anything."""

    async def came_further(self, event: dict[str, Any]) -> None:
        self._news.set()

    async def _listen(self) -> None:
        try:
            await self.channel_layer.group_add(news.group_of_import(self._pk), self.channel_name)
        except Exception:  # each layer raises errors of its own; the look finds what is not heard
            log.warning("The channel layer does not answer; imports are looked at meanwhile")

    async def _keep_telling(self) -> None:
        """Tell at once what is heard, and a moment later what has happened since; look now and then unasked."""
        with contextlib.suppress(Exception):  # the browser has gone, or the database: the browser connects anew
            while True:
                self._news.clear()
                await self._tell()
                await asyncio.sleep(A_MOMENT_S)
                await self._tell()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), LOOK_EVERY_S)

    async def _tell(self) -> None:
        """Send where the import stands, if that is not what was sent last."""
        text = await self._text()
        if text and text != self._told:
            self._told = text
            await self.send(text)

    @database_sync_to_async
    def _may_watch(self) -> bool:
        user = self.scope["user"]
        return bool(user.is_active and user.is_staff and user.has_perm("geogame.view_photo"))

    @database_sync_to_async
    def _text(self) -> str:
        return message(self._pk)


def message(pk: int) -> str:
    """Return where an import stands, as the page's own progress address tells it; nothing of one that is not there."""
    found = Import.objects.filter(pk=pk).first()
    return json.dumps(imports.progress(found), separators=(",", ":")) if found else ""
