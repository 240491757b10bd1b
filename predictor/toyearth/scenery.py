"""The stage: sky, mountains, ground, water and the road. Everything that lies behind or under the things that stand."""

import math
from random import Random

import numpy as np
from PIL import Image

from predictor.toyearth.brush import XY, Brush
from predictor.toyearth.character import Character
from predictor.toyearth.moment import Colour, Moment, ink, mix

CAMERA_HEIGHT = 0.42  # the ground at depth 1 lies this far below the horizon
LEFT, RIGHT = -0.35, 1.35  # draw past the edges: the road bends and the camera turns
_GLOW = 96  # pixels of the small sky that is stretched to size


def sky_image(moment: Moment, size_px: int) -> Image.Image:
    """The sky, with the glow around a sun that is in sight: an image of that size."""
    y, x = np.mgrid[0:_GLOW, 0:_GLOW] / _GLOW
    down = np.clip(y / moment.horizon, 0, 1)[..., None] ** 1.2
    top, bottom = (np.array(colour) for colour in moment.sky)
    sky = top * (1 - down) + bottom * down
    if moment.sun_degrees > -5:
        distance2 = (x - moment.sun_x) ** 2 + (y - sun_y(moment)) ** 2
        glow = np.exp(-distance2 / 0.05)[..., None] * 0.5 * (1 - moment.overcast)
        sky = sky + (np.array((1.0, 0.93, 0.74)) - sky) * glow
    small = Image.fromarray((np.clip(sky, 0, 1) * 255).astype(np.uint8))
    return small.resize((size_px, size_px), Image.Resampling.BILINEAR)


def sun_y(moment: Moment) -> float:
    """How far down the picture the sun stands."""
    return moment.horizon - moment.sun_degrees / 75


def paint_sun(brush: Brush, moment: Moment) -> None:
    """The sun's disc, or a moon once the sun has gone."""
    if moment.overcast > 0.5:
        return
    if moment.sun_degrees > -1:
        brush.ellipse(moment.sun_x, sun_y(moment), 0.038, 0.038, ink((1.0, 0.97, 0.84)))
    elif -0.1 < moment.sun_x < 1.1:
        x, y = moment.sun_x, moment.horizon - 0.33
        brush.ellipse(x, y, 0.032, 0.032, ink((0.95, 0.94, 0.86)))
        brush.ellipse(x + 0.012, y - 0.008, 0.028, 0.028, ink(mix(*moment.sky, 0.3)))


def paint_clouds(brush: Brush, moment: Moment, rng: Random) -> None:
    """Flat-bottomed heaps, more of them in grey weather."""
    for _ in range(rng.randint(0, 3) + round(5 * moment.overcast)):
        x, y, r = rng.uniform(-0.1, 1.1), rng.uniform(0.03, moment.horizon - 0.12), rng.uniform(0.025, 0.06)
        white = (
            mix(moment.sky[1], (1.0, 1.0, 1.0), 0.62 - 0.3 * moment.overcast) if not moment.is_dark else moment.sky[1]
        )
        for k in range(-2, 3):
            bump = r * (1.15 - 0.28 * abs(k)) * rng.uniform(0.85, 1.1)
            brush.half_ellipse(x + k * r * 0.9, y, bump * 1.25, bump, ink(white))


def _ridge(kind: int, rough: float, rng: Random) -> list[float]:
    """Heights of one skyline, 0 to 1, at even steps across the picture."""
    steps, shift = 64, rng.uniform(0, 9)
    swell = [0.5 + 0.3 * math.sin(shift + k * 0.21) + 0.2 * math.sin(2.1 * shift + k * 0.47) for k in range(steps + 1)]
    if kind == 0:  # jagged
        return [
            max(0.0, s * 0.7 + (rng.random() - 0.35) * (0.25 + 0.5 * rough) * (k % 2 * 2 - 1))
            for k, s in enumerate(swell)
        ]
    if kind == 1:  # downs
        return [0.25 + 0.5 * s for s in swell]
    if kind == 2:  # tablelands
        return [0.85 if s > 0.5 + 0.2 * (rough - 0.5) else 0.25 + 0.05 * (k % 2) for k, s in enumerate(swell)]
    if kind == 3:  # lone cones
        tips = [(rng.uniform(0, steps), rng.uniform(0.6, 1.0)) for _ in range(2 + int(rough * 3))]
        return [max([0.12] + [h - 0.085 * abs(k - at) for at, h in tips]) for k in range(steps + 1)]
    if kind == 4:  # rounded stacks
        return [0.15 + 0.75 * abs(math.sin(shift + k * (0.25 + 0.25 * rough))) ** 0.5 for k in range(steps + 1)]
    # stairs
    return [math.floor(s * 5) / 5 + 0.1 for s in swell]


