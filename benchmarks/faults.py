"""python -m benchmarks.faults: what goes wrong while a hall plays, and whether anybody notices.

A client sends garbage all the time. Then worker, Redis and web process go down in the middle of a round each (Redis is
asked to go, the others are killed), and come back. Every seat must see every reveal, and every guess that a seat sent
must be stored as sent.
"""

import asyncio
import os
import random
from collections import Counter
from contextlib import suppress
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from benchmarks.crowd import Http, Seat, all_in, play_round, spread
from benchmarks.rooms import SEATS, Hall, hall

FAULTS = (None, "worker", "redis", "web", None)  # one round each
GARBAGE_EVERY_S = 0.01
ROUND_S = 8.0
FAULT_AFTER_S = 2.0
PATIENCE_S = 240.0  # for what comes back, on a machine that has other work


class Noise:
    """A client with a seat of its own that talks nonsense, a hundred messages in a second."""

    def __init__(self, seat: Seat) -> None:
        self.seat, self.sent = seat, 0

    async def make(self) -> None:
        address = f"ws://127.0.0.1:{self.seat.port}/ws/games/{self.seat.code}/"
        headers = {"Cookie": f"person={self.seat.http.cookie}"}
        while True:
            with suppress(OSError, WebSocketException, TimeoutError):
                async with connect(address, additional_headers=headers, compression=None, max_size=None) as socket:
                    while True:
                        text = random.choice(('{"type": "headline"}', "[" * 500, "\x00", os.urandom(200).hex()))
                        await socket.send(text if random.random() < 0.5 else text.encode())
                        self.sent += 1
                        await asyncio.sleep(GARBAGE_EVERY_S)
            await asyncio.sleep(0.2)


def faults(seats: int = SEATS, round_s: float = ROUND_S) -> list[str]:
    """Play through all faults; return a line for each round. Raises AssertionError or TimeoutError where one shows."""
    with hall(with_worker=True) as installation:
        try:
            return asyncio.run(_play(installation, seats, round_s))
        except (AssertionError, TimeoutError) as error:
            for log in sorted(installation.folder.glob("*.log")):
                error.add_note(f"{log.name} ends:\n" + log.read_text(errors="replace")[-3000:])
            raise


async def _play(hall: Hall, count: int, round_s: float) -> list[str]:
    ((code, cookie),) = await asyncio.to_thread(hall.rooms, 1, len(FAULTS), None, True)
    host = Http(hall.port, cookie)
    seats = [Seat(hall.port, code, f"p{number}") for number in range(count)]
    await all_in(seats)
    noise = Noise(seats[0])
    told, making = [], asyncio.create_task(noise.make())
    try:
        for fault in FAULTS:
            try:
                waits, this_round = await _round(hall, host, seats, round_s, fault)
            except TimeoutError as error:
                error.add_note(f"in the round in which {fault or 'nothing'} went down; {_what_they_see(seats)}")
                raise
            missed = [seat.name for seat in seats if this_round not in seat.revealed or this_round not in seat.guessed]
            if missed:
                raise AssertionError(f"{missed} missed the round in which {fault} went down")
            told.append(f"{fault or 'nothing'} went down: the reveal came within {max(waits):.2f} s of the last guess")
        await host.ask("POST", f"/games/{code}/next/")
        await asyncio.gather(*(seat.until(lambda s: s.phase == "over", PATIENCE_S) for seat in seats))
        await asyncio.to_thread(hall.check, code, seats)
        told.append(f"{count} seats saw every reveal and the end, no guess is lost; {noise.sent} garbage messages")
        return told
    finally:
        making.cancel()
        for seat in seats:
            seat.leave()
        host.close()


def _what_they_see(seats: list[Seat]) -> str:
    return ", ".join(f"{count} seats see {phase!r}" for phase, count in Counter(seat.phase for seat in seats).items())


async def _round(hall: Hall, host: Http, seats: list[Seat], seconds: float, fault: str | None) -> Any:
    async def strike() -> None:
        if fault:
            await asyncio.sleep(FAULT_AFTER_S)
            await asyncio.to_thread(hall.parts[fault].again)

    played, _ = await asyncio.gather(play_round(host, seats, spread(len(seats), seconds), PATIENCE_S), strike())
    return played


if __name__ == "__main__":
    print("\n".join(faults()))
