"""Several people's guesses put together."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from geogame.rules.sphere import Point, distance_km
from geogame.statistics.crowd import Crowds, crowds, geometric_median
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
@example([(0, 0), (0, 0), (0, 1), (0, 1), (0, 1), (0, 0.001953125), (1, 0)], 0)  # a walk from a guess would be slow
@example([(0, 0), (0, 0), (0, 1), (0, 1), (0, 1), (0, 6.103515625e-05), (1, 0)], 0)
@example([(2.25, -7.25), (10.25, -12.0), (-12.0, 0.0), (-20.0, 0.0)], 0)  # nearly on a line
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


def scattered(people: int, exhibits: int, spread_deg: float) -> tuple[np.ndarray, ...]:
    """Everybody before everything, around (0, 0): exhibit, person, lat, lng."""
    rng = np.random.default_rng(8)
    lat, lng = rng.normal(0, spread_deg, (2, people * exhibits))
    return np.repeat(np.arange(exhibits), people), np.tile(np.arange(people), exhibits), lat, lng


def against(world: tuple[np.ndarray, ...], machine_km: float, **options: int) -> Crowds:
    exhibits = int(world[0].max()) + 1
    nowhere = np.zeros(exhibits)
    return crowds(
        *world, nowhere, nowhere, np.full(exhibits, machine_km), **{"seed": 1, "draws": 20, "anew": 60} | options
    )


def test_more_people_come_nearer_and_at_last_beat_the_machine() -> None:
    found = against(scattered(people=9, exhibits=40, spread_deg=5), 400.0, draws=30)
    medians = [each.median_km for each in found.crowds]
    assert [each.people for each in found.crowds] == list(range(1, 10))
    assert medians[8] < medians[2] < medians[0]
    assert found.machine_median_km == 400
    assert found.make_one is not None
    assert 2 < found.make_one < 9
    assert found.crowds[found.make_one - 2].win_share < 0.5 <= found.crowds[found.make_one - 1].win_share


def test_how_many_make_one_is_told_by_an_interval_that_holds_each_size() -> None:
    found = against(scattered(people=30, exhibits=60, spread_deg=5), 440.0, most=5)
    assert found.at_least is not None
    assert found.make_one is not None
    assert found.at_most is not None
    assert 1 < found.at_least <= found.make_one <= found.at_most <= 5
    for each in found.crowds:
        assert 0 <= each.interval.low <= each.win_share <= each.interval.high <= 1
    assert found.crowds[found.at_least - 2].interval.high < 0.5 <= found.crowds[found.at_least - 1].interval.high
    assert found.crowds[found.at_most - 2].interval.low < 0.5 <= found.crowds[found.at_most - 1].interval.low


def test_crowds_that_are_never_enough_are_told_to_be_so() -> None:
    found = against(scattered(people=6, exhibits=40, spread_deg=5), 1.0)
    assert (found.make_one, found.at_least, found.at_most) == (None, None, None)
    assert found.crowds[5].interval.high < 0.5


def test_without_drawing_anew_the_same_is_seen_and_no_interval_is_given() -> None:
    world = scattered(people=6, exhibits=10, spread_deg=5)
    sure, seen = against(world, 440.0), against(world, 440.0, anew=0)
    assert [(each.win_share, each.median_km) for each in seen.crowds] == [
        (each.win_share, each.median_km) for each in sure.crowds
    ]
    assert seen.make_one == sure.make_one
    assert sure.at_least is not None
    assert (seen.at_least, seen.at_most) == (None, None)
    assert np.isnan([[each.interval.low, each.interval.high] for each in seen.crowds]).all()


@pytest.mark.parametrize(("people", "exhibits"), [(6, 1), (1, 6), (6, 5), (5, 6)])
def test_fewer_than_six_photos_or_people_say_nothing_of_others(people: int, exhibits: int) -> None:
    assert not np.isnan(against(scattered(6, 6, 5), 400.0).crowds[0].interval.low)
    found = against(scattered(people, exhibits, 5), 400.0)
    assert np.isnan([each.interval.low for each in found.crowds]).all()
    assert (found.at_least, found.at_most) == (None, None)


def test_the_order_of_rows_changes_nothing() -> None:
    world = scattered(people=4, exhibits=5, spread_deg=5)
    order = np.random.default_rng(2).permutation(len(world[0]))
    assert against(tuple(each[order] for each in world), 400.0, anew=5) == against(world, 400.0, anew=5)


def test_one_person_together_is_that_person() -> None:
    found = crowds([0, 1], [4, 7], [1.0, 0.0], [0.0, 3.0], [0.0, 0.0], [0.0, 0.0], [500.0, 1.0], seed=1, draws=3)
    (one,) = found.crowds
    assert one.win_share == 0.5
    assert one.median_km == pytest.approx((111.195 + 333.585) / 2, abs=0.01)


def test_exhibits_that_too_few_met_are_left_out_and_counted() -> None:
    found = crowds(
        [0, 0, 0, 1, 2, 2, 2], [1, 2, 3, 1, 1, 2, 3], *np.zeros((2, 7)), *np.zeros((2, 3)), np.ones(3), 1, 2, most=3
    )
    assert (found.exhibits, found.left_out, found.not_drawn, len(found.crowds)) == (2, 1, 0, 3)


def test_of_very_many_exhibits_some_are_drawn_by_lot_and_the_rest_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geogame.statistics.crowd.MOST_EXHIBITS", 3)
    found = against(scattered(people=2, exhibits=10, spread_deg=5), 400.0, anew=5)
    assert (found.exhibits, found.left_out, found.not_drawn) == (3, 0, 7)


def test_who_is_silent_is_drawn_and_helps_nobody() -> None:
    """Two of nine keep silent before everything; else they guess anywhere on Earth."""
    exhibit, person, lat, lng = scattered(people=9, exhibits=60, spread_deg=5)
    rng, silent = np.random.default_rng(3), person < 2
    wild = np.degrees(np.arcsin(rng.uniform(-1, 1, len(lat)))), rng.uniform(-180, 180, len(lat))
    anywhere = exhibit, person, *(np.where(silent, *each) for each in zip(wild, (lat, lng), strict=True))
    nowhere = exhibit, person, *(np.where(silent, np.nan, each) for each in (lat, lng))
    guessed, kept_silent = (against(world, 500.0) for world in (anywhere, nowhere))
    assert kept_silent.exhibits == 60
    for silence, guess in zip(kept_silent.crowds, guessed.crowds, strict=True):
        assert silence.win_share <= guess.win_share
    assert kept_silent.crowds[0].win_share < 7 / 9


def test_a_crowd_of_which_half_are_silent_has_no_answer() -> None:
    nobody, somebody = [0.0, np.nan], [0.0, 0.0]
    one, two = crowds([0, 0], [1, 2], nobody, nobody, [0.0], [0.0], [1.0], seed=1, draws=50).crowds
    assert 0 < one.win_share < 1
    assert (two.win_share, two.median_km) == (0, float("inf"))
    assert crowds([0, 0], [1, 2], somebody, somebody, [0.0], [0.0], [1.0], seed=1).crowds[1].win_share == 1


def test_a_machine_without_answers_loses_to_anybody() -> None:
    found = crowds([0], [1], [50.0], [50.0], [0.0], [0.0], [float("inf")], seed=1, draws=2)
    assert found.crowds[0].win_share == 1
    assert found.make_one == 1


def test_nobody_makes_no_crowd() -> None:
    found = crowds([], [], [], [], [], [], [], seed=1)
    assert (found.crowds, found.exhibits, found.make_one) == ([], 0, None)
