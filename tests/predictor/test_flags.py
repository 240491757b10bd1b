"""Flags, against what everybody knows of them."""

import numpy as np
import pytest

from predictor.toyearth.countries import codes
from predictor.toyearth.flags import flag

COLOURS = {
    "white": (255, 255, 255), "black": (0, 0, 0), "red": (210, 20, 40), "blue": (0, 40, 130), "green": (0, 125, 40),
    "yellow": (255, 210, 0), "light blue": (0, 90, 180), "orange": (255, 130, 0),
}  # fmt: skip


def nearest(colour: np.ndarray) -> str:
    return min(COLOURS, key=lambda name: float(np.abs(np.subtract(COLOURS[name], colour)).sum()))


@pytest.mark.parametrize(
    ("code", "spots"),  # (row, column) of 36 by 48
    [
        ("JP", {(18, 24): "red", (2, 2): "white", (33, 45): "white"}),
        ("FR", {(18, 5): "blue", (18, 24): "white", (18, 43): "red"}),
        ("DE", {(5, 24): "black", (18, 24): "red", (31, 24): "yellow"}),
        ("UA", {(8, 24): "light blue", (28, 24): "yellow"}),
        ("IE", {(18, 5): "green", (18, 24): "white", (18, 43): "orange"}),
        ("CH", {(18, 24): "white", (3, 3): "red"}),
        ("ZW", {(1, 40): "green", (18, 40): "black"}),  # the last in the atlas
    ],
)
def test_a_flag_has_its_colours_in_their_places(code: str, spots: dict[tuple[int, int], str]) -> None:
    assert {spot: nearest(flag(code)[spot]) for spot in spots} == spots


def test_the_stars_of_the_united_states_are_there() -> None:
    canton = flag("US")[1:18, 1:26].astype(int)
    assert canton.min(axis=-1).max() - canton.min(axis=-1).min() > 60  # skia alone leaves it plain blue


def test_every_country_has_a_flag_of_more_than_one_colour() -> None:
    for code in codes():
        assert flag(code).shape == (36, 48, 3), code
        assert len(np.unique(flag(code).reshape(-1, 3), axis=0)) > 1, code


def test_a_country_that_is_not_there_has_no_flag() -> None:
    with pytest.raises(KeyError):
        flag("XX")
