"""What all charts are drawn with: a sheet without a screen, the site's own colours, the three marks, direct words."""

import io
import re
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends import backend_agg, backend_pdf, backend_svg  # noqa: F401  now, not in the first request
from matplotlib.figure import Figure

POINT = 0.75  # of a CSS pixel: the library reckons in points
TEXT, SMALL = 13 * POINT, 11.5 * POINT
CAPTION_LINE, LETTER = 16, 6.6  # CSS pixels: of a line's height, of a letter's width
PEOPLE_MARK, MACHINE_MARK = "o", "h"  # round pins and hexagons, as everywhere
TOKENS = Path(__file__).resolve().parents[2] / "static" / "css" / "tokens.css"
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"  # as the pages have it

matplotlib.rcParams.update(
    {
        "svg.fonttype": "none",  # words stay words: they are found, read out and set in the reader's own font
        "svg.hashsalt": "geogame",  # the same report gives the same bytes
        "pdf.fonttype": 42,
        "text.parse_math": False,  # a dollar in a name is no formula
        "font.sans-serif": ["DejaVu Sans"],  # comes with the package
        "font.size": TEXT,
        "axes.linewidth": 0.75,
        "axes.axisbelow": True,
    }
)


def _tokens() -> dict[str, dict[str, str]]:
    """Read the colours of both themes by name; the light one changes some of the dark one's."""
    dark, light = TOKENS.read_text().split("prefers-color-scheme: light", 1)
    found = [dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", text)) for text in (dark, light)]
    return {"dark": found[0], "light": found[0] | found[1]}


COLOURS = _tokens()
THEMES = tuple(COLOURS)


class Sheet:
    """A sheet to draw one chart on, in a theme. Margins and sizes are in CSS pixels.

    One that is taken along has a caption below the drawing: what it shows, of what, and as of when.
    """

    def __init__(self, width: int, height: int, theme: str, *, narrow: bool, caption: Sequence[str] = ()) -> None:
        self.width, self.height, self.narrow = width, height, narrow
        self.colours = COLOURS[theme]
        lines = [line for words in caption for line in textwrap.wrap(words, int(width / LETTER))]  # the first: a title
        self.below = CAPTION_LINE * len(lines) + CAPTION_LINE if lines else 0
        self.figure = Figure(figsize=(width / 96, (height + self.below) / 96), dpi=96)
        self.figure.patch.set_alpha(0)
        for number, line in enumerate(lines):
            up = (self.below - CAPTION_LINE * (number + 1)) / (height + self.below)
            look = {"color": self.soft} if number else {"color": self.ink, "weight": "bold"}
            self.figure.text(10 / width, up, line, fontsize=SMALL, **look)  # type: ignore[arg-type]

    def __getattr__(self, name: str) -> str:
        """The theme's colours by their names: `sheet.people`."""
        if name in ("colours",) or name not in self.colours:
            raise AttributeError(name)
        return self.colours[name]

    def axes(self, left: float = 0, bottom: float = 0, right: float = 0, top: float = 0) -> Axes:
        """Open axes that leave these margins."""
        w, h = self.width, self.height + self.below
        low = bottom + self.below
        made = self.figure.add_axes((left / w, low / h, 1 - (left + right) / w, 1 - (low + top) / h))
        return self.plain(made)

    def plain(self, axes: Axes) -> Axes:
        axes.patch.set_alpha(0)
        axes.tick_params(colors=self.soft, labelsize=SMALL, length=3, color=self.line)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        for side in ("left", "bottom"):
            axes.spines[side].set_color(self.line)
        return axes

    def write(self, axes: Axes, x: float, y: float, words: str, **options: Any) -> None:
        """Write words into the chart, over whatever is there."""
        wanted: dict[str, Any] = {"color": self.ink, "fontsize": TEXT, "va": "center", "zorder": 9} | options
        # A halo would turn the words into outlines.
        wanted["bbox"] = {"facecolor": self.raised, "edgecolor": "none", "alpha": 0.7, "pad": 1}
        axes.text(x, y, words, **wanted)

    def label(self, axes: Axes, x: str = "", y: str = "", above: float = 8) -> None:
        axes.set_xlabel(x, color=self.soft, fontsize=SMALL, labelpad=4)
        if y:
            axes.set_title(y, color=self.soft, fontsize=SMALL, loc="left", pad=above)

    def points(self, axes: Axes, side: str, x: Sequence[float], y: Sequence[float], size: float = 9) -> None:
        """Draw the marks of people or of the machine, edged so that they can be told where they touch."""
        mark, colour = (PEOPLE_MARK, self.people) if side == "people" else (MACHINE_MARK, self.machine)
        options: dict[str, Any] = {"marker": mark, "color": colour, "linestyle": "none", "zorder": 6, "clip_on": False}
        grown = size if side == "people" else size * 1.15  # a hexagon of the same width looks smaller
        axes.plot(x, y, markersize=grown * POINT, markeredgecolor=self.raised, markeredgewidth=1, **options)

    def colour(self, side: str) -> str:
        return self.people if side == "people" else self.machine

    def grid(self, axes: Axes, axis: str) -> None:
        axes.grid(axis=axis, color=self.line, linewidth=0.6, alpha=0.55)  # type: ignore[arg-type]

    def nothing(self, axes: Axes, words: str) -> None:
        """Say that there is nothing to draw yet."""
        self.write(axes, 0.5, 0.62, words, transform=axes.transAxes, ha="center", color=self.soft)

    def save(self, kind: str, title: str) -> bytes:
        """Return the sheet as bytes. A PNG has a ground, since nobody knows what it will lie on."""
        out = io.BytesIO()
        if kind == "png":
            self.figure.patch.set_alpha(1)
            self.figure.savefig(out, format="png", dpi=192, facecolor=self.raised, metadata={"Title": title})
        elif kind == "pdf":
            self.figure.savefig(out, format="pdf", metadata={"Title": title, "CreationDate": None})
        else:
            self.figure.savefig(out, format="svg", metadata={"Title": title, "Date": None, "Creator": None})
        return _with_the_readers_font(out.getvalue()) if kind == "svg" else out.getvalue()


def _with_the_readers_font(svg: bytes) -> bytes:
    """Name the fonts that pages use, and digits of equal width; the drawing reckoned with a wider font."""
    return svg.replace(b"'DejaVu Sans', sans-serif", f"{FONT}; font-variant-numeric: tabular-nums".encode())
