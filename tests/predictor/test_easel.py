"""The easel: what is drawn on a plane of the world appears where the camera sees that plane."""

import numpy as np
import pytest

from tests.predictor import painting

painting.needed()

import skia

from predictor.toyearth.camera import Camera
from predictor.toyearth.easel import Easel, blend, box, ink, line, record, shape, soft
from predictor.toyearth.light import light_at

RED, BLUE = (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)


@pytest.fixture
def easel() -> Easel:
    made = Easel(Camera(200, pitch=0.0, middle=(0.5, 0.5)), light_at(50, 172, 12, 180))
    made.canvas.clear(skia.ColorWHITE)
    return made


def where(easel: Easel, colour: tuple[float, float, float]) -> tuple[float, float, float, float]:
    """Return the left, top, right and bottom of all that has this colour, in pixels."""
    rows, columns = np.nonzero((easel.pixels() == np.array(colour) * 255).all(axis=2))
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


def test_a_sheet_that_faces_the_camera_is_as_large_as_its_distance_says(easel: Easel) -> None:
    with easel.facing(-1, 10) as canvas:
        canvas.drawRect(box(0, 0, 2, 3), ink(RED))
    left, top, right, bottom = where(easel, RED)
    assert right - left == pytest.approx(2 * easel.pixels_per_metre(10), abs=2)
    assert bottom - top == pytest.approx(3 * easel.pixels_per_metre(10), abs=2)
    assert (left + right) / 2 == pytest.approx(100, abs=1)


def test_a_wall_along_the_street_narrows_with_distance(easel: Easel) -> None:
    with easel.on((-4, 6, 0), (0, 1, 0), (0, 0, 1)) as canvas:
        canvas.drawRect(box(0, 0, 30, 6), ink(RED))
    pixels = (easel.pixels() == np.array(RED) * 255).all(axis=2).sum(axis=0)
    wall = pixels[pixels > 0]
    assert (np.diff(wall) <= 1).all()  # from left, the near end, to right; a pixel for the edge
    assert wall[0] > 3 * wall[-1]


def test_a_recorded_part_is_played_where_it_stands(easel: Easel) -> None:
    part = record(1, 1, lambda canvas: canvas.drawRect(box(0, 0, 1, 1), ink(BLUE)))
    with easel.facing(0, 10) as canvas:
        canvas.drawPicture(part, skia.Matrix.Translate(1, 2))
    x, y = easel.camera.pixel((1.5, 10, 2.5))
    assert (easel.pixels()[int(y), int(x)] == np.array(BLUE) * 255).all()
    assert where(easel, BLUE)[0] > 100


def test_a_polygon_of_the_world_covers_what_lies_within(easel: Easel) -> None:
    easel.polygon([(-2, 8, 0), (2, 8, 0), (2, 20, 0), (-2, 20, 0)], ink(RED))
    x, y = easel.camera.pixel((0, 12, 0))
    assert (easel.pixels()[int(y), int(x)] == np.array(RED) * 255).all()
    assert where(easel, RED)[1] > 100  # the ground lies below the horizon


def test_a_polygon_is_cut_where_it_passes_the_camera(easel: Easel) -> None:
    """A road that begins behind the camera fills the picture's foot, and one wholly behind it leaves no mark."""
    easel.polygon([(-2, -8, 0), (2, -8, 0), (2, -1, 0), (-2, -1, 0)], ink(BLUE))
    assert not (easel.pixels() == np.array(BLUE) * 255).all(axis=2).any()
    easel.polygon([(-2, -8, 0), (2, -8, 0), (2, 20, 0), (-2, 20, 0)], ink(RED))
    assert where(easel, RED)[3] == 200
    assert where(easel, RED)[1] > 100


def test_every_paint_leaves_a_mark(easel: Easel) -> None:
    for paint in (
        ink(RED, 0.5), line(RED, 0.2), soft(RED, 0.8, 0.1), blend((0, 0), (0, 2), {0: (RED, 1.0), 1: (BLUE, 1.0)}),
    ):  # fmt: skip
        before = easel.pixels().sum(dtype=int)
        with easel.facing(-1, 10) as canvas:
            canvas.drawPath(shape([(0, 0), (2, 0), (1, 2)]), paint)
        assert easel.pixels().sum(dtype=int) != before


def test_a_plane_that_fails_leaves_the_canvas_as_it_was(easel: Easel) -> None:
    with pytest.raises(RuntimeError), easel.on_ground():
        raise RuntimeError
    with easel.facing(-1, 10) as canvas:
        canvas.drawRect(box(0, 0, 2, 2), ink(RED))
    assert where(easel, RED)[0] == pytest.approx(easel.camera.pixel((-1, 10, 0))[0], abs=1)
