"""What stands in a street: lamps, bollards, bins, hedges, signs, flags, pennants. Most of it carries a clue."""

from math import cos, pi, sin
from random import Random

import numpy as np
import skia

from predictor.toyearth.colour import BLACK, SHADOW, WHITE, Colour, mix
from predictor.toyearth.easel import Easel, blend, box, ink, line, record, shape
from predictor.toyearth.lettering import LEGIBLE_PX, Words, write

IRON: Colour = (0.20, 0.21, 0.23)
WOOD: Colour = (0.46, 0.34, 0.24)
_LAMPLIGHT: Colour = (1.0, 0.86, 0.55)
_TO_THE_CAMERA = (0.0, -1.0, 0.0)


def record_post(easel: Easel, colour: Colour) -> skia.Picture:
    """Record a bollard of a metre with a pale band and a round head; it stands at (0.5, 0)."""
    lit = easel.light.on(colour, _TO_THE_CAMERA, 6.0)

    def draw(canvas: skia.Canvas) -> None:
        canvas.translate(0.5, 0)
        canvas.drawOval(box(-0.26, -0.05, 0.26, 0.06), ink(SHADOW, 0.3))
        canvas.drawRect(box(-0.13, 0, 0.13, 1.0), _rounded(lit, 0.13))
        canvas.drawCircle(0, 1.0, 0.15, ink(lit))
        canvas.drawRect(box(-0.13, 0.72, 0.13, 0.84), ink(mix(lit, WHITE, 0.6)))

    return record(1.0, 1.2, draw)


def paint_post(easel: Easel, post: skia.Picture, x: float, y: float) -> None:
    """Paint a recorded bollard."""
    with easel.facing(x, y) as canvas:
        canvas.translate(-0.5, 0)
        canvas.drawPicture(post)


def paint_bin(easel: Easel, x: float, y: float, colour: Colour) -> None:
    """Paint a wheeled bin."""
    _stain(easel, x, y, 0.7)
    easel.block((x - 0.42, x + 0.42), (y - 0.4, y + 0.4), (0.08, 1.15), colour)
    easel.block((x - 0.46, x + 0.46), (y - 0.45, y + 0.42), (1.15, 1.27), mix(colour, BLACK, 0.35))


def paint_hedge(easel: Easel, x: float, near: float, far: float, height: float, colour: Colour) -> None:
    """Paint a clipped hedge that runs along the street, with its leaves."""
    half = 0.35
    easel.block((x - half, x + half), (near, far), (0.0, height), colour)
    side = x - half if easel.camera.x_m < x else x + half
    lit = easel.light.on(colour, (-1.0 if side < x else 1.0, 0.0, 0.0), easel.camera.distance_m(x, near))
    rng = Random(int(near * 100))
    if 0.1 * easel.pixels_per_metre(easel.camera.distance_m(side, near)) < 1:
        return
    leaves = [skia.Path(), skia.Path()]
    for _ in range(int(min((far - near), 8) * height * 28)):
        a, b = rng.uniform(0, min(far - near, 8)), rng.uniform(0.02, height)
        leaves[rng.random() < 0.45].addCircle(a, b, rng.uniform(0.05, 0.1))
    with easel.on((side, near, 0), (0, 1, 0), (0, 0, 1)) as canvas:
        canvas.clipRect(box(0, 0, far - near, height + 0.05))
        for path, shade in zip(leaves, (mix(lit, BLACK, 0.28), mix(lit, (0.9, 1.0, 0.6), 0.16)), strict=True):
            canvas.drawPath(path, ink(shade))


def paint_fence(easel: Easel, x: float, near: float, far: float, height: float, colour: Colour) -> None:
    """Paint a fence of pales that runs along the way."""
    lit = easel.light.on(colour, (-1.0 if x > easel.camera.x_m else 1.0, 0.0, 0.0), 0.0)
    pales = skia.Path()
    a = 0.0
    while a < far - near:
        pales.addRect(box(a, 0, a + 0.14, height))
        a += 0.30 if easel.camera.distance_m(x, near + a) < 25 else 0.9
    with easel.on((x, near, 0), (0, 1, 0), (0, 0, 1)) as canvas:
        canvas.drawPath(pales, ink(lit))
        for rail in (0.25, 0.8):
            canvas.drawRect(box(0, height * rail - 0.06, far - near, height * rail + 0.06), ink(mix(lit, BLACK, 0.18)))


