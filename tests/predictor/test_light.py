"""The painter's light: the sun where it must stand, and colours that do what they do in the world."""

import pytest

from predictor.toyearth.light import light_at

JUNE, DECEMBER, MARCH = 172, 355, 80
OSLO, CAPE_TOWN, QUITO = 59.9, -33.9, -0.2
NORTH, EAST, SOUTH = 0, 90, 180
UP, TO_THE_CAMERA = (0.0, 0.0, 1.0), (0.0, -1.0, 0.0)
PAPER = (0.8, 0.8, 0.8)


def test_at_noon_the_sun_is_in_the_south_in_norway_and_in_the_north_in_south_africa() -> None:
    for lat, heading in ((OSLO, SOUTH), (CAPE_TOWN, NORTH)):
        ahead = light_at(lat, MARCH, 12, heading).towards
        assert ahead[1] > 0.4
        assert ahead[0] == pytest.approx(0, abs=1e-6)


def test_in_the_morning_the_sun_is_in_the_east_everywhere() -> None:
    for lat in (OSLO, QUITO, CAPE_TOWN):
        assert light_at(lat, MARCH, 8, EAST).towards[1] > 0.5


def test_at_the_equator_in_march_noon_has_no_shadows() -> None:
    assert light_at(QUITO, MARCH, 12, NORTH).height > 88
    assert light_at(QUITO, MARCH, 12, NORTH).cast(10)[1] == pytest.approx(0, abs=0.3)


def test_a_winter_day_in_norway_is_low_and_a_summer_day_high() -> None:
    assert light_at(OSLO, DECEMBER, 12, 0).height == pytest.approx(90 - OSLO - 23.44, abs=0.2)
    assert light_at(OSLO, JUNE, 12, 0).height == pytest.approx(90 - OSLO + 23.44, abs=0.2)


def test_shadows_fall_away_from_the_sun_and_lengthen_as_it_sinks() -> None:
    noon, evening = (light_at(OSLO, JUNE, hour, SOUTH) for hour in (12, 18))
    assert noon.cast(10)[1] < 0  # the sun is ahead, the shadow comes towards the camera
    assert abs(evening.cast(10)[0]) > 10 > abs(noon.cast(10)[0])


def test_what_faces_the_sun_is_brighter_and_warmer_than_what_does_not() -> None:
    evening = light_at(OSLO, JUNE, 19, EAST)  # the sun is behind
    facing, shaded = evening.on(PAPER, TO_THE_CAMERA, 5), evening.on(PAPER, TO_THE_CAMERA, 5, shadow=1)
    assert sum(facing) > sum(shaded)
    assert facing[0] / facing[2] > shaded[0] / shaded[2]


def test_distance_takes_every_colour_into_the_haze() -> None:
    noon = light_at(OSLO, JUNE, 12, SOUTH)
    assert noon.on((0, 0, 0), UP, 1e6) == pytest.approx(noon.haze)
    assert noon.veil(0) == 0 < noon.veil(100) < noon.veil(1000) < 1


def test_under_a_grey_sky_nothing_casts_a_shadow() -> None:
    grey = light_at(OSLO, JUNE, 12, SOUTH, overcast=1)
    assert grey.on(PAPER, UP, 5) == pytest.approx(grey.on(PAPER, UP, 5, shadow=1))


@pytest.mark.parametrize("hour", range(0, 24, 3))
def test_every_hour_has_colours_that_can_be_shown(hour: int) -> None:
    here = light_at(OSLO, JUNE, hour, 0)
    for colour in (here.zenith, here.horizon, here.haze, here.on((1, 1, 1), UP, 50)):
        assert all(0 <= part <= 1 for part in colour)
    assert here.is_dark == (here.height < 1.5)
