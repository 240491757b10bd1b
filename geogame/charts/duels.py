"""Two charts of single figures with their intervals: who won how many duels, and both medians."""

import math
from typing import Any

from django.utils.translation import gettext as _
from matplotlib.axes import Axes

from geogame.charts import scales
from geogame.charts.easel import POINT, SMALL, Sheet
from geogame.statistics.paper import PAPER

PAPER_RATE = 1 - PAPER["machine_won"] / PAPER["rounds"]  # of the people


def wins(report: dict[str, Any], sheet: Sheet) -> None:
    """The share of decided duels that people won; below it the mean by game, as anybody may watch it."""
    axes = sheet.axes(left=16, right=26, bottom=52, top=40)
    axes.set(xlim=(0, 1), ylim=(-0.6, 1.6), yticks=[])
    axes.spines["left"].set_visible(False)
    scales.per_cent(axes.xaxis)
    sheet.label(axes, _("of the decided duels were won by people"))
    axes.axvline(0.5, color=sheet.soft, linewidth=1)
    sheet.write(axes, 0.51, -0.42, _("equally good"), color=sheet.soft, fontsize=SMALL)
    _paper(axes, sheet, PAPER_RATE, _("2016: 22 of 50"))
    rate = report["figures"]["win_rate"]
    if rate is None:
        return sheet.nothing(axes, _("No duel is decided yet"))
    _range(axes, sheet, sheet.people, 1, report["intervals"].get("win_rate", NOT_TOLD), (0, 1), 5)
    sheet.points(axes, "people", [rate], [1], 12)
    _beside(axes, sheet, rate, 1.34, _per_cent(rate))
    return _watched(axes, sheet, report)


NOT_TOLD: dict[str, Any] = {"low": None, "high": None}


def _watched(axes: Axes, sheet: Sheet, report: dict[str, Any]) -> None:
    """The mean share by game with the interval that may be watched, of what was not sealed beforehand."""
    mean, ends = report["watched"]["mean"], report["watched"]["interval"]
    if "significance" in report or mean is None:
        return
    _range(axes, sheet, sheet.soft, 0.05, ends, (0, 1), 5)
    axes.plot(
        [mean], [0.05], marker="o", markersize=8 * POINT, color=sheet.soft, markeredgecolor=sheet.raised, zorder=6
    )
    _beside(axes, sheet, mean, 0.4, _("mean by game"), color=sheet.soft, fontsize=SMALL, weight=400)


def _per_cent(share: float) -> str:
    return f"{share:.1%}".replace("%", " %")


def medians(report: dict[str, Any], sheet: Sheet) -> None:
    """Both medians on one scale of distances, each with its interval and what it was in 2016."""
    axes = sheet.axes(left=22, right=22, bottom=60 if sheet.narrow else 52, top=12)
    found = [report["figures"][f"{side}_median_km"] for side in ("people", "machine")]
    low = _low(found + [report["intervals"][f"{side}_median_km"]["low"] for side in ("people", "machine")])
    scales.kilometres(axes.xaxis, low)
    axes.set(ylim=(-0.75, 1.75), yticks=[])
    axes.spines["left"].set_visible(False)
    sheet.grid(axes, "x")
    sheet.label(axes, _("median distance from the place; thin marks: 2016, Street View, other photos"))
    if sheet.narrow:
        sheet.label(axes, _("median error; thin marks: 2016,\nStreet View, other photos"))
    for row, side, name in ((1, "people", _("People")), (0, "machine", _("Machine"))):
        paper_km = PAPER[f"{side}_median_km"]
        axes.plot([paper_km, paper_km], [row - 0.28, row + 0.28], color=sheet.ink, linewidth=1, zorder=3)
        _range(axes, sheet, sheet.colour(side), row, report["intervals"][f"{side}_median_km"], (low, 20_015), 5)
        km = found[1 - row]
        if km is not None:
            sheet.points(axes, side, [km], [row], 12)
        words = _("none") if km is None else f"{km:,.0f} km"
        sheet.write(axes, low * 1.1, row + 0.36, f"{name}  {words}", color=sheet.colour(side), weight="bold")


def _low(known_km: list[float | None]) -> float:
    """Where a scale begins that holds all of these, and the paper's: a power of ten."""
    least = min([1_000.0, *(km for km in known_km if km)])
    return float(10 ** math.floor(math.log10(max(least * 0.7, 0.001))))


def _range(
    axes: Axes, sheet: Sheet, colour: str, row: float, ends: dict[str, Any], limits: tuple[float, float], width: float
) -> None:
    """An interval as a bar; an end that nothing bounds runs to the edge."""
    low, high = ends["low"], ends["high"]
    if low is None and high is None:
        return
    left, right = limits[0] if low is None else max(low, limits[0]), limits[1] if high is None else high
    axes.plot([left, right], [row, row], color=colour, linewidth=width * POINT, alpha=0.6, solid_capstyle="butt")


def _beside(axes: Axes, sheet: Sheet, x: float, y: float, words: str, **options: Any) -> None:
    """Write words centred over a place, but not over the edge."""
    side = "left" if x < 0.25 else "right" if x > 0.75 else "center"
    sheet.write(axes, x, y, words, **{"ha": side, "color": sheet.people, "weight": "bold"} | options)


def _paper(axes: Axes, sheet: Sheet, x: float, words: str) -> None:
    """The paper's mark: a thin line with its year, and what it was of."""
    axes.axvline(x, color=sheet.ink, linewidth=1, linestyle=(0, (2, 2)), zorder=2)
    told = f"{words} ({_('Street View, 2016, other photos')})" if not sheet.narrow else words
    axes.annotate(
        told, (x, 1), xycoords=("data", "axes fraction"), xytext=(0, 6), textcoords="offset points", ha="center",
        color=sheet.soft, fontsize=SMALL,
    )  # fmt: skip
