"""What `evaluate` found, drawn: do probabilities mean what they say, and how far off are answers?"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from predictor import evaluate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDTH, _HEIGHT = 7.0, 4.4  # inches
_COLOURS = ("#0072b2", "#d55e00", "#009e73")  # Okabe and Ito's, which everybody can tell apart


def draw(told: dict[str, Any], out: Path, ending: str = "svg") -> list[Path]:
    """Draw a reliability plot and an error curve for each exam; return the files. `ending` is svg or png."""
    out.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, exam in told["exams"].items():
        for kind, into in (("reliability", _reliability), ("errors", _errors)):
            paths.append(out / f"{name}-{kind}.{ending}")
            _figure(paths[-1], f"{evaluate.TITLES[name]} ({exam['n']})", exam, into)
    return paths


def _figure(path: Path, title: str, exam: dict[str, Any], into: Callable[["Axes", dict[str, Any]], None]) -> None:
    from matplotlib.figure import Figure  # late: only plots need it; not pyplot, which would want a display

    figure = Figure(figsize=(_WIDTH, _HEIGHT), layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title, fontsize="medium")
    into(axes, exam)
    figure.savefig(path, dpi=150)


def _reliability(axes: "Axes", exam: dict[str, Any]) -> None:
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1, label="honest")
    for colour, (radius, each) in zip(_COLOURS, exam["probabilities"]["within_km"].items(), strict=True):
        points = [(part["predicted"], part["observed"]) for part in each["bins"]]
        label = f"within {radius} km (calibration error {100 * each['ece']:.1f} %)"
        axes.plot(*zip(*points, strict=True), marker="o", color=colour, label=label, clip_on=False)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="probability that the place lies so near the answer",
             ylabel="share of places that did")  # fmt: skip
    axes.legend(frameon=False)


def _errors(axes: "Axes", exam: dict[str, Any]) -> None:
    rows = {"PlaNet": exam, "best constant": exam["floors"]["constant"], "right cell always": exam["ceiling"]}
    for colour, (name, row) in zip(_COLOURS, rows.items(), strict=True):
        # Errors sorted, every hundredth of the answers; missing ones never arrive.
        curve = [(km, share) for share, km in row["curve"] if km is not None]
        axes.plot(*zip(*curve, strict=True), color=colour, label=name)
    axes.set(xscale="log", xlim=(1, 20_100), ylim=(0, 1), xlabel="error, km", ylabel="share of answers within it")
    axes.set_xticks([float(limit) for limit in exam["accuracy"]], labels=list(exam["accuracy"]), minor=False)
    axes.minorticks_off()
    axes.grid(axis="x", color="0.85", linewidth=0.8)
    axes.legend(frameon=False, loc="upper left")