def paint_mountains(brush: Brush, moment: Moment, place: Character, rng: Random) -> None:
    """Two skylines of the same kind, the far one higher and paler."""
    kind = place.kind("skyline", 6, rng)
    high = 0.05 + 0.20 * place.level("peaks", rng)
    rock = mix((0.42, 0.50, 0.60), (0.62, 0.42, 0.36), place.dryness * 0.8)
    for layer, (share, depth) in enumerate(((1.0, 13.0), (0.55, 8.0))):
        heights = _ridge(kind, place.level("roughness", rng), rng)
        step = (RIGHT - LEFT) / (len(heights) - 1)
        ridge = [(LEFT + k * step, moment.horizon + 0.01 - h * high * share) for k, h in enumerate(heights)]
        floor = [(RIGHT, moment.horizon + 0.02), (LEFT, moment.horizon + 0.02)]
        colour = rock if layer == 0 else mix(rock, place.earth(moment, rng), 0.5)
        brush.polygon(ridge + floor, moment.paint(colour, depth))
        if layer == 0 and kind in (0, 3) and place.now(moment) < 18 and high > 0.12:
            _paint_caps(brush, moment, ridge, high)


def _paint_caps(brush: Brush, moment: Moment, ridge: list[XY], high: float) -> None:
    line = moment.horizon - 0.55 * high
    for (x0, y0), (x1, y1), (x2, y2) in zip(ridge, ridge[1:], ridge[2:], strict=False):
        if y1 < line and y1 <= y0 and y1 <= y2:
            low = min(line, y1 + 0.06)
            white = moment.paint((0.97, 0.98, 1.0), 7.0)
            left = (x1 - (x1 - x0) * min(1.0, (low - y1) / max(y0 - y1, 1e-6)), min(low, y0))
            right = (x1 + (x2 - x1) * min(1.0, (low - y1) / max(y2 - y1, 1e-6)), min(low, y2))
            brush.polygon([(x1, y1), right, left], white)


def ground_y(moment: Moment, depth: float) -> float:
    """Where the ground at that depth lies in the picture; depth 1 is near the lower edge."""
    return moment.horizon + CAMERA_HEIGHT / depth


def paint_ground(brush: Brush, moment: Moment, place: Character, rng: Random) -> None:
    """Three bands of ground, then the pattern of the place."""
    earth = place.earth(moment, rng)
    for depth, shade in ((40.0, 1.06), (4.5, 1.0), (1.9, 0.94)):
        y = ground_y(moment, depth) - 0.004
        wave = [(LEFT + k * 0.17, y + 0.006 * math.sin(k * 1.3 + shade * 90)) for k in range(11)]
        brush.polygon([*wave, (RIGHT, 1.4), (LEFT, 1.4)], moment.paint(earth, min(depth, 6) * 0.7, shade))
    pattern = place.kind("ground", 8, rng)
    _PATTERNS[pattern](brush, moment, earth, 0.5 + place.level("rhythm", rng), rng)


def _furrows(brush: Brush, moment: Moment, earth: Colour, rhythm: float, rng: Random) -> None:
    x0, y0 = rng.uniform(0.3, 0.7), moment.horizon + 0.01
    count = int(9 + 12 * rhythm)
    for k in range(-count, count + 1):
        a, b = (k - 0.22) / count * 3, (k + 0.22) / count * 3
        brush.polygon(
            [(x0 + a * 0.03, y0 + 0.02), (x0 + a, 1.4), (x0 + b, 1.4), (x0 + b * 0.03, y0 + 0.02)],
            moment.paint(earth, 1.5, 0.8),
        )


def _rows(rhythm: float, rng: Random) -> list[float]:
    """Depths of rows, far first, closer together on the ground where the rhythm is quick."""
    ratio, depth, rows = 1 + 0.22 / rhythm, 0.8 * rng.uniform(0.9, 1.1), []
    while depth < 7:
        rows.append(depth)
        depth *= ratio
    return rows[::-1]


