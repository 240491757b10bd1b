"""Buildings along a street: a front with windows, shops and a roof, painted flat on its wall and seen in perspective.

A front is painted in the light that falls on it; the air between is laid over it last, thicker towards its far end.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, pi, sin
from random import Random

import skia

from predictor.toyearth.camera import XYZ
from predictor.toyearth.colour import BLACK, WHITE, Colour, mix
from predictor.toyearth.easel import Easel, blend, box, ink, line, record, shape
from predictor.toyearth.lettering import LEGIBLE_PX, Words, write

GROUND_FLOOR_M = 3.4
EAVES_M = 0.35
ROOF_DEPTH_M = 4.5  # from the eaves to the ridge, seen from above
END_M = 9.0  # how deep a house stands
DETAIL_PX = 1.2  # what would be thinner is left out
FEATURE_PX = 5.0  # a bay narrower than this has no windows of its own
UPRIGHT = ("Jpan", "Hans", "Hant", "Kore")  # scripts that signs write from top to bottom
FRAME_M = 0.2  # how wide a window's frame is
_LAMPLIGHT: Colour = (1.0, 0.82, 0.48)


@dataclass(frozen=True)
class Front:
    """How the houses of a place are built: sizes in metres, shares from 0 to 1."""

    wall: Colour
    frame: Colour  # of windows, cornices and doors
    roof: Colour
    door: Colour
    shop: Colour
    height: float
    storey: float
    bay: float  # from one window's axis to the next
    window_width: float  # share of the bay
    window_arch: float  # 0 square, 1 a half circle
    roof_pitch: float  # radians; 0 is a flat roof
    shutter: Colour | None
    rail: float  # height of the balconies' rails, metres; 0: it has none
    awning_stripe: float  # width of the stripes on awnings, metres


@dataclass(frozen=True)
class Lot:
    """Where a house stands: its front at x, from y = near to y = far along the street (metres)."""

    x: float
    near: float
    far: float

    @property
    def length(self) -> float:
        return self.far - self.near

    @property
    def outwards(self) -> float:
        """Return -1 on the left of the street, 1 on its right."""
        return 1.0 if self.x > 0 else -1.0

    @property
    def normal(self) -> XYZ:
        """Return where the front faces."""
        return (-self.outwards, 0.0, 0.0)


@dataclass(frozen=True)
class Shop:
    """What stands over a shop, in which script (ISO 15924), and how it shows itself."""

    text: str
    script: str
    awning: Colour | None  # its colour; None: it has none
    blade: Colour | None  # of a sign that juts out into the street; None: it has none


def bays(front: Front, lot: Lot) -> int:
    """Return how many windows stand side by side; a bay may hold a shop."""
    return max(1, round(lot.length / front.bay))


def paint_house(easel: Easel, front: Front, lot: Lot, shops: Sequence[Shop | None], rng: Random) -> None:
    """Paint a house: roof, the end that faces the camera, the front with a shop or none for each bay, nearest first."""
    _roof(easel, front, lot)
    _end(easel, front, lot)
    lit = _lit(easel, front.wall, lot.normal)
    has_detail = front.bay * easel.pixels_per_metre(_distance(easel, lot)) > FEATURE_PX
    with easel.on((lot.x, lot.near, 0), (0, 1, 0), (0, 0, 1)) as canvas:
        foot = {0.0: (mix(lit, BLACK, 0.25), 1.0), 1.0: (lit, 1.0)}
        canvas.drawRect(box(0, 0, lot.length, front.height), blend((0, 0), (0, front.height * 0.5), foot))
        if has_detail:
            _courses(easel, canvas, front, lot)
            _windows(easel, canvas, front, lot, rng)
            _mouldings(easel, canvas, front, lot, lit)
            _street_level(easel, canvas, front, lot, shops)
        else:
            _stripes_of_windows(easel, canvas, front, lot)
        _veil(easel, canvas, lot, front.height)
    if has_detail:
        for bay, shop in enumerate(shops):
            if shop is not None and shop.awning is not None:
                _awning(easel, front, lot, bay, shop.awning)
        for bay, shop in sorted(enumerate(shops), key=lambda pair: -pair[0]):
            if shop is not None:
                _blade(easel, lot, bay, shop, len(shops))


def _distance(easel: Easel, lot: Lot) -> float:
    """Return how far the nearest point of a front is from the camera."""
    y = min(max(easel.camera.y_m, lot.near), lot.far)
    return max(easel.camera.distance_m(lot.x, y), 1.0)


def _courses(easel: Easel, canvas: skia.Canvas, front: Front, lot: Lot) -> None:
    """Draw courses of stone, near by."""
    if 0.3 * easel.pixels_per_metre(_distance(easel, lot)) < 6:
        return
    for k in range(1, int(front.height / 0.3)):
        canvas.drawLine(0, k * 0.3, lot.length, k * 0.3, line(BLACK, 0.02, 0.07))


def _stripes_of_windows(easel: Easel, canvas: skia.Canvas, front: Front, lot: Lot) -> None:
    """Draw each storey's windows as one pale stripe: from afar they are no more."""
    glass = _lit(easel, mix((0.16, 0.20, 0.26), front.frame, 0.3), lot.normal)
    glass = mix(glass, _LAMPLIGHT, 0.4) if easel.light.is_dark else glass
    low = GROUND_FLOOR_M + 0.15
    while low + front.storey * 0.58 < front.height:
        canvas.drawRect(box(0, low, lot.length, low + front.storey * 0.58), ink(glass, front.window_width))
        low += front.storey


