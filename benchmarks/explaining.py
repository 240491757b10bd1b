"""The occlusion heatmap, against one patch after the other."""

import time

import numpy as np
import torch

from benchmarks.locating import one_thread
from benchmarks.measure import Result
from predictor import heatmap, images, toyearth
from predictor.geo import Point
from predictor.geolocator import Geolocator
from predictor.opponents import Planet

PICTURES = 3
PIXELS = 640  # a side, as the game stores them
RADIUS_KM = 200.0  # as the game asks
ALIKE = 0.95  # correlation


def one_by_one(geolocator: Geolocator, picture: images.Picture, shares: heatmap.Floats) -> heatmap.Floats:
    """The baseline: a plain loop over every place of the same grid, a batch of one, (regions, rows, columns)."""

    def log_beliefs(pixels: torch.Tensor) -> heatmap.Floats:  # (regions,)
        return np.log(np.maximum(shares @ geolocator.think(pixels)[0], heatmap.LEAST))

    pixels = images.batch([picture], geolocator.config).to(geolocator.device)
    before = log_beliefs(pixels)
    drops = np.zeros((len(shares), heatmap.GRID, heatmap.GRID), np.float32)
    for row in range(heatmap.GRID):
        for column in range(heatmap.GRID):
            drops[:, row, column] = before - log_beliefs(heatmap.hidden(pixels, np.array([[row, column]])))
    return drops


def heatmaps() -> Result:
    """Map pictures for the answer and for the true place. Fails where a map is not like the baseline's."""
    geolocator = Geolocator.load(Planet().path())
    ours_s, theirs_s, alike = 0.0, 0.0, list[float]()
    for index in range(PICTURES):  # in turns: a busy minute on this machine meets both alike
        shown = toyearth.picture("new_place", 5, index, PIXELS)
        (answer,) = geolocator.locate([shown.image])
        places = answer.point(), Point(shown.lat, shown.lng)
        shares = np.stack([geolocator.partition.shares_within(each, RADIUS_KM) for each in places])
        with one_thread():
            began = time.perf_counter()
            quick = heatmap.occlusion(geolocator, shown.image, shares)
            between = time.perf_counter()
            plain = one_by_one(geolocator, shown.image, shares)
            ours_s, theirs_s = ours_s + between - began, theirs_s + time.perf_counter() - between
        alike += [np.corrcoef(a.drops.ravel(), b.ravel())[0, 1] for a, b in zip(quick, plain, strict=True)]
    if min(alike) < ALIKE:
        raise AssertionError(f"A heatmap correlates with the plain loop's by only {min(alike):.3f}")
    told = (
        f"one patch at a time: {theirs_s / PICTURES:.1f} s a picture on {geolocator.device_name}, ours "
        f"{ours_s / PICTURES:.1f} s; same grid, {heatmap.GRID} x {heatmap.GRID}; correlation at least {min(alike):.3f}"
    )
    return Result("occlusion heatmap", theirs_s / ours_s, "times as fast", told, goal=3)
