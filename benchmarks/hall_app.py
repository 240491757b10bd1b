"""The game as one web process, and what it is held against: a POST that inserts one row, a bare group send."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.hall_settings")

from geogame.asgi import noting_arrival  # first: it sets Django up

from asgiref.sync import async_to_sync  # isort: skip
from channels.generic.websocket import AsyncWebsocketConsumer  # isort: skip
from channels.layers import get_channel_layer  # isort: skip
from channels.routing import ProtocolTypeRouter, URLRouter  # isort: skip
from django.http import HttpRequest, HttpResponse, JsonResponse  # isort: skip
from django.urls import path  # isort: skip

from geogame.consumers import GameConsumer  # isort: skip
from geogame.models import Person  # isort: skip
from geogame.urls import urlpatterns as game_urls  # isort: skip


def insert(request: HttpRequest) -> HttpResponse:
    """One row, as a guess is one."""
    Person.objects.create(name="bare")
    return JsonResponse({"ok": True})


def send(request: HttpRequest, group: str, length: int) -> HttpResponse:
    """So many bytes to all sockets of a group, at once."""
    async_to_sync(get_channel_layer().group_send)(f"bare.{group}", {"type": "plain", "text": "x" * length})
    return HttpResponse(status=204)


class Bare(AsyncWebsocketConsumer):
    """A socket in a group, as Channels' own examples have it."""

    async def connect(self) -> None:
        self.group = f"bare.{self.scope['url_route']['kwargs']['group']}"
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(self.group, self.channel_name)

    async def plain(self, event: dict[str, str]) -> None:
        await self.send(event["text"])


urlpatterns = [path("bare/insert/", insert), path("bare/send/<slug:group>/<int:length>/", send), *game_urls]
sockets = [path("ws/games/<code:code>/", GameConsumer.as_asgi()), path("ws/bare/<slug:group>/", Bare.as_asgi())]
application = ProtocolTypeRouter({"http": noting_arrival, "websocket": URLRouter(sockets)})
