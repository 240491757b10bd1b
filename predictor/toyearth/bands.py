"""Bands: what a neighbourhood, a town, a region, a country's width and a continent's have in common.

Every clue is a smooth random field on the sphere with one wavelength, so that it tells a place at its own scale and at
no other: within a sixteenth of the wavelength it hardly changes, a whole one away nothing follows from it. The five
wavelengths are twice the paper's five thresholds (2500, 750, 200, 25 and 1 km). The two finest bands have more clues
than four: the steps to them are the longest, and four clues of eight steps each would leave a dozen places alike. A
field is a sum of plane waves through the Earth, read on its surface; the world's seed never changes.
"""

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from predictor.geo import EARTH_RADIUS_KM, unit_vectors
from predictor.toyearth.land import WORLD_SEED

WAVES = 24  # of each clue; enough for a field that is close to normal
# Wavelength in kilometres: the clues that it drives. A clue's place in its list is part of the world: never sort them.
BANDS: dict[float, tuple[str, ...]] = {
    5000.0: ("roof_pitch", "storeys", "wall_hue", "hill_height"),
    1500.0: ("window_width", "window_arch", "shutter_hue", "street_width"),
    400.0: ("frame_hue", "balcony_rail", "lamp_arm", "slab_size"),
    50.0: ("kerb_stripe", "plate_hue", "awning_stripe", "hedge_height", "door_hue", "stone_hue"),
    2.0: (
        "post_hue",
        "bin_hue",
        "cobble_turn",
        "bunting_hue",
        "lamp_hue",
        "kerb_hue",
        "crossing_hue",
        "awning_hue",
    ),
}
CLUES = tuple(name for names in BANDS.values() for name in names)


@lru_cache(maxsize=1)
def _waves() -> tuple[np.ndarray, np.ndarray]:
    """Wave vectors (len(CLUES), WAVES, 3), in radians on a sphere of radius 1, and phases (len(CLUES), WAVES)."""
    vectors, phases = [], []
    for wavelength_km, names in BANDS.items():
        rng = np.random.default_rng(np.random.SeedSequence([WORLD_SEED, round(wavelength_km)]))
        for _ in names:
            directions = rng.normal(size=(WAVES, 3))
            directions /= np.linalg.norm(directions, axis=1, keepdims=True)
            number = 2 * math.pi * EARTH_RADIUS_KM / wavelength_km
            vectors.append(directions * number * rng.uniform(0.85, 1.18, size=(WAVES, 1)))
            phases.append(rng.uniform(0, 2 * math.pi, size=WAVES))
    return np.array(vectors), np.array(phases)


def values(lat: np.ndarray, lng: np.ndarray, names: Sequence[str] = CLUES) -> np.ndarray:
    """Return clues at n places in degrees, (n, len(names)) in [0, 1], each about uniform over the globe."""
    here = unit_vectors(lat, lng)  # (n, 3)
    these = [CLUES.index(name) for name in names]
    vectors, phases = (part[these] for part in _waves())
    normal = np.cos(np.einsum("nk,cwk->ncw", here, vectors) + phases).sum(axis=2) * math.sqrt(2 / WAVES)
    return 0.5 + 0.5 * np.vectorize(math.erf, otypes=[float])(normal / math.sqrt(2))


def clues(lat: float, lng: float) -> dict[str, float]:
    """Return every clue at one place, by name."""
    return dict(zip(CLUES, values(np.array([lat]), np.array([lng]))[0].tolist(), strict=True))
