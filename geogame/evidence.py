"""The record as arrays: each question is one SELECT, and what it answers goes to `statistics`, never back."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.db.models import Count, F, FloatField, Max, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from numpy.typing import NDArray

from geogame.models import Guess, Partition, Prediction, Round
from geogame.selections import Selection
from geogame.statistics.duels import Duels, Floats, Ints
from predictor import cells, checkpoint, opponents
from predictor.distribution import Distribution
from predictor.geo import Point

NO_ANSWER = -1.0  # in SQL; an error is never negative, and databases differ in how they write infinity
CHUNK = 20_000  # rows held as Python objects at a time
RADII_KM = (25, 200, 750)
ASKED_AT_ONCE = 2_000  # predictions whose confidence one call reckons: some ms each
_ROUNDS = 1 << 16  # of one game, at most: game and number make one code
_EXHIBITS = 1 << 40  # at most: an exhibit and how often its place was corrected make one code


@dataclass(frozen=True)
class Machine:
    """A machine that people can be compared with."""

    opponent: str
    weights: str
    name: str
    guesses: int


@dataclass(frozen=True, eq=False)
class Guesses:
    """What people met and where they guessed, against what: (n,) each but the last three, (m,) by exhibit."""

    exhibit: Ints  # the number of the exhibit in what follows
    person: Ints
    lat: Floats  # NaN: no answer
    lng: Floats
    truth_lat: Floats
    truth_lng: Floats
    machine_km: Floats  # +inf: no answer


@dataclass(frozen=True, eq=False)
class Evidence:
    """All that is known of people and one machine in a selection."""

    duels: Duels
    lat: Floats  # of the people's guesses, (n,); NaN: no answer
    lng: Floats
    truth_lat: Floats  # of what was shown, (n,)
    truth_lng: Floats
    game: Ints  # (n,)
    ended: Ints  # the place of a duel's game among those that are over, in the order in which they were; -1: it goes on

    def guesses(self) -> Guesses:
        """Return what was met, by exhibit."""
        exhibits, first, number = np.unique(self.duels.exhibit, return_index=True, return_inverse=True)
        machine_km = np.full(len(exhibits), np.inf)
        np.minimum.at(machine_km, number, self.duels.machine_km)
        truth = self.truth_lat[first], self.truth_lng[first]
        return Guesses(number, self.duels.person, self.lat, self.lng, *truth, machine_km)


def machines(selection: Selection) -> list[Machine]:
    """Return the machines that played in a selection, those that played most first."""
    told = selection.machines().values("player__opponent", "player__weights", "player__name")
    rows = told.annotate(guesses=Count("pk")).order_by("-guesses", "player__opponent", "player__weights")
    return [
        Machine(row["player__opponent"], row["player__weights"], row["player__name"], row["guesses"]) for row in rows
    ]


def read(selection: Selection) -> Evidence:
    """Read all duels of a selection, in time's order, against every machine that it names."""
    places = _ended(selection)  # first: what ends while the duels are read has not ended yet
    people = _columns(
        selection.people().order_by("round__closed_at", "round__game", "pk"),
        {
            "game": "round__game_id", "number": "round__number", "exhibit": "round__exhibit_id",
            "person": "player__person_id", "error_km": "error_km", "lat": "lat", "lng": "lng",
            "truth_lat": "round__lat", "truth_lng": "round__lng",
        },
    )  # fmt: skip
    machine = _columns(
        selection.machines().order_by(),
        {"game": "round__game_id", "number": "round__number", "player": "player_id", "error_km": "error_km"},
    )
    person_row, machine_row = _met(_code(people), _code(machine))
    met = people[person_row]
    duels = Duels(
        person=met["person"].astype(np.int64),
        exhibit=_by_truth(met["exhibit"].astype(np.int64), met["truth_lat"], met["truth_lng"]),
        round=_code(met),
        person_km=_km(met["error_km"]),
        machine_km=_km(machine["error_km"][machine_row]),
    )
    given = np.isfinite(duels.person_km)
    lat, lng = (np.where(given, met[name], np.nan) for name in ("lat", "lng"))
    game = met["game"].astype(np.int64)
    games, number = np.unique(game, return_inverse=True)
    ended = np.array([places.get(each, -1) for each in games.tolist()], dtype=np.int64)[number]
    return Evidence(duels, lat, lng, met["truth_lat"], met["truth_lng"], game, ended)


def _ended(selection: Selection) -> dict[int, int]:
    """Return the place of each game that is over, by its key, in the order in which the selection's were.

    Over is a game whose rounds have all closed, counted or not, whoever still has to look at the end: what it was then,
    it stays.
    """
    rounds = Round.objects.filter(game__in=selection.rounds().values("game")).order_by().values("game")
    closed = rounds.annotate(last=Max("closed_at"), still=Count("pk", filter=Q(closed_at=None))).filter(still=0)
    with _planned_to_the_last_row():
        over = closed.order_by("last", "game").values_list("game", flat=True).iterator(chunk_size=CHUNK)
        return {each: place for place, each in enumerate(over)}


