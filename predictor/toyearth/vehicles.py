"""Cars: a profile drawn out to a car's width, with windows, lights, wheels and a number plate of the country."""

from dataclasses import dataclass

import skia

from predictor.toyearth.colour import BLACK, WHITE, Colour, mix
from predictor.toyearth.countries import Plates
from predictor.toyearth.easel import Easel, box, ink, shape
from predictor.toyearth.lettering import LEGIBLE_PX, Words, write

WIDTH_M, LENGTH_M = 1.76, 4.2
_GLASS: Colour = (0.12, 0.15, 0.20)
_TYRE: Colour = (0.10, 0.10, 0.11)
_PLATE_PAINTS: dict[str, Colour] = {
    "white": (0.95, 0.95, 0.93), "yellow": (0.97, 0.78, 0.12), "blue": (0.13, 0.28, 0.65), "black": (0.08, 0.08, 0.09),
    "red": (0.62, 0.10, 0.16),
}  # fmt: skip
# Profiles from the rear at a = 0 to the bonnet: (metres along, metres up), and which edges are glass.
_SHAPES: dict[str, tuple[tuple[tuple[float, float], ...], tuple[int, ...]]] = {
    "hatchback": (
        ((0.0, 0.3), (0.0, 0.95), (0.28, 1.42), (2.25, 1.46), (2.95, 0.98), (4.1, 0.82), (4.2, 0.35)), (1, 3),
    ),
    "saloon": (
        ((0.0, 0.3), (0.0, 0.9), (0.6, 0.96), (1.15, 1.38), (2.35, 1.42), (3.0, 0.96), (4.1, 0.8), (4.2, 0.35)), (2, 4),
    ),
    "van": (((0.0, 0.3), (0.0, 1.1), (0.06, 2.0), (3.2, 2.02), (3.75, 1.15), (4.2, 1.0), (4.25, 0.35)), (1, 3)),
    "pickup": (
        ((0.0, 0.4), (0.0, 0.95), (1.7, 0.97), (1.8, 1.55), (2.7, 1.58), (3.2, 1.05), (4.3, 0.95), (4.4, 0.4)), (4,),
    ),
}  # fmt: skip
KINDS = tuple(_SHAPES)


@dataclass(frozen=True)
class Car:
    """A car on a street: where its middle is across the street, where it begins, and whether it drives away."""

    x: float
    y: float
    away: bool
    kind: str
    paint: Colour
    plates: Plates
    number: str


def paint_car(easel: Easel, car: Car) -> None:
    """Paint a car, seen from the end that is nearer."""
    outline, panes = _SHAPES[car.kind]
    camera, light = easel.camera, easel.light
    left, right = car.x - WIDTH_M / 2, car.x + WIDTH_M / 2
    distance = max(camera.distance_m(car.x, car.y), 1.0)
    points = [(a if car.away else LENGTH_M - a, b) for a, b in outline]
    with easel.on_ground() as canvas:
        shadow = box(left - 0.15, car.y - 0.15, right + 0.15, car.y + LENGTH_M + 0.15)
        canvas.drawRoundRect(shadow, 0.4, 0.4, ink((0.05, 0.05, 0.1), 0.55))
    # The edges of the profile, drawn out from side to side: the far ones first.
    edges = sorted(range(len(points) - 1), key=lambda k: -(points[k][0] + points[k + 1][0]))
    for k in edges:
        (a0, b0), (a1, b1) = points[k], points[k + 1]
        along, up = a1 - a0, b1 - b0
        normal = (0.0, -up, along) if car.away else (0.0, up, -along)
        size = (along * along + up * up) ** 0.5 or 1.0
        normal = (0.0, normal[1] / size, normal[2] / size)
        middle = (car.y + (a0 + a1) / 2, (b0 + b1) / 2)
        if normal[1] * (camera.y_m - middle[0]) + normal[2] * (camera.height_m - middle[1]) <= 0:
            continue
        colour = _GLASS if k in panes else car.paint
        lit = light.on(mix(colour, light.zenith, 0.25 * max(normal[2], 0.0)), normal, distance)
        corners = [(left, car.y + a0, b0), (right, car.y + a0, b0), (right, car.y + a1, b1), (left, car.y + a1, b1)]
        easel.polygon(corners, ink(lit))
    _flank(easel, car, points, left if camera.x_m < left else right if camera.x_m > right else None, distance)
    _end(easel, car, distance)


