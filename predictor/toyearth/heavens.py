"""What lies behind everything: sky, sun, clouds, and the hills on the horizon."""

from math import sin
from random import Random

import skia

from predictor.toyearth.easel import Easel, blend, ink, shape, soft
from predictor.toyearth.moment import Colour, mix

HILL_STEPS = 120
RIDGES = 3
_WHITE: Colour = (1.0, 1.0, 1.0)


def paint_sky(easel: Easel) -> None:
    """Fill the picture with the sky, down to the horizon and below."""
    light, horizon = easel.light, easel.camera.horizon_px
    middle = mix(light.zenith, light.horizon, 0.5)
    stops = {0.0: (light.zenith, 1.0), 0.6: (middle, 1.0), 1.0: (light.horizon, 1.0)}
    easel.canvas.drawPaint(blend((0, 0), (0, horizon), stops))


def paint_sun(easel: Easel) -> None:
    """Paint the sun and its glow, where it is in sight."""
    light, size = easel.light, easel.camera.size_px
    spot = easel.camera.sight(light.towards)
    if spot is None or light.height < -2 or sum(light.direct) < 0.1:
        return
    glow = mix((1.0, 0.96, 0.86), light.horizon, 0.25)
    for radius, alpha in ((0.8, 0.30), (0.3, 0.4), (0.06, 0.95)):
        colours = [skia.Color4f(*glow, alpha).toColor(), skia.Color4f(*glow, 0.0).toColor()]
        paint = skia.Paint(AntiAlias=True)
        paint.setShader(skia.GradientShader.MakeRadial(skia.Point(*spot), size * radius, colours))
        easel.canvas.drawCircle(*spot, size * radius, paint)


def paint_clouds(easel: Easel, share: float, rng: Random) -> None:
    """Paint heaped clouds; `share` 0 is none, 1 is a sky full of them. Farther clouds lie lower and flatter."""
    light, size, horizon = easel.light, easel.camera.size_px, easel.camera.horizon_px
    body = mix(_WHITE, light.horizon, 0.35)
    shades = (mix(light.zenith, body, 0.45), body, mix(body, _WHITE, 0.6))
    heights = sorted(rng.uniform(0.04, 0.8) for _ in range(round(share * 12)))
    for height in reversed(heights):  # the farthest, near the horizon, first
        near = 1 - height
        half, x = size * (0.06 + 0.16 * near) * rng.uniform(0.7, 1.3), size * rng.uniform(-0.1, 1.1)
        for colour, drop, alpha in zip(shades, (0.10, 0.0, -0.07), (0.45, 0.6, 0.55), strict=True):
            puffs = skia.Path()
            for k in range(12):
                along = 2 * k / 11 - 1
                swell = half * (0.07 + 0.24 * (1 - along * along)) * rng.uniform(0.7, 1.25)
                middle = height * horizon + half * (drop - 0.16 * near * (1 - along * along))
                puffs.addOval(
                    skia.Rect(
                        x + along * half - swell * 1.4,
                        middle - swell * 0.7,
                        x + along * half + swell * 1.4,
                        middle + swell * 0.5,
                    )
                )
            easel.canvas.drawPath(puffs, soft(colour, alpha, max(half * 0.035, 0.3)))


def paint_hills(easel: Easel, height: float, colour: Colour, rng: Random) -> None:
    """Paint ridges on the horizon, the farthest palest; `height` of the highest in picture heights."""
    light, size = easel.light, easel.camera.size_px
    base = easel.camera.horizon_px + 2
    for ridge in range(RIDGES):
        near = ridge / (RIDGES - 1)
        top = height * size * (1 - 0.5 * near)
        phases = [rng.uniform(0, 6.28) for _ in range(7)]
        line = []
        for k in range(HILL_STEPS + 1):
            x = k / HILL_STEPS
            wave = sum(sin(x * (2.3 * (j + 1)) ** 1.25 + phase) / (1 + j) ** 1.1 for j, phase in enumerate(phases))
            line.append((x * size, base - max(top * (0.55 + 0.26 * wave), 0.0)))
        lit = mix(light.on(colour, (0.0, -0.5, 0.85), 0.0), light.haze, 0.78 - 0.4 * near)
        foot = {0.0: (lit, 1.0), 1.0: (mix(lit, light.haze, 0.45), 1.0)}
        easel.canvas.drawPath(shape([(0, base), *line, (size, base)]), blend((0, base - top), (0, base), foot))


def paint_vignette(easel: Easel, strength: float) -> None:
    """Darken the corners, as a lens does."""
    size = easel.camera.size_px
    dark = (0.0, 0.0, 0.05)
    colours = [skia.Color4f(*dark, alpha).toColor() for alpha in (0.0, 0.0, strength)]
    paint = skia.Paint(ink(dark))
    paint.setShader(
        skia.GradientShader.MakeRadial(skia.Point(size / 2, size / 2), size * 0.78, colours, [0.0, 0.6, 1.0])
    )
    easel.canvas.drawPaint(paint)