def paint_lamp(easel: Easel, x: float, y: float, arm: float, colour: Colour) -> None:
    """Paint a street lamp whose arm reaches over the carriageway; it burns when it is dark."""
    lit = easel.light.on(colour, _TO_THE_CAMERA, easel.camera.distance_m(x, y))
    inwards = -1.0 if x > 0 else 1.0
    _stain(easel, x, y, 0.2)
    with easel.on((x, y, 0), (inwards, 0, 0), (0, 0, 1)) as canvas:
        canvas.drawRect(box(-0.11, 0, 0.11, 5.2), ink(lit))
        canvas.drawRect(box(-0.2, 0, 0.2, 0.9), ink(lit))
        bow = skia.Path()
        bow.moveTo(0, 5.0)
        bow.cubicTo(0, 5.9, arm * 0.5, 5.9, arm, 5.6)
        canvas.drawPath(bow, line(lit, 0.14))
        canvas.drawPath(shape([(arm - 0.16, 5.6), (arm + 0.16, 5.6), (arm + 0.34, 5.22), (arm - 0.34, 5.22)]), ink(lit))
        glass = _LAMPLIGHT if easel.light.is_dark else mix(lit, WHITE, 0.6)
        canvas.drawOval(box(arm - 0.28, 5.05, arm + 0.28, 5.26), ink(glass))
    if easel.light.is_dark:
        spot = (x + inwards * arm, y, 5.1)
        if easel.camera.depth_m(spot) > 1:
            radius = 1.6 * easel.pixels_per_metre(easel.camera.depth_m(spot))
            glow(easel, easel.camera.pixel(spot), radius, _LAMPLIGHT, 0.5)


def glow(easel: Easel, at: tuple[float, float], radius: float, colour: Colour, alpha: float) -> None:
    """Paint a glow on the finished picture, in pixels."""
    colours = [skia.Color4f(*colour, share).toColor() for share in (alpha, alpha * 0.3, 0.0)]
    paint = skia.Paint(AntiAlias=True)
    paint.setShader(skia.GradientShader.MakeRadial(skia.Point(*at), max(radius, 1.0), colours, [0.0, 0.35, 1.0]))
    easel.canvas.drawCircle(*at, max(radius, 1.0), paint)


def paint_sign(easel: Easel, x: float, y: float, words: list[Words], ground: Colour, low: float = 2.2) -> None:
    """Paint a sign on a post, a line of text above the other."""
    distance = max(easel.camera.distance_m(x, y), 1.0)
    lit, iron = (easel.light.on(colour, _TO_THE_CAMERA, distance) for colour in (ground, IRON))
    ink_colour = easel.light.on((0.97, 0.97, 0.95), _TO_THE_CAMERA, distance)
    wide, high = 2.3, 0.46
    _stain(easel, x, y, 0.15)
    with easel.facing(x, y) as canvas:
        canvas.drawRect(box(-0.06, 0, 0.06, low + high * len(words)), ink(iron))
        frame = box(-wide / 2 - 0.05, low - 0.05, wide / 2 + 0.05, low + high * len(words) + 0.05)
        canvas.drawRoundRect(frame, 0.1, 0.1, ink(ink_colour))
        canvas.drawRoundRect(box(-wide / 2, low, wide / 2, low + high * len(words)), 0.08, 0.08, ink(lit))
        for k, words_here in enumerate(reversed(words)):
            bottom = low + k * high
            if high * 0.75 * easel.pixels_per_metre(distance) >= LEGIBLE_PX:
                where = box(-wide / 2 + 0.1, bottom + 0.05, wide / 2 - 0.1, bottom + high - 0.05)
                write(canvas, words_here.text, words_here.script, where, ink_colour)
                half = wide / 2 * cos(easel.camera.yaw), wide / 2 * sin(easel.camera.yaw)
                easel.watch(words_here, (x - half[0], y + half[1], bottom), (x + half[0], y - half[1], bottom + high))


