"""What an answer must be held against: floors that look at nothing or at colours, and the ceiling of a partition."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from predictor.cells import Partition
from predictor.geo import Point, distance_km
from predictor.metrics import median_km
from predictor.places import Places

_SIZE = 96  # pixels a side; colours need no more
_BINS = 8  # of a colour histogram, for each of red, green, blue
_CANDIDATES = 1000  # places that may become the constant answer

Pictures = Sequence[NDArray[np.uint8]]  # (size, size, 3) each


def best_constant(known: Places) -> Point:
    """The known place that, given as the answer to everything, has the least median error on the known places."""
    step = max(len(known[0]) // _CANDIDATES, 1)
    lat, lng = known[0][::step], known[1][::step]
    medians = [median_km(distance_km(*known, *candidate)) for candidate in zip(lat, lng, strict=True)]
    best = int(np.argmin(medians))
    return Point(float(lat[best]), float(lng[best]))


def colour_histogram(picture: NDArray[np.uint8], size: int = _SIZE) -> NDArray[np.float64]:
    """Square roots of the shares of 512 colours, (512,): their Euclidean distance is Hellinger's."""
    small = np.asarray(Image.fromarray(picture).resize((size, size), Image.Resampling.BOX))
    bins = small.astype(np.int64) // (256 // _BINS)
    colours = (bins[..., 0] * _BINS + bins[..., 1]) * _BINS + bins[..., 2]
    return np.sqrt(np.bincount(colours.ravel(), minlength=_BINS**3) / colours.size)


def mean_colour(picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The mean of red, green and blue, (3,), each from 0 to 1."""
    return np.asarray(picture.reshape(-1, 3).mean(axis=0) / 255)


def nearest(asked: Pictures, known: Pictures, describe: Callable[[NDArray[np.uint8]], NDArray]) -> NDArray[np.int64]:
    """For each picture the known one whose description is nearest, (n,)."""
    here, there = (np.stack([describe(each) for each in pictures]) for pictures in (asked, known))
    # Squared distances, but for the asked one's own square, which is the same for all.
    return np.asarray(((there**2).sum(axis=1) - 2 * here @ there.T).argmin(axis=1))


def right_cells(partition: Partition, truth: Places) -> Places:
    """The middle of the cell that each place lies in, or the nearest middle."""
    index, (lat, lng) = partition.assign(*truth), partition.points()
    for at in np.flatnonzero(index < 0):
        index[at] = distance_km(truth[0][at], truth[1][at], lat, lng).argmin()
    return lat[index], lng[index]
