"""A hall of two hundred, one web process, Redis and PostgreSQL: what the game costs above one insert and one send.

What counts is the time from the last guess that is sent to the reveal that arrives, on every seat's screen.
"""

import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx

from benchmarks.crowd import Http, Seat, all_in, bare_round, play_round, spread
from benchmarks.measure import Result
from tests.servers import (
    ROOT,
    environment,
    free_port,
    manage,
    postgres_server,
    redis_server,
    running,
    wait_for,
    worker,
)

T = TypeVar("T")
SEATS = 200
DEADLINE_S = 6
SMALL_ROOMS, SMALL_SEATS = 200, 5
SMALL_S = 20.0  # over which small rooms begin, each when its host likes, and over which each one's guesses come
STARTER = ROOT / "geogame" / "starter" / "first-steps"

OPEN_ROOMS = """
import json
from pathlib import Path
from datetime import timedelta
from django.http import HttpResponse
from django.utils import timezone
from geogame import photos, play, seats
from geogame.models import Exhibit, Person, PhotoSet
from geogame.sources import entries
from geogame.rules.sphere import Point
from dataclasses import dataclass
import numpy as np
from predictor import opponents

@dataclass(frozen=True)
class Card:
    name: str = "stored"
    label: str = "Stored"
    weights: str = "of the benchmark"
    domain: str = "toy-earth"
    painter: int = 0
    explains: bool = False

wish = json.loads('''%s''')
photo_set, new = photos.set_named("Hall", "toy-earth")
if new:
    photos.take_in_all(photo_set, list(entries(Path(wish["starter"])))[:12])
    cells = np.array([0x1000000000000000, 0x3000000000000000, 0x5000000000000000], dtype="<u8")
    said = photos.Answer(Point(10.5, 20.5), "d" * 64, cells.tobytes(), np.array([0.5, 0.3, 0.2], "<f2").tobytes())
    for exhibit in photo_set.exhibits.all():
        photos.record_prediction(exhibit, "stored", "of the benchmark", said)
made = []
cards = opponents.available() if wish["planet"] else [Card()]
for _ in range(wish["rooms"]):
    host = Person.objects.create(name="Host")
    game = play.open_game(photo_set, cards, wish["rounds"], wish["limit"], timezone.now(), host, is_room=True)
    answer = HttpResponse()
    seats.remember(answer, host, secure=False)
    made.append([game.code, answer.cookies["person"].value])
print("MADE", json.dumps(made))
"""

GUESSES = """
import json
from geogame.models import Guess
guesses = Guess.objects.filter(round__game__code='%s', player__kind='human')
rows = guesses.values_list('player__name', 'round', 'lat', 'lng')
print("MADE", json.dumps([[name, str(each), lat, lng] for name, each, lat, lng in rows]))
"""


class Part:
    """A server of the installation that can be ended and started again."""

    def __init__(self, start: Callable[[], AbstractContextManager[Any]]) -> None:
        self._start, self._stack = start, ExitStack()
        self.given = self._stack.enter_context(start())

    def again(self) -> None:
        """End it as a power cut would, where it is a process of ours; Redis is asked to go. Then start it anew."""
        if isinstance(self.given, subprocess.Popen):
            self.given.kill()
        self._stack.close()
        self.given = self._stack.enter_context(self._start())

    def end(self) -> None:
        self._stack.close()


@dataclass
class Hall:
    """An installation that is running."""

    env: dict[str, str]
    folder: Path
    ports: list[int]  # of its web processes
    parts: "dict[str, Part]"

    @property
    def port(self) -> int:
        return self.ports[0]

    def rooms(self, count: int, rounds: int, limit_s: int | None, planet: bool = False) -> list[tuple[str, str]]:
        """Open rooms, against PlaNet or against what is stored already; return their codes and their hosts' cookies."""
        wish = {"rooms": count, "rounds": rounds, "limit": limit_s, "planet": planet, "starter": str(STARTER)}
        return [tuple(each) for each in self._told(OPEN_ROOMS.replace("%s", json.dumps(wish)))]

    def check(self, code: str, seats: list[Seat]) -> None:
        """Raise AssertionError where a guess that a seat sent is not in the database as it was sent."""
        stored = {(name, this_round): tuple(place) for name, this_round, *place in self._told(GUESSES % code)}
        for seat in seats:
            for this_round, place in seat.guessed.items():
                kept = stored.get((seat.name, this_round))
                if kept is None or any(abs(a - b) > 1e-6 for a, b in zip(kept, place, strict=True)):
                    raise AssertionError(f"{seat.name}'s guess is lost: {place}, {kept}")

    def memory_mb(self) -> float:
        """What the web process holds."""
        status = Path(f"/proc/{self.parts['web'].given.pid}/status").read_text()
        return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS"))

    def _told(self, script: str) -> list[list[object]]:
        printed = manage(self.env, "shell", "-c", script)
        return json.loads(next(line[5:] for line in printed.splitlines() if line.startswith("MADE ")))


