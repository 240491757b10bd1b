"""The scales that charts share: kilometres by powers of ten, shares in per cent."""

from collections.abc import Sequence

from matplotlib.axis import Axis
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

FARTHEST_KM = 20_015.0
TICKS_KM = (0.001, 0.01, 0.1, 1, 10, 100, 1_000, 10_000)


def kilometres(axis: Axis, low: float, high: float = FARTHEST_KM) -> None:
    """Let an axis show distances in km by powers of ten."""
    ticks = [tick for tick in TICKS_KM if low <= tick <= high]
    name = "x" if axis is axis.axes.xaxis else "y"
    axis.axes.set(**{f"{name}scale": "log", f"{name}lim": (low, high)})
    _fix(axis, ticks, [f"{tick:,.0f} km" if tick >= 1 else f"{tick * 1000:,.0f} m" for tick in ticks])


def per_cent(axis: Axis, ticks: Sequence[int] = (0, 25, 50, 75, 100)) -> None:
    """Let an axis show shares between 0 and 1."""
    _fix(axis, [tick / 100 for tick in ticks], [f"{tick} %" for tick in ticks])


def names(axis: Axis, places: Sequence[float], words: Sequence[str]) -> None:
    _fix(axis, places, words)


def _fix(axis: Axis, places: Sequence[float], words: Sequence[str]) -> None:
    axis.set_major_locator(FixedLocator(list(places)))
    axis.set_major_formatter(FixedFormatter(list(words)))
    axis.set_minor_locator(NullLocator())