def _flank(easel: Easel, car: Car, points: list[tuple[float, float]], side: float | None, distance: float) -> None:
    """Paint the side that the camera sees, with its windows and wheels."""
    if side is None:
        return
    normal = (-1.0 if side < car.x else 1.0, 0.0, 0.0)
    lit = easel.light.on(car.paint, normal, distance)
    top = max(b for _a, b in points)
    with easel.on((side, car.y, 0), (0, 1, 0), (0, 0, 1)) as canvas:
        body = shape(points)
        canvas.drawPath(body, ink(lit))
        canvas.save()
        canvas.clipPath(body, True)
        canvas.drawRect(box(0, 0.3, LENGTH_M, 0.52), ink(BLACK, 0.35))
        canvas.drawRect(box(0, 1.0, LENGTH_M, top - 0.1), ink(easel.light.on(_GLASS, normal, distance)))
        for pillar in (1.05, 2.2):
            at = pillar if car.away else LENGTH_M - pillar
            canvas.drawRect(box(at - 0.06, 0.9, at + 0.06, top), ink(lit))
        canvas.restore()
        for wheel in (0.8, 3.35):
            at = wheel if car.away else LENGTH_M - wheel
            canvas.drawCircle(at, 0.33, 0.34, ink(_TYRE))
            canvas.drawCircle(at, 0.33, 0.19, ink(easel.light.on((0.7, 0.7, 0.72), normal, distance)))


def _end(easel: Easel, car: Car, distance: float) -> None:
    """Paint lights and plate on the end that faces the camera: red behind, pale in front."""
    if easel.camera.y_m > car.y:
        return
    ground, letters = car.plates.rear if car.away else car.plates.front
    lamp: Colour = (0.85, 0.06, 0.06) if car.away else (0.98, 0.97, 0.86)
    lit = lamp if easel.light.is_dark else easel.light.on(lamp, (0.0, -1.0, 0.0), distance)
    plate, text = (easel.light.on(_PLATE_PAINTS[each], (0.0, -1.0, 0.0), distance) for each in (ground, letters))
    with easel.on((car.x, car.y - 0.01, 0), (1, 0, 0), (0, 0, 1)) as canvas:
        canvas.drawRect(box(-WIDTH_M / 2 + 0.02, 0.3, WIDTH_M / 2 - 0.02, 0.46), ink(BLACK, 0.45))
        for side in (-1, 1):
            canvas.drawOval(box(side * 0.84, 0.62, side * 0.5, 0.84), ink(lit))
            canvas.drawRect(box(side * 0.8, 0.0, side * 0.58, 0.32), ink(_TYRE))
        canvas.drawRect(box(-0.34, 0.5, 0.34, 0.68), ink(plate))
        if car.plates.band:
            canvas.drawRect(box(-0.34, 0.5, -0.26, 0.68), ink((0.0, 0.2, 0.6)))
        if 0.16 * easel.pixels_per_metre(distance) >= LEGIBLE_PX:
            write(canvas, car.number, "Latn", box(-0.24, 0.5, 0.32, 0.68), text)
            easel.watch(Words(car.number, "Latn", "plate"), (car.x - 0.34, car.y, 0.5), (car.x + 0.34, car.y, 0.68))


def paint_headlights(easel: Easel, car: Car) -> None:
    """Light the road before a car that comes, when it is dark."""
    if car.away or not easel.light.is_dark:
        return
    with easel.on_ground() as canvas:
        cone = [(car.x - 0.8, car.y), (car.x + 0.8, car.y), (car.x + 2.0, car.y - 9), (car.x - 2.0, car.y - 9)]
        paint = skia.Paint(ink(mix(WHITE, (1.0, 0.9, 0.6), 0.5), 0.14))
        canvas.drawPath(shape(cone), paint)
