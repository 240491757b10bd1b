"""python -m predictor information      what a picture of Toy Earth tells, at which scale, and to whom

Two questions. Can the clues of each band be read from pictures of places where training has never been (R², by the
small network of reader.py and by two neighbours in colour)? And if one already knows the disc of 2500, 750, 200 or
25 km that a place lies in, which band narrows it down? Each should pay at its own scale. The second question needs no
pictures: an eye that reads a band's clues in eight steps is given the truth.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from predictor import reader, toyearth
from predictor.floors import colour_histogram, mean_colour, nearest
from predictor.geo import EARTH_RADIUS_KM, distance_km, unit_vectors
from predictor.metrics import r_squared
from predictor.planet import choose_device
from predictor.toyearth import bands

SEED = 2027  # no training, no other exam
DISCS_KM = (2500.0, 750.0, 200.0, 25.0)
STEPS = 8  # that an eye tells apart in a clue
_KNOWN = 3000  # training pictures for the neighbours in colour
_PLACES = 120  # that are searched for
_FEWEST, _MOST, _A_WAVE = 2000, 80_000, 12  # candidates of a search, and how many lie along a wavelength
_SPREAD = 0.6 / STEPS  # standard deviation of a clue around the middle of its step, and of what changes within a place
_SMALL = 96  # pixels; colours need no more


def report(weights: Path, count: int, device: str | None = None) -> str:
    """Measure all of it with a trained reader (reader.py); a text to read."""
    return "\n\n".join((reading_table(weights, count, device), search_table()))


def reading_table(weights: Path, count: int, device: str | None = None) -> str:
    """R² of each band's clues at new places, in all pictures that are not near-empty and in each scene."""
    network = reader.load(weights).to(choose_device(device))
    pictures, truth, scene = reader.pictures_of_new_places(SEED, count, reader.SIZE)
    read = reader.read(network, pictures)
    columns = _columns(scene)
    lines = ["| band | " + " | ".join(name for name, _ in columns) + " | mean colour | histogram |"]
    lines.append("|" + "---|" * (len(columns) + 3))
    neighbours, told = _by_colour(pictures), scene != "blank"
    for wavelength, names in bands.BANDS.items():
        these = [bands.CLUES.index(name) for name in names]
        cells = [f"{r_squared(read[which], truth[which])[these].mean():.2f}" for _, which in columns]
        cells += [f"{r_squared(other[told], truth[told])[these].mean():.2f}" for other in neighbours]
        lines.append(f"| {wavelength:.0f} km | " + " | ".join(cells) + " |")
        for name, k in zip(names, these, strict=True):
            cells = [f"{r_squared(read[which], truth[which])[k]:.2f}" for _, which in columns]
            lines.append(f"| – {name} | " + " | ".join(cells) + " | | |")
    return "\n".join(lines)


def _columns(scene: NDArray) -> list[tuple[str, NDArray[np.bool_]]]:
    told = scene != "blank"
    each = [(f"{name} ({(scene == name).sum()})", scene == name) for name in ("urban", "natural", "indoor")]
    return [(f"not near-empty ({told.sum()})", told), *((name, which) for name, which in each if which.any())]


def _by_colour(asked: NDArray[np.uint8]) -> list[NDArray[np.float64]]:
    """What the training picture nearest in mean colour and in histogram would answer, each (n, CHANNELS)."""
    bar = tqdm(range(_KNOWN), desc="painting train", unit="picture")
    known = [toyearth.picture("train", SEED, index, _SMALL) for index in bar]
    truth = toyearth.channels(np.array([k.lat for k in known]), np.array([k.lng for k in known]))
    describers: tuple[Callable[[NDArray[np.uint8]], NDArray[np.float64]], ...] = (mean_colour, colour_histogram)
    return [truth[nearest(list(asked), [k.image for k in known], describe)] for describe in describers]


