"""The street's floor: carriageway, lines, kerbs, pavements, and the shadows that fall on them."""

from dataclasses import dataclass
from math import cos, sin

import skia

from predictor.toyearth.colour import BLACK, SHADOW, Colour, mix
from predictor.toyearth.countries import RoadLines
from predictor.toyearth.easel import Easel, blend, box, ink, line

FAR_M = 2000.0
LINES_END_M = 160.0  # further away a line is thinner than a hair
JOINTS_END_M = 26.0
STRIPES_END_M = 45.0
BEHIND_M = 40.0  # the ground goes on behind a camera that looks aside
KERB_M = 0.35
LINE_M = 0.14  # width of a painted line
DASH_M, GAP_M = 3.0, 4.5
PENUMBRA_M = 0.25
UP = (0.0, 0.0, 1.0)
ASPHALT: Colour = (0.37, 0.37, 0.39)
_PAINTS: dict[str, Colour] = {"white": (0.93, 0.93, 0.90), "yellow": (0.95, 0.74, 0.13)}


@dataclass(frozen=True)
class Street:
    """A street's cross-section (metres) and colours."""

    carriageway: float  # from kerb to kerb
    pavement: float  # of each side
    slab: float  # side of a paving stone
    stone: Colour  # of the pavement
    asphalt: Colour
    kerb: Colour
    kerb_stripe: float  # length of the painted kerb's stripes, metres; 0 is a plain kerb
    stripe: Colour
    ground: Colour  # beside the street
    lines: RoadLines

    @property
    def half(self) -> float:
        """Return how far the fronts stand from the middle."""
        return self.carriageway / 2 + self.pavement


def paint_street(easel: Easel, street: Street) -> None:
    """Paint the ground to the horizon and the street on it."""
    edge = street.carriageway / 2
    paint_ground(easel, street.ground)
    with easel.on_ground() as canvas:
        _strip(easel, canvas, -street.half, street.half, street.stone)
        _slabs(easel, canvas, street)
        _strip(easel, canvas, -edge, edge, street.asphalt)
        for side in (-1, 1):
            _strip(easel, canvas, side * edge, side * (edge + KERB_M), street.kerb)
            _stripes(easel, canvas, street, side)
            gutter = box(side * (edge - 0.12), easel.camera.y_m - BEHIND_M, side * edge, easel.camera.y_m + 60)
            canvas.drawRect(gutter, ink(BLACK, 0.2))
        _lines(easel, canvas, street)


def paint_snow(easel: Easel, street: Street, snow: float) -> None:
    """Heap snow along both kerbs, as ploughs leave it, and let some lie on the carriageway."""
    edge = street.carriageway / 2
    with easel.on_ground() as canvas:
        near, far = (_seen(easel, (0.93, 0.95, 0.98), distance) for distance in (4.0, 80.0))
        here = easel.camera.y_m
        for side in (-1, 1):
            for inner, outer, alpha in ((edge - 0.42, edge - 0.02, 0.9), (street.half - 1.0, street.half, 0.95)):
                paint = blend((0, here), (0, here + 90), {0.0: (near, alpha * snow), 1.0: (far, alpha * snow)})
                canvas.drawRect(box(side * inner, here - BEHIND_M, side * outer, here + 300), paint)
        canvas.drawRect(box(-edge, here - BEHIND_M, edge, here + 300), ink(near, 0.42 * snow))


def paint_ground(easel: Easel, colour: Colour) -> None:
    """Paint open ground to the horizon."""
    with easel.on_ground() as canvas:
        _strip(easel, canvas, -900, 900, colour)


def _seen(easel: Easel, colour: Colour, distance_m: float) -> Colour:
    return easel.light.on(colour, UP, distance_m)


def _strip(easel: Easel, canvas: skia.Canvas, x0: float, x1: float, colour: Colour) -> None:
    """Fill a strip that runs from behind the camera to the horizon, paler with distance."""
    here = easel.camera.y_m
    stops = {0.0: 0.0, 0.02: 40.0, 0.1: 200.0, 0.4: 800.0, 1.0: FAR_M}
    fading = {share: (_seen(easel, colour, distance), 1.0) for share, distance in stops.items()}
    canvas.drawRect(box(x0, here - BEHIND_M, x1, here + FAR_M), blend((0, here), (0, here + FAR_M), fading))