def _lit(easel: Easel, colour: Colour, normal: XYZ) -> Colour:
    """Return a colour in the light, without the air before it."""
    return easel.light.on(colour, (normal[0], normal[1], normal[2]), 0.0)


def _veil(easel: Easel, canvas: skia.Canvas, lot: Lot, height: float) -> None:
    """Lay the air over a front."""
    light = easel.light
    near, far = (light.veil(easel.camera.distance_m(lot.x, y)) for y in (lot.near, lot.far))
    air = {0.0: (light.haze, near), 1.0: (light.haze, far)}
    canvas.drawRect(box(0, -0.1, lot.length, height + 0.1), blend((0, 0), (lot.length, 0), air))


def _windows(easel: Easel, canvas: skia.Canvas, front: Front, lot: Lot, rng: Random) -> None:
    """Play one recorded window wherever one belongs."""
    count, storeys = bays(front, lot), int((front.height - GROUND_FLOOR_M) / front.storey + 0.1)
    pitch = lot.length / count
    width, height = pitch * front.window_width, front.storey * 0.58
    dark = _window(easel, front, lot, width, height, is_lit=False)
    lamp = _window(easel, front, lot, width, height, is_lit=True) if easel.light.is_dark else dark
    for storey in range(storeys):
        for bay in range(count):
            is_lit = easel.light.is_dark and rng.random() < 0.55
            at = skia.Matrix.Translate(bay * pitch + (pitch - width) / 2, GROUND_FLOOR_M + 0.15 + storey * front.storey)
            canvas.drawPicture(lamp if is_lit else dark, at)


