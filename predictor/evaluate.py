"""python -m predictor evaluate      PlaNet on held-out places of Toy Earth, beside its floors and its ceiling

Floors: the best constant answer; the place of a random training photo; the training photo nearest in colour.
Ceiling: the right cell, always (a place in no cell gets the nearest cell's middle).
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from predictor import toyearth
from predictor.cells import Partition
from predictor.geo import Point, distance_km
from predictor.geolocator import Geolocator
from predictor.metrics import THRESHOLDS_KM, accuracy, median_km, wilson_interval

EXAM_SEED = 1602  # no other seed of the held-out split: starter photos and the exams of training have their own
REFERENCE_SEED = 7  # training places, as in train.py
REFERENCE_COUNT = 4000  # training photos that the floors may look at
_EXAM_SIZE = 320  # pixels; like the game's own photos, larger than the network's input
_REFERENCE_SIZE = 96  # pixels; colours need no more
_BINS = 8  # of a colour histogram, for each of red, green, blue
_CANDIDATES = 1000  # places that may become the constant answer

Places = tuple[NDArray[np.float64], NDArray[np.float64]]


def evaluate(weights: Path, count: int, device: str | None = None, show_progress: bool = True) -> dict[str, Any]:
    """Judge a checkpoint on held-out pictures; see the module's docstring for what stands beside it."""
    geolocator = Geolocator.load(weights, device)
    pictures, truth = _paint("new_place", EXAM_SEED, count, _EXAM_SIZE, show_progress)
    known, known_places = _paint("train", REFERENCE_SEED, REFERENCE_COUNT, _REFERENCE_SIZE, show_progress)
    points = [answer.argmax_point() for answer in geolocator.locate(pictures, show_progress=show_progress)]
    constant = best_constant(known_places)
    prior = np.random.default_rng(EXAM_SEED).integers(REFERENCE_COUNT, size=count)
    nearest = nearest_in_colour(pictures, known)
    return {
        "n": count,
        **judged(truth, np.array(points).T),
        "floors": {
            "constant": {**judged(truth, constant), "lat": constant.lat, "lng": constant.lng},
            "prior": judged(truth, (known_places[0][prior], known_places[1][prior])),
            "colour_knn": judged(truth, (known_places[0][nearest], known_places[1][nearest])),
        },
        "ceiling": judged(truth, right_cells(geolocator.partition, truth)),
    }


def _paint(split: str, seed: int, count: int, size: int, show: bool) -> tuple[list[NDArray[np.uint8]], Places]:
    """Paint pictures (each (size, size, 3)); they need a bar: it is most of the work."""
    bar = tqdm(range(count), desc=f"painting {split}", unit="picture", disable=not show)
    shown = [toyearth.picture(split, seed, index, size) for index in bar]
    return [s.image for s in shown], (np.array([s.lat for s in shown]), np.array([s.lng for s in shown]))


def judged(truth: Places, answers: Any) -> dict[str, Any]:
    """Accuracy and median of answers, (latitudes, longitudes) or one point for all."""
    errors = distance_km(*truth, *answers)
    return {"accuracy": accuracy(errors), "median_km": median_km(errors)}


def best_constant(known: Places) -> Point:
    """The known place that, given as the answer to everything, has the least median error on the known places."""
    step = max(len(known[0]) // _CANDIDATES, 1)
    lat, lng = known[0][::step], known[1][::step]
    medians = [median_km(distance_km(*known, *candidate)) for candidate in zip(lat, lng, strict=True)]
    best = int(np.argmin(medians))
    return Point(float(lat[best]), float(lng[best]))


def colour_histogram(picture: NDArray[np.uint8], size: int = _REFERENCE_SIZE) -> NDArray[np.float64]:
    """Square roots of the shares of 512 colours, (512,): their Euclidean distance is Hellinger's."""
    small = np.asarray(Image.fromarray(picture).resize((size, size), Image.Resampling.BOX))
    bins = small.astype(np.int64) // (256 // _BINS)
    colours = (bins[..., 0] * _BINS + bins[..., 1]) * _BINS + bins[..., 2]
    return np.sqrt(np.bincount(colours.ravel(), minlength=_BINS**3) / colours.size)


def nearest_in_colour(asked: list[NDArray[np.uint8]], known: list[NDArray[np.uint8]]) -> NDArray[np.int64]:
    """For each picture the known one with the most similar colours, (n,)."""
    alike = np.stack([colour_histogram(p) for p in asked]) @ np.stack([colour_histogram(p) for p in known]).T
    return alike.argmax(axis=1)


def right_cells(partition: Partition, truth: Places) -> Places:
    """The middle of the cell that each place lies in, or the nearest middle."""
    index, (lat, lng) = partition.assign(*truth), partition.centres()
    for at in np.flatnonzero(index < 0):
        index[at] = distance_km(truth[0][at], truth[1][at], lat, lng).argmin()
    return lat[index], lng[index]


def table(result: dict[str, Any]) -> str:
    """The result, to read: shares within each threshold in per cent, and medians in km."""
    rows = {"PlaNet": result, **result["floors"], "ceiling": result["ceiling"]}
    lines = ["".join([f"{'':12}", *(f"{limit:>7} km" for limit in THRESHOLDS_KM), "      median"])]
    for name, row in rows.items():
        shares = "".join(f"{100 * share:>9.1f}%" for share in row["accuracy"].values())
        lines.append(f"{name:12}{shares}{row['median_km']:>9.0f} km")
    low, high = wilson_interval(round(result["accuracy"]["750"] * result["n"]), result["n"])
    lines.append(f"{result['n']} held-out places; PlaNet within 750 km: {100 * low:.1f} to {100 * high:.1f} % (95 %)")
    return "\n".join(lines)