def paint_flag(easel: Easel, x: float, y: float, cloth: np.ndarray, rng: Random) -> None:
    """Paint a flag on its pole, waving; `cloth` is (height, width, 3) uint8."""
    light = easel.light
    distance = easel.camera.distance_m(x, y)
    image = skia.Image.fromarray(np.dstack([cloth, np.full(cloth.shape[:2], 255, np.uint8)]), copy=True)
    top, wide, high, strips = 6.2, 2.1, 1.4, 14
    phase = rng.uniform(0, 2 * pi)
    bright = light.on((0.95, 0.95, 0.95), (0.0, -0.8, 0.6), 0.0)
    with easel.facing(x, y) as canvas:
        canvas.drawRect(box(-0.06, 0, 0.06, top + 0.15), ink(light.on((0.8, 0.8, 0.8), _TO_THE_CAMERA, distance)))
        for k in range(strips):
            wave = 0.13 * sin(phase + k * 0.55) * k / strips
            shade = 0.86 + 0.14 * cos(phase + k * 0.55)
            source = skia.Rect(k * cloth.shape[1] / strips, 0, (k + 1) * cloth.shape[1] / strips, cloth.shape[0])
            canvas.save()
            canvas.translate(0.06 + k * wide / strips, top + wave)
            canvas.scale(1, -1)
            paint = skia.Paint(AntiAlias=True)
            tone = [min(part * shade, 1.0) for part in bright]
            paint.setColorFilter(
                skia.ColorFilters.Matrix([tone[0], 0, 0, 0, 0, 0, tone[1], 0, 0, 0, 0, 0, tone[2], 0, 0, 0, 0, 0, 1, 0])
            )
            target = skia.Rect(0, 0, wide / strips + 0.01, high)
            sampling = skia.SamplingOptions(skia.FilterMode.kLinear)
            canvas.drawImageRect(image, source, target, sampling, paint)
            canvas.restore()


def paint_bunting(easel: Easel, y: float, half: float, height: float, colour: Colour, has_poles: bool = False) -> None:
    """Hang a string of pennants across the street, every other one white; `has_poles` where no house holds it."""
    distance = max(abs(y - easel.camera.y_m), 1.0)
    shades = [easel.light.on(each, _TO_THE_CAMERA, distance) for each in (colour, WHITE)]
    count = max(int(2 * half / 0.55), 6)
    sag = [height - 0.9 * (1 - (2 * k / count - 1) ** 2) for k in range(count + 1)]
    string = skia.Path()
    string.moveTo(-half, height)
    pennants = [skia.Path(), skia.Path()]
    step = 2 * half / count
    for k in range(count):
        x = -half + k * step
        string.lineTo(x + step, sag[k + 1])
        pennants[k % 2].addPath(shape([(x, sag[k]), (x + step * 0.92, sag[k + 1]), (x + step / 2, sag[k] - 0.62)]))
    with easel.on((0, y, 0), (1, 0, 0), (0, 0, 1)) as canvas:
        canvas.drawPath(string, line(IRON, 0.03))
        if has_poles:
            for x in (-half, half):
                canvas.drawRect(
                    box(x - 0.06, 0, x + 0.06, height + 0.1), ink(easel.light.on(WOOD, _TO_THE_CAMERA, distance))
                )
        for path, shade in zip(pennants, shades, strict=True):
            canvas.drawPath(path, ink(shade))


def _stain(easel: Easel, x: float, y: float, radius: float) -> None:
    """Darken the ground where something stands."""
    with easel.on_ground() as canvas:
        canvas.drawOval(box(x - radius * 1.5, y - radius, x + radius * 1.5, y + radius), ink(SHADOW, 0.3))


def _rounded(colour: Colour, half: float) -> skia.Paint:
    """Return a paint that makes a strip look round."""
    stops = {0.0: (mix(colour, WHITE, 0.12), 1.0), 0.4: (colour, 1.0), 1.0: (mix(colour, BLACK, 0.4), 1.0)}
    return blend((-half, 0), (half, 0), stops)
