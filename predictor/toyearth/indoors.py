"""Rooms: a floor, walls, a window on the place outside, and furniture. The clues of the street, in household form."""

from dataclasses import dataclass, replace
from math import cos, pi, sin
from random import Random

import skia

from predictor.toyearth import furniture
from predictor.toyearth.colour import BLACK, WHITE, Colour, hue, mix
from predictor.toyearth.easel import Easel, blend, box, ink, line, shape
from predictor.toyearth.lettering import LEGIBLE_PX, Words, write
from predictor.toyearth.light import Light
from predictor.toyearth.names import contact, shop_words
from predictor.toyearth.shot import Shot

DEEP_M = 5.2  # from the camera's end to the wall with the window
_WOOD: Colour = (0.55, 0.38, 0.24)
_UP = (0.0, 0.0, 1.0)


@dataclass(frozen=True)
class _Room:
    half: float  # width on each side of the middle
    height: float
    outside: Light


def indoor_light(light: Light) -> Light:
    """Return the light in a room: even, from the window by day, from a warm lamp after dark."""
    ambient = (0.86, 0.70, 0.46) if light.is_dark else (0.80, 0.80, 0.78)
    return replace(light, ambient=ambient, direct=(0.16, 0.15, 0.13), towards=(0.2, -0.55, 0.81), haze_km=1e6)


def paint_indoors(shot: Shot, outside: Light) -> None:
    """Paint a room. The easel's light is `indoor_light`; `outside` is what falls in the street."""
    rng, style = shot.rng, shot.style
    room = _Room(rng.uniform(2.1, 2.7), 2.2 + 1.9 * style.clue["storeys"], outside)
    _shell(shot, room)
    _window(shot, room)
    _wall_things(shot, room)
    _floor_things(shot, room)


def _shell(shot: Shot, room: _Room) -> None:
    """Paint floor, walls and ceiling."""
    easel, style, rng = shot.easel, shot.style, shot.rng
    wall = style.wall(rng)
    slab, half = style.slab(), room.half
    floor = style.stone()
    light = easel.light
    with easel.on_ground() as canvas:
        canvas.drawRect(box(-half, -3, half, DEEP_M), ink(light.on(floor, _UP, 0)))
        dark = skia.Path()
        for row in range(int(-1 / slab) - 1, int(DEEP_M / slab) + 1):
            for column in range(int(-half / slab) - 1 + row % 2, int(half / slab) + 1, 2):
                dark.addRect(box(column * slab, row * slab, (column + 1) * slab, (row + 1) * slab))
        canvas.clipRect(box(-half, -3, half, DEEP_M), True)
        canvas.drawPath(dark, ink(light.on(mix(floor, BLACK, 0.32), _UP, 0)))
        # A rug as wide as streets are here, its stripes turned as on a crossing.
        rug = 0.5 + 0.5 * (half - 0.5) * 2 * style.clue["street_width"] * 0.9
        canvas.clipRect(box(-rug / 2 - 0.35, 1.7, rug / 2 + 0.35, 4.3), True)
        base = style.crossing()
        canvas.drawPaint(ink(light.on(mix(base, BLACK, 0.5), _UP, 0)))
        turn, bars = style.cobble_turn(), skia.Path()
        for k in range(-12, 13):
            x, y = -sin(turn) * k * 0.5, 3.0 + cos(turn) * k * 0.5
            bars.moveTo(x - cos(turn) * 6, y - sin(turn) * 6)
            bars.lineTo(x + cos(turn) * 6, y + sin(turn) * 6)
        canvas.drawPath(bars, line(light.on(base, _UP, 0), 0.25))
    for name, size in (
        ("slab_size", slab),
        ("stone_hue", 1.0),
        ("crossing_hue", 1.0),
        ("street_width", 1.0),
        ("cobble_turn", 0.5),
    ):
        shot.see(name, 0, 3.0, 0, size)
    for side in (-1, 1):
        with easel.on((side * half, -3, 0), (0, 1, 0), (0, 0, 1)) as canvas:
            lit = light.on(wall, (-side, 0.0, 0.0), 0)
            canvas.drawRect(box(0, 0, DEEP_M + 3, room.height), ink(lit))
            _wall_trim(shot, canvas, DEEP_M + 3, room.height, -side)
    with easel.on((-half, DEEP_M, 0), (1, 0, 0), (0, 0, 1)) as canvas:
        lit = light.on(wall, (0.0, -1.0, 0.0), 0)
        stops = {0.0: (mix(lit, BLACK, 0.15), 1.0), 1.0: (lit, 1.0)}
        canvas.drawRect(box(0, 0, 2 * half, room.height), blend((0, 0), (0, room.height), stops))
        _wall_trim(shot, canvas, 2 * half, room.height, 0.0)
    with easel.on((0, 0, room.height), (1, 0, 0), (0, 1, 0)) as canvas:
        canvas.drawRect(box(-half, -3, half, DEEP_M), ink(light.on((0.93, 0.92, 0.89), (0.0, 0.0, -0.2), 0)))
        for k in range(6):  # beams, closer together under steep roofs
            y = k * (0.45 + 1.4 * (1 - style.clue["roof_pitch"]))
            canvas.drawRect(box(-half, y, half, y + 0.16), ink(light.on(_WOOD, (0.0, 0.0, -1.0), 0)))
    shot.see("wall_hue", 0.6, DEEP_M, room.height * 0.8, 1.0)
    shot.see("storeys", 0, DEEP_M, room.height, 1.0)
    shot.see("roof_pitch", 0, DEEP_M - 1, room.height, 0.5)


