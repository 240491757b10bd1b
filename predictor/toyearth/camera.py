"""The camera: a pinhole in a world of metres, and the planes of that world on which things are painted flat.

The world's axes: x to the right, y ahead along the street, z up. A plane is given by a point and two directions;
`plane` returns the homography by which a canvas turns (a, b) in metres on it into pixels. A canvas cuts off by itself
what lies behind the camera; whoever projects single points must do so too (`NEAREST_M`).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

NEAREST_M = 0.5
XYZ = Sequence[float]  # metres


@dataclass(frozen=True)
class Camera:
    """Where a picture is taken from, and how."""

    size_px: int
    focal: float = 0.82  # in picture widths: 0.82 sees 63 degrees
    x_m: float = 0.0  # where it stands
    y_m: float = 0.0
    height_m: float = 1.75
    pitch: float = 0.06  # radians, up
    yaw: float = 0.0  # radians, to the right
    middle: tuple[float, float] = (0.5, 0.56)  # where the axis meets the picture, in widths
    matrix: np.ndarray = field(init=False, repr=False, compare=False)  # (3, 4): world to homogeneous pixels
    rows: tuple[tuple[float, ...], ...] = field(init=False, repr=False, compare=False)  # the same, for single points

    def __post_init__(self) -> None:
        cp, sp, cy, sy = math.cos(self.pitch), math.sin(self.pitch), math.cos(self.yaw), math.sin(self.yaw)
        ahead = np.array([sy * cp, cy * cp, sp])
        right = np.array([cy, -sy, 0.0])
        turn = np.stack([right, np.cross(ahead, right), ahead])
        focal = self.focal * self.size_px
        lens = np.array(
            [[focal, 0, self.middle[0] * self.size_px], [0, focal, self.middle[1] * self.size_px], [0, 0, 1]]
        )
        here = np.array([self.x_m, self.y_m, self.height_m])
        matrix = lens @ np.hstack([turn, -(turn @ here)[:, None]])
        object.__setattr__(self, "matrix", matrix)
        object.__setattr__(self, "rows", tuple(tuple(row) for row in matrix.tolist()))

    def depth_m(self, point: XYZ) -> float:
        """Return how far ahead of the camera a point lies, along its axis; negative behind it."""
        a, b, c, d = self.rows[2]
        return a * point[0] + b * point[1] + c * point[2] + d

    def distance_m(self, x: float, y: float) -> float:
        """Return how far a point of the ground lies from below the camera."""
        return math.hypot(x - self.x_m, y - self.y_m)

    def pixel(self, point: XYZ) -> tuple[float, float]:
        """Return where a point is seen: (x, y) in pixels, y down. Raises ValueError for a point that is not ahead."""
        x, y, z = point
        u, v, depth = (a * x + b * y + c * z + d for a, b, c, d in self.rows)
        if depth <= 0:
            raise ValueError(f"The point {tuple(point)} lies behind the camera")
        return u / depth, v / depth

    def plane(self, origin: XYZ, along: XYZ, up: XYZ) -> list[float]:
        """Return the homography of the plane origin + a·along + b·up, from (a, b, 1) to homogeneous pixels, by rows."""
        (ax, ay, az), (ux, uy, uz), (ox, oy, oz) = along, up, origin
        nine = []
        for a, b, c, d in self.rows:  # no arrays: a picture asks for some two hundred planes
            nine += [a * ax + b * ay + c * az, a * ux + b * uy + c * uz, a * ox + b * oy + c * oz + d]
        return nine

    @property
    def horizon_px(self) -> float:
        """Return the height of the horizon in the middle of the picture, in pixels from above."""
        return self.middle[1] * self.size_px + self.focal * self.size_px * math.tan(self.pitch)

    def sight(self, direction: XYZ) -> tuple[float, float] | None:
        """Return where something infinitely far in a direction is seen; None if it is behind."""
        u, v, depth = (self.matrix[:, :3] @ np.asarray(direction, dtype=float)).tolist()
        return (u / depth, v / depth) if depth > 0 else None
