"""What people paint for others to see: road signs, flags, balloons. Shape, pattern and colours belong to the region."""

import math
from collections.abc import Callable
from random import Random

from predictor.toyearth.brush import Brush, Ink
from predictor.toyearth.character import Character
from predictor.toyearth.moment import Colour, Moment

_SIGN_COLOURS: tuple[tuple[Colour, Colour, Colour], ...] = (  # rim, field, symbol
    ((0.82, 0.16, 0.18), (0.97, 0.96, 0.93), (0.12, 0.13, 0.16)),
    ((0.97, 0.97, 0.95), (0.12, 0.36, 0.66), (0.97, 0.97, 0.95)),
    ((0.14, 0.14, 0.16), (0.98, 0.80, 0.20), (0.14, 0.14, 0.16)),
    ((0.97, 0.97, 0.95), (0.10, 0.48, 0.34), (0.97, 0.97, 0.95)),
    ((0.97, 0.97, 0.95), (0.78, 0.17, 0.18), (0.97, 0.97, 0.95)),
    ((0.50, 0.30, 0.16), (0.96, 0.93, 0.84), (0.50, 0.30, 0.16)),
)
_FLAG_COLOURS: tuple[tuple[Colour, Colour], ...] = (
    ((0.83, 0.18, 0.20), (0.97, 0.96, 0.93)),
    ((0.13, 0.32, 0.62), (0.98, 0.82, 0.24)),
    ((0.10, 0.50, 0.34), (0.97, 0.96, 0.93)),
    ((0.95, 0.62, 0.16), (0.12, 0.42, 0.36)),
    ((0.16, 0.17, 0.22), (0.90, 0.30, 0.22)),
    ((0.36, 0.66, 0.86), (0.97, 0.96, 0.93)),
)
_CORNERS = ((0, 0), (3, 0), (4, 45), (4, 0), (8, 22.5), (5, 0), (3, 180))  # circle, then polygons: corners and turn


def paint_sign(brush: Brush, moment: Moment, place: Character, x: float, y: float, size: float, rng: Random) -> None:
    """A road sign on a pole: shape, symbol and colours of the country."""
    rim, field, symbol = (moment.paint(c) for c in _SIGN_COLOURS[place.kind("sign_colour", 6, rng, 0.15)])
    top = y - size * 3.4
    brush.box(x - size * 0.07, top, x + size * 0.07, y, moment.paint((0.55, 0.56, 0.58)))
    corners, turn = _CORNERS[place.kind("sign_shape", 7, rng, 0.12)]
    for grow, colour in ((1.0, rim), (0.80, field)):
        if corners == 0:
            brush.ellipse(x, top, size * grow, size * grow, colour)
        else:
            brush.regular(x, top, size * grow * (1.2 if corners < 5 else 1.06), corners, turn, colour)
    _SYMBOLS[place.kind("symbol", 7, rng, 0.12)](brush, x, top, size * 0.42, symbol)


def _bar(brush: Brush, x: float, y: float, r: float, colour: Ink) -> None:
    brush.box(x - r * 1.1, y - r * 0.3, x + r * 1.1, y + r * 0.3, colour)


def _dot(brush: Brush, x: float, y: float, r: float, colour: Ink) -> None:
    brush.ellipse(x, y, r * 0.7, r * 0.7, colour)


def _cross(brush: Brush, x: float, y: float, r: float, colour: Ink) -> None:
    for lean in (-1, 1):
        brush.line([(x - r * 0.8, y - lean * r * 0.8), (x + r * 0.8, y + lean * r * 0.8)], r * 0.45, colour)


def _arrow(brush: Brush, x: float, y: float, r: float, colour: Ink) -> None:
    shape = ((0, -1.1), (1, 0), (0.35, 0), (0.35, 1), (-0.35, 1), (-0.35, 0), (-1, 0))
    brush.polygon([(x + dx * r, y + dy * r) for dx, dy in shape], colour)


