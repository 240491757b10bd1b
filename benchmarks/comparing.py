"""The part of benchmarks/comparison.py that runs in a process of its own, since its database is made for it."""

import json
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import django

django.setup()  # before any table is imported

import numpy as np
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection, models
from django.db.models import Max
from django.test import Client
from django.utils import timezone

from benchmarks.measure import Result, seconds
from geogame import comparison_consumer, comparisons, evidence
from geogame.export import columns, facts, formats
from geogame.models import Comparison, Exhibit, Game, Guess, Person, PhotoSet, Player, Round
from geogame.selections import Selection
from geogame.statistics.intervals import bootstrap
from geogame.statistics.report import figures

EXHIBITS, PEOPLE = 2_000, 20_000
ROUNDS, SEATS = 5, 9  # of a room: with the machine ten guesses in a round
AT_ONCE = 5_000
FIRST = 5_000  # guesses that are there when the page is first measured: its tables are full by then
DRAWS = 100  # of both bootstraps: what counts is one draw
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def world() -> None:
    """Make up what all games draw from."""
    rng = np.random.default_rng(11)
    photo_set = PhotoSet.objects.create(name="Made up", slug="made-up", domain="toy-earth", published=True)
    lat, lng = np.degrees(np.arcsin(rng.uniform(-0.9, 0.9, EXHIBITS))), rng.uniform(-180, 180, EXHIBITS)
    _keep(Exhibit(photo_set=photo_set, lat=a, lng=b) for a, b in zip(lat.tolist(), lng.tolist(), strict=True))
    _keep(Person(name=f"p{number}") for number in range(PEOPLE))


def fill(guesses: int) -> None:
    """Make up so many guesses more, in rooms of nine people and a machine."""
    rng = np.random.default_rng(guesses)
    photo_set, last = PhotoSet.objects.get(), Game.objects.aggregate(last=Max("pk"))["last"] or 0
    exhibits = list(Exhibit.objects.values_list("pk", "lat", "lng"))
    people = list(Person.objects.values_list("pk", flat=True))
    count = guesses // (ROUNDS * (SEATS + 1))
    _keep(Game(photo_set=photo_set, domain="toy-earth", is_room=True, finished_at=NOON) for _ in range(count))
    games = list(Game.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True))
    _keep(_players(games, people, rng))
    _keep(_rounds(games, exhibits, rng))
    _keep(_guesses(last, rng))


def _keep(rows: Iterator[models.Model]) -> None:
    batch: list[models.Model] = []
    for row in rows:
        batch.append(row)
        if len(batch) == AT_ONCE:
            type(row)._default_manager.bulk_create(batch)
            batch = []
    if batch:
        type(batch[0])._default_manager.bulk_create(batch)


def _players(games: list[int], people: list[int], rng: np.random.Generator) -> Iterator[Player]:
    for game in games:
        yield Player(game_id=game, kind="machine", name="PlaNet", opponent="planet", weights="w", domain="toy-earth")
        for person in rng.choice(len(people), SEATS, replace=False):
            yield Player(game_id=game, kind="human", name="p", person_id=people[person])


def _rounds(games: list[int], exhibits: list[tuple[int, float, float]], rng: np.random.Generator) -> Iterator[Round]:
    for game in games:
        opened = NOON + timedelta(seconds=100 * game)
        for number, drawn in enumerate(rng.choice(len(exhibits), ROUNDS, replace=False), start=1):
            exhibit, lat, lng = exhibits[drawn]
            began = opened + timedelta(seconds=number)
            yield Round(
                game_id=game, number=number, exhibit_id=exhibit, lat=lat, lng=lng, opened_at=began,
                closed_at=began + timedelta(seconds=30),
            )  # fmt: skip


def _guesses(last: int, rng: np.random.Generator) -> Iterator[Guess]:
    """In the rounds of the games behind the last one that was there."""
    seats: dict[int, list[int]] = {}
    for player, game in Player.objects.filter(game__gt=last).values_list("pk", "game").iterator():
        seats.setdefault(game, []).append(player)
    rounds = Round.objects.filter(game__gt=last).order_by("pk")
    for this_round, game, lat, lng in rounds.values_list("pk", "game", "lat", "lng").iterator():
        for player, km in zip(seats[game], rng.lognormal(7, 1.5, SEATS + 1).tolist(), strict=True):
            if rng.random() < 0.02:
                yield Guess(round_id=this_round, player_id=player)
                continue
            # Where it lies does not matter here, only how far off it is said to be.
            yield Guess(round_id=this_round, player_id=player, lat=lat, lng=lng, error_km=min(km, 20000), points=1)


