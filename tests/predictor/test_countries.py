"""What Toy Earth says of countries, against a table gathered by hand that the painter never reads."""

import csv
from pathlib import Path

import pytest

from predictor.toyearth.countries import Country, codes, country, country_at
from predictor.toyearth.land import world

FACTS = list(csv.DictReader((Path(__file__).parent / "facts.csv").open(encoding="utf-8")))


def told(here: Country, fact: str) -> str:
    """Return a fact as the table writes it."""
    match fact:
        case "scripts":
            return here.languages[0].script
        case "centre":
            return here.road_lines.centre
        case "front_plate":
            return here.plates.front[0]
        case "rear_plate":
            return here.plates.rear[0]
        case "plate_letters":
            return here.plates.rear[1]
    return str(getattr(here, fact))


@pytest.mark.parametrize("row", FACTS, ids=lambda row: f"{row['country']} {row['fact']}")
def test_a_fact_agrees_with_its_source(row: dict[str, str]) -> None:
    assert row["source"]
    assert told(country(row["country"]), row["fact"]) == row["value"]


def test_the_table_is_large_enough_to_mean_something() -> None:
    assert len(FACTS) >= 40
    assert len({row["country"] for row in FACTS}) >= 25


@pytest.mark.parametrize(
    ("lat", "lng", "code"),
    [
        (48.857, 2.352, "FR"), (35.681, 139.767, "JP"), (-1.286, 36.817, "KE"), (22.302, 114.177, "HK"),
        (64.147, -21.943, "IS"), (21.307, -157.858, "US"), (-8.65, 115.22, "ID"), (18.34, -64.93, "VI"),
        (47.580, 7.587, "CH"), (47.595, 7.616, "DE"),  # both banks of the Rhine at Basel
        (1.352, 103.82, "SG"), (1.492, 103.741, "MY"), (39.5, -29.0, "PT"),  # at sea: the Azores are nearest
    ],
)  # fmt: skip
def test_a_place_lies_in_its_country(lat: float, lng: float, code: str) -> None:
    assert country_at(lat, lng).code == code


def test_nearly_every_city_lies_in_the_country_that_geonames_gives_it() -> None:
    cities = world().cities[::40]
    same = sum(country_at(city.lat, city.lng).code == city.country for city in cities)
    assert same / len(cities) > 0.99


def test_every_country_that_has_people_has_a_language_and_a_script() -> None:
    empty = {"AQ", "BV", "GS", "HM", "PN", "TF", "UM", "IO"}
    for code in set(codes()) - empty:
        here = country(code)
        assert here.languages, code
        assert all(len(language.script) == 4 and 0 < language.share <= 1 for language in here.languages), code