def _wall_trim(shot: Shot, canvas: skia.Canvas, length: float, height: float, facing: float) -> None:
    """Paint skirting and cornice in the colour of frames, and a border of stripes as on the kerbs outside."""
    style, light = shot.style, shot.easel.light
    trim = light.on(style.frame(), (facing, -1.0 if facing == 0 else 0.0, 0.0), 0)
    canvas.drawRect(box(0, 0, length, 0.18), ink(trim))
    canvas.drawRect(box(0, height - 0.14, length, height), ink(trim))
    pale, dark = (light.on(each, (0.0, -1.0, 0.0), 0) for each in ((0.85, 0.84, 0.80), style.kerb_paint()))
    canvas.drawRect(box(0, 0.78, length, 0.98), ink(pale))
    stripes, step, at = skia.Path(), style.stripe() * 0.5, 0.0
    while at < length:
        stripes.addRect(box(at, 0.78, min(at + step, length), 0.98))
        at += 2 * step
    canvas.drawPath(stripes, ink(dark))


def _window(shot: Shot, room: _Room) -> None:
    """Paint the window and what lies outside: sky, hills, a roof across the street, the balcony's rail."""
    easel, style, rng, outside = shot.easel, shot.style, shot.rng, room.outside
    wide, low = 0.7 + 1.8 * style.clue["window_width"], 1.0
    high = min(room.height - 0.35, 2.45)
    middle = rng.uniform(-0.4, 0.4)
    rise = style.window_arch() * min(wide / 2, (high - low) * 0.8)
    left, right = middle - wide / 2, middle + wide / 2
    top = [(middle - cos(pi * k / 12) * wide / 2, high - rise + sin(pi * k / 12) * rise) for k in range(13)]
    opening = shape([(right, low), (left, low), *top])
    frame = easel.light.on(style.frame(), (0.0, -1.0, 0.0), 0)
    with easel.on((0, DEEP_M - 0.01, 0), (1, 0, 0), (0, 0, 1)) as canvas:
        canvas.drawPath(opening, line(frame, 0.24))
        canvas.save()
        canvas.clipPath(opening, True)
        canvas.drawPaint(blend((0, low), (0, high), {0.0: (outside.horizon, 1.0), 1.0: (outside.zenith, 1.0)}))
        height, colour = style.hill()
        ridge = [(left - 0.5 + k * (wide + 1) / 24, low + 0.35 + 3.4 * height * (0.55 + 0.45 * sin(k * 0.8 + wide)))
                 for k in range(25)]  # fmt: skip
        hill = mix(outside.on(shot.snowy(colour, 0.9), (0.0, -0.5, 0.85), 0), outside.haze, 0.45)
        canvas.drawPath(shape([(left - 0.5, low), *ridge, (right + 0.5, low)]), ink(hill))
        wall = outside.on(style.wall(rng), (0.0, -1.0, 0.0), 0)
        house_high = low + 0.2 + 0.75 * style.clue["storeys"]
        canvas.drawRect(box(left + 0.1 * wide, low, left + 0.55 * wide, house_high), ink(wall))
        roof = outside.on(style.front(rng).roof, (0.0, -0.7, 0.7), 0)
        eaves, peak = 0.06, house_high + 0.24 * wide * sin(style.roof_pitch())
        canvas.drawPath(shape([(left + 0.1 * wide - eaves, house_high), (left + 0.325 * wide, peak),
                               (left + 0.55 * wide + eaves, house_high)]), ink(roof))  # fmt: skip
        iron = mix((0.12, 0.12, 0.14), outside.horizon, 0.1)
        rail = low + style.rail() * 0.75
        canvas.drawLine(left, rail, right, rail, line(iron, 0.05))
        for k in range(int(wide / 0.12)):
            canvas.drawLine(left + k * 0.12, low, left + k * 0.12, rail, line(iron, 0.022))
        canvas.restore()
        canvas.drawLine(middle, low, middle, high, line(frame, 0.07))
        canvas.drawRect(box(left - 0.2, low - 0.14, right + 0.2, low), ink(frame))
        curtain = easel.light.on(style.shutter(), (0.0, -1.0, 0.0), 0)
        for side, edge in ((-1, left), (1, right)):
            inner, outer = edge - side * 0.04, edge + side * (0.25 + 0.1 * wide)
            canvas.drawRect(box(inner, 0.3, outer, high + 0.12), ink(curtain))
            for k in range(1, 4):
                x = inner + (outer - inner) * k / 4
                canvas.drawLine(x, 0.3, x, high + 0.1, line(mix(curtain, BLACK, 0.25), 0.05))
        canvas.drawLine(left - 0.6, high + 0.14, right + 0.6, high + 0.14, line((0.25, 0.2, 0.15), 0.05))
        leaf = easel.light.on((0.24, 0.42, 0.17), (0.0, -1.0, 0.0), 0)
        canvas.drawRect(box(left + 0.1, low, left + 0.1 + wide * 0.3, low + 0.2), ink((0.55, 0.30, 0.2)))
        hedge = 0.1 + 0.45 * style.hedge()
        canvas.drawRoundRect(
            box(left + 0.1, low + 0.18, left + 0.1 + wide * 0.3, low + 0.18 + hedge), 0.1, 0.1, ink(leaf)
        )
    shot.facts.add("view")
    for name, z, size in (
        ("window_width", 1.6, wide), ("window_arch", high, 0.4), ("frame_hue", low, 0.3), ("shutter_hue", 1.5, 0.5),
        ("hill_height", 1.4, 0.4), ("balcony_rail", rail, 0.4), ("hedge_height", low + 0.3, hedge),
    ):  # fmt: skip
        shot.see(name, middle, DEEP_M, z, size)


