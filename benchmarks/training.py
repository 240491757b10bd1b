"""Training from shards, from large photos and from pictures painted on the fly, against steps on tensors in memory."""

import itertools
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from benchmarks.measure import Result, seconds
from predictor import data, shards, sources, toyearth
from predictor.cells import Partition
from predictor.collection import Collection
from predictor.data import Batch, Lessons
from predictor.plan import Plan
from predictor.planet import choose_device
from predictor.s2 import FACES, children
from predictor.steps import Run, begin, take_step

BATCH = 32
STEPS = 5  # that are timed together
TURNS = 3
_AHEAD = 1  # batches that are read before they are asked for: more would hide what reading takes
PHOTOS = 256
LARGE_PX = 1280
CELLS_LEVEL = 3  # 384 cells; the last layer is a small part of the work
GOAL = 0.9


def from_shards() -> Result:
    """Pictures a second from shards at training size, as a share of what the network alone can do."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the other core reads
    try:
        with tempfile.TemporaryDirectory() as folder:
            return _measured(Path(folder))
    finally:
        torch.set_num_threads(threads)


def _measured(folder: Path) -> Result:
    run = a_run()
    world = sources.ToyEarth.of("train", 5, PHOTOS)
    shards.write(world, folder / "shards", round(run.config.size * data.SPARE), workers=2)
    ways: dict[str, Callable[[int], None]] = {
        "alone": _from_memory(run),
        "shards": _from(run, sources.opened([folder / "shards"])),
        f"{LARGE_PX} px JPEGs": _from(run, _large(world, folder / "large")),
        "Toy Earth on the fly": _from(run, world),
    }
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(TURNS):  # in turns, so that a busy minute on this machine meets all alike
        for name, learn in ways.items():
            learn(1 + _AHEAD)  # what was read while the others took their turn
            best[name] = min(best[name], seconds(lambda learn=learn: learn(STEPS), 1))  # type: ignore[misc]
    rates = {name: STEPS * BATCH / took for name, took in best.items()}
    alone = rates.pop("alone")
    told = ", ".join(f"{rate:.1f} from {name} ({rate / alone:.2f})" for name, rate in rates.items())
    return Result(
        "training from shards", rates["shards"] / alone, "of the network alone",
        f"steps on tensors in memory: {alone:.1f} pictures a second on one thread; one process reads: {told}", GOAL,
    )  # fmt: skip


def a_run() -> Run:
    """The start of a training of the shipped network's size."""
    cells = FACES
    for _ in range(CELLS_LEVEL):
        cells = children(cells)
    return begin(Plan(batch=BATCH), [Partition(np.sort(cells))], choose_device("cpu"))


def memory_batch(run: Run) -> tuple[Batch, np.ndarray, np.ndarray]:
    """Noise that is there already, and places."""
    rng = np.random.default_rng(1)
    pixels = torch.from_numpy(rng.normal(size=(BATCH, 3, run.config.size, run.config.size)).astype(np.float32))
    pixels = pixels.contiguous(memory_format=torch.channels_last)
    return Batch(pixels, np.arange(BATCH), 0), rng.uniform(-60, 60, BATCH), rng.uniform(-180, 180, BATCH)


def _from_memory(run: Run) -> Callable[[int], None]:
    batch, lat, lng = memory_batch(run)

    def learn(steps: int) -> None:
        for _ in range(steps):
            take_step(run, batch, lat, lng)

    return learn


def _from(run: Run, photos: Collection) -> Callable[[int], None]:
    batches = data.batches(Lessons.of(photos, run.partition, 1), run.config, BATCH, 1, 0, ahead=_AHEAD)

    def learn(steps: int) -> None:
        for batch in itertools.islice(batches, steps):
            take_step(run, batch, photos.lat[batch.indices], photos.lng[batch.indices])

    return learn


def _large(world: Collection, folder: Path) -> Collection:
    """A table of large photos: pictures of Toy Earth, enlarged, as a camera's files are in size if not in sharpness."""
    folder.mkdir()
    rows = ["filename,latitude,longitude"]
    for index in range(PHOTOS // 4):
        picture = toyearth.picture("train", 5, index, LARGE_PX // 4).image
        Image.fromarray(picture).resize((LARGE_PX, LARGE_PX)).save(folder / f"{index}.jpg", quality=88)
        rows.append(f"{index}.jpg,{world.lat[index]},{world.lng[index]}")
    (folder / "photos.csv").write_text("\n".join(rows), encoding="utf-8")
    return sources.opened([folder / "photos.csv"])
