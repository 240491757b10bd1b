"""The door of the site: who is slow, too large or from elsewhere costs the others nothing."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, BinaryIO

import pytest
import uvicorn
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.core import signals
from django.http import FileResponse, HttpRequest, HttpResponse
from django.test import Client
from uvicorn.server import ServerState

from geogame import asgi, imports, oneprocess
from geogame.export.downloads import Aside
from geogame.models import Arrival, PhotoSet
from tests.conftest import NOON
from tests.game.conftest import PATIENCE_S
from tests.game.test_photos import with_gps

pytestmark = pytest.mark.django_db(transaction=True)  # a request's thread looks after its connection

Message = dict[str, Any]


class Request:
    """A request as a server hands it on: its body in parts, and what was sent back."""

    def __init__(self, path: str = "/healthz", method: str = "GET", *parts: bytes, **headers: str) -> None:
        told = {"host": "testserver", **{name.replace("_", "-"): value for name, value in headers.items()}}
        self.scope: Message = {
            "type": "http", "http_version": "1.1", "method": method, "path": path, "raw_path": path.encode(),
            "root_path": "", "scheme": "http", "query_string": b"", "client": ("127.0.0.1", 1), "server": ("x", 80),
            "headers": [(name.encode(), value.encode()) for name, value in told.items()],
        }  # fmt: skip
        self.parts, self.sent = list(parts) or [b""], list[Message]()

    async def receive(self) -> Message:
        part = self.parts.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(self.parts)}

    async def send(self, message: Message) -> None:
        self.sent.append(message)

    async def answered(self, seconds: float = PATIENCE_S) -> int:
        async with asyncio.timeout(seconds):
            await asgi.noting_arrival(self.scope, self.receive, self.send)
        return self.status

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent[1:])


class Stalled(Request):
    """Says that there is more, and never sends it."""

    async def receive(self) -> Message:
        if self.parts:
            return {"type": "http.request", "body": self.parts.pop(0), "more_body": True}
        await asyncio.sleep(3600)
        raise AssertionError


class Takes(Request):
    """Asks, and takes nothing of the answer but its head."""

    async def send(self, message: Message) -> None:
        await super().send(message)
        if message["type"] == "http.response.body":
            await asyncio.sleep(3600)


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "PATIENCE_S", 0.2)


async def crowd(kind: type[Request], *words: Any) -> list[asyncio.Task[int]]:
    """Let more of a kind come than there are threads, and wait until each is where it will stay."""
    tasks = [asyncio.create_task(kind(*words).answered(3600)) for _ in range(2 * asgi.AT_ONCE)]
    await asyncio.sleep(0.1)
    return tasks


@pytest.mark.parametrize(("kind", "words"), [(Stalled, ("/healthz", "POST", b"{")), (Takes, ("/healthz",))])
async def test_whoever_is_slow_holds_up_nobody(kind: type[Request], words: tuple[Any, ...]) -> None:
    tasks = await crowd(kind, *words)
    assert await Request().answered() == 200
    for task in tasks:
        task.cancel()


@pytest.mark.usefixtures("_impatient")
async def test_whoever_sends_or_takes_nothing_for_long_is_sent_away() -> None:
    assert await Stalled("/games/", "POST", b"a").answered() == 408
    taking = Takes()
    assert await taking.answered() == 200
    assert len(taking.sent) == 2


async def test_whoever_goes_before_they_have_said_what_they_want_is_not_answered() -> None:
    class Gone(Request):
        async def receive(self) -> Message:
            return {"type": "http.disconnect"}

    gone = Gone("/games/", "POST")
    await asgi.noting_arrival(gone.scope, gone.receive, gone.send)
    assert gone.sent == []


async def test_a_body_that_is_too_large_is_not_read_to_its_end(settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    large = Request("/games/", "POST", b"x" * 8, b"x" * 8, b"x" * 8)
    assert await large.answered() == 413
    assert large.parts


async def test_a_long_answer_arrives_whole_and_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = bytes(range(256)) * 1024
    monkeypatch.setattr(asgi.noting_arrival, "get_response", lambda request: HttpResponse(whole))
    long = Request()
    assert await long.answered() == 200
    assert long.body == whole
    assert [message["more_body"] for message in long.sent[1:]] == [True, True, True, False]


async def test_requests_are_answered_in_the_order_of_their_coming_each_in_one_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asgi, "AT_ONCE", 1)
    site, answered, threads = asgi.InOneThread(), list[str](), set[int]()

    def get_response(request: HttpRequest) -> HttpResponse:
        answered.append(request.path)
        threads.add(threading.get_ident())
        return HttpResponse()

    def note(**_: object) -> None:
        threads.add(threading.get_ident())

    monkeypatch.setattr(site, "get_response", get_response)
    signals.request_started.connect(note)
    signals.request_finished.connect(note)
    try:
        asked = [Request(f"/{number}/") for number in range(20)]
        await asyncio.gather(*(site(each.scope, each.receive, each.send) for each in asked))
    finally:
        signals.request_started.disconnect(note)
        signals.request_finished.disconnect(note)
    assert answered == [f"/{number}/" for number in range(20)]
    assert len(threads) == 1


@pytest.mark.parametrize(("staff", "status"), [(True, 200), (False, 413)])
async def test_staff_upload_what_others_may_not_send(
    staff: bool, status: int, toy_set: PhotoSet, settings: Any
) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 500
    pages, photo = f"/admin/geogame/photoset/{toy_set.pk}", with_gps((48.0, 8.0, 0.0), (11.0, 34.0, 0.0))
    arrival = await sync_to_async(announced)(toy_set, len(photo))
    cookies = await sync_to_async(cookies_of)(staff, f"{pages}/upload/")
    upload = Request(
        f"{pages}/imports/{arrival.source_id}/files/{arrival.pk}/", "POST", photo[:400], photo[400:],
        content_type="application/octet-stream", content_length=str(len(photo)),
        cookie="; ".join(f"{name}={value}" for name, value in cookies.items()),
        x_csrftoken=cookies.get("csrftoken", ""),
    )  # fmt: skip
    assert await upload.answered() == status
    await arrival.arefresh_from_db()
    assert arrival.received == (len(photo) if staff else 0)


def announced(photo_set: PhotoSet, size: int) -> Arrival:
    return imports.expect(imports.open_import(photo_set, "upload", {}, None, NOON), [("photo.jpg", size, 0)])[0]


def cookies_of(staff: bool, address: str) -> dict[str, str]:
    browser = Client()
    if staff:
        browser.force_login(get_user_model().objects.create_superuser("boss"))
    browser.get(address)
    return {name: morsel.value for name, morsel in browser.cookies.items()}


@pytest.mark.parametrize(
    ("origin", "host", "comes_in"),
    [
        ("http://localhost:8000", "localhost:8000", True),
        ("http://localhost", "localhost", True),
        ("http://localhost", "localhost:80", True),
        ("https://localhost", "localhost:443", True),
        ("http://[::1]:8000", "[::1]:8000", True),
        ("http://localhost:9999", "localhost:8000", False),
        ("https://localhost", "localhost:8000", False),
        ("http://127.0.0.1:8000", "localhost:8000", False),
        ("http://evil.example", "localhost:8000", False),
        ("http://evil.example", "evil.example", False),  # asked by a name that is not this site's
        ("null", "localhost:8000", False),
        ("", "localhost:8000", False),
        ("http://localhost:port", "localhost:8000", False),
        ("http://[", "localhost:8000", False),
    ],
)
def test_sockets_are_opened_by_pages_of_this_very_site(origin: str, host: str, comes_in: bool, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
    headers = {b"host": host, **({b"origin": origin} if origin else {})}
    assert asgi.comes_from_here(headers) is comes_in


def test_a_proxy_says_which_host_was_asked_where_django_trusts_it(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["game.example", "inner"]
    headers = {b"host": "inner:8000", b"x-forwarded-host": "game.example", b"origin": "https://game.example"}
    assert not asgi.comes_from_here(headers)
    settings.USE_X_FORWARDED_HOST = True
    assert asgi.comes_from_here(headers)
    settings.USE_X_FORWARDED_HOST = False
    settings.CSRF_TRUSTED_ORIGINS = ["https://game.example"]
    assert asgi.comes_from_here(headers)


async def test_a_file_is_read_while_it_is_sent_and_closed_in_the_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    whole, path = bytes(range(256)) * 1024, tmp_path / "file"
    path.write_bytes(whole)
    opened: list[BinaryIO] = []

    def get_response(request: HttpRequest) -> FileResponse:
        opened.append(path.open("rb"))
        return FileResponse(opened[0])

    monkeypatch.setattr(asgi.noting_arrival, "get_response", get_response)
    request = Request()
    assert await request.answered() == 200
    assert request.body == whole
    assert len(request.sent) == 1 + len(whole) // asgi.PART
    assert opened[0].closed


class Downloads(Request):
    """Takes parts while `goes_on` is set, and stays until it has all."""

    def __init__(self) -> None:
        super().__init__()
        self.taken, self.goes_on = asyncio.Event(), asyncio.Event()

    async def receive(self) -> Message:
        if not self.parts:
            await asyncio.sleep(3600)
        return await super().receive()

    async def send(self, message: Message) -> None:
        await super().send(message)
        self.taken.set()
        await self.goes_on.wait()


async def test_no_connection_is_closed_that_a_download_still_reads_from(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither between its parts nor when another one ends: on SQLite what was not read yet would be lost."""
    closed: list[str] = []
    monkeypatch.setattr(asgi, "close_old_connections", lambda: closed.append(threading.current_thread().name))
    monkeypatch.setattr(asgi.noting_arrival, "get_response", lambda request: Aside(iter([b"one", b"two"])))
    slow, quick = Downloads(), Downloads()
    first = asyncio.create_task(slow.answered())
    await slow.taken.wait()
    quick.goes_on.set()
    await quick.answered()
    assert not [name for name in closed if name.startswith("download")]
    slow.goes_on.set()
    await first
    assert (slow.body, quick.body) == (b"onetwo", b"onetwo")
    assert len([name for name in closed if name.startswith("download")]) == 1


