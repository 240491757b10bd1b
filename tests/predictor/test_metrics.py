"""A missing answer ranks behind every distance."""

import math

import pytest
from scipy.stats import binomtest

from predictor.metrics import accuracy, median_km, wilson_interval

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
