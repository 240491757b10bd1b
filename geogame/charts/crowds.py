"""Charts of what is in a head: how many people make one machine, and whether the machine knows what it knows."""

from typing import Any

from django.utils.translation import gettext as _
from matplotlib.axes import Axes

from geogame.charts import scales
from geogame.charts.easel import POINT, SMALL, TEXT, Sheet


def crowds(report: dict[str, Any], sheet: Sheet) -> None:
    """How often so many people, put together, beat the machine."""
    axes = sheet.axes(left=48, right=14, bottom=46, top=34)
    scales.per_cent(axes.yaxis)
    axes.set_ylim(0, 1)
    sheet.grid(axes, "y")
    sheet.label(axes, _("people, the middle of whose guesses is taken"), _("duels won against the machine"))
    found = [each for each in (report["crowds"] or {}).get("crowds", []) if each["win_share"] is not None]
    axes.axhline(0.5, color=sheet.machine, linewidth=1.4, zorder=2)
    sheet.write(axes, 0.99, 0.53, _("as good as the machine"), transform=axes.get_yaxis_transform(), ha="right",
                color=sheet.machine, fontsize=SMALL)  # fmt: skip
    if not found:
        axes.set_xticks([])
        return sheet.nothing(axes, _("Too few guesses yet"))
    sizes, shares = [each["people"] for each in found], [each["win_share"] for each in found]
    axes.set_xlim(0.5, max(sizes) + 0.5)
    scales.names(axes.xaxis, sizes, [str(size) for size in sizes])
    for each in found:
        ends = each["interval"]
        if ends["low"] is not None and ends["high"] is not None:
            axes.plot([each["people"]] * 2, [ends["low"], ends["high"]], color=sheet.people, linewidth=3, alpha=0.5)
    axes.plot(sizes, shares, color=sheet.people, linewidth=1.8, zorder=4)
    sheet.points(axes, "people", sizes, shares, 10)
    return _make_one(axes, sheet, report["crowds"], sizes)


def _make_one(axes: Axes, sheet: Sheet, told: dict[str, Any], sizes: list[int]) -> None:
    """Shade the numbers of people that may make one machine: to the edge, where none is surely enough."""
    low, high = told["at_least"], told["at_most"]
    if low is None or (low == min(sizes) and high is None):  # nothing is ruled out, and nothing sure
        return
    left, right = low - 0.5, (max(sizes) if high is None else high) + 0.5
    axes.axvspan(left, right, color=sheet.people, alpha=0.12, linewidth=0, zorder=1)
    side, x = ("left", left) if left < (min(sizes) + max(sizes)) / 2 else ("right", right)
    step = 0.12 if side == "left" else -0.12
    sheet.write(axes, x + step, 0.08, _("so many may make one"), ha=side, color=sheet.people, weight="bold")


def calibration(report: dict[str, Any], sheet: Sheet) -> None:
    """How sure the machine was, and how often it was right, for three distances."""
    told = report["calibration"] or {}
    for number, radius in enumerate(("25", "200", "750")):
        axes = _panel(sheet, number)
        scales.per_cent(axes.xaxis, (0, 50, 100))
        scales.per_cent(axes.yaxis, (0, 50, 100))
        axes.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03))
        sheet.grid(axes, "both")
        title = _("within %(km)s km: share that came true") % {"km": radius}
        sheet.label(axes, _("how probable it held it to be"), title)
        axes.plot([0, 1], [0, 1], color=sheet.truth, linewidth=1.4, zorder=2)
        if number == 0:
            words = _("green: it means what it says")
            sheet.write(axes, 0.01, 0.97, words, ha="left", va="top", color=sheet.truth, fontsize=SMALL)
        bins = told.get(radius, {}).get("bins", [])
        if not bins:
            sheet.nothing(axes, _("No answers yet"))
        for each in bins:
            _bin(axes, sheet, each)


def _panel(sheet: Sheet, number: int) -> Axes:
    """One of three axes: beside each other, or below each other on a phone."""
    if sheet.narrow:
        each = sheet.height / 3
        return sheet.axes(left=48, right=16, bottom=44 + (2 - number) * each, top=32 + number * each)
    each = sheet.width / 3
    return sheet.axes(left=48 + number * each, right=18 + (2 - number) * each, bottom=46, top=32)


def _bin(axes: Axes, sheet: Sheet, each: dict[str, Any]) -> None:
    ends = each["interval"]
    axes.plot([each["said"]] * 2, [ends["low"], ends["high"]], color=sheet.machine, linewidth=2.5 * POINT, alpha=0.6)
    sheet.points(axes, "machine", [each["said"]], [each["came_true"]], 6 + min(6, each["answers"] ** 0.5))
    if each["answers"] >= 1 and not sheet.narrow:
        above = each["came_true"] < 0.9
        axes.annotate(
            str(each["answers"]), (each["said"], each["came_true"]), xytext=(7, 5 if above else -9),
            textcoords="offset points", color=sheet.soft, fontsize=TEXT * 0.75, zorder=8,
        )  # fmt: skip
