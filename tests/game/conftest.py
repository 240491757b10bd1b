"""What the tests of the game share: browsers with a seat, and no worker that listens."""

from typing import Any

import pytest
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from geogame import limits, seats
from geogame.models import Person, Round
from geogame.rules import addresses
from geogame.snapshots import forget_boards
from tests.conftest import CARD

PATIENCE_S = 60  # for what comes at once, but for a machine that has other work


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """Another test's world is another database, in which as many rounds may have closed at the same moment."""
    cache.clear()
    forget_boards()
    limits.forget()


@pytest.fixture(autouse=True)
def _no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nudges go nowhere here (the tests of the worker call it themselves), and the opponent is the one of the cast."""
    monkeypatch.setattr("geogame.views.games.nudge", lambda: None)
    monkeypatch.setattr("geogame.views.rounds.nudge_why", lambda: None)
    monkeypatch.setattr("geogame.admin.reviewing.nudge_naming", lambda photo_set: None)
    for page in ("home", "comparison"):
        monkeypatch.setattr(f"geogame.views.{page}.nudge_reckoning", lambda: None)
    monkeypatch.setattr("predictor.opponents.available", lambda: [CARD])


def browser_of(person: Person) -> Client:
    """Return a browser that carries this person's cookie."""
    response = HttpResponse()
    seats.remember(response, person, secure=False)
    client = Client()
    client.cookies[seats.COOKIE] = response.cookies[seats.COOKIE].value
    return client


class Socket(WebsocketCommunicator):
    """The browser's end of a socket. It waits longer than the second that Channels gives everything."""

    async def receive_output(self, timeout: float = PATIENCE_S) -> dict[str, Any]:
        return await super().receive_output(max(timeout, PATIENCE_S))

    async def wait(self, timeout: float = PATIENCE_S) -> None:
        await super().wait(max(timeout, PATIENCE_S))


def photo_address(shown: Round, position: int = 1) -> str:
    """Return where a photo of a round is found in this hour."""
    key = addresses.key(settings.SECRET_KEY, shown.pk, position, timezone.now())
    return reverse("round-photo", args=[shown.pk, position, key])
