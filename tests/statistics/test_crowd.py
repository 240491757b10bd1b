"""Several people's guesses put together."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geogame.rules.sphere import Point, distance_km
from geogame.statistics.crowd import crowds, geometric_median
from tests.statistics.worlds import unhurried

PLACES = st.tuples(st.floats(-89, 89), st.floats(-180, 179.9))


def way_km(places: list[tuple[float, float]], lat: float, lng: float) -> float:
    return sum(distance_km(Point(*place), Point(lat, lng)) for place in places)


def test_the_middle_of_two_guesses_is_halfway_across_the_date_line() -> None:
    lat, lng = geometric_median([0.0, 0.0], [170.0, -160.0])
    assert (float(lat), float(lng) % 360) == pytest.approx((0, 185), abs=1e-6)


def test_one_wild_guess_hardly_moves_the_middle() -> None:
    lat, lng = geometric_median([48.0, 48.1, 48.2, 47.9, -34.0], [11.0, 11.2, 10.9, 11.1, 151.0])
    assert distance_km(Point(float(lat), float(lng)), Point(48.05, 11.05)) < 20


def test_one_guess_is_its_own_middle_and_opposite_ones_have_some() -> None:
    lat, lng = geometric_median([[12.0], [-7.0]], [[34.0], [179.0]])
    assert lat == pytest.approx([12, -7])
    assert lng == pytest.approx([34, 179])
    assert np.isfinite(geometric_median([0.0, 0.0], [0.0, 180.0])).all()


@unhurried
@given(st.lists(st.tuples(st.floats(-25, 25), st.floats(-25, 25)), min_size=1, max_size=7), st.integers(0, 2**32 - 1))
def test_no_point_nearby_is_nearer_to_all_guesses(places: list[tuple[float, float]], seed: int) -> None:
    lat, lng = geometric_median(*np.transpose(places))
    here = way_km(places, float(lat), float(lng))
    rng = np.random.default_rng(seed)
    for north, east in rng.normal(0, [[20], [1], [0.05]], (2, 3, 8)).reshape(2, -1).T:
        assert here <= way_km(places, float(lat) + north, float(lng) + east) * 1.0001 + 0.01


@unhurried
@given(st.lists(PLACES, min_size=1, max_size=7))
def test_the_middle_is_no_worse_than_any_guess(places: list[tuple[float, float]]) -> None:
    lat, lng = geometric_median(*np.transpose(places))
    assert way_km(places, float(lat), float(lng)) <= min(way_km(places, *place) for place in places) + 0.01


def scattered(people: int, exhibits: int, spread_deg: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(8)
    lat, lng = rng.normal(0, spread_deg, (2, people * exhibits))
    return np.repeat(np.arange(exhibits), people), lat, lng


def test_more_people_come_nearer_and_at_last_beat_the_machine() -> None:
    exhibit, lat, lng = scattered(people=9, exhibits=40, spread_deg=5)
    found = crowds(exhibit, lat, lng, np.zeros(40), np.zeros(40), np.full(40, 400.0), seed=1, draws=30)
    medians = [each.median_km for each in found.crowds]
    assert [each.people for each in found.crowds] == list(range(1, 10))
    assert medians[8] < medians[2] < medians[0]
    assert found.machine_median_km == 400
    assert found.make_one is not None
    assert 2 < found.make_one < 9
    assert found.crowds[found.make_one - 2].win_share < 0.5 <= found.crowds[found.make_one - 1].win_share


def test_one_person_together_is_that_person() -> None:
    found = crowds([0, 1], [1.0, 0.0], [0.0, 3.0], [0.0, 0.0], [0.0, 0.0], [500.0, 1.0], seed=1, draws=3)
    (one,) = found.crowds
    assert one.win_share == 0.5
    assert one.median_km == pytest.approx((111.195 + 333.585) / 2, abs=0.01)


def test_exhibits_with_too_few_guesses_are_left_out_and_counted() -> None:
    found = crowds([0, 0, 0, 1, 2, 2, 2], *np.zeros((2, 7)), *np.zeros((2, 3)), np.ones(3), seed=1, draws=2, most=3)
    assert (found.exhibits, found.left_out, len(found.crowds)) == (2, 1, 3)


def test_a_machine_without_answers_loses_to_anybody() -> None:
    found = crowds([0], [50.0], [50.0], [0.0], [0.0], [float("inf")], seed=1, draws=2)
    assert found.crowds[0].win_share == 1
    assert found.make_one == 1


def test_nobody_makes_no_crowd() -> None:
    found = crowds([], [], [], [], [], [], seed=1)
    assert (found.crowds, found.exhibits, found.make_one) == ([], 0, None)
