"""The socket of an import: staff hear where it stands, nobody else hears anything."""

import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.models import AbstractUser, User
from django.test import Client

from geogame import imports, news
from geogame.asgi import application
from geogame.import_consumer import A_MOMENT_S, NO_STAFF, UNKNOWN
from geogame.models import Import, PhotoSet
from tests.conftest import NOON
from tests.game.conftest import Socket

pytestmark = pytest.mark.django_db(transaction=True)
FILES = 40


@pytest.fixture
def upload(db: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Import:
    monkeypatch.setattr(settings, "INBOX_ROOT", tmp_path)
    photo_set = PhotoSet.objects.create(name="Trip", slug="trip")
    return imports.open_import(photo_set, imports.UPLOAD, {}, None, NOON)


def socket_of(pk: int, user: AbstractUser | None) -> Socket:
    client = Client()
    if user:
        client.force_login(user)
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    headers = [(b"cookie", cookie.encode()), (b"origin", b"http://testserver"), (b"host", b"testserver")]
    return Socket(application, f"/ws/imports/{pk}/", headers=headers)


@sync_to_async
def staff_socket(pk: int) -> Socket:
    return socket_of(pk, User.objects.create_superuser("teacher"))


@sync_to_async
def come(upload: Import) -> None:
    """Let forty files arrive, one after the other."""
    for arrival in imports.expect(upload, [(f"{number}.jpg", 1, 7) for number in range(FILES)]):
        imports.receive(arrival, 0, io.BytesIO(b"x"), NOON)


async def test_staff_hear_where_an_import_stands_and_not_each_step(upload: Import) -> None:
    socket = await staff_socket(upload.pk)
    assert (await socket.connect())[0]
    first: dict[str, Any] = await socket.receive_json_from()
    assert first == await sync_to_async(imports.progress)(upload)
    began = time.monotonic()
    await come(upload)
    heard = [await socket.receive_json_from()]
    while heard[-1]["counts"]["waiting"] < FILES:
        heard.append(await socket.receive_json_from())
    moments = (time.monotonic() - began) / A_MOMENT_S
    assert len(heard) <= 3 + 2 * moments  # at once, and a moment later what has happened since
    assert heard[-1] == await sync_to_async(imports.progress)(upload)
    await sync_to_async(imports.close)(upload, NOON)
    assert (await socket.receive_json_from())["closed"]
    await socket.disconnect()


@pytest.mark.parametrize(
    "who",
    [
        lambda: None,
        lambda: User.objects.create_user("pupil"),
        lambda: User.objects.create_user("staff without photos", is_staff=True),
    ],
)
async def test_nobody_else_watches(upload: Import, who: Callable[[], AbstractUser | None]) -> None:
    socket = await sync_to_async(lambda: socket_of(upload.pk, who()))()
    assert (await socket.connect())[0]
    assert await socket.receive_output() == {"type": "websocket.close", "code": NO_STAFF}


async def test_an_import_that_is_not_there_is_not_watched() -> None:
    socket = await staff_socket(7)
    assert (await socket.connect())[0]
    assert await socket.receive_output() == {"type": "websocket.close", "code": UNKNOWN}


async def test_what_no_message_told_is_found_by_looking(upload: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geogame.import_consumer.LOOK_EVERY_S", 0.1)
    monkeypatch.setattr(news, "_send", lambda group, message: 1 / 0)
    socket = await staff_socket(upload.pk)
    await socket.connect()
    await socket.receive_json_from()
    await come(upload)
    while (await socket.receive_json_from())["counts"]["waiting"] < FILES:
        pass
    await socket.disconnect()
