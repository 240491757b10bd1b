"""Buildings along a street: a front with windows, shops and a roof, painted flat on its wall and seen in perspective.

A front is painted in the light that falls on it; the air between is laid over it last, thicker towards its far end.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, pi, sin
from random import Random

import skia

from predictor.toyearth.camera import XYZ
from predictor.toyearth.easel import Easel, blend, box, ink, line, record, shape
from predictor.toyearth.moment import Colour, mix

GROUND_FLOOR_M = 3.4
EAVES_M = 0.35
ROOF_DEPTH_M = 4.5  # from the eaves to the ridge, seen from above
END_M = 9.0  # how deep a house stands
DETAIL_PX = 1.2  # what would be thinner is left out
_BLACK: Colour = (0.0, 0.0, 0.0)
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
    balconies: bool
    shops: float  # share of the bays that are shops


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


def paint_house(easel: Easel, front: Front, lot: Lot, rng: Random) -> None:
    """Paint a house: roof, the end that faces the camera, the front."""
    _roof(easel, front, lot)
    _end(easel, front, lot)
    lit = _lit(easel, front.wall, lot.normal)
    with easel.on((lot.x, lot.near, 0), (0, 1, 0), (0, 0, 1)) as canvas:
        foot = {0.0: (mix(lit, _BLACK, 0.2), 1.0), 1.0: (lit, 1.0)}
        canvas.drawRect(box(0, 0, lot.length, front.height), blend((0, 0), (0, front.height * 0.6), foot))
        _windows(easel, canvas, front, lot, rng)
        _street_level(easel, canvas, front, lot, rng)
        _mouldings(canvas, front, lot.length, lit)
        _veil(easel, canvas, lot, front.height)


def _lit(easel: Easel, colour: Colour, normal: XYZ) -> Colour:
    """Return a colour in the light, without the air before it."""
    return easel.light.on(colour, (normal[0], normal[1], normal[2]), 0.0)


def _veil(easel: Easel, canvas: skia.Canvas, lot: Lot, height: float) -> None:
    """Lay the air over a front."""
    light = easel.light
    air = {0.0: (light.haze, light.veil(lot.near)), 1.0: (light.haze, light.veil(lot.far))}
    canvas.drawRect(box(0, -0.1, lot.length, height + 0.1), blend((0, 0), (lot.length, 0), air))


def _windows(easel: Easel, canvas: skia.Canvas, front: Front, lot: Lot, rng: Random) -> None:
    """Play one recorded window wherever one belongs."""
    bays, storeys = _bays(front, lot), max(1, int((front.height - GROUND_FLOOR_M) / front.storey))
    pitch = lot.length / bays
    width, height = pitch * front.window_width, front.storey * 0.58
    dark, lamp = (_window(easel, front, lot, width, height, is_lit) for is_lit in (False, True))
    for storey in range(storeys):
        for bay in range(bays):
            is_lit = easel.light.is_dark and rng.random() < 0.55
            at = skia.Matrix.Translate(bay * pitch + (pitch - width) / 2, GROUND_FLOOR_M + 0.15 + storey * front.storey)
            canvas.drawPicture(lamp if is_lit else dark, at)


def _bays(front: Front, lot: Lot) -> int:
    return max(1, round(lot.length / front.bay))


def _window(easel: Easel, front: Front, lot: Lot, width: float, height: float, is_lit: bool) -> skia.Picture:
    """Record a window whose opening has its lower left corner at (0, 0)."""
    frame = _lit(easel, front.frame, lot.normal)
    scale = easel.pixels_per_metre(lot.near)
    reveal = 0.08 if lot.outwards < 0 else width - 0.08  # the side of the opening that the camera sees

    def draw(canvas: skia.Canvas) -> None:
        canvas.drawPath(_opening(width, height, front.window_arch, 0.12), ink(frame))
        canvas.drawPath(_opening(width, height, front.window_arch, 0.0), _glass(easel, lot, height, is_lit))
        canvas.drawRect(box(reveal - 0.08, 0, reveal, height * 0.97), ink(_BLACK, 0.28))
        if 0.06 * scale > DETAIL_PX:
            canvas.drawLine(width / 2, 0, width / 2, height, line(frame, 0.06))
            canvas.drawLine(0, height * 0.62, width, height * 0.62, line(frame, 0.05))
        canvas.drawRect(box(-0.18, -0.24, width + 0.18, -0.1), ink(frame))
        canvas.drawRect(box(-0.18, -0.36, width + 0.18, -0.24), ink(_BLACK, 0.2))
        if front.shutter is not None:
            _shutters(canvas, _lit(easel, front.shutter, lot.normal), width, height, 0.03 * scale > DETAIL_PX)
        if front.balconies:
            _balcony(canvas, frame, width, 0.03 * scale > DETAIL_PX)

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
                canvas.drawLine(left + 0.04, k * 0.14, left + width * 0.42 - 0.04, k * 0.14, line(_BLACK, 0.03, 0.2))


def _balcony(canvas: skia.Canvas, slab: Colour, width: float, has_bars: bool) -> None:
    canvas.drawRect(box(-0.3, -0.2, width + 0.3, -0.05), ink(mix(slab, _BLACK, 0.2)))
    canvas.drawRect(box(-0.3, -0.7, width + 0.3, -0.2), ink(_BLACK, 0.16))
    iron = (0.12, 0.12, 0.14)
    canvas.drawLine(-0.3, 0.8, width + 0.3, 0.8, line(iron, 0.06))
    if has_bars:
        for k in range(int((width + 0.6) / 0.14)):
            canvas.drawLine(-0.28 + k * 0.14, -0.05, -0.28 + k * 0.14, 0.8, line(iron, 0.03))


def _street_level(easel: Easel, canvas: skia.Canvas, front: Front, lot: Lot, rng: Random) -> None:
    """Paint the shops and doors."""
    bays = _bays(front, lot)
    pitch = lot.length / bays
    shop, frame, door = (_lit(easel, colour, lot.normal) for colour in (front.shop, front.frame, front.door))
    glass = _glass(easel, lot, 2.4, easel.light.is_dark)
    for bay in range(bays):
        left = bay * pitch
        if rng.random() < front.shops:
            canvas.drawRect(box(left + 0.2, 0.1, left + pitch - 0.2, 2.55), ink(mix(shop, _BLACK, 0.3)))
            canvas.drawRect(box(left + 0.35, 0.45, left + pitch - 1.25, 2.35), glass)
            canvas.drawRect(box(left + pitch - 1.15, 0.1, left + pitch - 0.35, 2.35), ink(mix(shop, _BLACK, 0.6)))
            canvas.drawRect(box(left + 0.1, 2.55, left + pitch - 0.1, 3.15), ink(shop))
            canvas.drawRect(box(left + 0.1, 2.47, left + pitch - 0.1, 2.55), ink(_BLACK, 0.3))
        else:
            middle = left + pitch / 2
            canvas.drawRect(box(middle - 0.55, 0.05, middle + 0.55, 2.55), ink(frame))
            canvas.drawRect(box(middle - 0.45, 0.05, middle + 0.45, 2.4), ink(door))
            for low in (0.3, 1.3):
                canvas.drawRect(box(middle - 0.28, low, middle + 0.28, low + 0.75), ink(mix(door, _BLACK, 0.25)))


def _mouldings(canvas: skia.Canvas, front: Front, length: float, lit: Colour) -> None:
    """Paint what runs along a front: plinth, belt, cornice and the shadow below it."""
    bright = mix(lit, (1.0, 1.0, 1.0), 0.14)
    canvas.drawRect(box(0, 0, length, 0.35), ink(mix(lit, _BLACK, 0.3)))
    canvas.drawRect(box(0, GROUND_FLOOR_M - 0.18, length, GROUND_FLOOR_M - 0.04), ink(bright))
    canvas.drawRect(box(0, front.height - 0.62, length, front.height - 0.3), ink(_BLACK, 0.15))
    canvas.drawRect(box(0, front.height - 0.3, length, front.height), ink(bright))


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
        if 0.06 * easel.pixels_per_metre(lot.near) > DETAIL_PX:
            for k in range(1, int(run / 0.35)):
                canvas.drawLine(0, k * 0.35, length, k * 0.35, line(mix(tiles, _BLACK, 0.2), 0.06))
        canvas.drawRect(box(0, -0.12, length, 0.08), ink(mix(tiles, _BLACK, 0.4)))
        _veil(easel, canvas, lot, run)


def _end(easel: Easel, front: Front, lot: Lot) -> None:
    """Paint the end that faces the camera: the gable, or the side of a flat roof's parapet."""
    colour = easel.light.on(front.wall, (0.0, -1.0, 0.0), lot.near)
    out, height = lot.outwards, front.height
    corners: Sequence[XYZ] = [(lot.x, lot.near, 0), (lot.x, lot.near, height), (lot.x + out * END_M, lot.near, height),
                              (lot.x + out * END_M, lot.near, 0)]  # fmt: skip
    easel.polygon(corners, ink(colour))
    if front.roof_pitch > 0:
        ridge = height + ROOF_DEPTH_M * sin(front.roof_pitch) / cos(front.roof_pitch)
        gable: Sequence[XYZ] = [(lot.x, lot.near, height), (lot.x + out * ROOF_DEPTH_M, lot.near, ridge),
                                (lot.x + out * 2 * ROOF_DEPTH_M, lot.near, height)]  # fmt: skip
        easel.polygon(gable, ink(colour))
