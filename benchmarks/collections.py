"""Partitions of collections by the way that `python -m predictor partition` takes: time, memory, and how they grow.

Each collection is written as Parquet into a temporary folder and cut in a fresh process, whose peak memory is its own.
"""

import json
import math
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.measure import Result
from predictor import cells, counting, places
from predictor.geo import wrap_longitude

ROOT = Path(__file__).resolve().parent.parent
SMALL, MEDIUM, PAPER = 1_000_000, 10_000_000, 125_000_000
AT_A_TIME = 1_000_000  # rows that are made up and written at once
PROCESSES = 2
TOWNS = 20_000
DENSITY = 4_800  # photos for one cell: the paper's 126 million gave 26,263 cells
NEARLY = 1.3  # times as long as proportion would have it
HALF = 0.5  # of what proportion would have it; what does grow is one number for each cell that holds a photo


@dataclass(frozen=True)
class Cut:
    """What cutting one collection took."""

    photos: int
    cells: int
    seconds: float
    megabytes: float  # peak of the process that asks and of the largest one that counts, added up


def write(folder: Path, photos: int) -> None:
    """Make up a collection: four photos in five around towns, whose sizes follow Zipf's law, the others anywhere."""
    import pyarrow as pa
    import pyarrow.parquet

    rng = np.random.default_rng(7)
    share = 1 / np.arange(1, TOWNS + 1)
    towns = np.degrees(np.arcsin(rng.uniform(-0.8, 0.95, TOWNS))), rng.uniform(-180, 180, TOWNS)
    schema = pa.schema([("latitude", pa.float64()), ("longitude", pa.float64())])
    with pyarrow.parquet.ParquetWriter(folder / "photos.parquet", schema) as out:
        for first in range(0, photos, AT_A_TIME):
            count = min(AT_A_TIME, photos - first)
            town = rng.choice(TOWNS, count, p=share / share.sum())
            lat, lng = (middle[town] + rng.normal(0, 0.1, count) for middle in towns)
            anywhere = rng.random(count) < 0.2
            lat = np.where(anywhere, np.degrees(np.arcsin(rng.uniform(-1, 1, count))), lat)
            lng = np.where(anywhere, rng.uniform(-180, 180, count), lng)
            out.write_table(pa.table([lat, wrap_longitude(lng)], schema))


def cut(folder: Path, photos: int) -> Cut:
    """Count and cut a collection that has been written, in this process and those that it starts."""
    began = time.perf_counter()
    pieces = places.pieces([folder / "photos.parquet"])
    collected = counting.by_processes(pieces, folder / "counts", workers=PROCESSES)
    partition = cells.cut(collected.counts, t1=max(photos // DENSITY // 2, 20), t2=5)
    took = time.perf_counter() - began
    if collected.placed != photos:
        raise AssertionError(f"{collected.placed} of {photos} photos were counted")
    peaks = [resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return Cut(photos, len(partition), took, sum(peaks))


def measured(photos: int) -> Cut:
    """Cut a collection of that size in a fresh process."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), photos)
        command = [sys.executable, "-m", "benchmarks.collections", folder, str(photos)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"Cutting {photos} photos failed:\n{done.stderr}")
    return Cut(**json.loads(done.stdout.splitlines()[-1]))


def exponent(small: Cut, large: Cut) -> float:
    """The power of the number of photos that the time grows with: 1 is linear, 2 quadratic.

    >>> exponent(Cut(10, 1, 1.0, 1), Cut(1000, 1, 100.0, 1))
    1.0
    """
    return math.log(large.seconds / small.seconds) / math.log(large.photos / small.photos)


def nearly_linear() -> list[Result]:
    """Cut a million photos and ten million."""
    return compared(measured(SMALL), measured(MEDIUM))


def of_the_papers_size() -> list[Result]:
    """Cut ten million photos and 125 million, which is what the paper had."""
    return compared(measured(MEDIUM), measured(PAPER))


def compared(small: Cut, large: Cut) -> list[Result]:
    """How time and memory grow from one collection to another, against growing as the number of photos does."""
    times, slower = large.photos / small.photos, large.seconds / small.seconds
    bigger = large.megabytes / small.megabytes
    name = f"cutting {large.photos:,} photos"
    time_told = (
        f"{small.seconds:.1f} s for {small.photos:,} photos; {large.seconds:.1f} s for {times:g} times as many, "
        f"{large.cells:,} cells; exponent {exponent(small, large):.2f}"
    )
    memory_told = f"{small.megabytes:.0f} MB for {small.photos:,} photos; {large.megabytes:.0f} MB"
    return [
        Result(f"{name}: time", slower / times, "of proportion", time_told, NEARLY, higher_is_better=False),
        Result(f"{name}: memory", bigger / times, "of proportion", memory_told, HALF, higher_is_better=False),
    ]


if __name__ == "__main__":
    print(json.dumps(vars(cut(Path(sys.argv[1]), int(sys.argv[2])))))
