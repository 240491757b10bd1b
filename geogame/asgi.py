"""The ASGI application: pages by HTTP, news by WebSocket."""

import asyncio
import gc
import io
import os
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any
from urllib.parse import urlsplit

import django
from asgiref.sync import sync_to_async
from django.conf import settings
from django.core import signals
from django.core.handlers.asgi import ASGIHandler, ASGIRequest, get_script_prefix
from django.db import close_old_connections
from django.http import FileResponse, StreamingHttpResponse
from django.http.request import split_domain_port, validate_host
from django.urls import set_script_prefix

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "geogame.settings")
django.setup(set_prefix=False)  # before anything that imports models

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import WebsocketDenier  # noqa: E402
from django.contrib.auth import get_user  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.urls import path, re_path  # noqa: E402

from geogame.comparison_consumer import ComparisonConsumer  # noqa: E402
from geogame.consumers import GameConsumer  # noqa: E402
from geogame.import_consumer import ImportConsumer  # noqa: E402

AT_ONCE = 12  # requests that have a thread; more would take turns so often that all get slower
PATIENCE_S = 30.0  # for a whole body, for the next part of an upload, and for a browser that takes nothing
PART = 1 << 16  # bytes sent at once
DEFAULT_PORT = {"http": "80", "https": "443"}

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Answer = tuple[int, list[tuple[bytes, bytes]], bytes | StreamingHttpResponse]  # status, headers, body


class TooLarge(Exception):
    """A body has more bytes than anybody but staff may send."""


class InOneThread(ASGIHandler):
    """Django's own handler, but a request stays in one thread from its first signal to its last, the answer made.

    WhiteNoise and the views are not asynchronous and the rest is both: by itself Django would change between thread and
    loop several times, and each time the request waits behind all others of a full room. The threads are few and stay;
    whoever finds all of them at work stands in line, in the order of arrival. Neither who is slow to send a request nor
    who is slow to take an answer has one.
    """

    def __init__(self) -> None:
        super().__init__()
        threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="request")  # its queue is the line
        self._answered = sync_to_async(self._answer, thread_sensitive=False, executor=threads)
        self._is_staff = sync_to_async(is_staff, thread_sensitive=False, executor=threads)
        aside = ThreadPoolExecutor(1, thread_name_prefix="download")  # all downloads take turns in it, part by part
        self._aside = sync_to_async(lambda do, *words: do(*words), thread_sensitive=False, executor=aside)
        self._downloads = 0  # that are being sent

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # type: ignore[override]
        posts_to_admin = scope["method"] == "POST" and scope["path"].startswith(f"{scope.get('root_path', '')}/admin/")
        read = upload if posts_to_admin and await self._is_staff(scope) else whole_body
        try:
            body = await read(receive)
        except ConnectionError:  # the browser has gone before it had said what it wanted
            return
        except (TimeoutError, TooLarge) as trouble:
            await send_whole((413 if isinstance(trouble, TooLarge) else 408, [(b"Connection", b"close")], b""), send)
            return
        with body:
            status, headers, answer = await self._answered({**scope, "arrived": time.monotonic()}, body)
        if isinstance(answer, StreamingHttpResponse) and is_long(answer):
            head = {"type": "http.response.start", "status": status, "headers": headers}
            await self._send_long(head, answer, receive, send)
        else:
            await send_whole((status, headers, answer), send)

    def _answer(self, scope: Scope, body: IO[bytes]) -> Answer:
        """Do all of a request that is Django's; what the answer is made of is let go of before it is sent."""
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        request, refusal = self.create_request(scope, body)
        response: Any = refusal if request is None else self.get_response(request)
        response._handler_class = self.__class__  # the sender of the signal that gives the connection back
        try:
            headers = [(name.encode("ascii"), value.encode("latin1")) for name, value in response.items()]
            headers += [(b"Set-Cookie", each.output(header="").strip().encode()) for each in response.cookies.values()]
            if is_open(response):
                response.block_size = PART  # of a file
                return response.status_code, headers, response
            return response.status_code, headers, b"".join(response)
        finally:
            if is_open(response):  # it is closed when it has been sent
                close_old_connections()
            else:
                response.close()

    async def _send_long(
        self, head: dict[str, Any], answer: StreamingHttpResponse, receive: Receive, send: Send
    ) -> None:
        """Send an answer while it is made. What breaks off gets no end, so that nobody takes it for whole."""
        parts, gone = iter(answer), asyncio.ensure_future(receive())  # nothing is to come but that the browser goes
        self._downloads += 1
        try:
            await send(head)
            while not gone.done() and (part := await self._aside(next, parts, None)) is not None:
                async with asyncio.timeout(PATIENCE_S):
                    await send({"type": "http.response.body", "body": part, "more_body": True})
            if not gone.done():
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        except (TimeoutError, OSError):
            return
        finally:
            gone.cancel()
            self._downloads -= 1
            await self._aside(self._end, answer)

    def _end(self, answer: StreamingHttpResponse) -> None:
        """Let go of an answer; and of the connection, if that has grown old and no other answer still reads from it."""
        answer.close()
        if not self._downloads:
            close_old_connections()


