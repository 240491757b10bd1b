"""The socket of a comparison: whoever watches one is told its new figures when they have been reckoned."""

import asyncio
import contextlib
import json
import logging
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.core.cache import cache
from django.utils import timezone

from geogame import comparisons, findings
from geogame.models import Comparison
from geogame.news import group_of_comparison
from geogame.selections import Selection

log = logging.getLogger(__name__)
UNKNOWN = 4404  # close code: nobody has asked for this comparison
LOOK_EVERY_S = 30  # for what no message told; it also says that somebody is still there
KEPT_S = 600


class ComparisonConsumer(AsyncWebsocketConsumer):
    """One browser watching one comparison. It hears figures, and nothing is said by it."""

    key: str

    async def connect(self) -> None:
        self.key, self._told = self.scope["url_route"]["kwargs"]["key"], ""
        await self.accept()
        if not await self._is_known():
            await self.close(UNKNOWN)
            return
        await self._listen()  # join first, look second: what is reckoned between the two is then never missed
        await self._tell()
        self._watcher = asyncio.create_task(self._watch())

    async def disconnect(self, code: int) -> None:
        if hasattr(self, "_watcher"):
            self._watcher.cancel()
            with contextlib.suppress(Exception):  # a layer that is away forgets by itself who no longer listens
                await self.channel_layer.group_discard(group_of_comparison(self.key), self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Ignore anything."""

    async def reckoned(self, event: dict[str, Any]) -> None:
        await self._tell()

    async def _listen(self) -> None:
        try:
            await self.channel_layer.group_add(group_of_comparison(self.key), self.channel_name)
        except Exception:  # each layer raises errors of its own; the look finds what is not heard
            log.warning("The channel layer does not answer; comparisons are looked at meanwhile")

    async def _watch(self) -> None:
        """Look now and then: a message may have been lost, and a comparison that nobody watches is not reckoned."""
        with contextlib.suppress(Exception):  # the browser has gone, or the database: the browser connects anew
            while True:
                await asyncio.sleep(LOOK_EVERY_S)
                await database_sync_to_async(comparisons.watch)(self.key, timezone.now())
                await self._listen()  # a Redis that was restarted has forgotten who listens
                await self._tell()

    async def _tell(self) -> None:
        """Send the figures, if they are others than those sent last."""
        text = await self._text()
        if text and text != self._told:
            self._told = text
            await self.send(text)

    @database_sync_to_async
    def _is_known(self) -> bool:
        return Comparison.objects.filter(key=self.key).exists()

    @database_sync_to_async
    def _text(self) -> str:
        return message(self.key)


def message(key: str) -> str:
    """Return what is told of a comparison: its figures as the page prints them; nothing before they are reckoned.

    Of a few people, whom only staff may see, it is only told that it was reckoned: the page then asks by itself.
    """
    made = Comparison.objects.filter(key=key).values_list("report__reckoned_at", flat=True).first()
    if made is None:
        return ""
    return str(cache.get_or_set(f"comparison.{key}.{made}", lambda: _message(key), KEPT_S))


def _message(key: str) -> str:
    selection, as_of, report = Comparison.objects.values_list("selection", "as_of", "report").get(key=key)
    assert report is not None
    told = {"reckonedAt": report["reckoned_at"]}
    if not comparisons.are_few(Selection.from_dict(selection), report["figures"]["counts"]["people"]):
        told |= {"asOf": as_of, **findings.live(report)}
    return json.dumps(told, separators=(",", ":"))
