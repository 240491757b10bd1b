"""How high the land lies. height.png is drawn by sources/heights.py from the package pvlib's map of heights."""

import math
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

METRES = 25.0  # for each step of the picture's grey
PIXELS_PER_DEGREE = 4


def height_m(lat: float, lng: float) -> float:
    """Return the height above the sea in metres, 0 at sea: the mean of 0.25 degrees, bilinear between them.

    Mountains are worn down: the Matterhorn's surroundings, not its top.
    """
    grid = _grid()
    rows, columns = grid.shape
    y, x = (90 - lat) * PIXELS_PER_DEGREE - 0.5, (lng + 180) * PIXELS_PER_DEGREE - 0.5
    j, i = math.floor(y), math.floor(x)
    fy, fx = y - j, x - i
    up, down = max(j, 0), min(j + 1, rows - 1)
    left, right = i % columns, (i + 1) % columns
    top = grid[up, left] * (1 - fx) + grid[up, right] * fx
    return float(top * (1 - fy) + (grid[down, left] * (1 - fx) + grid[down, right] * fx) * fy) * METRES


@lru_cache(maxsize=1)
def _grid() -> np.ndarray:
    """Return the steps of height, (720, 1440)."""
    return np.asarray(Image.open(Path(__file__).with_name("height.png")), dtype=np.float32)
