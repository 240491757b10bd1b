"""The map: who was nearer in each square of ten degrees. Squares, so that no photo's place can be read off it."""

import json
import math
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from django.utils.translation import gettext as _
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline

from geogame.charts.easel import SMALL, Sheet

SHAPES = Path(__file__).resolve().parents[2] / "static" / "geo" / "coarse.json"
SQUARE = 10  # degrees
BELOW = 34  # CSS pixels for words
STEP, STEP_NARROW = 0.8, 1.6  # degrees between two points of a coast: the drawing is small


@cache
def land(step: float) -> Outline:
    """Return the outline of the land, degrees as (longitude, latitude), with points so many degrees apart."""
    told = json.loads(SHAPES.read_text())
    rings = [_ring(flat, told["units"], step) for flat in told["land"]]
    return Outline.make_compound_path(*(Outline(ring, closed=True) for ring in rings if len(ring) > 3))


def _ring(flat: list[int], units: int, step: float) -> np.ndarray:
    """Turn steps in Web Mercator into degrees (n, 2), thinned out, closed."""
    x, y = np.cumsum(np.array(flat, dtype=float).reshape(-1, 2), axis=0).T
    lat = np.degrees(np.arctan(np.sinh(math.pi * (1 - 2 * y / units))))
    points, kept = np.column_stack([x / units * 360 - 180, lat]), [0]
    for number in range(1, len(points)):
        if np.abs(points[number] - points[kept[-1]]).max() > step:
            kept.append(number)
    return points[[*kept, 0]]


def squares(report: dict[str, Any], sheet: Sheet) -> None:
    """Each square with enough duels: a round mark where people won more, a hexagon where the machine did."""
    axes = sheet.axes(left=2, right=2, bottom=BELOW, top=2)
    axes.set(xlim=(-180, 180), ylim=(-60, 85), xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.add_patch(
        PathPatch(land(STEP_NARROW if sheet.narrow else STEP), facecolor=sheet.line, linewidth=0, alpha=0.55)
    )
    found = report["map"]
    _explain(axes, sheet)
    if not found:
        return sheet.nothing(axes, _("No square has enough duels yet"))
    pixels = sheet.width / 36  # of a square
    for square in found:
        _square(axes, sheet, square, pixels)
    return None


def _square(axes: Any, sheet: Sheet, square: dict[str, Any], pixels: float) -> None:
    won, lost = square["people_won"], square["machine_won"]
    x, y = square["lng"] + SQUARE / 2, square["lat"] + SQUARE / 2
    lead = abs(won - lost) / max(1, won + lost)
    colour = sheet.soft if won == lost else sheet.people if won > lost else sheet.machine
    axes.fill(
        [square["lng"], square["lng"] + SQUARE, square["lng"] + SQUARE, square["lng"]],
        [square["lat"], square["lat"], square["lat"] + SQUARE, square["lat"] + SQUARE],
        color=colour, alpha=0.15 + 0.35 * lead, linewidth=0,
    )  # fmt: skip
    if won == lost:
        axes.plot([x], [y], marker="D", markersize=pixels * 0.25, color=sheet.soft)
        return
    sheet.points(axes, "people" if won > lost else "machine", [x], [y], pixels * (0.42 + 0.25 * lead))


def _explain(axes: Any, sheet: Sheet) -> None:
    """Say below the map what the marks mean."""
    said = [
        (0.02, "people", _("people won more")),
        (0.38 if sheet.narrow else 0.24, "machine", _("the machine won more")),
        (0.8 if sheet.narrow else 0.49, "", _("even")),
    ]
    y = -BELOW / 2 / (sheet.height - BELOW)
    for x, side, words in said:
        marker, colour = {"people": ("o", sheet.people), "machine": ("h", sheet.machine)}.get(side, ("D", sheet.soft))
        axes.plot([x], [y], marker=marker, markersize=7, color=colour, transform=axes.transAxes, clip_on=False)
        sheet.write(axes, x + (0.03 if sheet.narrow else 0.012), y, words, transform=axes.transAxes, color=sheet.soft,
                    fontsize=SMALL * (0.9 if sheet.narrow else 1))  # fmt: skip
    if not sheet.narrow:
        words = _("squares of 10 degrees with at least five duels")
        sheet.write(axes, 0.99, y, words, transform=axes.transAxes, ha="right", color=sheet.soft, fontsize=SMALL)