def _wall_things(shot: Shot, room: _Room) -> None:
    """Hang up a poster with words, a string of pennants, and a lamp on its arm."""
    easel, style, rng = shot.easel, shot.style, shot.rng
    side = rng.choice((-1, 1))
    lines = [shop_words(style.country, rng), contact(style.country, rng)]
    ground = easel.light.on(style.plate(), (-side, 0.0, 0.0), 0)
    pale = easel.light.on((0.97, 0.97, 0.95), (-side, 0.0, 0.0), 0)
    with easel.on((side * (room.half - 0.01), 2.2, 0), (0, 1, 0), (0, 0, 1)) as canvas:
        canvas.drawRect(box(-0.05, 1.15, 2.05, 2.05), ink(pale))
        canvas.drawRect(box(0.0, 1.2, 2.0, 2.0), ink(ground))
        for k, words in enumerate(lines):
            if 0.3 * easel.pixels_per_metre(3.5) >= LEGIBLE_PX:
                where = box(0.12, 1.62 - 0.36 * k, 1.88, 1.94 - 0.36 * k)
                write(canvas, words.text, words.script, where, pale, side > 0)
                role = "poster" if k == 0 else words.role
                corners = [(side * room.half, y, z - 0.36 * k) for y in (2.3, 4.1) for z in (1.62, 1.94)]
                easel.watch(Words(words.text, words.script, role), *corners)
    shot.see("plate_hue", side * room.half, 3.2, 1.6, 1.2)
    _door(shot, room, -side)
    furniture.paint_bunting(easel, DEEP_M - 0.4, room.half, min(room.height - 0.1, 2.9), style.bunting())
    shot.see("bunting_hue", 0, DEEP_M, min(room.height - 0.6, 2.4), 0.4)
    _lamp(shot, room, -side)


