"""What lies behind everything: sky, sun, clouds, and the hills on the horizon."""

from random import Random

import numpy as np
import skia

from predictor.toyearth.colour import WHITE, Colour, mix
from predictor.toyearth.easel import Easel, blend, ink, shape

HILL_STEPS = 120
RIDGES = 3


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
    shade, bright = mix(light.zenith, light.horizon, 0.62), mix(WHITE, light.horizon, 0.25)
    heights = sorted(rng.uniform(0.04, 0.85) for _ in range(round(share * 13)))
    for height in reversed(heights):  # the farthest, near the horizon, first
        near = 1 - height
        half, x = size * (0.05 + 0.15 * near) * rng.uniform(0.7, 1.4), size * rng.uniform(-0.1, 1.1)
        base, puffs, top = height * horizon, skia.Path(), 0.0
        for k in range(11):
            along = 2 * k / 10 - 1 + rng.uniform(-0.08, 0.08)
            radius = half * (0.10 + 0.26 * max(1 - along * along, 0.0)) * rng.uniform(0.6, 1.2)
            top = max(top, radius * 1.3)
            puffs.addCircle(x + along * half, base - radius * rng.uniform(0.1, 0.45), radius)
        easel.canvas.save()  # clouds float on a level of the air: their undersides are flat
        easel.canvas.clipRect(skia.Rect(x - 2 * half, base - 2 * half, x + 2 * half, base + half * 0.06), True)
        tones = {0.0: (bright, 0.95), 0.55: (mix(bright, shade, 0.35), 0.9), 1.0: (shade, 0.75)}
        paint = blend((0, base - top * 1.25), (0, base + half * 0.08), tones)
        paint.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, max(half * 0.03, 0.3), False))
        easel.canvas.drawPath(puffs, paint)
        easel.canvas.restore()


def paint_hills(easel: Easel, height: float, colour: Colour, rng: Random) -> None:
    """Paint ridges on the horizon, the farthest palest; `height` of the highest in picture heights."""
    light, size = easel.light, easel.camera.size_px
    base = easel.camera.horizon_px + 2
    for ridge in range(RIDGES):
        near = ridge / (RIDGES - 1)
        top = height * size * (1 - 0.5 * near)
        phases = [rng.uniform(0, 6.28) for _ in range(7)]
        across = np.linspace(0, 1, HILL_STEPS + 1)
        waves = [np.sin(across * (2.3 * (j + 1)) ** 1.25 + p) / (1 + j) ** 1.1 for j, p in enumerate(phases)]
        tops = base - np.maximum(top * (0.55 + 0.26 * np.sum(waves, axis=0)), 0.0)
        line = list(zip((across * size).tolist(), tops.tolist(), strict=True))
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
