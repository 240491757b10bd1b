"""The one-process set-up: web server, Celery worker and beat in one process. The same code as in the large set-up."""

import asyncio
import contextlib
import errno
import fcntl
import os
import resource
import signal
import socket
import sys
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from geogame.celery import app


def local_address() -> str | None:
    """Return this machine's address in its own network, None where it has none. Nothing is sent."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # a documentation address: picks the outgoing interface, sends no packet
        address = probe.getsockname()[0]
        return None if address.startswith("127.") else address
    return None


def why_not(host: str, port: int) -> str:
    """Say why no server can listen there, and what to do; empty where one can."""
    try:
        family, kind, _protocol, _name, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
    except socket.gaierror:
        return f"There is no host {host}; HOST=0.0.0.0 serves the whole local network."
    except OSError as error:
        if error.errno == errno.EADDRNOTAVAIL:
            return f"{host} is no address of this machine; HOST=0.0.0.0 serves all of its addresses."
        return f"Port {port} on {host} is taken or may not be used; try another: PORT={port % 65535 + 1}."
    return ""


@contextlib.contextmanager
def one_at_a_time(file: Path) -> Iterator[None]:
    """Wait until no other process of this checkout is within: two that prepare at once would trip over their files."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # let go of when the file is closed, or the process dies
        yield


@dataclass(frozen=True)
class Worker:
    """A Celery worker in a thread of this process."""

    name: str
    thread: threading.Thread
    is_warm: threading.Event

    def stop(self) -> None:
        """Wait until the batch in hand is done. Where it takes too long, predictor.tasks ends the process without."""
        from celery.signals import worker_shutting_down  # late, as below
        from celery.worker import state

        worker_shutting_down.send(sender=self.name, sig="SIGTERM", how="Warm", exitcode=0)
        state.should_stop = 0  # the exit status; what Celery's own signal handlers set, which only a main thread has
        self.thread.join()


def start_worker() -> Worker:
    """Start worker and beat in daemon threads."""
    # Pages must stay quick while the model thinks: torch gets one core of its own.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from celery.beat import EmbeddedService  # late: beat and worker are loaded only where they run
    from celery.platforms import SecurityWarning
    from celery.signals import worker_ready

    warnings.simplefilter("ignore", SecurityWarning)  # of pickled messages as root: ours are JSON
    ready = threading.Event()
    worker = app.Worker(
        pool="threads",
        concurrency=5,  # one thinks, one develops photos, one fetches some, one reckons: rounds are closed in time
        queues=["gpu", "clock", "photos", "figures"],
        quiet=True,
        loglevel="WARNING",
        without_gossip=True,
        without_mingle=True,
        hostname="one-process@localhost",
    )

    def on_ready(**_: object) -> None:
        ready.set()

    worker_ready.connect(on_ready, weak=False)  # connected last, so called after the worker has been warmed
    thread = threading.Thread(target=worker.start, name="celery-worker", daemon=True)
    thread.start()
    # Celery's base scheduler keeps its times in memory; the usual one writes a file.
    EmbeddedService(app, thread=True, scheduler_cls="celery.beat:Scheduler").start()
    return Worker(worker.hostname, thread, ready)


def serve(server: "Server", worker: Worker | None) -> None:
    """Serve until SIGTERM or Ctrl-C; then let the pages go first, and the worker after them."""
    # The web server raises the signal again once it is done: an exit, unlike a death, comes past the worker.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    _allow_many_connections()
    try:
        with contextlib.suppress(KeyboardInterrupt):
            server.run()
    finally:
        if worker:
            worker.stop()


OPEN_FILES = 65_536


def _allow_many_connections() -> None:
    """Take as many open files as this machine grants: a hall has several connections for each seat."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(wanted, _soft), hard))


HEAD_S = 10.0  # for the head of a request, from the opening of the connection or from its first byte
TAKEN_S = 30.0  # for the other side to take anything of what was sent


class PromptHttp(HttpToolsProtocol):
    """HTTP as uvicorn speaks it, but nobody holds a connection for ever by sending no request or taking no answer.

    By itself it closes only who says nothing after an answer, and what it closes stays open until all that it had to
    send is taken. How long a body may take, and a part of an answer, is for `asgi` to say.
    """

    _due: asyncio.TimerHandle | None = None  # runs while a head is awaited
    _in_body = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux has it
            end = transport.get_extra_info("socket")
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(TAKEN_S * 1000))
        self._await_head()

    def data_received(self, data: bytes) -> None:
        if self._due is None and not self._in_body:
            self._await_head()
        super().data_received(data)

    def on_headers_complete(self) -> None:
        self._in_body = True
        self._await_nothing()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_body = False
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._await_nothing()
        super().connection_lost(exc)

    def _await_head(self) -> None:
        self._due = self.loop.call_later(HEAD_S, self._give_up)

    def _await_nothing(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def _give_up(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self._await_head()  # the request before is still being answered
        else:
            self.transport.close()


class Server(uvicorn.Server):
    """A web server that says when it accepts connections. Small and large set-up serve by it (`manage.py play`)."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            uvicorn.Config(
                "geogame.asgi:application",
                host=host,
                port=port,
                lifespan="off",
                log_level="warning",
                http=PromptHttp,
                ws="websockets-sansio",
                ws_per_message_deflate=False,  # two hundred sockets would have the same snapshot compressed for each
                ws_max_size=4096,  # bytes: nothing is said by socket
                timeout_graceful_shutdown=3,
            )
        )
        self.is_up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.is_up.set()
