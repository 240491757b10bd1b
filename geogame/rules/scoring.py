"""Points for a guess. They are for fun: every statistic is in kilometres."""

import math

FULL_POINTS = 5000
DECAY_KM = 1491.6862  # GeoGuessr's world map: at this distance a guess is worth 1/e


def points(error_km: float) -> int:
    """Return the points of a guess, 5000·e^(−d/1491.6862 km), rounded.

    >>> points(0.0), points(1131.7), points(2320.75)
    (5000, 2341, 1055)
    """
    return round(FULL_POINTS * math.exp(-error_km / DECAY_KM))
