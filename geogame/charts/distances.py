"""Charts of distances: how many answers were how near, the five thresholds, and duel by duel."""

from typing import Any

import numpy as np
from django.utils.translation import gettext as _
from matplotlib.axes import Axes

from geogame.charts import scales
from geogame.charts.easel import MACHINE_MARK, PEOPLE_MARK, POINT, SMALL, Sheet
from geogame.statistics.errors import THRESHOLDS_KM
from geogame.statistics.paper import PAPER
from geogame.statistics.resampling import share_name

LAST_WIDE, LAST_NARROW = 50, 25  # duels: as many as the paper had rounds; on a phone half of them
NEAREST_KM = 1.0


def scale_names() -> list[str]:
    return [_("street"), _("city"), _("region"), _("country"), _("continent")]


def curves(report: dict[str, Any], sheet: Sheet) -> None:
    """The paper's figure: which share of answers was at most so far off, for people and machine."""
    axes = sheet.axes(left=48, right=22, bottom=64, top=64 if sheet.narrow else 50)
    scales.kilometres(axes.xaxis, NEAREST_KM)
    scales.per_cent(axes.yaxis)
    axes.set_ylim(0, 1)
    sheet.grid(axes, "y")
    words = _("at most so far from the place"), _("hollow: medians of 2016, Street View, other photos")
    sheet.label(axes, "\n".join(words), _("share of answers"), above=34 if sheet.narrow else 22)
    _thresholds(axes, sheet)
    told = report["curves"]
    lines = {side: np.array(told[side], dtype=float) for side in ("people", "machine")}
    if np.isnan(lines["people"]).all():
        return sheet.nothing(axes, _("No answers yet"))
    for side, share in lines.items():
        axes.plot(told["km"], share, color=sheet.colour(side), linewidth=2.2, zorder=5)
        sheet.points(axes, side, THRESHOLDS_KM, np.interp(THRESHOLDS_KM, told["km"], share), 8)  # type: ignore[arg-type]
    _name_lines(axes, sheet, np.array(told["km"]), lines)
    return _of_2016(axes, sheet)


def _thresholds(axes: Axes, sheet: Sheet) -> None:
    for number, (km, name) in enumerate(zip(THRESHOLDS_KM, scale_names(), strict=True)):
        axes.axvline(km, color=sheet.line, linewidth=0.8, linestyle=(0, (1, 2)), zorder=1)
        side = "left" if number == 0 else "center"
        up = 14 if sheet.narrow and number == 3 else 3  # on a phone the fourth would touch the fifth
        axes.annotate(
            name, (km, 1), xycoords=("data", "axes fraction"), xytext=(0, up), textcoords="offset points",
            color=sheet.soft, fontsize=SMALL * (0.87 if sheet.narrow else 1), ha=side,
        )  # fmt: skip


def _name_lines(axes: Axes, sheet: Sheet, km: np.ndarray, lines: dict[str, np.ndarray]) -> None:
    """Name both lines beside them, where they lie farthest apart: the upper one to its left, the lower to its right."""
    shown = (km > 8) & (km < 6_000) & (np.maximum(lines["people"], lines["machine"]) < 0.88)  # words need room above
    apart = np.where(shown, lines["people"] - lines["machine"], 0)
    at = int(np.abs(apart).argmax()) or len(km) // 2
    upper = "people" if apart[at] > 0 else "machine"
    for side, name in (("people", _("People")), ("machine", _("Machine"))):
        options = {"ha": "right", "va": "bottom"} if side == upper else {"ha": "left", "va": "top"}
        factor = 0.88 if side == upper else 1.3
        x, y = km[at] * factor, min(max(lines[side][at] - 0.05 * (side != upper), 0.08), 0.92)  # not over the edge
        if side != upper and 0.44 < y < 0.64:
            y = 0.44  # below the marks of 2016
        if x < 5 and options["ha"] == "right":
            options["ha"] = "left"
        sheet.write(axes, x, y, name, color=sheet.colour(side), weight="bold", **options)


def _of_2016(axes: Axes, sheet: Sheet) -> None:
    """The paper's medians: where its two lines passed one half."""
    sides = (("people", PEOPLE_MARK, "people_median_km"), ("machine", MACHINE_MARK, "machine_median_km"))
    for side, mark, name in sides:
        axes.plot(
            [PAPER[name]], [0.5], marker=mark, markersize=8 * POINT, color=sheet.raised,
            markeredgecolor=sheet.colour(side), markeredgewidth=1.5, linestyle="none", zorder=7,
        )  # fmt: skip


