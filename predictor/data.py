"""Toy Earth as training data: painted on the fly, so that no picture is ever seen twice and nothing lies on the disk.

A sample depends on (world, epoch, position in the epoch) alone, never on which worker paints it or on what came before:
training that was stopped goes on with the very pictures that it would have seen.
"""

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageEnhance
from torch.utils.data import DataLoader, Dataset, Sampler

from predictor import images, toyearth
from predictor.cells import Partition
from predictor.checkpoint import Config
from predictor.geo import distance_km

SPARE = 1.2  # pictures are painted so much larger than the network's input, and cropped
_CROPS = (0.86, 1.0)  # of a side; less would cut off the signs at the edges
_JITTER = 0.15  # brightness, contrast, colour: photos come back from other cameras


@dataclass(frozen=True)
class World:
    """The training pictures of a Toy Earth, and the cell that each lies in."""

    seed: int
    lat: NDArray[np.float64]  # (n,)
    lng: NDArray[np.float64]
    usable: NDArray[np.int64]  # indices of the pictures that lie in a cell; the paper leaves the others out

    @classmethod
    def of(cls, lat: NDArray[np.float64], lng: NDArray[np.float64], partition: Partition, seed: int) -> "World":
        return cls(seed, lat, lng, np.flatnonzero(partition.assign(lat, lng) >= 0))


def training_places(count: int, seed: int, kept: Path | None = None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Latitudes and longitudes of the training pictures; `kept` is a file that spares the second run the work."""
    if kept is not None and kept.exists():
        with np.load(kept) as file:
            if len(file["lat"]) == count and int(file["seed"]) == seed:
                return file["lat"], file["lng"]
    lat, lng = toyearth.places("train", seed, count)
    if kept is not None:
        np.savez(kept, lat=lat, lng=lng, seed=seed)
    return np.asarray(lat), np.asarray(lng)


class TrainingPictures(Dataset[tuple[NDArray[np.uint8], int]]):
    """Augmented pictures: (size, size, 3) uint8 and the picture's index. Never flipped."""

    def __init__(self, world: World, size: int) -> None:
        self.world, self.size = world, size

    def __getitem__(self, key: tuple[int, int]) -> tuple[NDArray[np.uint8], int]:
        """Paint the picture of (index, epoch)."""
        index, epoch = key
        shown = toyearth.picture("train", self.world.seed, index, round(self.size * SPARE))
        rng = np.random.default_rng([self.world.seed, index, epoch, 1])
        return augmented(shown.image, self.size, rng), index


def augmented(picture: NDArray[np.uint8], size: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """A random square of a picture, a little brighter or paler than it was, (size, size, 3)."""
    image = Image.fromarray(picture)
    for change in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        image = change(image).enhance(rng.uniform(1 - _JITTER, 1 + _JITTER))
    side = rng.uniform(*_CROPS) * image.width
    left, top = rng.uniform(0, image.width - side, size=2)
    return images.square(image, (left, top, left + side, top + side), size)


class Order(Sampler[list[tuple[int, int]]]):
    """Batches of (index, epoch) without end from step `start` on: every epoch in a new order."""

    def __init__(self, world: World, batch: int, start: int) -> None:
        if batch > world.usable.size:
            raise ValueError(f"A batch of {batch} needs as many pictures; there are {world.usable.size} in cells")
        self.world, self.batch, self.start = world, batch, start

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        steps = self.world.usable.size // self.batch
        epoch, step = divmod(self.start, steps)
        while True:
            order = np.random.default_rng([self.world.seed, epoch, 2]).permutation(self.world.usable)
            for first in range(step * self.batch, steps * self.batch, self.batch):
                yield [(int(index), epoch) for index in order[first : first + self.batch]]
            epoch, step = epoch + 1, 0


def training_batches(
    world: World, config: Config, batch: int, workers: int, start: int
) -> Iterator[tuple[torch.Tensor, NDArray[np.int64]]]:
    """Yield (batch, 3, size, size) and the pictures' indices, from step `start` on, without end."""
    loader = DataLoader(
        TrainingPictures(world, config.size),
        batch_sampler=Order(world, batch, start),
        num_workers=workers,
        collate_fn=lambda samples: (np.stack([s[0] for s in samples]), np.array([s[1] for s in samples])),
        prefetch_factor=8 if workers else None,
        worker_init_fn=die_with_parent,
    )
    for squares, indices in loader:
        yield images.normalised(squares, config), indices


def die_with_parent(_worker: int) -> None:
    """End this worker soon after a training that was killed; it would wait for ever to hand over its pictures."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def targets(lat: NDArray, lng: NDArray, partition: Partition, soft_km: float) -> torch.Tensor:
    """What the network should answer at these places, (batch, n_cells), each row summing to one.

    soft_km = 0 gives the paper's labels: all to the cell of the photo. Otherwise every cell gets exp(-d / soft_km),
    where d is how much farther its middle lies from the photo than the middle of the photo's own cell, so that a near
    miss costs less than a far one.
    """
    own = partition.assign(lat, lng)
    if soft_km == 0:
        return torch.nn.functional.one_hot(torch.from_numpy(own), len(partition)).float()
    middles = partition.centres()
    distances = distance_km(lat[:, None], lng[:, None], middles[0][None], middles[1][None])
    farther = np.maximum(distances - np.take_along_axis(distances, own[:, None], axis=1), 0)
    weights = np.exp(-farther / soft_km)
    return torch.from_numpy((weights / weights.sum(axis=1, keepdims=True)).astype(np.float32))


def fields(lat: NDArray, lng: NDArray) -> torch.Tensor:
    """What the painter drew from at these places, (batch, toyearth.CHANNELS), each about standard normal."""
    return torch.from_numpy(toyearth.channels(lat, lng).astype(np.float32))


@lru_cache(maxsize=1)
def held_out(count: int, seed: int, size: int) -> tuple[NDArray[np.uint8], NDArray[np.float64], NDArray[np.float64]]:
    """Pictures of places that training never sees: (count, size, size, 3) uint8, latitudes, longitudes."""
    shown = [toyearth.picture("new_place", seed, index, size) for index in range(count)]
    return np.stack([s.image for s in shown]), np.array([s.lat for s in shown]), np.array([s.lng for s in shown])