def _dunes(brush: Brush, moment: Moment, earth: Colour, rhythm: float, rng: Random) -> None:
    for depth in _rows(rhythm, rng):
        y, shift = ground_y(moment, depth), rng.uniform(0, 6)
        tops = [(LEFT + k * 0.085, y + 0.028 / depth * math.sin(shift + k * 0.9)) for k in range(21)]
        under = [(x, py + 0.02 / depth) for x, py in reversed(tops)]
        brush.polygon(tops + under, moment.paint(earth, depth, 0.84))


def _stripes(brush: Brush, moment: Moment, earth: Colour, rhythm: float, rng: Random) -> None:
    for row, depth in enumerate(_rows(rhythm * 0.8, rng)):
        if row % 2:
            brush.box(
                LEFT, ground_y(moment, depth), RIGHT, ground_y(moment, depth * 0.87), moment.paint(earth, depth, 0.8)
            )


def _spots(brush: Brush, moment: Moment, rhythm: float, rng: Random, mark: int, inks: tuple[Colour, ...]) -> None:
    """Marks in rows: 0 cobbles, 1 tufts, 2 flowers, 3 diamonds, 4 stones."""
    for row, depth in enumerate(_rows(rhythm * (1.0 if mark in (0, 3) else 0.8), rng)):
        y, size = ground_y(moment, depth), 0.055 / depth / rhythm
        pitch = size * (2.3 if mark in (0, 3) else 3.6)
        colours = [moment.paint(c, depth, 0.86) for c in inks]
        x = 0.5 - pitch * (int(0.8 / pitch) + 0.5 * (row % 2))
        while x < 1.3:
            at = x if mark in (0, 3) else x + rng.uniform(-0.4, 0.4) * pitch
            _mark(brush, mark, at, y, size, colours[row % len(colours)])
            x += pitch


def _mark(brush: Brush, mark: int, x: float, y: float, size: float, colour: tuple[int, ...]) -> None:
    if mark == 0:
        brush.ellipse(x, y, size, size * 0.38, colour)
    elif mark == 1:
        for lean in (-0.6, 0.0, 0.6):
            brush.polygon([(x - size * 0.3, y), (x + lean * size, y - size * 1.1), (x + size * 0.3, y)], colour)
    elif mark == 2:
        brush.ellipse(x, y, size * 0.45, size * 0.4, colour)
    elif mark == 3:
        brush.polygon([(x - size, y), (x, y - size * 0.42), (x + size, y), (x, y + size * 0.42)], colour)
    else:
        brush.half_ellipse(x, y, size * 0.8, size * 0.9, colour)


def _cobbles(brush: Brush, moment: Moment, earth: Colour, rhythm: float, rng: Random) -> None:
    _spots(brush, moment, rhythm, rng, 0, (earth,))


def _tufts(brush: Brush, moment: Moment, earth: Colour, rhythm: float, rng: Random) -> None:
    _spots(brush, moment, rhythm, rng, 1, (mix(earth, (0.25, 0.42, 0.18), 0.5),))


def _flowers(brush: Brush, moment: Moment, earth: Colour, rhythm: float, rng: Random) -> None:
    _spots(brush, moment, rhythm, rng, 2, ((1.0, 0.95, 0.9), (0.95, 0.55, 0.45), (1.0, 0.85, 0.4)))


def _diamonds(brush: Brush, moment: Moment, earth: Colour, rhythm: float, rng: Random) -> None:
    _spots(brush, moment, rhythm, rng, 3, (earth,))


def _stones(brush: Brush, moment: Moment, earth: Colour, rhythm: float, rng: Random) -> None:
    _spots(brush, moment, rhythm, rng, 4, ((0.62, 0.60, 0.58), (0.5, 0.49, 0.5)))


_PATTERNS = (_furrows, _tufts, _dunes, _cobbles, _stripes, _flowers, _diamonds, _stones)


def paint_water(brush: Brush, moment: Moment, near: float, far: float, rng: Random) -> None:
    """Water between two depths, with glints."""
    top, bottom = ground_y(moment, far), ground_y(moment, near)
    water = mix(moment.sky[0], (0.16, 0.42, 0.52), 0.45)
    brush.box(LEFT, top, RIGHT, bottom, ink(water))
    for _ in range(26):
        y, x, length = rng.uniform(top, bottom), rng.uniform(-0.1, 1.0), rng.uniform(0.03, 0.12)
        brush.line([(x, y), (x + length, y)], 0.004, ink(mix(water, moment.sky[1], 0.55)))


