"""Toy Earth: made-up pictures at real positions. Same arguments, same bytes; nothing here is a photograph of anywhere.

Places need no more than the game does. Painting needs the packages in requirements.txt beside this file, and the
system's Noto fonts: they are imported when the first picture is asked for.

>>> lat, lng = place("train", 7, 0)
>>> (lat, lng) == place("train", 7, 0)
True
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from predictor.toyearth import bands, trips
from predictor.toyearth.spots import SPLITS
from predictor.toyearth.version import PAINTER_VERSION

if TYPE_CHECKING:
    from predictor.toyearth.painter import Picture

__all__ = [
    "CHANNELS",
    "PAINTER_VERSION",
    "PAINTING_NEEDS",
    "SPLITS",
    "album",
    "channels",
    "picture",
    "place",
    "places",
    "standard",
]

CHANNELS = len(bands.CLUES)
PAINTING_NEEDS = (
    "Painting needs more than playing: pip install -r predictor/toyearth/requirements.txt, and on a machine without a "
    "desktop (Debian): apt install libegl1 libgl1 libfontconfig1 fonts-noto-core fonts-noto-cjk"
)


def place(split: str, seed: int, index: int) -> tuple[float, float]:
    """Return where the picture of that index is taken, (latitude, longitude) in degrees. ValueError: no such split."""
    return trips.single(split, seed, index).at


def places(split: str, seed: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the first count places of a split and seed: latitudes (count,), longitudes (count,)."""
    both = np.array([place(split, seed, index) for index in range(count)], dtype=float).reshape(count, 2)
    return both[:, 0], both[:, 1]


def picture(split: str, seed: int, index: int, size: int, instead: Mapping[str, float] | None = None) -> "Picture":
    """Paint the picture of that index: (size, size, 3) uint8, at place(split, seed, index).

    `instead` are clues (bands.py) that are to have other values, 0 to 1, than they have there: the same street, camera
    and hour under another clue. It shows where in a picture a clue is; all over it for `street_width`, as the camera
    stands within the street.
    """
    return trips.take(trips.single(split, seed, index), size, instead)


def album(split: str, seed: int, index: int, size: int) -> "list[Picture]":
    """Paint the pictures of a trip in the order in which they were taken."""
    return [trips.take(stop, size) for stop in trips.trip(split, seed, index)]


def channels(lat: np.ndarray, lng: np.ndarray) -> np.ndarray:
    """Return what the painter drew from at n places: (n, CHANNELS), each of mean 0 and variance 1 over the globe."""
    return standard(bands.values(lat, lng))


def standard(clues: ArrayLike) -> np.ndarray:
    """Return clues, from 0 to 1, as numbers of mean 0 and variance 1."""
    return (np.asarray(clues, dtype=float) - 0.5) * 12**0.5