def _window(easel: Easel, front: Front, lot: Lot, width: float, height: float, is_lit: bool) -> skia.Picture:
    """Record a window whose opening has its lower left corner at (0, 0)."""
    frame = _lit(easel, front.frame, lot.normal)
    scale = easel.pixels_per_metre(_distance(easel, lot))
    reveal = 0.08 if lot.outwards < 0 else width - 0.08  # the side of the opening that the camera sees

    def draw(canvas: skia.Canvas) -> None:
        canvas.drawPath(_opening(width, height, front.window_arch, FRAME_M), ink(frame))
        canvas.drawPath(_opening(width, height, front.window_arch, 0.0), _glass(easel, lot, height, is_lit))
        canvas.drawRect(box(reveal - 0.08, 0, reveal, height * 0.97), ink(BLACK, 0.28))
        if 0.06 * scale > DETAIL_PX:
            canvas.drawLine(width / 2, 0, width / 2, height, line(frame, 0.06))
            canvas.drawLine(0, height * 0.62, width, height * 0.62, line(frame, 0.05))
        canvas.drawRect(box(-0.18, -0.24, width + 0.18, -0.1), ink(frame))
        canvas.drawRect(box(-0.18, -0.36, width + 0.18, -0.24), ink(BLACK, 0.2))
        if front.shutter is not None:
            _shutters(canvas, _lit(easel, front.shutter, lot.normal), width, height, 0.03 * scale > DETAIL_PX)
        if front.rail > 0:
            _balcony(canvas, frame, width, front.rail, 0.03 * scale > DETAIL_PX)

    return record(width, height, draw)


def _opening(width: float, height: float, arch: float, margin: float) -> skia.Path:
    """Return the outline of a window: a rectangle whose top is a flat or a full arch."""
    rise = arch * width / 2
    steps = 9 if arch > 0.05 else 2
    top = [
        (width / 2 - cos(pi * k / (steps - 1)) * (width / 2 + margin), height - rise + sin(pi * k / (steps - 1)) * rise)
        for k in range(steps)
    ]
    return shape([(width + margin, -margin), (-margin, -margin), *((x, y + margin) for x, y in top)])


def _glass(easel: Easel, lot: Lot, height: float, is_lit: bool) -> skia.Paint:
    """Return what a pane shows: a lamp within, or the sky that it mirrors."""
    if is_lit:
        return ink(_LAMPLIGHT)
    deep = _lit(easel, (0.16, 0.20, 0.26), lot.normal)
    return blend((0, 0), (0, height), {0.0: (deep, 1.0), 1.0: (mix(deep, easel.light.horizon, 0.5), 1.0)})


def _shutters(canvas: skia.Canvas, colour: Colour, width: float, height: float, has_slats: bool) -> None:
    for left in (-0.14 - width * 0.42, width + 0.14):
        canvas.drawRect(box(left, -0.05, left + width * 0.42, height + 0.05), ink(colour))
        if has_slats:
            for k in range(1, int(height / 0.14)):
                canvas.drawLine(left + 0.04, k * 0.14, left + width * 0.42 - 0.04, k * 0.14, line(BLACK, 0.03, 0.2))


def _balcony(canvas: skia.Canvas, slab: Colour, width: float, rail: float, has_bars: bool) -> None:
    canvas.drawRect(box(-0.3, -0.2, width + 0.3, -0.05), ink(mix(slab, BLACK, 0.2)))
    canvas.drawRect(box(-0.3, -0.7, width + 0.3, -0.2), ink(BLACK, 0.16))
    iron = (0.12, 0.12, 0.14)
    canvas.drawRect(box(-0.3, -0.05, width + 0.3, rail), ink(iron, 0.3))
    canvas.drawLine(-0.3, rail, width + 0.3, rail, line(iron, 0.08))
    if has_bars:
        for k in range(int((width + 0.6) / 0.14)):
            canvas.drawLine(-0.28 + k * 0.14, -0.05, -0.28 + k * 0.14, rail, line(iron, 0.03))


