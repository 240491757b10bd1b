"""Counting the photos of a collection by cell, in pieces: by processes whose memory does not grow, or on many machines.

Each process sorts what it has read and writes it down as a run whenever its share of memory is full. Then the runs are
merged, range by range of the Hilbert curve. Beyond one machine counts are all that need be brought together: `by_dask`.
"""

import multiprocessing
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from predictor.cells import Counts, Partition
from predictor.geo import latlng, unit_vectors, wrap_longitude
from predictor.places import Piece, Places, read
from predictor.s2 import LEAF_LEVEL, Ids

MOST_PLACES = 64  # of a cell that a partition keeps: with more, shares within discs are the same to half a point
AT_ONCE = 1 << 23  # photos, and cells, that a process keeps in memory: about 400 MB while they are sorted


@dataclass(frozen=True)
class Run:
    """Counts on the disk."""

    folder: Path
    name: str
    level: int
    length: int

    def cells(self) -> Ids:
        """The ids, sorted, each once, (length,); on the disk."""
        return self._map("cells", "<u8")

    def photos(self) -> NDArray[np.int64]:
        """How many photos each holds, (length,); on the disk."""
        return self._map("photos", "<i8")

    def part(self, first: int, last: int) -> Counts:
        """Some of the counts, in memory."""
        cells = np.fromfile(self.path("cells"), "<u8", last - first, offset=8 * first)
        photos = np.fromfile(self.path("photos"), "<i8", last - first, offset=8 * first)
        return Counts(self.level, cells.astype(np.uint64, copy=False), photos.astype(np.int64, copy=False))

    def path(self, kind: str) -> Path:
        return self.folder / f"{self.name}.{kind}"

    def _map(self, kind: str, dtype: str) -> NDArray:
        return np.memmap(self.path(kind), dtype, mode="r") if self.length else np.zeros(0, dtype)

    def counts(self) -> Counts:
        """All of them, on the disk."""
        return Counts(self.level, self.cells(), self.photos())

    def remove(self) -> None:
        for kind in ("cells", "photos"):
            self.path(kind).unlink()


def write(parts: Iterable[Counts], folder: Path, name: str, level: int) -> Run:
    """Write counts that follow each other on the curve."""
    length = 0
    with (folder / f"{name}.cells").open("wb") as cells, (folder / f"{name}.photos").open("wb") as photos:
        for part in parts:
            part.cell_ids.astype("<u8").tofile(cells)
            part.photos.astype("<i8").tofile(photos)
            length += len(part.cell_ids)
    return Run(folder, name, level, length)


def runs(batches: Iterable[Places], level: int, folder: Path, name: str, at_once: int = AT_ONCE) -> list[Run]:
    """Count places, and write a run whenever memory's share is full."""
    written: list[Run] = []
    table, waiting = Counts.of([], [], level), list[Places]()

    def settle() -> None:
        nonlocal table, waiting
        lat, lng = (np.concatenate(each) for each in zip(*waiting, strict=True))
        table, waiting = Counts.merged([table, Counts.of(lat, lng, level)]), []

    def put_down() -> None:
        nonlocal table
        written.append(write([table], folder, f"{name}-{len(written)}", level))
        table = Counts.of([], [], level)

    for batch in batches:
        waiting.append(batch)
        if sum(len(lat) for lat, _ in waiting) >= at_once // 2:
            settle()
        if len(table.cell_ids) >= at_once // 2:
            put_down()
    if waiting:
        settle()
    if len(table.cell_ids):
        put_down()
    return written


def merge(parts: Sequence[Run], folder: Path, name: str, level: int, at_once: int = AT_ONCE) -> Run:
    """Add up runs, range by range, and remove them."""
    merged = write(_ranges(parts, at_once), folder, name, level)
    for part in parts:
        part.remove()
    return merged


