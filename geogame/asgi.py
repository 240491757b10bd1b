"""The ASGI application: pages by HTTP, news by WebSocket."""

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


async def noting_arrival(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Note when a request arrived: at a deadline it must not count how long it stood in line for a thread."""
    await django_application({**scope, "arrived": time.monotonic()}, receive, send)


application = ProtocolTypeRouter(
    {
        "http": noting_arrival,
        "websocket": AllowedHostsOriginValidator(URLRouter([path("ws/games/<code:code>/", GameConsumer.as_asgi())])),
    }
)