def search_table() -> str:
    """Median error with each band's clues over the median without, for the whole world and for each disc; – untried."""
    lines = ["| known | error without clues | " + " | ".join(f"{band:.0f} km band" for band in bands.BANDS) + " |"]
    lines.append("|" + "---|" * (len(bands.BANDS) + 2))
    for disc in (None, *DISCS_KM):
        without, with_band = search(disc)
        cells = [f"{with_band[band] / without:.2f}" if band in with_band else "–" for band in bands.BANDS]
        name = "nothing" if disc is None else f"a disc of {disc:.0f} km"
        lines.append(f"| {name} | {without:.3g} km | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def search(
    disc_km: float | None, places: int = _PLACES, wanted: Iterable[float] = tuple(bands.BANDS)
) -> tuple[float, dict[float, float]]:
    """Return the median error in km of who knows only the disc, and of who reads one band besides, by band.

    Bands that are too fine to be searched in such a disc are left out.
    """
    rng = np.random.default_rng([SEED, round(disc_km or 0)])
    lat, lng = toyearth.places("new_place", SEED, places)
    heres = list(zip(lat.tolist(), lng.tolist(), strict=True))
    without = []
    for here in heres:
        candidates = _around(here, disc_km, _FEWEST, rng)
        without.append(_error(here, candidates, np.ones(_FEWEST)))
    with_band = {}
    for band in wanted:
        names = bands.BANDS[band]
        # Candidates must lie closer together than the clues change, or the right one would be missing among them.
        count = max(int(np.pi * ((disc_km or 2 * EARTH_RADIUS_KM) / (band / _A_WAVE)) ** 2), _FEWEST)
        if count > _MOST:
            continue
        errors = []
        for here in tqdm(heres, desc=f"searching by the {band:.0f} km band", unit="place"):
            candidates = _around(here, disc_km, count, rng)
            truth = bands.values(np.array([here[0]]), np.array([here[1]]), names)[0]
            seen = (np.floor(truth * STEPS).clip(0, STEPS - 1) + 0.5) / STEPS
            misfit = (((bands.values(*candidates, names) - seen) / _SPREAD) ** 2).sum(axis=1)
            errors.append(_error(here, candidates, np.exp(-0.5 * (misfit - misfit.min()))))
        with_band[band] = float(np.median(errors))
    return float(np.median(without)), with_band


def _around(
    here: tuple[float, float], disc_km: float | None, count: int, rng: np.random.Generator
) -> tuple[NDArray, NDArray]:
    """Candidates, even over a disc that holds the place but is not centred on it; without a disc over the globe."""
    if disc_km is None:
        return np.degrees(np.arcsin(rng.uniform(-1, 1, count))), rng.uniform(-180, 180, count)
    middle = _moved(here, disc_km * np.sqrt(rng.random(1)), rng.uniform(0, 2 * np.pi, 1))
    centre = (float(middle[0][0]), float(middle[1][0]))
    return _moved(centre, disc_km * np.sqrt(rng.random(count)), rng.uniform(0, 2 * np.pi, count))


def _moved(start: tuple[float, float], km: NDArray, bearing: NDArray) -> tuple[NDArray, NDArray]:
    """Go along great circles, by bearings in radians: latitudes and longitudes in degrees."""
    lat, lng, far = np.radians(start[0]), np.radians(start[1]), km / EARTH_RADIUS_KM
    there = np.arcsin(np.sin(lat) * np.cos(far) + np.cos(lat) * np.sin(far) * np.cos(bearing))
    turn = np.arctan2(np.sin(bearing) * np.sin(far) * np.cos(lat), np.cos(far) - np.sin(lat) * np.sin(there))
    return np.degrees(there), (np.degrees(lng + turn) + 180) % 360 - 180


def _error(here: tuple[float, float], candidates: tuple[NDArray, NDArray], weight: NDArray) -> float:
    """Answer with the candidate that lies, by weight, nearest to the others; return how far off it is, in km."""
    best = np.argsort(-weight)[:400]
    xyz = unit_vectors(candidates[0][best], candidates[1][best])
    apart = np.arccos(np.clip(xyz @ xyz.T, -1, 1))
    choice = best[int((apart @ weight[best]).argmin())]
    return float(distance_km(*here, candidates[0][choice], candidates[1][choice]))