def _ranges(parts: Sequence[Run], at_once: int) -> Iterator[Counts]:
    """Yield the sums of all runs over ranges of the curve that hold at most `at_once` entries."""
    step = max(at_once // (3 * max(len(parts), 1)), 1)
    samples = np.sort(np.concatenate([np.zeros(0, np.uint64), *(part.cells()[::step] for part in parts)]))
    # Between two neighbouring samples each run has no more than `step` entries.
    cuts = [np.searchsorted(part.cells(), samples[:: max(len(parts), 1)]) for part in parts]
    ends = [np.append(cut, part.length) for cut, part in zip(cuts, parts, strict=True)]
    begin = [0] * len(parts)
    for stops in zip(*ends, strict=True):
        here = [part.part(first, int(last)) for part, first, last in zip(parts, begin, stops, strict=True)]
        begin = [int(stop) for stop in stops]
        if any(len(each.cell_ids) for each in here):
            yield Counts.merged(here)


def _count(numbered: tuple[int, Piece], level: int, folder: Path, at_once: int = AT_ONCE) -> tuple[list[Run], int, int]:
    """Count one piece; return its runs, and how many rows had a place and how many had none."""
    number, piece = numbered
    placed = lost = 0

    def batches() -> Iterator[Places]:
        nonlocal placed, lost
        for places, without in read(piece):
            placed, lost = placed + len(places[0]), lost + without
            yield places

    return runs(batches(), level, folder, f"{number:06d}", at_once), placed, lost


@dataclass(frozen=True)
class Collected:
    """What a collection holds."""

    counts: Counts
    placed: int  # rows with a place
    lost: int  # rows without


def by_processes(
    pieces: Sequence[Piece], folder: Path, level: int = LEAF_LEVEL, workers: int = 2, at_once: int = AT_ONCE
) -> Collected:
    """Count on this machine, in memory that does not grow with the collection; the counts lie in `folder`.

    Raises ValueError for a file that cannot be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        work = partial(_count, level=level, folder=Path(scratch), at_once=at_once)
        # Spawned, not forked: the parent may hold threads of torch or pyarrow.
        with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
            found = list(tqdm(pool.map(work, enumerate(pieces)), total=len(pieces), desc="counting", unit="piece"))
        all_runs = [run for some, _, _ in found for run in some]
        merged = merge(all_runs, folder, f"level-{level}", level, at_once)
    return Collected(merged.counts(), sum(each[1] for each in found), sum(each[2] for each in found))


def means(batches: Iterable[Places], partition: Partition) -> Places:
    """Return the mean place of each cell's photos, (n,) each, which answers better than the cell's middle.

    A cell without photos, or whose photos lie all around the Earth, keeps its middle.
    """
    sums = np.zeros((3, len(partition)))
    for lat, lng in batches:
        index = partition.assign(lat, lng)
        vectors = unit_vectors(lat, lng)[index >= 0]
        sums += [np.bincount(index[index >= 0], weights=axis, minlength=len(partition)) for axis in vectors.T]
    known = np.linalg.norm(sums, axis=0) > 0
    found, own = latlng(np.where(known, sums, 1).T), partition.centres()
    lat, lng = (np.where(known, mean, middle) for mean, middle in zip(found, own, strict=True))
    return lat, wrap_longitude(lng)


def drawn(batches: Iterable[Places], partition: Partition, most: int = MOST_PLACES, seed: int = 0) -> Places:
    """Draw up to so many of each cell's photos and return their places, (n, most) each; NaN where there are fewer.

    Each photo draws a lot, and the least lots of a cell stay: how photos are parted into batches changes nothing.
    """
    rng = np.random.default_rng(seed)
    kept = np.zeros((4, 0))  # rows: cell, lot, latitude, longitude
    for lat, lng in batches:
        index = partition.assign(lat, lng)
        kept = np.hstack([kept, np.stack([index, rng.random(index.size), lat, lng])[:, index >= 0]])
        kept = kept[:, np.lexsort((kept[1], kept[0]))]
        kept = kept[:, _nth(kept[0]) < most]
    places = np.full((2, len(partition), most), np.nan)
    places[:, kept[0].astype(np.int64), _nth(kept[0])] = kept[2:]
    return places[0], places[1]


def _nth(groups: NDArray[np.float64]) -> NDArray[np.int64]:
    """Number the members of each group from 0, where equal ones stand together in rising order, (n,)."""
    return np.arange(groups.size) - np.searchsorted(groups, groups)


def by_dask(pieces: Sequence[Piece], level: int) -> Collected:
    """Count on a Dask cluster: of the client that is current, otherwise in this process.

    Workers must see the files under the same paths. Counts are added up in a tree, in the workers' memory: choose a
    level at which they fit. Raises ValueError for a file that cannot be read.
    """
    from dask import bag

    counted = bag.from_sequence(pieces, npartitions=len(pieces)).map(_count_in_memory, level=level)
    return counted.fold(_added, split_every=8).compute()


def _count_in_memory(piece: Piece, level: int) -> Collected:
    counts, placed, lost = Counts.of([], [], level), 0, 0
    for (lat, lng), without in read(piece):
        counts = Counts.merged([counts, Counts.of(lat, lng, level)])
        placed, lost = placed + len(lat), lost + without
    return Collected(counts, placed, lost)


def _added(one: Collected, other: Collected) -> Collected:
    return Collected(Counts.merged([one.counts, other.counts]), one.placed + other.placed, one.lost + other.lost)
