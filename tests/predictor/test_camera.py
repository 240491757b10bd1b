"""The painter's camera: what stands where in the world stands there in the picture."""

import math

import numpy as np
import pytest

from predictor.toyearth.camera import Camera

LEVEL = Camera(640, pitch=0.0, middle=(0.5, 0.5))


def test_what_is_straight_ahead_at_eye_height_is_in_the_middle() -> None:
    assert LEVEL.pixel((0, 10, LEVEL.height_m)) == pytest.approx((320, 320))
    assert LEVEL.horizon_px == pytest.approx(320)


def test_right_is_right_and_up_is_up() -> None:
    x, y = LEVEL.pixel((1, 10, LEVEL.height_m + 1))
    assert x > 320 > y


def test_twice_as_far_is_half_as_large() -> None:
    near, far = (LEVEL.pixel((1, y, LEVEL.height_m))[0] - 320 for y in (10, 20))
    assert near == pytest.approx(2 * far)


def test_the_ground_far_away_meets_the_horizon_however_the_camera_is_tilted() -> None:
    tilted = Camera(640, pitch=0.1)
    assert tilted.pixel((0, 1e6, 0))[1] == pytest.approx(tilted.horizon_px, abs=0.01)
    assert tilted.sight((0, 1, 0))[1] == pytest.approx(tilted.horizon_px)  # type: ignore[index]
    assert tilted.sight((0, -1, 0)) is None


def test_a_camera_turned_to_the_right_sees_things_further_left() -> None:
    assert Camera(640, yaw=0.2).pixel((0, 10, 1))[0] < LEVEL.pixel((0, 10, 1))[0]


def test_a_plane_paints_its_points_where_the_camera_sees_them() -> None:
    camera = Camera(640, yaw=0.1, pitch=0.05)
    origin, along, up = np.array([-5.0, 3, 0]), np.array([0.0, 1, 0]), np.array([0.0, 0, 1])
    plane = np.reshape(camera.plane(origin, along, up), (3, 3))
    for a, b in ((0, 0), (4, 2.5), (30, 9)):
        u, v, w = plane @ (a, b, 1)
        assert (u / w, v / w) == pytest.approx(camera.pixel(origin + a * along + b * up))
        assert w == pytest.approx(camera.depth_m(origin + a * along + b * up))


def test_a_point_behind_the_camera_has_no_place_in_the_picture() -> None:
    with pytest.raises(ValueError, match="behind"):
        LEVEL.pixel((0, -1, 0))


def test_the_field_of_view_is_what_the_focal_length_says() -> None:
    half = math.atan(0.5 / LEVEL.focal)
    edge = LEVEL.pixel((math.tan(half) * 10, 10, LEVEL.height_m))[0]
    assert edge == pytest.approx(640)