def _door(shot: Shot, room: _Room, side: int) -> None:
    """Paint the door, in the colour of the doors outside."""
    easel = shot.easel
    leaf, frame = (easel.light.on(each, (-side, 0.0, 0.0), 0) for each in (shot.style.door(), shot.style.frame()))
    with easel.on((side * (room.half - 0.01), 3.0, 0), (0, 1, 0), (0, 0, 1)) as canvas:
        canvas.drawRect(box(-0.12, 0, 1.12, 2.12), ink(frame))
        canvas.drawRect(box(0, 0, 1.0, 2.02), ink(leaf))
        for low in (0.2, 1.15):
            canvas.drawRect(box(0.15, low, 0.85, low + 0.7), ink(mix(leaf, BLACK, 0.2)))
    shot.see("door_hue", side * room.half, 3.5, 1.0, 0.8)


def _lamp(shot: Shot, room: _Room, side: int) -> None:
    """Stand a lamp in a corner, its arm as long as those of the street's."""
    easel = shot.easel
    arm, x, y = shot.style.lamp_arm() * 0.75, side * (room.half - 0.25), 4.3
    iron = easel.light.on(shot.style.lamp(), (0.0, -1.0, 0.0), 0)
    with easel.on((x, y, 0), (-side, 0, 0), (0, 0, 1)) as canvas:
        canvas.drawRect(box(-0.05, 0, 0.05, 1.95), ink(iron))
        canvas.drawRect(box(-0.05, 1.9, arm, 2.0), ink(iron))
        shade = (1.0, 0.88, 0.6) if easel.light.is_dark else (0.90, 0.86, 0.75)
        canvas.drawPath(
            shape([(arm - 0.1, 1.95), (arm + 0.1, 1.95), (arm + 0.24, 1.62), (arm - 0.24, 1.62)]), ink(shade)
        )
    if easel.light.is_dark:
        at = easel.camera.pixel((x - side * arm, y, 1.75))
        furniture.glow(easel, at, easel.pixels_per_metre(y) * 1.1, (1.0, 0.85, 0.55), 0.45)
    shot.see("lamp_arm", x - side * arm, y, 1.75, 0.5)
    shot.see("lamp_hue", x, y, 1.2, 0.3)


