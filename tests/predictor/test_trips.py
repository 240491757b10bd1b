"""Albums: pictures of one trip, in the order of time, on one side of the examination."""

from itertools import pairwise
from random import Random

import pytest

from predictor.geo import distance_km
from predictor.toyearth import trips
from predictor.toyearth.light import sun_height
from predictor.toyearth.spots import SPLITS, split_of

MANY = 60


@pytest.mark.parametrize("split", SPLITS)
def test_a_trip_stays_in_its_split(split: str) -> None:
    for index in range(MANY):
        assert {split_of(stop.where) for stop in trips.trip(split, 1, index)} == {split}


def test_pictures_of_a_trip_follow_each_other() -> None:
    for index in range(MANY):
        stops = trips.trip("train", 1, index)
        assert trips.FEWEST <= len(stops) <= trips.MOST
        moments = [stop.when.day * 24 + stop.when.hour for stop in stops]
        wrapped = [later + 365 * 24 * (later < earlier) - earlier for earlier, later in pairwise(moments)]
        assert min(wrapped) > 0
        assert max(wrapped) < 48  # a night lies between, not a season


def test_some_trips_go_to_a_second_town_and_end_there() -> None:
    legs = []
    for index in range(MANY):
        stops = trips.trip("train", 2, index)
        towns = [stop.where.city_index for stop in stops]
        assert len(set(towns)) <= 2
        if towns[0] != towns[-1]:
            turn = towns.index(towns[-1])
            assert towns[turn:] == [towns[-1]] * (len(towns) - turn)
            first, last = stops[0].where.city, stops[-1].where.city
            legs.append(float(distance_km(first.lat, first.lng, last.lat, last.lng)))
    assert 0.15 * MANY < len(legs) < 0.6 * MANY
    assert min(legs) > 0.8 * trips.LEG_KM[0]
    assert max(legs) < 1.2 * trips.LEG_KM[1]


def test_a_trip_is_the_same_whenever_it_is_asked_for() -> None:
    assert trips.trip("new_place", 3, 4) == trips.trip("new_place", 3, 4)
    assert trips.trip("new_place", 3, 4) != trips.trip("new_place", 3, 5)


@pytest.mark.parametrize("lat", [0.0, 48.0, -34.0])
def test_there_is_some_light_when_pictures_are_taken(lat: float) -> None:
    for seed in range(50):
        when = trips.choose_when(lat, Random(seed))
        assert sun_height(lat, when.day, when.hour)[0] > -6


@pytest.mark.parametrize(("lat", "day"), [(59.9, 15.0), (59.9, 196.0), (-1.3, 196.0)])
def test_dusk_is_when_the_sun_is_low_in_the_west(lat: float, day: float) -> None:
    height, bearing = sun_height(lat, day, trips.dusk(lat, day))
    assert 2 < height < 6
    assert bearing % 360 > 180


@pytest.mark.parametrize("other", [("train", 3, 15), ("train", 4, 14), ("new_place", 3, 14), ("new_picture", 3, 14)])
def test_split_seed_and_index_each_lead_elsewhere(other: tuple[str, int, int]) -> None:
    assert trips.single(*other).at != trips.single("train", 3, 14).at
