"""Houses: a front, a side towards the middle of the picture, a roof, windows, a door: a region's clearest clues."""

from dataclasses import dataclass
from random import Random

from predictor.toyearth.brush import XY, Brush
from predictor.toyearth.character import Character
from predictor.toyearth.moment import Colour, Moment, mix

ROOFS = 8
_TILES: tuple[Colour, ...] = (
    (0.72, 0.34, 0.25), (0.40, 0.42, 0.48), (0.80, 0.55, 0.33), (0.36, 0.50, 0.45), (0.55, 0.30, 0.28),
    (0.44, 0.36, 0.33),
)  # fmt: skip
_DOORS: tuple[Colour, ...] = (
    (0.16, 0.36, 0.56), (0.72, 0.20, 0.20), (0.20, 0.46, 0.34), (0.94, 0.74, 0.26), (0.45, 0.26, 0.42),
    (0.30, 0.22, 0.18),
)  # fmt: skip


@dataclass(frozen=True)
class Plot:
    """Where a house stands in the picture: its front, its depth, the vanishing point."""

    x: float
    y: float  # of the ground
    width: float
    height: float  # of the walls
    depth: float
    vanish: XY

    def back(self, point: XY, share: float = 0.22) -> XY:
        """Move a point of the front to the back of the house, in perspective."""
        return point[0] + (self.vanish[0] - point[0]) * share, point[1] + (self.vanish[1] - point[1]) * share


def paint_house(brush: Brush, moment: Moment, place: Character, plot: Plot, rng: Random) -> None:
    """Paint one house, back to front."""
    roof = place.kind("roof", ROOFS, rng, 0.3)
    wall = place.wall(rng)
    tile = mix(_TILES[place.kind("palette", 6, rng, 0.5)], rng.choice(_TILES), 0.3)
    if place.snow(moment) > 0.3:
        tile = mix(tile, (0.95, 0.96, 1.0), 0.85)
    rise = min(plot.width, plot.height * 1.6) * (0.28 + 0.5 * place.level("pitch", rng))
    _shadow(brush, moment, plot)
    _side(brush, moment, plot, wall)
    _RAISE[roof](brush, moment, plot, wall, tile, rise)
    front = moment.paint(wall, plot.depth)
    brush.box(plot.x, plot.y - plot.height, plot.x + plot.width, plot.y, front)
    _clad(brush, moment, plot, wall, place.kind("wall", 6, rng))
    _openings(brush, moment, place, plot, wall, rng)


def _shadow(brush: Brush, moment: Moment, plot: Plot) -> None:
    if moment.overcast > 0.5 or moment.is_dark:
        return
    reach = plot.height * min(1.2, 22 / (moment.sun_degrees + 12))
    lean = reach if moment.sun_x < 0.5 else -reach
    left, right, y = plot.x, plot.x + plot.width, plot.y
    brush.polygon(
        [(left, y), (right, y), (right + lean, y + reach * 0.16), (left + lean, y + reach * 0.16)], (30, 30, 60, 56)
    )


def _seen_side(plot: Plot) -> float | None:
    """The x of the edge behind which the side wall shows, if one does."""
    if plot.x > plot.vanish[0]:
        return plot.x
    return plot.x + plot.width if plot.x + plot.width < plot.vanish[0] else None


def _side(brush: Brush, moment: Moment, plot: Plot, wall: Colour) -> None:
    edge = _seen_side(plot)
    if edge is None:
        return
    foot, top = (edge, plot.y), (edge, plot.y - plot.height)
    brush.polygon([foot, top, plot.back(top), plot.back(foot)], moment.paint(wall, plot.depth, 0.72))


def _roof_side(brush: Brush, moment: Moment, plot: Plot, tile: Colour, tip: XY) -> None:
    """The slope of a roof whose ridge runs away from the viewer."""
    edge = _seen_side(plot)
    if edge is None:
        return
    eave = (edge, plot.y - plot.height)
    brush.polygon([eave, tip, plot.back(tip), plot.back(eave)], moment.paint(tile, plot.depth, 0.9))


