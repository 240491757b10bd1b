"""A service on this machine that plays back answers, bad ones included, and remembers what it was asked."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

HELD_S = 20.0  # at most: who asks gives up after thirty


@dataclass
class Answer:
    """One answer; `body` is JSON unless it is bytes. With `cut` it ends before its length; `hold` lets it wait.

    With `drips` it comes byte by byte, so long apart.
    """

    body: Any = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    hold: threading.Event | None = None
    drips: float = 0.0  # seconds


@dataclass
class Asked:
    path: str
    words: dict[str, str]
    headers: dict[str, str]


class Service:
    """What a test fills: answers by path, in order; the last is given again and again."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.answers: dict[str, list[Answer]] = {}
        self.asked: list[Asked] = []

    def says(self, path: str, *answers: Answer) -> None:
        self.answers[path] = list(answers)

    def next(self, path: str) -> Answer:
        there = self.answers.get(path) or [Answer(status=404)]
        return there.pop(0) if len(there) > 1 else there[0]


@contextmanager
def service() -> Iterator[Service]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            words = {key: value[0] for key, value in parse_qs(parts.query).items()}
            made.asked.append(Asked(parts.path, words, dict(self.headers)))
            answer = made.next(parts.path)
            if answer.hold:
                answer.hold.wait(HELD_S)
            body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            sent = body[: len(body) // 2] if answer.cut else body
            step = 1 if answer.drips else max(1, len(sent))
            with suppress(ConnectionError):  # who asked may have gone
                for begin in range(0, len(sent), step):
                    self.wfile.write(sent[begin : begin + step])
                    time.sleep(answer.drips)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Service(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
