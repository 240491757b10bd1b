"""What stands beside a road and what drives on it: lamps, fences, vehicles. Each kind is a small drawing of its own."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from predictor.toyearth.brush import Brush, Ink
from predictor.toyearth.character import Character
from predictor.toyearth.moment import Colour, Moment

_IRON: Colour = (0.24, 0.26, 0.30)
_MAST: Colour = (0.45, 0.33, 0.24)
_GLOWING: Ink = (255, 226, 150)
_BODIES: tuple[Colour, ...] = (
    (0.85, 0.28, 0.24),
    (0.96, 0.78, 0.28),
    (0.22, 0.46, 0.66),
    (0.93, 0.92, 0.88),
    (0.30, 0.58, 0.46),
)


@dataclass(frozen=True)
class Spot:
    """Where in the picture a thing stands, how large it is and how deep in the scene."""

    x: float
    y: float  # of the ground
    size: float  # its height, or its length if it drives
    depth: float


def paint_lamp(brush: Brush, moment: Moment, place: Character, spot: Spot, rng: Random) -> None:
    """A street lamp, or the mast that carries the wires."""
    kind = place.kind("lamp", len(_LAMPS), rng, 0.15)
    iron = moment.paint(_MAST if _LAMPS[kind] is _wires else _IRON, spot.depth)
    glow = _GLOWING if moment.is_dark else moment.paint((0.97, 0.95, 0.86), spot.depth)
    thick = spot.size * 0.035
    top = spot.y - spot.size
    brush.box(spot.x - thick / 2, top, spot.x + thick / 2, spot.y, iron)
    _LAMPS[kind](brush, spot.x, top, spot.size, iron, glow)


def _one_arm(brush: Brush, x: float, top: float, h: float, iron: Ink, glow: Ink) -> None:
    brush.line([(x, top), (x + h * 0.1, top - h * 0.06), (x + h * 0.3, top - h * 0.06)], h * 0.035, iron)
    brush.box(x + h * 0.18, top - h * 0.06, x + h * 0.34, top - h * 0.015, glow)


def _two_arms(brush: Brush, x: float, top: float, h: float, iron: Ink, glow: Ink) -> None:
    thick = h * 0.035
    brush.box(x - h * 0.28, top, x + h * 0.28, top + thick, iron)
    for side in (-1, 1):
        brush.box(x + side * h * 0.24 - h * 0.07, top + thick, x + side * h * 0.24 + h * 0.07, top + h * 0.06, glow)


def _globe(brush: Brush, x: float, top: float, h: float, iron: Ink, glow: Ink) -> None:
    brush.ellipse(x, top, h * 0.085, h * 0.085, glow)


def _lantern(brush: Brush, x: float, top: float, h: float, iron: Ink, glow: Ink) -> None:
    high = top - h * 0.15
    brush.polygon([(x - h * 0.05, top), (x - h * 0.09, high), (x + h * 0.09, high), (x + h * 0.05, top)], glow)
    brush.polygon([(x - h * 0.11, high), (x, top - h * 0.25), (x + h * 0.11, high)], iron)


def _wires(brush: Brush, x: float, top: float, h: float, iron: Ink, glow: Ink) -> None:
    for k in (0.04, 0.14):
        brush.box(x - h * 0.2, top + h * k, x + h * 0.2, top + h * (k + 0.03), iron)
    for side in (-0.18, 0.18):
        at, high = x + side * h, top + h * 0.02
        brush.line([(at - 1.5, high), (at, top + h * 0.04), (at + 1.5, high)], 0.003, iron)


def _crook(brush: Brush, x: float, top: float, h: float, iron: Ink, glow: Ink) -> None:
    bends = (0, 0.6, 1.2, 1.8, 2.4, 3.1)
    brush.line([(x + h * 0.11 * (1 - math.cos(a)), top - h * 0.12 * math.sin(a)) for a in bends], h * 0.035, iron)
    brush.half_ellipse(x + h * 0.22, top + h * 0.1, h * 0.08, h * 0.09, glow)


_LAMPS: tuple[Callable[..., None], ...] = (_one_arm, _two_arms, _globe, _lantern, _wires, _crook)


@dataclass(frozen=True)
class Run:
    """A stretch along the front of the picture, for a fence."""

    left: float
    right: float
    y: float  # of the ground
    height: float

    def posts(self) -> list[float]:
        """Where posts stand, in x."""
        pitch = self.height * 0.42
        return [self.left + k * self.height * 0.42 for k in range(int((self.right - self.left) / pitch) + 1)]


def paint_fence(brush: Brush, moment: Moment, place: Character, run: Run, rng: Random) -> None:
    """A fence of the region's kind."""
    _FENCES[place.kind("fence", len(_FENCES), rng, 0.15)](brush, moment, run)


