"""Pictures that tell almost nothing: a plate of food, a cat, a flower, the sky. Real collections are full of them."""

from collections.abc import Callable
from math import cos, pi, sin
from random import Random

import skia

from predictor.toyearth.colour import BLACK, WHITE, Colour, hue, mix
from predictor.toyearth.easel import Easel, blend, box, ink, line, shape
from predictor.toyearth.heavens import paint_clouds, paint_sky, paint_sun
from predictor.toyearth.shot import Shot


def paint_blank(shot: Shot) -> None:
    """Paint one of them."""
    _BLANKS[shot.rng.choice(list(_BLANKS))](shot.easel, shot.rng)


def _wash(easel: Easel, colour: Colour, rng: Random) -> float:
    """Fill the picture with a lit surface; return its side in pixels."""
    size = float(easel.camera.size_px)
    edge = rng.uniform(0, 2 * pi)
    start = (size / 2 + cos(edge) * size * 0.7, size / 2 + sin(edge) * size * 0.7)
    stops = {0.0: (mix(colour, WHITE, 0.25), 1.0), 1.0: (mix(colour, BLACK, 0.25), 1.0)}
    easel.canvas.drawPaint(blend(start, (size - start[0], size - start[1]), stops))
    return size


def _food(easel: Easel, rng: Random) -> None:
    """Paint a plate from above."""
    size = _wash(easel, hue(rng.random(), rng.uniform(0.1, 0.5), rng.uniform(0.35, 0.8)), rng)
    x, y, r = size * rng.uniform(0.4, 0.6), size * rng.uniform(0.42, 0.6), size * rng.uniform(0.28, 0.4)
    canvas = easel.canvas
    canvas.drawCircle(x + r * 0.05, y + r * 0.08, r * 1.03, ink(BLACK, 0.25))
    for share, white in ((1.0, 0.93), (0.97, 0.98), (0.74, 0.90), (0.72, 0.95)):
        canvas.drawCircle(x, y, r * share, ink((white, white, white * 0.98)))
    for _ in range(rng.randint(3, 5)):
        tone = hue(rng.uniform(0, 0.42), rng.uniform(0.5, 0.8), rng.uniform(0.45, 0.9))
        turn, far = rng.uniform(0, 2 * pi), rng.uniform(0.1, 0.4) * r
        mx, my = x + cos(turn) * far, y + sin(turn) * far
        for _ in range(rng.randint(5, 22)):
            dx, dy = rng.gauss(0, 0.1) * r, rng.gauss(0, 0.1) * r
            shade = mix(tone, BLACK if rng.random() < 0.5 else WHITE, rng.uniform(0, 0.3))
            canvas.drawCircle(mx + dx, my + dy, r * rng.uniform(0.03, 0.11), ink(shade))
    for side, tines in ((-1, 3), (1, 1)):
        fx = x + side * r * 1.25
        canvas.drawLine(fx, y - r * 0.2, fx, y + r * 0.8, line((0.78, 0.79, 0.82), size * 0.014))
        for k in range(tines):
            at = fx + (k - (tines - 1) / 2) * size * 0.014
            canvas.drawLine(at, y - r * 0.65, at, y - r * 0.15, line((0.78, 0.79, 0.82), size * 0.01 * (4 - tines)))


