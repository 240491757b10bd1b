"""Trees: each kind its own, lit from the sun's side, smaller and paler with distance."""

from random import Random

import numpy as np
import pytest

from tests.predictor import painting

painting.needed()

from predictor.toyearth.camera import Camera
from predictor.toyearth.easel import Easel
from predictor.toyearth.light import light_at
from predictor.toyearth.trees import KINDS, paint_tree, record_tree

PAPER = np.array([255, 255, 255])
LYON, JUNE, HEIGHT_M = 45.8, 172, 7.0


def painted(kind: str, y: float = 16, hour: float = 12, heading: float = 180) -> np.ndarray:
    easel = Easel(Camera(300, middle=(0.5, 0.6)), light_at(LYON, JUNE, hour, heading, haze_km=0.3))
    easel.canvas.clear(0xFFFFFFFF)
    paint_tree(easel, record_tree(easel, KINDS[kind], Random(4)), KINDS[kind], 0, y, HEIGHT_M)
    return easel.pixels()


def crown(pixels: np.ndarray) -> np.ndarray:
    """Return where the tree is, above the horizon, where no shadow lies."""
    mask = (pixels != PAPER).any(axis=2)
    mask[192:] = False
    return mask


@pytest.mark.parametrize("kind", KINDS)
def test_a_tree_is_as_high_as_it_is_said_to_be(kind: str) -> None:
    easel = Easel(Camera(300, middle=(0.5, 0.6)), light_at(LYON, JUNE, 12, 180))
    top = np.nonzero(crown(painted(kind)).any(axis=1))[0][0]
    wanted = easel.camera.pixel((0, 16, HEIGHT_M))[1]
    assert top == pytest.approx(wanted, abs=0.12 * HEIGHT_M * easel.pixels_per_metre(16))


def test_every_kind_has_an_outline_of_its_own() -> None:
    outlines = {kind: crown(painted(kind)) for kind in KINDS}
    for one in KINDS:
        for other in KINDS:
            if one < other:
                union = (outlines[one] | outlines[other]).sum()
                both = (outlines[one] & outlines[other]).sum()
                assert both / union < 0.9 or {one, other} == {"birch", "broadleaf"}, (one, other)


@pytest.mark.parametrize("kind", ["broadleaf", "conifer", "umbrella"])
def test_the_sunny_side_of_a_crown_is_the_brighter_one(kind: str) -> None:
    """Looking north, the sun stands on the right in the morning and on the left in the evening."""

    def tilt(hour: float) -> float:
        pixels = painted(kind, hour=hour, heading=0)
        mask, middle = crown(pixels), 150
        left, right = pixels[:, :middle][mask[:, :middle]], pixels[:, middle:][mask[:, middle:]]
        return float(right.mean() - left.mean())

    assert tilt(9) > tilt(17)


def test_a_tree_far_away_is_smaller_and_nearer_to_the_haze() -> None:
    near, far = painted("conifer", 16), painted("conifer", 64)
    assert crown(far).sum() < crown(near).sum() / 8
    assert far[crown(far)].mean() > near[crown(near)].mean() + 10
