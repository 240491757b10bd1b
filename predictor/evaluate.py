"""python -m predictor evaluate      a checkpoint on pictures that it has not seen, beside its floors and its ceiling

Of Toy Earth these are new pictures of neighbourhoods that training knows, as the paper's test set was, and places where
training has never been; of photos of one's own (--photos) those that training left out, by place and by uploader.
Floors: the best constant answer; the place of a random training photo; the training photos nearest in mean colour and
in colour histogram. Ceiling: the right cell, always (for a place in none, the nearest one).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from predictor import checkpoint, collection, sources, toyearth
from predictor.cells import Partition, adaptive_partition
from predictor.checkpoint import CheckpointError, Config
from predictor.data import Exam
from predictor.distribution import ESTIMATES, Distribution
from predictor.floors import best_constant, colour_histogram, mean_colour, nearest, right_cells
from predictor.geo import distance_km
from predictor.geolocator import Geolocator
from predictor.metrics import THRESHOLDS_KM, accuracy, mean_km, median_km, reliability, score, wilson_interval
from predictor.plan import Plan

EXAM_SEED = 1602  # no other seed of the held-out split: starter photos and the exams of training have their own
REFERENCE_SEED = 7  # training places, as in plan.py
REFERENCE_COUNT = 4000  # training photos that the floors may look at
_EXAM_SIZE = 320  # pixels; like the game's own photos, larger than the network's input
_REFERENCE_SIZE = 96
_MAX_LEVEL = 13  # cells of about a kilometre, as in plan.py
CALIBRATED_KM = (25.0, 200.0, 750.0)  # around the answer: how probable is it that the truth lies there?
REGIONS = (0.5, 0.9)  # of the probability

TITLES = {
    "new_picture": "New pictures of neighbourhoods that training knows",
    "new_place": "Places where training has never been, by whole S2 cells of level 10",
    "held_out": "Photos that training left out, by place and by uploader",
}
# Weyand, Kostrikov, Philbin, ECCV 2016: other pictures, another world. In per cent, by threshold.
ANOTHER_EXAM = {
    "PlaNet in the paper, 2.3 million Flickr photos": (3.6, 10.1, 16.0, 28.4, 48.0),
    "PlaNet in the paper, Im2GPS (237 photos)": (8.4, 24.5, 37.6, 53.6, 71.3),
}


@dataclass(frozen=True)
class Answered:
    """An exam and what a geolocator said to it."""

    exam: Exam
    answers: list[Distribution]

    def errors_km(self, estimate: str) -> NDArray[np.float64]:
        """How far off one kind of answer is, (n,)."""
        points = np.array([ESTIMATES[estimate](answer) for answer in self.answers])
        return distance_km(self.exam.lat, self.exam.lng, *points.T)

    def log_likelihoods(self) -> NDArray[np.float64]:
        """Natural logarithms of the probability of each place's cell, (n,); NaN for a place in no cell."""
        cells = self.answers[0].partition.assign(self.exam.lat, self.exam.lng)
        tiny = np.finfo(np.float32).tiny
        pairs = zip(self.answers, cells.tolist(), strict=True)
        return np.array([np.log(max(a.probabilities[cell], tiny)) if cell >= 0 else np.nan for a, cell in pairs])


def exams(photos: tuple[Path, ...], count: int, configs: Sequence[Config]) -> tuple[dict[str, Exam], Exam]:
    """The exams by name, and training photos for the floors; of one's own photos those that none of them has seen."""
    if photos:
        parts = collection.split(
            sources.opened(photos), min(map(_held_share, configs))
        )  # who holds out less, holds out some of the same
        held_out = {"held_out": Exam.of(parts.judged(), count, _EXAM_SIZE)}
        return held_out, Exam.of(parts.train, REFERENCE_COUNT, _REFERENCE_SIZE)
    made = {
        split: Exam.of(sources.ToyEarth.of(split, EXAM_SEED, count), count, _EXAM_SIZE)
        for split in ("new_picture", "new_place")
    }
    known = sources.ToyEarth.of("train", REFERENCE_SEED, REFERENCE_COUNT)
    return made, Exam.of(known, REFERENCE_COUNT, _REFERENCE_SIZE)


def _held_share(config: Config) -> float:
    plan = config.training.get("plan")
    return float(plan["held_share"]) if isinstance(plan, dict) and "held_share" in plan else Plan.held_share


def evaluate(weights: Path, photos: tuple[Path, ...], count: int, device: str | None = None) -> dict[str, Any]:
    """Judge a checkpoint; see the module's docstring for what stands beside it. Raises CheckpointError, ValueError."""
    geolocator = Geolocator.load(weights, device)
    require_this_world(weights, geolocator.config, photos)
    made, known = exams(photos, count, [geolocator.config])
    return report(weights, geolocator, {name: ask(geolocator, exam) for name, exam in made.items()}, known)