def _pickets(brush: Brush, moment: Moment, run: Run) -> None:
    y, h, white = run.y, run.height, moment.paint((0.95, 0.94, 0.90))
    for x in run.posts():
        outline = ((0, 0), (0, -0.85), (0.12, -1), (0.24, -0.85), (0.24, 0))
        brush.polygon([(x + dx * h, y + dy * h) for dx, dy in outline], white)
    brush.box(run.left, y - h * 0.55, run.right, y - h * 0.42, moment.paint((0.90, 0.89, 0.85)))


def _rails(brush: Brush, moment: Moment, run: Run) -> None:
    y, h, wood = run.y, run.height, moment.paint((0.80, 0.70, 0.56))
    for x in run.posts()[::4]:
        brush.box(x, y - h, x + h * 0.14, y, wood)
    for up in (0.3, 0.75):
        brush.box(run.left, y - h * (up + 0.13), run.right, y - h * up, wood)


def _dry_stone(brush: Brush, moment: Moment, run: Run) -> None:
    y, h = run.y, run.height
    brush.box(run.left, y - h * 0.75, run.right, y, moment.paint((0.66, 0.63, 0.60)))
    for k, x in enumerate(run.posts()):
        brush.ellipse(x, y - h * (0.2 + 0.35 * (k % 2)), h * 0.2, h * 0.13, moment.paint((0.52, 0.50, 0.49)))


def _hedge(brush: Brush, moment: Moment, run: Run) -> None:
    y, h, leaf = run.y, run.height, moment.paint((0.27, 0.47, 0.27))
    brush.box(run.left, y - h * 0.7, run.right, y, leaf)
    for x in run.posts():
        brush.half_ellipse(x, y - h * 0.65, h * 0.32, h * 0.25, leaf)


def _crossed(brush: Brush, moment: Moment, run: Run) -> None:
    y, h, wood = run.y, run.height, moment.paint((0.80, 0.70, 0.56))
    for x in run.posts()[::2]:
        brush.line([(x, y), (x + h * 0.84, y - h * 0.9)], h * 0.1, wood)
        brush.line([(x, y - h * 0.9), (x + h * 0.84, y)], h * 0.1, wood)


def _pierced_wall(brush: Brush, moment: Moment, run: Run) -> None:
    y, h = run.y, run.height
    brush.box(run.left, y - h * 0.9, run.right, y, moment.paint((0.93, 0.89, 0.82)))
    for x in run.posts()[::2]:
        brush.half_ellipse(x + h * 0.3, y - h * 0.2, h * 0.24, h * 0.42, moment.paint((0.62, 0.56, 0.52)))


def _no_fence(brush: Brush, moment: Moment, run: Run) -> None:
    """Some regions fence nothing."""


_FENCES: tuple[Callable[[Brush, Moment, Run], None], ...] = (
    _pickets,
    _rails,
    _dry_stone,
    _hedge,
    _crossed,
    _pierced_wall,
    _no_fence,
)


