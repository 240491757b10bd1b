"""What an answer can be asked."""

import math

import numpy as np
import pytest

from predictor.cells import Partition
from predictor.distribution import Distribution
from predictor.geo import distance_km


def sure_of(quarters: Partition, **shares: float) -> Distribution:
    """A distribution with these shares, c5=0.2 meaning cell 5."""
    probabilities = np.zeros(len(quarters), dtype=np.float32)
    for name, share in shares.items():
        probabilities[int(name[1:])] = share
    return Distribution(quarters, probabilities)


def test_the_point_is_the_middle_of_the_most_probable_cell(quarters: Partition) -> None:
    point = sure_of(quarters, c3=0.4, c7=0.6).argmax_point()
    assert quarters.assign(point.lat, point.lng) == 7
    assert distance_km(*point, quarters.centres()[0][7], quarters.centres()[1][7]) == 0


def test_top_cells_come_most_probable_first(quarters: Partition) -> None:
    top = sure_of(quarters, c3=0.25, c7=0.5, c9=0.125, c11=0.125).top_cells(3)
    assert top == [(int(quarters.cell_ids[i]), p) for i, p in ((7, 0.5), (3, 0.25), (9, 0.125))]
    assert all(type(cell_id) is int and type(p) is float for cell_id, p in top)


def test_asking_for_more_cells_than_there_are_gives_all(quarters: Partition) -> None:
    assert len(sure_of(quarters, c0=1).top_cells(1000)) == 24


def test_entropy_runs_from_certainty_to_ignorance(quarters: Partition) -> None:
    assert sure_of(quarters, c5=1).entropy() == 0
    assert sure_of(quarters, c5=0.5, c6=0.5).entropy() == pytest.approx(math.log(2))
    assert Distribution(quarters, np.full(24, 1 / 24)).entropy() == pytest.approx(math.log(24))


def test_the_credible_region_is_the_smallest_that_holds_the_mass(quarters: Partition) -> None:
    answer = sure_of(quarters, c20=0.5, c3=0.25, c9=0.25)
    assert answer.credible_region(0.5).tolist() == [quarters.cell_ids[20]]
    assert answer.credible_region(0.51).tolist() == [quarters.cell_ids[3], quarters.cell_ids[20]]
    assert len(answer.credible_region(0.9)) == 3


def test_half_precision_is_precise_enough(quarters: Partition) -> None:
    rng = np.random.default_rng(1)
    whole = rng.dirichlet(np.ones(24) / 4).astype(np.float32)
    assert Distribution(quarters, whole.astype(np.float16)).entropy() == pytest.approx(
        Distribution(quarters, whole).entropy(), abs=1e-2
    )


@pytest.mark.parametrize(
    "bad", [np.full(23, 1 / 23), np.zeros(24), np.full(24, np.nan), np.full(24, 1.0), np.r_[-1, 2, np.zeros(22)]]
)
def test_what_is_no_probability_is_refused(quarters: Partition, bad: np.ndarray) -> None:
    with pytest.raises(ValueError, match="robabilit"):
        Distribution(quarters, bad)
