"""Distances and vectors on the sphere."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictor.geo import EARTH_RADIUS_KM, distance_km, latlng, unit_vectors, wrap_longitude

latitudes = st.floats(-90, 90)
longitudes = st.floats(-180, 180)


def test_half_way_round_is_half_the_circumference() -> None:
    assert distance_km(0, 0, 0, 180) == pytest.approx(math.pi * EARTH_RADIUS_KM)
    assert distance_km(90, 12, -90, -77) == pytest.approx(math.pi * EARTH_RADIUS_KM)


def test_known_distance() -> None:
    assert distance_km(52.52, 13.405, -33.8688, 151.2093) == pytest.approx(16094, abs=5)  # Berlin to Sydney


def test_a_metre_is_a_metre() -> None:
    metre = math.degrees(0.001 / EARTH_RADIUS_KM)
    assert distance_km(48, 11, 48 + metre, 11) == pytest.approx(0.001, rel=1e-6)


def test_a_metre_from_the_antipode_is_not_lost() -> None:
    metre = math.degrees(0.001 / EARTH_RADIUS_KM)
    short = math.pi * EARTH_RADIUS_KM - distance_km(0, 0, metre, 180)
    assert short == pytest.approx(0.001, rel=1e-4)


def test_the_date_line_is_no_wall() -> None:
    assert distance_km(0, 179.5, 0, -179.5) == pytest.approx(distance_km(0, 0, 0, 1))


def test_distances_broadcast() -> None:
    assert distance_km(np.zeros((3, 1)), 0.0, np.zeros((1, 4)), np.arange(4)[None]).shape == (3, 4)


@given(latitudes, longitudes, latitudes, longitudes)
def test_distance_agrees_with_the_chord(lat1: float, lng1: float, lat2: float, lng2: float) -> None:
    a, b = unit_vectors(lat1, lng1), unit_vectors(lat2, lng2)
    by_chord = 2 * EARTH_RADIUS_KM * math.atan2(np.linalg.norm(a - b), np.linalg.norm(a + b))
    assert distance_km(lat1, lng1, lat2, lng2) == pytest.approx(by_chord, abs=1e-6)
    assert distance_km(lat1, lng1, lat2, lng2) == pytest.approx(distance_km(lat2, lng2, lat1, lng1), abs=1e-9)


@given(latitudes, longitudes)
def test_there_and_back(lat: float, lng: float) -> None:
    back = latlng(unit_vectors(lat, lng))
    assert distance_km(lat, lng, *back) < 1e-6


@given(st.floats(-1e6, 1e6))
def test_wrapped_longitudes_are_in_range_and_the_same_place(lng: float) -> None:
    wrapped = float(wrap_longitude(lng))
    assert -180 <= wrapped < 180
    assert math.isclose(math.cos(math.radians(wrapped - lng)), 1, abs_tol=1e-9)


def test_the_smallest_step_west_of_the_date_line_stays_in_range() -> None:
    assert wrap_longitude(np.nextafter(-180.0, -200)) < 180
