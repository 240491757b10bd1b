"""A missing answer ranks behind every distance."""

import math

import numpy as np
import pytest
from scipy.stats import binomtest

from geogame.rules.scoring import points
from predictor.metrics import accuracy, mean_km, median_km, paired_bootstrap, reliability, score, wilson_interval

NONE = math.nan


def test_a_threshold_counts_what_is_on_it() -> None:
    assert accuracy([1.0, 1.0001, 25.0, 2500.0, 20000.0]) == {"1": 0.2, "25": 0.6, "200": 0.6, "750": 0.6, "2500": 0.8}


def test_missing_answers_miss_every_threshold() -> None:
    assert accuracy([0.0, NONE, NONE, NONE]) == dict.fromkeys(["1", "25", "200", "750", "2500"], 0.25)


@pytest.mark.parametrize(
    ("errors", "median"),
    [
        ([3.0], 3.0),
        ([4.0, 1.0, 2.0], 2.0),
        ([1.0, 2.0, 3.0, 8.0], 2.5),
        ([1.0, 7.0, NONE], 7.0),
        ([1.0, NONE, NONE], math.inf),
        ([1.0, NONE], math.inf),
        ([1.0, 2.0, NONE, NONE], math.inf),
    ],
)
def test_medians(errors: list[float], median: float) -> None:
    assert median_km(errors) == median


def test_nothing_has_no_median() -> None:
    with pytest.raises(ValueError, match="no errors"):
        median_km([])
    with pytest.raises(ValueError, match="no errors"):
        accuracy([])


@pytest.mark.parametrize(("hits", "trials"), [(0, 10), (10, 10), (3, 17), (500, 1000)])
def test_wilson_agrees_with_scipy(hits: int, trials: int) -> None:
    theirs = binomtest(hits, trials).proportion_ci(0.95, method="wilson")
    assert wilson_interval(hits, trials) == pytest.approx((theirs.low, theirs.high), abs=1e-6)


def test_impossible_shares_are_refused() -> None:
    with pytest.raises(ValueError, match="no share"):
        wilson_interval(3, 2)


def test_a_missing_answer_has_no_mean_and_no_points() -> None:
    assert mean_km([1.0, NONE]) == math.inf
    assert score(np.array([0.0, NONE])).tolist() == [5000.0, 0.0]


def test_the_score_is_the_games() -> None:
    errors = np.array([0.0, 3.3, 250.0, 1491.6862, 20_000.0])
    assert score(errors).round().tolist() == [points(km) for km in errors]


def test_honest_probabilities_have_no_calibration_error() -> None:
    rng = np.random.default_rng(2)
    expected = rng.random(200_000)
    honest = reliability(expected, rng.random(200_000) < expected)
    boastful = reliability(expected, rng.random(200_000) < expected**2)
    assert honest["ece"] < 0.01
    assert boastful["ece"] == pytest.approx(1 / 2 - 1 / 3, abs=0.01)
    assert sum(each["n"] for each in honest["bins"]) == 200_000


def test_fewer_cases_than_bins_are_enough() -> None:
    assert len(reliability(np.array([0.1, 0.9]), np.array([False, True]))["bins"]) == 2


def test_pairs_narrow_the_interval() -> None:
    rng = np.random.default_rng(4)
    hard = rng.normal(1000, 300, 400)  # what makes a picture hard for both
    one, other = hard + rng.normal(0, 10, 400), hard - 20 + rng.normal(0, 10, 400)
    low, high = paired_bootstrap(one, other, np.mean)
    assert -24 < low < -20 < high < -16
    apart_low, apart_high = paired_bootstrap(one, rng.permutation(other), np.mean)
    assert apart_high - apart_low > 5 * (high - low)