def thresholds(report: dict[str, Any], sheet: Sheet) -> None:
    """Both shares at the five thresholds, with their intervals."""
    axes = sheet.axes(left=96 if sheet.narrow else 130, right=18, bottom=46, top=12)
    scales.per_cent(axes.xaxis, (0, 50, 100) if sheet.narrow else (0, 25, 50, 75, 100))
    rows = range(len(THRESHOLDS_KM) - 1, -1, -1)
    words = [f"{name}\n{km:,.0f} km" for km, name in zip(THRESHOLDS_KM, scale_names(), strict=True)]
    scales.names(axes.yaxis, list(rows), words)
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.55, len(THRESHOLDS_KM) - 0.3))
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    sheet.grid(axes, "x")
    sheet.label(axes, _("of answers were within the distance"))
    for row, km in zip(rows, THRESHOLDS_KM, strict=True):
        for side, up in (("people", 0.14), ("machine", -0.14)):
            _share(axes, sheet, report, side, km, row + up, is_first=km == THRESHOLDS_KM[0])


def _share(
    axes: Axes, sheet: Sheet, report: dict[str, Any], side: str, km: float, row: float, *, is_first: bool
) -> None:
    name = share_name(side, km)
    share, ends = report["figures"]["within"][name], report["intervals"][name]
    if share is None:
        return
    if ends["low"] is not None and ends["high"] is not None:
        axes.plot([ends["low"], ends["high"]], [row, row], color=sheet.colour(side), linewidth=3, alpha=0.5)
    sheet.points(axes, side, [share], [row], 9)
    if is_first:  # named once, in the uppermost row
        words = _("People") if side == "people" else _("Machine")
        x = max(share, ends["high"] or 0) + 0.03
        sheet.write(axes, x, row + 0.06 * np.sign(row % 1 - 0.5) * -1, words, color=sheet.colour(side), weight="bold")


def pairs(report: dict[str, Any], sheet: Sheet) -> None:
    """The last duels one by one: both errors, joined in the colour of whoever was nearer."""
    axes = sheet.axes(left=76, right=14, bottom=52 if sheet.narrow else 40, top=34)
    last = report["pairs"][-(LAST_NARROW if sheet.narrow else LAST_WIDE) :]
    known = [km for pair in last for km in pair if km]
    low = min([10.0, *(0.6 * km for km in known)])
    scales.kilometres(axes.yaxis, max(low, 0.0005), 60_000)
    axes.set(xlim=(0, len(last) + 1), xticks=[])
    sheet.grid(axes, "y")
    oldest = _("the last %(n)s duels, oldest first") % {"n": len(last)} if len(last) > 1 else _("the last duels")
    words = oldest, _("at the top: no answer")
    distance = _("distance") if sheet.narrow else _("distance from the place")
    sheet.label(axes, ("\n" if sheet.narrow else "; ").join(words), distance)
    if not last:
        return sheet.nothing(axes, _("No duel yet"))
    for number, (person, machine) in enumerate(last, start=1):
        _pair(axes, sheet, number, person, machine, max(low, 0.0005))
    return _name_pairs(axes, sheet)


NO_ANSWER_KM = 42_000  # where a missing answer is drawn: farther than any place


def _pair(axes: Axes, sheet: Sheet, number: int, person: float | None, machine: float | None, low: float) -> None:
    person_km, machine_km = (NO_ANSWER_KM if km is None else max(km, low) for km in (person, machine))
    nearer = "people" if person_km < machine_km else "machine"
    axes.plot([number] * 2, [person_km, machine_km], color=sheet.colour(nearer), linewidth=1.4, alpha=0.55, zorder=3)
    size = 7 if sheet.narrow else 7.5
    sheet.points(axes, "machine", [number], [machine_km], size)
    sheet.points(axes, "people", [number], [person_km], size)


def _name_pairs(axes: Axes, sheet: Sheet) -> None:
    """Name the two marks above the chart."""
    for x, side, words in ((0.62, "people", _("People")), (0.83, "machine", _("Machine"))):
        start = x - 0.12 * (1.3 - x) if sheet.narrow else x
        mark = PEOPLE_MARK if side == "people" else MACHINE_MARK
        axes.plot([start], [1.05], marker=mark, markersize=8 * POINT, color=sheet.colour(side), clip_on=False,
                  transform=axes.transAxes)  # fmt: skip
        sheet.write(axes, start + 0.03, 1.05, words, transform=axes.transAxes, color=sheet.colour(side), weight="bold",
                    fontsize=SMALL)  # fmt: skip