def is_open(answer: Any) -> bool:
    """Tell whether an answer is made or read while it is sent: a file in memory for each who is slow would fill it."""
    return is_long(answer) or isinstance(answer, FileResponse)


def is_long(answer: Any) -> bool:
    """Tell whether an answer is made while it is sent (`downloads.Download`)."""
    return getattr(answer, "is_long", False)


def is_staff(scope: Scope) -> bool:
    """Tell whether staff asks: what anybody else sends is not kept on disk until somebody says no."""
    request = ASGIRequest(scope, io.BytesIO())
    request.session = SessionStore(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
    try:
        return bool(get_user(request).is_staff)
    finally:
        close_old_connections()


async def upload(receive: Receive) -> IO[bytes]:
    """Return a body of any size, which may take its time as long as it comes. Raises ConnectionError, TimeoutError."""
    return await _read(receive, None)


async def whole_body(receive: Receive) -> IO[bytes]:
    """Return a body that is neither too large nor too slow. Raises ConnectionError, TimeoutError or TooLarge."""
    async with asyncio.timeout(PATIENCE_S):
        return await _read(receive, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


async def _read(receive: Receive, limit: int | None) -> IO[bytes]:
    """Read a body, on disk where it is large."""
    body: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=settings.FILE_UPLOAD_MAX_MEMORY_SIZE)  # noqa: SIM115
    try:
        await _read_into(body, receive, limit)
    except BaseException:  # cancelled too: the file must go
        body.close()
        raise
    body.seek(0)
    return body


async def _read_into(body: IO[bytes], receive: Receive, limit: int | None) -> None:
    more = True
    while more:
        async with asyncio.timeout(PATIENCE_S):
            message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError
        body.write(message.get("body", b""))
        more = message.get("more_body", False)
        if limit is not None and body.tell() > limit:
            raise TooLarge


async def send_whole(answer: Answer, send: Send) -> None:
    """Send an answer in parts; give up on a browser that takes none of them."""
    status, headers, body = answer
    parts = in_parts(body) if isinstance(body, bytes) else iter(body)
    try:
        await send({"type": "http.response.start", "status": status, "headers": headers})
        part: bytes | None = next(parts, b"")
        while part is not None:
            following = next(parts, None)
            async with asyncio.timeout(PATIENCE_S):
                await send({"type": "http.response.body", "body": part, "more_body": following is not None})
            part = following
    except (TimeoutError, OSError):
        return  # the server ends the connection of an answer that is not whole
    finally:
        if isinstance(body, StreamingHttpResponse):
            body.close()


def in_parts(body: bytes) -> Iterator[bytes]:
    return (body[start : start + PART] for start in range(0, len(body), PART))


class FromThisSite:
    """Let only this site's own pages open sockets: the origin is the very host and port that was asked.

    Channels' own check lets in any port of an allowed host, where another program of the same machine may listen.
    """

    def __init__(self, application: Any) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name: value.decode("latin1") for name, value in scope["headers"]}
        application = self._application if comes_from_here(headers) else WebsocketDenier()
        await application(scope, receive, send)


def comes_from_here(headers: dict[bytes, str]) -> bool:
    """Compare Origin with Host, or with what a proxy says where Django trusts it, as Django does for forms."""
    origin = headers.get(b"origin", "")
    forwarded = headers.get(b"x-forwarded-host") if settings.USE_X_FORWARDED_HOST else None
    name, port = split_domain_port(forwarded or headers.get(b"host", ""))
    if not name or not validate_host(name, settings.ALLOWED_HOSTS):
        return False
    if not origin:
        return "*" in settings.ALLOWED_HOSTS  # no browser: those always say where they come from
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    try:
        scheme, place = urlsplit(origin)[:2]
    except ValueError:
        return False
    usual = DEFAULT_PORT.get(scheme, "")
    said_name, said_port = split_domain_port(place)
    return bool(usual) and (said_name, said_port or usual) == (name, port or usual)


SOCKETS = [
    path("ws/games/<code:code>/", GameConsumer.as_asgi()),
    path("ws/comparison/<slug:key>/", ComparisonConsumer.as_asgi()),
    path("ws/imports/<int:pk>/", AuthMiddlewareStack(ImportConsumer.as_asgi())),
    re_path("", WebsocketDenier.as_asgi()),  # anywhere else: a refusal, and no traceback in the log
]
noting_arrival = InOneThread()
application = ProtocolTypeRouter(
    {
        "http": noting_arrival,
        "websocket": FromThisSite(URLRouter(SOCKETS)),
    }
)
gc.freeze()  # what is loaded stays: the collector need not go through all of Django in the middle of a round