def paint_lane(brush: Brush, moment: Moment, place: Character, offset: float, bend: float, rng: Random) -> None:
    """A road that runs away from the viewer, with the lines of the country."""
    depths = [0.55, 0.7, 0.9, 1.2, 1.6, 2.2, 3.0, 4.5, 7.0, 12.0, 30.0]
    half = 0.27

    def strip(left: float, right: float, parts: list[float]) -> list[XY]:
        sides = [(0.5 + (offset + left) / d + bend * math.log(d), ground_y(moment, d)) for d in parts]
        back = [(0.5 + (offset + right) / d + bend * math.log(d), ground_y(moment, d)) for d in reversed(parts)]
        return sides + back

    tarmac = mix(_TARMACS[place.kind("ground", 3, rng)], (0.9, 0.92, 0.95), 0.5 * place.snow(moment))
    brush.polygon(strip(-half - 0.07, half + 0.07, depths), moment.paint(mix(tarmac, (0.8, 0.75, 0.65), 0.6), 1.5))
    brush.polygon(strip(-half, half, depths), moment.paint(tarmac, 1.5))
    style, colour = line_of(place, rng)
    white = moment.paint(colour, 1.4)
    for left, right in _LINE_EDGES[style]:
        brush.polygon(strip(left, right, depths), white)
    if style in (0, 4, 6):  # dashed in the middle
        for k in range(9):
            near = 0.62 * 1.42**k
            brush.polygon(strip(-0.022, 0.022, [near, near * 1.2]), white)
    if style == 7:  # a zebra's stripes
        for k in range(-3, 4):
            brush.polygon(strip(k * 0.075 - 0.022, k * 0.075 + 0.022, [1.05, 1.3]), white)


_TARMACS: tuple[Colour, ...] = ((0.36, 0.37, 0.41), (0.52, 0.50, 0.49), (0.60, 0.47, 0.40))
_LINE_EDGES: tuple[tuple[XY, ...], ...] = (
    (),  # dashed
    ((-0.02, 0.02),),  # one unbroken
    ((-0.045, -0.013), (0.013, 0.045)),  # two unbroken
    ((-0.25, -0.215), (0.215, 0.25)),  # edges
    ((-0.25, -0.215), (0.215, 0.25)),  # edges and dashes
    ((-0.25, -0.215), (-0.02, 0.02), (0.215, 0.25)),  # all three
    (),  # dashes
    (),  # zebra
)


def line_of(place: Character, rng: Random) -> tuple[int, Colour]:
    """The style of road lines and their colour, white or yellow."""
    yellow = place.levels["trim"] > 0.62
    return place.kind("line", 8, rng, 0.12), (0.98, 0.80, 0.25) if yellow else (0.95, 0.95, 0.93)


def paint_cross_road(brush: Brush, moment: Moment, place: Character, rng: Random) -> None:
    """A road that runs across the picture, in front of a row of houses."""
    tarmac = mix(_TARMACS[place.kind("ground", 3, rng)], (0.9, 0.92, 0.95), 0.5 * place.snow(moment))
    pavement = mix(tarmac, (0.85, 0.80, 0.72), 0.7)
    brush.box(LEFT, ground_y(moment, 1.62), RIGHT, ground_y(moment, 0.84), moment.paint(pavement, 1.3))
    top, bottom = ground_y(moment, 1.45), ground_y(moment, 0.92)
    brush.box(LEFT, top, RIGHT, bottom, moment.paint(tarmac, 1.3))
    style, colour = line_of(place, rng)
    white, middle, thick = moment.paint(colour, 1.2), (top + bottom) / 2, (bottom - top) * 0.07
    for left, right in _LINE_EDGES[style]:
        y0, y1 = (middle + (bottom - top) * 1.7 * edge for edge in (left, right))
        brush.box(LEFT, y0, RIGHT, y1, white)
    if style in (0, 4, 6):
        for k in range(-3, 12):
            brush.box(k * 0.16 - 0.05, middle - thick / 2, k * 0.16 + 0.05, middle + thick / 2, white)
    if style == 7:
        x = rng.uniform(0.1, 0.8)
        for k in range(5):
            y = top + (bottom - top) * (k + 0.25) / 5
            brush.box(x, y, x + 0.16, y + (bottom - top) * 0.11, white)
