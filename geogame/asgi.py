"""The ASGI application: pages by HTTP, news by WebSocket."""

import asyncio
import os
import time
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "geogame.settings")
django_application = get_asgi_application()  # sets Django up: before anything that imports models

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402
from django.urls import path  # noqa: E402

from geogame.consumers import GameConsumer  # noqa: E402

AT_ONCE = 8  # requests that have a thread; of two hundred threads the one that hears and sends would get its turn last
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
