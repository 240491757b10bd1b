"""Smooth random fields on the sphere: what makes one region look unlike the next. The world's seed never changes.

A field is a sum of plane waves through the Earth, read on its surface, with four wavelengths. Neighbours agree on the
long ones.
"""

import math
from functools import lru_cache

import numpy as np

WORLD_SEED = 20160217  # the day the paper appeared
WAVELENGTHS_KM = (5000.0, 1500.0, 400.0, 50.0)
WAVES = 16  # for each wavelength and channel
# The weight of each wavelength; the squares of a row sum to about one.
BROAD = (0.88, 0.42, 0.20, 0.06)
MIDDLE = (0.60, 0.72, 0.33, 0.10)
FINE = (0.42, 0.62, 0.64, 0.18)

# Kinds: two channels make an angle, cut into kinds by whoever draws them.
TURNS = {
    "roof": BROAD, "skyline": BROAD, "sign_shape": BROAD, "line": BROAD, "tree": BROAD, "flag": BROAD,
    "window": MIDDLE, "wall": MIDDLE, "ground": MIDDLE, "fence": MIDDLE, "lamp": MIDDLE, "symbol": MIDDLE,
    "vehicle": MIDDLE, "balloon": BROAD, "palette": MIDDLE, "sign_colour": FINE, "flag_colour": FINE, "door": FINE,
}  # fmt: skip
# Amounts: one channel each, between 0 and 1.
LEVELS = {
    "storeys": BROAD, "peaks": BROAD, "roughness": BROAD, "dryness": BROAD, "red_earth": BROAD,
    "pitch": MIDDLE, "breadth": MIDDLE, "rhythm": MIDDLE, "green": MIDDLE, "chimneys": FINE, "trim": FINE,
    "conifer": BROAD, "palm": BROAD, "round": MIDDLE, "cypress": BROAD, "umbrella": BROAD, "baobab": BROAD,
    "birch": BROAD, "cactus": BROAD,
}  # fmt: skip


CHANNELS = 2 * len(TURNS) + len(LEVELS)


@lru_cache(maxsize=1)
def _waves() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Wave vectors (channels * 4 * WAVES, 3), phases and amplitudes (channels * 4 * WAVES,)."""
    rng = np.random.default_rng(WORLD_SEED)
    rows = [weights for weights in TURNS.values() for _ in range(2)] + list(LEVELS.values())
    shape = (len(rows), len(WAVELENGTHS_KM), WAVES)
    directions = rng.normal(size=(*shape, 3))
    directions /= np.linalg.norm(directions, axis=-1, keepdims=True)
    wavenumber = 2 * math.pi * 6371.0088 / np.array(WAVELENGTHS_KM)[None, :, None]  # on a sphere of radius 1
    vectors = directions * (wavenumber * rng.uniform(0.8, 1.25, size=shape))[..., None]
    amplitudes = np.array(rows)[:, :, None] * np.ones(shape) * math.sqrt(2 / WAVES)
    return vectors.reshape(-1, 3), rng.uniform(0, 2 * math.pi, size=shape).ravel(), amplitudes.ravel()


def channels(lat: float, lng: float) -> np.ndarray:
    """All channels at one place, (channels,), each about standard normal over the globe."""
    phi, theta = math.radians(lat), math.radians(lng)
    here = np.array([math.cos(phi) * math.cos(theta), math.cos(phi) * math.sin(theta), math.sin(phi)])
    vectors, phases, amplitudes = _waves()
    return (np.cos(vectors @ here + phases) * amplitudes).reshape(-1, len(WAVELENGTHS_KM) * WAVES).sum(axis=1)


def turns_and_levels(lat: float, lng: float) -> tuple[dict[str, float], dict[str, float]]:
    """Every turn and every level at one place, all in [0, 1)."""
    values = channels(lat, lng).tolist()
    pairs = zip(values[0 : 2 * len(TURNS) : 2], values[1 : 2 * len(TURNS) : 2], strict=True)
    turns = {name: math.atan2(a, b) / (2 * math.pi) % 1 for name, (a, b) in zip(TURNS, pairs, strict=True)}
    rest = values[2 * len(TURNS) :]
    return turns, {name: 0.5 + 0.5 * math.erf(v / 1.415) for name, v in zip(LEVELS, rest, strict=True)}
