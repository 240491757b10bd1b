"""The moment of a picture: date, hour, weather, camera. All nuisance to whoever asks where it was."""

import math
from dataclasses import dataclass
from itertools import pairwise
from random import Random

from predictor.toyearth.brush import Ink

Colour = tuple[float, float, float]  # 0 to 1


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """Go from a to b by share."""
    keep = 1 - share
    return a[0] * keep + b[0] * share, a[1] * keep + b[1] * share, a[2] * keep + b[2] * share


def ink(colour: Colour) -> Ink:
    """Turn a colour into bytes."""
    return tuple(min(max(int(c * 255.5), 0), 255) for c in colour)


@dataclass(frozen=True)
class Moment:
    """When and how a picture was taken."""

    summer: float  # -1 the depth of winter, 1 the height of summer
    sun_degrees: float  # above the horizon
    sun_x: float  # where it stands or would stand, in widths of the picture
    overcast: float  # 0 clear, 1 grey
    fog: float  # for each unit of depth
    light: Colour  # multiplies every colour
    haze: Colour  # what distance fades into
    sky: tuple[Colour, Colour]  # top, bottom
    horizon: float
    zoom: float
    exposure: Colour  # the camera's gain for each channel

    @property
    def is_dark(self) -> bool:
        """Lamps are on."""
        return self.sun_degrees < 1.5

    def paint(self, colour: Colour, depth: float = 1.0, shade: float = 1.0) -> Ink:
        """Light a colour, then fade it with depth."""
        clear = math.exp(-self.fog * (depth - 1))
        return tuple(
            min(max(int(255.5 * (c * part * shade * clear + far * (1 - clear))), 0), 255)
            for c, part, far in zip(colour, self.light, self.haze, strict=True)
        )


# Sun height in degrees: top of the sky, bottom of the sky, light on things.
_HOURS: tuple[tuple[float, Colour, Colour, Colour], ...] = (
    (-9, (0.08, 0.10, 0.25), (0.28, 0.24, 0.42), (0.40, 0.43, 0.66)),
    (-3, (0.20, 0.22, 0.46), (0.86, 0.53, 0.48), (0.60, 0.55, 0.70)),
    (3, (0.36, 0.46, 0.72), (0.99, 0.76, 0.52), (0.92, 0.77, 0.70)),
    (14, (0.37, 0.62, 0.86), (0.95, 0.91, 0.80), (1.00, 0.95, 0.86)),
    (40, (0.27, 0.58, 0.88), (0.80, 0.92, 0.97), (1.00, 1.00, 0.98)),
    (90, (0.20, 0.52, 0.88), (0.74, 0.90, 0.98), (1.02, 1.02, 1.00)),
)


def _at_hour(sun_degrees: float) -> tuple[Colour, Colour, Colour]:
    """Read the table between its rows."""
    for low, high in pairwise(_HOURS):
        if sun_degrees <= high[0]:
            share = max(0.0, (sun_degrees - low[0]) / (high[0] - low[0]))
            return mix(low[1], high[1], share), mix(low[2], high[2], share), mix(low[3], high[3], share)
    return _HOURS[-1][1:]


def sun_height(lat: float, day: float, hour: float) -> tuple[float, float]:
    """The sun's height and its bearing from north, in degrees, at a solar hour of a day of the year."""
    phi, tilt = math.radians(lat), math.radians(-23.44) * math.cos(2 * math.pi * (day + 10) / 365.25)
    turn = math.radians(15 * (hour - 12))
    height = math.sin(phi) * math.sin(tilt) + math.cos(phi) * math.cos(tilt) * math.cos(turn)
    east = -math.cos(tilt) * math.sin(turn)
    north = math.cos(phi) * math.sin(tilt) - math.sin(phi) * math.cos(tilt) * math.cos(turn)
    return math.degrees(math.asin(height)), math.degrees(math.atan2(east, north))


def choose_moment(lat: float, rng: Random) -> Moment:
    """Draw a date, an hour with some light, a weather and a camera."""
    day = rng.uniform(0, 365)
    for _ in range(8):
        sun, bearing = sun_height(lat, day, rng.triangular(4.5, 20.5))
        if sun > -7:
            break
    sun = max(sun, -8.0)
    off = (bearing - rng.uniform(0, 360) + 180) % 360 - 180  # from the middle of the picture
    overcast = rng.choice((0.0, 0.0, 0.1, 0.25, 0.45, 0.9))
    fog = rng.choice((0.03, 0.04, 0.05, 0.06, 0.08, 0.16))
    top, bottom, light = _at_hour(sun)
    grey = sum(bottom) / 3
    top, bottom = mix(top, (grey * 0.80, grey * 0.84, grey * 0.9), overcast), mix(bottom, (grey, grey, grey), overcast)
    light = mix(light, (sum(light) / 3 * 0.9,) * 3, overcast)
    tint, warm = rng.uniform(-0.1, 0.1), rng.uniform(0.88, 1.12)
    top = (top[0] + tint, top[1] + tint * 0.3, top[2] - tint * 0.2)
    return Moment(
        summer=math.cos(2 * math.pi * (day - 197) / 365.25) * (1 if lat >= 0 else -1),
        sun_degrees=sun,
        sun_x=0.5 + off / 70,
        overcast=overcast,
        fog=fog,
        light=light,
        haze=mix(bottom, top, 0.25),
        sky=(top, bottom),
        horizon=rng.uniform(0.42, 0.60),
        zoom=rng.uniform(1.0, 1.3),
        exposure=(warm * (g := rng.uniform(0.86, 1.12)), g * rng.uniform(0.96, 1.04), g / warm),
    )