def _street_level(easel: Easel, canvas: skia.Canvas, front: Front, lot: Lot, shops: Sequence[Shop | None]) -> None:
    """Paint the shops and doors."""
    pitch = lot.length / len(shops)
    colour, frame, door = (_lit(easel, colour, lot.normal) for colour in (front.shop, front.frame, front.door))
    glass = _glass(easel, lot, 2.4, easel.light.is_dark)
    board = _lit(easel, mix(front.shop, BLACK, 0.1), lot.normal)
    for bay, shop in enumerate(shops):
        left = bay * pitch
        if shop is not None:
            canvas.drawRect(box(left + 0.2, 0.1, left + pitch - 0.2, 2.55), ink(mix(colour, BLACK, 0.3)))
            canvas.drawRect(box(left + 0.35, 0.45, left + pitch - 1.25, 2.35), glass)
            canvas.drawRect(box(left + pitch - 1.15, 0.1, left + pitch - 0.35, 2.35), ink(mix(colour, BLACK, 0.6)))
            canvas.drawRect(box(left + 0.05, 2.55, left + pitch - 0.05, 3.25), ink(board))
            canvas.drawRect(box(left + 0.1, 2.47, left + pitch - 0.1, 2.55), ink(BLACK, 0.3))
            _write_name(easel, canvas, lot, shop, (left, pitch))
        else:
            middle = left + pitch / 2
            canvas.drawRect(box(middle - 0.6, 0.05, middle + 0.6, 2.6), ink(frame))
            canvas.drawRect(box(middle - 0.42, 0.05, middle + 0.42, 2.4), ink(door))
            for low in (0.3, 1.3):
                canvas.drawRect(box(middle - 0.28, low, middle + 0.28, low + 0.75), ink(mix(door, BLACK, 0.25)))


def _write_name(easel: Easel, canvas: skia.Canvas, lot: Lot, shop: Shop, bay: tuple[float, float]) -> None:
    """Letter a shop's board. It counts as legible where it is seen neither too small nor too much from the side."""
    left, pitch = bay
    camera = easel.camera
    y = lot.near + left + pitch / 2
    distance = max(camera.distance_m(lot.x, y), 1.0)
    aslant = abs(lot.x - camera.x_m) / distance
    scale = easel.pixels_per_metre(distance)
    if 0.5 * scale < LEGIBLE_PX or y < camera.y_m:
        return
    paler = _lit(easel, (0.97, 0.95, 0.88), lot.normal)
    write(canvas, shop.text, shop.script, box(left + 0.2, 2.6, left + pitch - 0.2, 3.2), paler, lot.outwards > 0)
    if 0.5 * scale * aslant > LEGIBLE_PX / 2:
        start = lot.near + left
        corners = [(lot.x, start + share * pitch, z) for share in (0.1, 0.9) for z in (2.6, 3.2)]
        easel.watch(Words(shop.text, shop.script, "shop"), *corners)


def _mouldings(easel: Easel, canvas: skia.Canvas, front: Front, lot: Lot, lit: Colour) -> None:
    """Paint what runs along a front: plinth, belt, cornice and the shadow below it."""
    length, trim = lot.length, _lit(easel, front.frame, lot.normal)
    canvas.drawRect(box(0, 0, length, 0.35), ink(mix(lit, BLACK, 0.3)))
    canvas.drawRect(box(0, GROUND_FLOOR_M - 0.14, length, GROUND_FLOOR_M), ink(trim))
    canvas.drawRect(box(0, front.height - 0.72, length, front.height - 0.4), ink(BLACK, 0.15))
    canvas.drawRect(box(0, front.height - 0.4, length, front.height), ink(trim))


def _blade(easel: Easel, lot: Lot, bay: int, shop: Shop, count: int) -> None:
    """Hang out a sign that faces along the street, upright where the script is."""
    y = lot.near + (bay + 0.12) * lot.length / count
    if y < easel.camera.y_m + 2 or shop.blade is None:
        return
    distance = max(easel.camera.distance_m(lot.x, y), 1.0)
    is_upright = shop.script in UPRIGHT and len(shop.text) > 1
    wide, high = (0.62, min(0.56 * len(shop.text), 3.4)) if is_upright else (1.5, 0.5)
    start = lot.x + 0.12 if lot.x < 0 else lot.x - 0.12 - wide
    ground, letters = (easel.light.on(each, (0.0, -1.0, 0.0), distance) for each in (shop.blade, (0.97, 0.96, 0.92)))
    low = 3.5
    with easel.on((start, y, low), (1, 0, 0), (0, 0, 1)) as canvas:
        canvas.drawRect(box(-0.05, -0.05, wide + 0.05, high + 0.05), ink(letters))
        canvas.drawRect(box(0, 0, wide, high), ink(ground))
        size = high / len(shop.text) if is_upright else high
        if size * 0.8 * easel.pixels_per_metre(distance) < LEGIBLE_PX:
            return
        if is_upright:
            for k, letter in enumerate(shop.text):
                write(
                    canvas, letter, shop.script, box(0.02, high - (k + 1) * size, wide - 0.02, high - k * size), letters
                )
        else:
            write(canvas, shop.text, shop.script, box(0.08, 0.02, wide - 0.08, high - 0.02), letters)
    easel.watch(Words(shop.text, shop.script, "shop"), (start, y, low), (start + wide, y, low + high))