def _slabs(easel: Easel, canvas: skia.Canvas, street: Street) -> None:
    """Lay paving stones near by: every second one a little darker, all in one stroke."""
    here, slab, inner = easel.camera.y_m, street.slab, street.carriageway / 2
    if slab * easel.pixels_per_metre(5) < 2:
        return
    dark = skia.Path()
    columns = int(street.pavement / slab) + 1
    first = int((here - 6) / slab)
    for row in range(first, int((here + JOINTS_END_M) / slab)):
        for column in range(row % 2, columns, 2):
            for side in (-1, 1):
                x0, x1 = inner + column * slab, min(inner + (column + 1) * slab, street.half)
                dark.addRect(box(side * x0, row * slab, side * x1, (row + 1) * slab))
    near, far = (mix(_seen(easel, street.stone, 8), BLACK, 0.3), _seen(easel, street.stone, JOINTS_END_M))
    fading = {0.0: (near, 0.75), 0.5: (near, 0.55), 1.0: (far, 0.0)}
    canvas.drawPath(dark, blend((0, here), (0, here + JOINTS_END_M), fading))


def _stripes(easel: Easel, canvas: skia.Canvas, street: Street, side: int) -> None:
    """Paint every second length of the kerb."""
    edge, length, here = street.carriageway / 2, street.kerb_stripe, easel.camera.y_m
    if length <= 0:
        return
    painted = skia.Path()
    for k in range(int((here - 6) / (2 * length)), int((here + STRIPES_END_M) / (2 * length)) + 1):
        painted.addRect(box(side * edge, 2 * k * length, side * (edge + KERB_M), (2 * k + 1) * length))
    near, far = (_seen(easel, street.stripe, distance) for distance in (0.0, STRIPES_END_M))
    canvas.drawPath(painted, blend((0, here), (0, here + STRIPES_END_M), {0.0: (near, 1.0), 1.0: (far, 0.6)}))


def _lines(easel: Easel, canvas: skia.Canvas, street: Street) -> None:
    """Paint the line between opposite directions, dashed, and the lines at the edges."""
    centre, border = (_PAINTS[colour] for colour in street.lines)
    here, period = easel.camera.y_m, DASH_M + GAP_M
    dashes, edges = skia.Path(), skia.Path()
    for k in range(int((here - 10) / period), int((here + LINES_END_M) / period)):
        dashes.addRect(box(-LINE_M / 2, k * period, LINE_M / 2, k * period + DASH_M))
    for side in (-1, 1):
        x = side * (street.carriageway / 2 - 0.45)
        edges.addRect(box(x - LINE_M / 2, here - 20, x + LINE_M / 2, here + LINES_END_M))
    for path, colour in ((dashes, centre), (edges, border)):
        fading = {share: (_seen(easel, colour, share * LINES_END_M), 1.0) for share in (0.0, 0.3, 1.0)}
        canvas.drawPath(path, blend((0, here), (0, here + LINES_END_M), fading))


def paint_crossing(easel: Easel, street: Street, near: float, depth: float, turn: float, colour: Colour) -> None:
    """Pave a crossing from kerb to kerb with stripes, turned by an angle in radians from across the street."""
    edge = street.carriageway / 2
    light, dark = (_seen(easel, each, near) for each in (colour, mix(colour, BLACK, 0.55)))
    with easel.on_ground() as canvas:
        canvas.clipRect(box(-edge, near, edge, near + depth), True)
        canvas.drawPaint(ink(dark))
        along, across = (cos(turn), sin(turn)), (-sin(turn), cos(turn))
        bars = skia.Path()
        for k in range(-14, 15):
            x, y = across[0] * k * 1.1, near + depth / 2 + across[1] * k * 1.1
            bars.moveTo(x - along[0] * 15, y - along[1] * 15)
            bars.lineTo(x + along[0] * 15, y + along[1] * 15)
        canvas.drawPath(bars, line(light, 0.55))


def paint_row_shadow(easel: Easel, street: Street, height_m: float) -> None:
    """Lay the shadow of a row of houses of this height over the street, from the side on which the sun stands."""
    strength = 0.5 * sum(easel.light.direct) / 2.6
    across = easel.light.cast(height_m)[0]
    if easel.light.is_dark or abs(across) < 0.2:
        return
    start = -street.half if across > 0 else street.half
    reach = min(abs(across), 2 * street.half) * (1 if across > 0 else -1)
    # A gradient for its edge: a blur does not know perspective, and would spread over the whole street.
    core = max(1 - PENUMBRA_M / abs(reach), 0.0)
    fading = {0.0: (SHADOW, strength), core: (SHADOW, strength), 1.0: (SHADOW, 0.0)}
    with easel.on_ground() as canvas:
        here = easel.camera.y_m
        canvas.drawRect(
            box(start, here - BEHIND_M, start + reach, here + 300), blend((start, 0), (start + reach, 0), fading)
        )
