"""Climate: warm at the equator, cold up high, dry where the deserts are, and nothing grows where it could not."""

from random import Random

import pytest

from predictor.toyearth.climate import HOMES, climate_at

JANUARY, JULY = 15.0, 196.0
PLACES = {
    "Oslo": (59.9, 10.7), "Nairobi": (-1.3, 36.8), "Tokyo": (35.7, 139.7), "Riyadh": (24.7, 46.7),
    "Yakutsk": (62.0, 129.7),
    "Lagos": (6.5, 3.4), "La Paz": (-16.5, -68.15), "Sydney": (-33.9, 151.2), "Cairo": (30.0, 31.2),
    "Dhaka": (23.8, 90.4),
    "Shanghai": (31.2, 121.5), "London": (51.5, -0.1), "Timbuktu": (16.8, -3.0), "Manaus": (-3.1, -60.0),
}  # fmt: skip


def at(name: str):
    return climate_at(*PLACES[name])


def test_the_equator_is_warm_and_the_north_is_cold() -> None:
    assert at("Lagos").warmth > 24
    assert at("Oslo").warmth < 8
    assert at("Yakutsk").warmth < 4


def test_a_high_town_is_colder_than_a_low_one_of_its_latitude() -> None:
    assert at("La Paz").warmth < climate_at(-16.5, -47.0).warmth - 10


@pytest.mark.parametrize(("place", "is_summer_in_july"), [("Oslo", True), ("Sydney", False)])
def test_summer_is_on_its_own_half_of_the_globe(place: str, is_summer_in_july: bool) -> None:
    assert (at(place).degrees(JULY) > at(place).degrees(JANUARY)) == is_summer_in_july


def test_winters_are_harder_inland() -> None:
    assert at("Yakutsk").swing > at("London").swing + 5


def test_snow_lies_where_winters_are_cold_and_not_elsewhere() -> None:
    assert at("Oslo").snow(JANUARY) > 0.5
    assert at("Oslo").snow(JULY) == 0
    for warm in ("Lagos", "Cairo", "Manaus", "Dhaka"):
        assert at(warm).snow(JANUARY) == at(warm).snow(JULY) == 0


def test_deserts_are_dry_and_the_rain_forest_is_not() -> None:
    for dry in ("Riyadh", "Cairo", "Timbuktu"):
        assert at(dry).dryness > 0.4
    for wet in ("Manaus", "Shanghai", "Dhaka", "London", "Lagos", "Tokyo"):
        assert at(wet).dryness < 0.4


@pytest.mark.parametrize("lng", [-150.0, -110.0, 25.0, 60.0, 130.0])
def test_no_palm_stands_at_65_degrees(lng: float) -> None:
    assert not {"palm", "umbrella", "cypress"} & set(climate_at(65.0, lng).trees())


def test_trees_grow_at_home_only() -> None:
    assert "conifer" in at("Oslo").trees()
    assert "palm" in at("Lagos").trees()
    assert not {"conifer", "birch"} & set(at("Manaus").trees())
    assert set(at("Tokyo").trees()) <= set(HOMES)


def test_rice_stands_under_water_where_it_is_warm_and_wet() -> None:
    assert at("Dhaka").grows_rice()
    assert not at("Oslo").grows_rice()
    assert not at("Riyadh").grows_rice()


def test_trees_are_bare_in_winter_and_never_in_the_tropics() -> None:
    assert at("London").leaves(JANUARY) == "bare"
    assert at("London").leaves(JULY) == "green"
    assert at("London").leaves(295) == "autumn"
    for tropical in ("Lagos", "Nairobi"):  # Nairobi lies high, but has no winter
        assert {at(tropical).leaves(day) for day in range(0, 365, 10)} == {"green"}


def test_the_earth_is_sand_in_the_desert_and_never_red_in_the_north() -> None:
    assert climate_at(23.0, 10.0).earth(Random(1)) == "sand"
    assert {at("Oslo").earth(Random(k)) for k in range(20)} == {"brown"}
