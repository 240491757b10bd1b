"""The light of a picture: where the sun stands, what it and the sky do to a colour, and the air in between.

The sun's height and bearing follow from place, date and hour (`sun_height`), so that shadows point where they
must: at noon the sun stands in the south in Norway and in the north in South Africa.
"""

import math
from dataclasses import dataclass

from predictor.toyearth.colour import Colour, mix

XYZ = tuple[float, float, float]  # of length 1; x right, y ahead, z up
DARK_BELOW = 1.5  # degrees: lamps are lit

# Sun height in degrees: colour of its light, of the sky's light in the shade, of the sky above and at the horizon.
_HOURS: tuple[tuple[float, Colour, Colour, Colour, Colour], ...] = (
    (-8.0, (0.00, 0.00, 0.00), (0.27, 0.29, 0.44), (0.09, 0.12, 0.29), (0.38, 0.32, 0.48)),
    (-1.0, (0.05, 0.03, 0.02), (0.45, 0.42, 0.55), (0.22, 0.28, 0.55), (0.96, 0.60, 0.46)),
    (4.0, (0.85, 0.50, 0.28), (0.50, 0.49, 0.60), (0.30, 0.42, 0.72), (1.00, 0.78, 0.56)),
    (15.0, (0.95, 0.80, 0.62), (0.55, 0.59, 0.68), (0.27, 0.49, 0.82), (0.92, 0.90, 0.86)),
    (40.0, (0.92, 0.87, 0.79), (0.58, 0.63, 0.71), (0.21, 0.47, 0.83), (0.80, 0.90, 0.97)),
    (90.0, (0.94, 0.91, 0.85), (0.60, 0.65, 0.72), (0.18, 0.45, 0.82), (0.76, 0.88, 0.97)),
)


@dataclass(frozen=True)
class Light:
    """What falls on things, and what lies between them and the camera."""

    height: float  # of the sun above the horizon, degrees
    towards: XYZ  # the sun, as the camera sees it
    direct: Colour  # of the sun on a surface that faces it
    ambient: Colour  # of the sky on everything
    zenith: Colour
    horizon: Colour
    haze_km: float  # the distance at which two thirds of a thing are lost in the air

    @property
    def is_dark(self) -> bool:
        """Lamps and windows are lit."""
        return self.height < DARK_BELOW

    @property
    def haze(self) -> Colour:
        """What distance fades into."""
        return mix(self.horizon, self.zenith, 0.15)

    def veil(self, distance_m: float) -> float:
        """Return how much of a thing is lost in the air, 0 to 1."""
        return 1 - math.exp(-max(distance_m, 0.0) / (1000 * self.haze_km))

    def on(self, colour: Colour, normal: XYZ, distance_m: float, shadow: float = 0.0) -> Colour:
        """Return how a surface of this colour is seen; `shadow` 1 keeps the sun from it."""
        (nx, ny, nz), (sx, sy, sz) = normal, self.towards
        sun = max(nx * sx + ny * sy + nz * sz, 0.0) * (1 - shadow)
        (r, g, b), (ar, ag, ab), (dr, dg, db) = colour, self.ambient, self.direct
        lit = (min(r * (ar + sun * dr), 1.0), min(g * (ag + sun * dg), 1.0), min(b * (ab + sun * db), 1.0))
        return mix(lit, self.haze, self.veil(distance_m)) if distance_m > 0 else lit

    def cast(self, height_m: float) -> tuple[float, float]:
        """Return where on the ground the shadow of a point of this height falls, (x, y) in metres from below it.

        A sun near the horizon is taken as 4 degrees high: longer shadows leave the picture anyway.
        """
        x, y, z = self.towards
        flat, low = math.hypot(x, y), math.sin(math.radians(4))
        reach = height_m / max(z / max(flat, 1e-9), low)
        return (-x / flat * reach, -y / flat * reach) if flat > 1e-9 else (0.0, 0.0)


def sun_height(lat: float, day: float, hour: float) -> tuple[float, float]:
    """Return the sun's height and its bearing from north, in degrees, at a solar hour of a day of the year."""
    phi, tilt = math.radians(lat), math.radians(-23.44) * math.cos(2 * math.pi * (day + 10) / 365.25)
    turn = math.radians(15 * (hour - 12))
    height = math.sin(phi) * math.sin(tilt) + math.cos(phi) * math.cos(tilt) * math.cos(turn)
    east = -math.cos(tilt) * math.sin(turn)
    north = math.cos(phi) * math.sin(tilt) - math.sin(phi) * math.cos(tilt) * math.cos(turn)
    return math.degrees(math.asin(height)), math.degrees(math.atan2(east, north))


def light_at(lat: float, day: float, hour: float, heading: float, overcast: float = 0.0, haze_km: float = 0.5) -> Light:
    """Return the light at a latitude, day of the year and solar hour, for a camera that looks towards `heading`.

    Angles are in degrees, the heading from north by east; `overcast` 0 is a clear sky, 1 a grey one without shadows.
    """
    height, bearing = sun_height(lat, day, hour)
    aside, up = math.radians(bearing - heading), math.radians(height)
    towards = (math.sin(aside) * math.cos(up), math.cos(aside) * math.cos(up), math.sin(up))
    direct, ambient, zenith, horizon = _at(height)
    grey = sum(horizon) / 3 * 0.92
    return Light(
        height=height,
        towards=towards,
        direct=mix(direct, (0.0, 0.0, 0.0), overcast),
        ambient=mix(ambient, (grey * 0.9,) * 3, overcast),
        zenith=mix(zenith, (grey * 0.82, grey * 0.86, grey * 0.92), overcast),
        horizon=mix(horizon, (grey,) * 3, overcast),
        haze_km=haze_km,
    )


def _at(height: float) -> tuple[Colour, Colour, Colour, Colour]:
    """Read the table between its rows."""
    rows = [row for row in _HOURS if row[0] <= height][-1:] or [_HOURS[0]]
    low = rows[0]
    high = next((row for row in _HOURS if row[0] > height), _HOURS[-1])
    share = 0.0 if high[0] <= low[0] else min(max((height - low[0]) / (high[0] - low[0]), 0.0), 1.0)
    mixed = [mix(a, b, share) for a, b in zip(low[1:], high[1:], strict=True)]
    return mixed[0], mixed[1], mixed[2], mixed[3]
