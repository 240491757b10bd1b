"""The charts of a comparison, drawn on the server from its stored report: SVG for pages, PNG and PDF to take along."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from geogame.charts import crowds, distances, duels, world
from geogame.charts.easel import Sheet

Report = dict[str, Any]
KINDS = {"svg": "image/svg+xml", "png": "image/png", "pdf": "application/pdf"}
_one_at_a_time = threading.Lock()  # the library's caches are not made for threads


@dataclass(frozen=True)
class Chart:
    """A drawing and its size: width and height in CSS pixels, on a wide screen and on a phone."""

    draw: Callable[[Report, Sheet], None]
    wide: tuple[int, int]
    narrow: tuple[int, int]


CHARTS = {
    "wins": Chart(duels.wins, (500, 200), (328, 230)),
    "medians": Chart(duels.medians, (500, 200), (328, 230)),
    "curves": Chart(distances.curves, (500, 350), (328, 320)),
    "thresholds": Chart(distances.thresholds, (500, 350), (328, 380)),
    "pairs": Chart(distances.pairs, (500, 350), (328, 340)),
    "map": Chart(world.squares, (1000, 470), (328, 210)),
    "crowds": Chart(crowds.crowds, (500, 350), (328, 300)),
    "calibration": Chart(crowds.calibration, (1000, 380), (328, 860)),
}


def draw(
    name: str, report: Report, kind: str, theme: str, *, narrow: bool, title: str = "", caption: Sequence[str] = ()
) -> bytes:
    """Draw a chart as bytes of this kind; `theme` is dark or light. Raises KeyError for an unknown chart.

    The title is for programs and screen readers; the caption's lines are printed below the drawing.
    """
    chart = CHARTS[name]
    width, height = chart.narrow if narrow else chart.wide
    with _one_at_a_time:
        sheet = Sheet(width, height, theme, narrow=narrow, caption=caption)
        chart.draw(report, sheet)
        return sheet.save(kind, title)