def _flat(brush: Brush, moment: Moment, plot: Plot, wall: Colour, tile: Colour, rise: float) -> None:
    top, over = plot.y - plot.height, plot.width * 0.05
    brush.box(
        plot.x - over,
        top - rise * 0.16,
        plot.x + plot.width + over,
        top,
        moment.paint(mix(wall, tile, 0.4), plot.depth, 0.85),
    )
    brush.box(
        plot.x + plot.width * 0.62,
        top - rise * 0.5,
        plot.x + plot.width * 0.85,
        top - rise * 0.16,
        moment.paint(wall, plot.depth, 0.8),
    )


def _gable(brush: Brush, moment: Moment, plot: Plot, wall: Colour, tile: Colour, rise: float) -> None:
    top, mid, over = plot.y - plot.height, plot.x + plot.width / 2, plot.width * 0.08
    _roof_side(brush, moment, plot, tile, (mid, top - rise))
    brush.polygon(
        [(plot.x - over, top + over), (mid, top - rise - over * 0.6), (plot.x + plot.width + over, top + over)],
        moment.paint(tile, plot.depth),
    )
    brush.polygon(
        [(plot.x, top + 0.002), (mid, top - rise + over), (plot.x + plot.width, top + 0.002)],
        moment.paint(wall, plot.depth, 0.95),
    )


def _hip(brush: Brush, moment: Moment, plot: Plot, wall: Colour, tile: Colour, rise: float) -> None:
    top, over, right = plot.y - plot.height, plot.width * 0.09, plot.x + plot.width
    tuck = plot.width * 0.24
    brush.polygon(
        [
            (plot.x - over, top),
            (plot.x + tuck, top - rise * 0.8),
            (right - tuck, top - rise * 0.8),
            (right + over, top),
        ],
        moment.paint(tile, plot.depth),
    )
    brush.box(
        plot.x - over,
        top - 0.01 / plot.depth,
        right + over,
        top + 0.006 / plot.depth,
        moment.paint(tile, plot.depth, 0.7),
    )


def _dome(brush: Brush, moment: Moment, plot: Plot, wall: Colour, tile: Colour, rise: float) -> None:
    top, mid, r = plot.y - plot.height, plot.x + plot.width / 2, plot.width * 0.40
    brush.box(mid - r * 1.1, top - rise * 0.15, mid + r * 1.1, top, moment.paint(wall, plot.depth, 0.86))
    brush.half_ellipse(mid, top - rise * 0.14, r, max(rise, r * 0.8), moment.paint(tile, plot.depth))
    brush.half_ellipse(
        mid - r * 0.3,
        top - rise * 0.14,
        r * 0.4,
        max(rise, r * 0.8) * 0.8,
        moment.paint(mix(tile, (1, 1, 1), 0.25), plot.depth),
    )
    brush.box(
        mid - r * 0.06,
        top - rise * 0.2 - max(rise, r * 0.8) * 1.3,
        mid + r * 0.06,
        top - rise * 0.7,
        moment.paint(tile, plot.depth, 0.7),
    )


def _steps(brush: Brush, moment: Moment, plot: Plot, wall: Colour, tile: Colour, rise: float) -> None:
    top, count = plot.y - plot.height, 4
    _roof_side(brush, moment, plot, tile, (plot.x + plot.width / 2, top - rise))
    for k in range(count):
        tuck, up = plot.width * 0.5 * k / count, rise * (k + 1) / count
        brush.box(
            plot.x + tuck, top - up, plot.x + plot.width - tuck, top + 0.003, moment.paint(wall, plot.depth, 0.96)
        )
        brush.box(
            plot.x + tuck, top - up, plot.x + plot.width - tuck, top - up + rise * 0.07, moment.paint(tile, plot.depth)
        )


