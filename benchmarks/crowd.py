"""A crowd of browsers without screens: raw HTTP and real sockets, cheap enough not to be what is measured.

Each does what static/js/game/server.js does: it guesses by POST with a key and repeats it after a failure, hears by
socket, comes back when the socket is lost, and then asks for a snapshot.
"""

import asyncio
import json
import random
import re
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

TOKEN = "a" * 32  # a CSRF secret of the crowd's own choice: it is in the cookie and in the header
_PHASE = re.compile(r'"phase":\s?"(\w+)"')
_CLOSES = re.compile(r'"closesInMs":\s?(\d+)')
_ROUND = re.compile(r'"round":\s?\{"id":\s?"([0-9a-f-]{36})"')


class Http:
    """A browser's one connection to the server, kept open."""

    def __init__(self, port: int, cookie: str = "") -> None:
        self.port, self.cookie = port, cookie
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._one_at_a_time = asyncio.Lock()

    async def ask(self, method: str, path: str, body: bytes = b"", kind: str = "application/json") -> tuple[int, bytes]:
        """Return status and body. Raises OSError where the connection breaks."""
        async with self._one_at_a_time:
            return await self._ask(method, path, body, kind)

    async def _ask(self, method: str, path: str, body: bytes, kind: str) -> tuple[int, bytes]:
        if self._streams and self._streams[0].at_eof():  # the server closes what was idle for five seconds
            self.close()
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self._streams
        cookies = f"csrftoken={TOKEN}" + (f"; person={self.cookie}" if self.cookie else "")
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookies}\r\nX-CSRFToken: {TOKEN}\r\n"
            f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        try:
            writer.write(head.encode() + body)
            return await asyncio.wait_for(self._answer(reader), 30)
        except (OSError, EOFError, TimeoutError) as error:
            self.close()
            raise OSError(str(error)) from error

    async def _answer(self, reader: asyncio.StreamReader) -> tuple[int, bytes]:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        for name in re.findall(r"(?im)^set-cookie: person=([^;\r]+)", head):
            self.cookie = name.strip('"')
        length = re.search(r"(?im)^content-length: (\d+)", head)
        body = await reader.readexactly(int(length.group(1))) if length else b""
        return int(head.split(" ", 2)[1]), body

    def close(self) -> None:
        if self._streams:
            self._streams[1].close()
        self._streams = None


@dataclass
class Seat:
    """One player."""

    port: int
    code: str
    name: str
    http: Http = field(init=False)
    revealed: dict[str, float] = field(default_factory=dict)  # by round: when its reveal arrived
    guessed: dict[str, tuple[float, float]] = field(default_factory=dict)
    phase: str = ""
    round_id: str = ""
    closes_at: float = 0.0  # by this seat's clock
    bytes_of_reveal: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)
    _socket: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        self.http = Http(self.port)

    async def come_in(self) -> None:
        status, _ = await self.http.ask(
            "POST", f"/games/{self.code}/join/", f"name={self.name}".encode(), "application/x-www-form-urlencoded"
        )
        if status != 302:
            raise AssertionError(f"{self.name} could not come in: {status}")

    def listen(self) -> None:
        self._socket = asyncio.create_task(self._hear())

    async def _hear(self) -> None:
        address = f"ws://127.0.0.1:{self.port}/ws/games/{self.code}/"
        while True:
            with suppress(OSError, WebSocketException, TimeoutError):
                headers = {"Cookie": f"person={self.http.cookie}"}
                async with connect(address, additional_headers=headers, compression=None, max_size=None) as socket:
                    async for text in socket:
                        self.draw(str(text))
            await asyncio.sleep(0.5 + random.random())
            await self.look()

    async def look(self) -> None:
        """Ask for a snapshot, as a browser does when its socket is down."""
        with suppress(OSError):
            status, body = await self.http.ask("GET", f"/games/{self.code}/snapshot/")
            if status == 200:
                self.draw(body.decode())

    def draw(self, text: str) -> None:
        now = time.perf_counter()
        # Looked for where they stand: reading all of it two hundred times would be what is measured.
        phase = _PHASE.search(text, 0, 1000)
        this_round = _ROUND.match(text, max(text.find('"round":{'), text.find('"round": {'), 0))
        self.phase = phase.group(1) if phase else ""
        if this_round:
            self.round_id = this_round.group(1)
            if self.phase == "reveal" and self.round_id not in self.revealed:
                self.revealed[self.round_id] = now
                self.bytes_of_reveal = len(text)
        if closes := _CLOSES.search(text, max(text.rfind('"clock"'), 0)):
            self.closes_at = now + int(closes.group(1)) / 1000
        self.news.set()

    async def guess(self, round_id: str) -> float:
        """Send a guess until the server has it; return when it was sent first."""
        place = (round(random.uniform(-60, 60), 4), round(random.uniform(-179, 179), 4))
        body = json.dumps({"lat": place[0], "lng": place[1], "key": f"{self.name}-{round_id[:8]}"}).encode()
        sent = time.perf_counter()
        for _ in range(40):
            try:
                status, told = await self.http.ask("POST", f"/rounds/{round_id}/guess/", body)
            except OSError:
                await asyncio.sleep(0.25)
                continue
            if status == 200:
                self.guessed[round_id] = place
                return sent
            if status < 500 and status != 429:
                raise AssertionError(f"{self.name}'s guess was refused: {status} {told[:200]!r}")
            await asyncio.sleep(0.25)
        raise AssertionError(f"{self.name}'s guess never arrived")

    async def until(self, is_so: Callable[["Seat"], bool], seconds: float) -> None:
        """Wait until this seat's screen shows something."""
        async with asyncio.timeout(seconds):
            while not is_so(self):
                self.news.clear()
                await self.news.wait()

    def leave(self) -> None:
        if self._socket:
            self._socket.cancel()
        self.http.close()