def _floor_things(shot: Shot, room: _Room) -> None:
    """Set a table with a striped cloth, chairs in the colour of the bollards, and a bin."""
    easel, style, rng = shot.easel, shot.style, shot.rng
    side = rng.choice((-1, 1))
    middle, near, far = side * 0.75, 2.5, 3.7
    chairs = style.post()
    for x, y in ((middle - 0.95, 3.1), (middle + 0.95, 3.1)):
        if abs(x) < room.half - 0.3:
            _chair(easel, x, y, chairs)
    _table(shot, (middle - 0.62, middle + 0.62), (near, far))
    _chair(easel, middle + 0.05, 2.1, chairs)
    x = -side * (room.half - 0.55)
    easel.block((x - 0.24, x + 0.24), (2.7, 3.15), (0.0, 0.62), style.bin())
    shot.see("bin_hue", x, 2.7, 0.4, 0.5)
    shot.see("post_hue", middle, 2.1, 0.7, 0.4)
    _supper(easel, middle, 2.9, rng)


def _chair(easel: Easel, x: float, y: float, colour: Colour) -> None:
    for leg in (-0.2, 0.17):
        easel.block((x + leg, x + leg + 0.04), (y + 0.3, y + 0.34), (0.0, 0.45), colour)
        easel.block((x + leg, x + leg + 0.04), (y - 0.08, y - 0.04), (0.0, 0.45), colour)
    easel.block((x - 0.22, x + 0.22), (y - 0.1, y + 0.36), (0.44, 0.5), colour)
    easel.block((x - 0.22, x + 0.22), (y - 0.1, y - 0.05), (0.5, 0.98), colour)


def _table(shot: Shot, x: tuple[float, float], y: tuple[float, float]) -> None:
    easel, stripe = shot.easel, shot.style.awning_stripe() * 0.6
    for leg in (x[0] + 0.05, x[1] - 0.1):
        easel.block((leg, leg + 0.06), (y[0] + 0.05, y[0] + 0.11), (0.0, 0.76), _WOOD)
    cloth = shot.style.awning()
    shades = [easel.light.on(each, _UP, 0) for each in (cloth, WHITE)]
    with easel.on((0, 0, 0.78), (1, 0, 0), (0, 1, 0)) as canvas:
        canvas.drawRect(box(x[0], y[0], x[1], y[1]), ink(shades[1]))
        _bands(canvas, (x[0], x[1]), (y[0], y[1]), stripe, shades[0])
    with easel.on((0, y[0], 0), (1, 0, 0), (0, 0, 1)) as canvas:
        canvas.drawRect(box(x[0], 0.5, x[1], 0.78), ink(mix(shades[1], BLACK, 0.15)))
        _bands(canvas, (x[0], x[1]), (0.5, 0.78), stripe, mix(shades[0], BLACK, 0.15))
    for name in ("awning_stripe", "awning_hue"):
        shot.see(name, (x[0] + x[1]) / 2, y[0], 0.7, 0.8)
    for name in ("kerb_stripe", "kerb_hue"):
        shot.see(name, 0, DEEP_M, 0.9, 0.3)


def _bands(canvas: skia.Canvas, x: tuple[float, float], y: tuple[float, float], stripe: float, colour: Colour) -> None:
    at = x[0]
    while at < x[1]:
        canvas.drawRect(box(at, y[0], min(at + stripe, x[1]), y[1]), ink(colour))
        at += 2 * stripe


def _supper(easel: Easel, x: float, y: float, rng: Random) -> None:
    """Put plates and a jug on the table."""
    with easel.on((0, 0, 0.785), (1, 0, 0), (0, 1, 0)) as canvas:
        for dx in (-0.3, 0.28):
            canvas.drawCircle(x + dx, y, 0.17, ink(easel.light.on((0.95, 0.95, 0.93), _UP, 0)))
            canvas.drawCircle(x + dx, y, 0.10, ink(easel.light.on(hue(rng.random() * 0.4, 0.6, 0.7), _UP, 0)))
    easel.block((x - 0.06, x + 0.06), (y + 0.3, y + 0.42), (0.78, 1.05), hue(rng.random(), 0.4, 0.7))
