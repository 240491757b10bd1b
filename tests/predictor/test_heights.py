"""How high Toy Earth lies, against heights that an atlas gives."""

import pytest

from predictor.toyearth.relief import height_m


@pytest.mark.parametrize(
    ("lat", "lng", "lowest_m", "highest_m"),
    [
        (29.65, 91.10, 3600, 4600),  # Lhasa, 3650 m in its valley
        (-16.50, -68.19, 3600, 4300),  # El Alto, 4150 m
        (39.74, -104.99, 1500, 2000),  # Denver, 1610 m
        (-0.18, -78.47, 2400, 3200),  # Quito, 2850 m
        (9.03, 38.74, 2200, 2700),  # Addis Ababa, 2355 m
        (-1.29, 36.82, 1500, 1900),  # Nairobi, 1795 m
        (40.42, -3.70, 550, 800),  # Madrid, 660 m
        (52.37, 4.90, 0, 20),  # Amsterdam
        (-34.60, -58.40, 0, 40),  # Buenos Aires
    ],
)  # fmt: skip
def test_a_city_lies_about_as_high_as_it_does(lat: float, lng: float, lowest_m: float, highest_m: float) -> None:
    assert lowest_m <= height_m(lat, lng) <= highest_m


@pytest.mark.parametrize(("lat", "lng"), [(0, -150), (45, -30), (-40, 80), (89.9, 10)])
def test_the_open_sea_has_no_height(lat: float, lng: float) -> None:
    assert height_m(lat, lng) == 0


def test_heights_go_on_over_the_date_line_and_at_both_poles() -> None:
    assert height_m(66.5, 180) == height_m(66.5, -180) > 0  # Chukotka
    assert height_m(90, 0) == height_m(-90, 0) == 0


def test_between_two_pixels_a_height_is_between_theirs() -> None:
    west, middle, east = (height_m(46.125, lng) for lng in (7.625, 7.75, 7.875))  # the Valais
    assert middle == pytest.approx((west + east) / 2)
    assert west != east
