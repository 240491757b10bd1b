"""The street's floor: lines in the colours of the country, shadows on the right side."""

from dataclasses import replace

import numpy as np
import pytest

from tests.predictor import painting

painting.needed()

from predictor.toyearth.camera import Camera
from predictor.toyearth.countries import RoadLines, country
from predictor.toyearth.easel import Easel
from predictor.toyearth.light import light_at
from predictor.toyearth.roadway import LINE_M, Street, paint_row_shadow, paint_street

STREET = Street(
    carriageway=6.6, pavement=2.4, slab=0.6, stone=(0.66, 0.64, 0.6), kerb=(0.78, 0.77, 0.74), kerb_stripe=0.0,
    stripe=(0.1, 0.3, 0.7), asphalt=(0.3, 0.3, 0.32), ground=(0.45, 0.55, 0.32), lines=RoadLines("white", "white"),
)  # fmt: skip
VIENNA, JUNE = 48.2, 172


def easel(hour: float = 12, heading: float = 0) -> Easel:
    """Return an easel whose camera looks down a little, to have the street at its feet."""
    camera = Camera(480, focal=0.6, pitch=-0.15, middle=(0.5, 0.5))
    return Easel(camera, light_at(VIENNA, JUNE, hour, heading))


def seen(painted: Easel, x: float, y: float) -> np.ndarray:
    """Return the colour of a point of the street, as it is seen."""
    column, row = painted.camera.pixel((x, y, 0))
    return painted.pixels()[round(row), round(column)].astype(int)


def is_yellow(colour: np.ndarray) -> bool:
    return bool(colour[0] - colour[2] > 60)


@pytest.mark.parametrize("code", ["NO", "US", "ZA", "DE", "BR", "IE", "JP"])
def test_the_lines_on_the_road_have_the_countrys_colours(code: str) -> None:
    lines = country(code).road_lines
    painted = easel()
    paint_street(painted, replace(STREET, lines=lines))
    centre, border = seen(painted, 0, 2.5), seen(painted, STREET.carriageway / 2 - 0.45, 6)
    assert is_yellow(centre) == (lines.centre == "yellow")
    assert is_yellow(border) == (lines.edge == "yellow")
    for colour in (centre, border):
        assert colour.max() > seen(painted, 1.2, 4).max() + 60  # paint, not asphalt


def test_the_centre_line_is_in_the_middle_and_dashed() -> None:
    painted = easel()
    paint_street(painted, STREET)
    bright = [bool(seen(painted, 0, y).min() > 150) for y in np.arange(1.8, 16, 0.1)]
    assert any(bright)
    assert not all(bright)
    assert seen(painted, LINE_M * 3, 2.5).min() < 150


def test_kerb_stripes_are_as_long_as_the_place_says() -> None:
    def changes(stripe: float) -> int:
        painted = easel()
        paint_street(painted, replace(STREET, kerb_stripe=stripe))
        blue = [bool(np.diff(seen(painted, 3.38, y)[[0, 2]])[0] > 50) for y in np.arange(5, 12, 0.05)]
        return int(np.count_nonzero(np.diff(blue)))

    assert changes(0.0) == 0
    assert changes(0.5) > changes(1.5) > 0


def test_the_shadow_of_a_row_lies_on_the_side_of_the_sun() -> None:
    """Looking north at four in the afternoon the sun stands on the left."""
    painted = easel(hour=16)
    paint_street(painted, STREET)
    left, right = seen(painted, -2.6, 6).sum(), seen(painted, 2.0, 6).sum()
    paint_row_shadow(painted, STREET, 4)
    assert seen(painted, -2.6, 6).sum() < 0.85 * left
    assert seen(painted, 2.0, 6).sum() == right


def test_there_are_no_shadows_after_sunset() -> None:
    painted = easel(hour=22)
    paint_street(painted, STREET)
    before = painted.pixels()
    paint_row_shadow(painted, STREET, 10)
    assert (painted.pixels() == before).all()