def _cat(easel: Easel, rng: Random) -> None:
    """Paint a cat that looks back."""
    size = _wash(easel, hue(rng.random(), rng.uniform(0.15, 0.5), rng.uniform(0.35, 0.75)), rng)
    canvas = easel.canvas
    coat = rng.choice(
        ((0.85, 0.55, 0.25), (0.22, 0.21, 0.22), (0.62, 0.60, 0.58), (0.92, 0.88, 0.80), (0.50, 0.36, 0.25))
    )
    dark, pale = mix(coat, BLACK, 0.35), mix(coat, WHITE, 0.35)
    canvas.save()
    canvas.translate(size * rng.uniform(0.42, 0.58), size * rng.uniform(0.42, 0.52))
    canvas.scale(size * rng.uniform(0.8, 1.1), size * rng.uniform(0.8, 1.1))
    canvas.drawOval(box(-0.34, 0.18, 0.36, 0.62), ink(BLACK, 0.2))
    canvas.drawOval(box(-0.30, 0.0, 0.30, 0.62), ink(coat))
    tail = skia.Path()
    tail.moveTo(0.22, 0.5)
    tail.cubicTo(0.5, 0.5, 0.52, 0.2, 0.4, 0.12)
    canvas.drawPath(tail, line(dark, 0.07))
    for side in (-1, 1):
        canvas.drawPath(shape([(side * 0.05, -0.2), (side * 0.2, -0.36), (side * 0.22, -0.08)]), ink(coat))
        canvas.drawPath(
            shape([(side * 0.09, -0.2), (side * 0.18, -0.29), (side * 0.19, -0.12)]), ink((0.85, 0.6, 0.58))
        )
    canvas.drawOval(box(-0.23, -0.24, 0.23, 0.16), ink(coat))
    for k in range(3):
        canvas.drawLine(-0.06 + k * 0.06, -0.22, -0.05 + k * 0.05, -0.12, line(dark, 0.02))
        canvas.drawLine(-0.26, 0.2 + k * 0.09, -0.12, 0.22 + k * 0.09, line(dark, 0.025))
    canvas.drawOval(box(-0.10, 0.0, 0.10, 0.13), ink(pale))
    for side in (-1, 1):
        canvas.drawOval(box(side * 0.1 - 0.05, -0.1, side * 0.1 + 0.05, -0.01), ink((0.80, 0.80, 0.35)))
        canvas.drawOval(box(side * 0.1 - 0.015, -0.1, side * 0.1 + 0.015, -0.01), ink((0.05, 0.05, 0.05)))
        for k in range(3):
            canvas.drawLine(side * 0.08, 0.05, side * 0.28, 0.01 + k * 0.04, line(pale, 0.006))
    canvas.drawPath(shape([(-0.025, 0.01), (0.025, 0.01), (0.0, 0.04)]), ink((0.75, 0.4, 0.4)))
    canvas.restore()


def _flower(easel: Easel, rng: Random) -> None:
    """Paint a flower close by."""
    size = _wash(easel, hue(rng.uniform(0.25, 0.45), 0.45, rng.uniform(0.3, 0.55)), rng)
    canvas = easel.canvas
    for _ in range(16):
        blob = hue(rng.uniform(0.2, 0.45), 0.4, rng.uniform(0.3, 0.6))
        canvas.drawCircle(rng.uniform(0, size), rng.uniform(0, size), size * rng.uniform(0.05, 0.2), ink(blob, 0.25))
    x, y = size * rng.uniform(0.4, 0.6), size * rng.uniform(0.4, 0.55)
    canvas.drawLine(x, y, x + size * rng.uniform(-0.1, 0.1), size * 1.1, line((0.25, 0.45, 0.2), size * 0.022))
    petal, count = hue(rng.random(), 0.65, 0.9), rng.randint(6, 13)
    for ring, reach in ((0, 0.27), (1, 0.2)):
        for k in range(count):
            canvas.save()
            canvas.translate(x, y)
            canvas.rotate(360 * (k + 0.5 * ring) / count)
            tone = mix(petal, BLACK if ring == 0 else WHITE, 0.15)
            canvas.drawOval(box(size * 0.03, -size * 0.05, size * reach, size * 0.05), ink(tone))
            canvas.restore()
    canvas.drawCircle(x, y, size * 0.07, ink((0.85, 0.65, 0.15)))
    canvas.drawCircle(x, y, size * 0.04, ink((0.6, 0.4, 0.12)))


def _sky(easel: Easel, rng: Random) -> None:
    """Point the camera at the clouds."""
    paint_sky(easel)
    paint_sun(easel)
    paint_clouds(easel, rng.uniform(0.4, 1.0), rng)
    size = easel.camera.size_px
    for _ in range(rng.randint(0, 5)):
        x, y, wing = rng.uniform(0, size), rng.uniform(0, size * 0.7), size * rng.uniform(0.012, 0.03)
        bird = skia.Path()
        bird.moveTo(x - wing, y - wing * 0.4)
        bird.quadTo(x - wing * 0.4, y - wing * 0.5, x, y)
        bird.quadTo(x + wing * 0.4, y - wing * 0.5, x + wing, y - wing * 0.4)
        easel.canvas.drawPath(bird, line((0.15, 0.15, 0.18), max(size * 0.004, 0.6)))


_BLANKS: dict[str, Callable[[Easel, Random], None]] = {"food": _food, "cat": _cat, "flower": _flower, "sky": _sky}
