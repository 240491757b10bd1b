"""People on the pavement: simple figures, dressed for the weather."""

from math import sin
from random import Random

import skia

from predictor.toyearth.colour import BLACK, Colour, hue, mix
from predictor.toyearth.easel import Easel, box, ink, line

_SKINS: tuple[Colour, ...] = ((0.94, 0.78, 0.66), (0.80, 0.60, 0.44), (0.55, 0.38, 0.27), (0.36, 0.25, 0.18))


def paint_person(easel: Easel, x: float, y: float, rng: Random, is_cold: bool) -> None:
    """Paint somebody who walks, seen from the front or from behind."""
    distance = easel.camera.distance_m(x, y)
    coat = hue(rng.random(), rng.uniform(0.2, 0.6), rng.uniform(0.3, 0.85))
    legs = mix(hue(rng.random(), 0.3, 0.4), BLACK, 0.3)
    colours = {
        "coat": coat,
        "legs": legs,
        "skin": rng.choice(_SKINS),
        "hair": mix((0.35, 0.22, 0.12), BLACK, rng.random()),
    }
    lit = {name: easel.light.on(colour, (0.0, -0.9, 0.4), distance) for name, colour in colours.items()}
    tall, stride = rng.uniform(0.9, 1.05), 0.16 * sin(rng.uniform(0.5, 2.6))
    with easel.on_ground() as canvas:
        canvas.drawOval(box(x - 0.4, y - 0.25, x + 0.4, y + 0.25), ink((0.05, 0.05, 0.1), 0.35))
    with easel.facing(x, y) as canvas:
        canvas.scale(tall, tall)
        for foot in (-stride, stride):
            canvas.drawLine(foot * 0.4, 0.8, foot, 0.04, line(lit["legs"], 0.15))
        hem = 0.55 if is_cold else 0.78
        body = skia.Path()
        body.addRoundRect(box(-0.23, hem, 0.23, 1.45), 0.12, 0.12)
        for side in (-1, 1):
            canvas.drawLine(side * 0.24, 1.36, side * (0.3 + stride * 0.4), 0.85, line(lit["coat"], 0.11))
            canvas.drawCircle(side * (0.3 + stride * 0.4), 0.82, 0.06, ink(lit["skin"]))
        canvas.drawPath(body, ink(lit["coat"]))
        canvas.drawRect(box(-0.06, 1.4, 0.06, 1.55), ink(lit["skin"]))
        canvas.drawCircle(0, 1.64, 0.13, ink(lit["skin"]))
        canvas.drawArc(box(-0.145, 1.5, 0.145, 1.8), 0, 180, True, ink(lit["hair"]))