def _posts(brush: Brush, x: float, y: float, r: float, colour: Ink) -> None:
    for side in (-1, 1):
        brush.box(x + side * r * 0.55 - r * 0.25, y - r, x + side * r * 0.55 + r * 0.25, y + r, colour)


def _chevron(brush: Brush, x: float, y: float, r: float, colour: Ink) -> None:
    brush.line([(x - r, y + r * 0.5), (x, y - r * 0.5), (x + r, y + r * 0.5)], r * 0.5, colour)


def _three_dots(brush: Brush, x: float, y: float, r: float, colour: Ink) -> None:
    for k in range(3):
        a = math.radians(120 * k - 90)
        brush.ellipse(x + r * 0.7 * math.cos(a), y + r * 0.7 * math.sin(a), r * 0.4, r * 0.4, colour)


_SYMBOLS: tuple[Callable[..., None], ...] = (_bar, _dot, _cross, _arrow, _posts, _chevron, _three_dots)


def paint_flag(brush: Brush, moment: Moment, place: Character, x: float, y: float, height: float, rng: Random) -> None:
    """A flag on a mast: seven patterns, two colours."""
    first, second = (moment.paint(c) for c in _FLAG_COLOURS[place.kind("flag_colour", 6, rng, 0.15)])
    w, h, top = height * 0.5, height * 0.32, y - height
    brush.box(x - height * 0.012, top - height * 0.03, x + height * 0.012, y, moment.paint((0.86, 0.86, 0.86)))
    brush.box(x, top, x + w, top + h, first)
    _pattern(brush, place.kind("flag", 7, rng, 0.12), x, top, w, h, second)


def _pattern(brush: Brush, kind: int, x: float, y: float, w: float, h: float, colour: Ink) -> None:
    """The second colour of a flag whose upper left corner is (x, y)."""
    if kind == 0:  # across
        brush.box(x, y + h / 3, x + w, y + h * 2 / 3, colour)
    elif kind == 1:  # down
        brush.box(x + w / 3, y, x + w * 2 / 3, y + h, colour)
    elif kind == 2:  # cross
        brush.box(x + w * 0.28, y, x + w * 0.44, y + h, colour)
        brush.box(x, y + h * 0.38, x + w, y + h * 0.62, colour)
    elif kind == 3:  # disc
        brush.ellipse(x + w / 2, y + h / 2, h * 0.32, h * 0.32, colour)
    elif kind == 4:  # wedge
        brush.polygon([(x, y), (x + w * 0.55, y + h / 2), (x, y + h)], colour)
    elif kind == 5:  # cut from corner to corner
        brush.polygon([(x, y), (x + w, y), (x, y + h)], colour)
    else:  # quarters
        brush.box(x, y, x + w / 2, y + h / 2, colour)
        brush.box(x + w / 2, y + h / 2, x + w, y + h, colour)


def paint_balloon(brush: Brush, moment: Moment, place: Character, x: float, y: float, r: float, rng: Random) -> None:
    """A balloon in the region's shape and colours."""
    first, second = (moment.paint(c, 1.5) for c in _FLAG_COLOURS[place.kind("flag_colour", 6, rng, 0.2)])
    kind = place.kind("balloon", 5, rng, 0.15)
    tall = (1.0, 1.35, 0.8, 1.0, 1.2)[kind]
    skirt = ((-0.62, 0.7 * tall), (-0.2, 1.6), (0.2, 1.6), (0.62, 0.7 * tall))
    brush.polygon([(x + dx * r, y + dy * r) for dx, dy in skirt], first)
    brush.ellipse(x, y, r, r * tall, first)
    if kind in (0, 1):
        brush.ellipse(x, y, r * 0.45, r * tall, second)
    elif kind in (2, 4):
        brush.box(x - r * 0.95, y - r * 0.25, x + r * 0.95, y + r * 0.25, second)
    else:
        brush.regular(x, y, r * 0.7, 4, 0, second)
    brush.box(x - r * 0.2, y + r * 1.75, x + r * 0.2, y + r * 2.1, moment.paint((0.5, 0.34, 0.22), 1.5))
