"""The climate of a place, from its latitude, height and distance from the sea, and what grows in it.

A caricature that gets the great facts right: the tropics are warm, the middle of a continent has hard winters, a
kilometre up costs six degrees, the trade winds leave deserts in the lee of the land, and no palm stands in the taiga.
"""

import math
from dataclasses import dataclass
from random import Random

from predictor.toyearth.land import inland, is_land
from predictor.toyearth.relief import height_m

LAPSE = 0.006  # degrees lost for each metre of height
# Where a kind of tree grows: the coldest and warmest mean of the year in degrees, and the least and most dryness.
HOMES: dict[str, tuple[float, float, float, float]] = {
    "conifer": (-16, 13, 0.0, 0.7), "birch": (-12, 10, 0.0, 0.6), "broadleaf": (5, 24, 0.0, 0.6),
    "cypress": (12, 20, 0.3, 0.8), "umbrella": (19, 40, 0.35, 1.0), "palm": (18.5, 40, 0.0, 1.0),
}  # fmt: skip


@dataclass(frozen=True)
class Climate:
    """What the weather of a place is like over the year."""

    lat: float
    height: float  # metres above the sea
    warmth: float  # mean of the year, degrees Celsius
    swing: float  # from the mean to the height of summer, degrees
    dryness: float  # 0 lush, 1 desert

    def summer(self, day: float) -> float:
        """Return the season on a day of the year: -1 the depth of winter, 1 the height of summer."""
        return math.cos(2 * math.pi * (day - 197) / 365.25) * (1 if self.lat >= 0 else -1)

    def degrees(self, day: float) -> float:
        """Return the mean temperature of a day of the year."""
        return self.warmth + self.swing * self.summer(day)

    def snow(self, day: float) -> float:
        """Return how much of the ground lies under snow on a day of the year, 0 to 1."""
        return min(max((1.0 - self.degrees(day)) / 6, 0.0), 1.0)

    def leaves(self, day: float) -> str:
        """Return how broadleaved trees stand on a day of the year: "green", "autumn" or "bare"."""
        if self.warmth > 17 or self.swing < 5:  # also in the highlands of the tropics there is no winter
            return "green"
        turn = (day - 197 if self.lat >= 0 else day - 197 + 182.6) % 365.25  # days since the height of summer
        if self.degrees(day) < 6 and turn > 60:
            return "bare"
        return "autumn" if 70 < turn < 125 else "green"

    def trees(self) -> list[str]:
        """Return the kinds of tree that grow here, the most at home first; none where it is too cold or too dry."""
        middles = {
            kind: abs(self.warmth - (cold + min(warm, 28)) / 2)
            for kind, (cold, warm, wet, dry) in HOMES.items()
            if cold <= self.warmth <= warm and wet <= self.dryness <= dry
        }
        return sorted(middles, key=lambda kind: middles[kind])

    def grows_rice(self) -> bool:
        """Say whether fields stand under water here."""
        return self.warmth > 15 and self.dryness < 0.42 and self.height < 1500

    def earth(self, rng: Random) -> str:
        """Return what bare ground is made of: "red", "sand" or "brown"."""
        if self.dryness > 0.72:
            return "sand"
        return "red" if self.warmth > 20 and rng.random() < 0.75 else "brown"


def climate_at(lat: float, lng: float) -> Climate:
    """Return the climate of a place."""
    deep, height = inland(lat, lng), height_m(lat, lng)
    return Climate(
        lat=lat,
        height=height,
        warmth=27.0 - 0.0068 * lat * lat - LAPSE * height,
        swing=min(abs(lat) / 55, 1.1) * (4 + 15 * deep),
        dryness=_dryness(lat, lng, deep),
    )


def _dryness(lat: float, lng: float, deep: float) -> float:
    """Return how dry a place is, 0 to 1: under the belt of high pressure, far from the sea, and in the lee of land."""
    belt = math.exp(-(((abs(lat) - 25) / 8.5) ** 2))
    steppe = math.exp(-(((abs(lat) - 43) / 9) ** 2)) * max(deep - 0.62, 0.0) * 1.6
    # Trade winds blow from the east, the monsoon from the equator: where the sea is near on that side, it rains.
    equatorwards = -1 if lat > 0 else 1
    sea_east = sum(not is_land(lat, (lng + away + 180) % 360 - 180) for away in (4, 8, 12, 16)) / 4
    sea_south = sum(not is_land(lat + equatorwards * away, lng) for away in (2, 4, 6)) / 3
    rain = max(sea_east, 0.9 * sea_south if lng > 60 else 0.0)
    return min(max(0.12 + 0.85 * belt * (1 - 0.75 * rain) * (0.55 + 0.6 * deep) + steppe, 0.0), 1.0)
