"""python -m predictor evaluate      PlaNet on held-out pictures of Toy Earth, beside its floors and its ceiling

Held out are new pictures of neighbourhoods that training knows, as the paper's test set was, and places where training
has never been. Floors: the best constant answer; the place of a random training photo; the training photos nearest in
mean colour and in colour histogram. Ceiling: the right cell, always (for a place in none, the nearest one's middle).
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from predictor import toyearth
from predictor.cells import Partition, adaptive_partition
from predictor.checkpoint import CheckpointError, Config
from predictor.geo import Point, distance_km
from predictor.geolocator import Geolocator
from predictor.metrics import THRESHOLDS_KM, accuracy, median_km, wilson_interval
from predictor.places import Places

EXAM_SEED = 1602  # no other seed of the held-out split: starter photos and the exams of training have their own
REFERENCE_SEED = 7  # training places, as in train.py
REFERENCE_COUNT = 4000  # training photos that the floors may look at
_EXAM_SIZE = 320  # pixels; like the game's own photos, larger than the network's input
_REFERENCE_SIZE = 96  # pixels; colours need no more
_BINS = 8  # of a colour histogram, for each of red, green, blue
_MAX_LEVEL = 13  # cells of about a kilometre, as in train.py
_CANDIDATES = 1000  # places that may become the constant answer

HELD_OUT = {
    "new_picture": "New pictures of neighbourhoods that training knows:",
    "new_place": "Places where training has never been, by whole S2 cells of level 10:",
}

Pictures = list[NDArray[np.uint8]]


def evaluate(weights: Path, count: int, device: str | None = None, show_progress: bool = True) -> dict[str, Any]:
    """Judge a checkpoint on held-out pictures; see the module's docstring for what stands beside it."""
    geolocator = Geolocator.load(weights, device)
    require_this_painter(weights, geolocator.config)
    known = _paint("train", REFERENCE_SEED, REFERENCE_COUNT, _REFERENCE_SIZE, show_progress)
    return {split: _examine(geolocator, split, count, known, show_progress) for split in HELD_OUT}


def require_this_painter(path: Path, config: Config) -> None:
    """Raise CheckpointError for weights that have learnt another version of Toy Earth."""
    if config.painter != toyearth.PAINTER_VERSION:
        raise CheckpointError(
            f"{path} has learnt version {config.painter} of Toy Earth's painter, and this is version "
            f"{toyearth.PAINTER_VERSION}: another world, so the figures would mean nothing. Train it anew."
        )


def _examine(
    geolocator: Geolocator, split: str, count: int, reference: tuple[Pictures, Places], show_progress: bool
) -> dict[str, Any]:
    """Judge on the pictures of one split."""
    pictures, truth = _paint(split, EXAM_SEED, count, _EXAM_SIZE, show_progress)
    known, known_places = reference
    points = [answer.argmax_point() for answer in geolocator.locate(pictures, show_progress=show_progress)]
    constant = best_constant(known_places)
    prior = np.random.default_rng(EXAM_SEED).integers(REFERENCE_COUNT, size=count)
    neighbours = {
        name: nearest(pictures, known, describe)
        for name, describe in (("mean_colour", mean_colour), ("colour_knn", colour_histogram))
    }
    return {
        "n": count,
        **judged(truth, np.array(points).T),
        "floors": {
            "constant": {**judged(truth, constant), "lat": constant.lat, "lng": constant.lng},
            "prior": judged(truth, (known_places[0][prior], known_places[1][prior])),
            **{
                name: judged(truth, (known_places[0][index], known_places[1][index]))
                for name, index in neighbours.items()
            },
        },
        "ceiling": judged(truth, right_cells(geolocator.partition, truth)),
    }


def _paint(split: str, seed: int, count: int, size: int, show: bool) -> tuple[Pictures, Places]:
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


def table(results: dict[str, Any]) -> str:
    """The results, to read: shares within each threshold in per cent, and medians in km."""
    return "\n\n".join(f"{HELD_OUT[split]}\n{_table(result)}" for split, result in results.items())


def _table(result: dict[str, Any]) -> str:
    rows = {"PlaNet": result, **result["floors"], "ceiling": result["ceiling"]}
    lines = ["".join([f"{'':12}", *(f"{limit:>7} km" for limit in THRESHOLDS_KM), "      median"])]
    for name, row in rows.items():
        shares = "".join(f"{100 * share:>9.1f}%" for share in row["accuracy"].values())
        lines.append(f"{name:12}{shares}{row['median_km']:>9.0f} km")
    low, high = wilson_interval(round(result["accuracy"]["750"] * result["n"]), result["n"])
    lines.append(f"{result['n']} held-out pictures; PlaNet within 750 km: {100 * low:.1f} to {100 * high:.1f} % (95 %)")
    return "\n".join(lines)


def ceilings(wanted: tuple[int, ...] = (1000, 3000, 10_000), places: int = 200_000, asked: int = 4000) -> str:
    """How well the right cell would do, for partitions of about so many cells and each split: a table, to read."""
    lat, lng = toyearth.places("train", REFERENCE_SEED, places)
    lines = ["| cells | split | " + " | ".join(f"{limit} km" for limit in THRESHOLDS_KM) + " | median |"]
    lines.append("|" + "---|" * (len(THRESHOLDS_KM) + 3))
    for goal in wanted:
        partition = _partition_of_about(goal, lat, lng)
        for split in HELD_OUT:
            truth = toyearth.places(split, EXAM_SEED, asked)
            best = judged(truth, right_cells(partition, truth))
            shares = " | ".join(f"{100 * share:.1f} %" for share in best["accuracy"].values())
            lines.append(f"| {len(partition)} | {split} | {shares} | {best['median_km']:.1f} km |")
    return "\n".join(lines)


def _partition_of_about(goal: int, lat: NDArray, lng: NDArray) -> Partition:
    """The paper's rule with the t1 that comes nearest to so many cells; t2 is a tenth of it, as in the paper."""
    low, high, best = 2, len(lat), None
    while low <= high:
        t1 = (low + high) // 2
        made = adaptive_partition(lat, lng, t1, max(t1 // 10, 1), _MAX_LEVEL)
        if best is None or abs(len(made) - goal) < abs(len(best) - goal):
            best = made
        low, high = (t1 + 1, high) if len(made) > goal else (low, t1 - 1)
    assert best is not None
    return best
