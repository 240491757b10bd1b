"""The rules, without a database."""

import doctest
import importlib
import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geogame.rules import rounds, scoring, sphere, standings
from geogame.rules.refusals import BadInput
from geogame.rules.rounds import Seat
from geogame.rules.sphere import Point
from geogame.rules.standings import Outcome

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
WAIT = timedelta(seconds=15)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@pytest.mark.parametrize("name", ["sphere", "protocol", "scoring", "standings", "rounds", "refusals"])
def test_the_examples_in_the_docstrings_hold(name: str) -> None:
    assert doctest.testmod(importlib.import_module(f"geogame.rules.{name}")).failed == 0


def test_a_quarter_of_the_globe_is_a_quarter_of_its_circumference() -> None:
    quarter = sphere.distance_km(Point(0, 0), Point(90, 0))
    assert quarter == pytest.approx(math.pi / 2 * 6371.0088)


def test_the_distance_across_the_date_line_is_short() -> None:
    assert sphere.distance_km(Point(0, 179.9), Point(0, -179.9)) == pytest.approx(22.24, abs=0.01)


@given(st.floats(-3600, 3600))
def test_a_wrapped_longitude_lies_on_the_map_and_means_the_same(lng: float) -> None:
    wrapped = sphere.wrap_longitude(lng)
    assert -180 <= wrapped < 180
    assert math.isclose(math.cos(math.radians(wrapped)), math.cos(math.radians(lng)), abs_tol=1e-9)


@pytest.mark.parametrize(
    ("lat", "lng"),
    [
        (math.nan, 0), (0, math.inf), (90.5, 0), (0, 1e9), ("48", 11), (None, 11), (True, 11), ([1], 2), (10**400, 0),
    ],
)  # fmt: skip
def test_what_is_no_place_is_refused(lat: object, lng: object) -> None:
    with pytest.raises(BadInput):
        sphere.point(lat, lng)


def test_a_pin_on_the_next_copy_of_the_world_counts_where_it_lies() -> None:
    assert sphere.point(10, 370) == Point(10, 10)


def test_the_papers_medians_are_worth_these_points() -> None:
    assert (scoring.points(1131.7), scoring.points(2320.75)) == (2341, 1055)


def test_a_round_waits_for_people_without_end_when_there_is_no_limit() -> None:
    seats = [Seat(False, None), Seat(True, at(1))]
    assert not rounds.is_due(seats, NOON, None, WAIT, at(10_000))


def test_a_round_closes_with_the_last_answer() -> None:
    seats = [Seat(False, at(3)), Seat(True, at(1))]
    assert rounds.is_due(seats, NOON, at(60), WAIT, at(3))


def test_a_round_waits_fifteen_seconds_for_the_machine() -> None:
    seats = [Seat(False, at(3)), Seat(True, None)]
    assert not rounds.is_due(seats, NOON, at(60), WAIT, at(17.9))
    assert rounds.is_due(seats, NOON, at(60), WAIT, at(18))


def test_the_wait_for_the_machine_never_passes_the_deadline() -> None:
    seats = [Seat(False, at(55)), Seat(True, None)]
    assert rounds.wait_ends_at(seats, WAIT, at(60)) == at(60)


def test_time_is_up_for_everybody_at_the_deadline() -> None:
    seats = [Seat(False, None), Seat(False, None)]
    assert not rounds.is_due(seats, NOON, at(60), WAIT, at(60.9))  # guesses that came in time may stand in line
    assert rounds.is_due(seats, NOON, at(60), WAIT, at(61))


def test_a_missing_answer_loses_the_duel() -> None:
    assert standings.duel(19_000.0, None) is Outcome.WON
    assert standings.duel(None, 19_000.0) is Outcome.LOST
    assert standings.duel(None, None) is Outcome.NO_DUEL


def test_half_a_metre_is_a_tie_and_two_metres_are_not() -> None:
    assert standings.duel(100.0, 100.0004) is Outcome.TIED
    assert standings.duel(100.0, 100.002) is Outcome.WON


def test_nobody_wins_a_round_that_nobody_answered_or_that_two_share() -> None:
    assert standings.winner({1: None, 2: None}) is None
    assert standings.winner({1: 5.0, 2: 5.0, 3: 9.0}) is None
    assert standings.winner({1: 5.0, 2: None}) == 1


def test_a_median_that_falls_on_a_missing_answer_is_none_and_never_zero() -> None:
    assert standings.median_km([5.0, None, None]) is None
    assert standings.median_km([5.0, 7.0, None]) == 7.0
    assert standings.median_km([]) is None
