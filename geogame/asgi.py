"""The ASGI application: pages by HTTP, news by WebSocket."""

import asyncio
import gc
import os
import time
from typing import Any

import django
from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "geogame.settings")
django.setup(set_prefix=False)  # before anything that imports models

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402
from django.urls import path  # noqa: E402

from geogame.consumers import GameConsumer  # noqa: E402


class InOneThread(ASGIHandler):
    """Django's own handler, but a request stays in one thread from the first middleware to the view.

    WhiteNoise and the views are not asynchronous and the rest is both: by itself Django would change between thread and
    loop twice more, and each time the request waits behind all others of a full room.
    """

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        return await sync_to_async(self.get_response, thread_sensitive=True)(request)


django_application = InOneThread()
AT_ONCE = 12  # requests that have a thread; more would take turns so often that all get slower
_line: dict[asyncio.AbstractEventLoop, asyncio.Semaphore] = {}


async def noting_arrival(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Note when a request arrived, and let it stand in line; how long it stands there does not count."""
    arrived, loop = time.monotonic(), asyncio.get_running_loop()
    async with _line.setdefault(loop, asyncio.Semaphore(AT_ONCE)):
        await django_application({**scope, "arrived": arrived}, receive, send)


application = ProtocolTypeRouter(
    {
        "http": noting_arrival,
        "websocket": AllowedHostsOriginValidator(URLRouter([path("ws/games/<code:code>/", GameConsumer.as_asgi())])),
    }
)
gc.freeze()  # what is loaded stays: the collector need not go through all of Django in the middle of a round
