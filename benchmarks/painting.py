"""Painting Toy Earth against training on it, each on one core: the painter must not be what training waits for."""

import itertools
from functools import lru_cache

import torch

from benchmarks import training
from benchmarks.measure import Result, seconds
from predictor import toyearth
from predictor.steps import take_step

PICTURES = 24
TRAINING_PX = 160  # more than training asks for: 112, and a fifth more for cropping
PLAYING_PX = 640


def for_training() -> Result:
    """Paint what training looks at."""
    return _painted(TRAINING_PX, goal=1.0)


def for_playing() -> Result:
    """Paint what people look at."""
    return _painted(PLAYING_PX, goal=0.3)


def _painted(size: int, goal: float) -> Result:
    numbers = itertools.count()

    def paint() -> None:
        for _ in range(PICTURES):
            toyearth.picture("train", 5, next(numbers), size)

    paint()  # fonts, tables and shapes are read once
    ours, theirs = PICTURES / seconds(paint, 3), _trained_a_second()
    told = f"training: {theirs:.1f} pictures a second on one core; painting {ours:.1f} at {size} pixels"
    return Result(f"painting at {size} pixels", ours / theirs, "times as fast as training", told, goal)


@lru_cache(maxsize=1)
def _trained_a_second() -> float:
    """Measure steps of training at the shipped weights' size, on one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        run = training.a_run()
        batch, lat, lng = training.memory_batch(run)
        return training.BATCH / seconds(lambda: take_step(run, batch, lat, lng), 3)
    finally:
        torch.set_num_threads(threads)