def _by_truth(exhibit: Ints, lat: Floats, lng: Floats) -> Ints:
    """Code exhibits so that one whose place was corrected is another from then on; `exhibit_of` gives the exhibit back.

    Rounds keep the truth that they were drawn with, and before another truth a machine's same answer is another error.
    All (n,), in time's order; that in which an exhibit was first met keeps its own number.
    """
    _, first, number = np.unique(exhibit, return_index=True, return_inverse=True)
    code, truths = exhibit.copy(), dict[tuple[int, float, float], int]()
    moved = np.flatnonzero((lat != lat[first][number]) | (lng != lng[first][number]))  # nearly always none
    count = Counter[int]()
    for row in moved.tolist():
        truth = (int(exhibit[row]), float(lat[row]), float(lng[row]))
        if truth not in truths:
            count[truth[0]] += 1
            truths[truth] = count[truth[0]]
        code[row] += truths[truth] * _EXHIBITS
    return code


def exhibit_of(code: int) -> int:
    """Return which exhibit a code of `Duels` stands for."""
    return code % _EXHIBITS


def _columns(guesses: QuerySet[Guess], columns: dict[str, str]) -> NDArray[Any]:
    """Read columns into a structured array, a chunk of rows at a time."""
    missing = {
        name: Coalesce(F(name), Value(NO_ANSWER), output_field=FloatField()) for name in ("error_km", "lat", "lng")
    }
    wanted = [missing.get(source, F(source)) for source in columns.values()]
    kinds = [(name, np.float64 if "km" in name or name.endswith(("lat", "lng")) else np.int64) for name in columns]
    rows = guesses.values_list(*wanted).iterator(chunk_size=CHUNK)
    with _planned_to_the_last_row():
        return np.fromiter(rows, dtype=np.dtype(kinds))


@contextmanager
def _planned_to_the_last_row() -> Iterator[None]:
    """Have PostgreSQL plan cursors for all their rows: for a tenth, as it expects, it may loop within loops for hours.

    SQLite plans in one way, and there a transaction would hold up whoever writes.
    """
    if connection.vendor != "postgresql":
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL cursor_tuple_fraction = 1")
        yield


def _code(rows: NDArray[Any]) -> Ints:
    return np.asarray(rows["game"].astype(np.int64) * _ROUNDS + rows["number"].astype(np.int64))


def _km(errors: Floats) -> Floats:
    return np.where(errors == NO_ANSWER, np.inf, errors)


def _met(people: Ints, machines: Ints) -> tuple[Ints, Ints]:
    """Pair each person's row with every machine's row of the same round; return the rows of both, in people's order."""
    order = np.argsort(machines, kind="stable")
    ranked = machines[order]
    first, last = np.searchsorted(ranked, people, "left"), np.searchsorted(ranked, people, "right")
    many = last - first
    person_row = np.repeat(np.arange(len(people)), many)
    within = np.arange(len(person_row)) - np.repeat(np.cumsum(many) - many, many)
    return person_row, order[np.repeat(first, many) + within]


def confidence(machine: Machine, exhibits: Iterable[int]) -> dict[int, dict[str, float]]:
    """Return, by exhibit, how probable the machine held the place to be within 25, 200 and 750 km of its answer.

    What was never asked is reckoned from the stored probabilities and kept; of very many, some at each call.
    """
    wanted = set(exhibits)
    stored = Prediction.objects.filter(opponent=machine.opponent, weights=machine.weights, lat__isnull=False)
    unasked = wanted.intersection(stored.filter(confidence__isnull=True).values_list("exhibit", flat=True))
    for exhibit in sorted(unasked)[:ASKED_AT_ONCE]:
        prediction = stored.get(exhibit=exhibit)
        Prediction.objects.filter(pk=prediction.pk).update(confidence=_confidence(prediction))
    said = stored.filter(confidence__isnull=False).values_list("exhibit", "confidence")
    return {exhibit: each for exhibit, each in said.iterator() if exhibit in wanted and each}


def _confidence(prediction: Prediction) -> dict[str, float]:
    point = prediction.point()
    assert point is not None
    assert prediction.partition_id is not None
    halves = np.frombuffer(bytes(prediction.probabilities or b""), "<f2")
    distribution = Distribution(_partition(prediction.partition_id), halves)
    return {str(radius): round(distribution.mass_within(Point(*point), radius), 6) for radius in RADII_KM}


_partitions: dict[str, cells.Partition] = {}


def _partition(digest: str) -> cells.Partition:
    if digest not in _partitions:
        ids = np.frombuffer(bytes(Partition.objects.get(pk=digest).cell_ids), "<u8")
        here = _here()
        known = here is not None and here.digest == digest
        _partitions[digest] = here if here and known else cells.Partition(ids.astype(np.uint64))
    return _partitions[digest]


def _here() -> cells.Partition | None:
    """Return the cells of PlaNet's file on this machine, which knows where photos lie within each; None without one."""
    try:
        return checkpoint.read_header(opponents.Planet().path())[1]
    except opponents.Unavailable:
        return None