def _onion(brush: Brush, moment: Moment, plot: Plot, wall: Colour, tile: Colour, rise: float) -> None:
    _hip(brush, moment, plot, wall, tile, rise * 0.45)
    top, mid, r = plot.y - plot.height - rise * 0.3, plot.x + plot.width / 2, plot.width * 0.24
    brush.box(mid - r * 0.62, top - r * 1.0, mid + r * 0.62, top + rise * 0.2, moment.paint(wall, plot.depth, 0.9))
    y = top - r * 1.9
    half = ((0.5, 1.0), (0.95, 0.35), (0.95, -0.2), (0.5, -0.8), (0.1, -1.3))
    bulb = [(-bx, by) for bx, by in half] + [(0.0, -2.1), *reversed(half)]
    brush.polygon(
        [(mid + bx * r, y + by * r) for bx, by in bulb], moment.paint(mix(tile, (0.95, 0.78, 0.3), 0.35), plot.depth)
    )


def _pagoda(brush: Brush, moment: Moment, plot: Plot, wall: Colour, tile: Colour, rise: float) -> None:
    top, mid = plot.y - plot.height, plot.x + plot.width / 2
    for half, low, high in ((0.68, 0.02, 0.42), (0.46, 0.55, 0.95)):
        w, y0, y1 = plot.width * half, top - rise * low, top - rise * high
        if low > 0.1:
            brush.box(mid - w * 0.62, y0 - 0.002, mid + w * 0.62, top - rise * 0.3, moment.paint(wall, plot.depth, 0.9))
        lift = rise * 0.14
        eaves = [
            (mid - w, y0 - lift),
            (mid - w * 0.75, y0),
            (mid + w * 0.75, y0),
            (mid + w, y0 - lift),
            (mid + w * 0.5, y1),
            (mid - w * 0.5, y1),
        ]
        brush.polygon(eaves, moment.paint(tile, plot.depth))


def _thatch(brush: Brush, moment: Moment, plot: Plot, wall: Colour, tile: Colour, rise: float) -> None:
    top, mid, w = plot.y - plot.height, plot.x + plot.width / 2, plot.width * 0.66
    straw = mix(tile, (0.80, 0.66, 0.38), 0.65)
    y0 = top + plot.height * 0.14
    cone = [
        (mid - w, y0),
        (mid - w * 0.45, top - rise * 0.55),
        (mid, top - rise * 1.3),
        (mid + w * 0.45, top - rise * 0.55),
        (mid + w, y0),
    ]
    brush.polygon(cone, moment.paint(straw, plot.depth))
    brush.polygon(
        [(mid, top - rise * 1.3), (mid + w * 0.45, top - rise * 0.55), (mid + w, y0), (mid + w * 0.3, y0)],
        moment.paint(straw, plot.depth, 0.88),
    )


_RAISE = (_flat, _hip, _gable, _steps, _dome, _onion, _pagoda, _thatch)


_BEAMS = (  # of a timber frame, in widths and heights of the wall
    ((0, 0), (0.33, 1)),
    ((1, 0), (0.67, 1)),
    ((0, 0.5), (1, 0.5)),
    ((0, 0.02), (1, 0.02)),
    ((0, 0.98), (1, 0.98)),
    ((0.03, 0), (0.03, 1)),
    ((0.97, 0), (0.97, 1)),
)


def _clad(brush: Brush, moment: Moment, plot: Plot, wall: Colour, kind: int) -> None:
    """What the wall is made of: plain, planks, timber frame, a dark foot, stripes, corner stones."""
    x, y, w, h = plot.x, plot.y, plot.width, plot.height
    dark, pale = moment.paint(wall, plot.depth, 0.82), moment.paint(mix(wall, (1, 1, 1), 0.55), plot.depth)
    if kind == 1:
        for k in range(1, max(3, round(h / 0.05 * plot.depth**0.5))):
            at = y - h * k / max(3, round(h / 0.05 * plot.depth**0.5))
            brush.line([(x, at), (x + w, at)], 0.006 / plot.depth, dark)
    elif kind == 2:
        beam, thick = moment.paint(mix(wall, (0.25, 0.16, 0.12), 0.8), plot.depth), w * 0.045
        for a, b in _BEAMS:
            brush.line([(x + w * a[0], y - h * a[1]), (x + w * b[0], y - h * b[1])], thick, beam)
    elif kind == 3:
        brush.box(x, y - h * 0.28, x + w, y, moment.paint(mix(wall, (0.35, 0.30, 0.32), 0.6), plot.depth))
    elif kind == 4:
        for k in range(5):
            brush.box(x + w * (k + 0.28) / 5, y - h, x + w * (k + 0.72) / 5, y, dark)
    elif kind == 5:
        for k in range(4):
            for left in (x, x + w * 0.88):
                brush.box(left, y - h * (k + 0.6) / 4, left + w * 0.12, y - h * k / 4, pale)


