"""The part of benchmarks/worker.py that runs in a process of its own, since its settings are made for it."""

import io
import json
import os
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import django

django.setup()  # before any table is imported

from celery import shared_task
from celery.signals import task_postrun, worker_ready
from django.core.management import call_command
from django.utils import timezone
from PIL import Image

from benchmarks.measure import Result, seconds
from geogame import photos, play
from geogame.celery import app
from geogame.models import Exhibit, Game, Person, PhotoSet, Prediction, Round
from geogame.sources import entries
from predictor import opponents, tasks

STARTER = Path(__file__).resolve().parent.parent / "geogame" / "starter" / "first-steps"
QUEUED = 64
TURNS = 8
REQUESTS = 25  # of one exhibit each; the median counts, since nobody plays in the best case


@shared_task(name="predictor.tasks.empty")  # so named, it goes where `locate` goes
def empty() -> None: ...


def installed() -> PhotoSet:
    """A database with one set of as many photos as are queued, as players see them."""
    call_command("migrate", verbosity=0)
    photo_set, _ = photos.set_named("Benchmark", "toy-earth")
    if photos.take_in_all(photo_set, list(entries(STARTER))[:QUEUED]).imported != QUEUED:
        raise AssertionError("Not all photos came in")
    return photo_set


def queue(photo_set: PhotoSet, exhibits: Sequence[Exhibit], rounds: int, showing: bool) -> None:
    """Forget all games and let these exhibits wait, so many rounds in a game; `showing` opens their first rounds."""
    Prediction.objects.all().delete()
    Game.objects.all().delete()
    now, person = timezone.now(), Person.objects.get_or_create(name="Ana")[0]
    for first in range(0, len(exhibits), rounds):
        game = play.open_game(photo_set, opponents.available(), rounds, None, now)
        for each, exhibit in zip(game.rounds.all(), exhibits[first : first + rounds], strict=True):
            Round.objects.filter(pk=each.pk).update(exhibit=exhibit)
        play.join(game, person, "Ana", now)
        if showing:
            play.start_round(game, now)


def decode_and_think(files: Sequence[Path]) -> None:
    """The baseline: read, decode and run the network, in batches as large as the worker's, and nothing else."""
    opponent = tasks._opponent(opponents.available()[0])
    for first in range(0, len(files), tasks.MOST_AT_ONCE):
        batch = [io.BytesIO(file.read_bytes()) for file in files[first : first + tasks.MOST_AT_ONCE]]
        opponent.locate([[Image.open(each).convert("RGB")] for each in batch])


def throughput(photo_set: PhotoSet, showing: bool) -> Result:
    """Answer all that is queued by the whole task, stored and told, against decoding and thinking alone."""
    exhibits = list(photo_set.exhibits.all())
    files = [Path(exhibit.ordered_photos()[-1].file.path) for exhibit in exhibits]
    ours = theirs = float("inf")
    for _ in range(TURNS):
        queue(photo_set, exhibits, 2, showing)
        ours = min(ours, seconds(tasks.locate, 1))
        if Prediction.objects.filter(failure="").count() != QUEUED:
            raise AssertionError("Not every exhibit was answered")
        theirs = min(theirs, seconds(lambda: decode_and_think(files), 1))
    told = f"decoding and thinking alone: {1000 * theirs / QUEUED:.1f} ms a photo; the task {1000 * ours / QUEUED:.1f}"
    if showing:
        # A guess is a verb of the game, with a dozen queries, one transaction and news of its own: one for each game.
        return Result(f"worker, {QUEUED // 2} of {QUEUED} showing", theirs / ours, "of that speed", told, goal=0.6)
    return Result(f"worker, {QUEUED} queued exhibits", theirs / ours, "of that speed", told, goal=0.9)


def single(photo_set: PhotoSet) -> Result:
    """Ask for one exhibit by a nudge; against its photo decoded and thought about, and an empty task there and back."""
    took: dict[str, list[float]] = {"alone": [], "empty": [], "asked": []}
    with running_worker() as round_trip:
        for exhibit in photo_set.exhibits.all()[:REQUESTS]:
            files = [Path(exhibit.ordered_photos()[-1].file.path)]
            took["empty"].append(round_trip(empty))
            took["alone"].append(seconds(lambda files=files: decode_and_think(files), 1))
            queue(photo_set, [exhibit], 1, showing=True)
            took["asked"].append(round_trip(tasks.locate))
            if Prediction.objects.count() != 1:
                raise AssertionError("The exhibit was not answered")
    alone, nothing, asked = (1000 * statistics.median(took[each]) for each in ("alone", "empty", "asked"))
    told = f"decoding and thinking {alone:.1f} ms, an empty task {nothing:.1f} ms; the nudge {asked:.1f} ms (medians)"
    unit = "of decoding, thinking and three empty tasks"
    return Result("one exhibit by a nudge", asked / (alone + 3 * nothing), unit, told, 1.0, higher_is_better=False)


@contextmanager
def running_worker() -> Iterator[Callable[[Any], float]]:
    """Run a worker in threads of this process; give a stopwatch: seconds from sending a task until its work is done.

    That is, for the empty one, when it has run, and for a nudge, when the prediction is stored for good.
    """
    ready, over = threading.Event(), threading.Event()
    done_at: list[float] = []  # told by the thread that works: the one that waits must first get the interpreter

    def on_ready(**_: object) -> None:
        ready.set()

    def on_run(sender: Any = None, **_: object) -> None:
        if sender.name == empty.name:
            done_at.append(time.perf_counter())
        over.set()

    def record_predictions(*given: Any) -> None:
        record(*given)
        done_at.append(time.perf_counter())

    worker_ready.connect(on_ready)
    task_postrun.connect(on_run)
    record = photos.record_predictions
    photos.record_predictions = record_predictions
    threads = app.Worker(
        pool="threads", concurrency=2, queues=["gpu"], quiet=True, loglevel="WARNING", without_gossip=True,
        without_mingle=True,
    )  # fmt: skip
    threading.Thread(target=threads.start, daemon=True).start()
    if not ready.wait(120):
        raise AssertionError("The worker does not come up")

    def round_trip(task: Any) -> float:
        done_at.clear()
        over.clear()
        began = time.perf_counter()
        task.apply_async()
        if not over.wait(30):  # having answered, a nudge looks whether more has come to wait
            raise AssertionError(f"{task.name} was not over in 30 s")
        return done_at[0] - began

    yield round_trip


def main() -> None:
    """Measure, and print the results as JSON."""
    photo_set = installed()
    tasks.warm()
    results = [throughput(photo_set, showing=False), throughput(photo_set, showing=True), single(photo_set)]
    told = json.dumps([asdict(each) for each in results])
    print(told, file=sys.__stdout__, flush=True)  # Celery has taken sys.stdout for its log
    os._exit(0)  # an ordinary exit would wait for the worker's threads, and they wait for tasks


if __name__ == "__main__":
    main()
