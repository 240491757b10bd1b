"""What the tests of the game share: browsers with a seat, and no worker that listens."""

import pytest
from django.test import Client

from geogame import seats
from geogame.models import Person


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nudges go nowhere here; the tests of the worker call it themselves."""
    monkeypatch.setattr("geogame.views.games.nudge", lambda: None)


def browser_of(person: Person) -> Client:
    """Return a browser that carries this person's cookie."""
    from django.http import HttpResponse

    response = HttpResponse()
    seats.remember(response, person, secure=False)
    client = Client()
    client.cookies[seats.COOKIE] = response.cookies[seats.COOKIE].value
    return client
