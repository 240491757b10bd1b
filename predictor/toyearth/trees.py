"""Trees: recorded once at the height of one metre, played at any size wherever one stands.

Foliage is built of tones from shade to sun, each one path of many leaves, so that a crown costs a handful of strokes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, hypot, pi, sin
from random import Random

import skia

from predictor.toyearth.colour import BLACK, SHADOW, Colour, mix
from predictor.toyearth.easel import Easel, ink, line, record, shape

LONGESTSHADOW_M = 14.0  # a crown's shadow further away would be a stain that belongs to nothing
TONES = 5  # from the shade of a crown to its sunny side
_TO_THE_CAMERA = (0.0, -0.8, 0.6)


@dataclass(frozen=True)
class Kind:
    """A kind of tree: its colours, and how it grows."""

    leaf: Colour
    bark: Colour
    grow: Callable[["_Palette", skia.Canvas, Random], None]
    spread: float  # half width of the crown, in heights


@dataclass(frozen=True)
class _Palette:
    """A kind's colours in the light of the picture."""

    tones: tuple[Colour, ...]  # from shade to sun
    bark: Colour
    sunny: float  # -1 where the sun stands on the left, 1 on the right
    detail: float  # share of the leaves that are worth painting; the others are covered by larger ones


def record_tree(easel: Easel, kind: Kind, rng: Random) -> skia.Picture:
    """Record a tree of one metre whose trunk stands at (0, 0), y up."""
    light = easel.light
    sunlit = light.on(kind.leaf, (light.towards[0], light.towards[1], light.towards[2]), 0.0)
    shaded = mix(light.on(kind.leaf, _TO_THE_CAMERA, 0.0, shadow=1.0), BLACK, 0.3)
    tones = tuple(mix(shaded, sunlit, k / (TONES - 1)) for k in range(TONES))
    palette = _Palette(
        tones, light.on(kind.bark, _TO_THE_CAMERA, 0.0), 1.0 if light.towards[0] > 0 else -1.0,
        min(max(easel.camera.size_px / 420, 0.35), 1.0),
    )  # fmt: skip

    def draw(canvas: skia.Canvas) -> None:
        canvas.translate(1, 0)
        kind.grow(palette, canvas, rng)

    return record(2, 1.2, draw)


def paint_tree(easel: Easel, tree: skia.Picture, kind: Kind, x: float, y: float, height_m: float) -> None:
    """Paint a recorded tree at a place of the street, with its shadow and the air before it."""
    _cast_shadow(easel, kind, x, y, height_m)
    haze, veil = easel.light.haze, easel.light.veil(y)
    air = skia.Paint()
    keep, (red, green, blue) = 1 - veil, (part * veil for part in haze)
    air.setColorFilter(
        skia.ColorFilters.Matrix([keep, 0, 0, 0, red, 0, keep, 0, 0, green, 0, 0, keep, 0, blue, 0, 0, 0, 1, 0])
    )
    with easel.facing(x, y) as canvas:
        canvas.scale(height_m, height_m)
        canvas.translate(-1, 0)
        canvas.drawPicture(tree, skia.Matrix(), air)


def _cast_shadow(easel: Easel, kind: Kind, x: float, y: float, height_m: float) -> None:
    """Lay the crown's shadow on the ground."""
    if easel.light.is_dark or sum(easel.light.direct) < 0.2:
        return
    dx, dy = easel.light.cast(height_m * 0.65)
    reach = min(1.0, LONGESTSHADOW_M / max(hypot(dx, dy), 1e-6))
    middle = (x + dx * reach, y + dy * reach)
    radius = kind.spread * height_m
    if middle[1] - radius < 1:
        return
    with easel.on_ground() as canvas:
        for size, alpha in ((1.0, 0.16), (0.8, 0.18)):  # two ovals make a soft edge
            r = radius * size
            canvas.drawOval(skia.Rect(middle[0] - r, middle[1] - r, middle[0] + r, middle[1] + r), ink(SHADOW, alpha))


def _crown(
    palette: _Palette, canvas: skia.Canvas, rng: Random, x: float, y: float, across: float, up: float, leaves: int
) -> None:
    """Draw a ball of leaves: darker below and away from the sun."""
    paths = [skia.Path() for _ in range(TONES)]
    for _ in range(round(leaves * palette.detail)):
        turn, far = rng.uniform(0, 2 * pi), rng.random() ** 0.5
        dx, dy = cos(turn) * far, sin(turn) * far
        bright = 0.5 + 0.32 * dy + 0.22 * palette.sunny * dx + rng.gauss(0, 0.10)
        tone = min(max(int(bright * TONES), 0), TONES - 1)
        size = rng.uniform(0.04, 0.08) * (across + up) / palette.detail**0.5
        paths[tone].addCircle(x + dx * across, y + dy * up, size)
    for path, colour in zip(paths, palette.tones, strict=True):
        canvas.drawPath(path, ink(colour))


def _trunk(palette: _Palette, canvas: skia.Canvas, top: float, thick: float) -> None:
    canvas.drawPath(shape([(-thick, 0), (-thick * 0.6, top), (thick * 0.6, top), (thick, 0)]), ink(palette.bark))


