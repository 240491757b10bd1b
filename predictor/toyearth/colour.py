"""Colours: red, green, blue, each from 0 to 1, before any light falls on them."""

import colorsys
from collections.abc import Sequence

Colour = tuple[float, float, float]
BLACK: Colour = (0.0, 0.0, 0.0)
WHITE: Colour = (1.0, 1.0, 1.0)
SHADOW: Colour = (0.06, 0.07, 0.16)  # what is laid over a surface that the sun does not reach
# How far round the circle of hues a clue goes: not the whole way, or its two ends would look alike.
_HUES = 0.84


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """Go from a to b by share."""
    keep = 1 - share
    return a[0] * keep + b[0] * share, a[1] * keep + b[1] * share, a[2] * keep + b[2] * share


def hue(value: float, saturation: float, brightness: float) -> Colour:
    """Turn a clue from 0 to 1 into a colour from red by way of green and blue to purple."""
    return colorsys.hsv_to_rgb(_HUES * min(max(value, 0.0), 1.0), saturation, brightness)


def ramp(value: float, colours: Sequence[Colour]) -> Colour:
    """Read a row of colours at a value from 0 to 1."""
    at = min(max(value, 0.0), 1.0) * (len(colours) - 1)
    low = min(int(at), len(colours) - 2)
    return mix(colours[low], colours[low + 1], at - low)
