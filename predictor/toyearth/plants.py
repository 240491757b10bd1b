"""Trees and the like, each kind told by its outline."""

import math
from random import Random

from predictor.toyearth.brush import Brush
from predictor.toyearth.character import Character
from predictor.toyearth.moment import Colour, Moment, mix

_BARK: Colour = (0.42, 0.30, 0.22)


def paint_tree(
    brush: Brush, moment: Moment, place: Character, x: float, y: float, height: float, depth: float, rng: Random
) -> None:
    """Paint a tree of the place that stands on (x, y)."""
    kind = place.tree(rng)
    leaf = mix((0.20, 0.46, 0.27), (0.45, 0.58, 0.24), rng.uniform(0, 0.8))
    if kind in ("round", "birch") and -0.8 < moment.summer < 0.1 and place.swing > 6:
        leaf = mix(leaf, rng.choice(((0.86, 0.52, 0.20), (0.80, 0.36, 0.22), (0.90, 0.72, 0.26))), 0.8)
    leaf = mix(leaf, (0.92, 0.95, 0.98), 0.6 * place.snow(moment))
    if moment.overcast < 0.5 and not moment.is_dark:
        brush.ellipse(
            x + (0.12 if moment.sun_x < 0.5 else -0.12) * height, y, height * 0.26, height * 0.045, (30, 30, 60, 56)
        )
    light, dark = moment.paint(leaf, depth), moment.paint(leaf, depth, 0.78)
    _GROW[kind](brush, x, y, height, light, dark, moment.paint(_BARK, depth))


Inks = tuple[int, ...]


def _conifer(brush: Brush, x: float, y: float, h: float, light: Inks, dark: Inks, bark: Inks) -> None:
    brush.box(x - h * 0.03, y - h * 0.15, x + h * 0.03, y, bark)
    for k in range(4):
        low, half = y - h * (0.1 + 0.2 * k), h * (0.26 - 0.052 * k)
        brush.polygon([(x - half, low), (x, low - h * 0.34), (x + half, low)], light)
        brush.polygon([(x, low), (x, low - h * 0.34), (x + half, low)], dark)


# The tips of a palm's fronds, in heights of the tree from its top.
_FRONDS = (
    (-0.36, 0.10),
    (-0.28, -0.10),
    (-0.12, -0.2),
    (0.12, -0.2),
    (0.28, -0.10),
    (0.36, 0.10),
    (-0.22, 0.22),
    (0.22, 0.22),
)


def _palm(brush: Brush, x: float, y: float, h: float, light: Inks, dark: Inks, bark: Inks) -> None:
    top = y - h * 0.78
    brush.line([(x, y), (x + h * 0.03, y - h * 0.4), (x + h * 0.07, top)], h * 0.045, bark)
    x += h * 0.07
    for number, (dx, dy) in enumerate(_FRONDS):
        tip = (x + dx * h, top + dy * h)
        bow = (x + dx * h * 0.55, top + dy * h * 0.5 - h * 0.09)
        under = (x + dx * h * 0.5, top + dy * h * 0.5 + h * 0.005)
        brush.polygon([(x, top), bow, tip, under], dark if number > 3 else light)


def _round(brush: Brush, x: float, y: float, h: float, light: Inks, dark: Inks, bark: Inks) -> None:
    brush.box(x - h * 0.04, y - h * 0.4, x + h * 0.04, y, bark)
    brush.ellipse(x + h * 0.04, y - h * 0.6, h * 0.32, h * 0.33, dark)
    for dx, dy, r in ((-0.12, -0.56, 0.22), (0.10, -0.62, 0.21), (-0.02, -0.78, 0.2)):
        brush.ellipse(x + dx * h, y + dy * h, r * h, r * h, light)


def _cypress(brush: Brush, x: float, y: float, h: float, light: Inks, dark: Inks, bark: Inks) -> None:
    brush.box(x - h * 0.02, y - h * 0.1, x + h * 0.02, y, bark)
    flame = [(-0.03, -0.04), (-0.10, -0.28), (-0.085, -0.6), (0, -1.08), (0.085, -0.6), (0.10, -0.28), (0.03, -0.04)]
    brush.polygon([(x + dx * h, y + dy * h) for dx, dy in flame], dark)
    brush.polygon([(x + dx * h * 0.9, y + dy * h) for dx, dy in flame[:4]], light)


def _umbrella(brush: Brush, x: float, y: float, h: float, light: Inks, dark: Inks, bark: Inks) -> None:
    for lean in (-0.22, 0.02, 0.24):
        brush.line([(x, y), (x + lean * h * 0.3, y - h * 0.35), (x + lean * h, y - h * 0.66)], h * 0.035, bark)
    brush.half_ellipse(x, y - h * 0.6, h * 0.50, h * 0.24, dark)
    brush.half_ellipse(x - h * 0.06, y - h * 0.66, h * 0.40, h * 0.20, light)


def _baobab(brush: Brush, x: float, y: float, h: float, light: Inks, dark: Inks, bark: Inks) -> None:
    trunk = [(-0.20, 0), (-0.15, -0.3), (-0.17, -0.6), (0.17, -0.6), (0.15, -0.3), (0.20, 0)]
    brush.polygon([(x + dx * h, y + dy * h) for dx, dy in trunk], bark)
    for angle in (-150, -118, -90, -62, -30):
        a = math.radians(angle)
        tip = (x + math.cos(a) * h * 0.36, y - h * 0.56 + math.sin(a) * h * 0.3)
        brush.line([(x + math.cos(a) * h * 0.12, y - h * 0.56), tip], h * 0.05, bark)
        brush.ellipse(tip[0], tip[1], h * 0.13, h * 0.085, light)


def _birch(brush: Brush, x: float, y: float, h: float, light: Inks, dark: Inks, bark: Inks) -> None:
    for lean in (-0.07, 0.08):
        brush.ellipse(x + lean * h, y - h * 0.68, h * 0.15, h * 0.36, dark if lean > 0 else light)
    brush.box(x - h * 0.028, y - h * 0.85, x + h * 0.028, y, (226, 224, 216))
    for k in range(6):
        brush.box(x - h * 0.028, y - h * (0.1 + 0.13 * k), x + h * 0.01, y - h * (0.07 + 0.13 * k), (60, 56, 54))


def _cactus(brush: Brush, x: float, y: float, h: float, light: Inks, dark: Inks, bark: Inks) -> None:
    h *= 0.8
    brush.box(x - h * 0.09, y - h * 0.92, x + h * 0.09, y, light)
    brush.half_ellipse(x, y - h * 0.91, h * 0.09, h * 0.1, light)
    for side, low in ((-1, 0.42), (1, 0.3)):
        brush.line(
            [(x, y - h * low), (x + side * h * 0.26, y - h * low), (x + side * h * 0.26, y - h * (low + 0.36))],
            h * 0.12,
            light,
        )
    brush.box(x + h * 0.03, y - h * 0.92, x + h * 0.09, y, dark)


_GROW = {
    "conifer": _conifer, "palm": _palm, "round": _round, "cypress": _cypress, "umbrella": _umbrella, "baobab": _baobab,
    "birch": _birch, "cactus": _cactus,
}  # fmt: skip
