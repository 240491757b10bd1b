"""python -m predictor compare ONE OTHER …      checkpoints on the same pictures, each against the first

Every difference has a 95 % interval by paired bootstrap. For each checkpoint also its other kinds of answers, and what
its temperature did, against the answer that it gives in the game.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from predictor import evaluate
from predictor.distribution import ESTIMATES
from predictor.evaluate import Answered
from predictor.geolocator import Geolocator
from predictor.metrics import median_km, paired_bootstrap, score

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Measure:
    """One column: a number for each picture (n,), and what is made of them all."""

    name: str
    each: Callable[["Variant"], Floats]
    all: Callable[[Floats], float]
    digits: int
    of_cells: bool = False  # says nothing against an answer in other cells: smaller ones are less probable each


@dataclass(frozen=True)
class Variant:
    """One way to answer an exam."""

    name: str
    errors_km: Floats  # (n,)
    log_likelihoods: Floats  # (n,), NaN for a place in no cell
    partition: str  # the digest of its cells


def _within(radius_km: float) -> Callable[[Variant], Floats]:
    return lambda variant: np.where(variant.errors_km <= radius_km, 100.0, 0.0)


def _mean(values: Floats) -> float:
    return float(np.nanmean(values))


MEASURES = (
    Measure("25 km, %", _within(25), _mean, 1),
    Measure("200 km, %", _within(200), _mean, 1),
    Measure("750 km, %", _within(750), _mean, 1),
    Measure("median, km", lambda variant: variant.errors_km, median_km, 0),
    Measure("score", lambda variant: score(variant.errors_km), _mean, 0),
    Measure("NLL, nats", lambda variant: -variant.log_likelihoods, _mean, 3, of_cells=True),
)


def answered(
    weights: Sequence[Path], photos: tuple[Path, ...], count: int, device: str | None = None
) -> dict[str, list[list[Variant]]]:
    """By exam, the variants of each checkpoint. Raises CheckpointError for weights of another world."""
    geolocators = [Geolocator.load(path, device) for path in weights]
    for path, geolocator in zip(weights, geolocators, strict=True):
        evaluate.require_this_world(path, geolocator.config, photos)
    made, _ = evaluate.exams(photos, count, [each.config for each in geolocators])
    names = [path.stem for path in weights]
    if len(set(names)) < len(names):  # train calls all of them alike, in folders of their own
        names = [f"{path.absolute().parent.name}/{path.stem}" for path in weights]
    return {
        exam_name: [_variants(*each, exam) for each in zip(names, geolocators, strict=True)]
        for exam_name, exam in made.items()
    }


def _variants(name: str, geolocator: Geolocator, exam: evaluate.Exam) -> list[Variant]:
    """The answer of the game first; then the other estimates, and the same without a temperature."""
    config = geolocator.config
    asked = evaluate.ask(geolocator, exam)
    found = [_variant(f"{name}: {config.estimate}", asked, config.estimate)]
    found += [_variant(f"{name}: {each}", asked, each) for each in ESTIMATES if each != config.estimate]
    plain = Geolocator(replace(config, temperature=1.0), geolocator.partition, geolocator.network, geolocator.device)
    untempered = evaluate.ask(plain, exam)
    return [*found, _variant(f"{name}: {config.estimate}, without temperature", untempered, config.estimate)]


def _variant(name: str, asked: Answered, estimate: str) -> Variant:
    return Variant(name, asked.errors_km(estimate), asked.log_likelihoods(), asked.answers[0].partition.digest)


def table(exams: dict[str, list[list[Variant]]]) -> str:
    """A row for each variant; checkpoints differ from the first, variants from their checkpoint's own answer."""
    head = "| " + " | ".join(["", *(measure.name for measure in MEASURES)]) + " |"
    parts = []
    for name, checkpoints in exams.items():
        lines = [
            f"{evaluate.TITLES[name]} ({len(checkpoints[0][0].errors_km)}):",
            "",
            head,
            "|" + "---|" * (len(MEASURES) + 1),
        ]
        for number, (own, *others) in enumerate(checkpoints):
            lines.append(_row(own, checkpoints[0][0] if number else None))
            lines += [_row(variant, own) for variant in others]
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _row(variant: Variant, base: Variant | None) -> str:
    cells = []
    for measure in MEASURES:
        mine = measure.each(variant)
        text = f"{measure.all(mine):.{measure.digits}f}"
        if base is not None and measure.of_cells and base.partition != variant.partition:
            text += " (other cells)"
        elif base is not None:
            theirs = measure.each(base)
            low, high = paired_bootstrap(theirs, mine, measure.all)
            text += f" ({low:+.{measure.digits}f} … {high:+.{measure.digits}f})"
        cells.append(text)
    against = "" if base is None else f", against {base.name}"
    return f"| {variant.name}{against} | " + " | ".join(cells) + " |"
