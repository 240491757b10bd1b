"""What the machine says of its own answers."""

import numpy as np
import pytest

from geogame.statistics.calibration import brier_score, reliability


def test_an_honest_machine_lies_within_its_intervals() -> None:
    rng = np.random.default_rng(2)
    said = rng.random(5000)
    bins = reliability(said, rng.random(5000) < said)
    assert sum(each.answers for each in bins) == 5000
    assert sum(each.interval.low <= each.said <= each.interval.high for each in bins) >= 9


def test_bins_hold_what_they_should() -> None:
    bins = reliability([0.0, 0.05, 0.1, 1.0, 0.95], [False, True, False, True, True])
    assert [(each.low, each.answers, each.came_true) for each in bins] == [(0, 2, 0.5), (0.1, 1, 0), (0.9, 2, 1)]
    assert bins[2].said == pytest.approx(0.975)


def test_the_score_of_brier_by_hand() -> None:
    assert brier_score([0.5, 1.0, 0.2], [True, True, False]) == pytest.approx((0.25 + 0 + 0.04) / 3)
    assert np.isnan(brier_score([], []))


@pytest.mark.parametrize("said", [[1.2], [float("nan")], [0.1, 0.2]])
def test_what_is_no_probability_is_refused(said: list[float]) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        reliability(said, [True])