class Door:
    """A listening server of its own, and the connections that it holds."""

    def __init__(self, port: int, state: ServerState) -> None:
        self.port, self.state = port, state

    async def enter(self, said: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Come in and say something at once: it lies there before the server's clock for it begins to run."""
        end = socket.create_connection(("127.0.0.1", self.port))
        end.sendall(said)
        return await asyncio.open_connection(sock=end)


@asynccontextmanager
async def door(application: Any) -> AsyncIterator[Door]:
    config = uvicorn.Config(
        application, http=oneprocess.PromptHttp, ws="websockets-sansio", lifespan="off", log_config=None
    )
    config.load()
    state = ServerState()
    listen = asyncio.get_running_loop().create_server
    async with await listen(lambda: oneprocess.PromptHttp(config, state, {}), "127.0.0.1", 0) as server:
        yield Door(server.sockets[0].getsockname()[1], state)
        for each in list(state.connections):
            each.transport.abort()  # type: ignore[union-attr]


async def slow_page(scope: Message, receive: Any, send: Any) -> None:
    """Read the whole body, take a while, answer with it."""
    with await asgi.whole_body(receive) as body:
        await asyncio.sleep(0.3)
        said = body.read() or b"nothing"
    await asgi.send_whole((200, [(b"content-length", str(len(said)).encode())], said), send)


@pytest.fixture
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oneprocess, "HEAD_S", 0.1)
    monkeypatch.setattr(oneprocess, "TAKEN_S", 0.2)
    monkeypatch.setattr(asgi, "PATIENCE_S", PATIENCE_S)


