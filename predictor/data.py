"""What training looks at: photos of a collection in an order that any step can be taken up from, cropped and tinted.

A sample depends on (seed, epoch, position in the epoch) alone, never on which worker reads it or on what came before:
training that was stopped goes on with the very pictures that it would have seen.
"""

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageEnhance
from torch.utils.data import DataLoader, Dataset, Sampler
from tqdm import tqdm

from predictor import images
from predictor.cells import Partition
from predictor.checkpoint import Config
from predictor.collection import Collection

SPARE = 1.2  # photos are read so much larger than the network's input, and cropped
_CROPS = (0.86, 1.0)  # of a side; less would cut off the signs at the edges
_JITTER = 0.15  # brightness, contrast, colour: photos come back from other cameras
AHEAD = 8  # batches


@dataclass(frozen=True)
class Lessons:
    """A collection to learn from, and which of its photos lie in a cell; the paper leaves the others out."""

    photos: Collection
    usable: NDArray[np.int64]
    seed: int

    @classmethod
    def of(cls, photos: Collection, partition: Partition, seed: int) -> "Lessons":
        return cls(photos, np.flatnonzero(partition.assign(photos.lat, photos.lng) >= 0), seed)


class TrainingPictures(Dataset[tuple[NDArray[np.uint8], int] | None]):
    """Augmented pictures: (size, size, 3) uint8 and the picture's index; None for one that cannot be read."""

    def __init__(self, lessons: Lessons, size: int) -> None:
        self.lessons, self.size = lessons, size

    def __getitem__(self, key: tuple[int, int]) -> tuple[NDArray[np.uint8], int] | None:
        """Read the picture of (index, epoch)."""
        index, epoch = key
        spare = round(self.size * SPARE)
        try:
            whole = images.middle_square(self.lessons.photos.picture(index, spare), spare)
        except (OSError, ValueError):  # one of millions: it must not end days of training, and it is counted
            return None
        return augmented(whole, self.size, np.random.default_rng([self.lessons.seed, index, epoch, 1])), index


def augmented(picture: NDArray[np.uint8], size: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """A random square of a picture, a little brighter or paler than it was, (size, size, 3). Never flipped."""
    image = Image.fromarray(picture)
    for change in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        image = change(image).enhance(rng.uniform(1 - _JITTER, 1 + _JITTER))
    side = rng.uniform(*_CROPS) * image.width
    left, top = rng.uniform(0, image.width - side, size=2)
    return images.square(image, (left, top, left + side, top + side), size)


@dataclass(frozen=True)
class Share:
    """Which part of every batch a process of several takes."""

    rank: int
    processes: int


ALONE = Share(0, 1)


class Order(Sampler[list[tuple[int, int]]]):
    """Batches of (index, epoch) without end from step `start` on: every epoch in a new order."""

    def __init__(self, lessons: Lessons, batch: int, start: int, share: Share = ALONE) -> None:
        if batch > lessons.usable.size:
            raise ValueError(f"A batch of {batch} needs as many pictures; there are {lessons.usable.size} in cells")
        if batch % share.processes:
            raise ValueError(f"A batch of {batch} cannot be dealt out evenly to {share.processes} processes")
        self.lessons, self.batch, self.start, self.share = lessons, batch, start, share

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        steps = self.lessons.usable.size // self.batch
        epoch, step = divmod(self.start, steps)
        while True:
            order = np.random.default_rng([self.lessons.seed, epoch, 2]).permutation(self.lessons.usable)
            for first in range(step * self.batch, steps * self.batch, self.batch):
                mine = order[first + self.share.rank : first + self.batch : self.share.processes]
                yield [(int(index), epoch) for index in mine]
            epoch, step = epoch + 1, 0


@dataclass(frozen=True)
class Batch:
    """Some pictures, (n, 3, size, size) and their indices; `unread` could not be read and are not among them."""

    pixels: torch.Tensor
    indices: NDArray[np.int64]
    unread: int


def batches(
    lessons: Lessons, config: Config, batch: int, workers: int, start: int, share: Share = ALONE, ahead: int = AHEAD
) -> Iterator[Batch]:
    """Yield batches from step `start` on, without end. Raises OSError where nothing of one can be read.

    `ahead` is how many of them each worker prepares before they are asked for.
    """
    loader = DataLoader(
        TrainingPictures(lessons, config.size),
        batch_sampler=Order(lessons, batch, start, share),
        num_workers=workers,
        collate_fn=_collate,
        prefetch_factor=ahead if workers else None,
        worker_init_fn=die_with_parent,
        persistent_workers=workers > 0,
    )
    for squares, indices, unread in loader:
        if not len(indices):
            raise OSError(f"None of the {unread} photos of a batch can be read: are the files still there?")
        yield Batch(images.normalised(squares, config), indices, unread)


def _collate(
    samples: list[tuple[NDArray[np.uint8], int] | None],
) -> tuple[NDArray[np.uint8], NDArray[np.int64], int]:
    read = [sample for sample in samples if sample is not None]
    squares = np.stack([each[0] for each in read]) if read else np.empty((0, 1, 1, 3), np.uint8)
    return squares, np.array([each[1] for each in read], np.int64), len(samples) - len(read)


def die_with_parent(_worker: int) -> None:
    """End this worker soon after a training that was killed; it would wait for ever to hand over its pictures."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@dataclass(frozen=True)
class Exam:
    """Pictures that training never sees: (n, size, size, 3) uint8, and where they were taken."""

    pictures: NDArray[np.uint8]
    lat: NDArray[np.float64]
    lng: NDArray[np.float64]

    @classmethod
    def of(cls, photos: Collection, count: int, size: int) -> "Exam":
        """Read the first count photos that can be read, chosen at random but always alike. Raises OSError for none."""
        order = np.random.default_rng(0).permutation(len(photos))
        squares: list[NDArray[np.uint8]] = []
        chosen: list[int] = []
        with tqdm(desc="preparing an exam", total=min(count, len(photos)), unit="picture", leave=False) as bar:
            for index in order.tolist():
                if len(chosen) == count:
                    break
                try:
                    squares.append(images.middle_square(photos.picture(index, size), size))
                except (OSError, ValueError):
                    continue
                chosen.append(index)
                bar.update()
        if not squares:
            raise OSError(f"None of {len(photos)} photos can be read: are the files still there?")
        return cls(np.stack(squares), photos.lat[chosen], photos.lng[chosen])
