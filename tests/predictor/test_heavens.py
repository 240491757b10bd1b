"""Sky, sun, clouds and hills: where they must be, and gone when they must be."""

from random import Random

import numpy as np

from tests.predictor import painting

painting.needed()

from predictor.toyearth.camera import Camera
from predictor.toyearth.easel import Easel
from predictor.toyearth.heavens import paint_clouds, paint_hills, paint_sky, paint_sun, paint_vignette
from predictor.toyearth.light import light_at

OSLO, DECEMBER, NORTH, SOUTH = 59.9, 355, 0, 180


def skied(hour: float = 12, heading: float = SOUTH) -> Easel:
    easel = Easel(Camera(200), light_at(OSLO, DECEMBER, hour, heading))
    paint_sky(easel)
    return easel


def test_the_sky_is_deepest_above_and_palest_at_the_horizon() -> None:
    pixels = skied().pixels().astype(int)
    horizon = round(skied().camera.horizon_px) - 2
    assert pixels[0].sum() < pixels[horizon // 2].sum() < pixels[horizon].sum()


def test_the_winter_sun_is_seen_by_who_looks_south_in_norway_and_by_nobody_else() -> None:
    for heading, is_seen in ((SOUTH, True), (NORTH, False)):
        easel = skied(heading=heading)
        before = easel.pixels().astype(int)
        paint_sun(easel)
        brighter = easel.pixels().astype(int) - before
        assert bool(brighter.any()) == is_seen
        if is_seen:
            x, y = easel.camera.sight(easel.light.towards)  # type: ignore[misc]
            spot = np.unravel_index(brighter.sum(axis=2).argmax(), brighter.shape[:2])
            assert np.hypot(spot[1] - x, spot[0] - y) < 0.1 * 200


def test_there_is_no_sun_at_midnight() -> None:
    easel = skied(hour=0)
    before = easel.pixels()
    paint_sun(easel)
    assert (easel.pixels() == before).all()


def test_more_clouds_cover_more_of_the_sky() -> None:
    covered = []
    for share in (0.0, 0.3, 1.0):
        easel = skied()
        before = easel.pixels()
        paint_clouds(easel, share, Random(2))
        covered.append((easel.pixels() != before).any(axis=2).mean())
    assert covered[0] == 0
    assert covered[0] < covered[1] < covered[2]


def test_hills_stand_on_the_horizon_as_high_as_they_are_said_to_be() -> None:
    tops = []
    for height in (0.1, 0.3):
        easel = skied()
        before = easel.pixels()
        paint_hills(easel, height, (0.3, 0.4, 0.3), Random(5))
        rows = np.nonzero((easel.pixels() != before).any(axis=(1, 2)))[0]
        assert rows[-1] <= easel.camera.horizon_px + 3
        tops.append(rows[0])
    assert tops[1] < tops[0] - 15


def test_the_vignette_darkens_corners_and_leaves_the_middle() -> None:
    easel = skied()
    before = easel.pixels().astype(int)
    paint_vignette(easel, 0.4)
    after = easel.pixels().astype(int)
    assert (after[100, 100] == before[100, 100]).all()
    assert after[0, 0].sum() < before[0, 0].sum()