def _awning(easel: Easel, front: Front, lot: Lot, bay: int, colour: Colour) -> None:
    """Paint a striped awning over a shop."""
    pitch = lot.length / bays(front, lot)
    tilt, out = 0.32, -lot.outwards
    up = (-sin(tilt) * out * -1, 0.0, cos(tilt))
    shades = [_lit(easel, each, up) for each in (colour, WHITE)]
    start = (lot.x, lot.near + bay * pitch + 0.1, 2.62)
    length, stripe = pitch - 0.2, front.awning_stripe
    with easel.on(start, (0, 1, 0), (out * cos(tilt), 0, -sin(tilt))) as canvas:
        for side, (low, high) in enumerate(((0.0, 1.25), (1.25, 1.5))):
            k = 0
            while k * stripe < length:
                shade = mix(shades[k % 2], BLACK, 0.18 * side)
                canvas.drawRect(box(k * stripe, low, min((k + 1) * stripe, length), high), ink(shade))
                k += 1


def _roof(easel: Easel, front: Front, lot: Lot) -> None:
    """Paint the slope over the front, with its courses of tiles."""
    if front.roof_pitch <= 0:
        return
    out, pitch = lot.outwards, front.roof_pitch
    tiles = _lit(easel, front.roof, (-out * sin(pitch), 0.0, cos(pitch)))
    run, length = ROOF_DEPTH_M / cos(pitch), lot.length + 0.4
    with easel.on(
        (lot.x - out * EAVES_M, lot.near - 0.2, front.height - 0.05), (0, 1, 0), (out * cos(pitch), 0, sin(pitch))
    ) as canvas:
        canvas.drawRect(box(0, 0, length, run), ink(tiles))
        if 0.06 * easel.pixels_per_metre(_distance(easel, lot)) > DETAIL_PX:
            for k in range(1, int(run / 0.35)):
                canvas.drawLine(0, k * 0.35, length, k * 0.35, line(mix(tiles, BLACK, 0.2), 0.06))
        canvas.drawRect(box(0, -0.12, length, 0.08), ink(mix(tiles, BLACK, 0.4)))
        _veil(easel, canvas, lot, run)


def _end(easel: Easel, front: Front, lot: Lot) -> None:
    """Paint the end that faces the camera: the gable, or the side of a flat roof's parapet."""
    y = lot.near if easel.camera.y_m < lot.near else lot.far
    if lot.near <= easel.camera.y_m <= lot.far:
        return
    faces = -1.0 if y == lot.near else 1.0
    colour = easel.light.on(front.wall, (0.0, faces, 0.0), easel.camera.distance_m(lot.x, y))
    out, height = lot.outwards, front.height
    with easel.on((lot.x, y, 0), (out, 0, 0), (0, 0, 1)) as canvas:
        outline = [(0.0, 0.0), (0.0, height), (END_M, height), (END_M, 0.0)]
        if front.roof_pitch > 0:
            outline.insert(2, (ROOF_DEPTH_M, height + ROOF_DEPTH_M * sin(front.roof_pitch) / cos(front.roof_pitch)))
        canvas.drawPath(shape(outline), ink(colour))
        canvas.drawRect(box(0, 0, END_M, 0.4), ink(BLACK, 0.2))
