"""The camera: a pinhole in a world of metres, and the planes of that world on which things are painted flat.

The world's axes: x to the right, y ahead along the street, z up; the camera stands at x = y = 0. A plane is given by
a point and two directions; `plane` returns the homography by which a canvas turns (a, b) in metres on it into pixels.
All that is painted on a plane must lie before the camera (`NEAREST_M`): a point behind it would come out on the wrong
side.
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
    height_m: float = 1.75
    pitch: float = 0.06  # radians, up
    yaw: float = 0.0  # radians, to the right
    middle: tuple[float, float] = (0.5, 0.56)  # where the axis meets the picture, in widths
    matrix: np.ndarray = field(init=False, repr=False, compare=False)  # (3, 4): world to homogeneous pixels

    def __post_init__(self) -> None:
        cp, sp, cy, sy = math.cos(self.pitch), math.sin(self.pitch), math.cos(self.yaw), math.sin(self.yaw)
        ahead = np.array([sy * cp, cy * cp, sp])
        right = np.array([cy, -sy, 0.0])
        turn = np.stack([right, np.cross(ahead, right), ahead])
        focal = self.focal * self.size_px
        lens = np.array(
            [[focal, 0, self.middle[0] * self.size_px], [0, focal, self.middle[1] * self.size_px], [0, 0, 1]]
        )
        here = np.array([0.0, 0.0, self.height_m])
        object.__setattr__(self, "matrix", lens @ np.hstack([turn, -(turn @ here)[:, None]]))

    def depth_m(self, point: XYZ) -> float:
        """Return how far ahead of the camera a point lies, along its axis; negative behind it."""
        return float(self.matrix[2, :3] @ np.asarray(point, dtype=float) + self.matrix[2, 3])

    def pixel(self, point: XYZ) -> tuple[float, float]:
        """Return where a point is seen: (x, y) in pixels, y down. Raises ValueError for a point that is not ahead."""
        u, v, depth = (self.matrix @ np.array([*point, 1.0])).tolist()
        if depth <= 0:
            raise ValueError(f"The point {tuple(point)} lies behind the camera")
        return u / depth, v / depth

    def plane(self, origin: XYZ, along: XYZ, up: XYZ) -> np.ndarray:
        """Return the homography (3, 3) of the plane origin + a·along + b·up, from (a, b, 1) to homogeneous pixels."""
        return self.matrix @ np.column_stack([[*along, 0.0], [*up, 0.0], [*origin, 1.0]])

    @property
    def horizon_px(self) -> float:
        """Return the height of the horizon in the middle of the picture, in pixels from above."""
        return self.middle[1] * self.size_px + self.focal * self.size_px * math.tan(self.pitch)

    def sight(self, direction: XYZ) -> tuple[float, float] | None:
        """Return where something infinitely far in a direction is seen; None if it is behind."""
        u, v, depth = (self.matrix[:, :3] @ np.asarray(direction, dtype=float)).tolist()
        return (u / depth, v / depth) if depth > 0 else None