def plain_select() -> np.ndarray:
    """The baseline: the same rows and columns by one SELECT, into an array."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.game_id, r.number, r.exhibit_id, p.person_id, COALESCE(g.error_km, -1), COALESCE(g.lat, -1), "
            "COALESCE(g.lng, -1), r.lat, r.lng FROM geogame_guess g JOIN geogame_round r ON r.id = g.round_id "
            "JOIN geogame_player p ON p.id = g.player_id "
            "WHERE p.kind = 'human' AND p.voided_at IS NULL AND r.closed_at IS NOT NULL AND NOT r.skipped "
            "AND NOT g.seen_before ORDER BY r.closed_at, g.id"
        )
        people = np.array(cursor.fetchall(), dtype=np.float64)
        cursor.execute(
            "SELECT r.game_id, r.number, p.id, COALESCE(g.error_km, -1) FROM geogame_guess g "
            "JOIN geogame_round r ON r.id = g.round_id JOIN geogame_player p ON p.id = g.player_id "
            "WHERE p.kind = 'machine' AND r.closed_at IS NOT NULL AND NOT r.skipped"
        )
        np.array(cursor.fetchall(), dtype=np.float64)
    return people


def bare_bootstrap(errors_km: np.ndarray) -> None:
    """The baseline: as many draws of as many errors, and their median; of one side, and nothing else."""
    rng = np.random.default_rng(1)
    for _ in range(DRAWS):
        np.median(errors_km[rng.integers(0, len(errors_km), len(errors_km))])


def estimates(name: str) -> list[Result]:
    """Point estimates against the plain SELECT, intervals against the bare bootstrap."""
    theirs = seconds(plain_select, 2)
    ours = seconds(lambda: figures(evidence.read(Selection()).duels), 2)
    duels = evidence.read(Selection()).duels
    bare, intervals = (
        seconds(lambda: bare_bootstrap(duels.person_km), 1),
        seconds(lambda: bootstrap(duels, 1, DRAWS), 1),
    )
    told = f"a plain SELECT into an array: {theirs:.1f} s; ours {ours:.1f} s for {len(duels):,} duels"
    drawn = (
        f"a bare bootstrap of one median: {bare / DRAWS:.3f} s a draw; ours, of all figures, {intervals / DRAWS:.3f} s"
    )
    return [
        Result(f"point estimates, {name}", ours / theirs, "times that", told, 5.0, higher_is_better=False),
        Result(f"intervals, {name}", intervals / bare, "times that", drawn, 1.5, higher_is_better=False),
    ]


def reckon() -> None:
    """As the task does it, a quarter of an hour after the last time."""
    later = timezone.now() + timedelta(minutes=15)
    if not comparisons.reckon(comparisons.ask(Selection(), later), later):
        raise AssertionError("Nothing was reckoned")


def request_s(client: Client) -> float:
    """One request for the comparison page, the best of many."""

    def get() -> None:
        if client.get("/comparison/", HTTP_HOST="localhost").status_code != 200:
            raise AssertionError("The page does not answer")

    return seconds(get, 30)


def message_s() -> float:
    """What a live message takes to be put together, by the process that does so first: nothing is reckoned."""
    key = Selection().key()

    def put_together() -> None:
        cache.clear()
        if not comparison_consumer.message(key):
            raise AssertionError("There is nothing to tell")

    return seconds(put_together, 30)


def export(name: str) -> Result:
    """Stream all rows; memory, and when the first of them comes."""
    began, before = time.perf_counter(), _peak_mb()
    parts = iter(formats.FORMATS["csv"].parts(columns.COLUMNS, facts.pages(Selection(), timezone.now())))
    first = next(parts) + next(parts)  # the header, and the first rows
    first_s = time.perf_counter() - began
    count = first.count(b"\n") + sum(part.count(b"\n") for part in parts) - 1
    took, grown = time.perf_counter() - began, _peak_mb() - before
    told = f"{count:,} rows in {took:.0f} s; the first after {first_s:.2f} s; memory grew by {grown:.0f} MB"
    return Result(f"export, {name}: first row", first_s / took, "of the whole", told, 0.05, higher_is_better=False)


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Fill the database in two steps, measure, and print the results as JSON."""
    name, guesses = sys.argv[1], int(sys.argv[2])
    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)  # without it no page can name its style sheets
    client, results = Client(), list[Result]()
    world()
    fill(FIRST)
    reckon()
    at_first: dict[str, Any] = {"page": request_s(client), "message": message_s()}
    fill(guesses - FIRST)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    export_result = export(name)  # first: what the estimates hold would hide what it takes
    results += estimates(name)
    began = time.perf_counter()
    reckon()
    whole_s = time.perf_counter() - began
    if Comparison.objects.get().as_of != Round.objects.count():
        raise AssertionError("Not all rounds were reckoned")
    now = {"page": request_s(client), "message": message_s()}
    for what, goal in (("page", 1.5), ("message", 1.5)):
        told = (
            f"{1000 * at_first[what]:.1f} ms with {FIRST} guesses, {1000 * now[what]:.1f} ms with {guesses:,} guesses"
        )
        told += f"; all of it was reckoned in {whole_s:.0f} s"
        result = Result(f"comparison, {what}, {name}", now[what] / at_first[what], "times", told, goal, False)
        results.append(result)
    results.append(export_result)
    print(json.dumps([asdict(each) for each in results]))


if __name__ == "__main__":
    main()
