"""Land and sea, and what a place is near."""

import csv
from pathlib import Path

from geogame import coasts

ON_LAND = [
    (51.5, 0.0),
    (-33.8568, 151.2153),
    (46.45, 6.6),
    (42.1, 50.0),
    (-18.1416, 178.4419),
    (-80.0, 0.0),
    (-90.0, 0),
]
AT_SEA = [(0.0, -30.0), (30.0, -45.0), (-40.0, 100.0), (36.0, 18.0), (-22.0, -179.99), (88.0, 12.0), (90.0, 0.0)]


def test_the_open_sea_is_sea_and_harbours_lakes_and_islands_are_land() -> None:
    """The Opera House stands in the water, Lake Geneva and the Caspian Sea are lakes; Fiji lies at the edge of maps."""
    assert coasts.at_sea(*zip(*ON_LAND, strict=True)).tolist() == [False] * len(ON_LAND)
    assert coasts.at_sea(*zip(*AT_SEA, strict=True)).tolist() == [True] * len(AT_SEA)


def test_hardly_a_trial_photograph_was_taken_in_the_sea(trial_photos: Path) -> None:
    with (trial_photos / "photos.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    at_sea = coasts.at_sea([float(row["latitude"]) for row in rows], [float(row["longitude"]) for row in rows])
    assert len(rows) > 500
    assert at_sea.sum() <= 5


def test_a_place_is_near_a_town() -> None:
    assert coasts.near([51.05, 48.137], [-114.07, 11.575]) == [("Calgary", "CA"), ("Munich", "DE")]
    assert coasts.near([], []) == []
    ((town, country),) = coasts.near([48.5793], [7.8086])  # Kehl lies opposite Strasbourg
    assert (town, country) == ("Kehl", "DE")


def test_far_from_large_towns_a_village_names_a_place_and_far_from_all_nothing_does() -> None:
    """Uluru, Nuuk, the middle of the Pacific, the Antarctic: the nearest large towns lie in other countries."""
    found = coasts.near([-25.34, 64.18, 0.0, -77.8], [131.03, -51.7, -140.0, 166.7])
    assert found == [("Yulara", "AU"), ("Nuuk", "GL"), ("", ""), ("", "")]