def paint_vehicle(brush: Brush, moment: Moment, place: Character, spot: Spot, rng: Random) -> None:
    """What drives here, seen from its side."""
    kind, s = place.kind("vehicle", len(_VEHICLES), rng, 0.15), spot.size
    body, glass = moment.paint(rng.choice(_BODIES)), moment.paint((0.55, 0.72, 0.80))
    draw, wheels = _VEHICLES[kind]
    draw(brush, moment, Spot(spot.x, spot.y - s * 0.10, s, spot.depth), body, glass)
    for wheel in wheels:
        brush.ellipse(spot.x + wheel * s, spot.y - s * 0.09, s * 0.1, s * 0.1, moment.paint((0.16, 0.16, 0.19)))
        brush.ellipse(spot.x + wheel * s, spot.y - s * 0.09, s * 0.045, s * 0.045, moment.paint((0.7, 0.7, 0.7)))


def _saloon(brush: Brush, moment: Moment, at: Spot, body: Ink, glass: Ink) -> None:
    x, y, s = at.x, at.y, at.size
    cabin = ((-0.3, -0.2), (-0.18, -0.38), (0.16, -0.38), (0.3, -0.2))
    brush.polygon([(x + dx * s, y + dy * s) for dx, dy in cabin], glass)
    brush.box(x - s * 0.5, y - s * 0.21, x + s * 0.5, y, body)


def _bus(brush: Brush, moment: Moment, at: Spot, body: Ink, glass: Ink) -> None:
    x, y, s = at.x, at.y, at.size
    brush.box(x - s * 0.55, y - s * 0.52, x + s * 0.55, y, body)
    for k in range(4):
        brush.box(x + s * (-0.48 + 0.25 * k), y - s * 0.43, x + s * (-0.28 + 0.25 * k), y - s * 0.24, glass)


def _lorry(brush: Brush, moment: Moment, at: Spot, body: Ink, glass: Ink) -> None:
    x, y, s = at.x, at.y, at.size
    brush.box(x - s * 0.55, y - s * 0.55, x + s * 0.2, y, moment.paint((0.90, 0.87, 0.80)))
    brush.box(x + s * 0.24, y - s * 0.36, x + s * 0.52, y, body)


def _three_wheeler(brush: Brush, moment: Moment, at: Spot, body: Ink, glass: Ink) -> None:
    x, y, s = at.x, at.y, at.size
    brush.half_ellipse(x, y - s * 0.1, s * 0.3, s * 0.42, body)
    brush.box(x - s * 0.3, y - s * 0.12, x + s * 0.34, y, body)
    brush.box(x - s * 0.1, y - s * 0.34, x + s * 0.2, y - s * 0.14, glass)


def _cart(brush: Brush, moment: Moment, at: Spot, body: Ink, glass: Ink) -> None:
    x, y, s = at.x, at.y, at.size
    brush.box(x - s * 0.42, y - s * 0.22, x + s * 0.3, y - s * 0.06, moment.paint((0.58, 0.40, 0.26)))
    brush.half_ellipse(x - s * 0.06, y - s * 0.2, s * 0.34, s * 0.34, moment.paint((0.93, 0.89, 0.78)))


def _beetle(brush: Brush, moment: Moment, at: Spot, body: Ink, glass: Ink) -> None:
    x, y, s = at.x, at.y, at.size
    brush.half_ellipse(x, y, s * 0.42, s * 0.36, body)
    brush.half_ellipse(x + s * 0.02, y - s * 0.14, s * 0.22, s * 0.16, glass)


# How each is drawn, and where its wheels are, in lengths from its middle.
_VEHICLES: tuple[tuple[Callable[..., None], tuple[float, float]], ...] = (
    (_saloon, (-0.28, 0.28)),
    (_bus, (-0.28, 0.28)),
    (_lorry, (-0.28, 0.28)),
    (_three_wheeler, (-0.2, 0.26)),
    (_cart, (-0.22, 0.14)),
    (_beetle, (-0.28, 0.28)),
)
