"""Houses along a street: built as their place says, lit as the hour says."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest

from tests.predictor import painting

painting.needed()

from predictor.toyearth.building import Front, Lot, Shop, bays, paint_house
from predictor.toyearth.camera import Camera
from predictor.toyearth.easel import Easel
from predictor.toyearth.lettering import Words
from predictor.toyearth.light import light_at

VIENNA, JUNE = 48.2, 172
FRONT = Front(
    wall=(0.9, 0.8, 0.6), frame=(0.95, 0.95, 0.92), roof=(0.6, 0.3, 0.2), door=(0.3, 0.2, 0.15), shop=(0.1, 0.4, 0.3),
    height=11, storey=3, bay=3, window_width=0.4, window_arch=0.0, roof_pitch=0.0, shutter=None, rail=0.0,
    awning_stripe=0.4,
)  # fmt: skip
LEFT, RIGHT = Lot(-6, 6, 20), Lot(6, 6, 20)
PLAIN = Shop("Café", "Latn", awning=None, blade=None)
SKY = (0, 255, 0)  # no house has this colour


def painted(
    lot: Lot, front: Front = FRONT, hour: float = 15, heading: float = 0, size: int = 240, shop: Shop | None = PLAIN
) -> np.ndarray:
    easel = Easel(Camera(size), light_at(VIENNA, JUNE, hour, heading))
    easel.canvas.clear(0xFF00FF00)
    shops = [shop if bay % 2 else None for bay in range(bays(front, lot))]
    paint_house(easel, front, lot, shops, Random(3))
    return easel.pixels()


def covered(pixels: np.ndarray) -> np.ndarray:
    return (pixels != np.array(SKY)).any(axis=2)


def changed(one: np.ndarray, other: np.ndarray) -> float:
    return float((one != other).any(axis=2).mean())


def test_a_house_stands_on_its_side_of_the_street() -> None:
    left, right = covered(painted(LEFT)), covered(painted(RIGHT))
    assert left[:, :100].any()
    assert not left[:, 120:].any()
    assert right[:, 140:].any()
    assert not right[:, :120].any()


def test_a_higher_house_reaches_higher() -> None:
    low, high = (covered(painted(RIGHT, replace(FRONT, height=height))) for height in (7, 12))
    assert np.nonzero(high.any(axis=1))[0][0] < np.nonzero(low.any(axis=1))[0][0]


def test_the_front_in_the_sun_is_brighter_than_the_one_in_the_shade() -> None:
    """Looking north in the afternoon the sun stands on the left: it shines on the fronts on the right."""
    left, right = painted(LEFT), painted(RIGHT)
    assert right[covered(right)].mean() > left[covered(left)].mean() + 15


def test_lamps_burn_behind_windows_after_sunset_and_not_before() -> None:
    def lamps(hour: float) -> int:
        red, green, blue = painted(RIGHT, hour=hour)[:, :, :3].transpose(2, 0, 1).astype(int)
        return int(((red > 220) & (green > 170) & (green < 230) & (blue < 150)).sum())

    assert lamps(15) == 0
    assert lamps(21.5) > 100


@pytest.mark.parametrize(
    "other",
    [
        {"window_arch": 1.0}, {"window_width": 0.6}, {"shutter": (0.2, 0.4, 0.6)}, {"rail": 0.9}, {"storey": 2.5},
        {"bay": 2.2}, {"roof_pitch": 0.6}, {"frame": (0.3, 0.2, 0.2)}, {"shop": (0.6, 0.1, 0.1)},
    ],
    ids=lambda other: next(iter(other)),
)  # fmt: skip
def test_every_trait_of_a_front_can_be_seen(other: dict[str, object]) -> None:
    assert changed(painted(RIGHT), painted(RIGHT, replace(FRONT, **other))) > 0.004  # type: ignore[arg-type]


def test_the_same_house_is_painted_twice_alike() -> None:
    assert (painted(LEFT) == painted(LEFT)).all()


def test_a_house_far_away_fades_into_the_air() -> None:
    easel = Easel(Camera(240), light_at(VIENNA, JUNE, 12, 0, haze_km=0.02))
    lot = Lot(30, 150, 250)
    paint_house(easel, FRONT, lot, [None] * bays(FRONT, lot), Random(1))
    haze = np.array(easel.light.haze) * 255
    x, y = easel.camera.pixel((30, 190, 5))
    assert np.abs(easel.pixels()[int(y), int(x)] - haze).max() < 4


@pytest.mark.parametrize(
    "shop",
    [
        replace(PLAIN, text="Bäckerei"), replace(PLAIN, awning=(0.6, 0.1, 0.1)), replace(PLAIN, blade=(0.1, 0.2, 0.6)),
        None,
    ],
    ids=["name", "awning", "blade", "none"],
)  # fmt: skip
def test_every_trait_of_a_shop_can_be_seen(shop: Shop | None) -> None:
    assert changed(painted(RIGHT, size=480), painted(RIGHT, size=480, shop=shop)) > 0.0005


def test_the_stripes_of_awnings_are_as_wide_as_the_place_says() -> None:
    shaded = replace(PLAIN, awning=(0.7, 0.1, 0.1))
    narrow, wide = (painted(RIGHT, replace(FRONT, awning_stripe=stripe), shop=shaded) for stripe in (0.2, 1.2))
    assert changed(narrow, wide) > 0.001


def test_who_can_read_a_name_is_told_so() -> None:
    def read(size: int, hidden: bool = False) -> set[Words]:
        easel = Easel(Camera(size), light_at(VIENNA, JUNE, 12, 0))
        paint_house(easel, FRONT, RIGHT, [PLAIN] * bays(FRONT, RIGHT), Random(3))
        if hidden:
            easel.canvas.clear(0xFF00FF00)
        return set(easel.texts())

    assert read(60) == set()
    assert read(640) == {Words(PLAIN.text, PLAIN.script, "shop")}
    assert read(640, hidden=True) == set()