def ask(geolocator: Geolocator, exam: Exam) -> Answered:
    """Show the pictures of an exam to a geolocator."""
    return Answered(exam, geolocator.locate(list(exam.pictures), show_progress=True))


def require_this_world(path: Path, config: Config, photos: tuple[Path, ...] = ()) -> None:
    """Raise CheckpointError for weights that Toy Earth would tell nothing about: they know another version of it."""
    if not photos and config.painter != toyearth.PAINTER_VERSION:
        raise CheckpointError(
            f"{path} has learnt version {config.painter} of Toy Earth's painter, and this is version "
            f"{toyearth.PAINTER_VERSION}: another world, so the figures would mean nothing. Train it anew."
        )


def report(weights: Path, geolocator: Geolocator, answered: dict[str, Answered], known: Exam) -> dict[str, Any]:
    """All figures, as JSON has them; None stands for what is infinite or not there."""
    return {
        "weights": checkpoint.digest(weights),
        "temperature": geolocator.config.temperature,
        "estimate": geolocator.config.estimate,
        "cells": len(geolocator.partition),
        "exams": {name: _examined(each, geolocator, known) for name, each in answered.items()},
        "another_exam": {name: dict(zip(map(str, THRESHOLDS_KM), row, strict=True))
                         for name, row in ANOTHER_EXAM.items()},
    }  # fmt: skip


def _examined(answered: Answered, geolocator: Geolocator, known: Exam) -> dict[str, Any]:
    exam, truth, chosen = answered.exam, (answered.exam.lat, answered.exam.lng), geolocator.config.estimate
    ceiling = judged(distance_km(*truth, *right_cells(geolocator.partition, truth)))
    mine = judged(answered.errors_km(chosen))
    reached = {
        limit: round(share / ceiling["accuracy"][limit], 4) if ceiling["accuracy"][limit] else None
        for limit, share in mine["accuracy"].items()
    }
    return {
        "n": len(exam.lat),
        **mine,
        "share_of_ceiling": reached,
        "estimates": {name: judged(answered.errors_km(name)) for name in ESTIMATES},
        "probabilities": probabilities(answered, chosen),
        "floors": _floors(exam, known),
        "ceiling": ceiling,
    }


def judged(errors_km: NDArray[np.float64]) -> dict[str, Any]:
    """How good answers are; a missing one (NaN) ranks behind every distance and scores nothing."""
    shares, n = accuracy(errors_km), len(errors_km)
    median, mean = median_km(errors_km), mean_km(errors_km)
    return {
        "accuracy": shares,
        "interval": {limit: wilson_interval(round(share * n), n) for limit, share in shares.items()},
        "median_km": median if np.isfinite(median) else None,
        "mean_km": mean if np.isfinite(mean) else None,
        "score": float(score(errors_km).mean()),
        "missing": int(np.isnan(errors_km).sum()),
        "curve": _curve(errors_km),
    }