def _broadleaf(palette: _Palette, canvas: skia.Canvas, rng: Random) -> None:
    _trunk(palette, canvas, 0.55, 0.03)
    balls = [(rng.uniform(-0.2, 0.2), rng.uniform(0.48, 0.82), rng.uniform(0.15, 0.22)) for _ in range(7)]
    for x, y, size in sorted(balls, key=lambda ball: ball[1]):
        _crown(palette, canvas, rng, x, y, size, size * 0.85, 120)


def _umbrella(palette: _Palette, canvas: skia.Canvas, rng: Random) -> None:
    _trunk(palette, canvas, 0.44, 0.022)
    for lean in (-0.22, 0.18):
        canvas.drawLine(0, 0.4, lean, 0.78, line(palette.bark, 0.018))
    for x in (-0.3, 0.3, -0.1, 0.12):
        _crown(palette, canvas, rng, x + rng.uniform(-0.05, 0.05), 0.84 + rng.uniform(-0.04, 0.05), 0.2, 0.07, 90)


def _column(palette: _Palette, canvas: skia.Canvas, rng: Random) -> None:
    _trunk(palette, canvas, 0.2, 0.02)
    for k in range(8):
        share = k / 7
        _crown(palette, canvas, rng, 0, 0.14 + 0.8 * share, 0.085 * (1.15 - share * 0.85), 0.09, 60)


def _conifer(palette: _Palette, canvas: skia.Canvas, rng: Random) -> None:
    _trunk(palette, canvas, 0.25, 0.022)
    for k in range(12):
        share = k / 11
        low, half = 0.1 + 0.8 * share, 0.25 * (1 - share) + 0.012
        fringe = [
            (half * (2 * i / 9 - 1), low - (0.022 if i % 2 else 0.0) - abs(2 * i / 9 - 1) * 0.014) for i in range(10)
        ]
        layer = [(0.0, low + 0.15), *reversed(fringe)]
        canvas.drawPath(shape(layer), ink(palette.tones[1 + k % 2]))
        lit = [(0.0, low + 0.15), (palette.sunny * half, low - 0.014), (palette.sunny * half * 0.25, low - 0.01)]
        canvas.drawPath(shape(lit), ink(palette.tones[3]))


def _palm(palette: _Palette, canvas: skia.Canvas, rng: Random) -> None:
    lean = rng.uniform(-0.08, 0.08)
    trunk = skia.Path()
    trunk.moveTo(0, 0)
    trunk.quadTo(lean * 0.1, 0.5, lean, 0.84)
    canvas.drawPath(trunk, line(palette.bark, 0.035))
    for k in range(13):
        turn = pi / 2 + (k - 6) * 0.36 + rng.uniform(-0.1, 0.1)
        reach = 0.34 * rng.uniform(0.9, 1.1)
        tip = (lean + cos(turn) * reach, 0.84 + sin(turn) * reach * 0.55 - abs(cos(turn)) * reach * 0.34)
        bend = (lean + cos(turn) * reach * 0.55, 0.84 + sin(turn) * reach * 0.8 + reach * 0.06)
        frond = skia.Path()
        frond.moveTo(lean, 0.84)
        frond.quadTo(*bend, *tip)
        frond.quadTo(bend[0], bend[1] - reach * 0.18, lean, 0.84)
        canvas.drawPath(frond, ink(palette.tones[min(max(int(2.2 + 2 * sin(turn)), 0), TONES - 1)]))


def _bare(palette: _Palette, canvas: skia.Canvas, rng: Random) -> None:
    """A broadleaved tree in winter."""

    def branch(x: float, y: float, turn: float, length: float, thick: float) -> None:
        to = (x + sin(turn) * length, y + cos(turn) * length)
        canvas.drawLine(x, y, *to, line(palette.bark, thick))
        if length > 0.09:
            for lean in (-0.5, 0.08, 0.55):
                branch(*to, turn + lean + rng.uniform(-0.15, 0.15), length * rng.uniform(0.58, 0.75), thick * 0.6)

    branch(0, 0, rng.uniform(-0.05, 0.05), 0.34, 0.05)


KINDS: dict[str, Kind] = {
    "bare": Kind((0.4, 0.35, 0.3), (0.36, 0.28, 0.21), _bare, 0.3),
    "broadleaf": Kind((0.36, 0.56, 0.22), (0.36, 0.28, 0.21), _broadleaf, 0.36),
    "birch": Kind((0.52, 0.66, 0.28), (0.88, 0.87, 0.82), _broadleaf, 0.34),
    "umbrella": Kind((0.44, 0.52, 0.20), (0.40, 0.30, 0.22), _umbrella, 0.45),
    "cypress": Kind((0.20, 0.36, 0.20), (0.34, 0.27, 0.20), _column, 0.1),
    "conifer": Kind((0.17, 0.36, 0.25), (0.33, 0.25, 0.20), _conifer, 0.24),
    "palm": Kind((0.38, 0.55, 0.22), (0.50, 0.42, 0.32), _palm, 0.36),
}