def _openings(brush: Brush, moment: Moment, place: Character, plot: Plot, wall: Colour, rng: Random) -> None:
    """A grid of windows over a door."""
    kind = place.kind("window", 7, rng, 0.2)
    columns = max(2, round((2.0 + 2.2 * place.level("rhythm", rng)) * min(1.5, plot.width * plot.depth / 0.42)))
    rows = max(1, round(plot.height * plot.depth / 0.24))
    door = mix(_DOORS[place.kind("door", 6, rng)], rng.choice(_DOORS), 0.1)
    frame = moment.paint(mix(wall, (1, 1, 1), 0.7) if place.levels["trim"] > 0.5 else mix(wall, door, 0.75), plot.depth)
    cell_w, cell_h = plot.width / columns, plot.height / rows
    at = columns // 2
    for row in range(rows):
        for column in range(columns):
            x, y = plot.x + cell_w * (column + 0.5), plot.y - cell_h * (row + 0.5)
            if row == 0 and column == at:
                brush.box(
                    x - cell_w * 0.27, plot.y - cell_h * 0.72, x + cell_w * 0.27, plot.y, moment.paint(door, plot.depth)
                )
                continue
            _window(brush, kind, (x, y), cell_w * 0.5, cell_h * 0.5, frame, _glass(moment, plot, rng))


def _glass(moment: Moment, plot: Plot, rng: Random) -> tuple[int, ...]:
    if moment.is_dark and rng.random() < 0.6:
        return (255, 214, 122)
    return moment.paint((0.24, 0.33, 0.43), plot.depth, rng.uniform(0.9, 1.25))


def _window(
    brush: Brush, kind: int, at: XY, w: float, h: float, frame: tuple[int, ...], glass: tuple[int, ...]
) -> None:
    """One window about a point; w and h are half of its bay."""
    (x, y), s = at, min(w, h)
    if kind == 0:  # square with a cross
        brush.box(x - s * 0.62, y - s * 0.62, x + s * 0.62, y + s * 0.62, frame)
        for dx, dy in ((-0.5, -0.5), (0.06, -0.5), (-0.5, 0.06), (0.06, 0.06)):
            brush.box(x + dx * s, y + dy * s, x + (dx + 0.44) * s, y + (dy + 0.44) * s, glass)
    elif kind == 1:  # tall
        brush.box(x - w * 0.36, y - h * 0.86, x + w * 0.36, y + h * 0.7, frame)
        brush.box(x - w * 0.24, y - h * 0.76, x + w * 0.24, y + h * 0.6, glass)
    elif kind == 2:  # arched
        for grow, colour in ((1.0, frame), (0.72, glass)):
            brush.half_ellipse(x, y - h * 0.1, w * 0.52 * grow, h * 0.72 * grow, colour)
            brush.box(x - w * 0.52 * grow, y - h * 0.12, x + w * 0.52 * grow, y + h * 0.62 * grow, colour)
    elif kind == 3:  # round
        brush.ellipse(x, y, s * 0.68, s * 0.68, frame)
        brush.ellipse(x, y, s * 0.48, s * 0.48, glass)
    elif kind == 4:  # ribbon
        brush.box(x - w * 1.0, y - h * 0.42, x + w * 1.0, y + h * 0.38, frame)
        brush.box(x - w * 0.94, y - h * 0.28, x + w * 0.94, y + h * 0.26, glass)
    elif kind == 5:  # with shutters
        brush.box(x - w * 0.86, y - h * 0.6, x + w * 0.86, y + h * 0.56, frame)
        brush.box(x - w * 0.38, y - h * 0.6, x + w * 0.38, y + h * 0.56, glass)
    else:  # lozenge
        brush.regular(x, y, s * 0.9, 4, 0, frame)
        brush.regular(x, y, s * 0.6, 4, 0, glass)
