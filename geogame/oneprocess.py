"""The one-process set-up: web server, Celery worker and beat in one process. The same code as in the large set-up."""

import contextlib
import os
import socket
import threading
import warnings

import uvicorn

from geogame.celery import app


def local_address() -> str | None:
    """Return this machine's address in its own network, None where it has none. Nothing is sent."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # a documentation address: picks the outgoing interface, sends no packet
        address = probe.getsockname()[0]
        return None if address.startswith("127.") else address
    return None


def is_free(host: str, port: int) -> bool:
    """Tell whether a server can listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def start_worker() -> threading.Event:
    """Start worker and beat in daemon threads; the event is set when the worker is warm."""
    # Pages must stay quick while the model thinks: torch gets one core of its own.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from celery.beat import EmbeddedService  # late: beat and worker are loaded only where they run
    from celery.platforms import SecurityWarning
    from celery.signals import worker_ready

    warnings.simplefilter("ignore", SecurityWarning)  # of pickled messages as root: ours are JSON
    ready = threading.Event()
    worker = app.Worker(
        pool="threads",
        concurrency=2,
        queues=["gpu", "clock"],
        quiet=True,
        loglevel="WARNING",
        without_gossip=True,
        without_mingle=True,
        hostname="one-process@localhost",
    )

    def on_ready(**_: object) -> None:
        ready.set()

    worker_ready.connect(on_ready, weak=False)  # connected last, so called after the worker has been warmed
    threading.Thread(target=worker.start, name="celery-worker", daemon=True).start()
    # Celery's base scheduler keeps its times in memory; the usual one writes a file.
    EmbeddedService(app, thread=True, scheduler_cls="celery.beat:Scheduler").start()
    return ready


class Server(uvicorn.Server):
    """A web server that says when it accepts connections."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            uvicorn.Config(
                "geogame.asgi:application",
                host=host,
                port=port,
                lifespan="off",
                log_level="warning",
                ws="websockets-sansio",
                timeout_graceful_shutdown=3,
            )
        )
        self.is_up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.is_up.set()
