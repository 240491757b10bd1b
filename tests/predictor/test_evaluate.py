"""What a judge tells: honest about missing answers, probabilities, and what is a different exam."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from predictor import __main__ as commands
from predictor import collection, compare, evaluate, plots, sources
from predictor.cells import Partition
from predictor.checkpoint import Config
from predictor.data import Exam
from predictor.distribution import Distribution
from predictor.evaluate import Answered, judged, probabilities

NONE = float("nan")


def run(monkeypatch: pytest.MonkeyPatch, *words: object) -> int:
    monkeypatch.setattr(sys, "argv", ["predictor", *map(str, words)])
    return commands.main()


def exam_of(lat: list[float], lng: list[float]) -> Exam:
    return Exam(np.zeros((len(lat), 8, 8, 3), np.uint8), np.array(lat), np.array(lng))


def test_a_missing_answer_ranks_behind_every_distance() -> None:
    told = judged(np.array([10.0, 100.0, NONE, NONE, NONE]))
    assert told["median_km"] is None
    assert told["mean_km"] is None
    assert told["missing"] == 3
    assert told["accuracy"]["25"] == 0.2
    assert told["curve"][19] == (0.2, 10.0)
    assert told["curve"][-1] == (1.0, None)
    json.dumps(told, allow_nan=False)


def test_every_threshold_has_its_interval() -> None:
    told = judged(np.array([0.5] * 3 + [600.0] * 7))
    assert list(told["interval"]) == ["1", "25", "200", "750", "2500"]
    low, high = told["interval"]["750"]
    assert 0.6 < low < 1.0
    assert high == pytest.approx(1.0)


def test_an_honest_answer_is_found_honest(quarters: Partition) -> None:
    rng = np.random.default_rng(6)
    answers, lat, lng = [], [], []
    for _ in range(200):
        shares = rng.dirichlet(np.full(24, 0.2))
        answers.append(Distribution(quarters, shares))
        cell = Partition(quarters.cell_ids[[rng.choice(24, p=shares)]])
        inside = cell.centres()  # the middles stand for the cells
        lat, lng = [*lat, float(inside[0][0])], [*lng, float(inside[1][0])]
    told = probabilities(Answered(exam_of(lat, lng), answers), "argmax")
    assert told["regions"]["0.5"]["coverage"] > 0.5  # the fewest whole cells that hold at least so much
    assert 0.85 < told["regions"]["0.9"]["coverage"] <= 1.0
    assert told["regions"]["0.9"]["median_area_km2"] > told["regions"]["0.5"]["median_area_km2"]
    assert told["nll"] == pytest.approx(told["entropy"], abs=0.15)
    assert told["in_cells"] == 200


def test_places_in_no_cell_have_no_likelihood_and_are_counted(quarters: Partition) -> None:
    africa = Partition(quarters.cell_ids[:4])
    answers = [Distribution(africa, np.full(4, 0.25))] * 2
    told = probabilities(Answered(exam_of([0.0, 0.0], [0.0, 120.0]), answers), "argmax")
    assert told["in_cells"] == 1
    assert told["nll"] == pytest.approx(np.log(4))
    assert told["regions"]["0.9"]["coverage"] == 0.5


@pytest.fixture(scope="module")
def told(weights: Path, album: Path) -> dict[str, object]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("predictor.evaluate.Plan.held_share", 0.2)
        return evaluate.evaluate(weights, (album,), 20, "cpu")


def test_photos_of_ones_own_are_judged_too(told: dict[str, dict[str, dict[str, dict[str, float]]]]) -> None:
    assert set(told["exams"]) == {"held_out"}
    assert told["exams"]["held_out"]["floors"]["colour_knn"]["accuracy"].keys()
    json.dumps(told, allow_nan=False)


def test_the_papers_rows_are_named_another_exam(told: dict[str, object]) -> None:
    text = evaluate.table(told)
    before, after = text.split("Another exam")
    assert "in the paper" not in before
    assert after.count("in the paper") == 2


def test_plots_are_drawn(told: dict[str, object], tmp_path: Path) -> None:
    drawn = plots.draw(told, tmp_path)
    assert [path.name for path in drawn] == ["held_out-reliability.svg", "held_out-errors.svg"]
    text = drawn[0].read_text()
    assert "<svg" in text
    (png, _) = plots.draw(told, tmp_path, "png")
    assert png.read_bytes().startswith(b"\x89PNG")


def test_checkpoints_are_compared_on_the_same_pictures(
    weights: Path, album: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("predictor.evaluate.Plan.held_share", 0.2)
    assert run(monkeypatch, "compare", weights, weights, "--photos", album, "--count", 20, "--device", "cpu") == 0
    rows = [line for line in capsys.readouterr().out.splitlines() if "/untrained: " in line]
    assert len(rows) == 8  # twice: the game's answer, two other estimates, no temperature
    assert "(+0.0 … +0.0)" in rows[4]  # the same weights do not differ from themselves
    assert f"against {weights.parent.name}/untrained: argmax" in rows[1]


def test_a_difference_is_seen_where_there_is_one() -> None:
    rng = np.random.default_rng(0)
    errors = rng.uniform(10, 3000, 300)
    base, better = (
        compare.Variant(name, km, np.full(300, -2.0), "cells") for name, km in (("a", errors), ("b", errors / 2))
    )
    text = compare._row(better, base)
    median = text.split(" | ")[4]
    assert median.count("-") == 2  # both ends of the interval are below zero


def test_likelihoods_of_other_cells_are_not_held_against_each_other() -> None:
    km, likely = np.full(300, 100.0), np.random.default_rng(0).normal(-2, 1, 300)
    base, other = (compare.Variant(name, km, likely - number, name) for number, name in enumerate("ab"))
    assert compare._row(other, base).split(" | ")[-1].strip(" |").endswith("(other cells)")


def test_no_checkpoint_is_examined_on_what_it_was_trained_on(album: Path) -> None:
    photos = (album,)
    plans = [{"plan": {"held_share": share}} for share in (0.1, 0.3)]
    configs = [Config(24, training=plan) for plan in plans]
    asked, _ = evaluate.exams(photos, 100, configs)
    examined = set(zip(asked["held_out"].lat.tolist(), asked["held_out"].lng.tolist(), strict=True))
    for share in (0.1, 0.3):
        trained = collection.split(sources.opened(photos), share).train
        assert not examined & set(zip(trained.lat.tolist(), trained.lng.tolist(), strict=True))


def test_the_error_curve_takes_each_hundredth_of_a_hundred_answers_once() -> None:
    errors_km = np.arange(1, 101, dtype=np.float64)
    assert [km for _, km in evaluate._curve(errors_km)] == errors_km.tolist()
