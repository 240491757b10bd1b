"""The flags of the countries. flags.png is drawn by sources/flags_atlas.py from the npm package flag-icons."""

from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from predictor.toyearth.countries import codes

WIDTH, HEIGHT, PER_ROW = 48, 36, 16  # pixels, pixels, flags


def flag(code: str) -> np.ndarray:
    """Return the flag of a country by its ISO 3166-1 code, (36, 48, 3) uint8. Raises KeyError for a code unknown."""
    row, column = divmod(_places()[code], PER_ROW)
    return _atlas()[row * HEIGHT : (row + 1) * HEIGHT, column * WIDTH : (column + 1) * WIDTH]


@lru_cache(maxsize=1)
def _places() -> dict[str, int]:
    return {code: place for place, code in enumerate(sorted(codes()))}


@lru_cache(maxsize=1)
def _atlas() -> np.ndarray:
    return np.asarray(Image.open(Path(__file__).with_name("flags.png")))
