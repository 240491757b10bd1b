"""python -m predictor.toyearth.sources.heights Altitude.h5 height.png: keep how high the land lies.

Altitude.h5 is pvlib/data/Altitude.h5 of the PyPI package pvlib, version 0.16.1 (BSD 3-Clause licence): Mapzen's open
terrain data, five minutes of arc a cell. Its sources ask to be named; pvlib.location.lookup_altitude lists them.
Reading it takes h5py, which the game does not need. Greenland's heights are those of the rock under the ice.

The picture is grey, 1440 x 720 pixels, 0.25 degrees each, north up, from longitude -180; a pixel's value times 25 is
its mean height in metres, 0 at the sea or below it.
"""

import sys

import h5py
import numpy as np
from PIL import Image

CELLS = 3  # of a twelfth of a degree, each way, in a pixel
STEP_M, LOWEST_M = 28, -450  # pvlib: a byte counts steps of 28 m from the lowest place
NO_DATA = 255
METRES = 25  # in a step of the picture: its 255 is 6375 m, and no quarter of a degree is as high on average


def heights_m(steps: np.ndarray) -> np.ndarray:
    """Decode (n, m) bytes into metres above the sea."""
    return np.where(steps == NO_DATA, 0.0, np.maximum(steps * float(STEP_M) + LOWEST_M, 0.0))


def draw_heights(steps: np.ndarray) -> Image.Image:
    """Take the mean of each quarter of a degree."""
    fine = heights_m(steps)
    rows, columns = (length // CELLS for length in fine.shape)
    mean_m = fine.reshape(rows, CELLS, columns, CELLS).mean(axis=(1, 3))
    return Image.fromarray(np.minimum(np.rint(mean_m / METRES), 255).astype(np.uint8))


if __name__ == "__main__":
    source, target = sys.argv[1:]
    with h5py.File(source) as file:
        draw_heights(file["Altitude"][:]).save(target, optimize=True)