async def play_round(
    host: Http, seats: Sequence[Seat], delays: Sequence[float], patience_s: float = 60.0
) -> tuple[list[float], str]:
    """Play one round. Return each seat's wait from the last guess to the reveal, and the round.

    Each seat guesses after its delay in seconds; a negative one is so long before the deadline.
    """
    before = seats[0].round_id
    status, told = 0, b""
    for _ in range(40):
        with suppress(OSError):
            status, told = await host.ask("POST", f"/games/{seats[0].code}/next/")
            break
        await asyncio.sleep(0.25)
    if status != 200:
        raise AssertionError(f"The next round did not open: {status} {told[:200]!r}")
    everybody = [seat.until(lambda s: s.phase == "showing" and s.round_id != before, patience_s) for seat in seats]
    await asyncio.gather(*everybody)
    this_round = seats[0].round_id

    async def guess(seat: Seat, delay: float) -> float:
        await asyncio.sleep(delay if delay >= 0 else max(0.0, seat.closes_at + delay - time.perf_counter()))
        return await seat.guess(this_round)

    sent = await asyncio.gather(*(guess(seat, delay) for seat, delay in zip(seats, delays, strict=True)))
    await asyncio.gather(*(seat.until(lambda s: this_round in s.revealed, patience_s) for seat in seats))
    return [seat.revealed[this_round] - max(sent) for seat in seats], this_round


async def bare_round(port: int, count: int, delays: Sequence[float], length: int, groups: int = 1) -> list[float]:
    """The ceiling: as many POSTs in the same pattern, each one insert; then as many bytes to as many sockets."""
    arrived: list[float] = []
    ready: list[bool] = []

    async def listen(group: str) -> None:
        address = f"ws://127.0.0.1:{port}/ws/bare/{group}/"
        async with connect(address, compression=None, max_size=None) as socket:
            ready.append(True)
            await socket.recv()
            arrived.append(time.perf_counter())

    names = [f"g{number % groups}-{random.getrandbits(32):x}" for number in range(groups)]
    listeners = [asyncio.create_task(listen(names[number % groups])) for number in range(count)]
    while len(ready) < count:
        await asyncio.sleep(0.02)
    await asyncio.sleep(0.2)
    browsers = [Http(port) for _ in range(count)]

    async def post(browser: Http, delay: float) -> float:
        await asyncio.sleep(delay)
        sent = time.perf_counter()
        status, _ = await browser.ask("POST", "/bare/insert/", b"{}")
        if status != 200:
            raise AssertionError(f"A bare POST was answered by {status}")
        return sent

    sent = await asyncio.gather(*(post(*each) for each in zip(browsers, delays, strict=True)))
    await asyncio.gather(
        *(browsers[number].ask("POST", f"/bare/send/{name}/{length}/") for number, name in enumerate(names))
    )
    await asyncio.wait_for(asyncio.gather(*listeners), 60)
    for browser in browsers:
        browser.close()
    return [at - max(sent) for at in arrived]


async def all_in(seats: Sequence[Seat], at_once: int = 20) -> None:
    """Let everybody come in and listen."""
    gate = asyncio.Semaphore(at_once)

    async def one(seat: Seat) -> None:
        async with gate:
            await seat.come_in()
        seat.listen()
        await seat.until(lambda s: s.phase != "", 60)

    await asyncio.gather(*(one(seat) for seat in seats))


def spread(count: int, seconds: float) -> list[float]:
    return [random.uniform(0, seconds) for _ in range(count)]
