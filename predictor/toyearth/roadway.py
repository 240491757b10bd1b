"""The street's floor: carriageway, lines, kerbs, pavements, and the shadows that fall on them."""

from dataclasses import dataclass

import skia

from predictor.toyearth.camera import NEAREST_M
from predictor.toyearth.countries import RoadLines
from predictor.toyearth.easel import Easel, blend, box, ink, line
from predictor.toyearth.moment import Colour, mix

FAR_M = 2000.0
LINES_END_M = 160.0  # further away a line is thinner than a hair
JOINTS_END_M = 26.0
LINE_M = 0.12  # width of a painted line
DASH_M, GAP_M = 3.0, 4.5
PENUMBRA_M = 0.25
UP = (0.0, 0.0, 1.0)
ASPHALT: Colour = (0.30, 0.30, 0.32)
_PAINTS: dict[str, Colour] = {"white": (0.93, 0.93, 0.90), "yellow": (0.95, 0.74, 0.13)}
_BLACK: Colour = (0.0, 0.0, 0.0)
_SHADOW: Colour = (0.06, 0.07, 0.16)


@dataclass(frozen=True)
class Street:
    """A street's cross-section (metres) and colours."""

    carriageway: float  # from kerb to kerb
    pavement: float  # of each side
    slab: float  # side of a paving stone
    stone: Colour  # of the pavement
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
    with easel.on_ground() as canvas:
        _strip(easel, canvas, -300, 300, street.ground)
        _strip(easel, canvas, -street.half, street.half, street.stone)
        _joints(easel, canvas, street)
        _strip(easel, canvas, -edge, edge, ASPHALT)
        for side in (-1, 1):
            _strip(easel, canvas, side * edge, side * (edge + 0.16), street.kerb)
            _stripes(easel, canvas, street, side)
            gutter = box(side * (edge - 0.1), NEAREST_M, side * edge, 60)
            canvas.drawRect(gutter, ink(_BLACK, 0.18))
        _lines(easel, canvas, street)


def _seen(easel: Easel, colour: Colour, distance_m: float) -> Colour:
    return easel.light.on(colour, UP, distance_m)


def _strip(easel: Easel, canvas: skia.Canvas, x0: float, x1: float, colour: Colour) -> None:
    """Fill a strip that runs from the camera to the horizon, paler with distance."""
    stops = {0.0: 0.0, 0.02: 40.0, 0.1: 200.0, 0.4: 800.0, 1.0: FAR_M}
    fading = {share: (_seen(easel, colour, distance), 1.0) for share, distance in stops.items()}
    canvas.drawRect(box(x0, NEAREST_M, x1, FAR_M), blend((0, 0), (0, FAR_M), fading))


def _joints(easel: Easel, canvas: skia.Canvas, street: Street) -> None:
    """Draw the joints between paving stones, near by."""
    if street.slab * easel.pixels_per_metre(4) < 3:
        return
    dark = mix(_seen(easel, street.stone, 5), _BLACK, 0.25)
    inner = street.carriageway / 2
    for k in range(1, int(JOINTS_END_M / street.slab)):
        y = k * street.slab + NEAREST_M
        paint = line(dark, 0.02, 0.7 * (1 - y / (JOINTS_END_M + 1)))
        for side in (-1, 1):
            canvas.drawLine(side * inner, y, side * street.half, y, paint)
    for k in range(1, int(street.pavement / street.slab) + 1):
        x = inner + k * street.slab
        for side in (-1, 1):
            canvas.drawLine(side * x, NEAREST_M, side * x, JOINTS_END_M, line(dark, 0.02, 0.4))


def _stripes(easel: Easel, canvas: skia.Canvas, street: Street, side: int) -> None:
    """Paint every second length of the kerb."""
    if street.kerb_stripe <= 0:
        return
    edge, y = street.carriageway / 2, NEAREST_M
    while y < 40:
        paint = ink(_seen(easel, street.stripe, y))
        canvas.drawRect(box(side * edge, y, side * (edge + 0.16), y + street.kerb_stripe), paint)
        y += 2 * street.kerb_stripe


def _lines(easel: Easel, canvas: skia.Canvas, street: Street) -> None:
    """Paint the line between opposite directions, dashed, and the lines at the edges."""
    centre, border = (_PAINTS[colour] for colour in street.lines)
    y = NEAREST_M + 0.7
    while y < LINES_END_M:
        canvas.drawRect(box(-LINE_M / 2, y, LINE_M / 2, y + DASH_M), ink(_seen(easel, centre, y)))
        y += DASH_M + GAP_M
    for side in (-1, 1):
        x = side * (street.carriageway / 2 - 0.45)
        canvas.drawRect(box(x - LINE_M / 2, NEAREST_M, x + LINE_M / 2, LINES_END_M), ink(_seen(easel, border, 20), 0.9))


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
    fading = {0.0: (_SHADOW, strength), core: (_SHADOW, strength), 1.0: (_SHADOW, 0.0)}
    with easel.on_ground() as canvas:
        canvas.drawRect(box(start, NEAREST_M, start + reach, 300), blend((start, 0), (start + reach, 0), fading))