@contextmanager
def hall(with_worker: bool = False, webs: int = 1) -> Iterator[Hall]:
    """Run Redis, PostgreSQL, one web process or several, and a worker if wanted."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        redis_port, ports = free_port(), [free_port() for _ in range(webs)]
        parts: dict[str, Part] = {}

        def part(name: str, start: Callable[[], AbstractContextManager[Any]]) -> Any:
            parts[name] = Part(start)
            stack.callback(parts[name].end)
            return parts[name].given

        redis = part("redis", lambda: redis_server(folder, redis_port))
        database = stack.enter_context(postgres_server(folder))
        env = environment(folder, REDIS_URL=redis, DATABASE_URL=database, OMP_NUM_THREADS="1")
        manage(env, "migrate", "--verbosity", "0")
        for number, port in enumerate(ports):
            part(
                f"web {number}" if number else "web",
                lambda port=port: running(server(port), folder / "web.log", env),  # type: ignore[misc]
            )
        if with_worker:
            part("worker", lambda: worker(env, folder))
        wait_for(lambda: all(map(_is_up, ports)), 240, "the web processes do not come up")
        yield Hall(env, folder, ports, parts)


def server(port: int) -> list[str]:
    """The command of the web process, as the README has it."""
    return [
        sys.executable, "-m", "uvicorn", "benchmarks.hall_app:application", "--port", str(port), "--lifespan", "off",
        "--log-level", "warning", "--ws", "websockets-sansio", "--ws-per-message-deflate", "false",
    ]  # fmt: skip


def _is_up(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
    except httpx.HTTPError:
        return False


def one_hall(rounds: int, seconds: float) -> list[Result]:
    """A room of two hundred: guesses spread over some seconds, and then all in the last second."""
    with hall() as installation, _generator() as share:
        found = asyncio.run(_patterns(installation, rounds, seconds))
        used = share()
    return [
        Result(name, p95 / bare95, "times one insert and one send", f"{told}; {used}", goal, higher_is_better=False)
        for name, p95, bare95, told, goal in found
    ]


async def _patterns(hall: Hall, rounds: int, seconds: float) -> list[tuple[str, float, float, str, float]]:
    found = []
    for name, limit_s, pattern, goal in (
        (f"reveal to {SEATS} seats, guesses over {seconds:g} s", None, lambda: spread(SEATS, seconds), 3.0),
        (
            f"reveal to {SEATS} seats, guesses in the last second",
            DEADLINE_S,
            lambda: [-0.4 - each for each in spread(SEATS, 1.0)],
            5.0,
        ),
    ):
        waits, length = await _room(hall, rounds, limit_s, pattern)
        bare = []
        for _ in range(rounds):
            bare += await bare_round(hall.port, SEATS, spread(SEATS, seconds if limit_s is None else 1.0), length)
        told = (
            f"{_ms(bare)} for the same POSTs with an insert and {length / 1024:.0f} KiB sent; ours {_ms(waits)} "
            f"(p50, p95, p99; {rounds} rounds; load {os.getloadavg()[0]:.1f})"
        )
        found.append((name, _p(waits, 95), _p(bare, 95), told, goal))
    return found


async def _room(
    hall: Hall, rounds: int, limit_s: int | None, pattern: Callable[[], list[float]]
) -> tuple[list[float], int]:
    ((code, cookie),) = hall.rooms(1, rounds, limit_s)
    host = Http(hall.port, cookie)
    seats = [Seat(hall.port, code, f"p{number}") for number in range(SEATS)]
    await all_in(seats)
    waits, memory = list[float](), list[float]()
    for _ in range(rounds):
        here, this_round = await play_round(host, seats, pattern())
        waits += here
        memory.append(hall.memory_mb())
        if any(this_round not in seat.guessed or this_round not in seat.revealed for seat in seats):
            raise AssertionError("A seat missed a round")
    if rounds > 4 and memory[-1] > 1.2 * memory[1]:
        raise AssertionError(f"The web process grows: {memory[1]:.0f} MB after two rounds, {memory[-1]:.0f} at the end")
    await asyncio.to_thread(hall.check, code, seats)
    for seat in seats:
        seat.leave()
    host.close()
    return waits, seats[0].bytes_of_reveal


def many_rooms(rooms: int = SMALL_ROOMS, rounds: int = 2, webs: int = 1) -> Result:
    """Many small rooms against as many bare groups, the seats of each room on every web process."""
    with hall(webs=webs) as installation, _generator() as share:
        ours, bare, length = asyncio.run(_small(installation, rooms, rounds))
        used = share()
    told = (
        f"{_ms(bare)} for bare inserts and sends of {length / 1024:.1f} KiB to {rooms} groups; ours {_ms(ours)} "
        f"(p50, p95, p99; {rounds} rounds); {used}"
    )
    name = f"reveal to {rooms * SMALL_SEATS} seats in {rooms} rooms, {webs} web process{'es' if webs > 1 else ''}"
    return Result(name, _p(ours, 95) / _p(bare, 95), "times inserts and sends", told, 3.0, higher_is_better=False)


async def _small(hall: Hall, count: int, rounds: int) -> tuple[list[float], list[float], int]:
    made = await asyncio.to_thread(hall.rooms, count, rounds, None)
    rooms = [
        (
            Http(hall.port, cookie),
            [Seat(hall.ports[n % len(hall.ports)], code, f"p{n}") for n in range(SMALL_SEATS)],
        )
        for code, cookie in made
    ]
    for begin in range(0, count, 100):  # as many as may come in from one address in a minute
        if begin:
            await asyncio.sleep(60)
        await all_in([seat for _, seats in rooms[begin : begin + 100] for seat in seats])
    ours = list[float]()
    for _ in range(rounds):
        games = [play_round(host, seats, spread(SMALL_SEATS, SMALL_S)) for host, seats in rooms]
        ours += [wait for waits, _ in await _begun_by_and_by(games) for wait in waits]
    length = rooms[0][1][0].bytes_of_reveal
    for code, (host, seats) in zip((code for code, _ in made), rooms, strict=True):
        if code == made[0][0]:
            await asyncio.to_thread(hall.check, code, seats)
        host.close()
        for seat in seats:
            seat.leave()
    bare = list[float]()
    for _ in range(rounds):
        groups = [
            bare_round(hall.ports[n % len(hall.ports)], SMALL_SEATS, spread(SMALL_SEATS, SMALL_S), length)
            for n in range(count)
        ]
        bare += [wait for waits in await _begun_by_and_by(groups) for wait in waits]
    return ours, bare, length


async def _begun_by_and_by(rounds: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    async def one(this_round: Coroutine[Any, Any, T], delay: float) -> T:
        await asyncio.sleep(delay)
        return await this_round

    return await asyncio.gather(*map(one, rounds, spread(len(rounds), SMALL_S)))


@contextmanager
def _generator() -> Iterator[Callable[[], str]]:
    """Tell how much of the processors the crowd itself took."""
    began, before = time.perf_counter(), _cpu_s()

    def told() -> str:
        share = (_cpu_s() - before) / (time.perf_counter() - began) / (os.cpu_count() or 1)
        return f"the crowd took {share:.0%} of the processors"

    yield told


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _p(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100)[percent - 1]


def _ms(values: list[float]) -> str:
    return ", ".join(f"{1000 * _p(values, percent):.0f}" for percent in (50, 95, 99)) + " ms"


def short() -> list[Result]:
    """What `make bench` runs: two rounds of each pattern."""
    return one_hall(2, 5.0)


def whole() -> list[Result]:
    """Ten rounds of each pattern, guesses over 20 s; and a thousand in small rooms."""
    return [*one_hall(10, 20.0), many_rooms(SMALL_ROOMS // 2), many_rooms(), many_rooms(webs=2)]