ASKED = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.usefixtures("_hurried")
@pytest.mark.parametrize(
    ("before", "said"),
    [(b"", b""), (b"", b"\r\n"), (b"", b"GET / HTT"), (b"", ASKED[:-2]), (ASKED, b"\r\n"), (ASKED, ASKED[:-2])],
)
async def test_a_connection_that_does_not_say_what_it_wants_is_closed(before: bytes, said: bytes) -> None:
    async with door(slow_page) as here, asyncio.timeout(PATIENCE_S):
        reader, writer = await here.enter(before or said)
        if before:
            assert (await reader.readuntil(b"nothing")).startswith(b"HTTP/1.1 200")
            writer.write(said)
        assert await reader.read() == b""
        writer.close()


@pytest.mark.usefixtures("_hurried")
async def test_nor_is_it_held_by_a_byte_now_and_then() -> None:
    async with door(slow_page) as here:
        _reader, writer = await here.enter(b"GET / HTTP/1.1\r\nX: x")
        async with asyncio.timeout(PATIENCE_S):
            while not here.state.connections:
                await asyncio.sleep(0)
            while here.state.connections:
                writer.write(b"x")
                await asyncio.sleep(0.03)


@pytest.mark.usefixtures("_hurried")
async def test_whoever_is_slow_after_the_head_is_answered_all_the_same() -> None:
    async with door(slow_page) as here, asyncio.timeout(PATIENCE_S):
        reader, writer = await here.enter(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n")
        for letter in (b"a", b"b"):
            await asyncio.sleep(0.2)
            writer.write(letter)
        writer.write(b"GET / HT")  # a browser may ask before it is answered
        assert await reader.readuntil(b"\r\n\r\nab")


WANTS_A_SOCKET = (
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


@pytest.mark.usefixtures("_hurried")
async def test_a_socket_stays_open_when_nothing_is_said() -> None:
    async def talks(scope: Message, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        while (said := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": said["text"]})

    async with door(talks) as here, asyncio.timeout(PATIENCE_S):
        reader, writer = await here.enter(WANTS_A_SOCKET)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")
        await asyncio.sleep(0.3)
        writer.write(b"\x81\x8a" + bytes(4) + b"still here")  # a text of ten bytes, masked with zeros
        assert await reader.readexactly(12) == b"\x81\x0astill here"


@pytest.mark.usefixtures("_hurried")
@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="only Linux ends such connections")
async def test_an_answer_that_nobody_takes_holds_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "PATIENCE_S", 0.2)

    asked = asyncio.Event()

    async def large_page(scope: Message, receive: Any, send: Any) -> None:
        asked.set()
        await asgi.send_whole((200, [], bytes(20_000_000)), send)

    async with door(large_page) as here:
        reader, _writer = await here.enter(ASKED)
        reader._transport.pause_reading()  # type: ignore[attr-defined]
        async with asyncio.timeout(PATIENCE_S):
            await asked.wait()
            while here.state.connections:
                await asyncio.sleep(0.05)


def test_both_set_ups_are_served_so() -> None:
    assert oneprocess.Server("127.0.0.1", 1).config.http is oneprocess.PromptHttp
