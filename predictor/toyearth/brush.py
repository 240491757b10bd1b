"""A brush that draws on a square in relative coordinates (0 to 1, y down), the same picture at any size."""

import math
from collections.abc import Iterable, Sequence

from PIL import Image, ImageDraw

XY = tuple[float, float]
Ink = tuple[int, ...]  # red, green, blue, perhaps alpha, 0 to 255


class Brush:
    """Filled shapes on a square image; zoom is about the middle."""

    def __init__(self, image: Image.Image, zoom: float) -> None:
        self.image = image
        self.scale = image.width * zoom
        self.shift = image.width * (1 - zoom) / 2
        self.draw = ImageDraw.Draw(image, "RGBA")  # inks may have an alpha

    def _flat(self, points: Iterable[XY]) -> list[float]:
        scale, shift = self.scale, self.shift
        return [value * scale + shift for point in points for value in point]

    def polygon(self, points: Iterable[XY], ink: Ink) -> None:
        """Fill a polygon."""
        self.draw.polygon(self._flat(points), fill=ink)

    def box(self, x0: float, y0: float, x1: float, y1: float, ink: Ink) -> None:
        """Fill a rectangle."""
        if x1 <= x0 or y1 <= y0:
            return
        self.draw.rectangle(self._flat(((x0, y0), (x1, y1))), fill=ink)

    def ellipse(self, x: float, y: float, rx: float, ry: float, ink: Ink) -> None:
        """Fill an ellipse around (x, y)."""
        self.draw.ellipse(self._flat(((x - rx, y - ry), (x + rx, y + ry))), fill=ink)

    def half_ellipse(self, x: float, y: float, rx: float, ry: float, ink: Ink) -> None:
        """Fill the upper half of an ellipse that stands on (x, y)."""
        self.draw.pieslice(self._flat(((x - rx, y - ry), (x + rx, y + ry))), 180, 360, fill=ink)

    def line(self, points: Sequence[XY], width: float, ink: Ink) -> None:
        """Draw a line of that relative width, at least a pixel."""
        self.draw.line(self._flat(points), fill=ink, width=max(1, round(width * self.scale)), joint="curve")

    def regular(self, x: float, y: float, r: float, corners: int, turn: float, ink: Ink) -> None:
        """Fill a regular polygon; turn is in degrees, 0 with a corner up."""
        steps = [math.radians(turn - 90 + 360 * k / corners) for k in range(corners)]
        self.polygon([(x + r * math.cos(a), y + r * math.sin(a)) for a in steps], ink)