def _curve(errors_km: NDArray[np.float64]) -> list[tuple[float, float | None]]:
    """For each hundredth of the answers, best first, the error that they stay within; None: some are missing."""
    errors = np.sort(np.where(np.isnan(errors_km), np.inf, errors_km))
    percents = np.arange(1, 101)
    ends = errors[-(-percents * errors.size // 100) - 1]  # whole numbers: 0.07 * 100 is more than 7
    return [(percent / 100, round(km, 3) if np.isfinite(km) else None)
            for percent, km in zip(percents.tolist(), ends.tolist(), strict=True)]  # fmt: skip


def probabilities(answered: Answered, estimate: str) -> dict[str, Any]:
    """Whether the probabilities mean what they say."""
    answers, (lat, lng) = answered.answers, (answered.exam.lat, answered.exam.lng)
    points = [ESTIMATES[estimate](answer) for answer in answers]
    errors, likelihoods = answered.errors_km(estimate), answered.log_likelihoods()
    placed = np.isfinite(likelihoods)
    within = {
        f"{radius:g}": reliability(
            np.array([a.mass_within(point, radius) for a, point in zip(answers, points, strict=True)]), errors <= radius
        )
        for radius in CALIBRATED_KM
    }
    cells = answers[0].partition.assign(lat, lng)
    ids = np.where(cells >= 0, answers[0].partition.cell_ids[cells], 0)
    regions = {}
    for mass in REGIONS:
        found = [answer.credible_region(mass) for answer in answers]
        held = [bool(np.isin(cell, region.cell_ids)) for cell, region in zip(ids, found, strict=True)]
        regions[f"{mass:g}"] = {
            "coverage": float(np.mean(held)),
            "median_area_km2": float(np.median([region.area_km2 for region in found])),
        }
    return {
        "nll": float(-likelihoods[placed].mean()) if placed.any() else None,
        "in_cells": int(placed.sum()),
        "entropy": float(np.mean([answer.entropy() for answer in answers])),
        "within_km": within,
        "regions": regions,
    }


def _floors(exam: Exam, known: Exam) -> dict[str, Any]:
    truth, places = (exam.lat, exam.lng), (known.lat, known.lng)
    constant = best_constant(places)
    chance = np.random.default_rng(EXAM_SEED).integers(len(known.lat), size=len(exam.lat))
    floors = {"constant": judged(distance_km(*truth, *constant)) | {"lat": constant.lat, "lng": constant.lng}}
    for name, index in (
        ("prior", chance),
        ("mean_colour", nearest(list(exam.pictures), list(known.pictures), mean_colour)),
        ("colour_knn", nearest(list(exam.pictures), list(known.pictures), colour_histogram)),
    ):
        floors[name] = judged(distance_km(*truth, places[0][index], places[1][index]))
    return floors


def table(told: dict[str, Any]) -> str:
    """The figures, to read: shares within each threshold in per cent, errors in km."""
    head = f"Weights {told['weights']}, {told['cells']} cells, temperature {told['temperature']:.3f}"
    parts = [head, *(f"{TITLES[name]} ({each['n']}):\n{_table(each, told)}" for name, each in told["exams"].items())]
    context = [f"{name:48}" + "".join(f"{share:>8.1f}" for share in row.values())
               for name, row in told["another_exam"].items()]  # fmt: skip
    return "\n\n".join([*parts, "Another exam, on real photographs, for context only:\n" + "\n".join(context)])


def _table(result: dict[str, Any], told: dict[str, Any]) -> str:
    rows = {f"PlaNet, {name}": row for name, row in result["estimates"].items()}
    rows |= {**result["floors"], "ceiling": result["ceiling"]}
    lines = [f"{'':18}" + "".join(f"{limit:>7} km" for limit in THRESHOLDS_KM) + "    median      mean  score"]
    for name, row in rows.items():
        shares = "".join(f"{100 * share:>9.1f}%" for share in row["accuracy"].values())
        star = "*" if name == f"PlaNet, {told['estimate']}" else " "
        lines.append(f"{name:17}{star}{shares} {_km(row['median_km'])} {_km(row['mean_km'])} {row['score']:>6.0f}")
    reached = "".join(f"{100 * share:>9.1f}%" if share is not None else f"{'–':>10}"
                      for share in result["share_of_ceiling"].values())  # fmt: skip
    ends = "".join(f"{100 * low:>5.1f}–{100 * high:<4.1f}" for low, high in result["interval"].values())
    lines += [f"{'* of the ceiling':18}{reached}", f"{'* 95 % interval':18}{ends}", *_honesty(result["probabilities"])]
    return "\n".join(lines)


def _km(value: float | None) -> str:
    return "  none   " if value is None else f"{value:>6.0f} km"


def _honesty(told: dict[str, Any]) -> list[str]:
    nll = "none" if told["nll"] is None else f"{told['nll']:.3f}"
    lines = [f"Negative log-likelihood {nll} nats ({told['in_cells']} places in cells); entropy {told['entropy']:.3f}"]
    for radius, each in told["within_km"].items():
        lines.append(f"Within {radius:>3} km of the answer: {100 * each['predicted']:.1f} % expected, "
                     f"{100 * each['observed']:.1f} % found, calibration error {100 * each['ece']:.1f} %")  # fmt: skip
    for mass, each in told["regions"].items():
        lines.append(f"The {100 * float(mass):.0f} % region held {100 * each['coverage']:.1f} % of the places; "
                     f"median area {each['median_area_km2']:,.0f} km²")  # fmt: skip
    return lines


def ceilings(wanted: tuple[int, ...] = (1000, 3000, 10_000), places: int = 200_000, asked: int = 4000) -> str:
    """How well the right cell would do, for partitions of about so many cells and each split: a table, to read."""
    lat, lng = toyearth.places("train", REFERENCE_SEED, places)
    lines = ["| cells | split | " + " | ".join(f"{limit} km" for limit in THRESHOLDS_KM) + " | median |"]
    lines.append("|" + "---|" * (len(THRESHOLDS_KM) + 3))
    for goal in wanted:
        partition = _partition_of_about(goal, lat, lng)
        for split in ("new_picture", "new_place"):
            truth = toyearth.places(split, EXAM_SEED, asked)
            best = judged(distance_km(*truth, *right_cells(partition, truth)))
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
